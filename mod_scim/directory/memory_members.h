/*
 * memory_members.h - memberships in memory: functions of scim_directory_provider_t.
 */
#ifndef SCIM_MEMORY_MEMBERS_H
#define SCIM_MEMORY_MEMBERS_H

#include "directory/memory_world.h"

scim_error_t *scim_memory_add_members(scim_session_t *session, const char *group,
                                      const char *const *ids, int count,
                                      const char *const *types, apr_int64_t *changed,
                                      apr_array_header_t *unknown, apr_pool_t *pool);

scim_error_t *scim_memory_remove_members(scim_session_t *session, const char *group,
                                         const char *const *ids, int count,
                                         apr_int64_t *changed, apr_pool_t *pool);

scim_error_t *scim_memory_members(scim_session_t *session, const char *group, const char *after,
                                  apr_int64_t count, scim_member_fn each, void *baton,
                                  apr_pool_t *pool);

scim_error_t *scim_memory_groups_of(scim_session_t *session, const apr_int64_t *members,
                                    int count, scim_member_fn each, void *baton,
                                    apr_pool_t *pool);

scim_error_t *scim_memory_is_member(int *yes, scim_session_t *session, const char *group,
                                    const char *member, apr_pool_t *pool);

/* Gives every group that has the member a new version. */
void scim_memory_touch_groups(const directory_t *directory, const char *member,
                              apr_time_t modified);

/* Ends all memberships of a record, as a member and as a group. */
void scim_memory_end_memberships(world_t *world, const char *id);

#endif
