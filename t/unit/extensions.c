/* Definitions from files, and resources of types and extensions that come from them. */
#include "tap.h"

#include "core/json.h"
#include "directory/memory.h"
#include "service/call.h"
#include "service/me.h"

#define URN "urn:example:Thing"
#define MORE "urn:example:more"
#define SCHEMA "'schemas':['" SCIM_URN_SCHEMA "']"
#define TYPE "'schemas':['" SCIM_URN_RESOURCE_TYPE "']"
#define THING                                                                                  \
    "{" SCHEMA ",'id':'" URN "','name':'Thing','attributes':["                                 \
    "{'name':'label','type':'string','uniqueness':'server'},"                                  \
    "{'name':'secret','type':'string','returned':'never','mutability':'writeOnly'},"           \
    "{'name':'hint','type':'string','returned':'request'}]}"
#define THINGS "{" TYPE ",'name':'Thing','endpoint':'/Things','schema':'" URN "'}"
#define MORE_SCHEMA                                                                            \
    "{" SCHEMA ",'id':'" MORE "','attributes':[{'name':'size','type':'integer'}]}"
#define MORE_USERS "{" TYPE ",'name':'User','schemaExtensions':[{'schema':'" MORE "'}]}"

static apr_pool_t *pool;
static scim_service_t service;
static scim_call_t call;
static scim_reply_t reply;

/* Text with ' for ". */
static const char *quoted(const char *text)
{
    char *copy = apr_pstrdup(pool, text), *c;

    for (c = copy; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return copy;
}

static const json_t *json(const char *text)
{
    const char *real = quoted(text);
    json_t *value = NULL;
    scim_error_t *error = scim_json_parse(&value, real, strlen(real), pool);

    if (error) {
        ok(0, "test data: %s", error->detail);
    }
    return value;
}

static scim_error_t *load(scim_schemas_t **schemas, const char *first, const char *second)
{
    scim_schema_file_t files[] = {{"one.json", exact(quoted(first)), strlen(first)},
                                  {"two.json", exact(quoted(second)), strlen(second)}};

    SCIM_TRY(scim_schemas_create(schemas, pool));
    return scim_schemas_load(*schemas, files, 2);
}

static void test_load(void)
{
    const scim_resource_type_t *type, *users;
    scim_schemas_t *schemas;

    is_fine(load(&schemas, THINGS, THING), "a type in front of its schema");
    type = scim_schemas_endpoint(schemas, "/Things");
    ok(type && type->kind == SCIM_KIND_OTHER && !type->plain, "is there");
    is(type->naming->name, "label", "and its resources have names");
    is_fine(load(&schemas, "[" THING "," THINGS "]",
                 "{'schemas':['" SCIM_URN_LIST_RESPONSE "'],'Resources':[" MORE_SCHEMA
                 "," MORE_USERS "]}"),
            "lists of both kinds");
    users = scim_schemas_type(schemas, "User");
    is_int(users->extension_count, 2, "users have an extension more");
    is(users->extensions[1].schema->id, MORE, "that one");
    ok(users->plain, "and are as plain as before");
    ok(strstr(users->text, SCIM_URN_ENTERPRISE_USER) && strstr(users->text, MORE), "served");
    is(users->endpoint, "/Users", "under their endpoint");

    is_error(load(&schemas, THING, THING), 400, "invalidValue", "two.json: ", "a schema twice");
    is_error(load(&schemas, MORE_USERS, THING), 400, "invalidValue",
             "one.json: The resource type 'User' names the schema", "an unknown extension");
    is_error(load(&schemas, "[]", "{"), 400, "invalidSyntax", "two.json: The file is not valid",
             "no JSON");
    is_error(load(&schemas, "[]", ""), 400, "invalidSyntax", "two.json: The file is empty",
             "nothing");
    is_error(load(&schemas, "[[]]", "[]"), 400, "invalidValue", "an array where", "nested");
    is_error(load(&schemas, "{'schemas':[]}", "[]"), 400, "invalidValue", "neither", "nothing");
}

/* ---- resources --------------------------------------------------------------- */

static void begin(const char *type)
{
    memset(&call, 0, sizeof(call));
    memset(&reply, 0, sizeof(reply));
    call.service = &service;
    call.type = scim_schemas_type(service.schemas, type);
    call.dialect = scim_dialect_find("strict");
    call.base_url = "https://example.com/scim/v2";
    call.client = "test";
    call.notes = apr_array_make(pool, 4, sizeof(const char *));
    call.pool = pool;
    call.search.start_index = 1;
    call.search.count = -1;
}

static void start(const char *name)
{
    scim_directory_t *directory = apr_pcalloc(pool, sizeof(*directory));
    scim_schemas_t *schemas;
    int kind, change;

    is_fine(load(&schemas, "[" THING "," THINGS "]", "[" MORE_SCHEMA "," MORE_USERS "]"), name);
    directory->name = name;
    directory->provider = &scim_memory_provider;
    is_fine(directory->provider->open(&directory->state, name, NULL, 0, NULL, pool), name);
    memset(&service, 0, sizeof(service));
    service.schemas = schemas;
    service.directory = directory;
    service.limits.max_results = service.limits.max_scan = 10;
    for (kind = 0; kind < SCIM_KINDS; kind++) {
        for (change = 0; change < SCIM_CHANGES; change++) {
            service.policy.toggles[kind][change] = SCIM_TOGGLE_ON;
        }
    }
}

static const char *body(void)
{
    return reply.body ? scim_buffer_text(reply.body, pool) : "";
}

static void test_things(void)
{
    const char *thing = "{'schemas':['" URN "'],'label':'Lamp','secret':'s','hint':'h'}", *id;

    start("things");
    begin("Thing");
    is_fine(scim_call_create(&reply, &call, json(thing)), "create");
    id = reply.id;
    ok(strstr(body(), "\"label\":\"Lamp\"") != NULL, "what is returned");
    ok(strstr(body(), "secret") == NULL && strstr(body(), "hint") == NULL, "what is not");
    begin("Thing");
    is_error(scim_call_create(&reply, &call, json("{'schemas':['" URN "'],'label':'LAMP'}")),
             409, "uniqueness", "label", "a name is taken in any case");
    begin("Thing");
    is_fine(scim_call_create(&reply, &call, json("{'schemas':['" URN "']}")), "no name");
    begin("Thing");
    is_fine(scim_call_create(&reply, &call, json("{'schemas':['" URN "']}")), "none again");
    begin("Thing");
    call.search.attributes = "hint,secret";
    is_fine(scim_call_read(&reply, &call, id), "asked for");
    ok(strstr(body(), "\"hint\":\"h\"") && strstr(body(), "secret") == NULL, "as defined");
    begin("Thing");
    call.search.filter = "hint eq \"H\"";
    is_fine(scim_call_list(&reply, &call), "searched");
    ok(strstr(body(), "\"totalResults\":1,") != NULL, "found");
    begin("Thing");
    call.search.filter = "secret eq \"s\"";
    is_error(scim_call_list(&reply, &call), 400, "invalidFilter", "secret", "not by that");
    begin("Thing");
    is_fine(scim_call_delete(&reply, &call, id), "delete");
    begin("Thing");
    is_error(scim_call_read(&reply, &call, id), 404, NULL, "Thing", "gone");
}

/* ---- /Me ----------------------------------------------------------------------- */

static void test_check(void)
{
    static const struct {
        const char *stored, *wanted, *attribute;
    } rows[] = {
        {"{'userName':'a'}", "{'userName':'a','title':'x'}", NULL},
        {"{'userName':'a','title':'x'}", "{'userName':'a','emails':[]}", NULL},
        {"{'userName':'a'}", "{'userName':'A'}", "'userName'"},
        {"{'active':true}", "{'active':false}", "'active'"},
        {"{'active':true}", "{}", "'active'"},
        {"{}", "{'roles':[{'value':'x'}]}", "'roles'"},
        {"{'roles':[{'value':'x'}]}", "{'roles':[{'value':'x'}]}", NULL},
        {"{'entitlements':[1]}", "{'entitlements':[2]}", "'entitlements'"},
        {"{'externalId':'1'}", "{}", "'externalId'"},
        {"{'urn:x':{'a':1}}", "{'urn:x':{'a':1}}", NULL},
        {"{'urn:x':{'a':1}}", "{'urn:x':{'a':2}}", "'urn:x'"},
        {"{'urn:x':{'a':1}}", "{}", "'urn:x'"},
        {"{}", "{'urn:y':{'a':1}}", "'urn:y'"},
        {"{'emails':[{'value':'a'},{'value':'b'}]}",
         "{'emails':[{'value':'b','type':'work'},{'value':'a'}]}", NULL},
        {"{'emails':[{'value':'a'},{'value':'b'}]}", "{'emails':[{'value':'a'},{'value':'a'}]}",
         "'emails.value'"},
        {"{'emails':[{'value':'a'}]}", "{'emails':[{'value':'A'}]}", "'emails.value'"},
        {"{'emails':[{'value':'a'}]}", "{'emails':[{'type':'work'}]}", "'emails.value'"},
        {"{'emails':[{'value':'a'}]}", "{'emails':[{'value':'a'},{'value':'a'}]}",
         "'emails.value'"},
        {"{}", "{'emails':[{'value':'a'}]}", "'emails.value'"},
    };
    apr_array_header_t *matched = apr_array_make(pool, 1, sizeof(const scim_path_t *));
    scim_path_t *path;
    scim_reading_t reading = {0};
    size_t i;

    begin("User");
    reading.type = call.type;
    is_fine(scim_path_parse(&path, "emails.value", 12, &reading, pool), "a path");
    APR_ARRAY_PUSH(matched, const scim_path_t *) = path;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scim_error_t *error =
            scim_me_check(json(rows[i].stored), json(rows[i].wanted), matched, pool);

        if (rows[i].attribute) {
            is_error(error, 403, NULL, rows[i].attribute, rows[i].wanted);
        } else {
            is_fine(error, rows[i].wanted);
        }
    }
}

static scim_error_t *me(const char *name)
{
    begin("User");
    call.self = name;
    return scim_me_read(&reply, &call);
}

static void test_me(void)
{
    const char *id;

    start("me");
    begin("User");
    is_fine(scim_call_create(&reply, &call,
                             json("{'schemas':['" SCIM_URN_USER "'],'userName':'\xc3\x84"
                                  "da'}")),
            "somebody");
    id = reply.id;
    is_fine(me("\xc3\xa4"
               "DA"),
            "in another case");
    is(reply.id, id, "is the same");
    is_error(me("a"), 404, NULL, "'a'", "nobody");
    is_error(me(""), 404, NULL, NULL, "no name");
    begin("User");
    call.self = "\xc3\xa4"
                "da";
    is_error(scim_me_replace(&reply, &call,
                             json("{'schemas':['" SCIM_URN_USER "'],'userName':'bob'}")),
             403, NULL, "'userName'", "another name");
    ok(reply.location && strstr(reply.location, id), "errors have a location");
    begin("User");
    call.self = "\xc3\xa4"
                "da";
    is_fine(scim_me_patch(&reply, &call,
                          json("{'schemas':['" SCIM_URN_PATCH_OP "'],'Operations':[{'op':'add',"
                               "'path':'title','value':'x'}]}")),
            "a title");
    service.policy.toggles[SCIM_KIND_USER][SCIM_CHANGE_DELETE] = SCIM_TOGGLE_DISABLE;
    begin("User");
    is_fine(scim_call_delete(&reply, &call, id), "deactivated");
    is_error(me("\xc3\xa4"
                "da"),
             404, NULL, NULL, "somebody who is gone");
}

int main(void)
{
    pool = tap_start();
    test_load();
    test_things();
    test_check();
    test_me();
    return tap_done();
}
