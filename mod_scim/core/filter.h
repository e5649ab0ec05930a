/*
 * filter.h - filters (RFC 7644 3.4.2.2): the parsed form, the parser, the printer.
 *
 * Precedence: brackets, not, and, or. Chains of and/or are one n-ary node. Besides the ABNF
 * these are understood, since real clients send them: extra blanks, `emails[type eq
 * "work"].value eq "x"` (both terms in one bracket), `not` without a parenthesis before a
 * comparison, no blank before an opening quote (as in an example of RFC 7644 3.5.2.2).
 */
#ifndef SCIM_CORE_FILTER_H
#define SCIM_CORE_FILTER_H

#include "core/literal.h"
#include "core/path.h"

typedef enum scim_operator_t {
    SCIM_EQ,
    SCIM_NE,
    SCIM_CO,
    SCIM_SW,
    SCIM_EW,
    SCIM_GT,
    SCIM_GE,
    SCIM_LT,
    SCIM_LE,
    SCIM_PR
} scim_operator_t;

typedef enum scim_filter_kind_t {
    SCIM_FILTER_COMPARE,    /* path, op, value */
    SCIM_FILTER_AND,        /* children, two or more */
    SCIM_FILTER_OR,         /* children, two or more */
    SCIM_FILTER_NOT,        /* children[0] */
    SCIM_FILTER_VALUE,      /* path [ children[0] ]: one element must match all of it. Inside,
                               `path.attribute` is the one before the bracket, `path.sub` what is
                               compared; without `sub` the element itself, which is simple */
    SCIM_FILTER_LOCAL_NAME, /* value.text is a folded local name: the record's local_key is
                              that. Never parsed: made from `userName eq` by the service */
    SCIM_FILTER_HAS_MEMBER, /* value.text is an id, in lower case: that is a direct member of
                               the record, a group. Made from `members.value eq` */
    SCIM_FILTER_MEMBER_OF   /* value.text is the id of a group, in lower case: the record is in
                               it, directly or through other groups, as its `groups` say. Made
                               from `groups.value eq` */
} scim_filter_kind_t;

struct scim_filter_t {
    scim_filter_kind_t kind;
    scim_path_t path;
    scim_operator_t op;
    scim_value_t value;
    const scim_filter_t *const *children;
    int count;
};

/*
 * Parses exactly `length` bytes. 400 invalidFilter, saying what was found at which character
 * and what was expected, for: bad syntax, an unknown operator ("The operator 'regex' is not
 * supported"), an unknown attribute, an order operator on a boolean or binary attribute, a
 * literal that the attribute's type cannot be compared with, co/sw/ew on anything but text, a
 * comparison of a complex attribute without "value" sub-attribute (with it, that is meant:
 * emails co "x"), limits of limits.h passed. In a query over all types (reading->all_types)
 * names that reading->type has not got are taken; where it is NULL none is looked up. An
 * attribute with returned "never" (password) cannot be filtered on: that would answer guesses.
 */
scim_error_t *scim_filter_parse(scim_filter_t **filter, const char *text, apr_size_t length,
                                const scim_reading_t *reading, apr_pool_t *pool);

/*
 * The inside of brackets, for paths: parses from `text` up to the closing bracket of
 * sub-attributes of `parent` and sets *used to the bytes before the bracket. Positions in
 * errors count from `start`, which is `text` or stands before it; errors carry `type`.
 */
scim_error_t *scim_filter_parse_value(scim_filter_t **filter, apr_size_t *used,
                                      const char *text, apr_size_t length,
                                      const scim_attribute_t *parent,
                                      const scim_reading_t *reading, const char *start,
                                      const char *type, apr_pool_t *pool);

/*
 * The filter as text with the fewest parentheses that RFC 7644's grammar allows (`not` always
 * has some); parsing that gives the same filter. Kinds that are never parsed have no text of
 * their own: they are printed as the comparison they were made from.
 */
const char *scim_filter_print(const scim_filter_t *filter, apr_pool_t *pool);

/* The same for a filter that stands in brackets: its paths are printed as sub-attributes. */
const char *scim_filter_print_value(const scim_filter_t *filter, apr_pool_t *pool);

/* The number of comparisons in it. */
int scim_filter_terms(const scim_filter_t *filter);

/* The operator's keyword. */
const char *scim_operator_name(scim_operator_t op);

#endif
