#include "access/basic.h"
#include "access/export.h"
#include "access/guard.h"
#include "access/pending.h"
#include "access/presence.h"
#include "access/require.h"
#include "access/visitor.h"
#include "httpd/bearer.h"
#include "httpd/config.h"
#include "httpd/database.h"
#include "httpd/dump.h"
#include "httpd/endpoint.h"
#include "httpd/remark.h"
#include "httpd/reply.h"

static void register_hooks(apr_pool_t *pool)
{
    static const char *const after_dbd[] = {"mod_dbd.c", NULL};
    static const char *const before_headers[] = {"mod_headers.c", "mod_rewrite.c", NULL};

    ap_hook_pre_config(scim_database_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(scim_config_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(scim_dump_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(scim_database_post_config, after_dbd, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(scim_remark_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(scim_database_child_init, after_dbd, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(scim_bearer_child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(scim_presence_child_init, after_dbd, NULL, APR_HOOK_LAST);
    ap_hook_translate_name(scim_endpoint_translate, NULL, NULL, APR_HOOK_LAST);
    ap_hook_map_to_storage(scim_endpoint_map, NULL, NULL, APR_HOOK_LAST);
    ap_hook_handler(scim_endpoint_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(scim_reply_insert_error_filter, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_config(scim_pending_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_authz(scim_visitor_admit, NULL, NULL, APR_HOOK_REALLY_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(scim_guard_check, NULL, before_headers, APR_HOOK_FIRST);
    ap_hook_fixups(scim_export_fixup, NULL, before_headers, APR_HOOK_FIRST);
    ap_hook_expr_lookup(scim_export_lookup, NULL, NULL, APR_HOOK_MIDDLE);
    scim_require_register(pool);
    scim_basic_register(pool);
    scim_reply_register();
    scim_database_register(pool);
}

module AP_MODULE_DECLARE_DATA scim_module = {
    STANDARD20_MODULE_STUFF,  scim_config_create_dir,
    scim_config_merge_dir,    scim_config_create_server,
    scim_config_merge_server, scim_directives,
    register_hooks,           AP_MODULE_FLAG_NONE,
};
