#include "core/projection.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"

#define BLANKS " \t\r\n"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define NAME_CHARS LETTERS "0123456789-_$"
#define URI_CHARS NAME_CHARS ".~:/?#@!&()*+;=%"

struct scim_projection_t {
    int excluding;         /* the names are those to leave out */
    const char *parameter; /* its name, and the list as sent */
    const char *list;
    scim_leniency_t leniency;
    const scim_resource_type_t *type; /* that `paths` are of; NULL: none yet */
    apr_array_header_t *paths;        /* of const scim_path_t *. One without an attribute
                                         means all of the schema in `extension`, core or not */
};

/* 1 when all bytes are among `allowed`. */
static int has_only(const char *text, apr_size_t length, const char *allowed)
{
    apr_size_t i = 0;

    while (i < length && text[i] && strchr(allowed, text[i])) {
        i++;
    }
    return i == length;
}

static int is_name(const char *text, apr_size_t length)
{
    return length > 0 && has_only(text, length, NAME_CHARS);
}

/* name.sub or name */
static int is_notation(const char *text, apr_size_t length)
{
    const char *dot = memchr(text, '.', length);
    apr_size_t first = dot ? (apr_size_t)(dot - text) : length;

    return is_name(text, first) && (dot == NULL || is_name(dot + 1, length - first - 1));
}

/*
 * 1 for what has the form of RFC 7644 3.10, known or not: the path parser's errors do not tell
 * an unknown attribute, which is to be ignored here, from one that cannot exist.
 */
static int is_well_formed(const char *text, apr_size_t length)
{
    apr_size_t colon = length;

    if (length > SCIM_MAX_PATH_LENGTH) {
        return 0;
    }
    while (colon > 0 && text[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return !has_only(text, 1, "0123456789-_") && is_notation(text, length);
    }
    return has_only(text, 1, LETTERS) && has_only(text, colon, URI_CHARS)
           && is_notation(text + colon, length - colon);
}

static scim_error_t *add_path(scim_projection_t *projection, const scim_path_t *path,
                              apr_pool_t *pool)
{
    if (path->filter) {
        return scim_error_bad(
            pool, SCIM_INVALID_PATH, "The parameter %s takes no filter in brackets: %s.",
            projection->parameter, scim_error_quotes(pool, scim_path_print(path, pool)));
    }
    APR_ARRAY_PUSH(projection->paths, const scim_path_t *) = path;
    return NULL;
}

static scim_error_t *resolve(scim_projection_t *projection, const char *text, apr_size_t length,
                             const scim_reading_t *reading, apr_pool_t *pool)
{
    const scim_schema_t *schema;
    scim_path_t *path;
    scim_error_t *error;

    schema = scim_resource_type_schema(reading->type, text, length, reading->leniency);
    if (schema) {
        path = apr_pcalloc(pool, sizeof(*path));
        path->extension = schema;
        return add_path(projection, path, pool);
    }
    error = scim_path_parse(&path, text, length, reading, pool);
    if (error == NULL) {
        return add_path(projection, path, pool);
    }
    if (!is_well_formed(text, length)) {
        return error;
    }
    scim_reading_note(reading, "No attribute %s is there for the parameter %s.",
                      scim_error_quote(pool, text, length), projection->parameter);
    return NULL;
}

static scim_error_t *parse_name(scim_projection_t *projection, const char *text,
                                apr_size_t length, const scim_reading_t *reading,
                                apr_pool_t *pool)
{
    while (length && has_only(text, 1, BLANKS)) {
        text++;
        length--;
    }
    while (length && has_only(text + length - 1, 1, BLANKS)) {
        length--;
    }
    if (length == 0 && (reading->leniency & SCIM_LENIENT_QUERY)) {
        return NULL;
    }
    if (reading->type && length) {
        return resolve(projection, text, length, reading, pool);
    }
    if (length == 0 || !is_well_formed(text, length)) {
        return scim_error_bad(pool, SCIM_INVALID_PATH,
                              "The parameter %s has %s where an attribute's name is due.",
                              projection->parameter, scim_error_quote(pool, text, length));
    }
    return NULL;
}

static scim_error_t *parse_list(scim_projection_t *projection, const scim_reading_t *reading,
                                apr_pool_t *pool)
{
    const char *at = projection->list;
    int count;

    projection->type = reading->type;
    projection->paths = apr_array_make(pool, 8, sizeof(const scim_path_t *));
    for (count = 1;; count++) {
        apr_size_t length = strcspn(at, ",");

        if (count > SCIM_MAX_PROJECTION) {
            return scim_error_bad(pool, SCIM_INVALID_VALUE,
                                  "The parameter %s names more than %d attributes.",
                                  projection->parameter, SCIM_MAX_PROJECTION);
        }
        SCIM_TRY(parse_name(projection, at, length, reading, pool));
        if (at[length] == '\0') {
            return NULL;
        }
        at += length + 1;
    }
}

scim_error_t *scim_projection_parse(scim_projection_t **projection, const char *attributes,
                                    const char *excluded, const scim_reading_t *reading,
                                    apr_pool_t *pool)
{
    scim_projection_t *parsed;

    if (attributes == NULL && excluded == NULL) {
        *projection = NULL;
        return NULL;
    }
    if (attributes && excluded) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The parameters attributes and excludedAttributes exclude each "
                              "other; only one of them may be given.");
    }
    parsed = apr_pcalloc(pool, sizeof(*parsed));
    parsed->excluding = excluded != NULL;
    parsed->parameter = excluded ? "excludedAttributes" : "attributes";
    parsed->list = apr_pstrdup(pool, excluded ? excluded : attributes);
    parsed->leniency = reading->leniency;
    SCIM_TRY(parse_list(parsed, reading, pool));
    *projection = parsed;
    return NULL;
}

static const scim_path_t *path_at(const scim_projection_t *projection, int i)
{
    return APR_ARRAY_IDX(projection->paths, i, const scim_path_t *);
}

/*
 * 1 when a top-level attribute is named, by itself or with its whole schema. What is returned
 * on request has to be named itself.
 */
static int names(const scim_projection_t *projection, const scim_attribute_t *attribute)
{
    int i;

    for (i = 0; i < projection->paths->nelts; i++) {
        const scim_path_t *path = path_at(projection, i);

        if (path->attribute ? path->attribute == attribute && path->sub == NULL
                            : path->extension == attribute->schema
                                  && attribute->returned != SCIM_RETURNED_REQUEST) {
            return 1;
        }
    }
    return 0;
}

/* 1 when this sub-attribute, or with NULL any of the attribute, is named. */
static int names_sub(const scim_projection_t *projection, const scim_attribute_t *attribute,
                     const scim_attribute_t *sub)
{
    int i;

    for (i = 0; i < projection->paths->nelts; i++) {
        const scim_path_t *path = path_at(projection, i);

        if (path->attribute == attribute && path->sub && (sub == NULL || path->sub == sub)) {
            return 1;
        }
    }
    return 0;
}

int scim_projection_wants(const scim_projection_t *projection,
                          const scim_attribute_t *attribute)
{
    if (attribute->returned == SCIM_RETURNED_NEVER) {
        return 0;
    }
    if (attribute->returned == SCIM_RETURNED_ALWAYS) {
        return 1;
    }
    if (projection == NULL) {
        return attribute->returned == SCIM_RETURNED_DEFAULT;
    }
    if (projection->type == NULL) {
        return 1;
    }
    if (projection->excluding) {
        return attribute->returned == SCIM_RETURNED_DEFAULT && !names(projection, attribute);
    }
    return names(projection, attribute) || names_sub(projection, attribute, NULL);
}

int scim_projection_wants_sub(const scim_projection_t *projection,
                              const scim_attribute_t *attribute, const scim_attribute_t *sub)
{
    int by_default = sub->returned == SCIM_RETURNED_DEFAULT;

    if (sub->returned == SCIM_RETURNED_NEVER) {
        return 0;
    }
    if (sub->returned == SCIM_RETURNED_ALWAYS) {
        return 1;
    }
    if (projection == NULL) {
        return by_default;
    }
    if (projection->excluding) {
        return by_default && !names_sub(projection, attribute, sub);
    }
    if (attribute->returned == SCIM_RETURNED_ALWAYS || names(projection, attribute)) {
        return by_default || names_sub(projection, attribute, sub);
    }
    return names_sub(projection, attribute, sub);
}

int scim_projection_leaves_out(const scim_projection_t *projection,
                               const scim_attribute_t *attribute,
                               const scim_resource_type_t *type)
{
    int i;

    if (!projection->excluding || projection->type != type) {
        return 0;
    }
    for (i = 0; i < projection->paths->nelts; i++) {
        if (path_at(projection, i)->attribute != attribute) {
            return 0;
        }
    }
    return 1;
}

static json_t *view_object(const scim_projection_t *projection, const json_t *object,
                           const scim_attribute_t *attribute)
{
    json_t *view = json_object(), *value;
    const char *key;

    json_object_foreach((json_t *)object, key, value)
    {
        const scim_attribute_t *sub =
            scim_attributes_find(&attribute->attributes, key, strlen(key));

        if (sub && scim_projection_wants_sub(projection, attribute, sub)) {
            json_object_set_new(view, key, json_deep_copy(value));
        }
    }
    return view;
}

/* What is left of a value; a new reference. */
static json_t *view_value(const scim_projection_t *projection, const json_t *value,
                          const scim_attribute_t *attribute)
{
    json_t *view, *element;
    size_t i;

    if (attribute->type != SCIM_TYPE_COMPLEX) {
        return json_deep_copy(value);
    }
    if (!json_is_array(value)) {
        return view_object(projection, value, attribute);
    }
    view = json_array();
    json_array_foreach(value, i, element)
    {
        json_t *part = view_object(projection, element, attribute);

        if (json_object_size(part)) {
            json_array_append_new(view, part);
        } else {
            json_decref(part);
        }
    }
    return view;
}

static void show(const scim_projection_t *projection, json_t *view, const char *key,
                 const json_t *value, const scim_attribute_t *attribute)
{
    json_t *part;

    if (attribute == NULL || !scim_projection_wants(projection, attribute)) {
        return;
    }
    part = view_value(projection, value, attribute);
    if (scim_json_unassigned(part)) {
        json_decref(part);
    } else {
        json_object_set_new(view, key, part);
    }
}

static void show_extension(const scim_projection_t *projection, json_t *view, const char *urn,
                           const json_t *extension, const scim_schema_t *schema)
{
    json_t *part, *value;
    const char *key;

    if (schema == NULL || !json_is_object(extension)) {
        return;
    }
    part = json_object();
    json_object_foreach((json_t *)extension, key, value)
    {
        show(projection, part, key, value,
             scim_attributes_find(&schema->attributes, key, strlen(key)));
    }
    if (json_object_size(part)) {
        json_object_set_new(view, urn, part);
    } else {
        json_decref(part);
    }
}

/* The projection with its names looked up in `type`; it was parsed for all types. */
static const scim_projection_t *resolved(const scim_projection_t *projection,
                                         const scim_resource_type_t *type, apr_pool_t *pool)
{
    scim_projection_t *other = apr_pmemdup(pool, projection, sizeof(*projection));
    scim_reading_t reading = {.type = type, .leniency = projection->leniency};

    /* Its form was checked with the first parsing; unknown names are no error. */
    (void)parse_list(other, &reading, pool);
    return other;
}

json_t *scim_projection_apply(const scim_projection_t *projection, const json_t *resource,
                              const scim_resource_type_t *type, apr_pool_t *pool)
{
    json_t *view = scim_json_own(pool, json_object()), *value;
    const char *key;

    if (projection && projection->type != type) {
        projection = resolved(projection, type, pool);
    }
    json_object_foreach((json_t *)resource, key, value)
    {
        if (strchr(key, ':')) {
            show_extension(projection, view, key, value,
                           scim_resource_type_schema(type, key, strlen(key), 0));
        } else {
            show(projection, view, key, value,
                 scim_resource_type_attribute(type, key, strlen(key)));
        }
    }
    return view;
}
