/* Passwords on the memory provider: what becomes of them in each operation. */
#include "hashes.h"
#include "tap.h"

#include "core/json.h"
#include "core/text.h"
#include "directory/memory.h"
#include "service/call.h"
#include "service/password.h"

#define USER "\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"ada\""
#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

static apr_pool_t *pool;
static scim_service_t service;
static scim_call_t call;
static scim_reply_t reply;
static int locked, in_unit; /* hashes must not be made while a unit writes */

static scim_directory_provider_t watched;

static scim_error_t *transact(void *directory, int writes, scim_work_fn work, void *baton,
                              apr_pool_t *scratch)
{
    scim_error_t *error;

    in_unit += writes;
    error = scim_memory_provider.transact(directory, writes, work, baton, scratch);
    in_unit -= writes;
    return error;
}

static scim_error_t *get(scim_session_t *session, const char *type, const char *id,
                         scim_record_t **record, apr_pool_t *scratch)
{
    locked += in_unit;
    return scim_memory_provider.get(session, type, id, record, scratch);
}

static void start(const char *name)
{
    scim_directory_t *directory = apr_pcalloc(pool, sizeof(*directory));
    scim_schemas_t *schemas;
    int i;

    printf("# %s\n", name);
    is_fine(scim_schemas_create(&schemas, pool), "schemas");
    watched = scim_memory_provider;
    watched.transact = transact;
    watched.get = get;
    directory->name = name;
    directory->provider = &watched;
    is_fine(watched.open(&directory->state, name, NULL, 0, NULL, pool), name);
    memset(&service, 0, sizeof(service));
    service.schemas = schemas;
    service.directory = directory;
    service.limits.max_results = service.limits.max_scan = 10;
    service.policy.keep_passwords = 1;
    service.policy.password_cost = 4;
    for (i = 0; i < SCIM_CHANGES; i++) {
        service.policy.toggles[SCIM_KIND_USER][i] = SCIM_TOGGLE_ON;
    }
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

static unsigned remarks;

static void begin(const char *dialect)
{
    memset(&call, 0, sizeof(call));
    memset(&reply, 0, sizeof(reply));
    call.service = &service;
    call.type = scim_schemas_type(service.schemas, "User");
    call.dialect = scim_dialect_find(dialect);
    call.base_url = "https://example.com/scim/v2";
    call.client = "test";
    call.notes = apr_array_make(pool, 4, sizeof(const char *));
    remarks = 0;
    call.remarks = &remarks;
    call.pool = pool;
    call.search.start_index = 1;
    call.search.count = -1;
}

static scim_error_t *create(const char *more)
{
    begin("strict");
    return scim_call_create(&reply, &call, json(apr_pstrcat(pool, "{" USER, more, "}", NULL)));
}

static scim_error_t *replace(const char *id, const char *more, const char *dialect)
{
    begin(dialect);
    return scim_call_replace(&reply, &call, id,
                             json(apr_pstrcat(pool, "{" USER, more, "}", NULL)));
}

static scim_error_t *patch(const char *id, const char *operations)
{
    begin("strict");
    return scim_call_patch(
        &reply, &call, id,
        json(apr_pstrcat(pool, "{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"Operations\":[",
                         operations, "]}", NULL)));
}

static void has(const char *id, const char *plain, const char *name)
{
    const char *hash = stored_hash(service.directory, id);

    ok(plain ? hash && scim_password_matches(plain, hash, pool) : hash == NULL, "%s", name);
}

/* ---- tests ----------------------------------------------------------------- */

static void test_form(void)
{
    is(scim_text_opaque(pool, "Secret 1", 8), "Secret 1", "ASCII stays");
    is(scim_text_opaque(pool, "e\xcc\x81", 3), "\xc3\xa9", "e and an accent are one letter");
    is(scim_text_opaque(pool, "\xef\xac\x81", 3), "\xef\xac\x81", "a ligature stays");
    is(scim_text_opaque(pool, "\xc3\x84", 2), "\xc3\x84", "case stays");
    is(scim_text_opaque(pool,
                        "a\xe3\x80\x80"
                        "b",
                        5),
       "a b", "a wide space is a space");
    is(scim_text_opaque(pool, "a\xff", 2), "a\xff", "what is no UTF-8 stays");
}

static void test_life(void)
{
    const char *id, *first;

    start("life");
    is_fine(create(",\"password\":\"one\""), "create");
    id = reply.id;
    first = stored_hash(service.directory, id);
    ok(first && strncmp(first, "$2y$04$", 7) == 0, "bcrypt of the cost");
    has(id, "one", "the password is it");
    ok(!scim_password_matches("One", first, pool), "another one is not");
    ok(strstr(scim_buffer_text(reply.body, pool), "assword") == NULL, "not in the reply");

    locked = 0;
    is_fine(replace(id, ",\"password\":\"one\"", "strict"), "the same again");
    is(reply.operation, "unchanged", "changes nothing");
    is(stored_hash(service.directory, id), first, "not the hash either");
    is_int(locked, 1, "one look at the person under the lock");
    is_fine(replace(id, "", "strict"), "PUT without a password");
    is(stored_hash(service.directory, id), first, "keeps it");
    is_fine(replace(id, ",\"password\":\"two\"", "strict"), "PUT with another");
    is(reply.operation, "change", "is a change");
    is(reply.etag, "W/\"2\"", "and a new version");
    has(id, "two", "that counts");
    is_fine(replace(id, ",\"password\":null", "onelogin"), "a lenient null");
    has(id, "two", "is nothing sent");
    is_fine(replace(id, ",\"password\":null", "strict"), "a strict null");
    has(id, NULL, "clears it");

    is_fine(patch(id, "{\"op\":\"add\",\"path\":\"password\",\"value\":\"three\"}"), "PATCH");
    has(id, "three", "add");
    is_fine(patch(id, "{\"op\":\"replace\",\"value\":{\"password\":\"four\",\"title\":\"x\"}}"),
            "PATCH without path");
    has(id, "four", "replace");
    is_fine(patch(id, "{\"op\":\"replace\",\"path\":\"password\",\"value\":\"a\"},"
                      "{\"op\":\"replace\",\"path\":\"PASSWORD\",\"value\":\"b\"}"),
            "twice in one PATCH");
    has(id, "b", "the last one counts");
    is_fine(patch(id, "{\"op\":\"replace\",\"path\":\"title\",\"value\":\"y\"}"), "another");
    has(id, "b", "stays");
    is_fine(patch(id, "{\"op\":\"remove\",\"path\":\"password\"}"), "remove");
    has(id, NULL, "clears");
    is_fine(patch(id, "{\"op\":\"remove\",\"path\":\"password\"}"), "remove again");
    is(reply.operation, "unchanged", "is nothing new");
}

static void test_bad(void)
{
    const char *id;

    start("bad");
    is_error(create(",\"password\":\"" LONG "abc\""), 400, "invalidValue", "72 bytes",
             "73 bytes");
    is_error(create(",\"password\":7"), 400, "invalidValue", "password", "a number");
    is_fine(create(",\"password\":\"" LONG "ab\""), "72 bytes");
    id = reply.id;
    ok(!scim_password_matches(LONG "abc", stored_hash(service.directory, id), pool),
       "are not 73");
    is_error(patch(id, "{\"op\":\"add\",\"path\":\"password\",\"value\":\"" LONG "abc\"}"), 400,
             "invalidValue", "72 bytes", "nor in a PATCH");
    begin("strict");
    call.search.filter = "password eq \"x\"";
    is_error(scim_call_list(&reply, &call), 400, "invalidFilter", "password",
             "nothing finds a password");
    begin("strict");
    call.search.attributes = "password,userName";
    is_fine(scim_call_read(&reply, &call, id), "asked for");
    ok(strstr(scim_buffer_text(reply.body, pool), "assword\"") == NULL, "and not shown");
}

static void test_policy(void)
{
    scim_toggle_t *toggles = service.policy.toggles[SCIM_KIND_USER];
    const char *id;

    start("policy");
    service.policy.keep_passwords = 0;
    is_fine(create(",\"password\":\"one\""), "ignored");
    id = reply.id;
    has(id, NULL, "nothing is kept");
    is_int(remarks, SCIM_REMARK_PASSWORD, "which is remarked");
    is_int(call.notes->nelts, 0, "and not noted each time");
    is_fine(patch(id, "{\"op\":\"add\",\"path\":\"password\",\"value\":\"one\"}"), "PATCH");
    is(reply.operation, "unchanged", "changes nothing");
    service.policy.keep_passwords = 1;
    is_fine(replace(id, ",\"password\":\"one\"", "strict"), "kept");
    service.policy.keep_passwords = 0;
    is_fine(replace(id, ",\"password\":null", "strict"), "null");
    has(id, "one", "ignored passwords stay what they were");

    service.policy.keep_passwords = 1;
    toggles[SCIM_CHANGE_UPDATE] = SCIM_TOGGLE_OFF;
    is_error(replace(id, ",\"password\":\"two\"", "strict"), 403, NULL, "ScimUpdateUsers",
             "a new password is an update");
    is_fine(replace(id, ",\"password\":\"one\"", "strict"), "the old one is none");
    toggles[SCIM_CHANGE_UPDATE] = SCIM_TOGGLE_IGNORE;
    is_fine(replace(id, ",\"password\":\"two\"", "strict"), "updates ignored");
    is(reply.operation, "unchanged", "unchanged");
    has(id, "one", "the old one counts");
    toggles[SCIM_CHANGE_UPDATE] = SCIM_TOGGLE_ON;
    toggles[SCIM_CHANGE_DELETE] = SCIM_TOGGLE_DISABLE;
    begin("strict");
    is_fine(scim_call_delete(&reply, &call, id), "gone");
    is_fine(create(",\"password\":\"three\""), "and back");
    is(reply.id, id, "under the old id");
    has(id, "three", "with the new password");
}

int main(void)
{
    pool = tap_start();
    test_form();
    test_life();
    test_bad();
    test_policy();
    return tap_done();
}
