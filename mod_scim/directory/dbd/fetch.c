#include "directory/dbd/fetch.h"

#include <string.h>

#include <apr_strings.h>

/* Ids in one statement, when documents are small. */
#define CHUNK 128

apr_int64_t scim_fetch_size(apr_size_t bytes, int count)
{
    apr_size_t average = bytes / (apr_size_t)count + 256;
    apr_int64_t size = (apr_int64_t)(SCIM_BATCH_BYTES / average);

    return size > SCIM_MAX_BATCH ? SCIM_MAX_BATCH : size < 1 ? 1 : size;
}

/* The records of one statement. */
typedef struct catch_t {
    apr_hash_t *records; /* by id */
    apr_size_t bytes;
    apr_pool_t *pool;
} catch_t;

static scim_error_t *take_record(void *baton, const char *const *values)
{
    catch_t *catch = baton;
    scim_record_t *record = scim_records_take(values, catch->pool);

    apr_hash_set(catch->records, record->id, APR_HASH_KEY_STRING, record);
    catch->bytes += record->document_length;
    return NULL;
}

static const char *select_sql(const scim_session_t *session, int count, apr_pool_t *pool)
{
    const char *sql = apr_pstrcat(pool, "SELECT " SCIM_RECORD_COLUMNS " FROM ",
                                  session->connection->sql->from[SCIM_INDEX_ID],
                                  " WHERE directory = %s AND id IN (%s", NULL);
    char *rest = apr_palloc(pool, (apr_size_t)count * 4), *at = rest;
    int i;

    *at = '\0';
    for (i = 1; i < count; i++) {
        at = apr_cpystrn(at, ", %s", 5);
    }
    return apr_pstrcat(pool, sql, rest, ")", NULL);
}

/* One statement, for `used` of `size` ids. */
static scim_error_t *read_chunk(catch_t *catch, scim_session_t *session, const char *const *ids,
                                int used, int size)
{
    const char **args = apr_pcalloc(catch->pool, sizeof(*args) * (apr_size_t)(size + 1));

    args[0] = session->directory;
    memcpy(args + 1, ids, sizeof(*ids) * (apr_size_t)used);
    return scim_connection_select(session->connection, select_sql(session, size, catch->pool),
                                  args, size + 1, take_record, catch, catch->pool);
}

static scim_error_t *hand_on(const catch_t *catch, const char *const *ids, int count,
                             scim_record_fn each, void *baton, apr_pool_t *scratch)
{
    int i;

    for (i = 0; i < count; i++) {
        const scim_record_t *record = apr_hash_get(catch->records, ids[i], APR_HASH_KEY_STRING);

        apr_pool_clear(scratch);
        if (record) {
            SCIM_TRY(each(baton, record, scratch));
        }
    }
    return NULL;
}

scim_error_t *scim_fetch(scim_session_t *session, const char *const *ids, int count,
                         scim_record_fn each, void *baton, apr_pool_t *pool)
{
    apr_pool_t *batch, *scratch;
    int size = SCIM_FIRST_BATCH, used;

    apr_pool_create(&batch, pool);
    apr_pool_create(&scratch, pool);
    for (; count > 0; ids += used, count -= used) {
        catch_t catch = {NULL, 0, batch};

        apr_pool_clear(batch);
        catch.records = apr_hash_make(batch);
        used = count < size ? count : size;
        SCIM_TRY(read_chunk(&catch, session, ids, used, size));
        SCIM_TRY(hand_on(&catch, ids, used, each, baton, scratch));
        size = scim_fetch_size(catch.bytes, used) >= CHUNK ? CHUNK : SCIM_FIRST_BATCH;
    }
    apr_pool_destroy(scratch);
    apr_pool_destroy(batch);
    return NULL;
}

scim_error_t *scim_fetch_whole(scim_session_t *session, const scim_record_t *record,
                               scim_record_fn each, void *baton, apr_pool_t *scratch,
                               apr_pool_t *pool)
{
    return record->document_length > 0 ? each(baton, record, scratch)
                                       : scim_fetch(session, &record->id, 1, each, baton, pool);
}
