/*
 * Any text is a cursor that was given out, or is refused; what was given out comes back as it
 * was, and no other text does.
 */
#include "service/cursor.h"

#include "core/limits.h"
#include "fuzz.h"

static const unsigned char secret[32] = "of this directory, 32 bytes long";
static const unsigned char other_secret[32] = "of another directory; as long is";
static const apr_time_t now = APR_INT64_C(1763760000000000);

static int same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void refused(const char *text, const char *query, const unsigned char key[32],
                    const char *type, apr_time_t when, apr_pool_t *pool)
{
    scim_cursor_t cursor = {.count = 42};
    scim_error_t *error = scim_cursor_open(&cursor, text, query, key, when, pool);

    FUZZ_CHECK(error && cursor.count == 42);
    fuzz_check_error(error, type);
}

/* The cursor of which `at` and `bit` say how it was damaged on its way. */
static void check_damaged(const char *text, uint8_t at, uint8_t bit, const char *query,
                          apr_pool_t *pool)
{
    size_t length = strlen(text), place = at * length / 256;
    char *damaged = apr_pstrdup(pool, text);

    damaged[place] = (char)(damaged[place] ^ (1 << bit % 8));
    refused(damaged, query, secret, SCIM_INVALID_CURSOR, now, pool);
    refused(apr_pstrmemdup(pool, text, place), query, secret, SCIM_INVALID_CURSOR, now, pool);
    refused(apr_pstrcat(pool, text, text, NULL), query, secret, SCIM_INVALID_CURSOR, now, pool);
}

/* The text as the query, and as the key of a position. */
static void check_round(const char *text, uint8_t at, uint8_t bit, apr_pool_t *pool)
{
    scim_cursor_t cursor = {.backward = bit & 1, .count = (int)at - 1}, read;
    const char *sealed, *query = text;
    apr_time_t late = now + apr_time_from_sec(SCIM_CURSOR_TIMEOUT) + 1;

    if (bit & 2) {
        cursor.position.id = "0190b0e0-0000-7000-8000-000000000000";
        cursor.position.key = bit & 4 ? text : NULL;
    }
    FUZZ_CHECK(scim_cursor_seal(&sealed, &cursor, query, secret, now, pool) == NULL);
    if (strlen(sealed) > SCIM_MAX_CURSOR) {
        return;
    }
    FUZZ_CHECK(scim_cursor_open(&read, sealed, query, secret, late - 1, pool) == NULL);
    FUZZ_CHECK(read.backward == cursor.backward && read.count == cursor.count);
    FUZZ_CHECK(same(read.position.id, cursor.position.id));
    FUZZ_CHECK(same(read.position.key, cursor.position.key));
    refused(sealed, query, secret, SCIM_EXPIRED_CURSOR, late, pool);
    refused(sealed, apr_pstrcat(pool, query, "x", NULL), secret, SCIM_INVALID_CURSOR, now,
            pool);
    refused(sealed, query, other_secret, SCIM_INVALID_CURSOR, late, pool);
    check_damaged(sealed, at, bit, query, pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text;

    if (size < 2) {
        return 0;
    }
    text = fuzz_string(data + 2, size - 2, pool);
    refused(text, "query", secret, SCIM_INVALID_CURSOR, now, pool);
    check_round(text, data[0], data[1], pool);
    return 0;
}
