/*
 * Any bytes are taken for what a client accepts and for what it sends; the answer is one of two
 * types, the refusal one of 415.
 */
#include "httpd/media.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text = (const char *)data;
    const char *lenient = scim_media_choose(text, size, 0);
    const char *plain = scim_media_choose(text, size, 1);
    scim_error_t *error = scim_media_check(text, size, pool);

    FUZZ_CHECK(strcmp(lenient, SCIM_MEDIA_SCIM) == 0 || strcmp(lenient, SCIM_MEDIA_JSON) == 0);
    /* They differ when the client has no preference, and then each is its own default. */
    FUZZ_CHECK(
        strcmp(lenient, plain) == 0
        || (strcmp(lenient, SCIM_MEDIA_SCIM) == 0 && strcmp(plain, SCIM_MEDIA_JSON) == 0));
    if (error) {
        FUZZ_CHECK(error->status == 415 && error->type == NULL);
        fuzz_check_detail(error);
    }
    return 0;
}
