/*
 * bulk_job.h - a bulk request while it is worked on: what the parts of bulk.c share.
 */
#ifndef SCIM_SERVICE_BULK_JOB_H
#define SCIM_SERVICE_BULK_JOB_H

#include <apr_hash.h>

#include "service/call.h"
#include "service/password.h"

typedef enum scim_bulk_method_t {
    SCIM_BULK_POST,
    SCIM_BULK_PUT,
    SCIM_BULK_PATCH,
    SCIM_BULK_DELETE
} scim_bulk_method_t;

/* One operation of the request; operations are known by their place in it, from 0. */
typedef struct scim_bulk_operation_t {
    scim_bulk_method_t method;
    const char *verb;    /* as sent, or NULL */
    const char *bulk_id; /* as sent, or NULL */
    const scim_resource_type_t *type;
    const char *id; /* of the resource in the path; NULL: none, or that of `target` */
    int target;     /* the POST whose bulkId stands in the path, or -1 */
    const json_t *data;
    scim_precondition_t precondition;
    const int *needs; /* the POSTs that data and path refer to, each once */
    int need_count;
    scim_password_t password;
    scim_error_t *wrong; /* why it cannot be done at all, or NULL */
} scim_bulk_operation_t;

/* What became of an operation; made anew in each run of the unit of work. */
typedef struct scim_bulk_result_t {
    int status; /* 0: it was not done */
    const char *id;
    const char *etag;
    const char *error;     /* the Error message, or NULL */
    const char *operation; /* for logs */
} scim_bulk_result_t;

typedef struct scim_bulk_job_t {
    scim_call_t *call;
    scim_budget_t budget; /* of the operations together */
    scim_bulk_operation_t *operations;
    int count;
    int fail_on_errors; /* 0: go on whatever happens */
    apr_hash_t *posts;  /* bulkId -> int *, the place of its POST */
    scim_bulk_result_t *results;
    int errors;
    apr_pool_t *kept; /* what results point to; cleared with each run */
    apr_pool_t *turn; /* cleared with each operation */
} scim_bulk_job_t;

/* Operations to be done one after the other: as many as there are circles in the references,
   with all others alone. */
typedef struct scim_bulk_group_t {
    const int *members; /* in the order of the request */
    int count;
    int circular; /* they refer to each other, or the only one to itself */
} scim_bulk_group_t;

/* ---- bulk_read.c ---- */

/* Reads the request into job->operations. What is wrong with a single one is noted there. */
scim_error_t *scim_bulk_read(scim_bulk_job_t *job, const json_t *body);

/* ---- bulk_reference.c ---- */

/* Finds the operations that `operation` refers to; 400 invalidValue for a bulkId that no POST
   has. */
scim_error_t *scim_bulk_refer(scim_bulk_operation_t *operation, const scim_bulk_job_t *job);

/*
 * The operation's data with the ids of what it refers to. What has no id yet is left out, with
 * the object it stands in, and *missing set.
 */
const json_t *scim_bulk_resolve(int *missing, const scim_bulk_operation_t *operation,
                                const scim_bulk_job_t *job, apr_pool_t *pool);

/* ---- bulk_password.c ---- */

/*
 * Decides what becomes of the passwords of all operations, so that the unit of work, which
 * holds the directory's lock, has no hash to make. The error is that of the whole request.
 */
scim_error_t *scim_bulk_passwords(scim_bulk_job_t *job);

/* ---- bulk_order.c ---- */

/* All operations in groups, each behind those that it refers to, otherwise in the order of the
   request. Of scim_bulk_group_t. */
apr_array_header_t *scim_bulk_order(const scim_bulk_job_t *job, apr_pool_t *pool);

#endif
