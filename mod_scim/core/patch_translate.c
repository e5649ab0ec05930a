#include "core/patch.h"

#include <string.h>

#include <apr_cstr.h>

#include "core/text.h"

#define OBSOLETE "urn:scim:schemas:core:"

/* What a message of SCIM 1.1 says besides attributes. */
static const char *const others[] = {"schemas", "id", "meta", NULL};

static int is_other(const char *key)
{
    int i;

    for (i = 0; others[i] && !scim_text_same_name(key, others[i]); i++) {
    }
    return others[i] != NULL;
}

/* A new operation at the end; takes the reference `value`. */
static json_t *push(json_t *operations, const char *verb, const char *path, json_t *value)
{
    json_t *operation = json_pack("{s:s,s:o}", "op", verb, "value", value);

    if (path) {
        json_object_set_new(operation, "path", json_string(path));
    }
    json_array_append_new(operations, operation);
    return operation;
}

static const char *verb_of(const json_t *member)
{
    const char *operation = json_string_value(scim_json_member(member, "operation", NULL));

    return operation && scim_text_same_name(operation, "delete") ? "remove" : "add";
}

/* A new reference to the member without its operation. */
static json_t *plain(const json_t *member)
{
    json_t *copy = json_copy((json_t *)member);
    const char *key;

    if (json_is_object(copy) && scim_json_member(copy, "operation", &key)) {
        json_object_del(copy, key);
    }
    return copy;
}

/* One operation for each run of members that are added, or removed. */
static void push_members(json_t *operations, const json_t *members)
{
    size_t count = json_is_array(members) ? json_array_size(members) : 1, i;
    json_t *last = NULL;

    for (i = 0; i < count; i++) {
        const json_t *member = json_is_array(members) ? json_array_get(members, i) : members;
        const char *verb = verb_of(member);

        if (last == NULL || strcmp(json_string_value(json_object_get(last, "op")), verb) != 0) {
            last = push(operations, verb, "members", json_array());
        }
        json_array_append_new(json_object_get(last, "value"), plain(member));
    }
    if (json_array_size(operations) == 0) {
        push(operations, "add", "members", json_array());
    }
}

static json_t *attributes_of(const json_t *message, const char *members)
{
    json_t *attributes = json_object(), *value;
    const char *key;

    json_object_foreach((json_t *)message, key, value)
    {
        if ((members == NULL || strcmp(key, members) != 0) && !is_other(key)) {
            json_object_set(attributes, key, value);
        }
    }
    return attributes;
}

static int is_obsolete(const json_t *urn)
{
    const char *text = json_string_value(urn);

    return text && apr_cstr_casecmpn(text, OBSOLETE, strlen(OBSOLETE)) == 0;
}

/* Whether the message says that it is one of SCIM 1.1: without members, what is left of one may
   as well be a PatchOp that lacks its operations. */
static int says_so(const json_t *message)
{
    const json_t *schemas = scim_json_member(message, "schemas", NULL);
    json_t *urn;
    size_t i;

    json_array_foreach(schemas, i, urn)
    {
        if (is_obsolete(urn)) {
            return 1;
        }
    }
    return is_obsolete(schemas);
}

const json_t *scim_patch_translate(const json_t *message, const scim_reading_t *reading,
                                   apr_pool_t *pool)
{
    const char *key = NULL;
    const json_t *members;
    json_t *operations, *attributes;

    if (!(reading->leniency & SCIM_LENIENT_MEMBERS) || reading->type->kind != SCIM_KIND_GROUP
        || scim_json_member(message, "Operations", NULL)) {
        return message;
    }
    members = scim_json_member(message, "members", &key);
    attributes = attributes_of(message, members ? key : NULL);
    if (members == NULL && (json_object_size(attributes) == 0 || !says_so(message))) {
        json_decref(attributes);
        return message;
    }
    operations = json_array();
    if (json_object_size(attributes)) {
        push(operations, "replace", NULL, attributes);
    } else {
        json_decref(attributes);
    }
    if (members) {
        push_members(operations, members);
    }
    return scim_json_own(
        pool, json_pack("{s:[s],s:o}", "schemas", SCIM_URN_PATCH_OP, "Operations", operations));
}
