/*
 * statements.c - what is done in the database, for tests that preload it into httpd.
 *
 *     SCIM_STATEMENTS   a file; while it is there it gets a line for each statement that ran:
 *                       how many rows it gave, how many it changed, how many steps of SQLite's
 *                       machine it took, and its text; separated by tabs
 *
 * Steps tell what rows do not: how much was looked at. A trigger's work is its statement's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NOLOAD */
#endif

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROW 100
#define VM_STEP 4

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

/* How far a statement is. */
typedef struct run_t {
    sqlite3_stmt *statement;
    long rows;
    int before; /* changes of the connection */
} run_t;

#define RUNS 512

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static run_t runs[RUNS];

int sqlite3_step(sqlite3_stmt *statement);
int sqlite3_reset(sqlite3_stmt *statement);
int sqlite3_finalize(sqlite3_stmt *statement);

/* httpd's driver loads the library, which makes it no part of what dlsym() looks through. */
static void *find(const char *name)
{
    static void *library;

    if (!library) {
        library = dlopen("libsqlite3.so.0", RTLD_LAZY);
    }
    return library ? dlsym(library, name) : NULL;
}

/* The function of the library behind the name, in a variable of the same type. */
#define REAL(variable, name)                                                                   \
    do {                                                                                       \
        if (!(variable)) {                                                                     \
            *(void **)&(variable) = find(name);                                                \
        }                                                                                      \
        if (!(variable)) {                                                                     \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

static int changes_of(sqlite3_stmt *statement)
{
    static sqlite3 *(*handle)(sqlite3_stmt *);
    static int (*changes)(sqlite3 *);

    REAL(handle, "sqlite3_db_handle");
    REAL(changes, "sqlite3_total_changes");
    return changes(handle(statement));
}

static int steps_of(sqlite3_stmt *statement)
{
    static int (*status)(sqlite3_stmt *, int, int);

    REAL(status, "sqlite3_stmt_status");
    return status(statement, VM_STEP, 1);
}

static const char *text_of(sqlite3_stmt *statement)
{
    static const char *(*text)(sqlite3_stmt *);
    const char *sql;

    REAL(text, "sqlite3_sql");
    sql = text(statement);
    return sql ? sql : "";
}

/* The run of a statement, or a free one. */
static run_t *run_of(sqlite3_stmt *statement)
{
    run_t *run, *unused = NULL;

    for (run = runs; run < runs + RUNS; run++) {
        if (run->statement == statement) {
            return run;
        }
        if (!run->statement && !unused) {
            unused = run;
        }
    }
    if (!unused) {
        abort();
    }
    return unused;
}

/* One write for one line: several processes share the file. */
static void note(const run_t *run)
{
    const char *name = getenv("SCIM_STATEMENTS");
    char line[8192];
    int fd, length;

    length = snprintf(line, sizeof(line) - 1, "%ld\t%d\t%d\t%s", run->rows,
                      changes_of(run->statement) - run->before, steps_of(run->statement),
                      text_of(run->statement));
    length = length < (int)sizeof(line) - 1 ? length : (int)sizeof(line) - 2;
    line[length] = '\n';
    fd = name ? open(name, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd >= 0) {
        if (write(fd, line, (size_t)length + 1) < 0) {
            abort();
        }
        close(fd);
    }
}

static void end(sqlite3_stmt *statement)
{
    run_t *run;

    if (!statement) {
        return;
    }
    pthread_mutex_lock(&mutex);
    run = run_of(statement);
    if (run->statement) {
        note(run);
        memset(run, 0, sizeof(*run));
    }
    pthread_mutex_unlock(&mutex);
}

int sqlite3_step(sqlite3_stmt *statement)
{
    static int (*real)(sqlite3_stmt *);
    run_t *run;
    int code;

    REAL(real, "sqlite3_step");
    pthread_mutex_lock(&mutex);
    run = run_of(statement);
    if (!run->statement) {
        run->statement = statement;
        run->before = changes_of(statement);
        steps_of(statement);
    }
    pthread_mutex_unlock(&mutex);
    code = real(statement);
    pthread_mutex_lock(&mutex);
    run->rows += code == ROW;
    pthread_mutex_unlock(&mutex);
    return code;
}

int sqlite3_reset(sqlite3_stmt *statement)
{
    static int (*real)(sqlite3_stmt *);

    REAL(real, "sqlite3_reset");
    end(statement);
    return real(statement);
}

int sqlite3_finalize(sqlite3_stmt *statement)
{
    static int (*real)(sqlite3_stmt *);

    REAL(real, "sqlite3_finalize");
    end(statement);
    return real(statement);
}
