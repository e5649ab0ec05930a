/*
 * condition.h - the filter of `Require scim-filter`: a SCIM filter (RFC 7644 3.4.2.2) on the
 * person who is logged in, whose texts may have httpd's expressions in them:
 *
 *     emails.value eq "%{SSL_CLIENT_S_DN_Email}"
 *
 * What an expression comes to is part of that text and never of the filter.
 */
#ifndef SCIM_ACCESS_CONDITION_H
#define SCIM_ACCESS_CONDITION_H

#include "httpd/config.h"

typedef struct scim_condition_t scim_condition_t;

/* In a setter: the condition that the text says. Returns NULL, or what is wrong; what depends
   on schemas is looked at when all are known. */
const char *scim_condition_read(scim_condition_t **condition, const char *text, cmd_parms *cmd);

/* The filter for one request, in r->pool; NULL when an expression comes to nothing, so that
   nobody is meant. */
scim_error_t *scim_condition_filter(const scim_filter_t **filter,
                                    const scim_condition_t *condition,
                                    const scim_resource_type_t *type, request_rec *r);

#endif
