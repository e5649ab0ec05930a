/*
 * Any headers are preconditions or are refused: the first line is If-Match, what is behind it,
 * if there is a second one, If-None-Match. Preconditions are judged by the tags they name.
 */
#include "core/etag.h"

#include "core/limits.h"
#include "fuzz.h"

static int parse(scim_etags_t *etags, const char *header, const char *value, apr_pool_t *pool)
{
    scim_error_t *error = scim_etags_parse(etags, header, value, pool);
    int i;

    if (error) {
        fuzz_check_error(error, SCIM_INVALID_SYNTAX);
        FUZZ_CHECK(strstr(error->detail, header));
        return 0;
    }
    FUZZ_CHECK(etags->sent == (value != NULL));
    FUZZ_CHECK(etags->count <= SCIM_MAX_ETAGS);
    FUZZ_CHECK(etags->sent == (etags->any || etags->count));
    for (i = 0; i < etags->count; i++) {
        FUZZ_CHECK(strchr(etags->tags[i], '"') == NULL);
    }
    return 1;
}

/* What is left of a tag without the digest of a view. */
static apr_size_t version_part(const char *tag)
{
    apr_size_t length = strlen(tag), hex = 0;

    while (hex < length && strchr("0123456789abcdef", tag[length - 1 - hex])) {
        hex++;
    }
    return hex >= 16 && length > 17 && tag[length - 17] == '-' ? length - 17 : length;
}

static int names(const scim_etags_t *etags, const char *tag)
{
    int i = 0;

    while (i < etags->count
           && (version_part(etags->tags[i]) != strlen(tag)
               || strncmp(etags->tags[i], tag, strlen(tag)) != 0)) {
        i++;
    }
    return etags->any || i < etags->count;
}

static void check_judgement(const scim_precondition_t *precondition, apr_int64_t version,
                            apr_pool_t *pool)
{
    const char *tag = apr_psprintf(pool, "%" APR_INT64_T_FMT, version);
    scim_verdict_t read = scim_precondition_judge(precondition, version, 1);
    scim_verdict_t written = scim_precondition_judge(precondition, version, 0);
    int matches = !precondition->match.sent || (version && names(&precondition->match, tag));
    int differs = !precondition->none_match.sent || version == 0
                  || !names(&precondition->none_match, tag);

    FUZZ_CHECK((read == SCIM_PROCEED) == (matches && differs));
    FUZZ_CHECK((read == SCIM_NOT_MODIFIED) == (matches && !differs));
    FUZZ_CHECK(written == (read == SCIM_PROCEED ? SCIM_PROCEED : SCIM_FAILED));
}

/* A version is named by its own tag, a view by its own alone. */
static void check_own(apr_int64_t version, const char *digest, apr_pool_t *pool)
{
    scim_precondition_t precondition = {{0}, {0}};
    const char *tag = scim_etag(version, digest, pool);

    FUZZ_CHECK(parse(&precondition.match, "If-Match", tag, pool));
    FUZZ_CHECK(scim_precondition_judge(&precondition, version, 0) == SCIM_PROCEED);
    FUZZ_CHECK(scim_etags_name(&precondition.match, version, digest));
    FUZZ_CHECK(!scim_etags_name(&precondition.match, version, digest ? NULL : "0123"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    size_t first = line ? (size_t)(line - data) : size;
    const char *match = fuzz_string(data, first, pool);
    const char *none_match = line ? fuzz_string(line + 1, size - first - 1, pool) : NULL;
    scim_precondition_t precondition;
    apr_int64_t version = apr_atoi64(match + strcspn(match, "123456789"));
    int parsed = parse(&precondition.match, "If-Match", match, pool);

    if (parse(&precondition.none_match, "If-None-Match", none_match, pool) && parsed) {
        check_judgement(&precondition, 0, pool);
        check_judgement(&precondition, 1, pool);
        check_judgement(&precondition, version, pool);
    }
    if (version > 0) {
        check_own(version, NULL, pool);
        check_own(version, "0123456789abcdef", pool);
    }
    return 0;
}
