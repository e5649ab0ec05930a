#include "core/token.h"

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "core/text.h"

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int is_bracket(char c)
{
    return c == '(' || c == ')' || c == '[' || c == ']';
}

apr_size_t scim_word_length(const char *text, apr_size_t length)
{
    apr_size_t n = 0;

    while (n < length && !is_blank(text[n]) && !is_bracket(text[n]) && text[n] != '"') {
        n++;
    }
    return n;
}

/* The sentence with its place, counted in code points, as people count. */
static const char *located(const scim_scanner_t *scanner, const char *sentence, const char *at)
{
    const char *p;
    int position = 1;

    for (p = scanner->start; p < at; p++) {
        position += (*p & 0xC0) != 0x80;
    }
    return apr_psprintf(scanner->pool, "%s (character %d).", sentence, position);
}

static scim_error_t *fail_at(const scim_scanner_t *scanner, const char *at,
                             const char *sentence)
{
    return scim_error_bad(scanner->pool, scanner->type, "%s", located(scanner, sentence, at));
}

scim_error_t *scim_scanner_fail(const scim_scanner_t *scanner, const char *format, ...)
{
    const char *sentence;
    va_list args;

    va_start(args, format);
    sentence = apr_pvsprintf(scanner->pool, format, args);
    va_end(args);
    return fail_at(scanner, scanner->token.text, sentence);
}

scim_error_t *scim_scanner_locate(const scim_scanner_t *scanner, scim_error_t *error)
{
    apr_size_t length;

    if (error) {
        length = strlen(error->detail);
        if (length > 0 && error->detail[length - 1] == '.') {
            length--;
        }
        error->detail = located(scanner, apr_pstrmemdup(scanner->pool, error->detail, length),
                                scanner->token.text);
    }
    return error;
}

const char *scim_scanner_found(const scim_scanner_t *scanner)
{
    if (scanner->token.kind == SCIM_TOKEN_END) {
        return "the end";
    }
    return scim_error_quote(scanner->pool, scanner->token.text, scanner->token.length);
}

int scim_scanner_is_word(const scim_scanner_t *scanner, const char *word)
{
    return scanner->token.kind == SCIM_TOKEN_WORD
           && scim_text_is_name(scanner->token.text, scanner->token.length, word);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The code unit of a \uXXXX at `text`; -1 when there is none. */
static long take_unit(const char *text, const char *end)
{
    long unit = 0;
    int i;

    if (end - text < 6 || text[0] != '\\' || text[1] != 'u') {
        return -1;
    }
    for (i = 2; i < 6; i++) {
        int digit = hex_digit(text[i]);

        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static char *put_utf8(char *out, long point)
{
    if (point < 0x80) {
        *out++ = (char)point;
        return out;
    }
    if (point < 0x800) {
        *out++ = (char)(0xC0 | point >> 6);
    } else {
        if (point < 0x10000) {
            *out++ = (char)(0xE0 | point >> 12);
        } else {
            *out++ = (char)(0xF0 | point >> 18);
            *out++ = (char)(0x80 | (point >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (point >> 6 & 0x3F));
    }
    *out++ = (char)(0x80 | (point & 0x3F));
    return out;
}

/* The escape of code units at *at; moves *at behind it. NULL, or what is wrong. */
static const char *take_unicode(char **out, const char **at, const char *end)
{
    long unit = take_unit(*at, end), low;

    if (unit < 0) {
        return "An escape \\u must be followed by four hexadecimal digits";
    }
    if (unit == 0) {
        return "The character U+0000 is not allowed in a string";
    }
    *at += 6;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        low = take_unit(*at, end);
        if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
            return "This escape \\u is one half of a surrogate pair without the other";
        }
        *at += 6;
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    *out = put_utf8(*out, unit);
    return NULL;
}

/* One escape at *at, two bytes or more; moves *at behind it. NULL, or what is wrong. */
static const char *take_escape(char **out, const char **at, const char *end)
{
    static const char names[] = "\"\\/bfnrt", chars[] = "\"\\/\b\f\n\r\t";
    const char *name;

    if ((*at)[1] == 'u') {
        return take_unicode(out, at, end);
    }
    name = memchr(names, (*at)[1], sizeof(names) - 1);
    if (name == NULL) {
        return "This escape is none of JSON; allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and "
               "\\uXXXX";
    }
    *(*out)++ = chars[name - names];
    *at += 2;
    return NULL;
}

/* The closing quote of the string that opens at `quote`, or NULL. */
static const char *find_close(const char *quote, const char *end)
{
    const char *at;

    for (at = quote + 1; at < end && *at != '"'; at++) {
        if (*at == '\\' && ++at == end) {
            return NULL;
        }
    }
    return at < end ? at : NULL;
}

/* The string that opens at `quote`. What it says is never longer than its text. */
static scim_error_t *take_string(scim_scanner_t *scanner, const char *quote)
{
    const char *at = quote + 1, *close = find_close(quote, scanner->end), *wrong;
    char *said, *out;

    if (close == NULL) {
        return fail_at(scanner, quote, "The string that starts here has no closing quote");
    }
    out = said = apr_palloc(scanner->pool, (apr_size_t)(close - quote));
    while (at < close) {
        const char *start = at;

        if (*at == '\\') {
            wrong = take_escape(&out, &at, close);
            if (wrong) {
                return fail_at(scanner, start, wrong);
            }
        } else if ((unsigned char)*at < 0x20) {
            return fail_at(scanner, at, "A control character in a string must be escaped");
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
    if (!scim_text_valid(said, (apr_size_t)(out - said))) {
        return fail_at(scanner, quote, "The string that starts here is not valid UTF-8 text");
    }
    scanner->token.string = said;
    scanner->at = close + 1;
    return NULL;
}

scim_error_t *scim_scanner_next(scim_scanner_t *scanner)
{
    scim_token_t *token = &scanner->token;

    while (scanner->at < scanner->end && is_blank(*scanner->at)) {
        scanner->at++;
    }
    token->text = scanner->at;
    token->string = NULL;
    if (scanner->at == scanner->end) {
        token->kind = SCIM_TOKEN_END;
    } else if (is_bracket(*scanner->at)) {
        token->kind = *scanner->at++;
    } else if (*scanner->at == '"') {
        token->kind = SCIM_TOKEN_STRING;
        SCIM_TRY(take_string(scanner, scanner->at));
    } else {
        token->kind = SCIM_TOKEN_WORD;
        scanner->at += scim_word_length(scanner->at, (apr_size_t)(scanner->end - scanner->at));
    }
    token->length = (apr_size_t)(scanner->at - token->text);
    return NULL;
}
