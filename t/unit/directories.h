/*
 * directories.h - what the unit tests of directory providers have in common: a place for
 * database files, records, and each operation as a unit of work of its own.
 */
#ifndef TEST_DIRECTORIES_H
#define TEST_DIRECTORIES_H

#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_time.h>

#include "directory/dbd/plain.h"
#include "directory/dbd/store.h"
#include "directory/memory.h"
#include "tap.h"

/* A directory and its provider. */
typedef struct place_t {
    const scim_directory_provider_t *provider;
    void *directory;
    apr_pool_t *pool;
} place_t;

/* The process that made the test's folder, the folder, and how it goes. */
static pid_t place_owner;
static const char *place_folder, *place_removal;

static inline apr_status_t place_clean(void *unused)
{
    (void)unused;
    return getpid() == place_owner && system(place_removal) ? APR_EGENERAL : APR_SUCCESS;
}

/* A file's path in a folder of the test's own, which goes with the test. */
static inline const char *place_file(const char *name)
{
    if (place_folder == NULL) {
        const char *base = getenv("TMPDIR");
        char *folder = apr_pstrcat(tap_pool, base ? base : "/tmp", "/scim-XXXXXX", NULL);

        place_folder = mkdtemp(folder);
        place_owner = getpid();
        if (place_folder == NULL || chmod(place_folder, 0777) != 0) {
            printf("Bail out! no folder for databases\n");
            exit(1);
        }
        place_removal = apr_psprintf(tap_pool, "rm -rf '%s'", place_folder);
        apr_pool_cleanup_register(tap_pool, NULL, place_clean, apr_pool_cleanup_null);
    }
    return apr_pstrcat(tap_pool, place_folder, "/", name, NULL);
}

/* What sources report. */
static int place_reports;
static char place_report[512];

static inline void place_listen(void *unused, const char *level, const char *message)
{
    (void)unused;
    place_reports++;
    snprintf(place_report, sizeof(place_report), "%s: %s", level, message);
}

/*
 * The databases are SQLite files, or with SCIM_DB_DRIVER those of a server: SCIM_DB_PARAMS are
 * apr_dbd's parameters for it, with %s where the database is named, and SCIM_DB_ADMIN the name
 * of one that is there. Each file stands for a database then, which begins empty.
 */
static inline const char *place_driver(void)
{
    const char *driver = getenv("SCIM_DB_DRIVER");

    return driver ? driver : "sqlite3";
}

static inline const char *place_insertion(const char *name)
{
    const char *params = getenv("SCIM_DB_PARAMS"), *at = strstr(params, "%s");

    return apr_pstrcat(tap_pool, apr_pstrmemdup(tap_pool, params, (apr_size_t)(at - params)),
                       name, at + 2, NULL);
}

static inline void place_create(const char *database)
{
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    int rows;

    apr_dbd_init(tap_pool);
    if (apr_dbd_get_driver(tap_pool, place_driver(), &driver) != APR_SUCCESS
        || apr_dbd_open(driver, tap_pool, place_insertion(getenv("SCIM_DB_ADMIN")), &handle)
               != APR_SUCCESS
        || apr_dbd_query(driver, handle, &rows,
                         apr_pstrcat(tap_pool, "CREATE DATABASE ", database, NULL))
               != 0) {
        printf("Bail out! cannot make the database %s\n", database);
        exit(1);
    }
    apr_dbd_close(driver, handle);
}

/* The parameters of the database that `file` stands for, made when it is first asked for. */
static inline const char *place_params(const char *file)
{
    static apr_hash_t *made;
    const char *database, *params;

    if (strcmp(place_driver(), "sqlite3") == 0) {
        return file;
    }
    if (made == NULL) {
        made = apr_hash_make(tap_pool);
    }
    params = apr_hash_get(made, file, APR_HASH_KEY_STRING);
    if (params == NULL) {
        database = apr_psprintf(tap_pool, "unit_%ld_%u", (long)getpid(), apr_hash_count(made));
        place_create(database);
        params = place_insertion(database);
        apr_hash_set(made, apr_pstrdup(tap_pool, file), APR_HASH_KEY_STRING, params);
    }
    return params;
}

/* A source for the database that a file is, or stands for. */
static inline scim_source_t *place_source(const char *file, apr_pool_t *pool)
{
    scim_source_t *source = NULL;

    if (scim_plain_open(&source, place_driver(), place_params(file), place_listen, NULL,
                        pool)) {
        printf("Bail out! apr_dbd\n");
        exit(1);
    }
    return source;
}

static inline place_t place_on(const scim_source_t *source, const char *name, apr_pool_t *pool)
{
    place_t place = {&scim_store_provider, NULL, pool};

    scim_store_open(&place.directory, name, source, NULL, 0, pool);
    return place;
}

/* Directory `name` of an SQLite file, on a source of its own. */
static inline place_t place_sqlite(const char *file, const char *name, apr_pool_t *pool)
{
    return place_on(place_source(file, pool), name, pool);
}

static inline place_t place_memory(const char *name, apr_pool_t *pool)
{
    place_t place = {&scim_memory_provider, NULL, pool};

    place.provider->open(&place.directory, name, NULL, 0, NULL, pool);
    return place;
}

/* ---- records -------------------------------------------------------------- */

/* The n-th id; ids are in the order of n. */
static inline const char *place_id(int n)
{
    return apr_psprintf(tap_pool, "%08x-0000-7000-8000-0123456789ab", n);
}

/* The n-th record of a type, with a document that says so. */
static inline scim_record_t *place_record(const char *type, int n)
{
    scim_record_t *record = apr_pcalloc(tap_pool, sizeof(*record));

    record->type = type;
    record->id = place_id(n);
    record->local_name = strcmp(type, "User") == 0 ? apr_psprintf(tap_pool, "Name%d", n) : NULL;
    record->local_key = apr_psprintf(tap_pool, "name%d", n);
    record->wire_key = record->local_name ? apr_psprintf(tap_pool, "name%d@x", n) : NULL;
    record->display = apr_psprintf(tap_pool, "Display %d", n);
    record->active = 1;
    record->version = 1;
    record->created = record->modified = apr_time_from_sec(1000000 + n);
    record->document = apr_psprintf(tap_pool, "{\"n\":%d}", n);
    record->document_length = strlen(record->document);
    return record;
}

static inline int same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* 1 when every member is equal. */
static inline int same_record(const scim_record_t *a, const scim_record_t *b)
{
    return a && b && same_text(a->type, b->type) && same_text(a->id, b->id)
           && same_text(a->local_name, b->local_name) && same_text(a->local_key, b->local_key)
           && same_text(a->wire_key, b->wire_key) && same_text(a->external_id, b->external_id)
           && a->active == b->active && a->deleted == b->deleted && a->version == b->version
           && a->created == b->created && a->modified == b->modified
           && same_text(a->password, b->password) && same_text(a->display, b->display)
           && a->document_length == b->document_length
           && memcmp(a->document, b->document, a->document_length + 1) == 0;
}

/* ---- operations, each a unit of work ---------------------------------------- */

typedef struct deed_t {
    const place_t *place;
    const scim_record_t *record;
    const char *type;
    const char *id;
    scim_key_t key;
    const char *value;
    apr_int64_t expected;
    scim_outcome_t outcome;
    scim_record_t *found;
} deed_t;

static inline scim_error_t *deed_insert(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    deed_t *deed = baton;

    return deed->place->provider->insert(session, deed->record, &deed->outcome, pool);
}

static inline scim_error_t *deed_update(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    deed_t *deed = baton;

    return deed->place->provider->update(session, deed->record, deed->expected, &deed->outcome,
                                         pool);
}

static inline scim_error_t *deed_remove(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    deed_t *deed = baton;

    return deed->place->provider->remove(session, deed->type, deed->id, deed->expected,
                                         &deed->outcome, pool);
}

static inline scim_error_t *deed_get(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    deed_t *deed = baton;

    return deed->place->provider->get(session, deed->type, deed->id, &deed->found, pool);
}

static inline scim_error_t *deed_find(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    deed_t *deed = baton;

    return deed->place->provider->find(session, deed->type, deed->key, deed->value,
                                       &deed->found, pool);
}

/* The outcome of a write: an scim_outcome_t, or the status of an error. */
static inline int place_write(const place_t *place, scim_work_fn work, deed_t *deed)
{
    scim_error_t *error;

    deed->place = place;
    deed->outcome = (scim_outcome_t)-1;
    error = place->provider->transact(place->directory, 1, work, deed, tap_pool);
    return error ? error->status : (int)deed->outcome;
}

static inline int place_insert(const place_t *place, const scim_record_t *record)
{
    deed_t deed = {.record = record};

    return place_write(place, deed_insert, &deed);
}

static inline int place_update(const place_t *place, const scim_record_t *record,
                               apr_int64_t expected)
{
    deed_t deed = {.record = record, .expected = expected};

    return place_write(place, deed_update, &deed);
}

static inline int place_remove(const place_t *place, const char *type, const char *id,
                               apr_int64_t expected)
{
    deed_t deed = {.type = type, .id = id, .expected = expected};

    return place_write(place, deed_remove, &deed);
}

static inline scim_error_t *place_read(const place_t *place, scim_work_fn work, deed_t *deed)
{
    deed->place = place;
    return place->provider->transact(place->directory, 0, work, deed, tap_pool);
}

/* NULL when there is none, or an error. */
static inline scim_record_t *place_get(const place_t *place, const char *type, const char *id)
{
    deed_t deed = {.type = type, .id = id};

    return place_read(place, deed_get, &deed) ? NULL : deed.found;
}

static inline scim_record_t *place_find(const place_t *place, const char *type, scim_key_t key,
                                        const char *value)
{
    deed_t deed = {.type = type, .key = key, .value = value};

    return place_read(place, deed_find, &deed) ? NULL : deed.found;
}

/* ---- lists ------------------------------------------------------------------ */

/* A list, whose ids are written down. */
typedef struct listing_t {
    const place_t *place;
    scim_query_part_t part; /* when the query has no parts of its own */
    scim_query_t query;
    apr_array_header_t *ids; /* of const char * */
    apr_size_t bytes;        /* of their documents */
    apr_int64_t total;
} listing_t;

static inline scim_error_t *listing_take(void *baton, const scim_record_t *record,
                                         apr_pool_t *scratch)
{
    listing_t *listing = baton;

    (void)scratch;
    listing->bytes += record->document_length;
    APR_ARRAY_PUSH(listing->ids, const char *) = apr_pstrdup(listing->ids->pool, record->id);
    return NULL;
}

static inline scim_error_t *listing_run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    listing_t *listing = baton;

    listing->ids->nelts = 0;
    listing->bytes = 0;
    return listing->place->provider->list(session, &listing->query, listing_take, listing,
                                          &listing->total, pool);
}

/* Runs the listing's query in `pool`. */
static inline scim_error_t *place_list(const place_t *place, listing_t *listing,
                                       apr_pool_t *pool)
{
    if (listing->query.part_count == 0) {
        listing->query.parts = &listing->part;
        listing->query.part_count = 1;
    }
    listing->place = place;
    listing->ids = apr_array_make(pool, 16, sizeof(const char *));
    listing->total = -1;
    return place->provider->transact(place->directory, 0, listing_run, listing, pool);
}

#endif
