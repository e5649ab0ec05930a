/*
 * store.h - directories in an SQL database.
 *
 * One database holds any number of named directories. Tables are prefixed scim_; they are
 * created and migrated by the first process that meets an empty or older database. What happens
 * when a database file is removed, replaced or read-only is said in connection.h.
 */
#ifndef SCIM_DBD_STORE_H
#define SCIM_DBD_STORE_H

#include "directory/dbd/source.h"

/*
 * The operations of the provider, without `open`: whoever has connections to lend makes a copy
 * of it and adds an `open` that calls scim_store_open.
 */
extern const scim_directory_provider_t scim_store_provider;

/*
 * Directory `name` on connections from `source`, which must live as long as `pool`. Does not
 * connect. The pool stands for a run of the server: see known.h.
 *
 * The `count` attributes of `indexed` live as long as `pool`, too. What is indexed when a
 * directory is made has a complete index; what is added later helps queries only when all
 * records have been written anew: see terms.h.
 */
scim_error_t *scim_store_open(void **directory, const char *name, const scim_source_t *source,
                              const scim_indexed_attribute_t *indexed, int count,
                              apr_pool_t *pool);

#endif
