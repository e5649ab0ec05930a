/*
 * Any bytes can be quoted in a message; text is folded to text that folds to itself.
 */
#include "core/uuid.h"
#include "fuzz.h"

#define QUOTED 64 /* characters that are quoted at most */

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

static void check_quote(const char *text, size_t size, apr_pool_t *pool)
{
    const char *quoted = scim_error_quote(pool, text, size), *c;

    FUZZ_CHECK(scim_text_valid(quoted, strlen(quoted)));
    FUZZ_CHECK(characters(quoted) <= QUOTED + strlen("'...'"));
    for (c = quoted; *c; c++) {
        FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
    }
}

static void check_fold(const char *text, size_t size, apr_pool_t *pool)
{
    const char *folded = scim_text_fold(pool, text, size);

    if (scim_text_valid(text, size)) {
        FUZZ_CHECK(scim_text_valid(folded, strlen(folded)));
        FUZZ_CHECK(strcmp(scim_text_fold(pool, folded, strlen(folded)), folded) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text = (const char *)data, *string = fuzz_string(data, size, pool);

    check_quote(text, size, pool);
    check_fold(text, size, pool);
    FUZZ_CHECK(scim_text_same_name(string, string));
    FUZZ_CHECK(scim_text_is_name(text, strlen(string), string));
    FUZZ_CHECK(scim_text_blank(string) || *string);
    FUZZ_CHECK(!scim_uuid_valid(string) || strlen(string) == SCIM_ID_LENGTH);
    return 0;
}
