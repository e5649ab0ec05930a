#include "httpd/config.h"

#include <apr_fnmatch.h>
#include <unistd.h>

#include "access/directory.h"
#include "access/overruled.h"
#include "access/pending.h"
#include "core/error.h"
#include "core/text.h"
#include "httpd/datafile.h"
#include "httpd/dump.h"
#include "httpd/extension.h"
#include "httpd/remark.h"

/* Sections in sections that are looked at; httpd's own allow about four. */
#define MAX_DEPTH 16

typedef struct check_t {
    apr_pool_t *pconf;
    apr_pool_t *ptemp;
    server_rec *server; /* the one being looked at */
    apr_hash_t *said;   /* a section of the main server is looked at for each virtual host */
    apr_hash_t *urls;   /* ScimBaseURL -> base path, of this server */
    apr_array_header_t *stores;   /* of server_rec *: those that need a database */
    apr_array_header_t *handlers; /* of const ap_directive_t *: all `SetHandler scim` */
    int password_cost;            /* the highest of endpoints that keep passwords; or -1 */
    int failed;
} check_t;

/* A <Location> of ours, and what holds for requests to its path. */
typedef struct place_t {
    const char *path;
    const scim_dir_config_t
        *own; /* of the section alone; NULL when it has no directive of ours */
    const scim_dir_config_t *config;
    int own_handler; /* the section says SetHandler scim */
    int handler;
    const char *where;
} place_t;

__attribute__((format(printf, 3, 4))) static void say(check_t *check, int level,
                                                      const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = apr_pvsprintf(check->ptemp, format, args);
    va_end(args);
    check->failed |= level < APLOG_WARNING;
    if (apr_hash_get(check->said, text, APR_HASH_KEY_STRING) == NULL) {
        apr_hash_set(check->said, text, APR_HASH_KEY_STRING, text);
        ap_log_error(APLOG_MARK, APLOG_STARTUP | level, 0, check->server, "%s", text);
    }
}

/* ---- what holds at a path ---- */

/* Whether httpd applies a section to a request for `path`, as its ap_location_walk() decides.
 */
static int applies(const core_dir_config *section, const char *path)
{
    apr_size_t length = strlen(section->d);

    if (section->r) {
        return ap_regexec(section->r, path, 0, NULL, 0) == 0;
    }
    if (section->d_is_fnmatch) {
        return apr_fnmatch(section->d, path, APR_FNM_PATHNAME) == APR_SUCCESS;
    }
    return strncmp(section->d, path, length) == 0
           && (length == 0 || section->d[length - 1] == '/' || path[length] == '/'
               || path[length] == '\0');
}

static ap_conf_vector_t *effective(const check_t *check, const apr_array_header_t *sections,
                                   const char *path)
{
    ap_conf_vector_t *vector = check->server->lookup_defaults;
    int i;

    for (i = 0; i < sections->nelts; i++) {
        ap_conf_vector_t *section = APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);

        if (applies(ap_get_core_module_config(section), path)) {
            vector = ap_merge_per_dir_configs(check->ptemp, vector, section);
        }
    }
    return vector;
}

/*
 * httpd takes every SetHandler for an expression, which cannot be looked into without a
 * request. But it knows which line it comes from.
 */
static int is_ours(const check_t *check, const ap_conf_vector_t *vector)
{
    const ap_expr_info_t *handler =
        ((const core_dir_config *)ap_get_core_module_config(vector))->expr_handler;
    int i;

    for (i = 0; handler && handler->filename && i < check->handlers->nelts; i++) {
        const ap_directive_t *line = APR_ARRAY_IDX(check->handlers, i, const ap_directive_t *);

        if ((int)handler->line_number == line->line_num
            && strcmp(handler->filename, line->filename) == 0) {
            return 1;
        }
    }
    return 0;
}

static void find_handlers(check_t *check, const ap_directive_t *node, int depth)
{
    for (; node && depth < MAX_DEPTH; node = node->next) {
        const char *args = node->args;

        if (scim_text_same_name(node->directive, "SetHandler")
            && scim_text_same_name(ap_getword_conf(check->ptemp, &args), SCIM_HANDLER)) {
            APR_ARRAY_PUSH(check->handlers, const ap_directive_t *) = node;
        }
        find_handlers(check, node->first_child, depth + 1);
    }
}

const char *scim_config_server_name(const server_rec *server, apr_pool_t *pool)
{
    return server->defn_name
               ? apr_psprintf(pool, "%s:%u: <VirtualHost> %s", server->defn_name,
                              server->defn_line_number,
                              server->server_hostname ? server->server_hostname : "")
               : "the main server";
}

static const char *place_name(const check_t *check, const ap_conf_vector_t *section)
{
    const core_dir_config *core = ap_get_core_module_config(section);
    const scim_dir_config_t *own = ap_get_module_config(section, &scim_module);

    return apr_psprintf(check->ptemp, "%s:%d: <Location \"%s\">",
                        own ? own->defn_name : core->expr_handler->filename,
                        own ? own->defn_line : (int)core->expr_handler->line_number, core->d);
}

/* ---- the rules ---- */

static void check_roles(check_t *check, const char *where, const scim_dir_config_t *config)
{
    const char *names = "";
    int i;

    if (config->default_role == NULL || *config->default_role == '\0' || config->roles == NULL
        || config->roles->nelts == 0) {
        return;
    }
    for (i = 0; i < config->roles->nelts; i++) {
        const char *role = APR_ARRAY_IDX(config->roles, i, const char *);

        if (strcmp(role, config->default_role) == 0) {
            return;
        }
        names = apr_pstrcat(check->ptemp, names, i ? ", " : "", role, NULL);
    }
    say(check, APLOG_CRIT,
        "SCIM0031: %s: ScimDefaultRole: %s is not one of the ScimRoles, which are %s", where,
        scim_error_quotes(check->ptemp, config->default_role), names);
}

static const char *shown(const char *base_path)
{
    return *base_path ? base_path : "/";
}

/* 1 when the place is an endpoint, or in one. */
static int check_endpoint(check_t *check, const place_t *place)
{
    if (place->config->base_path == NULL) {
        if (place->own_handler) {
            say(check, APLOG_CRIT,
                "SCIM0032: %s: SetHandler scim alone is not an endpoint, add ScimDirectory and "
                "ScimBearerToken",
                place->where);
        }
        return 0;
    }
    if (place->own && place->own->directory
        && strcmp(place->own->base_path, place->config->base_path) != 0) {
        say(check, APLOG_CRIT,
            "SCIM0033: %s: ScimDirectory: this Location lies in the endpoint '%s', which has a "
            "directory; allowed are endpoints beside each other",
            place->where, shown(place->config->base_path));
    }
    if (place->own && place->own->base_path && !place->handler) {
        say(check, APLOG_WARNING,
            "SCIM0034: %s: the endpoint has no SetHandler scim, so nothing answers its "
            "requests",
            place->where);
    }
    if (place->own && place->own->base_path && place->config->tokens == NULL) {
        say(check, APLOG_WARNING,
            "SCIM0035: %s: the endpoint has no ScimBearerToken, so it answers 401 to everybody",
            place->where);
    }
    return 1;
}

/* A ScimBaseURL belongs to one endpoint. */
static void check_url(check_t *check, const place_t *place)
{
    const scim_dir_config_t *config = place->config;
    const char *other;

    if (config->base_url == NULL) {
        return;
    }
    other = apr_hash_get(check->urls, config->base_url, APR_HASH_KEY_STRING);
    if (other && strcmp(other, config->base_path) != 0) {
        say(check, APLOG_WARNING,
            "SCIM0036: %s: ScimBaseURL: '%s' is the URL of the endpoint '%s' too; each needs "
            "its own",
            place->where, config->base_url, shown(other));
    }
    apr_hash_set(check->urls, config->base_url, APR_HASH_KEY_STRING, config->base_path);
}

/* The first directive of the section that says what clients may do, or NULL. */
static const char *rule_of(const scim_dir_config_t *own)
{
    int kind, change;

    for (kind = 0; kind < SCIM_KINDS; kind++) {
        for (change = 0; change < SCIM_CHANGES; change++) {
            if (own->toggles[kind][change] != -1) {
                return scim_toggle_directives[kind][change];
            }
        }
    }
    return own->rewrites               ? "ScimUserNameRewrite"
           : own->roles                ? "ScimRoles"
           : own->default_role         ? "ScimDefaultRole"
           : own->reject_unknown != -1 ? "ScimUnknownAttributes"
           : own->keep_passwords != -1 ? "ScimPasswords"
                                       : NULL;
}

/* 1 for a path in the endpoint, but for /Me: what it answers is nobody else's. */
static int is_inside(const char *path, const char *base_path)
{
    const char *below = path + strlen(base_path);

    if (strncmp(below, "/Me", 3) == 0) {
        below += 3;
    }
    return below[strspn(below, "/")] != '\0';
}

/* Resources are reached by several paths: /Users, /Bulk, /.search and that of the endpoint. */
static void check_rules(check_t *check, const place_t *place)
{
    const char *rule = place->own ? rule_of(place->own) : NULL;

    if (rule && is_inside(place->path, place->config->base_path)) {
        say(check, APLOG_WARNING,
            "SCIM0042: %s: %s: this Location lies in the endpoint '%s', so the rule holds for "
            "requests to this path alone, and those to other paths (/Bulk, /Users and so on) "
            "go "
            "around it; put it into the Location of the endpoint",
            place->where, rule, shown(place->config->base_path));
    }
}

static void check_store(check_t *check, const place_t *place)
{
    server_rec **last = apr_array_push(check->stores);

    *last = check->server;
    if (ap_find_linked_module("mod_dbd.c") == NULL) {
        say(check, APLOG_CRIT,
            "SCIM0037: %s: ScimDirectory: the provider 'dbd' needs mod_dbd, which is not "
            "loaded; run a2enmod dbd, or add LoadModule dbd_module modules/mod_dbd.so",
            place->where);
    }
}

static void note_cost(check_t *check, const scim_dir_config_t *config)
{
    int cost = scim_config_password_cost(config);

    if (config->keep_passwords == 1 && cost > check->password_cost) {
        check->password_cost = cost;
    }
}

static void check_place(check_t *check, const place_t *place, scim_server_config_t *server)
{
    check_roles(check, place->where, place->config);
    if (!check_endpoint(check, place)) {
        return;
    }
    check_url(check, place);
    check_rules(check, place);
    note_cost(check, place->config);
    scim_config_want(server, place->config, check->pconf);
    scim_remark_expect(server, place->config->base_path, check->pconf);
    if (strcmp(scim_config_provider(place->config), SCIM_DEFAULT_PROVIDER) == 0) {
        check_store(check, place);
    }
}

/* ---- the database ---- */

/* Only root and the user that httpd runs as can tell what that user may do. */
static void check_file(check_t *check)
{
    int exists_only = geteuid() != 0 && ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
    const char *file = scim_dump_database(check->server, "DBDParams", check->ptemp);
    const char *complaint = scim_datafile_complaint(file, exists_only, check->ptemp);

    if (complaint) {
        say(check, APLOG_WARNING, "SCIM0043: %s: DBDParams: %s",
            scim_config_server_name(check->server, check->ptemp), complaint);
    }
}

/*
 * A main server whose virtual hosts take all requests needs no database of its own, even though
 * it has the endpoints that they inherit; so it is an error only when no server at all has one.
 */
static void check_databases(check_t *check)
{
    int i, found = 0;

    if (ap_find_linked_module("mod_dbd.c") == NULL) {
        return; /* check_store() has said so */
    }
    for (i = 0; i < check->stores->nelts; i++) {
        found |= scim_dump_database(APR_ARRAY_IDX(check->stores, i, server_rec *), "DBDriver",
                                    check->ptemp)
                 != NULL;
    }
    for (i = 0; i < check->stores->nelts; i++) {
        const char *driver;

        check->server = APR_ARRAY_IDX(check->stores, i, server_rec *);
        driver = scim_dump_database(check->server, "DBDriver", check->ptemp);
        if (driver && strcmp(driver, "sqlite3") == 0) {
            check_file(check);
        }
        if (!driver) {
            say(check, found ? APLOG_WARNING : APLOG_CRIT,
                "SCIM0038: %s: ScimDirectory: there is no database for the provider 'dbd'; add "
                "DBDriver and DBDParams, for example DBDriver sqlite3",
                scim_config_server_name(check->server, check->ptemp));
        }
    }
}

/* ---- the walk ---- */

/* A virtual host without server directives of ours shares the main server's configuration: give
   it one, since its directories are opened on its own database. */
static scim_server_config_t *own_config(const check_t *check, void *main_config)
{
    ap_conf_vector_t *vector = check->server->module_config;

    if (check->server->is_virtual
        && ap_get_module_config(vector, &scim_module) == main_config) {
        ap_set_module_config(vector, &scim_module,
                             scim_config_merge_server(check->pconf, main_config, main_config));
    }
    return ap_get_module_config(vector, &scim_module);
}

static void check_section(check_t *check, const apr_array_header_t *sections,
                          const ap_conf_vector_t *section, scim_server_config_t *server)
{
    const core_dir_config *core = ap_get_core_module_config(section);
    place_t place = {.path = core->d,
                     .own = ap_get_module_config(section, &scim_module),
                     .own_handler = is_ours(check, section)};
    const ap_conf_vector_t *vector;

    if (place.own == NULL && !place.own_handler) {
        return;
    }
    place.where = place_name(check, section);
    if (core->r || core->d_is_fnmatch) {
        /* What it is merged with depends on the request. */
        if (place.own) {
            check_roles(check, place.where, place.own);
        }
        return;
    }
    vector = effective(check, sections, place.path);
    place.config = ap_get_module_config(vector, &scim_module);
    place.handler = is_ours(check, vector);
    check_place(check, &place, server);
}

static void check_server(check_t *check, void *main_config)
{
    const core_server_config *core = ap_get_core_module_config(check->server->module_config);
    const scim_dir_config_t *defaults =
        ap_get_module_config(check->server->lookup_defaults, &scim_module);
    scim_server_config_t *server = own_config(check, main_config);
    int i;

    check->urls = apr_hash_make(check->ptemp);
    if (defaults->defn_name) {
        check_roles(
            check,
            apr_psprintf(check->ptemp, "%s:%d", defaults->defn_name, defaults->defn_line),
            defaults);
    }
    for (i = 0; i < core->sec_url->nelts; i++) {
        check_section(check, core->sec_url, APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *),
                      server);
    }
}

static void spread_cost(int cost, server_rec *servers)
{
    for (; servers; servers = servers->next) {
        scim_server_config_t *config =
            ap_get_module_config(servers->module_config, &scim_module);

        config->password_cost = cost;
    }
}

int scim_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *server)
{
    check_t check = {.pconf = pconf,
                     .ptemp = ptemp,
                     .server = server,
                     .said = apr_hash_make(ptemp),
                     .stores = apr_array_make(ptemp, 1, sizeof(server_rec *)),
                     .handlers = apr_array_make(ptemp, 1, sizeof(const ap_directive_t *)),
                     .password_cost = -1};
    scim_server_config_t *main_config =
        ap_get_module_config(server->module_config, &scim_module);

    const char *wrong;

    (void)plog;
    if (main_config->schemas == NULL) {
        say(&check, APLOG_CRIT, "SCIM0030: the built-in schemas cannot be read");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    wrong = scim_extension_apply(main_config, pconf);
    if (wrong) {
        say(&check, APLOG_CRIT, "SCIM0041: %s", wrong);
    }
    find_handlers(&check, ap_conftree, 0);
    for (; check.server; check.server = check.server->next) {
        check_server(&check, main_config);
    }
    spread_cost(check.password_cost, server);
    scim_access_directory_resolve(server, pconf);
    wrong = scim_pending_check(main_config, pconf);
    if (wrong) {
        say(&check, APLOG_CRIT, "SCIM0044: %s", wrong);
    }
    wrong = scim_overruled_check(ap_conftree, ptemp);
    if (wrong) {
        say(&check, APLOG_CRIT, "SCIM0069: %s", wrong);
    }
    check_databases(&check);
    return check.failed ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
