#include "httpd/authorization.h"

#include <string.h>

#include "core/text.h"

#define SCHEME "Bearer"
#define SCHEME_LENGTH (sizeof(SCHEME) - 1)

/* What a token68 is made of, but for the padding (RFC 7235 2.1). */
#define TOKEN_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"

/* The bytes from `at` on, before `end`, that are among `allowed`. */
static apr_size_t span(const char *at, const char *end, const char *allowed)
{
    const char *start = at;

    while (at < end && *at && strchr(allowed, *at)) {
        at++;
    }
    return (apr_size_t)(at - start);
}

scim_authorization_t scim_authorization_read(const char **token, apr_size_t *token_length,
                                             const char *header, apr_size_t length)
{
    const char *end = header ? header + length : NULL, *start, *at;

    if (header == NULL || length == 0) {
        return SCIM_AUTHORIZATION_NONE;
    }
    if (length < SCHEME_LENGTH || !scim_text_is_name(header, SCHEME_LENGTH, SCHEME)
        || (length > SCHEME_LENGTH && header[SCHEME_LENGTH] != ' ')) {
        return SCIM_AUTHORIZATION_OTHER;
    }
    start = header + SCHEME_LENGTH;
    start += span(start, end, " ");
    if (start == end) {
        return SCIM_AUTHORIZATION_NONE;
    }
    at = start + span(start, end, TOKEN_CHARS);
    at += span(at, end, "=");
    if (at != end) {
        return SCIM_AUTHORIZATION_MALFORMED;
    }
    *token = start;
    *token_length = (apr_size_t)(at - start);
    return SCIM_AUTHORIZATION_TOKEN;
}
