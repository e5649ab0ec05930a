/*
 * places.h - where pages ended, so that the next one need not count its way there.
 *
 * A client that walks a long list by index asks for startIndex 1, 101, 201 ... A database finds
 * the 900,001st record by going past 900,000. Whoever reads a page notes here, in memory that
 * all processes of the server share, with which id it ended; who asks for the next one within
 * five minutes goes on behind that id.
 *
 * That is the same page as long as nobody before it goes. A place is of no use any more once
 * there are fewer records than when it was noted; what is added later comes at the end, because
 * ids grow. If as many are added as go, the walk neither repeats nor leaves out a record, which
 * counting would.
 */
#ifndef SCIM_DBD_PLACES_H
#define SCIM_DBD_PLACES_H

#include <apr_pools.h>

#include "mod_scim.h"

typedef struct scim_places_t scim_places_t;

/* A query, as far as what it lists is concerned. */
typedef struct scim_walk_key_t {
    unsigned char bytes[16];
} scim_walk_key_t;

/* The places that the run of the server which `pool` stands for knows; none at first. */
scim_places_t *scim_places_open(apr_pool_t *pool);

/* The key of a list: what the database is called, the SQL, and its values. */
void scim_places_key(scim_walk_key_t *key, const char *database, const char *sql,
                     const char *const *args, int count);

/* Notes that the first `offset` records of a list with `total` records end with this id. */
void scim_places_note(scim_places_t *places, const scim_walk_key_t *key, apr_int64_t offset,
                      apr_int64_t total, const char *id);

/* 1 when it is known with which record the first `offset` ones end. */
int scim_places_find(const scim_places_t *places, const scim_walk_key_t *key,
                     apr_int64_t offset, apr_int64_t total, char id[SCIM_ID_LENGTH + 1]);

#endif
