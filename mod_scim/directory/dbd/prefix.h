/*
 * prefix.h - all texts that begin with another one, as a range.
 */
#ifndef SCIM_DBD_PREFIX_H
#define SCIM_DBD_PREFIX_H

#include <apr_pools.h>

/*
 * The first text, in the order of code points, behind all that begin with `prefix`, which is
 * well-formed UTF-8; NULL when there is none.
 */
const char *scim_prefix_end(const char *prefix, apr_pool_t *pool);

#endif
