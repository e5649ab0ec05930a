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

void scim_buffer_add(scim_buffer_t *buffer, const char *data, apr_size_t length)
{
    scim_piece_t *piece;

    if (length == 0) {
        return;
    }
    piece = apr_palloc(buffer->pool, sizeof(*piece));
    piece->data = data;
    piece->length = length;
    piece->next = NULL;
    if (buffer->last) {
        buffer->last->next = piece;
    } else {
        buffer->first = piece;
    }
    buffer->last = piece;
    buffer->length += length;
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
    tail->first = tail->last = NULL;
    tail->length = 0;
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
