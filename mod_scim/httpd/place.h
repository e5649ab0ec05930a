/*
 * place.h - where in the configuration a directive of ours may stand.
 *
 * Every setter asks first. Both functions return NULL or the sentence that refuses, and note
 * the place in the section's configuration.
 */
#ifndef SCIM_HTTPD_PLACE_H
#define SCIM_HTTPD_PLACE_H

#include "httpd/config.h"

/*
 * For what an endpoint may inherit: the server, a virtual host, <Location> and <LocationMatch>.
 * Not the sections that requests to an endpoint never pass, where it would be without effect.
 */
const char *scim_place_policy(scim_dir_config_t *config, cmd_parms *cmd);

/*
 * For what makes a Location an endpoint: only <Location> with a plain path, which is the base
 * of every route and is noted.
 */
const char *scim_place_endpoint(scim_dir_config_t *config, cmd_parms *cmd);

#endif
