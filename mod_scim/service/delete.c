#include "core/error.h"
#include "service/representation.h"
#include "service/stored.h"
#include "service/unit.h"

typedef struct deletion_t {
    scim_call_t *call;
    const char *id;
    const char *operation;
} deletion_t;

/* A conflict is an error of the unit of work: it runs under the writers' lock or fails. */
static scim_error_t *check(scim_outcome_t outcome, const deletion_t *deletion)
{
    const scim_call_t *call = deletion->call;

    switch (outcome) {
    case SCIM_STORED:
        return NULL;
    case SCIM_ABSENT:
        return scim_stored_unknown(call, deletion->id);
    case SCIM_STALE:
    case SCIM_TAKEN:
        break;
    }
    return scim_error_create(call->pool, 409, NULL,
                             "The %s was changed by another client meanwhile; try again.",
                             call->type->name);
}

/* ScimDeleteUsers disable: inactive and out of sight, but under the same id when it returns. */
static scim_error_t *deactivate(scim_session_t *session, scim_record_t *record,
                                const deletion_t *deletion, apr_pool_t *pool)
{
    const scim_call_t *call = deletion->call;
    scim_outcome_t outcome;
    json_t *resource;

    SCIM_TRY(scim_representation_load(&resource, record, pool));
    json_object_set_new(resource, "active", json_false());
    record->document = scim_json_text(resource, &record->document_length, pool);
    /* access control still has to know whose they were */
    record->terms = scim_term_all(&record->term_count, call->service->indexed, call->type->name,
                                  resource, pool);
    record->active = 0;
    record->deleted = 1;
    record->version++;
    record->modified = apr_time_now();
    SCIM_TRY(call->service->directory->provider->update(session, record, record->version - 1,
                                                        &outcome, pool));
    return check(outcome, deletion);
}

static scim_error_t *erase(scim_session_t *session, const scim_record_t *record,
                           const deletion_t *deletion, apr_pool_t *pool)
{
    const scim_call_t *call = deletion->call;
    scim_outcome_t outcome;

    SCIM_TRY(call->service->directory->provider->remove(session, record->type, record->id,
                                                        record->version, &outcome, pool));
    return check(outcome, deletion);
}

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    deletion_t *deletion = baton;
    scim_call_t *call = deletion->call;
    scim_reading_t reading = scim_stored_reading(call);
    scim_permission_t permission;
    scim_record_t *record;

    SCIM_TRY(call->service->directory->provider->get(session, call->type->name, deletion->id,
                                                     &record, pool));
    if (record == NULL || record->deleted) {
        return scim_stored_unknown(call, deletion->id);
    }
    SCIM_TRY(scim_stored_expect(call, record));
    SCIM_TRY(scim_policy_ask(&permission, &call->service->policy, SCIM_CHANGE_DELETE, &reading,
                             call->pool));
    switch (permission) {
    case SCIM_SKIP:
        deletion->operation = "unchanged";
        return NULL;
    case SCIM_DEACTIVATE:
        deletion->operation = "deactivate";
        return deactivate(session, record, deletion, pool);
    case SCIM_APPLY:
        break;
    }
    deletion->operation = "delete";
    return erase(session, record, deletion, pool);
}

scim_error_t *scim_call_delete(scim_reply_t *reply, scim_call_t *call, const char *id)
{
    deletion_t deletion = {.call = call, .id = id};

    SCIM_TRY(scim_unit_run(call, 1, run, &deletion));
    reply->status = 204;
    reply->operation = deletion.operation;
    reply->id = id;
    return NULL;
}
