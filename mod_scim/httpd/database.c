#include "httpd/database.h"

#include <signal.h>
#include <string.h>

#include <apr_atomic.h>
#include <apr_dbd.h>
#include <apr_global_mutex.h>
#include <apr_version.h>
#include <ap_mpm.h>
#include <ap_provider.h>
#include <mod_dbd.h>
#include <util_mutex.h>

#include "core/error.h"
#include "directory/dbd/store.h"

#define WRITERS "scim-writers"

/* How long a writer waits for its turn. */
#define WAIT apr_time_from_sec(20)

/* Dead connections of mod_dbd's pool that one request is ready to throw away. */
#define MAX_DISCARDS 64

/*
 * The queue of the writers of all processes. It outlives restarts: after a graceful one, the
 * children that finish their requests and the new ones have to stand in the same queue.
 */
typedef struct writers_t {
    apr_global_mutex_t *mutex;
    const char *file;
} writers_t;

/* A connection of ours. */
typedef struct loan_t {
    ap_dbd_t *dbd;
    apr_pool_t *pool;
    sigset_t signals; /* those that were blocked before */
} loan_t;

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) * dbd_close;
static writers_t *writers;
static apr_uint32_t closed; /* how many connections mod_dbd has closed in this process */
static scim_directory_provider_t provider;
static int threaded; /* requests are served in threads */

/* ---- connections ---- */

static apr_status_t count_closed(void *data)
{
    (void)data;
    apr_atomic_inc32(&closed);
    return APR_SUCCESS;
}

/* mod_dbd's hook for new connections. */
static apr_status_t watch_connection(apr_pool_t *pool, dbd_cfg_t *config, ap_dbd_t *dbd)
{
    (void)config, (void)dbd;
    apr_pool_cleanup_register(pool, NULL, count_closed, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

/*
 * mod_dbd answers NULL both when the database is not to be reached and when the connection that
 * it took from its pool turned out dead. In the second case it threw the connection away, and
 * the next one may be good.
 */
static ap_dbd_t *acquire(server_rec *server, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < MAX_DISCARDS; i++) {
        apr_uint32_t before = apr_atomic_read32(&closed);
        ap_dbd_t *dbd = dbd_open(pool, server);

        if (dbd || apr_atomic_read32(&closed) == before) {
            return dbd;
        }
    }
    return NULL;
}

/*
 * A child of prefork that is told to end does so inside the signal's handler: it closes the
 * database in the middle of whatever was going on there, and mod_dbd aborts it for the
 * connection that is still lent. So the signal waits until the connection is back.
 */
static void hold_signals(loan_t *loan)
{
    sigset_t signals;

    if (!threaded) {
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGHUP);
        sigprocmask(SIG_BLOCK, &signals, &loan->signals);
    }
}

static void release_signals(const sigset_t *signals)
{
    if (!threaded) {
        sigprocmask(SIG_SETMASK, signals, NULL);
    }
}

static scim_error_t *lend(scim_lease_t *lease, void *baton, apr_pool_t *pool)
{
    apr_pool_t *unit;
    loan_t *loan;

    apr_pool_create(&unit, pool);
    loan = apr_pcalloc(unit, sizeof(*loan));
    loan->pool = unit;
    hold_signals(loan);
    loan->dbd = acquire(baton, unit);
    if (!loan->dbd) {
        release_signals(&loan->signals);
        apr_pool_destroy(unit);
        return scim_error_because(
            scim_error_create(pool, HTTP_SERVICE_UNAVAILABLE, NULL,
                              "The directory cannot be reached."),
            pool,
            "mod_dbd has no connection to lend (DBDriver, DBDParams); its "
            "own message stands before this one");
    }
    lease->driver = loan->dbd->driver;
    lease->handle = &loan->dbd->handle;
    lease->cache = loan->dbd->prepared;
    lease->pool = loan->dbd->pool;
    lease->token = loan;
    return NULL;
}

static void take_back(scim_lease_t *lease, void *baton)
{
    loan_t *loan = lease->token;
    sigset_t signals = loan->signals;

    dbd_close(baton, loan->dbd);
    apr_pool_destroy(loan->pool);
    release_signals(&signals);
}

/* ---- the queue of writers ---- */

static apr_status_t wait_for_turn(void)
{
#if APR_VERSION_AT_LEAST(1, 7, 0)
    apr_status_t rv;

    do {
        rv = apr_global_mutex_timedlock(writers->mutex, WAIT);
    } while (APR_STATUS_IS_EINTR(rv));
    return rv;
#else
    const apr_interval_time_t nap = apr_time_from_msec(10);
    apr_interval_time_t waited;

    for (waited = 0; waited < WAIT; waited += nap) {
        apr_status_t rv = apr_global_mutex_trylock(writers->mutex);

        if (!APR_STATUS_IS_EBUSY(rv)) {
            return rv;
        }
        apr_sleep(nap);
    }
    return APR_TIMEUP;
#endif
}

static scim_error_t *lock(void *baton, apr_pool_t *pool)
{
    apr_status_t rv = writers ? wait_for_turn() : APR_ENOLOCK;

    (void)baton;
    if (rv == APR_SUCCESS) {
        return NULL;
    }
    return scim_error_because(
        scim_error_create(pool, HTTP_SERVICE_UNAVAILABLE, NULL, "The directory is busy."), pool,
        "no turn among the writers (mutex " WRITERS "): %pm", &rv);
}

static void unlock(void *baton)
{
    apr_status_t rv = apr_global_mutex_unlock(writers->mutex);

    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, (server_rec *)baton,
                     "SCIM0052: the mutex " WRITERS " could not be released");
    }
}

/*
 * A robust mutex where there is one: a child that is killed while it writes does not take the
 * queue with it. (APR_LOCK_DEFAULT_TIMED means the same, but `httpd -S` aborts over it.)
 */
int scim_database_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    const apr_lockmech_e mechanism =
        APR_HAS_PROC_PTHREAD_SERIALIZE ? APR_LOCK_PROC_PTHREAD : APR_LOCK_DEFAULT;

    (void)plog, (void)ptemp;
    return ap_mutex_register(pconf, WRITERS, NULL, mechanism, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

/* Without the mutex, reading goes on. httpd logs why it cannot be made. */
static void make_queue(server_rec *server)
{
    writers_t *queue = ap_retained_data_get(WRITERS);

    if (!queue) {
        queue = ap_retained_data_create(WRITERS, sizeof(*queue));
    }
    if (!queue->mutex
        && ap_global_mutex_create(&queue->mutex, &queue->file, WRITERS, NULL, server,
                                  server->process->pool, 0)
               != APR_SUCCESS) {
        queue->mutex = NULL;
    }
    writers = queue->mutex ? queue : NULL;
}

void scim_database_child_init(apr_pool_t *pchild, server_rec *server)
{
    apr_status_t rv;

    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    if (!writers) {
        return;
    }
    rv = apr_global_mutex_child_init(&writers->mutex, writers->file, pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server,
                     "SCIM0050: the mutex " WRITERS
                     " is not to be had in this child: it cannot "
                     "write to SQLite directories");
        writers = NULL;
    }
}

/* ---- the provider ---- */

static void report(void *baton, const char *level, const char *message)
{
    int apache_level = strcmp(level, "error") == 0     ? APLOG_ERR
                       : strcmp(level, "warning") == 0 ? APLOG_WARNING
                                                       : APLOG_NOTICE;

    ap_log_error(APLOG_MARK, apache_level, 0, (server_rec *)baton, "SCIM0053: %s", message);
}

static scim_error_t *open_directory(void **directory, const char *name,
                                    const scim_indexed_attribute_t *indexed, int count,
                                    void *server, apr_pool_t *pool)
{
    scim_source_t *source = apr_pcalloc(pool, sizeof(*source));

    if (!dbd_open || !dbd_close) {
        return scim_error_because(
            scim_error_create(pool, HTTP_SERVICE_UNAVAILABLE, NULL,
                              "The directory is not available."),
            pool, "mod_dbd is not loaded: add LoadModule dbd_module, DBDriver and DBDParams");
    }
    source->open = lend;
    source->close = take_back;
    source->lock = lock;
    source->unlock = unlock;
    source->report = report;
    source->baton = server;
    return scim_store_open(directory, name, source, indexed, count, pool);
}

void scim_database_register(apr_pool_t *pool)
{
    provider = scim_store_provider;
    provider.open = open_directory;
    ap_register_provider(pool, SCIM_PROVIDER_GROUP, SCIM_DEFAULT_PROVIDER,
                         SCIM_PROVIDER_VERSION, &provider);
    APR_OPTIONAL_HOOK(dbd, post_connect, watch_connection, NULL, NULL, APR_HOOK_MIDDLE);
}

static void open_wanted(scim_directory_t *directory, server_rec *server, apr_pool_t *pconf)
{
    const scim_server_config_t *config =
        ap_get_module_config(server->module_config, &scim_module);
    scim_error_t *error = NULL;

    if (directory->provider) {
        error = directory->provider->open(
            &directory->state, directory->name,
            (const scim_indexed_attribute_t *)config->indexed->attributes->elts,
            config->indexed->attributes->nelts, server, pconf);
    }
    if (error || !directory->state) {
        directory->state = NULL;
        ap_log_error(
            APLOG_MARK, APLOG_ERR, 0, server,
            "SCIM0051: the directory '%s' cannot be opened, its endpoints answer 503: %s",
            directory->name,
            !error         ? "its provider is not there"
            : error->cause ? error->cause
                           : error->detail);
    }
}

int scim_database_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                              server_rec *server)
{
    server_rec *s;
    int wanted = 0;

    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    for (s = server; s; s = s->next) {
        scim_server_config_t *config = ap_get_module_config(s->module_config, &scim_module);
        apr_hash_index_t *at;

        for (at = apr_hash_first(ptemp, config->wanted); at; at = apr_hash_next(at)) {
            open_wanted(apr_hash_this_val(at), s, pconf);
            wanted = 1;
        }
    }
    if (wanted) {
        make_queue(server);
    }
    return OK;
}
