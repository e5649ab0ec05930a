#include "tap.h"

#include "core/filter.h"
#include "service/username.h"

static apr_pool_t *pool;

static scim_policy_t rules(int count, const char *const (*pairs)[2])
{
    scim_policy_t policy = {.rewrites = NULL};
    apr_array_header_t *list = apr_array_make(pool, 4, sizeof(const scim_rewrite_t *));
    int i;

    for (i = 0; i < count; i++) {
        const scim_rewrite_t *rewrite = NULL;

        is(scim_rewrite_compile(&rewrite, pairs[i][0], pairs[i][1], pool), NULL,
           apr_psprintf(pool, "rule '%s' '%s'", pairs[i][0], pairs[i][1]));
        APR_ARRAY_PUSH(list, const scim_rewrite_t *) = rewrite;
    }
    policy.rewrites = list;
    return policy;
}

static const char *local(const scim_policy_t *policy, const char *wire)
{
    const char *name;
    scim_error_t *error = scim_username_local(&name, wire, policy, pool);

    return error ? error->detail : name;
}

static void test_compile(void)
{
    static const struct {
        const char *expression, *replacement, *part;
    } bad[] = {
        {"(.*", "$1", "'(.*' is not a regular expression"},
        {"(.*)@.*", "$2", "uses $2, but the groups in the expression number 1"},
        {"(.*)@.*", "\\1", "write $1 for a group, not \\1"},
        {"(.*)@.*", "EXAMPLE\\\\2", "write $2 for a group, not \\2"},
        {"(.*)@.*", "$x", "followed by one digit"},
        {"(.*)@.*", "a$", "followed by one digit"},
        {"(.*)@.*", "$10", "followed by one digit"},
        {"(.*)@.*", "${1}", "followed by one digit"},
    };
    const scim_rewrite_t *rewrite;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *problem =
            scim_rewrite_compile(&rewrite, bad[i].expression, bad[i].replacement, pool);

        ok(problem && strstr(problem, bad[i].part), "refused: '%s' '%s': %s", bad[i].expression,
           bad[i].replacement, problem ? problem : "accepted");
    }
}

static void test_local(void)
{
    static const char *const none[1][2] = {{"", ""}};
    static const char *const strip[1][2] = {{"(.*)@.*", "$1"}};
    static const char *const chain[3][2] = {
        {"^EXAMPLE\\\\(.*)$", "$1"}, {"@example\\.com$", ""}, {"^(.)[^.]*\\.(.*)", "$1$$$2$0"}};
    static const char *const slow[1][2] = {{"^(a+)+$", "$1"}};
    scim_policy_t policy = rules(0, none);
    char long_name[258];

    is(local(&policy, "Ada@Example.com"), "Ada@Example.com", "no rules: unchanged");
    policy = rules(1, strip);
    is(local(&policy, "ada@example.com"), "ada", "stripped");
    is(local(&policy, "ada"), "ada", "a rule that does not match changes nothing");
    is(local(&policy, "a@b@c"), "a@b", "greedy as written");
    is(local(&policy, "\xC3\x89mile@x"), "\xC3\x89mile", "Unicode");
    is(local(&policy, "@example.com"), "The local name '' is empty.", "nothing left");
    is(local(&policy, ""), "The userName '' is empty.", "nothing there");
    is(local(&policy, "\xE2\x80\x8B"), "The userName '?' is empty.",
       "only invisible characters");
    policy = rules(3, chain);
    is(local(&policy, "example\\ada@EXAMPLE.COM"), "ada", "in order, whatever the case");
    is(local(&policy, "ada.king"), "a$kingada.king", "$0, $$ and groups");

    memset(long_name, 'x', sizeof(long_name));
    long_name[255] = '\0';
    is(local(&policy, long_name), long_name, "255 bytes are allowed");
    long_name[255] = 'x';
    long_name[256] = '\0';
    ok(strstr(local(&policy, long_name), "too long") != NULL, "256 are not");

    policy = rules(1, slow);
    ok(strstr(
           local(&policy, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
           "cannot be turned")
           != NULL,
       "an expression that explodes is stopped");
}

static const char *rewritten(const char *text, const scim_policy_t *policy,
                             const scim_reading_t *reading)
{
    scim_filter_t *filter;
    scim_error_t *error = scim_filter_parse(&filter, exact(text), strlen(text), reading, pool);

    if (error) {
        return error->detail;
    }
    return scim_filter_print(scim_username_filter(filter, policy, pool), pool);
}

static const scim_filter_t *node(const char *text, const scim_policy_t *policy,
                                 const scim_reading_t *reading)
{
    scim_filter_t *filter;

    if (scim_filter_parse(&filter, exact(text), strlen(text), reading, pool)) {
        return NULL;
    }
    return scim_username_filter(filter, policy, pool);
}

static void test_filter(void)
{
    static const char *const strip[1][2] = {{"(.*)@.*", "$1"}};
    scim_policy_t policy = rules(1, strip);
    scim_reading_t reading = {.leniency = 0};
    const scim_filter_t *filter;
    scim_schemas_t *schemas;

    is_fine(scim_schemas_create(&schemas, pool), "schemas");
    reading.type = scim_schemas_type(schemas, "User");

    filter = node("userName eq \"ADA@Example.com\"", &policy, &reading);
    ok(filter && filter->kind == SCIM_FILTER_LOCAL_NAME, "eq compares the local name");
    is(filter ? filter->value.folded : NULL, "ada", "rewritten and folded");
    filter = node("urn:ietf:params:scim:schemas:core:2.0:User:USERNAME ne \"a@b\"", &policy,
                  &reading);
    ok(filter && filter->kind == SCIM_FILTER_NOT
           && filter->children[0]->kind == SCIM_FILTER_LOCAL_NAME,
       "ne is its opposite");
    filter =
        node("active eq true and (title pr or not (userName eq \"x@y\"))", &policy, &reading);
    ok(filter && filter->kind == SCIM_FILTER_AND && filter->count == 2
           && filter->children[1]->kind == SCIM_FILTER_OR
           && filter->children[1]->children[1]->kind == SCIM_FILTER_NOT
           && filter->children[1]->children[1]->children[0]->kind == SCIM_FILTER_LOCAL_NAME,
       "anywhere inside");
    filter = node("userName eq \"@nobody\"", &policy, &reading);
    is(filter ? filter->value.folded : NULL, "", "a name that leads nowhere finds nobody");
    is(rewritten("userName sw \"ada@\"", &policy, &reading), "userName sw \"ada@\"",
       "other operators see the wire name");
    is(rewritten("emails[value eq \"a@b\"]", &policy, &reading), "emails[value eq \"a@b\"]",
       "other attributes too");
}

int main(void)
{
    pool = tap_start();
    test_compile();
    test_local();
    test_filter();
    return tap_done();
}
