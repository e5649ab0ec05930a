#include "core/error.h"

#include <stdarg.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <utf8proc.h>

#include "core/json.h"

#define QUOTE_MAX 64

static scim_error_t *create(apr_pool_t *pool, int status, const char *type, const char *format,
                            va_list args)
{
    scim_error_t *error = apr_pcalloc(pool, sizeof(*error));

    error->status = status;
    error->type = type;
    error->detail = apr_pvsprintf(pool, format, args);
    return error;
}

scim_error_t *scim_error_create(apr_pool_t *pool, int status, const char *type,
                                const char *format, ...)
{
    scim_error_t *error;
    va_list args;

    va_start(args, format);
    error = create(pool, status, type, format, args);
    va_end(args);
    return error;
}

scim_error_t *scim_error_bad(apr_pool_t *pool, const char *type, const char *format, ...)
{
    scim_error_t *error;
    va_list args;

    va_start(args, format);
    error = create(pool, 400, type, format, args);
    va_end(args);
    return error;
}

scim_error_t *scim_error_because(scim_error_t *error, apr_pool_t *pool, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    error->cause = apr_pvsprintf(pool, format, args);
    va_end(args);
    return error;
}

const char *scim_error_quote(apr_pool_t *pool, const char *text, apr_size_t length)
{
    char *out = apr_palloc(pool, QUOTE_MAX * 4 + 6), *to = out;
    apr_size_t at = 0;
    int written;

    *to++ = '\'';
    for (written = 0; at < length && written < QUOTE_MAX; written++) {
        utf8proc_int32_t point;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(length - at), &point);

        if (used <= 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)
            || utf8proc_category(point) == UTF8PROC_CATEGORY_CF
            || utf8proc_category(point) == UTF8PROC_CATEGORY_ZL
            || utf8proc_category(point) == UTF8PROC_CATEGORY_ZP) {
            *to++ = '?';
        } else {
            memcpy(to, text + at, (size_t)used);
            to += used;
        }
        at += used > 0 ? (apr_size_t)used : 1;
    }
    memcpy(to, at < length ? "...'" : "'", at < length ? 5 : 2);
    return out;
}

const char *scim_error_quotes(apr_pool_t *pool, const char *text)
{
    return text ? scim_error_quote(pool, text, strlen(text)) : "(none)";
}

const char *scim_error_message(const scim_error_t *error, apr_pool_t *pool)
{
    const char *type = "";

    if (error->type) {
        type = apr_psprintf(pool, ",\"scimType\":\"%s\"", error->type);
    }
    return apr_psprintf(pool,
                        "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
                        "\"status\":\"%d\"%s,\"detail\":%s}",
                        error->status, type, scim_json_quote(error->detail, pool));
}
