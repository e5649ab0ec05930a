/*
 * overruled.h - Require lines that nobody would ask, since another module decides before them.
 *
 * mod_authz_svn with an access file does: what it grants is granted.
 */
#ifndef SCIM_ACCESS_OVERRULED_H
#define SCIM_ACCESS_OVERRULED_H

#include <httpd.h>
#include <http_config.h>

/* In check_config: NULL, or what is wrong with the first such line of ours in a sentence that
   begins with file and line. */
const char *scim_overruled_check(const ap_directive_t *tree, apr_pool_t *pool);

#endif
