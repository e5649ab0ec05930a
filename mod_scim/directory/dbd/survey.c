#include "directory/dbd/survey.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/tables.h"

typedef struct inspection_t {
    scim_survey_t *survey;
    const char *name;
    apr_pool_t *pool;
} inspection_t;

static scim_error_t *take_directory(void *baton, const char *const *values)
{
    const inspection_t *inspection = baton;
    scim_survey_t *survey = inspection->survey;

    APR_ARRAY_PUSH(survey->directories, const char *) =
        apr_pstrdup(inspection->pool, values[1]);
    if (inspection->name && strcmp(inspection->name, values[1]) == 0) {
        survey->number = apr_pstrdup(inspection->pool, values[0]);
    }
    return NULL;
}

static scim_error_t *take_index(void *baton, const char *const *values)
{
    const inspection_t *inspection = baton;
    scim_survey_index_t *index = apr_array_push(inspection->survey->indexes);

    index->number = apr_pstrdup(inspection->pool, values[0]);
    index->type = apr_pstrdup(inspection->pool, values[1]);
    index->attribute = apr_pstrdup(inspection->pool, values[2]);
    index->complete = values[3] ? atoi(values[3]) : 0;
    return NULL;
}

static scim_error_t *inspect_tables(scim_connection_t *c, inspection_t *inspection,
                                    apr_pool_t *pool)
{
    scim_survey_t *survey = inspection->survey;

    SCIM_TRY(scim_connection_select(c,
                                    "SELECT number, name FROM scim_directories ORDER BY name",
                                    NULL, 0, take_directory, inspection, pool));
    if (survey->number == NULL) {
        return NULL;
    }
    return scim_connection_select(c,
                                  "SELECT number, type, attribute, complete FROM scim_indexes "
                                  "WHERE directory = %s ORDER BY type, attribute",
                                  &survey->number, 1, take_index, inspection, pool);
}

static scim_error_t *inspect(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    inspection_t *inspection = baton;
    scim_survey_t *survey = inspection->survey;

    memset(survey, 0, sizeof(*survey));
    survey->database = apr_pstrdup(inspection->pool, scim_connection_name(c));
    survey->directories = apr_array_make(inspection->pool, 4, sizeof(char *));
    survey->indexes = apr_array_make(inspection->pool, 8, sizeof(scim_survey_index_t));
    SCIM_TRY(scim_tables_look(&survey->tables, &survey->version, c, pool));
    return survey->tables && survey->version == SCIM_TABLES_VERSION
               ? inspect_tables(c, inspection, pool)
               : NULL;
}

static scim_error_t *nothing(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    (void)c, (void)baton, (void)pool;
    return NULL;
}

scim_error_t *scim_survey_make(scim_survey_t *survey, const scim_source_t *source,
                               const char *name, apr_pool_t *pool)
{
    inspection_t inspection = {survey, name, pool};
    scim_unit_t unit = {.source = source,
                        .known = scim_known_open(pool),
                        .ready = nothing,
                        .work = inspect,
                        .baton = &inspection};

    return scim_connection_run(&unit, pool);
}

static scim_error_t *upgrade(scim_connection_t *c, void *baton, apr_pool_t *pool)
{
    (void)baton;
    return scim_tables_upgrade(c, pool);
}

scim_error_t *scim_survey_upgrade(const scim_source_t *source, apr_pool_t *pool)
{
    scim_unit_t unit = {
        .source = source, .known = scim_known_open(pool), .ready = upgrade, .work = nothing};

    return scim_connection_run(&unit, pool);
}
