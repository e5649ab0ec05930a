#include "directory/dbd/engine.h"

#include <string.h>

#include <apr_strings.h>

typedef struct statement_t {
    apr_dbd_prepared_t *prepared;
    const char *name; /* in PostgreSQL's server; or NULL */
} statement_t;

static int make(void **statement, scim_connection_t *c, const char *sql, const char *name)
{
    statement_t *made = apr_pcalloc(c->pool, sizeof(*made));

    made->name = name;
    *statement = made;
    return apr_dbd_prepare(c->lease.driver, c->pool, *c->lease.handle, sql, name,
                           &made->prepared);
}

static int prepare(void **statement, scim_connection_t *c, const char *sql)
{
    return make(statement, c, sql, NULL);
}

static int change(int *rows, scim_connection_t *c, void *statement, const char **args,
                  int count, apr_pool_t *pool)
{
    return apr_dbd_pquery(c->lease.driver, pool, *c->lease.handle, rows,
                          ((statement_t *)statement)->prepared, count, args);
}

/* NULL of a column is APR_ENOENT here; apr_dbd_get_entry makes "" of it on PostgreSQL. */
static const char *column_of(const scim_connection_t *c, apr_dbd_row_t *row, int column)
{
    const char *value = NULL;

    if (apr_dbd_datum_get(c->lease.driver, row, column, APR_DBD_TYPE_STRING, &value)
        != APR_SUCCESS) {
        return NULL;
    }
    return value;
}

/* Reads to the end even after an error: before, some drivers do not take the next statement. */
static scim_error_t *read_rows(const scim_connection_t *c, apr_dbd_results_t *results,
                               scim_row_fn each, void *baton, apr_pool_t *pool)
{
    int column, columns = apr_dbd_num_cols(c->lease.driver, results);
    const char **values = apr_pcalloc(pool, sizeof(*values) * (apr_size_t)columns);
    scim_error_t *error = NULL;
    apr_dbd_row_t *row = NULL;

    while (apr_dbd_get_row(c->lease.driver, pool, results, &row, -1) == 0) {
        for (column = 0; error == NULL && column < columns; column++) {
            values[column] = column_of(c, row, column);
        }
        if (error == NULL) {
            error = each(baton, values);
        }
    }
    return error;
}

static scim_error_t *select_rows(int *code, scim_connection_t *c, void *statement,
                                 const char **args, int count, scim_row_fn each, void *baton,
                                 apr_pool_t *pool)
{
    apr_dbd_results_t *results = NULL;

    *code = apr_dbd_pselect(c->lease.driver, pool, *c->lease.handle, &results,
                            ((statement_t *)statement)->prepared, c->sql->random, count, args);
    return *code ? NULL : read_rows(c, results, each, baton, pool);
}

static int execute(scim_connection_t *c, const char *sql)
{
    int rows = 0;

    return apr_dbd_query(c->lease.driver, *c->lease.handle, &rows, sql);
}

static scim_error_t *ask(int *code, scim_connection_t *c, const char *sql, scim_row_fn each,
                         void *baton, apr_pool_t *pool)
{
    apr_dbd_results_t *results = NULL;

    *code =
        apr_dbd_select(c->lease.driver, pool, *c->lease.handle, &results, sql, c->sql->random);
    return *code ? NULL : read_rows(c, results, each, baton, pool);
}

static const char *error(const scim_connection_t *c, int code)
{
    return apr_dbd_error(c->lease.driver, *c->lease.handle, code);
}

const scim_engine_t scim_engine_apr = {prepare, change, select_rows, execute, ask, error, NULL};

/* ---- PostgreSQL ------------------------------------------------------------ */

/* The text with PostgreSQL's own placeholders; *count: how many. */
static const char *translate(int *count, const char *sql, apr_pool_t *pool)
{
    apr_array_header_t *pieces = apr_array_make(pool, 64, sizeof(const char *));
    const char *at;

    *count = 0;
    for (; (at = strchr(sql, '%')) && at[1]; sql = at + 2) {
        APR_ARRAY_PUSH(pieces, const char *) =
            apr_pstrmemdup(pool, sql, (apr_size_t)(at - sql));
        APR_ARRAY_PUSH(pieces, const char *) =
            at[1] == 's' ? apr_psprintf(pool, "$%d", ++*count) : "%";
    }
    APR_ARRAY_PUSH(pieces, const char *) = sql;
    return apr_array_pstrcat(pool, pieces, 0);
}

/* As many values. */
static const char *stand_in(int count, apr_pool_t *pool)
{
    apr_array_header_t *values = apr_array_make(pool, count + 1, sizeof(const char *));

    APR_ARRAY_PUSH(values, const char *) = "SELECT 1";
    while (count-- > 0) {
        APR_ARRAY_PUSH(values, const char *) = "%s";
    }
    return apr_array_pstrcat(pool, values, ',');
}

/*
 * What has a name is prepared in the server. The driver says there that each value is a text,
 * which a number then is not compared with: so it prepares something else, which has as many
 * values, and another statement gets its name, for which the server finds the types.
 */
static int prepare_named(void **statement, scim_connection_t *c, const char *sql)
{
    const char *name = apr_psprintf(c->pool, SCIM_ENGINE_NAMES "%u", ++c->named), *text;
    apr_pool_t *scratch;
    int code, count;

    apr_pool_create(&scratch, c->pool);
    text = translate(&count, sql, scratch);
    code = make(statement, c, stand_in(count, scratch), name);
    if (code == 0) {
        code = execute(c, apr_pstrcat(scratch, "DEALLOCATE ", name, NULL));
    }
    if (code == 0) {
        code = execute(c, apr_pstrcat(scratch, "PREPARE ", name, " AS ", text, NULL));
    }
    apr_pool_destroy(scratch);
    return code;
}

/* With what goes in front of it, in one message, of which the last result comes back. */
static scim_error_t *select_named(int *code, scim_connection_t *c, void *statement,
                                  const char **args, int count, scim_row_fn each, void *baton,
                                  apr_pool_t *pool)
{
    const char *sql;
    int i;

    if (c->preface == NULL) {
        return select_rows(code, c, statement, args, count, each, baton, pool);
    }
    sql = apr_pstrcat(pool, c->preface, "; EXECUTE ", ((statement_t *)statement)->name, NULL);
    for (i = 0; i < count; i++) {
        sql = apr_pstrcat(pool, sql, i > 0 ? ", " : "(", args[i], NULL);
    }
    return ask(code, c, count > 0 ? apr_pstrcat(pool, sql, ")", NULL) : sql, each, baton, pool);
}

const scim_engine_t scim_engine_named = {prepare_named, change, select_named, execute,
                                         ask,           error,  NULL};
