/* The groups of many people, which are read together. */
#include "memberships.h"

#include "directory/dbd/records.h"

/* Together the first 128 are in more groups than a statement reads memberships. */
#define PEOPLE 260
#define GROUPS 150

/* What the memory provider says of each of them, one at a time. */
static const char *model[PEOPLE];

/* The people from 1000 on, and the groups from 100 on: everybody is in all those groups whose
   turn it is, and those are in one another. */
static void make_crowd(void)
{
    const char **ids = apr_palloc(pool, sizeof(*ids) * PEOPLE);
    int i, group, good = 1;

    for (i = 0; i < PEOPLE; i++) {
        good &= place_insert(&here, place_record("User", 1000 + i)) == SCIM_STORED;
    }
    for (group = 0; group < GROUPS; group++) {
        act_t act = {.group = place_id(100 + group), .ids = ids};

        make(&here, "Group", 100 + group, NULL);
        for (i = 0; i < PEOPLE; i++) {
            if (i % 7 && (i + group) % (i % 7)) {
                ids[act.count++] = place_id(1000 + i);
            }
        }
        good &= act_on(&here, 1, add_work, act).changed == act.count;
    }
    for (group = 0; group < GROUPS; group++) {
        add(&here, 100 + group * 5 % GROUPS, 100 + group);
        add(&here, 100 + group * 3 % GROUPS, 100 + group);
    }
    ok(good, "%s: a crowd in groups", kind);
}

/* What is seen when all of them are asked about: nothing behind the last who is in a group. */
static const char *joined(const char *const *alone, int count)
{
    apr_array_header_t *all = apr_array_make(pool, count, sizeof(const char *));
    int i;

    while (count > 0 && *alone[count - 1] == '\0') {
        count--;
    }
    for (i = 0; i < count; i++) {
        APR_ARRAY_PUSH(all, const char *) =
            apr_pstrcat(pool, i ? "|" : "", i && *alone[i] ? " " : "", alone[i], NULL);
    }
    return apr_array_pstrcat(pool, all, 0);
}

static void test_groups_of_many(void)
{
    static const int some[] = {1, 2, 15, 16, 17, 127, 128, 129, PEOPLE};
    const char *alone[PEOPLE];
    apr_int64_t numbers[PEOPLE];
    int i, bad = 0, lonely = 0;

    make_crowd();
    for (i = 0; i < PEOPLE; i++) {
        numbers[i] = called(&here, 1000 + i);
        alone[i] = groups_of(&here, 1000 + i);
        lonely += *alone[i] == '\0';
        model[i] = model[i] ? model[i] : alone[i];
        bad += strcmp(alone[i], model[i]) != 0;
    }
    is_int(bad, 0, NAME("the groups of each"));
    ok(lonely > 10 && lonely < PEOPLE / 2, "%s: %d people are in no group", kind, lonely);
    ok(strchr(alone[PEOPLE - 2], '*') && strlen(alone[PEOPLE - 2]) > GROUPS,
       "%s: others are in many", kind);
    for (i = 0; i < 9; i++) {
        int first = PEOPLE - some[i];

        is(groups_of_all(&here, numbers + first, some[i]), joined(alone + first, some[i]),
           apr_psprintf(pool, "%s: the groups of %d are those of each", kind, some[i]));
    }
    is(groups_of_all(&here, numbers, 0), "", NAME("nobody asked about"));
    is(groups_of_all(&there, numbers, 0), "", NAME("nor elsewhere"));
}

/* It is not the first in its unit: that a transaction begins may count as a statement. */
static scim_error_t *count_work(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    act_t *act = baton;
    apr_uint32_t before;

    SCIM_TRY(groups_work(session, act, work_pool));
    before = session->connection->count;
    SCIM_TRY(groups_work(session, act, work_pool));
    act->limit = session->connection->count - before;
    return NULL;
}

static void test_statements_of_many(void)
{
    apr_int64_t numbers[128];
    act_t act = {.numbers = numbers, .count = 100};
    int i;

    for (i = 0; i < 128; i++) {
        numbers[i] = called(&here, 1000 + i);
    }
    is_int(act_on(&here, 0, count_work, act).limit, 1, NAME("a page takes one statement"));
    act.count = 128;
    is_int(act_on(&here, 0, count_work, act).limit, 5,
           NAME("... and those who are in too many are read in smaller parts"));
}

int main(void)
{
    return test_memberships(test_groups_of_many, test_statements_of_many, "groups_of.db");
}
