#include "directory/dbd/records.h"

#include <string.h>

#include <apr_strings.h>

#include "directory/provider.h"

/* The columns of SCIM_RECORD_COLUMNS, in their order. */
enum {
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
    DOCUMENT
};

static const char *text_of(apr_int64_t number, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, number);
}

static apr_int64_t number_of(const char *text)
{
    return text ? apr_atoi64(text) : 0;
}

scim_record_t *scim_records_take(const char *const *values, const char *type, apr_pool_t *pool)
{
    scim_record_t *record = apr_pcalloc(pool, sizeof(*record));
    const char *document = values[DOCUMENT] ? values[DOCUMENT] : "";

    record->type = type;
    record->id = apr_pstrdup(pool, values[ID]);
    record->local_name = apr_pstrdup(pool, values[LOCAL_NAME]);
    record->local_key = apr_pstrdup(pool, values[LOCAL_KEY]);
    record->wire_key = apr_pstrdup(pool, values[WIRE_KEY]);
    record->external_id = apr_pstrdup(pool, values[EXTERNAL_ID]);
    record->active = number_of(values[ACTIVE]) != 0;
    record->deleted = number_of(values[DELETED]) != 0;
    record->version = number_of(values[VERSION]);
    record->created = number_of(values[CREATED]);
    record->modified = number_of(values[MODIFIED]);
    record->password = apr_pstrdup(pool, values[PASSWORD]);
    record->document_length = strlen(document);
    record->document = apr_pstrmemdup(pool, document, record->document_length);
    return record;
}

typedef struct first_t {
    scim_record_t *record;
    const char *type;
    apr_pool_t *pool;
} first_t;

static scim_error_t *take_first(void *baton, const char *const *values)
{
    first_t *first = baton;

    if (first->record == NULL) {
        first->record = scim_records_take(values, first->type, first->pool);
    }
    return NULL;
}

scim_error_t *scim_records_first(scim_record_t **record, scim_session_t *session,
                                 const char *sql, const char **args, int count,
                                 const char *type, apr_pool_t *pool)
{
    first_t first = {NULL, apr_pstrdup(pool, type), pool};

    SCIM_TRY(scim_connection_select(session->connection, sql, args, count, take_first, &first,
                                    pool));
    *record = first.record;
    return NULL;
}

/* Groups and the like may share a name, users may not. */
static const char *homonym_of(const scim_record_t *record)
{
    return scim_provider_unique(record->type) ? "" : record->id;
}

scim_error_t *scim_records_insert(scim_session_t *session, const scim_record_t *record,
                                  scim_outcome_t *outcome, apr_pool_t *pool)
{
    const scim_sql_t *dialect = session->connection->sql;
    const char *sql =
        apr_pstrcat(pool, dialect->insert,
                    " scim_resources (directory, type, homonym, " SCIM_RECORD_COLUMNS
                    ") VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
                    "%s, %s)",
                    dialect->or_nothing, NULL);
    const char *args[] = {session->directory,
                          record->type,
                          homonym_of(record),
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
                          record->document};
    int rows;

    SCIM_TRY(scim_provider_check_write(session->writes, record, pool));
    SCIM_TRY(scim_connection_change(&rows, session->connection, sql, args,
                                    sizeof(args) / sizeof(args[0]), pool));
    *outcome = rows == 1 ? SCIM_STORED : SCIM_TAKEN;
    return NULL;
}

typedef struct version_t {
    apr_int64_t version; /* 0: there is no such record */
} version_t;

static scim_error_t *take_version(void *baton, const char *const *values)
{
    version_t *found = baton;

    found->version = number_of(values[0]);
    return NULL;
}

/* Why a change found no row to change; with the version right, it was the name. */
static scim_error_t *explain(scim_outcome_t *outcome, scim_session_t *session, const char *type,
                             const char *id, apr_int64_t expected, apr_pool_t *pool)
{
    const char *args[] = {id, session->directory, type};
    version_t found = {0};

    SCIM_TRY(scim_connection_select(session->connection,
                                    "SELECT version FROM scim_resources WHERE id = %s AND "
                                    "directory = %s AND type = %s",
                                    args, 3, take_version, &found, pool));
    *outcome = found.version == 0          ? SCIM_ABSENT
               : found.version == expected ? SCIM_TAKEN
                                           : SCIM_STALE;
    return NULL;
}

/* A name that is taken is seen by the statement itself: no row changes. Where writers do not
   queue, the unique index has the last word, and the second attempt sees the name. */
scim_error_t *scim_records_update(scim_session_t *session, const scim_record_t *record,
                                  apr_int64_t expected, scim_outcome_t *outcome,
                                  apr_pool_t *pool)
{
    static const char sql[] =
        "UPDATE scim_resources SET local_name = %s, local_key = %s, homonym = %s, wire_key = "
        "%s, external_id = %s, active = %s, deleted = %s, version = %s, modified = %s, "
        "password "
        "= %s, document = %s WHERE id = %s AND directory = %s AND type = %s AND version = %s "
        "AND "
        "NOT EXISTS (SELECT 1 FROM scim_resources o WHERE o.directory = %s AND o.type = %s AND "
        "o.local_key = %s AND o.homonym = %s AND o.id <> %s)";
    const char *homonym = homonym_of(record);
    const char *args[] = {record->local_name,
                          record->local_key,
                          homonym,
                          record->wire_key,
                          record->external_id,
                          record->active ? "1" : "0",
                          record->deleted ? "1" : "0",
                          text_of(record->version, pool),
                          text_of(record->modified, pool),
                          record->password,
                          record->document,
                          record->id,
                          session->directory,
                          record->type,
                          text_of(expected, pool),
                          session->directory,
                          record->type,
                          record->local_key,
                          homonym,
                          record->id};
    int rows;

    SCIM_TRY(scim_provider_check_write(session->writes, record, pool));
    SCIM_TRY(scim_connection_change(&rows, session->connection, sql, args,
                                    sizeof(args) / sizeof(args[0]), pool));
    if (rows == 1) {
        *outcome = SCIM_STORED;
        return NULL;
    }
    return explain(outcome, session, record->type, record->id, expected, pool);
}

scim_error_t *scim_records_remove(scim_session_t *session, const char *type, const char *id,
                                  apr_int64_t expected, scim_outcome_t *outcome,
                                  apr_pool_t *pool)
{
    const char *args[] = {id, session->directory, type, text_of(expected, pool)};
    int rows;

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    SCIM_TRY(scim_connection_change(&rows, session->connection,
                                    "DELETE FROM scim_resources WHERE id = %s AND directory = "
                                    "%s AND type = %s AND version = %s",
                                    args, 4, pool));
    if (rows == 1) {
        *outcome = SCIM_STORED;
        return NULL;
    }
    return explain(outcome, session, type, id, expected, pool);
}
