#include "service/stored.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/resource.h"
#include "core/term.h"
#include "core/text.h"
#include "service/representation.h"
#include "service/username.h"

scim_reading_t scim_stored_reading(const scim_call_t *call)
{
    scim_reading_t reading = {.type = call->type,
                              .leniency = call->dialect->leniency,
                              .reject_unknown = call->service->reject_unknown,
                              .notes = call->notes,
                              .work = call->budget ? &call->budget->work : NULL};

    return reading;
}

/* What only users have: a password that is not kept, `active`, roles. */
static scim_error_t *prepare_user(json_t **resource, const json_t *stored,
                                  const scim_call_t *call, apr_pool_t *pool)
{
    json_t *active = json_object_get(*resource, "active");

    if (json_object_get(*resource, "password") || !json_is_boolean(active)) {
        *resource = scim_json_twin(*resource, pool);
        json_object_del(*resource, "password");
    }
    if (!json_is_boolean(active)) {
        json_object_set_new(
            *resource, "active",
            json_boolean(stored == NULL || !json_is_false(json_object_get(stored, "active"))));
    }
    return scim_policy_roles(resource, stored, &call->service->policy, pool);
}

scim_error_t *scim_stored_prepare(json_t **resource, const json_t *stored,
                                  const scim_call_t *call, apr_pool_t *pool)
{
    json_t *changed = *resource;

    if (call->type->kind == SCIM_KIND_USER) {
        SCIM_TRY(prepare_user(&changed, stored, call, pool));
    }
    changed = scim_resource_canonical(changed, call->type, pool);
    SCIM_TRY(scim_resource_check(changed, call->type, pool));
    *resource = changed;
    return NULL;
}

static const char *text_of(const json_t *resource, const char *name, apr_pool_t *pool)
{
    return apr_pstrdup(pool, json_string_value(json_object_get(resource, name)));
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

/* What the resource is called, and by which key it is unique. */
static scim_error_t *take_name(scim_record_t *record, const json_t *resource,
                               const scim_call_t *call, apr_pool_t *pool)
{
    const scim_resource_type_t *type = call->type;
    const char *name = type->naming ? text_of(resource, type->naming->name, pool) : NULL;

    const char *wire_key = NULL, *local = NULL;

    record->display = text_of(resource, "displayName", pool);
    if (record->display == NULL) {
        record->display = name;
    }
    if (name && type->kind == SCIM_KIND_USER) {
        wire_key = scim_text_fold(pool, name, strlen(name));
        SCIM_TRY(find_local(&local, record, name, wire_key, call, pool));
        name = local;
    } else if (name) {
        SCIM_TRY(scim_username_check(type->naming->name, name, pool));
    }
    record->wire_key = wire_key;
    record->local_name = local;
    record->local_key = name;
    if (name && !type->naming->case_exact) {
        record->local_key = scim_text_fold(pool, name, strlen(name));
    }
    return NULL;
}

/* What a resource is found by has to fit into the indexes of every database. */
static scim_error_t *check_keys(const scim_record_t *record, const scim_call_t *call,
                                apr_pool_t *pool)
{
    const scim_attribute_t *naming = call->type->naming;
    const struct {
        const char *attribute;
        const char *key;
    } keys[] = {{"externalId", record->external_id},
                {naming ? naming->name : NULL, record->local_key},
                {naming ? naming->name : NULL, record->wire_key}};
    apr_size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i].key && strlen(keys[i].key) > SCIM_MAX_KEY) {
            return scim_error_create(pool, 400, "invalidValue",
                                     "The value of %s takes %" APR_SIZE_T_FMT
                                     " bytes; at most %d can be stored.",
                                     keys[i].attribute, strlen(keys[i].key), SCIM_MAX_KEY);
        }
    }
    return NULL;
}

scim_error_t *scim_stored_record(scim_record_t *record, const json_t *resource,
                                 const scim_call_t *call, apr_pool_t *pool)
{
    SCIM_TRY(take_name(record, resource, call, pool));
    record->type = call->type->name;
    record->external_id = text_of(resource, "externalId", pool);
    SCIM_TRY(check_keys(record, call, pool));
    record->active = call->type->kind != SCIM_KIND_USER
                     || !json_is_false(json_object_get(resource, "active"));
    record->terms = scim_term_all(&record->term_count, call->service->indexed, call->type->name,
                                  resource, pool);
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
    const char *name = call->type->naming->name, *here = "";
    const char *value = json_string_value(json_object_get(resource, name));
    const char *whose = apr_pstrcat(call->pool, "another ", call->type->name, NULL);
    scim_record_t *holder;

    SCIM_TRY(call->service->directory->provider->find(session, record->type, SCIM_KEY_LOCAL,
                                                      record->local_key, &holder, call->pool));
    if (holder && holder->deleted) {
        whose = "a deleted user, who is kept because of ScimDeleteUsers disable";
    }
    if (record->wire_key && strcmp(record->local_key, record->wire_key) != 0) {
        here = apr_psprintf(call->pool, ", which is %s here,",
                            scim_error_quotes(call->pool, record->local_name));
    }
    return scim_error_create(call->pool, 409, SCIM_UNIQUENESS, "The %s %s%s is taken by %s.",
                             name, scim_error_quotes(call->pool, value), here, whose);
}

scim_error_t *scim_stored_expect(const scim_call_t *call, const scim_record_t *record)
{
    if (scim_precondition_judge(&call->precondition, record->version, 0) == SCIM_PROCEED) {
        return NULL;
    }
    return scim_error_create(call->pool, 412, NULL,
                             "The %s has the version %s, which the request's If-Match or "
                             "If-None-Match rules out.",
                             call->type->name, scim_etag(record->version, NULL, call->pool));
}

scim_error_t *scim_stored_projection(scim_projection_t **projection, const scim_call_t *call)
{
    scim_reading_t reading = scim_stored_reading(call);

    return scim_projection_parse(projection, call->search.attributes,
                                 call->search.excluded_attributes, &reading, call->pool);
}

scim_error_t *scim_stored_reply(scim_reply_t *reply, int status, const char *operation,
                                scim_session_t *session, const scim_record_t *record,
                                const scim_call_t *call)
{
    scim_projection_t *projection;
    scim_shown_t shown;

    reply->status = status;
    reply->operation = operation;
    reply->id = record->id;
    reply->location = scim_representation_location(call, record->id);
    reply->etag = scim_etag(record->version, NULL, call->pool);
    reply->body = NULL;
    if (status == 204 || call->bodiless) {
        return NULL;
    }
    SCIM_TRY(scim_stored_projection(&projection, call));
    reply->body = scim_buffer_create(call->pool);
    shown = (scim_shown_t){record, projection, call};
    return scim_representation_write(reply->body, &reply->etag, session, &shown, NULL,
                                     call->pool);
}
