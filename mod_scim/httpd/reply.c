#include "httpd/reply.h"

#include <string.h>

#include "core/error.h"
#include "httpd/media.h"

/* Pieces from here on travel as they are, shorter ones are packed together. */
#define LONG_PIECE 4096

/* Seconds after which a client may try again when the directory was not to be reached. */
#define RETRY_AFTER "10"

/* Sets a response header, unless its value would end the header. NULL sets nothing. */
static void set_header(const char *name, const char *value, request_rec *r)
{
    const char *c;

    for (c = value; c && *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            ap_log_rerror(
                APLOG_MARK, APLOG_ERR, 0, r,
                "SCIM0022: the response header %s is left out: its value has a control "
                "character",
                name);
            return;
        }
    }
    if (value) {
        apr_table_setn(r->headers_out, name, value);
    }
}

void scim_reply_headers(const scim_dialect_t *dialect, apr_size_t length, int status,
                        request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");

    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->headers_out, "Retry-After", RETRY_AFTER);
    }
    /* mod_mime guesses both from what looks like a file extension in the URI. */
    r->content_languages = NULL;
    r->content_encoding = NULL;
    /* A SCIM message is whole or nothing (RFC 7233 3.1 lets a server ignore Range). */
    apr_table_unset(r->headers_in, "Range");
    if (length) {
        ap_set_content_type(
            r, scim_media_choose(accept, accept ? strlen(accept) : 0, dialect->plain_json));
        ap_set_content_length(r, (apr_off_t)length);
    }
}

static int send_body(const scim_buffer_t *body, request_rec *r)
{
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, alloc);
    const scim_piece_t *piece;
    apr_status_t rv;

    for (piece = body ? body->first : NULL; piece; piece = piece->next) {
        if (piece->length >= LONG_PIECE) {
            APR_BRIGADE_INSERT_TAIL(
                brigade, apr_bucket_pool_create(piece->data, piece->length, body->pool, alloc));
        } else {
            apr_brigade_write(brigade, NULL, NULL, piece->data, piece->length);
        }
    }
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(alloc));
    rv = ap_pass_brigade(r->output_filters, brigade);
    apr_brigade_cleanup(brigade);
    if (rv == APR_SUCCESS) {
        return OK;
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, rv, r, "SCIM0023: the reply could not be sent");
    return r->connection->aborted ? OK : AP_FILTER_ERROR;
}

int scim_reply_send(const scim_reply_t *reply, const scim_dialect_t *dialect, request_rec *r)
{
    r->status = reply->status;
    scim_reply_headers(dialect, reply->body ? reply->body->length : 0, reply->status, r);
    set_header("ETag", reply->etag, r);
    set_header("Location", reply->location, r);
    if (reply->body) {
        /* RFC 7643 3.1, meta.location */
        set_header("Content-Location", reply->location, r);
    }
    return send_body(reply->body, r);
}

/*
 * A detail without the values that the client sent: all of them stand in single quotes, and the
 * log is no place for personal data.
 */
static const char *masked(const char *detail, apr_pool_t *pool)
{
    const char *first = strchr(detail, '\''), *last = strrchr(detail, '\'');

    if (!first || first == last) {
        return detail;
    }
    return apr_psprintf(pool, "%.*s'...%s", (int)(first - detail), detail, last);
}

static void log_error(const scim_error_t *error, request_rec *r)
{
    const char *client = apr_table_get(r->subprocess_env, "SCIM_CLIENT");
    const char *operation = apr_table_get(r->subprocess_env, "SCIM_OPERATION");
    int level =
        error->status >= 500 && error->status != HTTP_NOT_IMPLEMENTED ? APLOG_ERR : APLOG_INFO;

    if (error->status == HTTP_UNAUTHORIZED) {
        return; /* bearer.c has said why, with less to read */
    }
    ap_log_rerror(APLOG_MARK, level, 0, r, "SCIM0020: %s: %s: %d%s%s: %s%s%s",
                  client ? client : "-", operation ? operation : r->method, error->status,
                  error->type ? " " : "", error->type ? error->type : "",
                  masked(error->detail, r->pool), error->cause ? " Cause: " : "",
                  error->cause ? error->cause : "");
    ap_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, r, "SCIM0021: %s", error->detail);
}

int scim_reply_error(const scim_error_t *error, const scim_dialect_t *dialect, request_rec *r)
{
    scim_buffer_t *body = scim_buffer_create(r->pool);

    log_error(error, r);
    apr_table_setn(r->subprocess_env, "SCIM_ERROR",
                   error->type ? error->type : apr_itoa(r->pool, error->status));
    r->status = error->status;
    scim_buffer_puts(body, scim_error_message(error, r->pool));
    scim_reply_headers(dialect, body->length, error->status, r);
    return send_body(body, r);
}
