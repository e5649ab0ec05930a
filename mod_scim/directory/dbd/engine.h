/*
 * engine.h - the calls that a connection is made of. connection.c alone uses them.
 *
 * A database server is reached through apr_dbd. So is an SQLite file until its handle is there;
 * from then on SQLite is called directly: apr_dbd's driver holds one lock of the whole process
 * in each call, the wait for the disk of a commit included, so that readers would wait for
 * writers; it copies every result; and it cannot give statements back.
 *
 * Functions return 0, or a code that `error` has a text for. Arguments are texts, or NULL for
 * SQL's NULL.
 */
#ifndef SCIM_DBD_ENGINE_H
#define SCIM_DBD_ENGINE_H

#include "directory/dbd/connection.h"

/* What the names of statements begin with that are prepared in PostgreSQL's server. */
#define SCIM_ENGINE_NAMES "mod_scim_"

struct scim_engine_t {
    /* The statement lives as long as connection->pool. */
    int (*prepare)(void **statement, scim_connection_t *connection, const char *sql);
    /* Runs a statement that gives no rows; *rows: how many it changed. */
    int (*change)(int *rows, scim_connection_t *connection, void *statement, const char **args,
                  int count, apr_pool_t *pool);
    /* Runs a SELECT; its rows go to `each` until that returns an error, which is returned. With
       connection->preface, that runs before it, and all arguments are numbers. */
    scim_error_t *(*select)(int *code, scim_connection_t *connection, void *statement,
                            const char **args, int count, scim_row_fn each, void *baton,
                            apr_pool_t *pool);
    /* The same for constant text that is not to be kept. */
    int (*execute)(scim_connection_t *connection, const char *sql);
    scim_error_t *(*ask)(int *code, scim_connection_t *connection, const char *sql,
                         scim_row_fn each, void *baton, apr_pool_t *pool);
    /* What the code of the last call means, in the words of the database. */
    const char *(*error)(const scim_connection_t *connection, int code);
    /* Like `select`, in cells. NULL where that has all rows in memory at once; where it is
       there, both have one at a time. */
    scim_error_t *(*stream)(int *code, scim_connection_t *connection, void *statement,
                            const scim_select_t *select, apr_pool_t *pool);
};

extern const scim_engine_t scim_engine_apr;
extern const scim_engine_t scim_engine_named; /* ... for PostgreSQL */
extern const scim_engine_t scim_engine_sqlite;

#endif
