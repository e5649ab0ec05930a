#include "directory/dbd/tables.h"

#include <stdlib.h>
#include <string.h>

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/error.h"
#include "directory/provider.h"

static const scim_embedded_t *find_script(const char *name)
{
    const scim_embedded_t *script;

    for (script = scim_sql_scripts; script->name; script++) {
        if (strcmp(script->name, name) == 0) {
            return script;
        }
    }
    return NULL;
}

/* The script without its comments, which have lines of their own. */
static char *strip(const scim_embedded_t *script, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, script->length + 1), *to = text;
    const char *line = script->data, *end;

    for (; *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        if (strncmp(line, "--", 2) != 0) {
            memcpy(to, line, (apr_size_t)(end - line));
            to += end - line;
        }
    }
    *to = '\0';
    return text;
}

/* A statement ends with a semicolon before an empty line, or at the end. They go one by one,
   without it: drivers stumble over the rest of the text behind it. */
static scim_error_t *run_script(scim_connection_t *c, const char *name, apr_pool_t *pool)
{
    const scim_embedded_t *script = find_script(name);
    char *at, *end;

    if (script == NULL) {
        return scim_connection_unusable(pool, "there is no script %s", name);
    }
    at = apr_pstrcat(pool, strip(script, pool), "\n", NULL);
    for (; (end = strstr(at, ";\n\n")); at = end + 3) {
        *end = '\0';
        while (apr_isspace(*at)) {
            at++;
        }
        SCIM_TRY(scim_connection_execute(c, at, pool));
    }
    return NULL;
}

static scim_error_t *have_tables(int *have, scim_connection_t *c, apr_pool_t *pool)
{
    const char *found;

    SCIM_TRY(scim_connection_ask(&found, c, c->sql->has_tables, 0, pool));
    *have = found != NULL;
    return NULL;
}

static scim_error_t *ask_version(int *version, scim_connection_t *c, apr_pool_t *pool)
{
    const char *text;

    SCIM_TRY(scim_connection_ask(&text, c, "SELECT value FROM scim_meta WHERE name = 'schema'",
                                 0, pool));
    *version = text ? atoi(text) : 0;
    return NULL;
}

static scim_error_t *check_version(int version, apr_pool_t *pool)
{
    scim_error_t *error;

    if (version >= 1 && version <= SCIM_TABLES_VERSION) {
        return NULL;
    }
    if (version < 1) {
        return scim_connection_unusable(pool, "the tables in the database have no version; "
                                              "they are not mod_scim's, or are damaged");
    }
    error = scim_error_create(
        pool, 503, NULL, "The directory's database belongs to a newer version of mod_scim.");
    return scim_error_because(
        error, pool,
        "the tables in the database have version %d, and this mod_scim "
        "knows versions up to %d; use the newer mod_scim, or the database "
        "as it was before",
        version, SCIM_TABLES_VERSION);
}

/* ---- making and changing them --------------------------------------------- */

static scim_error_t *lock_tables(scim_connection_t *c, apr_pool_t *pool)
{
    const char *locked;

    if (c->sql->lock_tables == NULL) {
        return NULL;
    }
    SCIM_TRY(scim_connection_ask(&locked, c, c->sql->lock_tables, 0, pool));
    if (locked == NULL || strcmp(locked, "0") == 0) {
        return scim_connection_unusable(pool,
                                        "another server has been making the tables of %s "
                                        "for a long time",
                                        scim_connection_name(c));
    }
    return NULL;
}

/* Also after a failure, and without a word: the end of the connection does it too. */
static void unlock_tables(scim_connection_t *c, apr_pool_t *pool)
{
    int failed = c->failed;
    const char *ignored;

    if (c->sql->unlock_tables) {
        c->failed = 0;
        scim_connection_ask(&ignored, c, c->sql->unlock_tables, 0, pool);
        c->failed = failed;
    }
}

/* Whoever comes second finds it done. */
static scim_error_t *create(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    int have;

    (void)baton;
    SCIM_TRY(lock_tables(c, pool));
    SCIM_TRY(have_tables(&have, c, pool));
    return have ? NULL : run_script(c, c->sql->create, pool);
}

static scim_error_t *upgrade(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    int version;

    (void)baton;
    SCIM_TRY(lock_tables(c, pool));
    SCIM_TRY(ask_version(&version, c, pool));
    SCIM_TRY(check_version(version, pool));
    for (; version < SCIM_TABLES_VERSION; version++) {
        SCIM_TRY(run_script(c, c->sql->upgrades[version - 1], pool));
    }
    return NULL;
}

static scim_error_t *make_tables(scim_connection_t *c, scim_connection_fn work,
                                 apr_pool_t *pool)
{
    scim_error_t *error = scim_connection_transact(c, 1, work, NULL, pool);

    unlock_tables(c, pool);
    return error;
}

static scim_error_t *lost(const char *name, apr_pool_t *pool)
{
    return scim_connection_unusable(pool,
                                    "the database does not hold the directory %s any more; put "
                                    "the right database back, or restart the server to begin "
                                    "with an empty directory",
                                    name);
}

static int is_known(const scim_connection_t *c, const char *name)
{
    return scim_known_has(c->known, scim_connection_name(c), name);
}

scim_error_t *scim_tables_look(int *have, int *version, scim_connection_t *c, apr_pool_t *pool)
{
    *version = 0;
    SCIM_TRY(have_tables(have, c, pool));
    return *have ? ask_version(version, c, pool) : NULL;
}

scim_error_t *scim_tables_upgrade(scim_connection_t *c, apr_pool_t *pool)
{
    int version;

    SCIM_TRY(ask_version(&version, c, pool));
    SCIM_TRY(check_version(version, pool));
    return version < SCIM_TABLES_VERSION ? make_tables(c, upgrade, pool) : NULL;
}

static scim_error_t *prepare_tables(scim_connection_t *c, const char *name, apr_pool_t *pool)
{
    int known = is_known(c, NULL), have;

    SCIM_TRY(have_tables(&have, c, pool));
    if (!have && known) {
        return lost(name, pool);
    }
    if (!have) {
        SCIM_TRY(make_tables(c, create, pool));
    }
    SCIM_TRY(scim_tables_upgrade(c, pool));
    return NULL;
}

/* A directory while it is looked up. */
typedef struct lookup_t {
    const scim_catalogue_t *catalogue;
    scim_shelf_t *shelf;
} lookup_t;

static scim_error_t *take_directory(void *baton, const char *const *values)
{
    scim_shelf_t *shelf = baton;

    shelf->number = apr_pstrdup(shelf->pool, values[0]);
    shelf->secret = apr_pstrdup(shelf->pool, values[1]);
    return NULL;
}

static scim_error_t *find_directory(scim_connection_t *c, const lookup_t *lookup,
                                    apr_pool_t *pool)
{
    return scim_connection_select(
        c, "SELECT number, secret FROM scim_directories WHERE name = %s",
        (const char **)&lookup->catalogue->name, 1, take_directory, lookup->shelf, pool);
}

static scim_error_t *make_secret(const char **text, apr_pool_t *pool)
{
    unsigned char bytes[SCIM_SECRET_LENGTH];
    char *hex = apr_palloc(pool, 2 * SCIM_SECRET_LENGTH + 1);

    SCIM_TRY(scim_provider_random(bytes, pool));
    apr_escape_hex(hex, bytes, SCIM_SECRET_LENGTH, 0, NULL);
    *text = hex;
    return NULL;
}

static scim_error_t *add_indexes(scim_connection_t *c, const lookup_t *lookup,
                                 const char *complete, apr_pool_t *pool)
{
    const char *sql = apr_pstrcat(
        pool,
        "INSERT INTO scim_indexes (directory, type, attribute, complete) VALUES (%s, %s, %s, "
        "%s)",
        scim_sql_or_nothing(c->sql, "scim_indexes", "complete", pool), NULL);
    int i;

    for (i = 0; i < lookup->catalogue->indexed_count; i++) {
        const scim_indexed_attribute_t *indexed = &lookup->catalogue->indexed[i];
        const char *args[] = {lookup->shelf->number, indexed->type, indexed->attribute,
                              complete};

        SCIM_TRY(scim_connection_change(NULL, c, sql, args, 4, pool));
    }
    return NULL;
}

static scim_error_t *add_directory(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    lookup_t *lookup = baton;
    const char *args[] = {lookup->catalogue->name, NULL};
    const char *sql =
        apr_pstrcat(pool, "INSERT INTO scim_directories (name, secret) VALUES (%s, %s)",
                    scim_sql_or_nothing(c->sql, "scim_directories", "number", pool), NULL);
    int rows;

    SCIM_TRY(make_secret(&args[1], pool));
    SCIM_TRY(scim_connection_change(&rows, c, sql, args, 2, pool));
    SCIM_TRY(find_directory(c, lookup, pool));
    return rows == 1 && lookup->shelf->number ? add_indexes(c, lookup, "1", pool) : NULL;
}

/* ---- indexes -------------------------------------------------------------- */

const char *scim_tables_index_name(const char *type, const char *attribute, apr_pool_t *pool)
{
    return apr_pstrcat(pool, type, "\n", attribute, NULL);
}

const scim_indexed_attribute_t *scim_tables_indexed(const scim_catalogue_t *catalogue,
                                                    const char *type, const char *attribute)
{
    int i;

    for (i = 0; i < catalogue->indexed_count; i++) {
        if (strcmp(catalogue->indexed[i].type, type) == 0
            && strcmp(catalogue->indexed[i].attribute, attribute) == 0) {
            return &catalogue->indexed[i];
        }
    }
    return NULL;
}

/* What scim_indexes says, and whether that is what is going to be written. */
typedef struct comparison_t {
    const scim_catalogue_t *catalogue;
    scim_shelf_t *shelf;
    int surplus; /* there are complete indexes that are not kept any more */
} comparison_t;

static scim_error_t *take_index(void *baton, const char *const *values)
{
    comparison_t *comparison = baton;
    scim_shelf_t *shelf = comparison->shelf;

    if (scim_tables_indexed(comparison->catalogue, values[1], values[2])) {
        apr_hash_set(shelf->indexes,
                     scim_tables_index_name(values[1], values[2], shelf->index_pool),
                     APR_HASH_KEY_STRING, apr_pstrdup(shelf->index_pool, values[0]));
    } else if (strcmp(values[3], "0") != 0) {
        comparison->surplus = 1;
    }
    return NULL;
}

/* How many are compared in SQL, which has to end somewhere; the others are rows. */
#define KNOWN 32

/* It runs in each unit of work that writes, so it finds no row where all is as it was. */
static const char *surplus_sql(const scim_shelf_t *shelf, apr_pool_t *pool)
{
    const char *sql =
        "SELECT number, type, attribute FROM scim_indexes WHERE directory = %s AND "
        "complete <> 0";
    apr_hash_index_t *at;
    int left = KNOWN;

    for (at = apr_hash_first(pool, shelf->indexes); at && left-- > 0; at = apr_hash_next(at)) {
        sql = apr_pstrcat(pool, sql, " AND number <> ", (const char *)apr_hash_this_val(at),
                          NULL);
    }
    return sql;
}

static scim_error_t *compare_indexes(int *agree, scim_connection_t *c, const lookup_t *lookup,
                                     apr_pool_t *pool)
{
    comparison_t comparison = {lookup->catalogue, lookup->shelf, 0};

    lookup->shelf->agreed = lookup->shelf; /* until all of this has succeeded */
    lookup->shelf->surplus = NULL;
    apr_pool_clear(lookup->shelf->index_pool);
    lookup->shelf->indexes = apr_hash_make(lookup->shelf->index_pool);
    SCIM_TRY(scim_connection_select(
        c, "SELECT number, type, attribute, complete FROM scim_indexes WHERE directory = %s",
        &lookup->shelf->number, 1, take_index, &comparison, pool));
    lookup->shelf->surplus = surplus_sql(lookup->shelf, lookup->shelf->index_pool);
    *agree = !comparison.surplus
             && (int)apr_hash_count(lookup->shelf->indexes) == lookup->catalogue->indexed_count;
    return NULL;
}

typedef struct surplus_t {
    const scim_catalogue_t *catalogue;
    apr_array_header_t *numbers; /* of const char * */
    apr_pool_t *pool;
} surplus_t;

static scim_error_t *take_surplus(void *baton, const char *const *values)
{
    surplus_t *surplus = baton;

    if (!scim_tables_indexed(surplus->catalogue, values[1], values[2])) {
        APR_ARRAY_PUSH(surplus->numbers, const char *) = apr_pstrdup(surplus->pool, values[0]);
    }
    return NULL;
}

scim_error_t *scim_tables_forsake(scim_connection_t *c, const scim_catalogue_t *catalogue,
                                  const scim_shelf_t *shelf, apr_pool_t *pool)
{
    surplus_t surplus = {catalogue, apr_array_make(pool, 4, sizeof(char *)), pool};
    const char *number = shelf->number;
    int i;

    SCIM_TRY(
        scim_connection_select(c, shelf->surplus, &number, 1, take_surplus, &surplus, pool));
    for (i = 0; i < surplus.numbers->nelts; i++) {
        SCIM_TRY(scim_connection_change(
            NULL, c, "UPDATE scim_indexes SET complete = 0 WHERE number = %s",
            &APR_ARRAY_IDX(surplus.numbers, i, const char *), 1, pool));
    }
    return NULL;
}

static scim_error_t *correct_indexes(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    const lookup_t *lookup = baton;

    SCIM_TRY(scim_tables_forsake(c, lookup->catalogue, lookup->shelf, pool));
    return add_indexes(c, lookup, "0", pool);
}

static scim_error_t *agree_on_indexes(scim_connection_t *c, lookup_t *lookup, apr_pool_t *pool)
{
    int agree;

    if (c->sql->verify) {
        SCIM_TRY(c->sql->verify(c, pool));
    }
    SCIM_TRY(compare_indexes(&agree, c, lookup, pool));
    if (!agree) {
        SCIM_TRY(scim_connection_transact(c, 1, correct_indexes, lookup, pool));
        SCIM_TRY(compare_indexes(&agree, c, lookup, pool));
    }
    lookup->shelf->agreed = lookup->catalogue->indexed;
    return NULL;
}

/* ---- directories ---------------------------------------------------------- */

static scim_error_t *look_up(scim_connection_t *c, lookup_t *lookup, apr_pool_t *pool)
{
    const scim_catalogue_t *catalogue = lookup->catalogue;
    int known = is_known(c, catalogue->name); /* before looking: others may make it meanwhile */

    SCIM_TRY(prepare_tables(c, catalogue->name, pool));
    SCIM_TRY(find_directory(c, lookup, pool));
    if (lookup->shelf->number == NULL && !known) {
        SCIM_TRY(scim_connection_transact(c, 1, add_directory, lookup, pool));
    }
    if (lookup->shelf->number == NULL) {
        return lost(catalogue->name, pool);
    }
    scim_known_add(c->known, scim_connection_name(c), catalogue->name);
    return NULL;
}

scim_error_t *scim_tables_directory(scim_shelf_t **shelf, scim_connection_t *c,
                                    const scim_catalogue_t *catalogue, int writes,
                                    apr_pool_t *pool)
{
    lookup_t lookup = {catalogue, NULL};

    lookup.shelf = apr_hash_get(c->directories, catalogue->name, APR_HASH_KEY_STRING);
    if (lookup.shelf == NULL) {
        lookup.shelf = apr_pcalloc(c->pool, sizeof(*lookup.shelf));
        lookup.shelf->pool = c->pool;
        lookup.shelf->agreed = lookup.shelf; /* with nothing */
        apr_pool_create(&lookup.shelf->index_pool, c->pool);
        SCIM_TRY(look_up(c, &lookup, pool));
        apr_hash_set(c->directories, apr_pstrdup(c->pool, catalogue->name), APR_HASH_KEY_STRING,
                     lookup.shelf);
    }
    if (writes && lookup.shelf->agreed != catalogue->indexed) {
        SCIM_TRY(agree_on_indexes(c, &lookup, pool));
    }
    *shelf = lookup.shelf;
    return NULL;
}
