/*
 * memory_list.h - answering scim_query_t in memory: every record is looked at.
 */
#ifndef SCIM_MEMORY_LIST_H
#define SCIM_MEMORY_LIST_H

#include "directory/memory_world.h"

/* As scim_directory_provider_t.list. */
scim_error_t *scim_memory_list(scim_session_t *session, const scim_query_t *query,
                               scim_record_fn each, void *baton, apr_int64_t *total,
                               apr_pool_t *pool);

#endif
