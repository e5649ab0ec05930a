#include "directory/dbd/plain.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "core/error.h"

typedef struct plain_connection_t {
    apr_dbd_t *handle;
    const apr_dbd_driver_t *driver;
    apr_hash_t *cache;
    apr_pool_t *pool;
    struct plain_connection_t *next;
} plain_connection_t;

typedef struct plain_t {
    const char *driver;
    const char *params;
    void (*report)(void *listener, const char *level, const char *message);
    void *listener;
    apr_pool_t *pool;           /* of all connections */
    apr_thread_mutex_t *mutex;  /* of the list and the pool */
    apr_thread_mutex_t *writer; /* whose turn it is */
    plain_connection_t *free;
} plain_t;

/* Parameters of a server may hold a password. */
static const char *place(const plain_t *plain)
{
    return strcmp(plain->driver, "sqlite3") == 0 ? plain->params : "the database";
}

static scim_error_t *unavailable(const plain_t *plain, const char *why, apr_pool_t *pool)
{
    return scim_error_because(
        scim_error_create(pool, 503, NULL, "The directory's database is not available."), pool,
        "%s cannot connect to %s: %s", plain->driver, place(plain), why);
}

static apr_status_t close_handle(void *data)
{
    plain_connection_t *connection = data;

    return apr_dbd_close(connection->driver, connection->handle);
}

static scim_error_t *open_handle(plain_connection_t *connection, const plain_t *plain,
                                 apr_pool_t *pool)
{
    const char *why = NULL;

    if (apr_dbd_get_driver(connection->pool, plain->driver, &connection->driver)
        != APR_SUCCESS) {
        return unavailable(plain, "APR has no such driver", pool);
    }
    if (apr_dbd_open_ex(connection->driver, connection->pool, plain->params,
                        &connection->handle, &why)
        != APR_SUCCESS) {
        return unavailable(plain, why ? why : "no reason given", pool);
    }
    apr_pool_cleanup_register(connection->pool, connection, close_handle,
                              apr_pool_cleanup_null);
    connection->cache = apr_hash_make(connection->pool);
    return NULL;
}

static scim_error_t *make_connection(plain_connection_t **made, plain_t *plain,
                                     apr_pool_t *pool)
{
    plain_connection_t *connection;
    scim_error_t *error;
    apr_pool_t *own;

    apr_pool_create(&own, plain->pool);
    connection = apr_pcalloc(own, sizeof(*connection));
    connection->pool = own;
    error = open_handle(connection, plain, pool);
    if (error) {
        apr_pool_destroy(own);
        return error;
    }
    *made = connection;
    return NULL;
}

static scim_error_t *plain_lend(scim_lease_t *lease, void *baton, apr_pool_t *pool)
{
    plain_t *plain = baton;
    plain_connection_t *connection;
    scim_error_t *error = NULL;

    apr_thread_mutex_lock(plain->mutex);
    connection = plain->free;
    if (connection) {
        plain->free = connection->next;
    } else {
        error = make_connection(&connection, plain, pool);
    }
    apr_thread_mutex_unlock(plain->mutex);
    if (error) {
        return error;
    }
    lease->driver = connection->driver;
    lease->handle = &connection->handle;
    lease->cache = connection->cache;
    lease->pool = connection->pool;
    lease->token = connection;
    return NULL;
}

static void plain_take_back(scim_lease_t *lease, void *baton)
{
    plain_t *plain = baton;
    plain_connection_t *connection = lease->token;

    apr_thread_mutex_lock(plain->mutex);
    connection->next = plain->free;
    plain->free = connection;
    apr_thread_mutex_unlock(plain->mutex);
}

static scim_error_t *plain_lock(void *baton, apr_pool_t *pool)
{
    plain_t *plain = baton;

    (void)pool;
    apr_thread_mutex_lock(plain->writer);
    return NULL;
}

static void plain_unlock(void *baton)
{
    plain_t *plain = baton;

    apr_thread_mutex_unlock(plain->writer);
}

static void plain_report(void *baton, const char *level, const char *message)
{
    const plain_t *plain = baton;

    if (plain->report) {
        plain->report(plain->listener, level, message);
    }
}

scim_error_t *scim_plain_open(scim_source_t **source, const char *driver, const char *params,
                              void (*report)(void *listener, const char *level,
                                             const char *message),
                              void *listener, apr_pool_t *pool)
{
    plain_t *plain = apr_pcalloc(pool, sizeof(*plain));
    scim_source_t *made = apr_pcalloc(pool, sizeof(*made));

    plain->driver = apr_pstrdup(pool, driver);
    plain->params = apr_pstrdup(pool, params);
    plain->report = report;
    plain->listener = listener;
    apr_pool_create(&plain->pool, pool);
    if (apr_dbd_init(pool) != APR_SUCCESS
        || apr_thread_mutex_create(&plain->mutex, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS
        || apr_thread_mutex_create(&plain->writer, APR_THREAD_MUTEX_DEFAULT, pool)
               != APR_SUCCESS) {
        return unavailable(plain, "APR cannot be initialised", pool);
    }
    made->open = plain_lend;
    made->close = plain_take_back;
    made->lock = plain_lock;
    made->unlock = plain_unlock;
    made->report = plain_report;
    made->baton = plain;
    *source = made;
    return NULL;
}
