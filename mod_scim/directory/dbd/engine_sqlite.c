#include <sqlite3.h>
#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/engine.h"
#include "directory/dbd/gather.h"

static sqlite3 *native(const scim_connection_t *c)
{
    return apr_dbd_native_handle(c->lease.driver, *c->lease.handle);
}

static apr_status_t finalize(void *statement)
{
    sqlite3_finalize(statement);
    return APR_SUCCESS;
}

/* The text with SQLite's own placeholders. */
static char *translate(const char *sql, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, strlen(sql) + 1), *to = text;

    for (; *sql; sql++) {
        if (*sql == '%') {
            *to++ = *++sql == 's' ? '?' : '%';
        } else {
            *to++ = *sql;
        }
    }
    *to = '\0';
    return text;
}

static int prepare(void **statement, scim_connection_t *c, const char *sql)
{
    sqlite3_stmt *made = NULL;
    apr_pool_t *scratch;
    int code;

    apr_pool_create(&scratch, c->pool);
    code = sqlite3_prepare_v3(native(c), translate(sql, scratch), -1, SQLITE_PREPARE_PERSISTENT,
                              &made, NULL);
    apr_pool_destroy(scratch);
    if (code == SQLITE_OK) {
        apr_pool_cleanup_register(c->pool, made, finalize, apr_pool_cleanup_null);
    }
    *statement = made;
    return code;
}

/* The arguments outlive the run. */
static int bind_all(sqlite3_stmt *statement, const char **args, int count)
{
    int i, code = SQLITE_OK;

    for (i = 0; code == SQLITE_OK && i < count; i++) {
        code = args[i] ? sqlite3_bind_text(statement, i + 1, args[i], -1, SQLITE_STATIC)
                       : sqlite3_bind_null(statement, i + 1);
    }
    return code;
}

/* A lock that stops a run in the middle is no reason to begin it again. */
static int code_of(int code, int rows)
{
    if (code == SQLITE_DONE || code == SQLITE_ROW) {
        return SQLITE_OK;
    }
    return code == SQLITE_BUSY && rows > 0 ? SQLITE_LOCKED : code;
}

static scim_error_t *run(int *code, sqlite3_stmt *statement, scim_row_fn each, void *baton,
                         apr_pool_t *pool)
{
    int column, columns = sqlite3_column_count(statement), rows = 0;
    const char **values = apr_palloc(pool, sizeof(*values) * (apr_size_t)(columns + 1));
    scim_error_t *error = NULL;

    while (error == NULL && (*code = sqlite3_step(statement)) == SQLITE_ROW) {
        rows++;
        for (column = 0; column < columns; column++) {
            values[column] = (const char *)sqlite3_column_text(statement, column);
        }
        error = each ? each(baton, values) : NULL;
    }
    *code = code_of(*code, rows);
    return error;
}

/* The code of the reset is that of the step before. */
static scim_error_t *select_rows(int *code, scim_connection_t *c, void *statement,
                                 const char **args, int count, scim_row_fn each, void *baton,
                                 apr_pool_t *pool)
{
    scim_error_t *error = NULL;

    (void)c;
    *code = bind_all(statement, args, count);
    if (*code == SQLITE_OK) {
        error = run(code, statement, each, baton, pool);
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return error;
}

static void read_cells(scim_cell_t *cells, int columns, sqlite3_stmt *statement,
                       unsigned numbers)
{
    int i;

    for (i = 0; i < columns; i++) {
        if (numbers & 1U << i) {
            cells[i].number = sqlite3_column_int64(statement, i);
        } else {
            cells[i].text = (const char *)sqlite3_column_text(statement, i);
            cells[i].length = (apr_size_t)sqlite3_column_bytes(statement, i);
        }
    }
}

static scim_error_t *stream(int *code, scim_connection_t *c, void *statement,
                            const scim_select_t *select, apr_pool_t *pool)
{
    int columns = sqlite3_column_count(statement), rows = 0;
    scim_cell_t *cells = apr_pcalloc(pool, sizeof(*cells) * (apr_size_t)(columns + 1));
    scim_error_t *error = NULL;

    (void)c;
    *code = bind_all(statement, select->args, select->count);
    while (*code == SQLITE_OK && error == NULL
           && (*code = sqlite3_step(statement)) == SQLITE_ROW) {
        rows++;
        read_cells(cells, columns, statement, select->numbers);
        error = select->each(select->baton, cells);
        *code = SQLITE_OK;
    }
    *code = code_of(*code, rows);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return error;
}

static int change(int *rows, scim_connection_t *c, void *statement, const char **args,
                  int count, apr_pool_t *pool)
{
    int code;

    select_rows(&code, c, statement, args, count, NULL, NULL, pool);
    *rows = code == SQLITE_OK ? sqlite3_changes(native(c)) : 0;
    return code;
}

static scim_error_t *ask(int *code, scim_connection_t *c, const char *sql, scim_row_fn each,
                         void *baton, apr_pool_t *pool)
{
    sqlite3_stmt *statement = NULL;
    scim_error_t *error = NULL;

    *code = sqlite3_prepare_v2(native(c), sql, -1, &statement, NULL);
    if (*code == SQLITE_OK) {
        error = run(code, statement, each, baton, pool);
        sqlite3_finalize(statement);
    }
    return error;
}

#define COMMIT "COMMIT"

/* What else each unit of work begins and ends with. */
static int is_frequent(const char *sql)
{
    static const char *const frequent[] = {
        "BEGIN IMMEDIATE",     "BEGIN",
        "SAVEPOINT scim_1",    "RELEASE SAVEPOINT scim_1",
        "SAVEPOINT scim_unit", "RELEASE SAVEPOINT scim_unit"};
    size_t i;

    for (i = 0; i < sizeof(frequent) / sizeof(*frequent); i++) {
        if (strcmp(frequent[i], sql) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Compiled once, unlike the rest. */
static int execute_again(scim_connection_t *c, const char *sql)
{
    void *statement = apr_hash_get(c->statements, sql, APR_HASH_KEY_STRING);
    int code = SQLITE_OK;

    if (!statement) {
        code = prepare(&statement, c, sql);
        if (code == SQLITE_OK) {
            apr_hash_set(c->statements, apr_pstrdup(c->pool, sql), APR_HASH_KEY_STRING,
                         statement);
        }
    }
    if (code == SQLITE_OK) {
        code = code_of(sqlite3_step(statement), 0);
        sqlite3_reset(statement);
    }
    return code;
}

static int commit(scim_connection_t *c)
{
    int code;

    scim_gather_begin(native(c));
    code = execute_again(c, COMMIT);
    scim_gather_end(native(c));
    return code;
}

static int execute(scim_connection_t *c, const char *sql)
{
    apr_pool_t *scratch;
    int code;

    if (strcmp(sql, COMMIT) == 0) {
        return commit(c);
    }
    if (is_frequent(sql)) {
        return execute_again(c, sql);
    }
    apr_pool_create(&scratch, c->pool);
    ask(&code, c, sql, NULL, NULL, scratch);
    apr_pool_destroy(scratch);
    return code;
}

static const char *error(const scim_connection_t *c, int code)
{
    return sqlite3_errcode(native(c)) == code ? sqlite3_errmsg(native(c))
                                              : sqlite3_errstr(code);
}

const scim_engine_t scim_engine_sqlite = {prepare, change, select_rows, execute,
                                          ask,     error,  stream};
