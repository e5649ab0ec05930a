#include "directory/dbd/plan_run.h"

#include <string.h>

#include <apr_strings.h>

#include "core/limits.h"

const part_t scim_plan_nothing = {NOTHING, SCIM_INDEX_LIST, ALL, 0, 0};

part_t scim_plan_exact(const planner_t *p, int first, scim_index_t index, rank_t rank)
{
    part_t part = {EXACT, rank == ALL ? SCIM_INDEX_LIST : index, rank, first, p->pieces->nelts};

    return part;
}

void scim_plan_write(planner_t *p, const char *sql, const char *column)
{
    const char *at;

    for (; (at = strchr(sql, '@')); sql = at + 1) {
        APR_ARRAY_PUSH(p->pieces, const char *) =
            apr_pstrmemdup(p->pool, sql, (apr_size_t)(at - sql));
        APR_ARRAY_PUSH(p->pieces, const char *) = column;
    }
    APR_ARRAY_PUSH(p->pieces, const char *) = sql;
}

void scim_plan_value(planner_t *p, const char *value)
{
    APR_ARRAY_PUSH(p->args, const char *) = value;
}

/* What the operands so far, and one more, come to. */
static part_t join(part_t all, part_t one, int disjunction)
{
    part_t joined = all;

    joined.grade = one.grade < all.grade ? one.grade : all.grade;
    if (disjunction) {
        joined.end = one.end;
        if (all.index != one.index || all.rank < FEW || one.rank < FEW) {
            joined.index = SCIM_INDEX_LIST;
            joined.rank = ALL;
        } else {
            joined.rank = FEW;
        }
    } else if (one.rank > all.rank) {
        one.grade = joined.grade;
        joined = one;
    }
    return joined;
}

part_t scim_plan_chain(planner_t *p, const scim_filter_t *filter, int negated,
                       part_t (*plan)(planner_t *p, const scim_filter_t *filter, int negated,
                                      int depth),
                       int depth)
{
    int disjunction = (filter->kind == SCIM_FILTER_OR) != negated, i, written = 0, left_out = 0;
    int pieces = p->pieces->nelts, args = p->args->nelts;
    part_t all = scim_plan_nothing;

    scim_plan_write(p, "(", NULL);
    for (i = 0; i < filter->count; i++) {
        int before = p->pieces->nelts, values = p->args->nelts;
        part_t one;

        if (written > 0) {
            scim_plan_write(p, disjunction ? " OR " : " AND ", NULL);
        }
        one = plan(p, filter->children[i], negated, depth + 1);
        if (one.grade != NOTHING) {
            all = written++ ? join(all, one, disjunction) : one;
            continue;
        }
        left_out = 1;
        p->pieces->nelts = before;
        p->args->nelts = values;
    }
    if (written == 0 || (disjunction && left_out)) {
        p->pieces->nelts = pieces;
        p->args->nelts = args;
        return scim_plan_nothing;
    }
    scim_plan_write(p, ")", NULL);
    if (left_out) {
        all.grade = WIDER;
    }
    return all;
}

static part_t plan_term(planner_t *p, const scim_filter_t *term, int negated)
{
    part_t part = scim_plan_column(p, term, negated);

    return part.grade == NOTHING ? scim_plan_indexed(p, term, negated) : part;
}

/* `not` moves inwards to the terms, so that none of the SQL has one. */
static part_t plan_filter(planner_t *p, const scim_filter_t *filter, int negated, int depth)
{
    if (depth > 2 * SCIM_MAX_FILTER_DEPTH) {
        return scim_plan_nothing;
    }
    switch (filter->kind) {
    case SCIM_FILTER_COMPARE:
        return plan_term(p, filter, negated);
    case SCIM_FILTER_LOCAL_NAME:
        return scim_plan_local_name(p, filter, negated);
    case SCIM_FILTER_AND:
    case SCIM_FILTER_OR:
        return scim_plan_chain(p, filter, negated, plan_filter, depth);
    case SCIM_FILTER_NOT:
        return plan_filter(p, filter->children[0], !negated, depth + 1);
    case SCIM_FILTER_VALUE:
        return scim_plan_value_path(p, filter, negated);
    case SCIM_FILTER_HAS_MEMBER:
    case SCIM_FILTER_MEMBER_OF:
        return scim_plan_membership(p, filter, negated);
    }
    return scim_plan_nothing;
}

static scim_error_t *make(part_t *part, scim_plan_t *plan, const scim_filter_t *filter,
                          int negated, const char *type, const scim_plan_indexes_t *indexes,
                          apr_pool_t *pool)
{
    planner_t planner = {.type = type, .indexes = indexes, .pool = pool};

    planner.pieces = apr_array_make(pool, 16, sizeof(const char *));
    planner.args = apr_array_make(pool, 4, sizeof(const char *));
    plan->where = "";
    plan->args = planner.args;
    plan->exact = filter == NULL;
    plan->index = SCIM_INDEX_LIST;
    plan->single = 0;
    plan->others = NULL;
    *part = scim_plan_nothing;
    if (filter == NULL) {
        return NULL;
    }
    scim_plan_write(&planner, " AND ", NULL);
    *part = plan_filter(&planner, filter, negated, 0);
    if (part->grade == NOTHING || planner.error) {
        return planner.error;
    }
    if (part->index == SCIM_INDEX_NUMBER) {
        scim_plan_drive(&planner, part);
    }
    plan->where = apr_array_pstrcat(pool, planner.pieces, 0);
    plan->exact = part->grade == EXACT;
    plan->index = part->index;
    plan->single = part->rank == ONE;
    return NULL;
}

scim_error_t *scim_plan_make(scim_plan_t *plan, const scim_filter_t *filter, const char *type,
                             const scim_plan_indexes_t *indexes, apr_pool_t *pool)
{
    scim_plan_t *others;
    part_t part;

    SCIM_TRY(make(&part, plan, filter, 0, type, indexes, pool));
    if (filter == NULL || !plan->exact || plan->index != SCIM_INDEX_LIST) {
        return NULL;
    }
    others = apr_pcalloc(pool, sizeof(*others));
    SCIM_TRY(make(&part, others, filter, 1, type, indexes, pool));
    if (others->exact && others->index != SCIM_INDEX_LIST) {
        plan->others = others;
    }
    return NULL;
}

static int is_term(const scim_filter_t *filter)
{
    return filter->kind == SCIM_FILTER_COMPARE || filter->kind == SCIM_FILTER_LOCAL_NAME;
}

scim_error_t *scim_plan_make_simple(scim_plan_t *plan, const scim_filter_t *filter,
                                    const char *type, apr_pool_t *pool)
{
    part_t part;
    rank_t best = ALL;
    int i;

    if (filter == NULL || is_term(filter)) {
        return make(&part, plan, filter, 0, type, NULL, pool);
    }
    SCIM_TRY(make(&part, plan, NULL, 0, type, NULL, pool));
    for (i = 0; filter->kind == SCIM_FILTER_AND && i < filter->count; i++) {
        scim_plan_t one;

        if (!is_term(filter->children[i])) {
            continue;
        }
        SCIM_TRY(make(&part, &one, filter->children[i], 0, type, NULL, pool));
        if (part.rank > best) {
            best = part.rank;
            *plan = one;
        }
    }
    plan->exact = 0;
    return NULL;
}
