#include "access/pending.h"

#include "httpd/argument.h"

typedef struct pending_t {
    const ap_directive_t *directive;
    const char *name; /* of the directive */
    scim_pending_fn look;
    void *baton;
} pending_t;

/* Of the configuration that is being read; the main process alone adds to it. */
static apr_array_header_t *all;

static apr_status_t forget(void *data)
{
    (void)data;
    all = NULL;
    return APR_SUCCESS;
}

int scim_pending_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog, (void)ptemp;
    all = apr_array_make(pconf, 4, sizeof(pending_t));
    apr_pool_cleanup_register(pconf, NULL, forget, apr_pool_cleanup_null);
    return OK;
}

const char *scim_pending_look(cmd_parms *cmd, scim_pending_fn look, void *baton)
{
    const char *wrong;

    if (cmd->override_list || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_RUN_MPM) {
        wrong = look(baton, ap_get_module_config(cmd->server->module_config, &scim_module),
                     cmd->pool);
        return wrong ? scim_argument_wrong(cmd, "%s", wrong) : NULL;
    }
    if (all) {
        pending_t *pending = apr_array_push(all);

        pending->directive = cmd->directive;
        pending->name = cmd->cmd->name;
        pending->look = look;
        pending->baton = baton;
    }
    return NULL;
}

const char *scim_pending_check(const scim_server_config_t *server, apr_pool_t *pool)
{
    int i;

    for (i = 0; all && i < all->nelts; i++) {
        const pending_t *pending = &APR_ARRAY_IDX(all, i, pending_t);
        const char *wrong = pending->look(pending->baton, server, pool);

        if (wrong) {
            return apr_psprintf(pool, "%s:%d: %s: %s", pending->directive->filename,
                                pending->directive->line_num, pending->name, wrong);
        }
    }
    return NULL;
}
