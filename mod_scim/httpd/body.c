#include "httpd/body.h"

#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "httpd/media.h"

#define READ_SIZE 8192

/* A body while it arrives. It grows by doubling in a pool of its own. */
typedef struct arrival_t {
    char *text;
    apr_size_t length;
    apr_size_t room;
    apr_size_t limit;
    apr_pool_t *pool;
} arrival_t;

static scim_error_t *too_large(request_rec *r, apr_int64_t limit)
{
    return scim_error_create(r->pool, HTTP_REQUEST_ENTITY_TOO_LARGE, NULL,
                             "The request body is longer than the %" APR_INT64_T_FMT
                             " bytes that this endpoint takes.",
                             limit);
}

static int append(arrival_t *arrival, const char *data, apr_size_t length)
{
    if (length > arrival->limit - arrival->length) {
        return 0;
    }
    if (length > arrival->room - arrival->length) {
        char *larger;

        while (length > arrival->room - arrival->length) {
            arrival->room = arrival->room ? arrival->room * 2 : READ_SIZE;
        }
        larger = apr_palloc(arrival->pool, arrival->room);
        if (arrival->length) {
            memcpy(larger, arrival->text, arrival->length);
        }
        arrival->text = larger;
    }
    memcpy(arrival->text + arrival->length, data, length);
    arrival->length += length;
    return 1;
}

/* An error of the input filters: what the client did, as far as it can still be told. */
static scim_error_t *broken(apr_status_t rv, int *filter_status, request_rec *r)
{
    int status = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
    const char *detail = "The request body could not be read to its end.";

    if (status == AP_FILTER_ERROR) {
        *filter_status = status;
        return NULL;
    }
    if (status == HTTP_REQUEST_TIME_OUT) {
        detail = "The request body did not arrive in time.";
    } else if (status == HTTP_REQUEST_ENTITY_TOO_LARGE) {
        detail = "The request body is longer than this server takes.";
    } else if (status != HTTP_BAD_REQUEST) {
        detail = "The request body came in a form that this server cannot read.";
    }
    return scim_error_because(scim_error_create(r->pool, status, NULL, "%s", detail), r->pool,
                              "reading the body: %pm", &rv);
}

/* Moves what one brigade holds into the arrival; *done at the end of the body. */
static scim_error_t *take_brigade(arrival_t *arrival, int *done, int *filter_status,
                                  apr_bucket_brigade *brigade, request_rec *r)
{
    apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(brigade); b != APR_BRIGADE_SENTINEL(brigade);
         b = APR_BUCKET_NEXT(b)) {
        const char *data;
        apr_size_t length;
        apr_status_t rv;

        if (APR_BUCKET_IS_EOS(b)) {
            *done = 1;
            return NULL;
        }
        if (APR_BUCKET_IS_METADATA(b)) {
            continue;
        }
        rv = apr_bucket_read(b, &data, &length, APR_BLOCK_READ);
        if (rv != APR_SUCCESS) {
            return broken(rv, filter_status, r);
        }
        if (!append(arrival, data, length)) {
            return too_large(r, (apr_int64_t)arrival->limit);
        }
    }
    return NULL;
}

static scim_error_t *receive(arrival_t *arrival, int *filter_status, request_rec *r)
{
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    scim_error_t *error = NULL;
    int done = 0;

    while (!done && !error && *filter_status == OK) {
        apr_status_t rv = ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES,
                                         APR_BLOCK_READ, READ_SIZE);

        error = rv == APR_SUCCESS ? take_brigade(arrival, &done, filter_status, brigade, r)
                                  : broken(rv, filter_status, r);
        apr_brigade_cleanup(brigade);
    }
    apr_brigade_destroy(brigade);
    return error;
}

/* An input filter that decodes a body removes the header. */
static scim_error_t *check_coding(request_rec *r)
{
    const char *coding = apr_table_get(r->headers_in, "Content-Encoding");

    if (!coding || !*coding || ap_cstr_casecmp(coding, "identity") == 0) {
        return NULL;
    }
    return scim_error_create(r->pool, HTTP_UNSUPPORTED_MEDIA_TYPE, NULL,
                             "The request body is said to be encoded as %s; send it as it is.",
                             scim_error_quotes(r->pool, coding));
}

/* What can be known before the client is asked to go on (RFC 7231 5.1.1). */
static scim_error_t *check_headers(apr_int64_t limit, request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    SCIM_TRY(scim_media_check(type, type ? strlen(type) : 0, r->pool));
    if (length && apr_atoi64(length) > limit) {
        return too_large(r, limit);
    }
    return NULL;
}

scim_error_t *scim_body_read(json_t **body, int *filter_status, apr_int64_t limit,
                             request_rec *r)
{
    arrival_t arrival = {NULL, 0, 0, (apr_size_t)limit, NULL};
    scim_error_t *error;

    *body = NULL;
    *filter_status = OK;
    SCIM_TRY(check_headers(limit, r));
    apr_pool_create(&arrival.pool, r->pool);
    error = receive(&arrival, filter_status, r);
    if (!error && *filter_status == OK) {
        error = check_coding(r);
    }
    if (!error && *filter_status == OK) {
        error =
            scim_json_parse(body, arrival.length ? arrival.text : "", arrival.length, r->pool);
    }
    apr_pool_destroy(arrival.pool);
    return error;
}
