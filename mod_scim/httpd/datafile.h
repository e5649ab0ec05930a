/*
 * datafile.h - whether httpd's children will be able to use the file of an SQLite database.
 *
 * mod_dbd opens it in each child, and SQLite's own messages name neither the file nor the user.
 */
#ifndef SCIM_HTTPD_DATAFILE_H
#define SCIM_HTTPD_DATAFILE_H

#include "httpd/config.h"

/* A sentence about what is wrong, NULL when nothing is. `file` is the argument of DBDParams, or
   NULL. With `exists_only` nobody's permissions are looked at. */
const char *scim_datafile_complaint(const char *file, int exists_only, apr_pool_t *pool);

#endif
