/*
 * rules.h - what the access directives of a section come to.
 *
 * As in httpd/config.h: create leaves every member unset, merge lets the inner section win, the
 * defaults come in where a member is used.
 */
#ifndef SCIM_ACCESS_RULES_H
#define SCIM_ACCESS_RULES_H

#include <ap_expr.h>

#include "httpd/module.h"
#include "service/person.h"

typedef enum scim_export_kind_t { SCIM_EXPORT_VARIABLE, SCIM_EXPORT_HEADER } scim_export_kind_t;

/* What ScimExport names. */
typedef struct scim_export_t {
    scim_export_kind_t kind;
    const char *name;
    const char *attribute;   /* as it was written */
    const scim_path_t *path; /* of that; NULL until all schemas are known */
} scim_export_t;

typedef struct scim_access_rules_t {
    const char *directory;            /* ScimAccessDirectory; set together with provider */
    const char *provider;             /* ... its provider's name */
    const scim_login_t *login;        /* ScimMatch; NULL: local names */
    const ap_expr_info_t *login_time; /* ScimLoginTime; NULL: not known */
    int guard;                        /* ScimGuard: -1, 0, 1 */
    int refuse_unknown;               /* ScimGuardUnknown: -1, 0, 1 */
    int pass_unavailable;             /* ScimGuardUnavailable: -1, 0, 1 */
    apr_array_header_t *exports;      /* ScimExport: of const scim_export_t *; lines of one
                                         section add up; empty after `none` */
    apr_array_header_t *withdrawn;    /* those of outer sections that `exports` replaces, which
                                         clients still cannot send; or NULL */
} scim_access_rules_t;

void scim_access_rules_create(scim_access_rules_t *rules);
void scim_access_rules_merge(scim_access_rules_t *merged, const scim_access_rules_t *base,
                             const scim_access_rules_t *add, apr_pool_t *pool);

/* The setters of the directives of the same name. */
const char *scim_access_set_directory(cmd_parms *cmd, void *config, const char *name,
                                      const char *provider);
const char *scim_access_set_match(cmd_parms *cmd, void *config, const char *attribute);
const char *scim_access_set_login_time(cmd_parms *cmd, void *config, const char *expression);
const char *scim_access_set_guard(cmd_parms *cmd, void *config, int on);
const char *scim_access_set_guard_unknown(cmd_parms *cmd, void *config, const char *word);
const char *scim_access_set_guard_unavailable(cmd_parms *cmd, void *config, const char *word);
const char *scim_access_set_export(cmd_parms *cmd, void *config, const char *word);

#endif
