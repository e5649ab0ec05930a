/*
 * token.h - the ScimBearerToken directive.
 */
#ifndef SCIM_HTTPD_TOKEN_H
#define SCIM_HTTPD_TOKEN_H

#include "httpd/config.h"

/*
 * ScimBearerToken label secret [scope=...] [expires=...]: a RAW_ARGS setter. Adds a
 * scim_bearer_token_t to the section's list. Its sentences never repeat the label or the
 * secret, which may stand in each other's place.
 */
const char *scim_bearer_token_set(cmd_parms *cmd, void *config, const char *args);

#endif
