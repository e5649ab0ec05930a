#include <apr_strings.h>

#include "core/error.h"
#include "core/resource.h"
#include "core/text.h"
#include "core/uuid.h"
#include "service/members.h"
#include "service/password.h"
#include "service/stored.h"
#include "service/unit.h"

typedef struct creation_t {
    scim_reply_t *reply;
    scim_call_t *call;
    json_t *sent;
    json_t *resource; /* that, prepared */
    scim_password_t password;
    scim_members_t *members;
    scim_record_t *record; /* a new one, of the resource */
    scim_record_t *stored; /* what was stored: that, or the one of somebody who returned */
    const char *operation;
} creation_t;

static scim_error_t *new_record(scim_record_t **record, const creation_t *creation,
                                apr_pool_t *pool)
{
    scim_record_t *made = apr_pcalloc(pool, sizeof(*made));
    char *id = apr_palloc(pool, SCIM_ID_LENGTH + 1);

    SCIM_TRY(scim_stored_record(made, creation->resource, creation->call, pool));
    made->created = made->modified = apr_time_now();
    SCIM_TRY(scim_uuid_create(id, made->created, pool));
    made->id = id;
    made->version = 1;
    *record = made;
    return NULL;
}

/*
 * The person who was deleted by deactivation and comes back: the same externalId, or the same
 * local name. NULL when there is nobody of that kind. A blank externalId, which some dialects
 * store, says nothing about who it is.
 */
static scim_error_t *find_returning(scim_record_t **found, scim_session_t *session,
                                    const creation_t *creation, scim_key_t key,
                                    const char *value)
{
    const scim_call_t *call = creation->call;

    *found = NULL;
    if (value == NULL || scim_text_blank(value)) {
        return NULL;
    }
    SCIM_TRY(call->service->directory->provider->find(session, call->type->name, key, value,
                                                      found, call->pool));
    if (*found && !(*found)->deleted) {
        *found = NULL;
    }
    return NULL;
}

/* Brings a returning person back under the old id; being enabled again is the policy's matter.
 */
static scim_error_t *revive(scim_outcome_t *outcome, scim_session_t *session,
                            scim_record_t *old, creation_t *creation, apr_pool_t *pool)
{
    scim_call_t *call = creation->call;
    scim_reading_t reading = scim_stored_reading(call);
    scim_permission_t permission;
    json_t *resource = scim_json_copy(creation->resource, pool);

    if (!json_is_false(json_object_get(resource, "active"))) {
        SCIM_TRY(scim_policy_ask(&permission, &call->service->policy, SCIM_CHANGE_ENABLE,
                                 &reading, call->pool));
        if (permission == SCIM_SKIP) {
            json_object_set_new(resource, "active", json_false());
        }
    }
    SCIM_TRY(scim_stored_record(old, resource, call, call->pool));
    scim_password_apply(&creation->password, old);
    old->deleted = 0;
    old->version++;
    old->modified = apr_time_now();
    SCIM_TRY(call->service->directory->provider->update(session, old, old->version - 1, outcome,
                                                        pool));
    creation->stored = old;
    creation->operation = "return";
    return NULL;
}

static scim_error_t *add(scim_outcome_t *outcome, scim_session_t *session, creation_t *creation,
                         apr_pool_t *pool)
{
    creation->stored = creation->record;
    creation->operation = "create";
    return creation->call->service->directory->provider->insert(session, creation->record,
                                                                outcome, pool);
}

/*
 * Inserts the resource, or brings back the person whom it means. Whoever has the name may be
 * somebody that the client cannot see: then it is they who return, also when the externalId is
 * that of another one.
 */
static scim_error_t *store(scim_session_t *session, creation_t *creation, apr_pool_t *pool)
{
    scim_call_t *call = creation->call;
    const scim_record_t *fresh = creation->record;
    int noted = call->notes->nelts;
    scim_record_t *old;
    scim_outcome_t outcome;

    SCIM_TRY(find_returning(&old, session, creation, SCIM_KEY_EXTERNAL_ID, fresh->external_id));
    SCIM_TRY(old ? revive(&outcome, session, old, creation, pool)
                 : add(&outcome, session, creation, pool));
    if (outcome == SCIM_STORED) {
        return NULL;
    }
    call->notes->nelts = noted;
    SCIM_TRY(find_returning(&old, session, creation, SCIM_KEY_LOCAL, fresh->local_key));
    if (old) {
        SCIM_TRY(revive(&outcome, session, old, creation, pool));
    }
    return outcome == SCIM_STORED ? NULL
                                  : scim_stored_taken(call, session, creation->resource, fresh);
}

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    creation_t *creation = baton;
    apr_int64_t changed;

    SCIM_TRY(store(session, creation, pool));
    if (creation->members) {
        SCIM_TRY(scim_members_apply(&changed, creation->members, session, creation->stored->id,
                                    creation->call, pool));
    }
    return scim_stored_reply(creation->reply, 201, creation->operation, session,
                             creation->stored, creation->call);
}

static scim_error_t *read_body(creation_t *creation, const json_t *body)
{
    scim_call_t *call = creation->call;
    scim_reading_t reading = scim_stored_reading(call);

    SCIM_TRY(scim_members_take(&creation->members, &body, body, 0, call));
    SCIM_TRY(scim_resource_read(&creation->sent, body, 0, &reading, call->pool));
    creation->resource = creation->sent;
    SCIM_TRY(scim_stored_prepare(&creation->resource, NULL, call, call->pool));
    return new_record(&creation->record, creation, call->pool);
}

scim_error_t *scim_call_create(scim_reply_t *reply, scim_call_t *call, const json_t *body)
{
    scim_reading_t reading = scim_stored_reading(call);
    creation_t creation = {.reply = reply, .call = call};
    scim_permission_t permission;
    scim_projection_t *unused;

    SCIM_TRY(scim_stored_projection(&unused, call));
    SCIM_TRY(read_body(&creation, body));
    SCIM_TRY(scim_policy_ask(&permission, &call->service->policy, SCIM_CHANGE_CREATE, &reading,
                             call->pool));
    if (permission == SCIM_SKIP) {
        return scim_stored_reply(reply, 201, "unchanged", NULL, creation.record, call);
    }
    SCIM_TRY(scim_password_of_resource(&creation.password, creation.sent, NULL, call));
    scim_password_apply(&creation.password, creation.record);
    return scim_unit_run(call, 1, run, &creation);
}
