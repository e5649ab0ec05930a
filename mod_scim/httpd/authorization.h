/*
 * authorization.h - the Authorization header: finding a bearer token in it (RFC 6750 2.1).
 *
 * Pure text handling, without httpd.
 */
#ifndef SCIM_HTTPD_AUTHORIZATION_H
#define SCIM_HTTPD_AUTHORIZATION_H

#include <apr.h>

typedef enum scim_authorization_t {
    SCIM_AUTHORIZATION_NONE,      /* no header, or the scheme alone */
    SCIM_AUTHORIZATION_OTHER,     /* one of another scheme */
    SCIM_AUTHORIZATION_MALFORMED, /* bearer, with anything but one token behind it */
    SCIM_AUTHORIZATION_TOKEN
} scim_authorization_t;

/*
 * Reads an Authorization header of `length` bytes, NULL for one that was not sent. With
 * SCIM_AUTHORIZATION_TOKEN, *token is where the token stands in it and *token_length how long
 * it is; otherwise neither is set. Two headers arrive joined by a comma, which no token can
 * hold, so they are malformed.
 */
scim_authorization_t scim_authorization_read(const char **token, apr_size_t *token_length,
                                             const char *header, apr_size_t length);

#endif
