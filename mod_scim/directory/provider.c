#include "directory/provider.h"

#include <string.h>

#include <openssl/rand.h>

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

static int has_filter(const scim_query_t *query)
{
    int i;

    for (i = 0; i < query->part_count && query->parts[i].filter == NULL; i++) {
    }
    return i < query->part_count;
}

scim_error_t *scim_provider_too_many(const scim_query_t *query, apr_pool_t *pool)
{
    return scim_error_bad(pool, SCIM_TOO_MANY,
                          "The %s cannot be answered by an index, and more than "
                          "%" APR_INT64_T_FMT " resources would have to be looked at; make the "
                          "filter narrower.",
                          has_filter(query) ? "filter" : "order", query->max_scan);
}

scim_error_t *scim_provider_random(unsigned char secret[SCIM_SECRET_LENGTH], apr_pool_t *pool)
{
    if (RAND_bytes(secret, SCIM_SECRET_LENGTH) == 1) {
        return NULL;
    }
    return scim_error_because(
        scim_error_create(pool, 503, NULL, "The directory cannot be made."), pool,
        "the system's random source failed");
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

static int is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

int scim_provider_shown_anew(int deleted, const char *display, const scim_record_t *record)
{
    return !deleted && (record->deleted || !is_same(display, record->display));
}

int scim_provider_comes_back(int active, int deleted, const scim_record_t *record)
{
    return (!active || deleted) && record->active && !record->deleted;
}

int scim_provider_leaves_groups(int deleted, const scim_record_t *record)
{
    return !deleted != !record->deleted;
}
