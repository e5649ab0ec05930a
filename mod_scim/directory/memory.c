#include "directory/memory.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <apr_thread_mutex.h>

#include "core/error.h"
#include "directory/provider.h"

/* A record, in a pool of its own, so that it can go without the others. */
typedef struct entry_t {
    const char *directory;
    scim_record_t *record;
    apr_pool_t *pool;
} entry_t;

/* Everything that was opened in one pool. */
typedef struct world_t {
    apr_thread_mutex_t *mutex;   /* held during a unit of work */
    apr_array_header_t *entries; /* of entry_t *, in the order of their ids */
    apr_array_header_t *changes; /* of change_t: what to undo, the latest last */
    apr_pool_t *pool;
} world_t;

/* A write of the unit of work that is going on. */
typedef struct change_t {
    entry_t *before; /* NULL: there was none */
    entry_t *after;  /* NULL: there is none */
} change_t;

typedef struct directory_t {
    world_t *world;
    const char *name;
} directory_t;

struct scim_session_t {
    const directory_t *directory;
    int writes;
};

/* ---- entries -------------------------------------------------------------- */

static scim_record_t *copy_record(const scim_record_t *record, apr_pool_t *pool)
{
    scim_record_t *copy = apr_pmemdup(pool, record, sizeof(*record));

    copy->type = apr_pstrdup(pool, record->type);
    copy->id = apr_pstrdup(pool, record->id);
    copy->local_name = apr_pstrdup(pool, record->local_name);
    copy->local_key = apr_pstrdup(pool, record->local_key);
    copy->wire_key = apr_pstrdup(pool, record->wire_key);
    copy->external_id = apr_pstrdup(pool, record->external_id);
    copy->password = apr_pstrdup(pool, record->password);
    copy->document = apr_pstrmemdup(pool, record->document, record->document_length);
    copy->active = record->active != 0;
    copy->deleted = record->deleted != 0;
    return copy;
}

static entry_t *make_entry(const directory_t *directory, const scim_record_t *record)
{
    apr_pool_t *pool;
    entry_t *entry;

    apr_pool_create(&pool, directory->world->pool);
    entry = apr_palloc(pool, sizeof(*entry));
    entry->directory = directory->name;
    entry->record = copy_record(record, pool);
    entry->pool = pool;
    return entry;
}

static entry_t *entry_at(const world_t *world, int at)
{
    return APR_ARRAY_IDX(world->entries, at, entry_t *);
}

/* Where the id is, or where it would be; 1 when it is there. */
static int seek(const world_t *world, const char *id, int *at)
{
    int low = 0, high = world->entries->nelts;

    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = strcmp(entry_at(world, middle)->record->id, id);

        if (order == 0) {
            *at = middle;
            return 1;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *at = low;
    return 0;
}

/* Puts `after` in the place of `before`; either may be NULL. */
static void put(world_t *world, const entry_t *before, entry_t *after)
{
    entry_t **list;
    int at, behind;

    seek(world, (after ? after : before)->record->id, &at);
    if (before == NULL) {
        APR_ARRAY_PUSH(world->entries, entry_t *) = NULL;
    }
    list = (entry_t **)world->entries->elts + at;
    behind = world->entries->nelts - at - 1;
    if (before == NULL) {
        memmove(list + 1, list, sizeof(*list) * (size_t)behind);
    }
    if (after) {
        *list = after;
        return;
    }
    memmove(list, list + 1, sizeof(*list) * (size_t)behind);
    world->entries->nelts--;
}

static void change(world_t *world, entry_t *before, entry_t *after)
{
    change_t *made = apr_array_push(world->changes);

    made->before = before;
    made->after = after;
    put(world, before, after);
}

static int is_in(const entry_t *entry, const directory_t *directory, const char *type)
{
    return strcmp(entry->directory, directory->name) == 0
           && strcmp(entry->record->type, type) == 0;
}

static entry_t *find_entry(const directory_t *directory, const char *type, const char *id)
{
    int at;

    if (!seek(directory->world, id, &at)) {
        return NULL;
    }
    return is_in(entry_at(directory->world, at), directory, type)
               ? entry_at(directory->world, at)
               : NULL;
}

static const char *key_of(const scim_record_t *record, scim_key_t key)
{
    return key == SCIM_KEY_LOCAL ? record->local_key : record->external_id;
}

/* The oldest entry with the key. */
static entry_t *find_by_key(const directory_t *directory, const char *type, scim_key_t key,
                            const char *value)
{
    int i;

    for (i = 0; i < directory->world->entries->nelts; i++) {
        entry_t *entry = entry_at(directory->world, i);
        const char *found = key_of(entry->record, key);

        if (found && is_in(entry, directory, type) && strcmp(found, value) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* 1 when a record other than the one with this id has a name that has to be unique. */
static int is_taken(const directory_t *directory, const scim_record_t *record)
{
    const entry_t *other;

    if (!scim_provider_unique(record->type) || record->local_key == NULL) {
        return 0;
    }
    other = find_by_key(directory, record->type, SCIM_KEY_LOCAL, record->local_key);
    return other && strcmp(other->record->id, record->id) != 0;
}

/* ---- opening and units of work -------------------------------------------- */

#define WORLD "mod_scim:memory"

static scim_error_t *open_world(world_t **world, apr_pool_t *pool)
{
    void *known = NULL;

    apr_pool_userdata_get(&known, WORLD, pool);
    *world = known;
    if (known) {
        return NULL;
    }
    *world = apr_pcalloc(pool, sizeof(**world));
    apr_pool_create(&(*world)->pool, pool);
    (*world)->entries = apr_array_make(pool, 64, sizeof(entry_t *));
    (*world)->changes = apr_array_make(pool, 16, sizeof(change_t));
    if (apr_thread_mutex_create(&(*world)->mutex, APR_THREAD_MUTEX_DEFAULT, pool)
        != APR_SUCCESS) {
        return scim_error_create(pool, 503, NULL, "The directory cannot be opened.");
    }
    apr_pool_userdata_setn(*world, WORLD, NULL, pool);
    return NULL;
}

static scim_error_t *memory_open(void **directory, const char *name, void *server,
                                 apr_pool_t *pool)
{
    directory_t *opened = apr_palloc(pool, sizeof(*opened));

    (void)server;
    SCIM_TRY(open_world(&opened->world, pool));
    opened->name = apr_pstrdup(pool, name);
    *directory = opened;
    return NULL;
}

static void drop(entry_t *entry)
{
    if (entry) {
        apr_pool_destroy(entry->pool);
    }
}

static void undo(world_t *world)
{
    while (world->changes->nelts > 0) {
        change_t *last = apr_array_pop(world->changes);

        put(world, last->after, last->before);
        drop(last->after);
    }
}

static void keep(world_t *world)
{
    while (world->changes->nelts > 0) {
        change_t *last = apr_array_pop(world->changes);

        drop(last->before);
    }
}

static scim_error_t *memory_transact(void *directory, int writes, scim_work_fn work,
                                     void *baton, apr_pool_t *pool)
{
    const directory_t *opened = directory;
    scim_session_t session = {opened, writes};
    scim_error_t *error;

    apr_thread_mutex_lock(opened->world->mutex);
    error = work(&session, baton, pool);
    if (error) {
        undo(opened->world);
    } else {
        keep(opened->world);
    }
    apr_thread_mutex_unlock(opened->world->mutex);
    return error;
}

/* ---- reading -------------------------------------------------------------- */

static scim_error_t *memory_get(scim_session_t *session, const char *type, const char *id,
                                scim_record_t **record, apr_pool_t *pool)
{
    const entry_t *entry = find_entry(session->directory, type, id);

    *record = entry ? copy_record(entry->record, pool) : NULL;
    return NULL;
}

static scim_error_t *memory_find(scim_session_t *session, const char *type, scim_key_t key,
                                 const char *value, scim_record_t **record, apr_pool_t *pool)
{
    const entry_t *entry = find_by_key(session->directory, type, key, value);

    *record = entry ? copy_record(entry->record, pool) : NULL;
    return NULL;
}

static scim_error_t *memory_list(scim_session_t *session, const scim_query_t *query,
                                 scim_record_fn each, void *baton, apr_int64_t *total,
                                 apr_pool_t *pool)
{
    const world_t *world = session->directory->world;
    apr_int64_t scanned = 0, found = 0;
    apr_pool_t *scratch;
    int i;

    apr_pool_create(&scratch, pool);
    for (i = 0; i < world->entries->nelts; i++) {
        const entry_t *entry = entry_at(world, i);
        const scim_query_part_t *part = scim_provider_part(query, entry->record->type);
        int yes = 1;

        if (part == NULL || entry->record->deleted
            || !is_in(entry, session->directory, part->type)) {
            continue;
        }
        apr_pool_clear(scratch);
        if (part->filter && scanned++ >= query->max_scan) {
            return scim_provider_too_many(query, pool);
        }
        if (part->filter) {
            SCIM_TRY(query->matches(&yes, query->baton, session, entry->record, scratch));
        }
        if (yes && scim_provider_on_page(query, found)) {
            SCIM_TRY(each(baton, copy_record(entry->record, scratch), scratch));
        }
        found += yes != 0;
    }
    apr_pool_destroy(scratch);
    *total = found;
    return NULL;
}

/* ---- writing -------------------------------------------------------------- */

static scim_error_t *memory_insert(scim_session_t *session, const scim_record_t *record,
                                   scim_outcome_t *outcome, apr_pool_t *pool)
{
    const directory_t *directory = session->directory;
    int at;

    SCIM_TRY(scim_provider_check_write(session->writes, record, pool));
    if (seek(directory->world, record->id, &at) || is_taken(directory, record)) {
        *outcome = SCIM_TAKEN;
        return NULL;
    }
    change(directory->world, NULL, make_entry(directory, record));
    *outcome = SCIM_STORED;
    return NULL;
}

static scim_error_t *memory_update(scim_session_t *session, const scim_record_t *record,
                                   apr_int64_t expected, scim_outcome_t *outcome,
                                   apr_pool_t *pool)
{
    const directory_t *directory = session->directory;
    entry_t *before = find_entry(directory, record->type, record->id), *after;

    SCIM_TRY(scim_provider_check_write(session->writes, record, pool));
    if (before == NULL) {
        *outcome = SCIM_ABSENT;
    } else if (before->record->version != expected) {
        *outcome = SCIM_STALE;
    } else if (is_taken(directory, record)) {
        *outcome = SCIM_TAKEN;
    } else {
        after = make_entry(directory, record);
        after->record->created = before->record->created;
        change(directory->world, before, after);
        *outcome = SCIM_STORED;
    }
    return NULL;
}

static scim_error_t *memory_remove(scim_session_t *session, const char *type, const char *id,
                                   apr_int64_t expected, scim_outcome_t *outcome,
                                   apr_pool_t *pool)
{
    entry_t *before = find_entry(session->directory, type, id);

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    if (before == NULL) {
        *outcome = SCIM_ABSENT;
    } else if (before->record->version != expected) {
        *outcome = SCIM_STALE;
    } else {
        change(session->directory->world, before, NULL);
        *outcome = SCIM_STORED;
    }
    return NULL;
}

const scim_directory_provider_t scim_memory_provider = {
    .open = memory_open,
    .transact = memory_transact,
    .get = memory_get,
    .find = memory_find,
    .list = memory_list,
    .insert = memory_insert,
    .update = memory_update,
    .remove = memory_remove,
};
