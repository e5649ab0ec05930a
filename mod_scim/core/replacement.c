#include "core/resource.h"

#include <string.h>

#include "core/canonical.h"
#include "core/error.h"
#include "core/text.h"

/* What PUT leaves alone when it is not sent: clients that manage them do so elsewhere, and a
   replacement from a template without them would lose them. */
static const char *const kept_attributes[] = {"active", "password", "externalId", NULL};

/* The same by the attribute's rules: "the input value(s) MUST match" (RFC 7644 3.5.1). */
static int matches(const json_t *a, const json_t *b, const scim_attribute_t *attribute,
                   apr_pool_t *pool)
{
    if (!json_is_string(a) || !json_is_string(b) || attribute->case_exact) {
        return json_equal(a, b);
    }
    return strcmp(scim_text_fold(pool, json_string_value(a), json_string_length(a)),
                  scim_text_fold(pool, json_string_value(b), json_string_length(b)))
           == 0;
}

/* Resources are never changed in place, so they may have values in common. */
static json_t *share(const json_t *value)
{
    return json_incref((json_t *)value);
}

static int is_kept(const scim_attribute_t *attribute)
{
    const char *const *name = kept_attributes;

    if (attribute->parent || (attribute->schema && attribute->schema->extension)) {
        return 0;
    }
    while (*name && strcmp(*name, attribute->name) != 0) {
        name++;
    }
    return *name != NULL;
}

static scim_error_t *replace_members(json_t *into, const json_t *stored, const json_t *sent,
                                     const scim_attributes_t *attributes, apr_pool_t *pool);

/* *value is a new reference to what the attribute becomes, or NULL. A null that was sent
 * clears. */
static scim_error_t *replace_value(json_t **value, const json_t *stored, const json_t *sent,
                                   const scim_attribute_t *attribute, apr_pool_t *pool)
{
    scim_error_t *error = NULL;

    *value = NULL;
    if (attribute->mutability == SCIM_IMMUTABLE && stored) {
        if (sent && !matches(stored, sent, attribute, pool)) {
            return scim_error_bad(pool, SCIM_MUTABILITY,
                                  "The attribute %s is immutable and has another value "
                                  "already.",
                                  scim_attribute_path(attribute, pool));
        }
        *value = share(stored);
    } else if (sent == NULL) {
        *value = is_kept(attribute) ? share(stored) : NULL;
    } else if (attribute->attributes.immutable && json_is_object(stored)
               && json_is_object(sent)) {
        *value = json_object();
        error = replace_members(*value, stored, sent, &attribute->attributes, pool);
    } else if (!json_is_null(sent)) {
        *value = share(sent);
    }
    if (error) {
        json_decref(*value);
        *value = NULL;
    }
    return error;
}

static scim_error_t *replace_members(json_t *into, const json_t *stored, const json_t *sent,
                                     const scim_attributes_t *attributes, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        json_t *value;

        if (!scim_canonical_has(attribute)) {
            continue;
        }
        SCIM_TRY(replace_value(&value, json_object_get(stored, attribute->name),
                               json_object_get(sent, attribute->name), attribute, pool));
        if (value) {
            json_object_set_new_nocheck(into, attribute->name, value);
        }
    }
    return NULL;
}

scim_error_t *scim_resource_replace(json_t **result, const json_t *stored, const json_t *sent,
                                    const scim_reading_t *reading, apr_pool_t *pool)
{
    const scim_resource_type_t *type = reading->type;
    json_t *replaced = scim_canonical_create(type, pool);
    int i;

    SCIM_TRY(replace_members(replaced, stored, sent, type->common, pool));
    SCIM_TRY(replace_members(replaced, stored, sent, &type->schema->attributes, pool));
    for (i = 0; i < type->extension_count; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;
        json_t *object = scim_json_own(pool, json_object());

        SCIM_TRY(replace_members(object, json_object_get(stored, schema->id),
                                 json_object_get(sent, schema->id), &schema->attributes, pool));
        scim_canonical_extend(replaced, schema, json_incref(object));
    }
    *result = replaced;
    return NULL;
}
