/* Lists by the service, in memory: what walks through a changing directory see. */
#include "tap.h"

#include "core/json.h"
#include "directory/memory.h"
#include "service/call.h"
#include "service/cursor.h"

static apr_pool_t *pool;
static scim_service_t service;
static scim_schemas_t *schemas;

static unsigned long long state = 88172645463325252ULL;

static int random_below(int limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int)(state % (unsigned)limit);
}

/* ---- a provider that does everything twice ------------------------------------- */

typedef struct twice_t {
    scim_work_fn work;
    void *baton;
} twice_t;

static scim_error_t *do_twice(scim_session_t *session, void *baton, apr_pool_t *scratch)
{
    twice_t *twice = baton;

    SCIM_TRY(twice->work(session, twice->baton, scratch));
    return twice->work(session, twice->baton, scratch);
}

/* What only reads may run again at any time. */
static scim_error_t *transact(void *directory, int writes, scim_work_fn work, void *baton,
                              apr_pool_t *scratch)
{
    twice_t twice = {work, baton};

    return scim_memory_provider.transact(directory, writes, writes ? work : do_twice,
                                         writes ? baton : &twice, scratch);
}

static scim_directory_provider_t provider;

static void start(const char *name)
{
    scim_directory_t *directory = apr_pcalloc(pool, sizeof(*directory));
    int i;

    provider = scim_memory_provider;
    provider.transact = transact;
    directory->name = name;
    directory->provider = &provider;
    is_fine(provider.open(&directory->state, name, NULL, 0, NULL, pool), name);
    memset(&service, 0, sizeof(service));
    service.schemas = schemas;
    service.directory = directory;
    service.limits.max_results = 100;
    service.limits.max_scan = 1000;
    for (i = 0; i < SCIM_CHANGES; i++) {
        service.policy.toggles[SCIM_KIND_USER][i] = SCIM_TOGGLE_ON;
        service.policy.toggles[SCIM_KIND_GROUP][i] = SCIM_TOGGLE_ON;
    }
}

static scim_call_t call_of(const char *type, apr_pool_t *scratch)
{
    scim_call_t call = {.service = &service,
                        .type = type ? scim_schemas_type(schemas, type) : NULL,
                        .dialect = scim_dialect_find("auto"),
                        .base_url = "https://example.com/scim/v2",
                        .client = "test",
                        .notes = apr_array_make(scratch, 4, sizeof(const char *)),
                        .pool = scratch};

    call.search.start_index = 1;
    call.search.count = -1;
    return call;
}

static json_t *json(const char *text, apr_pool_t *scratch)
{
    json_t *value = NULL;
    scim_error_t *error = scim_json_parse(&value, text, strlen(text), scratch);

    if (error) {
        ok(0, "%s: %s", text, error->detail);
    }
    return value;
}

static const char *create(const char *type, const char *text)
{
    apr_pool_t *scratch;
    scim_reply_t reply = {0};
    const char *id = "";
    scim_error_t *error;
    scim_call_t call;

    apr_pool_create(&scratch, pool);
    call = call_of(type, scratch);
    error = scim_call_create(&reply, &call, json(text, scratch));
    if (error) {
        ok(0, "%s: %s", text, error->detail);
    } else {
        id = apr_pstrdup(pool, reply.id);
    }
    apr_pool_destroy(scratch);
    return id;
}

static void drop(const char *id)
{
    apr_pool_t *scratch;
    scim_reply_t reply = {0};
    scim_call_t call;

    apr_pool_create(&scratch, pool);
    call = call_of("User", scratch);
    if (scim_call_delete(&reply, &call, id)) {
        ok(0, "deleting %s", id);
    }
    apr_pool_destroy(scratch);
}

/* ---- lists ------------------------------------------------------------------------ */

/* The first letters of the names of what is listed, or the scimType of the error. */
static const char *listed(scim_call_t *call, json_t **body)
{
    scim_reply_t reply = {0};
    scim_error_t *error = scim_call_list(&reply, call);
    const char *text = "";
    json_t *each;
    size_t i;

    if (error) {
        return apr_psprintf(call->pool, "%d %s", error->status, error->type);
    }
    *body = json(scim_buffer_text(reply.body, call->pool), call->pool);
    json_array_foreach(json_object_get(*body, "Resources"), i, each)
    {
        const char *name = json_string_value(json_object_get(each, "userName"));

        name = name ? name : json_string_value(json_object_get(each, "displayName"));
        text = apr_pstrcat(call->pool, text, *text ? " " : "", name, NULL);
    }
    return text;
}

static const char *all_types(const char *filter, const char *sort, unsigned hidden)
{
    scim_call_t call = call_of(NULL, pool);
    json_t *body;

    call.search.filter = filter;
    call.search.sort_by = sort;
    call.hidden = hidden;
    return listed(&call, &body);
}

static void several_types(void)
{
    const unsigned users = 1u << SCIM_KIND_USER, groups = 1u << SCIM_KIND_GROUP;

    start("types");
    create("User", "{\"userName\":\"b\",\"displayName\":\"1\"}");
    create("Group", "{\"displayName\":\"a\"}");
    create("User", "{\"userName\":\"c\",\"displayName\":\"2\"}");
    is(all_types(NULL, NULL, 0), "b a c", "by id");
    is(all_types(NULL, "displayName", 0), "b c a", "sorted");
    is(all_types(NULL, NULL, users), "a", "users are not for everybody");
    is(all_types(NULL, NULL, groups), "b c", "nor are groups");
    is(all_types(NULL, NULL, users | groups), "", "nor is anything");
    is(all_types("userName eq \"b\" or displayName eq \"a\"", NULL, groups), "b",
       "a filter does not show them");
    is(all_types("meta.resourceType eq \"Group\"", NULL, groups), "", "nor their type");
    is(all_types(NULL, "userName", users), "400 invalidValue",
       "and they are not there to be sorted");
    is(all_types("userName ne \"b\"", NULL, 0), "a c", "what is not there is not equal");
    is(all_types("active gt true", NULL, 0), "400 invalidFilter", "what no type allows");
    is(all_types("meta.resourceType eq \"Group\" and active gt true", NULL, 0), "",
       "is nobody's business where the type is not asked for");
    is(all_types("meta.resourceType eq \"Group\" and (active gt", NULL, 0), "400 invalidFilter",
       "but syntax is");
}

/* ---- walks -------------------------------------------------------------------------- */

static const char *const titles[] = {"", ",\"title\":\"x\"", ",\"title\":\"Y\"",
                                     ",\"title\":\"z\""};

static const char *person(const char *prefix, int number)
{
    return create("User", apr_psprintf(pool, "{\"userName\":\"%s%03d\"%s}", prefix, number,
                                       titles[random_below(4)]));
}

typedef struct walk_t {
    const char *filter, *sort, *order;
    int count;
    int backward; /* from the last page to the first, after getting there */
} walk_t;

#define STEADY 30
#define MOST_PAGES 200

static int is_fine_quietly(const scim_error_t *error)
{
    if (error) {
        printf("# error %d %s: %s\n", error->status, error->type, error->detail);
    }
    return error == NULL;
}

/* One page; the cursor is replaced by the one that leads on, NULL at the end. */
static scim_error_t *step(const walk_t *walk, const char **cursor, int backward, int *seen,
                          apr_pool_t *scratch)
{
    const char *on = backward ? "previousCursor" : "nextCursor";
    scim_call_t call = call_of("User", scratch);
    scim_reply_t reply = {0};
    json_t *body, *each;
    size_t i;

    call.search.filter = walk->filter;
    call.search.sort_by = walk->sort;
    call.search.sort_order = walk->order;
    call.search.count = walk->count;
    call.search.cursor = *cursor;
    SCIM_TRY(scim_call_list(&reply, &call));
    body = json(scim_buffer_text(reply.body, scratch), scratch);
    json_array_foreach(json_object_get(body, "Resources"), i, each)
    {
        const char *name = json_string_value(json_object_get(each, "userName"));

        if (*name == 's') {
            seen[atoi(name + 1)]++;
        }
    }
    *cursor = apr_pstrdup(pool, json_string_value(json_object_get(body, on)));
    return NULL;
}

/* Somebody comes or goes. */
static void disturb(apr_array_header_t *guests)
{
    static int number;

    if (guests->nelts < 40 && random_below(2)) {
        APR_ARRAY_PUSH(guests, const char *) =
            person(random_below(2) ? "a" : "z", number++ % 1000);
    } else if (guests->nelts > 0) {
        const char **list = (const char **)guests->elts;
        int at = random_below(guests->nelts);

        drop(list[at]);
        list[at] = list[guests->nelts - 1];
        guests->nelts--;
    }
}

/* From page to page until there is none; 0 when that does not come, or an error. *last: the
   cursor of the last page. */
static int go(const walk_t *walk, const char *cursor, const char **last, int *seen,
              apr_array_header_t *guests)
{
    apr_pool_t *scratch;
    int pages;

    apr_pool_create(&scratch, pool);
    for (pages = 0; cursor && pages < MOST_PAGES; pages++) {
        *last = cursor;
        if (!is_fine_quietly(step(walk, &cursor, walk->backward, seen, scratch))) {
            return 0;
        }
        apr_pool_clear(scratch);
        disturb(guests);
    }
    apr_pool_destroy(scratch);
    return cursor == NULL;
}

/* How many of the steady were not seen exactly once; -1: it did not end. */
static int missed(walk_t walk, apr_array_header_t *guests)
{
    int seen[STEADY] = {0}, backward = walk.backward, bad = 0, i;
    const char *last = "";

    walk.backward = 0;
    if (!go(&walk, "", &last, seen, guests)) {
        return -1;
    }
    if (backward) {
        memset(seen, 0, sizeof(seen));
        walk.backward = 1;
        if (!go(&walk, last, &last, seen, guests)) {
            return -1;
        }
    }
    for (i = 0; i < STEADY; i++) {
        bad += seen[i] != 1;
    }
    return bad;
}

static void walks(void)
{
    static const char *const filters[] = {NULL, "userName pr", "active eq true"};
    static const char *const sorts[] = {NULL,           "userName", "title",
                                        "meta.created", "id",       "active"};
    apr_array_header_t *guests;
    unsigned int f, s;
    int i;

    start("walks");
    guests = apr_array_make(pool, 50, sizeof(const char *));
    for (i = 0; i < STEADY; i++) {
        person("s", i);
        disturb(guests);
    }
    for (f = 0; f < 3; f++) {
        for (s = 0; s < 6; s++) {
            for (i = 0; i < 4; i++) {
                walk_t walk = {filters[f], sorts[s], i % 2 ? "descending" : NULL,
                               1 + random_below(9), i / 2};

                is_int(missed(walk, guests), 0,
                       apr_psprintf(pool, "filter %s, by %s %s, pages of %d, %s",
                                    walk.filter ? walk.filter : "-",
                                    walk.sort ? walk.sort : "-",
                                    walk.order ? walk.order : "ascending", walk.count,
                                    walk.backward ? "back" : "forth"));
            }
        }
    }
}

/* ---- long keys, expiry ---------------------------------------------------------------- */

static const char *long_text(char c, int length, const char *tail)
{
    char *text = apr_palloc(pool, (apr_size_t)length + 1);

    memset(text, c, (apr_size_t)length);
    text[length] = '\0';
    return apr_pstrcat(pool, text, tail, NULL);
}

/* Values that differ only where keys are cut, and one that is not cut at all. */
static void long_keys(void)
{
    static const char *const attributes[] = {"title", "nickName"};
    unsigned int a;
    int i;

    for (a = 0; a < 2; a++) {
        walk_t walk = {NULL, attributes[a], NULL, 2, 0};
        int seen[STEADY] = {0}, pages = 0, once = 0;
        const char *cursor = "";

        start(attributes[a]);
        for (i = 0; i < 9; i++) {
            create("User",
                   apr_psprintf(pool, "{\"userName\":\"s%d\",\"%s\":\"%s\"}", i, attributes[a],
                                long_text('x', 600 + i % 3, apr_psprintf(pool, "%d", i))));
        }
        while (cursor && pages++ < 20) {
            if (!is_fine(step(&walk, &cursor, 0, seen, pool), "a page")) {
                break;
            }
        }
        for (i = 0; i < 9; i++) {
            once += seen[i] == 1;
        }
        is_int(once, 9, attributes[a]);
        is_int(pages, 5, "pages");
    }
}

static void other_directories(void)
{
    walk_t walk = {NULL, NULL, NULL, 1, 0};
    const char *cursor = "", *other = "";
    int seen[STEADY] = {0};

    start("here");
    person("s", 0);
    person("s", 1);
    is_fine(step(&walk, &cursor, 0, seen, pool), "here");
    ok(cursor != NULL, "there is more");
    start("there");
    person("s", 2);
    person("s", 3);
    is_error(step(&walk, &cursor, 0, seen, pool), 400, "invalidCursor", NULL, "not there");
    is_fine(step(&walk, &other, 0, seen, pool), "there");
    start("here");
    is_fine(step(&walk, &cursor, 0, seen, pool), "but here again");
    is_int(seen[0] + seen[1] + seen[2], 3, "each once");
}

int main(void)
{
    pool = tap_start();
    is_fine(scim_schemas_create(&schemas, pool), "schemas");
    several_types();
    walks();
    long_keys();
    other_directories();
    return tap_done();
}
