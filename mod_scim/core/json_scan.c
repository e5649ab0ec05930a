#include "core/json_scan.h"

#include <string.h>

#include "core/limits.h"

/* The longest name of a member that is taken here. */
#define NAME_SIZE 256

/* Digits of a number that surely fits. */
#define DIGITS 18

typedef struct scan_t {
    const char *at;
    const char *end;
    int depth;         /* of arrays and objects that are open */
    apr_size_t values; /* as SCIM_MAX_JSON_VALUES counts them */
} scan_t;

static json_t *scan_value(scan_t *scan);

static void skip_blanks(scan_t *scan)
{
    while (
        scan->at < scan->end
        && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t')) {
        scan->at++;
    }
}

/* Skips the character, if it comes next. */
static int take(scan_t *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c) {
        return 0;
    }
    scan->at++;
    return 1;
}

/* A string from its first quote on, and what it has between the quotes. 0: it has no end, or a
   control character. */
static int scan_string(scan_t *scan, const char **text, apr_size_t *length, int *escapes)
{
    const char *at = scan->at + 1;

    *text = at;
    *escapes = 0;
    for (; at < scan->end && *at != '"'; at++) {
        if (*at == '\\') {
            *escapes = 1;
            at++;
        } else if ((unsigned char)*at < ' ') {
            return 0;
        }
    }
    if (at >= scan->end) {
        return 0;
    }
    *length = (apr_size_t)(at - *text);
    scan->at = at + 1;
    return 1;
}

static json_t *string_value(scan_t *scan)
{
    const char *text;
    apr_size_t length;
    int escapes;

    if (!scan_string(scan, &text, &length, &escapes)) {
        return NULL;
    }
    return escapes ? json_loadb(text - 1, length + 2, JSON_DECODE_ANY, NULL)
                   : json_stringn_nocheck(text, length);
}

static int is_digit(const scan_t *scan)
{
    return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

/* Whole numbers; what is behind one is looked at by whoever has asked for it. */
static json_t *number_value(scan_t *scan)
{
    int negative = take(scan, '-'), digits = 0;
    const char *first = scan->at;
    json_int_t number = 0;

    for (; is_digit(scan) && digits < DIGITS; digits++) {
        number = number * 10 + (*scan->at++ - '0');
    }
    if (digits == 0 || is_digit(scan) || (digits > 1 && *first == '0')) {
        return NULL;
    }
    return json_integer(negative ? -number : number);
}

static json_t *literal(scan_t *scan, const char *word, json_t *value)
{
    apr_size_t length = strlen(word);

    if ((apr_size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0) {
        return NULL;
    }
    scan->at += length;
    return value;
}

/* A member with its name, which must be a new one. */
static int scan_member(scan_t *scan, json_t *object)
{
    char name[NAME_SIZE];
    const char *text;
    apr_size_t length, before = json_object_size(object);
    json_t *value;
    int escapes;

    if (scan->at == scan->end || *scan->at != '"'
        || !scan_string(scan, &text, &length, &escapes) || escapes || length >= NAME_SIZE) {
        return 0;
    }
    memcpy(name, text, length);
    name[length] = '\0';
    skip_blanks(scan);
    value = take(scan, ':') ? scan_value(scan) : NULL;
    return value && json_object_set_new_nocheck(object, name, value) == 0
           && json_object_size(object) > before;
}

static int scan_element(scan_t *scan, json_t *array)
{
    json_t *value = scan_value(scan);

    return value && json_array_append_new(array, value) == 0;
}

/* What stands between two brackets; `into` is for the container, and goes where it fails. */
static json_t *scan_list(scan_t *scan, json_t *into, char end,
                         int (*each)(scan_t *scan, json_t *into))
{
    int fine = ++scan->depth <= SCIM_MAX_JSON_DEPTH, more;

    scan->at++;
    scan->values += 4;
    skip_blanks(scan);
    more = fine && !take(scan, end);
    while (more) {
        fine = each(scan, into) && scan->values <= SCIM_MAX_JSON_VALUES;
        skip_blanks(scan);
        more = fine && take(scan, ',');
        if (more) {
            scan->values++;
            skip_blanks(scan);
        } else {
            fine = fine && take(scan, end);
        }
    }
    scan->depth--;
    if (!fine) {
        json_decref(into);
        into = NULL;
    }
    return into;
}

/* Recursion ends at SCIM_MAX_JSON_DEPTH. */
static json_t *scan_value(scan_t *scan)
{
    skip_blanks(scan);
    switch (scan->at < scan->end ? *scan->at : '\0') {
    case '{':
        return scan_list(scan, json_object(), '}', scan_member);
    case '[':
        return scan_list(scan, json_array(), ']', scan_element);
    case '"':
        return string_value(scan);
    case 't':
        return literal(scan, "true", json_true());
    case 'f':
        return literal(scan, "false", json_false());
    case 'n':
        return literal(scan, "null", json_null());
    default:
        return number_value(scan);
    }
}

json_t *scim_json_scan(const char *text, apr_size_t length)
{
    scan_t scan = {text, text + length, 0, 0};
    json_t *value = scan_value(&scan);

    skip_blanks(&scan);
    if (value && (scan.at != scan.end || scan.values > SCIM_MAX_JSON_VALUES)) {
        json_decref(value);
        value = NULL;
    }
    return value;
}
