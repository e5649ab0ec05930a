#include "core/scalar.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/datetime.h"
#include "core/error.h"
#include "core/text.h"

#define NUMBER_LENGTH 64 /* of a number given as text */

/* Another reference to a value that was sent: scalars are never changed, so they are shared. */
static json_t *share(const json_t *value)
{
    return json_incref((json_t *)value);
}

/* A number or boolean as text; a fraction with the fewest digits that say the same, since 0.1
   is 0.10000000000000001 to jansson. */
static const char *text_of(const json_t *value, apr_pool_t *pool)
{
    char text[NUMBER_LENGTH];
    int digits;

    for (digits = 15; json_is_real(value) && digits < 17; digits++) {
        size_t size = json_dumpb(value, text, sizeof(text) - 1,
                                 JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));

        text[size < sizeof(text) ? size : 0] = '\0';
        if (strtod(text, NULL) == json_real_value(value)) {
            return apr_pstrdup(pool, text);
        }
    }
    return scim_json_text(value, NULL, pool);
}

static json_t *read_string(const json_t *sent, scim_leniency_t leniency, apr_pool_t *pool)
{
    if (json_is_string(sent)) {
        return share(sent);
    }
    if ((leniency & SCIM_LENIENT_NUMBER) && (json_is_number(sent) || json_is_boolean(sent))) {
        return json_string(text_of(sent, pool));
    }
    return NULL;
}

static json_t *read_boolean(const json_t *sent, scim_leniency_t leniency, apr_pool_t *pool)
{
    static const struct {
        const char *word;
        int truth;
    } words[] = {{"true", 1}, {"false", 0}, {"1", 1}, {"0", 0}};
    const char *word;
    apr_size_t i;

    if (json_is_boolean(sent)) {
        return share(sent);
    }
    if (!(leniency & SCIM_LENIENT_BOOLEAN)) {
        return NULL;
    }
    word = json_is_integer(sent) ? scim_json_text(sent, NULL, pool) : json_string_value(sent);
    for (i = 0; word && i < sizeof(words) / sizeof(words[0]); i++) {
        if (scim_text_same_name(word, words[i].word)) {
            return json_boolean(words[i].truth);
        }
    }
    return NULL;
}

static json_t *number_of_text(const char *text)
{
    size_t length = strlen(text);

    if (length > NUMBER_LENGTH || strspn(text, "0123456789+-.eE ") != length) {
        return NULL;
    }
    return json_loadb(text, length, JSON_DECODE_ANY, NULL);
}

static json_t *read_decimal(const json_t *sent, scim_leniency_t leniency, apr_pool_t *pool)
{
    (void)pool;
    if (json_is_number(sent)) {
        return share(sent);
    }
    return json_is_string(sent) && (leniency & SCIM_LENIENT_NUMBER)
               ? number_of_text(json_string_value(sent))
               : NULL;
}

/* RFC 7643 2.3.4: neither a fraction nor an exponent, which make a JSON number real. */
static json_t *read_integer(const json_t *sent, scim_leniency_t leniency, apr_pool_t *pool)
{
    json_t *number = read_decimal(sent, leniency, pool);

    if (number && !json_is_integer(number)) {
        json_decref(number);
        return NULL;
    }
    return number;
}

static json_t *read_datetime(const json_t *sent, scim_leniency_t leniency, apr_pool_t *pool)
{
    apr_time_t when;

    (void)leniency;
    (void)pool;
    return json_is_string(sent)
                   && scim_datetime_parse(&when, json_string_value(sent),
                                          json_string_length(sent))
               ? share(sent)
               : NULL;
}

/* RFC 4648 4 or 5, one alphabet at a time; RFC 7643 2.3.6: padding may be left out. */
static int is_base64(const char *text)
{
    static const char *const alphabets[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    size_t length = strlen(text), padding, plain, with_other;

    plain = strspn(text, alphabets[0]);
    with_other = strspn(text, alphabets[1]);
    plain = plain > with_other ? plain : with_other;
    padding = length - plain;
    if (padding == 0) {
        return plain % 4 != 1;
    }
    return padding <= 2 && strspn(text + plain, "=") == padding && length % 4 == 0;
}

static json_t *read_binary(const json_t *sent, scim_leniency_t leniency, apr_pool_t *pool)
{
    (void)leniency;
    (void)pool;
    return json_is_string(sent) && is_base64(json_string_value(sent)) ? share(sent) : NULL;
}

static json_t *read_reference(const json_t *sent, scim_leniency_t leniency, apr_pool_t *pool)
{
    const char *c = json_string_value(sent);

    (void)leniency;
    (void)pool;
    if (c == NULL || *c == '\0') {
        return NULL;
    }
    for (; *c; c++) {
        if (apr_iscntrl(*c)) {
            return NULL;
        }
    }
    return share(sent);
}

/* In the order of scim_type_t. The functions return NULL for a value of the wrong type. */
static const struct {
    const char *due;
    json_t *(*read)(const json_t *sent, scim_leniency_t leniency, apr_pool_t *pool);
} types[] = {
    {"a string", read_string},
    {"true or false", read_boolean},
    {"a number", read_decimal},
    {"a whole number", read_integer},
    {"a date and time such as 2011-08-01T21:32:44Z", read_datetime},
    {"base64 text", read_binary},
    {"a URI", read_reference},
};

/* What was found, for a message; of a secret only its kind. */
static const char *found(const json_t *sent, const scim_attribute_t *attribute,
                         apr_pool_t *pool)
{
    if (attribute->returned == SCIM_RETURNED_NEVER) {
        return scim_json_kind(sent);
    }
    if (json_is_string(sent)) {
        return apr_pstrcat(pool, "the text ", scim_error_quotes(pool, json_string_value(sent)),
                           NULL);
    }
    if (json_is_number(sent)) {
        return apr_pstrcat(pool, "the number ", scim_error_quotes(pool, text_of(sent, pool)),
                           NULL);
    }
    return scim_json_kind(sent);
}

scim_error_t *scim_scalar_mismatch(const scim_attribute_t *attribute, const char *due,
                                   const json_t *sent, apr_pool_t *pool)
{
    return scim_error_bad(pool, SCIM_INVALID_VALUE, "The attribute %s has to be %s, not %s.",
                          scim_attribute_path(attribute, pool), due,
                          found(sent, attribute, pool));
}

scim_error_t *scim_scalar_read(json_t **value, const json_t *sent,
                               const scim_attribute_t *attribute, const scim_reading_t *reading,
                               apr_pool_t *pool)
{
    json_t *read = types[attribute->type].read(sent, reading->leniency, pool);

    if (read == NULL) {
        return scim_scalar_mismatch(attribute, types[attribute->type].due, sent, pool);
    }
    *value = read;
    return NULL;
}
