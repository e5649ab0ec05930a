#include "core/filter.h"

#include <apr_strings.h>

#include "core/buffer.h"

/* Indexed by scim_operator_t. */
static const char *const operators[] = {"eq", "ne", "co", "sw", "ew",
                                        "gt", "ge", "lt", "le", "pr"};

const char *scim_operator_name(scim_operator_t op)
{
    return operators[op];
}

int scim_filter_terms(const scim_filter_t *filter)
{
    int terms = filter->count == 0, i;

    for (i = 0; i < filter->count; i++) {
        terms += scim_filter_terms(filter->children[i]);
    }
    return terms;
}

static void print(scim_buffer_t *out, const scim_filter_t *filter, int inside);

static void print_path(scim_buffer_t *out, const scim_path_t *path, int inside)
{
    if (inside && path->name == NULL) {
        scim_buffer_puts(out, path->sub ? path->sub->name : "value");
    } else {
        scim_buffer_puts(out, scim_path_print(path, out->pool));
    }
}

static void print_comparison(scim_buffer_t *out, const scim_filter_t *filter, int inside)
{
    print_path(out, &filter->path, inside);
    scim_buffer_puts(out, " ");
    scim_buffer_puts(out, operators[filter->op]);
    if (filter->op != SCIM_PR) {
        scim_buffer_puts(out, " ");
        scim_buffer_puts(out, scim_literal_print(&filter->value, out->pool));
    }
}

/* Only an `or` within an `and` needs parentheses; chains of one kind are never nested. */
static void print_chain(scim_buffer_t *out, const scim_filter_t *filter, int inside)
{
    int i;

    for (i = 0; i < filter->count; i++) {
        const scim_filter_t *child = filter->children[i];
        int grouped = filter->kind == SCIM_FILTER_AND && child->kind == SCIM_FILTER_OR;

        if (i > 0) {
            scim_buffer_puts(out, filter->kind == SCIM_FILTER_AND ? " and " : " or ");
        }
        scim_buffer_puts(out, grouped ? "(" : "");
        print(out, child, inside);
        scim_buffer_puts(out, grouped ? ")" : "");
    }
}

/* A filter that was made from this comparison. */
static void print_made(scim_buffer_t *out, const char *comparison, const scim_filter_t *filter)
{
    scim_buffer_puts(out, comparison);
    scim_buffer_puts(out, scim_literal_print(&filter->value, out->pool));
}

static void print(scim_buffer_t *out, const scim_filter_t *filter, int inside)
{
    switch (filter->kind) {
    case SCIM_FILTER_COMPARE:
        print_comparison(out, filter, inside);
        return;
    case SCIM_FILTER_AND:
    case SCIM_FILTER_OR:
        print_chain(out, filter, inside);
        return;
    case SCIM_FILTER_NOT:
        scim_buffer_puts(out, "not (");
        print(out, filter->children[0], inside);
        scim_buffer_puts(out, ")");
        return;
    case SCIM_FILTER_VALUE:
        print_path(out, &filter->path, inside);
        scim_buffer_puts(out, "[");
        print(out, filter->children[0], 1);
        scim_buffer_puts(out, "]");
        return;
    case SCIM_FILTER_LOCAL_NAME:
        print_made(out, "userName eq ", filter);
        return;
    case SCIM_FILTER_HAS_MEMBER:
        print_made(out, "members.value eq ", filter);
        return;
    case SCIM_FILTER_MEMBER_OF:
        print_made(out, "groups.value eq ", filter);
        return;
    }
}

const char *scim_filter_print(const scim_filter_t *filter, apr_pool_t *pool)
{
    scim_buffer_t *out = scim_buffer_create(pool);

    print(out, filter, 0);
    return scim_buffer_text(out, pool);
}

const char *scim_filter_print_value(const scim_filter_t *filter, apr_pool_t *pool)
{
    scim_buffer_t *out = scim_buffer_create(pool);

    print(out, filter, 1);
    return scim_buffer_text(out, pool);
}
