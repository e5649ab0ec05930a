#include <apr_strings.h>

#include "core/error.h"
#include "core/schema.h"
#include "core/text.h"

typedef enum what_t { SCHEMA, RESOURCE_TYPE, LIST, UNKNOWN } what_t;

typedef scim_error_t *(*add_t)(scim_schemas_t *schemas, const char *text, apr_size_t length);

/* What an object says it is, or, without `schemas`, looks like. */
static what_t what_is(const json_t *definition)
{
    static const struct {
        const char *urn;
        const char *member;
    } marks[] = {[SCHEMA] = {SCIM_URN_SCHEMA, "attributes"},
                 [RESOURCE_TYPE] = {SCIM_URN_RESOURCE_TYPE, "schema"},
                 [LIST] = {SCIM_URN_LIST_RESPONSE, "Resources"}};
    const json_t *schemas = scim_json_member(definition, "schemas", NULL), *urn;
    int what;
    size_t i;

    for (what = SCHEMA; what < UNKNOWN; what++) {
        json_array_foreach(schemas, i, urn)
        {
            if (json_is_string(urn)
                && scim_text_same_name(json_string_value(urn), marks[what].urn)) {
                return (what_t)what;
            }
        }
        if (scim_json_unassigned(schemas)
            && scim_json_member(definition, marks[what].member, NULL)) {
            return (what_t)what;
        }
    }
    return UNKNOWN;
}

static scim_error_t *unknown(const json_t *definition, const scim_schemas_t *schemas)
{
    return scim_error_bad(
        schemas->pool, SCIM_INVALID_VALUE,
        json_is_object(definition)
            ? "It has an object whose 'schemas' are neither those of a schema "
              "nor those of a resource type."
            : "It has %s where a schema or a resource type is due.",
        scim_json_kind(definition));
}

/* Adds the definitions of one sort in a value: itself, or the elements of a list. */
static scim_error_t *add_all(scim_schemas_t *schemas, const json_t *value, what_t wanted,
                             int depth, apr_pool_t *scratch)
{
    what_t what = json_is_object(value) ? what_is(value) : UNKNOWN;
    const json_t *list = what == LIST ? scim_json_member(value, "Resources", NULL) : value;
    const json_t *element;
    apr_size_t length;
    const char *text;
    size_t i;

    if (json_is_array(list) && depth == 0) {
        json_array_foreach(list, i, element)
        {
            SCIM_TRY(add_all(schemas, element, wanted, 1, scratch));
        }
        return NULL;
    }
    if (what != SCHEMA && what != RESOURCE_TYPE) {
        return unknown(value, schemas);
    }
    if (what != wanted) {
        return NULL;
    }
    text = scim_json_text(value, &length, scratch);
    return what == SCHEMA ? scim_schemas_add(schemas, text, length)
                          : scim_schemas_add_type(schemas, text, length);
}

static scim_error_t *load_file(scim_schemas_t *schemas, const scim_schema_file_t *file,
                               what_t wanted)
{
    apr_pool_t *scratch;
    scim_error_t *error;
    json_t *value;

    apr_pool_create(&scratch, schemas->pool);
    error = scim_json_parse_file(&value, file->text, file->length, scratch);
    if (error == NULL) {
        error = add_all(schemas, value, wanted, 0, scratch);
    }
    if (error) {
        error = scim_error_create(schemas->pool, error->status, error->type, "%s: %s",
                                  file->name, error->detail);
    }
    apr_pool_destroy(scratch);
    return error;
}

scim_error_t *scim_schemas_load(scim_schemas_t *schemas, const scim_schema_file_t *files,
                                int count)
{
    int i;

    for (i = 0; i < count; i++) {
        SCIM_TRY(load_file(schemas, &files[i], SCHEMA));
    }
    for (i = 0; i < count; i++) {
        SCIM_TRY(load_file(schemas, &files[i], RESOURCE_TYPE));
    }
    return NULL;
}
