#include "directory/memory.h"

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/error.h"
#include "directory/memory_list.h"
#include "directory/memory_members.h"
#include "directory/provider.h"

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
        entry_t *entry = scim_world_entry_at(directory->world, i);
        const char *found = key_of(entry->record, key);

        if (found && scim_world_is_in(entry, directory, type) && strcmp(found, value) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* 1 when a record other than the one with this id has its name. */
static int is_taken(const directory_t *directory, const scim_record_t *record)
{
    const entry_t *other;

    if (record->local_key == NULL) {
        return 0;
    }
    other = find_by_key(directory, record->type, SCIM_KEY_LOCAL, record->local_key);
    return other && strcmp(other->record->id, record->id) != 0;
}

/* ---- opening and units of work -------------------------------------------- */

static scim_error_t *memory_open(void **directory, const char *name,
                                 const scim_indexed_attribute_t *indexed, int count,
                                 void *server, apr_pool_t *pool)
{
    directory_t *opened = apr_palloc(pool, sizeof(*opened));

    (void)indexed, (void)count, (void)server;
    SCIM_TRY(scim_world_open(&opened->world, pool));
    opened->name = apr_pstrdup(pool, name);
    *directory = opened;
    return NULL;
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
        scim_world_undo(opened->world, 0);
    } else {
        scim_world_keep(opened->world);
    }
    apr_thread_mutex_unlock(opened->world->mutex);
    return error;
}

static scim_error_t *memory_nest(scim_session_t *session, scim_work_fn work, void *baton,
                                 apr_pool_t *pool)
{
    world_t *world = session->directory->world;
    int mark = scim_world_mark(world);
    scim_error_t *error = work(session, baton, pool);

    if (error) {
        scim_world_undo(world, mark);
    }
    return error;
}

static scim_error_t *memory_secret(scim_session_t *session, unsigned char bytes[32],
                                   apr_pool_t *pool)
{
    const directory_t *directory = session->directory;
    apr_hash_t *secrets = directory->world->secrets;
    unsigned char *secret = apr_hash_get(secrets, directory->name, APR_HASH_KEY_STRING);

    if (secret == NULL) {
        secret = apr_palloc(directory->world->pool, SCIM_SECRET_LENGTH);
        SCIM_TRY(scim_provider_random(secret, pool));
        apr_hash_set(secrets, directory->name, APR_HASH_KEY_STRING, secret);
    }
    memcpy(bytes, secret, SCIM_SECRET_LENGTH);
    return NULL;
}

/* ---- reading -------------------------------------------------------------- */

static scim_error_t *memory_get(scim_session_t *session, const char *type, const char *id,
                                scim_record_t **record, apr_pool_t *pool)
{
    const entry_t *entry = scim_world_find(session->directory, type, id);

    *record = entry ? scim_world_read(session->directory->world, entry, pool) : NULL;
    return NULL;
}

static scim_error_t *memory_find(scim_session_t *session, const char *type, scim_key_t key,
                                 const char *value, scim_record_t **record, apr_pool_t *pool)
{
    const entry_t *entry = find_by_key(session->directory, type, key, value);

    *record = entry ? scim_world_read(session->directory->world, entry, pool) : NULL;
    return NULL;
}

/* ---- writing -------------------------------------------------------------- */

static scim_error_t *memory_insert(scim_session_t *session, const scim_record_t *record,
                                   scim_outcome_t *outcome, apr_pool_t *pool)
{
    const directory_t *directory = session->directory;
    int at;

    SCIM_TRY(scim_provider_check_write(session->writes, record, pool));
    if (scim_world_seek(directory->world, record->id, &at) || is_taken(directory, record)) {
        *outcome = SCIM_TAKEN;
        return NULL;
    }
    scim_world_change(directory->world, NULL, scim_world_make(directory, record));
    *outcome = SCIM_STORED;
    return NULL;
}

static scim_error_t *memory_update(scim_session_t *session, const scim_record_t *record,
                                   apr_int64_t expected, scim_outcome_t *outcome,
                                   apr_pool_t *pool)
{
    const directory_t *directory = session->directory;
    entry_t *before = scim_world_find(directory, record->type, record->id), *after;

    SCIM_TRY(scim_provider_check_write(session->writes, record, pool));
    if (before == NULL) {
        *outcome = SCIM_ABSENT;
    } else if (before->record->version != expected) {
        *outcome = SCIM_STALE;
    } else if (is_taken(directory, record)) {
        *outcome = SCIM_TAKEN;
    } else {
        after = scim_world_make(directory, record);
        after->record->created = before->record->created;
        after->record->not_before =
            scim_provider_comes_back(before->record->active, before->record->deleted, record)
                ? record->modified
                : before->record->not_before;
        if (scim_provider_shown_anew(before->record->deleted, before->record->display,
                                     after->record)) {
            scim_memory_touch_groups(directory, record->id, record->modified);
        }
        if (scim_provider_leaves_groups(before->record->deleted, after->record)) {
            scim_memory_end_memberships(directory->world, record->id);
        }
        scim_world_change(directory->world, before, after);
        *outcome = SCIM_STORED;
    }
    return NULL;
}

static scim_error_t *memory_remove(scim_session_t *session, const char *type, const char *id,
                                   apr_int64_t expected, scim_outcome_t *outcome,
                                   apr_pool_t *pool)
{
    entry_t *before = scim_world_find(session->directory, type, id);

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    if (before == NULL) {
        *outcome = SCIM_ABSENT;
    } else if (before->record->version != expected) {
        *outcome = SCIM_STALE;
    } else {
        scim_memory_touch_groups(session->directory, id, apr_time_now());
        scim_memory_end_memberships(session->directory->world, id);
        scim_world_change(session->directory->world, before, NULL);
        *outcome = SCIM_STORED;
    }
    return NULL;
}

static scim_error_t *memory_touch(scim_session_t *session, const char *type, const char *id,
                                  apr_time_t modified, apr_int64_t *version,
                                  scim_outcome_t *outcome, apr_pool_t *pool)
{
    entry_t *entry = scim_world_find(session->directory, type, id);

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    *outcome = entry ? SCIM_STORED : SCIM_ABSENT;
    if (entry) {
        *version = entry->record->version + 1;
        scim_world_touch(session->directory, entry, modified);
    }
    return NULL;
}

const scim_directory_provider_t scim_memory_provider = {
    .open = memory_open,
    .transact = memory_transact,
    .get = memory_get,
    .find = memory_find,
    .list = scim_memory_list,
    .insert = memory_insert,
    .update = memory_update,
    .remove = memory_remove,
    .touch = memory_touch,
    .nest = memory_nest,
    .add_members = scim_memory_add_members,
    .remove_members = scim_memory_remove_members,
    .members = scim_memory_members,
    .groups_of = scim_memory_groups_of,
    .is_member = scim_memory_is_member,
    .secret = memory_secret,
};
