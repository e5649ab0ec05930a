#include "httpd/me.h"

#include "access/visitor.h"
#include "core/error.h"
#include "service/me.h"

static scim_error_t *retrieve(scim_reply_t *reply, scim_call_t *call, const char *name,
                              const json_t *body)
{
    (void)name, (void)body;
    return scim_me_read(reply, call);
}

static scim_error_t *replace(scim_reply_t *reply, scim_call_t *call, const char *name,
                             const json_t *body)
{
    (void)name;
    return scim_me_replace(reply, call, body);
}

static scim_error_t *patch(scim_reply_t *reply, scim_call_t *call, const char *name,
                           const json_t *body)
{
    (void)name;
    return scim_me_patch(reply, call, body);
}

/* The rows from ScimMe read on come first. */
static const scim_route_t routes[] = {
    {"Me", NULL, "GET", SCIM_SCOPE_READ, 0, "read", retrieve},
    {"Me", NULL, "PUT", SCIM_SCOPE_WRITE, 1, "replace", replace},
    {"Me", NULL, "PATCH", SCIM_SCOPE_WRITE, 1, "patch", patch},
};

#define ROUTES ((int)(sizeof(routes) / sizeof(routes[0])))
#define READING_ROUTES 1

/* 1 when httpd let nobody pass here who had not logged in. */
static int needs_login(request_rec *r)
{
    char *user = r->user;
    int needed;

    r->user = NULL;
    needed = ap_some_authn_required(r);
    r->user = user;
    return needed;
}

static int has_bearer(request_rec *r)
{
    const char *sent = apr_table_get(r->headers_in, "Authorization");

    return sent && ap_cstr_casecmpn(sent, "Bearer", 6) == 0;
}

int scim_me_claims(const scim_dir_config_t *config, request_rec *r)
{
    const char *name = scim_visitor_name(r);

    return config->me > SCIM_ME_OFF && scim_route_is("Me", config->base_path, r) && name
           && *name && !has_bearer(r) && needs_login(r);
}

const scim_bearer_token_t *scim_me_token(const scim_dir_config_t *config, request_rec *r)
{
    scim_bearer_token_t *token = apr_pcalloc(r->pool, sizeof(*token));

    token->label = r->user;
    token->scope = SCIM_SCOPE_READ | SCIM_SCOPE_USERS;
    if (config->me == SCIM_ME_WRITE) {
        token->scope |= SCIM_SCOPE_WRITE;
    }
    return token;
}

scim_error_t *scim_me_route(scim_target_t *target, const scim_dir_config_t *config,
                            const scim_schemas_t *schemas, request_rec *r)
{
    const char *method = r->header_only ? "GET" : r->method;
    int writes = config->me == SCIM_ME_WRITE, i;

    *target = (scim_target_t){.type = scim_schemas_type(schemas, "User"),
                              .allow = writes ? "GET, HEAD, PUT, PATCH, OPTIONS"
                                              : "GET, HEAD, OPTIONS"};
    for (i = 0; i < (writes ? ROUTES : READING_ROUTES); i++) {
        if (strcmp(routes[i].method, method) == 0) {
            target->route = &routes[i];
            return NULL;
        }
    }
    if (r->method_number == M_OPTIONS) {
        return NULL;
    }
    if (r->method_number == M_INVALID) {
        return scim_error_create(r->pool, HTTP_NOT_IMPLEMENTED, NULL,
                                 "The method %s is unknown; allowed here are %s.",
                                 scim_error_quotes(r->pool, r->method), target->allow);
    }
    return scim_error_create(r->pool, HTTP_METHOD_NOT_ALLOWED, NULL,
                             "The method %s is not allowed for '/Me' here; allowed are %s.",
                             scim_error_quotes(r->pool, r->method), target->allow);
}
