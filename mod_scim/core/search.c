#include "core/search.h"

#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/schema.h"
#include "core/text.h"

typedef struct parameter_t {
    const char *name;
    scim_error_t *(*store)(scim_search_t *search, const struct parameter_t *parameter,
                           const char *value, apr_pool_t *pool);
    const char *(*text)(const json_t *value, scim_leniency_t leniency, apr_pool_t *pool);
    const char *due;     /* what it is in a body, where `text` makes text of it or NULL */
    apr_size_t offset;   /* of the field in scim_search_t */
    apr_int64_t minimum; /* of a number */
} parameter_t;

static void *field(scim_search_t *search, const parameter_t *parameter)
{
    return (char *)search + parameter->offset;
}

static scim_error_t *store_text(scim_search_t *search, const parameter_t *parameter,
                                const char *value, apr_pool_t *pool)
{
    (void)pool;
    if (!scim_text_blank(value)) {
        *(const char **)field(search, parameter) = value;
    }
    return NULL;
}

static scim_error_t *store_filter(scim_search_t *search, const parameter_t *parameter,
                                  const char *value, apr_pool_t *pool)
{
    if (scim_text_blank(value)) {
        return scim_error_bad(pool, SCIM_INVALID_FILTER,
                              "The parameter %s is empty; a filter is due.", parameter->name);
    }
    return store_text(search, parameter, value, pool);
}

/* An integer with blanks around it, clamped to what fits. Returns 0 when it is none. */
static int read_integer(apr_int64_t *number, const char *text)
{
    apr_int64_t value = 0;
    int negative;

    while (*text == ' ') {
        text++;
    }
    negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (!apr_isdigit(*text)) {
        return 0;
    }
    for (; apr_isdigit(*text); text++) {
        int digit = *text - '0';

        value = value > (APR_INT64_MAX - digit) / 10 ? APR_INT64_MAX : value * 10 + digit;
    }
    while (*text == ' ') {
        text++;
    }
    *number = negative ? -value : value;
    return *text == '\0';
}

static scim_error_t *store_number(scim_search_t *search, const parameter_t *parameter,
                                  const char *value, apr_pool_t *pool)
{
    apr_int64_t number;

    if (!read_integer(&number, value)) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The parameter %s is %s; an integer is due.", parameter->name,
                              scim_error_quotes(pool, value));
    }
    *(apr_int64_t *)field(search, parameter) =
        number < parameter->minimum ? parameter->minimum : number;
    return NULL;
}

static scim_error_t *store_start(scim_search_t *search, const parameter_t *parameter,
                                 const char *value, apr_pool_t *pool)
{
    if (search->cursor) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The parameters cursor and startIndex exclude each other; only "
                              "one of them may be given.");
    }
    return store_number(search, parameter, value, pool);
}

/* An empty one means something: the first page. */
static scim_error_t *store_cursor(scim_search_t *search, const parameter_t *parameter,
                                  const char *value, apr_pool_t *pool)
{
    (void)pool;
    *(const char **)field(search, parameter) = value;
    return NULL;
}

static const char *text_of_string(const json_t *value, scim_leniency_t leniency,
                                  apr_pool_t *pool)
{
    (void)leniency, (void)pool;
    return json_string_value(value);
}

/* The strings with commas between them, as in a query string. */
static const char *text_of_list(const json_t *value, scim_leniency_t leniency, apr_pool_t *pool)
{
    apr_array_header_t *names;
    json_t *name;
    size_t i;

    if (!json_is_array(value)) {
        return text_of_string(value, leniency, pool);
    }
    names = apr_array_make(pool, (int)json_array_size(value), sizeof(const char *));
    json_array_foreach(value, i, name)
    {
        if (!json_is_string(name)) {
            return NULL;
        }
        APR_ARRAY_PUSH(names, const char *) = json_string_value(name);
    }
    return apr_array_pstrcat(pool, names, ',');
}

static const char *text_of_number(const json_t *value, scim_leniency_t leniency,
                                  apr_pool_t *pool)
{
    if (json_is_integer(value)) {
        return apr_psprintf(pool, "%" APR_INT64_T_FMT, (apr_int64_t)json_integer_value(value));
    }
    return leniency & SCIM_LENIENT_NUMBER ? json_string_value(value) : NULL;
}

#define STRING text_of_string, "a string"
#define LIST text_of_list, "an array of strings, or one string"
#define NUMBER text_of_number, "an integer"
#define FIELD(name) offsetof(scim_search_t, name)

enum { CURSOR, COUNT, OTHERS };

static const parameter_t parameters[] = {
    [CURSOR] = {"cursor", store_cursor, STRING, FIELD(cursor), 0},
    [COUNT] = {"count", store_number, NUMBER, FIELD(count), 0},
    [OTHERS] = {"filter", store_filter, STRING, FIELD(filter), 0},
    {"attributes", store_text, LIST, FIELD(attributes), 0},
    {"excludedAttributes", store_text, LIST, FIELD(excluded_attributes), 0},
    {"sortBy", store_text, STRING, FIELD(sort_by), 0},
    {"sortOrder", store_text, STRING, FIELD(sort_order), 0},
    {"startIndex", store_start, NUMBER, FIELD(start_index), 1},
};
#define PARAMETERS ((int)(sizeof(parameters) / sizeof(parameters[0])))

/* RFC 9865 2.1: a wrong count has an error of its own where pages are asked for by cursor. */
static scim_error_t *qualify(scim_error_t *error, int parameter, const char *cursor)
{
    if (error && parameter == COUNT && cursor) {
        error->type = SCIM_INVALID_COUNT;
    }
    return error;
}

/* Takes what was given of each parameter; NULL is nothing. */
static scim_error_t *store_all(scim_search_t *search, const char *const values[PARAMETERS],
                               apr_pool_t *pool)
{
    scim_search_t read = {.start_index = 1, .count = -1};
    int i;

    for (i = 0; i < PARAMETERS; i++) {
        if (values[i]) {
            SCIM_TRY(qualify(parameters[i].store(&read, &parameters[i], values[i], pool), i,
                             values[CURSOR]));
        }
    }
    *search = read;
    return NULL;
}

static int hex_digit(char c)
{
    if (apr_isdigit(c)) {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Form decoding; NULL when an escape is broken or the result is no text. */
static const char *decode(const char *text, apr_size_t length, apr_pool_t *pool)
{
    char *decoded = apr_palloc(pool, length + 1), *to = decoded;
    const char *end = text + length;

    while (text < end) {
        if (*text == '%') {
            int high = end - text > 2 ? hex_digit(text[1]) : -1;
            int low = end - text > 2 ? hex_digit(text[2]) : -1;

            if (high < 0 || low < 0) {
                return NULL;
            }
            *to++ = (char)(high * 16 + low);
            text += 3;
        } else {
            *to++ = *text == '+' ? ' ' : *text;
            text++;
        }
    }
    *to = '\0';
    return scim_text_valid(decoded, (apr_size_t)(to - decoded)) ? decoded : NULL;
}

static int find_parameter(const char *name)
{
    int i;

    for (i = 0; i < PARAMETERS; i++) {
        if (scim_text_same_name(name, parameters[i].name)) {
            return i;
        }
    }
    return -1;
}

static scim_error_t *broken(const char *name, apr_size_t length, apr_pool_t *pool)
{
    return scim_error_bad(pool, SCIM_INVALID_VALUE,
                          "The parameter %s has a broken %%-escape, broken UTF-8 or a NUL "
                          "character in it.",
                          scim_error_quote(pool, name, length));
}

/* One name=value. */
static scim_error_t *parse_parameter(const char *values[PARAMETERS], const char *text,
                                     apr_size_t length, scim_leniency_t leniency,
                                     apr_pool_t *pool)
{
    const char *equals = memchr(text, '=', length);
    apr_size_t name_length = equals ? (apr_size_t)(equals - text) : length;
    const char *name = decode(text, name_length, pool), *value;
    int found = name ? find_parameter(name) : -1;

    if (found < 0 && (leniency & SCIM_LENIENT_QUERY)) {
        return NULL;
    }
    if (name && *name == '\0') {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The query has a parameter without a name.");
    }
    value = equals ? decode(equals + 1, length - name_length - 1, pool) : "";
    if (name == NULL || value == NULL) {
        return broken(text, name_length, pool);
    }
    if (found < 0) {
        return NULL;
    }
    if (values[found]) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE, "The parameter %s is given twice.",
                              parameters[found].name);
    }
    values[found] = value;
    return NULL;
}

/* Takes stray '?' from the start and the end: what is left of URLs put together by hand. */
static void trim(const char **query, apr_size_t *length)
{
    while (*length && **query == '?') {
        (*query)++;
        (*length)--;
    }
    while (*length && strchr("?&", (*query)[*length - 1])) {
        (*length)--;
    }
}

static scim_error_t *parse_all(const char *values[PARAMETERS], const char *query,
                               apr_size_t length, scim_leniency_t leniency, apr_pool_t *pool)
{
    const char *end = query + length, *at, *next;
    int count = 0;

    for (at = query; at <= end && length; at = next + 1) {
        next = memchr(at, '&', (apr_size_t)(end - at));
        next = next ? next : end;
        if (next == at && (leniency & SCIM_LENIENT_QUERY)) {
            continue;
        }
        if (++count > SCIM_MAX_PARAMETERS) {
            return scim_error_bad(pool, SCIM_INVALID_VALUE,
                                  "The query has more than %d parameters.",
                                  SCIM_MAX_PARAMETERS);
        }
        SCIM_TRY(parse_parameter(values, at, (apr_size_t)(next - at), leniency, pool));
    }
    return NULL;
}

scim_error_t *scim_search_parse(scim_search_t *search, const char *query,
                                scim_leniency_t leniency, apr_pool_t *pool)
{
    const char *values[PARAMETERS] = {NULL};
    apr_size_t length;

    query = query ? query : "";
    length = strlen(query);
    if (leniency & SCIM_LENIENT_QUERY) {
        trim(&query, &length);
    }
    SCIM_TRY(parse_all(values, query, length, leniency, pool));
    return store_all(search, values, pool);
}

static scim_error_t *check_schemas(const json_t *body, scim_leniency_t leniency,
                                   apr_pool_t *pool)
{
    const json_t *schemas = scim_json_member(body, "schemas", NULL), *urn;
    size_t i;

    if (leniency & SCIM_LENIENT_SCHEMAS) {
        return NULL;
    }
    json_array_foreach(schemas, i, urn)
    {
        if (json_is_string(urn)
            && scim_text_same_name(json_string_value(urn), SCIM_URN_SEARCH_REQUEST)) {
            return NULL;
        }
    }
    return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                          "The schemas of a search request must have " SCIM_URN_SEARCH_REQUEST
                          ".");
}

scim_error_t *scim_search_read(scim_search_t *search, const json_t *body,
                               scim_leniency_t leniency, apr_pool_t *pool)
{
    const char *values[PARAMETERS] = {NULL};
    int i;

    SCIM_TRY(scim_json_distinct(body, pool));
    SCIM_TRY(check_schemas(body, leniency, pool));
    for (i = 0; i < PARAMETERS; i++) {
        const json_t *value = scim_json_member(body, parameters[i].name, NULL);

        if (scim_json_unassigned(value)) {
            continue;
        }
        values[i] = parameters[i].text(value, leniency, pool);
        if (values[i] == NULL) {
            return qualify(
                scim_error_bad(pool, SCIM_INVALID_VALUE, "The parameter %s is %s; %s is due.",
                               parameters[i].name, scim_json_kind(value), parameters[i].due),
                i, values[CURSOR]);
        }
    }
    return store_all(search, values, pool);
}
