/*
 * Any bytes are an object or are refused; an object is written as text that is read as the
 * same.
 */
#include "core/limits.h"
#include "fuzz.h"

static void check_text(const json_t *value, apr_pool_t *pool)
{
    apr_size_t length;
    const char *text = scim_json_text(value, &length, pool);
    json_t *again;

    FUZZ_CHECK(strlen(text) == length);
    FUZZ_CHECK(scim_json_parse(&again, text, length, pool) == NULL);
    FUZZ_CHECK(json_equal(value, again));
    FUZZ_CHECK(strcmp(scim_json_text(again, NULL, pool), text) == 0);
}

static void check_members(const json_t *object, apr_pool_t *pool)
{
    const char *name, *found;
    json_t *value;

    json_object_foreach((json_t *)object, name, value)
    {
        FUZZ_CHECK(scim_json_member(object, name, &found) == value);
        FUZZ_CHECK(strcmp(found, name) == 0);
        FUZZ_CHECK(scim_json_kind(value));
        FUZZ_CHECK(json_equal(scim_json_copy(value, pool), value));
    }
}

/* The bytes inside of a string, when they are text. */
static void check_quote(const char *text, size_t size, apr_pool_t *pool)
{
    const char *quoted;
    json_t *value;

    if (!scim_text_valid(text, size)) {
        return;
    }
    quoted = apr_pstrcat(
        pool, "{\"a\":", scim_json_quote(apr_pstrmemdup(pool, text, size), pool), "}", NULL);
    FUZZ_CHECK(scim_json_parse(&value, quoted, strlen(quoted), pool) == NULL);
    value = json_object_get(value, "a");
    FUZZ_CHECK(json_string_length(value) == size);
    FUZZ_CHECK(memcmp(json_string_value(value), text, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text = (const char *)data;
    json_t *value = NULL;
    scim_error_t *error = scim_json_parse(&value, text, size, pool);

    check_quote(text, size, pool);
    if (error) {
        FUZZ_CHECK(value == NULL);
        fuzz_check_error(error, SCIM_INVALID_SYNTAX);
        return 0;
    }
    FUZZ_CHECK(json_is_object(value));
    check_text(value, pool);
    check_members(value, pool);
    return 0;
}
