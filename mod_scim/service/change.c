#include "service/change.h"

#include "core/error.h"
#include "service/me.h"
#include "service/representation.h"
#include "service/stored.h"
#include "service/unit.h"

/* How often a change is tried when other writers keep coming first. */
#define ATTEMPTS 8

typedef struct work_t {
    scim_reply_t *reply;
    scim_call_t *call;
    const char *id;
    const scim_edit_t *edit;
    scim_record_t *record;
    scim_outcome_t outcome;
    int asked;   /* the policy was asked about an update */
    int changed; /* something was stored */
} work_t;

static scim_error_t *load(json_t **stored, scim_session_t *session, work_t *work,
                          apr_pool_t *pool)
{
    const scim_call_t *call = work->call;

    SCIM_TRY(call->service->directory->provider->get(session, call->type->name, work->id,
                                                     &work->record, call->pool));
    if (work->record == NULL || work->record->deleted) {
        return scim_stored_unknown(call, work->id);
    }
    SCIM_TRY(scim_stored_expect(call, work->record));
    return scim_representation_load(stored, work->record, pool);
}

static scim_error_t *decide(const json_t **result, const json_t *stored, work_t *work,
                            apr_pool_t *pool)
{
    scim_reading_t reading = scim_stored_reading(work->call);
    json_t *wanted;

    SCIM_TRY(work->edit->apply(&wanted, stored, work->edit->baton, work->call, pool));
    if (work->call->self) {
        SCIM_TRY(scim_me_check(stored, wanted, work->call->service->matched, pool));
    }
    SCIM_TRY(scim_stored_prepare(&wanted, stored, work->call, pool));
    work->asked = !json_equal(wanted, stored);
    return scim_policy_filter(result, stored, wanted, &work->call->service->policy, &reading,
                              pool);
}

static scim_error_t *store(const json_t *result, scim_session_t *session, work_t *work,
                           apr_pool_t *pool)
{
    const scim_call_t *call = work->call;
    const scim_directory_provider_t *provider = call->service->directory->provider;
    scim_record_t *record = work->record, before = *record;

    SCIM_TRY(scim_stored_record(record, result, call, call->pool));
    record->version++;
    record->modified = apr_time_now();
    SCIM_TRY(provider->update(session, record, before.version, &work->outcome, pool));
    if (work->outcome == SCIM_TAKEN && scim_stored_keep_name(record, &before, call)) {
        SCIM_TRY(provider->update(session, record, before.version, &work->outcome, pool));
    }
    if (work->outcome == SCIM_TAKEN) {
        return scim_stored_taken(call, session, result, record);
    }
    if (work->outcome == SCIM_ABSENT) {
        return scim_stored_unknown(call, work->id);
    }
    work->changed = 1;
    return NULL;
}

/* A new password is an update, of which the document knows nothing. */
static scim_error_t *change_password(int *changed, const work_t *work, apr_pool_t *pool)
{
    const scim_call_t *call = work->call;
    scim_reading_t reading = scim_stored_reading(call);
    scim_record_t wanted = *work->record;
    scim_permission_t permission;

    *changed = 0;
    if (!scim_password_apply(work->edit->password, &wanted)) {
        return NULL;
    }
    SCIM_TRY(scim_policy_ask(&permission, &call->service->policy, SCIM_CHANGE_UPDATE, &reading,
                             pool));
    if (permission == SCIM_APPLY) {
        work->record->password = wanted.password;
        *changed = 1;
    }
    return NULL;
}

/* ---- members --------------------------------------------------------------- */

/* The members' steps, and what the policy says when they changed something. */
typedef struct steps_t {
    const work_t *work;
    apr_int64_t changed;
    int ignored;         /* changes are not to be kept */
    scim_error_t undone; /* what a nested unit of work ends with for that */
} steps_t;

static scim_error_t *run_steps(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    steps_t *steps = baton;

    SCIM_TRY(scim_members_apply(&steps->changed, steps->work->edit->members, session,
                                steps->work->id, steps->work->call, pool));
    return steps->ignored && steps->changed ? &steps->undone : NULL;
}

/*
 * What the change to members comes to is known only when it is done, so a policy that refuses
 * or ignores it has it undone.
 */
static scim_error_t *change_members(int *changed, scim_session_t *session, const work_t *work,
                                    apr_pool_t *pool)
{
    const scim_call_t *call = work->call;
    const scim_policy_t *policy = &call->service->policy;
    scim_reading_t reading = scim_stored_reading(call);
    steps_t steps = {.work = work};
    scim_permission_t permission;
    scim_error_t *error;

    steps.ignored = policy->toggles[call->type->kind][SCIM_CHANGE_UPDATE] == SCIM_TOGGLE_IGNORE;
    error = steps.ignored
                ? call->service->directory->provider->nest(session, run_steps, &steps, pool)
                : run_steps(session, &steps, pool);
    if (error && error != &steps.undone) {
        return error;
    }
    if (steps.changed && !work->asked) {
        SCIM_TRY(
            scim_policy_ask(&permission, policy, SCIM_CHANGE_UPDATE, &reading, call->pool));
    }
    *changed = steps.changed && !steps.ignored;
    return NULL;
}

/* A new version for a group of which only members changed. */
static scim_error_t *touch(scim_session_t *session, work_t *work, apr_pool_t *pool)
{
    const scim_call_t *call = work->call;
    scim_record_t *record = work->record;
    apr_int64_t version;

    record->modified = apr_time_now();
    SCIM_TRY(call->service->directory->provider->touch(
        session, record->type, record->id, record->modified, &version, &work->outcome, pool));
    if (work->outcome == SCIM_ABSENT) {
        return scim_stored_unknown(call, work->id);
    }
    /* others may have changed it since it was read */
    record->version = version - 1;
    SCIM_TRY(scim_stored_expect(call, record));
    record->version = version;
    work->changed = 1;
    return NULL;
}

/* ---- all of it ------------------------------------------------------------- */

static int status_of(const work_t *work)
{
    const scim_search_t *search = &work->call->search;

    return work->edit->brief && !search->attributes && !search->excluded_attributes ? 204 : 200;
}

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    work_t *work = baton;
    json_t *stored;
    const json_t *result;
    int members = 0, password;

    work->outcome = SCIM_STORED;
    work->changed = 0;
    if (work->edit->members) {
        SCIM_TRY(
            scim_members_prepare(work->edit->members, session, work->id, work->call, pool));
    }
    SCIM_TRY(load(&stored, session, work, pool));
    SCIM_TRY(decide(&result, stored, work, pool));
    SCIM_TRY(change_password(&password, work, work->call->pool));
    if (password || !json_equal(stored, result)) {
        SCIM_TRY(store(result, session, work, pool));
    }
    if (work->outcome == SCIM_STALE) {
        return NULL;
    }
    if (work->edit->members) {
        SCIM_TRY(change_members(&members, session, work, pool));
    }
    if (members && !work->changed) {
        SCIM_TRY(touch(session, work, pool));
    }
    return scim_stored_reply(work->reply, status_of(work),
                             work->changed ? "change" : "unchanged", session, work->record,
                             work->call);
}

scim_error_t *scim_change_run(scim_reply_t *reply, scim_call_t *call, const char *id,
                              const scim_edit_t *edit)
{
    work_t work = {.reply = reply, .call = call, .id = id, .edit = edit};
    scim_projection_t *unused;
    int attempt;

    SCIM_TRY(scim_stored_projection(&unused, call));
    for (attempt = 0; attempt < ATTEMPTS; attempt++) {
        SCIM_TRY(scim_unit_run(call, 1, run, &work));
        if (work.outcome != SCIM_STALE) {
            return NULL;
        }
    }
    return scim_error_because(
        scim_error_create(call->pool, 503, NULL,
                          "The %s is being changed by others; try again.", call->type->name),
        call->pool, "%d attempts to store %s were overtaken", ATTEMPTS, id);
}
