#include "directory/dbd/handle.h"

#include <string.h>

#include <apr_atomic.h>
#include <apr_strings.h>

/* A handle that is replaced leaves a few hundred bytes behind in the lender's pool; so, when
   replacing does not help, it is not done all the time. */
#define EAGER_RENEWALS 4
#define RENEWAL_INTERVAL apr_time_from_sec(1)
#define WORN_INTERVAL apr_time_from_sec(60)

/* After so many statements, settings are looked after: so that costs next to nothing. */
#define REVIEW_INTERVAL 500

void scim_handle_forget(scim_connection_t *c)
{
    apr_pool_clear(c->pool);
    c->statements = apr_hash_make(c->pool);
    c->directories = apr_hash_make(c->pool);
}

/* 1 when others keep statements on this connection, which a new handle would break. */
static int is_shared(const scim_connection_t *c, apr_pool_t *scratch)
{
    apr_hash_index_t *at;

    for (at = apr_hash_first(scratch, c->lease.cache); at; at = apr_hash_next(at)) {
        const void *key;

        apr_hash_this(at, &key, NULL, NULL);
        if (strncmp(key, SCIM_HANDLE_PREFIX, sizeof(SCIM_HANDLE_PREFIX) - 1) != 0) {
            return 1;
        }
    }
    return 0;
}

/* Says so, once for each process. */
static const char *stuck(const scim_connection_t *c, apr_pool_t *pool)
{
    static volatile apr_uint32_t told;
    const char *why = apr_psprintf(
        pool,
        "the connections to the database file %s hold prepared statements of other modules, so "
        "mod_scim cannot open the file again by itself; if it was replaced, or was read-only "
        "when the server started, restart the server",
        c->file->path);

    if (apr_atomic_cas32(&told, 1, 0) == 0) {
        scim_connection_report(c, "error", why);
    }
    return why;
}

/*
 * Another file stands where the handle's file was, and must not meet the log of the old one.
 * What is in the log goes to the old file, wherever that is now, so that it is complete if it
 * comes back.
 */
static scim_error_t *leave_file(scim_connection_t *c, apr_pool_t *pool)
{
    const scim_source_t *source = c->source;
    scim_error_t *error = NULL;

    if (!scim_file_left_sides(c->file, pool)) {
        return NULL;
    }
    if (source->lock) {
        SCIM_TRY(source->lock(source->baton, pool));
    }
    if (scim_file_left_sides(c->file, pool)) {
        c->failed = 0;
        error = c->sql->finish(c, pool);
        if (error == NULL) {
            error = scim_file_drop_sides(c->file, pool);
        }
        if (error == NULL) {
            scim_connection_report(c, "warning",
                                   apr_psprintf(pool,
                                                "the database file %s was replaced while the "
                                                "server runs; the new one is in use now",
                                                c->file->path));
        }
    }
    if (source->lock) {
        source->unlock(source->baton);
    }
    return error;
}

static int is_known(const scim_connection_t *c)
{
    return scim_known_has(c->known, scim_connection_name(c), NULL);
}

/* Opens the file that was noted as `there`. */
static scim_error_t *open_file(apr_dbd_t **handle, const scim_connection_t *c,
                               const scim_file_t *there, apr_pool_t *pool)
{
    const char *why = NULL;

    if (apr_dbd_open_ex(c->lease.driver, c->lease.pool, there->path, handle, &why)
        != APR_SUCCESS) {
        return scim_connection_unusable(pool, "the database file %s cannot be opened: %s",
                                        there->path, why ? why : "no reason given");
    }
    if (!scim_file_same(there, pool)) {
        apr_dbd_close(c->lease.driver, *handle);
        return scim_connection_unusable(pool, "the database file %s is being replaced",
                                        there->path);
    }
    return NULL;
}

/* Opens the file again, in place of the handle that the lender has. */
static scim_error_t *renew(scim_connection_t *c, apr_pool_t *pool)
{
    scim_file_t there = {.path = c->file->path};
    apr_dbd_t *handle;

    SCIM_TRY(scim_file_note(&there, is_known(c), pool));
    if (is_shared(c, pool)) {
        return scim_connection_unusable(pool, "%s", stuck(c, pool));
    }
    if (c->file->main.inode && !scim_file_equal(c->file, &there)) {
        SCIM_TRY(leave_file(c, pool));
    }
    scim_file_match_sides(&there, pool);
    SCIM_TRY(open_file(&handle, c, &there, pool));
    scim_handle_forget(c);
    apr_dbd_close(c->lease.driver, c->handle);
    *c->lease.handle = c->handle = handle;
    *c->file = there;
    c->settled = 0;
    c->renewed = apr_time_now();
    return NULL;
}

/* A connection as it came from the lender: where does it lead? */
static scim_error_t *locate(scim_connection_t *c, apr_pool_t *pool)
{
    if (c->file == NULL && c->server == NULL) {
        SCIM_TRY(c->sql->locate(c, pool));
    }
    if (c->file == NULL || c->file->main.inode) {
        return NULL;
    }
    return is_shared(c, pool) ? scim_file_note(c->file, is_known(c), pool) : renew(c, pool);
}

static int is_worn(const scim_connection_t *c, apr_pool_t *pool)
{
    return c->file && apr_hash_count(c->statements) >= SCIM_HANDLE_STATEMENTS
           && apr_time_now() - c->renewed > WORN_INTERVAL && !is_shared(c, pool);
}

/* Settings that depend on how much there is in the database. */
static scim_error_t *review(scim_connection_t *c, apr_pool_t *pool)
{
    if (c->sql->review == NULL || c->count - c->reviewed < REVIEW_INTERVAL) {
        return NULL;
    }
    c->reviewed = c->count;
    return c->sql->review(c, pool);
}

scim_error_t *scim_handle_settle(scim_connection_t *c, apr_pool_t *pool)
{
    if (c->settled && is_worn(c, pool)) {
        SCIM_TRY(renew(c, pool));
    }
    if (c->settled) {
        return review(c, pool);
    }
    c->reviewed = c->count;
    SCIM_TRY(locate(c, pool));
    SCIM_TRY(c->sql->settle(c, pool));
    if (c->file) {
        scim_file_note_sides(c->file, pool);
    }
    c->settled = 1;
    return NULL;
}

scim_error_t *scim_handle_check(scim_connection_t *c, apr_pool_t *pool)
{
    if (c->file == NULL || scim_file_same(c->file, pool)) {
        return NULL;
    }
    c->failed = 1;
    return scim_connection_unusable(pool, "the database file %s was removed or replaced",
                                    c->file->path);
}

/* To a server: the driver finds out whether the connection still stands, and makes a new one in
   its place. Settings and statements of the old one are gone with it. */
static scim_error_t *reconnect(scim_connection_t *c, apr_pool_t *pool)
{
    c->settled = 0;
    scim_handle_forget(c);
    return apr_dbd_check_conn(c->lease.driver, pool, c->handle) == APR_SUCCESS
               ? NULL
               : scim_connection_unusable(pool, "the connection to the %s server is lost",
                                          c->sql->driver);
}

scim_error_t *scim_handle_refresh(scim_connection_t *c, apr_pool_t *pool)
{
    apr_time_t now = apr_time_now();

    if (c->file == NULL) {
        return reconnect(c, pool);
    }
    if (c->file->main.inode && !scim_file_same(c->file, pool)) {
        return renew(c, pool);
    }
    if (++c->renewals > EAGER_RENEWALS && now - c->renewed < RENEWAL_INTERVAL) {
        return NULL;
    }
    if (!is_shared(c, pool)) {
        return renew(c, pool);
    }
    c->renewed = now;
    c->settled = 0;
    scim_handle_forget(c);
    return NULL;
}

void scim_handle_despair(const scim_connection_t *c, apr_pool_t *pool)
{
    if (c->file && is_shared(c, pool)) {
        stuck(c, pool);
    }
}
