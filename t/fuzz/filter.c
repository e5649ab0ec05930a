/*
 * Any bytes are a filter or are refused; a filter is printed as one that is the same, and
 * matches the same resources.
 */
#include "core/match.h"

#include "core/error.h"
#include "core/limits.h"
#include "samples.h"

static void check_matches(const scim_filter_t *filter, const scim_filter_t *again,
                          apr_pool_t *pool)
{
    scim_filter_t negation = {.kind = SCIM_FILTER_NOT, .children = &filter, .count = 1};
    int i;

    for (i = 0; i < SAMPLES; i++) {
        int matches = scim_match(filter, sample_resource(i), NULL, pool);

        FUZZ_CHECK(scim_match(again, sample_resource(i), NULL, pool) == matches);
        FUZZ_CHECK(scim_match(&negation, sample_resource(i), NULL, pool) == !matches);
    }
}

static void check(const char *text, size_t size, int sample, scim_leniency_t leniency,
                  int all_types, apr_pool_t *pool)
{
    scim_reading_t lenient = sample_reading(sample, leniency);
    scim_reading_t strict = sample_reading(sample, 0);
    scim_filter_t *filter, *again;
    scim_error_t *error;
    const char *printed;

    lenient.all_types = strict.all_types = all_types;
    error = scim_filter_parse(&filter, text, size, &lenient, pool);
    if (error) {
        fuzz_check_error(error, SCIM_INVALID_FILTER);
        return;
    }
    FUZZ_CHECK(scim_filter_terms(filter) >= 1);
    FUZZ_CHECK(scim_filter_terms(filter) <= SCIM_MAX_FILTER_TERMS);
    printed = scim_filter_print(filter, pool);
    if (strlen(printed) <= SCIM_MAX_FILTER_LENGTH) {
        FUZZ_CHECK(scim_filter_parse(&again, printed, strlen(printed), &strict, pool) == NULL);
        FUZZ_CHECK(strcmp(scim_filter_print(again, pool), printed) == 0);
        FUZZ_CHECK(scim_filter_terms(again) == scim_filter_terms(filter));
        check_matches(filter, again, pool);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    int i;

    for (i = 0; i <= SAMPLES; i++) {
        check((const char *)data, size, i, 0, 0, pool);
        check((const char *)data, size, i, TEST_LENIENT, 0, pool);
        check((const char *)data, size, i, 0, 1, pool);
    }
    return 0;
}
