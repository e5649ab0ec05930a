/*
 * pending.h - what the configuration says about attributes, to be looked at when all schemas
 * are known.
 *
 * ScimSchema lines may stand behind those that use their attributes. What .htaccess files say
 * comes when everything is known, and is looked at at once.
 */
#ifndef SCIM_ACCESS_PENDING_H
#define SCIM_ACCESS_PENDING_H

#include "httpd/config.h"

/* Returns NULL, or what is wrong, without the directive's name. */
typedef const char *(*scim_pending_fn)(void *baton, const scim_server_config_t *server,
                                       apr_pool_t *pool);

/* A hook of pre_config: a new configuration begins. */
int scim_pending_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* In a setter: has it looked at, later or now. Returns what is wrong for the setter to return,
   or NULL. `baton` lives as long as cmd->pool. */
const char *scim_pending_look(cmd_parms *cmd, scim_pending_fn look, void *baton);

/* In check_config: looks at all of them. Returns NULL, or the first that is wrong in a sentence
   that begins with file and line. */
const char *scim_pending_check(const scim_server_config_t *server, apr_pool_t *pool);

#endif
