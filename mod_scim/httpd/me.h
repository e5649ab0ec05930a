/*
 * me.h - who may ask for /Me: people whom another module of httpd has logged in (ScimMe).
 *
 * They have no bearer token, and /Me is all that they can reach. It fails closed: without a
 * login that the section's Require demands, the request is one of a client without a token.
 */
#ifndef SCIM_HTTPD_ME_H
#define SCIM_HTTPD_ME_H

#include "httpd/route.h"

typedef enum scim_me_t { SCIM_ME_OFF, SCIM_ME_READ, SCIM_ME_WRITE } scim_me_t;

/* 1 when the request is for /Me, of somebody who has logged in. */
int scim_me_claims(const scim_dir_config_t *config, request_rec *r);

/* What takes the place of a token: named like the person, for nothing but people. */
const scim_bearer_token_t *scim_me_token(const scim_dir_config_t *config, request_rec *r);

/* Where the request leads; 405 when ScimMe does not allow its method. */
scim_error_t *scim_me_route(scim_target_t *target, const scim_dir_config_t *config,
                            const scim_schemas_t *schemas, request_rec *r);

#endif
