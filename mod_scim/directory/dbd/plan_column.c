#include <string.h>

#include <apr_strings.h>

#include "core/text.h"
#include "directory/dbd/plan_run.h"
#include "directory/dbd/prefix.h"

typedef enum kind_t { TEXT, TIME, FLAG } kind_t;

/* An attribute that has a column. */
typedef struct column_t {
    const char *type;   /* NULL: any */
    const char *schema; /* NULL: a common attribute */
    const char *name;
    const char *sub;
    const char *column;
    kind_t kind;
    int exact; /* text: compared byte by byte */
    scim_index_t index;
} column_t;

static const column_t columns[] = {
    {NULL, NULL, "id", NULL, "id", TEXT, 1, SCIM_INDEX_ID},
    {NULL, NULL, "externalId", NULL, "external_id", TEXT, 1, SCIM_INDEX_EXTERNAL},
    {NULL, NULL, "meta", "created", "created", TIME, 0, SCIM_INDEX_CREATED},
    {NULL, NULL, "meta", "lastModified", "modified", TIME, 0, SCIM_INDEX_MODIFIED},
    {"User", SCIM_URN_USER, "userName", NULL, "wire_key", TEXT, 0, SCIM_INDEX_WIRE},
    {"User", SCIM_URN_USER, "active", NULL, "active", FLAG, 0, SCIM_INDEX_INACTIVE},
    {"Group", SCIM_URN_GROUP, "displayName", NULL, "local_key", TEXT, 0, SCIM_INDEX_LOCAL},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* The condition is one piece or more, written last. */
static part_t exact_by(const planner_t *p, scim_index_t index, rank_t rank)
{
    return scim_plan_exact(p, p->pieces->nelts, index, rank);
}

static void add_time(planner_t *p, apr_time_t when)
{
    scim_plan_value(p, apr_psprintf(p->pool, "%" APR_INT64_T_FMT, (apr_int64_t)when));
}

/* ---- text ----------------------------------------------------------------- */

/* No row is left out because of NULL: `ne` and what is negated hold for an unassigned value. */
static const struct {
    const char *holds;
    const char *fails;
} text_operators[] = {
    [SCIM_EQ] = {"@ = %s", "(@ IS NULL OR @ <> %s)"},
    [SCIM_NE] = {"(@ IS NULL OR @ <> %s)", "@ = %s"},
    [SCIM_GT] = {"@ > %s", "(@ IS NULL OR @ <= %s)"},
    [SCIM_GE] = {"@ >= %s", "(@ IS NULL OR @ < %s)"},
    [SCIM_LT] = {"@ < %s", "(@ IS NULL OR @ >= %s)"},
    [SCIM_LE] = {"@ <= %s", "(@ IS NULL OR @ > %s)"},
};

static part_t plan_prefix(planner_t *p, const column_t *column, const char *prefix, int negated)
{
    const char *end = scim_prefix_end(prefix, p->pool);

    scim_plan_value(p, prefix);
    if (end) {
        scim_plan_value(p, end);
    }
    if (negated) {
        scim_plan_write(p, end ? "(@ IS NULL OR @ < %s OR @ >= %s)" : "(@ IS NULL OR @ < %s)",
                        column->column);
        return exact_by(p, column->index, ALL);
    }
    scim_plan_write(p, end ? "(@ >= %s AND @ < %s)" : "@ >= %s", column->column);
    return exact_by(p, column->index, end ? SOME : ALL);
}

/* `pr` asks for a text that is not empty. A key may be empty though the text is not: folding
   drops what nobody sees. But an attribute that is required is not stored empty. */
static part_t plan_present(planner_t *p, const column_t *column,
                           const scim_attribute_t *attribute, int negated)
{
    if (column->exact) {
        scim_plan_write(p, negated ? "(@ IS NULL OR @ = '')" : "@ <> ''", column->column);
    } else if (attribute->required) {
        scim_plan_write(p, negated ? "@ IS NULL" : "@ IS NOT NULL", column->column);
    } else {
        return scim_plan_nothing;
    }
    return exact_by(p, column->index, ALL);
}

static part_t plan_text(planner_t *p, const column_t *column, const scim_filter_t *term,
                        int negated)
{
    const char *value = term->value.folded;
    int equal = term->op == (negated ? SCIM_NE : SCIM_EQ);

    if (term->op == SCIM_PR) {
        return plan_present(p, column, term->path.attribute, negated);
    }
    if (term->value.type == JSON_NULL && (term->op == SCIM_EQ || term->op == SCIM_NE)) {
        return plan_present(p, column, term->path.attribute, negated == (term->op == SCIM_NE));
    }
    if (term->value.type != JSON_STRING || term->op == SCIM_CO || term->op == SCIM_EW
        || !scim_text_valid(value, strlen(value))) {
        return scim_plan_nothing;
    }
    if (term->op == SCIM_SW) {
        return plan_prefix(p, column, value, negated);
    }
    scim_plan_value(p, value);
    scim_plan_write(p,
                    negated ? text_operators[term->op].fails : text_operators[term->op].holds,
                    column->column);
    return exact_by(p, column->index, equal ? ONE : ALL);
}

/* ---- times ---------------------------------------------------------------- */

#define MILLISECOND 1000

static apr_time_t floor_of(apr_time_t when)
{
    apr_time_t rest = when % MILLISECOND;

    return when - (rest < 0 ? rest + MILLISECOND : rest);
}

static apr_time_t ceiling_of(apr_time_t when)
{
    return floor_of(when) == when ? when : floor_of(when) + MILLISECOND;
}

/* The times in a column that hold for an operator: from `low`, up to before `high`. */
typedef struct range_t {
    int has_low;
    int has_high;
    apr_time_t low;
    apr_time_t high;
} range_t;

/* The column has microseconds, the resource has what scim_datetime_format() leaves of them. */
static int find_range(range_t *range, scim_operator_t op, apr_time_t when)
{
    memset(range, 0, sizeof(*range));
    range->has_low = op == SCIM_EQ || op == SCIM_NE || op == SCIM_GT || op == SCIM_GE;
    range->has_high = op == SCIM_EQ || op == SCIM_NE || op == SCIM_LT || op == SCIM_LE;
    range->low = op == SCIM_GT ? floor_of(when) + MILLISECOND : ceiling_of(when);
    range->high = op == SCIM_LT ? ceiling_of(when) : floor_of(when) + MILLISECOND;
    return range->has_low || range->has_high;
}

static part_t plan_always(planner_t *p, const column_t *column, int holds)
{
    scim_plan_write(p, holds ? "1 = 1" : "1 = 0", column->column);
    return exact_by(p, column->index, ALL);
}

static part_t plan_time(planner_t *p, const column_t *column, const scim_filter_t *term,
                        int negated)
{
    int outside = negated != (term->op == SCIM_NE);
    range_t range;

    if (term->op == SCIM_PR) {
        return plan_always(p, column, !negated);
    }
    if (term->value.type == JSON_NULL && (term->op == SCIM_EQ || term->op == SCIM_NE)) {
        return plan_always(p, column, outside);
    }
    if (term->value.type != JSON_STRING || !find_range(&range, term->op, term->value.when)) {
        return scim_plan_nothing;
    }
    if (range.has_low) {
        add_time(p, range.low);
    }
    if (range.has_high) {
        add_time(p, range.high);
    }
    if (range.has_low && range.has_high) {
        scim_plan_write(p, outside ? "(@ < %s OR @ >= %s)" : "(@ >= %s AND @ < %s)",
                        column->column);
        return exact_by(p, column->index, outside ? ALL : SOME);
    }
    scim_plan_write(p, range.has_low == outside ? "@ < %s" : "@ >= %s", column->column);
    return exact_by(p, column->index, range.has_low == outside ? ALL : RANGE);
}

/* ---- flags ---------------------------------------------------------------- */

static part_t plan_flag(planner_t *p, const column_t *column, const scim_filter_t *term,
                        int negated)
{
    int holds = negated == (term->op == SCIM_NE);

    if (term->op == SCIM_PR) {
        return plan_always(p, column, !negated);
    }
    if (term->op != SCIM_EQ && term->op != SCIM_NE) {
        return scim_plan_nothing;
    }
    if (term->value.type == JSON_NULL) {
        return plan_always(p, column, !holds);
    }
    if (term->value.type != JSON_TRUE && term->value.type != JSON_FALSE) {
        return scim_plan_nothing;
    }
    /* In plain sight: an index of the inactive alone serves a condition that says so. */
    if (holds == (term->value.type == JSON_TRUE)) {
        scim_plan_write(p, "@ = 1", column->column);
        return exact_by(p, column->index, ALL);
    }
    scim_plan_write(p, "@ = 0", column->column);
    return exact_by(p, column->index, FEWER);
}

/* ---- the attributes ------------------------------------------------------- */

static int same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The column of a term's attribute, or NULL. */
static const column_t *find_column(const planner_t *p, const scim_path_t *path)
{
    const scim_attribute_t *attribute = path->attribute;
    apr_size_t i;

    if (attribute == NULL || path->extension || path->filter) {
        return NULL;
    }
    for (i = 0; i < COLUMNS; i++) {
        const column_t *column = &columns[i];

        if (same(attribute->schema ? attribute->schema->id : NULL, column->schema)
            && same(attribute->name, column->name)
            && same(path->sub ? path->sub->name : NULL, column->sub)
            && (column->type == NULL || same(column->type, p->type))) {
            return column;
        }
    }
    return NULL;
}

part_t scim_plan_column(planner_t *p, const scim_filter_t *term, int negated)
{
    const column_t *column = find_column(p, &term->path);
    const scim_attribute_t *leaf = term->path.sub ? term->path.sub : term->path.attribute;

    if (column == NULL) {
        return scim_plan_nothing;
    }
    switch (column->kind) {
    case TEXT:
        return leaf->type == SCIM_TYPE_STRING && !leaf->multi_valued
                       && !leaf->case_exact == !column->exact
                   ? plan_text(p, column, term, negated)
                   : scim_plan_nothing;
    case TIME:
        return leaf->type == SCIM_TYPE_DATETIME ? plan_time(p, column, term, negated)
                                                : scim_plan_nothing;
    case FLAG:
        return leaf->type == SCIM_TYPE_BOOLEAN ? plan_flag(p, column, term, negated)
                                               : scim_plan_nothing;
    }
    return scim_plan_nothing;
}

part_t scim_plan_local_name(planner_t *p, const scim_filter_t *term, int negated)
{
    static const column_t column = {.column = "local_key", .index = SCIM_INDEX_LOCAL};

    scim_plan_value(p, term->value.text);
    scim_plan_write(p, negated ? text_operators[SCIM_EQ].fails : text_operators[SCIM_EQ].holds,
                    column.column);
    return exact_by(p, column.index, negated ? ALL : ONE);
}
