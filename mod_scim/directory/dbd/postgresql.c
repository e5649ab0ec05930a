#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/engine.h"

static scim_error_t *locate(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *name;

    SCIM_TRY(scim_connection_ask(
        &name, c,
        "SELECT 'PostgreSQL database ' || current_database() || ', schema ' || "
        "coalesce(current_schema(), 'none') || ', at ' || coalesce(host(inet_server_addr()), "
        "'a local socket') || ':' || current_setting('port')",
        0, scratch));
    c->server = apr_pstrdup(c->lease.pool, name ? name : "PostgreSQL");
    return NULL;
}

static scim_error_t *settle(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *encoding;

    SCIM_TRY(scim_connection_execute(c, "SET lock_timeout = '5s'", scratch));
    SCIM_TRY(scim_connection_ask(&encoding, c, "SHOW server_encoding", 0, scratch));
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0) {
        return scim_connection_unusable(scratch,
                                        "%s is encoded in %s; a directory needs a database "
                                        "made with ENCODING 'UTF8'",
                                        c->server, encoding ? encoding : "nothing known");
    }
    return NULL;
}

/*
 * The driver connects again by itself, and what was set for the session is gone then: so each
 * transaction brings what it needs, in one message to the server.
 */
#define SETTINGS                                                                               \
    "; SET LOCAL client_encoding = 'UTF8'; SET LOCAL lock_timeout = '5s'; SET LOCAL "          \
    "synchronous_commit = on"

static const char *const begin_read[] = {
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL client_encoding = 'UTF8'; SET "
    "LOCAL lock_timeout = '5s'",
    NULL};
static const char *const begin_write[] = {"BEGIN ISOLATION LEVEL READ COMMITTED" SETTINGS,
                                          NULL};
static const char *const await_writers[] = {"LOCK TABLE scim_indexes IN ACCESS EXCLUSIVE MODE",
                                            NULL};
static const char *const upgrades[] = {NULL};

/* The planner has statistics, and no hints. */
#define TABLE "scim_resources"

const scim_sql_t scim_sql_postgresql = {
    .driver = "pgsql",
    .engine = &scim_engine_apr,
    .create = "postgresql.sql",
    .upgrades = upgrades,
    .has_tables = "SELECT 1 WHERE to_regclass('scim_meta') IS NOT NULL",
    .lock_tables = "SELECT pg_advisory_xact_lock(7643, 7644)",
    .begin_read = begin_read,
    .begin_write = begin_write,
    .attempts = 5,
    .random = 1, /* without, an empty result takes 100 ms and an error is one */
    .await_writers = await_writers,
    .slots = 32,
    .total = "SELECT SUM(total) FROM scim_totals WHERE directory = %s AND type = %s",
    .touch_groups =
        "UPDATE scim_resources SET version = version + 1, modified = %s WHERE "
        "number IN (SELECT group_number FROM scim_members WHERE member_number = %s)",
    .lock_row = " FOR UPDATE",
    .share_row = " FOR KEY SHARE OF m", /* as the foreign key has it */
    .or_nothing = " ON CONFLICT DO NOTHING",
    .contains = "(strpos(term, %s) > 0 OR length(term) > " SCIM_SQL_UNCUT ")",
    .ends = "(right(term, length(%s)) = %s OR length(term) > " SCIM_SQL_UNCUT ")",
    .from = {[SCIM_INDEX_LIST] = TABLE,
             [SCIM_INDEX_ID] = TABLE,
             [SCIM_INDEX_LOCAL] = TABLE,
             [SCIM_INDEX_WIRE] = TABLE,
             [SCIM_INDEX_EXTERNAL] = TABLE,
             [SCIM_INDEX_CREATED] = TABLE,
             [SCIM_INDEX_MODIFIED] = TABLE,
             [SCIM_INDEX_INACTIVE] = TABLE,
             [SCIM_INDEX_NUMBER] = TABLE},
    .locate = locate,
    .settle = settle,
};
