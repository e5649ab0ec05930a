/*
 * change.h - changing a stored resource: what PUT and PATCH have in common.
 */
#ifndef SCIM_SERVICE_CHANGE_H
#define SCIM_SERVICE_CHANGE_H

#include "service/call.h"
#include "service/members.h"
#include "service/password.h"

/* A change that a client asks for. */
typedef struct scim_edit_t {
    /* Makes of `stored` what the client wants it to become, both canonical and without members.
       May be asked again. */
    scim_error_t *(*apply)(json_t **wanted, const json_t *stored, void *baton,
                           const scim_call_t *call, apr_pool_t *pool);
    void *baton;
    const scim_password_t *password; /* what becomes of a person's password */
    const scim_members_t *members;   /* what becomes of a group's members; NULL: nothing */
    int brief; /* 1: the reply shows the resource only if attributes were asked for */
} scim_edit_t;

/*
 * Loads the resource, checks preconditions, lets the edit make the wanted resource, applies the
 * policy, stores the outcome if it differs, changes members, and replies 200 with the resource
 * as it then is, or 204. One unit of work; when another writer was faster, all of it is done
 * again on the newer version (412 if the request has an If-Match for the older one).
 */
scim_error_t *scim_change_run(scim_reply_t *reply, scim_call_t *call, const char *id,
                              const scim_edit_t *edit);

#endif
