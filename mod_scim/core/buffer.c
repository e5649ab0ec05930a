#include "core/buffer.h"

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

scim_buffer_t *scim_buffer_create(apr_pool_t *pool)
{
    scim_buffer_t *buffer = apr_pcalloc(pool, sizeof(*buffer));

    buffer->pool = pool;
    return buffer;
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

void scim_buffer_add(scim_buffer_t *buffer, const char *data, apr_size_t length)
{
    if (length > 0) {
        scim_piece_t *piece = append(buffer);

        piece->data = data;
        piece->length = length;
        buffer->length += length;
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
    scim_buffer_t whole = {.pool = buffer->pool};
    const scim_piece_t *piece;

    if (buffer->deferred == 0) {
        return NULL;
    }
    for (piece = buffer->first; piece; piece = piece->next) {
        if (piece->produce) {
            SCIM_TRY(produce_all(&whole, piece));
        } else {
            scim_buffer_add(&whole, piece->data, piece->length);
        }
    }
    *buffer = whole;
    return NULL;
}

void scim_buffer_puts(scim_buffer_t *buffer, const char *text)
{
    scim_buffer_add(buffer, text, strlen(text));
}

void scim_buffer_copy(scim_buffer_t *buffer, const char *data, apr_size_t length)
{
    scim_buffer_add(buffer, apr_pmemdup(buffer->pool, data, length), length);
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
    if (tail->first == NULL) {
        return;
    }
    if (buffer->last) {
        buffer->last->next = tail->first;
    } else {
        buffer->first = tail->first;
    }
    buffer->last = tail->last;
    buffer->length += tail->length;
    buffer->deferred += tail->deferred;
    tail->first = tail->last = NULL;
    tail->length = 0;
    tail->deferred = 0;
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
