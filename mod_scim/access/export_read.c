#include "access/export.h"

#include <string.h>

#include <apr_lib.h>

#include "access/pending.h"
#include "core/error.h"
#include "core/text.h"
#include "httpd/argument.h"

/* Begins the name of a request header. */
#define HEADER "header:"

/* Variables that have a meaning of their own. */
static const struct {
    const char *name, *attribute;
} variables[] = {
    {"SCIM_ID", "id"},
    {"SCIM_EXTERNAL_ID", "externalId"},
    {"SCIM_USER_NAME", "userName"},
    {"SCIM_NAME", "displayName"},
    {"SCIM_MAIL", "emails.value"},
    {"SCIM_GROUPS", "groups.display"},
    {"SCIM_ROLES", "roles.value"},
};

#define VARIABLES ((int)(sizeof(variables) / sizeof(variables[0])))

static const char *default_of(const char *name)
{
    int i;

    for (i = 0; i < VARIABLES; i++) {
        if (strcmp(variables[i].name, name) == 0) {
            return variables[i].attribute;
        }
    }
    return NULL;
}

static const char *known_variables(apr_pool_t *pool)
{
    const char *names = "";
    int i;

    for (i = 0; i < VARIABLES; i++) {
        names = apr_pstrcat(pool, names, i ? ", " : "", variables[i].name, NULL);
    }
    return names;
}

/* ---- attributes ------------------------------------------------------------ */

static int is_never(const scim_attribute_t *attribute)
{
    return attribute && attribute->returned == SCIM_RETURNED_NEVER;
}

/* Whether the values at the path, which may be those of a "value", are shown to nobody. */
static int is_secret(const scim_path_t *path)
{
    int i;

    if (is_never(path->attribute) || is_never(path->sub)) {
        return 1;
    }
    for (i = 0; path->attribute && !path->sub && i < path->attribute->attributes.count; i++) {
        const scim_attribute_t *sub = path->attribute->attributes.list[i];

        if (is_never(sub) && strcmp(sub->name, "value") == 0) {
            return 1;
        }
    }
    return 0;
}

const char *scim_export_path(scim_path_t **path, const char *attribute,
                             const scim_resource_type_t *type, apr_pool_t *pool)
{
    const scim_reading_t reading = {.type = type};
    scim_error_t *error = scim_path_parse(path, attribute, strlen(attribute), &reading, pool);

    if (error) {
        return error->detail;
    }
    return is_secret(*path)
               ? apr_psprintf(pool, "%s is shown to nobody", scim_error_quotes(pool, attribute))
               : NULL;
}

/* scim_pending_fn */
static const char *look(void *baton, const scim_server_config_t *server, apr_pool_t *pool)
{
    scim_export_t *export = baton;
    scim_path_t *path;
    const char *wrong = scim_export_path(&path, export->attribute,
                                         scim_schemas_type(server->schemas, "User"), pool);

    export->path = wrong ? NULL : path;
    return wrong;
}

/* ---- names ----------------------------------------------------------------- */

/* HTTP_ begins those that are made of request headers. */
static const char *check_variable(const char *name, cmd_parms *cmd)
{
    const char *at = name;

    while (apr_isalnum(*at) || *at == '_') {
        at++;
    }
    if (*at || at == name || apr_isdigit(*name) || strncmp(name, "HTTP_", 5) == 0) {
        return scim_argument_wrong(cmd,
                                   "%s is not a variable's name of letters, digits and '_', a "
                                   "digit not first and HTTP_ neither",
                                   scim_error_quotes(cmd->temp_pool, name));
    }
    return NULL;
}

static const char *check_header(const char *name, cmd_parms *cmd)
{
    /* They are about the connection, or say where the request ends. */
    static const char *const others[] = {
        "Connection",        "Content-Length",   "Expect", "Host",
        "Keep-Alive",        "Proxy-Connection", "TE",     "Trailer",
        "Transfer-Encoding", "Upgrade",          NULL};
    const char *at = name;
    int i;

    while (apr_isalnum(*at) || *at == '-') {
        at++;
    }
    if (*at || !apr_isalnum(*name)) {
        return scim_argument_wrong(
            cmd,
            "%s is not a header's name of letters, digits and '-', a '-' "
            "not first",
            scim_error_quotes(cmd->temp_pool, name));
    }
    for (i = 0; others[i]; i++) {
        if (scim_text_same_name(name, others[i])) {
            return scim_argument_wrong(cmd, "the header %s is HTTP's own; choose another",
                                       scim_error_quotes(cmd->temp_pool, name));
        }
    }
    return NULL;
}

/* ---- lines ----------------------------------------------------------------- */

static const char *add(scim_access_rules_t *rules, scim_export_kind_t kind, const char *name,
                       const char *attribute, cmd_parms *cmd)
{
    scim_export_t *export = apr_pcalloc(cmd->pool, sizeof(*export));

    export->kind = kind;
    export->name = name;
    export->attribute = attribute;
    APR_ARRAY_PUSH(rules->exports, const scim_export_t *) = export;
    return scim_pending_look(cmd, look, export);
}

static const char *add_variable(scim_access_rules_t *rules, const char *name,
                                const char *attribute, cmd_parms *cmd)
{
    SCIM_REFUSE(check_variable(name, cmd));
    if (attribute == NULL) {
        return scim_argument_wrong(cmd, "%s has no attribute; write %s=attribute, or one of %s",
                                   scim_error_quotes(cmd->temp_pool, name), name,
                                   known_variables(cmd->temp_pool));
    }
    return add(rules, SCIM_EXPORT_VARIABLE, name, attribute, cmd);
}

static const char *add_header(scim_access_rules_t *rules, const char *name,
                              const char *attribute, cmd_parms *cmd)
{
    SCIM_REFUSE(check_header(name, cmd));
    if (attribute == NULL) {
        return scim_argument_wrong(
            cmd, "'" HEADER "%s' has no attribute; write " HEADER "%s=attribute", name, name);
    }
    return add(rules, SCIM_EXPORT_HEADER, name, attribute, cmd);
}

static const char *add_all(scim_access_rules_t *rules, cmd_parms *cmd)
{
    int i;

    for (i = 0; i < VARIABLES; i++) {
        SCIM_REFUSE(add_variable(rules, variables[i].name, variables[i].attribute, cmd));
    }
    return NULL;
}

const char *scim_access_set_export(cmd_parms *cmd, void *config, const char *word)
{
    scim_access_rules_t *rules = &((scim_dir_config_t *)config)->access;
    const char *equals = strchr(word, '='), *attribute = equals ? equals + 1 : NULL;
    const char *name =
        equals ? apr_pstrmemdup(cmd->pool, word, (apr_size_t)(equals - word)) : word;

    SCIM_REFUSE(ap_check_cmd_context(cmd, NOT_IN_LIMIT));
    if (rules->exports == NULL || scim_text_same_name(word, "none")) {
        rules->exports = apr_array_make(cmd->pool, 8, sizeof(const scim_export_t *));
    }
    if (scim_text_same_name(word, "none")) {
        return NULL;
    }
    if (scim_text_same_name(word, "all")) {
        return add_all(rules, cmd);
    }
    if (ap_cstr_casecmpn(name, HEADER, sizeof(HEADER) - 1) == 0) {
        return add_header(rules, name + sizeof(HEADER) - 1, attribute, cmd);
    }
    return add_variable(rules, name, attribute ? attribute : default_of(name), cmd);
}

static apr_array_header_t *join(apr_array_header_t *a, apr_array_header_t *b, apr_pool_t *pool)
{
    return a && b ? apr_array_append(pool, a, b) : a ? a : b;
}

void scim_export_merge(scim_access_rules_t *merged, const scim_access_rules_t *base,
                       const scim_access_rules_t *add, apr_pool_t *pool)
{
    merged->exports = add->exports ? add->exports : base->exports;
    merged->withdrawn = join(base->withdrawn, add->withdrawn, pool);
    if (add->exports) {
        merged->withdrawn = join(merged->withdrawn, base->exports, pool);
    }
}
