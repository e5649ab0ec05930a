#include "directory/dbd/list.h"

#include <apr_strings.h>

#include "directory/dbd/plan.h"
#include "directory/provider.h"

/* Rows in the first batch, rows in any, and bytes of documents that a batch is made for. */
#define FIRST_BATCH 16
#define MAX_BATCH 512
#define BATCH_BYTES (1024 * 1024)

/* A walk over the rows that a plan lets through, in the order of their ids. */
typedef struct walk_t {
    scim_session_t *session;
    const scim_query_t *query;
    scim_plan_t plan;
    const char *page_sql;
    const char *count_sql;
    const char *last;    /* the id that the next batch is behind */
    apr_int64_t offset;  /* rows to skip before the next batch */
    apr_int64_t size;    /* of the next batch */
    int ended;           /* there are no more rows */
    apr_pool_t *batch;   /* cleared for each batch */
    apr_pool_t *scratch; /* cleared for each record */
    apr_pool_t *pool;
} walk_t;

#define PAGE " AND id > %s ORDER BY id LIMIT %s OFFSET %s"
#define CONDITIONS " WHERE directory = %s AND type = %s AND deleted = 0"

/*
 * The ids first where an index other than that of the list narrows down: it holds them, and so
 * only the rows of the batch are read and not all that it leads to, which are in another order.
 */
static void write_sql(walk_t *walk)
{
    const scim_sql_t *dialect = walk->session->connection->sql;
    const char *from = dialect->from[walk->plan.index];
    const char *rest =
        apr_pstrcat(walk->pool, " FROM ", from, CONDITIONS, walk->plan.where, NULL);

    if (walk->plan.index == SCIM_INDEX_LIST) {
        walk->page_sql =
            apr_pstrcat(walk->pool, "SELECT " SCIM_RECORD_COLUMNS, rest, PAGE, NULL);
    } else {
        walk->page_sql = apr_pstrcat(
            walk->pool, "SELECT " SCIM_RECORD_COLUMNS " FROM (SELECT id AS page_id", rest, PAGE,
            ") page JOIN scim_resources ON id = page_id ORDER BY "
            "page_id",
            NULL);
    }
    walk->count_sql = *walk->plan.where || dialect->total == NULL
                          ? apr_pstrcat(walk->pool, "SELECT COUNT(*)", rest, NULL)
                          : dialect->total;
}

/* Filters of ever new shapes cannot fill up the connection: they are answered without the help
   of an index then. */
static void choose_plan(walk_t *walk)
{
    const scim_connection_t *connection = walk->session->connection;

    scim_plan_make(&walk->plan, walk->query->parts->filter, walk->query->parts->type,
                   walk->pool);
    write_sql(walk);
    if (scim_connection_room(connection, walk->page_sql)
        && scim_connection_room(connection, walk->count_sql)) {
        return;
    }
    scim_plan_make(&walk->plan, NULL, walk->query->parts->type, walk->pool);
    walk->plan.exact = walk->query->parts->filter == NULL;
    write_sql(walk);
}

/* The values for the conditions, with room for `more` behind them. */
static const char **make_args(const walk_t *walk, int *count, int more, apr_pool_t *pool)
{
    const apr_array_header_t *values = walk->plan.args;
    const char **args =
        apr_pcalloc(pool, sizeof(*args) * (apr_size_t)(2 + values->nelts + more));
    int i;

    args[0] = walk->session->directory;
    args[1] = walk->query->parts->type;
    for (i = 0; i < values->nelts; i++) {
        args[2 + i] = APR_ARRAY_IDX(values, i, const char *);
    }
    *count = 2 + values->nelts;
    return args;
}

typedef struct batch_t {
    walk_t *walk;
    apr_array_header_t *records; /* of scim_record_t * */
    apr_size_t bytes;
} batch_t;

static scim_error_t *take_record(void *baton, const char *const *values)
{
    batch_t *batch = baton;
    scim_record_t *record = scim_records_take(values, batch->walk->batch);

    APR_ARRAY_PUSH(batch->records, scim_record_t *) = record;
    batch->bytes += record->document_length;
    return NULL;
}

/* The next batch should not take much more memory than planned for. */
static void adapt(walk_t *walk, const batch_t *batch)
{
    apr_size_t average = batch->bytes / (apr_size_t)batch->records->nelts + 256;

    walk->size = (apr_int64_t)(BATCH_BYTES / average);
    if (walk->size > MAX_BATCH) {
        walk->size = MAX_BATCH;
    } else if (walk->size < 1) {
        walk->size = 1;
    }
}

/* Reads the next batch, of at most `most` records. */
static scim_error_t *read_batch(apr_array_header_t **records, walk_t *walk, apr_int64_t most)
{
    apr_int64_t limit = walk->size < most ? walk->size : most;
    batch_t batch = {walk, NULL, 0};
    const char **args;
    int count;

    apr_pool_clear(walk->batch);
    batch.records = apr_array_make(walk->batch, (int)limit, sizeof(scim_record_t *));
    args = make_args(walk, &count, 3, walk->batch);
    args[count++] = walk->last;
    args[count++] = apr_psprintf(walk->batch, "%" APR_INT64_T_FMT, limit);
    args[count++] = apr_psprintf(walk->batch, "%" APR_INT64_T_FMT, walk->offset);
    SCIM_TRY(scim_connection_select(walk->session->connection, walk->page_sql, args, count,
                                    take_record, &batch, walk->batch));
    walk->ended = batch.records->nelts < limit;
    walk->offset = 0;
    if (batch.records->nelts > 0) {
        scim_record_t *last =
            APR_ARRAY_IDX(batch.records, batch.records->nelts - 1, scim_record_t *);

        walk->last = apr_pstrdup(walk->pool, last->id);
        adapt(walk, &batch);
    }
    *records = batch.records;
    return NULL;
}

static scim_error_t *take_total(void *baton, const char *const *values)
{
    apr_int64_t *total = baton;

    *total = values[0] ? apr_atoi64(values[0]) : 0;
    return NULL;
}

static scim_error_t *count_all(apr_int64_t *total, walk_t *walk)
{
    int count;
    const char **args = make_args(walk, &count, 0, walk->batch);

    *total = 0;
    return scim_connection_select(walk->session->connection, walk->count_sql, args, count,
                                  take_total, total, walk->batch);
}

/* SQL decides: the page, and the total unless the page shows it. */
static scim_error_t *read_page(walk_t *walk, scim_record_fn each, void *baton,
                               apr_int64_t *total)
{
    apr_int64_t given = 0;
    apr_array_header_t *records;
    int i;

    walk->offset = walk->query->offset;
    while (!walk->ended && given < walk->query->count) {
        SCIM_TRY(read_batch(&records, walk, walk->query->count - given));
        for (i = 0; i < records->nelts; i++, given++) {
            apr_pool_clear(walk->scratch);
            SCIM_TRY(each(baton, APR_ARRAY_IDX(records, i, scim_record_t *), walk->scratch));
        }
    }
    if (walk->ended && (given > 0 || walk->query->offset == 0)) {
        *total = walk->query->offset + given;
        return NULL;
    }
    return count_all(total, walk);
}

/* One candidate: does it match, and is it on the page? */
static scim_error_t *look_at(walk_t *walk, const scim_record_t *record, scim_record_fn each,
                             void *baton, apr_int64_t *total)
{
    const scim_query_t *query = walk->query;
    int yes = 0;

    apr_pool_clear(walk->scratch);
    SCIM_TRY(query->matches(&yes, query->baton, walk->session, record, walk->scratch));
    if (!yes) {
        return NULL;
    }
    if (scim_provider_on_page(query, *total)) {
        SCIM_TRY(each(baton, record, walk->scratch));
    }
    (*total)++;
    return NULL;
}

/* The core decides: every candidate is looked at. */
static scim_error_t *scan(walk_t *walk, scim_record_fn each, void *baton, apr_int64_t *total)
{
    apr_int64_t left = walk->query->max_scan;
    apr_array_header_t *records;
    int i;

    *total = 0;
    while (!walk->ended) {
        SCIM_TRY(read_batch(&records, walk, left < MAX_BATCH ? left + 1 : MAX_BATCH));
        for (i = 0; i < records->nelts; i++, left--) {
            if (left == 0) {
                return scim_provider_too_many(walk->query, walk->pool);
            }
            SCIM_TRY(
                look_at(walk, APR_ARRAY_IDX(records, i, scim_record_t *), each, baton, total));
        }
    }
    return NULL;
}

scim_error_t *scim_list_run(scim_session_t *session, const scim_query_t *query,
                            scim_record_fn each, void *baton, apr_int64_t *total,
                            apr_pool_t *pool)
{
    walk_t walk = {.session = session, .query = query, .last = "", .size = FIRST_BATCH};

    walk.pool = pool;
    apr_pool_create(&walk.batch, pool);
    apr_pool_create(&walk.scratch, pool);
    choose_plan(&walk);
    SCIM_TRY(walk.plan.exact ? read_page(&walk, each, baton, total)
                             : scan(&walk, each, baton, total));
    apr_pool_destroy(walk.scratch);
    apr_pool_destroy(walk.batch);
    return NULL;
}
