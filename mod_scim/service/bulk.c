#include "service/bulk.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "service/bulk_job.h"
#include "service/unit.h"

/* Errors of an operation that are not its own: with these the whole unit of work has failed. */
static int is_fatal(const scim_error_t *error)
{
    return error->status == 503;
}

/* ---- one operation ---- */

/* The call that an operation is, as a part of the unit of work. */
static scim_call_t call_of(const scim_bulk_operation_t *operation, scim_bulk_job_t *job,
                           scim_session_t *session)
{
    scim_call_t call = *job->call;

    call.type = operation->type;
    call.session = session;
    call.precondition = operation->precondition;
    call.search = (scim_search_t){.start_index = 1, .count = -1};
    call.password = job->call->service->policy.keep_passwords ? &operation->password : NULL;
    call.bodiless = 1;
    call.budget = &job->budget;
    call.pool = job->turn;
    return call;
}

static const char *id_of(const scim_bulk_operation_t *operation, const scim_bulk_job_t *job)
{
    return operation->target >= 0 ? job->results[operation->target].id : operation->id;
}

static scim_error_t *perform(scim_reply_t *reply, const scim_bulk_operation_t *operation,
                             const json_t *data, scim_call_t *call, const char *id)
{
    switch (operation->method) {
    case SCIM_BULK_POST:
        return scim_call_create(reply, call, data);
    case SCIM_BULK_PUT:
        return scim_call_replace(reply, call, id, data);
    case SCIM_BULK_PATCH:
        return scim_call_patch(reply, call, id, data);
    case SCIM_BULK_DELETE:
        break;
    }
    return scim_call_delete(reply, call, id);
}

static void keep(scim_bulk_job_t *job, int at, const scim_reply_t *reply)
{
    scim_bulk_result_t *result = &job->results[at];

    result->status = reply->status;
    result->id = apr_pstrdup(job->kept, reply->id);
    result->etag = apr_pstrdup(job->kept, reply->etag);
    result->operation = reply->operation;
}

static void keep_error(scim_bulk_job_t *job, int at, const scim_error_t *error)
{
    scim_bulk_result_t *result = &job->results[at];

    *result = (scim_bulk_result_t){.status = error->status};
    result->error = scim_error_message(error, job->kept);
    job->errors++;
}

/* What it refers to was not to be had. */
static scim_error_t *check_needs(const scim_bulk_operation_t *operation,
                                 const scim_bulk_job_t *job)
{
    int i;

    for (i = 0; i < operation->need_count; i++) {
        if (job->results[operation->needs[i]].id == NULL) {
            return scim_error_create(
                job->turn, 409, NULL,
                "The operation refers to the bulkId %s, whose operation failed.",
                scim_error_quotes(job->turn, job->operations[operation->needs[i]].bulk_id));
        }
    }
    return NULL;
}

static scim_error_t *do_one(scim_bulk_job_t *job, int at, scim_session_t *session)
{
    const scim_bulk_operation_t *operation = &job->operations[at];
    scim_call_t call = call_of(operation, job, session);
    scim_reply_t reply = {0};
    const json_t *data;
    int missing;

    if (operation->wrong) {
        return operation->wrong;
    }
    SCIM_TRY(check_needs(operation, job));
    data = scim_bulk_resolve(&missing, operation, job, job->turn);
    SCIM_TRY(perform(&reply, operation, data, &call, id_of(operation, job)));
    keep(job, at, &reply);
    return NULL;
}

/* ---- a circle of them ---- */

typedef struct circle_t {
    scim_bulk_job_t *job;
    const scim_bulk_group_t *group;
    int at; /* the operation that is being done */
} circle_t;

static scim_error_t *create_part(int *missing, const circle_t *circle, scim_session_t *session)
{
    scim_bulk_job_t *job = circle->job;
    const scim_bulk_operation_t *operation = &job->operations[circle->at];
    scim_call_t call = call_of(operation, job, session);
    scim_reply_t reply = {0};
    const json_t *data;

    if (operation->wrong) {
        return operation->wrong;
    }
    data = scim_bulk_resolve(missing, operation, job, job->turn);
    SCIM_TRY(scim_call_create(&reply, &call, data));
    keep(job, circle->at, &reply);
    return NULL;
}

/*
 * Gives a resource the references that were not known when it was created. That is still its
 * creation, so what the policy says of updates does not count.
 */
static scim_error_t *complete(const circle_t *circle, scim_session_t *session)
{
    scim_bulk_job_t *job = circle->job;
    const scim_bulk_operation_t *operation = &job->operations[circle->at];
    scim_bulk_result_t *result = &job->results[circle->at];
    scim_call_t call = call_of(operation, job, session);
    scim_service_t service = *call.service;
    scim_password_t unchanged = {SCIM_PASSWORD_KEEP, NULL};
    scim_toggle_t *toggles = service.policy.toggles[operation->type->kind];
    scim_reply_t reply = {0};
    const json_t *data;
    int missing;

    SCIM_TRY(check_needs(operation, job));
    if (toggles[SCIM_CHANGE_CREATE] == SCIM_TOGGLE_IGNORE) {
        return NULL;
    }
    toggles[SCIM_CHANGE_UPDATE] = SCIM_TOGGLE_ON;
    call.service = &service;
    call.password = &unchanged;
    data = scim_bulk_resolve(&missing, operation, job, job->turn);
    SCIM_TRY(scim_call_replace(&reply, &call, result->id, data));
    result->etag = apr_pstrdup(job->kept, reply.etag);
    return NULL;
}

static scim_error_t *turn_circle(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    circle_t *circle = baton;
    const scim_bulk_group_t *group = circle->group;
    int *missing = apr_pcalloc(pool, (apr_size_t)group->count * sizeof(*missing)), i;

    for (i = 0; i < group->count; i++) {
        apr_pool_clear(circle->job->turn);
        circle->at = group->members[i];
        SCIM_TRY(create_part(&missing[i], circle, session));
    }
    for (i = 0; i < group->count; i++) {
        apr_pool_clear(circle->job->turn);
        circle->at = group->members[i];
        if (missing[i]) {
            SCIM_TRY(complete(circle, session));
        }
    }
    return NULL;
}

/* None of them can be what the client wants when one cannot. */
static void fail_circle(const circle_t *circle, const scim_error_t *error)
{
    scim_bulk_job_t *job = circle->job;
    const char *bulk_id = job->operations[circle->at].bulk_id;
    const scim_error_t *others = scim_error_create(
        job->kept, 409, NULL,
        "The operation and that with the bulkId %s refer to each other, and that one failed.",
        scim_error_quotes(job->kept, bulk_id));
    int i;

    for (i = 0; i < circle->group->count; i++) {
        int at = circle->group->members[i];

        keep_error(job, at, at == circle->at ? error : others);
    }
}

/* ---- all of them ---- */

/* Does the operations of a group; an error is that of the whole unit. */
static scim_error_t *do_group(scim_bulk_job_t *job, const scim_bulk_group_t *group,
                              scim_session_t *session)
{
    circle_t circle = {job, group, group->members[0]};
    scim_call_t whole = *job->call;
    scim_error_t *error;

    whole.session = session;
    error = group->circular ? scim_unit_run(&whole, 1, turn_circle, &circle)
                            : do_one(job, circle.at, session);
    if (error == NULL) {
        return NULL;
    }
    if (is_fatal(error)) {
        return error;
    }
    fail_circle(&circle, error);
    return NULL;
}

typedef struct bulk_t {
    scim_bulk_job_t *job;
    const apr_array_header_t *groups; /* of scim_bulk_group_t */
} bulk_t;

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    const bulk_t *bulk = baton;
    scim_bulk_job_t *job = bulk->job;
    int i;

    (void)pool;
    apr_pool_clear(job->kept);
    memset(job->results, 0, (apr_size_t)job->count * sizeof(*job->results));
    job->errors = 0;
    job->budget.work = SCIM_MAX_PATCH_WORK;
    for (i = 0; i < bulk->groups->nelts; i++) {
        apr_pool_clear(job->turn);
        SCIM_TRY(do_group(job, &APR_ARRAY_IDX(bulk->groups, i, scim_bulk_group_t), session));
        if (job->fail_on_errors && job->errors >= job->fail_on_errors) {
            break;
        }
    }
    return NULL;
}

/* ---- the response ---- */

/* "name":"value", unless the value is NULL. */
static void write_member(scim_buffer_t *out, const char *name, const char *value)
{
    if (value) {
        scim_buffer_printf(out, "\"%s\":%s,", name, scim_json_quote(value, out->pool));
    }
}

/* RFC 7644 3.7.3: every operation has a location but a POST that failed. */
static void write_location(scim_buffer_t *out, const scim_bulk_job_t *job, int at)
{
    const scim_bulk_operation_t *operation = &job->operations[at];
    const char *id = job->results[at].id;

    if (id == NULL && operation->method != SCIM_BULK_POST) {
        id = id_of(operation, job);
    }
    if (id && operation->type) {
        write_member(out, "location",
                     apr_pstrcat(out->pool, job->call->base_url, operation->type->endpoint, "/",
                                 apr_pescape_path(out->pool, id, 1), NULL));
    }
}

static void write_result(scim_buffer_t *out, const scim_bulk_job_t *job, int at)
{
    const scim_bulk_operation_t *operation = &job->operations[at];
    const scim_bulk_result_t *result = &job->results[at];

    scim_buffer_puts(out, "{");
    write_location(out, job, at);
    write_member(out, "method", operation->verb);
    write_member(out, "bulkId", operation->bulk_id);
    write_member(out, "version", result->etag);
    if (result->error) {
        scim_buffer_printf(out, "\"response\":%s,", result->error);
    }
    scim_buffer_printf(out, "\"status\":\"%d\"}", result->status);
}

static void write_response(scim_reply_t *reply, const scim_bulk_job_t *job)
{
    scim_buffer_t *out = scim_buffer_create(job->call->pool);
    const char *comma = "";
    int i;

    scim_buffer_puts(out, "{\"schemas\":[\"" SCIM_URN_BULK_RESPONSE "\"],\"Operations\":[");
    for (i = 0; i < job->count; i++) {
        if (job->results[i].status) {
            scim_buffer_puts(out, comma);
            write_result(out, job, i);
            comma = ",";
        }
    }
    scim_buffer_puts(out, "]}");
    reply->status = 200;
    reply->operation = "bulk";
    reply->body = out;
}

/* For logs: a method that nobody knows may be anything, and as long as the request. */
static const char *verb_of(const scim_bulk_operation_t *operation, apr_pool_t *pool)
{
    if (operation->verb == NULL) {
        return "?";
    }
    return operation->type ? operation->verb : scim_error_quotes(pool, operation->verb);
}

/* One line for each operation that was done or tried. */
static void write_log(scim_reply_t *reply, const scim_bulk_job_t *job)
{
    apr_pool_t *pool = job->call->pool;
    apr_array_header_t *deeds = apr_array_make(pool, job->count, sizeof(const char *));
    int i;

    reply->deeds = deeds;
    for (i = 0; i < job->count; i++) {
        const scim_bulk_operation_t *operation = &job->operations[i];
        const scim_bulk_result_t *result = &job->results[i];
        const char *type = operation->type ? operation->type->name : "?";

        if (result->error) {
            APR_ARRAY_PUSH(deeds, const char *) =
                apr_psprintf(pool, "operation %d: %s %s failed: %d", i + 1,
                             verb_of(operation, pool), type, result->status);
        } else if (result->status) {
            APR_ARRAY_PUSH(deeds, const char *) = apr_psprintf(
                pool, "operation %d: %s %s/%s", i + 1, result->operation, type, result->id);
        }
    }
}

scim_error_t *scim_call_bulk(scim_reply_t *reply, scim_call_t *call, const json_t *body)
{
    scim_bulk_job_t job = {.call = call};
    bulk_t bulk = {.job = &job};

    apr_pool_create(&job.kept, call->pool);
    apr_pool_create(&job.turn, call->pool);
    SCIM_TRY(scim_bulk_read(&job, body));
    job.budget.rounds = SCIM_MAX_BULK_ROUNDS;
    SCIM_TRY(scim_bulk_passwords(&job));
    job.results = apr_pcalloc(call->pool, (apr_size_t)job.count * sizeof(*job.results));
    bulk.groups = scim_bulk_order(&job, call->pool);
    SCIM_TRY(scim_unit_run(call, job.count, run, &bulk));
    write_response(reply, &job);
    write_log(reply, &job);
    return NULL;
}
