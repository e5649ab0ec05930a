/* The log of an SQLite file in one piece: what gets there, when, and what others see of it. */
#include "directories.h"
#include "directory/dbd/gather.h"

/* What the log's file sees. */
static struct {
    const sqlite3_io_methods *below;
    int writes, fails;
} seen;

/* ... and how many writes there had been when others were last told of frames. */
static struct {
    const sqlite3_io_methods *below;
    int writes;
} told;

static int count_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    seen.writes++;
    return seen.fails ? SQLITE_FULL : seen.below->xWrite(file, bytes, length, offset);
}

static void note_barrier(sqlite3_file *file)
{
    told.writes = seen.writes;
    told.below->xShmBarrier(file);
}

static void watch_log(sqlite3 *db)
{
    static sqlite3_io_methods methods;
    sqlite3_file *log;

    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    seen.below = log->pMethods;
    methods = *log->pMethods;
    methods.xWrite = count_write;
    log->pMethods = &methods;
}

static void watch_index(sqlite3 *db)
{
    static sqlite3_io_methods methods;
    sqlite3_file *file;

    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    told.below = file->pMethods;
    methods = *file->pMethods;
    methods.xShmBarrier = note_barrier;
    file->pMethods = &methods;
}

/* ---- databases -------------------------------------------------------------- */

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int take_text(void *baton, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(const char **)baton = apr_pstrdup(tap_pool, values[0]);
    return 0;
}

static const char *ask(sqlite3 *db, const char *sql)
{
    const char *text = NULL;

    return sqlite3_exec(db, sql, take_text, &text, NULL) == SQLITE_OK ? text : "failed";
}

static sqlite3 *open_file(const char *path)
{
    sqlite3 *db = NULL;

    sqlite3_open(path, &db);
    ask(db, "PRAGMA journal_mode=WAL");
    run(db, "PRAGMA wal_autocheckpoint=0");
    ask(db, "SELECT COUNT(*) FROM sqlite_master");
    return db;
}

/* A table with three indexes, so that a row has some pages. */
static sqlite3 *open_gathered(const char *path)
{
    sqlite3 *db = open_file(path);

    run(db, "CREATE TABLE rows (id INTEGER PRIMARY KEY, a, b, c);"
            "CREATE INDEX by_a ON rows (a); CREATE INDEX by_b ON rows (b);"
            "CREATE INDEX by_c ON rows (c)");
    watch_log(db);
    scim_gather_prepare(db);
    return db;
}

#define FILL(count)                                                                            \
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " #count ") "   \
    "INSERT INTO rows (a, b, c) SELECT hex(randomblob(200)), hex(randomblob(200)), i FROM n"

static int commit(sqlite3 *db)
{
    int code;

    scim_gather_begin(db);
    seen.writes = told.writes = 0;
    code = run(db, "COMMIT");
    scim_gather_end(db);
    return code;
}

/* What would be there if the power failed now. */
static sqlite3 *copy_of(const char *path)
{
    const char *copy = place_file("copy.db");

    if (system(apr_psprintf(tap_pool, "rm -f '%s'*; cp '%s' '%s'; cp '%s-wal' '%s-wal'", copy,
                            path, copy, path, copy))) {
        return NULL;
    }
    return open_file(copy);
}

static void is_whole(const char *path, const char *count, const char *name)
{
    sqlite3 *other = open_file(path), *copy = copy_of(path);

    is(ask(other, "SELECT COUNT(*) FROM rows"), count,
       apr_psprintf(tap_pool, "%s: another connection sees it", name));
    is(ask(copy, "SELECT COUNT(*) FROM rows"), count, "... it is in the log");
    is(ask(other, "PRAGMA integrity_check"), "ok", "... and whole");
    is(ask(copy, "PRAGMA integrity_check"), "ok", "... there, too");
    sqlite3_close(other);
    sqlite3_close(copy);
}

/* ---- tests ------------------------------------------------------------------ */

static void test_small(const char *synchronous)
{
    const char *path = place_file(apr_pstrcat(tap_pool, synchronous, ".db", NULL));
    sqlite3 *db = open_gathered(path);

    watch_index(db);
    run(db, apr_pstrcat(tap_pool, "PRAGMA synchronous=", synchronous, NULL));
    run(db, "BEGIN IMMEDIATE; " FILL(1));
    ok(commit(db) == SQLITE_OK, "synchronous=%s: a small commit", synchronous);
    ok(seen.writes == 1, "... is one write, not %d", seen.writes);
    ok(told.writes == 1, "... before others are told of it");
    is_whole(path, "1", "a small commit");
    seen.writes = 0;
    run(db, FILL(1));
    ok(seen.writes > 6, "what is no unit of ours is written as ever");
    sqlite3_close(db);
}

static void test_large(void)
{
    const char *path = place_file("large.db");
    sqlite3 *db = open_gathered(path);

    run(db, "BEGIN IMMEDIATE; " FILL(1000));
    ok(commit(db) == SQLITE_OK, "a commit that is larger than what is gathered");
    ok(seen.writes > 5 && seen.writes < 30, "... is some writes: %d", seen.writes);
    is_whole(path, "1000", "a large commit");
    run(db, "BEGIN IMMEDIATE; " FILL(1));
    commit(db);
    is_whole(path, "1001", "a small one behind it");
    sqlite3_close(db);
}

/* Frames ahead of the commit are written anew when their pages change once more. */
static void test_ahead(void)
{
    const char *path = place_file("ahead.db");
    sqlite3 *db = open_gathered(path);

    run(db, "PRAGMA synchronous=OFF; PRAGMA cache_size=10; PRAGMA cache_spill=10;"
            "BEGIN IMMEDIATE; " FILL(300));
    run(db, "SAVEPOINT one; " FILL(300) "; ROLLBACK TO one; UPDATE rows SET a = b, b = a");
    ok(commit(db) == SQLITE_OK, "a commit behind frames that were written ahead of it");
    is_whole(path, "300", "frames ahead");
    run(db, "BEGIN IMMEDIATE; UPDATE rows SET c = c + 1; UPDATE rows SET a = c");
    ok(commit(db) == SQLITE_OK, "... and another one");
    is_whole(path, "300", "more of them");
    sqlite3_close(db);
}

/* Nothing of it is written over the frames of others. */
static void test_rolled_back(void)
{
    const char *path = place_file("back.db");
    sqlite3 *db = open_gathered(path), *other = open_file(path);

    run(db, "PRAGMA cache_size=10; PRAGMA cache_spill=10; BEGIN IMMEDIATE; " FILL(300));
    run(db, "ROLLBACK");
    run(other, FILL(5));
    is(ask(db, "SELECT COUNT(*) FROM rows"), "5", "rolled back, and others have written");
    is_whole(path, "5", "what they wrote");
    run(db, "BEGIN IMMEDIATE; " FILL(2));
    commit(db);
    is_whole(path, "7", "behind it");
    sqlite3_close(other);
    sqlite3_close(db);
}

static void test_failure(void)
{
    const char *path = place_file("failure.db");
    sqlite3 *db = open_gathered(path);

    run(db, "BEGIN IMMEDIATE; " FILL(1));
    seen.fails = 1;
    ok(commit(db) == SQLITE_FULL, "the disk is full: so says the commit");
    seen.fails = 0;
    run(db, "ROLLBACK");
    is_whole(path, "0", "nothing is left of it");
    run(db, "BEGIN IMMEDIATE; " FILL(1));
    ok(commit(db) == SQLITE_OK, "... and the next one succeeds");
    is_whole(path, "1", "that one");
    sqlite3_close(db);
}

static void test_elsewhere(void)
{
    const char *path = place_file("elsewhere.db");
    sqlite3 *db = open_gathered(path), *other = open_file(path), *memory = NULL;

    scim_gather_prepare(db);
    run(db, "BEGIN IMMEDIATE; " FILL(1));
    commit(db);
    ok(seen.writes == 1, "prepared twice, gathered once");
    run(other, "BEGIN IMMEDIATE; " FILL(1));
    ok(commit(other) == SQLITE_OK, "a connection that is not prepared commits");
    is_whole(path, "2", "both");
    sqlite3_close(other);
    is(ask(db, "PRAGMA journal_mode=DELETE"), "delete", "the log is closed and given up");
    run(db, "BEGIN IMMEDIATE; " FILL(1));
    ok(commit(db) == SQLITE_OK, "... and a commit needs none");
    sqlite3_close(db);
    sqlite3_open(":memory:", &memory);
    run(memory, "CREATE TABLE rows (a, b, c); BEGIN; " FILL(1));
    ok(commit(memory) == SQLITE_OK, "nor does one in memory");
    sqlite3_close(memory);
}

int main(void)
{
    tap_start();
    test_small("OFF");
    test_small("NORMAL");
    test_small("FULL");
    test_large();
    test_ahead();
    test_rolled_back();
    test_failure();
    test_elsewhere();
    return tap_done();
}
