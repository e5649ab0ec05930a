#include <stdlib.h>
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

/*
 * And what we prepared before, which the server may still have. The driver connects again by
 * itself: a session without our settings plans badly until it is looked after again, so what a
 * write needs to be right comes with its BEGIN. No statement is worth being compiled: for
 * groups within groups the planner is prepared for thousands, and that takes a fifth of a
 * second.
 */
static const char settings[] =
    "SET client_encoding = 'UTF8'; SET lock_timeout = '5s'; SET synchronous_commit = on; SET "
    "enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = "
    "off; "
    "DO $$ DECLARE old TEXT; BEGIN FOR old IN SELECT name FROM pg_prepared_statements WHERE "
    "starts_with(name, '" SCIM_ENGINE_NAMES
    "') LOOP EXECUTE 'DEALLOCATE ' || old; END LOOP; END $$";

/*
 * A plan that is kept was made for tables as large as they were then: where they are small, any
 * will do. So they are to be large first, and new plans are made when one has ten times the
 * size.
 */
#define DIGITS(table) "coalesce(length(pg_relation_size(to_regclass('" table "'))::text), 0)"

static const char keep_plans[] =
    "SELECT set_config('plan_cache_mode', CASE WHEN pg_relation_size(to_regclass("
    "'scim_resources')) >= 1000000 THEN 'auto' ELSE 'force_custom_plan' END, false), "
    "10000 * " DIGITS("scim_resources") " + 100 * " DIGITS("scim_members") " + " DIGITS(
        "scim_terms");

static scim_error_t *review(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *text;
    int size;

    SCIM_TRY(scim_connection_ask(&text, c, keep_plans, 1, scratch));
    size = text ? atoi(text) : 0;
    if (size != c->size) {
        c->size = size;
        return scim_connection_execute(c, "DISCARD PLANS", scratch);
    }
    return NULL;
}

static scim_error_t *settle(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *encoding;

    SCIM_TRY(scim_connection_execute(c, settings, scratch));
    SCIM_TRY(review(c, scratch));
    SCIM_TRY(scim_connection_ask(&encoding, c, "SHOW server_encoding", 0, scratch));
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0) {
        return scim_connection_unusable(scratch,
                                        "%s is encoded in %s; a directory needs a database "
                                        "made with ENCODING 'UTF8'",
                                        c->server, encoding ? encoding : "nothing known");
    }
    return NULL;
}

static const char *const begin_read[] = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                                         NULL};
/* The driver connects again by itself; what is written then is to be on the disk, too. */
static const char *const begin_write[] = {
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = on; SET LOCAL "
    "client_encoding = 'UTF8'; SET LOCAL lock_timeout = '5s'",
    NULL};
static const char *const with_terms[] = {
    "WITH made AS (",
    " RETURNING number), terms AS (INSERT INTO scim_terms (index_number, term, resource) "
    "SELECT index_number, term, number FROM made CROSS JOIN (VALUES ",
    ") AS rows (index_number, term) ON CONFLICT DO NOTHING) SELECT number FROM made"};
static const char *const await_writers[] = {"LOCK TABLE scim_indexes IN ACCESS EXCLUSIVE MODE",
                                            NULL};
static const char *const upgrades[] = {"postgresql-2.sql", NULL};

/*
 * The planner has no hints. It has statistics, but not from the beginning: without, it thinks
 * that any index finds one row, and takes whichever. So each index has a name of its own for
 * the directory, and no other one is possible. With OFFSET 0 a subquery is left as it is.
 */
#define TABLE "scim_resources"
#define WITHIN(n) "directory + " #n " = CAST(%s AS BIGINT) + " #n " AND type = %s"

const scim_sql_t scim_sql_postgresql = {
    .driver = "pgsql",
    .engine = &scim_engine_named,
    .create = "postgresql.sql",
    .upgrades = upgrades,
    .has_tables = "SELECT 1 WHERE to_regclass('scim_meta') IS NOT NULL",
    .lock_tables = "SELECT pg_advisory_xact_lock(7643, 7644)",
    .begin_read = begin_read,
    .begin_write = begin_write,
    .begin_joined = 1,
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
    .made = "(SELECT number FROM scim_resources WHERE id = %s)",
    .with_terms = with_terms,
    .term_row = "(CAST(%s AS BIGINT), CAST(%s AS VARCHAR))",
    .next_savepoint = "RELEASE SAVEPOINT scim_1; SAVEPOINT scim_1",
    .contains = "(strpos(term, %s) > 0 OR length(term) > " SCIM_SQL_UNCUT ")",
    .ends = "(right(term, length(%s)) = %s OR length(term) > " SCIM_SQL_UNCUT ")",
    .id_to_sort = "id || ''",
    .of_members = "scim_members",
    .members_above = "above CROSS JOIN LATERAL (SELECT member_number, group_number FROM "
                     "scim_members WHERE member_number = n OFFSET 0) pairs",
    .groups_above = "above CROSS JOIN LATERAL (SELECT number, id, type, display, deleted FROM "
                    "scim_resources WHERE number = n OFFSET 0) resources",
    .from = {[SCIM_INDEX_LIST] = TABLE,
             [SCIM_INDEX_ID] = TABLE,
             [SCIM_INDEX_LOCAL] = TABLE,
             [SCIM_INDEX_WIRE] = TABLE,
             [SCIM_INDEX_EXTERNAL] = TABLE,
             [SCIM_INDEX_CREATED] = TABLE,
             [SCIM_INDEX_MODIFIED] = TABLE,
             [SCIM_INDEX_INACTIVE] = TABLE,
             [SCIM_INDEX_NUMBER] = TABLE},
    .within = {[SCIM_INDEX_LOCAL] = WITHIN(1),
               [SCIM_INDEX_WIRE] = WITHIN(2),
               [SCIM_INDEX_EXTERNAL] = WITHIN(3),
               [SCIM_INDEX_MODIFIED] = WITHIN(4),
               [SCIM_INDEX_CREATED] = WITHIN(5),
               [SCIM_INDEX_INACTIVE] = WITHIN(6),
               [SCIM_INDEX_NUMBER] = "directory + 0 = %s AND type || '' = %s"},
    .locate = locate,
    .settle = settle,
    .review = review,
};
