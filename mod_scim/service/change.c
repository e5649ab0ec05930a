#include "service/change.h"

#include "core/error.h"
#include "service/representation.h"
#include "service/stored.h"
#include "service/unit.h"

/* How often a change is tried when other writers keep coming first. */
#define ATTEMPTS 8

typedef struct work_t {
    scim_call_t *call;
    const char *id;
    scim_change_fn change;
    void *baton;
    scim_record_t *record;
    scim_outcome_t outcome;
    int changed;
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

static scim_error_t *decide(json_t **result, const json_t *stored, work_t *work,
                            apr_pool_t *pool)
{
    scim_reading_t reading = scim_stored_reading(work->call);
    json_t *wanted;

    SCIM_TRY(work->change(&wanted, stored, work->baton, work->call, pool));
    SCIM_TRY(scim_stored_prepare(&wanted, stored, work->call, pool));
    return scim_policy_filter(result, stored, wanted, &work->call->service->policy, &reading,
                              pool);
}

static scim_error_t *store(const json_t *result, scim_session_t *session, work_t *work,
                           apr_pool_t *pool)
{
    const scim_call_t *call = work->call;
    scim_record_t *record = work->record;

    SCIM_TRY(scim_stored_record(record, result, call, call->pool));
    record->version++;
    record->modified = apr_time_now();
    SCIM_TRY(call->service->directory->provider->update(session, record, record->version - 1,
                                                        &work->outcome, pool));
    if (work->outcome == SCIM_TAKEN) {
        return scim_stored_taken(call, result, record);
    }
    if (work->outcome == SCIM_ABSENT) {
        return scim_stored_unknown(call, work->id);
    }
    return NULL;
}

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    work_t *work = baton;
    json_t *stored, *result;

    work->outcome = SCIM_STORED;
    SCIM_TRY(load(&stored, session, work, pool));
    SCIM_TRY(decide(&result, stored, work, pool));
    work->changed = !json_equal(stored, result);
    return work->changed ? store(result, session, work, pool) : NULL;
}

scim_error_t *scim_change_run(scim_reply_t *reply, scim_call_t *call, const char *id,
                              scim_change_fn change, void *baton)
{
    work_t work = {.call = call, .id = id, .change = change, .baton = baton};
    scim_projection_t *unused;
    int attempt;

    SCIM_TRY(scim_stored_projection(&unused, call));
    for (attempt = 0; attempt < ATTEMPTS; attempt++) {
        SCIM_TRY(scim_unit_run(call, 1, run, &work));
        if (work.outcome != SCIM_STALE) {
            return scim_stored_reply(reply, 200, work.changed ? "change" : "unchanged",
                                     work.record, call);
        }
    }
    return scim_error_because(
        scim_error_create(call->pool, 503, NULL,
                          "The %s is being changed by others; try again.", call->type->name),
        call->pool, "%d attempts to store %s were overtaken", ATTEMPTS, id);
}
