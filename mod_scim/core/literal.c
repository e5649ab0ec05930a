#include "core/literal.h"

#include <errno.h>
#include <string.h>

#include <apr_strings.h>

#include "core/datetime.h"
#include "core/text.h"

int scim_attribute_is_exact(const scim_attribute_t *attribute)
{
    return attribute->case_exact || attribute->type == SCIM_TYPE_REFERENCE
           || attribute->type == SCIM_TYPE_BINARY;
}

static apr_size_t count_digits(const char *text, apr_size_t length)
{
    apr_size_t n = 0;

    while (n < length && text[n] >= '0' && text[n] <= '9') {
        n++;
    }
    return n;
}

/* 1 when the text is a number of JSON; *whole is 1 without fraction and exponent. */
static int is_number(const char *text, apr_size_t length, int *whole)
{
    apr_size_t n = length > 0 && text[0] == '-' ? 1 : 0, digits;

    *whole = 1;
    digits = count_digits(text + n, length - n);
    if (digits == 0 || (digits > 1 && text[n] == '0')) {
        return 0;
    }
    n += digits;
    if (n < length && text[n] == '.') {
        *whole = 0;
        if ((digits = count_digits(text + n + 1, length - n - 1)) == 0) {
            return 0;
        }
        n += 1 + digits;
    }
    if (n < length && (text[n] == 'e' || text[n] == 'E')) {
        *whole = 0;
        n += n + 1 < length && (text[n + 1] == '+' || text[n + 1] == '-') ? 2 : 1;
        if ((digits = count_digits(text + n, length - n)) == 0) {
            return 0;
        }
        n += digits;
    }
    return n == length;
}

/* The number as a double, by jansson, whose reading does not depend on the locale. 0 when it is
   too large for one. */
static int read_real(double *number, const char *text, apr_size_t length)
{
    json_t *real = json_loadb(text, length, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);

    if (real == NULL) {
        return 0;
    }
    *number = json_real_value(real);
    json_decref(real);
    return 1;
}

/* Reads a number of JSON; integers beyond 64 bits become reals. 0 when it is none. */
static int read_number(scim_value_t *value, const char *text, apr_size_t length,
                       apr_pool_t *pool)
{
    apr_int64_t integer;
    int whole;

    if (!is_number(text, length, &whole) || !read_real(&value->number, text, length)) {
        return 0;
    }
    value->type = JSON_REAL;
    if (whole) {
        errno = 0;
        integer = apr_strtoi64(apr_pstrmemdup(pool, text, length), NULL, 10);
        if (errno == 0) {
            value->type = JSON_INTEGER;
            value->integer = integer;
            value->number = (double)integer;
        }
    }
    return 1;
}

static const struct {
    const char *name;
    json_type type;
} keywords[] = {{"true", JSON_TRUE}, {"false", JSON_FALSE}, {"null", JSON_NULL}};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

/* The literal as it stands, whatever it is to be compared with. Numbers keep their text too. */
static scim_error_t *read_literal(scim_value_t *value, const scim_scanner_t *scanner)
{
    const scim_token_t *token = &scanner->token;
    apr_size_t i;
    int whole;

    memset(value, 0, sizeof(*value));
    if (token->kind == SCIM_TOKEN_STRING) {
        value->type = JSON_STRING;
        value->text = value->folded = token->string;
        return NULL;
    }
    for (i = 0; i < KEYWORDS; i++) {
        if (scim_scanner_is_word(scanner, keywords[i].name)) {
            if (memcmp(token->text, keywords[i].name, token->length) != 0) {
                return scim_scanner_fail(scanner, "%s must be written in lower case: %s",
                                         scim_scanner_found(scanner), keywords[i].name);
            }
            value->type = keywords[i].type;
            value->text = keywords[i].name;
            return NULL;
        }
    }
    if (token->kind != SCIM_TOKEN_WORD || !is_number(token->text, token->length, &whole)) {
        return scim_scanner_fail(scanner,
                                 "Expected a value, found %s; a value is a string in double "
                                 "quotes, a number, true, false or null",
                                 scim_scanner_found(scanner));
    }
    if (!read_number(value, token->text, token->length, scanner->pool)) {
        return scim_scanner_fail(scanner, "The number %s is out of range",
                                 scim_scanner_found(scanner));
    }
    value->text = apr_pstrmemdup(scanner->pool, token->text, token->length);
    return NULL;
}

static int is_text(const scim_value_t *value)
{
    return value->type == JSON_STRING;
}

static int is_numeric(const scim_value_t *value)
{
    return value->type == JSON_INTEGER || value->type == JSON_REAL;
}

/* Each of these makes the literal fit for an attribute of its type, or returns 0. */
static int fit_text(scim_value_t *value, const scim_attribute_t *attribute,
                    scim_leniency_t leniency, apr_pool_t *pool)
{
    if (!is_text(value) && !(leniency & SCIM_LENIENT_NUMBER)) {
        return 0;
    }
    value->type = JSON_STRING;
    value->folded = scim_attribute_is_exact(attribute)
                        ? value->text
                        : scim_text_fold(pool, value->text, strlen(value->text));
    return 1;
}

static int fit_boolean(scim_value_t *value, const scim_attribute_t *attribute,
                       scim_leniency_t leniency, apr_pool_t *pool)
{
    static const struct {
        const char *name;
        json_type type;
    } names[] = {
        {"true", JSON_TRUE}, {"1", JSON_TRUE}, {"false", JSON_FALSE}, {"0", JSON_FALSE}};
    apr_size_t i;

    (void)attribute;
    (void)pool;
    if (value->type == JSON_TRUE || value->type == JSON_FALSE) {
        return 1;
    }
    for (i = 0; leniency & SCIM_LENIENT_BOOLEAN && i < sizeof(names) / sizeof(names[0]); i++) {
        if (scim_text_same_name(value->text, names[i].name)) {
            value->type = names[i].type;
            return 1;
        }
    }
    return 0;
}

static int fit_number(scim_value_t *value, const scim_attribute_t *attribute,
                      scim_leniency_t leniency, apr_pool_t *pool)
{
    (void)attribute;
    return is_numeric(value)
           || (is_text(value) && leniency & SCIM_LENIENT_NUMBER
               && read_number(value, value->text, strlen(value->text), pool));
}

static int fit_datetime(scim_value_t *value, const scim_attribute_t *attribute,
                        scim_leniency_t leniency, apr_pool_t *pool)
{
    (void)attribute;
    (void)leniency;
    (void)pool;
    return is_text(value)
           && scim_datetime_parse(&value->when, value->text, strlen(value->text));
}

static const struct {
    int (*fit)(scim_value_t *value, const scim_attribute_t *attribute, scim_leniency_t leniency,
               apr_pool_t *pool);
    const char *due;
} types[] = {
    [SCIM_TYPE_STRING] = {fit_text, "a string in double quotes"},
    [SCIM_TYPE_BOOLEAN] = {fit_boolean, "true or false"},
    [SCIM_TYPE_DECIMAL] = {fit_number, "a number"},
    [SCIM_TYPE_INTEGER] = {fit_number, "a number"},
    [SCIM_TYPE_DATETIME] = {fit_datetime, "a dateTime such as \"2011-05-13T04:42:34Z\""},
    [SCIM_TYPE_BINARY] = {fit_text, "a string in double quotes"},
    [SCIM_TYPE_REFERENCE] = {fit_text, "a string in double quotes"},
};

scim_error_t *scim_literal_read(scim_value_t *value, const scim_scanner_t *scanner,
                                const scim_attribute_t *attribute, scim_leniency_t leniency)
{
    SCIM_TRY(read_literal(value, scanner));
    if (attribute == NULL || value->type == JSON_NULL) {
        return NULL;
    }
    if (!types[attribute->type].fit(value, attribute, leniency, scanner->pool)) {
        return scim_scanner_fail(scanner,
                                 "%s is of type %s and cannot be compared with %s; "
                                 "expected %s",
                                 scim_attribute_path(attribute, scanner->pool),
                                 scim_type_name(attribute->type), scim_scanner_found(scanner),
                                 types[attribute->type].due);
    }
    return NULL;
}

const char *scim_literal_print(const scim_value_t *value, apr_pool_t *pool)
{
    char number[64];
    json_t *real;
    size_t length;

    switch (value->type) {
    case JSON_STRING:
        return scim_json_quote(value->text, pool);
    case JSON_INTEGER:
        return apr_psprintf(pool, "%" APR_INT64_T_FMT, value->integer);
    case JSON_REAL:
        real = json_real(value->number);
        length = json_dumpb(real, number, sizeof(number), JSON_ENCODE_ANY);
        json_decref(real);
        return apr_pstrmemdup(pool, number, length);
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return "null";
    }
}
