/* The SQL provider: its tables, statements that break, several processes and threads at once.
 */
#include "databases.h"

#include <apr_thread_proc.h>

#include "directory/dbd/tables.h"

static apr_pool_t *pool;

/* ---- tables ----------------------------------------------------------------------- */

/* 1 when the statement, up to its end, is in what the database says of itself. */
static int is_known(const char *statement, const char *schema)
{
    const char *end = strstr(statement, ";\n\n");

    return end
           && strstr(schema, apr_pstrmemdup(pool, statement, (apr_size_t)(end - statement)));
}

static void test_tables(void)
{
    const char *file = place_file("tables.db"), *schema, *at;
    place_t place = place_sqlite(file, "one", pool);
    int all = 1, count = 0;

    ok(read_error(&place, place_id(1)) == NULL, "a read makes the tables");
    schema = raw_ask_on(file, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL");
    is(scim_sql_scripts[0].name, "sqlite.sql", "the script is in the module");
    for (at = scim_sql_scripts[0].data; (at = strstr(at, "\nCREATE ")); at++, count++) {
        all &= is_known(at + 1, schema);
    }
    ok(all && count >= 15, "the tables are those of the script");
    is_int(atoi(raw_ask_on(file, "SELECT COUNT(*) FROM sqlite_master WHERE sql IS NOT NULL")),
           count, "... and no others");
    is(raw_ask_on(file, "SELECT value FROM scim_meta WHERE name = 'schema'"), "2", "version 2");
    is(raw_ask_on(file, "SELECT name FROM scim_directories"), "one", "one directory");
    is(raw_ask_on(file, "PRAGMA journal_mode"), "wal", "WAL mode");
    is(raw_ask_on(file, "PRAGMA integrity_check"), "ok", "sound");
}

static void test_by_hand(void)
{
    const char *file = place_file("by-hand.db");
    raw_t raw = raw_open(file);
    place_t place;

    is_int(raw_run(&raw, apr_pstrmemdup(pool, scim_sql_scripts[0].data,
                                        strrchr(scim_sql_scripts[0].data, ';')
                                            - scim_sql_scripts[0].data)),
           0, "the script, run by hand");
    raw_close(&raw);
    place = place_sqlite(file, "one", pool);
    is_int(place_insert(&place, place_record("User", 1)), SCIM_STORED, "... is all it takes");
}

static void test_versions(void)
{
    const char *file = place_file("versions.db");
    place_t place = place_sqlite(file, "one", pool), later;

    is_int(place_insert(&place, place_record("User", 1)), SCIM_STORED, "a database");
    raw_run_on(file, "UPDATE scim_meta SET value = 3");
    later = place_sqlite(file, "one", pool);
    is_down(read_error(&later, place_id(1)), "version 3", "a newer one is not touched");
    is_error(write_error(&later, place_record("User", 2)), 503, NULL, "newer",
             "... and the client learns why");
    raw_run_on(file, "UPDATE scim_meta SET value = 0");
    is_down(read_error(&later, place_id(1)), "no version", "one without a version neither");
    raw_run_on(file, "UPDATE scim_meta SET value = 2");
    ok(place_get(&later, "User", place_id(1)) != NULL, "once it is right, all is well");
}

static void test_settings(void)
{
    place_t place;
    scim_source_t *source = place_source(place_file("settings.db"), pool);
    scim_lease_t lease = {0};
    raw_t raw;

    place = place_on(source, "one", pool);
    ok(read_error(&place, place_id(1)) == NULL, "a connection");
    ok(source->open(&lease, source->baton, pool) == NULL, "... the same");
    raw.driver = lease.driver;
    raw.handle = *lease.handle;
    is(raw_ask(&raw, "PRAGMA foreign_keys"), "1", "foreign keys are on");
    is(raw_ask(&raw, "PRAGMA synchronous"), "2", "commits reach the disk");
    is(raw_ask(&raw, "PRAGMA busy_timeout"), "0", "nobody waits inside of SQLite");
    source->close(&lease, source->baton);
}

static void test_no_database(void)
{
    place_t place = place_sqlite(place_file("none/x.db"), "one", pool);
    scim_source_t *source = NULL;

    is_down(read_error(&place, place_id(1)), "unable to open", "no such folder");
    place = place_sqlite(":memory:", "one", pool);
    is_down(read_error(&place, place_id(1)), "in memory", "a database in memory is refused");
    scim_plain_open(&source, "mystery", "x", NULL, NULL, pool);
    place = place_on(source, "one", pool);
    is_down(read_error(&place, place_id(1)), "no such driver", "no such driver");
}

/* ---- statements that break ----------------------------------------------------------- */

typedef struct counted_t {
    const place_t *place;
    int runs;
    int n;
} counted_t;

static scim_error_t *count_and_insert(scim_session_t *session, void *baton,
                                      apr_pool_t *work_pool)
{
    counted_t *counted = baton;
    scim_outcome_t outcome;

    counted->runs++;
    return counted->place->provider->insert(session, place_record("User", counted->n), &outcome,
                                            work_pool);
}

static void test_stale_statements(int shared)
{
    const char *file = place_file(shared ? "stale-shared.db" : "stale.db");
    scim_source_t *source = place_source(file, pool);
    place_t place = place_on(source, "one", pool);
    counted_t counted = {&place, 0, 2};
    scim_lease_t lease = {0};
    const char *name =
        shared ? "statements break, others use the connection" : "statements break";

    is_int(place_insert(&place, place_record("User", 1)), SCIM_STORED, "a connection in use");
    source->open(&lease, source->baton, pool);
    if (shared) {
        apr_hash_set(lease.cache, "other:statement", APR_HASH_KEY_STRING, "");
    }
    source->close(&lease, source->baton);
    raw_run_on(file, "CREATE TABLE another (x INTEGER)");
    is_fine(place.provider->transact(place.directory, 1, count_and_insert, &counted, pool),
            name);
    is_int(counted.runs, 1, "... and are prepared again in passing");
    ok(place_get(&place, "User", place_id(2)) != NULL, "... and kept");
    raw_run_on(file, "ANALYZE");
    ok(place_get(&place, "User", place_id(2)) != NULL, "so do those of a read");
    raw_run_on(file, "DROP TABLE scim_resources");
    is_down(read_error(&place, place_id(2)), "no such table", "a table is missing");
    is_int(place_reports, shared, "the administrator is told when we cannot help ourselves");
    is_int(place_write(&place, deed_insert, &(deed_t){.record = place_record("User", 3)}), 503,
           "... it still is");
    is_int(place_reports, shared, "... but told once");
}

static scim_error_t *fail_inside(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    counted_t *counted = baton;
    scim_outcome_t outcome;

    counted->runs++;
    SCIM_TRY(counted->place->provider->insert(session, place_record("User", 5), &outcome,
                                              work_pool));
    /* Work that takes no notice of an error must not be able to commit. */
    (void)scim_connection_execute(session->connection, "SELECT nonsense", work_pool);
    (void)counted->place->provider->insert(session, place_record("User", 6), &outcome,
                                           work_pool);
    return NULL;
}

static void test_ignored_errors(void)
{
    place_t place = place_sqlite(place_file("ignored.db"), "one", pool);
    counted_t counted = {&place, 0, 0};

    is_down(place.provider->transact(place.directory, 1, fail_inside, &counted, pool), "failed",
            "an error that work does not hand on");
    is_int(counted.runs, 2, "... it was tried twice");
    ok(place_get(&place, "User", place_id(5)) == NULL, "what went before is not kept");
    ok(place_get(&place, "User", place_id(6)) == NULL, "nor what came after");
}

static scim_error_t *commit_early(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    counted_t *counted = baton;
    scim_outcome_t outcome;

    counted->runs++;
    SCIM_TRY(counted->place->provider->insert(session, place_record("User", 7), &outcome,
                                              work_pool));
    return scim_connection_execute(session->connection, "COMMIT", work_pool);
}

static void test_failing_commit(void)
{
    place_t place = place_sqlite(place_file("commit.db"), "one", pool);
    counted_t counted = {&place, 0, 0};

    is_down(place.provider->transact(place.directory, 1, commit_early, &counted, pool),
            "at: COMMIT", "a commit that fails");
    is_int(counted.runs, 1, "... is not tried again");
    is_int(place_insert(&place, place_record("User", 8)), SCIM_STORED, "... and life goes on");
}

/* ---- several processes ---------------------------------------------------------------- */

#define WRITERS 2
#define WRITES 100

typedef struct writer_t {
    const char *file;
    int number;
    int queue; /* on a lock */
    int count;
    int gate; /* a pipe's end: all begin when it is closed */
} writer_t;

static place_t writer_place(const writer_t *writer)
{
    return writer->queue ? place_on(queue_source(NULL, writer->file, tap_pool), "one", tap_pool)
                         : place_sqlite(writer->file, "one", tap_pool);
}

static void wait_for(int gate)
{
    char byte;

    while (read(gate, &byte, 1) > 0) {
    }
}

/* One more in a version that all writers count up. */
static scim_error_t *count_up(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    const place_t *place = baton;
    scim_outcome_t outcome;
    scim_record_t *record;

    SCIM_TRY(place->provider->get(session, "User", place_id(1), &record, work_pool));
    record->version++;
    SCIM_TRY(
        place->provider->update(session, record, record->version - 1, &outcome, work_pool));
    return outcome == SCIM_STORED
               ? NULL
               : apr_pmemdup(work_pool, &(scim_error_t){500, NULL, "raced", NULL},
                             sizeof(scim_error_t));
}

/* Writes until everything is written; with a lock nothing has to be written twice. */
static int write_many(void *baton)
{
    const writer_t *writer = baton;
    place_t place = writer_place(writer);
    int i, patience = writer->queue ? 0 : 30;

    wait_for(writer->gate);
    for (i = 0; i < writer->count; i++) {
        scim_record_t *record = place_record("User", 1000 * (writer->number + 1) + i);
        scim_error_t *error;

        while (place_insert(&place, record) != SCIM_STORED) {
            if (patience-- == 0) {
                return 1;
            }
        }
        while ((error =
                    place.provider->transact(place.directory, 1, count_up, &place, tap_pool))) {
            if (error->status != 503 || patience-- == 0) {
                return 2;
            }
        }
    }
    return 0;
}

/* Starts writers that all begin at once; the number of them that succeeded. */
static int run_writers(const char *file, int writers, int queue, int count)
{
    pid_t pids[16];
    int gate[2], i, good = 0;
    writer_t writer = {file, 0, queue, count, 0};

    if (pipe(gate) != 0) {
        return -1;
    }
    for (i = 0; i < writers; i++) {
        writer.number = i;
        writer.gate = dup(gate[0]);
        fflush(stdout);
        pids[i] = fork();
        if (pids[i] == 0) {
            close(gate[1]);
            apr_pool_create(&tap_pool, NULL);
            _exit(write_many(&writer));
        }
        close(writer.gate);
    }
    close(gate[0]);
    close(gate[1]);
    for (i = 0; i < writers; i++) {
        good += end_child(pids[i]) == 0;
    }
    return good;
}

static void test_writers(int queue)
{
    const char *file = place_file(queue ? "queue.db" : "race.db");
    place_t place = place_sqlite(file, "one", pool);
    const scim_record_t *counter;

    place_insert(&place, place_record("User", 1));
    is_int(run_writers(file, WRITERS, queue, WRITES), WRITERS,
           queue ? "two processes write, queueing" : "two processes write, racing");
    is_int(atoi(raw_ask_on(file, "SELECT COUNT(*) FROM scim_resources")), 1 + WRITERS * WRITES,
           "... everything is there");
    counter = place_get(&place, "User", place_id(1));
    is_int(counter ? counter->version : 0, 1 + WRITERS * WRITES, "... no change was lost");
    is(raw_ask_on(file, "PRAGMA integrity_check"), "ok", "... and the database is sound");
}

static int create_one(void *baton)
{
    const writer_t *writer = baton;
    place_t place = writer_place(writer);

    wait_for(writer->gate);
    return place_insert(&place, place_record("User", 1 + writer->number)) != SCIM_STORED;
}

static void test_creation(int queue)
{
    const char *file = place_file(queue ? "create-queue.db" : "create-race.db");
    writer_t writer = {file, 0, queue, 0, 0};
    pid_t pids[8];
    int gate[2], i, good = 0;

    ok(pipe(gate) == 0, "eight processes meet an empty database%s", queue ? ", queueing" : "");
    for (i = 0; i < 8; i++) {
        writer.number = i;
        writer.gate = gate[0];
        fflush(stdout);
        pids[i] = fork();
        if (pids[i] == 0) {
            close(gate[1]);
            apr_pool_create(&tap_pool, NULL);
            _exit(create_one(&writer));
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (i = 0; i < 8; i++) {
        good += end_child(pids[i]) == 0;
    }
    is_int(good, 8, "... each can write");
    is(raw_ask_on(file, "SELECT COUNT(*) FROM scim_resources"), "8", "... all is there");
    is(raw_ask_on(file, "SELECT COUNT(*) FROM scim_directories"), "1", "... in one directory");
}

/* ---- killed processes ------------------------------------------------------------------- */

typedef struct victim_t {
    const char *file;
    int pipe[2];
    int inside; /* dies within the unit of work */
} victim_t;

static scim_error_t *insert_and_die(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    counted_t *counted = baton;
    scim_outcome_t outcome;

    SCIM_TRY(counted->place->provider->insert(session, place_record("User", 2), &outcome,
                                              work_pool));
    raise(SIGKILL);
    return NULL;
}

static int die(void *baton)
{
    const victim_t *victim = baton;
    place_t place = place_on(queue_source(NULL, victim->file, tap_pool), "one", tap_pool);
    counted_t counted = {&place, 0, 0};

    if (victim->inside) {
        place.provider->transact(place.directory, 1, insert_and_die, &counted, tap_pool);
    } else if (place_insert(&place, place_record("User", 3)) == SCIM_STORED) {
        raise(SIGKILL);
    }
    return 1;
}

static void test_killed(void)
{
    const char *file = place_file("killed.db");
    place_t place = place_on(queue_source(NULL, file, pool), "one", pool);
    victim_t victim = {.file = file, .inside = 1};

    place_insert(&place, place_record("User", 1));
    is_int(in_child(die, &victim), 128 + SIGKILL, "a process is killed within a unit of work");
    ok(place_get(&place, "User", place_id(2)) == NULL, "... nothing of it is kept");
    is_int(place_insert(&place, place_record("User", 2)), SCIM_STORED, "... nothing is locked");
    victim.inside = 0;
    is_int(in_child(die, &victim), 128 + SIGKILL, "a process is killed behind one");
    ok(place_get(&place, "User", place_id(3)) != NULL, "... it is kept");
}

/* ---- locks ---------------------------------------------------------------------------------
 */

static void test_locked(void)
{
    const char *file = place_file("locked.db");
    queue_t *queue = NULL;
    place_t place = place_on(queue_source(&queue, file, pool), "one", pool);
    raw_t raw;
    int taken;

    place_insert(&place, place_record("User", 1));
    taken = queue->taken;
    ok(place_get(&place, "User", place_id(1)) && queue->taken == taken, "reads do not queue");
    place_insert(&place, place_record("User", 2));
    is_int(queue->taken, taken + 1, "a write queues once");

    raw = raw_open(file);
    raw_run(&raw, "BEGIN IMMEDIATE");
    is_down(write_error(&place, place_record("User", 3)), "lock", "somebody else has the lock");
    ok(place_get(&place, "User", place_id(1)) != NULL, "... reads do not mind");
    raw_run(&raw, "ROLLBACK");
    raw_close(&raw);
    is_int(place_insert(&place, place_record("User", 3)), SCIM_STORED, "... and it is over");

    queue->broken = 1;
    is_error(write_error(&place, place_record("User", 4)), 503, NULL, "no lock",
             "the queue is broken");
    queue->broken = 0;
    is_int(place_insert(&place, place_record("User", 4)), SCIM_STORED, "... and mended");
}

#define THREADS 4

static void *APR_THREAD_FUNC write_in_thread(apr_thread_t *thread, void *baton)
{
    const place_t *place = ((counted_t *)baton)->place;
    int i, good = 0;

    (void)thread;
    for (i = 0; i < 50; i++) {
        apr_pool_t *own;
        scim_record_t record = {0};
        deed_t deed = {.place = place, .record = &record};

        apr_pool_create(&own, NULL);
        record.type = "User";
        record.id = apr_psprintf(own, "%04d%04d-0000-7000-8000-0123456789ab",
                                 ((counted_t *)baton)->n, i);
        record.local_key = record.id;
        record.version = 1;
        record.document = "{}";
        record.document_length = 2;
        good += place->provider->transact(place->directory, 1, deed_insert, &deed, own) == NULL
                && deed.outcome == SCIM_STORED;
        good += place->provider->transact(
                    place->directory, 0, deed_get,
                    &(deed_t){.place = place, .type = "User", .id = record.id}, own)
                == NULL;
        apr_pool_destroy(own);
    }
    ((counted_t *)baton)->runs = good;
    return NULL;
}

static void test_threads(const place_t *place, const char *name)
{
    counted_t batons[THREADS];
    apr_thread_t *threads[THREADS];
    int i, good = 0;

    for (i = 0; i < THREADS; i++) {
        batons[i] = (counted_t){place, 0, i};
        apr_thread_create(&threads[i], NULL, write_in_thread, &batons[i], pool);
    }
    for (i = 0; i < THREADS; i++) {
        apr_status_t status;

        apr_thread_join(&status, threads[i]);
        good += batons[i].runs;
    }
    is_int(good, THREADS * 100, name);
}

int main(void)
{
    place_t sqlite, memory;

    pool = tap_start();
    test_tables();
    test_by_hand();
    test_versions();
    test_settings();
    test_no_database();
    test_stale_statements(0);
    test_stale_statements(1);
    test_ignored_errors();
    test_failing_commit();
    test_writers(1);
    test_writers(0);
    test_creation(1);
    test_creation(0);
    test_killed();
    test_locked();
    sqlite = place_sqlite(place_file("threads.db"), "one", pool);
    memory = place_memory("one", pool);
    test_threads(&sqlite, "threads write and read, in SQL");
    test_threads(&memory, "threads write and read, in memory");
    return tap_done();
}
