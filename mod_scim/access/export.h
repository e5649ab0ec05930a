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
 * A hook of fixups, behind the guard: sets the variables, and unsets what nobody else may have
 * set: those of which there is no value, and request headers that an application would take for
 * them (whatever their case, "-" or "_").
 */
int scim_export_fixup(request_rec *r);

/* A hook of expr_lookup: the string function SCIM. */
int scim_export_lookup(ap_expr_lookup_parms *parms);

/* The attribute of a variable that has a meaning without one ("SCIM_MAIL"), or NULL. */
const char *scim_export_default(const char *name);

/* Their names, for messages; ends with NULL. */
extern const char *const scim_export_names[];

#endif
