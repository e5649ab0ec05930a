/*
 * multivalue.h - rules over all the values of a multi-valued attribute (RFC 7643 2.4);
 * see also scim_resource_demote().
 */
#ifndef SCIM_CORE_MULTIVALUE_H
#define SCIM_CORE_MULTIVALUE_H

#include "core/reading.h"

/*
 * The type and value of an element, by the caseExact of those, or all of it when it has no
 * value: two elements with equal keys are the same value.
 */
const char *scim_multivalue_key(const json_t *element, const scim_attribute_t *attribute,
                                apr_pool_t *pool);

/*
 * 1 when it is plain to see that no two of these elements are the same value; 0 says nothing.
 */
int scim_multivalue_differ(const json_t *values);

/*
 * Removes elements that an earlier one makes superfluous: the same value.
 */
void scim_multivalue_unique(json_t *values, const scim_attribute_t *attribute,
                            apr_pool_t *pool);

/* 1 for an element that has but labels: type, primary, display. */
int scim_multivalue_hollow(const json_t *element);

/* How many elements have primary true. */
int scim_multivalue_primaries(const json_t *values);

#endif
