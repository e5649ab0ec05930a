#include "directory/dbd/list.h"

#include <string.h>

#include <apr_strings.h>

#include "core/limits.h"
#include "core/uuid.h"
#include "directory/dbd/fetch.h"
#include "directory/dbd/sift.h"
#include "directory/dbd/terms.h"
#include "directory/dbd/walk.h"
#include "directory/finds.h"
#include "directory/provider.h"

/* Values in one statement: SQLite of old takes 999. */
#define MAX_VALUES 900

typedef struct list_t {
    scim_session_t *session;
    const scim_query_t *query;
    scim_plan_t *plans;            /* of the parts */
    const scim_sorting_t *sorting; /* the query's order ... */
    int sortable;                  /* ... if SQL can do it */
    const scim_sorting_t *by_id;
    scim_record_fn each;
    void *baton;
    apr_int64_t *total;
    apr_pool_t *batch;   /* cleared for each batch */
    apr_pool_t *scratch; /* cleared for each record */
    apr_pool_t *pool;
} list_t;

/* ---- plans ---------------------------------------------------------------- */

static scim_error_t *find_index(const char **index, void *baton, const char *type,
                                const char *attribute, apr_pool_t *pool)
{
    const list_t *list = baton;

    return scim_terms_index(index, list->session, type, attribute, pool);
}

static scim_error_t *take_total(void *baton, const char *const *values)
{
    apr_int64_t *total = baton;

    *total += scim_sql_number(values[0]);
    return NULL;
}

/* Reading terms is a lot less than reading documents, but it is done for all of the type. */
static scim_error_t *find_walk(const scim_sql_t **sql, void *baton, const char *type,
                               apr_pool_t *pool)
{
    list_t *list = baton;
    scim_connection_t *connection = list->session->connection;
    const char *args[] = {list->session->directory, type};
    apr_int64_t total = 0;

    SCIM_TRY(scim_connection_select(connection, connection->sql->total, args, 2, take_total,
                                    &total, pool));
    *sql = total / SCIM_SCAN_TERMS <= list->query->max_scan ? connection->sql : NULL;
    return NULL;
}

static scim_error_t *make_plans(list_t *list)
{
    const scim_plan_indexes_t indexes = {find_index, list, find_walk};
    const scim_query_part_t *part = list->query->parts;
    int i;

    for (i = 0; i < list->query->part_count; i++, part++) {
        SCIM_TRY(
            scim_plan_make(&list->plans[i], part->filter, part->type, &indexes, list->pool));
    }
    return NULL;
}

static scim_error_t *make_simple_plans(list_t *list)
{
    const scim_query_part_t *part = list->query->parts;
    int i;

    for (i = 0; i < list->query->part_count; i++, part++) {
        SCIM_TRY(scim_plan_make_simple(&list->plans[i], part->filter, part->type, list->pool));
    }
    return NULL;
}

static int is_exact(const list_t *list)
{
    int i;

    for (i = 0; i < list->query->part_count && list->plans[i].exact; i++) {
    }
    return i == list->query->part_count;
}

/* Rows go straight to whoever asks, with no more than the query wants of them. */
static int streams(const list_t *list)
{
    return scim_connection_streams(list->session->connection) && list->query->brief
           && list->query->part_count == 1;
}

/* What a walk reads. */
static const char *whole_columns(const list_t *list)
{
    return scim_connection_streams(list->session->connection) ? NULL : SCIM_SHORT_COLUMNS;
}

static int finds_one(const list_t *list)
{
    const scim_plan_t *plan = list->plans;

    return list->query->part_count == 1 && plan->single
           && (plan->index == SCIM_INDEX_ID || plan->index == SCIM_INDEX_LOCAL);
}

static const char *page_columns(const list_t *list)
{
    const scim_session_t *session = list->session;

    if (scim_connection_streams(session->connection)) {
        return streams(list) ? SCIM_VIEW_COLUMNS : NULL;
    }
    return apr_pstrcat(list->pool, list->query->brief ? SCIM_BRIEF_HEAD : SCIM_RECORD_HEAD,
                       ", ",
                       finds_one(list) ? scim_records_grouped(session) : SCIM_GROUPED_COLUMN,
                       ", " SCIM_SHORT_DOCUMENT, NULL);
}

/* The page that the query asks for. */
static scim_pages_t page_of(const list_t *list)
{
    const scim_query_t *query = list->query;
    scim_pages_t pages = {.session = list->session,
                          .query = query,
                          .plans = list->plans,
                          .sorting = list->sorting,
                          .descending = query->order && query->order->descending,
                          .after = query->after,
                          .before = query->before};

    pages.reversed = pages.ids = query->before != NULL;
    pages.columns = page_columns(list);
    return pages;
}

/* All candidates, by id. */
static scim_pages_t candidates_of(const list_t *list, const scim_position_t *after)
{
    scim_pages_t pages = {.session = list->session,
                          .query = list->query,
                          .plans = list->plans,
                          .sorting = list->by_id,
                          .columns = whole_columns(list),
                          .after = after};

    if (list->query->sift) {
        pages.columns = scim_sift_columns(list->session->connection);
        pages.unordered =
            scim_connection_streams(list->session->connection) && list->query->part_count == 1;
    }
    return pages;
}

static int fits(const list_t *list, const scim_statement_t *statement)
{
    return statement->sql == NULL
           || (statement->count <= MAX_VALUES
               && scim_connection_room(list->session->connection, statement->sql));
}

static int all_fit(const list_t *list)
{
    static const scim_position_t start = {NULL, ""};
    int pages_by_sql = list->sortable && is_exact(list), i;
    scim_pages_t pages = pages_by_sql ? page_of(list) : candidates_of(list, &start);
    scim_statement_t statement;

    scim_pages_select(&statement, &pages, 1, 0, list->pool);
    for (i = 0; fits(list, &statement) && pages_by_sql && i < list->query->part_count; i++) {
        scim_pages_count(&statement, &pages, i, list->pool);
    }
    return fits(list, &statement);
}

/*
 * Queries of ever new shapes cannot fill up the connection: SQL decides one comparison of them
 * then. The plans of that kind need no room, since there are so few: nobody can make look-ups
 * by name go through the whole directory.
 */
static scim_error_t *choose(list_t *list)
{
    scim_query_t plain = *list->query;
    int possible;

    plain.order = NULL;
    list->plans = apr_pcalloc(list->pool,
                              sizeof(*list->plans) * (apr_size_t)(list->query->part_count + 1));
    SCIM_TRY(scim_sorting_find(&list->by_id, &possible, list->session, &plain, list->pool));
    SCIM_TRY(scim_sorting_find(&list->sorting, &list->sortable, list->session, list->query,
                               list->pool));
    SCIM_TRY(make_plans(list));
    if (all_fit(list)) {
        return NULL;
    }
    list->sortable = list->query->order == NULL;
    return make_simple_plans(list);
}

/* ---- pages by SQL --------------------------------------------------------- */

static scim_error_t *count_all(list_t *list)
{
    scim_pages_t pages = page_of(list);
    scim_statement_t statement;
    int i;

    *list->total = 0;
    for (i = 0; i < list->query->part_count; i++) {
        scim_pages_count(&statement, &pages, i, list->batch);
        SCIM_TRY(scim_connection_select(list->session->connection, statement.sql,
                                        statement.args, statement.count, take_total,
                                        list->total, list->batch));
    }
    return NULL;
}

/* A page of a list that is walked by index. */
typedef struct step_t {
    scim_walk_key_t key;
    int possible; /* the order is that of the ids: a page can begin behind one */
    int known;    /* where this one begins */
    char id[SCIM_ID_LENGTH + 1];
    scim_position_t position;
} step_t;

/* Finds out where the page begins, if its place is known; counts what there is for that. */
static scim_error_t *find_place(step_t *step, list_t *list, scim_pages_t *pages)
{
    const scim_connection_t *connection = list->session->connection;
    const scim_query_t *query = list->query;
    scim_statement_t statement;

    memset(step, 0, sizeof(*step));
    step->possible = list->sorting->by_id && !pages->descending && !query->after
                     && (query->offset > 0 || query->count > 0);
    if (!step->possible) {
        return NULL;
    }
    scim_pages_select(&statement, pages, 0, 0, list->batch);
    if (statement.sql == NULL) {
        step->possible = 0;
        return NULL;
    }
    scim_places_key(&step->key, scim_connection_name(connection), statement.sql, statement.args,
                    statement.count);
    if (query->offset > 0) {
        SCIM_TRY(count_all(list));
        step->known = scim_places_find(list->session->places, &step->key, query->offset,
                                       *list->total, step->id);
    }
    if (step->known) {
        step->position.id = step->id;
        pages->after = &step->position;
    }
    return NULL;
}

/* Rows that are handed out as they come. */
typedef struct stream_t {
    list_t *list;
    scim_walk_t *walk;
    apr_int64_t given;
} stream_t;

/* scim_cells_fn */
static scim_error_t *hand_out(void *baton, const scim_cell_t *cells)
{
    stream_t *stream = baton;
    list_t *list = stream->list;
    scim_record_t record = scim_records_view(cells, list->query->parts[0].type);

    stream->given++;
    scim_uuid_copy(stream->walk->last_id, record.id);
    apr_pool_clear(list->scratch);
    return list->each(list->baton, &record, list->scratch);
}

static scim_error_t *stream_rows(apr_int64_t *given, list_t *list, scim_walk_t *walk)
{
    stream_t stream = {list, walk, 0};
    scim_statement_t statement;

    scim_pages_select(&statement, &walk->pages, list->query->count, walk->offset, list->batch);
    if (statement.sql) {
        const scim_select_t select = {statement.sql,     statement.args, statement.count,
                                      SCIM_VIEW_NUMBERS, hand_out,       &stream};

        SCIM_TRY(scim_connection_stream(list->session->connection, &select, list->batch));
    }
    walk->ended = stream.given < list->query->count;
    *given = stream.given;
    return NULL;
}

static scim_error_t *read_rows(apr_int64_t *given, list_t *list, scim_walk_t *walk)
{
    apr_int64_t count = list->query->count;
    const apr_array_header_t *records;
    int i;

    *given = 0;
    if (streams(list) && count > 0) {
        return stream_rows(given, list, walk);
    }
    while (!walk->ended && *given < count) {
        SCIM_TRY(scim_walk_read(&records, walk, count - *given));
        for (i = 0; i < records->nelts; i++, ++*given) {
            apr_pool_clear(list->scratch);
            SCIM_TRY(scim_fetch_whole(list->session, APR_ARRAY_IDX(records, i, scim_record_t *),
                                      list->each, list->baton, list->scratch, list->batch));
        }
    }
    return NULL;
}

/* The page, and the total unless the page shows it. */
static scim_error_t *read_forwards(list_t *list)
{
    const scim_query_t *query = list->query;
    scim_pages_t pages = page_of(list);
    apr_int64_t given;
    step_t step;
    scim_walk_t walk;

    SCIM_TRY(find_place(&step, list, &pages));
    scim_walk_start(&walk, &pages, step.known ? 0 : query->offset, list->batch);
    SCIM_TRY(read_rows(&given, list, &walk));
    if (walk.ended && query->after == NULL && (given > 0 || query->offset == 0)) {
        *list->total = query->offset + given;
        return NULL;
    }
    if (!step.possible || query->offset == 0) {
        SCIM_TRY(count_all(list));
    }
    if (step.possible && given > 0) {
        scim_places_note(list->session->places, &step.key, query->offset + given, *list->total,
                         walk.last_id);
    }
    return NULL;
}

static scim_error_t *take_id(void *baton, const char *const *values)
{
    apr_array_header_t *ids = baton;

    APR_ARRAY_PUSH(ids, const char *) = apr_pstrdup(ids->pool, values[0]);
    return NULL;
}

static void reverse(apr_array_header_t *ids)
{
    const char **list = (const char **)ids->elts;
    int i;

    for (i = 0; i < ids->nelts / 2; i++) {
        const char *id = list[i];

        list[i] = list[ids->nelts - 1 - i];
        list[ids->nelts - 1 - i] = id;
    }
}

/* Towards the beginning, and handed out the other way round. */
static scim_error_t *read_backwards(list_t *list)
{
    apr_array_header_t *ids = apr_array_make(list->pool, 64, sizeof(const char *));
    scim_pages_t pages = page_of(list);
    scim_statement_t statement;

    scim_pages_select(&statement, &pages, list->query->count, list->query->offset, list->batch);
    if (statement.sql && list->query->count > 0) {
        SCIM_TRY(scim_connection_select(list->session->connection, statement.sql,
                                        statement.args, statement.count, take_id, ids,
                                        list->batch));
    }
    reverse(ids);
    SCIM_TRY(scim_fetch(list->session, (const char *const *)ids->elts, ids->nelts, list->each,
                        list->baton, list->pool));
    return count_all(list);
}

/* ---- candidates ----------------------------------------------------------- */

/* A look at all candidates: what matches is handed out, or kept to be sorted. */
typedef struct scan_t {
    list_t *list;
    scim_finds_t *finds; /* NULL: the order is that of the candidates */
    apr_int64_t asked;
    apr_int64_t found; /* on the page or in front of it */
} scan_t;

static scim_error_t *count_asked(scan_t *scan, int asked)
{
    const scim_query_t *query = scan->list->query;

    return asked && scan->asked++ >= query->max_scan
               ? scim_provider_too_many(query, scan->list->pool)
               : NULL;
}

static int is_on_page(scan_t *scan, const scim_record_t *record)
{
    const scim_query_t *query = scan->list->query;

    if (query->after && strcmp(record->id, query->after->id) <= 0) {
        return 0;
    }
    return scan->found++ >= query->offset && scan->found - query->offset <= query->count;
}

static scim_error_t *keep(scan_t *scan, const scim_record_t *record)
{
    const list_t *list = scan->list;
    const scim_order_t *order = list->query->order;
    const char *key = NULL;

    if (scan->finds == NULL) {
        return is_on_page(scan, record) ? list->each(list->baton, record, list->scratch) : NULL;
    }
    if (order) {
        SCIM_TRY(order->key(&key, list->query->baton, record, list->scratch));
    }
    scim_finds_add(scan->finds, key, record->id);
    return NULL;
}

/* scim_record_fn */
static scim_error_t *look_at(void *baton, const scim_record_t *record, apr_pool_t *scratch)
{
    scan_t *scan = baton;
    const list_t *list = scan->list;
    const scim_query_t *query = list->query;
    const scim_query_part_t *part = scim_provider_part(query, record->type);
    int exact = list->plans[part - query->parts].exact, yes = 1;

    (void)scratch;
    apr_pool_clear(list->scratch);
    SCIM_TRY(count_asked(scan, !exact || query->order));
    if (!exact) {
        SCIM_TRY(query->matches(&yes, query->baton, list->session, record, list->scratch));
    }
    if (!yes) {
        return NULL;
    }
    ++*list->total;
    return keep(scan, record);
}

static scim_error_t *take_sifted(void *baton, const scim_record_t *record, apr_pool_t *scratch)
{
    scan_t *scan = baton;

    (void)scratch;
    apr_pool_clear(scan->list->scratch);
    ++*scan->list->total;
    return keep(scan, record);
}

static scim_error_t *sift_all(scan_t *scan)
{
    static const scim_position_t start = {NULL, ""};
    list_t *list = scan->list;
    scim_pages_t pages = candidates_of(list, &start);
    scim_sift_t sift;

    SCIM_TRY(scim_sift_look(&sift, &pages, list->pool));
    *list->total = sift.passed;
    scan->found = sift.skipped;
    return scim_sift_fetch(&sift, list->session, take_sifted, scan);
}

static scim_error_t *look_at_all(scan_t *scan)
{
    list_t *list = scan->list;
    scim_pages_t pages = candidates_of(list, NULL);
    const apr_array_header_t *records;
    scim_walk_t walk;
    int i;

    if (list->query->sift) {
        return sift_all(scan);
    }
    *list->total = 0;
    scim_walk_start(&walk, &pages, 0, list->batch);
    while (!walk.ended) {
        apr_int64_t left = list->query->max_scan - scan->asked;

        SCIM_TRY(scim_walk_read(&records, &walk,
                                left < SCIM_SHORT_BATCH ? left + 1 : SCIM_SHORT_BATCH));
        for (i = 0; i < records->nelts; i++) {
            SCIM_TRY(scim_fetch_whole(list->session, APR_ARRAY_IDX(records, i, scim_record_t *),
                                      look_at, scan, list->scratch, list->batch));
        }
    }
    return NULL;
}

static scim_error_t *read_sorted(list_t *list)
{
    scan_t scan = {.list = list, .finds = scim_finds_make(list->query, list->pool)};
    const scim_find_t *page;
    const char **ids;
    int i, count;

    SCIM_TRY(look_at_all(&scan));
    page = scim_finds_page(scan.finds, &count);
    ids = apr_palloc(list->pool, sizeof(*ids) * (apr_size_t)(count + 1));
    for (i = 0; i < count; i++) {
        ids[i] = page[i].id;
    }
    return scim_fetch(list->session, ids, count, list->each, list->baton, list->pool);
}

static scim_error_t *answer(list_t *list)
{
    const scim_query_t *query = list->query;
    scan_t scan = {.list = list};

    if (list->sortable && is_exact(list)) {
        return query->before ? read_backwards(list) : read_forwards(list);
    }
    return query->order || query->before ? read_sorted(list) : look_at_all(&scan);
}

scim_error_t *scim_list_run(scim_session_t *session, const scim_query_t *query,
                            scim_record_fn each, void *baton, apr_int64_t *total,
                            apr_pool_t *pool)
{
    list_t list = {.session = session,
                   .query = query,
                   .each = each,
                   .baton = baton,
                   .total = total,
                   .pool = pool};

    apr_pool_create(&list.batch, pool);
    apr_pool_create(&list.scratch, pool);
    SCIM_TRY(choose(&list));
    SCIM_TRY(answer(&list));
    apr_pool_destroy(list.scratch);
    apr_pool_destroy(list.batch);
    return NULL;
}
