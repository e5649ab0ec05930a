/* Groups, and changes of their members. */
#include "groups.h"

#include <apr_lib.h>

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

static const char *upper(const char *id)
{
    char *text = apr_pstrdup(pool, id), *at;

    for (at = text; *at; at++) {
        *at = apr_toupper(*at);
    }
    return text;
}

/* Each changes the group that has ada and bob, of version 1. */
/* A PATCH of a group that has ada and bob. */
typedef struct patch_row_t {
    const char *operations, *dialect, *left;
    int changed;
    const char *name;
} patch_row_t;

static void check_patches(const patch_row_t *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
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

static void test_patch_adds_and_removes(void)
{
    const char *both = members(2, bob, eve), *one = members(1, eve);
    const patch_row_t rows[] = {
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
        {OP("add", "members", members(1, upper(eve))), "strict", "ada bob eve", 1,
         "add in capitals"},
        {REMOVE(MEMBER(upper(ada))), "strict", "bob", 1, "remove in capitals"},
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
    };

    check_patches(rows, sizeof(rows) / sizeof(rows[0]));
}

static void test_patch_replaces(void)
{
    const char *both = members(2, bob, eve), *one = members(1, eve);
    const patch_row_t rows[] = {
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

    check_patches(rows, sizeof(rows) / sizeof(rows[0]));
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
        {OP("replace", MEMBER(eve), "{}"), "strict", "noTarget", "selects no member",
         "nothing in the place of nobody"},
        {OP("add", "members[type eq \\\"Group\\\"]", "{}"), "auto", "noTarget",
         "selects no member", "nothing more for nobody"},
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

/* Several operations that leave the group as it was, or not. */
static void test_round_trips(void)
{
    const char *id, *x;
    int i;

    start("round trips");
    id = create_group("Team", members(2, ada, bob));
    x = members(1, eve);
    struct {
        const char *operations, *members;
        int changes;
    } rows[] = {
        {apr_pstrcat(pool, REMOVE(MEMBER(ada)), ",", OP("add", "members", members(1, ada)),
                     NULL),
         "ada bob", 0},
        {apr_pstrcat(pool, OP("add", "members", x), ",", REMOVE(MEMBER(eve)), NULL), "ada bob",
         0},
        {apr_pstrcat(pool, REMOVE("members"), ",",
                     OP("add", "members", members(3, bob, ada, bob)), NULL),
         "ada bob", 0},
        {apr_pstrcat(pool, OP("replace", "members", x), ",",
                     OP("replace", "members", members(2, bob, ada)), NULL),
         "ada bob", 0},
        {apr_pstrcat(pool, REMOVE("members[value pr]"), ",",
                     OP("add", MEMBER(ada), members(1, ada)), ",",
                     OP("add", MEMBER(bob), "{\"type\":\"User\"}"), NULL),
         "ada bob", 0},
        {OP("replace", MEMBER(bob), "\" \""), "ada", 1},
        {apr_pstrcat(pool, REMOVE("members"), ",", OP("add", "members", members(2, ada, bob)),
                     NULL),
         "ada bob", 1},
        {OP("replace", MEMBER(bob), "[null]"), "ada", 1},
        {apr_pstrcat(pool, REMOVE("members"), ",", OP("add", "members", members(2, ada, bob)),
                     NULL),
         "ada bob", 1},
        {apr_pstrcat(pool, REMOVE("members"), ",", OP("add", "members", members(1, ada)), NULL),
         "ada", 1},
        {apr_pstrcat(pool, REMOVE("members"), ",", OP("add", "members", members(2, bob, ada)),
                     NULL),
         "ada bob", 1},
        {apr_pstrcat(pool, REMOVE(MEMBER(ada)), ",", OP("add", "members", x), NULL), "bob eve",
         1},
        {apr_pstrcat(pool, OP("replace", "members", members(1, ada)), ",",
                     OP("add", "members", x), NULL),
         "ada eve", 1},
    };
    long before = 1;

    for (i = 0; i < (int)(sizeof(rows) / sizeof(rows[0])); i++) {
        is_fine(patch(id, rows[i].operations, "auto"), rows[i].operations);
        is_int(version(), before + rows[i].changes,
               rows[i].changes ? "... is a change" : "... is no change");
        before = version();
        is(who(id), rows[i].members, "... members");
    }
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
    SCIM1("auto", "{\"schemas\":[\"urn:scim:schemas:core:1.0\"],\"displayName\":\"Newer\"}");
    SCIM1("onelogin", "{\"schemas\":\"URN:scim:schemas:core:2.0\",\"externalId\":\"7\"}");
    is(text_of(get("Group", id), "displayName"), "Newer", "no members, but another attribute");
    is(text_of(get("Group", id), "externalId"), "7", "and one schema");
    is(who(id), "bob eve", "which leaves the members alone");
    begin("Group", "auto");
    is_error(scim_call_patch(&reply, &call, id, json("{\"displayName\":\"x\"}")), 400,
             "invalidSyntax", "Operations", "not without the schema");
    begin("Group", "auto");
    is_error(scim_call_patch(&reply, &call, id,
                             json("{\"schemas\":[\"urn:scim:schemas:core:1.0\"]}")),
             400, "invalidSyntax", "Operations", "nor the schema alone");
    begin("Group", "strict");
    is_error(scim_call_patch(&reply, &call, id, json("{\"members\":[]}")), 400, "invalidSyntax",
             NULL, "not for the strict");
    begin("User", "auto");
    is_error(scim_call_patch(&reply, &call, ada, json("{\"members\":[]}")), 400,
             "invalidSyntax", "Operations", "nor for people");
}

static void tests(void)
{
    test_create();
    test_patch_adds_and_removes();
    test_patch_replaces();
    test_patch_errors();
    test_replace();
    test_versions();
    test_round_trips();
    test_policy();
    test_onelogin();
}

int main(void)
{
    return on_each_provider("groups.db", tests);
}
