/*
 * multivalue.h - rules over all the values of a multi-valued attribute (RFC 7643 2.4). For
 * coerce.c and resource.c; see also scim_resource_demote().
 */
#ifndef SCIM_CORE_MULTIVALUE_H
#define SCIM_CORE_MULTIVALUE_H

#include "core/reading.h"

/*
 * Removes elements that an earlier one makes superfluous: same type and value, by the caseExact
 * of those, or, without a value, the same in all.
 */
void scim_multivalue_unique(json_t *values, const scim_attribute_t *attribute,
                            apr_pool_t *pool);

/* How many elements have primary true. */
int scim_multivalue_primaries(const json_t *values);

#endif
