/*
 * sift.h - the candidates of a query, told by scim_query_t.sift as their rows come.
 *
 * What is left of a row that does not match is nothing, of one that does its id: the records
 * that are wanted are read once more, whole. So a look at thousands copies little, and the rows
 * need not come in the order of the list where a database has one in memory at a time.
 */
#ifndef SCIM_DBD_SIFT_H
#define SCIM_DBD_SIFT_H

#include "directory/dbd/pages.h"

/* What SELECTs for it bring. */
const char *scim_sift_columns(const scim_connection_t *connection);

/* What was found. */
typedef struct scim_sift_t {
    const scim_query_t *query;
    apr_array_header_t *kept; /* of those that may be wanted, by id; see sift.c */
    apr_int64_t passed;       /* how many match that are not wanted */
    apr_int64_t skipped;      /* how many of those come before the page */
    int open;                 /* there are some of which `matches` has to be asked */
    apr_pool_t *pool;
} scim_sift_t;

/*
 * Looks at all candidates of `pages`, whose columns are scim_sift_columns. 400 tooMany past
 * max_scan; the errors of `sift`.
 */
scim_error_t *scim_sift_look(scim_sift_t *sift, const scim_pages_t *pages, apr_pool_t *pool);

/*
 * Hands on, in the order of their ids, the records that match and were not passed: those of the
 * page or more, and all of them where the query has an order of its own.
 */
scim_error_t *scim_sift_fetch(scim_sift_t *sift, scim_session_t *session, scim_record_fn each,
                              void *baton);

#endif
