#include "core/patch.h"

#include <string.h>

#include "core/text.h"

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
        if (strcmp(key, members) != 0 && !is_other(key)) {
            json_object_set(attributes, key, value);
        }
    }
    return attributes;
}

const json_t *scim_patch_translate(const json_t *message, const scim_reading_t *reading,
                                   apr_pool_t *pool)
{
    const char *key;
    const json_t *members;
    json_t *operations, *attributes;

    if (!(reading->leniency & SCIM_LENIENT_MEMBERS) || reading->type->kind != SCIM_KIND_GROUP
        || scim_json_member(message, "Operations", NULL)) {
        return message;
    }
    members = scim_json_member(message, "members", &key);
    if (members == NULL) {
        return message;
    }
    operations = json_array();
    attributes = attributes_of(message, key);
    if (json_object_size(attributes)) {
        push(operations, "replace", NULL, attributes);
    } else {
        json_decref(attributes);
    }
    push_members(operations, members);
    return scim_json_own(
        pool, json_pack("{s:[s],s:o}", "schemas", SCIM_URN_PATCH_OP, "Operations", operations));
}
