/*
 * Any object is a resource or is refused, by every client's rules; a resource is canonical, and
 * replacing a stored one by it comes out canonical, and twice the same.
 */
#include "core/limits.h"
#include "samples.h"

static void check_replace(const json_t *stored, const json_t *sent, int sample,
                          const scim_reading_t *reading, apr_pool_t *pool)
{
    json_t *result, *again;
    scim_error_t *error = scim_resource_replace(&result, stored, sent, reading, pool);

    if (error) {
        fuzz_check_error(error, SCIM_MUTABILITY);
        return;
    }
    sample_check_canonical(result, sample, pool);
    sample_check_kept(stored, result, sample);
    FUZZ_CHECK(scim_resource_replace(&again, result, sent, reading, pool) == NULL);
    FUZZ_CHECK(sample_same(again, result, pool));
}

/* A resource that was read, and the same with its nulls, which say what to clear. */
static void check_resource(const json_t *resource, const json_t *sent, int sample,
                           const scim_reading_t *reading, apr_pool_t *pool)
{
    scim_error_t *error;
    json_t *same;

    sample_check_canonical(resource, sample, pool);
    FUZZ_CHECK(sample_same(scim_resource_canonical(sent, reading->type, pool), resource, pool));
    FUZZ_CHECK(scim_resource_replace(&same, resource, sent, reading, pool) == NULL);
    FUZZ_CHECK(sample_same(same, resource, pool));
    check_replace(sample_stored(sample), sent, sample, reading, pool);
    error = scim_resource_check(resource, reading->type, pool);
    if (error) {
        fuzz_check_error(error, SCIM_INVALID_VALUE);
    }
}

/* *last is what it was read as by the rules before; the rest is not checked twice. */
static void check(const json_t **last, const json_t *sent, int sample, scim_leniency_t leniency,
                  apr_pool_t *pool)
{
    scim_reading_t reading = sample_reading(sample, leniency), picky = reading;
    json_t *resource, *with_nulls, *known;
    scim_error_t *error;
    int i;

    reading.notes = apr_array_make(pool, 4, sizeof(const char *));
    picky.reject_unknown = 1;
    error = scim_resource_read(&resource, sent, 0, &reading, pool);
    FUZZ_CHECK(reading.notes->nelts <= SCIM_MAX_NOTES + 1); /* the last: there are more */
    for (i = 0; i < reading.notes->nelts; i++) {
        const char *note = APR_ARRAY_IDX(reading.notes, i, const char *);

        FUZZ_CHECK(scim_text_valid(note, strlen(note)));
    }
    if (error) {
        fuzz_check_error(error, SCIM_INVALID_SYNTAX " " SCIM_INVALID_VALUE);
        FUZZ_CHECK(scim_resource_read(&known, sent, 0, &picky, pool));
        return;
    }
    if (scim_resource_read(&known, sent, 0, &picky, pool) == NULL) {
        FUZZ_CHECK(sample_same(known, resource, pool));
    }
    FUZZ_CHECK(scim_resource_read(&with_nulls, sent, 1, &reading, pool) == NULL);
    if (*last && json_equal(*last, with_nulls)) {
        return;
    }
    *last = with_nulls;
    check_resource(resource, with_nulls, sample, &reading, pool);
}

/* 1 when the resource is one of this sample's type, or of no sample's, by what it says first.
 */
static int may_be(const json_t *sent, int sample)
{
    const char *urn = json_string_value(json_array_get(json_object_get(sent, "schemas"), 0));
    int i;

    for (i = 0; urn && i < SAMPLES; i++) {
        if (strcmp(urn, sample_reading(i, 0).type->schema->id) == 0) {
            return i == sample;
        }
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text;
    json_t *sent;
    int i, j;

    if (scim_json_parse(&sent, (const char *)data, size, pool)) {
        return 0;
    }
    text = scim_json_text(sent, NULL, pool);
    for (i = 0; i < SAMPLES; i++) {
        const json_t *last = NULL;

        for (j = 0; may_be(sent, i) && j < SAMPLE_LENIENCIES; j++) {
            check(&last, sent, i, sample_leniency(j), pool);
        }
    }
    FUZZ_CHECK(strcmp(scim_json_text(sent, NULL, pool), text) == 0);
    sample_check_untouched(pool);
    return 0;
}
