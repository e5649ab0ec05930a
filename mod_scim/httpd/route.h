/*
 * route.h - which operation a path and a method mean.
 */
#ifndef SCIM_HTTPD_ROUTE_H
#define SCIM_HTTPD_ROUTE_H

#include "httpd/config.h"

/* Runs an operation of the service. `name` is what the path's last part stands for. */
typedef scim_error_t *(*scim_operation_fn)(scim_reply_t *reply, scim_call_t *call,
                                           const char *name, const json_t *body);

/* One row of the table in route.c. */
typedef struct scim_route_t {
    const char *first;  /* first part of the path */
    const char *second; /* second part; NULL: there is none */
    const char *method; /* "GET" is HEAD too; NULL: any */
    unsigned scope;     /* SCIM_SCOPE_* a token needs; that of the resource type comes on top */
    int takes_body;
    const char *operation; /* for logs */
    scim_operation_fn run;
} scim_route_t;

/* Where a request leads. */
typedef struct scim_target_t {
    const scim_route_t *route;        /* NULL: OPTIONS */
    const scim_resource_type_t *type; /* of the path; NULL: not one of resources */
    const char *name;                 /* the id or name in the path, or NULL */
    const char *allow; /* the path's methods, where no route is for the request's */
} scim_target_t;

/*
 * Finds the row for the path of `r` below `base_path`; slashes that are doubled or at the end
 * do not count. 404 naming the path when there is none, 405 when it has no such method, 501 for
 * a method that no path has; target->allow is set for both. 404 for an id that cannot be ours.
 */
scim_error_t *scim_route_find(scim_target_t *target, const char *base_path,
                              const scim_schemas_t *schemas, request_rec *r);

/* 1 when the path of `r` below `base_path` is this one part. */
int scim_route_is(const char *part, const char *base_path, request_rec *r);

/* What a token needs for the target: SCIM_SCOPE_* bits. */
unsigned scim_route_scope(const scim_target_t *target);

#endif
