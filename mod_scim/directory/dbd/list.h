/*
 * list.h - answering scim_query_t in SQL.
 *
 * Where SQL can decide the filter and has the order, it counts and pages. Else every candidate
 * is looked at, so that the total is right, up to the query's max_scan: by scim_query_t.sift as
 * the rows come, if there is that, else one after the other in the order of the ids. When that
 * is not the order that is asked for, what matches is sorted afterwards.
 *
 * Rows are read a batch at a time where drivers keep all rows of a SELECT in memory.
 */
#ifndef SCIM_DBD_LIST_H
#define SCIM_DBD_LIST_H

#include "directory/dbd/records.h"

/* As scim_directory_provider_t.list. */
scim_error_t *scim_list_run(scim_session_t *session, const scim_query_t *query,
                            scim_record_fn each, void *baton, apr_int64_t *total,
                            apr_pool_t *pool);

#endif
