#include "access/guard.h"

#include "access/presence.h"
#include "core/error.h"

#define RETRY_AFTER "5"

static int unavailable(const scim_access_rules_t *rules, request_rec *r)
{
    if (rules->pass_unavailable == 1) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "SCIM0063: %s passes though the directory cannot be asked, as "
                      "ScimGuardUnavailable says",
                      scim_error_quotes(r->pool, r->user));
        return DECLINED;
    }
    apr_table_setn(r->err_headers_out, "Retry-After", RETRY_AFTER);
    return HTTP_SERVICE_UNAVAILABLE;
}

int scim_guard_check(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const scim_access_rules_t *rules = &config->access;
    const scim_visitor_t *visitor;
    scim_standing_t standing;

    (void)scim_visitor_admit(r);
    if (rules->guard != 1 || scim_visitor_name(r) == NULL) {
        return DECLINED;
    }
    visitor = scim_visitor_of(r);
    if (visitor->error) {
        return unavailable(rules, r);
    }
    standing = visitor->person.standing;
    if (standing == SCIM_STANDING_ACTIVE) {
        scim_presence_note(r, visitor);
    }
    if (standing == SCIM_STANDING_ACTIVE
        || (standing == SCIM_STANDING_UNKNOWN && rules->refuse_unknown != 1)) {
        return DECLINED;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM0064: %s is %s; refused by ScimGuard",
                  scim_error_quotes(r->pool, r->user), scim_standing_name(standing));
    return HTTP_FORBIDDEN;
}
