#include "access/rules.h"

#include <string.h>

#include "access/directory.h"
#include "access/export.h"
#include "access/pending.h"
#include "core/error.h"
#include "core/text.h"
#include "httpd/argument.h"

void scim_access_rules_create(scim_access_rules_t *rules)
{
    rules->guard = rules->refuse_unknown = rules->pass_unavailable = -1;
}

#define INHERIT_POINTER(member) merged->member = add->member ? add->member : base->member
#define INHERIT_NUMBER(member) merged->member = add->member != -1 ? add->member : base->member

void scim_access_rules_merge(scim_access_rules_t *merged, const scim_access_rules_t *base,
                             const scim_access_rules_t *add, apr_pool_t *pool)
{
    INHERIT_POINTER(directory);
    INHERIT_POINTER(provider);
    INHERIT_POINTER(login);
    INHERIT_POINTER(login_time);
    INHERIT_NUMBER(guard);
    INHERIT_NUMBER(refuse_unknown);
    INHERIT_NUMBER(pass_unavailable);
    scim_export_merge(merged, base, add, pool);
}

static scim_access_rules_t *rules_of(void *config)
{
    return &((scim_dir_config_t *)config)->access;
}

/* They hold for all methods. */
static const char *check_place(cmd_parms *cmd)
{
    return ap_check_cmd_context(cmd, NOT_IN_LIMIT);
}

const char *scim_access_set_directory(cmd_parms *cmd, void *config, const char *name,
                                      const char *provider)
{
    scim_access_rules_t *rules = rules_of(config);

    SCIM_REFUSE(check_place(cmd));
    SCIM_REFUSE(scim_argument_directory(name, &provider, cmd));
    rules->directory = name;
    rules->provider = provider;
    scim_access_directory_name(name, provider, cmd);
    return NULL;
}

/* ---- ScimMatch ------------------------------------------------------------- */

/* An attribute that is not indexed would have everybody looked at with each request. */
static const char *look_at_match(void *baton, const scim_server_config_t *server,
                                 apr_pool_t *pool)
{
    scim_login_t *login = baton;
    const scim_reading_t reading = {.type = scim_schemas_type(server->schemas, "User")};
    const apr_array_header_t *indexed = server->indexed->attributes;
    scim_path_t *path;
    scim_error_t *error =
        scim_path_parse(&path, login->attribute, strlen(login->attribute), &reading, pool);
    int i;

    if (error) {
        return error->detail;
    }
    login->attribute = scim_path_print(path, pool);
    APR_ARRAY_PUSH(server->matched, const scim_path_t *) = path;
    if (strcmp(login->attribute, "userName") == 0
        || strcmp(login->attribute, "externalId") == 0) {
        return NULL; /* of which the stores have a column */
    }
    for (i = 0; i < indexed->nelts; i++) {
        const scim_indexed_attribute_t *one =
            &APR_ARRAY_IDX(indexed, i, scim_indexed_attribute_t);

        if (strcmp(one->type, "User") == 0 && strcmp(one->attribute, login->attribute) == 0) {
            return NULL;
        }
    }
    return apr_psprintf(pool,
                        "%s is not indexed; add ScimIndex %s, or name an attribute that is",
                        scim_error_quotes(pool, login->attribute), login->attribute);
}

const char *scim_access_set_match(cmd_parms *cmd, void *config, const char *attribute)
{
    static const struct {
        const char *name;
        scim_login_kind_t kind;
    } columns[] = {{"localName", SCIM_LOGIN_LOCAL_NAME}, {"id", SCIM_LOGIN_ID}};
    scim_login_t *login = apr_pcalloc(cmd->pool, sizeof(*login));
    size_t i;

    SCIM_REFUSE(check_place(cmd));
    rules_of(config)->login = login;
    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (scim_text_same_name(attribute, columns[i].name)) {
            login->kind = columns[i].kind;
            return NULL;
        }
    }
    login->kind = SCIM_LOGIN_ATTRIBUTE;
    login->attribute = attribute;
    return scim_pending_look(cmd, look_at_match, login);
}

/* ---- ScimLoginTime ---- */

const char *scim_access_set_login_time(cmd_parms *cmd, void *config, const char *expression)
{
    const char *wrong = NULL;

    SCIM_REFUSE(check_place(cmd));
    rules_of(config)->login_time =
        ap_expr_parse_cmd(cmd, expression, AP_EXPR_FLAG_STRING_RESULT, &wrong, NULL);
    return wrong ? scim_argument_wrong(cmd, "%s is not an expression: %s",
                                       scim_error_quotes(cmd->temp_pool, expression), wrong)
                 : NULL;
}

/* ---- ScimGuard ------------------------------------------------------------- */

const char *scim_access_set_guard(cmd_parms *cmd, void *config, int on)
{
    SCIM_REFUSE(check_place(cmd));
    rules_of(config)->guard = on;
    return NULL;
}

const char *scim_access_set_guard_unknown(cmd_parms *cmd, void *config, const char *word)
{
    static const scim_choice_t choices[] = {{"allow", 0}, {"deny", 1}, {NULL, 0}};

    SCIM_REFUSE(check_place(cmd));
    return scim_argument_choice(&rules_of(config)->refuse_unknown, word, choices, cmd);
}

const char *scim_access_set_guard_unavailable(cmd_parms *cmd, void *config, const char *word)
{
    static const scim_choice_t choices[] = {{"deny", 0}, {"allow", 1}, {NULL, 0}};

    SCIM_REFUSE(check_place(cmd));
    return scim_argument_choice(&rules_of(config)->pass_unavailable, word, choices, cmd);
}
