/*
 * Any bytes are an Authorization header; a token that is found in one is all that stands behind
 * the scheme, and is found again.
 */
#include "httpd/authorization.h"

#include "fuzz.h"

static void check_token(const char *token, apr_size_t length, apr_pool_t *pool)
{
    const char *header = apr_psprintf(pool, "bearer %.*s", (int)length, token), *again;
    apr_size_t size, i;

    for (i = 0; i < length; i++) {
        FUZZ_CHECK(token[i] > ' ' && token[i] < 0x7f && !strchr("\",;\\", token[i]));
    }
    FUZZ_CHECK(scim_authorization_read(&again, &size, header, strlen(header))
               == SCIM_AUTHORIZATION_TOKEN);
    FUZZ_CHECK(size == length && memcmp(again, token, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *header = (const char *)data, *token = NULL;
    apr_size_t length = 0;

    if (scim_authorization_read(&token, &length, header, size) != SCIM_AUTHORIZATION_TOKEN) {
        FUZZ_CHECK(token == NULL && length == 0);
        return 0;
    }
    FUZZ_CHECK(length > 0 && token > header && token + length == header + size);
    check_token(token, length, pool);
    return 0;
}
