/*
 * reply.h - sending replies and errors, httpd's own errors included.
 */
#ifndef SCIM_HTTPD_REPLY_H
#define SCIM_HTTPD_REPLY_H

#include "httpd/config.h"

/* Sends a reply; returns the handler's result. The media type is what Accept prefers, else the
   dialect's. */
int scim_reply_send(const scim_reply_t *reply, const scim_dialect_t *dialect, request_rec *r);

/* Sets Location; NULL sets nothing. Replies have theirs without this. */
void scim_reply_location(const char *location, request_rec *r);

/* Sends an error as a SCIM Error message and logs it; 503 carries Retry-After. Returns the
   handler's result (OK). */
int scim_reply_error(const scim_error_t *error, const scim_dialect_t *dialect, request_rec *r);

/* The length of a body that is made while it is sent. */
#define SCIM_LENGTH_UNKNOWN ((apr_off_t)-1)

/* The headers of a SCIM message with a body of `length` bytes; 0: there is no body. For the
 * error filter and reply.c. */
void scim_reply_headers(const scim_dialect_t *dialect, apr_off_t length, int status,
                        request_rec *r);

/* An insert_error_filter hook: errors that httpd itself makes inside an endpoint (limits,
   broken chunks, other modules' 401) become SCIM Error messages too. Not when an ErrorDocument
   applies. */
void scim_reply_insert_error_filter(request_rec *r);

/* Registers the filter. In register_hooks. */
void scim_reply_register(void);

#endif
