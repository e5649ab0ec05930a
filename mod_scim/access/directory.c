#include "access/directory.h"

#include <string.h>

#include "core/error.h"
#include "httpd/dump.h"

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

/* What an endpoint of a server has. */
typedef struct offer_t {
    const char *key;
    scim_directory_t *directory;
    const server_rec *server;
} offer_t;

static apr_array_header_t *all_offers(const server_rec *servers, apr_pool_t *pool)
{
    apr_array_header_t *offers = apr_array_make(pool, 4, sizeof(offer_t));
    apr_hash_index_t *at;

    for (; servers; servers = servers->next) {
        for (at = apr_hash_first(pool, config_of(servers)->wanted); at;
             at = apr_hash_next(at)) {
            offer_t *offer = apr_array_push(offers);

            offer->key = apr_hash_this_key(at);
            offer->directory = apr_hash_this_val(at);
            offer->server = servers;
        }
    }
    return offers;
}

static int has_same(const char *directive, const server_rec *a, const server_rec *b,
                    apr_pool_t *pool)
{
    const char *of_a = scim_dump_database(a, directive, pool),
               *of_b = scim_dump_database(b, directive, pool);

    return strcmp(of_a ? of_a : "", of_b ? of_b : "") == 0;
}

/* Whether the same people are in both. Those of our own provider are in the database of their
   server. */
static int are_same(const offer_t *a, const offer_t *b, apr_pool_t *pool)
{
    static const char prefix[] = SCIM_DEFAULT_PROVIDER " ";

    return strcmp(a->key, b->key) == 0
           && (strncmp(a->key, prefix, sizeof(prefix) - 1) != 0
               || (has_same("DBDriver", a->server, b->server, pool)
                   && has_same("DBDParams", a->server, b->server, pool)));
}

/* The first with this key, or of all when that is NULL; *other is one that is another
   directory, or NULL. */
static const offer_t *find(const offer_t **other, const apr_array_header_t *offers,
                           const char *key, apr_pool_t *pool)
{
    const offer_t *first = NULL;
    int i;

    *other = NULL;
    for (i = 0; i < offers->nelts && *other == NULL; i++) {
        const offer_t *offer = &APR_ARRAY_IDX(offers, i, offer_t);

        if (key && strcmp(offer->key, key) != 0) {
            continue;
        }
        first = first ? first : offer;
        *other = are_same(first, offer, pool) ? NULL : offer;
    }
    return first;
}

/* The only one of the server's endpoints, else the only one of all; or NULL. */
static scim_directory_t *only(const scim_server_config_t *config,
                              const apr_array_header_t *offers, apr_pool_t *pool)
{
    const offer_t *first, *other;

    if (apr_hash_count(config->wanted) == 1) {
        return apr_hash_this_val(apr_hash_first(pool, config->wanted));
    }
    first = find(&other, offers, NULL, pool);
    return first && !other ? first->directory : NULL;
}

static void tell(const offer_t *first, const offer_t *other, const server_rec *server,
                 apr_pool_t *pool)
{
    ap_log_error(
        APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, server,
        "SCIM0045: %s: ScimAccessDirectory: %s is a directory of %s and another one of "
        "%s, which has another database, so nobody is let in here that goes by it; "
        "give them different names",
        scim_config_server_name(server, pool), scim_error_quotes(pool, first->directory->name),
        scim_config_server_name(first->server, pool),
        scim_config_server_name(other->server, pool));
}

static scim_directory_t *named(const char *key, server_rec *server,
                               const apr_array_header_t *offers, apr_pool_t *pconf)
{
    scim_server_config_t *config = config_of(server);
    scim_directory_t *own = apr_hash_get(config->wanted, key, APR_HASH_KEY_STRING);
    const offer_t *first, *other;

    if (own) {
        return own;
    }
    first = find(&other, offers, key, pconf);
    if (other) {
        tell(first, other, server, pconf);
        return NULL;
    }
    if (first) {
        return first->directory;
    }
    scim_config_want(config, apr_hash_get(config->named, key, APR_HASH_KEY_STRING), pconf);
    return apr_hash_get(config->wanted, key, APR_HASH_KEY_STRING);
}

void scim_access_directory_resolve(server_rec *servers, apr_pool_t *pconf)
{
    const apr_array_header_t *offers = all_offers(servers, pconf);
    apr_hash_index_t *at;

    for (; servers; servers = servers->next) {
        scim_server_config_t *config = config_of(servers);

        config->only = only(config, offers, pconf);
        for (at = apr_hash_first(pconf, config->named); at; at = apr_hash_next(at)) {
            const char *key = apr_hash_this_key(at);

            apr_hash_set(config->asked, key, APR_HASH_KEY_STRING,
                         named(key, servers, offers, pconf));
        }
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
