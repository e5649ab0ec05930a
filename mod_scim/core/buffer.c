#include "core/buffer.h"

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

/* Pieces up to this length are copied. */
#define SHORT_PIECE 512

/* The first block and the largest, and what APR adds to either: each is as many pages. */
#define FIRST_BLOCK 4096
#define LAST_BLOCK 65536
#define OVERHEAD 256

scim_buffer_t *scim_buffer_create(apr_pool_t *pool)
{
    scim_buffer_t *buffer = apr_pcalloc(pool, sizeof(*buffer));

    buffer->pool = pool;
    buffer->block = &buffer->own;
    return buffer;
}

scim_buffer_t *scim_buffer_beside(const scim_buffer_t *buffer)
{
    scim_buffer_t *other = scim_buffer_create(buffer->pool);

    other->block = buffer->block;
    return other;
}

static scim_piece_t *append(scim_buffer_t *buffer)
{
    scim_piece_t *piece = apr_pcalloc(buffer->pool, sizeof(*piece));

    if (buffer->last) {
        buffer->last->next = piece;
    } else {
        buffer->first = piece;
    }
    buffer->last = piece;
    return piece;
}

static void add_piece(scim_buffer_t *buffer, const char *data, apr_size_t length)
{
    scim_piece_t *piece = append(buffer);

    piece->data = data;
    piece->length = length;
    buffer->length += length;
}

char *scim_buffer_room(scim_buffer_t *buffer, apr_size_t size)
{
    scim_block_t *block = buffer->block;

    if ((apr_size_t)(block->end - block->at) < size) {
        block->size = block->size == 0           ? FIRST_BLOCK
                      : block->size < LAST_BLOCK ? block->size * 2
                                                 : LAST_BLOCK;
        if (size < block->size - OVERHEAD) {
            size = block->size - OVERHEAD;
        }
        block->at = apr_palloc(buffer->pool, size);
        block->end = block->at + size;
    }
    return block->at;
}

void scim_buffer_take(scim_buffer_t *buffer, apr_size_t length)
{
    scim_block_t *block = buffer->block;
    scim_piece_t *last = buffer->last;

    if (last && last->produce == NULL && last->data + last->length == block->at) {
        last->length += length;
        buffer->length += length;
    } else {
        add_piece(buffer, block->at, length);
    }
    block->at += length;
}

void scim_buffer_add(scim_buffer_t *buffer, const char *data, apr_size_t length)
{
    if (length <= SHORT_PIECE) {
        scim_buffer_copy(buffer, data, length);
    } else {
        add_piece(buffer, data, length);
    }
}

void scim_buffer_defer(scim_buffer_t *buffer, scim_produce_fn produce, void *baton)
{
    scim_piece_t *piece = append(buffer);

    piece->produce = produce;
    piece->baton = baton;
    buffer->deferred++;
}

/* The whole of a deferred piece, in the buffer's pool. */
static scim_error_t *produce_all(scim_buffer_t *out, const scim_piece_t *piece)
{
    apr_pool_t *scratch;
    int done = 0;

    apr_pool_create(&scratch, out->pool);
    while (!done) {
        scim_buffer_t *part;
        const char *text;

        apr_pool_clear(scratch);
        part = scim_buffer_create(scratch);
        SCIM_TRY(piece->produce(part, &done, piece->baton, scratch));
        text = scim_buffer_text(part, out->pool);
        scim_buffer_add(out, text, part->length);
    }
    apr_pool_destroy(scratch);
    return NULL;
}

scim_error_t *scim_buffer_settle(scim_buffer_t *buffer)
{
    scim_buffer_t *whole;
    const scim_piece_t *piece;

    if (buffer->deferred == 0) {
        return NULL;
    }
    whole = scim_buffer_beside(buffer);
    for (piece = buffer->first; piece; piece = piece->next) {
        if (piece->produce) {
            SCIM_TRY(produce_all(whole, piece));
        } else {
            scim_buffer_add(whole, piece->data, piece->length);
        }
    }
    buffer->first = buffer->last = NULL;
    buffer->length = 0;
    buffer->deferred = 0;
    scim_buffer_splice(buffer, whole);
    return NULL;
}

void scim_buffer_puts(scim_buffer_t *buffer, const char *text)
{
    scim_buffer_add(buffer, text, strlen(text));
}

void scim_buffer_copy(scim_buffer_t *buffer, const char *data, apr_size_t length)
{
    if (length > 0) {
        memcpy(scim_buffer_room(buffer, length), data, length);
        scim_buffer_take(buffer, length);
    }
}

void scim_buffer_printf(scim_buffer_t *buffer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    scim_buffer_puts(buffer, apr_pvsprintf(buffer->pool, format, args));
    va_end(args);
}

void scim_buffer_splice(scim_buffer_t *buffer, scim_buffer_t *tail)
{
    scim_piece_t *first = tail->first, *last = buffer->last;

    if (first == NULL) {
        return;
    }
    if (last && !last->produce && !first->produce && last->data + last->length == first->data) {
        last->length += first->length;
        last->next = first->next;
        tail->last = first->next ? tail->last : last;
    } else if (last) {
        last->next = first;
    } else {
        buffer->first = first;
    }
    buffer->last = tail->last;
    buffer->length += tail->length;
    buffer->deferred += tail->deferred;
    tail->first = tail->last = NULL;
    tail->length = 0;
    tail->deferred = 0;
}

void scim_buffer_skip(scim_buffer_t *buffer, apr_size_t length)
{
    buffer->first->data += length;
    buffer->first->length -= length;
    buffer->length -= length;
}

const char *scim_buffer_text(const scim_buffer_t *buffer, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, buffer->length + 1);
    char *end = text;
    const scim_piece_t *piece;

    for (piece = buffer->first; piece; piece = piece->next) {
        memcpy(end, piece->data, piece->length);
        end += piece->length;
    }
    *end = '\0';
    return text;
}
