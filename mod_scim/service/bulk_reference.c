#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "service/bulk_job.h"

#define PREFIX "bulkId:"

/*
 * A password is never taken for a reference, so that no error text has it. In a PATCH it is the
 * value of an operation with this path.
 */
#define PASSWORD "password"

static int is_secret(const json_t *object, const char *name)
{
    const json_t *path;

    if (scim_text_same_name(name, PASSWORD)) {
        return 1;
    }
    if (!scim_text_same_name(name, "value")) {
        return 0;
    }
    path = scim_json_member(object, "path", NULL);
    return json_is_string(path)
           && (scim_text_same_name(json_string_value(path), PASSWORD)
               || scim_text_same_name(json_string_value(path), SCIM_URN_USER ":" PASSWORD));
}

/* The bulkId that a value refers to, or NULL. */
static const char *referred(const json_t *value)
{
    const char *text = json_string_value(value);

    return text && strncmp(text, PREFIX, strlen(PREFIX)) == 0 ? text + strlen(PREFIX) : NULL;
}

static int post_of(const scim_bulk_job_t *job, const char *bulk_id)
{
    const int *place = apr_hash_get(job->posts, bulk_id, APR_HASH_KEY_STRING);

    return place ? *place : -1;
}

/* ---- finding ---- */

static scim_error_t *find(apr_hash_t *found, const json_t *value, const scim_bulk_job_t *job);

static scim_error_t *find_one(apr_hash_t *found, const char *bulk_id,
                              const scim_bulk_job_t *job)
{
    const int *place = apr_hash_get(job->posts, bulk_id, APR_HASH_KEY_STRING);

    if (place == NULL) {
        return scim_error_bad(
            job->call->pool, SCIM_INVALID_VALUE,
            "The data refers to the bulkId %s, which no POST operation of the request has.",
            scim_error_quotes(job->call->pool, bulk_id));
    }
    apr_hash_set(found, place, sizeof(*place), place);
    return NULL;
}

static scim_error_t *find_in_object(apr_hash_t *found, const json_t *object,
                                    const scim_bulk_job_t *job)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value)
    {
        if (!is_secret(object, name)) {
            SCIM_TRY(find(found, value, job));
        }
    }
    return NULL;
}

/* As deep as SCIM_MAX_JSON_DEPTH. */
static scim_error_t *find(apr_hash_t *found, const json_t *value, const scim_bulk_job_t *job)
{
    const char *bulk_id = referred(value);
    const json_t *element;
    size_t i;

    if (bulk_id) {
        return find_one(found, bulk_id, job);
    }
    if (json_is_object(value)) {
        return find_in_object(found, value, job);
    }
    json_array_foreach(value, i, element)
    {
        SCIM_TRY(find(found, element, job));
    }
    return NULL;
}

static int by_place(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void keep_needs(scim_bulk_operation_t *operation, apr_hash_t *found, apr_pool_t *pool)
{
    int *needs = apr_palloc(pool, apr_hash_count(found) * sizeof(*needs));
    apr_hash_index_t *at;
    int count = 0;

    for (at = apr_hash_first(NULL, found); at; at = apr_hash_next(at)) {
        needs[count++] = *(const int *)apr_hash_this_val(at);
    }
    /* a hash has an order of its own; that of the request is wanted */
    qsort(needs, (size_t)count, sizeof(*needs), by_place);
    operation->needs = needs;
    operation->need_count = count;
}

scim_error_t *scim_bulk_refer(scim_bulk_operation_t *operation, const scim_bulk_job_t *job)
{
    apr_pool_t *scratch;
    scim_error_t *error;
    apr_hash_t *found;

    apr_pool_create(&scratch, job->call->pool);
    found = apr_hash_make(scratch);
    error = find(found, operation->data, job);
    if (operation->target >= 0) {
        const int *place = apr_hash_get(job->posts, job->operations[operation->target].bulk_id,
                                        APR_HASH_KEY_STRING);

        apr_hash_set(found, place, sizeof(*place), place);
    }
    if (error == NULL) {
        keep_needs(operation, found, job->call->pool);
    }
    apr_pool_destroy(scratch);
    return error;
}

/* ---- resolving ---- */

static json_t *resolved(const json_t *value, int *missing, const scim_bulk_job_t *job);

static json_t *resolved_array(const json_t *value, int *missing, const scim_bulk_job_t *job)
{
    json_t *array = json_array();
    const json_t *element;
    size_t i;

    json_array_foreach(value, i, element)
    {
        json_t *made = resolved(element, missing, job);

        if (made) {
            json_array_append_new(array, made);
        }
    }
    return array;
}

/* Extensions are objects of their own only in form: what is left out of one is not all of it.
 */
static json_t *resolved_object(const json_t *value, int top, int *missing,
                               const scim_bulk_job_t *job)
{
    json_t *object = json_object(), *member;
    const char *name;
    int lost = 0;

    json_object_foreach((json_t *)value, name, member)
    {
        json_t *made;

        if (is_secret(value, name)) {
            made = json_incref(member);
        } else if (top && json_is_object(member) && strchr(name, ':')) {
            made = resolved_object(member, 1, missing, job);
        } else {
            made = resolved(member, missing, job);
        }
        lost |= made == NULL;
        json_object_set_new(object, name, made);
    }
    if (lost && !top) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* A new reference; NULL for what is to be left out. */
static json_t *resolved(const json_t *value, int *missing, const scim_bulk_job_t *job)
{
    const char *bulk_id = referred(value), *id;

    if (bulk_id) {
        id = job->results[post_of(job, bulk_id)].id;
        *missing |= id == NULL;
        return id ? json_string(id) : NULL;
    }
    if (json_is_object(value)) {
        return resolved_object(value, 0, missing, job);
    }
    return json_is_array(value) ? resolved_array(value, missing, job)
                                : json_incref((json_t *)value);
}

const json_t *scim_bulk_resolve(int *missing, const scim_bulk_operation_t *operation,
                                const scim_bulk_job_t *job, apr_pool_t *pool)
{
    *missing = 0;
    if (operation->need_count == 0 || operation->data == NULL) {
        return operation->data;
    }
    return scim_json_own(pool, resolved_object(operation->data, 1, missing, job));
}
