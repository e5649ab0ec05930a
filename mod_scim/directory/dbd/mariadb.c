#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/engine.h"

static scim_error_t *locate(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *name;

    SCIM_TRY(scim_connection_ask(&name, c, "SELECT VERSION()", 0, scratch));
    if (name == NULL || strstr(name, "MariaDB") == NULL) {
        return scim_connection_unusable(
            scratch, "the database server is version %s; a directory needs MariaDB",
            name ? name : "unknown");
    }
    SCIM_TRY(scim_connection_ask(&name, c,
                                 "SELECT CONCAT('MariaDB database ', COALESCE(DATABASE(), "
                                 "'none'), ' at ', @@hostname, ':', @@port, ' ', @@datadir)",
                                 0, scratch));
    c->server = apr_pstrdup(c->lease.pool, name ? name : "MariaDB");
    return NULL;
}

static scim_error_t *take_length(void *baton, const char *const *values)
{
    apr_size_t *length = baton;

    *length = values[0] ? strlen(values[0]) : 0;
    return NULL;
}

/* The driver cuts longer text off and says nothing. */
static scim_error_t *check_field_size(scim_connection_t *c, apr_pool_t *scratch)
{
    apr_size_t length = 0;
    const char *args[] = {apr_itoa(scratch, SCIM_MAX_DOCUMENT)};

    SCIM_TRY(scim_connection_select(c, "SELECT REPEAT('x', %s)", args, 1, take_length, &length,
                                    scratch));
    if (length < SCIM_MAX_DOCUMENT) {
        return scim_connection_unusable(scratch,
                                        "DBDParams sets fldsz=%" APR_SIZE_T_FMT
                                        ", which would cut resources off; leave fldsz out",
                                        length);
    }
    return NULL;
}

static const char *const begin_read[] = {"START TRANSACTION READ ONLY", NULL};
/* In one block, which is one way to the server and back. */
static const char *const begin_write[] = {
    "BEGIN NOT ATOMIC SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION; END",
    NULL};

/* What begins a transaction is prepared with the settings, so that it is lost with them when
   the driver connects again: what is prepared later would run without. */
static scim_error_t *prepare_to_begin(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *const *all[] = {begin_write, begin_read};
    int i, j;

    for (i = 0; i < 2; i++) {
        for (j = 0; all[i][j]; j++) {
            SCIM_TRY(scim_connection_change(NULL, c, all[i][j], NULL, 0, scratch));
        }
    }
    return scim_connection_execute(c, "ROLLBACK", scratch);
}

static scim_error_t *settle(scim_connection_t *c, apr_pool_t *scratch)
{
    SCIM_TRY(
        scim_connection_execute(c, "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin", scratch));
    SCIM_TRY(scim_connection_execute(
        c,
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1, "
        "innodb_lock_wait_timeout = 5, lock_wait_timeout = 5, tx_isolation = "
        "'REPEATABLE-READ', "
        "optimizer_switch = 'subquery_cache=off'",
        scratch));
    SCIM_TRY(prepare_to_begin(c, scratch));
    return check_field_size(c, scratch);
}

/* With CLIENT_FOUND_ROWS an INSERT that did nothing looks like one that made a row. */
static scim_error_t *verify(scim_connection_t *c, apr_pool_t *scratch)
{
    const char *found;

    SCIM_TRY(scim_connection_execute(c, "UPDATE scim_meta SET value = value", scratch));
    SCIM_TRY(scim_connection_ask(&found, c, "SELECT ROW_COUNT()", 0, scratch));
    if (found && strcmp(found, "0") != 0) {
        return scim_connection_unusable(
            scratch,
            "DBDParams sets flags=CLIENT_FOUND_ROWS; mod_scim needs to know which rows "
            "changed: leave flags out");
    }
    return NULL;
}

/* That commits; nothing was done before. */
static const char *const await_writers[] = {"LOCK TABLES scim_indexes WRITE WAIT 5",
                                            "UNLOCK TABLES", NULL};
static const char *const upgrades[] = {"mariadb-2.sql", NULL};

/* The optimizer guesses from samples; a wrong guess costs a walk through the table. */
#define TABLE "scim_resources"
#define BY(index) TABLE " FORCE INDEX (" TABLE "_" index ")"

const scim_sql_t scim_sql_mariadb = {
    .driver = "mysql",
    .engine = &scim_engine_apr,
    .create = "mariadb.sql",
    .upgrades = upgrades,
    .has_tables = "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                  "table_name = 'scim_meta'",
    .lock_tables = "SELECT GET_LOCK(CONCAT('mod_scim.', DATABASE()), 60)",
    .unlock_tables = "SELECT RELEASE_LOCK(CONCAT('mod_scim.', DATABASE()))",
    .begin_read = begin_read,
    .begin_write = begin_write,
    .begin_prepared = 1,
    .attempts = 5,
    .random = 0,
    .await_writers = await_writers,
    .slots = 32,
    .total = "SELECT SUM(total) FROM scim_totals WHERE directory = %s AND type = %s",
    /* with IN it walks through the table */
    .touch_groups = "UPDATE scim_members JOIN scim_resources ON number = group_number SET "
                    "version = version + 1, modified = %s WHERE member_number = %s",
    .lock_row = " FOR UPDATE",
    .share_row = " LOCK IN SHARE MODE",
    .or_nothing = " ON DUPLICATE KEY UPDATE @ = @",
    .made = "LAST_INSERT_ID()",
    /* of a row that is found before it plans, that is found then, too */
    .grouped = "(SELECT MIN(member_number) FROM scim_members FORCE INDEX (scim_members_groups) "
               "WHERE member_number = number)",
    .next_savepoint = "SAVEPOINT scim_1", /* takes the place of one with the same name */
    .contains = "(INSTR(term, %s) > 0 OR CHAR_LENGTH(term) > " SCIM_SQL_UNCUT ")",
    .ends = "(RIGHT(term, CHAR_LENGTH(%s)) = %s OR CHAR_LENGTH(term) > " SCIM_SQL_UNCUT ")",
    .id_to_sort = "id",
    .of_members = "scim_members FORCE INDEX (scim_members_groups)",
    .members_above = "above STRAIGHT_JOIN scim_members FORCE INDEX (scim_members_groups) ON "
                     "member_number = n",
    .groups_above = "above STRAIGHT_JOIN scim_resources FORCE INDEX (PRIMARY) ON number = n",
    .from = {[SCIM_INDEX_LIST] = BY("list"),
             [SCIM_INDEX_ID] = BY("id"),
             [SCIM_INDEX_LOCAL] = BY("local"),
             [SCIM_INDEX_WIRE] = BY("wire"),
             [SCIM_INDEX_EXTERNAL] = BY("external"),
             [SCIM_INDEX_CREATED] = BY("created"),
             [SCIM_INDEX_MODIFIED] = BY("modified"),
             [SCIM_INDEX_INACTIVE] = BY("inactive"),
             [SCIM_INDEX_NUMBER] = TABLE " FORCE INDEX (PRIMARY)"},
    .locate = locate,
    .settle = settle,
    .verify = verify,
};
