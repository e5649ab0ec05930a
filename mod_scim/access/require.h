/*
 * require.h - Require scim-active, scim-user, scim-group, scim-role and scim-filter.
 *
 * They ask about whoever r->user is, by whatever module logged in. Only somebody active passes.
 * Below <RequireNone> and behind `not` it is the other way round: what would keep an active
 * person out keeps an inactive one out too. When the directory cannot be asked the answer is a
 * general error, which httpd turns into 500, also where it is negated.
 */
#ifndef SCIM_ACCESS_REQUIRE_H
#define SCIM_ACCESS_REQUIRE_H

#include <apr_pools.h>

/* Registers the providers. In register_hooks. */
void scim_require_register(apr_pool_t *pool);

#endif
