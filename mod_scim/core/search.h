/*
 * search.h - the parameters of a query (RFC 7644 3.4.2 and 3.9, RFC 9865), from a query string
 * or from the body of a search request (RFC 7644 3.4.3).
 */
#ifndef SCIM_CORE_SEARCH_H
#define SCIM_CORE_SEARCH_H

#include "core/dialect.h"
#include "core/json.h"

typedef struct scim_search_t {
    const char *filter;              /* text, or NULL */
    const char *attributes;          /* as sent, or NULL */
    const char *excluded_attributes; /* as sent, or NULL */
    const char *sort_by;             /* as sent, or NULL */
    const char *sort_order;          /* as sent, or NULL */
    const char *cursor;              /* as sent, "" for the first page; NULL: pages by index */
    apr_int64_t start_index;         /* >= 1; 1 when not sent or below */
    apr_int64_t count;               /* >= 0; -1 when not sent */
} scim_search_t;

/*
 * Decodes a raw query string (form encoding: + is a blank, %XX). NULL is an empty one.
 * Parameter names are matched without regard to case. 400 invalidValue, naming the parameter,
 * for a broken escape, U+0000 or broken UTF-8 in it, a parameter sent twice, a number that is
 * none (invalidCount for the count of a query with a cursor), cursor and startIndex both, more
 * than SCIM_MAX_PARAMETERS; invalidFilter for an empty filter. Unknown parameters,
 * empty ones between stray '&' and trailing '?' are ignored with SCIM_LENIENT_QUERY; otherwise
 * unknown ones are ignored too, as HTTP has it, but malformed ones are refused.
 */
scim_error_t *scim_search_parse(scim_search_t *search, const char *query,
                                scim_leniency_t leniency, apr_pool_t *pool);

/*
 * The same from a SearchRequest message. Lists of attributes are arrays of strings, or one
 * string as in a query string; null and [] mean not sent. Errors as above, and 400
 * invalidSyntax for a message whose `schemas` say that it is something else (unless
 * SCIM_LENIENT_SCHEMAS). *search borrows from `body`.
 */
scim_error_t *scim_search_read(scim_search_t *search, const json_t *body,
                               scim_leniency_t leniency, apr_pool_t *pool);

#endif
