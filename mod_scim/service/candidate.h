/*
 * candidate.h - whether a record matches a filter, by all that is known of it: its document,
 * its local name, its memberships.
 *
 * Members and groups are not in documents. What asks for one id there is answered by a look-up;
 * for anything else (members.display co "x") the memberships of the candidate are loaded.
 */
#ifndef SCIM_SERVICE_CANDIDATE_H
#define SCIM_SERVICE_CANDIDATE_H

#include "service/call.h"

/*
 * The filter with every comparison put into the terms of the directory: `userName eq` becomes
 * one of the local name (scim_username_filter), `members.value eq "x"`, members[value eq "x"]
 * and `groups.value eq "x"`, also with `ne`, SCIM_FILTER_HAS_MEMBER and SCIM_FILTER_MEMBER_OF.
 */
const scim_filter_t *scim_candidate_filter(const scim_filter_t *filter, const scim_call_t *call,
                                           apr_pool_t *pool);

/* The same for memberships alone: names are what clients see. */
const scim_filter_t *scim_candidate_memberships(const scim_filter_t *filter,
                                                const scim_resource_type_t *type,
                                                apr_pool_t *pool);

/* What a query has taken so far, beside looking at records. */
typedef struct scim_effort_t {
    apr_int64_t loaded;  /* memberships that the filter had to see */
    apr_int64_t related; /* look-ups of a membership, and groups that were come upon by them */
} scim_effort_t;

/*
 * 1 in *yes when the record, of call->type, matches a filter that scim_candidate_filter() made.
 * Adds to *effort; when more than max_scan memberships are loaded, or more than
 * SCIM_SCAN_GROUPS times as many looked up, the answer is 400 tooMany.
 */
scim_error_t *scim_candidate_matches(int *yes, const scim_filter_t *filter,
                                     scim_effort_t *effort, scim_session_t *session,
                                     const scim_record_t *record, const scim_call_t *call,
                                     apr_pool_t *scratch);

#endif
