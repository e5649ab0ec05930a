/* Groups and their members, on each of the providers. */
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

static const json_t *json(const char *text)
{
    json_t *value = NULL;
    scim_error_t *error = scim_json_parse(&value, text, strlen(text), pool);

    if (error) {
        ok(0, "test data: %s: %s", text, error->detail);
    }
    return value;
}

static scim_call_t *begin(const char *type, const char *dialect)
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
static const char *body_text(void)
{
    is_fine(scim_buffer_settle(reply.body), "the body is made");
    return scim_buffer_text(reply.body, pool);
}

static const json_t *body(void)
{
    return json(body_text());
}

static const char *create_user(const char *name)
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
static const char *members(int count, ...)
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

static scim_error_t *try_create(const char *name, const char *list, const char *dialect)
{
    begin("Group", dialect);
    return scim_call_create(
        &reply, &call,
        json(apr_psprintf(pool, "{" GROUP ",\"displayName\":\"%s\"%s%s}", name,
                          list ? ",\"members\":" : "", list ? list : "")));
}

static const char *create_group(const char *name, const char *list)
{
    is_fine(try_create(name, list, "strict"), name);
    return reply.id;
}

static scim_error_t *patch(const char *id, const char *operations, const char *dialect)
{
    begin("Group", dialect);
    return scim_call_patch(
        &reply, &call, id,
        json(apr_psprintf(pool, "{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"Operations\":[%s]}",
                          operations)));
}

static scim_error_t *put(const char *id, const char *text, const char *dialect)
{
    begin("Group", dialect);
    return scim_call_replace(&reply, &call, id,
                             json(apr_psprintf(pool, "{" GROUP ",%s}", text)));
}

static const json_t *get(const char *type, const char *id)
{
    begin(type, "strict");
    return is_fine(scim_call_read(&reply, &call, id), "read") ? body() : NULL;
}

/* ---- what is found --------------------------------------------------------- */

static const char *name_of(const char *id)
{
    return strcmp(id, ada) == 0   ? "ada"
           : strcmp(id, bob) == 0 ? "bob"
           : strcmp(id, eve) == 0 ? "eve"
                                  : "?";
}

/* Who is in the group: "ada bob". */
static const char *who(const char *group)
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

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The version in the last reply. */
static long version(void)
{
    return reply.etag ? strtol(reply.etag + 3, NULL, 10) : 0;
}

/* totalResults of a list. */
static long long total(const char *type, const char *filter)
{
    begin(type, "strict");
    call.search.filter = filter;
    if (!is_fine(scim_call_list(&reply, &call), filter ? filter : "all")) {
        return -1;
    }
    return json_integer_value(json_object_get(body(), "totalResults"));
}

static void start(const char *name)
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

/* ---- tests ---------------------------------------------------------------- */

static void test_create(void)
{
    const char *id, *stranger = "0190b0e0-0000-7000-8000-000000000000";
    const json_t *group, *member;

    start("create");
    id = create_group("Editors", members(2, ada, bob));
    is_int(reply.status, 201, "created");
    group = body();
    is_int((long long)json_array_size(json_object_get(group, "members")), 2,
           "the reply has the members");
    member = json_array_get(json_object_get(group, "members"), 0);
    is(text_of(member, "value"), ada, "value");
    is(text_of(member, "$ref"), apr_pstrcat(pool, BASE "/Users/", ada, NULL), "$ref");
    is(text_of(member, "display"), "ada", "display");
    is(text_of(member, "type"), "User", "type");
    is_int(version(), 1, "the first version");
    is(who(id), "ada bob", "who is in it");
    ok(reply.body->deferred == 0, "a short list is there at once");
    is_error(try_create("EDITORS", NULL, "strict"), 409, "uniqueness", "displayName",
             "a name is taken in any case");
    create_group("Writers", NULL);
    ok(json_object_get(body(), "members") == NULL, "no members are no attribute");
    create_group("Readers", "[]");
    is_error(try_create("X", members(2, ada, stranger), "strict"), 400, "invalidValue",
             stranger, "an id that nobody has");
    is_int(total("Group", NULL), 3, "creates nothing");
    is_fine(try_create("X", members(2, ada, stranger), "auto"), "a lenient client");
    is_int(call.notes->nelts, 1, "... is noted");
    is(who(reply.id), "ada", "... and the id skipped");
    is_error(try_create("Y", "[{\"display\":\"x\"}]", "strict"), 400, "invalidValue", "value",
             "an element without value");
    is_error(try_create("Y", "{\"value\":\"x\"}", "strict"), 400, "invalidValue", "array",
             "no array");
    is_fine(try_create("Y", apr_psprintf(pool, "{\"value\":\"%s\"}", ada), "onelogin"),
            "but for OneLogin");
    is(who(reply.id), "ada", "... whose object is one member");
    is_error(try_create("Z", "[7]", "strict"), 400, "invalidValue", "members", "no object");
}

/* Each changes the group that has ada and bob, of version 1. */
static void test_patch(void)
{
    const char *both = members(2, bob, eve), *one = members(1, eve);
    const struct {
        const char *operations, *dialect, *left;
        int changed;
        const char *name;
    } rows[] = {
        {OP("add", "members", one), "strict", "ada bob eve", 1, "add"},
        {OP("add", "members", "{\"value\":\"eve\"}"), "auto", "ada bob", 0,
         "add somebody unknown, leniently"},
        {apr_psprintf(
             pool, "{\"op\":\"add\",\"path\":\"members\",\"value\":{\"value\":\"%s\"}}", eve),
         "strict", "ada bob eve", 1, "add one value"},
        {apr_psprintf(pool, "{\"op\":\"add\",\"value\":{\"members\":[{\"value\":\"%s\"}]}}",
                      eve),
         "strict", "ada bob eve", 1, "add without a path"},
        {OP("add", "members", members(2, ada, bob)), "strict", "ada bob", 0,
         "add who is there"},
        {OP("add", "members", "[]"), "strict", "ada bob", 0, "add nobody"},
        {OP("add", "members", "null"), "strict", "ada bob", 0, "add null"},
        {REMOVE(MEMBER(ada)), "strict", "bob", 1, "remove by a filter"},
        {REMOVE(apr_psprintf(pool, "members[value eq \\\"%s\\\" or value eq \\\"%s\\\"]", ada,
                             eve)),
         "strict", "bob", 1, "remove several by a filter"},
        {REMOVE(MEMBER(eve)), "strict", "ada bob", 0, "remove who is not there"},
        {REMOVE("members[display co \\\"AD\\\"]"), "strict", "bob", 1, "remove by display"},
        {REMOVE("members[type eq \\\"Group\\\"]"), "strict", "ada bob", 0, "remove by type"},
        {REMOVE("members[type eq \\\"user\\\"]"), "strict", "", 1, "... of all"},
        {REMOVE("members[not (display eq \\\"ada\\\")]"), "strict", "ada", 1, "remove others"},
        {REMOVE("members"), "strict", "", 1, "remove all"},
        {OP("remove", "members", both), "entra", "ada", 1, "remove values"},
        {OP("remove", "members", "[]"), "entra", "ada bob", 0, "remove no values"},
        {apr_psprintf(
             pool,
             "{\"op\":\"remove\",\"path\":\"members[type eq \\\"User\\\"]\",\"value\":%s}",
             both),
         "entra", "ada", 1, "remove values among those of a filter"},
        {OP("replace", "members", both), "strict", "bob eve", 1, "replace"},
        {OP("replace", "members", members(2, bob, ada)), "strict", "ada bob", 0,
         "replace with the same"},
        {OP("replace", "members", "[]"), "strict", "", 1, "replace with nobody"},
        {OP("replace", "members", "null"), "strict", "", 1, "replace with null"},
        {apr_psprintf(pool, "{\"op\":\"replace\",\"value\":{\"members\":%s}}", both), "strict",
         "bob eve", 1, "replace without a path"},
        {OP("replace", MEMBER(ada), members(1, ada)), "auto", "ada bob", 0,
         "replace a member with itself"},
        {OP("add", MEMBER(ada), "{\"display\":\"x\"}"), "strict", "ada bob", 0,
         "how a member is shown is not for clients to say"},
        {OP("replace", MEMBER(ada), "null"), "strict", "bob", 1, "replace a member with null"},
        {OP("add", MEMBER(eve), "{\"display\":\"x\"}"), "entra", "ada bob eve", 1,
         "add creates, for Entra"},
        {OP("Replace", MEMBER(eve), apr_psprintf(pool, "{\"value\":\"%s\"}", eve)), "auto",
         "ada bob eve", 1, "and so does replace"},
        {apr_pstrcat(pool, REMOVE("members"), ",", OP("add", "members", one), NULL), "strict",
         "eve", 1, "in order"},
        {apr_pstrcat(pool, OP("add", "members", one), ",", REMOVE("members"), NULL), "strict",
         "", 1, "... the other way"},
        {"{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"Same\"}", "strict",
         "ada bob", 1, "another attribute"},
        {"{\"op\":\"replace\",\"value\":{\"id\":\"x\",\"displayName\":\"Team\"}}", "okta",
         "ada bob", 0, "Okta's way to say nothing"},
        {apr_pstrcat(pool, "{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"Both\"},",
                     OP("add", "members", one), NULL),
         "strict", "ada bob eve", 1, "an attribute and a member make one version"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *id = create_group("Team", members(2, ada, bob));

        is_fine(patch(id, rows[i].operations, rows[i].dialect), rows[i].name);
        is_int(reply.status, 204, "... no content");
        ok(reply.body == NULL && reply.location && strstr(reply.location, id),
           "... but a location");
        is_int(version(), 1 + rows[i].changed, "... version");
        is(reply.operation, rows[i].changed ? "change" : "unchanged", "... operation");
        is(who(id), rows[i].left, "... members");
        begin("Group", "strict");
        is_fine(scim_call_delete(&reply, &call, id), "... gone");
    }
}

static void test_patch_errors(void)
{
    const char *id, *stranger = "0190b0e0-0000-7000-8000-000000000000";
    const struct {
        const char *operations, *dialect, *type, *part, *name;
    } rows[] = {
        {OP("add", "members", members(2, eve, stranger)), "strict", "invalidValue", stranger,
         "nobody has the id"},
        {OP("replace", "members", members(1, stranger)), "strict", "invalidValue",
         "Operation 1: No user or group", "nor here"},
        {OP("add", "members", "[{\"$ref\":\"x\"}]"), "strict", "invalidValue", "value",
         "no value"},
        {OP("add", "members", "7"), "strict", "invalidValue", "members", "a number"},
        {OP("replace", "members", "{\"value\":\"x\"}"), "strict", "invalidValue", "array",
         "no array"},
        {OP("remove", "members", members(1, ada)), "strict", "invalidValue", "filter",
         "remove has no value"},
        {OP("replace", MEMBER(ada), members(1, eve)), "auto", "mutability", "members.value",
         "a member does not become another"},
        {OP("replace", "members[display eq \\\"ada\\\"]", members(1, eve)), "auto",
         "mutability", "members.value", "however it is selected"},
        {OP("replace", MEMBER(eve), "{\"display\":\"x\"}"), "strict", "noTarget", "members[",
         "a filter that selects nothing"},
        {OP("add", MEMBER(eve), "{\"display\":\"x\"}"), "strict", "noTarget",
         "members[value eq", "for add too"},
        {OP("add", "members[display eq \\\"eve\\\"]", "{\"display\":\"x\"}"), "entra",
         "noTarget", "display", "one that names nobody creates nobody"},
        {OP("replace", "members.display", "\"x\""), "strict", "mutability", "immutable",
         "a sub-attribute"},
        {REMOVE(apr_pstrcat(pool, MEMBER(ada), ".display", NULL)), "strict", "mutability",
         "immutable", "of one member"},
        {apr_pstrcat(pool, OP("add", "members", members(1, eve)), ",",
                     "{\"op\":\"remove\",\"path\":\"displayName\"}", NULL),
         "strict", "mutability", "Operation 2", "nothing is half done"},
        {apr_pstrcat(pool, "{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"Other\"},",
                     OP("add", "members", members(2, eve, stranger)), NULL),
         "strict", "invalidValue", "Operation 2", "neither way"},
    };
    size_t i;

    id = create_group("Team", members(2, ada, bob));
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_error(patch(id, rows[i].operations, rows[i].dialect), 400, rows[i].type,
                 rows[i].part, rows[i].name);
    }
    is_error(patch(id, OP("add", "members", members(1, id)), "auto"), 400, "invalidValue",
             "itself", "a group in itself");
    is_error(put(id,
                 apr_psprintf(pool, "\"displayName\":\"Team\",\"members\":%s", members(1, id)),
                 "auto"),
             400, "invalidValue", "itself", "nor by PUT");
    is(who(id), "ada bob", "nothing changed");
    is_int(version(), 1, "... no version");
    is(text_of(body(), "displayName"), "Team", "... no name");
}

static void test_replace(void)
{
    const char *id;
    const json_t *group;

    start("replace");
    id = create_group("Team", members(2, ada, bob));
    is_fine(
        put(id,
            apr_psprintf(pool, "\"displayName\":\"Team\",\"MEMBERS\":%s", members(2, bob, eve)),
            "strict"),
        "other members");
    is_int(reply.status, 200, "PUT shows the group");
    is_int((long long)json_array_size(json_object_get(body(), "members")), 2, "as it is now");
    is_int(version(), 2, "a version");
    is(who(id), "bob eve", "members");
    is_fine(put(id,
                apr_psprintf(pool, "\"displayName\":\"Team\",\"members\":%s",
                             members(3, eve, bob, eve)),
                "strict"),
            "the same members");
    is_int(version(), 2, "are no change");
    group = get("Group", id);
    begin("Group", "okta");
    is_fine(scim_call_replace(&reply, &call, id, group), "what was read comes back");
    is_int(version(), 2, "that is no change either");
    is_fine(put(id, "\"displayName\":\"Team\"", "strict"), "without members");
    is(who(id), "", "there are none");
    is_int(version(), 3, "another version");
    is_fine(put(id, "\"displayName\":\"Team\",\"members\":null", "strict"), "null");
    is_int(version(), 3, "there were none");
    is_fine(patch(id, OP("add", "members", members(1, ada)), "strict"), "one again");
    is_fine(put(id, "\"displayName\":\"Team\",\"members\":[]", "strict"), "an empty list");
    is(who(id), "", "clears, too");
    is_error(put(id, "\"displayName\":\"Team\",\"members\":[],\"Members\":[]", "strict"), 400,
             "invalidSyntax", "twice", "members once");
}

static void test_versions(void)
{
    const char *id;

    start("versions");
    id = create_group("Team", members(1, ada));
    begin("Group", "strict");
    scim_etags_parse(&call.precondition.match, "If-Match", "W/\"7\"", pool);
    is_error(
        scim_call_patch(
            &reply, &call, id,
            json(apr_pstrcat(pool, "{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"Operations\":[",
                             OP("add", "members", members(1, bob)), "]}", NULL))),
        412, NULL, "W/\"1\"", "a version that is not there");
    is(who(id), "ada", "nothing is added");
    begin("Group", "strict");
    call.search.attributes = "displayName";
    is_fine(
        scim_call_patch(
            &reply, &call, id,
            json(apr_pstrcat(pool, "{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"Operations\":[",
                             OP("add", "members", members(1, bob)), "]}", NULL))),
        "a PATCH that asks for attributes");
    is_int(reply.status, 200, "is shown the group");
    is(text_of(body(), "displayName"), "Team", "... as it asked");
    ok(json_object_get(body(), "members") == NULL, "... without the rest");
}

static void test_policy(void)
{
    scim_toggle_t *update = &service.policy.toggles[SCIM_KIND_GROUP][SCIM_CHANGE_UPDATE];
    const char *id;

    start("policy");
    id = create_group("Team", members(1, ada));
    *update = SCIM_TOGGLE_OFF;
    is_error(patch(id, OP("add", "members", members(1, bob)), "auto"), 403, NULL,
             "ScimUpdateGroups is off", "members are updates");
    is_fine(patch(id, OP("add", "members", members(1, ada)), "auto"),
            "what changes nothing is none");
    is(who(id), "ada", "nothing changed");
    *update = SCIM_TOGGLE_IGNORE;
    is_fine(patch(id, OP("add", "members", members(1, bob)), "auto"), "ignored");
    is_int(call.notes->nelts, 1, "... and noted");
    is_int(version(), 1, "... without a version");
    is(who(id), "ada", "... nothing changed");
    is_fine(patch(id, OP("add", "members", members(1, ada)), "auto"), "no change");
    is_int(call.notes->nelts, 0, "is not noted");
    is_fine(put(id, "\"displayName\":\"Other\"", "auto"), "both");
    is_int(call.notes->nelts, 1, "are noted once");
    is(who(id), "ada", "... nothing changed");
    *update = SCIM_TOGGLE_ON;
    service.policy.toggles[SCIM_KIND_GROUP][SCIM_CHANGE_DELETE] = SCIM_TOGGLE_IGNORE;
    begin("Group", "auto");
    is_fine(scim_call_delete(&reply, &call, id), "delete ignored");
    is(who(id), "ada", "still there");
    service.policy.toggles[SCIM_KIND_GROUP][SCIM_CHANGE_CREATE] = SCIM_TOGGLE_OFF;
    is_error(try_create("New", NULL, "auto"), 403, NULL, "ScimCreateGroups", "no new groups");
    service.policy.toggles[SCIM_KIND_GROUP][SCIM_CHANGE_CREATE] = SCIM_TOGGLE_IGNORE;
    is_fine(try_create("New", members(1, ada), "auto"), "not really");
    is_int(total("Group", NULL), 1, "only the one there is");
}

static void test_groups_of_people(void)
{
    const char *inner, *outer;
    const json_t *list;

    start("people");
    ok(json_object_get(get("User", ada), "groups") == NULL, "nobody's groups");
    inner = create_group("Inner", members(1, ada));
    outer = create_group("Outer", members(2, inner, bob));
    list = json_object_get(get("User", ada), "groups");
    is_int((long long)json_array_size(list), 2, "direct and indirect");
    is(text_of(json_array_get(list, 0), "value"), inner, "the group");
    is(text_of(json_array_get(list, 0), "type"), "direct", "... direct");
    is(text_of(json_array_get(list, 0), "display"), "Inner", "... its name");
    is(text_of(json_array_get(list, 0), "$ref"),
       apr_pstrcat(pool, BASE "/Groups/", inner, NULL), "... its address");
    is(text_of(json_array_get(list, 1), "value"), outer, "the group around it");
    is(text_of(json_array_get(list, 1), "type"), "indirect", "... indirect");
    list = json_object_get(get("Group", outer), "members");
    is(text_of(json_array_get(list, 1), "type"), "Group", "a group as a member");
    is(text_of(json_array_get(list, 1), "display"), "Inner", "... has its name");
    is_fine(patch(inner, OP("add", "members", members(1, outer)), "strict"), "a circle");
    is_int((long long)json_array_size(json_object_get(get("User", ada), "groups")), 2,
           "has an end");

    begin("User", "strict");
    call.search.attributes = "groups.display";
    is_fine(scim_call_read(&reply, &call, ada), "a part of it");
    is(scim_json_text(json_object_get(body(), "groups"), NULL, pool),
       "[{\"display\":\"Inner\"},{\"display\":\"Outer\"}]", "is all that is shown");
    begin("User", "strict");
    call.search.excluded_attributes = "groups";
    is_fine(scim_call_read(&reply, &call, ada), "without");
    ok(json_object_get(body(), "groups") == NULL, "none shown");

    list = get("User", ada);
    begin("User", "auto");
    is_fine(scim_call_replace(&reply, &call, ada, list), "groups come back");
    is(reply.operation, "unchanged", "and are ignored");
    is(text_of(json_array_get(json_object_get(body(), "groups"), 0), "value"), inner,
       "the answer has them");

    begin("User", "strict");
    is_fine(scim_call_delete(&reply, &call, ada), "somebody goes");
    list = json_object_get(get("Group", inner), "members");
    is_int((long long)json_array_size(list), 1, "and is in no group");
    begin("Group", "strict");
    is_fine(scim_call_delete(&reply, &call, outer), "a group goes");
    ok(json_object_get(get("Group", inner), "members") == NULL, "out of the other, too");
    ok(json_object_get(get("User", bob), "groups") == NULL, "and off its members");
}

static void test_hidden(void)
{
    const char *id;

    start("hidden");
    id = create_group("Team", members(2, ada, bob));
    service.policy.toggles[SCIM_KIND_USER][SCIM_CHANGE_DELETE] = SCIM_TOGGLE_DISABLE;
    begin("User", "strict");
    is_fine(scim_call_delete(&reply, &call, ada), "deactivated");
    is(who(id), "bob", "is not shown");
    is_error(patch(id, OP("add", "members", members(1, ada)), "strict"), 400, "invalidValue",
             ada, "nor to be added");
}

static void test_projection(void)
{
    const char *id;

    start("views");
    id = create_group("Team", members(1, ada));
    begin("Group", "strict");
    call.search.attributes = "members.value";
    is_fine(scim_call_read(&reply, &call, id), "one sub-attribute");
    is(scim_json_text(json_object_get(body(), "members"), NULL, pool),
       apr_psprintf(pool, "[{\"value\":\"%s\"}]", ada), "alone");
    ok(json_object_get(body(), "displayName") == NULL && text_of(body(), "id"), "but the id");
    begin("Group", "strict");
    call.search.excluded_attributes = "members.$ref,members.type";
    is_fine(scim_call_read(&reply, &call, id), "without some");
    is(scim_json_text(json_object_get(body(), "members"), NULL, pool),
       apr_psprintf(pool, "[{\"value\":\"%s\",\"display\":\"ada\"}]", ada), "the rest");
    begin("Group", "strict");
    call.search.excluded_attributes = "members";
    is_fine(scim_call_list(&reply, &call), "a list without");
    ok(strstr(body_text(), "members") == NULL, "members");
    begin("Group", "strict");
    is_fine(scim_call_list(&reply, &call), "a list with members");
    ok(strstr(body_text(), ada) != NULL, "has them");
}

static void test_filters(void)
{
    const char *inner, *outer, *filter;

    start("filters");
    inner = create_group("Inner", members(1, ada));
    outer = create_group("Outer", members(2, inner, bob));
    create_group("Empty", NULL);
#define GROUPS(count, ...)                                                                     \
    filter = apr_psprintf(pool, __VA_ARGS__);                                                  \
    is_int(total("Group", filter), count, "... groups")
#define USERS(count, ...)                                                                      \
    filter = apr_psprintf(pool, __VA_ARGS__);                                                  \
    is_int(total("User", filter), count, "... people")
    GROUPS(1, "members.value eq \"%s\"", ada);
    GROUPS(1, "members eq \"%s\"", bob);
    GROUPS(1, "members[value eq \"%s\"]", inner);
    GROUPS(0, "members.value eq \"%s\"", eve);
    GROUPS(2, "members.value ne \"%s\"", ada);
    GROUPS(1, "not (members.value eq \"%s\") and members pr", ada);
    GROUPS(2, "members[value ne \"x\"]");
    GROUPS(1, "id eq \"%s\" and members eq \"%s\"", inner, ada);
    GROUPS(0, "id eq \"%s\" and members eq \"%s\"", outer, ada);
    GROUPS(2, "members pr");
    GROUPS(1, "members eq null");
    GROUPS(2, "members.value pr");
    GROUPS(1, "members.type eq \"Group\"");
    GROUPS(1, "members.display co \"B\"");
    GROUPS(1, "members[type eq \"User\" and display sw \"a\"]");
    GROUPS(1, "members.$ref ew \"/Groups/%s\"", inner);
    USERS(1, "groups.value eq \"%s\"", inner);
    USERS(2, "groups.value eq \"%s\"", outer);
    USERS(2, "groups eq \"%s\"", outer);
    USERS(1, "groups[value eq \"%s\" and type eq \"direct\"]", outer);
    USERS(1, "groups.value ne \"%s\"", outer);
    USERS(2, "groups pr");
    USERS(1, "not (groups pr)");
    USERS(2, "groups.display eq \"OUTER\"");
    USERS(1, "groups.type eq \"indirect\"");
    USERS(1, "userName eq \"ADA\" and groups.value eq \"%s\"", outer);
    begin("Group", "strict");
    service.limits.max_scan = 3;
    call.search.filter = "members.display eq \"x\"";
    is_fine(scim_call_list(&reply, &call), "three groups, three members");
    is_fine(patch(outer, OP("add", "members", members(1, eve)), "strict"), "one more");
    begin("Group", "strict");
    call.search.filter = "members.display eq \"x\"";
    is_error(scim_call_list(&reply, &call), 400, "tooMany", "3", "are more than max_scan");
    call.search.filter = "members pr";
    is_fine(scim_call_list(&reply, &call), "whether there are any is seen from one");
}

static const char *crowd(int first, int count)
{
    const char *text = "[";
    int i;

    for (i = first; i < first + count; i++) {
        text = apr_pstrcat(pool, text, i > first ? "," : "", "{\"value\":\"",
                           create_user(apr_psprintf(pool, "u%d", i)), "\"}", NULL);
    }
    return apr_pstrcat(pool, text, "]", NULL);
}

static void test_crowds(void)
{
    static const int sizes[] = {99, 1, 1, 498, 1, 1, 500};
    const char *id;
    int size = 0;
    size_t i;

    start("crowds");
    id = create_group("Crowd", NULL);
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const char *list = crowd(size, sizes[i]);
        const json_t *found;

        is_fine(patch(id, OP("add", "members", list), "strict"), "more of them");
        size += sizes[i];
        begin("Group", "strict");
        is_fine(scim_call_read(&reply, &call, id), "read");
        is_int(reply.body->deferred, size >= 100, "made later when many");
        found = json_object_get(body(), "members");
        is_int((long long)json_array_size(found), size, "all of them");
        is_int(reply.body->deferred, 0, "settled");
    }
    is_fine(patch(id, REMOVE("members[display ew \\\"7\\\"]"), "strict"), "remove some");
    is_int((long long)json_array_size(json_object_get(get("Group", id), "members")),
           size - (size + 2) / 10, "a tenth is gone");
    is_fine(put(id,
                apr_psprintf(pool, "\"displayName\":\"Crowd\",\"members\":%s",
                             members(2, ada, bob)),
                "strict"),
            "replace all");
    is(who(id), "ada bob", "two are left");
}

/* A list that is being sent when the group changes. */
static void test_changes_while_sent(void)
{
    const char *id;

    start("sending");
    id = create_group("Crowd", NULL);
    is_fine(patch(id, OP("add", "members", crowd(0, 700)), "strict"), "many");
    begin("Group", "strict");
    is_fine(scim_call_read(&reply, &call, id), "read");
    {
        scim_reply_t first = reply;

        begin("Group", "strict");
        is_fine(scim_call_delete(&reply, &call, id), "delete it");
        reply = first;
        is_int((long long)json_array_size(json_object_get(body(), "members")), 100,
               "what was read is sent, and the end of the list");
    }
}

static void test_onelogin(void)
{
    const char *id;

    start("onelogin");
    id = create_group("Team", members(2, ada, bob));
#define SCIM1(dialect, ...)                                                                    \
    begin("Group", dialect);                                                                   \
    is_fine(scim_call_patch(&reply, &call, id, json(apr_psprintf(pool, __VA_ARGS__))),         \
            "SCIM 1.1, " dialect)
    SCIM1("onelogin",
          "{\"schemas\":[\"urn:scim:schemas:core:1.0\"],\"members\":[{\"value\":\"%s\","
          "\"operation\""
          ":\"add\"},{\"value\":\"%s\",\"operation\":\"delete\"}]}",
          eve, ada);
    is(who(id), "bob eve", "added and deleted");
    is_int(call.notes->nelts, 0, "nothing to note");
    SCIM1("auto", "{\"members\":[{\"value\":\"%s\"}]}", ada);
    is(who(id), "ada bob eve", "no operation adds");
    SCIM1("auto", "{\"members\":{\"value\":\"%s\",\"Operation\":\"Delete\"}}", ada);
    is(who(id), "bob eve", "one object, another case");
    SCIM1("auto", "{\"displayName\":\"New\",\"id\":\"x\",\"members\":[]}");
    is(text_of(get("Group", id), "displayName"), "New", "another attribute");
    begin("Group", "strict");
    is_error(scim_call_patch(&reply, &call, id, json("{\"members\":[]}")), 400, "invalidSyntax",
             NULL, "not for the strict");
    begin("User", "auto");
    is_error(scim_call_patch(&reply, &call, ada, json("{\"members\":[]}")), 400,
             "invalidSyntax", "Operations", "nor for people");
}

static void test_all(void)
{
    test_create();
    test_patch();
    test_patch_errors();
    test_replace();
    test_versions();
    test_policy();
    test_groups_of_people();
    test_hidden();
    test_projection();
    test_filters();
    test_crowds();
    test_changes_while_sent();
    test_onelogin();
}

int main(void)
{
    pool = tap_start();
    test_all();
    source = place_source(place_file("groups.db"), pool);
    test_all();
    return tap_done();
}
