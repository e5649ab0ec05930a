/*
 * walk.h - a walk over the records that a SELECT finds, a batch at a time.
 */
#ifndef SCIM_DBD_WALK_H
#define SCIM_DBD_WALK_H

#include "core/uuid.h"
#include "directory/dbd/pages.h"

typedef struct scim_walk_t {
    scim_pages_t pages;
    scim_position_t last; /* by id, batches go on behind this one, others behind so many rows */
    char last_id[SCIM_ID_LENGTH + 1];
    apr_int64_t offset; /* of the next batch */
    apr_int64_t size;   /* ... and how many records it is for */
    int is_short;       /* long documents are not in it */
    int ended;          /* there are no more */
    apr_pool_t *batch;
} scim_walk_t;

/* A walk that begins `offset` records behind where `pages` do. `batch` has each batch in turn
   and is cleared between them; the walk itself must stay where it is. */
void scim_walk_start(scim_walk_t *walk, const scim_pages_t *pages, apr_int64_t offset,
                     apr_pool_t *batch);

/* Reads the next batch, of at most `most` records (scim_record_t *); sets walk->ended with the
   last one. They live until the next batch is read. */
scim_error_t *scim_walk_read(const apr_array_header_t **records, scim_walk_t *walk,
                             apr_int64_t most);

#endif
