#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/datetime.h"
#include "core/error.h"
#include "core/resource.h"
#include "core/text.h"
#include "core/uuid.h"
#include "import.h"
#include "service/stored.h"
#include "service/username.h"

#define MAX_HASH 255
#define MAX_VERSION 1000000000000000LL

static scim_error_t *wrong(apr_pool_t *pool, const char *what, const json_t *value,
                           const char *allowed)
{
    const char *text = json_string_value(value);

    return scim_error_bad(pool, NULL, "%s is %s; due is %s.", what,
                          text    ? scim_error_quotes(pool, text)
                          : value ? scim_json_kind(value)
                                  : "not there",
                          allowed);
}

/* ---- meta ---- */

static scim_error_t *read_time(apr_time_t *when, const json_t *object, const char *prefix,
                               const char *name, apr_pool_t *pool)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);

    if (text == NULL || !scim_datetime_parse(when, text, strlen(text))) {
        return wrong(pool, apr_pstrcat(pool, prefix, name, NULL), value,
                     "a dateTime such as 2031-12-31T18:00:00Z");
    }
    return NULL;
}

/* W/"3" */
static scim_error_t *read_version(apr_int64_t *version, const json_t *meta, apr_pool_t *pool)
{
    const json_t *value = json_object_get(meta, "version");
    const char *text = json_string_value(value);
    char *end = NULL;

    *version = 0;
    if (text && strncmp(text, "W/\"", 3) == 0 && apr_isdigit(text[3])) {
        *version = apr_strtoi64(text + 3, &end, 10);
    }
    return end && strcmp(end, "\"") == 0 && *version >= 1 && *version <= MAX_VERSION
               ? NULL
               : wrong(pool, "meta.version", value, "a version such as W/\"3\"");
}

static scim_error_t *read_meta(scim_record_t *record, const json_t *meta, apr_pool_t *pool)
{
    SCIM_TRY(read_time(&record->created, meta, "meta.", "created", pool));
    SCIM_TRY(read_time(&record->modified, meta, "meta.", "lastModified", pool));
    return read_version(&record->version, meta, pool);
}

/* ---- what SCIM has no attribute for ---- */

/* In a form that apr_password_validate() knows; nothing that crypt() might take for another. */
static int is_hash(const char *text)
{
    apr_size_t i;

    for (i = 0; text[i] > ' ' && text[i] < 127 && text[i] != ':'; i++) {
    }
    return text[i] == '\0' && i >= 20 && i <= MAX_HASH && text[0] == '$';
}

static scim_error_t *read_local(scim_record_t *record, const json_t *value, apr_pool_t *pool)
{
    const char *name = json_string_value(value);

    if (value == NULL) {
        return NULL;
    }
    if (name == NULL) {
        return wrong(pool, "localName", value, "a string");
    }
    SCIM_TRY(scim_username_check("localName", name, pool));
    record->local_name = apr_pstrdup(pool, name);
    record->local_key = scim_text_fold(pool, name, strlen(name));
    return strlen(record->local_key) <= SCIM_MAX_KEY
               ? NULL
               : wrong(pool, "localName", value, "a shorter name");
}

static scim_error_t *read_stored(scim_record_t *record, const json_t *stored,
                                 const scim_resource_type_t *type, apr_pool_t *pool)
{
    const json_t *hash = json_object_get(stored, "passwordHash");
    const json_t *deleted = json_object_get(stored, "deleted");

    if (type->kind != SCIM_KIND_USER) {
        return json_object_size(stored) == 0
                   ? NULL
                   : wrong(pool, CTL_STORED, stored, "nothing: it is for users");
    }
    SCIM_TRY(read_local(record, json_object_get(stored, "localName"), pool));
    if (hash && (!json_is_string(hash) || !is_hash(json_string_value(hash)))) {
        return scim_error_bad(pool, NULL,
                              "passwordHash is not a hash such as $2y$10$... of %d bytes at "
                              "most.",
                              MAX_HASH);
    }
    record->password = apr_pstrdup(pool, json_string_value(hash));
    if (deleted && !json_is_boolean(deleted)) {
        return wrong(pool, "deleted", deleted, "true or false");
    }
    record->deleted = json_is_true(deleted);
    return json_object_get(stored, "notBefore")
               ? read_time(&record->not_before, stored, "", "notBefore", pool)
               : NULL;
}

/* ---- members ---- */

static scim_error_t *check_members(const json_t *members, apr_pool_t *pool)
{
    const json_t *member;
    size_t i;

    if (members && !json_is_array(members)) {
        return wrong(pool, "members", members, "an array");
    }
    json_array_foreach(members, i, member)
    {
        const json_t *value = json_object_get(member, "value");

        if (!json_is_string(value) || !scim_uuid_valid(json_string_value(value))) {
            return wrong(pool, "a member's value", value, "the id of a resource");
        }
    }
    return NULL;
}

/* ---- all of it ---- */

static scim_error_t *read_resource(scim_record_t *record, json_t *sent, const scim_call_t *call,
                                   apr_pool_t *pool)
{
    static const char *const others[] = {"id", "meta", "members", "groups", CTL_STORED, NULL};
    scim_reading_t reading = scim_stored_reading(call);
    json_t *resource;
    int i;

    for (i = 0; others[i]; i++) {
        json_object_del(sent, others[i]);
    }
    if (json_object_get(sent, "password")) {
        return scim_error_bad(pool, NULL,
                              "A password cannot be imported, only a passwordHash.");
    }
    SCIM_TRY(scim_resource_read(&resource, sent, 0, &reading, pool));
    SCIM_TRY(scim_stored_prepare(&resource, NULL, call, pool));
    return scim_stored_record(record, resource, call, pool);
}

static scim_error_t *read_identity(ctl_import_line_t *line, const scim_resource_type_t **type,
                                   const json_t *object, const ctl_t *ctl, apr_pool_t *pool)
{
    const json_t *id = json_object_get(object, "id");
    const json_t *name = json_object_get(json_object_get(object, "meta"), "resourceType");

    if (!json_is_string(id) || !scim_uuid_valid(json_string_value(id))) {
        return wrong(pool, "id", id, "a UUID in lower case");
    }
    *type =
        json_is_string(name) ? scim_schemas_type(ctl->schemas, json_string_value(name)) : NULL;
    if (*type == NULL) {
        return wrong(pool, "meta.resourceType", name,
                     "a resource type; those of ScimSchema need --config or --schema");
    }
    line->record.id = apr_pstrdup(pool, json_string_value(id));
    line->record.type = (*type)->name;
    return NULL;
}

scim_error_t *ctl_import_read(ctl_import_line_t *line, const ctl_t *ctl, const char *text,
                              apr_size_t length, apr_pool_t *pool)
{
    const scim_resource_type_t *type;
    const json_t *stored;
    json_t *object, *sent;
    scim_call_t call;

    memset(line, 0, sizeof(*line));
    SCIM_TRY(scim_json_parse(&object, text, length, pool));
    SCIM_TRY(read_identity(line, &type, object, ctl, pool));
    stored = json_object_get(object, CTL_STORED);
    if (stored && !json_is_object(stored)) {
        return wrong(pool, CTL_STORED, stored, "an object");
    }
    if (type->kind == SCIM_KIND_GROUP) {
        line->members = json_object_get(object, "members");
        SCIM_TRY(check_members(line->members, pool));
        line->more = json_is_true(json_object_get(stored, "more"));
    }
    if (line->more) {
        return NULL;
    }
    call = ctl_call(ctl, type, pool);
    SCIM_TRY(read_meta(&line->record, json_object_get(object, "meta"), pool));
    sent = scim_json_copy(object, pool);
    SCIM_TRY(read_resource(&line->record, sent, &call, pool));
    return read_stored(&line->record, stored, type, pool);
}
