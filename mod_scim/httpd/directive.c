#include <apr_strings.h>

#include "core/error.h"
#include "core/text.h"
#include "httpd/extension.h"
#include "httpd/me.h"
#include "httpd/place.h"
#include "httpd/token.h"
#include "httpd/argument.h"
#include "service/username.h"

#define MAX_ROLE 255

/* A member of scim_dir_config_t and what its directive accepts. */
typedef struct member_t {
    apr_size_t offset;
    const scim_choice_t *choices; /* of an int */
    apr_int64_t min, max;         /* of an apr_int64_t */
} member_t;

#define MEMBER(name) APR_OFFSETOF(scim_dir_config_t, name)

static const scim_choice_t toggles[] = {{"on", SCIM_TOGGLE_ON},
                                        {"off", SCIM_TOGGLE_OFF},
                                        {"ignore", SCIM_TOGGLE_IGNORE},
                                        {NULL, 0}};
static const scim_choice_t deletion_toggles[] = {{"on", SCIM_TOGGLE_ON},
                                                 {"off", SCIM_TOGGLE_OFF},
                                                 {"ignore", SCIM_TOGGLE_IGNORE},
                                                 {"disable", SCIM_TOGGLE_DISABLE},
                                                 {NULL, 0}};
static const scim_choice_t password_choices[] = {{"ignore", 0}, {"store", 1}, {NULL, 0}};
static const scim_choice_t me_choices[] = {
    {"off", SCIM_ME_OFF}, {"read", SCIM_ME_READ}, {"write", SCIM_ME_WRITE}, {NULL, 0}};
static const scim_choice_t unknowns[] = {{"ignore", 0}, {"reject", 1}, {NULL, 0}};

static const member_t create_users = {MEMBER(toggles[SCIM_KIND_USER][SCIM_CHANGE_CREATE]),
                                      toggles, 0, 0};
static const member_t update_users = {MEMBER(toggles[SCIM_KIND_USER][SCIM_CHANGE_UPDATE]),
                                      toggles, 0, 0};
static const member_t enable_users = {MEMBER(toggles[SCIM_KIND_USER][SCIM_CHANGE_ENABLE]),
                                      toggles, 0, 0};
static const member_t disable_users = {MEMBER(toggles[SCIM_KIND_USER][SCIM_CHANGE_DISABLE]),
                                       toggles, 0, 0};
static const member_t delete_users = {MEMBER(toggles[SCIM_KIND_USER][SCIM_CHANGE_DELETE]),
                                      deletion_toggles, 0, 0};
static const member_t create_groups = {MEMBER(toggles[SCIM_KIND_GROUP][SCIM_CHANGE_CREATE]),
                                       toggles, 0, 0};
static const member_t update_groups = {MEMBER(toggles[SCIM_KIND_GROUP][SCIM_CHANGE_UPDATE]),
                                       toggles, 0, 0};
static const member_t delete_groups = {MEMBER(toggles[SCIM_KIND_GROUP][SCIM_CHANGE_DELETE]),
                                       toggles, 0, 0};
static const member_t unknown_attributes = {MEMBER(reject_unknown), unknowns, 0, 0};
static const member_t max_results = {MEMBER(max_results), NULL, 1, 10000};
static const member_t max_scan = {MEMBER(max_scan), NULL, 1, 10000000};
static const member_t max_operations = {MEMBER(max_operations), NULL, 1, 10000};
static const member_t me = {MEMBER(me), me_choices, 0, 0};
static const member_t passwords = {MEMBER(keep_passwords), password_choices, 0, 0};
static const member_t password_cost = {MEMBER(password_cost), NULL, 4, 17};
static const member_t max_payload = {MEMBER(max_payload), NULL, 1024, 64 * 1024 * 1024};

static const char *set_choice(cmd_parms *cmd, void *config, const char *arg)
{
    const member_t *member = cmd->info;

    SCIM_REFUSE(scim_place_policy(config, cmd));
    return scim_argument_choice((int *)((char *)config + member->offset), arg, member->choices,
                                cmd);
}

static const char *set_number(cmd_parms *cmd, void *config, const char *arg)
{
    const member_t *member = cmd->info;

    SCIM_REFUSE(scim_place_policy(config, cmd));
    return scim_argument_number((apr_int64_t *)((char *)config + member->offset), arg,
                                member->min, member->max, cmd);
}

static const char *set_directory(cmd_parms *cmd, void *config, const char *name,
                                 const char *provider)
{
    scim_dir_config_t *dir = config;

    SCIM_REFUSE(scim_place_endpoint(dir, cmd));
    SCIM_REFUSE(scim_argument_directory(name, &provider, cmd));
    dir->directory = name;
    dir->provider = provider;
    return NULL;
}

static int is_word(const apr_array_header_t *words, const char *word)
{
    return words->nelts == 1
           && scim_text_same_name(APR_ARRAY_IDX(words, 0, const char *), word);
}

/* RAW_ARGS, so that the replacement may be "". */
static const char *set_rewrite(cmd_parms *cmd, void *config, const char *args)
{
    scim_dir_config_t *dir = config;
    const apr_array_header_t *words = scim_argument_words(args, cmd);
    const scim_rewrite_t *rewrite;
    const char *wrong;

    SCIM_REFUSE(scim_place_policy(dir, cmd));
    if (is_word(words, "none")) {
        dir->rewrites = apr_array_make(cmd->pool, 1, sizeof(const scim_rewrite_t *));
        return NULL;
    }
    if (words->nelts != 2) {
        return scim_argument_wrong(
            cmd, "%s is not a regular expression and a replacement, both in quotes, or none",
            scim_error_quotes(cmd->pool, args));
    }
    wrong = scim_rewrite_compile(&rewrite, APR_ARRAY_IDX(words, 0, const char *),
                                 APR_ARRAY_IDX(words, 1, const char *), cmd->pool);
    if (wrong) {
        return scim_argument_wrong(cmd, "%s", wrong);
    }
    if (dir->rewrites == NULL) {
        dir->rewrites = apr_array_make(cmd->pool, 1, sizeof(const scim_rewrite_t *));
    }
    APR_ARRAY_PUSH(dir->rewrites, const scim_rewrite_t *) = rewrite;
    return NULL;
}

static const char *check_role(const char *role, cmd_parms *cmd)
{
    if (!scim_argument_is_text(role, MAX_ROLE)) {
        return scim_argument_wrong(
            cmd, "%s is not a role's name of 1 to %d bytes without control characters",
            scim_error_quotes(cmd->pool, role), MAX_ROLE);
    }
    return NULL;
}

static const char *set_default_role(cmd_parms *cmd, void *config, const char *role)
{
    scim_dir_config_t *dir = config;

    SCIM_REFUSE(scim_place_policy(dir, cmd));
    SCIM_REFUSE(check_role(role, cmd));
    dir->default_role = scim_text_same_name(role, "none") ? "" : role;
    return NULL;
}

/* RAW_ARGS, because httpd drops what follows the 64th argument. */
static const char *set_roles(cmd_parms *cmd, void *config, const char *args)
{
    scim_dir_config_t *dir = config;
    const apr_array_header_t *words = scim_argument_words(args, cmd);
    int i;

    SCIM_REFUSE(scim_place_policy(dir, cmd));
    if (words->nelts == 0) {
        return scim_argument_wrong(cmd, "'' is not a list of roles or any");
    }
    if (is_word(words, "any")) {
        dir->roles = apr_array_make(cmd->pool, 1, sizeof(const char *));
        return NULL;
    }
    if (dir->roles == NULL) {
        dir->roles = apr_array_make(cmd->pool, words->nelts, sizeof(const char *));
    }
    for (i = 0; i < words->nelts; i++) {
        const char *role = APR_ARRAY_IDX(words, i, const char *);

        SCIM_REFUSE(check_role(role, cmd));
        if (scim_text_same_name(role, "any")) {
            return scim_argument_wrong(cmd, "'any' cannot stand beside other roles");
        }
        APR_ARRAY_PUSH(dir->roles, const char *) = role;
    }
    return NULL;
}

static const char *set_dialect(cmd_parms *cmd, void *config, const char *name)
{
    scim_dir_config_t *dir = config;

    SCIM_REFUSE(scim_place_policy(dir, cmd));
    dir->dialect = scim_dialect_find(name);
    if (dir->dialect == NULL) {
        return scim_argument_wrong(cmd, "%s is not one of %s",
                                   scim_error_quotes(cmd->pool, name),
                                   scim_dialect_names(cmd->temp_pool));
    }
    return NULL;
}

static const char *set_base_url(cmd_parms *cmd, void *config, const char *url)
{
    scim_dir_config_t *dir = config;

    SCIM_REFUSE(scim_place_policy(dir, cmd));
    return scim_argument_url(&dir->base_url, url, cmd);
}

/*
 * All are allowed at server level and in sections as far as httpd goes; scim_place_* says the
 * rest, in a sentence. None is allowed in .htaccess. The texts are the syntax, as the manual
 * has it.
 */
#define WHERE (RSRC_CONF | ACCESS_CONF)

const command_rec scim_directives[] = {
    AP_INIT_TAKE12("ScimDirectory", set_directory, NULL, WHERE, "name [provider]"),
    AP_INIT_RAW_ARGS("ScimBearerToken", scim_bearer_token_set, NULL, WHERE,
                     "label secret [scope=list] [expires=date]"),
    AP_INIT_TAKE1("ScimCreateUsers", set_choice, (void *)&create_users, WHERE, "on|off|ignore"),
    AP_INIT_TAKE1("ScimUpdateUsers", set_choice, (void *)&update_users, WHERE, "on|off|ignore"),
    AP_INIT_TAKE1("ScimEnableUsers", set_choice, (void *)&enable_users, WHERE, "on|off|ignore"),
    AP_INIT_TAKE1("ScimDisableUsers", set_choice, (void *)&disable_users, WHERE,
                  "on|off|ignore"),
    AP_INIT_TAKE1("ScimDeleteUsers", set_choice, (void *)&delete_users, WHERE,
                  "on|off|ignore|disable"),
    AP_INIT_TAKE1("ScimCreateGroups", set_choice, (void *)&create_groups, WHERE,
                  "on|off|ignore"),
    AP_INIT_TAKE1("ScimUpdateGroups", set_choice, (void *)&update_groups, WHERE,
                  "on|off|ignore"),
    AP_INIT_TAKE1("ScimDeleteGroups", set_choice, (void *)&delete_groups, WHERE,
                  "on|off|ignore"),
    AP_INIT_RAW_ARGS("ScimUserNameRewrite", set_rewrite, NULL, WHERE,
                     "regex replacement | none"),
    AP_INIT_TAKE1("ScimDefaultRole", set_default_role, NULL, WHERE, "role | none"),
    AP_INIT_RAW_ARGS("ScimRoles", set_roles, NULL, WHERE, "role [role] ... | any"),
    AP_INIT_TAKE1("ScimDialect", set_dialect, NULL, WHERE, "auto|onelogin|okta|entra|strict"),
    AP_INIT_TAKE1("ScimUnknownAttributes", set_choice, (void *)&unknown_attributes, WHERE,
                  "ignore|reject"),
    AP_INIT_TAKE1("ScimBaseURL", set_base_url, NULL, WHERE, "url"),
    AP_INIT_TAKE1("ScimMaxResults", set_number, (void *)&max_results, WHERE, "number"),
    AP_INIT_TAKE1("ScimMaxScan", set_number, (void *)&max_scan, WHERE, "number"),
    AP_INIT_TAKE1("ScimMaxPayload", set_number, (void *)&max_payload, WHERE, "bytes"),
    AP_INIT_TAKE1("ScimMe", set_choice, (void *)&me, WHERE, "off|read|write"),
    AP_INIT_TAKE1("ScimMaxOperations", set_number, (void *)&max_operations, WHERE, "number"),
    AP_INIT_TAKE1("ScimPasswords", set_choice, (void *)&passwords, WHERE, "ignore|store"),
    AP_INIT_TAKE1("ScimPasswordCost", set_number, (void *)&password_cost, WHERE, "number"),
    AP_INIT_TAKE12("ScimAccessDirectory", scim_access_set_directory, NULL, WHERE,
                   "name [provider]"),
    AP_INIT_TAKE1("ScimMatch", scim_access_set_match, NULL, WHERE,
                  "localName|id|externalId|attribute"),
    AP_INIT_TAKE1("ScimLoginTime", scim_access_set_login_time, NULL, WHERE, "expression"),
    AP_INIT_FLAG("ScimGuard", scim_access_set_guard, NULL, WHERE, "on|off"),
    AP_INIT_TAKE1("ScimGuardUnknown", scim_access_set_guard_unknown, NULL, WHERE, "allow|deny"),
    AP_INIT_TAKE1("ScimGuardUnavailable", scim_access_set_guard_unavailable, NULL, WHERE,
                  "deny|allow"),
    AP_INIT_ITERATE("ScimExport", scim_access_set_export, NULL, WHERE,
                    "all | none | variable[=attribute] | header:name=attribute ..."),
    AP_INIT_TAKE1("ScimSchema", scim_extension_schema, NULL, RSRC_CONF, "file"),
    AP_INIT_ITERATE("ScimIndex", scim_extension_index, NULL, RSRC_CONF,
                    "attribute [attribute] ..."),
    {NULL}};
