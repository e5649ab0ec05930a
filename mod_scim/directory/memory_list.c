#include "directory/memory_list.h"

#include "directory/finds.h"
#include "directory/provider.h"

/* The records that match, for the page to be cut out of. */
typedef struct search_t {
    scim_session_t *session;
    const scim_query_t *query;
    scim_finds_t *finds;
    apr_int64_t asked;
    apr_pool_t *scratch;
    apr_pool_t *pool;
} search_t;

static scim_error_t *look_at(search_t *search, const entry_t *entry,
                             const scim_query_part_t *part)
{
    const scim_query_t *query = search->query;
    const scim_record_t *record;
    const char *key = NULL;
    int yes = 1;

    apr_pool_clear(search->scratch);
    if ((part->filter || query->order) && search->asked++ >= query->max_scan) {
        return scim_provider_too_many(query, search->pool);
    }
    record = scim_world_read(search->session->directory->world, entry, search->scratch);
    if (part->filter) {
        SCIM_TRY(query->matches(&yes, query->baton, search->session, record, search->scratch));
    }
    if (yes && query->order) {
        SCIM_TRY(query->order->key(&key, query->baton, record, search->scratch));
    }
    if (yes) {
        scim_finds_add(search->finds, key, record->id);
    }
    return NULL;
}

static scim_error_t *look_at_all(search_t *search)
{
    const directory_t *directory = search->session->directory;
    const world_t *world = directory->world;
    int i;

    for (i = 0; i < world->entries->nelts; i++) {
        const entry_t *entry = scim_world_entry_at(world, i);
        const scim_query_part_t *part = scim_provider_part(search->query, entry->record->type);

        if (part && (search->query->with_deleted || !entry->record->deleted)
            && scim_world_is_in(entry, directory, NULL)) {
            SCIM_TRY(look_at(search, entry, part));
        }
    }
    return NULL;
}

scim_error_t *scim_memory_list(scim_session_t *session, const scim_query_t *query,
                               scim_record_fn each, void *baton, apr_int64_t *total,
                               apr_pool_t *pool)
{
    search_t search = {session, query, scim_finds_make(query, pool), 0, NULL, pool};
    const scim_find_t *page;
    int i, count;

    apr_pool_create(&search.scratch, pool);
    SCIM_TRY(look_at_all(&search));
    *total = search.finds->list->nelts;
    page = scim_finds_page(search.finds, &count);
    for (i = 0; i < count; i++) {
        const entry_t *entry = scim_world_find(session->directory, NULL, page[i].id);

        apr_pool_clear(search.scratch);
        SCIM_TRY(each(baton, scim_world_read(session->directory->world, entry, search.scratch),
                      search.scratch));
    }
    apr_pool_destroy(search.scratch);
    return NULL;
}
