#include <string.h>
#include <unistd.h>

#include <apr_atomic.h>
#include <apr_strings.h>

#include "directory/dbd/engine.h"
#include "directory/dbd/gather.h"

static scim_error_t *locate(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *path;

    SCIM_TRY(scim_connection_ask(&path, c, "PRAGMA database_list", 2, scratch));
    if (path == NULL || *path == '\0') {
        return scim_connection_unusable(
            scratch, "an SQLite database in memory cannot hold a directory; name a file");
    }
    c->file = apr_pcalloc(c->lease.pool, sizeof(*c->file));
    c->file->path = apr_pstrdup(c->lease.pool, path);
    return NULL;
}

/* How long to try to switch a file to WAL mode. */
#define SWITCH_PATIENCE apr_time_from_sec(2)

static int is_wal(const char *mode)
{
    return mode && strcmp(mode, "wal") == 0;
}

/* Works without, where the file system has no shared memory; readers and writers wait then. */
static void lament(const scim_connection_t *c, const char *mode, apr_pool_t *scratch)
{
    static volatile apr_uint32_t told;

    if (apr_atomic_cas32(&told, 1, 0) == 0) {
        scim_connection_report(
            c, "warning",
            apr_psprintf(scratch,
                         "the database file %s cannot be put into WAL mode and stays in mode "
                         "%s: reads and writes will wait for each other",
                         c->file->path, mode ? mode : "unknown"));
    }
}

/*
 * The switch needs the file for itself, and neither SQLite nor the driver waits for that.
 * Without a queue of writers, processes that meet a new file at the same moment collide, and
 * collide again unless they wait differently long.
 */
static scim_error_t *switch_to_wal(const char **mode, scim_connection_t *c, apr_pool_t *scratch)
{
    apr_time_t since = apr_time_now();
    scim_error_t *error;

    for (;;) {
        error = scim_connection_ask(mode, c, "PRAGMA journal_mode=WAL", 0, scratch);
        if (error == NULL || apr_time_now() - since > SWITCH_PATIENCE) {
            return error;
        }
        apr_sleep(1000 * (1 + (apr_time_now() + getpid()) % 50));
        c->failed = c->busy = 0;
    }
}

/* A write to a file that is not in WAL mode yet, so writers have to queue for it. */
static scim_error_t *choose_wal(int *chosen, scim_connection_t *c, apr_pool_t *scratch)
{
    const scim_source_t *source = c->source;
    const char *mode;
    scim_error_t *error;

    SCIM_TRY(scim_connection_ask(&mode, c, "PRAGMA journal_mode", 0, scratch));
    *chosen = is_wal(mode);
    if (*chosen) {
        return NULL;
    }
    if (source->lock) {
        SCIM_TRY(source->lock(source->baton, scratch));
    }
    error = switch_to_wal(&mode, c, scratch);
    if (source->lock) {
        source->unlock(source->baton);
    }
    *chosen = error == NULL && is_wal(mode);
    if (error == NULL && !*chosen) {
        lament(c, mode, scratch);
    }
    return error;
}

/*
 * What a connection may keep of the file, a quarter of SQLite's default: there are as many
 * caches as connections, and the system has the file in memory once for all. A transaction may
 * change as many pages as ever before they go to the log ahead of its end.
 */
#define SMALL_CACHE "PRAGMA cache_size=-512"  /* KiB */
#define LARGE_CACHE "PRAGMA cache_size=-2000" /* the default */
#define SPILL "500"                           /* pages: the same */

static const char *const many[] = {LARGE_CACHE, NULL};
static const char *const few[] = {SMALL_CACHE, NULL};

/* How long the log gets before it goes to the file, 16 MB: a page that many have written is
   written back once. */
#define LOG "4000" /* pages */

/*
 * What a savepoint would have to undo, no more than the pages that were changed since, stays in
 * memory: a person alone has enough of them for a file, which is made anew each time. No
 * busy_timeout: with threads, waiting in it holds the mutex that all of the process needs.
 */
static scim_error_t *settle(scim_connection_t *c, apr_pool_t *scratch)
{
    static const char *const settings[] = {
        "PRAGMA foreign_keys=ON",    "PRAGMA synchronous=FULL",
        "PRAGMA temp_store=MEMORY",  SMALL_CACHE,
        "PRAGMA cache_spill=" SPILL, "PRAGMA wal_autocheckpoint=" LOG};
    const char *ignored;
    size_t i;
    int wal;

    for (i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        SCIM_TRY(scim_connection_execute(c, settings[i], scratch));
    }
    c->many = 0;
    SCIM_TRY(choose_wal(&wal, c, scratch));
    /* The first look inside opens the log. */
    SCIM_TRY(scim_connection_ask(&ignored, c, "PRAGMA schema_version", 0, scratch));
    if (wal) {
        scim_gather_prepare(apr_dbd_native_handle(c->lease.driver, *c->lease.handle));
    }
    return NULL;
}

static scim_error_t *finish(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *busy;

    SCIM_TRY(scim_connection_ask(&busy, c, "PRAGMA wal_checkpoint(TRUNCATE)", 0, scratch));
    if (busy == NULL || strcmp(busy, "0") != 0) {
        return scim_connection_unusable(
            scratch, "the database file %s was replaced, and the old one is still in use",
            c->file->path);
    }
    return NULL;
}

static const char *const begin_read[] = {"BEGIN", NULL};
static const char *const begin_write[] = {"BEGIN IMMEDIATE", NULL};
static const char *const upgrades[] = {"sqlite-2.sql", NULL};

/* SQLite has no statistics to choose an index by, and without them it prefers the order of the
   ids to an index that would leave it a single row. So it is told. */
#define TABLE "scim_resources"
#define BY(index) TABLE " INDEXED BY " TABLE "_" index

const scim_sql_t scim_sql_sqlite = {
    .driver = "sqlite3",
    .engine = &scim_engine_sqlite,
    .create = "sqlite.sql",
    .upgrades = upgrades,
    .has_tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'scim_meta'",
    .begin_read = begin_read,
    .begin_write = begin_write,
    .many = many,
    .few = few,
    .one_writer = 1,
    .attempts = 2,
    .busy = 5, /* SQLITE_BUSY */
    .random = 0,
    .total = "SELECT total FROM scim_totals WHERE directory = %s AND type = %s",
    .touch_groups =
        "UPDATE scim_resources SET version = version + 1, modified = %s WHERE "
        "number IN (SELECT group_number FROM scim_members WHERE member_number = %s)",
    .lock_row = "", /* there is one writer */
    .share_row = "",
    .or_nothing = " ON CONFLICT DO NOTHING",
    .made = "last_insert_rowid()",
    .contains = "(instr(term, %s) > 0 OR length(term) > " SCIM_SQL_UNCUT ")",
    .ends = "(substr(term, -length(%s)) = %s OR length(term) > " SCIM_SQL_UNCUT ")",
    .id_to_sort = "id",
    .of_members = "scim_members INDEXED BY scim_members_groups",
    .members_above = "above CROSS JOIN scim_members ON member_number = n",
    .groups_above = "above CROSS JOIN scim_resources ON number = n",
    .from = {[SCIM_INDEX_LIST] = BY("list"),
             [SCIM_INDEX_ID] = BY("id"),
             [SCIM_INDEX_LOCAL] = BY("local"),
             [SCIM_INDEX_WIRE] = BY("wire"),
             [SCIM_INDEX_EXTERNAL] = BY("external"),
             [SCIM_INDEX_CREATED] = BY("created"),
             [SCIM_INDEX_MODIFIED] = BY("modified"),
             [SCIM_INDEX_INACTIVE] = BY("inactive"),
             [SCIM_INDEX_NUMBER] = TABLE " NOT INDEXED"},
    .locate = locate,
    .settle = settle,
    .finish = finish,
};
