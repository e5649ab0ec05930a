/* The same parameters as in query strings, from the body of a SearchRequest. */
#include "core/search.h"

#include "core/schema.h"
#include "tap.h"

static apr_pool_t *pool;

#define SEARCH "{\"schemas\":[\"" SCIM_URN_SEARCH_REQUEST "\"],"

static scim_error_t *read_text(scim_search_t *search, const char *text,
                               scim_leniency_t leniency)
{
    json_t *body = NULL;
    scim_error_t *error = scim_json_parse(&body, text, strlen(text), pool);

    return error ? error : scim_search_read(search, body, leniency, pool);
}

static const char *show(const char *text)
{
    return text ? text : "-";
}

/* All that was understood in one line. */
static const char *understood(const scim_search_t *search)
{
    return apr_psprintf(
        pool, "%s|%s|%s|%s|%s|%s|%" APR_INT64_T_FMT "|%" APR_INT64_T_FMT, show(search->filter),
        show(search->attributes), show(search->excluded_attributes), show(search->sort_by),
        show(search->sort_order), show(search->cursor), search->start_index, search->count);
}

static const char *read_as(const char *members, scim_leniency_t leniency)
{
    scim_search_t search;
    const char *text =
        apr_pstrcat(pool, SEARCH, "\"x\":null", *members ? "," : "", members, "}", NULL);
    scim_error_t *error = read_text(&search, text, leniency);

    if (error) {
        return apr_psprintf(pool, "%d %s", error->status, show(error->type));
    }
    return understood(&search);
}

static void parameters(void)
{
    static const struct {
        const char *members, *expected, *name;
    } rows[] = {
        {"", "-|-|-|-|-|-|1|-1", "nothing but schemas"},
        {"\"attributes\":[\"displayName\",\"userName\"],\"filter\":\"displayName sw "
         "\\\"smith\\\"\",\"startIndex\":1,\"count\":10",
         "displayName sw \"smith\"|displayName,userName|-|-|-|-|1|10",
         "RFC 7644 3.4.3, the example"},
        {"\"attributes\":[\"displayName\",\"userName\"],\"cursor\":\"\",\"count\":10",
         "-|displayName,userName|-|-|-||1|10", "RFC 9865 3, the example"},
        {"\"cursor\":\"VZUTiyhEQJ94IR\"", "-|-|-|-|-|VZUTiyhEQJ94IR|1|-1", "a cursor"},
        {"\"attributes\":\"userName,emails\"", "-|userName,emails|-|-|-|-|1|-1",
         "attributes as in a query string"},
        {"\"excludedAttributes\":[\"members\"]", "-|-|members|-|-|-|1|-1",
         "excludedAttributes"},
        {"\"sortBy\":\"name.familyName\",\"sortOrder\":\"descending\"",
         "-|-|-|name.familyName|descending|-|1|-1", "sorting"},
        {"\"STARTINDEX\":5,\"Count\":7", "-|-|-|-|-|-|5|7", "names in any case"},
        {"\"startIndex\":0", "-|-|-|-|-|-|1|-1", "startIndex 0 is 1"},
        {"\"startIndex\":-3,\"count\":-3", "-|-|-|-|-|-|1|0", "below their minimum"},
        {"\"count\":9223372036854775807", "-|-|-|-|-|-|1|9223372036854775807", "the greatest"},
        {"\"count\":null,\"filter\":null,\"attributes\":[],\"cursor\":null", "-|-|-|-|-|-|1|-1",
         "unassigned is not sent"},
        {"\"sortBy\":\"\",\"sortOrder\":\" \",\"attributes\":\"\"", "-|-|-|-|-|-|1|-1",
         "blank is not sent"},
        {"\"members\":[1,2],\"foo\":{\"bar\":1}", "-|-|-|-|-|-|1|-1", "unknown members"},
        {"\"filter\":\"\"", "400 invalidFilter", "an empty filter"},
        {"\"filter\":[\"a pr\"]", "400 invalidValue", "a filter that is no string"},
        {"\"filter\":1", "400 invalidValue", "nor a number"},
        {"\"attributes\":[\"a\",1]", "400 invalidValue", "a name that is none"},
        {"\"attributes\":{\"a\":1}", "400 invalidValue", "names in an object"},
        {"\"sortBy\":[\"userName\"]", "400 invalidValue", "sortBy is one string"},
        {"\"sortOrder\":true", "400 invalidValue", "sortOrder is a string"},
        {"\"count\":1.5", "400 invalidValue", "a fraction"},
        {"\"count\":true", "400 invalidValue", "a boolean"},
        {"\"cursor\":1", "400 invalidValue", "a cursor that is no string"},
        {"\"cursor\":\"\",\"startIndex\":1", "400 invalidValue", "cursor and startIndex"},
        {"\"cursor\":\"\",\"count\":[1]", "400 invalidCount", "a count of the wrong type"},
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(read_as(rows[i].members, 0), rows[i].expected, rows[i].name);
        is(read_as(rows[i].members, SCIM_LENIENT_SCHEMAS | SCIM_LENIENT_NUMBER),
           rows[i].expected, apr_pstrcat(pool, rows[i].name, " (lenient)", NULL));
    }
}

static void leniency(void)
{
    scim_search_t search = {.count = 42};
    const char *other = "{\"schemas\":[\"" SCIM_URN_PATCH_OP "\"],\"count\":1}";

    is(read_as("\"count\":\"5\"", 0), "400 invalidValue", "a number as text");
    is(read_as("\"count\":\"5\"", SCIM_LENIENT_NUMBER), "-|-|-|-|-|-|1|5", "is a leniency");
    is(read_as("\"count\":\"five\"", SCIM_LENIENT_NUMBER), "400 invalidValue",
       "that words are none for");
    is(read_as("\"cursor\":\"\",\"count\":\"five\"", SCIM_LENIENT_NUMBER), "400 invalidCount",
       "and with a cursor an error of its own");
    is_error(read_text(&search, SEARCH "\"count\":1,\"COUNT\":2}", 0), 400, "invalidSyntax",
             "member 'COUNT' is given twice", "a name in two cases");
    is_error(read_text(&search, "{\"count\":1}", 0), 400, "invalidSyntax",
             "must have " SCIM_URN_SEARCH_REQUEST, "schemas are due");
    is_error(read_text(&search, other, 0), 400, "invalidSyntax", "SearchRequest", "and right");
    is_int(search.count, 42, "the result is untouched on error");
    is_fine(read_text(&search, "{\"count\":1}", SCIM_LENIENT_SCHEMAS), "or not, for some");
    is_int(search.count, 1, "count");
    is_fine(read_text(&search, other, SCIM_LENIENT_SCHEMAS), "whatever they are");
}

int main(void)
{
    pool = tap_start();
    parameters();
    leniency();
    return tap_done();
}
