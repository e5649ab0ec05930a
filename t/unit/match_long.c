/* Filters and long text: matched as short text is, and not at a cost that grows with both. */
#include "core/match.h"

#include "core/json.h"
#include "filters.h"

static apr_pool_t *pool;

/* Long text is folded in the pool, short text in place: with the same result. */
static void lengths(void)
{
    static const int sizes[] = {1, 200, 254, 255, 256, 257, 1000};
    const scim_filter_t *filters[3];
    scim_filter_t *filter;
    apr_size_t i, j;
    int bad = 0;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *text = apr_pcalloc(pool, (apr_size_t)sizes[i] + 1);
        json_t *user;

        memset(text, 'X', (apr_size_t)sizes[i]);
        user = scim_json_own(pool, json_pack("{s:s}", "title", text));
        memset(text, 'x', (apr_size_t)sizes[i]);
        for (j = 0; j < 3; j++) {
            test_schemas_need(
                parse(&filter,
                      apr_psprintf(pool, "title %s \"%s\"",
                                   ((const char *const[]){"eq", "ew", "ge"})[j], text),
                      "User"));
            filters[j] = filter;
            bad += !scim_match(filters[j], user, NULL, pool);
        }
        test_schemas_need(parse(&filter, apr_psprintf(pool, "title co \"%sx\"", text), "User"));
        bad += scim_match(filter, user, NULL, pool);
    }
    is_int(bad, 0, "text of all lengths");
}

/* Microseconds that `term`, so many times, takes not to match. */
static apr_time_t time_of(const char *term, int times, const json_t *user)
{
    const char *text = term;
    scim_filter_t *filter;
    apr_time_t since;
    int i;

    for (i = 1; i < times; i++) {
        text = apr_pstrcat(pool, text, " or ", term, NULL);
    }
    test_schemas_need(parse(&filter, text, "User"));
    since = apr_time_now();
    ok(!scim_match(filter, user, NULL, pool), "%s does not match, %d times", term, times);
    return apr_time_now() - since;
}

/* A filter that asks the same long text many times must not take many times as long. */
static void long_text(void)
{
    static const char *const terms[] = {"title co \"x\"", "emails.value co \"x\"",
                                        "emails[value co \"x\"]"};
    const apr_size_t length = 400000;
    char *text = apr_palloc(pool, length + 1);
    json_t *user = scim_json_own(pool, json_object());
    apr_size_t i;

    for (i = 0; i < length; i += 2) {
        memcpy(text + i, "\xc3\xa9", 3);
    }
    json_object_set_new(user, "title", json_string(text));
    json_object_set_new(user, "emails", json_pack("[{s:s}]", "value", text));
    for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        apr_time_t one = time_of(terms[i], 1, user), many = time_of(terms[i], 200, user);

        ok(many < 50 * one, "nor takes as long: %d us, %d us", (int)one, (int)many);
    }
}

int main(void)
{
    pool = tap_start();
    schemas = test_schemas(pool);
    lengths();
    long_text();
    return tap_done();
}
