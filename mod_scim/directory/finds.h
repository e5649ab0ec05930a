/*
 * finds.h - what a query found, when no index has it in order: sorted and paged here.
 */
#ifndef SCIM_DIRECTORY_FINDS_H
#define SCIM_DIRECTORY_FINDS_H

#include <apr_tables.h>

#include "mod_scim.h"

/* A record that matches, as much of it as is needed to put it in order. */
typedef struct scim_find_t {
    const char *key;
    const char *id;
} scim_find_t;

typedef struct scim_finds_t {
    const scim_query_t *query;
    apr_array_header_t *list; /* of scim_find_t */
    apr_pool_t *pool;
} scim_finds_t;

/* None yet. */
scim_finds_t *scim_finds_make(const scim_query_t *query, apr_pool_t *pool);

/* One more; both texts are copied. */
void scim_finds_add(scim_finds_t *finds, const char *key, const char *id);

/* Sorts them; returns the first of the query's page and sets *count to how many are on it. */
const scim_find_t *scim_finds_page(scim_finds_t *finds, int *count);

/*
 * Where a record stands to a position in the query's order: less than, equal to or greater than
 * 0 for in front of it, at it, or behind it.
 */
int scim_finds_compare(const scim_query_t *query, const char *key, const char *id,
                       const scim_position_t *position);

#endif
