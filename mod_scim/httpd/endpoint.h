/*
 * endpoint.h - the handler: routes, methods, and from an HTTP request to a call of the service.
 */
#ifndef SCIM_HTTPD_ENDPOINT_H
#define SCIM_HTTPD_ENDPOINT_H

#include "httpd/config.h"

/* The content handler; DECLINED for everything but `SetHandler scim`. */
int scim_endpoint_handler(request_rec *r);

/* translate_name and map_to_storage hooks: endpoint URIs never touch the file system. */
int scim_endpoint_translate(request_rec *r);
int scim_endpoint_map(request_rec *r);

/* 1 when the request's Location is an endpoint, before httpd has set r->handler too. */
int scim_endpoint_claims(request_rec *r);

/* The dialect of the request: the configured one, or that of the client it looks like. */
const scim_dialect_t *scim_endpoint_dialect(request_rec *r);

#endif
