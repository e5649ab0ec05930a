#include "httpd/remark.h"

#include <string.h>

#include <apr_atomic.h>
#include <apr_shm.h>
#include <ap_mpm.h>

/* What the log of one endpoint was told already: a set of bits. */
typedef struct told_t {
    volatile apr_uint32_t *bits;
    apr_uint32_t own; /* where there is nothing to share */
} told_t;

/* Bits beside those of the service. */
static const struct {
    const char *dialect;
    apr_uint32_t bit;
} clients[] = {{"onelogin", 1u << 16}, {"okta", 1u << 17}, {"entra", 1u << 18}};

void scim_remark_expect(scim_server_config_t *server, const char *base_path, apr_pool_t *pconf)
{
    told_t *told = apr_pcalloc(pconf, sizeof(*told));

    told->bits = &told->own;
    apr_hash_set(server->told, base_path, APR_HASH_KEY_STRING, told);
}

static unsigned count_endpoints(const server_rec *server)
{
    unsigned count = 0;

    for (; server; server = server->next) {
        const scim_server_config_t *config =
            ap_get_module_config(server->module_config, &scim_module);

        count += apr_hash_count(config->told);
    }
    return count;
}

int scim_remark_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                            server_rec *server)
{
    unsigned count = count_endpoints(server);
    volatile apr_uint32_t *bits;
    apr_shm_t *memory;

    (void)plog;
    if (count == 0 || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG
        || apr_shm_create(&memory, count * sizeof(*bits), NULL, pconf) != APR_SUCCESS) {
        return OK;
    }
    bits = apr_shm_baseaddr_get(memory);
    for (; server; server = server->next) {
        const scim_server_config_t *config =
            ap_get_module_config(server->module_config, &scim_module);
        apr_hash_index_t *at;

        for (at = apr_hash_first(ptemp, config->told); at; at = apr_hash_next(at)) {
            told_t *told = apr_hash_this_val(at);

            told->bits = bits++;
            apr_atomic_set32(told->bits, 0);
        }
    }
    return OK;
}

/* 1 for the first request that asks, of all requests to its endpoint. */
static int is_first(apr_uint32_t bit, const request_rec *r)
{
    const scim_server_config_t *server =
        ap_get_module_config(r->server->module_config, &scim_module);
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const told_t *told = apr_hash_get(server->told, config->base_path, APR_HASH_KEY_STRING);
    apr_uint32_t before;

    if (told == NULL) {
        return 0;
    }
    do {
        before = apr_atomic_read32(told->bits);
        if (before & bit) {
            return 0;
        }
    } while (apr_atomic_cas32(told->bits, before | bit, before) != before);
    return 1;
}

void scim_remark_client(const scim_dialect_t *dialect, const char *client, request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    apr_size_t i;

    if (dialect == scim_config_dialect(config)) {
        return;
    }
    for (i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
        if (strcmp(clients[i].dialect, dialect->name) == 0 && is_first(clients[i].bit, r)) {
            ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                          "SCIM0005: %s: recognised by its requests; ScimDialect %s would say "
                          "so",
                          client, dialect->name);
        }
    }
}

void scim_remark_service(unsigned remarks, const char *client, request_rec *r)
{
    if ((remarks & SCIM_REMARK_PASSWORD) && is_first(SCIM_REMARK_PASSWORD, r)) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "SCIM0006: %s: a password was ignored, as all are: ScimPasswords is "
                      "ignore",
                      client);
    }
}
