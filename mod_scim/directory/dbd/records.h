/*
 * records.h - records as rows of scim_resources.
 */
#ifndef SCIM_DBD_RECORDS_H
#define SCIM_DBD_RECORDS_H

#include "directory/dbd/places.h"
#include "directory/dbd/tables.h"

typedef struct scim_held_t scim_held_t;

/* What a provider's functions get: one unit of work in one directory. */
struct scim_session_t {
    scim_connection_t *connection;
    const scim_catalogue_t *catalogue;
    const scim_shelf_t *shelf;
    scim_places_t *places;
    const char *directory; /* its number */
    int writes;
    int depth; /* of nested parts */
    int left;  /* the savepoint of the last one, at depth 1, is still there */
    apr_pool_t *pool;
    apr_hash_t *complete; /* the indexes that are, as in shelf->indexes; NULL: not known yet */
    scim_held_t *held;    /* the record that it has read last to change it; or NULL */
};

/* The number of those who are in a group. No EXISTS: for many rows PostgreSQL would read all
   members first. */
#define SCIM_GROUPED_COLUMN                                                                    \
    "COALESCE((SELECT member_number FROM scim_members WHERE member_number = number LIMIT 1), " \
    "0)"

/* The columns of a SELECT from scim_resources whose rows scim_records_take() understands. */
#define SCIM_RECORD_HEAD                                                                       \
    "type, id, local_name, local_key, wire_key, external_id, active, deleted, version, "       \
    "created, modified, password, display, not_before"
#define SCIM_RECORD_COLUMNS SCIM_RECORD_HEAD ", " SCIM_GROUPED_COLUMN ", document"

/* ... and those of a SELECT whose rows are streamed to scim_records_view(). Where nobody is in
   a group that is found out once, not for each row. */
#define SCIM_VIEW_COLUMNS                                                                      \
    "id, version, created, modified, CASE WHEN EXISTS (SELECT 1 FROM scim_members) "           \
    "THEN " SCIM_GROUPED_COLUMN " ELSE 0 END, document"
#define SCIM_VIEW_NUMBERS 0x1eU

/* SCIM_RECORD_COLUMNS for rows that come all at once: long documents are left out, so that 256
   rows are 8 MiB. See scim_fetch_whole(). */
#define SCIM_SHORT_DOCUMENT "CASE WHEN OCTET_LENGTH(document) <= 32768 THEN document END"
#define SCIM_SHORT_COLUMNS SCIM_RECORD_HEAD ", " SCIM_GROUPED_COLUMN ", " SCIM_SHORT_DOCUMENT

/* SCIM_RECORD_HEAD for a query that is brief. */
#define SCIM_BRIEF_HEAD                                                                        \
    "type, id, NULL, NULL, NULL, NULL, 1, 0, version, created, modified, NULL, NULL, 0"

/* SCIM_GROUPED_COLUMN of a row that a unique index has found. */
const char *scim_records_grouped(const scim_session_t *session);

/* The record of a row, copied into `pool`. */
scim_record_t *scim_records_take(const char *const *values, apr_pool_t *pool);

/* A record that borrows from a row, with what clients see of it; `type` is its own. */
scim_record_t scim_records_view(const scim_cell_t *cells, const char *type);

/* The first record that the SELECT finds, or NULL. */
scim_error_t *scim_records_first(scim_record_t **record, scim_session_t *session,
                                 const char *sql, const char **args, int count,
                                 apr_pool_t *pool);

/* The same of a SELECT of SCIM_RECORD_COLUMNS and the number, whose row is the unit's own until
   it ends: what changes the record next need not look at it again. */
scim_error_t *scim_records_hold(scim_record_t **record, scim_session_t *session,
                                const char *sql, const char **args, int count,
                                apr_pool_t *pool);

scim_error_t *scim_records_insert(scim_session_t *session, const scim_record_t *record,
                                  scim_outcome_t *outcome, apr_pool_t *pool);

scim_error_t *scim_records_update(scim_session_t *session, const scim_record_t *record,
                                  apr_int64_t expected, scim_outcome_t *outcome,
                                  apr_pool_t *pool);

scim_error_t *scim_records_remove(scim_session_t *session, const char *type, const char *id,
                                  apr_int64_t expected, scim_outcome_t *outcome,
                                  apr_pool_t *pool);

scim_error_t *scim_records_touch(scim_session_t *session, const char *type, const char *id,
                                 apr_time_t modified, apr_int64_t *version,
                                 scim_outcome_t *outcome, apr_pool_t *pool);

#endif
