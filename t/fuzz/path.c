/*
 * Any bytes are a path or are refused; a path is printed as one that is the same, and its
 * filter selects elements without harm.
 */
#include "core/path.h"

#include "core/error.h"
#include "core/limits.h"
#include "core/match.h"
#include "samples.h"

static void check_selection(const scim_path_t *path, const scim_path_t *again,
                            const json_t *resource, apr_pool_t *pool)
{
    const json_t *object =
        path->extension ? json_object_get(resource, path->extension->id) : resource;
    const json_t *element;
    size_t i;

    FUZZ_CHECK(path->attribute && path->attribute->multi_valued);
    json_array_foreach(json_object_get(object, path->attribute->name), i, element)
    {
        FUZZ_CHECK(scim_match_element(path->filter, element, pool)
                   == scim_match_element(again->filter, element, pool));
    }
}

static void check(const char *text, size_t size, int sample, scim_leniency_t leniency,
                  apr_pool_t *pool)
{
    scim_reading_t lenient = sample_reading(sample, leniency);
    scim_reading_t strict = sample_reading(sample, 0);
    scim_path_t *path, *again;
    scim_error_t *error = scim_path_parse(&path, text, size, &lenient, pool);
    const char *printed;

    if (error) {
        fuzz_check_error(error, SCIM_INVALID_PATH);
        return;
    }
    FUZZ_CHECK(path->attribute || path->extension || path->name);
    FUZZ_CHECK(path->sub == NULL || path->sub->parent == path->attribute);
    printed = scim_path_print(path, pool);
    if (strlen(printed) > SCIM_MAX_PATH_LENGTH) {
        return;
    }
    FUZZ_CHECK(scim_path_parse(&again, printed, strlen(printed), &strict, pool) == NULL);
    FUZZ_CHECK(strcmp(scim_path_print(again, pool), printed) == 0);
    FUZZ_CHECK(again->extension == path->extension && again->attribute == path->attribute);
    FUZZ_CHECK(again->sub == path->sub && !again->filter == !path->filter);
    if (path->filter) {
        check_selection(path, again, sample_resource(sample), pool);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    int i;

    for (i = 0; i <= SAMPLES; i++) {
        check((const char *)data, size, i, 0, pool);
        check((const char *)data, size, i, TEST_LENIENT, pool);
    }
    return 0;
}
