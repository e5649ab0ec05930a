#include "directory/dbd/sorting.h"

#include <string.h>

#include <apr_strings.h>

#include "core/term.h"
#include "directory/dbd/terms.h"

/* An attribute that has a column. */
typedef struct sortable_t {
    const char *type; /* NULL: any */
    const char *attribute;
    scim_sorting_t sorting;
} sortable_t;

static const sortable_t sortables[] = {
    {NULL, "id", {"id", 1, NULL, NULL, SCIM_INDEX_LIST, 0, 0}},
    {NULL, "externalId", {"external_id", 0, NULL, NULL, SCIM_INDEX_EXTERNAL, 1, 0}},
    {NULL, "meta.created", {"created", 0, NULL, NULL, SCIM_INDEX_CREATED, 0, 1}},
    {NULL, "meta.lastModified", {"modified", 0, NULL, NULL, SCIM_INDEX_MODIFIED, 0, 1}},
    {"User", "userName", {"wire_key", 0, NULL, NULL, SCIM_INDEX_WIRE, 1, 0}},
    {"Group", "displayName", {"local_key", 0, NULL, NULL, SCIM_INDEX_LOCAL, 1, 0}},
};

#define SORTABLES (sizeof(sortables) / sizeof(sortables[0]))

static int by_column(scim_sorting_t *sorting, const char *attribute, const char *type)
{
    apr_size_t i;

    for (i = 0; i < SORTABLES; i++) {
        if (strcmp(sortables[i].attribute, attribute) == 0
            && (sortables[i].type == NULL || strcmp(sortables[i].type, type) == 0)) {
            *sorting = sortables[i].sorting;
            return 1;
        }
    }
    return 0;
}

static scim_error_t *find_one(scim_sorting_t *sorting, int *possible, scim_session_t *session,
                              const char *attribute, const char *type, apr_pool_t *pool)
{
    const scim_indexed_attribute_t *indexed =
        scim_tables_indexed(session->catalogue, type, attribute);

    *possible = by_column(sorting, attribute, type);
    if (*possible || indexed == NULL || !indexed->single) {
        return NULL;
    }
    sorting->column = "term";
    sorting->nullable = 1;
    SCIM_TRY(scim_terms_index(&sorting->terms, session, type, attribute, pool));
    *possible = sorting->terms != NULL;
    sorting->absent = *possible ? scim_terms_absent(sorting->terms, pool) : NULL;
    return NULL;
}

scim_error_t *scim_sorting_find(const scim_sorting_t **sorting, int *possible,
                                scim_session_t *session, const scim_query_t *query,
                                apr_pool_t *pool)
{
    scim_sorting_t *list =
        apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(query->part_count + 1));
    const char *attribute = query->order ? query->order->attribute : "id";
    int i;

    *possible = attribute != NULL;
    for (i = 0; *possible && i < query->part_count; i++) {
        SCIM_TRY(find_one(&list[i], possible, session, attribute, query->parts[i].type, pool));
    }
    *sorting = list;
    return NULL;
}

const char *scim_sorting_value(const scim_sorting_t *sorting, const char *key, apr_pool_t *pool)
{
    apr_int64_t epoch;

    if (!sorting->is_time || key == NULL) {
        return key;
    }
    epoch = scim_sql_number(scim_term_instant(0, pool));
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, scim_sql_number(key) - epoch);
}
