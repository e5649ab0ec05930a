/*
 * username.h - wire names and local names.
 *
 * The wire name is userName as the client sends it, and what answers carry. The local name is
 * what the rewrite rules make of it: what access control compares with and what has to be
 * unique.
 */
#ifndef SCIM_SERVICE_USERNAME_H
#define SCIM_SERVICE_USERNAME_H

#include "service/policy.h"

/*
 * Compiles one rule: a regular expression (PCRE2, matched once, anywhere unless anchored,
 * without regard to case) and a replacement of the matched part with $0 to $9, $$ for a dollar.
 * Returns NULL, or a sentence for the administrator: bad expression, or a $n beyond the groups.
 */
const char *scim_rewrite_compile(const scim_rewrite_t **rewrite, const char *expression,
                                 const char *replacement, apr_pool_t *pool);

/* 400 invalidValue for a name that is empty (by what folding leaves of it) or longer than 255
   bytes; `what` says whose it is. */
scim_error_t *scim_username_check(const char *what, const char *name, apr_pool_t *pool);

/*
 * The local name of a wire name: every rule of the policy in order, each on the result of the
 * one before. 400 invalidValue when a rule leaves an empty name, runs past its match limit, or
 * the name is longer than 255 bytes.
 */
scim_error_t *scim_username_local(const char **local, const char *wire,
                                  const scim_policy_t *policy, apr_pool_t *pool);

/*
 * The filter with every `userName eq "X"` (and ne) replaced by a comparison of the local name
 * with X rewritten, so that a person is found under any wire name that leads to them. A name
 * that leads to no local name finds nobody.
 */
const scim_filter_t *scim_username_filter(const scim_filter_t *filter,
                                          const scim_policy_t *policy, apr_pool_t *pool);

#endif
