/*
 * terms.h - the values of indexed attributes, as rows of scim_terms.
 *
 * Terms of attributes that the directory was not opened with are left out. An index can answer
 * queries while it is complete. It is made complete, empty, with its directory; an attribute
 * that is indexed later is not, until all records of its type were written with their terms
 * once more (scim_records_update() sees to what is missing) and scim_terms_complete() was
 * called in the same unit of work.
 *
 * Of an attribute that has one value at most, records without one have a row too, in an index
 * of those: their ids, so that a list that is sorted by the attribute finds them in order.
 */
#ifndef SCIM_DBD_TERMS_H
#define SCIM_DBD_TERMS_H

#include "directory/dbd/records.h"

/* What scim_indexes.complete says. */
enum {
    SCIM_TERMS_PARTIAL = 0,  /* queries do without it */
    SCIM_TERMS_COMPLETE = 1, /* ... use it */
    SCIM_TERMS_FILLING = 2   /* ... do without it, but it is going to be complete; filling.h */
};

/* The terms that a record has in the database. */
typedef struct scim_term_rows_t scim_term_rows_t;

scim_term_rows_t *scim_terms_none(apr_pool_t *pool);

/* One more of them. */
void scim_terms_take(scim_term_rows_t *rows, const char *index, const char *term);

/* The index of the records that have no term in this one. */
const char *scim_terms_absent(const char *index, apr_pool_t *pool);

/* Makes a new record, by this INSERT, with its terms. *made is 0 when a key of it is taken. */
scim_error_t *scim_terms_add(int *made, scim_session_t *session, const scim_record_t *record,
                             const apr_array_header_t *args, const char *insert,
                             apr_pool_t *pool);

/* Writes what differs from the rows of the resource with this number. */
scim_error_t *scim_terms_replace(scim_session_t *session, const scim_record_t *record,
                                 const char *number, const scim_term_rows_t *rows,
                                 apr_pool_t *pool);

/* Of complete indexes alone: how many rows of the record are not among these, and how many of
   these are not the record's. */
scim_error_t *scim_terms_compare(int *missing, int *surplus, scim_session_t *session,
                                 const scim_record_t *record, const scim_term_rows_t *rows,
                                 apr_pool_t *pool);

/*
 * The number of the index for an attribute, if queries may use it now, else NULL. Looked up
 * once for each session.
 */
scim_error_t *scim_terms_index(const char **index, scim_session_t *session, const char *type,
                               const char *attribute, apr_pool_t *pool);

/* Every record of the type was written: its index for the attribute is complete. */
scim_error_t *scim_terms_complete(scim_session_t *session, const char *type,
                                  const char *attribute, apr_pool_t *pool);

#endif
