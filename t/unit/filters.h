/*
 * filters.h - what the unit tests of filters have in common: parsing in exact-size blocks, and
 * saying in one line what a filter reads as or why it is refused.
 */
#ifndef TEST_FILTERS_H
#define TEST_FILTERS_H

#include "core/filter.h"
#include "schemas.h"
#include "tap.h"

static scim_schemas_t *schemas;

static inline scim_error_t *parse_bytes(scim_filter_t **filter, const char *text,
                                        apr_size_t length, const char *type,
                                        scim_leniency_t leniency)
{
    scim_reading_t reading = test_reading(schemas, type, leniency);

    return scim_filter_parse(filter, exact_bytes(text, length), length, &reading, tap_pool);
}

static inline scim_error_t *parse(scim_filter_t **filter, const char *text, const char *type)
{
    return parse_bytes(filter, text, strlen(text), type, 0);
}

/* The filter printed, or the detail of the error. */
static inline const char *parsed(const char *text, const char *type, scim_leniency_t leniency)
{
    scim_filter_t *filter;
    scim_error_t *error = parse_bytes(&filter, text, strlen(text), type, leniency);

    return error ? error->detail : scim_filter_print(filter, tap_pool);
}

static inline int same_value(const scim_value_t *a, const scim_value_t *b)
{
    return a->type == b->type && a->when == b->when && a->integer == b->integer
           && memcmp(&a->number, &b->number, sizeof(a->number)) == 0
           && (a->type != JSON_STRING
               || (strcmp(a->text, b->text) == 0 && strcmp(a->folded, b->folded) == 0));
}

static inline int same(const scim_filter_t *a, const scim_filter_t *b)
{
    int i;

    if (a->kind != b->kind || a->op != b->op || a->count != b->count
        || a->path.extension != b->path.extension || a->path.attribute != b->path.attribute
        || a->path.sub != b->path.sub || !same_value(&a->value, &b->value)) {
        return 0;
    }
    for (i = 0; i < a->count; i++) {
        if (!same(a->children[i], b->children[i])) {
            return 0;
        }
    }
    return 1;
}

/* The text as a test's name: on one line. */
static inline const char *shown(const char *text)
{
    char *name = apr_pstrdup(tap_pool, text), *at;

    for (at = name; *at; at++) {
        if ((unsigned char)*at < 0x20) {
            *at = ' ';
        }
    }
    return name;
}

static inline void reads_as(const char *text, const char *type, const char *canonical)
{
    if (is(parsed(text, type, 0), canonical, shown(text)) && strcmp(text, canonical) != 0) {
        is(parsed(canonical, type, 0), canonical, "... and that again");
    }
}

static inline void refuses(const char *text, const char *type, const char *part)
{
    scim_filter_t *filter = NULL;

    is_error(parse(&filter, text, type), 400, "invalidFilter", part, shown(text));
    if (filter) {
        ok(0, "the result is set only on success");
    }
}

#endif
