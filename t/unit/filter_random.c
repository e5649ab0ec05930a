/*
 * filter_random.c - the meaning of filters by way of the whole service: a search in SQLite
 * finds the resources that the core's evaluator says match, as they are read; a sieve that is
 * shown what is stored of them says the same, or that it does not know; and a filter printed is
 * the same filter. On filters and resources of all kinds at random.
 *
 * SCIM_RANDOM_COUNT says how many filters, SCIM_RANDOM_SEED which. A failure prints the
 * smallest part of its filter that fails.
 */
#include "anything.h"

#include "core/limits.h"
#include "core/match.h"
#include "core/sieve.h"
#include "service/membership.h"

#define COUNT 10000

/* ---- what has to hold ----------------------------------------------------------------- */

static int found_some, found_all;

/* One character for each resource of the type: does it match? */
static const char *evaluated(const scim_filter_t *filter, const char *type)
{
    char *set = apr_pcalloc(pool, THINGS + 1);
    int i, yes = 0, all = 0;

    for (i = 0; i < made; i++) {
        int match = strcmp(things[i].type, type) == 0
                    && scim_match(filter, things[i].whole, NULL, pool);

        set[i] = match ? '1' : '0';
        yes += match;
        all += strcmp(things[i].type, type) == 0;
    }
    found_some += yes > 0 && yes < all;
    found_all += yes == all;
    return set;
}

static int sifted, known;

/* The document with nothing behind it that could be read unnoticed. */
static scim_record_t exact_record(const scim_record_t *record, apr_pool_t *exact_pool)
{
    scim_record_t copy = *record;
    char *block = malloc(record->document_length ? record->document_length : 1);

    memcpy(block, record->document, record->document_length);
    apr_pool_cleanup_register(exact_pool, block, tap_free, apr_pool_cleanup_null);
    copy.document = block;
    return copy;
}

/* 1 when the sieve of a filter says nothing else than the evaluator has said. */
static int agrees(const scim_filter_t *filter, const char *type, const char *set)
{
    const scim_attribute_t *hidden =
        scim_membership_attribute(scim_schemas_type(schemas, type));
    const scim_sieve_t *sieve = scim_sieve_make(filter, hidden, pool);
    int i, verdict;

    for (i = 0; sieve && i < made; i++) {
        scim_record_t record = exact_record(things[i].record, pool);

        if (strcmp(things[i].type, type) == 0) {
            verdict = scim_sieve_judge(sieve, &record, pool);
            sifted++;
            known += verdict >= 0;
            if (verdict >= 0 && verdict != (set[i] == '1')) {
                return 0;
            }
        }
    }
    return 1;
}

static const char *searched(const char *text, const char *type)
{
    char *set = memset(apr_pcalloc(pool, THINGS + 1), '0', THINGS);
    scim_call_t call = call_of(type, pool);
    scim_reply_t reply = {0};
    scim_error_t *error;
    json_t *body, *each;
    const char *answer;
    size_t i;
    int at;

    call.search.filter = text;
    call.search.attributes = "id";
    error = scim_call_list(&reply, &call);
    if (error) {
        return error->detail;
    }
    answer = scim_buffer_text(reply.body, pool);
    test_schemas_need(scim_json_parse(&body, answer, strlen(answer), pool));
    json_array_foreach(json_object_get(body, "Resources"), i, each)
    {
        const char *id = json_string_value(json_object_get(each, "id"));

        for (at = 0; strcmp(things[at].id, id) != 0; at++) {
        }
        set[at]++;
    }
    return set;
}

/* What is wrong about a filter, or NULL. */
static const char *fault_of(const char *text, const char *type)
{
    scim_filter_t *filter, *again;
    const char *printed, *set;

    if (parse(&filter, text, type)) {
        return "it cannot be parsed";
    }
    printed = scim_filter_print(filter, pool);
    if (parse(&again, printed, type) || !same(filter, again)
        || strcmp(scim_filter_print(again, pool), printed) != 0) {
        return "printed it is another one";
    }
    set = evaluated(filter, type);
    if (!agrees(filter, type, set)) {
        return "a sieve lets others through than match";
    }
    return strcmp(set, searched(text, type)) == 0 ? NULL : "a search finds others than match";
}

/* ---- the smallest filter that fails ------------------------------------------------------ */

static const scim_filter_t *with_children(const scim_filter_t *filter, int left_out,
                                          int changed, const scim_filter_t *by)
{
    scim_filter_t *copy = apr_pmemdup(pool, filter, sizeof(*filter));
    apr_array_header_t *children = apr_array_make(pool, 4, sizeof(by));
    int i;

    for (i = 0; i < filter->count; i++) {
        if (i != left_out) {
            APR_ARRAY_PUSH(children, const scim_filter_t *) =
                i == changed ? by : filter->children[i];
        }
    }
    copy->children = (const scim_filter_t *const *)children->elts;
    copy->count = children->nelts;
    return copy;
}

/* All filters that are one step smaller. */
static apr_array_header_t *smaller(const scim_filter_t *filter)
{
    apr_array_header_t *all = apr_array_make(pool, 8, sizeof(filter)), *inner;
    int i, j;

    for (i = 0; i < filter->count; i++) {
        if (filter->kind != SCIM_FILTER_VALUE) {
            APR_ARRAY_PUSH(all, const scim_filter_t *) = filter->children[i];
        }
        if (filter->count > 2) {
            APR_ARRAY_PUSH(all, const scim_filter_t *) = with_children(filter, i, -1, NULL);
        }
        inner = smaller(filter->children[i]);
        for (j = 0; j < inner->nelts; j++) {
            APR_ARRAY_PUSH(all, const scim_filter_t *) =
                with_children(filter, -1, i, APR_ARRAY_IDX(inner, j, const scim_filter_t *));
        }
    }
    return all;
}

static const char *smallest(const char *text, const char *type)
{
    scim_filter_t *filter;
    apr_array_header_t *all;
    int i;

    if (parse(&filter, text, type)) {
        return text;
    }
    all = smaller(filter);
    for (i = 0; i < all->nelts; i++) {
        const char *part =
            scim_filter_print(APR_ARRAY_IDX(all, i, const scim_filter_t *), pool);

        if (strlen(part) < strlen(text) && fault_of(part, type)) {
            return smallest(part, type);
        }
    }
    return text;
}

/* ---- all of it -----------------------------------------------------------------------------
 */

static int setting(const char *name, int otherwise)
{
    const char *value = getenv(name);

    return value ? atoi(value) : otherwise;
}

int main(void)
{
    int count, i, wrong = 0;
    apr_pool_t *whole;
    unsigned first;

    tap_start();
    apr_pool_create(&pool, tap_pool);
    schemas = test_schemas(tap_pool);
    count = setting("SCIM_RANDOM_COUNT", COUNT);
    first = seed = (unsigned)setting("SCIM_RANDOM_SEED", 7644);
    make_indexes();
    make_names();
    start(place_file("filters.db"));
    whole = tap_pool;
    tap_pool = pool; /* for what parsing leaves */
    for (i = 0; i < count && wrong < 5; i++) {
        const char *text, *fault;

        apr_pool_clear(pool);
        text = filter_text(i % 3, 3);
        fault = strlen(text) < SCIM_MAX_FILTER_LENGTH ? fault_of(text, types[i % 3]) : NULL;
        if (fault) {
            text = smallest(text, types[i % 3]);
            ok(0, "%s: %s: %s", types[i % 3], fault, shown(text));
            wrong++;
        }
    }
    tap_pool = whole;
    ok(wrong == 0, "%d filters of seed %u", count, first);
    ok(found_some > count / 4, "%d of them find some resources and not others", found_some);
    ok(found_all < count / 2, "%d find all", found_all);
    ok(known > sifted / 4 * 3, "sieves know the answer %d times of %d", known, sifted);
    return tap_done();
}
