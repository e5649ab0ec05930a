#include "directory/dbd/plan.h"

#include <string.h>

#include <apr_strings.h>

#include "core/limits.h"
#include "core/text.h"

typedef struct planner_t {
    const char *type;
    apr_array_header_t *pieces; /* of const char *: the SQL */
    apr_array_header_t *args;   /* of const char * */
    apr_pool_t *pool;
} planner_t;

/* What a condition that was written says about the part of the filter it stands for. */
typedef enum grade_t {
    NOTHING, /* there is no condition */
    WIDER,   /* true for all that match and for others */
    EXACT    /* true for those that match alone */
} grade_t;

/* How few rows an index leaves. */
typedef enum rank_t { ALL, FEWER, SOME, ONE } rank_t;

typedef struct part_t {
    grade_t grade;
    scim_index_t index;
    rank_t rank;
} part_t;

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

static const part_t nothing = {NOTHING, SCIM_INDEX_LIST, ALL};

static part_t exact_by(scim_index_t index, rank_t rank)
{
    part_t part = {EXACT, rank == ALL ? SCIM_INDEX_LIST : index, rank};

    return part;
}

/* ---- writing -------------------------------------------------------------- */

/* Appends SQL in which '@' stands for the column; %s is a value. */
static void write_sql(planner_t *p, const char *sql, const char *column)
{
    const char *at;

    for (; (at = strchr(sql, '@')); sql = at + 1) {
        APR_ARRAY_PUSH(p->pieces, const char *) =
            apr_pstrmemdup(p->pool, sql, (apr_size_t)(at - sql));
        APR_ARRAY_PUSH(p->pieces, const char *) = column;
    }
    APR_ARRAY_PUSH(p->pieces, const char *) = sql;
}

static void add_value(planner_t *p, const char *value)
{
    APR_ARRAY_PUSH(p->args, const char *) = value;
}

static void add_time(planner_t *p, apr_time_t when)
{
    add_value(p, apr_psprintf(p->pool, "%" APR_INT64_T_FMT, (apr_int64_t)when));
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

/* Takes the last character, of well-formed UTF-8, off the text; returns its code point. */
static apr_uint32_t take_last(const char *text, apr_size_t *length)
{
    apr_uint32_t code = 0;
    int shift = 0;
    unsigned char byte;

    while (((byte = (unsigned char)text[--*length]) & 0xc0) == 0x80) {
        code |= (apr_uint32_t)(byte & 0x3f) << shift;
        shift += 6;
    }
    return code | (apr_uint32_t)(shift == 0 ? byte : byte & (0x3f >> (shift / 6))) << shift;
}

static const char *encode(apr_uint32_t code, apr_pool_t *pool)
{
    if (code < 0x80) {
        return apr_psprintf(pool, "%c", (int)code);
    }
    if (code < 0x800) {
        return apr_psprintf(pool, "%c%c", (int)(0xc0 | code >> 6), (int)(0x80 | (code & 0x3f)));
    }
    if (code < 0x10000) {
        return apr_psprintf(pool, "%c%c%c", (int)(0xe0 | code >> 12),
                            (int)(0x80 | (code >> 6 & 0x3f)), (int)(0x80 | (code & 0x3f)));
    }
    return apr_psprintf(pool, "%c%c%c%c", (int)(0xf0 | code >> 18),
                        (int)(0x80 | (code >> 12 & 0x3f)), (int)(0x80 | (code >> 6 & 0x3f)),
                        (int)(0x80 | (code & 0x3f)));
}

/*
 * The first text, in the order of code points, behind all that begin with `prefix`; NULL when
 * none is. It is text too: databases refuse what is no UTF-8.
 */
static const char *behind(const char *prefix, apr_pool_t *pool)
{
    apr_size_t length = strlen(prefix);

    while (length > 0) {
        apr_uint32_t code = take_last(prefix, &length) + 1;

        if (code == 0xd800) {
            code = 0xe000;
        }
        if (code <= 0x10ffff) {
            return apr_pstrcat(pool, apr_pstrmemdup(pool, prefix, length), encode(code, pool),
                               NULL);
        }
    }
    return NULL;
}

static part_t plan_prefix(planner_t *p, const column_t *column, const char *prefix, int negated)
{
    const char *end = behind(prefix, p->pool);

    add_value(p, prefix);
    if (end) {
        add_value(p, end);
    }
    if (negated) {
        write_sql(p, end ? "(@ IS NULL OR @ < %s OR @ >= %s)" : "(@ IS NULL OR @ < %s)",
                  column->column);
        return exact_by(column->index, ALL);
    }
    write_sql(p, end ? "(@ >= %s AND @ < %s)" : "@ >= %s", column->column);
    return exact_by(column->index, end ? SOME : ALL);
}

/* `pr` asks for a text that is not empty. A key may be empty though the text is not: folding
   drops what nobody sees. But an attribute that is required is not stored empty. */
static part_t plan_present(planner_t *p, const column_t *column,
                           const scim_attribute_t *attribute, int negated)
{
    if (column->exact) {
        write_sql(p, negated ? "(@ IS NULL OR @ = '')" : "@ <> ''", column->column);
    } else if (attribute->required) {
        write_sql(p, negated ? "@ IS NULL" : "@ IS NOT NULL", column->column);
    } else {
        return nothing;
    }
    return exact_by(column->index, ALL);
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
        return nothing;
    }
    if (term->op == SCIM_SW) {
        return plan_prefix(p, column, value, negated);
    }
    add_value(p, value);
    write_sql(p, negated ? text_operators[term->op].fails : text_operators[term->op].holds,
              column->column);
    return exact_by(column->index, equal ? ONE : ALL);
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
    write_sql(p, holds ? "1 = 1" : "1 = 0", column->column);
    return exact_by(column->index, ALL);
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
        return nothing;
    }
    if (range.has_low) {
        add_time(p, range.low);
    }
    if (range.has_high) {
        add_time(p, range.high);
    }
    if (range.has_low && range.has_high) {
        write_sql(p, outside ? "(@ < %s OR @ >= %s)" : "(@ >= %s AND @ < %s)", column->column);
        return exact_by(column->index, outside ? ALL : SOME);
    }
    write_sql(p, range.has_low == outside ? "@ < %s" : "@ >= %s", column->column);
    return exact_by(column->index, range.has_low == outside ? ALL : SOME);
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
        return nothing;
    }
    if (term->value.type == JSON_NULL) {
        return plan_always(p, column, !holds);
    }
    if (term->value.type != JSON_TRUE && term->value.type != JSON_FALSE) {
        return nothing;
    }
    /* In plain sight: an index of the inactive alone serves a condition that says so. */
    if (holds == (term->value.type == JSON_TRUE)) {
        write_sql(p, "@ = 1", column->column);
        return exact_by(column->index, ALL);
    }
    write_sql(p, "@ = 0", column->column);
    return exact_by(column->index, FEWER);
}

/* ---- the tree ------------------------------------------------------------- */

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

static part_t plan_term(planner_t *p, const scim_filter_t *term, int negated)
{
    const column_t *column = find_column(p, &term->path);
    const scim_attribute_t *leaf = term->path.sub ? term->path.sub : term->path.attribute;

    if (column == NULL) {
        return nothing;
    }
    switch (column->kind) {
    case TEXT:
        return leaf->type == SCIM_TYPE_STRING && !leaf->multi_valued
                       && !leaf->case_exact == !column->exact
                   ? plan_text(p, column, term, negated)
                   : nothing;
    case TIME:
        return leaf->type == SCIM_TYPE_DATETIME ? plan_time(p, column, term, negated) : nothing;
    case FLAG:
        return leaf->type == SCIM_TYPE_BOOLEAN ? plan_flag(p, column, term, negated) : nothing;
    }
    return nothing;
}

static part_t plan_local_name(planner_t *p, const scim_filter_t *term, int negated)
{
    static const column_t column = {.column = "local_key", .index = SCIM_INDEX_LOCAL};

    add_value(p, term->value.text);
    write_sql(p, negated ? text_operators[SCIM_EQ].fails : text_operators[SCIM_EQ].holds,
              column.column);
    return exact_by(column.index, negated ? ALL : ONE);
}

static part_t plan_filter(planner_t *p, const scim_filter_t *filter, int negated, int depth);

/* What the operands so far, and one more, come to. */
static part_t join(part_t all, part_t one, int disjunction)
{
    part_t joined = all;

    joined.grade = one.grade < all.grade ? one.grade : all.grade;
    if (disjunction) {
        if (all.index != one.index || all.rank != ONE || one.rank != ONE) {
            joined.index = SCIM_INDEX_LIST;
            joined.rank = ALL;
        }
    } else if (one.rank > all.rank) {
        joined.index = one.index;
        joined.rank = one.rank;
    }
    return joined;
}

/* An operand of `and` that SQL cannot decide is left out; one of `or` spoils all of it. */
static part_t plan_chain(planner_t *p, const scim_filter_t *filter, int negated, int depth)
{
    int disjunction = (filter->kind == SCIM_FILTER_OR) != negated, i, written = 0, left_out = 0;
    int pieces = p->pieces->nelts, args = p->args->nelts;
    part_t all = nothing;

    write_sql(p, "(", NULL);
    for (i = 0; i < filter->count; i++) {
        int before = p->pieces->nelts, values = p->args->nelts;
        part_t one;

        if (written > 0) {
            write_sql(p, disjunction ? " OR " : " AND ", NULL);
        }
        one = plan_filter(p, filter->children[i], negated, depth + 1);
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
        return nothing;
    }
    write_sql(p, ")", NULL);
    if (left_out) {
        all.grade = WIDER;
    }
    return all;
}

/* `not` moves inwards to the terms, so that none of the SQL has one. */
static part_t plan_filter(planner_t *p, const scim_filter_t *filter, int negated, int depth)
{
    if (depth > 2 * SCIM_MAX_FILTER_DEPTH) {
        return nothing;
    }
    switch (filter->kind) {
    case SCIM_FILTER_COMPARE:
        return plan_term(p, filter, negated);
    case SCIM_FILTER_LOCAL_NAME:
        return plan_local_name(p, filter, negated);
    case SCIM_FILTER_AND:
    case SCIM_FILTER_OR:
        return plan_chain(p, filter, negated, depth);
    case SCIM_FILTER_NOT:
        return plan_filter(p, filter->children[0], !negated, depth + 1);
    case SCIM_FILTER_VALUE:
    case SCIM_FILTER_HAS_MEMBER:
    case SCIM_FILTER_MEMBER_OF:
        break;
    }
    return nothing;
}

void scim_plan_make(scim_plan_t *plan, const scim_filter_t *filter, const char *type,
                    apr_pool_t *pool)
{
    planner_t planner = {type, apr_array_make(pool, 16, sizeof(const char *)),
                         apr_array_make(pool, 4, sizeof(const char *)), pool};
    part_t part = nothing;

    plan->where = "";
    plan->args = planner.args;
    plan->exact = filter == NULL;
    plan->index = SCIM_INDEX_LIST;
    if (filter == NULL) {
        return;
    }
    write_sql(&planner, " AND ", NULL);
    part = plan_filter(&planner, filter, 0, 0);
    if (part.grade == NOTHING) {
        return;
    }
    plan->where = apr_array_pstrcat(pool, planner.pieces, 0);
    plan->exact = part.grade == EXACT;
    plan->index = part.index;
}
