#include "httpd/authorization.h"

#include <apr_escape.h>

#include "tap.h"

#define NONE SCIM_AUTHORIZATION_NONE
#define OTHER SCIM_AUTHORIZATION_OTHER
#define MALFORMED SCIM_AUTHORIZATION_MALFORMED
#define TOKEN SCIM_AUTHORIZATION_TOKEN

static const struct {
    const char *header;
    scim_authorization_t expected;
    const char *token;
} headers[] = {
    {"Bearer abc", TOKEN, "abc"},
    {"bearer abc", TOKEN, "abc"},
    {"BEARER ABC", TOKEN, "ABC"},
    {"Bearer    abc", TOKEN, "abc"},
    {"Bearer aZ09-._~+/==", TOKEN, "aZ09-._~+/=="},
    {"Bearer a=", TOKEN, "a="},
    {"Bearer =", TOKEN, "="},
    {"Bearer Bearer", TOKEN, "Bearer"},
    {"", NONE, NULL},
    {"Bearer", NONE, NULL},
    {"bearer ", NONE, NULL},
    {"Bearer    ", NONE, NULL},
    {"B", OTHER, NULL},
    {"Beare", OTHER, NULL},
    {"Bearer\tabc", OTHER, NULL},
    {"Bearers abc", OTHER, NULL},
    {"Bearer=abc", OTHER, NULL},
    {" Bearer abc", OTHER, NULL},
    {"abc", OTHER, NULL},
    {"Basic YTpi", OTHER, NULL},
    {"Basic YTpi, Bearer abc", OTHER, NULL},
    {"Bearer abc ", MALFORMED, NULL},
    {"Bearer abc def", MALFORMED, NULL},
    {"Bearer abc\tdef", MALFORMED, NULL},
    {"Bearer abc,", MALFORMED, NULL},
    {"Bearer abc, Bearer abc", MALFORMED, NULL},
    {"Bearer ,abc", MALFORMED, NULL},
    {"Bearer a=b", MALFORMED, NULL},
    {"Bearer =a", MALFORMED, NULL},
    {"Bearer \"abc\"", MALFORMED, NULL},
    {"Bearer \xc3\xa9", MALFORMED, NULL},
    {"Bearer abc\xff", MALFORMED, NULL},
    {"Bearer abc\r\nX: y", MALFORMED, NULL},
};

static void check(const char *header, apr_size_t length, scim_authorization_t expected,
                  const char *token, const char *name)
{
    const char *sent = NULL, *block = exact_bytes(header, length);
    apr_size_t size = 0;

    is_int(scim_authorization_read(&sent, &size, block, length), expected, name);
    if (token) {
        ok(sent && size == strlen(token) && strncmp(sent, token, size) == 0,
           "%s: the token is %s", name, token);
        ok(sent >= block && sent + size <= block + length, "%s: it stands in the header", name);
    } else {
        ok(sent == NULL && size == 0, "%s: there is no token", name);
    }
}

int main(void)
{
    apr_pool_t *pool = tap_start();
    const char *sent = NULL;
    apr_size_t size = 0, i;

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        check(headers[i].header, strlen(headers[i].header), headers[i].expected,
              headers[i].token,
              apr_psprintf(pool, "'%s'", apr_pescape_echo(pool, headers[i].header, 0)));
    }
    is_int(scim_authorization_read(&sent, &size, NULL, 0), NONE, "no header");
    is_int(scim_authorization_read(&sent, &size, "Bearer abc", 5), OTHER,
           "a part of the scheme");
    check("Bearer abcdef", 10, TOKEN, "abc", "no more than the length is read");
    check("Bearer abc\0def", 14, MALFORMED, NULL, "a NUL in the token");
    check("Bearer \0abc", 11, MALFORMED, NULL, "a NUL before the token");
    check("Bearer\0abc", 10, OTHER, NULL, "a NUL behind the scheme");
    check("Bear\0r abc", 10, OTHER, NULL, "a NUL in the scheme");
    return tap_done();
}
