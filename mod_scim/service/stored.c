#include "service/stored.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/resource.h"
#include "core/text.h"
#include "service/representation.h"
#include "service/username.h"

scim_reading_t scim_stored_reading(const scim_call_t *call)
{
    scim_reading_t reading = {.type = call->type,
                              .leniency = call->dialect->leniency,
                              .reject_unknown = call->service->reject_unknown,
                              .notes = call->notes};

    return reading;
}

scim_error_t *scim_stored_prepare(json_t **resource, const json_t *stored,
                                  const scim_call_t *call, apr_pool_t *pool)
{
    json_t *changed = scim_json_copy(*resource, pool);

    json_object_del(changed, "password");
    if (!json_is_boolean(json_object_get(changed, "active"))) {
        json_object_set_new(
            changed, "active",
            json_boolean(stored == NULL || !json_is_false(json_object_get(stored, "active"))));
    }
    SCIM_TRY(scim_policy_roles(changed, stored, &call->service->policy, pool));
    changed = scim_resource_canonical(changed, call->type, pool);
    SCIM_TRY(scim_resource_check(changed, call->type, pool));
    *resource = changed;
    return NULL;
}

static int is_renamed(const scim_record_t *record, const char *wire_key)
{
    return record->wire_key == NULL || strcmp(record->wire_key, wire_key) != 0;
}

static void note_name(const scim_record_t *record, const scim_call_t *call)
{
    scim_reading_t reading = scim_stored_reading(call);

    scim_reading_note(&reading,
                      "The %s %s keeps its local name: what ScimUserNameRewrite makes of the "
                      "userName now is taken, or is none.",
                      call->type->name, record->id);
}

/* Rules that are new must not stand in the way of a change to who was there before them. */
static scim_error_t *find_local(const char **local, const scim_record_t *record,
                                const char *wire, const char *wire_key, const scim_call_t *call,
                                apr_pool_t *pool)
{
    scim_error_t *error = scim_username_local(local, wire, &call->service->policy, pool);

    if (error == NULL || is_renamed(record, wire_key)) {
        return error;
    }
    note_name(record, call);
    *local = record->local_name;
    return NULL;
}

int scim_stored_keep_name(scim_record_t *record, const scim_record_t *before,
                          const scim_call_t *call)
{
    if (is_renamed(before, record->wire_key)
        || strcmp(record->local_key, before->local_key) == 0) {
        return 0;
    }
    note_name(record, call);
    record->local_name = before->local_name;
    record->local_key = before->local_key;
    return 1;
}

scim_error_t *scim_stored_record(scim_record_t *record, const json_t *resource,
                                 const scim_call_t *call, apr_pool_t *pool)
{
    const char *wire = json_string_value(json_object_get(resource, "userName"));
    const char *wire_key = scim_text_fold(pool, wire, strlen(wire)), *local;

    SCIM_TRY(find_local(&local, record, wire, wire_key, call, pool));
    record->type = call->type->name;
    record->local_name = local;
    record->local_key = scim_text_fold(pool, local, strlen(local));
    record->wire_key = wire_key;
    record->external_id =
        apr_pstrdup(pool, json_string_value(json_object_get(resource, "externalId")));
    record->active = !json_is_false(json_object_get(resource, "active"));
    record->document = scim_json_text(resource, &record->document_length, pool);
    if (record->document_length > SCIM_MAX_DOCUMENT) {
        return scim_error_create(pool, 413, NULL,
                                 "The resource takes %" APR_SIZE_T_FMT
                                 " bytes; at most %d can be stored.",
                                 record->document_length, SCIM_MAX_DOCUMENT);
    }
    return NULL;
}

scim_error_t *scim_stored_unknown(const scim_call_t *call, const char *id)
{
    return scim_error_create(call->pool, 404, NULL, "There is no %s with the id %s.",
                             call->type->name, scim_error_quotes(call->pool, id));
}

scim_error_t *scim_stored_taken(const scim_call_t *call, scim_session_t *session,
                                const json_t *resource, const scim_record_t *record)
{
    const char *wire = json_string_value(json_object_get(resource, "userName"));
    const char *here = "", *whose = "another user";
    scim_record_t *holder;

    SCIM_TRY(call->service->directory->provider->find(session, record->type, SCIM_KEY_LOCAL,
                                                      record->local_key, &holder, call->pool));
    if (holder && holder->deleted) {
        whose = "a deleted user, who is kept because of ScimDeleteUsers disable";
    }
    if (strcmp(record->local_key, record->wire_key) != 0) {
        here = apr_psprintf(call->pool, ", which is %s here,",
                            scim_error_quotes(call->pool, record->local_name));
    }
    return scim_error_create(call->pool, 409, SCIM_UNIQUENESS,
                             "The userName %s%s is taken by %s.",
                             scim_error_quotes(call->pool, wire), here, whose);
}

scim_error_t *scim_stored_expect(const scim_call_t *call, const scim_record_t *record)
{
    if (scim_precondition_judge(&call->precondition, record->version, 0) == SCIM_PROCEED) {
        return NULL;
    }
    return scim_error_create(call->pool, 412, NULL,
                             "The %s has the version %s, which the request's If-Match or "
                             "If-None-Match rules out.",
                             call->type->name, scim_etag(record->version, call->pool));
}

scim_error_t *scim_stored_projection(scim_projection_t **projection, const scim_call_t *call)
{
    scim_reading_t reading = scim_stored_reading(call);

    return scim_projection_parse(projection, call->search.attributes,
                                 call->search.excluded_attributes, &reading, call->pool);
}

scim_error_t *scim_stored_reply(scim_reply_t *reply, int status, const char *operation,
                                const scim_record_t *record, const scim_call_t *call)
{
    scim_projection_t *projection;

    SCIM_TRY(scim_stored_projection(&projection, call));
    reply->status = status;
    reply->operation = operation;
    reply->id = record->id;
    reply->location = scim_representation_location(call, record->id);
    reply->etag = scim_etag(record->version, call->pool);
    reply->body = scim_buffer_create(call->pool);
    return scim_representation_write(reply->body, record, projection, call, call->pool);
}
