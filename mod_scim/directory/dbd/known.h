/*
 * known.h - which databases and directories this run of the server has seen in use.
 *
 * What was there once is not made anew when it is missing (connection.h says why), and that has
 * to hold for children which were started after it went. So the knowledge is in memory that all
 * processes forked later share. It ends with the pool: with the next restart.
 */
#ifndef SCIM_DBD_KNOWN_H
#define SCIM_DBD_KNOWN_H

#include <apr_pools.h>

typedef struct scim_known_t scim_known_t;

/* What is known in the run of the server that `pool` stands for; empty at first. */
scim_known_t *scim_known_open(apr_pool_t *pool);

/* Notes that the database at `path` was used, and directory `name` in it unless that is NULL.
 */
void scim_known_add(scim_known_t *known, const char *path, const char *name);

/* 1 when it was noted. */
int scim_known_has(const scim_known_t *known, const char *path, const char *name);

#endif
