#include <math.h>
#include <string.h>

#include "core/limits.h"
#include "core/term.h"
#include "core/text.h"
#include "directory/dbd/plan_run.h"
#include "directory/dbd/prefix.h"

/*
 * A condition on terms can be asked of each row, or find the rows. It is written the one way
 * and changed to the other, by its first piece, when it turns out to be what leaves the fewest.
 */
static const char asked[] = "EXISTS (SELECT 1 FROM scim_terms WHERE resource = number AND ";
static const char finding[] = "number IN (SELECT resource FROM scim_terms WHERE ";
static const char refused[] =
    "NOT EXISTS (SELECT 1 FROM scim_terms WHERE resource = number AND ";

void scim_plan_drive(planner_t *p, const part_t *part)
{
    int i;

    for (i = part->first; i < part->end; i++) {
        if (APR_ARRAY_IDX(p->pieces, i, const char *) == asked) {
            APR_ARRAY_IDX(p->pieces, i, const char *) = finding;
        }
    }
}

/* A comparison in terms of terms. */
typedef struct condition_t {
    const char *sql; /* of `term` */
    const char *values[2];
    grade_t grade; /* NOTHING: it cannot be said in these terms */
    rank_t rank;
} condition_t;

/* ---- conditions ----------------------------------------------------------- */

/* Integers beyond this are not all of them different as decimals. */
#define MAX_PRECISE 9007199254740992.0

/* 1 when a term compares with the literal's key as the value does with the literal. */
static int is_precise(const scim_attribute_t *leaf, const scim_value_t *value, const char *key)
{
    if (leaf->type == SCIM_TYPE_DECIMAL) {
        return fabs(value->number) < MAX_PRECISE;
    }
    return !scim_term_is_cut(key);
}

static const condition_t impossible = {NULL, {NULL, NULL}, NOTHING, ALL};

static condition_t prefix_condition(const scim_attribute_t *leaf, const char *key,
                                    apr_pool_t *pool)
{
    const char *end = scim_prefix_end(key, pool);
    condition_t condition = {"term >= %s AND term < %s", {key, end}, EXACT, SOME};

    if (leaf->type != SCIM_TYPE_STRING && leaf->type != SCIM_TYPE_REFERENCE
        && leaf->type != SCIM_TYPE_BINARY) {
        return impossible;
    }
    if (end == NULL) {
        condition.sql = "term >= %s";
        condition.rank = ALL;
    }
    return condition;
}

static condition_t compare_condition(scim_operator_t op, const char *key, int precise)
{
    static const struct {
        const char *precise;
        const char *wider;
        rank_t rank;
    } operators[] = {
        [SCIM_EQ] = {"term = %s", "term = %s", FEW},
        [SCIM_SW] = {NULL, "term = %s", FEW},
        [SCIM_GT] = {"term > %s", "term >= %s", ALL},
        [SCIM_GE] = {"term >= %s", "term >= %s", ALL},
        [SCIM_LT] = {"term < %s", "term <= %s", ALL},
        [SCIM_LE] = {"term <= %s", "term <= %s", ALL},
    };
    condition_t condition = {precise ? operators[op].precise : operators[op].wider,
                             {key, NULL},
                             precise ? EXACT : WIDER,
                             operators[op].rank};

    return condition;
}

/* `pr`: something that is not empty. A term may be empty though the text is not, since folding
   drops what nobody sees. */
static condition_t present_condition(const scim_attribute_t *leaf)
{
    condition_t condition = {NULL, {NULL, NULL}, EXACT, ALL};

    if (leaf->type == SCIM_TYPE_STRING || leaf->type == SCIM_TYPE_REFERENCE
        || leaf->type == SCIM_TYPE_BINARY) {
        condition.sql = scim_attribute_is_exact(leaf) ? "term <> ''" : NULL;
        condition.grade = scim_attribute_is_exact(leaf) ? EXACT : WIDER;
    }
    return condition;
}

/* `co` and `ew`. What was cut from a term may be what is looked for. */
static condition_t walk_condition(const planner_t *p, scim_operator_t op, const char *key)
{
    condition_t condition = {NULL, {NULL, NULL}, EXACT, ALL};

    if (*key == '\0') {
        return condition; /* any text will do */
    }
    if (p->walk == NULL) {
        return impossible;
    }
    condition.sql = op == SCIM_CO ? p->walk->contains : p->walk->ends;
    condition.values[0] = key;
    condition.values[1] = op == SCIM_CO ? NULL : key;
    condition.grade = WIDER;
    condition.rank = WALKED;
    return condition;
}

/* What holds for some value: of an operator other than `ne`. */
static condition_t make_condition(planner_t *p, const scim_attribute_t *leaf,
                                  scim_operator_t op, const scim_value_t *value)
{
    apr_pool_t *pool = p->pool;
    const char *key;

    if (op == SCIM_PR) {
        return present_condition(leaf);
    }
    key = scim_term_literal(leaf, value, pool);
    if (key == NULL || !scim_text_valid(key, strlen(key))) {
        return impossible;
    }
    if (op == SCIM_CO || op == SCIM_EW) {
        return walk_condition(p, op, key);
    }
    if (op == SCIM_SW && !scim_term_is_cut(key)) {
        return prefix_condition(leaf, key, pool);
    }
    return compare_condition(op, key, is_precise(leaf, value, key));
}

/* One of a few values is no good place to begin. */
static rank_t rank_of(const scim_attribute_t *leaf, const condition_t *condition)
{
    return condition->rank == FEW && (leaf->type == SCIM_TYPE_BOOLEAN || leaf->canonical_values)
               ? FEWER
               : condition->rank;
}

static part_t write_condition(planner_t *p, const char *index, const condition_t *condition,
                              int negated)
{
    int first = p->pieces->nelts, i;
    part_t part;

    scim_plan_write(p, negated ? refused : asked, NULL);
    scim_plan_write(p, "index_number = %s", NULL);
    scim_plan_value(p, index);
    if (condition->sql) {
        scim_plan_write(p, " AND ", NULL);
        scim_plan_write(p, condition->sql, NULL);
    }
    for (i = 0; i < 2 && condition->values[i]; i++) {
        scim_plan_value(p, condition->values[i]);
    }
    scim_plan_write(p, ")", NULL);
    part = scim_plan_exact(p, first, SCIM_INDEX_NUMBER, negated ? ALL : condition->rank);
    part.grade = condition->grade;
    return part;
}

/* ---- comparisons ---------------------------------------------------------- */

/* The simple attribute that is compared. */
static const scim_attribute_t *leaf_of(const scim_filter_t *term)
{
    const scim_attribute_t *leaf = scim_path_leaf(&term->path);

    if (leaf && leaf->type == SCIM_TYPE_COMPLEX) {
        return term->op == SCIM_PR ? NULL : scim_attributes_find(&leaf->attributes, "value", 5);
    }
    return leaf;
}

/* RFC 7643 2.4: `primary` is false where it is not there, so terms do not say. */
static int has_default(const scim_attribute_t *leaf)
{
    return leaf->type == SCIM_TYPE_BOOLEAN && leaf->parent && leaf->parent->multi_valued
           && scim_text_same_name(leaf->name, "primary");
}

/* The index for the attribute, or NULL. */
static const char *find_index(planner_t *p, const scim_attribute_t *leaf)
{
    const char *index = NULL;

    if (p->indexes == NULL || leaf == NULL || leaf->type == SCIM_TYPE_COMPLEX
        || has_default(leaf) || p->error) {
        return NULL;
    }
    p->error = p->indexes->find(&index, p->indexes->baton, p->type,
                                scim_attribute_path(leaf, p->pool), p->pool);
    return p->error ? NULL : index;
}

/* Asked once. */
static void find_walk(planner_t *p)
{
    if (p->walk == NULL && !p->walk_asked && p->indexes->walk) {
        p->walk_asked = 1;
        p->error = p->indexes->walk(&p->walk, p->indexes->baton, p->type, p->pool);
    }
}

/* `eq null` is that nothing is present. */
static void simplify(scim_operator_t *op, int *negated, const scim_filter_t *term)
{
    *op = term->op;
    if (*op == SCIM_NE) {
        *op = SCIM_EQ;
        *negated = !*negated;
    }
    if (*op == SCIM_EQ && term->value.type == JSON_NULL) {
        *op = SCIM_PR;
        *negated = !*negated;
    }
}

part_t scim_plan_indexed(planner_t *p, const scim_filter_t *term, int negated)
{
    const scim_attribute_t *leaf = leaf_of(term);
    const char *index = find_index(p, leaf);
    condition_t condition;
    scim_operator_t op;

    if (index == NULL || term->path.filter) {
        return scim_plan_nothing;
    }
    simplify(&op, &negated, term);
    if (op == SCIM_CO || op == SCIM_EW) {
        find_walk(p);
    }
    if (op == SCIM_PR && term->op != SCIM_PR
        && scim_path_leaf(&term->path)->type == SCIM_TYPE_COMPLEX) {
        return scim_plan_nothing; /* any sub-attribute would do */
    }
    condition = make_condition(p, leaf, op, &term->value);
    if (condition.grade == NOTHING || (negated && condition.grade != EXACT)) {
        return scim_plan_nothing;
    }
    condition.rank = rank_of(leaf, &condition);
    return write_condition(p, index, &condition, negated);
}

/* ---- value paths ---------------------------------------------------------- */

/* What holds for one element when it holds for some value of each attribute in it. */
static part_t plan_element(planner_t *p, const scim_filter_t *filter, int negated, int depth)
{
    part_t part;

    if (depth > 2 * SCIM_MAX_FILTER_DEPTH) {
        return scim_plan_nothing;
    }
    switch (filter->kind) {
    case SCIM_FILTER_COMPARE:
        /* For some other element it may hold. */
        return filter->op == SCIM_NE || filter->value.type == JSON_NULL
                   ? scim_plan_nothing
                   : scim_plan_indexed(p, filter, negated);
    case SCIM_FILTER_AND:
        part = scim_plan_chain(p, filter, negated, plan_element, depth);
        part.grade = part.grade == EXACT ? WIDER : part.grade;
        return part;
    case SCIM_FILTER_OR:
        return scim_plan_chain(p, filter, negated, plan_element, depth);
    default:
        return scim_plan_nothing;
    }
}

part_t scim_plan_value_path(planner_t *p, const scim_filter_t *filter, int negated)
{
    const scim_filter_t *inside = filter->children[0];

    if (negated && inside->kind != SCIM_FILTER_COMPARE) {
        return scim_plan_nothing;
    }
    return plan_element(p, inside, negated, 0);
}

/* ---- membership ----------------------------------------------------------- */

/* Hidden ones do not count, neither as members nor on the way. */
static const char has_member[] =
    "(SELECT group_number FROM scim_members WHERE member_number = (SELECT number FROM "
    "scim_resources WHERE id = %s AND deleted = 0))";

static const char member_of[] =
    "(WITH RECURSIVE inside (n) AS (SELECT number FROM scim_resources WHERE id = %s AND "
    "deleted "
    "= 0 UNION SELECT member_number FROM inside CROSS JOIN scim_members CROSS JOIN "
    "scim_resources WHERE nested = 1 AND group_number = n AND number = member_number AND "
    "deleted "
    "= 0) SELECT member_number FROM inside CROSS JOIN scim_members WHERE group_number = n)";

part_t scim_plan_membership(planner_t *p, const scim_filter_t *filter, int negated)
{
    int up = filter->kind == SCIM_FILTER_MEMBER_OF, first = p->pieces->nelts;

    scim_plan_write(p, negated ? "(number NOT IN " : "(number IN ", NULL);
    scim_plan_write(p, up ? member_of : has_member, NULL);
    scim_plan_value(p, filter->value.text);
    if (up) {
        scim_plan_write(p, negated ? " OR id = %s" : " AND id <> %s", NULL);
        scim_plan_value(p, filter->value.text);
    }
    scim_plan_write(p, ")", NULL);
    return scim_plan_exact(p, first, SCIM_INDEX_NUMBER, negated ? ALL : up ? SOME : FEW);
}
