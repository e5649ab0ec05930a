/*
 * members.h - memberships, as rows of scim_members: functions of scim_directory_provider_t.
 */
#ifndef SCIM_DBD_MEMBERS_H
#define SCIM_DBD_MEMBERS_H

#include "directory/dbd/records.h"

scim_error_t *scim_members_add(scim_session_t *session, const char *group,
                               const char *const *ids, int count, const char *const *types,
                               apr_int64_t *changed, apr_array_header_t *unknown,
                               apr_pool_t *pool);

scim_error_t *scim_members_hold(scim_session_t *session, const char *const *ids, int count,
                                apr_pool_t *pool);

scim_error_t *scim_members_remove(scim_session_t *session, const char *group,
                                  const char *const *ids, int count, apr_int64_t *changed,
                                  apr_pool_t *pool);

scim_error_t *scim_members_list(scim_session_t *session, const char *group, const char *after,
                                apr_int64_t count, scim_member_fn each, void *baton,
                                apr_pool_t *pool);

scim_error_t *scim_members_is(int *yes, scim_session_t *session, const char *group,
                              const char *member, apr_pool_t *pool);

#endif
