/* What SQL makes of filters: the conditions, and that they mean what the core says. */
#include "directories.h"
#include "filters.h"

#include "core/datetime.h"
#include "core/json.h"
#include "core/match.h"
#include "core/text.h"
#include "directory/dbd/plan.h"

static apr_pool_t *pool;

/* ---- the conditions -------------------------------------------------------------- */

/* The plan in one line: conditions, values, "exact" or "some", the index. */
static const char *shown_plan(const scim_filter_t *filter, const char *type)
{
    static const char *const indexes[SCIM_INDEXES] = {
        "list", "id", "local", "wire", "external", "created", "modified", "inactive", "number"};
    scim_plan_t plan;
    const char *line;
    int i;

    test_schemas_need(scim_plan_make(&plan, filter, type, NULL, pool));
    line = plan.where;
    for (i = 0; i < plan.args->nelts; i++) {
        line =
            apr_pstrcat(pool, line, " [", APR_ARRAY_IDX(plan.args, i, const char *), "]", NULL);
    }
    return apr_pstrcat(pool, line, plan.exact ? " exact " : " some ", indexes[plan.index],
                       NULL);
}

static void plans_as(const char *text, const char *type, const char *line)
{
    scim_filter_t *filter;
    scim_error_t *error = parse(&filter, text, type);

    is(error ? error->detail : shown_plan(filter, type), line, shown(text));
}

static void test_text_terms(void)
{
    plans_as("userName eq \"ADA\"", "User", " AND wire_key = %s [ada] exact wire");
    plans_as("userName ne \"ADA\"", "User",
             " AND (wire_key IS NULL OR wire_key <> %s) [ada] exact list");
    plans_as("not (userName ne \"ADA\")", "User", " AND wire_key = %s [ada] exact wire");
    plans_as("userName sw \"Ad\"", "User",
             " AND (wire_key >= %s AND wire_key < %s) [ad] [ae] exact wire");
    plans_as("not (userName sw \"Ad\")", "User",
             " AND (wire_key IS NULL OR wire_key < %s OR wire_key >= %s) [ad] [ae] exact list");
    plans_as("userName sw \"\"", "User", " AND wire_key >= %s [] exact list");
    plans_as("userName pr", "User", " AND wire_key IS NOT NULL exact list");
    plans_as("userName eq null", "User", " AND wire_key IS NULL exact list");
    plans_as("userName ne null", "User", " AND wire_key IS NOT NULL exact list");
    plans_as("userName co \"a\"", "User", " some list");
    plans_as("userName ew \"a\"", "User", " some list");
    plans_as("externalId eq \"X\"", "User", " AND external_id = %s [X] exact external");
    plans_as("externalId eq \"X\"", "Group", " AND external_id = %s [X] exact external");
    plans_as("externalId pr", "User", " AND external_id <> '' exact list");
    plans_as("not (externalId pr)", "User",
             " AND (external_id IS NULL OR external_id = '') exact list");
    plans_as("externalId eq null", "User",
             " AND (external_id IS NULL OR external_id = '') exact list");
    plans_as("externalId gt \"a\"", "User", " AND external_id > %s [a] exact list");
    plans_as("not (externalId gt \"a\")", "User",
             " AND (external_id IS NULL OR external_id <= %s) [a] exact list");
    plans_as("id eq \"a\"", "User", " AND id = %s [a] exact id");
    plans_as("id lt \"a\"", "User", " AND id < %s [a] exact list");
    plans_as("displayName eq \"A\"", "Group", " AND local_key = %s [a] exact local");
    plans_as("displayName eq \"A\"", "User", " some list");
    plans_as("nickName eq \"A\"", "User", " some list");
    plans_as("emails.value eq \"A\"", "User", " some list");
    plans_as("emails[value eq \"A\"]", "User", " some list");
    plans_as("label eq \"A\"", "Device", " some list");
}

static void test_prefixes(void)
{
    plans_as(
        "externalId sw \"a\x7f\"", "User",
        " AND (external_id >= %s AND external_id < %s) [a\x7f] [a\xC2\x80] exact external");
    plans_as("externalId sw \"\xDF\xBF\"", "User",
             " AND (external_id >= %s AND external_id < %s) [\xDF\xBF] [\xE0\xA0\x80] exact "
             "external");
    plans_as(
        "externalId sw \"\xED\x9F\xBF\"", "User",
        " AND (external_id >= %s AND external_id < %s) [\xED\x9F\xBF] [\xEE\x80\x80] exact "
        "external");
    plans_as("externalId sw \"\xEF\xBF\xBF\"", "User",
             " AND (external_id >= %s AND external_id < %s) [\xEF\xBF\xBF] [\xF0\x90\x80\x80] "
             "exact external");
    plans_as("externalId sw \"\xF0\x90\x80\xBF\"", "User",
             " AND (external_id >= %s AND external_id < %s) [\xF0\x90\x80\xBF] "
             "[\xF0\x90\x81\x80] exact external");
    plans_as("externalId sw \"a\xF4\x8F\xBF\xBF\"", "User",
             " AND (external_id >= %s AND external_id < %s) [a\xF4\x8F\xBF\xBF] [b] exact "
             "external");
    plans_as("externalId sw \"\xF4\x8F\xBF\xBF\"", "User",
             " AND external_id >= %s [\xF4\x8F\xBF\xBF] exact list");
    plans_as("not (externalId sw \"\xF4\x8F\xBF\xBF\")", "User",
             " AND (external_id IS NULL OR external_id < %s) [\xF4\x8F\xBF\xBF] exact list");
}

static void test_other_terms(void)
{
    plans_as("active eq true", "User", " AND active = 1 exact list");
    plans_as("active eq false", "User", " AND active = 0 exact inactive");
    plans_as("active ne true", "User", " AND active = 0 exact inactive");
    plans_as("not (active eq true)", "User", " AND active = 0 exact inactive");
    plans_as("active pr", "User", " AND 1 = 1 exact list");
    plans_as("meta.created ge \"1970-01-01T00:00:01.0005Z\"", "User",
             " AND created >= %s [1001000] exact created");
    plans_as("meta.created gt \"1970-01-01T00:00:01Z\"", "User",
             " AND created >= %s [1001000] exact created");
    plans_as("meta.created lt \"1970-01-01T00:00:01Z\"", "User",
             " AND created < %s [1000000] exact list");
    plans_as("meta.created le \"1970-01-01T00:00:01Z\"", "User",
             " AND created < %s [1001000] exact list");
    plans_as("meta.lastModified eq \"1970-01-01T00:00:01Z\"", "Group",
             " AND (modified >= %s AND modified < %s) [1000000] [1001000] exact modified");
    plans_as("meta.lastModified eq \"1970-01-01T00:00:01.0001Z\"", "User",
             " AND (modified >= %s AND modified < %s) [1001000] [1001000] exact modified");
    plans_as("meta.lastModified ne \"1970-01-01T00:00:01Z\"", "User",
             " AND (modified < %s OR modified >= %s) [1000000] [1001000] exact list");
    plans_as("not (meta.lastModified ge \"1969-12-31T23:59:59.9995Z\")", "User",
             " AND modified < %s [0] exact list");
    plans_as("meta.lastModified pr", "User", " AND 1 = 1 exact list");
    plans_as("meta.version eq \"W/\\\"1\\\"\"", "User", " some list");
}

static void test_chains(void)
{
    plans_as("active eq true and externalId eq \"x\"", "User",
             " AND (active = 1 AND external_id = %s) [x] exact external");
    plans_as("nickName eq \"n\" and externalId eq \"x\" and title pr", "User",
             " AND (external_id = %s) [x] some external");
    plans_as("nickName eq \"n\" or externalId eq \"x\"", "User", " some list");
    plans_as("externalId eq \"x\" or externalId eq \"y\"", "User",
             " AND (external_id = %s OR external_id = %s) [x] [y] exact external");
    plans_as("externalId eq \"x\" or userName eq \"y\"", "User",
             " AND (external_id = %s OR wire_key = %s) [x] [y] exact list");
    plans_as("active eq false or active eq false", "User",
             " AND (active = 0 OR active = 0) exact list");
    plans_as("not (externalId eq \"x\" or nickName eq \"n\")", "User",
             " AND ((external_id IS NULL OR external_id <> %s)) [x] some list");
    plans_as("not (externalId eq \"x\" and nickName eq \"n\")", "User", " some list");
    plans_as("not (externalId ne \"x\" or active eq false)", "User",
             " AND (external_id = %s AND active = 1) [x] exact external");
    plans_as("id eq \"i\" and (userName eq \"u\" or (title pr and active eq false))", "User",
             " AND (id = %s AND (wire_key = %s OR (active = 0))) [i] [u] some id");
}

static void test_local_name(void)
{
    scim_filter_t name = {.kind = SCIM_FILTER_LOCAL_NAME, .value = {.text = "ada"}};
    const scim_filter_t *child = &name;
    scim_filter_t no = {.kind = SCIM_FILTER_NOT, .children = &child, .count = 1};

    is(shown_plan(&name, "User"), " AND local_key = %s [ada] exact local", "a local name");
    is(shown_plan(&no, "User"), " AND (local_key IS NULL OR local_key <> %s) [ada] exact list",
       "not a local name");
    is(shown_plan(NULL, "User"), " exact list", "no filter");
}

/* ---- the meaning: the same as in memory, for filters at random -------------------- */

static unsigned seed = 20260;

static int dice(int sides)
{
    seed = seed * 1103515245u + 12345u;
    return (int)(seed >> 8 & 0xffffff) % sides;
}

static const char *const texts[] = {
    "a",
    "A",
    "ab",
    "Ab",
    "AB",
    "abc",
    "b",
    "\xC3\x9F",
    "ss",
    "SS",
    "\xC3\xA9",
    "e\xCC\x81",
    "E",
    "\x7f",
    "a\x7f",
    "a\xC2\x80",
    "\xE2\x80\x8B",
    "a\xE2\x80\x8B",
    "\xF0\x9F\x98\x80",
    "\xF0\x9F\x98\x81",
    "\xF4\x8F\xBF\xBF",
    "\xF4\x8F\xBF\xBFz",
    "\xED\x9F\xBF",
    "\xEE\x80\x80",
    "a'b",
    "a%",
    "a_",
    "a\\",
    "a ",
    " a",
    "%s",
    "123",
    "0123",
    "true",
    "\xEF\xBC\xA1",
};

#define TEXTS ((int)(sizeof(texts) / sizeof(texts[0])))

static const char *any_text(void)
{
    return texts[dice(TEXTS)];
}

/* Times that are close to each other, to the microsecond. */
static apr_time_t any_time(void)
{
    return apr_time_from_sec(1600000000) + dice(6) * 1000 + (dice(2) ? 0 : dice(1000));
}

static const char *time_text(apr_time_t when)
{
    char text[SCIM_DATETIME_SIZE];

    scim_datetime_format(text, when);
    return apr_psprintf(pool, "%.19s.%06d%s", text, (int)(when % 1000000), dice(2) ? "Z" : "");
}

static const char *folded(const char *text)
{
    return scim_text_fold(pool, text, strlen(text));
}

static void put(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, json_string(text));
}

static scim_record_t *any_user(int n)
{
    scim_record_t *record = place_record("User", n);
    json_t *document = scim_json_own(pool, json_object()), *email;
    const char *name = any_text();

    put(document, "userName", name);
    record->wire_key = folded(name);
    if (dice(3)) {
        record->external_id = dice(8) ? any_text() : "";
        put(document, "externalId", record->external_id);
    }
    record->active = dice(4) != 0;
    json_object_set_new(document, "active", json_boolean(record->active));
    if (dice(2)) {
        put(document, "nickName", any_text());
    }
    if (dice(2)) {
        email = json_pack("[{s:s}]", "value", any_text());
        json_object_set_new(document, "emails", email);
    }
    record->deleted = dice(10) == 0;
    record->created = any_time();
    record->modified = any_time();
    record->document = scim_json_text(document, &record->document_length, pool);
    return record;
}

static scim_record_t *any_group(int n)
{
    scim_record_t *record = place_record("Group", n);
    json_t *document = scim_json_own(pool, json_object());
    const char *name = any_text();

    put(document, "displayName", name);
    record->local_key = folded(name);
    if (dice(3)) {
        record->external_id = any_text();
        put(document, "externalId", record->external_id);
    }
    record->created = any_time();
    record->modified = any_time();
    record->document = scim_json_text(document, &record->document_length, pool);
    return record;
}

static const char *any_term(int user)
{
    static const char *const flags[] = {"true", "false", "null"};
    static const char *const user_texts[] = {"userName", "externalId",   "id",
                                             "nickName", "emails.value", "userName"};
    static const char *const group_texts[] = {"displayName", "externalId", "id"};
    static const char *const text_ops[] = {"eq", "ne", "co", "sw", "ew",
                                           "gt", "ge", "lt", "le"};
    static const char *const time_ops[] = {"eq", "ne", "gt", "ge", "lt", "le"};
    const char *name = user ? user_texts[dice(6)] : group_texts[dice(3)];
    const char *value;

    switch (dice(10)) {
    case 0:
        return apr_psprintf(pool, "%s pr", name);
    case 1:
        return apr_psprintf(pool, "%s %s null", name, dice(2) ? "eq" : "ne");
    case 2:
        return user ? apr_psprintf(pool, "active %s %s", dice(2) ? "eq" : "ne", flags[dice(3)])
                    : "meta.created pr";
    case 3:
    case 4:
        return apr_psprintf(pool, "meta.%s %s \"%s\"", dice(2) ? "created" : "lastModified",
                            time_ops[dice(6)], time_text(any_time()));
    default:
        value = strcmp(name, "id") == 0 ? place_id(dice(300)) : dice(20) ? any_text() : "";
        return apr_psprintf(pool, "%s %s %s", name, text_ops[dice(9)],
                            scim_json_quote(value, pool));
    }
}

static const scim_filter_t *any_filter(int user, int depth)
{
    static const scim_filter_kind_t kinds[] = {SCIM_FILTER_AND, SCIM_FILTER_AND, SCIM_FILTER_OR,
                                               SCIM_FILTER_NOT};
    scim_filter_t *filter = apr_pcalloc(pool, sizeof(*filter));
    const scim_filter_t **children;
    int i;

    if (depth == 0 || dice(3) == 0) {
        if (user && dice(8) == 0) {
            filter->kind = SCIM_FILTER_LOCAL_NAME;
            filter->value.text = apr_psprintf(pool, "name%d", dice(300));
            return filter;
        }
        test_schemas_need(parse(&filter, any_term(user), user ? "User" : "Group"));
        return filter;
    }
    filter->kind = kinds[dice(4)];
    filter->count = filter->kind == SCIM_FILTER_NOT ? 1 : 2 + dice(2);
    children = apr_pcalloc(pool, sizeof(*children) * (apr_size_t)filter->count);
    for (i = 0; i < filter->count; i++) {
        children[i] = any_filter(user, depth - 1);
    }
    filter->children = children;
    return filter;
}

typedef struct judge_t {
    const scim_filter_t *filter;
    int asked;
} judge_t;

/* As the service does it: the document with id and meta. */
static scim_error_t *judge(int *yes, void *baton, scim_session_t *session,
                           const scim_record_t *record, apr_pool_t *scratch)
{
    judge_t *j = baton;
    char created[SCIM_DATETIME_SIZE], modified[SCIM_DATETIME_SIZE];
    scim_facts_t facts = {0};
    json_t *resource;

    (void)session;
    j->asked++;
    SCIM_TRY(scim_json_parse(&resource, record->document, record->document_length, scratch));
    json_object_set_new(resource, "id", json_string(record->id));
    json_object_set_new(
        resource, "meta",
        json_pack("{s:s,s:s}", "created", scim_datetime_format(created, record->created),
                  "lastModified", scim_datetime_format(modified, record->modified)));
    facts.local_key = record->local_key;
    *yes = scim_match(j->filter, resource, &facts, scratch);
    return NULL;
}

static int same_lists(const listing_t *a, const listing_t *b)
{
    int i, same = a->total == b->total && a->ids->nelts == b->ids->nelts;

    for (i = 0; same && i < a->ids->nelts; i++) {
        same = strcmp(APR_ARRAY_IDX(a->ids, i, const char *),
                      APR_ARRAY_IDX(b->ids, i, const char *))
               == 0;
    }
    return same;
}

/* One filter in both; how often SQL had to ask is added to *asked. */
static int compare(const place_t *memory, const place_t *sqlite, int user, int *asked)
{
    judge_t j = {any_filter(user, 3), 0};
    listing_t expected = {.part = {user ? "User" : "Group", j.filter},
                          .query = {.matches = judge,
                                    .baton = &j,
                                    .offset = dice(3) ? 0 : dice(30),
                                    .count = dice(3) ? 1000 : dice(30),
                                    .max_scan = 1000}};
    listing_t got = expected;
    scim_error_t *error = place_list(memory, &expected, tap_pool);

    j.asked = 0;
    if (error == NULL) {
        error = place_list(sqlite, &got, tap_pool);
    }
    *asked = j.asked;
    if (error == NULL && same_lists(&expected, &got)) {
        return 1;
    }
    printf("# %s\n# %s\n# expected %d, got %d\n", shown_plan(j.filter, got.part.type),
           error ? error->cause ? error->cause : error->detail : "", (int)expected.total,
           (int)got.total);
    return 0;
}

#define ROUNDS 3000
#define PER_CONNECTION 40

static void fill(const place_t *memory, const place_t *sqlite)
{
    int i, good = 1;

    for (i = 0; i < 240; i++) {
        scim_record_t *record = i % 4 ? any_user(i) : any_group(i);

        good &= place_insert(memory, record) == place_insert(sqlite, record);
    }
    ok(good, "records at random");
}

static void test_meaning(void)
{
    const char *file = place_file("plan.db");
    apr_pool_t *round;
    place_t memory, sqlite;
    int i, asked, same = 0, exact = 0;

    apr_pool_create(&round, tap_pool);
    memory = place_memory("here", tap_pool);
    sqlite = place_sqlite(file, "here", round);
    fill(&memory, &sqlite);
    for (i = 0; i < ROUNDS; i++) {
        if (i % PER_CONNECTION == 0) {
            apr_pool_clear(round);
            sqlite = place_sqlite(file, "here", round);
        }
        same += compare(&memory, &sqlite, dice(4) != 0, &asked);
        exact += asked == 0;
    }
    is_int(same, ROUNDS, "filters find the same in SQL as in memory");
    ok(exact > ROUNDS / 3, "many of them without asking the core: %d", exact);
    apr_pool_destroy(round);
}

/* What SQL decides of a filter when there is no room for all of it. */
static void simple_plan_is(const char *text, const char *where, int exact, scim_index_t index)
{
    scim_filter_t *filter = NULL;
    scim_plan_t plan;

    if (text) {
        test_schemas_need(parse(&filter, text, "User"));
    }
    is_fine(scim_plan_make_simple(&plan, filter, "User", pool), "a simple plan");
    is(plan.where, where, text ? shown(text) : "no filter");
    ok(plan.exact == exact && plan.index == index, "... by this index");
}

static void test_simple_plans(void)
{
    simple_plan_is(NULL, "", 1, SCIM_INDEX_LIST);
    simple_plan_is("userName eq \"a\"", " AND wire_key = %s", 1, SCIM_INDEX_WIRE);
    simple_plan_is("title pr", "", 0, SCIM_INDEX_LIST);
    simple_plan_is("active eq true and userName eq \"a\" and title pr", " AND wire_key = %s", 0,
                   SCIM_INDEX_WIRE);
    simple_plan_is("userName sw \"a\" and externalId eq \"b\"", " AND external_id = %s", 0,
                   SCIM_INDEX_EXTERNAL);
    simple_plan_is("userName eq \"a\" or id eq \"b\"", "", 0, SCIM_INDEX_LIST);
    simple_plan_is("not (userName ne \"a\")", "", 0, SCIM_INDEX_LIST);
}

/* How many records were looked at for a filter; -1: it was too many. */
static int looked_at(const place_t *place, const char *text)
{
    scim_filter_t *filter;
    judge_t j = {NULL, 0};
    scim_query_part_t part = {"User", NULL};
    listing_t listing = {.query = {.parts = &part,
                                   .part_count = 1,
                                   .matches = judge,
                                   .baton = &j,
                                   .count = 1000,
                                   .max_scan = 1}};

    test_schemas_need(parse(&filter, text, "User"));
    part.filter = j.filter = filter;
    return place_list(place, &listing, tap_pool) ? -1 : j.asked;
}

/* A connection that has met all kinds of filters still finds by name. */
static void test_worn_connection(void)
{
    static const char *const operators[] = {"eq", "ne", "gt", "ge", "lt", "le", "sw"};
    place_t sqlite = place_sqlite(place_file("plan.db"), "here", tap_pool);
    int i;

    for (i = 0; i < 7 * 7 * 7; i++) {
        looked_at(&sqlite,
                  apr_psprintf(pool,
                               "userName %s \"~\" and id %s \"~\" and externalId %s \"~\"",
                               operators[i % 7], operators[i / 7 % 7], operators[i / 49]));
    }
    is_int(looked_at(&sqlite, "userName eq \"nobody\""), 0, "a name is found by SQL alone");
    is_int(looked_at(&sqlite, "externalId eq \"nobody\""), 0, "so is an externalId");
    is_int(looked_at(&sqlite, "userName eq \"nobody\" and active eq true and externalId pr"), 0,
           "and with more, nobody is looked at in vain");
}

/* More different statements than a connection keeps. */
static void test_many_shapes(void)
{
    place_t memory = place_memory("here", tap_pool);
    place_t sqlite = place_sqlite(place_file("plan.db"), "here", tap_pool);
    int i, asked, same = 0;

    for (i = 0; i < 300; i++) {
        same += compare(&memory, &sqlite, 1, &asked);
    }
    is_int(same, 300, "filters of ever new shapes on one connection");
}

int main(void)
{
    pool = tap_start();
    schemas = test_schemas(pool);
    test_text_terms();
    test_prefixes();
    test_other_terms();
    test_chains();
    test_local_name();
    test_meaning();
    test_many_shapes();
    test_simple_plans();
    test_worn_connection();
    return tap_done();
}
