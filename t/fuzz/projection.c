/*
 * Any list of names is a projection or is refused; the view of a resource has nothing that the
 * resource has not, nothing that is never returned, and always `schemas` and `id`.
 */
#include "core/projection.h"

#include "samples.h"

#define ERRORS SCIM_INVALID_PATH " " SCIM_INVALID_VALUE

static void check_members(const scim_projection_t *projection, const json_t *view,
                          const scim_attributes_t *attributes)
{
    int i, j;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        const json_t *value = json_object_get(view, attribute->name), *first;

        FUZZ_CHECK(value == NULL || attribute->returned != SCIM_RETURNED_NEVER);
        FUZZ_CHECK(value == NULL || scim_projection_wants(projection, attribute));
        first = json_is_array(value) ? json_array_get(value, 0) : value;
        for (j = 0; value && j < attribute->attributes.count; j++) {
            const scim_attribute_t *sub = attribute->attributes.list[j];

            FUZZ_CHECK(json_object_get(first, sub->name) == NULL
                       || sub->returned != SCIM_RETURNED_NEVER);
        }
    }
}

/* A view of a view is that view. */
static json_t *check_view(const scim_projection_t *projection, int sample, apr_pool_t *pool)
{
    const scim_resource_type_t *type = sample_reading(sample, 0).type;
    const json_t *resource = sample_resource(sample);
    json_t *view = scim_projection_apply(projection, resource, type, pool), *value;
    const char *key;

    FUZZ_CHECK(json_object_get(view, "id") && json_object_get(view, "schemas"));
    json_object_foreach(view, key, value)
    {
        FUZZ_CHECK(json_object_get(resource, key));
    }
    check_members(projection, view, type->common);
    check_members(projection, view, &type->schema->attributes);
    FUZZ_CHECK(json_equal(scim_projection_apply(projection, view, type, pool), view));
    return view;
}

static const json_t *default_view(int sample)
{
    static const json_t *views[SAMPLES];

    if (views[sample] == NULL) {
        views[sample] = check_view(NULL, sample, fuzz_root());
    }
    return views[sample];
}

/* What is not among `attributes` is left by the same names in `excludedAttributes`. */
static void check_halves(const json_t *some, const json_t *rest, int sample)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)default_view(sample), key, value)
    {
        FUZZ_CHECK(json_object_get(some, key) || json_object_get(rest, key));
    }
}

/* For queries over all types the names are looked up later, and come to the same. */
static void check_later(const json_t *view, const char *list, int sample,
                        scim_leniency_t leniency, apr_pool_t *pool)
{
    scim_reading_t reading = sample_reading(SAMPLES, leniency);
    scim_projection_t *any;

    if (scim_projection_parse(&any, list, NULL, &reading, pool) == NULL) {
        FUZZ_CHECK(json_equal(scim_projection_apply(any, sample_resource(sample),
                                                    sample_reading(sample, 0).type, pool),
                              view));
    }
}

static void check(const char *list, int sample, scim_leniency_t leniency, apr_pool_t *pool)
{
    scim_reading_t reading = sample_reading(sample, leniency);
    scim_projection_t *only, *without;
    scim_error_t *error = scim_projection_parse(&only, list, NULL, &reading, pool);
    scim_error_t *other = scim_projection_parse(&without, NULL, list, &reading, pool);

    FUZZ_CHECK(!error == !other);
    if (error) {
        fuzz_check_error(error, ERRORS);
        fuzz_check_error(other, ERRORS);
    } else if (sample < SAMPLES) {
        const json_t *view = check_view(only, sample, pool);

        check_halves(view, check_view(without, sample, pool), sample);
        check_later(view, list, sample, leniency, pool);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *list = fuzz_string(data, size, pool);
    int i;

    for (i = 0; i <= SAMPLES; i++) {
        check(list, i, 0, pool);
        check(list, i, TEST_LENIENT, pool);
    }
    sample_check_untouched(pool);
    return 0;
}
