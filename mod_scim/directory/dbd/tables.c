#include "directory/dbd/tables.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/error.h"

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

/* Inside a transaction, so whoever comes second finds it done. */
static scim_error_t *create(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    int have;

    (void)baton;
    SCIM_TRY(have_tables(&have, c, pool));
    return have ? NULL : run_script(c, c->sql->create, pool);
}

static scim_error_t *upgrade(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    int version;

    (void)baton;
    SCIM_TRY(ask_version(&version, c, pool));
    SCIM_TRY(check_version(version, pool));
    for (; version < SCIM_TABLES_VERSION; version++) {
        SCIM_TRY(run_script(c, c->sql->upgrades[version - 1], pool));
    }
    return NULL;
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

static scim_error_t *prepare_tables(scim_connection_t *c, const char *name, apr_pool_t *pool)
{
    int have, version;

    SCIM_TRY(have_tables(&have, c, pool));
    if (!have && is_known(c, NULL)) {
        return lost(name, pool);
    }
    if (!have) {
        SCIM_TRY(scim_connection_transact(c, 1, create, NULL, pool));
    }
    SCIM_TRY(ask_version(&version, c, pool));
    SCIM_TRY(check_version(version, pool));
    return version < SCIM_TABLES_VERSION ? scim_connection_transact(c, 1, upgrade, NULL, pool)
                                         : NULL;
}

typedef struct naming_t {
    const char *name;
    const char *number;
    apr_pool_t *pool;
} naming_t;

static scim_error_t *take_number(void *baton, const char *const *values)
{
    naming_t *naming = baton;

    naming->number = apr_pstrdup(naming->pool, values[0]);
    return NULL;
}

static scim_error_t *find_number(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    naming_t *naming = baton;

    return scim_connection_select(c, "SELECT number FROM scim_directories WHERE name = %s",
                                  &naming->name, 1, take_number, naming, pool);
}

static scim_error_t *add_number(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    naming_t *naming = baton;
    const char *sql = apr_pstrcat(pool, c->sql->insert, " scim_directories (name) VALUES (%s)",
                                  c->sql->or_nothing, NULL);

    SCIM_TRY(scim_connection_change(NULL, c, sql, &naming->name, 1, pool));
    return find_number(c, naming, pool);
}

scim_error_t *scim_tables_directory(const char **number, scim_connection_t *c, const char *name,
                                    apr_pool_t *pool)
{
    naming_t naming = {name, NULL, c->pool};

    *number = apr_hash_get(c->directories, name, APR_HASH_KEY_STRING);
    if (*number) {
        return NULL;
    }
    SCIM_TRY(prepare_tables(c, name, pool));
    SCIM_TRY(find_number(c, &naming, pool));
    if (naming.number == NULL && is_known(c, name)) {
        return lost(name, pool);
    }
    if (naming.number == NULL) {
        SCIM_TRY(scim_connection_transact(c, 1, add_number, &naming, pool));
    }
    if (naming.number == NULL) {
        return lost(name, pool);
    }
    apr_hash_set(c->directories, apr_pstrdup(c->pool, name), APR_HASH_KEY_STRING,
                 naming.number);
    scim_known_add(c->known, scim_connection_name(c), name);
    *number = naming.number;
    return NULL;
}
