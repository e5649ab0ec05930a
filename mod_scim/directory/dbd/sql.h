/*
 * sql.h - what differs from one database to the next.
 *
 * SQL that means the same everywhere stands where it is used; the rest is a row of this table.
 * A driver of apr_dbd is supported when there is a scim_sql_t for it.
 */
#ifndef SCIM_DBD_SQL_H
#define SCIM_DBD_SQL_H

#include "mod_scim.h"

/* The version of the tables that this code reads and writes. */
#define SCIM_TABLES_VERSION 1

/* The indexes of scim_resources, for saying which one a query narrows down by. */
typedef enum scim_index_t {
    SCIM_INDEX_LIST, /* every resource of a type, in the order of their ids */
    SCIM_INDEX_ID,
    SCIM_INDEX_LOCAL,
    SCIM_INDEX_WIRE,
    SCIM_INDEX_EXTERNAL,
    SCIM_INDEX_CREATED,
    SCIM_INDEX_MODIFIED,
    SCIM_INDEX_INACTIVE,
    SCIM_INDEX_NUMBER, /* none: the numbers are found elsewhere */
    SCIM_INDEXES       /* how many there are */
} scim_index_t;

typedef struct scim_connection_t scim_connection_t;

typedef struct scim_sql_t {
    const char *driver;          /* what apr_dbd calls it */
    const char *create;          /* the script that makes the tables, of scim_sql_scripts */
    const char *const *upgrades; /* scripts: the first makes version 2 of version 1, and so on,
                                    each with the new version in scim_meta; ends with NULL */
    const char *has_tables;      /* a SELECT that finds a row when our tables are there */
    const char *begin_read;      /* a transaction that sees one state of the database */
    const char *begin_write;
    int one_writer;         /* writers of all processes have to queue */
    int busy;               /* what apr_dbd_query returns when others hold a lock; or 0 */
    int random;             /* the `random` with which apr_dbd_get_row(..., -1) works */
    const char *total;      /* a SELECT of how many resources of (directory, type) are not
                               deleted, that is quicker than counting; or NULL */
    const char *insert;     /* INSERT INTO, such that a taken key ... */
    const char *or_nothing; /* ... makes no row and no error; behind the values */
    const char *from[SCIM_INDEXES]; /* the table's name, made to use the index */

    /* Finds out where a new connection leads: sets connection->file, if it is to a file. */
    scim_error_t *(*locate)(scim_connection_t *connection, apr_pool_t *scratch);
    /* Makes the settings of a new connection. */
    scim_error_t *(*settle)(scim_connection_t *connection, apr_pool_t *scratch);
    /* Before a file is given up: moves all that is in its log to the file itself. */
    scim_error_t *(*finish)(scim_connection_t *connection, apr_pool_t *scratch);
} scim_sql_t;

extern const scim_sql_t scim_sql_sqlite;

/* The one for this driver of apr_dbd; NULL when it is not supported. */
const scim_sql_t *scim_sql_find(const char *driver);

/* The names of the drivers that are supported, for messages. */
const char *scim_sql_names(apr_pool_t *pool);

#endif
