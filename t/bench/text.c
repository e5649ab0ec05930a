#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_reserve(text_t *text, size_t more)
{
    if (text->length + more > text->room) {
        text->room = (text->length + more) * 2;
        text->data = realloc(text->data, text->room);
        if (!text->data) {
            fprintf(stderr, "no memory for %zu bytes\n", text->room);
            exit(1);
        }
    }
    return text->data + text->length;
}

void text_add(text_t *text, const char *data, size_t length)
{
    memcpy(text_reserve(text, length + 1), data, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_puts(text_t *text, const char *string)
{
    text_add(text, string, strlen(string));
}

static void text_number(text_t *text, unsigned long number)
{
    char digits[24];

    text_add(text, digits, (size_t)snprintf(digits, sizeof(digits), "%lu", number));
}

text_t text_read(const char *file)
{
    text_t text = {0};
    FILE *in = fopen(file, "r");
    size_t got;

    if (!in) {
        perror(file);
        exit(1);
    }
    text_add(&text, "", 0);
    while ((got = fread(text_reserve(&text, 65537), 1, 65536, in)) > 0) {
        text.length += got;
    }
    text.data[text.length] = '\0';
    fclose(in);
    return text;
}

/* ---- templates ---- */

static void fill_number(text_t *text, const turn_t *turn)
{
    text_number(text, turn->number);
}

static void fill_start(text_t *text, const turn_t *turn)
{
    text_number(text, turn->number * turn->page % turn->total + 1);
}

static void fill_value(text_t *text, const turn_t *turn)
{
    const char *value = turn->values[turn->number % turn->value_count];

    text_add(text, value, strcspn(value, "|"));
}

static void fill_second(text_t *text, const turn_t *turn)
{
    const char *value = turn->values[turn->number % turn->value_count];

    value += strcspn(value, "|");
    text_puts(text, *value ? value + 1 : value);
}

static void fill_flip(text_t *text, const turn_t *turn)
{
    text_puts(text, turn->number / turn->value_count % 2 ? "true" : "false");
}

static void fill_next(text_t *text, const turn_t *turn)
{
    text_puts(text, turn->next ? turn->next : "");
}

static void fill_items(text_t *text, const turn_t *turn)
{
    turn_t item = *turn;
    unsigned long i;

    item.item = NULL;
    for (i = 0; turn->item && i < turn->items; i++) {
        item.number = turn->number * turn->items + i;
        if (i > 0) {
            text_puts(text, ",");
        }
        text_fill(text, turn->item, &item);
    }
}

static const struct {
    const char *name;
    void (*fill)(text_t *text, const turn_t *turn);
} variables[] = {{"@n@", fill_number},   {"@start@", fill_start}, {"@v@", fill_value},
                 {"@w@", fill_second},   {"@flip@", fill_flip},   {"@next@", fill_next},
                 {"@items@", fill_items}};

/* The length of the variable that the pattern begins with; 0 when it is none. */
static size_t fill_variable(text_t *text, const char *pattern, const turn_t *turn)
{
    size_t i;

    for (i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
        size_t length = strlen(variables[i].name);

        if (strncmp(pattern, variables[i].name, length) == 0) {
            variables[i].fill(text, turn);
            return length;
        }
    }
    return 0;
}

void text_fill(text_t *text, const char *pattern, const turn_t *turn)
{
    while (*pattern) {
        size_t plain = strcspn(pattern, "@"), length;

        text_add(text, pattern, plain);
        pattern += plain;
        if (*pattern) {
            length = fill_variable(text, pattern, turn);
            if (length == 0) {
                text_add(text, pattern, 1);
                length = 1;
            }
            pattern += length;
        }
    }
}
