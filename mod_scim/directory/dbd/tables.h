/*
 * tables.h - the tables of a database and the directories in it: made when they are not there.
 */
#ifndef SCIM_DBD_TABLES_H
#define SCIM_DBD_TABLES_H

#include "directory/dbd/connection.h"
#include "schemas/embedded.h"

/* The files of sql/, inside the module; ends with a NULL name. */
extern const scim_embedded_t scim_sql_scripts[];

/*
 * The number of directory `name` in the connection's database, as text that lives until the
 * connection is renewed; looked up once for each connection. An empty database gets its tables,
 * one of an older version is brought up to date, and a name that is new gets a number; however
 * many processes do that at once, it is done once. 503 when the
 * directory was there before and is not now, and for tables of a newer version.
 */
scim_error_t *scim_tables_directory(const char **number, scim_connection_t *connection,
                                    const char *name, apr_pool_t *pool);

#endif
