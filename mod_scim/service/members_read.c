#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/coerce.h"
#include "core/error.h"
#include "core/resource.h"
#include "core/text.h"
#include "service/member_step.h"
#include "service/membership.h"
#include "service/stored.h"

/* What is `members` in messages about resources of this type; NULL: nothing. */
static const scim_attribute_t *attribute_of(const scim_resource_type_t *type)
{
    return type->kind == SCIM_KIND_GROUP ? scim_membership_attribute(type) : NULL;
}

static scim_members_t *create(const scim_attribute_t *attribute, const scim_call_t *call)
{
    scim_members_t *members = apr_palloc(call->pool, sizeof(*members));

    members->attribute = attribute;
    members->leniency = call->dialect->leniency;
    members->steps = apr_array_make(call->pool, 4, sizeof(scim_member_step_t));
    return members;
}

/* ---- values ---------------------------------------------------------------- */

/* Ids are lower case here, and the comparison of members.value knows no case. */
static const char *id_of(const json_t *element, apr_pool_t *pool)
{
    const char *value = json_string_value(json_object_get(element, "value"));
    char *id = apr_pstrdup(pool, value), *at;

    for (at = id; at && *at; at++) {
        *at = apr_tolower(*at);
    }
    return id;
}

static scim_error_t *read_element(apr_array_header_t *ids, const json_t *sent, int optional,
                                  const scim_members_t *members, const scim_call_t *call,
                                  apr_pool_t *scratch)
{
    scim_reading_t reading = scim_stored_reading(call);
    json_t *element;
    const char *id;

    SCIM_TRY(scim_resource_coerce(&element, sent, members->attribute, 1, &reading, scratch));
    id = id_of(element, call->pool);
    if (id) {
        APR_ARRAY_PUSH(ids, const char *) = id;
        return NULL;
    }
    if (element == NULL || optional) {
        return NULL;
    }
    if (!(members->leniency & SCIM_LENIENT_STRANGERS)) {
        return scim_error_bad(call->pool, SCIM_INVALID_VALUE,
                              "An element of members has no value; the id of a user or of a "
                              "group is due.");
    }
    scim_reading_note(&reading, "An element of members without a value was ignored.");
    return NULL;
}

/*
 * Reads a list of members, or one of them where the client may send that: RFC 7644 3.5.2.1 has
 * it that a value is added. As many as the message has room for, unlike other values.
 */
static scim_error_t *read_ids(const apr_array_header_t **ids, const json_t *sent, int single,
                              const scim_members_t *members, const scim_call_t *call)
{
    size_t count = json_is_array(sent) ? json_array_size(sent) : 1, i;
    apr_array_header_t *read = apr_array_make(call->pool, (int)count, sizeof(const char *));
    apr_pool_t *scratch;

    *ids = read;
    if (scim_coerce_nothing(sent, members->leniency)) {
        return NULL;
    }
    if (!json_is_array(sent) && !single && !(members->leniency & SCIM_LENIENT_SINGLE)) {
        return scim_error_bad(call->pool, SCIM_INVALID_VALUE,
                              "The attribute members has to be an array, not %s.",
                              scim_json_kind(sent));
    }
    apr_pool_create(&scratch, call->pool);
    for (i = 0; i < count; i++) {
        apr_pool_clear(scratch);
        SCIM_TRY(read_element(read, json_is_array(sent) ? json_array_get(sent, i) : sent, 0,
                              members, call, scratch));
    }
    apr_pool_destroy(scratch);
    return NULL;
}

/* ---- whole resources ------------------------------------------------------- */

/* The member of a resource that is its `members`; NULL when there is none, or two. */
static const char *find_key(const json_t *sent, const scim_attribute_t *attribute)
{
    const char *key, *found = NULL;
    json_t *value;

    json_object_foreach((json_t *)sent, key, value)
    {
        if (scim_text_same_name(key, attribute->name)) {
            if (found) {
                return NULL;
            }
            found = key;
        }
    }
    return found;
}

static const json_t *without(const json_t *sent, const char *key, apr_pool_t *pool)
{
    json_t *rest = scim_json_own(pool, json_copy((json_t *)sent));

    json_object_del(rest, key);
    return rest;
}

scim_error_t *scim_members_take(scim_members_t **members, const json_t **rest,
                                const json_t *sent, int replacing, const scim_call_t *call)
{
    const scim_attribute_t *attribute = attribute_of(call->type);
    scim_member_step_t step = {.verb = replacing ? SCIM_PATCH_REPLACE : SCIM_PATCH_ADD};
    const char *key = attribute ? find_key(sent, attribute) : NULL;
    scim_members_t *taken;

    *members = NULL;
    *rest = sent;
    if (attribute == NULL || (key == NULL && !replacing)) {
        return NULL;
    }
    taken = create(attribute, call);
    SCIM_TRY(read_ids(&step.ids, key ? json_object_get(sent, key) : NULL, 0, taken, call));
    APR_ARRAY_PUSH(taken->steps, scim_member_step_t) = step;
    if (key) {
        *rest = without(sent, key, call->pool);
    }
    *members = taken;
    return NULL;
}

/* ---- patches --------------------------------------------------------------- */

/* The value of an operation on the members that a filter selects: the element that each of them
   is to be, which may leave out what it is. */
static scim_error_t *read_selected(const apr_array_header_t **ids, const json_t *sent,
                                   const scim_members_t *members, const scim_call_t *call)
{
    apr_array_header_t *read = apr_array_make(call->pool, 1, sizeof(const char *));

    if ((members->leniency & SCIM_LENIENT_SINGLE) && json_array_size(sent) == 1) {
        sent = json_array_get(sent, 0);
    }
    if (scim_coerce_nothing(sent, members->leniency)) {
        *ids = NULL;
        return NULL;
    }
    *ids = read;
    return read_element(read, sent, 1, members, call, call->pool);
}

static scim_error_t *read_step(scim_members_t *members, const scim_patch_operation_t *operation,
                               const scim_call_t *call)
{
    scim_member_step_t step = {.verb = operation->verb,
                               .filter = operation->path->filter,
                               .number = operation->number};

    if (operation->path->sub) {
        return scim_error_bad(call->pool, SCIM_MUTABILITY,
                              "The sub-attributes of members are immutable; members are added "
                              "and removed as a whole.");
    }
    if (step.filter && step.verb != SCIM_PATCH_REMOVE) {
        SCIM_TRY(read_selected(&step.ids, operation->value, members, call));
    } else if (operation->value) {
        SCIM_TRY(read_ids(&step.ids, operation->value, step.verb != SCIM_PATCH_REPLACE, members,
                          call));
    }
    APR_ARRAY_PUSH(members->steps, scim_member_step_t) = step;
    return NULL;
}

scim_error_t *scim_members_split(scim_members_t **members, scim_patch_t *patch,
                                 const scim_call_t *call)
{
    const scim_attribute_t *attribute = attribute_of(call->type);
    apr_array_header_t *others =
        apr_array_make(call->pool, patch->count, sizeof(scim_patch_operation_t));
    scim_members_t *split = attribute ? create(attribute, call) : NULL;
    scim_error_t *error;
    int i;

    *members = NULL;
    if (attribute == NULL) {
        return NULL;
    }
    split->leniency |= patch->leniency;
    for (i = 0; i < patch->count; i++) {
        const scim_patch_operation_t *operation = &patch->operations[i];

        if (operation->path->attribute != attribute) {
            APR_ARRAY_PUSH(others, scim_patch_operation_t) = *operation;
        } else if ((error = read_step(split, operation, call)) != NULL) {
            error->detail =
                apr_psprintf(call->pool, "Operation %d: %s", operation->number, error->detail);
            return error;
        }
    }
    patch->operations = (const scim_patch_operation_t *)others->elts;
    patch->count = others->nelts;
    *members = split->steps->nelts ? split : NULL;
    return NULL;
}
