/* Bulk requests on the memory provider: order, references, errors, one commit for all. */
#include "tap.h"

#include "core/json.h"
#include "directory/memory.h"
#include "service/bulk.h"
#include "service/discovery.h"
#include "service/password.h"

#define BASE "https://example.com/scim/v2"
#define USER "'schemas':['" SCIM_URN_USER "']"
#define GROUP "'schemas':['" SCIM_URN_GROUP "']"
#define PATCH "'schemas':['" SCIM_URN_PATCH_OP "']"
#define NOBODY "0190b0e0-0000-7000-8000-000000000000"

static apr_pool_t *pool;
static scim_service_t service;
static scim_call_t call;
static scim_reply_t reply;

/* ---- a provider that counts ---------------------------------------------- */

static scim_directory_provider_t counting;
static int units, parts; /* how many there were, of those that write */
static int twice, broken;

typedef struct wrapped_t {
    scim_work_fn work;
    void *baton;
} wrapped_t;

static scim_error_t undone = {.status = 500, .detail = "undone"};
static scim_error_t lost = {.status = 503, .detail = "lost"};

static scim_error_t *run_and_fail(scim_session_t *session, void *baton, apr_pool_t *scratch)
{
    wrapped_t *wrapped = baton;

    SCIM_TRY(wrapped->work(session, wrapped->baton, scratch));
    return &undone;
}

static scim_error_t *count_unit(void *directory, int writes, scim_work_fn work, void *baton,
                                apr_pool_t *scratch)
{
    wrapped_t wrapped = {work, baton};

    units += writes;
    if (writes && (twice || broken == 1)) {
        scim_error_t *error =
            scim_memory_provider.transact(directory, writes, run_and_fail, &wrapped, scratch);

        if (broken || error != &undone) {
            return broken ? &lost : error;
        }
    }
    return scim_memory_provider.transact(directory, writes, work, baton, scratch);
}

static scim_error_t *count_part(scim_session_t *session, scim_work_fn work, void *baton,
                                apr_pool_t *scratch)
{
    parts++;
    return scim_memory_provider.nest(session, work, baton, scratch);
}

/* With `broken` 2 the third record cannot be stored: the connection is gone. */
static scim_error_t *insert(scim_session_t *session, const scim_record_t *record,
                            scim_outcome_t *outcome, apr_pool_t *scratch)
{
    if (broken == 2 && parts == 3) {
        return &lost;
    }
    return scim_memory_provider.insert(session, record, outcome, scratch);
}

/* ---- the service ------------------------------------------------------------ */

static void start(const char *name)
{
    scim_directory_t *directory = apr_pcalloc(pool, sizeof(*directory));
    scim_schemas_t *schemas;
    int i;

    printf("# %s\n", name);
    is_fine(scim_schemas_create(&schemas, pool), "schemas");
    counting = scim_memory_provider;
    counting.transact = count_unit;
    counting.nest = count_part;
    counting.insert = insert;
    directory->name = name;
    directory->provider = &counting;
    is_fine(counting.open(&directory->state, name, NULL, 0, NULL, pool), name);
    memset(&service, 0, sizeof(service));
    service.schemas = schemas;
    service.directory = directory;
    service.limits.max_results = service.limits.max_scan = 10000;
    service.limits.max_operations = 1000;
    service.limits.max_payload = 1024 * 1024;
    service.policy.password_cost = 4;
    for (i = 0; i < SCIM_CHANGES; i++) {
        service.policy.toggles[SCIM_KIND_USER][i] = SCIM_TOGGLE_ON;
        service.policy.toggles[SCIM_KIND_GROUP][i] = SCIM_TOGGLE_ON;
    }
    units = parts = twice = broken = 0;
}

static void begin(const char *type, const char *dialect)
{
    memset(&call, 0, sizeof(call));
    memset(&reply, 0, sizeof(reply));
    call.service = &service;
    call.type = type ? scim_schemas_type(service.schemas, type) : NULL;
    call.dialect = scim_dialect_find(dialect);
    call.base_url = BASE;
    call.client = "test";
    call.notes = apr_array_make(pool, 4, sizeof(const char *));
    call.pool = pool;
    call.search.start_index = 1;
    call.search.count = -1;
}

/* JSON with ' for ". */
static const json_t *json(const char *text)
{
    char *quoted = apr_pstrdup(pool, text), *c;
    json_t *value = NULL;
    scim_error_t *error;

    for (c = quoted; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    error = scim_json_parse(&value, quoted, strlen(quoted), pool);
    if (error) {
        ok(0, "test data: %s", error->detail);
    }
    return value;
}

static scim_error_t *try_bulk(const char *operations, const char *dialect)
{
    begin(NULL, dialect);
    return scim_call_bulk(&reply, &call,
                          json(apr_pstrcat(pool, "{'schemas':['" SCIM_URN_BULK_REQUEST "'],",
                                           operations, "}", NULL)));
}

static void bulk(const char *operations)
{
    is_fine(try_bulk(apr_psprintf(pool, "'Operations':[%s]", operations), "strict"), "bulk");
}

static const json_t *body(void)
{
    const char *text = reply.body ? scim_buffer_text(reply.body, pool) : "{}";
    json_t *value = NULL;

    if (scim_json_parse(&value, text, strlen(text), pool)) {
        ok(0, "a reply is no JSON: %s", text);
    }
    return value;
}

static const json_t *result(size_t at)
{
    return json_array_get(json_object_get(body(), "Operations"), at);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The statuses of all results. */
static const char *statuses(void)
{
    const json_t *list = json_object_get(body(), "Operations"), *one;
    const char *all = "";
    size_t i;

    json_array_foreach(list, i, one)
    {
        all = apr_pstrcat(pool, all, i ? " " : "", text_of(one, "status"), NULL);
    }
    return all;
}

/* The id at the end of a result's location. */
static const char *id_of(size_t at)
{
    const char *location = text_of(result(at), "location");

    return location ? strrchr(location, '/') + 1 : "";
}

static const char *detail_of(size_t at)
{
    return text_of(json_object_get(result(at), "response"), "detail");
}

static void has(const char *text, const char *part, const char *name)
{
    ok(text && strstr(text, part), "%s", name);
    if (text == NULL || strstr(text, part) == NULL) {
        printf("# got      %s\n", text ? text : "(null)");
    }
}

static const json_t *get(const char *type, const char *id)
{
    begin(type, "strict");
    return scim_call_read(&reply, &call, id) ? NULL : body();
}

static long long total(const char *type)
{
    begin(type, "strict");
    is_fine(scim_call_list(&reply, &call), "list");
    return json_integer_value(json_object_get(body(), "totalResults"));
}

/* The ids of a group's members, each with a blank behind. */
static const char *members(const char *id)
{
    const json_t *list = json_object_get(get("Group", id), "members"), *one;
    const char *all = "";
    size_t i;

    json_array_foreach(list, i, one)
    {
        all = apr_pstrcat(pool, all, text_of(one, "value"), " ", NULL);
    }
    return all;
}

#define POST_USER(id, name)                                                                    \
    "{'method':'POST','path':'/Users','bulkId':'" id "','data':{" USER ",'userName':'" name    \
    "'}}"
#define POST_GROUP(id, name, members)                                                          \
    "{'method':'POST','path':'/Groups','bulkId':'" id "','data':{" GROUP                       \
    ",'displayName':'" name "','members':[" members "]}}"
#define MEMBER(id) "{'value':'bulkId:" id "'}"

/* ---- tests ----------------------------------------------------------------- */

static void test_example(void)
{
    const char *alice;

    start("the example of RFC 7644 3.7.2");
    bulk(POST_USER("qwerty", "Alice") "," POST_GROUP(
        "ytrewq", "Tour Guides", "{'type':'User','value':'bulkId:qwerty'}"));
    is_int(reply.status, 200, "200");
    is(json_string_value(json_array_get(json_object_get(body(), "schemas"), 0)),
       SCIM_URN_BULK_RESPONSE, "a BulkResponse");
    is(statuses(), "201 201", "both are there");
    is(text_of(result(0), "method"), "POST", "method");
    is(text_of(result(0), "bulkId"), "qwerty", "bulkId");
    is(text_of(result(0), "version"), "W/\"1\"", "version");
    has(text_of(result(0), "location"), BASE "/Users/", "location");
    ok(json_object_get(result(0), "response") == NULL, "no response");
    is_int(reply.deeds->nelts, 2, "two lines for the log");
    alice = id_of(0);
    has(APR_ARRAY_IDX(reply.deeds, 0, const char *),
        apr_pstrcat(pool, "operation 1: create User/", alice, NULL), "what was done");
    is(members(id_of(1)), apr_pstrcat(pool, alice, " ", NULL), "Alice is in the group");
}

static void test_methods(void)
{
    const char *ada, *bob, *eve;

    start("methods");
    bulk(POST_USER("a", "ada") "," POST_USER("b", "bob") "," POST_USER("c", "eve"));
    ada = id_of(0), bob = id_of(1), eve = id_of(2);
    bulk(
        apr_psprintf(pool,
                     "{'method':'PUT','path':'/Users/%s','version':'W/\\'1\\'','data':{" USER
                     ",'userName':'ada','title':'x'}},"
                     "{'method':'PATCH','path':'/Users/%s','bulkId':'mine','data':{" PATCH
                     ",'Operations':[{'op':'add','path':'title','value':'y'}]}},"
                     "{'method':'DELETE','path':'/Users/%s'},"
                     "{'method':'PATCH','path':'/Users/%s','version':'W/\\'7\\'','data':{" PATCH
                     ",'Operations':[{'op':'add','path':'title','value':'z'}]}},"
                     "{'method':'DELETE','path':'/Users/" NOBODY "'}",
                     ada, bob, eve, ada));
    is(statuses(), "200 200 204 412 404", "statuses");
    is(text_of(result(0), "version"), "W/\"2\"", "version of PUT");
    is(text_of(result(1), "bulkId"), "mine", "any operation may have a bulkId");
    is(text_of(result(2), "location"), apr_pstrcat(pool, BASE "/Users/", eve, NULL),
       "location of DELETE");
    ok(json_object_get(result(2), "version") == NULL, "nothing has no version");
    is(text_of(result(3), "location"), apr_pstrcat(pool, BASE "/Users/", ada, NULL),
       "location of a failure");
    is(text_of(json_object_get(result(3), "response"), "status"), "412",
       "the response of a failure");
    is(text_of(result(4), "location"), BASE "/Users/" NOBODY, "... of one without resource");
    is(text_of(get("User", ada), "title"), "x", "PUT was kept, PATCH of another version not");
    is(text_of(get("User", bob), "title"), "y", "PATCH was kept");
    ok(get("User", eve) == NULL, "DELETE was kept");
}

static void test_bad_operations(void)
{
    static const struct {
        const char *operation, *status, *detail, *name;
    } rows[] = {
        {"7", "400", "an object is due", "no object"},
        {"{'path':'/Users'}", "400", "'method'", "no method"},
        {"{'method':'GET','path':'/Users'}", "400", "'GET'", "another method"},
        {"{'method':'post','path':'/Users'}", "400", "'post'", "a method in lower case"},
        {"{'method':7}", "400", "a number", "a method that is no string"},
        {"{'method':'POST','path':'/Users','data':{}}", "400", "'bulkId'", "POST, no bulkId"},
        {"{'method':'POST','path':'/Users','bulkId':'','data':{}}", "400", "'bulkId'",
         "an empty bulkId"},
        {"{'method':'POST','bulkId':'x','data':{}}", "400", "'path'", "no path"},
        {"{'method':'POST','path':'/Users','bulkId':'x'}", "400", "'data'", "no data"},
        {"{'method':'POST','path':'/Users','bulkId':'x','data':[]}", "400", "an array",
         "data that is no object"},
        {"{'method':'POST','path':'/Users','bulkId':'x','data':{" USER "}}", "400", "userName",
         "data that is no user"},
        {"{'method':'POST','path':'/Cats','bulkId':'x','data':{}}", "404", "'/Cats'",
         "an unknown endpoint"},
        {"{'method':'POST','path':'/Bulk','bulkId':'x','data':{}}", "404", "'/Bulk'",
         "no bulk in a bulk"},
        {"{'method':'POST','path':'/Users/" NOBODY "','bulkId':'x','data':{}}", "400",
         "without an id", "POST to a resource"},
        {"{'method':'DELETE','path':'/Users'}", "400", "needs the id", "DELETE of all"},
        {"{'method':'DELETE','path':'/Users/'}", "400", "needs the id", "... with a slash"},
        {"{'method':'DELETE','path':'/Users/7'}", "404", "'7'", "an id that is none"},
        {"{'method':'DELETE','path':'/Users/" NOBODY "/x'}", "404", "'" NOBODY "/x'",
         "a longer path"},
        {"{'method':'DELETE','path':'/Users/bulkId:x'}", "400", "'x'",
         "a path of an unknown bulkId"},
        {"{'method':'DELETE','path':'/Users/" NOBODY "','version':'W/'}", "400", "version",
         "a version that is none"},
        {POST_GROUP("x", "X", MEMBER("y")), "400", "'y'", "data with an unknown bulkId"},
        {POST_GROUP("x", "X", "{'value':'" NOBODY "'}"), "400", NOBODY, "an unknown member"},
    };
    size_t i;

    start("bad operations");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bulk(apr_pstrcat(pool, rows[i].operation, ",",
                         apr_psprintf(pool,
                                      "{'method':'POST','path':'Users','bulkId':'good','data':"
                                      "{" USER ",'userName':'u%d'}}",
                                      (int)i),
                         NULL));
        is(statuses(), apr_pstrcat(pool, rows[i].status, " 201", NULL), rows[i].name);
        has(detail_of(0), rows[i].detail, "... says so");
    }
    is_int(total("Group"), 0, "no group came to be");
}

static void test_bad_requests(void)
{
    start("bad requests");
    is_error(try_bulk("'x':1", "strict"), 400, "invalidSyntax", "Operations", "no operations");
    is_error(try_bulk("'Operations':{}", "strict"), 400, "invalidSyntax", "Operations",
             "operations that are no array");
    is_error(try_bulk("'Operations':[]", "auto"), 400, "invalidSyntax", "Operations",
             "no operation at all");
    is_error(try_bulk("'failOnErrors':0,'Operations':[1]", "strict"), 400, "invalidValue",
             "failOnErrors", "failOnErrors 0");
    is_error(try_bulk("'failOnErrors':'1','Operations':[1]", "strict"), 400, "invalidValue",
             "failOnErrors", "failOnErrors as text");
    is_error(try_bulk("'Operations':[" POST_USER("a", "ada") "," POST_USER("a", "bob") "]",
                      "strict"),
             400, "invalidValue", "'a'", "a bulkId twice");
    is_int(total("User"), 0, "nothing was done");
    service.limits.max_operations = 2;
    is_error(try_bulk("'Operations':[1,2,3]", "strict"), 413, NULL, "maxOperations (2)",
             "more operations than the limit");
    is_fine(try_bulk("'Operations':[1,2]", "strict"), "as many as the limit");
    begin(NULL, "strict");
    is_error(scim_call_bulk(&reply, &call, json("{'Operations':[1]}")), 400, "invalidSyntax",
             SCIM_URN_BULK_REQUEST, "no schemas");
    begin(NULL, "auto");
    is_fine(scim_call_bulk(&reply, &call, json("{'operations':[1]}")), "but leniently");
    is_fine(try_bulk("'Operations':[{'method':'post','path':'/Users','bulkId':'x','data':{"
                     "'userName':'ada'}},{'method':'Patch','path':'Users/bulkId:x',"
                     "'data':[{'op':'Add','path':'title','value':'x'}]}]",
                     "auto"),
            "what clients write");
    is(statuses(), "201 200", "is understood");
    is(text_of(get("User", id_of(0)), "title"), "x", "all of it");
}

static void test_fail_on_errors(void)
{
    start("failOnErrors");
    is_fine(try_bulk("'failOnErrors':1,'Operations':[" POST_USER("a", "ada") ",7," POST_USER(
                         "b", "bob") "]",
                     "strict"),
            "one error is too many");
    is(statuses(), "201 400", "the rest is not done");
    is_int(total("User"), 1, "... and what was done stays");
    is_fine(
        try_bulk("'failOnErrors':2,'Operations':[7," POST_USER("b", "bob") ",8,9]", "strict"),
        "two are");
    is(statuses(), "400 201 400", "stops after the second");
    is_fine(try_bulk("'failOnErrors':9,'Operations':[7,8," POST_USER("c", "eve") "]", "strict"),
            "nine are not reached");
    is(statuses(), "400 400 201", "all are done");
}

static void test_references(void)
{
    const char *ada, *bob;
    const json_t *manager;

    start("references");
    bulk(POST_GROUP("g", "G", MEMBER("h") "," MEMBER("a")) "," POST_GROUP(
        "h", "H",
        MEMBER(
            "a")) "," POST_USER("a",
                                "ada") ","
                                       "{'method':'PATCH','path':'/Groups/"
                                       "bulkId:g','data':{" PATCH ",'Operations':[{'op':"
                                       "'add','path':'members','value':[{'value':'bulkId:b'}]}]"
                                       "}},"
                                       "{'method':'POST','path':'/"
                                       "Users','bulkId':'b','data':{'schemas':['" SCIM_URN_USER
                                       "','" SCIM_URN_ENTERPRISE_USER
                                       "'],'userName':'bob','" SCIM_URN_ENTERPRISE_USER
                                       "':{'manager':{'value':'bulkId:a'}}}}");
    is(statuses(), "201 201 201 204 201", "forward, nested and in paths");
    is_int(parts, 5, "each is a part of the unit");
    is_int(units, 1, "which is one");
    ada = id_of(2), bob = id_of(4);
    manager =
        json_object_get(json_object_get(get("User", bob), SCIM_URN_ENTERPRISE_USER), "manager");
    is(text_of(manager, "value"), ada, "manager");
    bulk(POST_GROUP("x", "ROW", MEMBER("y")) "," POST_USER(
        "y", "ada") ","
                    "{'method':'DELETE','path':'/Users/bulkId:y'}," POST_USER("z", "zoe"));
    is(statuses(), "409 409 409 201", "what refers to a failure fails");
    has(detail_of(0), "'y'", "... and names it");
    ok(json_object_get(result(2), "location") == NULL, "what is not known has no location");
    bulk("{'method':'POST','path':'/Users','bulkId':'p','data':{" USER
         ",'userName':'eve','password':'bulkId:nobody'}}");
    is(statuses(), "201", "a password is no reference");
    bulk("{'method':'DELETE','path':'/Groups/bulkId:q'}," POST_USER("q", "quin"));
    is(statuses(), "400 201", "a bulkId of another endpoint");
}

static void test_circles(void)
{
    const char *a, *b, *c;

    start("circles");
    bulk(POST_GROUP(
        "qwerty", "Group A",
        "{'type':'Group','value':'bulkId:ytrewq'}") "," POST_GROUP("ytrewq", "Group B",
                                                                   "{'type':'Group','value':'"
                                                                   "bulkId:qwerty'}"));
    is(statuses(), "201 201", "the example of RFC 7644 3.7.1");
    a = id_of(0), b = id_of(1);
    is(text_of(result(0), "version"), "W/\"2\"", "the version is the last one");
    is(members(a), apr_pstrcat(pool, b, " ", NULL), "B is in A");
    is(members(b), apr_pstrcat(pool, a, " ", NULL), "A is in B");

    bulk(POST_GROUP("1", "One", MEMBER("2") "," MEMBER("u")) "," POST_GROUP(
        "0", "Zero",
        MEMBER("3")) "," POST_GROUP("2", "Two",
                                    MEMBER("3")) "," POST_GROUP("3", "Three",
                                                                MEMBER(
                                                                    "1")) "," POST_USER("u",
                                                                                        "ada"));
    is(statuses(), "201 201 201 201 201", "three in a circle, one that looks on");
    a = id_of(0), b = id_of(2), c = id_of(3);
    is_int(total("Group"), 6, "groups");
    bulk("7");
    begin(NULL, "strict");
    has(members(a), b, "two in one");
    is(members(b), apr_pstrcat(pool, c, " ", NULL), "three in two");
    is(members(c), apr_pstrcat(pool, a, " ", NULL), "one in three");

    bulk("{'method':'POST','path':'/Users','bulkId':'me','data':{'schemas':['" SCIM_URN_USER
         "','" SCIM_URN_ENTERPRISE_USER "'],'userName':'boss','" SCIM_URN_ENTERPRISE_USER
         "':{'department':'all','manager':{'value':'bulkId:me'}}}}");
    is(statuses(), "201", "one who refers to himself");
    a = id_of(0);
    is(text_of(json_object_get(json_object_get(get("User", a), SCIM_URN_ENTERPRISE_USER),
                               "manager"),
               "value"),
       a, "is his own manager");
    is(text_of(json_object_get(get("User", a), SCIM_URN_ENTERPRISE_USER), "department"), "all",
       "and has the rest");

    bulk(POST_GROUP("x", "X", MEMBER("y")) "," POST_GROUP(
        "y", "Two", MEMBER("x")) "," POST_GROUP("z", "Z", MEMBER("x")) "," POST_USER("last",
                                                                                     "zoe"));
    is(statuses(), "409 409 409 201", "all of a circle fail");
    has(detail_of(1), "Two", "one for itself");
    has(detail_of(0), "'y'", "the others with it");
    ok(json_object_get(result(0), "location") == NULL, "without location");
    is_int(total("Group"), 6, "nothing is left of it");
    bulk(POST_GROUP("x", "X", MEMBER("y") ",{'value':'" NOBODY "'}") "," POST_GROUP(
        "y", "Y", MEMBER("x")));
    is(statuses(), "400 409", "an unknown member in a circle");
    bulk(POST_GROUP("x", "X", MEMBER("x")));
    is(statuses(), "400", "a group cannot be in itself");
    is_int(total("Group"), 6, "still nothing");
}

static void test_policy(void)
{
    scim_toggle_t *users = service.policy.toggles[SCIM_KIND_USER];
    scim_toggle_t *groups = service.policy.toggles[SCIM_KIND_GROUP];

    start("policy");
    groups[SCIM_CHANGE_UPDATE] = SCIM_TOGGLE_OFF;
    bulk(POST_GROUP("a", "A", MEMBER("b")) "," POST_GROUP(
        "b", "B",
        MEMBER("a")) ","
                     "{'method':'PATCH','path':'/Groups/bulkId:a','data':{" PATCH
                     ",'Operations':[{'op':'replace','path':'displayName','value':'C'}]}}");
    is(statuses(), "201 201 403", "completing a creation is no update");
    is(members(id_of(0)), apr_pstrcat(pool, id_of(1), " ", NULL), "it is complete");
    groups[SCIM_CHANGE_CREATE] = SCIM_TOGGLE_IGNORE;
    bulk(POST_GROUP("c", "C", MEMBER("d")) "," POST_GROUP("d", "D", MEMBER("c")));
    is(statuses(), "201 201", "ignored creations in a circle");
    is_int(total("Group"), 2, "... are none");
    users[SCIM_CHANGE_CREATE] = SCIM_TOGGLE_OFF;
    bulk(POST_USER("a", "ada"));
    is(statuses(), "403", "creation is off");
    begin(NULL, "strict");
    call.hidden = 1u << SCIM_KIND_GROUP;
    users[SCIM_CHANGE_CREATE] = SCIM_TOGGLE_ON;
    groups[SCIM_CHANGE_CREATE] = SCIM_TOGGLE_ON;
    is_fine(scim_call_bulk(
                &reply, &call,
                json("{'schemas':['" SCIM_URN_BULK_REQUEST "'],'Operations':[" POST_GROUP(
                    "a", "E", "") "," POST_USER("b", "bob") "]}")),
            "a token for users");
    is(statuses(), "403 201", "is not one for groups");
}

static void test_one_commit(void)
{
    const char *operations = POST_USER("0", "u0");
    int i;

    start("one commit");
    for (i = 1; i < 1000; i++) {
        operations = apr_psprintf(pool,
                                  "%s,{'method':'POST','path':'/Users','bulkId':'%d',"
                                  "'data':{" USER ",'userName':'u%d'}}",
                                  operations, i, i % 999);
    }
    bulk(operations);
    is_int(units, 1, "1,000 creations are one unit of work");
    is_int(parts, 1000, "in 1,000 parts");
    is(text_of(result(999), "status"), "409", "of which one failed");
    is_int(total("User"), 999, "alone");
}

static void test_long_chain(void)
{
    const char *operations = POST_GROUP("0", "g0", "");
    int i;

    start("a long chain");
    for (i = 1; i < 1000; i++) {
        operations = apr_psprintf(pool,
                                  "{'method':'POST','path':'/Groups','bulkId':'%d',"
                                  "'data':{" GROUP ",'displayName':'g%d','members':["
                                  "{'value':'bulkId:%d'}]}},%s",
                                  i, i, i - 1, operations);
    }
    bulk(operations);
    is(text_of(result(0), "status"), "201", "the first, which needs all others");
    is_int(total("Group"), 1000, "all are there");
}

static void test_twice(void)
{
    start("a unit that runs twice");
    twice = 1;
    bulk(POST_USER("a", "ada") ",7," POST_GROUP("g", "G", MEMBER("h")) "," POST_GROUP(
        "h", "H", MEMBER("g")));
    is(statuses(), "201 400 201 201", "has one result");
    is(members(id_of(2)), apr_pstrcat(pool, id_of(3), " ", NULL), "that is true");
    is_fine(try_bulk("'failOnErrors':2,'Operations':[7," POST_USER("z", "zoe") "]", "strict"),
            "one error in each run");
    is(statuses(), "400 201", "is one error");
    bulk("{'method':'DELETE','path':'/Users/bulkId:y'}," POST_USER("y", "yan"));
    is(statuses(), "204 201", "a reference is to what this run made");
    twice = 0;
    is_int(total("User"), 2, "and is there once");
    broken = 1;
    is_error(try_bulk("'Operations':[" POST_USER("b", "bob") "]", "strict"), 503, NULL, "lost",
             "a unit that fails");
    broken = 0;
    is_int(total("User"), 2, "leaves nothing");
    broken = 2;
    parts = 0;
    is_error(try_bulk("'Operations':[" POST_USER("b", "bob") "," POST_USER(
                          "c", "eve") "," POST_USER("d", "zoe") "," POST_USER("e", "eli") "]",
                      "strict"),
             503, NULL, "lost", "a directory that goes away in the middle");
    broken = 0;
    is_int(total("User"), 2, "leaves nothing either");
}

/* The stored hash of somebody. */
typedef struct lookup_t {
    const char *id, *hash;
} lookup_t;

static scim_error_t *look(scim_session_t *session, void *baton, apr_pool_t *scratch)
{
    lookup_t *lookup = baton;
    scim_record_t *record;

    (void)scratch;
    SCIM_TRY(counting.get(session, "User", lookup->id, &record, pool));
    lookup->hash = record->password;
    return NULL;
}

static const char *hash_of(const char *id)
{
    lookup_t lookup = {id, NULL};

    counting.transact(service.directory->state, 0, look, &lookup, pool);
    return lookup.hash;
}

static void test_passwords(void)
{
    const char *ada, *bob;

    start("passwords");
    service.policy.keep_passwords = 1;
    bulk("{'method':'POST','path':'/Users','bulkId':'a','data':{" USER
         ",'userName':'ada','password':'one'}},"
         "{'method':'POST','path':'/Users','bulkId':'b','data':{" USER
         ",'userName':'bob','password':'two'}},"
         "{'method':'PATCH','path':'/Users/bulkId:b','data':{" PATCH
         ",'Operations':[{'op':'replace','path':'password','value':'three'}]}},"
         "{'method':'POST','path':'/Users','bulkId':'c','data':{" USER
         ",'userName':'eve','password':'0123456789012345678901234567890123456789012345678901234"
         "5678901234567890123456789'}}");
    is(statuses(), "201 201 200 400", "set");
    ada = id_of(0), bob = id_of(1);
    ok(scim_password_matches("one", hash_of(ada), pool), "in a POST");
    ok(scim_password_matches("three", hash_of(bob), pool), "in a PATCH");
    is(text_of(result(2), "version"), "W/\"2\"", "a new password is a new version");
    bulk(apr_psprintf(pool,
                      "{'method':'PUT','path':'/Users/%s','data':{" USER
                      ",'userName':'ada','password':'one'}},"
                      "{'method':'PATCH','path':'/Users/%s','data':{" PATCH
                      ",'Operations':[{'op':'remove','path':'password'}]}}",
                      ada, bob));
    is(statuses(), "200 200", "changed");
    is(text_of(result(0), "version"), "W/\"1\"", "the same password is no change");
    is(text_of(result(1), "version"), "W/\"3\"", "clearing is one");
    ok(hash_of(bob) == NULL, "cleared");
    is_int(units, 2, "units of work that write");
    bulk(apr_psprintf(pool,
                      "{'method':'PATCH','path':'/Users/%s','data':{" PATCH
                      ",'Operations':[{'op':'replace','path':'password','value':'four'}]}},"
                      "{'method':'PATCH','path':'/Users/%s','data':{" PATCH
                      ",'Operations':[{'op':'replace','path':'password','value':'one'}]}}",
                      ada, ada));
    ok(scim_password_matches("one", hash_of(ada), pool),
       "back to what it was: the last counts");
}

/* ---- what all operations may do together ---- */

/* As many times the text, with commas. */
static const char *repeated(const char *text, int count)
{
    apr_size_t length = strlen(text);
    char *all = apr_palloc(pool, (length + 1) * (apr_size_t)count + 1), *at = all;
    int i;

    for (i = 0; i < count; i++) {
        at = apr_cpystrn(at, text, length + 1);
        *at++ = i + 1 < count ? ',' : '\0';
    }
    return all;
}

/* A PATCH of `count` times the operation. */
static const char *patch_of(const char *path, const char *operation, int count)
{
    return apr_psprintf(pool,
                        "{'method':'PATCH','path':'%s','data':{" PATCH ",'Operations':[%s]}}",
                        path, repeated(operation, count));
}

#define TEN(attribute, sub)                                                                    \
    "{'op':'remove','path':'" attribute "[" sub " eq \\'0\\' or " sub " eq \\'1\\' or " sub    \
    " eq \\'2\\' or " sub " eq \\'3\\' or " sub " eq \\'4\\' or " sub " eq \\'5\\' or " sub    \
    " eq \\'6\\' or " sub " eq \\'7\\' or " sub " eq \\'8\\' or " sub " eq \\'9\\']'}"

static void test_patch_work(void)
{
    const char *emails = "", *crowd = "", *ada, *team, *large, *many;
    int i;

    start("patches");
    emails = repeated("{'value':'m','type':'work'}", 1);
    for (i = 1; i < 1000; i++) {
        emails = apr_psprintf(pool, "{'value':'m%d'},%s", i, emails);
    }
    bulk(apr_psprintf(pool,
                      "{'method':'POST','path':'/Users','bulkId':'a','data':{" USER
                      ",'userName':'ada','emails':[%s]}}",
                      emails));
    ada = apr_pstrcat(pool, "/Users/", id_of(0), NULL);
    large = patch_of(ada, TEN("emails", "display"), 60);
    bulk(large);
    is(statuses(), "200", "1000 values x 10 terms x 60 operations");
    bulk(apr_pstrcat(pool, large, ",", large, NULL));
    is(statuses(), "200 400", "twice that is too much for one request");
    is(text_of(json_object_get(result(1), "response"), "scimType"), "tooMany",
       "... and said so");
    twice = 1;
    bulk(large);
    is(statuses(), "200", "a unit of work that is done again begins anew");
    twice = 0;

    for (i = 0; i < 200; i++) {
        crowd = apr_psprintf(pool,
                             "%s%s{'method':'POST','path':'/Users','bulkId':'u%d',"
                             "'data':{" USER ",'userName':'u%d'}}",
                             crowd, i ? "," : "", i, i);
    }
    bulk(crowd);
    for (many = "", i = 0; i < 200; i++) {
        many = apr_psprintf(pool, "%s%s{'value':'%s'}", many, i ? "," : "", id_of((size_t)i));
    }
    bulk(apr_psprintf(pool,
                      "{'method':'POST','path':'/Groups','bulkId':'g','data':{" GROUP
                      ",'displayName':'team','members':[%s]}}",
                      many));
    team = apr_pstrcat(pool, "/Groups/", id_of(0), NULL);
    many = patch_of(team, TEN("members", "display"), 300);
    bulk(many);
    is(statuses(), "204", "200 members x 10 terms x 300 operations");
    bulk(apr_pstrcat(pool, many, ",", many, NULL));
    is(statuses(), "204 400", "twice that is too much");
    bulk(apr_pstrcat(pool, large, ",", many, NULL));
    is(statuses(), "200 400", "values and members count together");
}

/* Who checks a password that is stored needs as long as to make it: here as long as a whole
   request may take. */
static void test_password_work(void)
{
    const char *same;

    start("slow passwords");
    service.policy.keep_passwords = 1;
    bulk("{'method':'POST','path':'/Users','bulkId':'a','data':{" USER
         ",'userName':'ada','password':'one'}}");
    same = patch_of(apr_pstrcat(pool, "/Users/", id_of(0), NULL),
                    "{'op':'replace','path':'password','value':'one'}", 1);
    service.policy.password_cost = 20;
    bulk(same);
    is(statuses(), "200", "as many rounds as a request has");
    bulk(apr_pstrcat(pool, same, ",", same, NULL));
    is(statuses(), "200 413", "one hash more");
    has(detail_of(1), "another request", "says what to do");
    bulk("{'method':'POST','path':'/Users','bulkId':'b','data':{" USER ",'userName':'bob'}}");
    is(statuses(), "201", "others need none");
    service.policy.password_cost = 21;
    bulk("{'method':'POST','path':'/Users','bulkId':'c','data':{" USER
         ",'userName':'eve','password':'one'}}");
    is(statuses(), "413", "a hash that is made counts, too");
}

int main(void)
{
    pool = tap_start();
    test_example();
    test_methods();
    test_bad_operations();
    test_bad_requests();
    test_fail_on_errors();
    test_references();
    test_circles();
    test_policy();
    test_one_commit();
    test_long_chain();
    test_twice();
    test_passwords();
    test_patch_work();
    test_password_work();
    return tap_done();
}
