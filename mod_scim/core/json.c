#include "core/json.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/json_print.h"
#include "core/json_scan.h"
#include "core/limits.h"
#include "core/text.h"

static apr_status_t release(void *value)
{
    json_decref(value);
    return APR_SUCCESS;
}

json_t *scim_json_own(apr_pool_t *pool, json_t *value)
{
    if (value) {
        apr_pool_cleanup_register(pool, value, release, apr_pool_cleanup_null);
    }
    return value;
}

/* How deep a text nests, and how many values it has, arrays and objects at four times as many
   since they take that much memory. Counted without recursion; strings are skipped. */
typedef struct extent_t {
    int depth;
    apr_size_t values;
} extent_t;

static extent_t measure(const char *text, apr_size_t length)
{
    extent_t most = {0, 0};
    int depth = 0, in_string = 0;
    apr_size_t i;

    for (i = 0; i < length; i++) {
        char c = text[i];

        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = 0;
            }
        } else if (c == '"') {
            in_string = 1;
        } else if (c == '{' || c == '[') {
            most.values += 4;
            if (++depth > most.depth) {
                most.depth = depth;
            }
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == ',') {
            most.values++;
        }
    }
    return most;
}

static scim_error_t *check_extent(const char *what, const char *text, apr_size_t length,
                                  apr_pool_t *pool)
{
    extent_t extent = measure(text, length);

    if (extent.depth > SCIM_MAX_JSON_DEPTH) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The %s nests arrays and objects more than %d levels deep.", what,
                              SCIM_MAX_JSON_DEPTH);
    }
    if (extent.values > SCIM_MAX_JSON_VALUES) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The %s has more than %d values, an array or object counting "
                              "for four.",
                              what, SCIM_MAX_JSON_VALUES);
    }
    return NULL;
}

/*
 * Behind "near", jansson repeats what it read last. A key that is there twice is worth naming;
 * anything else may be a password.
 */
static scim_error_t *explain(const json_error_t *error, const char *what, apr_pool_t *pool)
{
    const char *near = strstr(error->text, " near ");
    apr_size_t length = near && json_error_code(error) != json_error_duplicate_key
                            ? (apr_size_t)(near - error->text)
                            : strlen(error->text);

    return scim_error_bad(
        pool, SCIM_INVALID_SYNTAX, "The %s is not valid JSON: %s at line %d, column %d.", what,
        scim_error_quote(pool, error->text, length), error->line, error->column);
}

/* `what` is being parsed. */
static scim_error_t *parse(json_t **value, const char *what, const char *text,
                           apr_size_t length, apr_pool_t *pool)
{
    json_error_t error;
    json_t *parsed;

    if (length == 0) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The %s is empty; a JSON object is due.", what);
    }
    if (!scim_text_valid(text, length)) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The %s is not valid UTF-8 text, or holds a NUL character.",
                              what);
    }
    parsed = scim_json_scan(text, length);
    if (parsed == NULL) {
        SCIM_TRY(check_extent(what, text, length, pool));
        parsed = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    }
    if (parsed == NULL) {
        return explain(&error, what, pool);
    }
    *value = scim_json_own(pool, parsed);
    return NULL;
}

scim_error_t *scim_json_parse(json_t **value, const char *text, apr_size_t length,
                              apr_pool_t *pool)
{
    json_t *parsed;

    SCIM_TRY(parse(&parsed, "body", text, length, pool));
    if (!json_is_object(parsed)) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                              "The body is %s; a JSON object is due.", scim_json_kind(parsed));
    }
    *value = parsed;
    return NULL;
}

scim_error_t *scim_json_parse_file(json_t **value, const char *text, apr_size_t length,
                                   apr_pool_t *pool)
{
    return parse(value, "file", text, length, pool);
}

const char *scim_json_text(const json_t *value, apr_size_t *length, apr_pool_t *pool)
{
    char small[4096];
    apr_size_t size = scim_json_print(value, small, sizeof(small));
    char *text = apr_palloc(pool, size + 1);

    if (size <= sizeof(small)) {
        memcpy(text, small, size);
    } else {
        scim_json_print(value, text, size);
    }
    text[size] = '\0';
    if (length) {
        *length = size;
    }
    return text;
}

json_t *scim_json_copy(const json_t *value, apr_pool_t *pool)
{
    return scim_json_own(pool, json_deep_copy(value));
}

json_t *scim_json_twin(const json_t *value, apr_pool_t *pool)
{
    return scim_json_own(pool, json_copy((json_t *)value));
}

json_t *scim_json_member(const json_t *object, const char *name, const char **key)
{
    json_t *exact = json_object_get(object, name);
    const char *each;
    json_t *value;

    if (exact) {
        if (key) {
            *key = name;
        }
        return exact;
    }
    json_object_foreach((json_t *)object, each, value)
    {
        if (scim_text_same_name(each, name)) {
            if (key) {
                *key = each;
            }
            return value;
        }
    }
    return NULL;
}

scim_error_t *scim_json_distinct(const json_t *object, apr_pool_t *pool)
{
    apr_pool_t *scratch;
    scim_error_t *error = NULL;
    apr_hash_t *seen;
    const char *key;
    json_t *value;

    apr_pool_create(&scratch, pool);
    seen = apr_hash_make(scratch);
    json_object_foreach((json_t *)object, key, value)
    {
        char *name = apr_pstrdup(scratch, key), *at;

        for (at = name; *at; at++) {
            *at = (char)apr_tolower(*at);
        }
        if (apr_hash_get(seen, name, APR_HASH_KEY_STRING)) {
            error = scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                                   "The member %s is given twice, its name once in other case.",
                                   scim_error_quotes(pool, key));
            break;
        }
        apr_hash_set(seen, name, APR_HASH_KEY_STRING, "");
    }
    apr_pool_destroy(scratch);
    return error;
}

int scim_json_unassigned(const json_t *value)
{
    return value == NULL || json_is_null(value)
           || (json_is_array(value) && json_array_size(value) == 0)
           || (json_is_object(value) && json_object_size(value) == 0);
}

const char *scim_json_kind(const json_t *value)
{
    if (value == NULL) {
        return "nothing";
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

/* 1 for ASCII that stands in JSON as it is. */
static int is_plain(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\') {
            return 0;
        }
    }
    return 1;
}

const char *scim_json_quote(const char *text, apr_pool_t *pool)
{
    const char *quoted;
    json_t *value;

    if (is_plain(text)) {
        return apr_pstrcat(pool, "\"", text, "\"", NULL);
    }
    value = json_string(text);
    if (value == NULL) {
        return "\"\"";
    }
    quoted = scim_json_text(value, NULL, pool);
    json_decref(value);
    return quoted;
}
