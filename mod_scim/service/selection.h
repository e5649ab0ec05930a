/*
 * selection.h - what a list is of: the resource types, and for each of them filter, view and
 * order (RFC 7644 3.4.2).
 *
 * A query of one type's endpoint has one share. A query of the whole service provider has one
 * for each type that can answer it; what a type has not got has no value there.
 */
#ifndef SCIM_SERVICE_SELECTION_H
#define SCIM_SERVICE_SELECTION_H

#include "core/sieve.h"
#include "service/call.h"

/* The part that one resource type has in a list. */
typedef struct scim_share_t {
    const scim_call_t *call;     /* the call as one about this type alone */
    const scim_filter_t *filter; /* NULL: every resource of the type */
    const scim_sieve_t *sieve;   /* of that; NULL: it would never know */
    const scim_projection_t *projection;
    const scim_path_t *sorted_by; /* NULL: nothing, or nothing that the type has */
} scim_share_t;

typedef struct scim_selection_t {
    const scim_share_t *shares;
    const scim_query_part_t *parts; /* the same for the provider */
    int count;                      /* of both; 0: no type can answer it */
    int sifted;                     /* each share with a filter has a sieve */
    const char *order; /* what it is sorted by, for scim_order_t.attribute; NULL: by id */
    int descending;
    const char *text; /* tells the selection from others: what cursors are bound to */
} scim_selection_t;

/*
 * Makes it of the parameters of `call`. 400 invalidFilter; 400 invalidValue for a sortOrder
 * that is neither ascending nor descending, and for a sortBy that nothing can be sorted by:
 * unknown to all types, complex without "value", memberships, or never returned.
 */
scim_error_t *scim_selection_make(scim_selection_t *selection, const scim_call_t *call);

/* The share of the record's type. */
const scim_share_t *scim_selection_share(const scim_selection_t *selection,
                                         const scim_record_t *record);

/*
 * What the record is sorted by, for scim_order_t.key. Where a record has a column for the
 * attribute, as scim_order_t says, the key is that: cut nowhere, and times to the microsecond.
 */
scim_error_t *scim_selection_key(const char **key, const scim_share_t *share,
                                 const scim_record_t *record, apr_pool_t *scratch);

#endif
