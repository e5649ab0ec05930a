/*
 * extension.h - ScimSchema and ScimIndex: more schemas, resource types and indexes.
 *
 * Both are of the whole httpd, since directories and what is in them are shared by all its
 * servers. The lines are kept while the configuration is read, and looked at when all of them
 * are there, so that their order does not matter.
 */
#ifndef SCIM_HTTPD_EXTENSION_H
#define SCIM_HTTPD_EXTENSION_H

#include "httpd/config.h"

/* No lines yet. */
scim_extension_lines_t *scim_extension_lines(apr_pool_t *pool);

/* ScimSchema file: reads the file. */
const char *scim_extension_schema(cmd_parms *cmd, void *config, const char *file);

/* ScimIndex attribute... */
const char *scim_extension_index(cmd_parms *cmd, void *config, const char *attribute);

/* What the lines name, of const char *: the files of ScimSchema, and the attributes of
   ScimIndex. */
apr_array_header_t *scim_extension_files(const scim_extension_lines_t *lines, apr_pool_t *pool);
apr_array_header_t *scim_extension_indexes(const scim_extension_lines_t *lines,
                                           apr_pool_t *pool);

/*
 * Makes schemas and indexes of the main server's lines. Returns NULL, or what is wrong in a
 * sentence that begins with file and line of the directive.
 */
const char *scim_extension_apply(scim_server_config_t *server, apr_pool_t *pool);

#endif
