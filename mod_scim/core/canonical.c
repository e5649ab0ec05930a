#include "core/canonical.h"

#include <string.h>

#include "core/multivalue.h"
#include "core/resource.h"

json_t *scim_canonical_create(const scim_resource_type_t *type, apr_pool_t *pool)
{
    json_t *resource = scim_json_own(pool, json_object()), *schemas = json_array();

    json_array_append_new(schemas, json_string(type->schema->id));
    json_object_set_new_nocheck(resource, "schemas", schemas);
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

/* ---- what is canonical already ---------------------------------------------- */

static int is_arranged(const json_t *value, const scim_attribute_t *attribute, int element);

/* Goes along an object's members for as long as they are those of `attributes`, in their order
   and arranged. Returns where that ends, NULL at the end of the object. */
static void *pass_arranged(void *at, json_t *object, const scim_attributes_t *attributes)
{
    int i = 0;

    for (; at; at = json_object_iter_next(object, at), i++) {
        const char *name = json_object_iter_key(at);

        while (i < attributes->count && strcmp(attributes->list[i]->name, name) != 0) {
            i++;
        }
        if (i == attributes->count || !scim_canonical_has(attributes->list[i])
            || !is_arranged(json_object_iter_value(at), attributes->list[i], 0)) {
            break;
        }
    }
    return at;
}

static int are_arranged(const json_t *object, const scim_attributes_t *attributes)
{
    return pass_arranged(json_object_iter((json_t *)object), (json_t *)object, attributes)
           == NULL;
}

static int elements_arranged(const json_t *values, const scim_attribute_t *attribute)
{
    json_t *element;
    size_t i;

    json_array_foreach((json_t *)values, i, element)
    {
        if (!is_arranged(element, attribute, 1)) {
            return 0;
        }
    }
    return scim_multivalue_differ(values);
}

/* 1 when arrange() would make the same again; 0 may be wrong. */
static int is_arranged(const json_t *value, const scim_attribute_t *attribute, int element)
{
    if (scim_json_unassigned(value)) {
        return 0;
    }
    if (attribute->multi_valued && !element && json_is_array(value)) {
        return elements_arranged(value, attribute);
    }
    return attribute->type != SCIM_TYPE_COMPLEX || !json_is_object(value)
           || are_arranged(value, &attribute->attributes);
}

static int is_urn_at(const json_t *schemas, size_t place, const char *urn)
{
    const char *there = json_string_value(json_array_get(schemas, place));

    return there && strcmp(there, urn) == 0;
}

/* 1 when the resource is canonical; 0 may be wrong. */
static int is_canonical(json_t *resource, const scim_resource_type_t *type)
{
    const json_t *schemas = json_object_get(resource, "schemas");
    void *at = json_object_iter(resource);
    size_t count = 1;
    int i;

    if (at == NULL || json_object_iter_value(at) != schemas
        || !is_urn_at(schemas, 0, type->schema->id)) {
        return 0;
    }
    at = pass_arranged(json_object_iter_next(resource, at), resource, type->common);
    at = pass_arranged(at, resource, &type->schema->attributes);
    for (i = 0; i < type->extension_count && at; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;
        const json_t *object = json_object_iter_value(at);

        if (strcmp(json_object_iter_key(at), schema->id) == 0 && json_object_size(object)
            && are_arranged(object, &schema->attributes)
            && is_urn_at(schemas, count, schema->id)) {
            count++;
            at = json_object_iter_next(resource, at);
        }
    }
    return at == NULL && json_array_size(schemas) == count;
}

/* ---- making it so ------------------------------------------------------------ */

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
    if (is_arranged(value, attribute, element)) {
        return json_incref((json_t *)value);
    }
    if (attribute->multi_valued && !element && json_is_array(value)) {
        arranged = json_array();
        arrange_elements(arranged, value, attribute, pool);
    } else {
        arranged = json_object();
        arrange_members(arranged, value, &attribute->attributes, pool);
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
    json_t *canonical;
    int i;

    if (is_canonical((json_t *)resource, type)) {
        return scim_json_own(pool, json_incref((json_t *)resource));
    }
    canonical = scim_canonical_create(type, pool);
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
