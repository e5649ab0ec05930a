/*
 * presume.c - a module for httpd that says who the user is without asking anybody to log in, as
 * mod_ssl does with SSLUserName. t/fault/presumed.t loads it.
 *
 *     Presume: HOOK NAME    (a header of the request) sets the user to NAME in this hook
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include <apr_strings.h>

static void presume(request_rec *r, const char *hook)
{
    const char *header = apr_table_get(r->headers_in, "Presume");
    const char *wanted = header ? ap_getword_white(r->pool, &header) : "";

    if (strcmp(wanted, hook) == 0) {
        r->user = apr_pstrdup(r->pool, header);
        r->ap_auth_type = apr_pstrdup(r->pool, "Presumed");
    }
}

static int after_reading(request_rec *r)
{
    presume(r, "read");
    return DECLINED;
}

static int parse_header(request_rec *r)
{
    presume(r, "header");
    return DECLINED;
}

static int check_access(request_rec *r)
{
    presume(r, "access");
    return DECLINED;
}

static int fix_up(request_rec *r)
{
    presume(r, "fixup");
    return DECLINED;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_read_request(after_reading, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_header_parser(parse_header, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_access_checker(check_access, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(fix_up, NULL, NULL, APR_HOOK_LAST);
}

module AP_MODULE_DECLARE_DATA presume_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, AP_MODULE_FLAG_NONE,
};
