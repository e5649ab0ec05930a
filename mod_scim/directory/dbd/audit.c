#include "directory/dbd/audit.h"

#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/terms.h"

/* ---- records -------------------------------------------------------------- */

static scim_error_t *take_numbered(void *baton, const char *const *values)
{
    apr_array_header_t *records = baton;
    scim_numbered_t *numbered = apr_array_push(records);

    numbered->number = apr_pstrdup(records->pool, values[0]);
    numbered->record = scim_records_take(values + 1, records->pool);
    return NULL;
}

scim_error_t *scim_audit_walk(apr_array_header_t **records, scim_session_t *session,
                              const char *type, const char *after, int count, apr_pool_t *pool)
{
    const scim_sql_t *sql = session->connection->sql;
    const char *args[] = {after, session->directory, type};
    const char *text = apr_psprintf(pool,
                                    "SELECT number, " SCIM_RECORD_COLUMNS
                                    " FROM %s WHERE number > %%s AND directory = "
                                    "%%s%s ORDER BY number LIMIT %d%s",
                                    sql->from[SCIM_INDEX_NUMBER], type ? " AND type = %s" : "",
                                    count, session->writes ? sql->lock_row : "");

    *records = apr_array_make(pool, count, sizeof(scim_numbered_t));
    return scim_connection_select(session->connection, text, args, type ? 3 : 2, take_numbered,
                                  *records, pool);
}

typedef struct text_t {
    const char *text;
    apr_pool_t *pool;
} text_t;

static scim_error_t *take_text(void *baton, const char *const *values)
{
    text_t *text = baton;

    text->text = apr_pstrdup(text->pool, values[0]);
    return NULL;
}

scim_error_t *scim_audit_number(const char **number, scim_session_t *session, const char *id,
                                apr_pool_t *pool)
{
    const char *args[] = {id, session->directory};
    text_t found = {NULL, pool};

    SCIM_TRY(scim_connection_select(
        session->connection,
        "SELECT number FROM scim_resources WHERE id = %s AND directory = %s", args, 2,
        take_text, &found, pool));
    *number = found.text;
    return NULL;
}

static scim_error_t *take_row(void *baton, const char *const *values)
{
    scim_terms_take(baton, values[0], values[1]);
    return NULL;
}

static scim_error_t *read_rows(scim_term_rows_t **rows, scim_session_t *session,
                               const char *number, apr_pool_t *pool)
{
    *rows = scim_terms_none(pool);
    return scim_connection_select(
        session->connection, "SELECT index_number, term FROM scim_terms WHERE resource = %s",
        &number, 1, take_row, *rows, pool);
}

scim_error_t *scim_audit_terms(int *missing, int *surplus, scim_session_t *session,
                               const scim_numbered_t *numbered, apr_pool_t *pool)
{
    scim_term_rows_t *rows;

    SCIM_TRY(read_rows(&rows, session, numbered->number, pool));
    return scim_terms_compare(missing, surplus, session, numbered->record, rows, pool);
}

scim_error_t *scim_audit_index(scim_session_t *session, const scim_numbered_t *numbered,
                               apr_pool_t *pool)
{
    scim_term_rows_t *rows;

    SCIM_TRY(read_rows(&rows, session, numbered->number, pool));
    return scim_terms_replace(session, numbered->record, numbered->number, rows, pool);
}

static scim_error_t *note_row(void *baton, const char *const *values)
{
    int *found = baton;

    (void)values;
    *found = 1;
    return NULL;
}

scim_error_t *scim_audit_mend(scim_outcome_t *outcome, scim_session_t *session,
                              const scim_numbered_t *numbered, apr_pool_t *pool)
{
    const scim_record_t *record = numbered->record;
    const char *others[] = {session->directory, record->type, record->local_key,
                            numbered->number};
    const char *args[] = {record->local_name,  record->local_key,          record->wire_key,
                          record->external_id, record->active ? "1" : "0", record->display,
                          numbered->number};
    int taken = 0;

    SCIM_TRY(
        scim_connection_select(session->connection,
                               "SELECT number FROM scim_resources WHERE directory = %s AND "
                               "type = %s AND local_key = %s AND number <> %s",
                               others, 4, note_row, &taken, pool));
    *outcome = taken ? SCIM_TAKEN : SCIM_STORED;
    if (taken) {
        return NULL;
    }
    SCIM_TRY(scim_connection_change(
        NULL, session->connection,
        "UPDATE scim_resources SET local_name = %s, local_key = %s, wire_key = %s, external_id "
        "= %s, active = %s, display = %s WHERE number = %s",
        args, 7, pool));
    return scim_audit_index(session, numbered, pool);
}

/* ---- totals --------------------------------------------------------------- */

static scim_total_t *total_of(apr_array_header_t *totals, const char *type)
{
    scim_total_t *total;
    int i;

    for (i = 0; i < totals->nelts; i++) {
        total = &APR_ARRAY_IDX(totals, i, scim_total_t);
        if (strcmp(total->type, type) == 0) {
            return total;
        }
    }
    total = apr_array_push(totals);
    total->type = apr_pstrdup(totals->pool, type);
    total->counted = total->noted = 0;
    return total;
}

static scim_error_t *take_counted(void *baton, const char *const *values)
{
    total_of(baton, values[0])->counted = scim_sql_number(values[1]);
    return NULL;
}

static scim_error_t *take_noted(void *baton, const char *const *values)
{
    total_of(baton, values[0])->noted = scim_sql_number(values[1]);
    return NULL;
}

scim_error_t *scim_audit_totals(apr_array_header_t **totals, scim_session_t *session,
                                apr_pool_t *pool)
{
    *totals = apr_array_make(pool, 4, sizeof(scim_total_t));
    SCIM_TRY(scim_connection_select(session->connection,
                                    "SELECT type, COUNT(*) FROM scim_resources WHERE directory "
                                    "= %s AND deleted = 0 GROUP BY type",
                                    &session->directory, 1, take_counted, *totals, pool));
    return scim_connection_select(
        session->connection,
        "SELECT type, SUM(total) FROM scim_totals WHERE directory = %s GROUP BY type",
        &session->directory, 1, take_noted, *totals, pool);
}

/*
 * Where each writer counts in a slot, all slots are taken first: then nobody has counted what
 * we do not see yet.
 */
static scim_error_t *take_slots(scim_session_t *session, const char *type, apr_pool_t *pool)
{
    const scim_sql_t *sql = session->connection->sql;
    const char *text = apr_pstrcat(
        pool,
        sql->slots ? "INSERT INTO scim_totals (directory, type, slot, total) VALUES "
                     "(%s, %s, %s, 0)"
                   : "INSERT INTO scim_totals (directory, type, total) VALUES "
                     "(%s, %s, 0)",
        scim_sql_or_nothing(sql, "scim_totals", "total", pool), NULL);
    const char *args[] = {session->directory, type, "0"};
    int slot = 0, unused;

    do {
        args[2] = apr_itoa(pool, slot);
        SCIM_TRY(scim_connection_change(NULL, session->connection, text, args,
                                        sql->slots ? 3 : 2, pool));
    } while (++slot < sql->slots);
    return scim_connection_select(
        session->connection,
        apr_pstrcat(pool, "SELECT total FROM scim_totals WHERE directory = %s AND type = %s",
                    sql->lock_row, NULL),
        args, 2, note_row, &unused, pool);
}

scim_error_t *scim_audit_recount(scim_session_t *session, const char *type, apr_pool_t *pool)
{
    const scim_sql_t *sql = session->connection->sql;
    const char *args[] = {session->directory, type, session->directory, type};

    SCIM_TRY(take_slots(session, type, pool));
    if (sql->slots) {
        SCIM_TRY(scim_connection_change(NULL, session->connection,
                                        "UPDATE scim_totals SET total = 0 WHERE directory = %s "
                                        "AND type = %s",
                                        args, 2, pool));
    }
    return scim_connection_change(
        NULL, session->connection,
        apr_pstrcat(pool,
                    "UPDATE scim_totals SET total = (SELECT COUNT(*) FROM scim_resources WHERE "
                    "directory = %s AND type = %s AND deleted = 0) WHERE directory = %s AND "
                    "type = %s",
                    sql->slots ? " AND slot = 0" : "", NULL),
        args, 4, pool);
}

/* ---- memberships ---------------------------------------------------------- */

/* The columns are those that scim_audit_members() selects. */
static const char *what_is_wrong(const char *const *values)
{
    if (values[2] == NULL) {
        return "does not exist";
    }
    if (strcmp(values[3], values[4]) != 0) {
        return "is in another directory";
    }
    return scim_sql_number(values[5]) ? "is deleted"
                                      : "is noted under a wrong id or as of a wrong type";
}

static scim_error_t *take_stray(void *baton, const char *const *values)
{
    apr_array_header_t *strays = baton;
    scim_stray_t *stray = apr_array_push(strays);

    stray->group = apr_pstrdup(strays->pool, values[0]);
    stray->member = apr_pstrdup(strays->pool, values[1]);
    stray->wrong = what_is_wrong(values);
    return NULL;
}

scim_error_t *scim_audit_members(apr_array_header_t **strays, scim_session_t *session, int most,
                                 apr_pool_t *pool)
{
    const char *text = apr_psprintf(
        pool,
        "SELECT g.id, m.member_id, r.id, COALESCE(g.directory, 0), COALESCE(r.directory, 0), "
        "r.deleted FROM scim_members m LEFT JOIN scim_resources g ON g.number = m.group_number "
        "LEFT JOIN scim_resources r ON r.number = m.member_number WHERE (g.number IS NULL OR "
        "g.directory "
        "= %%s) AND (g.number IS NULL OR r.number IS NULL OR r.directory <> g.directory OR "
        "r.deleted <> 0 OR r.id <> m.member_id OR m.nested <> CASE WHEN r.type = 'User' THEN 0 "
        "ELSE 1 END) LIMIT %d",
        most);

    *strays = apr_array_make(pool, 4, sizeof(scim_stray_t));
    return scim_connection_select(session->connection, text, &session->directory, 1, take_stray,
                                  *strays, pool);
}

scim_error_t *scim_audit_mend_members(scim_session_t *session, apr_pool_t *pool)
{
    static const char *const statements[] = {
        "DELETE FROM scim_members WHERE NOT EXISTS (SELECT 1 FROM scim_resources g, "
        "scim_resources r WHERE g.number = group_number AND r.number = member_number AND "
        "g.directory = r.directory AND r.deleted = 0)",
        "UPDATE scim_members SET member_id = (SELECT id FROM scim_resources r WHERE r.number = "
        "member_number), nested = (SELECT CASE WHEN type = 'User' THEN 0 ELSE 1 END FROM "
        "scim_resources r WHERE r.number = member_number) WHERE NOT EXISTS (SELECT 1 FROM "
        "scim_resources r WHERE r.number = member_number AND r.id = member_id AND nested = "
        "CASE "
        "WHEN r.type = 'User' THEN 0 ELSE 1 END)"};
    int i;

    for (i = 0; i < 2; i++) {
        SCIM_TRY(
            scim_connection_change(NULL, session->connection, statements[i], NULL, 0, pool));
    }
    return NULL;
}

/* ---- terms of nobody ------------------------------------------------------ */

#define OF_NOBODY                                                                              \
    " FROM scim_terms WHERE NOT EXISTS (SELECT 1 FROM scim_resources WHERE number = "          \
    "resource) "                                                                               \
    "OR NOT EXISTS (SELECT 1 FROM scim_indexes WHERE number = ABS(index_number))"

static scim_error_t *take_count(void *baton, const char *const *values)
{
    *(apr_int64_t *)baton = scim_sql_number(values[0]);
    return NULL;
}

scim_error_t *scim_audit_orphans(apr_int64_t *count, scim_session_t *session, apr_pool_t *pool)
{
    return scim_connection_select(session->connection, "SELECT COUNT(*)" OF_NOBODY, NULL, 0,
                                  take_count, count, pool);
}

scim_error_t *scim_audit_mend_orphans(scim_session_t *session, apr_pool_t *pool)
{
    return scim_connection_change(NULL, session->connection, "DELETE" OF_NOBODY, NULL, 0, pool);
}
