/*
 * filling.h - making an index complete while others write.
 *
 * Whoever writes with the index writes its terms, so what is left are the records that were
 * there before. They are walked through by their numbers, some in each unit of work, which
 * notes how far it came; so the walk may be stopped anywhere. In the end the index is complete,
 * unless somebody wrote without it: a writer that does not know an index which is complete or
 * being filled ends that, in the unit of work that it writes in (scim_tables_forsake). What was
 * on the way when the filling began did not see that yet, and is waited for.
 */
#ifndef SCIM_DBD_FILLING_H
#define SCIM_DBD_FILLING_H

#include "directory/dbd/records.h"

/* Indexes of one type. */
typedef struct scim_filling_t {
    const char *type;
    apr_array_header_t *numbers; /* of const char *: theirs */
    const char *after;           /* the number of the last record that was written */
} scim_filling_t;

/* Begins, or finds out where to go on: the first unit of work, which writes. */
scim_error_t *scim_filling_begin(scim_filling_t *filling, scim_session_t *session,
                                 apr_pool_t *pool);

/* The second unit of work, which writes: nobody who wrote before that is still on the way. */
scim_error_t *scim_filling_wait(scim_session_t *session, apr_pool_t *pool);

/* Notes that all records up to the number are written. *going is 0 when somebody has written
   without the indexes, so that it has to begin anew. */
scim_error_t *scim_filling_note(int *going, const scim_filling_t *filling,
                                scim_session_t *session, const char *number, apr_pool_t *pool);

/* The last unit of work: the indexes are complete. *going as above. */
scim_error_t *scim_filling_end(int *going, const scim_filling_t *filling,
                               scim_session_t *session, apr_pool_t *pool);

#endif
