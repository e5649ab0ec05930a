/* What SQL makes of filters: the conditions. */
#include "directories.h"
#include "filters.h"

#include "directory/dbd/plan.h"

static apr_pool_t *pool;

/* ---- the conditions -------------------------------------------------------------- */

/* What is indexed in these tests: the number of an index is where its name stands. */
static const char *const indexed[] = {
    "nickName", "emails.value", "emails.type", "profileUrl", "emails.primary", "tags",
    "ports",    "weight",       "bought",      "on",         "parts.name"};

#define INDEXED (sizeof(indexed) / sizeof(indexed[0]))

static scim_error_t *find_index(const char **index, void *baton, const char *type,
                                const char *attribute, apr_pool_t *find_pool)
{
    size_t i;

    (void)baton;
    (void)type;
    *index = NULL;
    for (i = 0; i < INDEXED; i++) {
        if (strcmp(indexed[i], attribute) == 0) {
            *index = apr_itoa(find_pool, (int)i);
        }
    }
    return NULL;
}

static const scim_plan_indexes_t *indexes_in_use;

/* The plan in one line: conditions, values, "exact" or "some", the index. */
static const char *shown_plan(const scim_filter_t *filter, const char *type)
{
    static const char *const indexes[SCIM_INDEXES] = {
        "list", "id", "local", "wire", "external", "created", "modified", "inactive", "number"};
    scim_plan_t plan;
    const char *line;
    int i;

    test_schemas_need(scim_plan_make(&plan, filter, type, indexes_in_use, pool));
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

/* What is counted in place of what a filter finds. */
static void counts_by(const char *text, const char *type, const char *line)
{
    scim_filter_t *filter;
    scim_plan_t plan;

    test_schemas_need(parse(&filter, text, type));
    test_schemas_need(scim_plan_make(&plan, filter, type, indexes_in_use, pool));
    is(plan.others ? plan.others->where : "what is found", line, shown(text));
}

static void test_counts(void)
{
    counts_by("active eq true", "User", " AND active = 0");
    counts_by("active eq false", "User", "what is found");
    counts_by("userName ne \"ada\"", "User", " AND wire_key = %s");
    counts_by("userName eq \"ada\"", "User", "what is found");
    counts_by("meta.created lt \"1970-01-01T00:00:01Z\"", "User", " AND created >= %s");
    counts_by("not (externalId eq \"a\" or externalId eq \"b\")", "User",
              " AND (external_id = %s OR external_id = %s)");
    counts_by("externalId pr", "User", "what is found");
    counts_by("active eq true and title pr", "User", "what is found");
    counts_by("active eq true or title pr", "User", "what is found");
    counts_by(
        "nickName ne \"ada\"", "User",
        " AND number IN (SELECT resource FROM scim_terms WHERE index_number = %s AND term "
        "= %s)");
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

/* ---- indexes ----------------------------------------------------------------------- */

/* How a condition is asked, how it finds, and how it is refused. */
#define ASKED                                                                                  \
    " AND EXISTS (SELECT 1 FROM scim_terms WHERE resource = number AND index_number = %s"
#define FINDS " AND number IN (SELECT resource FROM scim_terms WHERE index_number = %s"
#define REFUSED                                                                                \
    " AND NOT EXISTS (SELECT 1 FROM scim_terms WHERE resource = number AND index_number = %s"

static void test_indexed_terms(void)
{
    plans_as("nickName eq \"ADA\"", "User", FINDS " AND term = %s) [0] [ada] exact number");
    plans_as("nickName ne \"ADA\"", "User", REFUSED " AND term = %s) [0] [ada] exact list");
    plans_as("not (nickName ne \"ADA\")", "User",
             FINDS " AND term = %s) [0] [ada] exact number");
    plans_as("nickName sw \"Ad\"", "User",
             FINDS " AND term >= %s AND term < %s) [0] [ad] [ae] exact number");
    plans_as("nickName sw \"\"", "User", ASKED " AND term >= %s) [0] [] exact list");
    plans_as("not (nickName gt \"a\")", "User", REFUSED " AND term > %s) [0] [a] exact list");
    plans_as("nickName le \"a\"", "User", ASKED " AND term <= %s) [0] [a] exact list");
    plans_as("nickName pr", "User", ASKED ") [0] some list");
    plans_as("nickName eq null", "User", " some list");
    plans_as("profileUrl pr", "User", ASKED " AND term <> '') [3] exact list");
    plans_as("profileUrl eq null", "User", REFUSED " AND term <> '') [3] exact list");
    plans_as("nickName co \"a\"", "User", " some list");
    plans_as("title eq \"a\"", "User", " some list");
    plans_as("emails eq \"A\"", "User", FINDS " AND term = %s) [1] [a] exact number");
    plans_as("emails pr", "User", " some list");
    plans_as("emails eq null", "User", " some list");
    plans_as("emails.primary eq true", "User", " some list");
    plans_as("on eq false", "Device", FINDS " AND term = %s) [9] [0] exact number");
    plans_as("tags eq \"X\"", "Device", FINDS " AND term = %s) [5] [x] exact number");
    plans_as("ports gt 1", "Device", ASKED " AND term > %s) [6] [8000000000000001] exact list");
    plans_as("weight eq 9007199254740992", "Device",
             FINDS " AND term = %s) [7] [c340000000000000] some number");
    plans_as("weight ne 9007199254740992", "Device", " some list");
    plans_as("weight lt 9007199254740992", "Device",
             ASKED " AND term <= %s) [7] [c340000000000000] some list");
}

static void test_cut_terms(void)
{
    char text[600];
    const char *key;

    memset(text, 'x', sizeof(text));
    text[590] = '\0';
    key = apr_pstrmemdup(pool, text, 509);
    plans_as(apr_pstrcat(pool, "nickName eq \"", text, "\"", NULL), "User",
             apr_pstrcat(pool, FINDS " AND term = %s) [0] [", key, "] some number", NULL));
    plans_as(apr_pstrcat(pool, "nickName sw \"", text, "\"", NULL), "User",
             apr_pstrcat(pool, FINDS " AND term = %s) [0] [", key, "] some number", NULL));
    plans_as(apr_pstrcat(pool, "nickName gt \"", text, "\"", NULL), "User",
             apr_pstrcat(pool, ASKED " AND term >= %s) [0] [", key, "] some list", NULL));
    plans_as(apr_pstrcat(pool, "nickName ne \"", text, "\"", NULL), "User", " some list");
}

static void test_indexed_chains(void)
{
    plans_as("nickName eq \"a\" and userName eq \"b\"", "User",
             " AND (EXISTS (SELECT 1 FROM scim_terms WHERE resource = number AND index_number "
             "= %s AND term = %s) AND wire_key = %s) [0] [a] [b] exact wire");
    plans_as(
        "nickName eq \"a\" and externalId sw \"b\"", "User",
        " AND (number IN (SELECT resource FROM scim_terms WHERE index_number = %s AND term "
        "= %s) AND (external_id >= %s AND external_id < %s)) [0] [a] [b] [c] exact number");
    plans_as(
        "userName eq \"b\" and nickName eq \"a\"", "User",
        " AND (wire_key = %s AND EXISTS (SELECT 1 FROM scim_terms WHERE resource = number AND "
        "index_number = %s AND term = %s)) [b] [0] [a] exact wire");
    plans_as(
        "nickName eq \"a\" or nickName eq \"b\"", "User",
        " AND (number IN (SELECT resource FROM scim_terms WHERE index_number = %s AND term = "
        "%s) OR number IN (SELECT resource FROM scim_terms WHERE index_number = %s AND term "
        "= %s)) [0] [a] [0] [b] exact number");
    plans_as("emails[type eq \"work\" and value eq \"x\"]", "User",
             " AND (EXISTS (SELECT 1 FROM scim_terms WHERE resource = number AND index_number "
             "= %s AND term = %s) AND number IN (SELECT resource FROM scim_terms WHERE "
             "index_number = %s AND term = %s)) [2] [work] [1] [x] some number");
    plans_as("emails[value eq \"x\"]", "User", FINDS " AND term = %s) [1] [x] exact number");
    plans_as("not (emails[value eq \"x\"])", "User",
             REFUSED " AND term = %s) [1] [x] exact list");
    plans_as("emails[value ne \"x\"]", "User", " some list");
    plans_as("emails[not (value eq \"x\")]", "User", " some list");
    plans_as("emails[value eq null]", "User", " some list");
    plans_as("not (emails[type eq \"work\" and value eq \"x\"])", "User", " some list");
    plans_as(
        "emails[value eq \"x\" and display eq \"y\"]", "User",
        " AND (number IN (SELECT resource FROM scim_terms WHERE index_number = %s AND term = "
        "%s)) [1] [x] some number");
    plans_as("emails[value eq \"x\" or display eq \"y\"]", "User", " some list");
    plans_as("emails[value eq \"x\" or value ew \"y\"]", "User", " some list");
}

static void test_memberships(void)
{
    scim_filter_t member = {.kind = SCIM_FILTER_HAS_MEMBER, .value = {.text = "i"}};
    scim_filter_t of = {.kind = SCIM_FILTER_MEMBER_OF, .value = {.text = "g"}};
    const scim_filter_t *child = &of;
    scim_filter_t no = {.kind = SCIM_FILTER_NOT, .children = &child, .count = 1};
    const char *plan = shown_plan(&member, "Group");

    ok(strncmp(plan, " AND (number IN (", 17) == 0 && strstr(plan, ") [i] exact number"),
       "who has a member: %s", plan);
    plan = shown_plan(&of, "User");
    ok(strncmp(plan, " AND (number IN (WITH RECURSIVE", 31) == 0
           && strstr(plan, " AND id <> %s) [g] [g] exact number"),
       "who is in a group: %s", plan);
    plan = shown_plan(&no, "User");
    ok(strncmp(plan, " AND (number NOT IN (WITH RECURSIVE", 35) == 0
           && strstr(plan, " OR id = %s) [g] [g] exact list"),
       "who is not: %s", plan);
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

static int walks;

static scim_error_t *find_walk(const scim_sql_t **sql, void *baton, const char *type,
                               apr_pool_t *find_pool)
{
    static const scim_sql_t words = {.contains = "<contains %s>", .ends = "<ends %s %s>"};

    (void)baton;
    (void)find_pool;
    walks++;
    *sql = strcmp(type, "User") == 0 ? &words : NULL;
    return NULL;
}

#define HAS "EXISTS (SELECT 1 FROM scim_terms WHERE resource = number AND index_number = %s"
#define WALKED " AND number IN (SELECT resource FROM scim_terms WHERE index_number = %s"
/* All terms of an index are read, which leaves candidates. */
static void test_walks(void)
{
    plans_as("emails.value co \"Ada\"", "User",
             WALKED " AND <contains %s>) [1] [ada] some number");
    plans_as("emails ew \"@X\"", "User", WALKED " AND <ends %s %s>) [1] [@x] [@x] some number");
    plans_as("profileUrl ew \"X\"", "User",
             WALKED " AND <ends %s %s>) [3] [X] [X] some number");
    plans_as("emails[type eq \"work\" and value ew \"x\"]", "User",
             " AND (" HAS
             " AND term = %s) AND number IN (SELECT resource FROM scim_terms WHERE "
             "index_number = %s AND <ends %s %s>)) [2] [work] [1] [x] [x] some number");
    plans_as("meta.lastModified gt \"1970-01-01T00:00:00Z\" and nickName co \"a\"", "User",
             " AND (modified >= %s AND number IN (SELECT resource FROM scim_terms WHERE "
             "index_number = %s AND <contains %s>)) [1000] [0] [a] some number");
    plans_as("nickName co \"a\" and userName sw \"b\"", "User",
             " AND (" HAS
             " AND <contains %s>) AND (wire_key >= %s AND wire_key < %s)) [0] [a] [b] [c] "
             "some wire");
    plans_as("nickName co \"a\" or nickName ew \"b\"", "User",
             " AND (" HAS " AND <contains %s>) OR " HAS
             " AND <ends %s %s>)) [0] [a] [0] [b] [b] some list");
    plans_as("not (nickName co \"a\")", "User", " some list");
    plans_as("nickName co \"\"", "User", ASKED ") [0] exact list");
    plans_as("not (nickName ew \"\")", "User", REFUSED ") [0] exact list");
    plans_as("userName co \"a\"", "User", " some list");
    walks = 0;
    plans_as("tags co \"a\" and tags ew \"b\"", "Device", " some list");
    is_int(walks, 1, "whether terms may be walked through is asked once");
}

int main(void)
{
    static const scim_plan_indexes_t indexes = {find_index, NULL, NULL};
    static const scim_plan_indexes_t walked = {find_index, NULL, find_walk};

    pool = tap_start();
    schemas = test_schemas(pool);
    test_text_terms();
    test_prefixes();
    test_other_terms();
    test_chains();
    test_local_name();
    indexes_in_use = &indexes;
    test_indexed_terms();
    test_cut_terms();
    test_indexed_chains();
    test_memberships();
    test_simple_plans();
    indexes_in_use = &walked;
    test_walks();
    test_counts();
    return tap_done();
}
