/*
 * comparison.h - one value against the literal of a filter, as match.h has it.
 */
#ifndef SCIM_CORE_COMPARISON_H
#define SCIM_CORE_COMPARISON_H

#include "core/filter.h"

/* eq, gt, ge, lt, le, of what compares with the literal as `difference` does with 0; others do
   not hold. */
int scim_comparison_order(scim_operator_t op, int difference);

/* Any operator but ne and pr, on text: folded already, unless it compares exactly. */
int scim_comparison_text(scim_operator_t op, const char *text, apr_size_t length,
                         const scim_value_t *literal);

/* A number of JSON; integers compare as such where the attribute has them. */
int scim_comparison_number(scim_operator_t op, const json_t *number,
                           const scim_attribute_t *attribute, const scim_value_t *literal);

int scim_comparison_time(scim_operator_t op, apr_time_t when, const scim_value_t *literal);

/* A value that is not there. RFC 7643 2.4: `primary` is false then. */
int scim_comparison_absent(const scim_attribute_t *attribute, const scim_value_t *literal);

#endif
