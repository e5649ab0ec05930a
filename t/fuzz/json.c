/*
 * Any bytes are an object or are refused; an object is written as text that is read as the
 * same. What is read and written in our own way is what jansson makes of it.
 */
#include "core/json_print.h"
#include "core/json_scan.h"
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

static void compare_text(const json_t *value, apr_pool_t *pool)
{
    size_t size = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = apr_palloc(pool, size), *ours = apr_palloc(pool, size);

    json_dumpb(value, text, size, JSON_COMPACT | JSON_ENCODE_ANY);
    FUZZ_CHECK(scim_json_print(value, ours, 0) == size);
    FUZZ_CHECK(scim_json_print(value, ours, size / 2) == size);
    FUZZ_CHECK(scim_json_print(value, ours, size) == size);
    FUZZ_CHECK(memcmp(text, ours, size) == 0);
}

/* Any text, not only objects. */
static void compare_with_jansson(const char *text, size_t size, apr_pool_t *pool)
{
    json_t *value, *ours;

    if (!scim_text_valid(text, size)) {
        return;
    }
    ours = scim_json_own(pool, scim_json_scan(text, size));
    value = scim_json_own(
        pool, json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL));
    FUZZ_CHECK(ours == NULL || (value && json_equal(ours, value)));
    if (ours) {
        compare_text(ours, pool);
    }
    if (value) {
        compare_text(value, pool);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text = (const char *)data;
    json_t *value = NULL;
    scim_error_t *error = scim_json_parse(&value, text, size, pool);

    check_quote(text, size, pool);
    compare_with_jansson(text, size, pool);
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
