#include "core/search.h"

#include "core/limits.h"
#include "tap.h"

static apr_pool_t *pool;

/* In a block of its own, so that reading past its end is seen. */
static scim_error_t *parse(scim_search_t *search, const char *query, scim_leniency_t leniency)
{
    char *copy = query ? strdup(query) : NULL;
    scim_error_t *error = scim_search_parse(search, copy, leniency, pool);

    free(copy);
    return error;
}

static const char *show(const char *text)
{
    return text ? text : "-";
}

/* All that was understood in one line. */
static const char *parsed(const char *query, scim_leniency_t leniency)
{
    scim_search_t search;
    scim_error_t *error = parse(&search, query, leniency);

    if (error) {
        return apr_psprintf(pool, "%d %s", error->status, show(error->type));
    }
    return apr_psprintf(pool, "%s|%s|%s|%s|%s|%" APR_INT64_T_FMT "|%" APR_INT64_T_FMT,
                        show(search.filter), show(search.attributes),
                        show(search.excluded_attributes), show(search.sort_by),
                        show(search.sort_order), search.start_index, search.count);
}

static void parameters(void)
{
    static const struct {
        const char *query, *expected, *name;
    } rows[] = {
        {NULL, "-|-|-|-|-|1|-1", "no query"},
        {"", "-|-|-|-|-|1|-1", "an empty query"},
        {"filter=userName%20eq%20%22ada%22", "userName eq \"ada\"|-|-|-|-|1|-1",
         "percent encoding"},
        {"filter=userName+eq+%22a%2Bb%22", "userName eq \"a+b\"|-|-|-|-|1|-1",
         "a plus is a blank, %2B a plus"},
        {"filter=a=b", "a=b|-|-|-|-|1|-1", "an equals sign in the value"},
        {"filter=title%26x%3d1", "title&x=1|-|-|-|-|1|-1", "escaped separators, lower case"},
        {"filter=%c3%a9", "\xc3\xa9|-|-|-|-|1|-1", "UTF-8"},
        {"attributes=userName,emails", "-|userName,emails|-|-|-|1|-1", "attributes"},
        {"excludedAttributes=members", "-|-|members|-|-|1|-1", "excludedAttributes"},
        {"sortBy=userName&sortOrder=descending", "-|-|-|userName|descending|1|-1", "sorting"},
        {"attributes=&excludedAttributes=+&sortBy&sortOrder=", "-|-|-|-|-|1|-1",
         "blank parameters are not sent"},
        {"startindex=5&COUNT=7&Filter=a", "a|-|-|-|-|5|7", "names in any case"},
        {"%63ount=7", "-|-|-|-|-|1|7", "an escaped name"},
        {"startIndex=1&count=10", "-|-|-|-|-|1|10", "RFC 7644 3.4.2.4, the example"},
        {"startIndex=0", "-|-|-|-|-|1|-1", "RFC 7644 table 6: startIndex 0 is 1"},
        {"startIndex=-3", "-|-|-|-|-|1|-1", "RFC 7644 table 6: startIndex below 1 is 1"},
        {"count=-3", "-|-|-|-|-|1|0", "RFC 7644 table 6: a negative count is 0"},
        {"count=0", "-|-|-|-|-|1|0", "count 0 is 0, not unset"},
        {"count=+5+", "-|-|-|-|-|1|5", "blanks around a number"},
        {"count=%2B5", "-|-|-|-|-|1|5", "a plus before a number"},
        {"count=0005", "-|-|-|-|-|1|5", "leading zeros"},
        {"count=9223372036854775806", "-|-|-|-|-|1|9223372036854775806", "a great number"},
        {"count=9223372036854775807", "-|-|-|-|-|1|9223372036854775807", "the greatest"},
        {"count=9223372036854775808", "-|-|-|-|-|1|9223372036854775807", "one more is clamped"},
        {"startIndex=99999999999999999999999999", "-|-|-|-|-|9223372036854775807|-1",
         "much more is clamped"},
        {"count=-99999999999999999999999999", "-|-|-|-|-|1|0", "much less is clamped"},
        {"nonsense=1&count=2&other", "-|-|-|-|-|1|2", "unknown parameters"},
        {"nonsense=1&nonsense=2", "-|-|-|-|-|1|-1", "an unknown parameter twice"},
        {"count=ten", "400 invalidValue", "a word for a number"},
        {"count=", "400 invalidValue", "nothing for a number"},
        {"count", "400 invalidValue", "a number without a value"},
        {"count=1.5", "400 invalidValue", "a fraction"},
        {"count=1e3", "400 invalidValue", "an exponent"},
        {"count=0x10", "400 invalidValue", "hexadecimal"},
        {"count=--1", "400 invalidValue", "two signs"},
        {"count=-", "400 invalidValue", "a sign alone"},
        {"count=1+2", "400 invalidValue", "two numbers"},
        {"startIndex=a", "400 invalidValue", "startIndex is no number"},
        {"filter=", "400 invalidFilter", "an empty filter"},
        {"filter", "400 invalidFilter", "a filter without a value"},
        {"filter=+%20", "400 invalidFilter", "a blank filter"},
        {"filter=a%2", "400 invalidValue", "a cut escape"},
        {"filter=a%", "400 invalidValue", "a percent sign at the end"},
        {"filter=%zz", "400 invalidValue", "an escape that is none"},
        {"filter=%4g", "400 invalidValue", "an escape that is half one"},
        {"filter=a%00b", "400 invalidValue", "U+0000"},
        {"filter=%ff", "400 invalidValue", "broken UTF-8"},
        {"filter=%ed%a0%80", "400 invalidValue", "a surrogate"},
        {"filter=a&filter=b", "400 invalidValue", "a parameter twice"},
        {"count=1&Count=1", "400 invalidValue", "twice in different case"},
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(parsed(rows[i].query, 0), rows[i].expected, rows[i].name);
        is(parsed(rows[i].query, SCIM_LENIENT_QUERY), rows[i].expected,
           apr_pstrcat(pool, rows[i].name, " (lenient)", NULL));
    }
}

static void leniency(void)
{
    static const struct {
        const char *query, *strict, *lenient, *name;
    } rows[] = {
        {"filter=userName+eq+%22probe.user%22&", "400 invalidValue",
         "userName eq \"probe.user\"|-|-|-|-|1|-1", "OneLogin's trailing &"},
        {"&count=1", "400 invalidValue", "-|-|-|-|-|1|1", "a leading &"},
        {"startIndex=2&&count=1", "400 invalidValue", "-|-|-|-|-|2|1", "a doubled &"},
        {"&", "400 invalidValue", "-|-|-|-|-|1|-1", "nothing but &"},
        {"=1", "400 invalidValue", "-|-|-|-|-|1|-1", "a value without a name"},
        {"?", "-|-|-|-|-|1|-1", "-|-|-|-|-|1|-1", "nothing but ?"},
        {"count=1?", "400 invalidValue", "-|-|-|-|-|1|1", "a trailing ?"},
        {"count=1&?", "-|-|-|-|-|1|1", "-|-|-|-|-|1|1", "a trailing &?"},
        {"?count=1", "-|-|-|-|-|1|-1", "-|-|-|-|-|1|1", "a doubled ?"},
        {"aadOptscim062020&count=1", "-|-|-|-|-|1|1", "-|-|-|-|-|1|1", "Entra's flag"},
        {"x=%zz", "400 invalidValue", "-|-|-|-|-|1|-1", "a broken escape of an unknown one"},
        {"%zz=1", "400 invalidValue", "-|-|-|-|-|1|-1", "a broken escape in a name"},
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(parsed(rows[i].query, 0), rows[i].strict,
           apr_pstrcat(pool, rows[i].name, " (strict)", NULL));
        is(parsed(rows[i].query, SCIM_LENIENT_QUERY), rows[i].lenient,
           apr_pstrcat(pool, rows[i].name, " (lenient)", NULL));
    }
}

static const char *cursor_of(const char *query)
{
    scim_search_t search;
    scim_error_t *error = parse(&search, query, 0);

    return error ? apr_psprintf(pool, "%d %s", error->status, show(error->type))
                 : apr_pstrdup(pool, search.cursor);
}

static void cursors(void)
{
    is(cursor_of("count=1"), NULL, "no cursor: pages by index");
    is(cursor_of("filter=userName%20sw%20J&cursor&count=10"), "", "RFC 9865 2, the first page");
    is(cursor_of("cursor="), "", "the same with an equals sign");
    is(cursor_of("filter=username%20sw%20J&cursor=VZUTiyhEQJ94IR&count=10"), "VZUTiyhEQJ94IR",
       "RFC 9865 2, the next page");
    is(cursor_of("CURSOR=a-b_c.d~e"), "a-b_c.d~e", "any case, any unreserved character");
    is(cursor_of("cursor=+"), " ", "a blank one is not empty");
    is(cursor_of("cursor=a&cursor=a"), "400 invalidValue", "twice");
    is(cursor_of("cursor=a&startIndex=1"), "400 invalidValue", "with startIndex");
    is(cursor_of("startIndex=1&cursor"), "400 invalidValue", "with startIndex in front");
    is(cursor_of("startIndex=0&cursor="), "400 invalidValue", "whatever that is");
    is(cursor_of("count=x&cursor"), "400 invalidCount", "RFC 9865 2.1: a wrong count");
    is(cursor_of("cursor&count="), "400 invalidCount", "an empty one");
    is(cursor_of("cursor&count=-1"), "", "a negative one is 0");
}

static void errors(void)
{
    scim_search_t search = {.count = 42};
    const char *query = "x=1";
    int i;

    is_error(parse(&search, "startIndex=a\nb", 0), 400, "invalidValue",
             "parameter startIndex is 'a?b'", "the number is named and quoted");
    is_error(parse(&search, "count=1&sortBy=%f", 0), 400, "invalidValue", "'sortBy'",
             "the parameter with the broken escape is named");
    is_error(parse(&search, "count=1&COUNT=2", 0), 400, "invalidValue", "count is given twice",
             "the doubled one is named");
    is_int(search.count, 42, "the result is untouched on error");

    for (i = 1; i < SCIM_MAX_PARAMETERS; i++) {
        query = apr_pstrcat(pool, query, "&x=1", NULL);
    }
    is_fine(parse(&search, query, 0), "as many parameters as allowed");
    query = apr_pstrcat(pool, query, "&", NULL);
    is_fine(parse(&search, query, SCIM_LENIENT_QUERY), "an empty one does not count");
    query = apr_pstrcat(pool, query, "x", NULL);
    is_error(parse(&search, query, SCIM_LENIENT_QUERY), 400, "invalidValue", "more than 64",
             "one more");
}

int main(void)
{
    pool = tap_start();
    parameters();
    leniency();
    cursors();
    errors();
    return tap_done();
}
