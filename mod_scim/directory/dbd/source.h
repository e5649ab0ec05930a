/*
 * source.h - where the dbd provider's connections come from.
 *
 * The provider knows apr_dbd, not mod_dbd: the httpd glue fills this in with mod_dbd's pool, a
 * command-line tool with a connection of its own.
 */
#ifndef SCIM_DBD_SOURCE_H
#define SCIM_DBD_SOURCE_H

#include <apr_dbd.h>
#include <apr_hash.h>

#include "mod_scim.h"

/* A connection lent to us. */
typedef struct scim_lease_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t **handle; /* where the lender keeps the handle; what we replace is seen by it */
    apr_hash_t *cache; /* lives as long as the connection; others keep their prepared statements
                          in it too. Keys that begin with "mod_scim:" are ours */
    apr_pool_t *pool;  /* of the connection */
    void *token;       /* the lender's own */
} scim_lease_t;

typedef struct scim_source_t {
    /* Lends a connection, waiting for a free one; 503 when there is none to be had. */
    scim_error_t *(*open)(scim_lease_t *lease, void *baton, apr_pool_t *pool);
    /* Gives it back. */
    void (*close)(scim_lease_t *lease, void *baton);
    /*
     * Makes writers of all processes queue (only for databases that allow one writer at a
     * time). Both may be NULL when there is one process only. `lock` fails with 503.
     */
    scim_error_t *(*lock)(void *baton, apr_pool_t *pool);
    void (*unlock)(void *baton);
    /* Tells the administrator something (level: an APR-independent "error", "warning",
     * "notice"). */
    void (*report)(void *baton, const char *level, const char *message);
    void *baton;
} scim_source_t;

#endif
