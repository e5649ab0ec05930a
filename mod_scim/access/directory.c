#include "access/directory.h"

static scim_server_config_t *config_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &scim_module);
}

static const char *key_of(const char *name, const char *provider, apr_pool_t *pool)
{
    return apr_pstrcat(pool, provider, " ", name, NULL);
}

void scim_access_directory_name(const char *name, const char *provider, cmd_parms *cmd)
{
    scim_dir_config_t *named = apr_pcalloc(cmd->pool, sizeof(*named));

    named->directory = name;
    named->provider = provider;
    apr_hash_set(config_of(cmd->server)->named, key_of(name, provider, cmd->pool),
                 APR_HASH_KEY_STRING, named);
}

/* ---- resolving ------------------------------------------------------------- */

/* That of any server's endpoints. */
static scim_directory_t *find(const server_rec *servers, const char *key)
{
    for (; servers; servers = servers->next) {
        scim_directory_t *directory =
            apr_hash_get(config_of(servers)->wanted, key, APR_HASH_KEY_STRING);

        if (directory) {
            return directory;
        }
    }
    return NULL;
}

/* Adds the directories to those seen; the only one, or NULL. */
static scim_directory_t *only(apr_hash_t *directories, apr_pool_t *pool)
{
    apr_hash_index_t *first = apr_hash_first(pool, directories);

    return apr_hash_count(directories) == 1 ? apr_hash_this_val(first) : NULL;
}

static scim_directory_t *only_of_all(server_rec *servers, apr_pool_t *pool)
{
    apr_hash_t *all = apr_hash_make(pool);

    for (; servers; servers = servers->next) {
        all = apr_hash_overlay(pool, all, config_of(servers)->wanted);
    }
    return only(all, pool);
}

static void resolve_named(server_rec *server, server_rec *servers, apr_pool_t *pconf)
{
    scim_server_config_t *config = config_of(server);
    apr_hash_index_t *at;

    for (at = apr_hash_first(pconf, config->named); at; at = apr_hash_next(at)) {
        const char *key = apr_hash_this_key(at);
        scim_directory_t *directory = apr_hash_get(config->wanted, key, APR_HASH_KEY_STRING);

        if (directory == NULL) {
            directory = find(servers, key);
        }
        if (directory == NULL) {
            scim_config_want(config, apr_hash_this_val(at), pconf);
            directory = apr_hash_get(config->wanted, key, APR_HASH_KEY_STRING);
        }
        apr_hash_set(config->asked, key, APR_HASH_KEY_STRING, directory);
    }
}

void scim_access_directory_resolve(server_rec *servers, apr_pool_t *pconf)
{
    scim_directory_t *single = only_of_all(servers, pconf);
    server_rec *s;

    for (s = servers; s; s = s->next) {
        scim_server_config_t *config = config_of(s);

        config->only = only(config->wanted, pconf);
        config->only = config->only ? config->only : single;
        resolve_named(s, servers, pconf);
    }
}

/* ---- asking ---------------------------------------------------------------- */

static const scim_directory_t *directory_of(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const scim_server_config_t *server = config_of(r->server);
    const scim_access_rules_t *rules = &config->access;

    return rules->directory
               ? apr_hash_get(server->asked, key_of(rules->directory, rules->provider, r->pool),
                              APR_HASH_KEY_STRING)
               : server->only;
}

const scim_service_t *scim_access_service(request_rec *r)
{
    const scim_server_config_t *server = config_of(r->server);
    const scim_directory_t *directory = directory_of(r);
    scim_service_t *service;

    if (directory == NULL || directory->state == NULL) {
        return NULL;
    }
    service = apr_pcalloc(r->pool, sizeof(*service));
    service->schemas = server->schemas;
    service->directory = directory;
    service->indexed = server->indexed->paths;
    service->limits.max_results = SCIM_DEFAULT_MAX_RESULTS;
    service->limits.max_scan = SCIM_DEFAULT_MAX_SCAN;
    return service;
}
