/* The SQL provider on an SQLite file that is removed, replaced, read-only or has no room. */
#include "databases.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/resource.h>

static apr_pool_t *pool;

static int exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static const char *beside(const char *file, const char *suffix)
{
    return apr_pstrcat(tap_pool, file, suffix, NULL);
}

/* Opens a second connection of a source, which is a new one while the first is lent. */
static void reconnect(scim_source_t *source)
{
    scim_lease_t first = {0}, second = {0};

    source->open(&first, source->baton, tap_pool);
    if (source->open(&second, source->baton, tap_pool) == NULL) {
        source->close(&second, source->baton);
    }
    source->close(&first, source->baton);
}

/* ---- removed ------------------------------------------------------------------------ */

static void test_removed(void)
{
    const char *file = place_file("removed.db"), *away = beside(file, ".away");
    scim_source_t *source = place_source(file, pool);
    place_t place = place_on(source, "one", pool);

    place_insert(&place, place_record("User", 1));
    rename(file, away);
    is_down(read_error(&place, place_id(1)), "is gone", "the file is gone: reading");
    is_down(write_error(&place, place_record("User", 2)), "is gone", "... and writing");
    ok(!exists(file), "... no new one is made");
    rename(away, file);
    ok(place_get(&place, "User", place_id(1)) != NULL, "it is back, with what was in it");
    is_int(place_insert(&place, place_record("User", 2)), SCIM_STORED,
           "... and can be written");

    /* Whoever opens the name meanwhile, makes an empty file. */
    rename(file, away);
    reconnect(source);
    ok(exists(file), "an empty file in its place");
    is_down(read_error(&place, place_id(1)), "is empty", "... is not taken for the directory");
    is_down(write_error(&place, place_record("User", 3)), "is empty", "... nor written");
    reconnect(source);
    is_down(read_error(&place, place_id(1)), "is empty", "... by no connection");
    ok(exists(beside(file, "-wal")), "... and the log of what was there is untouched");
    rename(away, file);
    ok(place_get(&place, "User", place_id(2)) != NULL, "it is back, nothing is lost");
    reconnect(source);
    is_int(place_insert(&place, place_record("User", 3)), SCIM_STORED, "... on any connection");
}

static void test_folder_removed(void)
{
    const char *folder = place_file("mount"), *file, *away = place_file("unmounted");
    place_t place;

    mkdir(folder, 0777);
    file = beside(folder, "/x.db");
    place = place_sqlite(file, "one", pool);
    place_insert(&place, place_record("User", 1));
    rename(folder, away);
    is_down(read_error(&place, place_id(1)), "is gone", "the folder is gone");
    mkdir(folder, 0777);
    is_down(write_error(&place, place_record("User", 2)), "is gone",
            "... and there, but empty");
    ok(!exists(file), "... it stays so");
    rmdir(folder);
    rename(away, folder);
    is_int(place_insert(&place, place_record("User", 2)), SCIM_STORED, "... and is back");
}

static void test_restarted(void)
{
    const char *file = place_file("restarted.db");
    apr_pool_t *run;
    place_t place, other;

    apr_pool_create(&run, pool);
    place = place_sqlite(file, "one", run);
    place_insert(&place, place_record("User", 1));
    remove(file);
    remove(beside(file, "-wal"));
    remove(beside(file, "-shm"));
    is_down(read_error(&place, place_id(1)), "is gone", "the file is deleted");
    other = place_sqlite(file, "two", run);
    is_down(write_error(&other, place_record("User", 1)), "is empty",
            "... not even a directory that was never used makes it anew");
    apr_pool_clear(run);
    place = place_sqlite(file, "one", run);
    is_int(place_insert(&place, place_record("User", 1)), SCIM_STORED,
           "after a restart there is an empty one");
}

/* A file that vanishes under a unit of work's hands. */
static scim_error_t *insert_and_remove(scim_session_t *session, void *baton,
                                       apr_pool_t *work_pool)
{
    deed_t *deed = baton;

    deed->expected++;
    SCIM_TRY(deed->place->provider->insert(session, deed->record, &deed->outcome, work_pool));
    rename(deed->value, beside(deed->value, ".away"));
    return NULL;
}

static void test_removed_meanwhile(void)
{
    const char *file = place_file("meanwhile.db");
    place_t place = place_sqlite(file, "one", pool);
    deed_t deed = {.place = &place, .record = place_record("User", 2), .value = file};

    place_insert(&place, place_record("User", 1));
    is_down(place.provider->transact(place.directory, 1, insert_and_remove, &deed, pool),
            "removed or replaced", "a file that goes while it is written");
    is_int(deed.expected, 1, "... the write is not done again: nobody knows how it ended");
}

/* ---- replaced ----------------------------------------------------------------------- */

/* A database with one user in it, whose id is place_id(n), closed. */
static const char *make_other(const char *name, const char *directory, int n)
{
    const char *file = place_file(name);
    apr_pool_t *own;
    place_t place;

    apr_pool_create(&own, pool);
    place = place_sqlite(file, directory, own);
    place_insert(&place, place_record("User", n));
    apr_pool_destroy(own);
    return file;
}

static void test_replaced(void)
{
    const char *file = place_file("replaced.db"), *old = beside(file, ".old");
    scim_source_t *source = place_source(file, pool);
    place_t place = place_on(source, "one", pool), fresh;
    struct stat log, log_now;
    int held;

    place_insert(&place, place_record("User", 1));
    reconnect(source);
    ok(place_get(&place, "User", place_id(1)) != NULL, "two connections");
    held = open(beside(file, "-wal"), O_RDONLY); /* nobody else gets its inode */
    place_reports = 0;
    rename(file, old);
    rename(make_other("other.db", "one", 7), file);

    ok(place_get(&place, "User", place_id(1)) == NULL, "a replaced file: the old is forgotten");
    ok(place_get(&place, "User", place_id(7)) != NULL, "... what is in the new one is seen");
    is_int(place_reports, 1, "... the administrator is told");
    ok(strstr(place_report, "was replaced") != NULL, "... what happened");
    is_int(place_insert(&place, place_record("User", 8)), SCIM_STORED, "... it is written to");
    reconnect(source);
    is_int(place_insert(&place, place_record("User", 9)), SCIM_STORED,
           "... by all connections");
    is_int(place_reports, 1, "... and told once");
    ok(fstat(held, &log) == 0 && stat(beside(file, "-wal"), &log_now) == 0
           && log.st_ino != log_now.st_ino,
       "... with a log of its own");
    close(held);
    fresh = place_sqlite(file, "one", pool);
    ok(place_get(&fresh, "User", place_id(8)) && place_get(&fresh, "User", place_id(9)),
       "... and others see that");
    is(raw_ask_on(file, "PRAGMA integrity_check"), "ok", "... the new file is sound");
    is(raw_ask_on(old, "SELECT id FROM scim_resources"), place_id(1),
       "... the old one complete");

    rename(old, file);
    ok(place_get(&place, "User", place_id(1)) != NULL, "the old one is put back");
    is_int(place_insert(&place, place_record("User", 2)), SCIM_STORED, "... and written to");
    is(raw_ask_on(file, "PRAGMA integrity_check"), "ok", "... and sound");
}

/* Somebody still reads the old file, so its log cannot be emptied yet. */
static void test_replaced_while_read(void)
{
    const char *file = place_file("read.db"), *old = beside(file, ".old");
    place_t place = place_sqlite(file, "one", pool);
    raw_t reader = raw_open(file);

    place_insert(&place, place_record("User", 1));
    raw_run(&reader, "BEGIN");
    raw_ask(&reader, "SELECT COUNT(*) FROM scim_resources");
    place_insert(&place, place_record("User", 2));
    rename(file, old);
    rename(make_other("other-read.db", "one", 7), file);
    is_down(read_error(&place, place_id(1)), "still in use",
            "a replaced file, the old one read");
    raw_close(&reader);
    ok(place_get(&place, "User", place_id(7)) != NULL, "... and not any more");
    is(raw_ask_on(old, "SELECT COUNT(*) FROM scim_resources"), "2", "... it is complete");
}

/* A connection that was made long before it is used first. */
static void test_replaced_before_use(void)
{
    const char *file = place_file("early.db");
    scim_source_t *source = place_source(make_other("early.db", "one", 1), pool);
    place_t place = place_on(source, "one", pool);

    reconnect(source);
    rename(make_other("late.db", "one", 7), file);
    ok(place_get(&place, "User", place_id(7)) != NULL, "a file replaced before it is used");
    reconnect(source);
    ok(place_get(&place, "User", place_id(1)) == NULL, "... on any connection");
}

static void test_replaced_by_strangers(void)
{
    const char *file = place_file("strangers.db"), *away = beside(file, ".away");
    place_t place = place_sqlite(file, "one", pool);

    place_insert(&place, place_record("User", 1));
    rename(file, away);
    rename(make_other("foreign.db", "two", 7), file);
    is_down(read_error(&place, place_id(1)), "does not hold the directory one",
            "a file without the directory");
    raw_run_on(place_file("no-scim.db"), "CREATE TABLE x (y)");
    rename(place_file("no-scim.db"), file);
    is_down(write_error(&place, place_record("User", 2)), "does not hold the directory",
            "a file without our tables");
    ok(strstr(raw_ask_on(file, "SELECT name FROM sqlite_master"), "scim") == NULL,
       "... gets none");
    rename(away, file);
    is_fine(write_error(&place, place_record("User", 2)), "the right one again");
}

static void test_replaced_by_no_database(void)
{
    const char *file = place_file("text.db"), *away = beside(file, ".away");
    place_t place = place_sqlite(file, "one", pool);
    FILE *text;

    place_insert(&place, place_record("User", 1));
    rename(file, away);
    text = fopen(file, "w");
    fprintf(text, "%5000s\n", "this is no database");
    fclose(text);
    is_down(read_error(&place, place_id(1)), "not a database", "a file that is no database");
    rename(away, file);
    ok(place_get(&place, "User", place_id(1)) != NULL, "the right one again");
}

/* Connections that others prepared statements on. */
static void test_shared(void)
{
    const char *file = place_file("shared.db"), *away = beside(file, ".away");
    scim_source_t *source = place_source(file, pool);
    place_t place = place_on(source, "one", pool);
    scim_lease_t lease = {0};

    source->open(&lease, source->baton, pool);
    apr_hash_set(lease.cache, "other", APR_HASH_KEY_STRING, "");
    source->close(&lease, source->baton);
    place_reports = 0;
    is_int(place_insert(&place, place_record("User", 1)), SCIM_STORED, "a shared connection");
    rename(file, away);
    is_down(read_error(&place, place_id(1)), "is gone", "... its file is gone");
    rename(make_other("other-shared.db", "one", 7), file);
    is_down(read_error(&place, place_id(1)), "restart the server", "... or replaced: reading");
    is_down(write_error(&place, place_record("User", 2)), "restart the server", "... writing");
    is_int(place_reports, 1, "... the administrator is told once");
    rename(away, file);
    is_int(place_insert(&place, place_record("User", 2)), SCIM_STORED, "... it is back");
}

/* ---- read-only and full --------------------------------------------------------------- */

/* What a child found; the parent says it. */
static int stage;

#define STAGE(holds)                                                                           \
    do {                                                                                       \
        stage++;                                                                               \
        if (!(holds)) {                                                                        \
            return stage;                                                                      \
        }                                                                                      \
    } while (0)

/* Root may write everything. */
static int become_nobody(const char *file)
{
    const struct passwd *nobody = getpwnam("nobody");

    if (geteuid() != 0) {
        return 1;
    }
    return nobody && chown(file, nobody->pw_uid, nobody->pw_gid) == 0
           && chown(beside(file, "-wal"), nobody->pw_uid, nobody->pw_gid) <= 0
           && chown(beside(file, "-shm"), nobody->pw_uid, nobody->pw_gid) <= 0
           && setgid(nobody->pw_gid) == 0 && setuid(nobody->pw_uid) == 0;
}

/* 1 when the write succeeds within a few seconds. */
static int recovers(const place_t *place, int n)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(10);

    while (place_insert(place, place_record("User", n)) != SCIM_STORED) {
        if (apr_time_now() > end) {
            return 0;
        }
        apr_sleep(100000);
    }
    return 1;
}

static int use_read_only(void *baton)
{
    const char *file = baton;
    place_t place;
    const scim_error_t *error;
    int i;

    STAGE(become_nobody(file));
    chmod(file, 0444);
    place = place_sqlite(file, "one", tap_pool);
    STAGE(place_get(&place, "User", place_id(1)) != NULL);
    for (i = 0; i < 8; i++) {
        error = write_error(&place, place_record("User", 2));
        STAGE(error && error->status == 503 && strstr(error->cause, "readonly"));
    }
    STAGE(place_get(&place, "User", place_id(1)) != NULL);
    chmod(file, 0644);
    STAGE(recovers(&place, 2));
    STAGE(place_get(&place, "User", place_id(2)) != NULL);

    chmod(file, 0444);
    STAGE(place_insert(&place, place_record("User", 3)) == SCIM_STORED);
    chmod(file, 0);
    place = place_sqlite(file, "one", tap_pool);
    error = read_error(&place, place_id(1));
    STAGE(error && error->status == 503);
    chmod(file, 0644);
    STAGE(recovers(&place, 4));
    return 0;
}

static int use_read_only_shared(void *baton)
{
    const char *file = baton;
    scim_source_t *source;
    scim_lease_t lease = {0};
    place_t place;

    STAGE(become_nobody(file));
    chmod(file, 0444);
    source = place_source(file, tap_pool);
    source->open(&lease, source->baton, tap_pool);
    apr_hash_set(lease.cache, "other", APR_HASH_KEY_STRING, "");
    source->close(&lease, source->baton);
    place = place_on(source, "one", tap_pool);
    STAGE(place_get(&place, "User", place_id(1)) != NULL);
    chmod(file, 0644);
    place_reports = 0;
    STAGE(place_insert(&place, place_record("User", 2)) == 503);
    STAGE(place_insert(&place, place_record("User", 2)) == 503);
    STAGE(place_reports <= 1);
    return 0;
}

static void test_read_only(void)
{
    is_int(in_child(use_read_only, (void *)make_other("read-only.db", "one", 1)), 0,
           "a file that is read-only, and is not any more");
    is_int(in_child(use_read_only_shared, (void *)make_other("shared-ro.db", "one", 1)), 0,
           "... on a connection that others use too");
}

static scim_error_t *insert_large(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    const place_t *place = baton;
    char *document = apr_palloc(work_pool, 100001);
    int i;

    memset(document, ' ', 100000);
    document[100000] = '\0';
    for (i = 0; i < 20; i++) {
        scim_record_t *record = place_record("User", 100 + i);
        scim_outcome_t outcome;

        record->document = document;
        record->document_length = 100000;
        SCIM_TRY(place->provider->insert(session, record, &outcome, work_pool));
    }
    return NULL;
}

/* A limit of the kernel on the length of files stands for a disk that is full. */
static int use_full(void *baton)
{
    const char *file = baton;
    place_t place = place_sqlite(file, "one", tap_pool);
    struct rlimit room, all;
    const scim_error_t *error;
    int i;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &all);
    room = all;
    room.rlim_cur = 300000;
    STAGE(place_insert(&place, place_record("User", 2)) == SCIM_STORED);
    setrlimit(RLIMIT_FSIZE, &room);
    for (i = 0; i < 8; i++) {
        error = place.provider->transact(place.directory, 1, insert_large, &place, tap_pool);
        STAGE(error && error->status == 503);
        STAGE(place_get(&place, "User", place_id(2)) != NULL);
        STAGE(place_get(&place, "User", place_id(100)) == NULL);
    }
    setrlimit(RLIMIT_FSIZE, &all);
    STAGE(recovers(&place, 3));
    STAGE(place.provider->transact(place.directory, 1, insert_large, &place, tap_pool) == NULL);
    STAGE(place_get(&place, "User", place_id(119)) != NULL);
    STAGE(strcmp(raw_ask_on(file, "PRAGMA integrity_check"), "ok") == 0);
    return 0;
}

static void test_full(void)
{
    is_int(in_child(use_full, (void *)make_other("full.db", "one", 1)), 0,
           "a disk that is full, and is not any more");
}

int main(void)
{
    pool = tap_start();
    test_removed();
    test_folder_removed();
    test_restarted();
    test_removed_meanwhile();
    test_replaced();
    test_replaced_while_read();
    test_replaced_before_use();
    test_replaced_by_strangers();
    test_replaced_by_no_database();
    test_shared();
    test_read_only();
    test_full();
    return tap_done();
}
