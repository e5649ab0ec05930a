/*
 * Any object is a PATCH message or is refused, by every client's rules; applied to a resource
 * it leaves that as it is and makes a canonical one, in which what is required and what is
 * immutable is still there.
 */
#include "core/patch.h"

#include "core/limits.h"
#include "samples.h"

/* What it says on a message that is none, and on one that cannot be applied. */
#define READING                                                                                \
    SCIM_INVALID_SYNTAX " " SCIM_INVALID_PATH " " SCIM_NO_TARGET " " SCIM_INVALID_VALUE        \
                        " " SCIM_MUTABILITY
#define APPLYING                                                                               \
    SCIM_NO_TARGET " " SCIM_INVALID_VALUE " " SCIM_INVALID_SYNTAX " " SCIM_MUTABILITY          \
                   " " SCIM_TOO_MANY

static void check_required(const json_t *before, const json_t *after,
                           const scim_attributes_t *attributes)
{
    int i;

    for (i = 0; i < attributes->count; i++) {
        const char *name = attributes->list[i]->name;

        FUZZ_CHECK(!attributes->list[i]->required || json_object_get(after, name)
                   || !json_object_get(before, name));
    }
}

static void check_result(const json_t *before, const json_t *after, int sample,
                         apr_pool_t *pool)
{
    const scim_resource_type_t *type = sample_reading(sample, 0).type;
    int i;

    sample_check_canonical(after, sample, pool);
    sample_check_kept(before, after, sample);
    check_required(before, after, &type->schema->attributes);
    for (i = 0; i < type->extension_count; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;
        const json_t *now = json_object_get(after, schema->id);

        FUZZ_CHECK(now || !type->extensions[i].required);
        if (now) {
            check_required(json_object_get(before, schema->id), now, &schema->attributes);
        }
    }
}

/* *last is what came of it by the rules before; that is not checked twice. */
static void check(const json_t **last, const json_t *message, int sample,
                  scim_leniency_t leniency, apr_pool_t *pool)
{
    scim_reading_t reading = sample_reading(sample, leniency);
    const json_t *resource = sample_stored(sample);
    scim_patch_t *patch;
    scim_error_t *error;
    json_t *result = NULL;

    reading.notes = apr_array_make(pool, 4, sizeof(const char *));
    reading.reject_unknown = leniency == 0;
    error = scim_patch_read(&patch, message, &reading, pool);
    FUZZ_CHECK(reading.notes->nelts <= SCIM_MAX_NOTES + 1); /* the last: there are more */
    if (error) {
        fuzz_check_error(error, READING);
        return;
    }
    error = scim_patch_apply(&result, resource, patch, &reading, pool);
    if (error) {
        FUZZ_CHECK(result == NULL);
        fuzz_check_error(error, APPLYING);
        return;
    }
    if (*last == NULL || !json_equal(*last, result)) {
        check_result(resource, result, sample, pool);
    }
    *last = result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *text;
    json_t *message;
    int i, j;

    if (scim_json_parse(&message, (const char *)data, size, pool)) {
        return 0;
    }
    text = scim_json_text(message, NULL, pool);
    for (i = 0; i < SAMPLES; i++) {
        const json_t *last = NULL;

        for (j = 0; j < SAMPLE_LENIENCIES; j++) {
            check(&last, message, i, sample_leniency(j), pool);
        }
    }
    FUZZ_CHECK(strcmp(scim_json_text(message, NULL, pool), text) == 0);
    sample_check_untouched(pool);
    return 0;
}
