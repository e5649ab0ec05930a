#include "core/json_print.h"

#include <stdio.h>
#include <string.h>

typedef struct print_t {
    char *buffer;
    apr_size_t room;
    apr_size_t size; /* of the text so far, also when it is longer than that */
} print_t;

static void print_value(print_t *print, const json_t *value);

static void put(print_t *print, const char *data, apr_size_t length)
{
    if (print->size <= print->room && length <= print->room - print->size) {
        memcpy(print->buffer + print->size, data, length);
    }
    print->size += length;
}

static void put_char(print_t *print, char c)
{
    if (print->size < print->room) {
        print->buffer[print->size] = c;
    }
    print->size++;
}

static void print_escape(print_t *print, char c)
{
    static const char letters[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                      {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
    char code[8];
    apr_size_t i;

    for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i][0] == c) {
            put_char(print, '\\');
            put_char(print, letters[i][1]);
            return;
        }
    }
    put(print, code, (apr_size_t)snprintf(code, sizeof(code), "\\u%04X", (unsigned)c));
}

static void print_string(print_t *print, const char *text, apr_size_t length)
{
    const char *end = text + length, *plain = text;

    put_char(print, '"');
    for (; text < end; text++) {
        if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\') {
            put(print, plain, (apr_size_t)(text - plain));
            print_escape(print, *text);
            plain = text + 1;
        }
    }
    put(print, plain, (apr_size_t)(text - plain));
    put_char(print, '"');
}

static void print_object(print_t *print, const json_t *object)
{
    const char *name;
    json_t *value;
    char before = '{';

    json_object_foreach((json_t *)object, name, value)
    {
        put_char(print, before);
        print_string(print, name, strlen(name));
        put_char(print, ':');
        print_value(print, value);
        before = ',';
    }
    if (before == '{') {
        put_char(print, '{');
    }
    put_char(print, '}');
}

static void print_array(print_t *print, const json_t *array)
{
    const json_t *value;
    char before = '[';
    size_t i;

    json_array_foreach(array, i, value)
    {
        put_char(print, before);
        print_value(print, value);
        before = ',';
    }
    if (before == '[') {
        put_char(print, '[');
    }
    put_char(print, ']');
}

static void print_number(print_t *print, const json_t *number)
{
    char text[64];
    size_t size = json_dumpb(number, text, sizeof(text), JSON_COMPACT | JSON_ENCODE_ANY);

    put(print, text, size < sizeof(text) ? size : 0);
}

/* As deep as the value: those that are parsed nest SCIM_MAX_JSON_DEPTH levels, and what is made
   of them few more. */
static void print_value(print_t *print, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        print_object(print, value);
        break;
    case JSON_ARRAY:
        print_array(print, value);
        break;
    case JSON_STRING:
        print_string(print, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        print_number(print, value);
        break;
    case JSON_TRUE:
        put(print, "true", 4);
        break;
    case JSON_FALSE:
        put(print, "false", 5);
        break;
    case JSON_NULL:
        put(print, "null", 4);
        break;
    }
}

apr_size_t scim_json_print(const json_t *value, char *buffer, apr_size_t room)
{
    print_t print = {buffer, room, 0};

    print_value(&print, value);
    return print.size;
}
