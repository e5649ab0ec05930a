/*
 * bearer.h - who is calling: bearer tokens (RFC 6750, RFC 7644 2).
 */
#ifndef SCIM_HTTPD_BEARER_H
#define SCIM_HTTPD_BEARER_H

#include "httpd/config.h"

/* Has OpenSSL look for SHA-256 once, and not for each request. */
void scim_bearer_child_init(apr_pool_t *pchild, server_rec *server);

/*
 * Checks the Authorization header against the endpoint's tokens, failing closed: no token
 * configured refuses everybody. All tokens are compared, in constant time. On success sets
 * r->user to the token's label, r->ap_auth_type to "Bearer" and *token. Otherwise 401 with
 * WWW-Authenticate set in err_headers_out (error="invalid_token" only when a token was sent)
 * and a log line at info with the reason and without the token. A token in the query string or
 * a form is not looked at.
 */
scim_error_t *scim_bearer_check(const scim_bearer_token_t **token, request_rec *r);

/* 403 with error="insufficient_scope" unless the token may do this. `needs`: SCIM_SCOPE_* bits.
 */
scim_error_t *scim_bearer_allow(const scim_bearer_token_t *token, unsigned needs,
                                request_rec *r);

#endif
