/*
 * match.h - the meaning of filters: does a resource match? (RFC 7644 3.4.2.2)
 *
 * SQL may find candidates sooner, but what is decided here is what a filter means:
 * - strings compare by the attribute's caseExact, without it after Unicode folding; gt, ge, lt,
 * le order by code points (of the folded text);
 * - dateTimes compare as instants, numbers as numbers, booleans eq and ne only;
 * - a multi-valued attribute matches when any of its values does;
 * - `x eq null` is `not (x pr)`; `x ne v` is `not (x eq v)`, so it holds for an unassigned x;
 * - what a type has not got, in a query over all types, is unassigned (RFC 7644 3.4.2.1);
 * - unassigned (RFC 7643 2.5) fails every other comparison; `pr` needs a non-empty value;
 * - a boolean attribute that is unassigned is not false, but for `primary` (RFC 7643 2.4);
 * - complex attributes compare by their "value" sub-attribute.
 */
#ifndef SCIM_CORE_MATCH_H
#define SCIM_CORE_MATCH_H

#include "core/filter.h"

/* What filters ask of a record that its resource does not say. */
typedef struct scim_facts_t {
    const char *local_key; /* its folded local name, or NULL */
    /*
     * 1 when SCIM_FILTER_HAS_MEMBER or SCIM_FILTER_MEMBER_OF holds for this id. NULL: they
     * never do. What goes wrong is kept in the baton.
     */
    int (*relates)(void *baton, scim_filter_kind_t kind, const char *id);
    void *baton;
} scim_facts_t;

/*
 * 1 when `resource` (a canonical resource object with its common attributes) matches. `facts`
 * may be NULL: nothing is known but the resource.
 */
int scim_match(const scim_filter_t *filter, const json_t *resource, const scim_facts_t *facts,
               apr_pool_t *scratch);

/* 1 when one element of a multi-valued attribute matches the filter inside its brackets. */
int scim_match_element(const scim_filter_t *filter, const json_t *element, apr_pool_t *scratch);

#endif
