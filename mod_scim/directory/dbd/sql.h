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
#define SCIM_TABLES_VERSION 2

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

/* No term of so many characters was cut: see scim_term_is_cut(). */
#define SCIM_SQL_UNCUT "127"

typedef struct scim_connection_t scim_connection_t;
typedef struct scim_engine_t scim_engine_t;

typedef struct scim_sql_t {
    const char *driver;          /* what apr_dbd calls it */
    const scim_engine_t *engine; /* how statements run */
    const char *create;          /* the script that makes the tables, of scim_sql_scripts */
    const char *const *upgrades; /* scripts: the first makes version 2 of version 1, and so on,
                                    each with the new version in scim_meta; ends with NULL */
    const char *has_tables;      /* a SELECT that finds a row when our tables are there */
    const char *lock_tables;     /* what lets one at a time make or change them, and ... */
    const char *unlock_tables;   /* ... gives that back, unless the end of the transaction does;
                                    each a SELECT, or NULL when writers queue anyway */
    const char *const *begin_read; /* statements that begin a transaction that sees one state of
                                      the database; ends with NULL */
    const char *const *begin_write; /* ... one that sees what others have committed, statement
                                       by statement, and waits for the rows it changes */
    const char *const *many; /* statements before a transaction with many writes: let it have
                                more memory; or NULL */
    const char *const *few;  /* ... and back again, at its end or some time later */
    int begin_joined; /* the one that begins a transaction that writes goes along with its first
                         SELECT */
    int begin_prepared;  /* those are prepared: where the driver connects again by itself, what
                            was prepared before fails, and nothing runs without our settings */
    int one_writer;      /* writers of all processes have to queue */
    int attempts;        /* how often a unit of work is tried before it is 503 */
    int busy;            /* what the engine returns when others hold a lock; or 0 */
    int random;          /* the `random` with which apr_dbd_get_row(..., -1) works */
    apr_size_t max_text; /* bytes of the longest text that comes back whole; 0: any */
    const char *const *await_writers; /* statements, in a transaction, that end when no other
                                         that has looked at scim_indexes is still on the way; or
                                         NULL: there is one writer */
    const char *total; /* a SELECT of how many resources of (directory, type) are not
                          deleted, that is quicker than counting; or NULL */
    int slots; /* how many rows of scim_totals count the resources of a type, each by its slot;
                  0: it is one, without a slot */
    const char *touch_groups; /* an UPDATE: a new version and the time (1) for all groups that
                                 have the resource (2) as a member */
    const char *lock_row;     /* behind a SELECT: the row is ours until the transaction ends */
    const char *share_row;    /* behind a SELECT of `m`: its rows are those of now, and nobody
                                 changes them until the transaction ends */
    const char *or_nothing;   /* behind the values of an INSERT: a taken key makes no row and no
                                 error; @ is a column of the table that is never NULL */
    const char *made; /* the number of the resource that the statement before has made; may ask
                         for its id */
    const char *grouped; /* a column of a row that a unique index has found: its number, if it
                            is in  a group; or NULL: SCIM_GROUPED_COLUMN */
    const char *const *with_terms; /* in front of an INSERT of a resource, behind it, and behind
                                      the rows of its terms: makes all of them at once, and
                                      finds a row if it has; or NULL */
    const char *term_row;          /* one of those: an index and a term */
    const char *next_savepoint;    /* puts the savepoint scim_1 in the place of the one that is
                                      there; or NULL: that is released first */
    const char *contains; /* a condition: the text is in the term, or behind where it was cut */
    const char *ends;     /* ... the text, which is given twice, is its end, or the same */
    const char *id_to_sort;    /* the id, made not to be looked up in an index for its order */
    const char *of_members;    /* the table scim_members, to be looked up by its members */
    const char *members_above; /* `above`, and for each of its `n` the rows of scim_members with
                                  this member; a WHERE may follow */
    const char *groups_above;  /* ... and the resource with this number */
    const char *from[SCIM_INDEXES];   /* the table's name, made to use the index */
    const char *within[SCIM_INDEXES]; /* a condition that only this index answers, or NULL: see
                                         scim_sql_within() */

    /* Finds out where a new connection leads: sets connection->file or connection->server. */
    scim_error_t *(*locate)(scim_connection_t *connection, apr_pool_t *scratch);
    /* Makes the settings of a new connection. */
    scim_error_t *(*settle)(scim_connection_t *connection, apr_pool_t *scratch);
    /* Looks after them, now and then; or NULL. */
    scim_error_t *(*review)(scim_connection_t *connection, apr_pool_t *scratch);
    /* Before the first write, when the tables are there; or NULL. */
    scim_error_t *(*verify)(scim_connection_t *connection, apr_pool_t *scratch);
    /* Before a file is given up: moves all that is in its log to the file itself. */
    scim_error_t *(*finish)(scim_connection_t *connection, apr_pool_t *scratch);
} scim_sql_t;

extern const scim_sql_t scim_sql_sqlite;
extern const scim_sql_t scim_sql_postgresql;
extern const scim_sql_t scim_sql_mariadb;

/* What makes an INSERT into `table` do nothing when a key is taken. `column` is never NULL. */
const char *scim_sql_or_nothing(const scim_sql_t *sql, const char *table, const char *column,
                                apr_pool_t *pool);

/* A condition: the resources of a type (2) in a directory (1), by the index. */
const char *scim_sql_within(const scim_sql_t *sql, scim_index_t index);

/* The integer in a column; NULL is 0. For every number of every row: no locale, no errno. */
apr_int64_t scim_sql_number(const char *text);

/* The one for this driver of apr_dbd; NULL when it is not supported. */
const scim_sql_t *scim_sql_find(const char *driver);

/* The names of the drivers that are supported, for messages. */
const char *scim_sql_names(apr_pool_t *pool);

#endif
