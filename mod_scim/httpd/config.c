#include "httpd/config.h"

#include <ap_provider.h>

#include "httpd/extension.h"

void *scim_config_create_dir(apr_pool_t *pool, char *dir)
{
    scim_dir_config_t *config = apr_pcalloc(pool, sizeof(*config));
    int kind, change;

    (void)dir;
    for (kind = 0; kind < SCIM_KINDS; kind++) {
        for (change = 0; change < SCIM_CHANGES; change++) {
            config->toggles[kind][change] = -1;
        }
    }
    config->reject_unknown = -1;
    config->max_results = config->max_scan = -1;
    config->max_payload = config->max_operations = -1;
    config->me = -1;
    config->keep_passwords = -1;
    config->password_cost = -1;
    scim_access_rules_create(&config->access);
    return config;
}

/* httpd merges in the order of the file, so the outermost is not always the base. */
static const char *outermost(const char *a, const char *b)
{
    return a == NULL || (b && strlen(b) < strlen(a)) ? b : a;
}

#define INHERIT_POINTER(member) merged->member = add->member ? add->member : base->member
#define INHERIT_NUMBER(member) merged->member = add->member != -1 ? add->member : base->member

void *scim_config_merge_dir(apr_pool_t *pool, void *basev, void *addv)
{
    const scim_dir_config_t *base = basev, *add = addv;
    scim_dir_config_t *merged = apr_palloc(pool, sizeof(*merged));
    int kind, change;

    merged->defn_line = add->defn_name ? add->defn_line : base->defn_line;
    INHERIT_POINTER(defn_name);
    merged->base_path = outermost(base->base_path, add->base_path);
    INHERIT_POINTER(directory);
    INHERIT_POINTER(provider);
    INHERIT_POINTER(tokens);
    for (kind = 0; kind < SCIM_KINDS; kind++) {
        for (change = 0; change < SCIM_CHANGES; change++) {
            INHERIT_NUMBER(toggles[kind][change]);
        }
    }
    INHERIT_POINTER(rewrites);
    INHERIT_POINTER(default_role);
    INHERIT_POINTER(roles);
    INHERIT_POINTER(dialect);
    INHERIT_NUMBER(reject_unknown);
    INHERIT_POINTER(base_url);
    INHERIT_NUMBER(max_results);
    INHERIT_NUMBER(max_scan);
    INHERIT_NUMBER(max_payload);
    INHERIT_NUMBER(max_operations);
    INHERIT_NUMBER(me);
    INHERIT_NUMBER(keep_passwords);
    INHERIT_NUMBER(password_cost);
    scim_access_rules_merge(&merged->access, &base->access, &add->access, pool);
    return merged;
}

void *scim_config_create_server(apr_pool_t *pool, server_rec *server)
{
    scim_server_config_t *config = apr_pcalloc(pool, sizeof(*config));
    scim_schemas_t *schemas;

    config->wanted = apr_hash_make(pool);
    config->named = apr_hash_make(pool);
    config->asked = apr_hash_make(pool);
    config->told = apr_hash_make(pool);
    /* An error cannot be told from here: scim_config_check() finds no schemas and does. */
    if (!server->is_virtual && scim_schemas_create(&schemas, pool) == NULL) {
        config->schemas = schemas;
    }
    config->lines = scim_extension_lines(pool);
    config->indexed = scim_indexed_create(pool);
    config->matched = apr_array_make(pool, 1, sizeof(const scim_path_t *));
    config->password_cost = -1;
    return config;
}

void *scim_config_merge_server(apr_pool_t *pool, void *basev, void *addv)
{
    const scim_server_config_t *base = basev, *add = addv;
    scim_server_config_t *merged = apr_pcalloc(pool, sizeof(*merged));

    merged->schemas = base->schemas;
    merged->lines = base->lines;
    merged->indexed = base->indexed;
    merged->matched = base->matched;
    merged->password_cost = -1;
    merged->wanted = apr_hash_make(pool);
    merged->named = apr_hash_overlay(pool, add->named, base->named);
    merged->asked = apr_hash_make(pool);
    merged->told = apr_hash_make(pool);
    return merged;
}

const char *scim_config_directory(const scim_dir_config_t *config)
{
    return config->directory ? config->directory : SCIM_DEFAULT_DIRECTORY;
}

const char *scim_config_provider(const scim_dir_config_t *config)
{
    return config->provider ? config->provider : SCIM_DEFAULT_PROVIDER;
}

static const char *wanted_key(const scim_dir_config_t *config, apr_pool_t *pool)
{
    return apr_pstrcat(pool, scim_config_provider(config), " ", scim_config_directory(config),
                       NULL);
}

scim_directory_t *scim_config_wanted(const scim_server_config_t *server,
                                     const scim_dir_config_t *config, apr_pool_t *pool)
{
    return apr_hash_get(server->wanted, wanted_key(config, pool), APR_HASH_KEY_STRING);
}

void scim_config_want(scim_server_config_t *server, const scim_dir_config_t *config,
                      apr_pool_t *pool)
{
    scim_directory_t *directory;

    if (scim_config_wanted(server, config, pool)) {
        return;
    }
    directory = apr_pcalloc(pool, sizeof(*directory));
    directory->name = scim_config_directory(config);
    directory->provider = ap_lookup_provider(SCIM_PROVIDER_GROUP, scim_config_provider(config),
                                             SCIM_PROVIDER_VERSION);
    apr_hash_set(server->wanted, wanted_key(config, pool), APR_HASH_KEY_STRING, directory);
}

static apr_int64_t or_default(apr_int64_t value, apr_int64_t otherwise)
{
    return value != -1 ? value : otherwise;
}

int scim_config_password_cost(const scim_dir_config_t *config)
{
    return (int)or_default(config->password_cost, SCIM_DEFAULT_PASSWORD_COST);
}

const scim_service_t *scim_config_service(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const scim_server_config_t *server =
        ap_get_module_config(r->server->module_config, &scim_module);
    const scim_directory_t *directory = scim_config_wanted(server, config, r->pool);
    scim_service_t *service = apr_pcalloc(r->pool, sizeof(*service));
    int kind, change;

    if (directory == NULL || directory->state == NULL) {
        return NULL;
    }
    service->schemas = server->schemas;
    service->directory = directory;
    service->indexed = server->indexed->paths;
    service->matched = server->matched;
    for (kind = 0; kind < SCIM_KINDS; kind++) {
        for (change = 0; change < SCIM_CHANGES; change++) {
            int toggle = config->toggles[kind][change];

            service->policy.toggles[kind][change] =
                toggle != -1 ? (scim_toggle_t)toggle : SCIM_TOGGLE_ON;
        }
    }
    service->policy.rewrites = config->rewrites;
    if (config->default_role && *config->default_role) {
        service->policy.default_role = config->default_role;
    }
    if (config->roles && config->roles->nelts) {
        service->policy.roles = config->roles;
    }
    service->policy.keep_passwords = config->keep_passwords == 1;
    service->policy.password_cost = scim_config_password_cost(config);
    service->limits.max_results = or_default(config->max_results, SCIM_DEFAULT_MAX_RESULTS);
    service->limits.max_scan = or_default(config->max_scan, SCIM_DEFAULT_MAX_SCAN);
    service->limits.max_payload = or_default(config->max_payload, SCIM_DEFAULT_MAX_PAYLOAD);
    service->limits.max_operations =
        or_default(config->max_operations, SCIM_DEFAULT_MAX_OPERATIONS);
    service->reject_unknown = config->reject_unknown == 1;
    return service;
}

const scim_dialect_t *scim_config_dialect(const scim_dir_config_t *config)
{
    return config->dialect ? config->dialect : scim_dialect_find("auto");
}
