#include "httpd/body.h"

#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <apr_allocator.h>

#include "core/error.h"
#include "core/json.h"
#include "httpd/media.h"

#define READ_SIZE 8192

/* The memory for longer ones goes back to the system, and does not stay with the connection or
   the thread. */
#define LARGE 131072

/* A body while it arrives, in a pool of its own; it grows by doubling, unless Content-Length
   says how long it is. */
typedef struct arrival_t {
    char *text;
    apr_size_t length;
    apr_size_t room;
    apr_size_t limit;
    apr_size_t expected; /* the room to begin with */
    apr_pool_t *pool;
    apr_pool_t *parent;
} arrival_t;

static scim_error_t *too_large(request_rec *r, apr_int64_t limit)
{
    return scim_error_create(r->pool, HTTP_REQUEST_ENTITY_TOO_LARGE, NULL,
                             "The request body is longer than the %" APR_INT64_T_FMT
                             " bytes that this endpoint takes.",
                             limit);
}

/*
 * The parsed body is many small pieces, ten times as long as the text, and glibc keeps what a
 * thread has freed for the next one that uses the same arena. There are as many arenas as
 * threads, so in time all of them would hold the memory of a large body.
 */
static apr_status_t give_back(void *data)
{
    (void)data;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    return APR_SUCCESS;
}

/* A pool that does not share its blocks with those of the connection. */
static apr_pool_t *separate_pool(apr_pool_t *parent)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        apr_pool_create(&pool, parent);
        return pool;
    }
    apr_pool_create_ex(&pool, parent, NULL, allocator);
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

static void enlarge(arrival_t *arrival, apr_size_t room)
{
    apr_pool_t *before = arrival->pool;
    char *larger;

    if (room > LARGE) {
        arrival->pool = separate_pool(arrival->parent);
    } else {
        apr_pool_create(&arrival->pool, arrival->parent);
    }
    larger = apr_palloc(arrival->pool, room);
    if (before) {
        memcpy(larger, arrival->text, arrival->length);
        apr_pool_destroy(before);
    }
    arrival->text = larger;
    arrival->room = room;
}

static int append(arrival_t *arrival, const char *data, apr_size_t length)
{
    apr_size_t room = arrival->room;

    if (length > arrival->limit - arrival->length) {
        return 0;
    }
    while (length > room - arrival->length) {
        room = room ? room * 2 : arrival->expected;
    }
    if (room > arrival->room) {
        enlarge(arrival, room);
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
static scim_error_t *check_headers(arrival_t *arrival, request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    apr_int64_t expected = length ? apr_atoi64(length) : 0;

    SCIM_TRY(scim_media_check(type, type ? strlen(type) : 0, r->pool));
    if (expected > (apr_int64_t)arrival->limit) {
        return too_large(r, (apr_int64_t)arrival->limit);
    }
    arrival->expected = expected > 0 ? (apr_size_t)expected : READ_SIZE;
    return NULL;
}

static scim_error_t *parse(json_t **body, apr_pool_t **pool, const arrival_t *arrival,
                           request_rec *r)
{
    if (arrival->length > LARGE) {
        apr_pool_cleanup_register(r->pool, NULL, give_back, apr_pool_cleanup_null);
        *pool = separate_pool(r->pool); /* its end comes before that of r->pool */
    }
    return scim_json_parse(body, arrival->length ? arrival->text : "", arrival->length, *pool);
}

scim_error_t *scim_body_read(json_t **body, apr_pool_t **pool, int *filter_status,
                             apr_int64_t limit, request_rec *r)
{
    arrival_t arrival = {.limit = (apr_size_t)limit, .parent = r->pool};
    scim_error_t *error;

    *body = NULL;
    *pool = r->pool;
    *filter_status = OK;
    SCIM_TRY(check_headers(&arrival, r));
    error = receive(&arrival, filter_status, r);
    if (!error && *filter_status == OK) {
        error = check_coding(r);
    }
    if (!error && *filter_status == OK) {
        error = parse(body, pool, &arrival, r);
    }
    if (arrival.pool) {
        apr_pool_destroy(arrival.pool);
    }
    return error;
}
