/*
 * memberships.h - what the unit tests of members and of groups have in common: two directories
 * of a provider, and operations on them.
 */
#ifndef TEST_MEMBERSHIPS_H
#define TEST_MEMBERSHIPS_H

#include "directories.h"

#include "core/buffer.h"

static apr_pool_t *pool;

/* Two directories of one database, and the name of the provider. */
static place_t here, there;
static const char *kind;

#define NAME(text) apr_psprintf(pool, "%s: %s", kind, text)

typedef struct act_t {
    const place_t *place;
    const char *group;
    const char *const *ids;
    int count;
    const char *const *types;
    apr_int64_t changed;
    apr_array_header_t *unknown;
    const char *after;
    apr_int64_t limit;
    const char *seen; /* one word for each member or group; those of people with | between */
    scim_buffer_t *out;
    const apr_int64_t *numbers;
    int person; /* whose groups were seen last */
    int yes;
} act_t;

static inline scim_error_t *add_work(scim_session_t *session, void *baton,
                                     apr_pool_t *work_pool)
{
    act_t *act = baton;

    return act->place->provider->add_members(session, act->group, act->ids, act->count,
                                             act->types, &act->changed, act->unknown,
                                             work_pool);
}

/* The number of an id, as place_id() makes it. */
static inline int number_of(const char *id)
{
    return (int)strtol(id, NULL, 16);
}

static inline scim_error_t *see(void *baton, const scim_member_t *member, apr_pool_t *scratch)
{
    act_t *act = baton;

    (void)scratch;
    for (; act->person < member->person; act->person++) {
        scim_buffer_puts(act->out, "|");
    }
    scim_buffer_printf(act->out, " %c%d%s%s", member->type[0], number_of(member->id),
                       member->display ? member->display : "", member->indirect ? "*" : "");
    return NULL;
}

static inline void begin_to_see(act_t *act)
{
    act->out = scim_buffer_create(pool);
    act->person = 0;
}

static inline void end_seeing(act_t *act)
{
    const char *text = scim_buffer_text(act->out, pool);

    act->seen = *text == ' ' ? text + 1 : text;
}

static inline scim_error_t *groups_work(scim_session_t *session, void *baton,
                                        apr_pool_t *work_pool)
{
    act_t *act = baton;

    begin_to_see(act);
    SCIM_TRY(act->place->provider->groups_of(session, act->numbers, act->count, see, act,
                                             work_pool));
    end_seeing(act);
    return NULL;
}

static inline act_t act_on(const place_t *place, int writes, scim_work_fn work, act_t act)
{
    scim_error_t *error;

    act.place = place;
    error = place->provider->transact(place->directory, writes, work, &act, pool);
    if (error) {
        ok(0, "%s: %s", kind, error->cause ? error->cause : error->detail);
        act.changed = -1;
        act.seen = "failed";
    }
    return act;
}

/* How many were added to the group. */
static inline int add(const place_t *place, int group, int member)
{
    const char *id = place_id(member);
    act_t act = {.group = place_id(group), .ids = &id, .count = 1};

    return (int)act_on(place, 1, add_work, act).changed;
}

/* What the provider calls it, if it is in a group. */
static inline apr_int64_t called(const place_t *place, int member)
{
    const scim_record_t *record = place_get(place, "User", place_id(member));

    record = record ? record : place_get(place, "Group", place_id(member));
    return record ? record->grouped : 0;
}

static inline const char *groups_of_all(const place_t *place, const apr_int64_t *numbers,
                                        int count)
{
    act_t act = {.numbers = numbers, .count = count};

    return act_on(place, 0, groups_work, act).seen;
}

static inline const char *groups_of(const place_t *place, int member)
{
    apr_int64_t number = called(place, member);

    return groups_of_all(place, &number, 1);
}

static inline void make(const place_t *place, const char *type, int n, const char *display)
{
    scim_record_t *record = place_record(type, n);

    record->display = display;
    is_int(place_insert(place, record), SCIM_STORED,
           apr_psprintf(pool, "%s: %s %d", kind, type, n));
}

/* Runs the first tests in memory, and those and the second in the database of that file. */
static inline int test_memberships(void (*of_all)(void), void (*of_sql)(void), const char *file)
{
    const scim_source_t *source;

    pool = tap_start();
    kind = "memory";
    here = place_memory("here", pool);
    there = place_memory("there", pool);
    of_all();

    kind = place_driver();
    source = place_source(place_file(file), pool);
    here = place_on(source, "here", pool);
    there = place_on(source, "there", pool);
    of_all();
    of_sql();
    is_int(place_reports, 0, NAME("nothing to report"));
    return tap_done();
}

#endif
