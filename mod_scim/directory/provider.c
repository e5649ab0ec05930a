#include "directory/provider.h"

#include <string.h>

#include "core/error.h"

const scim_query_part_t *scim_provider_part(const scim_query_t *query, const char *type)
{
    int i;

    for (i = 0; i < query->part_count; i++) {
        if (strcmp(query->parts[i].type, type) == 0) {
            return &query->parts[i];
        }
    }
    return NULL;
}

scim_error_t *scim_provider_too_many(const scim_query_t *query, apr_pool_t *pool)
{
    return scim_error_bad(pool, SCIM_TOO_MANY,
                          "The filter cannot be answered by an index, and more than "
                          "%" APR_INT64_T_FMT " resources would have to be looked at; make it "
                          "narrower.",
                          query->max_scan);
}

int scim_provider_on_page(const scim_query_t *query, apr_int64_t before)
{
    return before >= query->offset && before - query->offset < query->count;
}

int scim_provider_unique(const char *type)
{
    return strcmp(type, "User") == 0;
}

scim_error_t *scim_provider_check_write(int writes, const scim_record_t *record,
                                        apr_pool_t *pool)
{
    if (!writes) {
        return scim_error_because(
            scim_error_create(pool, 500, NULL, "The request could not be carried out."), pool,
            "a unit of work that was to read only tried to write");
    }
    if (record && record->document_length > SCIM_MAX_DOCUMENT) {
        return scim_error_create(pool, 413, NULL,
                                 "The resource takes %" APR_SIZE_T_FMT
                                 " bytes; at most %d can be stored.",
                                 record->document_length, SCIM_MAX_DOCUMENT);
    }
    return NULL;
}
