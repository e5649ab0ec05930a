#include "directory/memory_members.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "directory/provider.h"

/* The record that may be shown as a member, or NULL. */
static const scim_record_t *visible(const directory_t *directory, const char *id)
{
    const entry_t *entry = scim_world_find(directory, NULL, id);

    return entry && !entry->record->deleted ? entry->record : NULL;
}

/* Where a group's pairs begin. */
static int first_pair(const world_t *world, const char *group)
{
    int at;

    scim_world_seek_pair(world, group, "", &at);
    return at;
}

/* The pair at this place, if it is of the group. */
static const pair_t *pair_of(const world_t *world, int at, const char *group)
{
    const pair_t *pair = at < world->pairs->nelts ? scim_world_pair_at(world, at) : NULL;

    return pair && strcmp(pair->group, group) == 0 ? pair : NULL;
}

/* Whether the record may become a member. */
static int may_join(const directory_t *directory, const char *id, const char *group,
                    const char *const *types)
{
    const scim_record_t *record = visible(directory, id);
    int i;

    for (i = 0; record && types && types[i] && strcmp(types[i], record->type) != 0; i++) {
    }
    return record && strcmp(id, group) != 0 && (types == NULL || types[i]);
}

scim_error_t *scim_memory_add_members(scim_session_t *session, const char *group,
                                      const char *const *ids, int count,
                                      const char *const *types, apr_int64_t *changed,
                                      apr_array_header_t *unknown, apr_pool_t *pool)
{
    const directory_t *directory = session->directory;
    int there = scim_world_find(directory, NULL, group) != NULL, i, at;

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    *changed = 0;
    for (i = 0; i < count; i++) {
        if (!may_join(directory, ids[i], group, types)) {
            if (unknown) {
                APR_ARRAY_PUSH(unknown, const char *) = ids[i];
            }
        } else if (there && !scim_world_seek_pair(directory->world, group, ids[i], &at)) {
            scim_world_add_pair(directory->world, at, group, ids[i]);
            ++*changed;
        }
    }
    return NULL;
}

static apr_int64_t remove_all(world_t *world, const char *group)
{
    int at = first_pair(world, group), count = 0;

    for (; pair_of(world, at, group); count++) {
        scim_world_remove_pair(world, at);
    }
    return count;
}

scim_error_t *scim_memory_remove_members(scim_session_t *session, const char *group,
                                         const char *const *ids, int count,
                                         apr_int64_t *changed, apr_pool_t *pool)
{
    const directory_t *directory = session->directory;
    int i, at;

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    *changed = 0;
    if (!scim_world_find(directory, NULL, group)) {
        return NULL;
    }
    if (ids == NULL) {
        *changed = remove_all(directory->world, group);
        return NULL;
    }
    for (i = 0; i < count; i++) {
        if (scim_world_seek_pair(directory->world, group, ids[i], &at)) {
            scim_world_remove_pair(directory->world, at);
            ++*changed;
        }
    }
    return NULL;
}

static scim_error_t *show(const scim_record_t *record, scim_member_t member,
                          scim_member_fn each, void *baton, apr_pool_t *scratch)
{
    apr_pool_clear(scratch);
    member.id = apr_pstrdup(scratch, record->id);
    member.type = apr_pstrdup(scratch, record->type);
    member.display = apr_pstrdup(scratch, record->display);
    return each(baton, &member, scratch);
}

scim_error_t *scim_memory_members(scim_session_t *session, const char *group, const char *after,
                                  apr_int64_t count, scim_member_fn each, void *baton,
                                  apr_pool_t *pool)
{
    const directory_t *directory = session->directory;
    const world_t *world = directory->world;
    const scim_record_t *record;
    const pair_t *pair;
    apr_pool_t *scratch;
    int at;

    if (!scim_world_find(directory, NULL, group)) {
        return NULL;
    }
    if (after == NULL) {
        at = first_pair(world, group);
    } else if (scim_world_seek_pair(world, group, after, &at)) {
        at++;
    }
    apr_pool_create(&scratch, pool);
    for (; count > 0 && (pair = pair_of(world, at, group)); at++) {
        record = visible(directory, pair->member);
        if (record) {
            SCIM_TRY(show(record, (scim_member_t){.indirect = 0}, each, baton, scratch));
            count--;
        }
    }
    apr_pool_destroy(scratch);
    return NULL;
}

/* A group that was come upon. */
typedef struct found_t {
    const scim_record_t *record;
    int indirect;
} found_t;

/* Adds the groups that have the member and are not there yet. */
static void climb(apr_array_header_t *found, const directory_t *directory, const char *member,
                  const char *start, int indirect)
{
    const world_t *world = directory->world;
    const scim_record_t *group;
    int i, j;

    for (i = 0; i < world->pairs->nelts; i++) {
        const pair_t *pair = scim_world_pair_at(world, i);

        if (strcmp(pair->member, member) != 0 || strcmp(pair->group, start) == 0
            || (group = visible(directory, pair->group)) == NULL) {
            continue;
        }
        for (j = 0; j < found->nelts && APR_ARRAY_IDX(found, j, found_t).record != group; j++) {
        }
        if (j == found->nelts) {
            found_t *one = apr_array_push(found);

            one->record = group;
            one->indirect = indirect;
        }
    }
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const found_t *)a)->record->id, ((const found_t *)b)->record->id);
}

/* The groups of one member, in the order of their ids. */
static apr_array_header_t *find_groups(const directory_t *directory, const char *member,
                                       apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 8, sizeof(found_t));
    int i;

    climb(found, directory, member, member, 0);
    for (i = 0; i < found->nelts; i++) {
        climb(found, directory, APR_ARRAY_IDX(found, i, found_t).record->id, member, 1);
    }
    if (found->nelts > 0) {
        qsort(found->elts, (size_t)found->nelts, sizeof(found_t), by_id);
    }
    return found;
}

scim_error_t *scim_memory_groups_of(scim_session_t *session, const apr_int64_t *members,
                                    int count, scim_member_fn each, void *baton,
                                    apr_pool_t *pool)
{
    apr_pool_t *scratch, *batch;
    int i, person;

    apr_pool_create(&batch, pool);
    apr_pool_create(&scratch, pool);
    for (person = 0; person < count; person++) {
        const entry_t *entry = scim_world_numbered(session->directory, members[person]);
        const apr_array_header_t *found;

        apr_pool_clear(batch);
        found = entry ? find_groups(session->directory, entry->record->id, batch)
                      : apr_array_make(batch, 1, sizeof(found_t));
        for (i = 0; i < found->nelts; i++) {
            const found_t *one = &APR_ARRAY_IDX(found, i, found_t);

            SCIM_TRY(show(one->record,
                          (scim_member_t){.indirect = one->indirect, .person = person}, each,
                          baton, scratch));
        }
    }
    apr_pool_destroy(scratch);
    apr_pool_destroy(batch);
    return NULL;
}

scim_error_t *scim_memory_is_member(int *yes, scim_session_t *session, const char *group,
                                    const char *member, apr_pool_t *pool)
{
    int at;

    (void)pool;
    *yes = visible(session->directory, member) != NULL
           && visible(session->directory, group) != NULL
           && scim_world_seek_pair(session->directory->world, group, member, &at);
    return NULL;
}

void scim_memory_touch_groups(const directory_t *directory, const char *member,
                              apr_time_t modified)
{
    const world_t *world = directory->world;
    int i;

    for (i = 0; i < world->pairs->nelts; i++) {
        const pair_t *pair = scim_world_pair_at(world, i);
        entry_t *group = scim_world_find(directory, NULL, pair->group);

        if (strcmp(pair->member, member) == 0 && group) {
            scim_world_touch(directory, group, modified);
        }
    }
}

void scim_memory_end_memberships(world_t *world, const char *id)
{
    int i;

    remove_all(world, id);
    for (i = world->pairs->nelts - 1; i >= 0; i--) {
        if (strcmp(scim_world_pair_at(world, i)->member, id) == 0) {
            scim_world_remove_pair(world, i);
        }
    }
}
