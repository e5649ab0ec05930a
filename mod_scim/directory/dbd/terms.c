#include "directory/dbd/terms.h"

#include <string.h>

#include <apr_strings.h>

/* Rows of one INSERT. */
#define CHUNK 8

typedef struct term_row_t {
    const char *index;
    const char *term;
    int kept;
} term_row_t;

struct scim_term_rows_t {
    apr_array_header_t *list; /* of term_row_t */
    apr_hash_t *places;       /* index and term -> term_row_t *, made when it is needed */
    apr_pool_t *pool;
};

scim_term_rows_t *scim_terms_none(apr_pool_t *pool)
{
    scim_term_rows_t *rows = apr_pcalloc(pool, sizeof(*rows));

    rows->pool = pool;
    rows->list = apr_array_make(pool, 8, sizeof(term_row_t));
    return rows;
}

void scim_terms_take(scim_term_rows_t *rows, const char *index, const char *term)
{
    term_row_t *row = apr_array_push(rows->list);

    row->index = apr_pstrdup(rows->pool, index);
    row->term = apr_pstrdup(rows->pool, term);
    row->kept = 0;
}

static const char *pair(const char *index, const char *term, apr_pool_t *pool)
{
    return apr_pstrcat(pool, index, "\n", term, NULL);
}

/* The rows by what is in them; those of the list stay where they are from now on. */
static apr_hash_t *places_of(const scim_term_rows_t *rows, apr_pool_t *pool)
{
    apr_hash_t *places = apr_hash_make(pool);
    int i;

    for (i = 0; rows && i < rows->list->nelts; i++) {
        term_row_t *row = &APR_ARRAY_IDX(rows->list, i, term_row_t);

        apr_hash_set(places, pair(row->index, row->term, pool), APR_HASH_KEY_STRING, row);
    }
    return places;
}

static const char *index_of(apr_hash_t *indexes, const char *type, const char *attribute,
                            apr_pool_t *pool)
{
    return apr_hash_get(indexes, scim_tables_index_name(type, attribute, pool),
                        APR_HASH_KEY_STRING);
}

/* ---- writing -------------------------------------------------------------- */

/* INSERT of `count` rows, each with the number that `resource` stands for. */
static const char *insert_sql(const scim_session_t *session, const char *resource, int count,
                              apr_pool_t *pool)
{
    const char *row = apr_pstrcat(pool, "(%s, %s, ", resource, ")", NULL);
    const char *sql = "INSERT INTO scim_terms (index_number, term, resource) VALUES ";
    int i;

    for (i = 0; i < count; i++) {
        sql = apr_pstrcat(pool, sql, i > 0 ? ", " : "", row, NULL);
    }
    return apr_pstrcat(
        pool, sql,
        scim_sql_or_nothing(session->connection->sql, "scim_terms", "resource", pool), NULL);
}

/* `values`: index, term, and what `resource` asks for; index, term ... */
static scim_error_t *insert_rows(scim_session_t *session, apr_array_header_t *values,
                                 const char *resource, int width, apr_pool_t *pool)
{
    const char **args = (const char **)values->elts;
    int left = values->nelts / width, count;

    for (; left > 0; left -= count, args += width * count) {
        count = left < CHUNK ? left : CHUNK;
        SCIM_TRY(scim_connection_change(NULL, session->connection,
                                        insert_sql(session, resource, count, pool), args,
                                        width * count, pool));
    }
    return NULL;
}

const char *scim_terms_absent(const char *index, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "-", index, NULL);
}

static void want(apr_array_header_t *rows, const char *index, const char *term)
{
    term_row_t *row = apr_array_push(rows);

    row->index = index;
    row->term = term;
}

static int has_term(const scim_record_t *record, const char *attribute)
{
    int i;

    for (i = 0; i < record->term_count && strcmp(record->terms[i].attribute, attribute) != 0;
         i++) {
    }
    return i < record->term_count;
}

/* The rows that the record is to have, of these indexes. */
static apr_array_header_t *find_wanted(const scim_session_t *session, apr_hash_t *indexes,
                                       const scim_record_t *record, apr_pool_t *pool)
{
    const scim_catalogue_t *catalogue = session->catalogue;
    apr_array_header_t *rows = apr_array_make(pool, record->term_count + 4, sizeof(term_row_t));
    const char *index;
    int i;

    for (i = 0; i < record->term_count; i++) {
        index = index_of(indexes, record->type, record->terms[i].attribute, pool);
        if (index) {
            want(rows, index, record->terms[i].key);
        }
    }
    for (i = 0; i < catalogue->indexed_count; i++) {
        const scim_indexed_attribute_t *indexed = &catalogue->indexed[i];

        if (indexed->single && strcmp(indexed->type, record->type) == 0
            && !has_term(record, indexed->attribute)) {
            index = index_of(indexes, record->type, indexed->attribute, pool);
            if (index) {
                want(rows, scim_terms_absent(index, pool), record->id);
            }
        }
    }
    return rows;
}

/* Writes what is not in `places`, and marks what is. NULL as the number: that of the resource
   that was made just now. */
static scim_error_t *write_terms(scim_session_t *session, const scim_record_t *record,
                                 const char *number, apr_hash_t *places, apr_pool_t *pool)
{
    const char *made = session->connection->sql->made, *resource = number ? "%s" : made;
    const char *argument = number ? number : strchr(made, '%') ? record->id : NULL;
    const apr_array_header_t *wanted =
        find_wanted(session, session->shelf->indexes, record, pool);
    apr_array_header_t *values = apr_array_make(pool, 3 * CHUNK, sizeof(char *));
    int i;

    for (i = 0; i < wanted->nelts; i++) {
        const term_row_t *row = &APR_ARRAY_IDX(wanted, i, term_row_t);
        term_row_t *there =
            apr_hash_get(places, pair(row->index, row->term, pool), APR_HASH_KEY_STRING);

        if (there) {
            there->kept = 1;
            continue;
        }
        APR_ARRAY_PUSH(values, const char *) = row->index;
        APR_ARRAY_PUSH(values, const char *) = row->term;
        if (argument) {
            APR_ARRAY_PUSH(values, const char *) = argument;
        }
    }
    return insert_rows(session, values, resource, argument ? 3 : 2, pool);
}

static scim_error_t *take_made(void *baton, const char *const *values)
{
    int *made = baton;

    (void)values;
    *made = 1;
    return NULL;
}

/* The record, and the first `count` of the rows that it is to have, by one statement. */
static scim_error_t *add_together(int *made, scim_session_t *session,
                                  const apr_array_header_t *wanted, int count,
                                  const apr_array_header_t *insert_args, const char *insert,
                                  apr_pool_t *pool)
{
    const scim_sql_t *dialect = session->connection->sql;
    apr_array_header_t *args = apr_array_copy(pool, insert_args);
    const char *sql =
        apr_pstrcat(pool, dialect->with_terms[0], insert, dialect->with_terms[1], NULL);
    int i;

    for (i = 0; i < count; i++) {
        const term_row_t *row = &APR_ARRAY_IDX(wanted, i, term_row_t);

        sql = apr_pstrcat(pool, sql, i > 0 ? ", " : "", dialect->term_row, NULL);
        APR_ARRAY_PUSH(args, const char *) = row->index;
        APR_ARRAY_PUSH(args, const char *) = row->term;
    }
    sql = apr_pstrcat(pool, sql, dialect->with_terms[2], NULL);
    *made = 0;
    session->connection->changes++;
    return scim_connection_select(session->connection, sql, (const char **)args->elts,
                                  args->nelts, take_made, made, pool);
}

scim_error_t *scim_terms_add(int *made, scim_session_t *session, const scim_record_t *record,
                             const apr_array_header_t *args, const char *insert,
                             apr_pool_t *pool)
{
    apr_array_header_t *wanted = find_wanted(session, session->shelf->indexes, record, pool);
    int together = session->connection->sql->with_terms ? wanted->nelts : 0, i;
    apr_hash_t *places = apr_hash_make(pool);

    together = together < CHUNK ? together : CHUNK;
    if (together > 0) {
        SCIM_TRY(add_together(made, session, wanted, together, args, insert, pool));
    } else {
        SCIM_TRY(scim_connection_change(made, session->connection, insert,
                                        (const char **)args->elts, args->nelts, pool));
    }
    if (!*made || together == wanted->nelts) {
        return NULL;
    }
    for (i = 0; i < together; i++) {
        term_row_t *row = &APR_ARRAY_IDX(wanted, i, term_row_t);

        apr_hash_set(places, pair(row->index, row->term, pool), APR_HASH_KEY_STRING, row);
    }
    return write_terms(session, record, NULL, places, pool);
}

scim_error_t *scim_terms_replace(scim_session_t *session, const scim_record_t *record,
                                 const char *number, const scim_term_rows_t *rows,
                                 apr_pool_t *pool)
{
    int i;

    SCIM_TRY(write_terms(session, record, number, places_of(rows, pool), pool));
    for (i = 0; i < rows->list->nelts; i++) {
        const term_row_t *row = &APR_ARRAY_IDX(rows->list, i, term_row_t);
        const char *args[] = {row->index, row->term, number};

        if (!row->kept) {
            SCIM_TRY(
                scim_connection_change(NULL, session->connection,
                                       "DELETE FROM scim_terms WHERE index_number = %s AND "
                                       "term = %s AND resource = %s",
                                       args, 3, pool));
        }
    }
    return NULL;
}

/* ---- reading -------------------------------------------------------------- */

typedef struct completeness_t {
    apr_hash_t *complete;
    apr_pool_t *pool;
} completeness_t;

static scim_error_t *take_complete(void *baton, const char *const *values)
{
    const completeness_t *completeness = baton;

    apr_hash_set(completeness->complete,
                 scim_tables_index_name(values[1], values[2], completeness->pool),
                 APR_HASH_KEY_STRING, apr_pstrdup(completeness->pool, values[0]));
    return NULL;
}

/* Asked in each unit of work anew: another server may have ended the completeness of one. */
static scim_error_t *find_complete(scim_session_t *session, apr_pool_t *pool)
{
    completeness_t completeness = {apr_hash_make(session->pool), session->pool};

    if (session->complete) {
        return NULL;
    }
    SCIM_TRY(scim_connection_select(session->connection,
                                    "SELECT number, type, attribute FROM scim_indexes "
                                    "WHERE directory = %s AND complete = 1",
                                    &session->directory, 1, take_complete, &completeness,
                                    pool));
    session->complete = completeness.complete;
    return NULL;
}

scim_error_t *scim_terms_index(const char **index, scim_session_t *session, const char *type,
                               const char *attribute, apr_pool_t *pool)
{
    *index = NULL;
    if (!scim_tables_indexed(session->catalogue, type, attribute)) {
        return NULL;
    }
    SCIM_TRY(find_complete(session, pool));
    *index = apr_hash_get(session->complete, scim_tables_index_name(type, attribute, pool),
                          APR_HASH_KEY_STRING);
    return NULL;
}

scim_error_t *scim_terms_complete(scim_session_t *session, const char *type,
                                  const char *attribute, apr_pool_t *pool)
{
    const char *args[] = {session->directory, type, attribute};

    session->complete = NULL;
    return scim_connection_change(
        NULL, session->connection,
        "UPDATE scim_indexes SET complete = 1 WHERE directory = %s AND "
        "type = %s AND attribute = %s",
        args, 3, pool);
}

/* ---- comparing ------------------------------------------------------------ */

/* The numbers of complete indexes of the type that the session knows, and of those that go with
   them. */
static apr_hash_t *numbers_of(const scim_session_t *session, const char *type, apr_pool_t *pool)
{
    const scim_catalogue_t *catalogue = session->catalogue;
    apr_hash_t *numbers = apr_hash_make(pool);
    int i;

    for (i = 0; i < catalogue->indexed_count; i++) {
        const scim_indexed_attribute_t *indexed = &catalogue->indexed[i];
        const char *number = apr_hash_get(
            session->complete, scim_tables_index_name(indexed->type, indexed->attribute, pool),
            APR_HASH_KEY_STRING);

        if (number && strcmp(indexed->type, type) == 0) {
            apr_hash_set(numbers, number, APR_HASH_KEY_STRING, number);
            number = scim_terms_absent(number, pool);
            apr_hash_set(numbers, number, APR_HASH_KEY_STRING, number);
        }
    }
    return numbers;
}

scim_error_t *scim_terms_compare(int *missing, int *surplus, scim_session_t *session,
                                 const scim_record_t *record, const scim_term_rows_t *rows,
                                 apr_pool_t *pool)
{
    apr_hash_t *places = places_of(rows, pool), *numbers;
    const apr_array_header_t *wanted;
    int i;

    SCIM_TRY(find_complete(session, pool));
    numbers = numbers_of(session, record->type, pool);
    wanted = find_wanted(session, session->complete, record, pool);
    *missing = *surplus = 0;
    for (i = 0; i < wanted->nelts; i++) {
        const term_row_t *row = &APR_ARRAY_IDX(wanted, i, term_row_t);
        term_row_t *there =
            apr_hash_get(places, pair(row->index, row->term, pool), APR_HASH_KEY_STRING);

        if (there) {
            there->kept = 1;
        } else {
            ++*missing;
        }
    }
    for (i = 0; i < rows->list->nelts; i++) {
        const term_row_t *row = &APR_ARRAY_IDX(rows->list, i, term_row_t);

        *surplus += !row->kept && apr_hash_get(numbers, row->index, APR_HASH_KEY_STRING);
    }
    return NULL;
}
