#include "httpd/media.h"

#include <string.h>

#include <apr_lib.h>

#include "core/error.h"
#include "core/text.h"

typedef struct slice_t {
    const char *text;
    apr_size_t length;
} slice_t;

/* What is left of a header. */
typedef struct cursor_t {
    const char *at;
    const char *end;
} cursor_t;

/* What a header says of one offered type; the most precise range counts (RFC 7231 5.3.2). */
typedef struct preference_t {
    int precision;
    int quality; /* 0 to 1000 */
} preference_t;

static void skip_blanks(cursor_t *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t')) {
        cursor->at++;
    }
}

static int take(cursor_t *cursor, char wanted)
{
    if (cursor->at == cursor->end || *cursor->at != wanted) {
        return 0;
    }
    cursor->at++;
    return 1;
}

static slice_t take_word(cursor_t *cursor)
{
    slice_t word = {cursor->at, 0};

    while (cursor->at < cursor->end && !strchr(" \t,;=\"", *cursor->at)) {
        cursor->at++;
    }
    word.length = (apr_size_t)(cursor->at - word.text);
    return word;
}

/* A quoted string's content, its escapes left in it: no value that we know has any. */
static slice_t take_quoted(cursor_t *cursor)
{
    slice_t word = {cursor->at, 0};

    while (cursor->at < cursor->end && *cursor->at != '"') {
        cursor->at += *cursor->at == '\\' && cursor->end - cursor->at > 1 ? 2 : 1;
    }
    word.length = (apr_size_t)(cursor->at - word.text);
    take(cursor, '"');
    return word;
}

/* The next `;name=value`; 0 when there is none. */
static int take_parameter(cursor_t *cursor, slice_t *name, slice_t *value)
{
    skip_blanks(cursor);
    if (!take(cursor, ';')) {
        return 0;
    }
    skip_blanks(cursor);
    *name = take_word(cursor);
    *value = (slice_t){cursor->at, 0};
    skip_blanks(cursor);
    if (take(cursor, '=')) {
        skip_blanks(cursor);
        *value = take(cursor, '"') ? take_quoted(cursor) : take_word(cursor);
    }
    return 1;
}

static int is(slice_t slice, const char *word)
{
    return scim_text_is_name(slice.text, slice.length, word);
}

/* A qvalue in thousandths; one that cannot be read does not count against the type. */
static int read_quality(slice_t value)
{
    int quality = 0, scale = 1000;
    apr_size_t i;

    for (i = 0; i < value.length; i++) {
        if (i == 1 && value.text[i] == '.') {
            continue;
        }
        if (!apr_isdigit(value.text[i]) || scale == 0) {
            return 1000;
        }
        quality += (value.text[i] - '0') * scale;
        scale /= 10;
    }
    return value.length == 0 || quality > 1000 ? 1000 : quality;
}

static int precision_of(slice_t range, const char *offer)
{
    if (is(range, offer)) {
        return 3;
    }
    if (is(range, "application/*")) {
        return 2;
    }
    return is(range, "*/*") || is(range, "*") ? 1 : 0;
}

static void consider(preference_t *preference, const char *offer, slice_t range, int quality)
{
    int precision = precision_of(range, offer);

    if (precision > preference->precision
        || (precision == preference->precision && quality > preference->quality)) {
        preference->precision = precision;
        preference->quality = precision ? quality : 0;
    }
}

const char *scim_media_choose(const char *accept, apr_size_t length, int plain)
{
    preference_t scim = {0, 0}, json = {0, 0};
    cursor_t cursor = {accept, accept ? accept + length : NULL};

    while (cursor.at < cursor.end) {
        slice_t range, name, value;
        int quality = 1000;

        skip_blanks(&cursor);
        range = take_word(&cursor);
        while (take_parameter(&cursor, &name, &value)) {
            if (is(name, "q")) {
                quality = read_quality(value);
            }
        }
        consider(&scim, SCIM_MEDIA_SCIM, range, quality);
        consider(&json, SCIM_MEDIA_JSON, range, quality);
        while (cursor.at < cursor.end && !take(&cursor, ',')) {
            cursor.at++;
        }
    }
    if (scim.quality != json.quality) {
        return scim.quality > json.quality ? SCIM_MEDIA_SCIM : SCIM_MEDIA_JSON;
    }
    return plain ? SCIM_MEDIA_JSON : SCIM_MEDIA_SCIM;
}

scim_error_t *scim_media_check(const char *type, apr_size_t length, apr_pool_t *pool)
{
    cursor_t cursor = {type, type ? type + length : NULL};
    slice_t media, name, value;

    skip_blanks(&cursor);
    if (cursor.at == cursor.end) {
        return NULL;
    }
    media = take_word(&cursor);
    if (!is(media, SCIM_MEDIA_SCIM) && !is(media, SCIM_MEDIA_JSON)) {
        return scim_error_create(pool, 415, NULL,
                                 "The request body is said to be %s; send " SCIM_MEDIA_SCIM
                                 " or " SCIM_MEDIA_JSON ".",
                                 scim_error_quote(pool, media.text, media.length));
    }
    while (take_parameter(&cursor, &name, &value)) {
        if (is(name, "charset") && !is(value, "utf-8") && !is(value, "utf8")) {
            return scim_error_create(pool, 415, NULL,
                                     "The request body is said to be in the character set %s; "
                                     "JSON is sent in UTF-8.",
                                     scim_error_quote(pool, value.text, value.length));
        }
    }
    return NULL;
}
