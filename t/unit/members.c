/* Memberships: what every directory provider keeps of them. */
#include "memberships.h"

#include "directory/dbd/records.h"

/* ---- operations, each a unit of work ------------------------------------------ */

static scim_error_t *remove_work(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    act_t *act = baton;

    return act->place->provider->remove_members(session, act->group, act->ids, act->count,
                                                &act->changed, work_pool);
}

static scim_error_t *members_work(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    act_t *act = baton;

    begin_to_see(act);
    SCIM_TRY(act->place->provider->members(session, act->group, act->after, act->limit, see,
                                           act, work_pool));
    end_seeing(act);
    return NULL;
}

static scim_error_t *is_work(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    act_t *act = baton;

    return act->place->provider->is_member(&act->yes, session, act->group, act->ids[0],
                                           work_pool);
}

static int drop(const place_t *place, int group, int member)
{
    const char *id = place_id(member);
    act_t act = {.group = place_id(group), .ids = &id, .count = 1};

    return (int)act_on(place, 1, remove_work, act).changed;
}

static const char *members_after(const place_t *place, int group, const char *after, int limit)
{
    act_t act = {.group = place_id(group), .after = after, .limit = limit};

    return act_on(place, 0, members_work, act).seen;
}

static const char *members_of(const place_t *place, int group)
{
    return members_after(place, group, NULL, 100);
}

static int is_member(const place_t *place, int group, int member)
{
    const char *id = place_id(member);
    act_t act = {.group = place_id(group), .ids = &id};

    return act_on(place, 0, is_work, act).yes;
}

/* ---- tests ---------------------------------------------------------------------- */

static void test_pairs(void)
{
    make(&here, "Group", 1, "Team");
    make(&here, "Group", 2, NULL);
    make(&here, "User", 11, "Ada");
    make(&here, "User", 12, NULL);
    make(&there, "User", 13, "Eve");
    make(&there, "Group", 3, "Elsewhere");

    is(members_of(&here, 1), "", NAME("a group without members"));
    is_int(add(&here, 1, 12), 1, NAME("a member"));
    is_int(add(&here, 1, 12), 0, NAME("... that is one already"));
    is_int(add(&here, 1, 11), 1, NAME("another one"));
    is_int(add(&here, 1, 2), 1, NAME("a group"));
    is(members_of(&here, 1), "G2 U11Ada U12", NAME("by id, with type and display"));
    is(members_after(&here, 1, NULL, 2), "G2 U11Ada", NAME("the first two"));
    is(members_after(&here, 1, place_id(11), 2), "U12", NAME("... and those behind"));
    is(members_after(&here, 1, place_id(10), 2), "U11Ada U12", NAME("behind one that is none"));
    is(members_after(&here, 1, place_id(12), 2), "", NAME("behind the last"));
    is(members_after(&here, 1, NULL, 0), "", NAME("none wanted"));
    is(groups_of(&here, 11), "G1Team", NAME("the group of a member"));
    ok(is_member(&here, 1, 11) && !is_member(&here, 2, 11) && !is_member(&here, 1, 1),
       "%s: who is a member and who is not", kind);
    ok(place_get(&here, "User", place_id(11))->grouped
           && !place_get(&here, "Group", place_id(1))->grouped,
       "%s: records say whether they are in a group", kind);
    is_int((int)place_get(&here, "Group", place_id(1))->version, 1,
           NAME("the group's own record is not touched"));

    is_int(drop(&here, 1, 12), 1, NAME("a member less"));
    is_int(drop(&here, 1, 12), 0, NAME("... which is none any more"));
    is_int(drop(&here, 1, 99), 0, NAME("a stranger"));
    is(members_of(&here, 1), "G2 U11Ada", NAME("the others are still there"));
}

static void test_strangers(void)
{
    const char *ids[] = {place_id(11), place_id(77), place_id(13),
                         place_id(1),  "x",          place_id(12)};
    act_t act = {.group = place_id(1), .ids = ids, .count = 6};

    act.unknown = apr_array_make(pool, 4, sizeof(const char *));
    act = act_on(&here, 1, add_work, act);
    is_int((int)act.changed, 1, NAME("the one that could be added was"));
    is(apr_array_pstrcat(pool, act.unknown, ' '),
       apr_psprintf(pool, "%s %s %s x", place_id(77), place_id(13), place_id(1)),
       NAME("nobody, one of another directory, the group itself, nonsense"));
    is_int(add(&there, 1, 13), 0, NAME("a group of another directory"));
    is_int(add(&here, 88, 11), 0, NAME("no group"));
    is(members_of(&there, 1), "", NAME("members are not shown elsewhere"));
    is(groups_of(&there, 11), "", NAME("nor groups"));
    ok(!is_member(&there, 1, 11), "%s: nor found", kind);
    is_int(drop(&there, 1, 11), 0, NAME("nor removed"));
    is(members_of(&here, 1), "G2 U11Ada U12", NAME("and all is as it was"));
}

static apr_int64_t version_of(const char *type, int n)
{
    return place_get(&here, type, place_id(n))->version;
}

static scim_outcome_t rename_member(const char *type, int n, const char *display)
{
    scim_record_t *record = place_get(&here, type, place_id(n));

    record->display = display;
    return place_update(&here, record, record->version++);
}

/* A group shows what its members are called. */
static void rename_members(void)
{
    is_int(rename_member("User", 11, "Ada"), SCIM_STORED, NAME("a member that keeps its name"));
    is_int((int)version_of("Group", 1), 2, NAME("... does not change the group"));
    is_int(rename_member("User", 11, "Ada L."), SCIM_STORED, NAME("a member is renamed"));
    is(members_of(&here, 1), "G2 U11Ada L. U12", NAME("... and shown so"));
    is_int((int)version_of("Group", 1), 3, NAME("... a group shows something else by that"));
    is_int((int)version_of("Group", 2), 1, NAME("... other groups do not"));
    is_int(rename_member("User", 12, "Bob"), SCIM_STORED, NAME("a member gets a name"));
    is_int((int)version_of("Group", 1), 4, NAME("... which the group shows"));
    is_int(rename_member("User", 12, NULL), SCIM_STORED, NAME("a member loses its name"));
    is_int((int)version_of("Group", 1), 5, NAME("... which the group shows no more"));
}

static void test_ends(void)
{
    scim_record_t *ada = place_get(&here, "User", place_id(11)), *team;
    apr_time_t before = apr_time_now();

    ada->version = 2;
    ada->deleted = 1;
    ada->modified = 77;
    is_int(place_update(&here, ada, 1), SCIM_STORED, NAME("a member is hidden"));
    is(members_of(&here, 1), "G2 U12", NAME("... and not shown"));
    ok(!is_member(&here, 1, 11), "%s: ... nor found", kind);
    is_int(add(&here, 2, 11), 0, NAME("... nor becomes one"));
    is_int((int)version_of("Group", 1), 2, NAME("... the group has changed"));
    is_int((int)place_get(&here, "Group", place_id(1))->modified, 77, NAME("... at that time"));
    is_int((int)version_of("Group", 2), 1, NAME("... others have not"));
    ada->version = 3;
    is_int(place_update(&here, ada, 2), SCIM_STORED, NAME("hidden and changed"));
    is_int((int)version_of("Group", 1), 2, NAME("... is no change of the group"));
    ada->version = 4;
    ada->deleted = 0;
    is_int(place_update(&here, ada, 3), SCIM_STORED, NAME("back again"));
    is(members_of(&here, 1), "G2 U12", NAME("... but no member"));
    is(groups_of(&here, 11), "", NAME("... of any group"));
    ok(!place_get(&here, "User", place_id(11))->grouped, "%s: ... and says so", kind);
    is_int((int)version_of("Group", 1), 2, NAME("... which is no change of the group"));
    is_int(add(&here, 1, 11), 1, NAME("... until it is added"));
    is_int((int)version_of("Group", 1), 2, NAME("... whose version is for whoever adds"));
    rename_members();

    is_int(place_remove(&here, "User", place_id(11), 1), SCIM_STALE, NAME("stale"));
    is_int((int)version_of("Group", 1), 5, NAME("... changes nothing"));
    is_int(place_remove(&here, "User", place_id(11), 6), SCIM_STORED, NAME("a removed member"));
    is(members_of(&here, 1), "G2 U12", NAME("... is none any more"));
    is_int((int)version_of("Group", 1), 6, NAME("... which changes the group"));
    ok(place_get(&here, "Group", place_id(1))->modified >= before, "%s: ... now", kind);
    make(&here, "User", 11, "Ada");
    is(groups_of(&here, 11), "", NAME("who comes after is not in it"));

    is_int(place_remove(&here, "Group", place_id(1), 6), SCIM_STORED, NAME("a removed group"));
    is(groups_of(&here, 12), "", NAME("... has no members"));
    ok(!place_get(&here, "User", place_id(12))->grouped, "%s: ... who say so", kind);
    make(&here, "Group", 1, "Team");
    is(members_of(&here, 1), "", NAME("nor has the one that comes after"));

    is_int(add(&here, 1, 12), 1, NAME("a group with a member"));
    team = place_get(&here, "Group", place_id(1));
    team->deleted = 1;
    is_int(place_update(&here, team, team->version++), SCIM_STORED, NAME("... is hidden"));
    team->deleted = 0;
    is_int(place_update(&here, team, team->version++), SCIM_STORED, NAME("... and back"));
    is(members_of(&here, 1), "", NAME("... without the member"));
    is(groups_of(&here, 12), "", NAME("... who is in no group"));
}

/* Only those of some types. */
static void test_types(void)
{
    static const char *const people[] = {"User", NULL}, *const both[] = {"User", "Group", NULL};
    const char *ids[] = {place_id(11), place_id(31), place_id(32), place_id(99)};
    act_t act = {.group = place_id(30), .ids = ids, .count = 4, .types = people};

    make(&here, "Group", 30, NULL);
    make(&here, "Group", 31, NULL);
    make(&here, "Device", 32, NULL);
    act.unknown = apr_array_make(pool, 4, sizeof(const char *));
    is_int((int)act_on(&here, 1, add_work, act).changed, 1, NAME("one is a user"));
    is_int(act.unknown->nelts, 3, NAME("... the others are unknown"));
    act.unknown->nelts = 0;
    act.types = both;
    is_int((int)act_on(&here, 1, add_work, act).changed, 1, NAME("another is a group"));
    is_int(act.unknown->nelts, 2, NAME("... two are unknown"));
    is(APR_ARRAY_IDX(act.unknown, 0, const char *), place_id(32), NAME("... the device"));
    is(APR_ARRAY_IDX(act.unknown, 1, const char *), place_id(99), NAME("... and nobody"));
    act.ids = ids + 2;
    act.count = 1;
    is_int((int)act_on(&here, 1, add_work, act).changed, 0, NAME("the device alone"));
    act.types = NULL;
    is_int((int)act_on(&here, 1, add_work, act).changed, 1, NAME("of any type"));
    place_remove(&here, "Group", place_id(30), 1);
}

/* 1 and 2 are in 4, which is in 5, which is in 4 again. */
static void test_nested_groups(void)
{
    int i;

    for (i = 4; i < 8; i++) {
        make(&here, "Group", i, NULL);
    }
    add(&here, 1, 11);
    add(&here, 4, 1);
    add(&here, 5, 4);
    add(&here, 4, 5);
    add(&here, 6, 5);
    is(groups_of(&here, 11), "G1Team G4* G5* G6*", NAME("through other groups"));
    is(groups_of(&here, 4), "G5 G6*", NAME("a circle ends, and leaves itself out"));
    add(&here, 6, 11);
    is(groups_of(&here, 11), "G1Team G4* G5* G6", NAME("direct membership wins"));
    drop(&here, 5, 4);
    is(groups_of(&here, 11), "G1Team G4* G6", NAME("less when a link is missing"));
    is(groups_of(&here, 99), "", NAME("nobody is nowhere"));
}

static void test_all_at_once(void)
{
    const char *ids[300];
    act_t act = {.group = place_id(7), .ids = ids, .count = 300};
    int i, good = 1;

    for (i = 0; i < 300; i++) {
        scim_record_t *record = place_record("User", 1000 + i);

        record->display = NULL;
        ids[i] = record->id;
        good &= place_insert(&here, record) == SCIM_STORED;
    }
    ok(good, "%s: many people", kind);
    act.unknown = apr_array_make(pool, 4, sizeof(const char *));
    is_int((int)act_on(&here, 1, add_work, act).changed, 300, NAME("many members"));
    is_int(act.unknown->nelts, 0, NAME("... all known"));
    is_int((int)act_on(&here, 1, add_work, act).changed, 0, NAME("... once"));
    is_int(act.unknown->nelts, 0, NAME("... all known"));
    ids[199] = ids[0];
    ids[100] = "none";
    is_int((int)act_on(&here, 1, add_work, act).changed, 0, NAME("one twice and one unknown"));
    is_int(act.unknown->nelts, 1, NAME("... which is said"));
    is_int((int)strlen(members_after(&here, 7, NULL, 1000)), 300 * 6 - 1, NAME("a long list"));
    is_int((int)strlen(members_after(&here, 7, place_id(1009), 1000)), 290 * 6 - 1,
           NAME("... from the middle"));
    act.count = 150;
    is_int((int)act_on(&here, 1, remove_work, act).changed, 149, NAME("many leave"));
    act.ids = NULL;
    is_int((int)act_on(&here, 1, remove_work, act).changed, 151, NAME("and then all"));
    is(members_of(&here, 7), "", NAME("nobody is left"));
    is(groups_of(&here, 11), "G1Team G4* G6", NAME("in other groups nothing has changed"));
}

static scim_error_t *fail_after(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    const char *id = place_id(12);
    apr_int64_t changed;
    scim_outcome_t outcome;

    (void)baton;
    SCIM_TRY(here.provider->add_members(session, place_id(1), &id, 1, NULL, &changed, NULL,
                                        work_pool));
    id = place_id(11);
    SCIM_TRY(here.provider->remove_members(session, place_id(1), &id, 1, &changed, work_pool));
    SCIM_TRY(here.provider->remove(session, "Group", place_id(6), 1, &outcome, work_pool));
    return apr_pmemdup(work_pool, &(scim_error_t){418, NULL, "as it were", NULL},
                       sizeof(scim_error_t));
}

static void test_undone(void)
{
    const char *before = groups_of(&here, 11);

    is_error(here.provider->transact(here.directory, 1, fail_after, NULL, pool), 418, NULL,
             "as it were", NAME("a unit that fails"));
    is(members_of(&here, 1), "U11Ada", NAME("... has not changed members"));
    is(groups_of(&here, 11), before, NAME("... nor removed a group of theirs"));
}

static void test_readers(void)
{
    const char *id = place_id(11);
    act_t act = {.place = &here, .group = place_id(1), .ids = &id, .count = 1};

    is_error(here.provider->transact(here.directory, 0, add_work, &act, pool), 500, NULL, NULL,
             NAME("a unit that was to read must not add"));
    is_error(here.provider->transact(here.directory, 0, remove_work, &act, pool), 500, NULL,
             NULL, NAME("... or remove"));
}

/* ---- cost ------------------------------------------------------------------------ */

typedef struct cost_t {
    int group;
    int member;
    apr_uint32_t statements;
    apr_int64_t rows;
} cost_t;

static apr_int64_t rows_changed(scim_session_t *session, apr_pool_t *work_pool)
{
    const char *rows;

    if (session->connection->file == NULL) {
        return 0; /* servers do not tell */
    }
    return scim_connection_ask(&rows, session->connection, "SELECT total_changes()", 0,
                               work_pool)
               ? -1
               : apr_atoi64(rows);
}

/* What the service does for one more member: add it and touch the group. */
static scim_error_t *add_one(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    cost_t *cost = baton;
    const char *id = place_id(cost->member);
    apr_uint32_t before = session->connection->count;
    apr_int64_t rows = rows_changed(session, work_pool), changed, version;
    scim_outcome_t outcome;

    SCIM_TRY(here.provider->add_members(session, place_id(cost->group), &id, 1, NULL, &changed,
                                        NULL, work_pool));
    SCIM_TRY(here.provider->touch(session, "Group", place_id(cost->group), 5, &version,
                                  &outcome, work_pool));
    cost->statements = session->connection->count - before;
    cost->rows = rows_changed(session, work_pool) - rows;
    return NULL;
}

static void test_cost(void)
{
    const char *ids[200];
    act_t act = {.group = place_id(7), .ids = ids, .count = 200};
    cost_t small = {.group = 2, .member = 12}, large = {.group = 7, .member = 12};
    int i;

    for (i = 0; i < 200; i++) {
        ids[i] = place_id(1000 + i);
    }
    act_on(&here, 1, add_work, act);
    here.provider->transact(here.directory, 1, add_one, &small, pool);
    here.provider->transact(here.directory, 1, add_one, &large, pool);
    is_int((int)small.statements, 3, NAME("a member more takes three statements"));
    is_int((int)large.statements, 3, NAME("... in a large group too"));
    if (strcmp(place_driver(), "sqlite3") == 0) {
        is_int((int)small.rows, 2, NAME("... which change two rows"));
        is_int((int)large.rows, 2, NAME("... in a large group too"));
    }
}

static void test_provider(void)
{
    test_pairs();
    test_strangers();
    test_ends();
    test_nested_groups();
    test_types();
    test_all_at_once();
    test_undone();
    test_readers();
}

int main(void)
{
    return test_memberships(test_provider, test_cost, "members.db");
}
