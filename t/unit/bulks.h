/*
 * bulks.h - what the unit tests of bulk requests have in common: the service on the memory
 * provider, which counts and may fail, and what is found in the replies.
 */
#ifndef TEST_BULKS_H
#define TEST_BULKS_H

#include "tap.h"

#include "core/json.h"
#include "directory/memory.h"
#include "service/bulk.h"
#include "service/discovery.h"

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
static const char *hash; /* that everybody has; NULL: their own */

typedef struct wrapped_t {
    scim_work_fn work;
    void *baton;
} wrapped_t;

static scim_error_t undone = {.status = 500, .detail = "undone"};
static scim_error_t lost = {.status = 503, .detail = "lost"};

static inline scim_error_t *run_and_fail(scim_session_t *session, void *baton,
                                         apr_pool_t *scratch)
{
    wrapped_t *wrapped = baton;

    SCIM_TRY(wrapped->work(session, wrapped->baton, scratch));
    return &undone;
}

static inline scim_error_t *count_unit(void *directory, int writes, scim_work_fn work,
                                       void *baton, apr_pool_t *scratch)
{
    wrapped_t wrapped = {work, baton};

    units += writes > 0;
    if (writes && (twice || broken == 1)) {
        scim_error_t *error =
            scim_memory_provider.transact(directory, writes, run_and_fail, &wrapped, scratch);

        if (broken || error != &undone) {
            return broken ? &lost : error;
        }
    }
    return scim_memory_provider.transact(directory, writes, work, baton, scratch);
}

static inline scim_error_t *count_part(scim_session_t *session, scim_work_fn work, void *baton,
                                       apr_pool_t *scratch)
{
    parts++;
    return scim_memory_provider.nest(session, work, baton, scratch);
}

/* With `broken` 2 the third record cannot be stored: the connection is gone. */
static inline scim_error_t *insert(scim_session_t *session, const scim_record_t *record,
                                   scim_outcome_t *outcome, apr_pool_t *scratch)
{
    if (broken == 2 && parts == 3) {
        return &lost;
    }
    return scim_memory_provider.insert(session, record, outcome, scratch);
}

static inline scim_error_t *look_up(scim_session_t *session, const char *type, const char *id,
                                    scim_record_t **record, apr_pool_t *scratch)
{
    SCIM_TRY(scim_memory_provider.get(session, type, id, record, scratch));
    if (hash && *record) {
        (*record)->password = hash;
    }
    return NULL;
}

/* ---- the service ------------------------------------------------------------ */

static inline void start(const char *name)
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
    counting.get = look_up;
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
    hash = NULL;
}

static inline void begin(const char *type, const char *dialect)
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
static inline const json_t *json(const char *text)
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

static inline scim_error_t *try_bulk(const char *operations, const char *dialect)
{
    begin(NULL, dialect);
    return scim_call_bulk(&reply, &call,
                          json(apr_pstrcat(pool, "{'schemas':['" SCIM_URN_BULK_REQUEST "'],",
                                           operations, "}", NULL)));
}

static inline void bulk(const char *operations)
{
    is_fine(try_bulk(apr_psprintf(pool, "'Operations':[%s]", operations), "strict"), "bulk");
}

static inline const json_t *body(void)
{
    const char *text = reply.body ? scim_buffer_text(reply.body, pool) : "{}";
    json_t *value = NULL;

    if (scim_json_parse(&value, text, strlen(text), pool)) {
        ok(0, "a reply is no JSON: %s", text);
    }
    return value;
}

static inline const json_t *result(size_t at)
{
    return json_array_get(json_object_get(body(), "Operations"), at);
}

static inline const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The statuses of all results. */
static inline const char *statuses(void)
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
static inline const char *id_of(size_t at)
{
    const char *location = text_of(result(at), "location");

    return location ? strrchr(location, '/') + 1 : "";
}

static inline const char *detail_of(size_t at)
{
    return text_of(json_object_get(result(at), "response"), "detail");
}

static inline void has(const char *text, const char *part, const char *name)
{
    ok(text && strstr(text, part), "%s", name);
    if (text == NULL || strstr(text, part) == NULL) {
        printf("# got      %s\n", text ? text : "(null)");
    }
}

static inline const json_t *get(const char *type, const char *id)
{
    begin(type, "strict");
    return scim_call_read(&reply, &call, id) ? NULL : body();
}

static inline long long total(const char *type)
{
    begin(type, "strict");
    is_fine(scim_call_list(&reply, &call), "list");
    return json_integer_value(json_object_get(body(), "totalResults"));
}

/* The ids of a group's members, each with a blank behind. */
static inline const char *members(const char *id)
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

#endif
