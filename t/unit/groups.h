/*
 * groups.h - what the unit tests of groups have in common: the operations of the service on
 * each of the providers, and what is found in their replies.
 */
#ifndef TEST_GROUPS_H
#define TEST_GROUPS_H

#include "directories.h"

#include "core/json.h"
#include "service/call.h"

#define BASE "https://example.com/scim/v2"
#define GROUP "\"schemas\":[\"" SCIM_URN_GROUP "\"]"

static apr_pool_t *pool;
static scim_source_t *source; /* of SQLite; NULL: the memory provider */
static scim_service_t service;
static scim_reply_t reply;
static scim_call_t call; /* of the last operation */

/* People that every test has. */
static const char *ada, *bob, *eve;

/* ---- operations ---------------------------------------------------------- */

static inline const json_t *json(const char *text)
{
    json_t *value = NULL;
    scim_error_t *error = scim_json_parse(&value, text, strlen(text), pool);

    if (error) {
        ok(0, "test data: %s: %s", text, error->detail);
    }
    return value;
}

static inline scim_call_t *begin(const char *type, const char *dialect)
{
    memset(&call, 0, sizeof(call));
    memset(&reply, 0, sizeof(reply));
    call.service = &service;
    call.type = scim_schemas_type(service.schemas, type);
    call.dialect = scim_dialect_find(dialect);
    call.base_url = BASE;
    call.client = "test";
    call.notes = apr_array_make(pool, 4, sizeof(const char *));
    call.pool = pool;
    call.search.start_index = 1;
    call.search.count = -1;
    return &call;
}

/* The body of the last reply, with whatever is made while it is sent. */
static inline const char *body_text(void)
{
    is_fine(scim_buffer_settle(reply.body), "the body is made");
    return scim_buffer_text(reply.body, pool);
}

static inline const json_t *body(void)
{
    return json(body_text());
}

static inline const char *create_user(const char *name)
{
    begin("User", "strict");
    is_fine(scim_call_create(
                &reply, &call,
                json(apr_psprintf(
                    pool, "{\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"%s\"}", name))),
            name);
    return reply.id;
}

/* A list of members in a message. */
static inline const char *members(int count, ...)
{
    const char *text = "[";
    va_list ids;
    int i;

    va_start(ids, count);
    for (i = 0; i < count; i++) {
        text = apr_pstrcat(pool, text, i ? "," : "", "{\"value\":\"", va_arg(ids, const char *),
                           "\"}", NULL);
    }
    va_end(ids);
    return apr_pstrcat(pool, text, "]", NULL);
}

static inline scim_error_t *try_create(const char *name, const char *list, const char *dialect)
{
    begin("Group", dialect);
    return scim_call_create(
        &reply, &call,
        json(apr_psprintf(pool, "{" GROUP ",\"displayName\":\"%s\"%s%s}", name,
                          list ? ",\"members\":" : "", list ? list : "")));
}

static inline const char *create_group(const char *name, const char *list)
{
    is_fine(try_create(name, list, "strict"), name);
    return reply.id;
}

static inline scim_error_t *patch(const char *id, const char *operations, const char *dialect)
{
    begin("Group", dialect);
    return scim_call_patch(
        &reply, &call, id,
        json(apr_psprintf(pool, "{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"Operations\":[%s]}",
                          operations)));
}

static inline scim_error_t *put(const char *id, const char *text, const char *dialect)
{
    begin("Group", dialect);
    return scim_call_replace(&reply, &call, id,
                             json(apr_psprintf(pool, "{" GROUP ",%s}", text)));
}

static inline const json_t *get(const char *type, const char *id)
{
    begin(type, "strict");
    return is_fine(scim_call_read(&reply, &call, id), "read") ? body() : NULL;
}

/* ---- what is found --------------------------------------------------------- */

static inline const char *name_of(const char *id)
{
    return strcmp(id, ada) == 0   ? "ada"
           : strcmp(id, bob) == 0 ? "bob"
           : strcmp(id, eve) == 0 ? "eve"
                                  : "?";
}

/* Who is in the group: "ada bob". */
static inline const char *who(const char *group)
{
    const json_t *list = json_object_get(get("Group", group), "members");
    const char *names = "";
    json_t *each;
    size_t i;

    json_array_foreach(list, i, each)
    {
        names = apr_pstrcat(pool, names, i ? " " : "",
                            name_of(json_string_value(json_object_get(each, "value"))), NULL);
    }
    return names;
}

static inline const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The version in the last reply. */
static inline long version(void)
{
    return reply.etag ? strtol(reply.etag + 3, NULL, 10) : 0;
}

/* totalResults of a list. */
static inline long long total(const char *type, const char *filter)
{
    begin(type, "strict");
    call.search.filter = filter;
    if (!is_fine(scim_call_list(&reply, &call), filter ? filter : "all")) {
        return -1;
    }
    return json_integer_value(json_object_get(body(), "totalResults"));
}

static inline void start(const char *name)
{
    scim_directory_t *directory = apr_pcalloc(pool, sizeof(*directory));
    place_t place = source ? place_on(source, name, pool) : place_memory(name, pool);
    scim_schemas_t *schemas;
    int i;

    is_fine(scim_schemas_create(&schemas, pool), name);
    directory->name = name;
    directory->provider = place.provider;
    directory->state = place.directory;
    memset(&service, 0, sizeof(service));
    service.schemas = schemas;
    service.directory = directory;
    service.limits.max_results = 100;
    service.limits.max_scan = 100;
    for (i = 0; i < SCIM_CHANGES; i++) {
        service.policy.toggles[SCIM_KIND_USER][i] = SCIM_TOGGLE_ON;
        service.policy.toggles[SCIM_KIND_GROUP][i] = SCIM_TOGGLE_ON;
    }
    ada = create_user("ada");
    bob = create_user("bob");
    eve = create_user("eve");
}

#define OP(verb, path, value)                                                                  \
    apr_pstrcat(pool, "{\"op\":\"" verb "\",\"path\":\"", path, "\",\"value\":", value, "}",   \
                NULL)
#define REMOVE(path) apr_pstrcat(pool, "{\"op\":\"remove\",\"path\":\"", path, "\"}", NULL)
#define MEMBER(id) apr_pstrcat(pool, "members[value eq \\\"", id, "\\\"]", NULL)

/* A list of new people, as members. */
static inline const char *crowd(int first, int count)
{
    const char *text = "[";
    int i;

    for (i = first; i < first + count; i++) {
        text = apr_pstrcat(pool, text, i > first ? "," : "", "{\"value\":\"",
                           create_user(apr_psprintf(pool, "u%d", i)), "\"}", NULL);
    }
    return apr_pstrcat(pool, text, "]", NULL);
}

/* Runs the tests on each of the providers. */
static inline int on_each_provider(const char *file, void (*tests)(void))
{
    pool = tap_start();
    tests();
    source = place_source(place_file(file), pool);
    tests();
    return tap_done();
}

#endif
