/*
 * text.h - text that grows, and templates that requests are made of.
 *
 *     @n@       the number of the turn, from --first on
 *     @start@   1, 1 + page, 1 + 2 * page ... below the total (--pages), and again
 *     @v@       a value of --values, in their order and again; to the | when there is one
 *     @w@       the same value behind the |
 *     @flip@    false for all values, then true for all of them, and again
 *     @next@    nextCursor of the response before on the same connection, or nothing
 *     @items@   the items of the body: a template for each, with an own @n@, @v@ and @flip@
 */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include <stddef.h>

typedef struct text_t {
    char *data;
    size_t length, room;
} text_t;

/* Room for so many more bytes; exits when there is no memory. */
char *text_reserve(text_t *text, size_t more);
void text_add(text_t *text, const char *data, size_t length);
void text_puts(text_t *text, const char *string);

/* The whole file, ended by a zero byte that does not count; exits when it cannot be read. */
text_t text_read(const char *file);

/* What the variables of a template stand for. */
typedef struct turn_t {
    unsigned long number;
    unsigned long page, total;
    char **values;
    unsigned long value_count;
    const char *next; /* nextCursor */
    const char *item; /* template */
    unsigned long items;
} turn_t;

/* Adds the template with its variables filled in. */
void text_fill(text_t *text, const char *pattern, const turn_t *turn);

#endif
