/*
 * memory_world.h - the insides of memory.h: records and memberships of all directories of one
 * pool, and the log of changes that makes units of work undoable.
 */
#ifndef SCIM_MEMORY_WORLD_H
#define SCIM_MEMORY_WORLD_H

#include <apr_hash.h>
#include <apr_tables.h>
#include <apr_thread_mutex.h>

#include "mod_scim.h"

/* A record, in a pool of its own, so that it can go without the others. */
typedef struct entry_t {
    const char *directory;
    scim_record_t *record;
    apr_int64_t number; /* the same as long as it is there, and that of no other */
    apr_pool_t *pool;
} entry_t;

/* A membership. */
typedef struct pair_t {
    char group[SCIM_ID_LENGTH + 1];
    char member[SCIM_ID_LENGTH + 1];
    struct pair_t *next; /* of those that are free */
} pair_t;

/* Everything that was opened in one pool. */
typedef struct world_t {
    apr_thread_mutex_t *mutex;   /* held during a unit of work */
    apr_array_header_t *entries; /* of entry_t *, in the order of their ids */
    apr_array_header_t *pairs;   /* of pair_t *, in the order of group and member */
    apr_array_header_t *changes; /* what to undo, the latest last */
    apr_hash_t *secrets;         /* directory's name -> its bytes */
    pair_t *free;
    apr_int64_t numbers; /* how many have been given out */
    apr_pool_t *pool;
} world_t;

typedef struct directory_t {
    world_t *world;
    const char *name;
} directory_t;

struct scim_session_t {
    const directory_t *directory;
    int writes;
};

/* The world of a pool, made when it is first asked for. */
scim_error_t *scim_world_open(world_t **world, apr_pool_t *pool);

/* ---- records ---- */

entry_t *scim_world_entry_at(const world_t *world, int at);

/* Where the id is, or where it would be; 1 when it is there. */
int scim_world_seek(const world_t *world, const char *id, int *at);

/* The directory's entry with this id, of this type if it is not NULL; or NULL. */
entry_t *scim_world_find(const directory_t *directory, const char *type, const char *id);

int scim_world_is_in(const entry_t *entry, const directory_t *directory, const char *type);

/* A new entry, which is nowhere yet. */
entry_t *scim_world_make(const directory_t *directory, const scim_record_t *record);

/* Puts `after` in the place of `before`; either may be NULL. */
void scim_world_change(world_t *world, entry_t *before, entry_t *after);

/* An entry's record as it is read. */
scim_record_t *scim_world_read(const world_t *world, const entry_t *entry, apr_pool_t *pool);

/* The directory's entry with this number, or NULL. */
entry_t *scim_world_numbered(const directory_t *directory, apr_int64_t number);

/* The entry again with a new version and time of change. */
void scim_world_touch(const directory_t *directory, entry_t *entry, apr_time_t modified);

/* ---- memberships ---- */

/* Where the pair is, or where it would be; 1 when it is there. */
int scim_world_seek_pair(const world_t *world, const char *group, const char *member, int *at);

pair_t *scim_world_pair_at(const world_t *world, int at);

/* Puts a pair at its place. */
void scim_world_add_pair(world_t *world, int at, const char *group, const char *member);

void scim_world_remove_pair(world_t *world, int at);

/* 1 when some group has the member. */
int scim_world_is_grouped(const world_t *world, const char *member);

/* ---- units of work ---- */

/* How much has been changed: what scim_world_undo() goes back to. */
int scim_world_mark(const world_t *world);

void scim_world_undo(world_t *world, int mark);

void scim_world_keep(world_t *world);

#endif
