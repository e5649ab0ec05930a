#include "directory/memory_world.h"

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/error.h"

/* A write of the unit of work that is going on. */
typedef struct change_t {
    entry_t *before; /* NULL: there was none */
    entry_t *after;  /* NULL: there is none */
    pair_t *added;   /* instead of these two; it is in its place */
    pair_t *removed; /* or it is not */
} change_t;

#define WORLD "mod_scim:memory"

scim_error_t *scim_world_open(world_t **world, apr_pool_t *pool)
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
    (*world)->pairs = apr_array_make(pool, 64, sizeof(pair_t *));
    (*world)->changes = apr_array_make(pool, 16, sizeof(change_t));
    (*world)->secrets = apr_hash_make(pool);
    if (apr_thread_mutex_create(&(*world)->mutex, APR_THREAD_MUTEX_DEFAULT, pool)
        != APR_SUCCESS) {
        return scim_error_create(pool, 503, NULL, "The directory cannot be opened.");
    }
    apr_pool_userdata_setn(*world, WORLD, NULL, pool);
    return NULL;
}

/* ---- records -------------------------------------------------------------- */

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
    copy->display = apr_pstrdup(pool, record->display);
    copy->document = apr_pstrmemdup(pool, record->document, record->document_length);
    copy->active = record->active != 0;
    copy->deleted = record->deleted != 0;
    copy->grouped = 0;
    copy->terms = NULL;
    copy->term_count = 0;
    return copy;
}

scim_record_t *scim_world_read(const world_t *world, const entry_t *entry, apr_pool_t *pool)
{
    scim_record_t *copy = copy_record(entry->record, pool);

    copy->grouped = scim_world_is_grouped(world, copy->id) ? entry->number : 0;
    return copy;
}

entry_t *scim_world_make(const directory_t *directory, const scim_record_t *record)
{
    apr_pool_t *pool;
    entry_t *entry;

    apr_pool_create(&pool, directory->world->pool);
    entry = apr_palloc(pool, sizeof(*entry));
    entry->directory = directory->name;
    entry->record = copy_record(record, pool);
    entry->number = 0;
    entry->pool = pool;
    return entry;
}

entry_t *scim_world_entry_at(const world_t *world, int at)
{
    return APR_ARRAY_IDX(world->entries, at, entry_t *);
}

int scim_world_seek(const world_t *world, const char *id, int *at)
{
    int low = 0, high = world->entries->nelts;

    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = strcmp(scim_world_entry_at(world, middle)->record->id, id);

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

int scim_world_is_in(const entry_t *entry, const directory_t *directory, const char *type)
{
    return strcmp(entry->directory, directory->name) == 0
           && (type == NULL || strcmp(entry->record->type, type) == 0);
}

entry_t *scim_world_find(const directory_t *directory, const char *type, const char *id)
{
    entry_t *entry;
    int at;

    if (!scim_world_seek(directory->world, id, &at)) {
        return NULL;
    }
    entry = scim_world_entry_at(directory->world, at);
    return scim_world_is_in(entry, directory, type) ? entry : NULL;
}

entry_t *scim_world_numbered(const directory_t *directory, apr_int64_t number)
{
    int i;

    for (i = 0; i < directory->world->entries->nelts; i++) {
        entry_t *entry = scim_world_entry_at(directory->world, i);

        if (entry->number == number) {
            return scim_world_is_in(entry, directory, NULL) ? entry : NULL;
        }
    }
    return NULL;
}

/* Makes room for a pointer, or closes the gap that one leaves. */
static void *shift(apr_array_header_t *list, int at, int by)
{
    void **elements;

    if (by > 0) {
        apr_array_push(list);
    }
    elements = (void **)list->elts + at;
    memmove(elements + (by > 0), elements + (by < 0),
            sizeof(*elements) * (size_t)(list->nelts - at - 1));
    if (by < 0) {
        list->nelts--;
    }
    return elements;
}

static void put(world_t *world, const entry_t *before, entry_t *after)
{
    int at;

    scim_world_seek(world, (after ? after : before)->record->id, &at);
    if (before && after) {
        APR_ARRAY_IDX(world->entries, at, entry_t *) = after;
    } else if (after) {
        *(entry_t **)shift(world->entries, at, 1) = after;
    } else {
        shift(world->entries, at, -1);
    }
}

static change_t *note(world_t *world)
{
    change_t *made = apr_array_push(world->changes);

    memset(made, 0, sizeof(*made));
    return made;
}

void scim_world_change(world_t *world, entry_t *before, entry_t *after)
{
    change_t *made = note(world);

    made->before = before;
    made->after = after;
    if (after) {
        after->number = before ? before->number : ++world->numbers;
    }
    put(world, before, after);
}

void scim_world_touch(const directory_t *directory, entry_t *entry, apr_time_t modified)
{
    entry_t *after = scim_world_make(directory, entry->record);

    after->record->version++;
    after->record->modified = modified;
    scim_world_change(directory->world, entry, after);
}

/* ---- memberships ---------------------------------------------------------- */

pair_t *scim_world_pair_at(const world_t *world, int at)
{
    return APR_ARRAY_IDX(world->pairs, at, pair_t *);
}

int scim_world_seek_pair(const world_t *world, const char *group, const char *member, int *at)
{
    int low = 0, high = world->pairs->nelts;

    while (low < high) {
        int middle = low + (high - low) / 2;
        const pair_t *pair = scim_world_pair_at(world, middle);
        int order = strcmp(pair->group, group);

        order = order ? order : strcmp(pair->member, member);
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

void scim_world_add_pair(world_t *world, int at, const char *group, const char *member)
{
    pair_t *pair = world->free;

    if (pair) {
        world->free = pair->next;
    } else {
        pair = apr_palloc(world->pool, sizeof(*pair));
    }
    apr_cpystrn(pair->group, group, sizeof(pair->group));
    apr_cpystrn(pair->member, member, sizeof(pair->member));
    *(pair_t **)shift(world->pairs, at, 1) = pair;
    note(world)->added = pair;
}

void scim_world_remove_pair(world_t *world, int at)
{
    note(world)->removed = scim_world_pair_at(world, at);
    shift(world->pairs, at, -1);
}

int scim_world_is_grouped(const world_t *world, const char *member)
{
    int i;

    for (i = 0; i < world->pairs->nelts; i++) {
        if (strcmp(scim_world_pair_at(world, i)->member, member) == 0) {
            return 1;
        }
    }
    return 0;
}

/* ---- units of work -------------------------------------------------------- */

static void drop(entry_t *entry)
{
    if (entry) {
        apr_pool_destroy(entry->pool);
    }
}

static void release(world_t *world, pair_t *pair)
{
    if (pair) {
        pair->next = world->free;
        world->free = pair;
    }
}

int scim_world_mark(const world_t *world)
{
    return world->changes->nelts;
}

static void undo_one(world_t *world, const change_t *change)
{
    int at;

    if (change->added) {
        scim_world_seek_pair(world, change->added->group, change->added->member, &at);
        shift(world->pairs, at, -1);
        release(world, change->added);
    } else if (change->removed) {
        scim_world_seek_pair(world, change->removed->group, change->removed->member, &at);
        *(pair_t **)shift(world->pairs, at, 1) = change->removed;
    } else {
        put(world, change->after, change->before);
        drop(change->after);
    }
}

void scim_world_undo(world_t *world, int mark)
{
    while (world->changes->nelts > mark) {
        undo_one(world, apr_array_pop(world->changes));
    }
}

void scim_world_keep(world_t *world)
{
    while (world->changes->nelts > 0) {
        change_t *last = apr_array_pop(world->changes);

        drop(last->before);
        release(world, last->removed);
    }
}
