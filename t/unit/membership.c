/* What is shown of memberships and found by them, and what of that is read. */
#include "core/limits.h"
#include "groups.h"

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
    is(create_user("Ada"), ada, "the same person again");
    is(who(id), "bob", "is not in the group that she was in");
    ok(json_object_get(get("User", ada), "groups") == NULL, "and in no other");
    is_fine(patch(id, OP("add", "members", members(1, ada)), "strict"), "she is added");
    is(who(id), "ada bob", "and then she is");
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

/* What is looked up for a filter that no index answers is bounded, however deep groups are. */
static void test_deep_groups(void)
{
    const char *deep, *many = "", *names = "title co \"z\"";
    int i, bad = 0;

    start("deep");
    deep = create_group("deep", crowd(0, 10));
    for (i = 0; i < 30; i++) {
        bad +=
            try_create(apr_psprintf(pool, "around %d", i), members(1, deep), "strict") != NULL;
        many = reply.id;
    }
    is_int(bad, 0, "groups around it");
    service.limits.max_scan = 19;
    if (source) {
        is_int(total("User", apr_psprintf(pool, "groups.value eq \"%s\"", many)), 10,
               "an index needs no look-ups");
    }
    is_int(total("User", apr_psprintf(pool, "groups.value eq \"%s\" or title co \"z\"", deep)),
           10, "a look-up for each of ten people is no matter");
    begin("User", "strict");
    call.search.filter = apr_psprintf(pool, "groups.value eq \"%s\" or title co \"z\"", many);
    is_error(scim_call_list(&reply, &call), 400, "tooMany", "304 memberships",
             "ten times 31 groups, and ten look-ups, are too many for 19 x 16");
    service.limits.max_scan = 20;
    is_fine(scim_call_list(&reply, &call), "not for 20 x 16");

    for (i = 0; i < 34; i++) {
        names = apr_psprintf(pool, "groups.value eq \"%s%d\" or %s", "x", i, names);
    }
    begin("User", "strict");
    service.limits.max_scan = 40;
    call.search.filter = names;
    is_error(scim_call_list(&reply, &call), 400, "tooMany", "640 memberships",
             "so are many look-ups of nobody's groups");
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

/* ---- what a provider is asked for ------------------------------------------ */

static const scim_directory_provider_t *real; /* the provider behind those of this test */

static scim_error_t *no_members(scim_session_t *session, const char *group, const char *after,
                                apr_int64_t count, scim_member_fn each, void *baton,
                                apr_pool_t *of)
{
    (void)session, (void)group, (void)after, (void)count, (void)each, (void)baton;
    return apr_pmemdup(of, &(scim_error_t){500, NULL, "a list of members was read", NULL},
                       sizeof(scim_error_t));
}

static scim_error_t *no_groups(scim_session_t *session, const apr_int64_t *numbers, int count,
                               scim_member_fn each, void *baton, apr_pool_t *of)
{
    (void)numbers;
    return no_members(session, NULL, NULL, count, each, baton, of);
}

/* Puts a provider in front of the real one. */
static scim_directory_provider_t *interpose(void)
{
    scim_directory_t *directory = apr_pmemdup(pool, service.directory, sizeof(*directory));
    scim_directory_provider_t *copy;

    real = directory->provider;
    copy = apr_pmemdup(pool, real, sizeof(*real));
    directory->provider = copy;
    service.directory = directory;
    return copy;
}

static void test_lists_not_read(void)
{
    scim_directory_provider_t *watched;
    const char *id;

    start("unread");
    id = create_group("Team", members(2, ada, bob));
    watched = interpose();
    watched->members = no_members;
    watched->groups_of = no_groups;
    is_fine(patch(id, OP("add", "members", members(1, eve)), "strict"), "add");
    is_fine(patch(id, REMOVE(MEMBER(ada)), "strict"), "remove by value");
    is_fine(patch(id, OP("remove", "members", members(1, ada)), "entra"), "remove values");
    is_fine(patch(id, REMOVE("members"), "strict"), "remove all");
    is_fine(patch(id, OP("replace", "members", "[]"), "strict"), "replace with nobody");
    is_fine(patch(id, OP("add", "members", members(1, ada)), "strict"), "add again");
    is_int(version(), 5, "all of that was done");
    begin("Group", "strict");
    call.search.excluded_attributes = "members";
    is_fine(scim_call_read(&reply, &call, id), "read without members");
    begin("Group", "strict");
    call.search.attributes = "displayName";
    call.search.filter = "members.value eq \"x\" or members[value eq \"x\"] or displayName pr";
    is_fine(scim_call_list(&reply, &call), "find");
    begin("User", "strict");
    call.search.excluded_attributes = "groups";
    call.search.filter = apr_psprintf(pool, "groups.value eq \"%s\"", id);
    is_fine(scim_call_list(&reply, &call), "find people");
    begin("User", "strict");
    is_fine(scim_call_read(&reply, &call, bob), "somebody who is in no group");
    begin("Group", "strict");
    is_error(scim_call_read(&reply, &call, id), 500, NULL, "list", "read with members");
    begin("User", "strict");
    is_error(scim_call_read(&reply, &call, ada), 500, NULL, "list", "or with groups");
}

/* 40 people who are in one group, and by it in 1500 others with long names: what is shown of
   groups is most of a page. */
static void test_large_pages(void)
{
    const char *inner, *name = memset(apr_pcalloc(pool, 241), 'x', 240);
    apr_int64_t total;
    size_t first;
    int i, bad = 0;

    start("pages");
    inner = create_group("inner", crowd(0, 40));
    for (i = 0; i < 1500; i++) {
        bad += try_create(apr_psprintf(pool, "%s%d", name, i), members(1, inner), "strict")
               != NULL;
    }
    is_int(bad, 0, "many groups");
    begin("User", "strict");
    call.search.cursor = "";
    call.search.filter = "userName sw \"u\"";
    call.search.count = 50;
    is_fine(scim_call_list(&reply, &call), "a page");
    total = json_integer_value(json_object_get(body(), "totalResults"));
    first = json_array_size(json_object_get(body(), "Resources"));
    is_int(total, 40, "all people");
    ok(first > 20 && first < 40, "%ld are more than a page holds", (long)first);
    ok(reply.body->length < SCIM_MAX_PAGE_BYTES + 1024, "which is as long as it may be");
    call.search.cursor = text_of(body(), "nextCursor");
    is_fine(scim_call_list(&reply, &call), "the next page");
    is_int((long long)(first + json_array_size(json_object_get(body(), "Resources"))), 40,
           "has the rest");
    call.search.cursor = text_of(body(), "previousCursor");
    is_fine(scim_call_list(&reply, &call), "back again");
    is_int((long long)json_array_size(json_object_get(body(), "Resources")), (long long)first,
           "what there was");
}

/* How often groups were asked for, and whose. */
static int asked, asked_about;

static scim_error_t *count_groups(scim_session_t *session, const apr_int64_t *numbers,
                                  int count, scim_member_fn each, void *baton, apr_pool_t *of)
{
    asked++;
    asked_about += count;
    return real->groups_of(session, numbers, count, each, baton, of);
}

/* What parts of a resource a test asks for. */
typedef struct parts_t {
    const char *attributes;
    const char *excluded;
    int shown; /* are groups */
} parts_t;

static const json_t *read_alone(const char *id, const parts_t *parts)
{
    begin("User", "strict");
    call.search.attributes = parts->attributes;
    call.search.excluded_attributes = parts->excluded;
    return scim_call_read(&reply, &call, id) ? NULL : body();
}

/* How many of the last page's resources are not what each is when it is read. */
static int differing(const json_t *page, const parts_t *parts)
{
    const json_t *list = json_object_get(page, "Resources"), *one;
    size_t i;
    int bad = 0;

    json_array_foreach(list, i, one)
    {
        bad += !json_equal(one, read_alone(text_of(one, "id"), parts));
    }
    return bad;
}

static const json_t *page_of(const parts_t *parts, const char *type, const char *cursor,
                             int start_index)
{
    begin(type, "strict");
    call.search.attributes = parts->attributes;
    call.search.excluded_attributes = parts->excluded;
    call.search.cursor = cursor;
    call.search.start_index = start_index;
    call.search.count = 50;
    asked = asked_about = 0;
    is_fine(scim_call_list(&reply, &call), "a page");
    return body();
}

static const char *some_of(const char **ids, int count, int of)
{
    const char *text = "[";
    int i;

    for (i = 0; i < count; i++) {
        if (i % 3 == of) {
            text = apr_pstrcat(pool, text, text[1] ? "," : "", "{\"value\":\"", ids[i], "\"}",
                               NULL);
        }
    }
    return apr_pstrcat(pool, text, "]", NULL);
}

/* Of three people one is in no group, one in one, and one in one with a circle around it. */
static void fill_mixed(const char **ids, int count)
{
    const char *inner, *outer;
    int i;

    for (i = 0; i < count; i++) {
        ids[i] = apr_pstrdup(pool, create_user(apr_psprintf(pool, "mixed%03d", i)));
    }
    create_group("direct", some_of(ids, count, 1));
    inner = create_group("inner", some_of(ids, count, 2));
    outer = create_group("outer", members(2, inner, ids[50]));
    is_fine(patch(inner, OP("add", "members", members(1, outer)), "strict"), "a circle");
    for (i = 0; i < 30; i++) {
        create_group(apr_psprintf(pool, "more%d", i), members(2, ids[7], ids[9]));
    }
}

static void test_mixed_pages(void)
{
    static const parts_t views[] = {{NULL, NULL, 1},
                                    {NULL, "name", 1},
                                    {"userName,groups.display,meta", NULL, 1},
                                    {"groups.type,groups.value", NULL, 1},
                                    {NULL, "groups.$ref", 1},
                                    {NULL, "groups", 0},
                                    {"userName,meta", NULL, 0}};
    const char *ids[90];
    size_t i;

    start("mixed");
    interpose()->groups_of = count_groups;
    fill_mixed(ids, 90);
    for (i = 0; i < sizeof(views) / sizeof(*views); i++) {
        const json_t *first = page_of(&views[i], "User", NULL, 1);
        int calls = asked, about = asked_about;
        const json_t *next = page_of(&views[i], "User", NULL, 51), *back;

        is_int(calls, views[i].shown, "groups are asked for once for a page, if at all");
        ok(views[i].shown ? about > 25 && about < 40 : about == 0,
           "... of those who have some");
        is_int((long long)json_array_size(json_object_get(first, "Resources")), 50, "all");
        is_int(differing(first, &views[i]) + differing(next, &views[i]), 0,
               "each is as it is when it is read alone");
        first = page_of(&views[i], "User", "", 1);
        next = page_of(&views[i], "User", text_of(first, "nextCursor"), 1);
        is_int(asked, views[i].shown, "once for a page by cursor, too");
        back = page_of(&views[i], "User", text_of(next, "previousCursor"), 1);
        ok(json_equal(json_object_get(first, "Resources"), json_object_get(back, "Resources")),
           "the same page backwards");
        is_int(differing(first, &views[i]) + differing(next, &views[i]), 0,
               "each of them is as it is alone");
    }
}

/* Rows wait for the groups of others no longer than their documents have room. */
static void test_long_documents_wait(void)
{
    static const parts_t all = {NULL, NULL, 1};
    char *title = memset(apr_pcalloc(pool, 200001), 't', 200000);
    const char *ids[12], *text;
    int i;

    start("long");
    interpose()->groups_of = count_groups;
    for (i = 0; i < 12; i++) {
        begin("User", "strict");
        text = apr_psprintf(pool,
                            "{\"schemas\":[\"" SCIM_URN_USER
                            "\"],\"userName\":\"long%d\",\"title\":\"%s\"}",
                            i, title);
        is_fine(scim_call_create(&reply, &call, json(text)), "somebody with a long document");
        ids[i] = apr_pstrdup(pool, reply.id);
    }
    create_group("one", some_of(ids, 12, 0));
    create_group("two", some_of(ids, 12, 1));
    is_int(differing(page_of(&all, "User", NULL, 1), &all), 0, "pages of long documents");
    page_of(&all, "User", NULL, 1);
    ok(asked > 1 && asked < 8, "are put together piece by piece: %d", asked);
}

/* Work that is done, undone, and done again, as when a connection was lost. */
typedef struct twice_t {
    scim_work_fn work;
    void *baton;
    scim_error_t *first;
} twice_t;

static scim_error_t undo = {500, NULL, "undo", NULL};
static int in_vain; /* the first run, which ends with the groups */

static scim_error_t *groups_in_vain(scim_session_t *session, const apr_int64_t *numbers,
                                    int count, scim_member_fn each, void *baton, apr_pool_t *of)
{
    return in_vain ? &undo : count_groups(session, numbers, count, each, baton, of);
}

static scim_error_t *run_in_vain(scim_session_t *session, void *baton, apr_pool_t *of)
{
    twice_t *twice = baton;

    in_vain = 1;
    twice->first = twice->work(session, twice->baton, of);
    in_vain = 0;
    return &undo;
}

static scim_error_t *run_twice(scim_session_t *session, void *baton, apr_pool_t *of)
{
    twice_t *twice = baton;

    real->nest(session, run_in_vain, twice, of);
    return twice->first && twice->first != &undo ? twice->first
                                                 : twice->work(session, twice->baton, of);
}

static scim_error_t *transact_twice(void *directory, int writes, scim_work_fn work, void *baton,
                                    apr_pool_t *of)
{
    twice_t twice = {work, baton, NULL};

    return real->transact(directory, writes, run_twice, &twice, of);
}

static void test_done_twice(void)
{
    static const parts_t all = {NULL, NULL, 1};
    const char *id, *back, *stranger = "0190b0e0-0000-7000-8000-000000000000";
    scim_directory_provider_t *watched;
    const json_t *page;

    start("twice");
    watched = interpose();
    watched->transact = transact_twice;
    id = create_group("Team", members(2, ada, bob));
    is_fine(patch(id, OP("add", "members", members(2, eve, stranger)), "auto"), "add");
    is_int(version(), 2, "once");
    is_int(call.notes->nelts, 1, "noted once");
    is(who(id), "ada bob eve", "read once");
    is_fine(put(id,
                apr_psprintf(pool, "\"displayName\":\"New\",\"members\":%s", members(1, ada)),
                "strict"),
            "replace");
    is_int((long long)json_array_size(json_object_get(body(), "members")), 1, "answered once");
    is(who(id), "ada", "as it is");
    is_fine(patch(id, OP("add", "members", crowd(0, 1200)), "strict"), "a crowd");
    is_int((long long)json_array_size(json_object_get(get("Group", id), "members")), 1201,
           "is sent once");
    page = page_of(&all, "User", "", 1);
    is_int((long long)json_array_size(json_object_get(page, "Resources")), 50, "a page");
    is_int(differing(page, &all), 0, "is as if it was read once");
    ok(!json_equal(
           json_object_get(page, "Resources"),
           json_object_get(page_of(&all, "User", text_of(page, "nextCursor"), 1), "Resources")),
       "and so is where the next one begins");
    back = text_of(body(), "previousCursor");
    watched->groups_of = groups_in_vain;
    page = page_of(&all, "User", back, 1);
    is_int((long long)json_array_size(json_object_get(page, "Resources")), 50, "backwards");
    is_int(differing(page, &all), 0, "as well");
}

static void tests(void)
{
    test_groups_of_people();
    test_hidden();
    test_projection();
    test_filters();
    test_deep_groups();
    test_crowds();
    test_changes_while_sent();
    test_lists_not_read();
    test_done_twice();
    test_large_pages();
    test_mixed_pages();
    test_long_documents_wait();
}

int main(void)
{
    return on_each_provider("membership.db", tests);
}
