/*
 * tables.h - the tables of a database and the directories in it: made when they are not there.
 */
#ifndef SCIM_DBD_TABLES_H
#define SCIM_DBD_TABLES_H

#include "directory/dbd/connection.h"
#include "schemas/embedded.h"

/* The files of sql/, inside the module; ends with a NULL name. */
extern const scim_embedded_t scim_sql_scripts[];

/* A directory, as far as its tables are concerned. */
typedef struct scim_catalogue_t {
    const char *name;
    const scim_indexed_attribute_t *indexed;
    int indexed_count;
} scim_catalogue_t;

/* What a connection knows of a directory in its database, until it is renewed. */
typedef struct scim_shelf_t {
    const char *number;  /* the directory's, as text */
    const char *secret;  /* hexadecimal digits */
    apr_hash_t *indexes; /* scim_tables_index_name() -> number of an index, as text */
    const char *surplus; /* a SELECT of the indexes that are complete and not among those */
    const void *agreed;  /* the attributes that scim_indexes was last compared with */
    apr_pool_t *pool;
    apr_pool_t *index_pool;
} scim_shelf_t;

/*
 * Looks the directory up, once for each connection. An empty database gets its tables, one of
 * an older version is brought up to date, and a name that is new gets a number, and complete
 * indexes; however many processes do that at once, it is done once. 503 when the
 * directory was there before and is not now, and for tables of a newer version.
 *
 * Before the first one that `writes`, the list of indexes is made to say what is going to be
 * written: there is one for each attribute that is indexed, and what is not indexed any more is
 * not complete from then on.
 */
scim_error_t *scim_tables_directory(scim_shelf_t **shelf, scim_connection_t *connection,
                                    const scim_catalogue_t *catalogue, int writes,
                                    apr_pool_t *pool);

/*
 * Ends the completeness of indexes that are not going to be written, and their being filled. In
 * each unit of work that writes: a server with a newer configuration may have added some.
 */
scim_error_t *scim_tables_forsake(scim_connection_t *connection,
                                  const scim_catalogue_t *catalogue, const scim_shelf_t *shelf,
                                  apr_pool_t *pool);

/* Whether the database has tables, and of which version; 0 when they do not say. */
scim_error_t *scim_tables_look(int *have, int *version, scim_connection_t *connection,
                               apr_pool_t *pool);

/* Brings tables that are there up to date. 503 when they are of a newer version. */
scim_error_t *scim_tables_upgrade(scim_connection_t *connection, apr_pool_t *pool);

/* The attribute as it is configured, or NULL. */
const scim_indexed_attribute_t *scim_tables_indexed(const scim_catalogue_t *catalogue,
                                                    const char *type, const char *attribute);

/* The key of scim_shelf_t.indexes. */
const char *scim_tables_index_name(const char *type, const char *attribute, apr_pool_t *pool);

#endif
