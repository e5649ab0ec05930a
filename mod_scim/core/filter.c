#include "core/filter.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include "core/limits.h"
#include "core/text.h"
#include "core/token.h"

typedef struct parser_t {
    scim_scanner_t scanner;
    const scim_reading_t *reading;
    int inside;                     /* within brackets... */
    const scim_attribute_t *parent; /* ...of this attribute; NULL when it is unknown */
    int depth;
    int terms;
    apr_pool_t *pool;
} parser_t;

static scim_error_t *parse_chain(parser_t *p, scim_filter_kind_t kind,
                                 const scim_filter_t **filter);

static scim_error_t *next(parser_t *p)
{
    return scim_scanner_next(&p->scanner);
}

static scim_error_t *expected(const parser_t *p, const char *what)
{
    return scim_scanner_fail(&p->scanner, "Expected %s, found %s", what,
                             scim_scanner_found(&p->scanner));
}

/* One level down, into parentheses, brackets or `not`. */
static scim_error_t *enter(parser_t *p)
{
    if (++p->depth > SCIM_MAX_FILTER_DEPTH) {
        return scim_scanner_fail(&p->scanner, "The filter is nested more than %d levels deep",
                                 SCIM_MAX_FILTER_DEPTH);
    }
    return NULL;
}

static scim_filter_t *make_node(apr_pool_t *pool, scim_filter_kind_t kind,
                                const apr_array_header_t *children)
{
    scim_filter_t *node = apr_pcalloc(pool, sizeof(*node));

    node->kind = kind;
    node->count = children->nelts;
    node->children = (const scim_filter_t *const *)children->elts;
    return node;
}

static scim_filter_t *make_parent(apr_pool_t *pool, scim_filter_kind_t kind,
                                  const scim_filter_t *child)
{
    apr_array_header_t *children = apr_array_make(pool, 1, sizeof(child));

    APR_ARRAY_PUSH(children, const scim_filter_t *) = child;
    return make_node(pool, kind, children);
}

/* Adds an operand of an and/or; one of the same kind is taken apart. */
static void add_operand(apr_array_header_t *children, scim_filter_kind_t kind,
                        const scim_filter_t *operand)
{
    int i;

    if (operand->kind != kind) {
        APR_ARRAY_PUSH(children, const scim_filter_t *) = operand;
        return;
    }
    for (i = 0; i < operand->count; i++) {
        APR_ARRAY_PUSH(children, const scim_filter_t *) = operand->children[i];
    }
}

#define BIT(op) (1u << (op))
#define EQUALITY (BIT(SCIM_EQ) | BIT(SCIM_NE) | BIT(SCIM_PR))
#define ORDER (BIT(SCIM_GT) | BIT(SCIM_GE) | BIT(SCIM_LT) | BIT(SCIM_LE))
#define PARTS (BIT(SCIM_CO) | BIT(SCIM_SW) | BIT(SCIM_EW))

/* RFC 7644 3.4.2.2 table 3. */
static const unsigned allowed[] = {
    [SCIM_TYPE_STRING] = EQUALITY | ORDER | PARTS,    [SCIM_TYPE_BOOLEAN] = EQUALITY,
    [SCIM_TYPE_DECIMAL] = EQUALITY | ORDER,           [SCIM_TYPE_INTEGER] = EQUALITY | ORDER,
    [SCIM_TYPE_DATETIME] = EQUALITY | ORDER,          [SCIM_TYPE_BINARY] = EQUALITY,
    [SCIM_TYPE_REFERENCE] = EQUALITY | ORDER | PARTS, [SCIM_TYPE_COMPLEX] = EQUALITY,
};

static const char *list_operators(unsigned operators, apr_pool_t *pool)
{
    const char *list = scim_operator_name(SCIM_EQ);
    int op;

    for (op = SCIM_EQ + 1; op <= SCIM_PR; op++) {
        if (operators & BIT(op)) {
            list = apr_pstrcat(pool, list, op == SCIM_PR ? " or " : ", ",
                               scim_operator_name(op), NULL);
        }
    }
    return list;
}

static scim_error_t *parse_operator(parser_t *p, scim_operator_t *op)
{
    int i;

    if (p->scanner.token.kind != SCIM_TOKEN_WORD) {
        return expected(p, "an operator");
    }
    for (i = SCIM_EQ; i <= SCIM_PR; i++) {
        if (scim_scanner_is_word(&p->scanner, scim_operator_name(i))) {
            *op = i;
            return NULL;
        }
    }
    return scim_scanner_fail(&p->scanner, "The operator %s is not supported; use %s",
                             scim_scanner_found(&p->scanner),
                             list_operators(EQUALITY | ORDER | PARTS, p->pool));
}

/* The token's bytes from `skip` on as an attribute; stays on the token. */
static scim_error_t *resolve(parser_t *p, scim_path_t *path, apr_size_t skip,
                             const scim_attribute_t *parent)
{
    const scim_token_t *token = &p->scanner.token;
    apr_size_t used;

    SCIM_TRY(scim_scanner_locate(
        &p->scanner,
        scim_path_parse_attribute(path, &used, token->text + skip, token->length - skip, parent,
                                  p->reading, p->scanner.type, p->pool)));
    if ((path->attribute && path->attribute->returned == SCIM_RETURNED_NEVER)
        || (path->sub && path->sub->returned == SCIM_RETURNED_NEVER)) {
        return scim_scanner_fail(&p->scanner, "%s cannot be used in a filter",
                                 scim_path_print(path, p->pool));
    }
    return NULL;
}

/* A complex attribute is compared by its sub-attribute "value". */
static scim_error_t *descend(const parser_t *p, scim_path_t *path)
{
    const scim_attribute_t *leaf = scim_path_leaf(path);

    if (path->name || (leaf && leaf->type != SCIM_TYPE_COMPLEX)) {
        return NULL;
    }
    if (path->attribute && path->sub == NULL) {
        path->sub = scim_attributes_find(&path->attribute->attributes, "value", 5);
    }
    if (path->sub == NULL || path->sub->type == SCIM_TYPE_COMPLEX) {
        return scim_scanner_fail(
            &p->scanner, "%s cannot be compared as a whole; name an attribute within it",
            scim_path_print(path, p->pool));
    }
    return NULL;
}

static scim_error_t *check_operator(const parser_t *p, const scim_path_t *path,
                                    scim_operator_t op)
{
    const scim_attribute_t *leaf = scim_path_leaf(path);

    if (leaf == NULL || allowed[leaf->type] & BIT(op)) {
        return NULL;
    }
    return scim_scanner_fail(&p->scanner,
                             "The operator '%s' cannot be used with %s, which is of type %s; "
                             "use %s",
                             scim_operator_name(op), scim_attribute_path(leaf, p->pool),
                             scim_type_name(leaf->type),
                             list_operators(allowed[leaf->type], p->pool));
}

/* The value behind the operator; stays on it. */
static scim_error_t *parse_value(parser_t *p, scim_filter_t *term)
{
    int equality = term->op == SCIM_EQ || term->op == SCIM_NE;

    if (!equality || !scim_scanner_is_word(&p->scanner, "null")) {
        SCIM_TRY(descend(p, &term->path));
    }
    SCIM_TRY(scim_literal_read(&term->value, &p->scanner, scim_path_leaf(&term->path),
                               p->reading->leniency));
    if (term->value.type == JSON_NULL && !equality) {
        return scim_scanner_fail(&p->scanner,
                                 "The operator '%s' cannot be used with null; use eq or ne",
                                 scim_operator_name(term->op));
    }
    return NULL;
}

/* Operator and value behind `path`. */
static scim_error_t *parse_term(parser_t *p, const scim_path_t *path,
                                const scim_filter_t **filter)
{
    scim_filter_t *term = apr_pcalloc(p->pool, sizeof(*term));

    if (++p->terms > SCIM_MAX_FILTER_TERMS) {
        return scim_scanner_fail(&p->scanner, "The filter has more than %d comparisons",
                                 SCIM_MAX_FILTER_TERMS);
    }
    term->kind = SCIM_FILTER_COMPARE;
    term->path = *path;
    SCIM_TRY(parse_operator(p, &term->op));
    if (!(EQUALITY & BIT(term->op))) {
        SCIM_TRY(descend(p, &term->path));
    }
    SCIM_TRY(check_operator(p, &term->path, term->op));
    SCIM_TRY(next(p));
    if (term->op != SCIM_PR) {
        SCIM_TRY(parse_value(p, term));
        SCIM_TRY(next(p));
    }
    *filter = term;
    return NULL;
}

/*
 * `].value eq "x"`: one more comparison for the same element. The token starts with the dot.
 */
static scim_error_t *parse_joined(parser_t *p, const scim_path_t *path,
                                  const scim_filter_t **filter)
{
    apr_array_header_t *children = apr_array_make(p->pool, 2, sizeof(*filter));
    const scim_filter_t *term;
    scim_path_t sub;

    /* Printed, the `or` needs parentheses of its own. */
    if ((*filter)->kind == SCIM_FILTER_OR) {
        SCIM_TRY(enter(p));
        p->depth--;
    }
    SCIM_TRY(resolve(p, &sub, 1, path->attribute));
    SCIM_TRY(next(p));
    SCIM_TRY(parse_term(p, &sub, &term));
    add_operand(children, SCIM_FILTER_AND, *filter);
    add_operand(children, SCIM_FILTER_AND, term);
    *filter = make_node(p->pool, SCIM_FILTER_AND, children);
    return NULL;
}

static scim_error_t *check_brackets(const parser_t *p, const scim_path_t *path)
{
    const scim_attribute_t *attribute = path->attribute;

    if (p->inside) {
        return scim_scanner_fail(&p->scanner, "Brackets cannot stand within brackets");
    }
    if (path->name
        || (attribute && path->sub == NULL
            && (attribute->multi_valued || attribute->type == SCIM_TYPE_COMPLEX))) {
        return NULL;
    }
    return scim_scanner_fail(&p->scanner,
                             "Only a complex or multi-valued attribute can have a filter in "
                             "brackets; %s is none",
                             scim_path_print(path, p->pool));
}

static scim_error_t *parse_brackets(parser_t *p, const scim_path_t *path,
                                    const scim_filter_t **filter)
{
    const scim_reading_t *reading = p->reading;
    scim_reading_t unknown = *reading;
    const scim_filter_t *inner;
    scim_filter_t *node;

    SCIM_TRY(check_brackets(p, path));
    if (path->name) {
        unknown.type = NULL;
        p->reading = &unknown;
    }
    SCIM_TRY(enter(p));
    SCIM_TRY(next(p));
    p->inside = 1;
    p->parent = path->attribute;
    SCIM_TRY(parse_chain(p, SCIM_FILTER_OR, &inner));
    if (p->scanner.token.kind != ']') {
        return expected(p, "'and', 'or' or ']'");
    }
    SCIM_TRY(next(p));
    if (p->scanner.token.kind == SCIM_TOKEN_WORD && p->scanner.token.text[0] == '.') {
        SCIM_TRY(parse_joined(p, path, &inner));
    }
    p->reading = reading;
    p->inside = 0;
    p->parent = NULL;
    p->depth--;
    node = make_parent(p->pool, SCIM_FILTER_VALUE, inner);
    node->path = *path;
    *filter = node;
    return NULL;
}

static scim_error_t *parse_comparison(parser_t *p, const scim_filter_t **filter)
{
    scim_path_t path;

    if (p->scanner.token.kind != SCIM_TOKEN_WORD) {
        return expected(p, "an attribute, 'not' or '('");
    }
    SCIM_TRY(resolve(p, &path, 0, p->parent));
    SCIM_TRY(next(p));
    return p->scanner.token.kind == '[' ? parse_brackets(p, &path, filter)
                                        : parse_term(p, &path, filter);
}

/* "(" FILTER ")", the level being entered already. */
static scim_error_t *parse_group(parser_t *p, const scim_filter_t **filter)
{
    SCIM_TRY(next(p));
    SCIM_TRY(parse_chain(p, SCIM_FILTER_OR, filter));
    if (p->scanner.token.kind != ')') {
        return expected(p, "'and', 'or' or ')'");
    }
    return next(p);
}

static scim_error_t *parse_operand(parser_t *p, const scim_filter_t **filter)
{
    int negated = scim_scanner_is_word(&p->scanner, "not");

    if (!negated && p->scanner.token.kind != '(') {
        return parse_comparison(p, filter);
    }
    SCIM_TRY(enter(p));
    if (negated) {
        SCIM_TRY(next(p));
    }
    SCIM_TRY(p->scanner.token.kind == '(' ? parse_group(p, filter)
                                          : parse_comparison(p, filter));
    p->depth--;
    if (negated) {
        *filter = make_parent(p->pool, SCIM_FILTER_NOT, *filter);
    }
    return NULL;
}

/* Operands with the keyword of `kind` between them; those of an `or` are chains of `and`. */
static scim_error_t *parse_chain(parser_t *p, scim_filter_kind_t kind,
                                 const scim_filter_t **filter)
{
    const char *keyword = kind == SCIM_FILTER_OR ? "or" : "and";
    apr_array_header_t *children = NULL;
    const scim_filter_t *operand;

    for (;;) {
        SCIM_TRY(kind == SCIM_FILTER_OR ? parse_chain(p, SCIM_FILTER_AND, &operand)
                                        : parse_operand(p, &operand));
        if (children) {
            add_operand(children, kind, operand);
        }
        if (!scim_scanner_is_word(&p->scanner, keyword)) {
            break;
        }
        if (children == NULL) {
            children = apr_array_make(p->pool, 4, sizeof(operand));
            add_operand(children, kind, operand);
        }
        SCIM_TRY(next(p));
    }
    *filter = children ? make_node(p->pool, kind, children) : operand;
    return NULL;
}

scim_error_t *scim_filter_parse(scim_filter_t **filter, const char *text, apr_size_t length,
                                const scim_reading_t *reading, apr_pool_t *pool)
{
    parser_t p = {.scanner = {text, text, text + length, SCIM_INVALID_FILTER, pool, {0}},
                  .reading = reading,
                  .pool = pool};
    const scim_filter_t *found;

    if (length > SCIM_MAX_FILTER_LENGTH) {
        return scim_error_bad(pool, SCIM_INVALID_FILTER,
                              "The filter has %" APR_SIZE_T_FMT
                              " bytes; at most %d are allowed.",
                              length, SCIM_MAX_FILTER_LENGTH);
    }
    SCIM_TRY(next(&p));
    SCIM_TRY(parse_chain(&p, SCIM_FILTER_OR, &found));
    if (p.scanner.token.kind != SCIM_TOKEN_END) {
        return expected(&p, "'and', 'or' or the end");
    }
    *filter = (scim_filter_t *)found;
    return NULL;
}

scim_error_t *scim_filter_parse_value(scim_filter_t **filter, apr_size_t *used,
                                      const char *text, apr_size_t length,
                                      const scim_attribute_t *parent,
                                      const scim_reading_t *reading, const char *start,
                                      const char *type, apr_pool_t *pool)
{
    parser_t p = {.scanner = {start, text, text + length, type, pool, {0}},
                  .reading = reading,
                  .inside = 1,
                  .parent = parent,
                  .depth = 1,
                  .pool = pool};
    const scim_filter_t *found;

    SCIM_TRY(next(&p));
    SCIM_TRY(parse_chain(&p, SCIM_FILTER_OR, &found));
    if (p.scanner.token.kind != ']') {
        return expected(&p, "'and', 'or' or ']'");
    }
    *filter = (scim_filter_t *)found;
    *used = (apr_size_t)(p.scanner.token.text - text);
    return NULL;
}
