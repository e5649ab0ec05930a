#include "service/candidate.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/match.h"
#include "service/membership.h"
#include "service/representation.h"
#include "service/username.h"

/* ---- making the filter ----------------------------------------------------- */

/* 1 for a comparison of "value" with an id; the term may stand in brackets. */
static int compares_id(const scim_filter_t *term, scim_operator_t op)
{
    return term->kind == SCIM_FILTER_COMPARE && term->op == op
           && term->value.type == JSON_STRING && term->path.sub
           && strcmp(term->path.sub->name, "value") == 0;
}

/* The comparison that a filter on memberships comes to; NULL: it is another kind of filter. */
static const scim_filter_t *sought(const scim_filter_t *filter,
                                   const scim_attribute_t *attribute)
{
    if (filter->path.attribute != attribute) {
        return NULL;
    }
    if (filter->kind == SCIM_FILTER_VALUE) {
        return compares_id(filter->children[0], SCIM_EQ) ? filter->children[0] : NULL;
    }
    return compares_id(filter, SCIM_EQ) || compares_id(filter, SCIM_NE) ? filter : NULL;
}

static scim_filter_t *negate(const scim_filter_t *filter, apr_pool_t *pool)
{
    const scim_filter_t **child = apr_palloc(pool, sizeof(*child));
    scim_filter_t *negation = apr_pcalloc(pool, sizeof(*negation));

    *child = filter;
    negation->kind = SCIM_FILTER_NOT;
    negation->children = child;
    negation->count = 1;
    return negation;
}

static const scim_filter_t *by_id(const scim_filter_t *term, const scim_resource_type_t *type,
                                  apr_pool_t *pool)
{
    scim_filter_t *equal = apr_pcalloc(pool, sizeof(*equal));

    equal->kind =
        type->kind == SCIM_KIND_GROUP ? SCIM_FILTER_HAS_MEMBER : SCIM_FILTER_MEMBER_OF;
    equal->value.type = JSON_STRING;
    equal->value.text = equal->value.folded = term->value.folded;
    return term->op == SCIM_EQ ? equal : negate(equal, pool);
}

/* As deep as the filter, which the parser has bounded. */
static const scim_filter_t *rewrite(const scim_filter_t *filter,
                                    const scim_resource_type_t *type,
                                    const scim_attribute_t *attribute, apr_pool_t *pool)
{
    const scim_filter_t *term = sought(filter, attribute), **children;
    scim_filter_t *copy;
    int i;

    if (term) {
        return by_id(term, type, pool);
    }
    if (filter->count == 0 || filter->kind == SCIM_FILTER_VALUE) {
        return filter;
    }
    copy = apr_pmemdup(pool, filter, sizeof(*filter));
    children = apr_palloc(pool, sizeof(*children) * (apr_size_t)filter->count);
    for (i = 0; i < filter->count; i++) {
        children[i] = rewrite(filter->children[i], type, attribute, pool);
    }
    copy->children = children;
    return copy;
}

const scim_filter_t *scim_candidate_memberships(const scim_filter_t *filter,
                                                const scim_resource_type_t *type,
                                                apr_pool_t *pool)
{
    const scim_attribute_t *attribute = scim_membership_attribute(type);

    return attribute ? rewrite(filter, type, attribute, pool) : filter;
}

const scim_filter_t *scim_candidate_filter(const scim_filter_t *filter, const scim_call_t *call,
                                           apr_pool_t *pool)
{
    return scim_candidate_memberships(
        scim_username_filter(filter, &call->service->policy, pool), call->type, pool);
}

/* ---- judging a record ------------------------------------------------------ */

/* How much of a record's memberships a filter has to see. */
typedef enum need_t { NOTHING, ONE, ALL } need_t;

/* What every membership has: whether there is any can be seen from one. */
static int is_always_there(const scim_attribute_t *sub)
{
    return sub == NULL || strcmp(sub->name, "value") == 0 || strcmp(sub->name, "type") == 0;
}

/* A comparison with null asks for presence. */
static need_t need_of(const scim_filter_t *filter, const scim_attribute_t *attribute)
{
    need_t need = NOTHING;
    int i;

    if (filter->kind != SCIM_FILTER_COMPARE && filter->kind != SCIM_FILTER_VALUE) {
        for (i = 0; i < filter->count; i++) {
            need_t other = need_of(filter->children[i], attribute);

            need = other > need ? other : need;
        }
        return need;
    }
    if (filter->path.attribute != attribute) {
        return NOTHING;
    }
    return filter->kind == SCIM_FILTER_COMPARE
                   && (filter->op == SCIM_PR || filter->value.type == JSON_NULL)
                   && is_always_there(filter->path.sub)
               ? ONE
               : ALL;
}

/* A record that is looked at. */
typedef struct candidate_t {
    scim_session_t *session;
    const scim_record_t *record;
    const scim_directory_provider_t *provider;
    const scim_call_t *call;
    scim_effort_t *effort;
    const char *sought;  /* the group that is looked for */
    int found;           /* it was */
    scim_error_t *error; /* what went wrong with a look-up */
    apr_pool_t *scratch;
} candidate_t;

/* People may be in many groups by way of others, and each of them has to be come upon. */
static scim_error_t *look_up(candidate_t *candidate)
{
    apr_int64_t most = candidate->call->service->limits.max_scan * SCIM_SCAN_GROUPS;

    return ++candidate->effort->related <= most
               ? NULL
               : scim_error_bad(candidate->call->pool, SCIM_TOO_MANY,
                                "The filter cannot be answered by an index, and more than "
                                "%" APR_INT64_T_FMT " memberships would have to be looked up; "
                                "make it narrower.",
                                most);
}

static scim_error_t *look_at_group(void *baton, const scim_member_t *group, apr_pool_t *scratch)
{
    candidate_t *candidate = baton;

    (void)scratch;
    candidate->found |= strcmp(group->id, candidate->sought) == 0;
    return look_up(candidate);
}

/* scim_facts_t.relates */
static int relates(void *baton, scim_filter_kind_t kind, const char *id)
{
    candidate_t *candidate = baton;
    const scim_directory_provider_t *provider = candidate->provider;
    const scim_record_t *record = candidate->record;
    int direct = 0, group = kind == SCIM_FILTER_HAS_MEMBER;

    if (candidate->error || (!group && !record->grouped)) {
        return 0;
    }
    candidate->error = look_up(candidate);
    if (candidate->error) {
        return 0;
    }
    candidate->error = provider->is_member(&direct, candidate->session, group ? record->id : id,
                                           group ? id : record->id, candidate->scratch);
    if (group || direct || candidate->error) {
        return direct;
    }
    candidate->sought = id;
    candidate->found = 0;
    candidate->error = provider->groups_of(candidate->session, &record->grouped, 1,
                                           look_at_group, candidate, candidate->scratch);
    return candidate->found;
}

/* Puts into the resource what a filter has to see of its memberships. */
static scim_error_t *load_needed(json_t *resource, need_t need, const candidate_t *candidate)
{
    const scim_call_t *call = candidate->call;
    apr_int64_t most = call->service->limits.max_scan - candidate->effort->loaded, count = 0;

    if (need == NOTHING) {
        return NULL;
    }
    SCIM_TRY(scim_membership_load(resource, &count, candidate->session, candidate->record,
                                  call->type, need == ONE ? 1 : most + 1, call,
                                  candidate->scratch));
    if (need == ONE) {
        return NULL;
    }
    candidate->effort->loaded += count;
    if (count > most) {
        return scim_error_bad(call->pool, SCIM_TOO_MANY,
                              "To answer this filter more than %" APR_INT64_T_FMT
                              " memberships would have to be looked at; ask for a member or a "
                              "group by its id.",
                              call->service->limits.max_scan);
    }
    return NULL;
}

scim_error_t *scim_candidate_matches(int *yes, const scim_filter_t *filter,
                                     scim_effort_t *effort, scim_session_t *session,
                                     const scim_record_t *record, const scim_call_t *call,
                                     apr_pool_t *scratch)
{
    const scim_attribute_t *attribute = scim_membership_attribute(call->type);
    candidate_t candidate = {.session = session,
                             .record = record,
                             .provider = call->service->directory->provider,
                             .call = call,
                             .effort = effort,
                             .scratch = scratch};
    scim_facts_t facts = {record->local_key, relates, &candidate};
    json_t *resource;

    SCIM_TRY(scim_representation_whole(&resource, record, call, scratch));
    if (attribute) {
        SCIM_TRY(load_needed(resource, need_of(filter, attribute), &candidate));
    }
    *yes = scim_match(filter, resource, &facts, scratch);
    return candidate.error;
}
