/*
 * audit.h - does what is stored hang together? For programs that look after a database.
 *
 * The functions are for a unit of work, and see one state of the database in one that reads.
 * What repairs needs one that writes.
 */
#ifndef SCIM_DBD_AUDIT_H
#define SCIM_DBD_AUDIT_H

#include "directory/dbd/records.h"

/* A record, and what other tables call it. */
typedef struct scim_numbered_t {
    const char *number; /* as text */
    scim_record_t *record;
} scim_numbered_t;

/*
 * The next `count` records of the directory (deleted ones too) behind the number `after`, in
 * the order of their numbers: whatever was there when the walk began comes by. `type` may be
 * NULL. In a unit that writes they stay as they are until it ends. *records is of
 * scim_numbered_t.
 */
scim_error_t *scim_audit_walk(apr_array_header_t **records, scim_session_t *session,
                              const char *type, const char *after, int count, apr_pool_t *pool);

/* The number of the record with this id, deleted or not; NULL: there is none. */
scim_error_t *scim_audit_number(const char **number, scim_session_t *session, const char *id,
                                apr_pool_t *pool);

/* How many terms of complete indexes the record lacks, and has that are not its own. */
scim_error_t *scim_audit_terms(int *missing, int *surplus, scim_session_t *session,
                               const scim_numbered_t *numbered, apr_pool_t *pool);

/* Writes the record's terms anew, and nothing else. The unit of work has read the record. */
scim_error_t *scim_audit_index(scim_session_t *session, const scim_numbered_t *numbered,
                               apr_pool_t *pool);

/*
 * Writes the record's columns and terms anew, without another version. SCIM_TAKEN when another
 * record has the local_key.
 */
scim_error_t *scim_audit_mend(scim_outcome_t *outcome, scim_session_t *session,
                              const scim_numbered_t *numbered, apr_pool_t *pool);

/* How many resources of a type there are, and how many scim_totals says there are. */
typedef struct scim_total_t {
    const char *type;
    apr_int64_t counted;
    apr_int64_t noted;
} scim_total_t;

/* *totals is of scim_total_t: each type of which there are or should be some. */
scim_error_t *scim_audit_totals(apr_array_header_t **totals, scim_session_t *session,
                                apr_pool_t *pool);

/* Counts a type anew, while no writer can be on the way. */
scim_error_t *scim_audit_recount(scim_session_t *session, const char *type, apr_pool_t *pool);

/* A membership that is wrong. */
typedef struct scim_stray_t {
    const char *group;  /* its id; NULL: there is no such group */
    const char *member; /* the id that is noted */
    const char *wrong;  /* a sentence's end, on the member */
} scim_stray_t;

/* *strays is of scim_stray_t: `most` at most. */
scim_error_t *scim_audit_members(apr_array_header_t **strays, scim_session_t *session, int most,
                                 apr_pool_t *pool);

/* Takes memberships of what does not exist or is deleted away, and puts the others right. */
scim_error_t *scim_audit_mend_members(scim_session_t *session, apr_pool_t *pool);

/* Terms, in the whole database, of resources or indexes that do not exist. */
scim_error_t *scim_audit_orphans(apr_int64_t *count, scim_session_t *session, apr_pool_t *pool);
scim_error_t *scim_audit_mend_orphans(scim_session_t *session, apr_pool_t *pool);

#endif
