/* Bulk requests on the memory provider: order, references, errors, one commit for all. */
#include "bulks.h"

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
    return tap_done();
}
