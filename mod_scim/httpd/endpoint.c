#include "httpd/endpoint.h"

#include <ap_expr.h>
#include <string.h>

#include "core/error.h"
#include "httpd/bearer.h"
#include "httpd/body.h"
#include "httpd/me.h"
#include "httpd/remark.h"
#include "httpd/reply.h"
#include "httpd/route.h"
#include "service/me.h"

/* The note that translate_name leaves for map_to_storage. */
#define NOTE "scim-endpoint"

/* What the steps of a request hand on. */
typedef struct exchange_t {
    request_rec *r;
    const scim_dir_config_t *config;
    const scim_dialect_t *dialect;
    const scim_bearer_token_t *token;
    const char *self; /* see scim_call_t */
    scim_target_t target;
    scim_call_t call;
    scim_reply_t reply;
    unsigned remarks;
    int filter_status; /* see scim_body_read() */
} exchange_t;

/* What SetHandler comes to. httpd itself sets r->handler as late as in its fixups. */
static const char *handler_of(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    const char *problem = NULL;

    if (r->handler) {
        return r->handler;
    }
    return core->expr_handler ? ap_expr_str_exec(r, core->expr_handler, &problem)
                              : core->handler;
}

int scim_endpoint_claims(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const char *handler;

    if (!config->base_path || r->proxyreq != PROXYREQ_NONE) {
        return 0;
    }
    handler = handler_of(r);
    return handler && ap_cstr_casecmp(handler, SCIM_HANDLER) == 0;
}

const scim_dialect_t *scim_endpoint_dialect(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);

    scim_traits_t traits = {apr_table_get(r->headers_in, "User-Agent"),
                            apr_table_get(r->headers_in, "Accept"), r->args};

    return scim_dialect_recognise(scim_config_dialect(config), &traits);
}

int scim_endpoint_translate(request_rec *r)
{
    if (!scim_endpoint_claims(r)) {
        return DECLINED;
    }
    r->filename = apr_pstrcat(r->pool, "scim:", r->uri, NULL);
    apr_table_setn(r->notes, NOTE, "1");
    return OK;
}

/* The Location's configuration is not in force in this hook, hence the note. */
int scim_endpoint_map(request_rec *r)
{
    return apr_table_get(r->notes, NOTE) ? OK : DECLINED;
}

static void set_variable(request_rec *r, const char *name, const char *value)
{
    apr_table_setn(r->subprocess_env, name, value);
}

static scim_error_t *unconfigured(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "SCIM0001: SetHandler scim is on, but there is no ScimBearerToken in this "
                  "section: put both into one <Location>, whose path is the base URL");
    return scim_error_create(r->pool, HTTP_INTERNAL_SERVER_ERROR, NULL,
                             "This endpoint is not configured completely; the server's error "
                             "log says what is missing.");
}

/* Who calls, and what for. */
static scim_error_t *admit(exchange_t *exchange)
{
    request_rec *r = exchange->r;
    const scim_server_config_t *server =
        ap_get_module_config(r->server->module_config, &scim_module);
    scim_target_t *target = &exchange->target;
    scim_error_t *error;

    if (!exchange->config->base_path || !server->schemas) {
        return unconfigured(r);
    }
    if (scim_me_claims(exchange->config, r)) {
        exchange->self = r->user;
        exchange->token = scim_me_token(exchange->config, r);
        error = scim_me_route(target, exchange->config, server->schemas, r);
    } else {
        SCIM_TRY(scim_bearer_check(&exchange->token, r));
        error = scim_route_find(target, exchange->config->base_path, server->schemas, r);
    }
    set_variable(r, "SCIM_CLIENT", exchange->token->label);
    if (target->allow && !target->route) {
        apr_table_setn(r->headers_out, "Allow", target->allow);
    }
    if (target->route) {
        set_variable(r, "SCIM_OPERATION", target->route->operation);
    }
    if (target->type) {
        set_variable(r, "SCIM_RESOURCE", target->type->name);
    }
    SCIM_TRY(error);
    return scim_bearer_allow(exchange->token, scim_route_scope(target), r);
}

/* The URL that clients know the endpoint by; headers of proxies in front say nothing here. */
static const char *base_url(const scim_dir_config_t *config, request_rec *r)
{
    if (config->base_url) {
        return config->base_url;
    }
    return ap_construct_url(r->pool, ap_os_escape_path(r->pool, config->base_path, 1), r);
}

/* Which kinds of resources the token is not for; see scim_route_scope(). */
static unsigned hidden_kinds(const scim_bearer_token_t *token)
{
    unsigned groups = 1u << SCIM_KIND_GROUP, all = (1u << SCIM_KINDS) - 1, hidden = 0;

    if (!(token->scope & SCIM_SCOPE_USERS)) {
        hidden |= all & ~groups;
    }
    if (!(token->scope & SCIM_SCOPE_GROUPS)) {
        hidden |= groups;
    }
    return hidden;
}

static scim_error_t *prepare(exchange_t *exchange)
{
    request_rec *r = exchange->r;
    scim_call_t *call = &exchange->call;

    call->pool = r->pool;
    call->notes = apr_array_make(r->pool, 4, sizeof(const char *));
    call->remarks = &exchange->remarks;
    call->service = scim_config_service(r);
    if (!call->service) {
        return scim_error_because(scim_error_create(r->pool, HTTP_SERVICE_UNAVAILABLE, NULL,
                                                    "The directory is not available."),
                                  r->pool,
                                  "it could not be opened when httpd started; see SCIM0051");
    }
    call->type = exchange->target.type;
    call->dialect = exchange->dialect;
    call->base_url = base_url(exchange->config, r);
    call->client = exchange->token->label;
    call->self = exchange->self;
    call->hidden = hidden_kinds(exchange->token);
    SCIM_TRY(scim_etags_parse(&call->precondition.match, "If-Match",
                              apr_table_get(r->headers_in, "If-Match"), r->pool));
    SCIM_TRY(scim_etags_parse(&call->precondition.none_match, "If-None-Match",
                              apr_table_get(r->headers_in, "If-None-Match"), r->pool));
    return scim_search_parse(&call->search, r->args, call->dialect->leniency, r->pool);
}

static scim_error_t *perform(exchange_t *exchange)
{
    const scim_route_t *route = exchange->target.route;
    json_t *body = NULL;

    if (route->takes_body) {
        SCIM_TRY(scim_body_read(&body, &exchange->call.pool, &exchange->filter_status,
                                exchange->call.service->limits.max_payload, exchange->r));
        if (exchange->filter_status != OK) {
            return NULL;
        }
        exchange->dialect = exchange->call.dialect =
            scim_dialect_hear(scim_config_dialect(exchange->config), exchange->dialect, body);
    }
    return route->run(&exchange->reply, &exchange->call, exchange->target.name, body);
}

static void log_notes(const exchange_t *exchange)
{
    int i;

    if (exchange->self == NULL) {
        scim_remark_client(exchange->dialect, exchange->call.client, exchange->r);
    }
    scim_remark_service(exchange->remarks, exchange->call.client, exchange->r);

    for (i = 0; i < exchange->call.notes->nelts; i++) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, exchange->r, "SCIM0002: %s: %s",
                      exchange->call.client,
                      APR_ARRAY_IDX(exchange->call.notes, i, const char *));
    }
}

static void log_deeds(const exchange_t *exchange)
{
    const apr_array_header_t *deeds = exchange->reply.deeds;
    int i;

    for (i = 0; deeds && i < deeds->nelts; i++) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, exchange->r, "SCIM0004: %s: %s",
                      exchange->token->label, APR_ARRAY_IDX(deeds, i, const char *));
    }
}

/* Tells the logs what was done; one line for whatever may have changed something. */
static void record(const exchange_t *exchange, int succeeded)
{
    request_rec *r = exchange->r;
    const scim_target_t *target = &exchange->target;
    const char *id = target->name, *operation = target->route->operation;

    if (succeeded) {
        id = exchange->reply.id ? exchange->reply.id : id;
        operation = exchange->reply.operation ? exchange->reply.operation : operation;
    }
    set_variable(r, "SCIM_OPERATION", operation);
    if (target->type && id) {
        set_variable(r, "SCIM_RESOURCE",
                     apr_pstrcat(r->pool, target->type->name, "/", id, NULL));
    }
    if (succeeded && target->route->scope != SCIM_SCOPE_READ) {
        const char *resource = apr_table_get(r->subprocess_env, "SCIM_RESOURCE");

        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM0003: %s: %s%s%s",
                      exchange->token->label, operation, resource ? " " : "",
                      resource ? resource : "");
    }
}

static scim_error_t *serve(exchange_t *exchange)
{
    scim_error_t *error;

    SCIM_TRY(admit(exchange));
    if (!exchange->target.route) {
        exchange->reply.status = HTTP_NO_CONTENT; /* OPTIONS: Allow is all there is to say */
        return NULL;
    }
    SCIM_TRY(prepare(exchange));
    error = perform(exchange);
    log_notes(exchange);
    log_deeds(exchange);
    record(exchange, !error && exchange->filter_status == OK);
    return error;
}

/* RFC 7644 3.11: whatever is answered to a request for /Me, it says where that is for good. */
static void locate_self(exchange_t *exchange, const scim_error_t *error)
{
    scim_reply_t *reply = &exchange->reply;

    if (!exchange->self) {
        return;
    }
    if (!exchange->call.service) {
        (void)prepare(exchange);
    }
    if (!reply->location && exchange->call.service
        && !(error && error->status == HTTP_SERVICE_UNAVAILABLE)) {
        scim_me_locate(reply, &exchange->call);
    }
    scim_reply_location(reply->location, exchange->r);
}

/* A page that includes an endpoint would send the client's token there, and what it answers
   ends with its memory before the page is sent. */
static scim_error_t *answer(exchange_t *exchange)
{
    return exchange->r->main ? scim_error_create(exchange->r->pool, 403, NULL,
                                                 "An endpoint answers clients; it cannot be "
                                                 "included in a page.")
                             : serve(exchange);
}

int scim_endpoint_handler(request_rec *r)
{
    exchange_t exchange = {0};
    scim_error_t *error;

    if (!r->handler || strcmp(r->handler, SCIM_HANDLER) != 0) {
        return DECLINED;
    }
    exchange.r = r;
    exchange.config = ap_get_module_config(r->per_dir_config, &scim_module);
    exchange.dialect = scim_endpoint_dialect(r);
    exchange.filter_status = OK;
    error = answer(&exchange);
    locate_self(&exchange, error);
    if (error) {
        return scim_reply_error(error, exchange.dialect, r);
    }
    if (exchange.filter_status != OK) {
        return exchange.filter_status;
    }
    return scim_reply_send(&exchange.reply, exchange.dialect, r);
}
