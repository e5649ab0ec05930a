#include "directory/dbd/records.h"

#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/terms.h"
#include "directory/provider.h"

/* The columns of SCIM_RECORD_COLUMNS, in their order. */
enum {
    TYPE,
    ID,
    LOCAL_NAME,
    LOCAL_KEY,
    WIRE_KEY,
    EXTERNAL_ID,
    ACTIVE,
    DELETED,
    VERSION,
    CREATED,
    MODIFIED,
    PASSWORD,
    DISPLAY,
    NOT_BEFORE,
    GROUPED,
    DOCUMENT
};

const char *scim_records_grouped(const scim_session_t *session)
{
    const char *column = session->connection->sql->grouped;

    return column ? column : SCIM_GROUPED_COLUMN;
}

static const char *text_of(apr_int64_t number, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, number);
}

scim_record_t *scim_records_take(const char *const *values, apr_pool_t *pool)
{
    scim_record_t *record = apr_pcalloc(pool, sizeof(*record));
    const char *document = values[DOCUMENT] ? values[DOCUMENT] : "";

    record->type = apr_pstrdup(pool, values[TYPE]);
    record->id = apr_pstrdup(pool, values[ID]);
    record->local_name = apr_pstrdup(pool, values[LOCAL_NAME]);
    record->local_key = apr_pstrdup(pool, values[LOCAL_KEY]);
    record->wire_key = apr_pstrdup(pool, values[WIRE_KEY]);
    record->external_id = apr_pstrdup(pool, values[EXTERNAL_ID]);
    record->active = scim_sql_number(values[ACTIVE]) != 0;
    record->deleted = scim_sql_number(values[DELETED]) != 0;
    record->version = scim_sql_number(values[VERSION]);
    record->created = scim_sql_number(values[CREATED]);
    record->modified = scim_sql_number(values[MODIFIED]);
    record->password = apr_pstrdup(pool, values[PASSWORD]);
    record->display = apr_pstrdup(pool, values[DISPLAY]);
    record->not_before = scim_sql_number(values[NOT_BEFORE]);
    record->grouped = scim_sql_number(values[GROUPED]);
    record->document_length = strlen(document);
    record->document = apr_pstrmemdup(pool, document, record->document_length);
    return record;
}

scim_record_t scim_records_view(const scim_cell_t *cells, const char *type)
{
    /* the order of SCIM_VIEW_COLUMNS */
    return (scim_record_t){.type = type,
                           .id = cells[0].text,
                           .version = cells[1].number,
                           .created = cells[2].number,
                           .modified = cells[3].number,
                           .grouped = cells[4].number,
                           .document = cells[5].text ? cells[5].text : "",
                           .document_length = cells[5].length};
}

typedef struct first_t {
    scim_record_t *record;
    apr_pool_t *pool;
} first_t;

static scim_error_t *take_first(void *baton, const char *const *values)
{
    first_t *first = baton;

    if (first->record == NULL) {
        first->record = scim_records_take(values, first->pool);
    }
    return NULL;
}

scim_error_t *scim_records_first(scim_record_t **record, scim_session_t *session,
                                 const char *sql, const char **args, int count,
                                 apr_pool_t *pool)
{
    first_t first = {NULL, pool};

    SCIM_TRY(scim_connection_select(session->connection, sql, args, count, take_first, &first,
                                    pool));
    *record = first.record;
    return NULL;
}

/* ---- writing -------------------------------------------------------------- */

scim_error_t *scim_records_insert(scim_session_t *session, const scim_record_t *record,
                                  scim_outcome_t *outcome, apr_pool_t *pool)
{
    const char *sql = apr_pstrcat(
        pool,
        "INSERT INTO scim_resources (directory, type, id, local_name, local_key, wire_key, "
        "external_id, active, deleted, version, created, modified, password, "
        "display, not_before, document) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
        "%s, %s, %s, %s, %s)",
        scim_sql_or_nothing(session->connection->sql, "scim_resources", "number", pool), NULL);
    const char *args[] = {session->directory,
                          record->type,
                          record->id,
                          record->local_name,
                          record->local_key,
                          record->wire_key,
                          record->external_id,
                          record->active ? "1" : "0",
                          record->deleted ? "1" : "0",
                          text_of(record->version, pool),
                          text_of(record->created, pool),
                          text_of(record->modified, pool),
                          record->password,
                          record->display,
                          text_of(record->not_before, pool),
                          record->document};
    const int count = sizeof(args) / sizeof(args[0]);
    apr_array_header_t *list = apr_array_make(pool, count, sizeof(const char *));
    int made;

    memcpy(list->elts, args, sizeof(args));
    list->nelts = count;
    SCIM_TRY(scim_provider_check_write(session->writes, record, pool));
    SCIM_TRY(scim_terms_add(&made, session, record, list, sql, pool));
    *outcome = made ? SCIM_STORED : SCIM_TAKEN;
    return NULL;
}

/* What is there before a write. */
typedef struct before_t {
    apr_int64_t version; /* 0: there is no such record */
    int deleted;
    int active;
    const char *number;
    const char *display;
    const char *local_name;
    const char *local_key;
    const char *wire_key;
    const char *external_id;
    scim_term_rows_t *terms;
    apr_pool_t *pool;
} before_t;

static scim_error_t *take_term(void *baton, const char *const *values)
{
    const before_t *before = baton;

    scim_terms_take(before->terms, values[0], values[1]);
    return NULL;
}

static scim_error_t *take_before(void *baton, const char *const *values)
{
    before_t *before = baton;

    if (before->number == NULL) {
        before->version = scim_sql_number(values[0]);
        before->deleted = scim_sql_number(values[1]) != 0;
        before->active = scim_sql_number(values[2]) != 0;
        before->number = apr_pstrdup(before->pool, values[3]);
        before->display = apr_pstrdup(before->pool, values[4]);
        before->local_name = apr_pstrdup(before->pool, values[5]);
        before->local_key = apr_pstrdup(before->pool, values[6]);
        before->wire_key = apr_pstrdup(before->pool, values[7]);
        before->external_id = apr_pstrdup(before->pool, values[8]);
    }
    return values[9] ? take_term(before, values + 9) : NULL;
}

/* A row for each of its terms. */
static scim_error_t *look_before(before_t *before, scim_session_t *session, const char *type,
                                 const char *id, apr_pool_t *pool)
{
    const char *args[] = {id, session->directory, type};

    memset(before, 0, sizeof(*before));
    before->pool = pool;
    before->terms = scim_terms_none(pool);
    return scim_connection_select(
        session->connection,
        "SELECT version, deleted, active, number, display, local_name, local_key, wire_key, "
        "external_id, index_number, term FROM scim_resources LEFT JOIN scim_terms ON resource "
        "= number WHERE id = %s AND directory = %s AND type = %s",
        args, 3, take_before, before, pool);
}

/* ---- what is held --------------------------------------------------------- */

struct scim_held_t {
    apr_uint32_t changes; /* there were so many: since the next, it may be another one */
    const char *type;
    const char *id; /* NULL: nothing is held */
    before_t before;
    apr_pool_t *pool;
};

typedef struct hold_t {
    scim_held_t *held;
    scim_record_t *record;
    apr_pool_t *pool;
} hold_t;

/* The record itself is in a pool that may end sooner. */
static scim_error_t *take_held(void *baton, const char *const *values)
{
    hold_t *hold = baton;
    scim_held_t *held = hold->held;
    const scim_record_t *record = hold->record = scim_records_take(values, hold->pool);

    held->type = apr_pstrdup(held->pool, record->type);
    held->id = apr_pstrdup(held->pool, record->id);
    held->before.version = record->version;
    held->before.deleted = record->deleted;
    held->before.active = record->active;
    held->before.number = apr_pstrdup(held->pool, values[DOCUMENT + 1]);
    held->before.display = apr_pstrdup(held->pool, record->display);
    held->before.local_name = apr_pstrdup(held->pool, record->local_name);
    held->before.local_key = apr_pstrdup(held->pool, record->local_key);
    held->before.wire_key = apr_pstrdup(held->pool, record->wire_key);
    held->before.external_id = apr_pstrdup(held->pool, record->external_id);
    return NULL;
}

scim_error_t *scim_records_hold(scim_record_t **record, scim_session_t *session,
                                const char *sql, const char **args, int count, apr_pool_t *pool)
{
    hold_t hold = {session->held, NULL, pool};

    if (hold.held == NULL) {
        session->held = hold.held = apr_pcalloc(session->pool, sizeof(*hold.held));
        apr_pool_create(&hold.held->pool, session->pool);
    }
    hold.held->id = NULL;
    apr_pool_clear(hold.held->pool);
    SCIM_TRY(
        scim_connection_select(session->connection, sql, args, count, take_held, &hold, pool));
    hold.held->changes = session->connection->changes;
    *record = hold.record;
    return NULL;
}

/* 1 when the record is held, and nothing was done since. */
static int recall(before_t *before, const scim_session_t *session, const char *type,
                  const char *id, apr_pool_t *pool)
{
    const scim_held_t *held = session->held;

    if (held == NULL || held->id == NULL || held->changes != session->connection->changes
        || strcmp(held->id, id) != 0 || strcmp(held->type, type) != 0) {
        return 0;
    }
    *before = held->before;
    before->terms = scim_terms_none(pool);
    before->pool = pool;
    return 1;
}

static scim_error_t *look_at_terms(before_t *before, scim_session_t *session, apr_pool_t *pool)
{
    return scim_connection_select(session->connection,
                                  "SELECT index_number, term FROM scim_terms WHERE resource = "
                                  "%s",
                                  &before->number, 1, take_term, before, pool);
}

/* ---- changing ------------------------------------------------------------- */

/* Why a change found no row to change; with the version right, it was the name. */
static scim_error_t *explain(scim_outcome_t *outcome, scim_session_t *session, const char *type,
                             const char *id, apr_int64_t expected, apr_pool_t *pool)
{
    before_t found;

    SCIM_TRY(look_before(&found, session, type, id, pool));
    *outcome = found.version == 0          ? SCIM_ABSENT
               : found.version == expected ? SCIM_TAKEN
                                           : SCIM_STALE;
    return NULL;
}

static scim_error_t *take_one(void *baton, const char *const *values)
{
    int *any = baton;

    (void)values;
    *any = 1;
    return NULL;
}

/* A look that waits for nobody: in the UPDATE it would take locks on MariaDB, by which those
   who want the same name would stand in each other's way. */
static scim_error_t *look_for_name(int *taken, scim_session_t *session,
                                   const scim_record_t *record, const before_t *before,
                                   apr_pool_t *pool)
{
    const scim_sql_t *dialect = session->connection->sql;
    const char *args[] = {session->directory, record->type, record->local_key};

    *taken = 0;
    if (record->local_key == NULL
        || (before->local_key && strcmp(before->local_key, record->local_key) == 0)) {
        return NULL;
    }
    return scim_connection_select(
        session->connection,
        apr_pstrcat(pool, "SELECT 1 FROM ", dialect->from[SCIM_INDEX_LOCAL], " WHERE ",
                    scim_sql_within(dialect, SCIM_INDEX_LOCAL), " AND local_key = %s", NULL),
        args, 3, take_one, taken, pool);
}

static int differ(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) != 0 : a != b;
}

/*
 * A part of the UPDATE. A column that is named in it has its indexes written anew, also with
 * the value that it had, and a page of an index is as dear as one of the table: so those that
 * stay as they are are left out.
 */
static const char *set(const char *sql, int changed, const char *part, apr_array_header_t *args,
                       const char *value, apr_pool_t *pool)
{
    if (!changed) {
        return sql;
    }
    APR_ARRAY_PUSH(args, const char *) = value;
    return apr_pstrcat(pool, sql, part, NULL);
}

/* There are few of them: the names go together, and not_before goes with active and deleted. */
static const char *update_sql(apr_array_header_t *args, const scim_record_t *record,
                              const before_t *before, apr_pool_t *pool)
{
    const int renamed = differ(record->local_name, before->local_name)
                        || differ(record->local_key, before->local_key)
                        || differ(record->wire_key, before->wire_key);
    const char *sql = "UPDATE scim_resources SET ";

    sql = set(sql, renamed, "local_name = %s, ", args, record->local_name, pool);
    sql = set(sql, renamed, "local_key = %s, ", args, record->local_key, pool);
    sql = set(sql, renamed, "wire_key = %s, ", args, record->wire_key, pool);
    sql = set(sql, differ(record->external_id, before->external_id), "external_id = %s, ", args,
              record->external_id, pool);
    sql = set(sql, !record->active != !before->active, "active = %s, ", args,
              record->active ? "1" : "0", pool);
    sql = set(sql, !record->deleted != !before->deleted, "deleted = %s, ", args,
              record->deleted ? "1" : "0", pool);
    sql = set(sql, scim_provider_comes_back(before->active, before->deleted, record),
              "not_before = %s, ", args, text_of(record->modified, pool), pool);
    return apr_pstrcat(pool, sql,
                       "version = %s, modified = %s, password = %s, display = %s, document = "
                       "%s WHERE number = %s AND version = %s",
                       NULL);
}

/* A name that is taken changes no row. Where writers do not queue, the unique index has the
   last word, and the second attempt sees the name. */
static scim_error_t *change_row(int *rows, scim_session_t *session, const scim_record_t *record,
                                const before_t *before, apr_pool_t *pool)
{
    apr_array_header_t *args = apr_array_make(pool, 14, sizeof(const char *));
    const char *sql = update_sql(args, record, before, pool);
    int taken;

    *rows = 0;
    SCIM_TRY(look_for_name(&taken, session, record, before, pool));
    if (taken) {
        return NULL;
    }
    APR_ARRAY_PUSH(args, const char *) = text_of(record->version, pool);
    APR_ARRAY_PUSH(args, const char *) = text_of(record->modified, pool);
    APR_ARRAY_PUSH(args, const char *) = record->password;
    APR_ARRAY_PUSH(args, const char *) = record->display;
    APR_ARRAY_PUSH(args, const char *) = record->document;
    APR_ARRAY_PUSH(args, const char *) = before->number;
    APR_ARRAY_PUSH(args, const char *) = text_of(before->version, pool);
    return scim_connection_change(rows, session->connection, sql, (const char **)args->elts,
                                  args->nelts, pool);
}

/* The groups that have the record as a member show something else from now on. */
static scim_error_t *touch_groups(scim_session_t *session, const char *number,
                                  apr_time_t modified, apr_pool_t *pool)
{
    const char *args[] = {text_of(modified, pool), number};

    return scim_connection_change(NULL, session->connection,
                                  session->connection->sql->touch_groups, args, 2, pool);
}

/* What the removal of a row does by itself. */
static scim_error_t *leave_groups(scim_session_t *session, const char *number, apr_pool_t *pool)
{
    SCIM_TRY(scim_connection_change(NULL, session->connection,
                                    "DELETE FROM scim_members WHERE member_number = %s",
                                    &number, 1, pool));
    return scim_connection_change(NULL, session->connection,
                                  "DELETE FROM scim_members WHERE group_number = %s", &number,
                                  1, pool);
}

scim_error_t *scim_records_update(scim_session_t *session, const scim_record_t *record,
                                  apr_int64_t expected, scim_outcome_t *outcome,
                                  apr_pool_t *pool)
{
    before_t before;
    int rows;

    SCIM_TRY(scim_provider_check_write(session->writes, record, pool));
    if (!recall(&before, session, record->type, record->id, pool)) {
        SCIM_TRY(look_before(&before, session, record->type, record->id, pool));
    } else if (before.version == expected) {
        SCIM_TRY(look_at_terms(&before, session, pool));
    }
    if (before.version != expected) {
        *outcome = before.version == 0 ? SCIM_ABSENT : SCIM_STALE;
        return NULL;
    }
    SCIM_TRY(change_row(&rows, session, record, &before, pool));
    if (rows != 1) {
        return explain(outcome, session, record->type, record->id, expected, pool);
    }
    *outcome = SCIM_STORED;
    if (scim_provider_shown_anew(before.deleted, before.display, record)) {
        SCIM_TRY(touch_groups(session, before.number, record->modified, pool));
    }
    if (scim_provider_leaves_groups(before.deleted, record)) {
        SCIM_TRY(leave_groups(session, before.number, pool));
    }
    return scim_terms_replace(session, record, before.number, before.terms, pool);
}

scim_error_t *scim_records_remove(scim_session_t *session, const char *type, const char *id,
                                  apr_int64_t expected, scim_outcome_t *outcome,
                                  apr_pool_t *pool)
{
    before_t before;
    const char *args[2];
    int rows;

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    if (!recall(&before, session, type, id, pool)) {
        SCIM_TRY(look_before(&before, session, type, id, pool));
    }
    if (before.version != expected) {
        *outcome = before.version == 0 ? SCIM_ABSENT : SCIM_STALE;
        return NULL;
    }
    SCIM_TRY(touch_groups(session, before.number, apr_time_now(), pool));
    args[0] = before.number;
    args[1] = text_of(expected, pool);
    SCIM_TRY(scim_connection_change(
        &rows, session->connection,
        "DELETE FROM scim_resources WHERE number = %s AND version = %s", args, 2, pool));
    *outcome = rows == 1 ? SCIM_STORED : SCIM_STALE;
    return NULL;
}

static scim_error_t *take_version(void *baton, const char *const *values)
{
    apr_int64_t *version = baton;

    *version = scim_sql_number(values[0]);
    return NULL;
}

scim_error_t *scim_records_touch(scim_session_t *session, const char *type, const char *id,
                                 apr_time_t modified, apr_int64_t *version,
                                 scim_outcome_t *outcome, apr_pool_t *pool)
{
    const char *args[] = {text_of(modified, pool), id, session->directory, type};
    int rows;

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    SCIM_TRY(scim_connection_change(&rows, session->connection,
                                    "UPDATE scim_resources SET version = version + 1, modified "
                                    "= %s WHERE id = %s AND directory = %s AND type = %s",
                                    args, 4, pool));
    *outcome = rows == 1 ? SCIM_STORED : SCIM_ABSENT;
    if (rows != 1) {
        return NULL;
    }
    return scim_connection_select(session->connection,
                                  "SELECT version FROM scim_resources WHERE id = %s", args + 1,
                                  1, take_version, version, pool);
}
