/*
 * body.h - reading request bodies.
 */
#ifndef SCIM_HTTPD_BODY_H
#define SCIM_HTTPD_BODY_H

#include <jansson.h>

#include "httpd/module.h"

/*
 * Checks media type and length, reads and parses the body: application/scim+json or
 * application/json with any parameters but a charset other than UTF-8, or no type at all; else
 * 415. More than `limit` bytes: 413, before reading when Content-Length says so. Chunked and
 * HTTP/2 bodies work. A body that breaks off: 400. JSON errors as scim_json_parse().
 *
 * *pool is for all that comes of the body, as long as the request lives: r->pool, or a pool
 * whose memory the connection does not keep for its next request.
 *
 * *filter_status is AP_FILTER_ERROR or another status when a filter has answered already:
 * return it from the handler and send nothing; the error is NULL then and *body too.
 */
scim_error_t *scim_body_read(json_t **body, apr_pool_t **pool, int *filter_status,
                             apr_int64_t limit, request_rec *r);

#endif
