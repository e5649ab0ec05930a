/*
 * groups.h - the groups of people: a function of scim_directory_provider_t.
 */
#ifndef SCIM_DBD_GROUPS_H
#define SCIM_DBD_GROUPS_H

#include "directory/dbd/records.h"

scim_error_t *scim_groups_of(scim_session_t *session, const apr_int64_t *members, int count,
                             scim_member_fn each, void *baton, apr_pool_t *pool);

#endif
