/*
 * change.h - changing a stored resource: what PUT and PATCH have in common.
 */
#ifndef SCIM_SERVICE_CHANGE_H
#define SCIM_SERVICE_CHANGE_H

#include "service/call.h"

/* Makes of `stored` what the client wants it to become, both canonical. May be asked again. */
typedef scim_error_t *(*scim_change_fn)(json_t **wanted, const json_t *stored, void *baton,
                                        const scim_call_t *call, apr_pool_t *pool);

/*
 * Loads the resource, checks preconditions, lets `change` make the wanted resource, applies the
 * policy, stores the outcome if it differs, and replies 200 with the resource as it then is.
 * One unit of work; when another writer was faster, all of it is done again on the newer
 * version (412 if the request has an If-Match for the older one).
 */
scim_error_t *scim_change_run(scim_reply_t *reply, scim_call_t *call, const char *id,
                              scim_change_fn change, void *baton);

#endif
