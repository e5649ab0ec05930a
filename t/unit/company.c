/* Units of work of several threads that share a transaction, and what each of them gets. */
#include "databases.h"

#include <apr_atomic.h>
#include <apr_thread_proc.h>

#include "core/error.h"
#include "directory/dbd/company.h"

#define MEMBERS 5

static apr_pool_t *pool;
static queue_t *queue;

/* What a unit does, in this order, and what becomes of it. */
typedef struct task_t {
    const char *name;      /* of the row that it inserts */
    const char *statement; /* runs it, too */
    const char *refusal;   /* ends with this error */
    int waits_for;         /* until so many others wait */
    scim_unit_t unit;
    apr_pool_t *pool;
    apr_thread_t *thread;
    volatile apr_uint32_t runs;
    volatile apr_uint32_t ended;
    scim_error_t *error;
} task_t;

static scim_error_t *ready(scim_connection_t *c, void *baton, apr_pool_t *scratch)
{
    (void)c, (void)baton, (void)scratch;
    return NULL;
}

static scim_error_t *work(scim_connection_t *c, void *baton, apr_pool_t *scratch)
{
    task_t *task = baton;

    apr_atomic_inc32(&task->runs);
    while (task->runs == 1 && scim_company_waiting(task->unit.company) < task->waits_for) {
        apr_thread_yield();
    }
    SCIM_TRY(scim_connection_change(NULL, c, "INSERT INTO names (name) VALUES (%s)",
                                    &task->name, 1, scratch));
    if (task->statement) {
        SCIM_TRY(scim_connection_change(NULL, c, task->statement, NULL, 0, scratch));
    }
    return task->refusal ? scim_error_create(scratch, 412, NULL, "%s", task->refusal) : NULL;
}

static void *APR_THREAD_FUNC perform(apr_thread_t *thread, void *baton)
{
    task_t *task = baton;

    (void)thread;
    task->error = scim_connection_run(&task->unit, task->pool);
    apr_atomic_set32(&task->ended, 1);
    return NULL;
}

static void start(task_t *task)
{
    apr_pool_create(&task->pool, NULL);
    task->unit.baton = task;
    apr_thread_create(&task->thread, NULL, perform, task, pool);
}

static void end(task_t *task)
{
    apr_status_t status;

    apr_thread_join(&status, task->thread);
}

/* A file with the tables that the units write to, and a company that is closed. */
static scim_unit_t make_unit(const char *file)
{
    scim_unit_t unit = {.source = queue_source(&queue, file, pool),
                        .writes = 1,
                        .known = scim_known_open(pool),
                        .ready = ready,
                        .work = work};

    raw_ask_on(file, "PRAGMA journal_mode=WAL");
    raw_run_on(file, "CREATE TABLE names (name TEXT PRIMARY KEY)");
    raw_run_on(file, "CREATE TABLE debts (name TEXT REFERENCES names (name) "
                     "DEFERRABLE INITIALLY DEFERRED)");
    scim_company_create(&unit.company, pool);
    return unit;
}

/* With one that is open. */
static scim_unit_t make_open(const char *file)
{
    scim_unit_t unit = make_unit(file);

    scim_company_open(unit.company);
    return unit;
}

/* The leader, who holds the others up until all wait, and the others one after the other. */
static void run_all(task_t *leader, task_t *members, int count, scim_unit_t unit)
{
    int i;

    leader->waits_for = count;
    leader->unit = unit;
    start(leader);
    while (apr_atomic_read32(&leader->runs) == 0) {
        apr_thread_yield();
    }
    for (i = 0; i < count; i++) {
        members[i].unit = unit;
        start(&members[i]);
        while (scim_company_waiting(unit.company) <= i
               && !apr_atomic_read32(&members[i].ended)) {
            apr_thread_yield();
        }
    }
    end(leader);
    for (i = 0; i < count; i++) {
        end(&members[i]);
    }
}

static const char *names_in(const char *file)
{
    return raw_ask_on(file, "SELECT group_concat(name, ' ') FROM (SELECT name FROM names "
                            "ORDER BY rowid)");
}

static int failures_of(const task_t *tasks, int count)
{
    int i, failures = 0;

    for (i = 0; i < count; i++) {
        failures += tasks[i].error != NULL;
    }
    return failures;
}

/* ---- the tests -------------------------------------------------------------------- */

static void test_opened(void)
{
    const char *file = place_file("opened.db");
    task_t task = {.name = "first", .unit = make_unit(file)};

    ok(!scim_company_is_open(task.unit.company), "everybody goes alone at first");
    start(&task);
    end(&task);
    ok(task.error == NULL && scim_company_is_open(task.unit.company),
       "... until there is found to be one writer");
}

static void test_together(void)
{
    const char *file = place_file("together.db");
    scim_unit_t unit = make_open(file);
    task_t leader = {.name = "L"};
    task_t members[MEMBERS] = {
        {.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}, {.name = "e"}};

    run_all(&leader, members, MEMBERS, unit);
    is_int(queue->taken, 1, "all who wait are written in the leader's transaction");
    ok(leader.error == NULL && failures_of(members, MEMBERS) == 0, "... with success");
    is(names_in(file), "L a b c d e", "... in the order in which they came");
}

static void test_refused(void)
{
    const char *file = place_file("refused.db");
    scim_unit_t unit = make_open(file);
    task_t leader = {.name = "L"};
    task_t members[MEMBERS] = {{.name = "a"},
                               {.name = "b", .refusal = "not b"},
                               {.name = "c"},
                               {.name = "d", .refusal = "not d"},
                               {.name = "e"}};

    run_all(&leader, members, MEMBERS, unit);
    is_int(queue->taken, 1, "two of them end with an error of their own");
    is(names_in(file), "L a c e", "... and leave nothing behind, but the others do");
    ok(!leader.error && failures_of(members, MEMBERS) == 2, "... who know nothing of it");
    is_error(members[1].error, 412, NULL, "not b", "... each gets its own error");
    is_error(members[3].error, 412, NULL, "not d", "... the other one, too");
}

static void test_leader_refused(void)
{
    const char *file = place_file("leader.db");
    scim_unit_t unit = make_open(file);
    task_t leader = {.name = "L", .refusal = "not L"};
    task_t members[MEMBERS] = {
        {.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}, {.name = "e"}};

    run_all(&leader, members, MEMBERS, unit);
    is_error(leader.error, 412, NULL, "not L", "a leader that is refused");
    is_int(failures_of(members, MEMBERS), 0, "... leaves the others to the next one");
    is(names_in(file), "a b c d e", "... without a trace");
}

static void test_broken_statement(void)
{
    const char *file = place_file("broken.db");
    scim_unit_t unit = make_open(file);
    task_t leader = {.name = "L"};
    task_t members[MEMBERS] = {
        {.name = "a"},
        {.name = "b", .statement = "INSERT INTO names (name) VALUES ('L')"},
        {.name = "c"},
        {.name = "d"},
        {.name = "e"}};

    run_all(&leader, members, MEMBERS, unit);
    ok(leader.error == NULL && failures_of(members, MEMBERS) == 1,
       "a statement that fails in the database is the failure of one unit");
    is_down(members[1].error, "UNIQUE", "... with its reason");
    ok(leader.runs == 2 && members[0].runs == 2, "... the others have run again");
    is(raw_ask_on(file,
                  "SELECT group_concat(name, ' ') FROM (SELECT name FROM names ORDER BY name)"),
       "L a c d e", "... and are stored once");
}

/* What the leader has waited before is not held against it. */
static void test_late_leader(void)
{
    const char *file = place_file("late.db");
    scim_unit_t unit = make_open(file);
    task_t leader = {.name = "L"};
    task_t members[] = {{.name = "a", .statement = "INSERT INTO names (name) VALUES ('L')"}};

    queue->slow = apr_time_from_msec(4100);
    run_all(&leader, members, 1, unit);
    ok(leader.error == NULL && leader.runs == 2,
       "a leader that has waited for long runs again when another's statement fails");
}

/* It is found out in the commit that a row is missing. */
static void test_failed_commit(void)
{
    const char *file = place_file("commit.db");
    scim_unit_t unit = make_open(file);
    task_t leader = {.name = "L"};
    task_t members[MEMBERS] = {
        {.name = "a"},
        {.name = "b", .statement = "INSERT INTO debts (name) VALUES ('nobody')"},
        {.name = "c", .refusal = "there is an a"},
        {.name = "d"},
        {.name = "e"}};
    int i;

    run_all(&leader, members, MEMBERS, unit);
    is_int(queue->taken, 1, "a commit that fails");
    is_down(leader.error, "FOREIGN KEY", "... fails for the leader");
    for (i = 0; i < MEMBERS; i++) {
        is_down(members[i].error, "FOREIGN KEY",
                apr_pstrcat(pool, "... and for ", members[i].name, NULL));
    }
    is(names_in(file), "NULL", "... and nothing is stored");
    ok(leader.runs == 1 && members[0].runs == 1, "... nor tried again");
}

int main(void)
{
    pool = tap_start();
    test_opened();
    test_together();
    test_refused();
    test_leader_refused();
    test_broken_statement();
    test_late_leader();
    test_failed_commit();
    return tap_done();
}
