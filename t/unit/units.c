/* Units of work: parts of them, versions without a write, secrets. */
#include "databases.h"

static apr_pool_t *pool;
static place_t here, there;
static const char *kind;

#define NAME(text) apr_psprintf(pool, "%s: %s", kind, text)

/* ---- parts ---------------------------------------------------------------------- */

static scim_error_t *fail(apr_pool_t *error_pool, const char *detail)
{
    return apr_pmemdup(error_pool, &(scim_error_t){418, NULL, detail, NULL},
                       sizeof(scim_error_t));
}

/* A part that makes people, has a part of its own, and may fail. */
typedef struct plot_t {
    int user;                   /* to insert */
    int fails;                  /* afterwards */
    const struct plot_t *first; /* parts within, before that */
    const struct plot_t *second;
    int forgives; /* goes on when one of them fails */
} plot_t;

static scim_error_t *act(scim_session_t *session, void *baton, apr_pool_t *work_pool);

static scim_error_t *act_part(scim_session_t *session, const plot_t *plot, const plot_t *part,
                              apr_pool_t *work_pool)
{
    scim_error_t *error =
        part ? here.provider->nest(session, act, (void *)part, work_pool) : NULL;

    return plot->forgives ? NULL : error;
}

static scim_error_t *act(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    const plot_t *plot = baton;
    scim_outcome_t outcome;

    SCIM_TRY(act_part(session, plot, plot->first, work_pool));
    SCIM_TRY(
        here.provider->insert(session, place_record("User", plot->user), &outcome, work_pool));
    if (outcome != SCIM_STORED) {
        return fail(work_pool, "taken");
    }
    SCIM_TRY(act_part(session, plot, plot->second, work_pool));
    return plot->fails ? fail(work_pool, "as it were") : NULL;
}

/* Which of people 1 to 5 there are; they are removed. */
static const char *people(void)
{
    const char *found = "";
    int i;

    for (i = 1; i <= 5; i++) {
        if (place_get(&here, "User", place_id(i))) {
            found = apr_psprintf(pool, "%s%d", found, i);
            place_remove(&here, "User", place_id(i), 1);
        }
    }
    return found;
}

static scim_error_t *run(const plot_t *plot)
{
    return here.provider->transact(here.directory, 1, act, (void *)plot, pool);
}

static void test_parts(void)
{
    const plot_t good = {.user = 2}, bad = {.user = 3, .fails = 1};
    const plot_t mixed = {.user = 1, .first = &good, .second = &bad, .forgives = 1};
    const plot_t other = {.user = 1, .first = &bad, .second = &good, .forgives = 1};
    const plot_t strict = {.user = 1, .first = &good, .second = &bad};
    const plot_t late = {.user = 1, .first = &good, .fails = 1};
    const plot_t deep = {.user = 4, .first = &mixed, .second = &bad, .forgives = 1};
    const plot_t fails_around = {.user = 4, .first = &good, .fails = 1};
    const plot_t around = {.user = 5, .first = &fails_around, .forgives = 1};
    const plot_t again = {.user = 2, .fails = 1};
    const plot_t retry = {.user = 3, .first = &again, .second = &good, .forgives = 1};

    is_fine(run(&mixed), NAME("a part that fails"));
    is(people(), "12", NAME("... is undone alone"));
    is_fine(run(&other), NAME("in front of one that does not"));
    is(people(), "12", NAME("... the same"));
    is_error(run(&strict), 418, NULL, "as it were", NAME("its error comes back"));
    is(people(), "", NAME("... and ends the unit, if that lets it"));
    is_error(run(&late), 418, NULL, "as it were", NAME("a unit that fails after a good part"));
    is(people(), "", NAME("... keeps nothing of the part"));
    is_fine(run(&deep), NAME("parts of parts"));
    is(people(), "124", NAME("... are undone alone, too"));
    is_fine(run(&around), NAME("a part that fails around a good one"));
    is(people(), "5", NAME("... takes it along"));
    is_fine(run(&retry), NAME("a name from a part that was undone"));
    is(people(), "23", NAME("... is free again"));
}

/* What a part sees, and what is seen of it. */
static scim_error_t *look_inside(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    int *seen = baton;
    scim_record_t *record;
    scim_outcome_t outcome;

    SCIM_TRY(here.provider->get(session, "User", place_id(1), &record, work_pool));
    *seen = record != NULL;
    SCIM_TRY(here.provider->remove(session, "User", place_id(1), 1, &outcome, work_pool));
    SCIM_TRY(here.provider->get(session, "User", place_id(1), &record, work_pool));
    *seen += record == NULL;
    return fail(work_pool, "inside");
}

static scim_error_t *look(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    int *seen = baton;
    scim_record_t *record;
    scim_outcome_t outcome;
    const scim_error_t *error;

    SCIM_TRY(here.provider->insert(session, place_record("User", 1), &outcome, work_pool));
    error = here.provider->nest(session, look_inside, seen, work_pool);
    *seen += error && error->status == 418;
    SCIM_TRY(here.provider->get(session, "User", place_id(1), &record, work_pool));
    *seen += record != NULL;
    return NULL;
}

static void test_views(void)
{
    int seen = 0;

    is_fine(here.provider->transact(here.directory, 1, look, &seen, pool),
            NAME("a part sees what was before it"));
    is_int(seen, 4, NAME("... and is not seen when it failed"));
    is(people(), "1", NAME("... and what was before stays"));
}

static scim_error_t *read_inside(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    scim_record_t *record;

    (void)baton;
    return here.provider->get(session, "User", place_id(1), &record, work_pool);
}

static scim_error_t *read_in_part(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    return here.provider->nest(session, read_inside, baton, work_pool);
}

/* An error of the database, as SQL that is nonsense makes one. */
static scim_error_t *break_inside(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    (void)baton;
    return scim_connection_execute(session->connection, "NONSENSE", work_pool);
}

static scim_error_t *break_part(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    scim_outcome_t outcome;
    int *runs = baton;

    ++*runs;
    SCIM_TRY(here.provider->insert(session, place_record("User", 1), &outcome, work_pool));
    (void)here.provider->nest(session, break_inside, NULL, work_pool);
    return NULL;
}

static void test_broken_part(void)
{
    int runs = 0;
    const scim_error_t *error =
        here.provider->transact(here.directory, 1, break_part, &runs, pool);

    is_int(error ? error->status : 0, 503, NAME("when the database fails in a part"));
    is_int(runs, scim_sql_find(place_driver())->attempts,
           NAME("... the whole unit is tried again"));
    is(people(), "", NAME("... and nothing is kept"));
}

/* ---- what is read to be changed -------------------------------------------------- */

/* Reads, and changes what was read so often; `fails` afterwards. */
typedef struct series_t {
    apr_int64_t version; /* that there is */
    int changes;
    int stored;
    int fails;
} series_t;

static scim_error_t *change_often(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    series_t *series = baton;
    scim_record_t *record, *next = place_record("User", 1);
    scim_outcome_t outcome;
    int i;

    SCIM_TRY(here.provider->get(session, "User", next->id, &record, work_pool));
    for (i = 0; i < series->changes; i++) {
        apr_int64_t before = series->version + i;

        next->version = before + 1;
        next->external_id = next->display = apr_psprintf(work_pool, "%d", (int)before);
        next->local_key = before % 2 ? "odd" : "even";
        SCIM_TRY(here.provider->update(session, next, before, &outcome, work_pool));
        series->stored += outcome == SCIM_STORED;
    }
    return series->fails ? fail(work_pool, "too late") : NULL;
}

static scim_error_t *change_around(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    series_t *series = baton, inside = {.version = 1, .changes = 1, .fails = 1};
    scim_record_t *record, *next = place_record("User", 1);
    scim_outcome_t outcome;

    SCIM_TRY(here.provider->get(session, "User", next->id, &record, work_pool));
    here.provider->nest(session, change_often, &inside, work_pool);
    next->version = 2;
    next->local_key = "odd";
    SCIM_TRY(here.provider->update(session, next, 1, &outcome, work_pool));
    series->stored = inside.stored + (outcome == SCIM_STORED);
    return NULL;
}

static void test_changes(void)
{
    series_t series = {.version = 2, .changes = 3};

    is_int(place_insert(&here, place_record("User", 1)), SCIM_STORED, NAME("one to change"));
    is_fine(here.provider->transact(here.directory, 1, change_around, &series, pool),
            NAME("a change in a part that fails, and again"));
    is_int(series.stored, 2, NAME("... both see what is there"));
    is(place_get(&here, "User", place_id(1))->local_key, "odd", NAME("... and that is stored"));
    series.stored = 0;
    is_fine(here.provider->transact(here.directory, 1, change_often, &series, pool),
            NAME("several changes of what was read once"));
    is_int(series.stored, 3, NAME("... each sees the one before"));
    is(place_get(&here, "User", place_id(1))->local_key, "even",
       NAME("... the last one stays"));
    is(place_get(&here, "User", place_id(1))->external_id, "4", NAME("... in each column"));
    place_remove(&here, "User", place_id(1), 5);
}

/* ---- versions ------------------------------------------------------------------- */

typedef struct touch_t {
    const char *type;
    apr_int64_t version;
    scim_outcome_t outcome;
} touch_t;

static scim_error_t *touch(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    touch_t *touch = baton;

    return here.provider->touch(session, touch->type, place_id(31), 77, &touch->version,
                                &touch->outcome, work_pool);
}

static void test_touch(void)
{
    scim_record_t *record = place_record("Group", 31), *found;
    touch_t right = {.type = "Group"}, wrong = {.type = "User"};

    record->display = "Team";
    place_insert(&here, record);
    is_fine(here.provider->transact(here.directory, 1, touch, &right, pool), NAME("touch"));
    is_int(right.outcome, SCIM_STORED, NAME("... is done"));
    is_int((int)right.version, 2, NAME("... and tells the version"));
    found = place_get(&here, "Group", place_id(31));
    record->version = 2;
    record->modified = 77;
    ok(same_record(found, record) && same_text(found->display, "Team"),
       "%s: ... and changes nothing else", kind);
    is_fine(here.provider->transact(here.directory, 1, touch, &wrong, pool),
            NAME("of another type"));
    is_int(wrong.outcome, SCIM_ABSENT, NAME("... there is none"));
    is_error(here.provider->transact(here.directory, 0, touch, &right, pool), 500, NULL, NULL,
             NAME("not in a unit that was to read"));
}

/* ---- secrets -------------------------------------------------------------------- */

static scim_error_t *take_secret(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    return here.provider->secret(session, baton, work_pool);
}

static const char *secret_of(const place_t *place)
{
    unsigned char bytes[32] = {0};
    const char *text = "";
    int i;

    if (place->provider->transact(place->directory, 0, take_secret, bytes, pool)) {
        return "failed";
    }
    for (i = 0; i < 32; i++) {
        text = apr_psprintf(pool, "%s%02x", text, bytes[i]);
    }
    return text;
}

static void test_secrets(const place_t *same)
{
    const char *secret = secret_of(&here);

    is_int((int)strlen(secret), 64, NAME("a secret"));
    ok(strspn(secret, "0") < 8, "%s: ... that is something", kind);
    is(secret_of(&here), secret, NAME("... and stays"));
    is(secret_of(same), secret, NAME("... for all"));
    ok(strcmp(secret_of(&there), secret) != 0, "%s: another directory has another one", kind);
}

/* A byte of the secret of a database that nobody has opened before. */
static int secret_in_child(void *baton)
{
    unsigned char bytes[32] = {0};

    here = place_on(queue_source(NULL, baton, tap_pool), "new", tap_pool);
    if (here.provider->transact(here.directory, 0, take_secret, bytes, tap_pool)) {
        return getpid() & 0xff;
    }
    return bytes[0];
}

#define CHILDREN 6

/* However many processes make the directory at once, it has one secret. */
static void test_race(void)
{
    const char *file = place_file("race.db");
    pid_t children[CHILDREN];
    int round, i, same = 1;

    for (round = 0; round < 3; round++) {
        file = apr_pstrcat(pool, file, "x", NULL);
        place_params(file);
        for (i = 0; i < CHILDREN; i++) {
            children[i] = start_child(secret_in_child, (void *)file);
        }
        for (i = 0; i < CHILDREN; i++) {
            children[i] = end_child(children[i]);
            same &= children[i] == children[0];
        }
    }
    ok(same, "%s: one secret, whoever makes it", kind);
}

/* What one process has made is known to the others at once: that must not look like something
   that was there before and went. */
static int read_in_child(void *baton)
{
    unsigned char bytes[32] = {0};
    const place_t *place = baton;

    return place->provider->transact(place->directory, 0, take_secret, bytes, tap_pool) ? 1 : 0;
}

static void test_first_use(void)
{
    const char *file = place_file("first.db");
    pid_t children[CHILDREN];
    int round, i, failed = 0;

    for (round = 0; round < 12; round++) {
        place_t place;

        file = apr_pstrcat(pool, file, "x", NULL);
        place = place_on(queue_source(NULL, file, pool), "new", pool);
        for (i = 0; i < CHILDREN; i++) {
            children[i] = start_child(read_in_child, &place);
        }
        for (i = 0; i < CHILDREN; i++) {
            failed += end_child(children[i]) != 0;
        }
    }
    is_int(failed, 0, NAME("nobody finds a new directory lost"));
}

int main(void)
{
    const char *file;
    const scim_source_t *source;
    place_t same;

    pool = tap_start();
    kind = "memory";
    here = place_memory("here", pool);
    there = place_memory("there", pool);
    same = place_memory("here", pool);
    test_parts();
    test_views();
    test_changes();
    test_touch();
    test_secrets(&same);

    kind = place_driver();
    file = place_file("units.db");
    source = place_source(file, pool);
    here = place_on(source, "here", pool);
    there = place_on(source, "there", pool);
    test_parts();
    test_views();
    test_changes();
    is_fine(here.provider->transact(here.directory, 0, read_in_part, NULL, pool),
            NAME("a part that reads"));
    test_broken_part();
    test_touch();
    same = place_sqlite(file, "here", pool);
    test_secrets(&same);
    test_race();
    test_first_use();
    return tap_done();
}
