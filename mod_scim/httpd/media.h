/*
 * media.h - media types: what a client accepts, and what it says it sends.
 *
 * Pure text handling, without httpd.
 */
#ifndef SCIM_HTTPD_MEDIA_H
#define SCIM_HTTPD_MEDIA_H

#include "mod_scim.h"

#define SCIM_MEDIA_SCIM "application/scim+json"
#define SCIM_MEDIA_JSON "application/json"

/*
 * The media type to answer in: the one that an Accept header of `length` bytes prefers (RFC
 * 7231 5.3.2). When it prefers neither, or is not there (NULL), application/json with `plain`,
 * else application/scim+json; the same when it accepts neither, for an answer in the wrong type
 * helps more than none (RFC 7231 6.5.6 allows it).
 */
const char *scim_media_choose(const char *accept, apr_size_t length, int plain);

/*
 * Checks a Content-Type of `length` bytes: application/scim+json or application/json with any
 * parameters, but UTF-8 if there is a charset. NULL (not sent) and blank are fine. 415 naming
 * the type otherwise.
 */
scim_error_t *scim_media_check(const char *type, apr_size_t length, apr_pool_t *pool);

#endif
