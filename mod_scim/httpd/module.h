/*
 * module.h - what every file of the glue needs: httpd's headers in the right order, our
 * module's name for logging and configuration.
 */
#ifndef SCIM_HTTPD_MODULE_H
#define SCIM_HTTPD_MODULE_H

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_strings.h>

#include "mod_scim.h"

extern module AP_MODULE_DECLARE_DATA scim_module;
APLOG_USE_MODULE(scim);

/* The handler's name in SetHandler. */
#define SCIM_HANDLER "scim"

#endif
