/* Orders, places and types of lists: what every directory provider makes of them. */
#include "directories.h"

#include "core/filter.h"
#include "core/term.h"

static apr_pool_t *pool;
static place_t here;
static const char *kind;

#define NAME(text) apr_psprintf(pool, "%s: %s", kind, text)

/* ---- what the provider asks -------------------------------------------------------- */

static int asked;

/* Documents are {"n":1}; every third one matches. */
static scim_error_t *is_third(int *yes, void *baton, scim_session_t *session,
                              const scim_record_t *record, apr_pool_t *scratch)
{
    (void)baton;
    (void)session;
    (void)scratch;
    asked++;
    *yes = atoi(record->document + 5) % 3 == 0;
    return NULL;
}

static scim_error_t *by_external_id(const char **key, void *baton, const scim_record_t *record,
                                    apr_pool_t *scratch)
{
    (void)baton;
    (void)scratch;
    asked++;
    *key = record->external_id;
    return NULL;
}

static scim_error_t *by_modified(const char **key, void *baton, const scim_record_t *record,
                                 apr_pool_t *scratch)
{
    (void)baton;
    asked++;
    *key = scim_term_instant(record->modified, scratch);
    return NULL;
}

static scim_error_t *by_display(const char **key, void *baton, const scim_record_t *record,
                                apr_pool_t *scratch)
{
    (void)baton;
    (void)scratch;
    asked++;
    *key = record->display;
    return NULL;
}

static scim_error_t *by_trouble(const char **key, void *baton, const scim_record_t *record,
                                apr_pool_t *scratch)
{
    (void)baton;
    (void)record;
    *key = NULL;
    return apr_pmemdup(scratch, &(scim_error_t){418, NULL, "no key", NULL},
                       sizeof(scim_error_t));
}

/* No store has an index for these. */
static const scim_order_t displays = {"nothing", 0, by_display};
static const scim_order_t displays_down = {"nothing", 1, by_display};
static const scim_order_t externals = {"externalId", 0, by_external_id};
static const scim_order_t externals_down = {"externalId", 1, by_external_id};
static const scim_order_t times = {"meta.lastModified", 0, by_modified};
static const scim_order_t troubles = {"nothing", 0, by_trouble};

/* A filter that no index helps with. */
static const scim_filter_t opaque = {.kind = SCIM_FILTER_COMPARE, .op = SCIM_CO};

static const scim_query_part_t users[] = {{"User", NULL}};
static const scim_query_part_t thirds[] = {{"User", &opaque}};
static const scim_query_part_t both[] = {{"Group", NULL}, {"User", NULL}};
static const scim_query_part_t mixed[] = {{"Group", NULL}, {"User", &opaque}};

/* ---- lists --------------------------------------------------------------------------- */

static scim_query_t query_of(const scim_query_part_t *parts, int count,
                             const scim_order_t *order)
{
    scim_query_t query = {.parts = parts,
                          .part_count = count,
                          .order = order,
                          .matches = is_third,
                          .count = 100,
                          .max_scan = 1000};

    return query;
}

/* The records' numbers, and the total behind them. */
static const char *shown(scim_query_t query)
{
    listing_t listing = {.query = query};
    scim_error_t *error = place_list(&here, &listing, pool);
    const char *line = "";
    int i;

    if (error) {
        return error->detail;
    }
    for (i = 0; i < listing.ids->nelts; i++) {
        line = apr_psprintf(pool, "%s%ld ", line,
                            strtol(APR_ARRAY_IDX(listing.ids, i, const char *), NULL, 16));
    }
    return apr_psprintf(pool, "%sof %d", line, (int)listing.total);
}

static void shows(scim_query_t query, const char *line, const char *name)
{
    is(shown(query), line, NAME(name));
}

/* People 1 to 9 and groups 11 to 13. */
static void fill(void)
{
    static const char *const externals_of[] = {"c", NULL, "a", "B", "b", NULL, "a", "c", ""};
    int i, good = 1;

    for (i = 1; i <= 9; i++) {
        scim_record_t *record = place_record("User", i);

        record->external_id = record->display = externals_of[i - 1];
        record->modified = 1000 + i * 7 % 5;
        record->deleted = i == 7;
        good &= place_insert(&here, record) == SCIM_STORED;
    }
    for (i = 11; i <= 13; i++) {
        scim_record_t *record = place_record("Group", i);

        record->external_id = record->display = i == 12 ? "b" : NULL;
        record->modified = 1000 + i;
        good &= place_insert(&here, record) == SCIM_STORED;
    }
    ok(good, "%s: people and groups", kind);
}

/* The same whether a store has an index for the order or not. */
static void test_orders(void)
{
    const scim_order_t *orders[] = {&externals, &displays};
    const scim_order_t *orders_down[] = {&externals_down, &displays_down};
    int i;

    shows(query_of(users, 1, NULL), "1 2 3 4 5 6 8 9 of 8", "by id");
    for (i = 0; i < 2; i++) {
        shows(query_of(users, 1, orders[i]), "9 4 3 5 1 8 2 6 of 8",
              "ascending, without value last");
        shows(query_of(users, 1, orders_down[i]), "6 2 8 1 5 3 4 9 of 8",
              "descending, without value first");
        shows(query_of(both, 2, orders[i]), "9 4 3 5 12 1 8 2 6 11 13 of 11", "of two types");
        shows(query_of(mixed, 2, orders_down[i]), "13 11 6 12 3 9 of 6", "that match");
    }
    shows(query_of(users, 1, &times), "5 3 8 1 6 4 9 2 of 8", "by time");
    shows(query_of(both, 2, NULL), "1 2 3 4 5 6 8 9 11 12 13 of 11", "two types by id");
    shows(query_of(mixed, 2, NULL), "3 6 9 11 12 13 of 6", "... that match");
    is(shown(query_of(users, 1, &troubles)), "no key", NAME("a key may fail"));
}

static void test_pages(void)
{
    const scim_order_t *orders[] = {&externals, &displays};
    int i;

    for (i = 0; i < 2; i++) {
        scim_query_t query = query_of(both, 2, orders[i]);

        query.offset = 3;
        query.count = 4;
        shows(query, "5 12 1 8 of 11", "a page");
        query.offset = 9;
        shows(query, "11 13 of 11", "the last page");
        query.offset = 11;
        shows(query, "of 11", "none behind it");
        query.count = 0;
        query.offset = 0;
        shows(query, "of 11", "no page");
    }
}

static void test_places(void)
{
    static const struct {
        const char *key;
        int n;
        const char *behind, *in_front, *behind_down, *in_front_down;
    } places[] = {
        {"b", 5, "1 8 2 6", "9 4 3", "3 4 9", "6 2 8 1"},
        {"a", 7, "5 1 8 2 6", "9 4 3", "3 4 9", "6 2 8 1 5"},
        {"", 0, "9 4 3 5 1 8 2 6", "", "", "6 2 8 1 5 3 4 9"},
        {NULL, 2, "6", "9 4 3 5 1 8", "8 1 5 3 4 9", "6"},
        {NULL, 99, "", "9 4 3 5 1 8 2 6", "6 2 8 1 5 3 4 9", ""},
        {"c", 3, "8 2 6", "9 4 3 5 1", "1 5 3 4 9", "6 2 8"},
    };
    size_t i;
    int indexed;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        scim_position_t position = {places[i].key, place_id(places[i].n)};

        for (indexed = 0; indexed < 2; indexed++) {
            scim_query_t query = query_of(users, 1, indexed ? &externals : &displays);
            const char *of = " of 8";

            query.after = &position;
            is(shown(query),
               apr_pstrcat(pool, places[i].behind, *places[i].behind ? of : of + 1, NULL),
               NAME("behind a place"));
            query.after = NULL;
            query.before = &position;
            is(shown(query),
               apr_pstrcat(pool, places[i].in_front, *places[i].in_front ? of : of + 1, NULL),
               NAME("in front of it"));
            query.order = indexed ? &externals_down : &displays_down;
            is(shown(query),
               apr_pstrcat(pool, places[i].in_front_down,
                           *places[i].in_front_down ? of : of + 1, NULL),
               NAME("... descending"));
            query.before = NULL;
            query.after = &position;
            is(shown(query),
               apr_pstrcat(pool, places[i].behind_down, *places[i].behind_down ? of : of + 1,
                           NULL),
               NAME("behind it, descending"));
        }
    }
}

static void test_places_by_id(void)
{
    const scim_position_t four = {NULL, place_id(4)}, eight = {NULL, place_id(8)};
    scim_query_t query = query_of(users, 1, NULL), some = query_of(thirds, 1, NULL);

    query.after = some.after = &four;
    shows(query, "5 6 8 9 of 8", "behind an id");
    shows(some, "6 9 of 3", "... those that match");
    query.before = &eight;
    shows(query, "5 6 of 8", "between two");
    query.after = some.after = NULL;
    query.count = 2;
    shows(query, "5 6 of 8", "the last two in front of one");
    query.offset = 1;
    shows(query, "4 5 of 8", "the two before those");
    query.offset = 6;
    shows(query, "of 8", "none are in front of the first");
    some.before = &eight;
    some.count = 1;
    shows(some, "6 of 3", "the last in front that matches");
    query = query_of(both, 2, NULL);
    query.after = &eight;
    query.offset = 1;
    shows(query, "11 12 13 of 11", "of two types, but the first");
    query.after = NULL;
    query.before = &eight;
    query.count = 2;
    shows(query, "4 5 of 11", "in front, of two types");
}

/* Walks forwards, page by page, from place to place; then back. */
static void test_walk(void)
{
    scim_query_t query = query_of(both, 2, &externals);
    scim_position_t position = {NULL, NULL};
    const char *found = "";
    int steps;

    query.count = 2;
    for (steps = 0; steps < 10; steps++) {
        listing_t listing = {.query = query};
        const scim_record_t *last;
        const char *id;

        if (place_list(&here, &listing, pool) || listing.ids->nelts == 0) {
            break;
        }
        id = APR_ARRAY_IDX(listing.ids, listing.ids->nelts - 1, const char *);
        last = place_get(&here, strtol(id, NULL, 16) > 10 ? "Group" : "User", id);
        found = apr_pstrcat(pool, found, shown(query), "; ", NULL);
        position.id = id;
        position.key = last->external_id;
        query.after = &position;
    }
    is(found, "9 4 of 11; 3 5 of 11; 12 1 of 11; 8 2 of 11; 6 11 of 11; 13 of 11; ",
       NAME("a walk"));
}

static void test_limits(void)
{
    scim_query_t query = query_of(users, 1, &displays);

    asked = 0;
    query.max_scan = 8;
    shows(query, "9 4 3 5 1 8 2 6 of 8", "as many keys as allowed");
    ok(asked <= 8, "%s: ... were asked for: %d", kind, asked);
    query.max_scan = 7;
    ok(strstr(shown(query), "order cannot be answered by an index, and more than 7") != NULL,
       "%s: one too many: %s", kind, shown(query));
    query = query_of(thirds, 1, &displays);
    query.max_scan = 8;
    shows(query, "9 3 6 of 3", "asked twice, counted once");
    query.max_scan = 7;
    ok(strstr(shown(query), "filter cannot be answered") != NULL,
       "%s: one too many that might match", kind);
}

static void test_provider(void)
{
    fill();
    test_orders();
    test_pages();
    test_places();
    test_places_by_id();
    test_walk();
    test_limits();
}

/* ---- only SQL -------------------------------------------------------------------------- */

/* A column's text is longer than a term is, and may begin with that of another record. */
static void test_long_keys(void)
{
    scim_query_t query = query_of(users, 1, &externals);
    scim_position_t position = {NULL, place_id(51)};
    int i;

    for (i = 0; i < 4; i++) {
        scim_record_t *record = place_record("User", 50 + i);
        char *text = apr_palloc(pool, SCIM_MAX_KEY + 1);

        memset(text, 'x', SCIM_MAX_KEY);
        text[SCIM_MAX_KEY - i] = '\0';
        record->external_id = text;
        place_insert(&here, record);
    }
    position.key = place_get(&here, "User", place_id(51))->external_id;
    query.after = &position;
    shows(query, "50 2 6 of 12", "behind a long key");
    query.after = NULL;
    query.before = &position;
    shows(query, "9 4 3 5 1 8 53 52 of 12", "in front of it");
}

static void test_columns(void)
{
    scim_query_t query = query_of(users, 1, &externals);

    asked = 0;
    query.count = 100;
    shown(query);
    query.order = &times;
    shown(query);
    is_int(asked, 0, NAME("what has a column is sorted without a question"));
}

int main(void)
{
    pool = tap_start();
    kind = "memory";
    here = place_memory("here", pool);
    test_provider();

    kind = place_driver();
    here = place_sqlite(place_file("orders.db"), "here", pool);
    test_provider();
    test_long_keys();
    test_columns();
    is_int(place_reports, 0, NAME("nothing to report"));
    return tap_done();
}
