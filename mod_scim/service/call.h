/*
 * call.h - one operation of one client, and its reply; the heart of the service layer.
 *
 * The operations are what a SCIM server does (RFC 7644 3.3 to 3.6), and the only way to do it:
 * HTTP today, and whatever else will speak SCIM, calls these. An operation knows nothing of
 * HTTP but status codes. It returns an error, or fills in the reply.
 */
#ifndef SCIM_SERVICE_CALL_H
#define SCIM_SERVICE_CALL_H

#include "core/buffer.h"
#include "core/etag.h"
#include "core/filter.h"
#include "core/projection.h"
#include "core/search.h"
#include "core/term.h"
#include "service/policy.h"

/* A directory and the provider that keeps it. */
typedef struct scim_directory_t {
    const char *name;
    const scim_directory_provider_t *provider;
    void *state; /* what provider->open returned */
} scim_directory_t;

typedef struct scim_service_limits_t {
    apr_int64_t max_results;    /* page size at most, and when no count is asked for */
    apr_int64_t max_scan;       /* records looked at for one filter */
    apr_int64_t max_payload;    /* bytes of a request body */
    apr_int64_t max_operations; /* of a bulk request */
} scim_service_limits_t;

/* An endpoint as the service sees it: built at start, then constant. */
typedef struct scim_service_t {
    const scim_schemas_t *schemas;
    const scim_directory_t *directory;
    const apr_array_header_t
        *indexed; /* of scim_indexed_t: what new terms are made of; or NULL */
    const apr_array_header_t
        *matched; /* of const scim_path_t *: what people are known by where they log in, which
                     they cannot change of themselves; or NULL */
    scim_policy_t policy;
    scim_service_limits_t limits;
    int reject_unknown; /* ScimUnknownAttributes reject */
} scim_service_t;

/* What becomes of a password; service/password.h. */
typedef struct scim_password_t scim_password_t;

/* What the log is told once and not each time, since a client may well do it each time. */
#define SCIM_REMARK_PASSWORD (1u << 0) /* a password was ignored */

/* What the operations of a larger unit of work may still do, all together. */
typedef struct scim_budget_t {
    apr_int64_t work;   /* SCIM_MAX_PATCH_WORK */
    apr_int64_t rounds; /* of hashes of passwords: SCIM_MAX_BULK_ROUNDS */
} scim_budget_t;

/* See service/representation.h. */
typedef struct scim_frame_t scim_frame_t;

typedef struct scim_call_t {
    const scim_service_t *service;
    const scim_resource_type_t *type; /* of the operations on resources; NULL: all types */
    scim_session_t *session;          /* of a larger unit of work that this call is a part of (a
                                         bulk request); NULL: the call is a unit of its own */
    const scim_dialect_t *dialect;    /* recognised already, never `auto` alone */
    scim_budget_t *budget;            /* of that unit; NULL: the call has the limits of one */
    const char *base_url;             /* of the endpoint, no slash at the end */
    const scim_frame_t *frame;        /* of `type`, or NULL: there is one view at most */
    const char *client;               /* the token's label */
    unsigned hidden;  /* in a query over all types, those of these kinds (bits 1 <<
                         scim_kind_t) are not for this client */
    const char *self; /* the name of the person who calls, and about themself; NULL: a client
                         calls */
    int bodiless; /* 1: nobody wants the body of the reply, so none is made (a bulk request) */
    const scim_password_t *password; /* decided before the larger unit began; NULL: not yet */
    scim_precondition_t precondition;
    scim_search_t search;      /* the parameters, as far as the operation has them */
    apr_array_header_t *notes; /* of const char *: what to log; never NULL */
    unsigned *remarks;         /* SCIM_REMARK_*, a set, is added to this; may be NULL */
    apr_pool_t *pool;          /* of the request */
} scim_call_t;

typedef struct scim_reply_t {
    int status;                      /* 200, 201, 204, 304 */
    scim_buffer_t *body;             /* JSON, or NULL for none */
    const char *location;            /* the resource's absolute URL, or NULL */
    const char *etag;                /* or NULL */
    const char *id;                  /* the resource's id, for logs; or NULL */
    const char *operation;           /* what was done, for logs: "create", "unchanged" ... */
    const apr_array_header_t *deeds; /* of const char *: more lines for logs, on each part of a
                                        larger unit; or NULL */
} scim_reply_t;

/* POST (RFC 7644 3.3). 201, 409 uniqueness when the local name is taken. */
scim_error_t *scim_call_create(scim_reply_t *reply, scim_call_t *call, const json_t *body);

/* GET of one (RFC 7644 3.4.1). 200, 304, 404. */
scim_error_t *scim_call_read(scim_reply_t *reply, scim_call_t *call, const char *id);

/*
 * GET of many (RFC 7644 3.4.2), of one type or of all. 200 with a ListResponse; pages by index
 * or, when a cursor was sent, by cursor (RFC 9865): 400 invalidCursor, expiredCursor,
 * invalidCount.
 */
scim_error_t *scim_call_list(scim_reply_t *reply, scim_call_t *call);

/* The same by POST: the parameters are those of the SearchRequest in `body` (RFC 7644 3.4.3).
 */
scim_error_t *scim_call_search(scim_reply_t *reply, scim_call_t *call, const json_t *body);

/* PUT (RFC 7644 3.5.1). 200, 404, 409, 412. */
scim_error_t *scim_call_replace(scim_reply_t *reply, scim_call_t *call, const char *id,
                                const json_t *body);

/* PATCH (RFC 7644 3.5.2). 200, 404, 409, 412. */
scim_error_t *scim_call_patch(scim_reply_t *reply, scim_call_t *call, const char *id,
                              const json_t *body);

/* DELETE (RFC 7644 3.6). 204, 404, 412. */
scim_error_t *scim_call_delete(scim_reply_t *reply, scim_call_t *call, const char *id);

#endif
