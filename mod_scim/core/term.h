/*
 * term.h - keys: values in a form whose bytes compare as the values do.
 *
 * Indexes, sort orders and cursors all compare keys, so that a value has one order everywhere.
 * The key of a value is
 * - of text, its Unicode folding, or the text itself where the attribute compares exactly;
 * - of a dateTime, the instant in microseconds, in digits of one width;
 * - of an integer or decimal, 16 hexadecimal digits whose order is that of the numbers;
 * - of a boolean, "0" or "1".
 * It is cut to at most SCIM_MAX_KEY bytes, in a way that keeps the order.
 */
#ifndef SCIM_CORE_TERM_H
#define SCIM_CORE_TERM_H

#include "core/filter.h"

/*
 * The key of one value (no array, no object) of an attribute that is not complex. NULL for an
 * unassigned value or one that is not of the attribute's type.
 */
const char *scim_term_key(const scim_attribute_t *attribute, const json_t *value,
                          apr_pool_t *pool);

/* The key of a moment: what a dateTime attribute with all its microseconds has. */
const char *scim_term_instant(apr_time_t when, apr_pool_t *pool);

/* The key of a filter's literal for this attribute, comparable with those of its values. NULL
   when it has none: 1.5 for an integer. */
const char *scim_term_literal(const scim_attribute_t *attribute, const scim_value_t *value,
                              apr_pool_t *pool);

/* 1 when a key was cut, so that equal keys may stand for different values. */
int scim_term_is_cut(const char *key);

/*
 * The key that a resource is sorted by (RFC 7644 3.4.2.3): of a multi-valued attribute the
 * primary value's or else the first one's; of a complex one without sub-attribute its "value".
 * NULL: none.
 */
const char *scim_term_order(const scim_path_t *path, const json_t *resource, apr_pool_t *pool);

/* An indexed attribute. */
typedef struct scim_indexed_t {
    const char *type;      /* the resource type's name */
    const char *attribute; /* in full notation: the name of its terms */
    const scim_path_t *path;
} scim_indexed_t;

/*
 * All terms of a resource: each value of each attribute of `indexed` (of scim_indexed_t) of
 * this type, no term twice. *count is how many; the array is in `pool`.
 */
const scim_term_t *scim_term_all(int *count, const apr_array_header_t *indexed,
                                 const char *type, const json_t *resource, apr_pool_t *pool);

#endif
