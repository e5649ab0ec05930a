#include "directory/dbd/pages.h"

#include <string.h>

#include <apr_strings.h>

/* A statement while it is written. */
typedef struct writer_t {
    const scim_pages_t *pages;
    apr_array_header_t *pieces; /* of const char * */
    apr_array_header_t *args;   /* of const char * */
    int legs;
    int backwards; /* the rows come by descending keys */
    apr_pool_t *pool;
} writer_t;

static void put(writer_t *w, const char *sql)
{
    APR_ARRAY_PUSH(w->pieces, const char *) = sql;
}

static void put_value(writer_t *w, const char *value)
{
    APR_ARRAY_PUSH(w->args, const char *) = value;
}

static void put_number(writer_t *w, apr_int64_t number)
{
    put_value(w, apr_psprintf(w->pool, "%" APR_INT64_T_FMT, number));
}

/* `sql` with @ for the column. */
static void put_column(writer_t *w, const char *sql, const char *column)
{
    const char *at;

    for (; (at = strchr(sql, '@')); sql = at + 1) {
        put(w, apr_pstrmemdup(w->pool, sql, (apr_size_t)(at - sql)));
        put(w, column);
    }
    put(w, sql);
}

static writer_t start(const scim_pages_t *pages, apr_pool_t *pool)
{
    writer_t writer = {.pages = pages, .pool = pool};

    writer.pieces = apr_array_make(pool, 64, sizeof(const char *));
    writer.args = apr_array_make(pool, 16, sizeof(const char *));
    writer.backwards = !pages->descending != !pages->reversed;
    return writer;
}

static void finish(scim_statement_t *statement, const writer_t *w)
{
    statement->sql = apr_array_pstrcat(w->pool, w->pieces, 0);
    statement->args = (const char **)w->args->elts;
    statement->count = w->args->nelts;
}

/* ---- places --------------------------------------------------------------- */

/* Records with a value, or records without. */
typedef enum segment_t { VALUES, NULLS } segment_t;

/* A bound: keys greater than that of the position, or less. */
typedef struct bound_t {
    const scim_position_t *position;
    int greater;
} bound_t;

/* 1 when no record of the segment is within the bound. */
static int excludes(const bound_t *bound, const scim_sorting_t *sorting, segment_t segment)
{
    int null = bound->position && !sorting->by_id && bound->position->key == NULL;

    if (bound->position == NULL || sorting->by_id) {
        return 0;
    }
    return bound->greater ? segment == VALUES && null : segment == NULLS && !null;
}

/* The terms of those that have no value are their ids. */
static const char *id_column(const scim_sorting_t *sorting, segment_t segment)
{
    return sorting->terms && segment == NULLS ? sorting->column : "id";
}

static void put_ids(writer_t *w, const bound_t *bound, const char *column)
{
    put_column(w, bound->greater ? " AND @ > %s" : " AND @ < %s", column);
    put_value(w, bound->position->id);
}

/* Terms are cut as keys are, and the key of what has a column is not cut: both compare as they
   are. */
static void put_key(writer_t *w, const bound_t *bound, const scim_sorting_t *sorting)
{
    const char *key = scim_sorting_value(sorting, bound->position->key, w->pool);

    put_column(w,
               bound->greater ? " AND @ >= %s AND (@ > %s OR id > %s)"
                              : " AND @ <= %s AND (@ < %s OR id < %s)",
               sorting->column);
    put_value(w, key);
    put_value(w, key);
    put_value(w, bound->position->id);
}

static void put_bound(writer_t *w, const bound_t *bound, const scim_sorting_t *sorting,
                      segment_t segment)
{
    int null = bound->position && bound->position->key == NULL;

    if (bound->position == NULL) {
        return;
    }
    if (sorting->by_id || (segment == NULLS && null)) {
        put_ids(w, bound, id_column(sorting, segment));
    } else if (segment == VALUES && !null) {
        put_key(w, bound, sorting);
    }
}

/* ---- legs ----------------------------------------------------------------- */

static const char *direction(const writer_t *w)
{
    return w->backwards ? " DESC" : "";
}

/* The tables, and the conditions that belong to them; by which index they are read. A filter
   that leaves few records is worth more than an index that has them in order. */
static scim_index_t put_tables(writer_t *w, int part, segment_t segment)
{
    const scim_sql_t *dialect = w->pages->session->connection->sql;
    const scim_sorting_t *sorting = &w->pages->sorting[part];
    scim_index_t index = w->pages->plans[part].index;
    int broad = index == SCIM_INDEX_LIST;

    put(w, " FROM ");
    if (sorting->terms == NULL) {
        index = broad ? sorting->index : index;
        put(w, dialect->from[index]);
        put(w, " WHERE ");
    } else {
        put(w, broad ? "scim_terms CROSS JOIN scim_resources" : dialect->from[index]);
        put(w, broad ? "" : " CROSS JOIN scim_terms");
        put(w, " WHERE resource = number AND index_number = %s AND ");
        put_value(w, segment == NULLS ? sorting->absent : sorting->terms);
        index = broad ? SCIM_INDEX_NUMBER : index;
    }
    return index;
}

static void put_conditions(writer_t *w, int part, scim_index_t index, const scim_plan_t *plan)
{
    const scim_pages_t *pages = w->pages;

    put(w, scim_sql_within(pages->session->connection->sql, index));
    put(w, pages->query->with_deleted ? " AND deleted IN (0, 1)" : " AND deleted = 0");
    put_value(w, pages->session->directory);
    put_value(w, pages->query->parts[part].type);
    put(w, plan->where);
    apr_array_cat(w->args, plan->args);
}

static void put_segment(writer_t *w, int part, segment_t segment)
{
    const scim_sorting_t *sorting = &w->pages->sorting[part];

    if (sorting->nullable && sorting->terms == NULL) {
        put_column(w, segment == VALUES ? " AND @ IS NOT NULL" : " AND @ IS NULL",
                   sorting->column);
    }
}

/* Which segment comes first is said by a number. */
static void put_page_columns(writer_t *w, const scim_sorting_t *sorting, segment_t segment)
{
    put(w, (segment == NULLS) != w->backwards ? "SELECT 1 AS page_segment, "
                                              : "SELECT 0 AS page_segment, ");
    put(w, segment == VALUES ? sorting->column : "''");
    put(w, " AS page_key, id AS page_id, number AS page_number");
}

static void put_order(writer_t *w, const scim_sorting_t *sorting, segment_t segment)
{
    put(w, " ORDER BY ");
    if (!sorting->by_id && (segment == VALUES || sorting->terms == NULL)) {
        put(w, sorting->column); /* also where all are NULL: so the index has them in order */
        put(w, direction(w));
        put(w, ", ");
    }
    put(w, id_column(sorting, segment));
    put(w, direction(w));
}

static void put_leg(writer_t *w, int part, segment_t segment)
{
    const scim_pages_t *pages = w->pages;
    const scim_sorting_t *sorting = &pages->sorting[part];
    const bound_t after = {pages->after, !pages->descending};
    const bound_t before = {pages->before, pages->descending};

    put_conditions(w, part, put_tables(w, part, segment), &pages->plans[part]);
    put_segment(w, part, segment);
    put_bound(w, &after, sorting, segment);
    put_bound(w, &before, sorting, segment);
    put_order(w, sorting, segment);
}

static int is_empty(const scim_pages_t *pages, int part, segment_t segment)
{
    const scim_sorting_t *sorting = &pages->sorting[part];
    const bound_t after = {pages->after, !pages->descending};
    const bound_t before = {pages->before, pages->descending};

    return (segment == NULLS && !sorting->nullable) || excludes(&after, sorting, segment)
           || excludes(&before, sorting, segment);
}

/* ---- statements ----------------------------------------------------------- */

typedef struct leg_t {
    int part;
    segment_t segment;
} leg_t;

static apr_array_header_t *find_legs(const scim_pages_t *pages, apr_pool_t *pool)
{
    apr_array_header_t *legs = apr_array_make(pool, 4, sizeof(leg_t));
    int part, segment;

    for (part = 0; part < pages->query->part_count; part++) {
        for (segment = VALUES; segment <= NULLS; segment++) {
            if (!is_empty(pages, part, segment)) {
                leg_t *leg = apr_array_push(legs);

                leg->part = part;
                leg->segment = segment;
            }
        }
    }
    return legs;
}

/* The index has the order: rows are read as they come. */
static int is_plain(const scim_pages_t *pages, const leg_t *leg)
{
    const scim_plan_t *plan = &pages->plans[leg->part];

    return pages->sorting[leg->part].by_id && (plan->index == SCIM_INDEX_LIST || plan->single);
}

static void put_limit(writer_t *w, apr_int64_t limit, apr_int64_t offset)
{
    put(w, " LIMIT %s OFFSET %s");
    put_number(w, limit);
    put_number(w, offset);
}

static void put_merged(writer_t *w, const apr_array_header_t *legs, apr_int64_t limit,
                       apr_int64_t offset)
{
    apr_int64_t most = limit > INT64_MAX - offset ? INT64_MAX : limit + offset;
    int i;

    for (i = 0; i < legs->nelts; i++) {
        const leg_t *leg = &APR_ARRAY_IDX(legs, i, leg_t);

        put(w, i > 0 ? " UNION ALL SELECT * FROM (" : "SELECT * FROM (SELECT * FROM (");
        put_page_columns(w, &w->pages->sorting[leg->part], leg->segment);
        put_leg(w, leg->part, leg->segment);
        put(w, " LIMIT %s) l");
        put(w, apr_itoa(w->pool, i));
        put_number(w, most);
    }
    put(w, ") legs ORDER BY page_segment, page_key");
    put(w, direction(w));
    put(w, ", page_id");
    put(w, direction(w));
    put_limit(w, limit, offset);
}

static const char *columns_of(const scim_pages_t *pages)
{
    return pages->columns ? pages->columns : SCIM_RECORD_COLUMNS;
}

/* The ids and numbers first, from the indexes, so that only the rows of the page are read. */
static void put_page(writer_t *w, const apr_array_header_t *legs, apr_int64_t limit,
                     apr_int64_t offset)
{
    put(w, "SELECT ");
    put(w, w->pages->ids ? "page_id" : columns_of(w->pages));
    put(w, " FROM (");
    if (legs->nelts == 1) {
        const leg_t *leg = &APR_ARRAY_IDX(legs, 0, leg_t);

        put_page_columns(w, &w->pages->sorting[leg->part], leg->segment);
        put_leg(w, leg->part, leg->segment);
        put_limit(w, limit, offset);
    } else {
        put_merged(w, legs, limit, offset);
    }
    put(w, w->pages->ids ? ") page"
                         : ") page CROSS JOIN scim_resources WHERE number = page_number");
    put(w, " ORDER BY page_segment, page_key");
    put(w, direction(w));
    put(w, ", page_id");
    put(w, direction(w));
}

void scim_pages_select(scim_statement_t *statement, const scim_pages_t *pages,
                       apr_int64_t limit, apr_int64_t offset, apr_pool_t *pool)
{
    const apr_array_header_t *legs = find_legs(pages, pool);
    writer_t writer = start(pages, pool);

    memset(statement, 0, sizeof(*statement));
    if (legs->nelts == 0) {
        return;
    }
    if (pages->unordered) {
        put(&writer, "SELECT ");
        put(&writer, columns_of(pages));
        put_conditions(&writer, 0, put_tables(&writer, 0, VALUES), &pages->plans[0]);
        put_limit(&writer, limit, offset);
    } else if (legs->nelts == 1 && !pages->ids
               && is_plain(pages, &APR_ARRAY_IDX(legs, 0, leg_t))) {
        put(&writer, "SELECT ");
        put(&writer, columns_of(pages));
        put_leg(&writer, APR_ARRAY_IDX(legs, 0, leg_t).part, VALUES);
        put_limit(&writer, limit, offset);
    } else {
        put_page(&writer, legs, limit, offset);
    }
    finish(statement, &writer);
}

static void put_total(writer_t *w, int part)
{
    const scim_pages_t *pages = w->pages;

    put(w, pages->session->connection->sql->total);
    put_value(w, pages->session->directory);
    put_value(w, pages->query->parts[part].type);
}

static void put_count(writer_t *w, int part, const scim_plan_t *plan)
{
    put(w, "SELECT COUNT(*) FROM ");
    put(w, w->pages->session->connection->sql->from[plan->index]);
    put(w, " WHERE ");
    put_conditions(w, part, plan->index, plan);
}

void scim_pages_count(scim_statement_t *statement, const scim_pages_t *pages, int part,
                      apr_pool_t *pool)
{
    const scim_sql_t *dialect = pages->session->connection->sql;
    const scim_plan_t *plan = &pages->plans[part];
    writer_t writer = start(pages, pool);

    if (*plan->where == '\0' && dialect->total) {
        put_total(&writer, part);
    } else if (plan->others && dialect->total) {
        put(&writer, "SELECT COALESCE((");
        put_total(&writer, part);
        put(&writer, "), 0) - (");
        put_count(&writer, part, plan->others);
        put(&writer, ")");
    } else {
        put_count(&writer, part, plan);
    }
    finish(statement, &writer);
}
