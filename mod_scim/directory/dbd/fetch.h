/*
 * fetch.h - records by their ids, in a given order.
 */
#ifndef SCIM_DBD_FETCH_H
#define SCIM_DBD_FETCH_H

#include "directory/dbd/records.h"

/* Rows in a first batch, rows in any, rows of SCIM_SHORT_COLUMNS in any, and bytes of documents
   that a batch is made for. */
#define SCIM_FIRST_BATCH 16
#define SCIM_MAX_BATCH 32
#define SCIM_SHORT_BATCH 256
#define SCIM_BATCH_BYTES (1024 * 1024)

/* How many more records may be read after `count` with so many bytes of documents. */
apr_int64_t scim_fetch_size(apr_size_t bytes, int count);

/* Hands the records with these ids to `each`, as they come; those that are gone are left out.
 */
scim_error_t *scim_fetch(scim_session_t *session, const char *const *ids, int count,
                         scim_record_fn each, void *baton, apr_pool_t *pool);

/* Hands on a record of SCIM_SHORT_COLUMNS, which is read now, into `pool`, if its document was
   left out. `scratch` is what `each` gets otherwise. */
scim_error_t *scim_fetch_whole(scim_session_t *session, const scim_record_t *record,
                               scim_record_fn each, void *baton, apr_pool_t *scratch,
                               apr_pool_t *pool);

#endif
