/*
 * Any user name has a local name by the rules of an administrator, or is refused; a filter for
 * it finds people by that name.
 */
#include "service/username.h"

#include "core/filter.h"
#include "samples.h"

#define LOCAL_SIZE 255

/* Rules as administrators write them, and some that need time or leave nothing. */
static const char *const rules[][3][2] = {
    {{"(.*)@.*", "$1"}},
    {{"^acme\\\\(.+)$", "$1"}, {"\\s+", "."}, {"@example\\.(com|org)$", ""}},
    {{"^(\\w+)\\.(\\w+)@(.+)$", "$2.$1$$$3"}},
    {{"", "-$0-"}},
    {{".", "$0$0$0$0$0$0$0$0"}},
    {{"^((a+)+)+$", "$1"}, {"(?:x|xx|\\p{L}+\\s?)*!", "$0"}},
};
#define POLICIES ((int)(sizeof(rules) / sizeof(rules[0])))

static const scim_policy_t *policy_of(int i)
{
    static scim_policy_t policies[POLICIES];
    apr_array_header_t *rewrites;
    const scim_rewrite_t *rewrite;
    int j;

    if (policies[i].rewrites == NULL) {
        rewrites = apr_array_make(fuzz_root(), 3, sizeof(rewrite));
        for (j = 0; j < 3 && rules[i][j][0]; j++) {
            FUZZ_CHECK(
                scim_rewrite_compile(&rewrite, rules[i][j][0], rules[i][j][1], fuzz_root())
                == NULL);
            APR_ARRAY_PUSH(rewrites, const scim_rewrite_t *) = rewrite;
        }
        policies[i].rewrites = rewrites;
    }
    return &policies[i];
}

/* The name's filter asks for the key of its local name; "" when it has none. */
static void check_filter(const char *wire, const char *key, const scim_policy_t *policy,
                         apr_pool_t *pool)
{
    scim_reading_t reading = sample_reading(0, 0);
    const char *text = apr_pstrcat(pool, "userName eq ", scim_json_quote(wire, pool), NULL);
    const scim_filter_t *filter;
    scim_filter_t *parsed;

    if (scim_filter_parse(&parsed, text, strlen(text), &reading, pool)) {
        FUZZ_CHECK(strlen(text) > 2048);
        return;
    }
    filter = scim_username_filter(parsed, policy, pool);
    FUZZ_CHECK(filter->kind == SCIM_FILTER_LOCAL_NAME);
    FUZZ_CHECK(strcmp(filter->value.text, key) == 0);
}

static void check(const char *wire, const scim_policy_t *policy, apr_pool_t *pool)
{
    const char *local = NULL, *key = "";
    scim_error_t *error = scim_username_local(&local, wire, policy, pool);

    if (error) {
        FUZZ_CHECK(local == NULL);
        fuzz_check_error(error, SCIM_INVALID_VALUE);
    } else {
        FUZZ_CHECK(strlen(local) <= LOCAL_SIZE && !scim_text_blank(local));
        key = scim_text_fold(pool, local, strlen(local));
    }
    if (scim_text_valid(wire, strlen(wire))) {
        FUZZ_CHECK(error || scim_text_valid(local, strlen(local)));
        check_filter(wire, key, policy, pool);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const scim_policy_t none;
    apr_pool_t *pool = fuzz_pool();
    const char *wire = fuzz_string(data, size, pool);
    int i;

    check(wire, &none, pool);
    for (i = 0; i < POLICIES; i++) {
        check(wire, policy_of(i), pool);
    }
    return 0;
}
