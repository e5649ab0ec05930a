/* The operations on the memory provider: what HTTP cannot show, and the rules of the policy. */
#include "tap.h"

#include "core/error.h"
#include "core/json.h"
#include "core/limits.h"
#include "directory/memory.h"
#include "service/call.h"
#include "service/discovery.h"
#include "service/username.h"

static apr_pool_t *pool;
static scim_service_t service;
static const scim_resource_type_t *user;

static void start(const char *name)
{
    scim_directory_t *directory = apr_pcalloc(pool, sizeof(*directory));
    scim_schemas_t *schemas;
    int i;

    is_fine(scim_schemas_create(&schemas, pool), "schemas");
    user = scim_schemas_type(schemas, "User");
    directory->name = name;
    directory->provider = &scim_memory_provider;
    is_fine(directory->provider->open(&directory->state, name, NULL, 0, NULL, pool),
            "directory");
    memset(&service, 0, sizeof(service));
    service.schemas = schemas;
    service.directory = directory;
    service.limits.max_results = 3;
    service.limits.max_scan = 5;
    for (i = 0; i < SCIM_CHANGES; i++) {
        service.policy.toggles[SCIM_KIND_USER][i] = SCIM_TOGGLE_ON;
    }
}

static scim_call_t call_of(const char *dialect)
{
    scim_call_t call = {.service = &service,
                        .type = user,
                        .dialect = scim_dialect_find(dialect),
                        .base_url = "https://example.com/scim/v2",
                        .client = "test",
                        .notes = apr_array_make(pool, 4, sizeof(const char *)),
                        .pool = pool};

    call.search.start_index = 1;
    call.search.count = -1;
    return call;
}

static const json_t *json(const char *text)
{
    json_t *value = NULL;
    scim_error_t *error = scim_json_parse(&value, text, strlen(text), pool);

    if (error) {
        ok(0, "test data: %s", error->detail);
    }
    return value;
}

static const json_t *body_of(const scim_reply_t *reply)
{
    return json(scim_buffer_text(reply->body, pool));
}

#define USER "\"schemas\":[\"" SCIM_URN_USER "\"]"

static const char *create(const char *text)
{
    scim_call_t call = call_of("strict");
    scim_reply_t reply = {0};

    if (!is_fine(scim_call_create(&reply, &call, json(text)), text)) {
        return "";
    }
    is_int(reply.status, 201, "created");
    return reply.id;
}

static void test_whole_life(void)
{
    scim_call_t call;
    scim_reply_t reply = {0};
    const json_t *body;
    const char *id;

    start("life");
    call = call_of("strict");
    id = create("{" USER ",\"userName\":\"ada\",\"password\":\"secret secret\"}");
    is_fine(scim_call_read(&reply, &call, id), "read");
    body = body_of(&reply);
    ok(json_object_get(body, "password") == NULL, "password is never returned");
    ok(json_is_true(json_object_get(body, "active")), "active by default");
    is(reply.location, apr_pstrcat(pool, "https://example.com/scim/v2/Users/", id, NULL),
       "location");
    is(reply.etag, "W/\"1\"", "version");

    scim_etags_parse(&call.precondition.match, "If-Match", "W/\"7\"", pool);
    is_error(scim_call_replace(&reply, &call, id, json("{" USER ",\"userName\":\"ada\"}")), 412,
             NULL, "W/\"1\"", "a version that is not there");
    is_error(scim_call_delete(&reply, &call, id), 412, NULL, NULL, "nor for delete");
    memset(&call.precondition, 0, sizeof(call.precondition));
    scim_etags_parse(&call.precondition.none_match, "If-None-Match", "W/\"1\"", pool);
    is_fine(scim_call_read(&reply, &call, id), "read of the known version");
    is_int(reply.status, 304, "not modified");

    call = call_of("strict");
    is_fine(
        scim_call_patch(&reply, &call, id,
                        json("{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"Operations\":[{\"op\":"
                             "\"remove\",\"path\":\"active\"}]}")),
        "remove active");
    is(reply.operation, "unchanged", "an omitted active stays what it was");
    is_error(
        scim_call_patch(&reply, &call, id,
                        json("{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"Operations\":[{\"op\":"
                             "\"remove\",\"path\":\"userName\"}]}")),
        400, "mutability", NULL, "userName cannot be removed");
    is_error(scim_call_replace(&reply, &call, id, json("{" USER "}")), 400, "invalidValue",
             "userName", "a PUT needs userName");
    is_fine(scim_call_delete(&reply, &call, id), "delete");
    is_int(reply.status, 204, "no content");
    is_error(scim_call_read(&reply, &call, id), 404, NULL, id, "gone");
}

static long long number(const json_t *body, const char *name)
{
    return json_integer_value(json_object_get(body, name));
}

static void test_list(void)
{
    scim_call_t call;
    scim_reply_t reply = {0};
    int i;

    start("list");
    call = call_of("strict");
    for (i = 0; i < 5; i++) {
        create(apr_psprintf(pool, "{" USER ",\"userName\":\"u%d\",\"title\":\"%s\"}", i,
                            i % 2 ? "odd" : "even"));
    }
    is_fine(scim_call_list(&reply, &call), "all");
    is_int(number(body_of(&reply), "totalResults"), 5, "total");
    is_int(number(body_of(&reply), "itemsPerPage"), 3, "no more than max_results on a page");
    call.search.start_index = 4;
    is_fine(scim_call_list(&reply, &call), "second page");
    is_int(number(body_of(&reply), "itemsPerPage"), 2, "the rest");
    is_int(number(body_of(&reply), "startIndex"), 4, "startIndex");
    call.search.start_index = 9;
    is_fine(scim_call_list(&reply, &call), "past the end");
    is_int(number(body_of(&reply), "itemsPerPage"), 0, "nothing");
    is_int(number(body_of(&reply), "totalResults"), 5, "but the total");
    call.search.start_index = 1;
    call.search.count = 0;
    is_fine(scim_call_list(&reply, &call), "count 0");
    is_int((long long)json_array_size(json_object_get(body_of(&reply), "Resources")), 0,
           "only the total");
    call.search.count = -1;
    call.search.filter = "title eq \"ODD\"";
    is_fine(scim_call_list(&reply, &call), "a filter without an index");
    is_int(number(body_of(&reply), "totalResults"), 2, "finds by value");
    create("{" USER ",\"userName\":\"u5\"}");
    is_error(scim_call_list(&reply, &call), 400, "tooMany", "5", "more records than max_scan");
    service.limits.max_scan = 6;
    call.search.filter = "userName eq \"U5\"";
    is_fine(scim_call_list(&reply, &call), "as many records as max_scan");
    is_int(number(body_of(&reply), "totalResults"), 1, "found, whatever the case");
    call.search.attributes = "userName";
    is_fine(scim_call_list(&reply, &call), "projected");
    ok(json_object_get(json_array_get(json_object_get(body_of(&reply), "Resources"), 0), "meta")
           == NULL,
       "only what was asked for");
}

static const char *long_text(int length)
{
    return memset(apr_pcalloc(pool, (apr_size_t)length + 1), 'x', (size_t)length);
}

static void create_numbered(int i, const char *name)
{
    create(apr_psprintf(pool, "{" USER ",\"userName\":\"%d\",\"nickName\":\"%s\"}", i, name));
}

/* All pages of a list by cursor, there and back: how many resources they have. */
static void test_large_pages(scim_call_t *call)
{
    int there = 0, back = 0, pages = 0, last = 0;
    scim_reply_t reply = {0};
    const char *cursor;

    call->search.count = 200;
    for (cursor = ""; cursor && pages++ < 9;) {
        call->search.cursor = cursor;
        is_fine(scim_call_list(&reply, call), "a page");
        last = (int)number(body_of(&reply), "itemsPerPage");
        there += last;
        cursor = json_string_value(json_object_get(body_of(&reply), "nextCursor"));
    }
    is_int(there, 105, "pages have all of them");
    cursor = json_string_value(json_object_get(body_of(&reply), "previousCursor"));
    while (cursor && pages++ < 18) {
        call->search.cursor = cursor;
        is_fine(scim_call_list(&reply, call), "a page, backward");
        back += (int)number(body_of(&reply), "itemsPerPage");
        cursor = json_string_value(json_object_get(body_of(&reply), "previousCursor"));
    }
    is_int(back, there - last, "and those in front of the last");
}

static void test_large_resources(void)
{
    const char *half = long_text(SCIM_MAX_DOCUMENT / 2);
    scim_call_t call;
    scim_reply_t reply = {0};
    int i;

    start("large");
    service.limits.max_results = 100;
    service.limits.max_scan = 100;
    call = call_of("strict");
    for (i = 0; i < 40; i++) {
        create_numbered(i, i < 5 ? half : "x");
    }
    call.search.filter = "title eq \"x\"";
    is_fine(scim_call_list(&reply, &call), "as many bytes to look at as are allowed");
    create_numbered(40, half);
    is_error(scim_call_list(&reply, &call), 400, "tooMany", "too large", "more");
    service.limits.max_scan = 200;
    is_fine(scim_call_list(&reply, &call), "allowed where more records are");

    call.search.filter = NULL;
    for (i = 41; i < 75; i++) {
        create_numbered(i, half);
    }
    is_fine(scim_call_list(&reply, &call), "a list of large resources");
    is_int(number(body_of(&reply), "totalResults"), 75, "all count");
    i = (int)number(body_of(&reply), "itemsPerPage");
    ok(i > 60 && i < 75, "the page ends before the last: %d", i);
    is_int((long long)json_array_size(json_object_get(body_of(&reply), "Resources")), i,
           "and says so");
    ok(reply.body->length < SCIM_MAX_PAGE_BYTES + SCIM_MAX_DOCUMENT, "it is not too long");
    call.search.start_index = i + 1;
    is_fine(scim_call_list(&reply, &call), "the next");
    is_int(number(body_of(&reply), "itemsPerPage"), 75 - i, "has the rest");
    call.search.start_index = 1;
    call.search.attributes = "userName";
    is_fine(scim_call_list(&reply, &call), "where the long attribute is not asked for");
    is_int(number(body_of(&reply), "itemsPerPage"), 75, "it takes no room");
    for (i = 75; i < 105; i++) {
        create_numbered(i, half);
    }
    is_fine(scim_call_list(&reply, &call), "a long list of them");
    i = (int)number(body_of(&reply), "itemsPerPage");
    ok(i > 90 && i < 105, "ends when enough was read: %d", i);
    test_large_pages(&call);
}

static void test_notes(void)
{
    scim_call_t call;
    scim_reply_t reply = {0};
    const char *id;

    start("notes");
    call = call_of("auto");
    id = create("{" USER ",\"userName\":\"ada\"}");
    service.policy.toggles[SCIM_KIND_USER][SCIM_CHANGE_UPDATE] = SCIM_TOGGLE_IGNORE;
    is_fine(scim_call_replace(&reply, &call, id,
                              json("{" USER ",\"userName\":\"ada\",\"title\":\"x\"}")),
            "an ignored update");
    is_int(call.notes->nelts, 1, "is noted once");
    is(reply.operation, "unchanged", "and changes nothing");
    service.policy.toggles[SCIM_KIND_USER][SCIM_CHANGE_DISABLE] = SCIM_TOGGLE_OFF;
    is_error(scim_call_replace(
                 &reply, &call, id,
                 json("{" USER ",\"userName\":\"ada\",\"title\":\"x\",\"active\":false}")),
             403, NULL, "ScimDisableUsers is off", "one refused part refuses all");
}

static const char *create_as(const char *dialect, const char *members, const char **operation)
{
    scim_call_t call = call_of(dialect);
    scim_reply_t reply = {0};

    if (!is_fine(scim_call_create(&reply, &call,
                                  json(apr_pstrcat(pool, "{" USER ",", members, "}", NULL))),
                 members)) {
        return "";
    }
    *operation = reply.operation;
    return reply.id;
}

static void delete_user(const char *id)
{
    scim_call_t call = call_of("strict");
    scim_reply_t reply = {0};

    is_fine(scim_call_delete(&reply, &call, id), "delete");
}

static void test_returning(void)
{
    const char *ada, *grace, *john, *id, *what;
    scim_call_t call;
    scim_reply_t reply = {0};

    start("returning");
    service.policy.toggles[SCIM_KIND_USER][SCIM_CHANGE_DELETE] = SCIM_TOGGLE_DISABLE;
    ada = create_as("strict", "\"userName\":\"ada\",\"externalId\":\"\"", &what);
    grace = create_as("okta", "\"userName\":\"grace\",\"externalId\":\" \"", &what);
    delete_user(ada);
    delete_user(grace);
    id = create_as("strict", "\"userName\":\"alan\",\"externalId\":\"\"", &what);
    ok(strcmp(id, ada) != 0, "an empty externalId does not make one person of two");
    is(what, "create", "nor return anybody");
    id = create_as("okta", "\"userName\":\"john\",\"externalId\":\" \"", &what);
    ok(strcmp(id, grace) != 0, "neither does a blank one");
    john = id;

    ada = create_as("strict", "\"userName\":\"ada\",\"externalId\":\"1\"", &what);
    grace = create_as("strict", "\"userName\":\"grace\",\"externalId\":\"2\"", &what);
    is(what, "return", "the same name returns");
    delete_user(ada);
    delete_user(grace);
    id = create_as("strict", "\"userName\":\"grace\",\"externalId\":\"1\"", &what);
    is(id, grace, "a name that nobody can be seen to have is not taken");
    is(what, "return", "it returns whoever had it");
    call = call_of("strict");
    is_error(scim_call_create(&reply, &call,
                              json("{" USER ",\"userName\":\"GRACE\",\"externalId\":\"1\"}")),
             409, "uniqueness", "'GRACE' is taken by another User.",
             "a name that somebody has is");
    delete_user(grace);
    is_error(scim_call_replace(&reply, &call, id, json("{" USER ",\"userName\":\"Grace\"}")),
             404, NULL, grace, "who is deleted is not there");
    is_error(scim_call_replace(&reply, &call, john, json("{" USER ",\"userName\":\"Grace\"}")),
             409, "uniqueness", "'Grace' is taken by a deleted user",
             "nobody else can have the name");
}

static void rewrite(const char *expression)
{
    apr_array_header_t *rules = apr_array_make(pool, 1, sizeof(const scim_rewrite_t *));

    ok(scim_rewrite_compile(apr_array_push(rules), expression, "", pool) == NULL, "a new rule");
    service.policy.rewrites = rules;
}

static scim_error_t *patch(scim_reply_t *reply, scim_call_t *call, const char *id,
                           const char *path, const char *value)
{
    return scim_call_patch(
        reply, call, id,
        json(apr_psprintf(pool,
                          "{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"Operations\":[{\"op\":"
                          "\"replace\",\"path\":\"%s\",\"value\":%s}]}",
                          path, value)));
}

/* The administrator changes the rules when people are there already. */
static void test_new_rules(void)
{
    const char *first, *second;
    scim_call_t call;
    scim_reply_t reply = {0};

    start("rules");
    first = create("{" USER ",\"userName\":\"ada@a\"}");
    second = create("{" USER ",\"userName\":\"ada@b\"}");
    rewrite("@.*");
    call = call_of("strict");
    is_fine(patch(&reply, &call, first, "title", "\"x\""), "somebody gets a new local name");
    is_int(call.notes->nelts, 0, "of which nothing is noted");
    is_fine(patch(&reply, &call, second, "active", "false"), "another one is disabled");
    ok(json_is_false(json_object_get(body_of(&reply), "active")), "though the name is taken");
    is_int(call.notes->nelts, 1, "which is noted");
    is_error(patch(&reply, &call, second, "userName", "\"ada@c\""), 409, "uniqueness",
             "'ada' here", "a new userName follows the rules");
    is_error(scim_call_create(&reply, &call, json("{" USER ",\"userName\":\"ada@b\"}")), 409,
             "uniqueness", NULL, "so does somebody new");
    rewrite(".*");
    call = call_of("strict");
    is_fine(patch(&reply, &call, first, "active", "false"), "rules that leave no name");
    is_int(call.notes->nelts, 1, "keep the one of before");
    is_error(patch(&reply, &call, first, "userName", "\"ada@c\""), 400, "invalidValue", "empty",
             "but a new userName needs one");
}

/* The administrator takes a role out of the list that somebody has. */
static void test_new_roles(void)
{
    const char *id;
    apr_array_header_t *roles = apr_array_make(pool, 1, sizeof(const char *));
    scim_call_t call;
    scim_reply_t reply = {0};

    start("roles");
    id = create("{" USER ",\"userName\":\"ada\",\"roles\":[{\"value\":\"editor\"}]}");
    APR_ARRAY_PUSH(roles, const char *) = "reader";
    service.policy.roles = roles;
    call = call_of("strict");
    is_fine(patch(&reply, &call, id, "active", "false"), "who has it can be disabled");
    is_fine(scim_call_replace(&reply, &call, id,
                              json("{" USER ",\"userName\":\"ada\",\"title\":\"x\",\"roles\":[{"
                                   "\"value\":\"editor\"}]}")),
            "and replaced with it");
    is_error(
        patch(&reply, &call, id, "roles", "[{\"value\":\"editor\"},{\"value\":\"reader\"}]"),
        400, "invalidValue", "'editor'", "but not given it with another one");
    is_fine(patch(&reply, &call, id, "roles", "[{\"value\":\"reader\"}]"), "it goes");
    is_error(patch(&reply, &call, id, "roles", "[{\"value\":\"editor\"}]"), 400, "invalidValue",
             "'editor'", "and does not come back");
}

/* What transact() of a database does when it lost the connection: the work is undone and done
   again. `between` happens in between. */
static void (*between)(scim_session_t *session);

typedef struct twice_t {
    scim_work_fn work;
    void *baton;
} twice_t;

static scim_error_t *fail_after(scim_session_t *session, void *baton, apr_pool_t *scratch)
{
    twice_t *twice = baton;
    scim_error_t *error = twice->work(session, twice->baton, scratch);

    return error ? error : scim_error_create(scratch, 503, NULL, "lost");
}

static scim_error_t *interlude(scim_session_t *session, void *baton, apr_pool_t *scratch)
{
    (void)baton, (void)scratch;
    between(session);
    return NULL;
}

static scim_error_t *transact_twice(void *directory, int writes, scim_work_fn work, void *baton,
                                    apr_pool_t *where)
{
    twice_t twice = {work, baton};
    apr_pool_t *scratch;
    scim_error_t *error;

    apr_pool_create(&scratch, where);
    error = scim_memory_provider.transact(directory, writes, fail_after, &twice, scratch);
    ok(error && error->status == 503, "the first attempt is undone");
    apr_pool_destroy(scratch);
    SCIM_TRY(scim_memory_provider.transact(directory, 1, interlude, NULL, where));
    return scim_memory_provider.transact(directory, writes, work, baton, where);
}

static const char *erased;

static void erase(scim_session_t *session)
{
    scim_outcome_t outcome;

    is_fine(scim_memory_provider.remove(session, "User", erased, 2, &outcome, pool), "erased");
    is_int(outcome, SCIM_STORED, "and gone");
}

static void test_retry(void)
{
    scim_directory_provider_t provider = scim_memory_provider;
    scim_directory_t directory;
    scim_call_t call;
    scim_reply_t reply = {0};

    start("retry");
    service.policy.toggles[SCIM_KIND_USER][SCIM_CHANGE_DELETE] = SCIM_TOGGLE_DISABLE;
    service.policy.toggles[SCIM_KIND_USER][SCIM_CHANGE_ENABLE] = SCIM_TOGGLE_IGNORE;
    erased = create("{" USER ",\"userName\":\"ada\"}");
    delete_user(erased);
    directory = *service.directory;
    provider.transact = transact_twice;
    directory.provider = &provider;
    service.directory = &directory;
    between = erase;
    call = call_of("strict");
    is_fine(scim_call_create(&reply, &call, json("{" USER ",\"userName\":\"ada\"}")),
            "somebody who returns, and is gone when it is tried again");
    is(reply.operation, "create", "is created");
    ok(strcmp(reply.id, erased) != 0, "with an id of their own");
    is(reply.etag, "W/\"1\"", "in the first version");
    ok(json_is_true(json_object_get(body_of(&reply), "active")), "and active");
    is_int(call.notes->nelts, 0, "nothing of the first attempt is noted");
}

/* A store where other writers come first. */
static int overtaken;

static scim_error_t *update_late(scim_session_t *session, const scim_record_t *record,
                                 apr_int64_t expected, scim_outcome_t *outcome,
                                 apr_pool_t *where)
{
    if (overtaken-- > 0) {
        *outcome = SCIM_STALE;
        return NULL;
    }
    return scim_memory_provider.update(session, record, expected, outcome, where);
}

static void nothing(scim_session_t *session)
{
    (void)session;
}

static void test_change_again(void)
{
    scim_directory_provider_t provider = scim_memory_provider;
    scim_directory_t directory;
    const char *id;
    scim_call_t call;
    scim_reply_t reply = {0};

    start("again");
    service.policy.toggles[SCIM_KIND_USER][SCIM_CHANGE_DISABLE] = SCIM_TOGGLE_IGNORE;
    id = create("{" USER ",\"userName\":\"ada\"}");
    directory = *service.directory;
    directory.provider = &provider;
    service.directory = &directory;
    provider.update = update_late;
    overtaken = 7;
    call = call_of("strict");
    is_fine(patch(&reply, &call, id, "title", "\"x\""), "overtaken seven times");
    is(reply.etag, "W/\"2\"", "it is one change");
    overtaken = 8;
    is_error(patch(&reply, &call, id, "title", "\"y\""), 503, NULL, "try again", "eight times");
    overtaken = 0;

    provider.transact = transact_twice;
    between = nothing;
    is_fine(patch(&reply, &call, id, "active", "false"), "a change that is done again");
    is_int(call.notes->nelts, 1, "is noted once");
}

static void test_discovery(void)
{
    scim_call_t call;
    scim_reply_t reply = {0};

    start("discovery");
    call = call_of("strict");
    is_fine(scim_discovery_config(&reply, &call), "ServiceProviderConfig");
    ok(json_is_true(json_object_get(json_object_get(body_of(&reply), "patch"), "supported")),
       "patch");
    is_fine(scim_discovery_types(&reply, &call, NULL), "ResourceTypes");
    is_int(number(body_of(&reply), "totalResults"), 2, "what is served is listed");
    is_fine(scim_discovery_types(&reply, &call, "user"), "one, in any case");
    is(reply.location, "https://example.com/scim/v2/ResourceTypes/User", "where it is");
    is_error(scim_discovery_types(&reply, &call, "Grou"), 404, NULL, "'Grou'", "none else");
    is_fine(scim_discovery_schemas(&reply, &call, NULL), "Schemas");
    is_int(number(body_of(&reply), "totalResults"), 6, "those of users, groups and discovery");
    is_fine(scim_discovery_schemas(&reply, &call, SCIM_URN_ENTERPRISE_USER), "one schema");
    is_error(scim_discovery_schemas(&reply, &call, SCIM_URN_GROUP "x"), 404, NULL, "Groupx",
             "none else");
    call.search.filter = "id pr";
    is_error(scim_discovery_schemas(&reply, &call, NULL), 403, NULL, "filtered",
             "no filters (RFC 7644 4)");
}

int main(void)
{
    pool = tap_start();
    test_whole_life();
    test_list();
    test_large_resources();
    test_notes();
    test_returning();
    test_new_rules();
    test_new_roles();
    test_retry();
    test_change_again();
    test_discovery();
    return tap_done();
}
