#include "core/resource.h"

#include <string.h>

#include "core/canonical.h"
#include "core/coerce.h"
#include "core/error.h"
#include "core/text.h"

/* What was sent, by attribute and extension. */
typedef struct sent_t {
    scim_slot_t *common;
    scim_slot_t *core;
    scim_slot_t *extensions;
    const json_t *schemas;
} sent_t;

static scim_error_t *put_extension(sent_t *sent, const scim_schema_t *schema, const char *key,
                                   const json_t *value, const scim_reading_t *reading,
                                   apr_pool_t *pool)
{
    const scim_resource_type_t *type = reading->type;
    int i = 0;

    while (i < type->extension_count && type->extensions[i].schema != schema) {
        i++;
    }
    if (i == type->extension_count) {
        return scim_coerce_unknown(key, NULL, NULL, reading, pool);
    }
    if (sent->extensions[i].value) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The extension %s was sent twice, as %s and as %s.", schema->id,
                              scim_error_quotes(pool, sent->extensions[i].key),
                              scim_error_quotes(pool, key));
    }
    sent->extensions[i].value = value;
    sent->extensions[i].key = key;
    return NULL;
}

static scim_error_t *put_member(sent_t *sent, const char *key, const json_t *value,
                                const scim_reading_t *reading, apr_pool_t *pool)
{
    const scim_resource_type_t *type = reading->type;
    const scim_attributes_t *core = &type->schema->attributes;
    apr_size_t length = strlen(key);
    const scim_attribute_t *attribute;
    const scim_schema_t *schema;

    attribute = scim_attributes_find(type->common, key, length);
    if (attribute) {
        if (strcmp(attribute->name, "schemas") == 0) {
            sent->schemas = value;
        }
        return scim_slots_put(sent->common, type->common, attribute, key, value, pool);
    }
    attribute = scim_attributes_find(core, key, length);
    if (attribute) {
        return scim_slots_put(sent->core, core, attribute, key, value, pool);
    }
    schema = scim_resource_type_schema(type, key, length, reading->leniency);
    return schema ? put_extension(sent, schema, key, value, reading, pool)
                  : scim_coerce_unknown(key, NULL, NULL, reading, pool);
}

static scim_error_t *sort_members(sent_t *sent, const json_t *object,
                                  const scim_reading_t *reading, apr_pool_t *pool)
{
    const scim_resource_type_t *type = reading->type;
    const char *key;
    json_t *value;

    sent->common = scim_slots_create(type->common, pool);
    sent->core = scim_slots_create(&type->schema->attributes, pool);
    sent->extensions =
        apr_pcalloc(pool, (apr_size_t)type->extension_count * sizeof(*sent->extensions));
    sent->schemas = NULL;
    json_object_foreach((json_t *)object, key, value)
    {
        SCIM_TRY(put_member(sent, key, value, reading, pool));
    }
    return NULL;
}

/* One element of `schemas`; *base is set when it is the base schema's. */
static scim_error_t *check_schema(int *base, const json_t *schemas, size_t place,
                                  const scim_reading_t *reading, apr_pool_t *pool)
{
    const json_t *sent = json_array_get(schemas, place);
    const char *urn = json_string_value(sent);
    const scim_schema_t *schema;
    size_t i;

    if (urn == NULL) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The member 'schemas' has %s in it; URNs are due.",
                              scim_json_kind(sent));
    }
    schema = scim_resource_type_schema(reading->type, urn, strlen(urn), reading->leniency);
    if (schema == NULL) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The member 'schemas' names %s, which is no schema of the "
                              "resource type %s.",
                              scim_error_quotes(pool, urn), reading->type->name);
    }
    for (i = 0; i < place; i++) {
        if (scim_text_same_name(json_string_value(json_array_get(schemas, i)), urn)) {
            return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                                  "The member 'schemas' names %s twice.",
                                  scim_error_quotes(pool, urn));
        }
    }
    *base |= schema == reading->type->schema;
    return NULL;
}

/* RFC 7643 3: a non-empty array of URNs, each once, all of this resource type, the base
   schema's among them. */
static scim_error_t *check_schemas(const json_t *schemas, const scim_reading_t *reading,
                                   apr_pool_t *pool)
{
    size_t i;
    int base = 0;

    if (!json_is_array(schemas) || json_array_size(schemas) == 0) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The member 'schemas' is %s; an array with the URN %s is due.",
                              schemas == NULL          ? "missing"
                              : json_is_array(schemas) ? "empty"
                                                       : scim_json_kind(schemas),
                              reading->type->schema->id);
    }
    for (i = 0; i < json_array_size(schemas); i++) {
        SCIM_TRY(check_schema(&base, schemas, i, reading, pool));
    }
    return base ? NULL
                : scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                                 "The member 'schemas' does not name %s.",
                                 reading->type->schema->id);
}

static scim_error_t *judge_schemas(const json_t *schemas, const scim_reading_t *reading,
                                   apr_pool_t *pool)
{
    scim_error_t *error = check_schemas(schemas, reading, pool);

    if (error && (reading->leniency & SCIM_LENIENT_SCHEMAS)) {
        scim_reading_note(reading, "%s It was taken for what the other members are of.",
                          error->detail);
        return NULL;
    }
    return error;
}

scim_error_t *scim_resource_read(json_t **resource, const json_t *sent, int nulls,
                                 const scim_reading_t *reading, apr_pool_t *pool)
{
    const scim_resource_type_t *type = reading->type;
    int keep_nulls = nulls && !(reading->leniency & SCIM_LENIENT_BLANK), i;
    json_t *read;
    sent_t members;

    if (!json_is_object(sent)) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "A resource has to be an object, not %s.", scim_json_kind(sent));
    }
    SCIM_TRY(sort_members(&members, sent, reading, pool));
    SCIM_TRY(judge_schemas(members.schemas, reading, pool));
    read = scim_canonical_create(type, pool);
    SCIM_TRY(scim_slots_take(read, members.common, type->common, keep_nulls, reading, pool));
    SCIM_TRY(scim_slots_take(read, members.core, &type->schema->attributes, keep_nulls, reading,
                             pool));
    for (i = 0; i < type->extension_count; i++) {
        json_t *object;

        SCIM_TRY(scim_coerce_extension(&object, members.extensions[i].value,
                                       type->extensions[i].schema, keep_nulls, reading, pool));
        scim_canonical_extend(read, type->extensions[i].schema, object);
    }
    *resource = read;
    return NULL;
}

scim_error_t *scim_resource_coerce(json_t **value, const json_t *sent,
                                   const scim_attribute_t *attribute, int element,
                                   const scim_reading_t *reading, apr_pool_t *pool)
{
    SCIM_TRY(scim_coerce(value, sent, attribute, element, reading, pool));
    scim_json_own(pool, *value);
    return NULL;
}

static scim_error_t *check_members(const json_t *object, const scim_attributes_t *attributes,
                                   apr_pool_t *pool);

static scim_error_t *check_value(const json_t *value, const scim_attribute_t *attribute,
                                 apr_pool_t *pool)
{
    json_t *element;
    size_t i;

    if (json_is_object(value)) {
        return check_members(value, &attribute->attributes, pool);
    }
    json_array_foreach((json_t *)value, i, element)
    {
        if (json_is_object(element)) {
            SCIM_TRY(check_members(element, &attribute->attributes, pool));
        }
    }
    return NULL;
}

static scim_error_t *check_members(const json_t *object, const scim_attributes_t *attributes,
                                   apr_pool_t *pool)
{
    int i;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        const json_t *value;

        if (!attribute->required && !attribute->attributes.required) {
            continue;
        }
        value = json_object_get(object, attribute->name);
        if (attribute->required && scim_canonical_has(attribute)
            && scim_coerce_nothing(value, SCIM_LENIENT_BLANK)) {
            return scim_error_bad(pool, SCIM_INVALID_VALUE,
                                  "The attribute %s is required and has no value.",
                                  scim_attribute_path(attribute, pool));
        }
        SCIM_TRY(check_value(value, attribute, pool));
    }
    return NULL;
}

scim_error_t *scim_resource_check(const json_t *resource, const scim_resource_type_t *type,
                                  apr_pool_t *pool)
{
    int i;

    SCIM_TRY(check_members(resource, type->common, pool));
    SCIM_TRY(check_members(resource, &type->schema->attributes, pool));
    for (i = 0; i < type->extension_count; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;
        const json_t *object = json_object_get(resource, schema->id);

        if (object) {
            SCIM_TRY(check_members(object, &schema->attributes, pool));
        } else if (type->extensions[i].required) {
            return scim_error_bad(pool, SCIM_INVALID_VALUE,
                                  "The extension %s is required and has no attributes.",
                                  schema->id);
        }
    }
    return NULL;
}
