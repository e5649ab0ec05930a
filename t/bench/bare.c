/*
 * bare.c - a module for httpd that does the least that a server must which answers from a
 * database: what mod_scim is compared with.
 *
 *     SetHandler bare      GET /path/ID    one prepared select, and the text as it is
 *                          POST /path      one durable insert of the body
 *                          PUT /path/ID    one durable update with the body; so does PATCH
 *
 * The table bare_rows (id, document) is made when it is not there. SQLite's writers wait for
 * each other in a mutex, so all are in one process.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include <string.h>

#include <apr_atomic.h>
#include <apr_dbd.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <mod_dbd.h>

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) * dbd_close;
static apr_thread_mutex_t *writers;
static apr_uint32_t serial;

static int is_sqlite(const ap_dbd_t *dbd)
{
    return strcmp(apr_dbd_name(dbd->driver), "sqlite3") == 0;
}

/* ---- the database ---- */

static const struct {
    const char *label, *sql;
} statements[] = {{"bare_read", "SELECT document FROM bare_rows WHERE id = %s"},
                  {"bare_insert", "INSERT INTO bare_rows (id, document) VALUES (%s, %s)"},
                  {"bare_update", "UPDATE bare_rows SET document = %s WHERE id = %s"}};

static apr_dbd_prepared_t *statement(const ap_dbd_t *dbd, const char *label)
{
    return apr_hash_get(dbd->prepared, label, APR_HASH_KEY_STRING);
}

/* Its driver prepares what has a label; all values are texts then, and so they are here. */
static int is_postgresql(const ap_dbd_t *dbd)
{
    return strcmp(apr_dbd_name(dbd->driver), "pgsql") == 0;
}

static void ask(const ap_dbd_t *dbd, const char *sql, apr_pool_t *pool)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;

    apr_dbd_select(dbd->driver, pool, dbd->handle, &results, sql, 0);
    while (results && apr_dbd_get_row(dbd->driver, pool, results, &row, -1) == 0) {
    }
}

static void query(const ap_dbd_t *dbd, const char *sql)
{
    int rows;

    apr_dbd_query(dbd->driver, dbd->handle, &rows, sql);
}

/* Commits are as durable as those of mod_scim. */
static int settle(const ap_dbd_t *dbd, apr_pool_t *pool)
{
    size_t i;

    if (is_sqlite(dbd)) {
        ask(dbd, "PRAGMA journal_mode=WAL", pool);
        query(dbd, "PRAGMA synchronous=FULL");
    }
    query(dbd, "CREATE TABLE IF NOT EXISTS bare_rows "
               "(id VARCHAR(64) NOT NULL PRIMARY KEY, document TEXT NOT NULL)");
    for (i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
        apr_dbd_prepared_t *made = NULL;

        if (apr_dbd_prepare(dbd->driver, dbd->pool, dbd->handle, statements[i].sql,
                            is_postgresql(dbd) ? statements[i].label : NULL, &made)) {
            return 0;
        }
        apr_hash_set(dbd->prepared, statements[i].label, APR_HASH_KEY_STRING, made);
    }
    return 1;
}

/* A connection with our statements. One at a time is settled, so that one alone makes the
 * table. */
static ap_dbd_t *open_database(request_rec *r)
{
    ap_dbd_t *dbd = dbd_open(r->pool, r->server);
    int settled = 1;

    if (dbd && !statement(dbd, statements[0].label)) {
        apr_thread_mutex_lock(writers);
        settled = settle(dbd, r->pool);
        apr_thread_mutex_unlock(writers);
    }
    return settled ? dbd : NULL;
}

/* *text is NULL when there is no such row. */
static int read_row(const char **text, const ap_dbd_t *dbd, const char *id, request_rec *r)
{
    const char *args[] = {id};
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;

    *text = NULL;
    if (apr_dbd_pselect(dbd->driver, r->pool, dbd->handle, &results,
                        statement(dbd, "bare_read"), is_postgresql(dbd), 1, args)) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    while (apr_dbd_get_row(dbd->driver, r->pool, results, &row, -1) == 0) {
        *text = apr_pstrdup(r->pool, apr_dbd_get_entry(dbd->driver, row, 0));
    }
    return OK;
}

static int change_row(const ap_dbd_t *dbd, const char *label, const char **args, request_rec *r)
{
    int rows, code, wait = is_sqlite(dbd);

    if (wait) {
        apr_thread_mutex_lock(writers);
    }
    code = apr_dbd_pquery(dbd->driver, r->pool, dbd->handle, &rows, statement(dbd, label), 2,
                          args);
    if (wait) {
        apr_thread_mutex_unlock(writers);
    }
    if (code) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "bare: %s",
                      apr_dbd_error(dbd->driver, dbd->handle, code));
    }
    return code || rows != 1 ? HTTP_SERVICE_UNAVAILABLE : OK;
}

/* ---- requests ---- */

static char *body_of(request_rec *r)
{
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_size_t length = 0;
    char *body = apr_pstrdup(r->pool, "");

    while (ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES, APR_BLOCK_READ, 65536)
           == APR_SUCCESS) {
        int last = APR_BRIGADE_EMPTY(brigade) || APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade));
        char *part;

        apr_brigade_pflatten(brigade, &part, &length, r->pool);
        body = apr_pstrcat(r->pool, body, apr_pstrmemdup(r->pool, part, length), NULL);
        apr_brigade_cleanup(brigade);
        if (last) {
            break;
        }
    }
    return body;
}

static int answer(const char *text, int status, request_rec *r)
{
    apr_size_t length = strlen(text);

    r->status = status;
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_type(r, "application/scim+json");
    ap_set_content_length(r, (apr_off_t)length);
    ap_rwrite(text, (int)length, r);
    return OK;
}

static int work(const char **text, const ap_dbd_t *dbd, const char *id, request_rec *r)
{
    const char *made, *inserted[2], *updated[2];

    if (r->method_number == M_GET) {
        return read_row(text, dbd, id, r);
    }
    if (r->method_number == M_POST) {
        made = apr_psprintf(r->pool, "%" APR_TIME_T_FMT "-%u", apr_time_now(),
                            apr_atomic_inc32(&serial));
        inserted[0] = made;
        inserted[1] = *text;
        return change_row(dbd, "bare_insert", inserted, r);
    }
    updated[0] = *text;
    updated[1] = id;
    return change_row(dbd, "bare_update", updated, r);
}

static int handle(request_rec *r)
{
    const char *text = NULL, *id;
    ap_dbd_t *dbd;
    int status;

    if (!r->handler || strcmp(r->handler, "bare") != 0) {
        return DECLINED;
    }
    id = strrchr(r->uri, '/') + 1;
    if (r->method_number != M_GET) {
        text = body_of(r);
    }
    dbd = open_database(r);
    if (!dbd) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    status = work(&text, dbd, id, r);
    dbd_close(r->server, dbd);
    if (status == OK && !text) {
        return HTTP_NOT_FOUND;
    }
    return status == OK ? answer(text, r->method_number == M_POST ? 201 : 200, r) : status;
}

/* ---- httpd ---- */

static int find_dbd(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf, (void)plog, (void)ptemp, (void)s;
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    return OK;
}

static void begin(apr_pool_t *pool, server_rec *s)
{
    (void)s;
    apr_thread_mutex_create(&writers, APR_THREAD_MUTEX_DEFAULT, pool);
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(find_dbd, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(begin, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA bare_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE,
};
