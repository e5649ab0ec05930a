#include <apr_hash.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/resource.h"
#include "service/bulk_job.h"
#include "service/stored.h"

/* `id` NULL: what is stored now is not what the operation will find. */
static scim_error_t *decide(scim_bulk_operation_t *operation, const char *id, scim_call_t *call)
{
    scim_reading_t reading = scim_stored_reading(call);
    scim_patch_t *patch;
    json_t *sent;

    switch (operation->method) {
    case SCIM_BULK_POST:
    case SCIM_BULK_PUT:
        SCIM_TRY(scim_resource_read(&sent, operation->data, 1, &reading, call->pool));
        return scim_password_of_resource(&operation->password, sent, id, call);
    case SCIM_BULK_PATCH:
        SCIM_TRY(scim_patch_read(&patch, operation->data, &reading, call->pool));
        return scim_password_of_patch(&operation->password, patch, id, call);
    case SCIM_BULK_DELETE:
        break;
    }
    return NULL;
}

scim_error_t *scim_bulk_passwords(scim_bulk_job_t *job)
{
    scim_call_t call = *job->call;
    apr_hash_t *changed = apr_hash_make(call.pool); /* ids whose password is another by then */
    int noted = call.notes->nelts, i;

    call.pool = job->turn;
    call.budget = &job->budget;
    for (i = 0; i < job->count && call.service->policy.keep_passwords; i++) {
        scim_bulk_operation_t *operation = &job->operations[i];
        const char *id = operation->id;
        scim_error_t *error;

        if (operation->wrong || operation->type->kind != SCIM_KIND_USER) {
            continue;
        }
        apr_pool_clear(job->turn);
        call.type = operation->type;
        error = decide(operation,
                       id && apr_hash_get(changed, id, APR_HASH_KEY_STRING) ? NULL : id, &call);
        if (error && error->status == 503) {
            return error;
        }
        if (error) {
            operation->wrong = scim_error_create(job->call->pool, error->status, error->type,
                                                 "%s", error->detail);
        }
        if (id && operation->password.change != SCIM_PASSWORD_KEEP) {
            apr_hash_set(changed, id, APR_HASH_KEY_STRING, id);
        }
        operation->password.hash = apr_pstrdup(job->call->pool, operation->password.hash);
    }
    /* the operations themselves will note it again */
    call.notes->nelts = noted;
    return NULL;
}
