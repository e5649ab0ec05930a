#include "directory/dbd/walk.h"

#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/fetch.h"

typedef struct batch_t {
    apr_array_header_t *records; /* of scim_record_t * */
    apr_size_t bytes;
} batch_t;

static scim_error_t *take_record(void *baton, const char *const *values)
{
    batch_t *batch = baton;
    scim_record_t *record = scim_records_take(values, batch->records->pool);

    APR_ARRAY_PUSH(batch->records, scim_record_t *) = record;
    batch->bytes += record->document_length;
    return NULL;
}

void scim_walk_start(scim_walk_t *walk, const scim_pages_t *pages, apr_int64_t offset,
                     apr_pool_t *batch)
{
    memset(walk, 0, sizeof(*walk));
    walk->pages = *pages;
    walk->offset = offset;
    walk->is_short = !scim_connection_streams(pages->session->connection);
    walk->size = walk->is_short ? SCIM_SHORT_BATCH : SCIM_FIRST_BATCH;
    walk->batch = batch;
    if (pages->sorting->by_id && !pages->descending) {
        walk->last.id = pages->after ? pages->after->id : "";
        walk->pages.after = &walk->last;
    }
}

static void move_on(scim_walk_t *walk, const apr_array_header_t *records)
{
    if (walk->pages.after != &walk->last) {
        walk->offset += records->nelts;
        return;
    }
    walk->offset = 0;
    apr_cpystrn(walk->last_id, APR_ARRAY_IDX(records, records->nelts - 1, scim_record_t *)->id,
                sizeof(walk->last_id));
    walk->last.id = walk->last_id;
}

scim_error_t *scim_walk_read(const apr_array_header_t **records, scim_walk_t *walk,
                             apr_int64_t most)
{
    apr_int64_t limit = walk->size < most ? walk->size : most;
    scim_statement_t statement;
    batch_t batch = {NULL, 0};

    apr_pool_clear(walk->batch);
    batch.records = apr_array_make(walk->batch, (int)limit, sizeof(scim_record_t *));
    scim_pages_select(&statement, &walk->pages, limit, walk->offset, walk->batch);
    if (statement.sql) {
        SCIM_TRY(scim_connection_select(walk->pages.session->connection, statement.sql,
                                        statement.args, statement.count, take_record, &batch,
                                        walk->batch));
    }
    walk->ended = batch.records->nelts < limit;
    if (batch.records->nelts > 0) {
        move_on(walk, batch.records);
        walk->size =
            walk->is_short ? walk->size : scim_fetch_size(batch.bytes, batch.records->nelts);
    }
    *records = batch.records;
    return NULL;
}
