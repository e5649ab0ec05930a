#include "directory/dbd/sift.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/fetch.h"
#include "directory/provider.h"

/* Rows in a SELECT where a database brings all of them at once, and as many as there are where
   it does not. */
#define MAX_ROWS 1024
#define ALL_ROWS APR_INT64_MAX

#define COLUMNS "type, id, local_key, version, created, modified, "

/* The columns, in their order. Rows that come all at once have no long documents, so that a
   thousand of them are 8 MiB. */
enum { TYPE, ID, LOCAL_KEY, VERSION, CREATED, MODIFIED, DOCUMENT };

const char *scim_sift_columns(const scim_connection_t *connection)
{
    return scim_connection_streams(connection) ? COLUMNS "document"
                                               : COLUMNS
               "CASE WHEN OCTET_LENGTH(document) <= 8192 THEN document END";
}

typedef struct kept_t {
    char id[SCIM_ID_LENGTH + 1];
    int sure; /* it matches; else that is to be asked */
} kept_t;

/* A look at the rows of some SELECTs. */
typedef struct walk_t {
    scim_sift_t *sift;
    const scim_pages_t *pages;
    apr_int64_t asked;
    apr_int64_t rows; /* of this SELECT */
    apr_size_t bytes; /* of their documents */
    char last[SCIM_ID_LENGTH + 1];
    apr_pool_t *scratch; /* cleared for each row */
    apr_pool_t *pool;
} walk_t;

/* ---- rows ----------------------------------------------------------------- */

/* The record borrows from the row. */
static void borrow(scim_record_t *record, const char *const *values)
{
    memset(record, 0, sizeof(*record));
    record->type = values[TYPE] ? values[TYPE] : "";
    record->id = values[ID] ? values[ID] : "";
    record->local_key = values[LOCAL_KEY];
    record->version = scim_sql_number(values[VERSION]);
    record->created = scim_sql_number(values[CREATED]);
    record->modified = scim_sql_number(values[MODIFIED]);
    record->document = values[DOCUMENT];
    record->document_length = record->document ? strlen(record->document) : 0;
}

/* 1 when the order is that of the ids, from the first one on. */
static int is_plain(const scim_query_t *query)
{
    return query->order == NULL && query->before == NULL;
}

static int is_behind(const scim_query_t *query, const char *id)
{
    return query->after == NULL || strcmp(id, query->after->id) > 0;
}

static void keep(walk_t *walk, const char *id, int sure)
{
    scim_sift_t *sift = walk->sift;
    kept_t *kept;

    if (sure && is_plain(sift->query) && !is_behind(sift->query, id)) {
        sift->passed++;
        return;
    }
    kept = apr_array_push(sift->kept);
    apr_cpystrn(kept->id, id, sizeof(kept->id));
    kept->sure = sure;
    sift->open |= !sure;
}

static scim_error_t *ask(int *verdict, walk_t *walk, const scim_record_t *record)
{
    const scim_query_t *query = walk->sift->query;
    const scim_query_part_t *part = scim_provider_part(query, record->type);
    int exact = part && walk->pages->plans[part - query->parts].exact;

    *verdict = part != NULL;
    if ((!exact || query->order) && walk->asked++ >= query->max_scan) {
        return scim_provider_too_many(query, walk->pool);
    }
    if (exact || part == NULL) {
        return NULL;
    }
    if (record->document == NULL) {
        *verdict = -1;
        return NULL;
    }
    return query->sift(verdict, query->baton, record, walk->scratch);
}

/* scim_row_fn */
static scim_error_t *take(void *baton, const char *const *values)
{
    walk_t *walk = baton;
    scim_record_t record;
    int verdict;

    apr_pool_clear(walk->scratch);
    borrow(&record, values);
    walk->rows++;
    walk->bytes += record.document_length;
    if (!walk->pages->unordered) {
        apr_cpystrn(walk->last, record.id, sizeof(walk->last));
    }
    SCIM_TRY(ask(&verdict, walk, &record));
    if (verdict) {
        keep(walk, record.id, verdict > 0);
    }
    return NULL;
}

/* ---- the look -------------------------------------------------------------- */

static scim_error_t *run(walk_t *walk, const scim_pages_t *pages, apr_int64_t limit,
                         apr_pool_t *pool)
{
    scim_statement_t statement;

    walk->rows = 0;
    walk->bytes = 0;
    scim_pages_select(&statement, pages, limit, 0, pool);
    return statement.sql
               ? scim_connection_select(pages->session->connection, statement.sql,
                                        statement.args, statement.count, take, walk, pool)
               : NULL;
}

/* How many rows come next, after these. */
static apr_int64_t next_limit(const walk_t *walk)
{
    apr_size_t average = walk->bytes / (apr_size_t)walk->rows + 256;
    apr_int64_t limit = (apr_int64_t)(SCIM_BATCH_BYTES / average);

    return limit > MAX_ROWS ? MAX_ROWS : limit < 1 ? 1 : limit;
}

/* By the ids, each SELECT going on behind the last one. */
static scim_error_t *walk_by_id(walk_t *walk, apr_pool_t *batch)
{
    scim_pages_t pages = *walk->pages;
    scim_position_t position = {NULL, walk->last};
    apr_int64_t limit = SCIM_FIRST_BATCH;

    pages.after = &position;
    for (;;) {
        apr_pool_clear(batch);
        SCIM_TRY(run(walk, &pages, limit, batch));
        if (walk->rows < limit) {
            return NULL;
        }
        limit = next_limit(walk);
    }
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const kept_t *)a)->id, ((const kept_t *)b)->id);
}

/* Where it is known which ones are on the page, the others need not be read again. */
static void pass(scim_sift_t *sift)
{
    const scim_query_t *query = sift->query;
    apr_array_header_t *kept = sift->kept;
    apr_int64_t first = query->offset < kept->nelts ? query->offset : kept->nelts;
    apr_int64_t count = kept->nelts - first;

    count = query->count < count ? query->count : count;
    sift->skipped = first;
    sift->passed += kept->nelts - count;
    kept->elts += first * kept->elt_size;
    kept->nelts = (int)count;
}

scim_error_t *scim_sift_look(scim_sift_t *sift, const scim_pages_t *pages, apr_pool_t *pool)
{
    walk_t walk = {.sift = sift, .pages = pages, .pool = pool};
    apr_pool_t *batch;

    memset(sift, 0, sizeof(*sift));
    sift->query = pages->query;
    sift->kept = apr_array_make(pool, 128, sizeof(kept_t));
    sift->pool = pool;
    apr_pool_create(&batch, pool);
    apr_pool_create(&walk.scratch, pool);
    SCIM_TRY(pages->unordered ? run(&walk, pages, ALL_ROWS, batch) : walk_by_id(&walk, batch));
    apr_pool_destroy(walk.scratch);
    apr_pool_destroy(batch);
    if (pages->unordered) {
        qsort(sift->kept->elts, (size_t)sift->kept->nelts, sizeof(kept_t), by_id);
    }
    if (!sift->open && is_plain(sift->query)) {
        pass(sift);
    }
    return NULL;
}

/* ---- what is wanted --------------------------------------------------------- */

typedef struct fetch_t {
    scim_sift_t *sift;
    scim_session_t *session;
    int next; /* of those kept */
    scim_record_fn each;
    void *baton;
} fetch_t;

/* scim_record_fn */
static scim_error_t *take_record(void *baton, const scim_record_t *record, apr_pool_t *scratch)
{
    fetch_t *fetch = baton;
    const scim_query_t *query = fetch->sift->query;
    const kept_t *kept = (const kept_t *)fetch->sift->kept->elts;
    int yes;

    while (strcmp(kept[fetch->next].id, record->id) != 0) {
        fetch->next++;
    }
    yes = kept[fetch->next++].sure;
    if (!yes) {
        SCIM_TRY(query->matches(&yes, query->baton, fetch->session, record, scratch));
    }
    return yes ? fetch->each(fetch->baton, record, scratch) : NULL;
}

scim_error_t *scim_sift_fetch(scim_sift_t *sift, scim_session_t *session, scim_record_fn each,
                              void *baton)
{
    const kept_t *kept = (const kept_t *)sift->kept->elts;
    fetch_t fetch = {sift, session, 0, each, baton};
    const char **ids =
        apr_palloc(sift->pool, sizeof(*ids) * (apr_size_t)(sift->kept->nelts + 1));
    int i;

    for (i = 0; i < sift->kept->nelts; i++) {
        ids[i] = kept[i].id;
    }
    return scim_fetch(session, ids, sift->kept->nelts, take_record, &fetch, sift->pool);
}
