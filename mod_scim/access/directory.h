/*
 * directory.h - which directory a place of the server asks.
 *
 * The one that ScimAccessDirectory names, or the only one that there is: of the server's own
 * endpoints, or else of all endpoints of this httpd. An endpoint of the same directory in
 * another virtual host is where it is asked, with the database of that host. Directories of the
 * same name in different databases are different ones.
 */
#ifndef SCIM_ACCESS_DIRECTORY_H
#define SCIM_ACCESS_DIRECTORY_H

#include "httpd/config.h"

/* In the setter of ScimAccessDirectory: the server is to have this directory. */
void scim_access_directory_name(const char *name, const char *provider, cmd_parms *cmd);

/* In check_config, when the directories of all endpoints are known: finds those of each server.
 */
void scim_access_directory_resolve(server_rec *servers, apr_pool_t *pconf);

/*
 * The request's directory as the service sees it, in r->pool, with default limits. NULL: there
 * is none, or more than one and none is named, or it was not opened at start.
 */
const scim_service_t *scim_access_service(request_rec *r);

#endif
