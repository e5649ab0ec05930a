#include "core/resource_type.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/schema_build.h"
#include "core/text.h"

static const char *const type_members[] = {
    "id", "name", "endpoint", "description", "schema", "schemaExtensions", NULL};

/* What names, ids and endpoints are made of. */
static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Paths that are not for resources (RFC 7644 3.2). */
static const char *const reserved_endpoints[] = {
    "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Bulk", "/Me", NULL};

/* Obsolete URNs and today's that they stand for. Either is followed by nothing (any schema of
   the type that begins so is meant) or by ":User" and the like. */
static const struct {
    const char *obsolete;
    const char *today;
} obsolete_urns[] = {
    {"urn:scim:schemas:core:1.0", "urn:ietf:params:scim:schemas:core:2.0"},
    {"urn:scim:schemas:core:2.0", "urn:ietf:params:scim:schemas:core:2.0"},
    {"urn:ietf:params:scim:schemas:core:1.0", "urn:ietf:params:scim:schemas:core:2.0"},
    {"urn:ietf:params:scim:schemas:core:2.0", "urn:ietf:params:scim:schemas:core:2.0"},
    {"urn:scim:schemas:extension:enterprise:1.0",
     "urn:ietf:params:scim:schemas:extension:enterprise:2.0"},
    {"urn:scim:schemas:extension:enterprise:2.0",
     "urn:ietf:params:scim:schemas:extension:enterprise:2.0"},
    {"urn:ietf:params:scim:schemas:extension:enterprise:1.0",
     "urn:ietf:params:scim:schemas:extension:enterprise:2.0"},
    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0",
     "urn:ietf:params:scim:schemas:extension:enterprise:2.0"},
};

__attribute__((format(printf, 3, 4))) static scim_error_t *
refuse(const scim_schemas_t *schemas, const scim_resource_type_t *type, const char *format, ...)
{
    const char *what;
    va_list args;

    va_start(args, format);
    what = apr_pvsprintf(schemas->pool, format, args);
    va_end(args);
    return scim_error_bad(schemas->pool, SCIM_INVALID_VALUE, "The resource type%s%s %s",
                          type->name ? " " : "",
                          type->name ? scim_error_quotes(schemas->pool, type->name) : "", what);
}

/* A member that is a non-empty string; *value stays when it is missing and not `required`. */
static scim_error_t *read_string(const char **value, const json_t *definition,
                                 const char *member, int required,
                                 const scim_resource_type_t *type,
                                 const scim_schemas_t *schemas)
{
    const json_t *given = scim_json_member(definition, member, NULL);

    if (given == NULL && !required) {
        return NULL;
    }
    if (!json_is_string(given) || scim_text_blank(json_string_value(given))) {
        return refuse(schemas, type, "has %s for '%s'; a string is due.",
                      json_is_string(given) ? "an empty string" : scim_json_kind(given),
                      member);
    }
    *value = apr_pstrdup(schemas->pool, json_string_value(given));
    return NULL;
}

/* A name stands in meta.resourceType as it is, an id in URLs. */
static scim_error_t *read_word(const char **word, const json_t *definition, const char *member,
                               int required, const scim_resource_type_t *type,
                               const scim_schemas_t *schemas)
{
    const char *read = *word;

    SCIM_TRY(read_string(&read, definition, member, required, type, schemas));
    if (read[strspn(read, letters)] != '\0') {
        return refuse(schemas, type, "has %s for '%s'; letters, digits, '-' and '_' are due.",
                      scim_error_quotes(schemas->pool, read), member);
    }
    *word = read;
    return NULL;
}

static scim_error_t *check_endpoint(const scim_resource_type_t *type,
                                    const scim_schemas_t *schemas)
{
    const char *endpoint = type->endpoint;
    const char *const *reserved = reserved_endpoints;

    if (endpoint[0] != '/' || endpoint[1] == '\0'
        || endpoint[1 + strspn(endpoint + 1, letters)] != '\0') {
        return refuse(
            schemas, type,
            "has the 'endpoint' %s; a slash and then letters, digits, '-' and '_' are "
            "due.",
            scim_error_quotes(schemas->pool, endpoint));
    }
    while (*reserved && !scim_text_same_name(*reserved, endpoint)) {
        reserved++;
    }
    if (*reserved || scim_schemas_endpoint(schemas, endpoint)) {
        return refuse(schemas, type, "has the 'endpoint' %s, which is in use already.",
                      scim_error_quotes(schemas->pool, endpoint));
    }
    return NULL;
}

/* Its address below /ResourceTypes. */
static scim_error_t *check_id(const scim_resource_type_t *type, const scim_schemas_t *schemas)
{
    int i;

    for (i = 0; i < schemas->resource_types->nelts; i++) {
        const scim_resource_type_t *other =
            APR_ARRAY_IDX(schemas->resource_types, i, const scim_resource_type_t *);

        if (scim_text_same_name(other->id, type->id)) {
            return refuse(schemas, type, "has the 'id' %s, which is that of %s already.",
                          scim_error_quotes(schemas->pool, type->id),
                          scim_error_quotes(schemas->pool, other->name));
        }
    }
    return NULL;
}

static scim_error_t *find_schema(const scim_schema_t **schema, const char *urn,
                                 const char *member, const scim_resource_type_t *type,
                                 const scim_schemas_t *schemas)
{
    *schema = scim_schemas_find(schemas, urn);
    return *schema ? NULL
                   : refuse(schemas, type, "names the schema %s in '%s', which is not known.",
                            scim_error_quotes(schemas->pool, urn), member);
}

/* A schema has its attributes at the top of a resource or below its URN; both would mean that
   one name stands for two attributes. */
static scim_error_t *check_role(const scim_schema_t *schema, int extension,
                                const scim_resource_type_t *type, const scim_schemas_t *schemas)
{
    int i;

    if (!extension && schema->extension) {
        return refuse(schemas, type, "has the 'schema' %s, which is an extension elsewhere.",
                      scim_error_quotes(schemas->pool, schema->id));
    }
    for (i = 0; extension && i < schemas->resource_types->nelts; i++) {
        const scim_resource_type_t *other =
            APR_ARRAY_IDX(schemas->resource_types, i, const scim_resource_type_t *);

        if (other->schema == schema && other != type) {
            return refuse(schemas, type,
                          "names the schema %s in 'schemaExtensions', which is the base schema "
                          "of %s and so cannot be an extension.",
                          scim_error_quotes(schemas->pool, schema->id),
                          scim_error_quotes(schemas->pool, other->name));
        }
    }
    return NULL;
}

static scim_extension_t *find_extension(const scim_resource_type_t *type,
                                        const scim_schema_t *schema)
{
    int i;

    for (i = 0; i < type->extension_count; i++) {
        if (type->extensions[i].schema == schema) {
            return (scim_extension_t *)&type->extensions[i];
        }
    }
    return NULL;
}

static scim_error_t *read_extension(scim_extension_t *extension, const json_t *given,
                                    const scim_resource_type_t *type,
                                    const scim_schemas_t *schemas)
{
    const json_t *required = scim_json_member(given, "required", NULL);
    const char *urn = NULL;

    if (!json_is_object(given)) {
        return refuse(schemas, type, "has %s in 'schemaExtensions'; objects are due.",
                      scim_json_kind(given));
    }
    SCIM_TRY(read_string(&urn, given, "schema", 1, type, schemas));
    SCIM_TRY(find_schema(&extension->schema, urn, "schemaExtensions", type, schemas));
    if (required && !json_is_boolean(required)) {
        return refuse(schemas, type,
                      "has %s for 'required' in 'schemaExtensions'; true or false is due.",
                      scim_json_kind(required));
    }
    extension->required = json_is_true(required);
    if (find_extension(type, extension->schema) || extension->schema == type->schema) {
        return refuse(schemas, type, "names the schema %s twice.",
                      scim_error_quotes(schemas->pool, urn));
    }
    return check_role(extension->schema, 1, type, schemas);
}

static scim_error_t *read_extensions(scim_resource_type_t *type, const json_t *definition,
                                     const scim_schemas_t *schemas)
{
    const json_t *list = scim_json_member(definition, "schemaExtensions", NULL);
    apr_size_t count = json_array_size(list), i;
    scim_extension_t *extensions = apr_pcalloc(schemas->pool, count * sizeof(*extensions));

    if (list && !json_is_array(list)) {
        return refuse(schemas, type, "has %s for 'schemaExtensions'; an array is due.",
                      scim_json_kind(list));
    }
    type->extensions = extensions;
    for (i = 0; i < count; i++) {
        SCIM_TRY(read_extension(&extensions[i], json_array_get(list, i), type, schemas));
        type->extension_count++;
    }
    return NULL;
}

/* Whether all values of these attributes are in the default view. A password is kept apart from
   the document of a user. */
static int all_shown(const scim_attributes_t *attributes)
{
    int i;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        int hidden = attribute->returned == SCIM_RETURNED_NEVER
                     || attribute->returned == SCIM_RETURNED_REQUEST;
        int apart = attribute->schema && strcmp(attribute->schema->id, SCIM_URN_USER) == 0
                    && strcmp(attribute->name, "password") == 0;

        if ((hidden && !apart) || !all_shown(&attribute->attributes)) {
            return 0;
        }
    }
    return 1;
}

static int is_plain(const scim_resource_type_t *type)
{
    int i;

    for (i = 0; i < type->extension_count; i++) {
        if (!all_shown(&type->extensions[i].schema->attributes)) {
            return 0;
        }
    }
    return all_shown(&type->schema->attributes);
}

/* RFC 7643 3.1: a base schema may list common attributes; the common definitions hold. */
static void drop_common(scim_schema_t *schema, const scim_schemas_t *schemas)
{
    const scim_attributes_t all = schema->attributes;
    const scim_attribute_t **kept =
        apr_palloc(schemas->pool, (apr_size_t)all.count * sizeof(*kept));
    int count = 0, i;

    for (i = 0; i < all.count; i++) {
        const char *name = all.list[i]->name;

        if (scim_attributes_find(&schemas->common, name, strlen(name)) == NULL) {
            kept[count++] = all.list[i];
        }
    }
    if (count < all.count) {
        scim_attributes_set(&schema->attributes, kept, count, schemas->pool);
    }
}

/* What becomes of schemas that are in use; they are still only ours, and not const. */
static void take_schemas(const scim_resource_type_t *type, const scim_schemas_t *schemas)
{
    int i;

    drop_common((scim_schema_t *)type->schema, schemas);
    for (i = 0; i < type->extension_count; i++) {
        ((scim_schema_t *)type->extensions[i].schema)->extension = 1;
    }
}

static scim_kind_t kind_of(const scim_schema_t *schema)
{
    if (strcmp(schema->id, SCIM_URN_USER) == 0) {
        return SCIM_KIND_USER;
    }
    return strcmp(schema->id, SCIM_URN_GROUP) == 0 ? SCIM_KIND_GROUP : SCIM_KIND_OTHER;
}

/* Groups are chosen by their displayName in many places, so that must not be ambiguous. */
static const scim_attribute_t *naming_of(const scim_resource_type_t *type)
{
    const scim_attributes_t *attributes = &type->schema->attributes;
    int i;

    if (type->kind == SCIM_KIND_GROUP) {
        return scim_attributes_find(attributes, "displayName", 11);
    }
    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];

        if (attribute->uniqueness != SCIM_UNIQUE_NONE && attribute->type == SCIM_TYPE_STRING
            && !attribute->multi_valued) {
            return attribute;
        }
    }
    return NULL;
}

/* ---- types that are there ---- */

/* A member that may be left out, but not differ. */
static scim_error_t *check_same(const char *here, const json_t *definition, const char *member,
                                const scim_resource_type_t *type, const scim_schemas_t *schemas)
{
    const char *given = here;

    SCIM_TRY(read_string(&given, definition, member, 0, type, schemas));
    if (!scim_text_same_name(given, here)) {
        return refuse(schemas, type, "is there already, and its '%s' is %s, not %s.", member,
                      scim_error_quotes(schemas->pool, here),
                      scim_error_quotes(schemas->pool, given));
    }
    return NULL;
}

/* The extensions of `type` and those of `more`; of both, that of `more`. */
static void join_extensions(scim_resource_type_t *type, const scim_resource_type_t *more,
                            apr_pool_t *pool)
{
    int count = type->extension_count, i;
    scim_extension_t *all =
        apr_palloc(pool, (apr_size_t)(count + more->extension_count) * sizeof(*all));

    memcpy(all, type->extensions, (apr_size_t)count * sizeof(*all));
    type->extensions = all;
    for (i = 0; i < more->extension_count; i++) {
        scim_extension_t *same = find_extension(type, more->extensions[i].schema);

        if (same) {
            *same = more->extensions[i];
        } else {
            all[count++] = more->extensions[i];
        }
    }
    type->extension_count = count;
}

static const char *text_of(const scim_resource_type_t *type, apr_pool_t *pool)
{
    json_t *definition = json_object(), *list = json_array();
    const char *text;
    int i;

    json_object_set_new(definition, "id", json_string(type->id));
    json_object_set_new(definition, "name", json_string(type->name));
    json_object_set_new(definition, "endpoint", json_string(type->endpoint));
    if (type->description) {
        json_object_set_new(definition, "description", json_string(type->description));
    }
    json_object_set_new(definition, "schema", json_string(type->schema->id));
    json_object_set_new(definition, "schemaExtensions", list);
    for (i = 0; i < type->extension_count; i++) {
        const scim_extension_t *extension = &type->extensions[i];
        json_t *one = json_object();

        json_object_set_new(one, "schema", json_string(extension->schema->id));
        json_object_set_new(one, "required", json_boolean(extension->required));
        json_array_append_new(list, one);
    }
    text = scim_definition_text(definition, SCIM_URN_RESOURCE_TYPE, type_members, pool);
    json_decref(definition);
    return text;
}

static scim_error_t *extend(scim_resource_type_t *type, const json_t *definition,
                            const scim_schemas_t *schemas)
{
    scim_resource_type_t more = *type;

    SCIM_TRY(check_same(type->endpoint, definition, "endpoint", type, schemas));
    SCIM_TRY(check_same(type->schema->id, definition, "schema", type, schemas));
    more.extension_count = 0;
    SCIM_TRY(read_extensions(&more, definition, schemas));
    if (more.extension_count == 0) {
        return refuse(schemas, type, "is there already, and no 'schemaExtensions' add to it.");
    }
    join_extensions(type, &more, schemas->pool);
    take_schemas(type, schemas);
    type->plain = is_plain(type);
    type->text = text_of(type, schemas->pool);
    return NULL;
}

/* ---- new types ---- */

scim_error_t *scim_resource_type_add(scim_schemas_t *schemas, const json_t *definition)
{
    scim_resource_type_t *type = apr_pcalloc(schemas->pool, sizeof(*type));
    const scim_resource_type_t *same;
    const char *urn = NULL;

    SCIM_TRY(read_word(&type->name, definition, "name", 1, type, schemas));
    same = scim_schemas_type(schemas, type->name);
    if (same) {
        return extend((scim_resource_type_t *)same, definition, schemas);
    }
    type->id = type->name;
    SCIM_TRY(read_word(&type->id, definition, "id", 0, type, schemas));
    SCIM_TRY(check_id(type, schemas));
    SCIM_TRY(read_string(&type->description, definition, "description", 0, type, schemas));
    SCIM_TRY(read_string(&type->endpoint, definition, "endpoint", 1, type, schemas));
    SCIM_TRY(check_endpoint(type, schemas));
    SCIM_TRY(read_string(&urn, definition, "schema", 1, type, schemas));
    SCIM_TRY(find_schema(&type->schema, urn, "schema", type, schemas));
    SCIM_TRY(check_role(type->schema, 0, type, schemas));
    SCIM_TRY(read_extensions(type, definition, schemas));
    take_schemas(type, schemas);
    type->common = &schemas->common;
    type->plain = is_plain(type);
    type->kind = kind_of(type->schema);
    type->naming = naming_of(type);
    type->text =
        scim_definition_text(definition, SCIM_URN_RESOURCE_TYPE, type_members, schemas->pool);
    APR_ARRAY_PUSH(schemas->resource_types, const scim_resource_type_t *) = type;
    return NULL;
}

const scim_resource_type_t *scim_schemas_type(const scim_schemas_t *schemas, const char *name)
{
    int i;

    for (i = 0; i < schemas->resource_types->nelts; i++) {
        const scim_resource_type_t *type =
            APR_ARRAY_IDX(schemas->resource_types, i, const scim_resource_type_t *);

        if (scim_text_same_name(type->name, name)) {
            return type;
        }
    }
    return NULL;
}

const scim_resource_type_t *scim_schemas_endpoint(const scim_schemas_t *schemas,
                                                  const char *endpoint)
{
    int i;

    for (i = 0; i < schemas->resource_types->nelts; i++) {
        const scim_resource_type_t *type =
            APR_ARRAY_IDX(schemas->resource_types, i, const scim_resource_type_t *);

        if (strcmp(type->endpoint, endpoint) == 0) {
            return type;
        }
    }
    return NULL;
}

/* The schema of the type for which `is` says yes. */
static const scim_schema_t *pick(const scim_resource_type_t *type,
                                 int (*is)(const scim_schema_t *schema, const char *urn,
                                           apr_size_t length),
                                 const char *urn, apr_size_t length)
{
    int i;

    if (is(type->schema, urn, length)) {
        return type->schema;
    }
    for (i = 0; i < type->extension_count; i++) {
        if (is(type->extensions[i].schema, urn, length)) {
            return type->extensions[i].schema;
        }
    }
    return NULL;
}

static int is_urn(const scim_schema_t *schema, const char *urn, apr_size_t length)
{
    return scim_text_is_name(urn, length, schema->id);
}

static int is_obsolete_urn(const scim_schema_t *schema, const char *urn, apr_size_t length)
{
    apr_size_t i;

    for (i = 0; i < sizeof(obsolete_urns) / sizeof(obsolete_urns[0]); i++) {
        const char *today = obsolete_urns[i].today;
        apr_size_t old_size = strlen(obsolete_urns[i].obsolete), today_size = strlen(today);

        if (length < old_size || !scim_text_is_name(urn, old_size, obsolete_urns[i].obsolete)
            || !scim_text_is_name(schema->id, today_size, today)
            || schema->id[today_size] != ':') {
            continue;
        }
        if (length == old_size
            || scim_text_is_name(urn + old_size, length - old_size, schema->id + today_size)) {
            return 1;
        }
    }
    return 0;
}

const scim_schema_t *scim_resource_type_schema(const scim_resource_type_t *type,
                                               const char *urn, apr_size_t length,
                                               scim_leniency_t leniency)
{
    const scim_schema_t *schema = pick(type, is_urn, urn, length);

    if (schema == NULL && (leniency & SCIM_LENIENT_URN)) {
        schema = pick(type, is_obsolete_urn, urn, length);
    }
    return schema;
}

const scim_attribute_t *scim_resource_type_attribute(const scim_resource_type_t *type,
                                                     const char *name, apr_size_t length)
{
    const scim_attribute_t *common = scim_attributes_find(type->common, name, length);

    return common ? common : scim_attributes_find(&type->schema->attributes, name, length);
}
