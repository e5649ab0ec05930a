#include "directory/dbd/sql.h"

#include <string.h>

#include <apr_strings.h>

static const scim_sql_t *const all[] = {&scim_sql_sqlite, &scim_sql_postgresql,
                                        &scim_sql_mariadb, NULL};

const scim_sql_t *scim_sql_find(const char *driver)
{
    int i;

    for (i = 0; all[i]; i++) {
        if (strcmp(all[i]->driver, driver) == 0) {
            return all[i];
        }
    }
    return NULL;
}

const char *scim_sql_or_nothing(const scim_sql_t *sql, const char *table, const char *column,
                                apr_pool_t *pool)
{
    const char *name = apr_pstrcat(pool, table, ".", column, NULL), *at, *rest;
    const char *clause = "";

    for (rest = sql->or_nothing; (at = strchr(rest, '@')); rest = at + 1) {
        clause = apr_pstrcat(pool, clause, apr_pstrmemdup(pool, rest, (apr_size_t)(at - rest)),
                             name, NULL);
    }
    return apr_pstrcat(pool, clause, rest, NULL);
}

const char *scim_sql_within(const scim_sql_t *sql, scim_index_t index)
{
    return sql->within[index] ? sql->within[index] : "directory = %s AND type = %s";
}

apr_int64_t scim_sql_number(const char *text)
{
    apr_uint64_t value = 0;
    int negative = text && *text == '-';

    for (text = text ? text + negative : ""; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (apr_uint64_t)(*text - '0');
    }
    return (apr_int64_t)(negative ? 0 - value : value);
}

const char *scim_sql_names(apr_pool_t *pool)
{
    const char *names = all[0]->driver;
    int i;

    for (i = 1; all[i]; i++) {
        names = apr_pstrcat(pool, names, ", ", all[i]->driver, NULL);
    }
    return names;
}
