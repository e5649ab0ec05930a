/*
 * databases.h - looking at SQLite files behind the provider's back.
 */
#ifndef TEST_DATABASES_H
#define TEST_DATABASES_H

#include <signal.h>
#include <sys/wait.h>

#include "directories.h"
#include "directory/dbd/records.h"

/* A connection of the test's own. */
typedef struct raw_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
} raw_t;

static inline raw_t raw_open(const char *file)
{
    raw_t raw = {0};

    apr_dbd_init(tap_pool);
    if (apr_dbd_get_driver(tap_pool, "sqlite3", &raw.driver) != APR_SUCCESS
        || apr_dbd_open(raw.driver, tap_pool, file, &raw.handle) != APR_SUCCESS) {
        printf("Bail out! cannot open %s\n", file);
        exit(1);
    }
    return raw;
}

static inline void raw_close(raw_t *raw)
{
    apr_dbd_close(raw->driver, raw->handle);
}

/* The first column of all rows, one row a line. */
static inline const char *raw_ask(const raw_t *raw, const char *sql)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    const char *all = "";
    int code = apr_dbd_select(raw->driver, tap_pool, raw->handle, &results, sql, 0);

    if (code) {
        return apr_psprintf(tap_pool, "error %d", code);
    }
    while (apr_dbd_get_row(raw->driver, tap_pool, results, &row, -1) == 0) {
        const char *value = apr_dbd_get_entry(raw->driver, row, 0);

        all = apr_pstrcat(tap_pool, all, *all ? "\n" : "", value ? value : "NULL", NULL);
    }
    return all;
}

static inline int raw_run(const raw_t *raw, const char *sql)
{
    int rows = 0;

    return apr_dbd_query(raw->driver, raw->handle, &rows, sql);
}

/* One statement on a file. */
static inline int raw_run_on(const char *file, const char *sql)
{
    raw_t raw = raw_open(file);
    int code = raw_run(&raw, sql);

    raw_close(&raw);
    return code;
}

static inline const char *raw_ask_on(const char *file, const char *sql)
{
    raw_t raw = raw_open(file);
    const char *answer = raw_ask(&raw, sql);

    raw_close(&raw);
    return answer;
}

/* Runs `child` in a process of its own, which ends with what it returns. */
static inline pid_t start_child(int (*child)(void *baton), void *baton)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        apr_pool_t *own;

        apr_pool_create(&own, NULL);
        tap_pool = own;
        _exit(child(baton));
    }
    return pid;
}

/* What the child ended with; 128 and the signal when it was killed. */
static inline int end_child(pid_t pid)
{
    int status = 0;

    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static inline int in_child(int (*child)(void *baton), void *baton)
{
    return end_child(start_child(child, baton));
}

/* ---- a lock between processes ------------------------------------------------- */

/* A source whose writers queue on a lock of the kernel, as httpd's do. */
typedef struct queue_t {
    scim_source_t *plain;
    apr_file_t *file;
    int taken; /* how often */
    int broken;
    apr_interval_time_t slow; /* what the first one waits besides */
} queue_t;

static inline scim_error_t *queue_open(scim_lease_t *lease, void *baton, apr_pool_t *pool)
{
    queue_t *queue = baton;

    return queue->plain->open(lease, queue->plain->baton, pool);
}

static inline void queue_close(scim_lease_t *lease, void *baton)
{
    queue_t *queue = baton;

    queue->plain->close(lease, queue->plain->baton);
}

static inline scim_error_t *queue_lock(void *baton, apr_pool_t *pool)
{
    queue_t *queue = baton;

    if (queue->taken++ == 0) {
        apr_sleep(queue->slow);
    }
    if (queue->broken || apr_file_lock(queue->file, APR_FLOCK_EXCLUSIVE) != APR_SUCCESS) {
        return apr_pmemdup(pool, &(scim_error_t){503, NULL, "no lock", NULL},
                           sizeof(scim_error_t));
    }
    return NULL;
}

static inline void queue_unlock(void *baton)
{
    queue_t *queue = baton;

    apr_file_unlock(queue->file);
}

static inline void queue_report(void *baton, const char *level, const char *message)
{
    (void)baton;
    place_listen(NULL, level, message);
}

static inline scim_source_t *queue_source(queue_t **made, const char *file, apr_pool_t *pool)
{
    queue_t *queue = apr_pcalloc(pool, sizeof(*queue));
    scim_source_t *source = apr_pcalloc(pool, sizeof(*source));

    queue->plain = place_source(file, pool);
    if (apr_file_open(&queue->file, apr_pstrcat(pool, file, ".lock", NULL),
                      APR_FOPEN_WRITE | APR_FOPEN_CREATE, APR_OS_DEFAULT, pool)
        != APR_SUCCESS) {
        printf("Bail out! no lock file\n");
        exit(1);
    }
    source->open = queue_open;
    source->close = queue_close;
    source->lock = queue_lock;
    source->unlock = queue_unlock;
    source->report = queue_report;
    source->baton = queue;
    if (made) {
        *made = queue;
    }
    return source;
}

/* ---- errors --------------------------------------------------------------------- */

/* The error of a write or read of one record. */
static inline scim_error_t *write_error(const place_t *place, const scim_record_t *record)
{
    deed_t deed = {.place = place, .record = record};

    return place->provider->transact(place->directory, 1, deed_insert, &deed, tap_pool);
}

static inline scim_error_t *read_error(const place_t *place, const char *id)
{
    deed_t deed = {.type = "User", .id = id};

    return place_read(place, deed_get, &deed);
}

/* A 503 whose cause contains `part` and whose detail tells nothing of the database. */
static inline void is_down(const scim_error_t *error, const char *part, const char *name)
{
    int right = error && error->status == 503 && error->cause && strstr(error->cause, part)
                && strstr(error->detail, "/") == NULL && strstr(error->detail, "sql") == NULL;

    ok(right, "%s", name);
    if (!right) {
        printf("# got      %s\n# expected ...%s...\n",
               error ? error->cause ? error->cause : error->detail : "no error", part);
    }
}

#endif
