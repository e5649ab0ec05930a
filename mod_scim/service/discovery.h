/*
 * discovery.h - /ServiceProviderConfig, /ResourceTypes and /Schemas (RFC 7644 4, RFC 7643 5 to
 * 7).
 *
 * `name` is the last part of the path ("User", a schema's URN) or NULL for all of them as a
 * ListResponse. 404 for an unknown name; 403 when a filter was sent (RFC 7644 4).
 */
#ifndef SCIM_SERVICE_DISCOVERY_H
#define SCIM_SERVICE_DISCOVERY_H

#include "service/call.h"

/* Advertises what works, and nothing else. */
scim_error_t *scim_discovery_config(scim_reply_t *reply, scim_call_t *call);

scim_error_t *scim_discovery_types(scim_reply_t *reply, scim_call_t *call, const char *name);

scim_error_t *scim_discovery_schemas(scim_reply_t *reply, scim_call_t *call, const char *name);

#endif
