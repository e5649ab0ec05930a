/*
 * database.h - mod_dbd's connections and the writers' mutex, as a source for the dbd provider.
 */
#ifndef SCIM_HTTPD_DATABASE_H
#define SCIM_HTTPD_DATABASE_H

#include "httpd/config.h"

/* Registers the provider "dbd" and mod_dbd's hooks. In register_hooks. */
void scim_database_register(apr_pool_t *pool);

/* ap_mutex_register() for the writers' mutex. In pre_config. */
int scim_database_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* mod_dbd's functions and the mutex; opens every directory that the configuration of any server
   wants. In post_config. A directory that cannot be opened is logged and answers 503. */
int scim_database_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                              server_rec *server);

void scim_database_child_init(apr_pool_t *pchild, server_rec *server);

#endif
