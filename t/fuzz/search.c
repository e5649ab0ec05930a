/*
 * Any query string is a search or is refused, and so is any object; a search is written as a
 * query string that is read as the same.
 */
#include "core/search.h"

#include <apr_escape.h>
#include "fuzz.h"

static int same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *with_text(const char *query, const char *name, const char *value,
                             apr_pool_t *pool)
{
    const char *hex;

    if (value == NULL) {
        return query;
    }
    hex = apr_pescape_hex(pool, value, strlen(value), 0);
    query = apr_pstrcat(pool, query, *query ? "&" : "", name, "=", NULL);
    for (; *hex; hex += 2) {
        query = apr_psprintf(pool, "%s%%%.2s", query, hex);
    }
    return query;
}

static const char *print(const scim_search_t *search, apr_pool_t *pool)
{
    const char *query = "";

    query = with_text(query, "FILTER", search->filter, pool);
    query = with_text(query, "attributes", search->attributes, pool);
    query = with_text(query, "excludedAttributes", search->excluded_attributes, pool);
    query = with_text(query, "sortBy", search->sort_by, pool);
    query = with_text(query, "sortOrder", search->sort_order, pool);
    if (search->count >= 0) {
        query = apr_psprintf(pool, "%s&count=%" APR_INT64_T_FMT, query, search->count);
    }
    return apr_psprintf(pool, "%s&startIndex=+%" APR_INT64_T_FMT "+", query,
                        search->start_index);
}

static void check_text(const char *text)
{
    FUZZ_CHECK(text == NULL || (!scim_text_blank(text) && scim_text_valid(text, strlen(text))));
}

static void check(const char *query, scim_leniency_t leniency, apr_pool_t *pool)
{
    scim_search_t search, again;
    scim_error_t *error = scim_search_parse(&search, query, leniency, pool);

    if (error) {
        fuzz_check_error(error,
                         SCIM_INVALID_VALUE " " SCIM_INVALID_FILTER " " SCIM_INVALID_COUNT);
        return;
    }
    FUZZ_CHECK(search.cursor == NULL || search.start_index == 1);
    FUZZ_CHECK(search.start_index >= 1 && search.count >= -1);
    check_text(search.filter);
    check_text(search.attributes);
    check_text(search.excluded_attributes);
    check_text(search.sort_by);
    check_text(search.sort_order);
    FUZZ_CHECK(scim_search_parse(&again, print(&search, pool), SCIM_LENIENT_QUERY, pool)
               == NULL);
    FUZZ_CHECK(same(again.filter, search.filter));
    FUZZ_CHECK(same(again.attributes, search.attributes));
    FUZZ_CHECK(same(again.excluded_attributes, search.excluded_attributes));
    FUZZ_CHECK(same(again.sort_by, search.sort_by));
    FUZZ_CHECK(same(again.sort_order, search.sort_order));
    FUZZ_CHECK(again.start_index == search.start_index && again.count == search.count);
}

static void check_body(const uint8_t *data, size_t size, scim_leniency_t leniency,
                       apr_pool_t *pool)
{
    scim_search_t search = {.count = 42};
    scim_error_t *error;
    json_t *body;

    if (scim_json_parse(&body, (const char *)data, size, pool) || !json_is_object(body)) {
        return;
    }
    error = scim_search_read(&search, body, leniency, pool);
    if (error) {
        fuzz_check_error(error,
                         SCIM_INVALID_VALUE " " SCIM_INVALID_FILTER " " SCIM_INVALID_COUNT
                                            " " SCIM_INVALID_SYNTAX);
        FUZZ_CHECK(search.count == 42);
        return;
    }
    FUZZ_CHECK(search.start_index >= 1 && search.count >= -1);
    FUZZ_CHECK(search.cursor == NULL || search.start_index == 1);
    check_text(search.filter);
    check_text(search.attributes);
    check_text(search.excluded_attributes);
    check_text(search.sort_by);
    check_text(search.sort_order);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const char *query = fuzz_string(data, size, pool);

    check(query, 0, pool);
    check(query, SCIM_LENIENT_QUERY, pool);
    check_body(data, size, 0, pool);
    check_body(data, size, SCIM_LENIENT_SCHEMAS | SCIM_LENIENT_NUMBER, pool);
    return 0;
}
