/*
 * Any bytes are a schema, a resource type, or are refused; what is accepted can be served, and
 * resources of it can be read, shown and named in paths.
 */
#include "core/schema_build.h"

#include "core/path.h"
#include "core/projection.h"
#include "core/resource.h"
#include "samples.h"

/* In the order of scim_type_t, without complex. */
static const char *const values[] = {
    "\"a\"", "true", "1.5", "1", "\"2011-08-01T21:32:44Z\"", "\"YQ==\"", "\"https://e/\"",
};

static json_t *json_of(const char *text, apr_pool_t *pool)
{
    json_t *value = NULL;

    FUZZ_CHECK(scim_json_parse(&value, text, strlen(text), pool) == NULL);
    return value;
}

/* An object with a value for each attribute. */
static const char *object_of(const scim_attributes_t *attributes, apr_pool_t *pool)
{
    const char *text = "";
    int i;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        const char *value = attribute->type == SCIM_TYPE_COMPLEX
                                ? object_of(&attribute->attributes, pool)
                                : values[attribute->type];

        text = apr_psprintf(pool, "%s%s\"%s\":%s%s%s", text, i ? "," : "", attribute->name,
                            attribute->multi_valued ? "[" : "", value,
                            attribute->multi_valued ? "]" : "");
    }
    return apr_pstrcat(pool, "{", text, "}", NULL);
}

/* Every attribute is found by its full name, and shown when that is asked for. */
static void check_names(const scim_attributes_t *attributes, const char *urn,
                        const scim_reading_t *reading, apr_pool_t *pool)
{
    scim_projection_t *projection;
    scim_path_t *path;
    int i;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        const char *name = apr_pstrcat(pool, urn, ":", attribute->name, NULL);

        FUZZ_CHECK(scim_path_parse(&path, name, strlen(name), reading, pool) == NULL);
        FUZZ_CHECK(path->attribute == attribute && path->sub == NULL);
        FUZZ_CHECK(scim_projection_parse(&projection, name, NULL, reading, pool) == NULL);
        FUZZ_CHECK(scim_projection_wants(projection, attribute)
                   == (attribute->returned != SCIM_RETURNED_NEVER));
    }
}

/* A resource with everything that the type has. */
static void check_resource(const scim_resource_type_t *type, const char *text, apr_pool_t *pool)
{
    scim_reading_t reading = {.type = type, .reject_unknown = 1};
    json_t *resource, *again;
    scim_error_t *error;

    FUZZ_CHECK(scim_resource_read(&resource, json_of(text, pool), 0, &reading, pool) == NULL);
    FUZZ_CHECK(sample_same(scim_resource_canonical(resource, type, pool), resource, pool));
    FUZZ_CHECK(scim_resource_read(&again, resource, 0, &reading, pool) == NULL);
    FUZZ_CHECK(sample_same(again, resource, pool));
    FUZZ_CHECK(scim_projection_apply(NULL, resource, type, pool));
    /* What is required may have nothing but read-only values, which no client can set. */
    error = scim_resource_check(resource, type, pool);
    FUZZ_CHECK(error == NULL || strstr(error->detail, "is required"));
}

static const scim_resource_type_t *add_type(scim_schemas_t *schemas, const char *name,
                                            const char *base, const char *extension,
                                            apr_pool_t *pool)
{
    const char *text =
        apr_psprintf(pool,
                     "{\"name\":\"%s\",\"endpoint\":\"/%s\",\"schema\":\"%s\","
                     "\"schemaExtensions\":[{\"schema\":\"%s\",\"required\":true}]}",
                     name, name, base, extension);

    FUZZ_CHECK(scim_schemas_add_type(schemas, text, strlen(text)) == NULL);
    return scim_schemas_type(schemas, name);
}

/* A resource type with the schema and SITE_URN, or the other way round. */
static void check_use(scim_schemas_t *schemas, const scim_schema_t *base,
                      const scim_schema_t *extension, apr_pool_t *pool)
{
    const scim_resource_type_t *type = add_type(schemas, "Used", base->id, extension->id, pool);
    scim_reading_t reading = {.type = type};
    const char *text = object_of(&base->attributes, pool);

    check_names(&base->attributes, base->id, &reading, pool);
    check_names(&extension->attributes, extension->id, &reading, pool);
    text = apr_psprintf(pool, "{\"schemas\":[\"%s\",\"%s\"],\"%s\":%s%s%s", base->id,
                        extension->id, extension->id, object_of(&extension->attributes, pool),
                        strlen(text) > 2 ? "," : "", text + 1);
    check_resource(type, text, pool);
}

/* The schema as it is served makes the same schema. */
static void check_served(const scim_schema_t *schema, apr_pool_t *pool)
{
    scim_schema_t *again;

    FUZZ_CHECK(scim_schema_build(&again, json_of(schema->text, pool), pool) == NULL);
    FUZZ_CHECK(strcmp(again->text, schema->text) == 0);
    FUZZ_CHECK(strcmp(again->id, schema->id) == 0 && strcmp(again->name, schema->name) == 0);
}

static void check_type(const scim_resource_type_t *type, apr_pool_t *pool)
{
    const json_t *served = json_of(type->text, pool);

    FUZZ_CHECK(strcmp(json_string_value(json_object_get(served, "name")), type->name) == 0);
    FUZZ_CHECK(strcmp(scim_json_quote(type->name, pool),
                      apr_pstrcat(pool, "\"", type->name, "\"", NULL))
               == 0);
}

static void use_schema(const char *text, size_t size, int as_extension, apr_pool_t *pool)
{
    scim_schemas_t *schemas = test_schemas(pool);
    const scim_schema_t *schema;
    scim_error_t *error = scim_schemas_add(schemas, text, size);

    if (error) { /* one of that URN is there */
        fuzz_check_error(error, SCIM_INVALID_VALUE);
        return;
    }
    fuzz_check_error(scim_schemas_add(schemas, text, size), SCIM_INVALID_VALUE);
    schema = APR_ARRAY_IDX(schemas->schemas, schemas->schemas->nelts - 1, scim_schema_t *);
    if (as_extension) {
        check_use(schemas, scim_schemas_find(schemas, DEVICE_URN), schema, pool);
    } else {
        check_use(schemas, schema, scim_schemas_find(schemas, SITE_URN), pool);
    }
}

static void try_schema(const json_t *definition, const char *text, size_t size,
                       apr_pool_t *pool)
{
    scim_schema_t *schema;
    scim_error_t *error = scim_schema_build(&schema, definition, pool);

    if (error) {
        fuzz_check_error(error, SCIM_INVALID_VALUE);
        return;
    }
    check_served(schema, pool);
    use_schema(text, size, 0, pool);
    use_schema(text, size, 1, pool);
}

static void try_type(const char *text, size_t size, apr_pool_t *pool)
{
    scim_schemas_t *schemas = test_schemas(pool);
    int count = schemas->resource_types->nelts;
    scim_error_t *error = scim_schemas_add_type(schemas, text, size);

    if (error) {
        fuzz_check_error(error, SCIM_INVALID_VALUE);
        FUZZ_CHECK(schemas->resource_types->nelts == count);
        return;
    }
    if (schemas->resource_types->nelts == count) {
        return; /* it extends a type that was there */
    }
    check_type(APR_ARRAY_IDX(schemas->resource_types, count, scim_resource_type_t *), pool);
    error = scim_schemas_add_type(schemas, text, size);
    if (error) {
        fuzz_check_error(error, SCIM_INVALID_VALUE);
    }
    FUZZ_CHECK(schemas->resource_types->nelts == count + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text = (const char *)data;
    json_t *definition;

    if (scim_json_parse(&definition, text, size, pool)) {
        return 0;
    }
    try_schema(definition, text, size, pool);
    if (scim_json_member(definition, "endpoint", NULL)) {
        try_type(text, size, pool);
    }
    return 0;
}
