/*
 * handle.h - the handle of a connection: is it fit for use, does it lead to the right file, and
 * making it anew in the lender's place. connection.h says when, and why.
 */
#ifndef SCIM_DBD_HANDLE_H
#define SCIM_DBD_HANDLE_H

#include "directory/dbd/connection.h"

/* Keys of ours in a lender's cache begin so. */
#define SCIM_HANDLE_PREFIX "mod_scim:"

/* A prepared statement cannot be given back before the connection is closed. */
#define SCIM_HANDLE_STATEMENTS 96

/* Forgets what was made for the handle: statements, numbers of directories. */
void scim_handle_forget(scim_connection_t *connection);

/* Makes the connection fit for use: the file known, the settings made. */
scim_error_t *scim_handle_settle(scim_connection_t *connection, apr_pool_t *pool);

/* A failure of the connection when its file is not where it was. */
scim_error_t *scim_handle_check(scim_connection_t *connection, apr_pool_t *pool);

/* Before a second attempt: whatever may be wrong with the connection is made anew. */
scim_error_t *scim_handle_refresh(scim_connection_t *connection, apr_pool_t *pool);

/* After it, in vain: tells the administrator, once, when we must not open the file again. */
void scim_handle_despair(const scim_connection_t *connection, apr_pool_t *pool);

#endif
