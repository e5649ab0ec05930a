/*
 * connection.h - a connection of a lender as we use it: settings, statements, units of work.
 *
 * connection.c and handle.c, its other half, are all that knows the traps of apr_dbd's drivers.
 * The rest may rely on this:
 *
 * Every value is bound. `%s` in SQL text is a value, in the order of `args`; NULL is SQL's
 * NULL. A statement is prepared when it is first used and kept for as long as the connection
 * lives, so the number of different texts has to be bounded: see scim_connection_room(). After
 * a statement has failed, nothing runs until the transaction is rolled back, and no commit
 * takes place.
 *
 * A unit of work that failed because of the database runs again, as often as the database's
 * `attempts` say, on a connection made afresh where the database is a file and looked after
 * where it is a server: so stale statements, deadlocks and restarts of a server stay unseen. It
 * does not when the commit was tried: nobody knows how that ended. One that only reads is also
 * done again when its first statement ran without a transaction and a second one comes.
 *
 * A database file that was replaced, or was read-only when it was opened, is opened again by
 * us, in place of the lender's handle. That is not done while statements of others are in the
 * lender's cache, since it would pull the ground from under them: then it is 503 until httpd is
 * restarted, and reported once. A new connection to a file is always reopened when it is first
 * used: only so it is certain which file it leads to. Settings that a lender made on it
 * (DBDInitSQL) do not survive that.
 *
 * A file that is gone, or is empty and was not before, is never made anew while httpd runs:
 * that would hide an unmounted disk or a slip of the hand behind a directory without people,
 * which a client then fills under new ids. It is 503 until the file is back, and nothing that
 * belongs to the file is touched. After a restart of httpd an empty database is a new one.
 *
 * A file that was put in the place of another one is used from then on, so that a backup can be
 * restored without a restart, provided it holds the directory. The old one is left complete,
 * wherever it is now. Copying over the file in place cannot be seen from here, nor can a
 * symbolic link that is made to point elsewhere: httpd has to be stopped for that.
 */
#ifndef SCIM_DBD_CONNECTION_H
#define SCIM_DBD_CONNECTION_H

#include "directory/dbd/file.h"
#include "directory/dbd/known.h"
#include "directory/dbd/source.h"
#include "directory/dbd/sql.h"

typedef struct scim_company_t scim_company_t;
typedef struct scim_prepared_t scim_prepared_t;

/* Lives in the lender's cache as long as the connection. One thread at a time has it. */
struct scim_connection_t {
    const scim_source_t *source;
    const scim_sql_t *sql;
    scim_lease_t lease;
    apr_dbd_t *handle;       /* what *lease.handle was when we last saw it */
    apr_pool_t *rows;        /* of what a SELECT needs meanwhile; it keeps its memory */
    apr_pool_t *pool;        /* of the next two, which are lost with the handle */
    apr_hash_t *statements;  /* SQL text -> scim_prepared_t * */
    apr_hash_t *directories; /* name -> scim_shelf_t *; see tables.h */
    scim_file_t *file;       /* NULL: the database is not a file */
    const char *server;      /* then: which database of which server, for messages */
    scim_known_t *known;
    scim_company_t *company; /* who may join the transaction, or NULL */
    int settled;             /* the settings are made */
    apr_uint32_t reviewed;   /* ... and looked after, at this `count` */
    int size;                /* of tables, as it was then: postgresql.c knows */
    int many;                /* ... those of sql->many */
    int failed;              /* a statement has failed since the attempt began */
    int busy;                /* ... since others hold a lock */
    int unknown;             /* the outcome of a commit is not known */
    int misled;              /* what failed was a unit that had joined */
    apr_uint32_t count;      /* of statements that ran, since the handle is known */
    apr_uint32_t changes;    /* of those that may have changed something */
    int renewals;            /* since the last success */
    apr_time_t renewed;      /* when last */
    apr_uint32_t named;      /* statements that got a name */
    int stage;               /* of a transaction: connection.c knows */
    const char *preface;     /* what the SELECT that runs now brings along, or NULL */
    int again;               /* it is to be done again */
    scim_prepared_t *first; /* its first statement, if that is a SELECT and no other has come */
};

/* Receives one row. The values are valid until it returns: copy them; NULL is SQL's NULL. */
typedef scim_error_t *(*scim_row_fn)(void *baton, const char *const *values);

/* A column of a row: what was asked for, and 0 or NULL for the rest. */
typedef struct scim_cell_t {
    const char *text;
    apr_size_t length;
    apr_int64_t number;
} scim_cell_t;

/* Receives one row as scim_row_fn does. */
typedef scim_error_t *(*scim_cells_fn)(void *baton, const scim_cell_t *cells);

/* A SELECT with its values. Where rows come by the hundred, a text that is made of a number to
   be read again is a good part of what they cost: column N is a number with bit N. */
typedef struct scim_select_t {
    const char *sql;
    const char **args;
    int count;
    unsigned numbers;
    scim_cells_fn each;
    void *baton;
} scim_select_t;

/* Something to be done with a connection. */
typedef scim_error_t *(*scim_connection_fn)(scim_connection_t *connection, void *baton,
                                            apr_pool_t *pool);

typedef struct scim_unit_t {
    const scim_source_t *source;
    int writes;
    scim_known_t *known;      /* databases in use before: they must not be empty */
    scim_connection_fn ready; /* outside of the transaction, before each attempt */
    scim_connection_fn work;  /* inside of it */
    void *baton;
    scim_company_t *company; /* with whom it may share a transaction, or NULL: see company.h */
} scim_unit_t;

/*
 * Borrows a connection and does the unit of work, more than once if need be. 503 when the
 * database cannot be used; other errors are those of `ready` and `work`.
 */
scim_error_t *scim_connection_run(const scim_unit_t *unit, apr_pool_t *pool);

/*
 * One transaction: begin, work, commit; rolled back on any error. Writers queue. For `ready`;
 * transactions do not nest.
 */
scim_error_t *scim_connection_transact(scim_connection_t *connection, int writes,
                                       scim_connection_fn work, void *baton, apr_pool_t *pool);

/* Runs a statement that changes `*rows` rows (may be NULL). */
scim_error_t *scim_connection_change(int *rows, scim_connection_t *connection, const char *sql,
                                     const char **args, int count, apr_pool_t *pool);

/* Runs a SELECT and hands each row to `each`. */
scim_error_t *scim_connection_select(scim_connection_t *connection, const char *sql,
                                     const char **args, int count, scim_row_fn each,
                                     void *baton, apr_pool_t *pool);

/* Runs a statement of constant text that has no rows to give, unprepared. */
scim_error_t *scim_connection_execute(scim_connection_t *connection, const char *sql,
                                      apr_pool_t *pool);

/*
 * Runs a statement of constant text that gives rows, unprepared: *value is the column of the
 * first row, or NULL when there is no row.
 */
scim_error_t *scim_connection_ask(const char **value, scim_connection_t *connection,
                                  const char *sql, int column, apr_pool_t *pool);

/* 1 when the statement is prepared already or there is room for one more. */
int scim_connection_room(const scim_connection_t *connection, const char *sql);

/* 1 when scim_connection_select() has one row in memory at a time, not all that there are;
   other statements may run while it is handed out. scim_connection_stream() is there then. */
int scim_connection_streams(const scim_connection_t *connection);

/* Runs a SELECT and hands each row to `each`. */
scim_error_t *scim_connection_stream(scim_connection_t *connection, const scim_select_t *select,
                                     apr_pool_t *pool);

/* A 503 with this cause. */
scim_error_t *scim_connection_unusable(apr_pool_t *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the database is called, in messages and in what is known of it: a file's path, or which
   database of which server. */
const char *scim_connection_name(const scim_connection_t *connection);

/* Tells the lender's administrator something. */
void scim_connection_report(const scim_connection_t *connection, const char *level,
                            const char *message);

#endif
