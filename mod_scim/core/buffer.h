/*
 * buffer.h - a response body in pieces, some of them made while it is sent.
 *
 * Long pieces are borrowed, not copied: what is appended must live as long as the buffer's
 * pool. Short ones are copied, one behind the other, since a piece of its own would cost more
 * than it carries.
 */
#ifndef SCIM_CORE_BUFFER_H
#define SCIM_CORE_BUFFER_H

#include <apr_pools.h>

#include "mod_scim.h"

typedef struct scim_buffer_t scim_buffer_t;

/* From here on a piece is worth travelling by itself. */
#define SCIM_LONG_PIECE 4096

/*
 * Makes the next part of a long list: appends to `out`, which is in `scratch`, and sets *done
 * with the last part. Called again and again while the body is sent; `scratch` is cleared in
 * between. An error breaks the response off: the client sees that it is not whole.
 */
typedef scim_error_t *(*scim_produce_fn)(scim_buffer_t *out, int *done, void *baton,
                                         apr_pool_t *scratch);

typedef struct scim_piece_t {
    const char *data;
    apr_size_t length;
    scim_produce_fn produce; /* not NULL: the piece is made when it is sent; no data then */
    void *baton;
    struct scim_piece_t *next;
} scim_piece_t;

/* Memory that pieces are written to. */
typedef struct scim_block_t {
    char *at; /* what is free, up to `end` */
    char *end;
    apr_size_t size; /* of the last one that was taken */
} scim_block_t;

struct scim_buffer_t {
    apr_pool_t *pool;
    scim_piece_t *first;
    scim_piece_t *last;
    apr_size_t length; /* of all pieces that are there */
    int deferred; /* how many pieces are made when they are sent: the length is not known */
    scim_block_t *block; /* its own, or that of the buffer that it is written beside */
    scim_block_t own;
};

/* An empty buffer in `pool`. */
scim_buffer_t *scim_buffer_create(apr_pool_t *pool);

/* An empty buffer in the same pool that is to be spliced: what is written to one after the
   other is in one piece then. */
scim_buffer_t *scim_buffer_beside(const scim_buffer_t *buffer);

/* Room for so many bytes, and, when they are written, what is taken of it. */
char *scim_buffer_room(scim_buffer_t *buffer, apr_size_t size);
void scim_buffer_take(scim_buffer_t *buffer, apr_size_t length);

/* Appends bytes that outlive the buffer. */
void scim_buffer_add(scim_buffer_t *buffer, const char *data, apr_size_t length);

/* Appends a NUL-terminated string that outlives the buffer. */
void scim_buffer_puts(scim_buffer_t *buffer, const char *text);

/* Appends a copy of bytes that do not. */
void scim_buffer_copy(scim_buffer_t *buffer, const char *data, apr_size_t length);

/* Appends formatted text (apr_psprintf formats). */
void scim_buffer_printf(scim_buffer_t *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a part that is made when it is sent; `baton` must live as long as the buffer. */
void scim_buffer_defer(scim_buffer_t *buffer, scim_produce_fn produce, void *baton);

/* Makes all deferred parts now, in the buffer's pool: for bodies that have to be whole (Bulk).
 */
scim_error_t *scim_buffer_settle(scim_buffer_t *buffer);

/* Moves all pieces of `tail` behind those of `buffer`; `tail` is empty then. */
void scim_buffer_splice(scim_buffer_t *buffer, scim_buffer_t *tail);

/* Takes away the first bytes, which are in one piece. */
void scim_buffer_skip(scim_buffer_t *buffer, apr_size_t length);

/* All pieces as one NUL-terminated string. */
const char *scim_buffer_text(const scim_buffer_t *buffer, apr_pool_t *pool);

#endif
