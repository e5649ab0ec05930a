#include "core/schema.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/resource_type.h"
#include "core/schema_build.h"
#include "core/text.h"
#include "schemas/embedded.h"

/* An error made in a scratch pool, moved to where it may stay; `what` was being read. */
static scim_error_t *keep_error(const scim_error_t *error, const char *what, apr_pool_t *pool)
{
    return scim_error_create(pool, error->status, error->type, "%s cannot be read: %s", what,
                             error->detail);
}

/* Parses a definition and hands it to `add`. The JSON goes when this returns. */
static scim_error_t *
with_json(scim_schemas_t *schemas, const char *what, const char *text, apr_size_t length,
          scim_error_t *(*add)(scim_schemas_t *schemas, const json_t *definition))
{
    apr_pool_t *scratch;
    scim_error_t *error;
    json_t *definition;

    apr_pool_create(&scratch, schemas->pool);
    error = scim_json_parse(&definition, text, length, scratch);
    error = error ? keep_error(error, what, schemas->pool) : add(schemas, definition);
    apr_pool_destroy(scratch);
    return error;
}

static scim_error_t *add_schema(scim_schemas_t *schemas, const json_t *definition)
{
    scim_schema_t *schema;

    SCIM_TRY(scim_schema_build(&schema, definition, schemas->pool));
    if (scim_schemas_find(schemas, schema->id)) {
        return scim_error_bad(schemas->pool, SCIM_INVALID_VALUE,
                              "The schema '%s' is there already.", schema->id);
    }
    APR_ARRAY_PUSH(schemas->schemas, const scim_schema_t *) = schema;
    return NULL;
}

static scim_error_t *add_common(scim_schemas_t *schemas, const json_t *definition)
{
    return scim_attributes_build(&schemas->common, definition, schemas->pool);
}

scim_error_t *scim_schemas_add(scim_schemas_t *schemas, const char *text, apr_size_t length)
{
    return with_json(schemas, "The schema", text, length, add_schema);
}

scim_error_t *scim_schemas_add_type(scim_schemas_t *schemas, const char *text,
                                    apr_size_t length)
{
    return with_json(schemas, "The resource type", text, length, scim_resource_type_add);
}

static scim_error_t *add_embedded(scim_schemas_t *schemas, const scim_embedded_t *file)
{
    if (strcmp(file->name, "common.json") == 0) {
        return with_json(schemas, file->name, file->data, file->length, add_common);
    }
    if (strncmp(file->name, "resource-type-", 14) == 0) {
        return scim_schemas_add_type(schemas, file->data, file->length);
    }
    return scim_schemas_add(schemas, file->data, file->length);
}

scim_error_t *scim_schemas_create(scim_schemas_t **schemas, apr_pool_t *pool)
{
    scim_schemas_t *created = apr_pcalloc(pool, sizeof(*created));
    const scim_embedded_t *file;

    created->pool = pool;
    created->schemas = apr_array_make(pool, 8, sizeof(const scim_schema_t *));
    created->resource_types = apr_array_make(pool, 4, sizeof(const scim_resource_type_t *));
    for (file = scim_embedded; file->name; file++) {
        SCIM_TRY(add_embedded(created, file));
    }
    *schemas = created;
    return NULL;
}

const scim_schema_t *scim_schemas_find(const scim_schemas_t *schemas, const char *urn)
{
    int i;

    for (i = 0; i < schemas->schemas->nelts; i++) {
        const scim_schema_t *schema = APR_ARRAY_IDX(schemas->schemas, i, const scim_schema_t *);

        if (scim_text_same_name(schema->id, urn)) {
            return schema;
        }
    }
    return NULL;
}

const scim_attribute_t *scim_attributes_find(const scim_attributes_t *attributes,
                                             const char *name, apr_size_t length)
{
    char lower[SCIM_MAX_NAME_LENGTH];
    apr_size_t i;

    if (length == 0 || length > sizeof(lower) || attributes->by_name == NULL) {
        return NULL;
    }
    for (i = 0; i < length; i++) {
        lower[i] = scim_name_lower(name[i]);
    }
    return apr_hash_get(attributes->by_name, lower, (apr_ssize_t)length);
}

const char *scim_attribute_path(const scim_attribute_t *attribute, apr_pool_t *pool)
{
    const char *name = attribute->name;

    if (attribute->parent) {
        return apr_pstrcat(pool, scim_attribute_path(attribute->parent, pool), ".", name, NULL);
    }
    if (attribute->schema && attribute->schema->extension) {
        return apr_pstrcat(pool, attribute->schema->id, ":", name, NULL);
    }
    return name;
}
