/* The operations on the memory provider: what HTTP cannot show, and the rules of the policy. */
#include "tap.h"

#include "core/json.h"
#include "directory/memory.h"
#include "service/call.h"
#include "service/discovery.h"

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
    is_fine(directory->provider->open(&directory->state, name, NULL, 0, NULL, pool), "directory");
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
    is_int(number(body_of(&reply), "totalResults"), 1, "what is served is listed");
    is_fine(scim_discovery_types(&reply, &call, "user"), "one, in any case");
    is(reply.location, "https://example.com/scim/v2/ResourceTypes/User", "where it is");
    is_error(scim_discovery_types(&reply, &call, "Group"), 404, NULL, "'Group'", "none else");
    is_fine(scim_discovery_schemas(&reply, &call, NULL), "Schemas");
    is_int(number(body_of(&reply), "totalResults"), 5, "those of users and of discovery");
    is_fine(scim_discovery_schemas(&reply, &call, SCIM_URN_ENTERPRISE_USER), "one schema");
    is_error(scim_discovery_schemas(&reply, &call, SCIM_URN_GROUP), 404, NULL, "Group",
             "not yet");
    call.search.filter = "id pr";
    is_error(scim_discovery_schemas(&reply, &call, NULL), 403, NULL, "filtered",
             "no filters (RFC 7644 4)");
}

int main(void)
{
    pool = tap_start();
    test_whole_life();
    test_list();
    test_notes();
    test_discovery();
    return tap_done();
}
