/*
 * remark.h - what the log is told once for each endpoint, however many requests bring it up:
 * once for all processes, until httpd is started again or restarted.
 */
#ifndef SCIM_HTTPD_REMARK_H
#define SCIM_HTTPD_REMARK_H

#include "httpd/config.h"

/* check_config: there is an endpoint with this base path. */
void scim_remark_expect(scim_server_config_t *server, const char *base_path, apr_pool_t *pconf);

/*
 * A hook of post_config: memory that all processes share. Where httpd's APR has none, each
 * child tells the log for itself.
 */
int scim_remark_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                            server_rec *server);

/* With ScimDialect auto: which client this one, named by its token's label, was taken for. */
void scim_remark_client(const scim_dialect_t *dialect, const char *client, request_rec *r);

/* What the service remarked: SCIM_REMARK_*, a set. */
void scim_remark_service(unsigned remarks, const char *client, request_rec *r);

#endif
