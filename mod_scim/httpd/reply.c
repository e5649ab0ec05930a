#include "httpd/reply.h"

#include <string.h>

#include "core/error.h"
#include "httpd/media.h"

/* Pieces that are not long are packed together, into about so much: a bucket for each would
   cost more than it carries. */
#define BLOCK 65536

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

void scim_reply_location(const char *location, request_rec *r)
{
    set_header("Location", location, r);
}

void scim_reply_headers(const scim_dialect_t *dialect, apr_off_t length, int status,
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
    }
    if (length > 0) {
        ap_set_content_length(r, length);
    }
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

/* ---- bodies ---------------------------------------------------------------- */

/* A body on its way. */
typedef struct sending_t {
    request_rec *r;
    apr_bucket_brigade *brigade;
    int begun; /* something was passed on, and with it the headers */
} sending_t;

static void add_bytes(sending_t *sending, const char *data, apr_size_t length, apr_pool_t *pool)
{
    APR_BRIGADE_INSERT_TAIL(
        sending->brigade,
        apr_bucket_pool_create(data, length, pool, sending->r->connection->bucket_alloc));
}

/* Short pieces that are worth copying together, from this one up to the one returned. */
static const scim_piece_t *end_of_run(apr_size_t *length, const scim_piece_t *piece)
{
    for (*length = 0;
         piece && !piece->produce && piece->length < SCIM_LONG_PIECE && *length < BLOCK;
         piece = piece->next) {
        *length += piece->length;
    }
    return piece;
}

static void add_run(sending_t *sending, const scim_piece_t *piece, const scim_piece_t *end,
                    apr_size_t length, apr_pool_t *pool)
{
    char *block = apr_palloc(pool, length), *to = block;

    for (; piece != end; piece = piece->next) {
        memcpy(to, piece->data, piece->length);
        to += piece->length;
    }
    add_bytes(sending, block, length, pool);
}

/* Adds all pieces up to the next one that is made when it is sent, and returns that. */
static const scim_piece_t *add_pieces(sending_t *sending, const scim_piece_t *piece,
                                      apr_pool_t *pool)
{
    const scim_piece_t *end;
    apr_size_t length;

    for (; piece && !piece->produce; piece = end) {
        end = end_of_run(&length, piece);
        if (end != piece) {
            add_run(sending, piece, end, length, pool);
        } else {
            add_bytes(sending, piece->data, piece->length, pool);
            end = piece->next;
        }
    }
    return piece;
}

static apr_status_t pass(sending_t *sending, apr_bucket *last)
{
    apr_status_t rv;

    APR_BRIGADE_INSERT_TAIL(sending->brigade, last);
    sending->begun = 1;
    rv = ap_pass_brigade(sending->r->output_filters, sending->brigade);
    apr_brigade_cleanup(sending->brigade);
    return rv;
}

/*
 * Makes one part of a piece, and sends it with what is waiting before it: the flush has it all
 * gone when the pool is cleared.
 */
static scim_error_t *send_part(int *done, apr_status_t *rv, const scim_piece_t *piece,
                               sending_t *sending, apr_pool_t *scratch)
{
    scim_buffer_t *part = scim_buffer_create(scratch);

    SCIM_TRY(piece->produce(part, done, piece->baton, scratch));
    add_pieces(sending, part->first, scratch);
    *rv = pass(sending, apr_bucket_flush_create(sending->r->connection->bucket_alloc));
    return NULL;
}

static scim_error_t *send_deferred(apr_status_t *rv, const scim_piece_t *piece,
                                   sending_t *sending)
{
    apr_pool_t *scratch;
    scim_error_t *error = NULL;
    int done = 0;

    apr_pool_create(&scratch, sending->r->pool);
    while (!error && !done && *rv == APR_SUCCESS) {
        apr_pool_clear(scratch);
        error = send_part(&done, rv, piece, sending, scratch);
    }
    if (!error) {
        apr_pool_destroy(scratch);
    }
    return error;
}

static scim_error_t *send_pieces(apr_status_t *rv, const scim_buffer_t *body,
                                 sending_t *sending)
{
    const scim_piece_t *piece = add_pieces(sending, body->first, body->pool);

    for (; piece && *rv == APR_SUCCESS; piece = add_pieces(sending, piece->next, body->pool)) {
        SCIM_TRY(send_deferred(rv, piece, sending));
    }
    return NULL;
}

static int outcome(apr_status_t rv, request_rec *r)
{
    if (rv == APR_SUCCESS) {
        return OK;
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, rv, r, "SCIM0023: the reply could not be sent");
    return r->connection->aborted ? OK : AP_FILTER_ERROR;
}

/*
 * What has begun cannot become an error any more. Without its end, which the error bucket keeps
 * back, a client can tell that it is not whole.
 */
static int break_off(const scim_error_t *error, sending_t *sending)
{
    request_rec *r = sending->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;

    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "SCIM0024: the reply was broken off: %s%s%s",
                  error->detail, error->cause ? " Cause: " : "",
                  error->cause ? error->cause : "");
    r->connection->keepalive = AP_CONN_CLOSE;
    apr_brigade_cleanup(sending->brigade);
    APR_BRIGADE_INSERT_TAIL(sending->brigade,
                            ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, r->pool, alloc));
    pass(sending, apr_bucket_eos_create(alloc));
    r->connection->aborted = 1;
    return OK;
}

/* *error is what kept the body from being made before anything of it was sent; nothing is sent
   then. */
static int send_body(scim_error_t **error, const scim_buffer_t *body, request_rec *r)
{
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    sending_t sending = {r, apr_brigade_create(r->pool, alloc), 0};
    apr_status_t rv = APR_SUCCESS;

    *error = NULL;
    if (body && !(body->deferred && r->header_only)) {
        *error = send_pieces(&rv, body, &sending);
    }
    if (*error && sending.begun) {
        const scim_error_t *late = *error;

        *error = NULL;
        return break_off(late, &sending);
    }
    if (*error) {
        apr_brigade_cleanup(sending.brigade);
        return OK;
    }
    return outcome(rv == APR_SUCCESS ? pass(&sending, apr_bucket_eos_create(alloc)) : rv, r);
}

/* ---- replies --------------------------------------------------------------- */

static apr_off_t length_of(const scim_buffer_t *body)
{
    if (body == NULL) {
        return 0;
    }
    return body->deferred ? SCIM_LENGTH_UNKNOWN : (apr_off_t)body->length;
}

/* The error, without what was said of the reply that it comes instead of. */
static int send_instead(const scim_error_t *error, const scim_dialect_t *dialect,
                        request_rec *r)
{
    apr_table_unset(r->headers_out, "ETag");
    apr_table_unset(r->headers_out, "Location");
    apr_table_unset(r->headers_out, "Content-Location");
    return scim_reply_error(error, dialect, r);
}

int scim_reply_send(const scim_reply_t *reply, const scim_dialect_t *dialect, request_rec *r)
{
    scim_error_t *error;
    int result;

    r->status = reply->status;
    scim_reply_headers(dialect, length_of(reply->body), reply->status, r);
    set_header("ETag", reply->etag, r);
    set_header("Location", reply->location, r);
    if (reply->body) {
        /* RFC 7643 3.1, meta.location */
        set_header("Content-Location", reply->location, r);
    }
    result = send_body(&error, reply->body, r);
    return error ? send_instead(error, dialect, r) : result;
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
    scim_error_t *none;

    log_error(error, r);
    apr_table_setn(r->subprocess_env, "SCIM_ERROR",
                   error->type ? error->type : apr_itoa(r->pool, error->status));
    r->status = error->status;
    scim_buffer_puts(body, scim_error_message(error, r->pool));
    scim_reply_headers(dialect, length_of(body), error->status, r);
    return send_body(&none, body, r);
}
