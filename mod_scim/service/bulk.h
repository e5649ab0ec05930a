/*
 * bulk.h - many operations in one request (RFC 7644 3.7).
 *
 * The whole request is one unit of work, and each operation a part of it that is undone alone
 * when it fails. So a thousand creations cost one commit, and when the unit itself fails (503)
 * nothing of it is kept.
 *
 * Operations are done in the order of the request, but a POST is brought forward when an
 * operation in front of it refers to its bulkId. POSTs that refer to each other in a circle are
 * done together: first without the references that cannot be known yet, which are then added;
 * all of them fail when one of them does.
 */
#ifndef SCIM_SERVICE_BULK_H
#define SCIM_SERVICE_BULK_H

#include "service/call.h"

/*
 * POST /Bulk. 200 with a BulkResponse, which has the operations in the order of the request;
 * those not done because of failOnErrors are left out. 400 invalidSyntax for what is no
 * BulkRequest, 400 invalidValue when two POSTs have the same bulkId, 413 for more operations
 * than the limit, 503. call->type is not looked at; resources of kinds in call->hidden are not
 * for this client.
 */
scim_error_t *scim_call_bulk(scim_reply_t *reply, scim_call_t *call, const json_t *body);

#endif
