#include "access/basic.h"

#include <ap_provider.h>
#include <mod_auth.h>

#include "access/visitor.h"
#include "core/error.h"
#include "service/password.h"

/*
 * Of no password at all: takes as long as one that is stored, if it is of the endpoint with the
 * highest cost. Where the endpoints are on another httpd, the place has to say what it is.
 */
static const char *decoy(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const scim_server_config_t *server =
        ap_get_module_config(r->server->module_config, &scim_module);
    int cost = server->password_cost != -1 ? (int)server->password_cost
                                           : scim_config_password_cost(config);

    return apr_psprintf(r->pool,
                        "$2y$%02d$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", cost);
}

static void tell(const scim_visitor_t *visitor, const char *name, const char *what,
                 request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM0062: %s is %s; %s",
                  scim_error_quotes(r->pool, name),
                  scim_standing_name(visitor->person.standing), what);
}

/* The hash is computed in any case, so that the time does not tell who is here. */
static authn_status check_password(request_rec *r, const char *user, const char *password)
{
    scim_visitor_t visitor;
    const scim_record_t *record;
    const char *hash;
    int matches;

    scim_visitor_find(&visitor, user, r);
    if (visitor.error) {
        return AUTH_GENERAL_ERROR;
    }
    record = visitor.person.record;
    hash = record ? record->password : NULL;
    matches = scim_password_matches(password, hash ? hash : decoy(r), r->pool) && hash;
    if (visitor.person.standing == SCIM_STANDING_UNKNOWN) {
        tell(&visitor, user, "another provider may know them", r);
        return AUTH_USER_NOT_FOUND;
    }
    if (visitor.person.standing != SCIM_STANDING_ACTIVE) {
        tell(&visitor, user, "refused", r);
        return AUTH_DENIED;
    }
    if (hash == NULL) {
        tell(&visitor, user, "and has no password here, another provider may know one", r);
        return AUTH_USER_NOT_FOUND;
    }
    return matches ? AUTH_GRANTED : AUTH_DENIED;
}

static const authn_provider provider = {check_password, NULL};

void scim_basic_register(apr_pool_t *pool)
{
    ap_register_auth_provider(pool, AUTHN_PROVIDER_GROUP, "scim", AUTHN_PROVIDER_VERSION,
                              &provider, AP_AUTH_INTERNAL_PER_CONF);
}
