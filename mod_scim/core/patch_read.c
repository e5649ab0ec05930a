#include "core/patch.h"

#include <string.h>

#include <apr_strings.h>

#include "core/coerce.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"

typedef struct reader_t {
    const scim_reading_t *reading;
    apr_pool_t *pool;
    apr_array_header_t *operations; /* of scim_patch_operation_t */
    int number;                     /* of the operation in the message */
    scim_leniency_t leniency;       /* see scim_patch_t */
} reader_t;

/* The members of one operation, as they stand. */
typedef struct members_t {
    const json_t *op;
    const json_t *path;
    const json_t *value;
} members_t;

static const struct {
    const char *name;
    scim_patch_verb_t verb;
} verbs[] = {
    {"add", SCIM_PATCH_ADD},
    {"remove", SCIM_PATCH_REMOVE},
    {"replace", SCIM_PATCH_REPLACE},
};

static int is_lenient(const reader_t *reader, scim_leniency_t leniency)
{
    return (reader->reading->leniency & leniency) != 0;
}

/* 1 for text that stands for no text. */
static int is_blank(const reader_t *reader, const json_t *value)
{
    return is_lenient(reader, SCIM_LENIENT_BLANK) && json_is_string(value)
           && scim_text_blank(json_string_value(value));
}

static scim_error_t *read_members(members_t *members, const json_t *operation,
                                  const reader_t *reader)
{
    const struct {
        const char *name;
        const json_t **member;
    } known[] = {{"op", &members->op}, {"path", &members->path}, {"value", &members->value}};
    const int count = sizeof(known) / sizeof(known[0]);
    const char *key;
    json_t *value;
    int i;

    json_object_foreach((json_t *)operation, key, value)
    {
        for (i = 0; i < count && !scim_text_same_name(key, known[i].name); i++) {
        }
        if (i < count && *known[i].member) {
            return scim_error_bad(reader->pool, SCIM_INVALID_SYNTAX,
                                  "The member %s is given twice.", known[i].name);
        }
        if (i == count && reader->reading->reject_unknown) {
            return scim_error_bad(reader->pool, SCIM_INVALID_SYNTAX,
                                  "An operation has op, path and value, but no member %s.",
                                  scim_error_quotes(reader->pool, key));
        }
        if (i < count) {
            *known[i].member = value;
        }
    }
    return NULL;
}

static scim_error_t *read_verb(scim_patch_verb_t *verb, const json_t *op, reader_t *reader)
{
    const char *name = json_string_value(op);
    unsigned int i;

    if (name == NULL) {
        return scim_error_bad(reader->pool, SCIM_INVALID_SYNTAX,
                              "The op is %s; \"add\", \"remove\" or \"replace\" is due.",
                              scim_json_kind(op));
    }
    for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        int exact = strcmp(name, verbs[i].name) == 0;

        if (exact
            || (is_lenient(reader, SCIM_LENIENT_OPERATION)
                && scim_text_same_name(name, verbs[i].name))) {
            if (scim_dialect_capitalised(name)) {
                reader->leniency |= SCIM_LENIENT_REPLACE_CREATES;
            }
            *verb = verbs[i].verb;
            return NULL;
        }
    }
    return scim_error_bad(reader->pool, SCIM_INVALID_SYNTAX,
                          "The op is %s; \"add\", \"remove\" or \"replace\" is due.",
                          scim_error_quotes(reader->pool, name));
}

/* *text is NULL when there is none. */
static scim_error_t *read_path(const char **text, const json_t *path, const reader_t *reader)
{
    *text = is_blank(reader, path) ? NULL : json_string_value(path);
    if (path && !json_is_string(path) && !json_is_null(path)) {
        return scim_error_bad(reader->pool, SCIM_INVALID_PATH,
                              "The path is %s; a string is due.", scim_json_kind(path));
    }
    return NULL;
}

static void push(reader_t *reader, scim_patch_verb_t verb, const scim_path_t *path,
                 const json_t *value)
{
    scim_patch_operation_t operation = {verb, path, value, reader->number};

    APR_ARRAY_PUSH(reader->operations, scim_patch_operation_t) = operation;
}

static scim_error_t *check_urn(const json_t *urn, const reader_t *reader)
{
    const char *text = json_string_value(urn);

    if (is_lenient(reader, SCIM_LENIENT_SCHEMAS)
        || (text
            && scim_resource_type_schema(reader->reading->type, text, strlen(text),
                                         reader->reading->leniency))) {
        return NULL;
    }
    return scim_error_bad(reader->pool, SCIM_INVALID_VALUE, "%s has no schema %s.",
                          reader->reading->type->name,
                          text ? scim_error_quotes(reader->pool, text) : scim_json_kind(urn));
}

/*
 * `schemas` follows from what else a resource has, so an operation on it comes to nothing; but
 * one that names what cannot be there, or takes all of it away, is an error.
 */
static scim_error_t *read_schemas(const reader_t *reader, scim_patch_verb_t verb,
                                  const scim_path_t *path, const json_t *value)
{
    json_t *urn;
    size_t i;

    if (path->filter && verb == SCIM_PATCH_REMOVE) {
        return NULL;
    }
    if (scim_json_unassigned(value)) {
        return is_lenient(reader, SCIM_LENIENT_SCHEMAS)
                   ? NULL
                   : scim_error_bad(reader->pool, SCIM_MUTABILITY,
                                    "schemas is required and cannot be removed.");
    }
    if (!json_is_array(value)) {
        return check_urn(value, reader);
    }
    json_array_foreach(value, i, urn)
    {
        SCIM_TRY(check_urn(urn, reader));
    }
    return NULL;
}

static int is_schemas(const scim_attribute_t *attribute)
{
    return attribute->schema == NULL && strcmp(attribute->name, "schemas") == 0;
}

/* `inside`: the target stands in the value of a path-less operation. */
static scim_error_t *read_attribute(reader_t *reader, scim_patch_verb_t verb,
                                    const scim_path_t *path, const json_t *value, int inside)
{
    if (is_schemas(path->attribute)) {
        return read_schemas(reader, verb, path, value);
    }
    if (path->attribute->mutability != SCIM_READ_ONLY
        && scim_path_leaf(path)->mutability != SCIM_READ_ONLY) {
        push(reader, verb, path, value);
        return NULL;
    }
    if (inside && is_lenient(reader, SCIM_LENIENT_READ_ONLY)) {
        scim_reading_note(reader->reading, "The read-only attribute %s was ignored.",
                          scim_path_print(path, reader->pool));
        return NULL;
    }
    return scim_error_bad(reader->pool, SCIM_MUTABILITY, "%s is read-only.",
                          scim_path_print(path, reader->pool));
}

static scim_error_t *read_object(reader_t *reader, scim_patch_verb_t verb,
                                 const scim_schema_t *schema, const json_t *object);

/* All of one schema: an extension object, or the core attributes under their URN. */
static scim_error_t *read_schema(reader_t *reader, scim_patch_verb_t verb,
                                 const scim_schema_t *schema, const json_t *value)
{
    scim_path_t *path;

    if (json_is_object(value)) {
        return read_object(reader, verb, schema, value);
    }
    if (!scim_coerce_nothing(value, reader->reading->leniency)) {
        return scim_error_bad(reader->pool, SCIM_INVALID_VALUE, "%s is %s; an object is due.",
                              schema->id, scim_json_kind(value));
    }
    if (verb == SCIM_PATCH_ADD || schema == reader->reading->type->schema) {
        return NULL;
    }
    path = apr_pcalloc(reader->pool, sizeof(*path));
    path->extension = schema;
    push(reader, SCIM_PATCH_REMOVE, path, NULL);
    return NULL;
}

static scim_error_t *unknown(const reader_t *reader, const scim_schema_t *schema,
                             const char *key)
{
    const char *owner = schema ? schema->id : reader->reading->type->name;

    if (reader->reading->reject_unknown) {
        return scim_error_bad(reader->pool, SCIM_INVALID_VALUE, "%s has no attribute %s.",
                              owner, scim_error_quotes(reader->pool, key));
    }
    scim_reading_note(reader->reading, "The attribute %s was ignored: %s has none.",
                      scim_error_quotes(reader->pool, key), owner);
    return NULL;
}

/* A key that is a path: "name.givenName", "urn:...:User:employeeNumber". NULL when it is none.
 */
static const scim_path_t *path_of_key(const reader_t *reader, const scim_schema_t *schema,
                                      const char *key)
{
    scim_path_t *path;

    if (!is_lenient(reader, SCIM_LENIENT_KEYS)) {
        return NULL;
    }
    if (schema) {
        key = apr_pstrcat(reader->pool, schema->id, ":", key, NULL);
    }
    return scim_path_parse(&path, key, strlen(key), reader->reading, reader->pool) ? NULL
                                                                                   : path;
}

static scim_error_t *read_key(reader_t *reader, scim_patch_verb_t verb,
                              const scim_schema_t *schema, const char *key, const json_t *value)
{
    const scim_resource_type_t *type = reader->reading->type;
    const scim_schema_t *inner = NULL;
    const scim_path_t *path;
    scim_path_t *plain = apr_pcalloc(reader->pool, sizeof(*plain));

    plain->extension = schema && schema != type->schema ? schema : NULL;
    plain->attribute = schema ? scim_attributes_find(&schema->attributes, key, strlen(key))
                              : scim_resource_type_attribute(type, key, strlen(key));
    if (plain->attribute) {
        return read_attribute(reader, verb, plain, value, 1);
    }
    if (schema == NULL) {
        inner = scim_resource_type_schema(type, key, strlen(key), reader->reading->leniency);
    }
    if (inner) {
        return read_schema(reader, verb, inner, value);
    }
    path = path_of_key(reader, schema, key);
    return path ? read_attribute(reader, verb, path, value, 1) : unknown(reader, schema, key);
}

/* Each member becomes an operation; `schema` NULL: the members are those of a resource. */
static scim_error_t *read_object(reader_t *reader, scim_patch_verb_t verb,
                                 const scim_schema_t *schema, const json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        SCIM_TRY(read_key(reader, verb, schema, key, value));
    }
    return NULL;
}

/* What to remove, of {"members": [...]}: Salesforce wraps it so. */
static const json_t *unwrap(const json_t *value, const scim_path_t *path)
{
    const scim_attribute_t *attribute = path->attribute;
    const json_t *inner;

    if (json_object_size(value) != 1
        || scim_attributes_find(&attribute->attributes, attribute->name,
                                strlen(attribute->name))) {
        return value;
    }
    inner = scim_json_member(value, attribute->name, NULL);
    return inner ? inner : value;
}

/* As an attribute in a value would be that nobody knows. */
static int is_left_out(const reader_t *reader, const char *path)
{
    return is_lenient(reader, SCIM_LENIENT_PATHS) && !reader->reading->reject_unknown
           && scim_path_unknown(path, strlen(path), reader->reading, reader->pool);
}

static scim_error_t *read_target(reader_t *reader, scim_patch_verb_t verb, const char *text,
                                 const json_t *value)
{
    const scim_reading_t *reading = reader->reading;
    const scim_schema_t *schema =
        scim_resource_type_schema(reading->type, text, strlen(text), reading->leniency);
    scim_error_t *error;
    scim_path_t *path;

    if (schema && (schema != reading->type->schema || verb != SCIM_PATCH_REMOVE)) {
        return read_schema(reader, verb, schema, value);
    }
    error = scim_path_parse(&path, text, strlen(text), reading, reader->pool);
    if (error) {
        return schema == NULL && is_left_out(reader, text) ? unknown(reader, NULL, text)
                                                           : error;
    }
    if (verb == SCIM_PATCH_REMOVE) {
        value = unwrap(value, path);
    }
    return read_attribute(reader, verb, path, value, 0);
}

/* RFC 7644 3.5.2.2 knows no value for remove; taking it for "all" would empty a group. */
static scim_error_t *check_removal(const reader_t *reader, const char *path,
                                   const json_t **value)
{
    if (path == NULL) {
        return scim_error_bad(reader->pool, SCIM_NO_TARGET,
                              "The path is missing; remove needs one.");
    }
    if (json_is_null(*value) || is_blank(reader, *value)) {
        *value = NULL;
    }
    if (*value && !is_lenient(reader, SCIM_LENIENT_REMOVE_VALUE)) {
        return scim_error_bad(reader->pool, SCIM_INVALID_VALUE,
                              "remove takes no value; select values with a filter in the "
                              "path.");
    }
    return NULL;
}

static scim_error_t *read_operation(reader_t *reader, const json_t *operation)
{
    members_t members = {0};
    scim_patch_verb_t verb = SCIM_PATCH_ADD;
    const char *path;

    if (!json_is_object(operation)) {
        return scim_error_bad(reader->pool, SCIM_INVALID_SYNTAX, "It is %s; an object is due.",
                              scim_json_kind(operation));
    }
    SCIM_TRY(read_members(&members, operation, reader));
    SCIM_TRY(read_verb(&verb, members.op, reader));
    SCIM_TRY(read_path(&path, members.path, reader));
    if (verb == SCIM_PATCH_REMOVE) {
        SCIM_TRY(check_removal(reader, path, &members.value));
    } else if (members.value == NULL) {
        return scim_error_bad(reader->pool, SCIM_INVALID_VALUE, "The value is missing.");
    }
    if (path) {
        return read_target(reader, verb, path, members.value);
    }
    if (!json_is_object(members.value)) {
        return scim_error_bad(reader->pool, SCIM_INVALID_VALUE,
                              "Without a path the value is to be an object with attributes; "
                              "it is %s.",
                              scim_json_kind(members.value));
    }
    return read_object(reader, verb, NULL, members.value);
}

static scim_error_t *check_schemas(const json_t *message, const scim_reading_t *reading,
                                   apr_pool_t *pool)
{
    const json_t *schemas = scim_json_member(message, "schemas", NULL);
    json_t *urn;
    size_t i;

    if (reading->leniency & SCIM_LENIENT_SCHEMAS) {
        return NULL;
    }
    json_array_foreach(schemas, i, urn)
    {
        if (json_is_string(urn)
            && scim_text_same_name(json_string_value(urn), SCIM_URN_PATCH_OP)) {
            return NULL;
        }
    }
    return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                          "The schemas of a PATCH request must have " SCIM_URN_PATCH_OP ".");
}

static scim_error_t *read_all(reader_t *reader, const json_t *list)
{
    size_t count = json_is_array(list) ? json_array_size(list) : 1, i;

    for (i = 0; i < count; i++) {
        scim_error_t *error;

        reader->number = (int)i + 1;
        error = read_operation(reader, json_is_array(list) ? json_array_get(list, i) : list);
        if (error) {
            error->detail =
                apr_psprintf(reader->pool, "Operation %d: %s", reader->number, error->detail);
            return error;
        }
    }
    return NULL;
}

scim_error_t *scim_patch_read(scim_patch_t **patch, const json_t *message,
                              const scim_reading_t *reading, apr_pool_t *pool)
{
    reader_t reader = {.reading = reading, .pool = pool};
    const json_t *list;
    scim_patch_t *result;

    message = scim_patch_translate(message, reading, pool);
    list = scim_json_member(message, "Operations", NULL);

    SCIM_TRY(check_schemas(message, reading, pool));
    if (!json_is_array(list)
        && !(json_is_object(list) && (reading->leniency & SCIM_LENIENT_SINGLE))) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "Operations is %s; an array of operations is due.",
                              list ? scim_json_kind(list) : "missing");
    }
    if (json_is_array(list) && json_array_size(list) == 0) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "Operations is empty; at least one operation is due.");
    }
    if (json_array_size(list) > SCIM_MAX_PATCH_OPERATIONS) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "Operations has %d operations; at most %d are allowed.",
                              (int)json_array_size(list), SCIM_MAX_PATCH_OPERATIONS);
    }
    reader.operations = apr_array_make(pool, 8, sizeof(scim_patch_operation_t));
    SCIM_TRY(read_all(&reader, list));
    result = apr_pcalloc(pool, sizeof(*result));
    result->operations = (const scim_patch_operation_t *)reader.operations->elts;
    result->count = reader.operations->nelts;
    result->leniency = reader.leniency;
    *patch = result;
    return NULL;
}
