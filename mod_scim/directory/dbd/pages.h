/*
 * pages.h - the SELECT for a page of a query, or for candidates.
 *
 * The records of each type come in a leg of their own, ordered and limited by an index; so do,
 * behind or in front of them, those that have no value to be ordered by, since databases
 * disagree about the place of NULL. What the legs find is merged.
 */
#ifndef SCIM_DBD_PAGES_H
#define SCIM_DBD_PAGES_H

#include "directory/dbd/plan.h"
#include "directory/dbd/sorting.h"

/* What is wanted. */
typedef struct scim_pages_t {
    scim_session_t *session;
    const scim_query_t *query;     /* its parts */
    const scim_plan_t *plans;      /* one for each part */
    const scim_sorting_t *sorting; /* the same */
    int descending;
    const scim_position_t *after; /* in the order that `descending` gives; or NULL */
    const scim_position_t *before;
    int reversed;        /* from the end of that to the beginning */
    int ids;             /* the ids alone, instead of SCIM_RECORD_COLUMNS */
    const char *columns; /* instead of SCIM_RECORD_COLUMNS; or NULL */
    int unordered;       /* all of one part, as they are come upon; `after` and the like do not
                            count */
} scim_pages_t;

/* A statement with its values. */
typedef struct scim_statement_t {
    const char *sql;
    const char **args;
    int count;
} scim_statement_t;

/* `limit` records behind the first `offset` ones; sql NULL: there cannot be any. */
void scim_pages_select(scim_statement_t *statement, const scim_pages_t *pages,
                       apr_int64_t limit, apr_int64_t offset, apr_pool_t *pool);

/* How many records of one part there are. */
void scim_pages_count(scim_statement_t *statement, const scim_pages_t *pages, int part,
                      apr_pool_t *pool);

#endif
