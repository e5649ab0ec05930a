/*
 * values.h - what a resource has at a path, as text.
 */
#ifndef SCIM_CORE_VALUES_H
#define SCIM_CORE_VALUES_H

#include "core/path.h"

/*
 * The values (const char *) that a canonical resource has at the path: text as it is, numbers
 * and booleans as in JSON; of complex values their "value" sub-attribute, unless the path
 * names another. Those that the path's filter does not match are left out. They are copied to
 * `pool`.
 */
apr_array_header_t *scim_values_of(const json_t *resource, const scim_path_t *path,
                                   apr_pool_t *pool);

#endif
