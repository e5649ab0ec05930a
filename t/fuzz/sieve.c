/*
 * Any bytes are a document that a sieve looks at without reading past its end. Of a document
 * that is well-formed it says what the evaluator says of the resource, or that it does not
 * know.
 *
 * An input is a filter, a line's end, and the document.
 */
#include "core/sieve.h"

#include "core/datetime.h"
#include "core/etag.h"
#include "core/match.h"
#include "samples.h"

static const scim_record_t *record_of(int sample, const char *document, size_t length,
                                      apr_pool_t *pool)
{
    scim_record_t *record = apr_pcalloc(pool, sizeof(*record));
    char *block = malloc(length ? length : 1);

    if (block == NULL) {
        abort();
    }
    apr_pool_cleanup_register(pool, block, fuzz_free, apr_pool_cleanup_null);
    record->type = samples[sample].type;
    record->id = "0197f1ab-0000-7000-8000-0123456789ab";
    record->local_key = "bjensen";
    record->version = 7;
    record->created = APR_INT64_C(1305261754000123);
    record->modified = APR_INT64_C(1305261755000999);
    record->document = length ? memcpy(block, document, length) : block;
    record->document_length = length;
    return record;
}

/* The resource of the record. */
static const json_t *whole_of(const scim_record_t *record, json_t *document, apr_pool_t *pool)
{
    char created[SCIM_DATETIME_SIZE], modified[SCIM_DATETIME_SIZE];
    json_t *whole = scim_json_own(pool, json_copy(document));

    json_object_set_new(whole, "id", json_string(record->id));
    json_object_set_new(whole, "meta",
                        json_pack("{s:s, s:s, s:s, s:s}", "resourceType", record->type,
                                  "created", scim_datetime_format(created, record->created),
                                  "lastModified",
                                  scim_datetime_format(modified, record->modified), "version",
                                  scim_etag(record->version, NULL, pool)));
    return whole;
}

static void check(int sample, const char *text, size_t length, const char *document,
                  size_t size, apr_pool_t *pool)
{
    scim_reading_t reading = sample_reading(sample, 0);
    const scim_record_t *record = record_of(sample, document, size, pool);
    const scim_sieve_t *sieve;
    scim_filter_t *filter;
    json_t *parsed;
    int verdict;

    if (scim_filter_parse(&filter, text, length, &reading, pool)) {
        return;
    }
    sieve = scim_sieve_make(filter, NULL, pool);
    if (sieve == NULL) {
        return;
    }
    verdict = scim_sieve_judge(sieve, record, pool);
    FUZZ_CHECK(verdict >= -1 && verdict <= 1);
    if (verdict >= 0 && scim_json_parse(&parsed, document, size, pool) == NULL) {
        FUZZ_CHECK(verdict == scim_match(filter, whole_of(record, parsed, pool), NULL, pool));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = size ? memchr(data, '\n', size) : NULL;
    size_t length = end ? (size_t)(end - text) : size;
    apr_pool_t *pool = fuzz_pool();
    int i;

    for (i = 0; end && i < SAMPLES; i++) {
        check(i, text, length, end + 1, size - length - 1, pool);
    }
    return 0;
}
