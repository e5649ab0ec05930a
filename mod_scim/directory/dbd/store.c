#include "directory/dbd/store.h"

#include <apr_escape.h>
#include <apr_strings.h>

#include "directory/dbd/company.h"
#include "directory/dbd/groups.h"
#include "directory/dbd/list.h"
#include "directory/dbd/members.h"
#include "directory/dbd/records.h"
#include "directory/dbd/tables.h"
#include "directory/provider.h"

typedef struct store_t {
    scim_catalogue_t catalogue;
    const scim_source_t *source;
    scim_known_t *known;
    scim_places_t *places;
    scim_company_t *company;
} store_t;

/* How many writes of one unit are worth settings, and a transaction, of their own. */
#define MANY 8

typedef struct work_t {
    const store_t *store;
    int writes;
    scim_work_fn work;
    void *baton;
    scim_shelf_t *shelf; /* on the connection in use */
} work_t;

scim_error_t *scim_store_open(void **directory, const char *name, const scim_source_t *source,
                              const scim_indexed_attribute_t *indexed, int count,
                              apr_pool_t *pool)
{
    store_t *store = apr_pcalloc(pool, sizeof(*store));

    store->catalogue.name = apr_pstrdup(pool, name);
    store->catalogue.indexed = indexed;
    store->catalogue.indexed_count = count;
    store->source = source;
    store->known = scim_known_open(pool);
    store->places = scim_places_open(pool);
    SCIM_TRY(scim_company_create(&store->company, pool));
    *directory = store;
    return NULL;
}

static scim_error_t *prepare_for(scim_connection_t *c, int many, apr_pool_t *pool)
{
    const char *const *statement = many ? c->sql->many : c->sql->few;

    if (statement == NULL || c->many == many) {
        return NULL;
    }
    c->many = many;
    for (; *statement; statement++) {
        SCIM_TRY(scim_connection_execute(c, *statement, pool));
    }
    return NULL;
}

static scim_error_t *ready(scim_connection_t *connection, void *baton, apr_pool_t *pool)
{
    work_t *work = baton;

    SCIM_TRY(prepare_for(connection, work->writes >= MANY, pool));
    return scim_tables_directory(&work->shelf, connection, &work->store->catalogue,
                                 work->writes, pool);
}

static scim_error_t *run(scim_connection_t *connection, void *baton, apr_pool_t *pool)
{
    const work_t *work = baton;
    scim_session_t session = {.connection = connection,
                              .catalogue = &work->store->catalogue,
                              .shelf = work->shelf,
                              .places = work->store->places,
                              .directory = work->shelf->number,
                              .writes = work->writes,
                              .pool = pool};

    if (work->writes) {
        SCIM_TRY(scim_tables_forsake(connection, session.catalogue, work->shelf, session.pool));
    }
    SCIM_TRY(work->work(&session, work->baton, pool));
    return prepare_for(connection, 0, pool);
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
                        .baton = &work,
                        .company = writes < MANY ? store->company : NULL};

    return scim_connection_run(&unit, pool);
}

static scim_error_t *begin_part(scim_session_t *session, const char *name, apr_pool_t *pool)
{
    const char *sql = apr_pstrcat(pool, "SAVEPOINT ", name, NULL);

    if (session->left && session->depth == 1) {
        sql = session->connection->sql->next_savepoint;
    }
    return scim_connection_execute(session->connection, sql, pool);
}

/* The next part may do it, and the end of the transaction does. */
static scim_error_t *end_part(scim_session_t *session, const char *name, apr_pool_t *pool)
{
    if (session->depth == 1 && session->connection->sql->next_savepoint) {
        session->left = 1;
        return NULL;
    }
    return scim_connection_execute(session->connection,
                                   apr_pstrcat(pool, "RELEASE SAVEPOINT ", name, NULL), pool);
}

/* After an error of the database nothing runs any more, and the whole unit ends. */
static scim_error_t *store_nest(scim_session_t *session, scim_work_fn work, void *baton,
                                apr_pool_t *pool)
{
    scim_connection_t *c = session->connection;
    const char *name = apr_psprintf(pool, "scim_%d", ++session->depth);
    scim_error_t *error = begin_part(session, name, pool);

    if (error == NULL) {
        error = work(session, baton, pool);
        if (error && !c->failed) {
            SCIM_TRY(scim_connection_execute(
                c, apr_pstrcat(pool, "ROLLBACK TO SAVEPOINT ", name, NULL), pool));
        }
        if (!c->failed) {
            SCIM_TRY(end_part(session, name, pool));
        }
    }
    session->depth--;
    return error;
}

static scim_error_t *store_secret(scim_session_t *session,
                                  unsigned char bytes[SCIM_SECRET_LENGTH], apr_pool_t *pool)
{
    apr_size_t length = 0;

    if (apr_unescape_hex(bytes, session->shelf->secret, APR_ESCAPE_STRING, 0, &length)
            != APR_SUCCESS
        || length != SCIM_SECRET_LENGTH) {
        return scim_connection_unusable(pool, "the secret of the directory %s is damaged",
                                        session->catalogue->name);
    }
    return NULL;
}

/* What a unit that writes has read stays as it is until it is through, so that it is not
 * overtaken.
 */
static const char *lock_of(const scim_session_t *session)
{
    return session->writes ? session->connection->sql->lock_row : "";
}

static scim_error_t *store_get(scim_session_t *session, const char *type, const char *id,
                               scim_record_t **record, apr_pool_t *pool)
{
    const char *args[] = {id, session->directory, type};
    const char *sql =
        apr_pstrcat(pool, "SELECT " SCIM_RECORD_HEAD ", ", scim_records_grouped(session),
                    ", document", session->writes ? ", number" : "",
                    " FROM scim_resources WHERE id = %s AND directory = %s AND type = %s",
                    lock_of(session), NULL);

    return session->writes ? scim_records_hold(record, session, sql, args, 3, pool)
                           : scim_records_first(record, session, sql, args, 3, pool);
}

typedef struct find_key_t {
    scim_index_t index;
    const char *condition;
} find_key_t;

static const find_key_t find_keys[] = {
    [SCIM_KEY_LOCAL] = {SCIM_INDEX_LOCAL, " AND local_key = %s"},
    [SCIM_KEY_EXTERNAL_ID] = {SCIM_INDEX_EXTERNAL, " AND external_id = %s"},
};

static scim_error_t *take_one(void *baton, const char *const *values)
{
    int *any = baton;

    (void)values;
    *any = 1;
    return NULL;
}

/* Most who are to be created are new, and a look without an order and a lock costs half as
   much. Those who are being added by another one meanwhile come later. */
static scim_error_t *look_for_any(int *any, scim_session_t *session, scim_key_t key,
                                  const char **args, apr_pool_t *pool)
{
    const scim_sql_t *dialect = session->connection->sql;

    *any = !session->writes || key != SCIM_KEY_EXTERNAL_ID || *dialect->lock_row == '\0';
    if (*any) {
        return NULL;
    }
    return scim_connection_select(session->connection,
                                  apr_pstrcat(pool, "SELECT 1 FROM ",
                                              dialect->from[find_keys[key].index], " WHERE ",
                                              scim_sql_within(dialect, find_keys[key].index),
                                              find_keys[key].condition, " LIMIT 1", NULL),
                                  args, 3, take_one, any, pool);
}

/* Who is found to be changed may be in a group: whether they are is dearer than the rest. */
static scim_error_t *store_find(scim_session_t *session, const char *type, scim_key_t key,
                                const char *value, scim_record_t **record, apr_pool_t *pool)
{
    const scim_sql_t *dialect = session->connection->sql;
    const char *args[] = {session->directory, type, value};
    const char *sql = apr_pstrcat(
        pool, "SELECT " SCIM_RECORD_HEAD ", ", session->writes ? "number" : SCIM_GROUPED_COLUMN,
        ", document FROM ", dialect->from[find_keys[key].index], " WHERE ",
        scim_sql_within(dialect, find_keys[key].index), find_keys[key].condition, " ORDER BY ",
        dialect->id_to_sort, " LIMIT 1", lock_of(session), NULL);
    int any;

    *record = NULL;
    SCIM_TRY(look_for_any(&any, session, key, args, pool));
    if (!any) {
        return NULL;
    }
    return scim_records_first(record, session, sql, args, 3, pool);
}

const scim_directory_provider_t scim_store_provider = {
    .transact = store_transact,
    .get = store_get,
    .find = store_find,
    .list = scim_list_run,
    .insert = scim_records_insert,
    .update = scim_records_update,
    .remove = scim_records_remove,
    .touch = scim_records_touch,
    .nest = store_nest,
    .add_members = scim_members_add,
    .hold_members = scim_members_hold,
    .remove_members = scim_members_remove,
    .members = scim_members_list,
    .groups_of = scim_groups_of,
    .is_member = scim_members_is,
    .secret = store_secret,
};
