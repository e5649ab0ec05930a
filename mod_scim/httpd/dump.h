/*
 * dump.h - `httpd -t -D DUMP_SCIM`: what a program beside httpd has to know of its
 * configuration, as httpd itself understands it.
 */
#ifndef SCIM_HTTPD_DUMP_H
#define SCIM_HTTPD_DUMP_H

#include "httpd/config.h"

/* The argument of the last DBDriver or DBDParams line that holds for a server, since mod_dbd
   keeps its configuration to itself; NULL: there is none. */
const char *scim_dump_database(const server_rec *server, const char *directive,
                               apr_pool_t *pool);

/*
 * A hook of test_config. With -D DUMP_SCIM it prints one line of JSON:
 *
 *     {"servers": [{"name": "main server", "driver": "sqlite3", "params": "...",
 *                   "directories": ["staff"]}],
 *      "schemas": ["/etc/mod_scim/device.json"], "indexes": ["User:nickName"]}
 *
 * Only directories of the provider dbd are in it. `params` is there with -D DUMP_SCIM_PARAMS
 * too, since passwords may be in it.
 */
void scim_dump_config(apr_pool_t *pconf, server_rec *server);

#endif
