#include "core/canonical.h"

#include <string.h>

#include "core/multivalue.h"
#include "core/resource.h"

json_t *scim_canonical_create(const scim_resource_type_t *type, apr_pool_t *pool)
{
    json_t *resource = scim_json_own(pool, json_object());

    json_object_set_new_nocheck(resource, "schemas", json_pack("[s]", type->schema->id));
    return resource;
}

void scim_canonical_extend(json_t *resource, const scim_schema_t *schema, json_t *object)
{
    if (json_object_size(object) == 0) {
        json_decref(object);
        return;
    }
    json_object_set_new_nocheck(resource, schema->id, object);
    json_array_append_new(json_object_get(resource, "schemas"), json_string(schema->id));
}

int scim_canonical_has(const scim_attribute_t *attribute)
{
    return attribute->mutability != SCIM_READ_ONLY
           && !(attribute->schema == NULL && attribute->parent == NULL
                && strcmp(attribute->name, "schemas") == 0);
}

static json_t *arrange(const json_t *value, const scim_attribute_t *attribute, int element,
                       apr_pool_t *pool);

static void arrange_members(json_t *into, const json_t *object,
                            const scim_attributes_t *attributes, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        json_t *value =
            scim_canonical_has(attribute)
                ? arrange(json_object_get(object, attribute->name), attribute, 0, pool)
                : NULL;

        if (value) {
            json_object_set_new_nocheck(into, attribute->name, value);
        }
    }
}

static void arrange_elements(json_t *into, const json_t *values,
                             const scim_attribute_t *attribute, apr_pool_t *pool)
{
    json_t *element;
    size_t i;

    json_array_foreach((json_t *)values, i, element)
    {
        json_t *value = arrange(element, attribute, 1, pool);

        if (value) {
            json_array_append_new(into, value);
        }
    }
    scim_multivalue_unique(into, attribute, pool);
}

/* A new reference to the canonical form of a value, or NULL when it is unassigned. */
static json_t *arrange(const json_t *value, const scim_attribute_t *attribute, int element,
                       apr_pool_t *pool)
{
    json_t *arranged;

    if (scim_json_unassigned(value)) {
        return NULL;
    }
    if (attribute->multi_valued && !element && json_is_array(value)) {
        arranged = json_array();
        arrange_elements(arranged, value, attribute, pool);
    } else if (attribute->type == SCIM_TYPE_COMPLEX && json_is_object(value)) {
        arranged = json_object();
        arrange_members(arranged, value, &attribute->attributes, pool);
    } else {
        /* scalars are never changed: the same one may stand in two containers */
        return json_incref((json_t *)value);
    }
    if (scim_json_unassigned(arranged)) {
        json_decref(arranged);
        arranged = NULL;
    }
    return arranged;
}

json_t *scim_resource_canonical(const json_t *resource, const scim_resource_type_t *type,
                                apr_pool_t *pool)
{
    json_t *canonical = scim_canonical_create(type, pool);
    int i;

    arrange_members(canonical, resource, type->common, pool);
    arrange_members(canonical, resource, &type->schema->attributes, pool);
    for (i = 0; i < type->extension_count; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;
        json_t *object = json_object();

        arrange_members(object, json_object_get(resource, schema->id), &schema->attributes,
                        pool);
        scim_canonical_extend(canonical, schema, object);
    }
    return canonical;
}
