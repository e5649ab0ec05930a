#include "directory/dbd/store.h"

#include <apr_strings.h>

#include "directory/dbd/list.h"
#include "directory/dbd/records.h"
#include "directory/dbd/tables.h"

typedef struct store_t {
    const char *name;
    const scim_source_t *source;
    scim_known_t *known;
} store_t;

typedef struct work_t {
    const store_t *store;
    int writes;
    scim_work_fn work;
    void *baton;
    const char *directory; /* its number on the connection in use */
} work_t;

scim_error_t *scim_store_open(void **directory, const char *name, const scim_source_t *source,
                              apr_pool_t *pool)
{
    store_t *store = apr_pcalloc(pool, sizeof(*store));

    store->name = apr_pstrdup(pool, name);
    store->source = source;
    store->known = scim_known_open(pool);
    *directory = store;
    return NULL;
}

static scim_error_t *ready(scim_connection_t *connection, void *baton, apr_pool_t *pool)
{
    work_t *work = baton;

    return scim_tables_directory(&work->directory, connection, work->store->name, pool);
}

static scim_error_t *run(scim_connection_t *connection, void *baton, apr_pool_t *pool)
{
    const work_t *work = baton;
    scim_session_t session = {connection, work->directory, work->writes};

    return work->work(&session, work->baton, pool);
}

static scim_error_t *store_transact(void *directory, int writes, scim_work_fn fn, void *baton,
                                    apr_pool_t *pool)
{
    const store_t *store = directory;
    work_t work = {store, writes, fn, baton, NULL};
    scim_unit_t unit = {.source = store->source,
                        .writes = writes,
                        .known = store->known,
                        .ready = ready,
                        .work = run,
                        .baton = &work};

    return scim_connection_run(&unit, pool);
}

static scim_error_t *store_get(scim_session_t *session, const char *type, const char *id,
                               scim_record_t **record, apr_pool_t *pool)
{
    const char *args[] = {id, session->directory, type};

    return scim_records_first(record, session,
                              "SELECT " SCIM_RECORD_COLUMNS
                              " FROM scim_resources WHERE id = %s "
                              "AND directory = %s AND type = %s",
                              args, 3, type, pool);
}

static scim_error_t *store_find(scim_session_t *session, const char *type, scim_key_t key,
                                const char *value, scim_record_t **record, apr_pool_t *pool)
{
    static const struct {
        scim_index_t index;
        const char *condition;
    } keys[] = {
        [SCIM_KEY_LOCAL] = {SCIM_INDEX_LOCAL, " AND local_key = %s"},
        [SCIM_KEY_EXTERNAL_ID] = {SCIM_INDEX_EXTERNAL, " AND external_id = %s"},
    };
    const char *args[] = {session->directory, type, value};
    const char *sql = apr_pstrcat(pool, "SELECT " SCIM_RECORD_COLUMNS " FROM ",
                                  session->connection->sql->from[keys[key].index],
                                  " WHERE directory = %s AND type = %s", keys[key].condition,
                                  " ORDER BY id LIMIT 1", NULL);

    return scim_records_first(record, session, sql, args, 3, type, pool);
}

const scim_directory_provider_t scim_store_provider = {
    .transact = store_transact,
    .get = store_get,
    .find = store_find,
    .list = scim_list_run,
    .insert = scim_records_insert,
    .update = scim_records_update,
    .remove = scim_records_remove,
};
