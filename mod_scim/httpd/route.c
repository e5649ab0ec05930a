#include "httpd/route.h"

#include <string.h>

#include "core/error.h"
#include "core/uuid.h"
#include "service/bulk.h"
#include "service/discovery.h"

/* Parts of a path that stand for something. */
#define ROOT ""       /* the endpoint itself: all resource types */
#define TYPE "{type}" /* the endpoint of a resource type that the service works on */
#define ID "{id}"     /* of a resource */
#define NAME "{name}" /* anything; the operation knows */

#define ANY_METHOD NULL

static scim_error_t *list(scim_reply_t *reply, scim_call_t *call, const char *name,
                          const json_t *body)
{
    (void)name, (void)body;
    return scim_call_list(reply, call);
}

static scim_error_t *search(scim_reply_t *reply, scim_call_t *call, const char *name,
                            const json_t *body)
{
    (void)name;
    return scim_call_search(reply, call, body);
}

static scim_error_t *create(scim_reply_t *reply, scim_call_t *call, const char *name,
                            const json_t *body)
{
    (void)name;
    return scim_call_create(reply, call, body);
}

static scim_error_t *retrieve(scim_reply_t *reply, scim_call_t *call, const char *name,
                              const json_t *body)
{
    (void)body;
    return scim_call_read(reply, call, name);
}

static scim_error_t *delete (scim_reply_t *reply, scim_call_t *call, const char *name,
                             const json_t *body)
{
    (void)body;
    return scim_call_delete(reply, call, name);
}

static scim_error_t *configuration(scim_reply_t *reply, scim_call_t *call, const char *name,
                                   const json_t *body)
{
    (void)name, (void)body;
    return scim_discovery_config(reply, call);
}

static scim_error_t *resource_types(scim_reply_t *reply, scim_call_t *call, const char *name,
                                    const json_t *body)
{
    (void)body;
    return scim_discovery_types(reply, call, name);
}

static scim_error_t *schemas(scim_reply_t *reply, scim_call_t *call, const char *name,
                             const json_t *body)
{
    (void)body;
    return scim_discovery_schemas(reply, call, name);
}

static scim_error_t *bulk(scim_reply_t *reply, scim_call_t *call, const char *name,
                          const json_t *body)
{
    (void)name;
    return scim_call_bulk(reply, call, body);
}

/* RFC 7644 3.11 */
static scim_error_t *not_offered(scim_reply_t *reply, scim_call_t *call, const char *name,
                                 const json_t *body)
{
    (void)reply, (void)name, (void)body;
    return scim_error_create(call->pool, HTTP_NOT_IMPLEMENTED, NULL,
                             "/Me is not offered here: a bearer token stands for no person.");
}

/* The first row that fits counts. */
static const scim_route_t routes[] = {
    {TYPE, NULL, "GET", SCIM_SCOPE_READ, 0, "list", list},
    {TYPE, NULL, "POST", SCIM_SCOPE_WRITE, 1, "create", create},
    {TYPE, ".search", "POST", SCIM_SCOPE_READ, 1, "search", search},
    {TYPE, ID, "GET", SCIM_SCOPE_READ, 0, "read", retrieve},
    {TYPE, ID, "PUT", SCIM_SCOPE_WRITE, 1, "replace", scim_call_replace},
    {TYPE, ID, "PATCH", SCIM_SCOPE_WRITE, 1, "patch", scim_call_patch},
    {TYPE, ID, "DELETE", SCIM_SCOPE_WRITE, 0, "delete", delete},
    {"ServiceProviderConfig", NULL, "GET", SCIM_SCOPE_READ, 0, "discover", configuration},
    {"ResourceTypes", NULL, "GET", SCIM_SCOPE_READ, 0, "discover", resource_types},
    {"ResourceTypes", NAME, "GET", SCIM_SCOPE_READ, 0, "discover", resource_types},
    {"Schemas", NULL, "GET", SCIM_SCOPE_READ, 0, "discover", schemas},
    {"Schemas", NAME, "GET", SCIM_SCOPE_READ, 0, "discover", schemas},
    {"Me", NULL, ANY_METHOD, 0, 0, "me", not_offered},
    {"Bulk", NULL, "POST", SCIM_SCOPE_WRITE, 1, "bulk", bulk},
    {ROOT, NULL, "GET", SCIM_SCOPE_READ, 0, "list", list},
    {".search", NULL, "POST", SCIM_SCOPE_READ, 1, "search", search},
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

/* The request's path below the endpoint, or NULL when it is outside. */
static const char *path_below(const char *base_path, const char *uri)
{
    apr_size_t length = strlen(base_path);

    if (strncmp(uri, base_path, length) != 0 || (uri[length] && uri[length] != '/')) {
        return NULL;
    }
    return uri + length;
}

/* Splits a path into its two parts, the first of which may be ROOT; 0 when it has more. */
static int split(const char *parts[2], const char *path, apr_pool_t *pool)
{
    char *state;

    parts[0] = apr_strtok(apr_pstrdup(pool, path), "/", &state);
    parts[1] = parts[0] ? apr_strtok(NULL, "/", &state) : NULL;
    if (parts[0] == NULL) {
        parts[0] = ROOT;
    }
    return !(parts[1] && apr_strtok(NULL, "/", &state));
}

static const scim_resource_type_t *served_type(const char *part, const scim_schemas_t *known,
                                               apr_pool_t *pool)
{
    return scim_schemas_endpoint(known, apr_pstrcat(pool, "/", part, NULL));
}

static int is_placeholder(const char *part)
{
    return part && (strcmp(part, ID) == 0 || strcmp(part, NAME) == 0);
}

static int fits(const scim_route_t *route, const char *const parts[2],
                const scim_resource_type_t *type)
{
    if (strcmp(route->first, TYPE) == 0 ? !type : strcmp(route->first, parts[0]) != 0) {
        return 0;
    }
    if (!route->second || !parts[1]) {
        return !route->second && !parts[1];
    }
    if (is_placeholder(route->second)) {
        return *parts[1] != '.'; /* RFC 7644 3.4.3: .search is nobody's name */
    }
    return strcmp(route->second, parts[1]) == 0;
}

/* The methods of all rows for a path: "GET, HEAD, POST, OPTIONS"; NULL when no row is. */
static const char *allowed(const char *const parts[2], const scim_resource_type_t *type,
                           apr_pool_t *pool)
{
    const char *methods = "";
    size_t i;
    int found = 0;

    for (i = 0; i < ROUTES; i++) {
        if (fits(&routes[i], parts, type)) {
            found = 1;
            if (!routes[i].method) {
                break;
            }
            methods =
                apr_pstrcat(pool, methods, routes[i].method,
                            strcmp(routes[i].method, "GET") == 0 ? ", HEAD, " : ", ", NULL);
        }
    }
    return found ? apr_pstrcat(pool, methods, "OPTIONS", NULL) : NULL;
}

static const scim_route_t *find_row(const char *const parts[2],
                                    const scim_resource_type_t *type, const char *method)
{
    size_t i;

    for (i = 0; i < ROUTES; i++) {
        if (fits(&routes[i], parts, type)
            && (!routes[i].method || strcmp(routes[i].method, method) == 0)) {
            return &routes[i];
        }
    }
    return NULL;
}

/* A path that has no row for the method. */
static scim_error_t *wrong_method(const char *path, const char *allow, request_rec *r)
{
    if (r->method_number == M_INVALID) {
        return scim_error_create(r->pool, HTTP_NOT_IMPLEMENTED, NULL,
                                 "The method %s is unknown; allowed here are %s.",
                                 scim_error_quotes(r->pool, r->method), allow);
    }
    return scim_error_create(r->pool, HTTP_METHOD_NOT_ALLOWED, NULL,
                             "The method %s is not allowed for %s; allowed are %s.", r->method,
                             scim_error_quotes(r->pool, path), allow);
}

scim_error_t *scim_route_find(scim_target_t *target, const char *base_path,
                              const scim_schemas_t *known, request_rec *r)
{
    const char *path = path_below(base_path, r->uri);
    const char *parts[2];

    *target = (scim_target_t){NULL, NULL, NULL, NULL};
    if (path && split(parts, path, r->pool)) {
        target->type = served_type(parts[0], known, r->pool);
        target->route = find_row(parts, target->type, r->header_only ? "GET" : r->method);
        target->allow = target->route ? NULL : allowed(parts, target->type, r->pool);
    }
    if (!target->route && !target->allow) {
        return scim_error_create(r->pool, HTTP_NOT_FOUND, NULL,
                                 "There is nothing under the path %s of this endpoint.",
                                 scim_error_quotes(r->pool, path && *path ? path : "/"));
    }
    if (!target->route) {
        return r->method_number == M_OPTIONS ? NULL : wrong_method(path, target->allow, r);
    }
    if (is_placeholder(target->route->second)) {
        target->name = parts[1];
    }
    if (target->name && target->type && !scim_uuid_valid(target->name)) {
        return scim_error_create(r->pool, HTTP_NOT_FOUND, NULL,
                                 "There is no %s with the id %s.", target->type->name,
                                 scim_error_quotes(r->pool, target->name));
    }
    return NULL;
}

int scim_route_is(const char *part, const char *base_path, request_rec *r)
{
    const char *path = path_below(base_path, r->uri);
    const char *parts[2];

    return path && split(parts, path, r->pool) && !parts[1] && strcmp(parts[0], part) == 0;
}

unsigned scim_route_scope(const scim_target_t *target)
{
    unsigned scope = target->route ? target->route->scope : 0;

    if (target->type && target->route) {
        scope |= strcmp(target->type->schema->id, SCIM_URN_GROUP) == 0 ? SCIM_SCOPE_GROUPS
                                                                       : SCIM_SCOPE_USERS;
    }
    return scope;
}
