/*
 * members.h - changing who belongs to a group.
 *
 * Members are never part of a stored document. What a message says of them is taken out of it
 * and becomes steps: rows are added and removed, and the list is not loaded, however long.
 */
#ifndef SCIM_SERVICE_MEMBERS_H
#define SCIM_SERVICE_MEMBERS_H

#include "core/patch.h"
#include "service/call.h"

/* What is to become of a group's members: steps in order. */
typedef struct scim_members_t scim_members_t;

/*
 * Takes the members out of a resource as it was sent: *rest is it without them. When it
 * replaces another (PUT), the members sent are all there shall be, and none when none were
 * sent. *members is NULL for types that have none. 400 invalidValue for what is no list of
 * members.
 */
scim_error_t *scim_members_take(scim_members_t **members, const json_t **rest,
                                const json_t *sent, int replacing, const scim_call_t *call);

/*
 * Takes the operations on members out of a patch. *members is NULL when there are none. Errors
 * as scim_patch_apply() has them.
 */
scim_error_t *scim_members_split(scim_members_t **members, scim_patch_t *patch,
                                 const scim_call_t *call);

/* Before the group is read that the steps are for: keeps those who may be added as they are. */
scim_error_t *scim_members_prepare(const scim_members_t *members, scim_session_t *session,
                                   const char *group, const scim_call_t *call,
                                   apr_pool_t *pool);

/*
 * Runs the steps on a group, if any; *changed is how many memberships began and ended; those
 * that are as they were, though one step ended and another began them, do not count, if there
 * are not too many to look at. 400 invalidValue for ids that no user and no group
 * has (with SCIM_LENIENT_STRANGERS they are noted and skipped) and for the group itself; 400
 * tooMany when filters would have to look at more members than SCIM_MAX_PATCH_WORK allows, each
 * counted as often as its filter has comparisons.
 */
scim_error_t *scim_members_apply(apr_int64_t *changed, const scim_members_t *members,
                                 scim_session_t *session, const char *group,
                                 const scim_call_t *call, apr_pool_t *pool);

#endif
