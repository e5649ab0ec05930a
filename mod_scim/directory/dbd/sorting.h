/*
 * sorting.h - orders that SQL can do: by a column, or by the terms of a complete index.
 */
#ifndef SCIM_DBD_SORTING_H
#define SCIM_DBD_SORTING_H

#include "directory/dbd/records.h"

/* How the records of one type are sorted. */
typedef struct scim_sorting_t {
    const char *column; /* "id", or what comes before the id */
    int by_id;          /* it is the id */
    const char *terms;  /* the column is `term` of the index with this number; or NULL */
    const char *absent; /* the index of those that have no term there */
    scim_index_t index; /* the one that has the order, unless it is `terms` */
    int nullable;       /* there are records without: they come in a leg of their own */
    int is_time;        /* microseconds, not text */
} scim_sorting_t;

/*
 * Sets *possible, and if it is 1 an array with an entry for each of the query's parts; without
 * an order that is by id.
 */
scim_error_t *scim_sorting_find(const scim_sorting_t **sorting, int *possible,
                                scim_session_t *session, const scim_query_t *query,
                                apr_pool_t *pool);

/* The value in the column that a position's key stands for. */
const char *scim_sorting_value(const scim_sorting_t *sorting, const char *key,
                               apr_pool_t *pool);

#endif
