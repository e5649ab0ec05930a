/*
 * export.h - ScimExport, and %{SCIM:attribute} in expressions: what is known of whoever is
 * logged in, for the application behind.
 *
 * Only of somebody active. Values are joined with ";"; in them ";", "%" and control characters
 * are written as %3B, %25 and so on, so a value can neither pass for two nor end a header.
 */
#ifndef SCIM_ACCESS_EXPORT_H
#define SCIM_ACCESS_EXPORT_H

#include <ap_expr.h>

#include "httpd/config.h"

/*
 * A hook of fixups, behind the guard: sets the variables and request headers, and takes away
 * what nobody else may have set: those of which there is no value, and headers that an
 * application would take for them (whatever their case, "-" or "_").
 */
int scim_export_fixup(request_rec *r);

/* A hook of expr_lookup: the string function SCIM. Where the directory cannot be asked the
   expression fails. */
int scim_export_lookup(ap_expr_lookup_parms *parms);

/* The path of an attribute of people. Returns NULL, or what is wrong: there is none, or it is
   shown to nobody. */
const char *scim_export_path(scim_path_t **path, const char *attribute,
                             const scim_resource_type_t *type, apr_pool_t *pool);

/* What an inner section (`add`) makes of `exports` and `withdrawn`. */
void scim_export_merge(scim_access_rules_t *merged, const scim_access_rules_t *base,
                       const scim_access_rules_t *add, apr_pool_t *pool);

#endif
