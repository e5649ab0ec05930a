/*
 * list.h - answering scim_query_t in SQL.
 *
 * Rows are read a batch at a time, each batch continuing behind the last id, since drivers keep
 * all rows of a SELECT in memory. A filter that SQL can decide is counted and paged by SQL; of
 * any other, every candidate is looked at, so that the total is right, up to the query's
 * max_scan.
 */
#ifndef SCIM_DBD_LIST_H
#define SCIM_DBD_LIST_H

#include "directory/dbd/records.h"

/* As scim_directory_provider_t.list. */
scim_error_t *scim_list_run(scim_session_t *session, const scim_query_t *query,
                            scim_record_fn each, void *baton, apr_int64_t *total,
                            apr_pool_t *pool);

#endif
