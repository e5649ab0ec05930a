#include "httpd/reply.h"

#include <mod_core.h>

#include "core/error.h"
#include "httpd/endpoint.h"

#define FILTER "SCIM_ERROR"

/* What httpd's own errors mean to a SCIM client. */
static const struct {
    int status;
    const char *detail;
} details[] = {
    {HTTP_BAD_REQUEST, "The request is malformed."},
    {HTTP_UNAUTHORIZED, "The web server in front of this endpoint asks for authentication."},
    {HTTP_FORBIDDEN, "The web server in front of this endpoint refuses the request."},
    {HTTP_NOT_FOUND, "There is nothing under this path."},
    {HTTP_METHOD_NOT_ALLOWED, "The method is not allowed here."},
    {HTTP_REQUEST_TIME_OUT, "The request did not arrive in time."},
    {HTTP_LENGTH_REQUIRED, "The request needs a Content-Length."},
    {HTTP_REQUEST_ENTITY_TOO_LARGE, "The request body is longer than this server takes."},
    {HTTP_REQUEST_URI_TOO_LARGE, "The URI is longer than this server takes."},
    {HTTP_UNSUPPORTED_MEDIA_TYPE, "The media type of the request body is not supported."},
    {HTTP_EXPECTATION_FAILED, "The Expect header asks for something unknown."},
    {HTTP_TOO_MANY_REQUESTS, "There are too many requests."},
    {HTTP_INTERNAL_SERVER_ERROR, "The server has an internal error."},
    {HTTP_NOT_IMPLEMENTED, "The request asks for something that this server does not do."},
    {HTTP_SERVICE_UNAVAILABLE, "The service is not available at the moment."},
};

static const char *detail_of(int status, apr_pool_t *pool)
{
    size_t i;

    for (i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        if (details[i].status == status) {
            return details[i].detail;
        }
    }
    return apr_psprintf(pool, "The web server answered %s.", ap_get_status_line(status));
}

static int has_end(const apr_bucket_brigade *brigade)
{
    const apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(brigade); b != APR_BRIGADE_SENTINEL(brigade);
         b = APR_BUCKET_NEXT(b)) {
        if (APR_BUCKET_IS_EOS(b)) {
            return 1;
        }
    }
    return 0;
}

/* Swallows httpd's HTML; at its end writes a SCIM Error message in its place. */
static apr_status_t replace_body(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    scim_error_t *error;
    const char *text;
    int end = has_end(brigade);

    apr_brigade_cleanup(brigade);
    if (!end) {
        return APR_SUCCESS;
    }
    ap_remove_output_filter(f);
    error = scim_error_create(r->pool, r->status, NULL, "%s", detail_of(r->status, r->pool));
    text = scim_error_message(error, r->pool);
    apr_table_setn(r->subprocess_env, "SCIM_ERROR", apr_itoa(r->pool, r->status));
    scim_reply_headers(scim_endpoint_dialect(r), strlen(text), r->status, r);
    APR_BRIGADE_INSERT_TAIL(brigade,
                            apr_bucket_pool_create(text, strlen(text), r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(alloc));
    return ap_pass_brigade(f->next, brigade);
}

void scim_reply_insert_error_filter(request_rec *r)
{
    if (ap_is_HTTP_ERROR(r->status) && !r->assbackwards && scim_endpoint_claims(r)
        && !ap_response_code_string(r, ap_index_of_response(r->status))) {
        ap_add_output_filter(FILTER, NULL, r, r->connection);
    }
}

void scim_reply_register(void)
{
    ap_register_output_filter(FILTER, replace_body, NULL, AP_FTYPE_RESOURCE);
}
