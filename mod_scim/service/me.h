/*
 * me.h - /Me: operations of a person on the resource that is themself (RFC 7644 3.11).
 *
 * Who that is, call->self says: a name that the person has logged in with, which is compared
 * with local names. Somebody unknown is answered 404, and somebody who is inactive 403.
 * Replies carry the permanent location, and so do errors.
 */
#ifndef SCIM_SERVICE_ME_H
#define SCIM_SERVICE_ME_H

#include "service/call.h"

/* Says where the person is in the reply to a request that was refused before it was run. */
void scim_me_locate(scim_reply_t *reply, scim_call_t *call);

scim_error_t *scim_me_read(scim_reply_t *reply, scim_call_t *call);

scim_error_t *scim_me_replace(scim_reply_t *reply, scim_call_t *call, const json_t *body);

scim_error_t *scim_me_patch(scim_reply_t *reply, scim_call_t *call, const json_t *body);

/*
 * 403 naming the attribute when a person would change what is not for them to decide: who they
 * are here and where they log in (`matched`, as in scim_service_t), what they may do, and all
 * that extensions have.
 */
scim_error_t *scim_me_check(const json_t *stored, const json_t *wanted,
                            const apr_array_header_t *matched, apr_pool_t *pool);

#endif
