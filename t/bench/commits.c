/*
 * commits.c - how many durable commits of one row a database does in a second, through apr_dbd
 * and without a web server.
 *
 *     bench_commits DRIVER PARAMS SECONDS [CONNECTIONS]      prints commits and seconds
 *
 * The file or database is one of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_dbd.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

typedef struct database_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    apr_dbd_prepared_t *insert;
    apr_pool_t *pool;
} database_t;

static void die(const database_t *db, const char *what, int code)
{
    fprintf(stderr, "bench_commits: %s: %s\n", what,
            db->handle ? apr_dbd_error(db->driver, db->handle, code) : "no connection");
    exit(1);
}

static void query(const database_t *db, const char *sql)
{
    int rows, code = apr_dbd_query(db->driver, db->handle, &rows, sql);

    if (code) {
        die(db, sql, code);
    }
}

static void ask(const database_t *db, const char *sql)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;

    apr_dbd_select(db->driver, db->pool, db->handle, &results, sql, 0);
    while (results && apr_dbd_get_row(db->driver, db->pool, results, &row, -1) == 0) {
    }
}

static void settle(const database_t *db, int make)
{
    if (strcmp(apr_dbd_name(db->driver), "sqlite3") == 0) {
        ask(db, "PRAGMA journal_mode=WAL");
        query(db, "PRAGMA synchronous=FULL");
    }
    if (make) {
        query(db,
              "CREATE TABLE IF NOT EXISTS bench_commits (id VARCHAR(48) NOT NULL PRIMARY KEY, "
              "document TEXT NOT NULL)");
    }
}

static void open_database(database_t *db, const char *driver, const char *params, int make)
{
    int code;

    if (apr_dbd_get_driver(db->pool, driver, &db->driver) != APR_SUCCESS
        || apr_dbd_open(db->driver, db->pool, params, &db->handle) != APR_SUCCESS) {
        die(db, params, 0);
    }
    settle(db, make);
    code = apr_dbd_prepare(db->driver, db->pool, db->handle,
                           "INSERT INTO bench_commits (id, document) VALUES (%s, %s)", NULL,
                           &db->insert);
    if (code) {
        die(db, "prepare", code);
    }
}

/* Commits until the time is over, and returns how many. */
static long commit_for(double seconds, database_t *db)
{
    apr_time_t end = apr_time_now() + (apr_time_t)(seconds * APR_USEC_PER_SEC);
    char id[48], document[1001];
    const char *args[] = {id, document};
    apr_pool_t *scratch;
    long count = 0;

    memset(document, 'x', sizeof(document) - 1);
    document[sizeof(document) - 1] = '\0';
    apr_pool_create(&scratch, db->pool);
    for (; apr_time_now() < end; count++) {
        int rows, code;

        snprintf(id, sizeof(id), "%016llx%08x%08lx", (unsigned long long)apr_time_now(),
                 (unsigned)getpid(), count);
        code = apr_dbd_pquery(db->driver, scratch, db->handle, &rows, db->insert, 2, args);
        if (code) {
            die(db, "insert", code);
        }
        apr_pool_clear(scratch);
    }
    return count;
}

int main(int argc, char **argv)
{
    int i, connections = argc > 4 ? atoi(argv[4]) : 1, status, bad = 0;
    long *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    long all = 0;
    database_t db = {0};

    if (argc < 4 || connections < 1 || connections > 64 || counts == MAP_FAILED) {
        fprintf(stderr, "bench_commits DRIVER PARAMS SECONDS [CONNECTIONS]\n");
        return 2;
    }
    apr_initialize();
    apr_pool_create(&db.pool, NULL);
    apr_dbd_init(db.pool);
    for (i = 0; i < connections; i++) {
        if (i == 0) {
            open_database(&db, argv[1], argv[2], 1);
            apr_dbd_close(db.driver, db.handle);
        }
        if (fork() == 0) {
            open_database(&db, argv[1], argv[2], 0);
            counts[i] = commit_for(atof(argv[3]), &db);
            _exit(0);
        }
    }
    while (wait(&status) > 0) {
        bad |= status;
    }
    for (i = 0; i < connections; i++) {
        all += counts[i];
    }
    printf("%ld %s\n", all, argv[3]);
    return bad != 0;
}
