/*
 * Any object is a bulk request or is refused; each of its operations is done as a whole or not
 * at all, and the response says of each which of both. A directory in memory is there to do it
 * to.
 */
#include "service/bulk.h"

#include "directory/memory.h"
#include "samples.h"

#define ADA "0190b0e0-0000-7000-8000-000000000001"
#define TEAM "0190b0e0-0000-7000-8000-000000000002"
#define STATUSES "200 201 204 400 403 404 409 412"

#define MOST_OPERATIONS 20

typedef struct run_t {
    scim_service_t service;
    scim_directory_t directory;
    scim_call_t call;
} run_t;

static const scim_record_t there[] = {
    {.type = "User",
     .id = ADA,
     .local_name = "ada",
     .local_key = "ada",
     .wire_key = "ada",
     .active = 1,
     .version = 1,
     .display = "ada",
     .document = "{\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"ada\"}"},
    {.type = "Group",
     .id = TEAM,
     .local_key = "team",
     .active = 1,
     .version = 1,
     .display = "Team",
     .document = "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"Team\"}"},
};

static scim_error_t *fill(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    scim_record_t record;
    scim_outcome_t outcome;
    size_t i;

    (void)baton;
    for (i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        record = there[i];
        record.document_length = strlen(record.document);
        SCIM_TRY(scim_memory_provider.insert(session, &record, &outcome, pool));
        FUZZ_CHECK(outcome == SCIM_STORED);
    }
    return NULL;
}

static const scim_schemas_t *schemas_of_all(void)
{
    static const scim_schemas_t *schemas;

    if (schemas == NULL) {
        schemas = test_schemas(fuzz_root());
    }
    return schemas;
}

/* An endpoint with somebody and a group in its directory. */
static void begin(run_t *run, const char *dialect, apr_pool_t *pool)
{
    scim_service_t *service = &run->service;
    int kind, i;

    memset(run, 0, sizeof(*run));
    run->directory.name = dialect;
    run->directory.provider = &scim_memory_provider;
    FUZZ_CHECK(scim_memory_provider.open(&run->directory.state, dialect, NULL, 0, NULL, pool)
               == NULL);
    FUZZ_CHECK(scim_memory_provider.transact(run->directory.state, 1, fill, NULL, pool)
               == NULL);
    service->schemas = schemas_of_all();
    service->directory = &run->directory;
    service->limits.max_results = service->limits.max_scan = 1000;
    service->limits.max_operations = MOST_OPERATIONS;
    service->policy.password_cost = 4;
    service->policy.keep_passwords = 1;
    for (kind = 0; kind < SCIM_KINDS; kind++) {
        for (i = 0; i < SCIM_CHANGES; i++) {
            service->policy.toggles[kind][i] = SCIM_TOGGLE_ON;
        }
    }
    run->call.service = service;
    run->call.dialect = scim_dialect_find(dialect);
    run->call.base_url = "https://example.com/scim/v2";
    run->call.client = "fuzz";
    run->call.notes = apr_array_make(pool, 4, sizeof(const char *));
    run->call.search.start_index = 1;
    run->call.search.count = -1;
    run->call.pool = pool;
}

static const json_t *parsed(scim_buffer_t *body, apr_pool_t *pool)
{
    const char *text;
    json_t *value;

    FUZZ_CHECK(scim_buffer_settle(body) == NULL);
    text = scim_buffer_text(body, pool);
    FUZZ_CHECK(scim_json_parse(&value, text, strlen(text), pool) == NULL);
    return value;
}

/* All resources, as a list. */
static const json_t *everything(const run_t *run)
{
    scim_call_t call = run->call;
    scim_reply_t reply = {0};

    FUZZ_CHECK(scim_call_list(&reply, &call) == NULL);
    return parsed(reply.body, call.pool);
}

static const char *text_of(const json_t *result, const char *name)
{
    return json_string_value(json_object_get(result, name));
}

/* What the operation did to the number of resources. */
static int check_result(const json_t *result)
{
    const char *status = text_of(result, "status"), *method = text_of(result, "method");
    const json_t *response = json_object_get(result, "response");
    int wrong;

    FUZZ_CHECK(status && strlen(status) == 3 && strstr(STATUSES, status));
    wrong = *status == '4';
    FUZZ_CHECK(wrong == json_is_object(response));
    if (wrong) {
        FUZZ_CHECK(strcmp(text_of(response, "status"), status) == 0);
        FUZZ_CHECK(text_of(response, "detail"));
        FUZZ_CHECK(!json_object_get(result, "version"));
        return 0;
    }
    FUZZ_CHECK(method && text_of(result, "location"));
    if (strcmp(method, "POST") == 0) {
        FUZZ_CHECK(strcmp(status, "201") == 0 && text_of(result, "bulkId"));
        FUZZ_CHECK(text_of(result, "version"));
        return 1;
    }
    return strcmp(method, "DELETE") == 0 ? -1 : 0;
}

static size_t total(const json_t *list)
{
    return (size_t)json_integer_value(json_object_get(list, "totalResults"));
}

static void check(const char *dialect, const json_t *sent, apr_pool_t *root)
{
    apr_pool_t *pool;
    const json_t *before, *after, *results, *result;
    scim_reply_t reply = {0};
    scim_error_t *error;
    scim_call_t call;
    int grown = 0;
    size_t i;
    run_t run;

    /* one of its own, since ids are those of all directories in a pool */
    apr_pool_create(&pool, root);
    begin(&run, dialect, pool);
    before = everything(&run);
    call = run.call;
    error = scim_call_bulk(&reply, &call, sent);
    after = everything(&run);
    if (error) {
        FUZZ_CHECK(error->status == 400 || error->status == 413);
        FUZZ_CHECK(error->status == 413 ? error->type == NULL : error->type != NULL);
        fuzz_check_detail(error);
        FUZZ_CHECK(json_equal(before, after));
        return;
    }
    results = json_object_get(parsed(reply.body, pool), "Operations");
    FUZZ_CHECK(json_is_array(results) && json_array_size(results) > 0);
    FUZZ_CHECK(json_array_size(results) <= MOST_OPERATIONS);
    FUZZ_CHECK((size_t)reply.deeds->nelts == json_array_size(results));
    json_array_foreach(results, i, result)
    {
        grown += check_result(result);
    }
    FUZZ_CHECK(total(after) == total(before) + (size_t)grown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    json_t *sent;
    const char *text;

    if (scim_json_parse(&sent, (const char *)data, size, pool) || !json_is_object(sent)) {
        return 0;
    }
    text = scim_json_text(sent, NULL, pool);
    check("strict", sent, pool);
    check("entra", sent, pool);
    FUZZ_CHECK(strcmp(scim_json_text(sent, NULL, pool), text) == 0);
    return 0;
}
