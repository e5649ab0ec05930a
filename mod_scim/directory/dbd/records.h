/*
 * records.h - records as rows of scim_resources.
 */
#ifndef SCIM_DBD_RECORDS_H
#define SCIM_DBD_RECORDS_H

#include "directory/dbd/connection.h"

/* What a provider's functions get: one unit of work in one directory. */
struct scim_session_t {
    scim_connection_t *connection;
    const char *directory; /* its number */
    int writes;
};

/* The columns of a SELECT whose rows scim_records_take() understands. */
#define SCIM_RECORD_COLUMNS                                                                    \
    "id, local_name, local_key, wire_key, external_id, active, deleted, version, created, "    \
    "modified, password, document"

/* The record of a row, copied into `pool`; `type` is borrowed. */
scim_record_t *scim_records_take(const char *const *values, const char *type, apr_pool_t *pool);

/* The first record that the SELECT finds, or NULL. */
scim_error_t *scim_records_first(scim_record_t **record, scim_session_t *session,
                                 const char *sql, const char **args, int count,
                                 const char *type, apr_pool_t *pool);

scim_error_t *scim_records_insert(scim_session_t *session, const scim_record_t *record,
                                  scim_outcome_t *outcome, apr_pool_t *pool);

scim_error_t *scim_records_update(scim_session_t *session, const scim_record_t *record,
                                  apr_int64_t expected, scim_outcome_t *outcome,
                                  apr_pool_t *pool);

scim_error_t *scim_records_remove(scim_session_t *session, const char *type, const char *id,
                                  apr_int64_t expected, scim_outcome_t *outcome,
                                  apr_pool_t *pool);

#endif
