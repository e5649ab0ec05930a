#include "directory/dbd/connection.h"

#include <stdarg.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/error.h"
#include "directory/dbd/company.h"
#include "directory/dbd/engine.h"
#include "directory/dbd/handle.h"

/* Where our connection is in the lender's cache. */
#define KEY SCIM_HANDLE_PREFIX "connection"

/* How long to wait for a lock where the driver does not. */
#define LOCK_PATIENCE apr_time_from_sec(2)

/* What took this long is not tried again: it waited for a lock, or for a server. */
#define RETRY_PATIENCE apr_time_from_sec(4)

/* ---- errors --------------------------------------------------------------- */

scim_error_t *scim_connection_unusable(apr_pool_t *pool, const char *format, ...)
{
    scim_error_t *error =
        scim_error_create(pool, 503, NULL, "The directory's database is not available.");
    va_list args;

    va_start(args, format);
    error->cause = apr_pvsprintf(pool, format, args);
    va_end(args);
    return error;
}

void scim_connection_report(const scim_connection_t *c, const char *level, const char *message)
{
    if (c->source->report) {
        c->source->report(c->source->baton, level, message);
    }
}

const char *scim_connection_name(const scim_connection_t *c)
{
    return c->file ? c->file->path : c->server;
}

/* Notes that a statement has failed. Its text holds no values. */
static scim_error_t *fail(scim_connection_t *c, int code, const char *sql, apr_pool_t *pool)
{
    const char *text = c->sql->engine->error(c, code);

    c->failed = 1;
    c->busy = c->sql->busy && code == c->sql->busy;
    return scim_connection_unusable(pool, "%s: %s (%d) at: %.60s", c->sql->driver,
                                    text ? text : "no reason given", code, sql);
}

static scim_error_t *refuse(apr_pool_t *pool)
{
    return scim_connection_unusable(pool, "a statement failed before in this transaction");
}

/*
 * Waits a little when others hold a lock, and returns 1 when the call should be tried again.
 * *since is when it was first tried; 0 before. Neither SQLite nor its driver wait everywhere.
 */
static int wait_for_lock(const scim_connection_t *c, int code, apr_time_t *since)
{
    apr_time_t now;

    if (code == 0 || code != c->sql->busy) {
        return 0;
    }
    now = apr_time_now();
    if (*since == 0) {
        *since = now;
    }
    if (now - *since > LOCK_PATIENCE) {
        return 0;
    }
    apr_sleep(LOCK_PATIENCE / 200);
    return 1;
}

struct scim_prepared_t {
    void *statement; /* the engine's */
    int crowded;     /* so often at least, a transaction that begins with it is one */
};

/* ---- statements ----------------------------------------------------------- */

static scim_error_t *begin(scim_connection_t *c, const char *const *statements,
                           apr_pool_t *pool)
{
    scim_error_t *error = NULL;

    for (; *statements && error == NULL; statements++) {
        error = c->sql->begin_prepared
                    ? scim_connection_change(NULL, c, *statements, NULL, 0, pool)
                    : scim_connection_execute(c, *statements, pool);
    }
    return error;
}

/*
 * One statement sees one state of the database by itself: so a transaction that reads begins
 * with the second one. When that comes, the first ran without it, and all is done again; and
 * what began with the same statement is begun with it for a while. One that is TO_WRITE begins
 * with its first statement in any case.
 */
enum { NO_MATTER, NOT_BEGUN, ALONE, BEGUN, TO_WRITE };

/* How often a first statement has to have been the only one before it runs without. */
#define CROWD 8

static scim_error_t *begin_to_read(scim_connection_t *c, apr_pool_t *pool)
{
    scim_error_t *error;

    c->stage = NO_MATTER;
    error = begin(c, c->sql->begin_read, pool);
    c->stage = BEGUN;
    return error;
}

static scim_error_t *begin_to_write(scim_connection_t *c, apr_pool_t *pool)
{
    c->stage = NO_MATTER;
    return begin(c, c->sql->begin_write, pool);
}

static int are_numbers(const char *const *args, int count)
{
    while (count > 0 && args[count - 1] && *args[count - 1]
           && args[count - 1][strspn(args[count - 1], "0123456789")] == '\0'
           && args[count - 1][0] != '0' && strlen(args[count - 1]) <= 18) {
        count--;
    }
    return count == 0;
}

/* Before a statement that needs the transaction. */
static scim_error_t *come_together(scim_connection_t *c, apr_pool_t *pool)
{
    if (c->failed) {
        return refuse(pool);
    }
    if (c->stage == TO_WRITE) {
        return begin_to_write(c, pool);
    }
    if (c->stage == ALONE) {
        c->first->crowded = CROWD;
        c->again = c->failed = 1;
        return refuse(pool);
    }
    c->first = NULL;
    return c->stage == NOT_BEGUN ? begin_to_read(c, pool) : NULL;
}

/* Before a SELECT, which may be the first. */
static scim_error_t *come_first(scim_connection_t *c, scim_prepared_t *prepared,
                                const char *const *args, int count, apr_pool_t *pool)
{
    if (c->failed) {
        return refuse(pool);
    }
    if (c->stage == TO_WRITE && are_numbers(args, count)) {
        c->stage = NO_MATTER;
        c->preface = c->sql->begin_write[0];
        return NULL;
    }
    if (c->stage == TO_WRITE) {
        return begin_to_write(c, pool);
    }
    if (c->stage != NOT_BEGUN) {
        return NULL;
    }
    if (prepared->crowded) {
        SCIM_TRY(begin_to_read(c, pool));
    } else {
        c->stage = ALONE;
    }
    c->first = prepared;
    return NULL;
}

int scim_connection_room(const scim_connection_t *c, const char *sql)
{
    return apr_hash_count(c->statements) < SCIM_HANDLE_STATEMENTS
           || apr_hash_get(c->statements, sql, APR_HASH_KEY_STRING);
}

static scim_error_t *prepare(scim_prepared_t **prepared, scim_connection_t *c, const char *sql,
                             apr_pool_t *pool)
{
    apr_time_t since = 0;
    void *made;
    int code;

    *prepared = apr_hash_get(c->statements, sql, APR_HASH_KEY_STRING);
    if (*prepared) {
        return NULL;
    }
    do {
        code = c->sql->engine->prepare(&made, c, sql);
    } while (wait_for_lock(c, code, &since));
    if (code) {
        return fail(c, code, sql, pool);
    }
    *prepared = apr_pcalloc(c->pool, sizeof(**prepared));
    (*prepared)->statement = made;
    (*prepared)->crowded = c->sql->begin_prepared; /* the session may be another one by now */
    apr_hash_set(c->statements, apr_pstrdup(c->pool, sql), APR_HASH_KEY_STRING, *prepared);
    return NULL;
}

scim_error_t *scim_connection_change(int *rows, scim_connection_t *c, const char *sql,
                                     const char **args, int count, apr_pool_t *pool)
{
    scim_prepared_t *prepared;
    apr_time_t since = 0;
    int code, changed = 0;

    SCIM_TRY(come_together(c, pool));
    SCIM_TRY(prepare(&prepared, c, sql, pool));
    c->count++;
    c->changes++;
    do {
        code = c->sql->engine->change(&changed, c, prepared->statement, args, count, pool);
    } while (wait_for_lock(c, code, &since));
    if (code) {
        return fail(c, code, sql, pool);
    }
    if (rows) {
        *rows = changed;
    }
    return NULL;
}

/* A SELECT with who gets its rows: `each`, or the one of `stream`. */
typedef struct request_t {
    const scim_select_t *stream;
    const char *sql;
    const char **args;
    int count;
    scim_row_fn each;
    void *baton;
} request_t;

static scim_error_t *read_rows(int *code, scim_connection_t *c, void *statement,
                               const request_t *request, apr_pool_t *pool)
{
    return request->stream
               ? c->sql->engine->stream(code, c, statement, request->stream, pool)
               : c->sql->engine->select(code, c, statement, request->args, request->count,
                                        request->each, request->baton, pool);
}

static scim_error_t *select_rows(scim_connection_t *c, const request_t *request,
                                 apr_pool_t *query, apr_pool_t *pool)
{
    scim_prepared_t *prepared;
    scim_error_t *error;
    apr_time_t since = 0;
    int code;

    SCIM_TRY(prepare(&prepared, c, request->sql, pool));
    SCIM_TRY(come_first(c, prepared, request->args, request->count, pool));
    c->count++;
    do {
        error = read_rows(&code, c, prepared->statement, request, query);
    } while (wait_for_lock(c, code, &since));
    c->preface = NULL;
    return code ? fail(c, code, request->sql, pool) : error;
}

static scim_error_t *select_apart(scim_connection_t *c, const request_t *request,
                                  apr_pool_t *pool)
{
    apr_pool_t *query;
    scim_error_t *error;

    if (c->stage != NOT_BEGUN && c->stage != TO_WRITE) {
        SCIM_TRY(come_together(c, pool));
    }
    apr_pool_create(&query, c->rows);
    error = select_rows(c, request, query, pool);
    apr_pool_destroy(query);
    return error;
}

scim_error_t *scim_connection_select(scim_connection_t *c, const char *sql, const char **args,
                                     int count, scim_row_fn each, void *baton, apr_pool_t *pool)
{
    const request_t request = {NULL, sql, args, count, each, baton};

    return select_apart(c, &request, pool);
}

scim_error_t *scim_connection_stream(scim_connection_t *c, const scim_select_t *select,
                                     apr_pool_t *pool)
{
    const request_t request = {.stream = select, .sql = select->sql};

    return select_apart(c, &request, pool);
}

int scim_connection_streams(const scim_connection_t *c)
{
    return c->sql->engine->stream != NULL;
}

scim_error_t *scim_connection_execute(scim_connection_t *c, const char *sql, apr_pool_t *pool)
{
    apr_time_t since = 0;
    int code;

    SCIM_TRY(come_together(c, pool));
    c->changes++;
    do {
        code = c->sql->engine->execute(c, sql);
    } while (wait_for_lock(c, code, &since));
    return code ? fail(c, code, sql, pool) : NULL;
}

typedef struct answer_t {
    const char **value;
    int column;
    apr_pool_t *pool;
} answer_t;

static scim_error_t *take_answer(void *baton, const char *const *values)
{
    answer_t *answer = baton;

    if (*answer->value == NULL) {
        *answer->value = apr_pstrdup(answer->pool, values[answer->column]);
    }
    return NULL;
}

scim_error_t *scim_connection_ask(const char **value, scim_connection_t *c, const char *sql,
                                  int column, apr_pool_t *pool)
{
    answer_t answer = {value, column, pool};
    scim_error_t *error;
    int code;

    *value = NULL;
    SCIM_TRY(come_together(c, pool));
    error = c->sql->engine->ask(&code, c, sql, take_answer, &answer, pool);
    return code ? fail(c, code, sql, pool) : error;
}

/* ---- units of work -------------------------------------------------------- */

/* The result does not matter: SQLite has rolled back by itself after some errors. */
static void roll_back(scim_connection_t *c)
{
    c->stage = NO_MATTER;
    c->sql->engine->execute(c, "ROLLBACK");
}

static scim_error_t *commit(scim_connection_t *c, apr_pool_t *pool)
{
    scim_error_t *error = scim_connection_execute(c, "COMMIT", pool);

    if (error) {
        roll_back(c);
    } else {
        error = scim_handle_check(c, pool);
    }
    c->unknown = error != NULL;
    return error;
}

static scim_error_t *work_together(scim_connection_t *c, scim_connection_fn work, void *baton,
                                   apr_pool_t *pool)
{
    SCIM_TRY(work(c, baton, pool));
    if (!c->failed && c->company) {
        SCIM_TRY(scim_company_join(c->company, c, pool));
    }
    return c->failed ? refuse(pool) : NULL;
}

static scim_error_t *in_transaction(scim_connection_t *c, scim_connection_fn work, void *baton,
                                    apr_pool_t *pool)
{
    scim_error_t *error;

    SCIM_TRY(scim_handle_check(c, pool)); /* the queue may have been long */
    c->stage = c->sql->begin_joined ? TO_WRITE : NO_MATTER;
    error = c->sql->begin_joined ? NULL : begin(c, c->sql->begin_write, pool);
    if (error == NULL) {
        error = work_together(c, work, baton, pool);
    }
    if (error) {
        roll_back(c);
        return error;
    }
    return commit(c, pool);
}

/* What was read has been read, also when this fails. */
static void end_reading(scim_connection_t *c, const scim_error_t *error, apr_pool_t *pool)
{
    if (error || scim_connection_execute(c, "COMMIT", pool)) {
        roll_back(c);
    }
}

static scim_error_t *read_together(scim_connection_t *c, scim_connection_fn work, void *baton,
                                   apr_pool_t *pool)
{
    c->again = c->failed = 0;
    SCIM_TRY(begin_to_read(c, pool));
    return work(c, baton, pool);
}

static scim_error_t *read_only(scim_connection_t *c, scim_connection_fn work, void *baton,
                               apr_pool_t *pool)
{
    scim_error_t *error;

    c->stage = NOT_BEGUN;
    c->again = 0;
    c->first = NULL;
    error = work(c, baton, pool);
    if (c->again) {
        error = read_together(c, work, baton, pool);
    } else if (c->first && c->first->crowded) {
        c->first->crowded--;
    }
    if (error == NULL && c->failed) {
        error = refuse(pool);
    }
    if (c->stage == BEGUN) {
        c->stage = NO_MATTER;
        end_reading(c, error, pool);
    }
    c->stage = NO_MATTER;
    return error;
}

scim_error_t *scim_connection_transact(scim_connection_t *c, int writes,
                                       scim_connection_fn work, void *baton, apr_pool_t *pool)
{
    const scim_source_t *source = c->source;
    int queue = writes && c->sql->one_writer && source->lock;
    scim_error_t *error;

    if (queue) {
        SCIM_TRY(source->lock(source->baton, pool));
    }
    error = writes ? in_transaction(c, work, baton, pool) : read_only(c, work, baton, pool);
    if (queue) {
        source->unlock(source->baton);
    }
    return error;
}

/* With those who join; their units have ended one way or the other when this returns. */
static scim_error_t *transact_together(scim_connection_t *c, const scim_unit_t *unit,
                                       scim_company_t *company, apr_pool_t *pool)
{
    scim_error_t *error;

    c->company = company;
    error = scim_connection_transact(c, unit->writes, unit->work, unit->baton, pool);
    c->company = NULL;
    if (company && error && !c->unknown) {
        scim_company_rolled_back(company);
    } else if (company) {
        scim_company_committed(company, error);
    }
    return error;
}

static scim_error_t *attempt(scim_connection_t *c, const scim_unit_t *unit,
                             scim_company_t *company, apr_pool_t *pool)
{
    c->failed = c->busy = c->unknown = c->misled = 0;
    SCIM_TRY(scim_handle_settle(c, pool));
    SCIM_TRY(scim_handle_check(c, pool));
    SCIM_TRY(unit->ready(c, unit->baton, pool));
    SCIM_TRY(transact_together(c, unit, company, pool));
    c->renewals = 0;
    return NULL;
}

/* Waiting for a lock a second time would only make the queue behind us longer. */
static int worth_retrying(const scim_connection_t *c, int writes)
{
    return c->failed && !c->unknown && !(c->busy && writes && c->source->lock);
}

/* Those that stood in each other's way would do so again if they waited equally long. */
static void step_aside(int tries)
{
    if (tries > 1) {
        apr_sleep(1000 * tries * (1 + (apr_time_now() + getpid()) % 20));
    }
}

/* Others may join the first attempt alone: if it failed because of one of them, the second one
   does not. */
static scim_error_t *run(scim_connection_t *c, const scim_unit_t *unit, scim_company_t *company,
                         apr_pool_t *pool)
{
    apr_time_t start = apr_time_now();
    scim_error_t *error = attempt(c, unit, company, pool);
    int tries;

    for (tries = 1; error && tries < c->sql->attempts && worth_retrying(c, unit->writes)
                    && (c->misled || apr_time_now() - start < RETRY_PATIENCE);
         tries++) {
        SCIM_TRY(scim_handle_refresh(c, pool));
        step_aside(tries);
        error = attempt(c, unit, NULL, pool);
    }
    if (error && c->failed) {
        scim_handle_despair(c, pool);
    }
    return error;
}

/* The driver of MariaDB takes a megabyte for each column with a long text, in each SELECT. */
#define KEPT_FOR_ROWS (4 * 1024 * 1024)

static apr_pool_t *make_rows(apr_pool_t *pool)
{
    apr_allocator_t *allocator;
    apr_pool_t *rows;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return pool;
    }
    apr_allocator_max_free_set(allocator, KEPT_FOR_ROWS);
    apr_pool_create_ex(&rows, pool, NULL, allocator);
    apr_allocator_owner_set(allocator, rows);
    return rows;
}

/* The connection of a lease, made when it is first seen. */
static scim_error_t *meet(scim_connection_t **connection, const scim_lease_t *lease,
                          const scim_unit_t *unit, apr_pool_t *pool)
{
    scim_connection_t *c = apr_hash_get(lease->cache, KEY, APR_HASH_KEY_STRING);

    if (c == NULL) {
        const char *driver = apr_dbd_name(lease->driver);
        const scim_sql_t *sql = scim_sql_find(driver);

        if (sql == NULL) {
            return scim_connection_unusable(pool,
                                            "the database driver %s is not supported; use %s",
                                            driver, scim_sql_names(pool));
        }
        c = apr_pcalloc(lease->pool, sizeof(*c));
        c->sql = sql;
        c->rows = make_rows(lease->pool);
        apr_pool_create(&c->pool, lease->pool);
        apr_hash_set(lease->cache, KEY, APR_HASH_KEY_STRING, c);
    }
    if (c->handle != *lease->handle) {
        scim_handle_forget(c);
        c->handle = *lease->handle;
        c->file = NULL;
        c->server = NULL;
        c->settled = 0;
    }
    c->source = unit->source;
    c->known = unit->known;
    c->lease = *lease;
    *connection = c;
    return NULL;
}

/* The first unit that writes finds out whether there is one writer at a time. */
static void open_company(const scim_connection_t *c, const scim_unit_t *unit)
{
    if (unit->company && c->sql->one_writer && !scim_company_is_open(unit->company)) {
        scim_company_open(unit->company);
    }
}

static scim_error_t *run_with(scim_company_t *company, const scim_unit_t *unit,
                              apr_pool_t *pool)
{
    const scim_source_t *source = unit->source;
    scim_lease_t lease = {0};
    scim_connection_t *c = NULL;
    scim_error_t *error;

    SCIM_TRY(source->open(&lease, source->baton, pool));
    error = meet(&c, &lease, unit, pool);
    if (error == NULL) {
        open_company(c, unit);
        error = run(c, unit, company, pool);
    }
    source->close(&lease, source->baton);
    return error;
}

scim_error_t *scim_connection_run(const scim_unit_t *unit, apr_pool_t *pool)
{
    scim_company_t *company = unit->writes ? unit->company : NULL;
    scim_error_t *error;
    int done;

    if (!company || !scim_company_is_open(company)) {
        return run_with(NULL, unit, pool);
    }
    SCIM_TRY(scim_company_enter(&done, &error, company, unit, pool));
    if (!done) {
        error = run_with(company, unit, pool);
        scim_company_leave(company);
    }
    return error;
}
