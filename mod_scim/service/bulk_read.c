#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/text.h"
#include "core/uuid.h"
#include "service/bulk_job.h"

#define PREFIX "bulkId:"

static const struct {
    const char *verb;
    int has_data;
} methods[] = {[SCIM_BULK_POST] = {"POST", 1},
               [SCIM_BULK_PUT] = {"PUT", 1},
               [SCIM_BULK_PATCH] = {"PATCH", 1},
               [SCIM_BULK_DELETE] = {"DELETE", 0}};

#define METHODS ((int)(sizeof(methods) / sizeof(methods[0])))

/* ---- the message ---- */

static scim_error_t *check_schemas(const json_t *body, const scim_call_t *call)
{
    const json_t *schemas = scim_json_member(body, "schemas", NULL), *urn;
    size_t i;

    if (call->dialect->leniency & SCIM_LENIENT_SCHEMAS) {
        return NULL;
    }
    json_array_foreach(schemas, i, urn)
    {
        if (json_is_string(urn)
            && scim_text_same_name(json_string_value(urn), SCIM_URN_BULK_REQUEST)) {
            return NULL;
        }
    }
    return scim_error_bad(call->pool, SCIM_INVALID_SYNTAX,
                          "The schemas of a bulk request must have " SCIM_URN_BULK_REQUEST ".");
}

static scim_error_t *read_list(const json_t **list, const json_t *body, const scim_call_t *call)
{
    apr_int64_t limit = call->service->limits.max_operations;

    *list = scim_json_member(body, "Operations", NULL);
    if (!json_is_array(*list) || json_array_size(*list) == 0) {
        return scim_error_bad(call->pool, SCIM_INVALID_SYNTAX,
                              "The bulk request's 'Operations' is %s; an array of one "
                              "operation or more is due.",
                              json_is_array(*list) ? "an empty array"
                              : *list              ? scim_json_kind(*list)
                                                   : "missing");
    }
    if (json_array_size(*list) > (size_t)limit) {
        return scim_error_create(call->pool, 413, NULL,
                                 "The bulk request has %" APR_SIZE_T_FMT
                                 " operations, which exceeds maxOperations (%" APR_INT64_T_FMT
                                 ").",
                                 json_array_size(*list), limit);
    }
    return NULL;
}

static scim_error_t *read_fail_on_errors(scim_bulk_job_t *job, const json_t *body)
{
    const json_t *value = scim_json_member(body, "failOnErrors", NULL);

    if (value == NULL || json_is_null(value)) {
        return NULL;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 1) {
        apr_pool_t *pool = job->call->pool;

        return scim_error_bad(
            pool, SCIM_INVALID_VALUE, "failOnErrors is %s; a whole number from 1 is due.",
            json_is_integer(value) ? scim_error_quotes(pool, scim_json_text(value, NULL, pool))
                                   : scim_json_kind(value));
    }
    job->fail_on_errors =
        json_integer_value(value) > job->count ? 0 : (int)json_integer_value(value);
    return NULL;
}

/* ---- one operation ---- */

/* A member that is text; NULL when it is not there, or null. */
static scim_error_t *read_text(const char **text, const json_t *sent, const char *member,
                               const scim_call_t *call)
{
    const json_t *value = scim_json_member(sent, member, NULL);

    *text = json_string_value(value);
    if (*text == NULL && !scim_json_unassigned(value)) {
        return scim_error_bad(call->pool, SCIM_INVALID_SYNTAX,
                              "The operation's '%s' is %s; a string is due.", member,
                              scim_json_kind(value));
    }
    return NULL;
}

static scim_error_t *missing(const char *member, const char *method, const scim_call_t *call)
{
    return scim_error_bad(call->pool, SCIM_INVALID_VALUE, "The operation has no '%s'%s%s.",
                          member, method ? ", which is required for " : "",
                          method ? method : "");
}

static scim_error_t *read_method(scim_bulk_operation_t *operation, const json_t *sent,
                                 const scim_call_t *call)
{
    int any_case = (call->dialect->leniency & SCIM_LENIENT_OPERATION) != 0, i;

    SCIM_TRY(read_text(&operation->verb, sent, "method", call));
    if (operation->verb == NULL) {
        return missing("method", NULL, call);
    }
    for (i = 0; i < METHODS; i++) {
        if (any_case ? scim_text_same_name(operation->verb, methods[i].verb)
                     : strcmp(operation->verb, methods[i].verb) == 0) {
            operation->method = (scim_bulk_method_t)i;
            operation->verb = methods[i].verb;
            return NULL;
        }
    }
    return scim_error_bad(call->pool, SCIM_INVALID_VALUE,
                          "The operation's method is %s; POST, PUT, PATCH and DELETE are "
                          "possible.",
                          scim_error_quotes(call->pool, operation->verb));
}

static scim_error_t *check_bulk_id(const scim_bulk_operation_t *operation,
                                   const scim_call_t *call)
{
    if (operation->method == SCIM_BULK_POST
        && (operation->bulk_id == NULL || *operation->bulk_id == '\0')) {
        return missing("bulkId", operation->verb, call);
    }
    return NULL;
}

static scim_error_t *nothing_there(const char *path, const scim_call_t *call)
{
    return scim_error_create(call->pool, 404, NULL, "There is nothing under the path %s.",
                             scim_error_quotes(call->pool, path));
}

static scim_error_t *find_type(scim_bulk_operation_t *operation, const char *endpoint,
                               const char *path, const scim_call_t *call)
{
    const scim_resource_type_t *type = scim_schemas_endpoint(call->service->schemas, endpoint);

    if (type == NULL) {
        return nothing_there(path, call);
    }
    operation->type = type;
    if (call->hidden & (1u << type->kind)) {
        return scim_error_create(call->pool, 403, NULL,
                                 "The access token does not allow operations on %s.",
                                 type->endpoint);
    }
    return NULL;
}

/* The second part of a path: an id of ours, or a bulkId. Which POST has that is known later. */
static scim_error_t *check_id(const scim_bulk_operation_t *operation, const scim_call_t *call)
{
    const char *id = operation->id;

    if (id == NULL || strncmp(id, PREFIX, strlen(PREFIX)) == 0 || scim_uuid_valid(id)) {
        return NULL;
    }
    return scim_error_create(call->pool, 404, NULL, "There is no %s with the id %s.",
                             operation->type->name, scim_error_quotes(call->pool, id));
}

static scim_error_t *read_path(scim_bulk_operation_t *operation, const json_t *sent,
                               const scim_call_t *call)
{
    const char *path, *slash, *rest;
    scim_error_t *error;

    SCIM_TRY(read_text(&path, sent, "path", call));
    if (path == NULL) {
        return missing("path", NULL, call);
    }
    rest = path + (*path == '/');
    slash = strchr(rest, '/');
    error = find_type(
        operation,
        apr_pstrcat(call->pool, "/",
                    slash ? apr_pstrmemdup(call->pool, rest, (apr_size_t)(slash - rest)) : rest,
                    NULL),
        path, call);
    if (slash && slash[1]) {
        operation->id = slash + 1; /* a failure has a location, too */
    }
    SCIM_TRY(error);
    SCIM_TRY(check_id(operation, call));
    if ((operation->method == SCIM_BULK_POST) == (operation->id != NULL)) {
        return scim_error_bad(call->pool, SCIM_INVALID_VALUE,
                              operation->id ? "The path of a POST is that of a resource type, "
                                              "without an id behind it."
                                            : "The path needs the id of a resource behind %s.",
                              operation->type->endpoint);
    }
    return NULL;
}

/* Without `schemas`, which a message alone has, a PATCH's operations may stand there bare. */
static const json_t *wrapped(const json_t *data, const scim_bulk_operation_t *operation,
                             const scim_call_t *call)
{
    json_t *message;

    if (operation->method != SCIM_BULK_PATCH || !json_is_array(data)
        || !(call->dialect->leniency & SCIM_LENIENT_SCHEMAS)) {
        return data;
    }
    message = scim_json_own(call->pool, json_object());
    json_object_set(message, "Operations", (json_t *)data);
    return message;
}

static scim_error_t *read_data(scim_bulk_operation_t *operation, const json_t *sent,
                               const scim_call_t *call)
{
    const json_t *data = scim_json_member(sent, "data", NULL);

    if (!methods[operation->method].has_data) {
        return NULL;
    }
    data = wrapped(data, operation, call);
    if (data == NULL || json_is_null(data)) {
        return missing("data", operation->verb, call);
    }
    if (!json_is_object(data)) {
        return scim_error_bad(call->pool, SCIM_INVALID_SYNTAX,
                              "The operation's 'data' is %s; an object is due.",
                              scim_json_kind(data));
    }
    operation->data = data;
    return NULL;
}

static scim_error_t *read_version(scim_bulk_operation_t *operation, const json_t *sent,
                                  const scim_call_t *call)
{
    const char *version;

    SCIM_TRY(read_text(&version, sent, "version", call));
    if (version == NULL || operation->method == SCIM_BULK_POST) {
        return NULL;
    }
    return scim_etags_parse(&operation->precondition.match, "version", version, call->pool);
}

static scim_error_t *read_operation(scim_bulk_operation_t *operation, const json_t *sent,
                                    const scim_call_t *call)
{
    if (!json_is_object(sent)) {
        return scim_error_bad(call->pool, SCIM_INVALID_SYNTAX,
                              "The operation is %s; an object is due.", scim_json_kind(sent));
    }
    SCIM_TRY(scim_json_distinct(sent, call->pool));
    SCIM_TRY(read_text(&operation->bulk_id, sent, "bulkId", call));
    SCIM_TRY(read_method(operation, sent, call));
    SCIM_TRY(check_bulk_id(operation, call));
    SCIM_TRY(read_path(operation, sent, call));
    SCIM_TRY(read_data(operation, sent, call));
    return read_version(operation, sent, call);
}

/* ---- bulkIds ---- */

static scim_error_t *index_posts(scim_bulk_job_t *job)
{
    int *places = apr_palloc(job->call->pool, (apr_size_t)job->count * sizeof(*places)), i;

    for (i = 0; i < job->count; i++) {
        const scim_bulk_operation_t *operation = &job->operations[i];

        if (operation->method != SCIM_BULK_POST || operation->bulk_id == NULL) {
            continue;
        }
        if (apr_hash_get(job->posts, operation->bulk_id, APR_HASH_KEY_STRING)) {
            return scim_error_bad(job->call->pool, SCIM_INVALID_VALUE,
                                  "Several operations have the bulkId %s.",
                                  scim_error_quotes(job->call->pool, operation->bulk_id));
        }
        places[i] = i;
        apr_hash_set(job->posts, operation->bulk_id, APR_HASH_KEY_STRING, &places[i]);
    }
    return NULL;
}

/* A bulkId in the path must be that of a POST to the same endpoint. */
static scim_error_t *find_target(scim_bulk_operation_t *operation, const scim_bulk_job_t *job)
{
    const char *bulk_id = operation->id ? operation->id + strlen(PREFIX) : NULL;
    const int *place;

    if (bulk_id == NULL || strncmp(operation->id, PREFIX, strlen(PREFIX)) != 0) {
        return NULL;
    }
    operation->id = NULL;
    place = apr_hash_get(job->posts, bulk_id, APR_HASH_KEY_STRING);
    if (place == NULL || job->operations[*place].type != operation->type) {
        return scim_error_bad(job->call->pool, SCIM_INVALID_VALUE,
                              "The path refers to the bulkId %s, which no POST operation to %s "
                              "has.",
                              scim_error_quotes(job->call->pool, bulk_id),
                              operation->type->endpoint);
    }
    operation->target = *place;
    return NULL;
}

scim_error_t *scim_bulk_read(scim_bulk_job_t *job, const json_t *body)
{
    scim_call_t *call = job->call;
    const json_t *list;
    int i;

    SCIM_TRY(scim_json_distinct(body, call->pool));
    SCIM_TRY(check_schemas(body, call));
    SCIM_TRY(read_list(&list, body, call));
    job->count = (int)json_array_size(list);
    SCIM_TRY(read_fail_on_errors(job, body));
    job->operations =
        apr_pcalloc(call->pool, (apr_size_t)job->count * sizeof(*job->operations));
    job->posts = apr_hash_make(call->pool);
    for (i = 0; i < job->count; i++) {
        job->operations[i].target = -1;
        job->operations[i].wrong =
            read_operation(&job->operations[i], json_array_get(list, (size_t)i), call);
    }
    SCIM_TRY(index_posts(job));
    for (i = 0; i < job->count; i++) {
        scim_bulk_operation_t *operation = &job->operations[i];
        scim_error_t *error = operation->type ? find_target(operation, job) : NULL;

        if (operation->wrong == NULL) {
            operation->wrong = error;
        }
        if (operation->wrong == NULL) {
            operation->wrong = scim_bulk_refer(operation, job);
        }
    }
    return NULL;
}
