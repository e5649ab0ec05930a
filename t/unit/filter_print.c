/* Printing a filter, and parsing that again: hundreds of generated filters. */

#include "filters.h"

#define FILTERS 800

static apr_pool_t *pool;
static apr_uint32_t seed = 20150901;

/* A number below `limit`, the same ones in each run. */
static int any(int limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (apr_uint32_t)limit);
}

static const char *any_of(const char *const *list)
{
    int count = 0;

    while (list[count]) {
        count++;
    }
    return list[any(count)];
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *any_operator(const char *type)
{
    if (strcmp(type, "text") == 0) {
        return any_of(LIST("eq", "ne", "CO", "sw", "Ew", "gt", "ge", "lt", "le"));
    }
    if (strcmp(type, "number") == 0 || strcmp(type, "date") == 0) {
        return any_of(LIST("eq", "NE", "gt", "ge", "lt", "le"));
    }
    return any_of(LIST("eq", "ne", "Eq"));
}

static const char *any_literal(const char *type)
{
    if (strcmp(type, "text") == 0) {
        return any_of(LIST("\"\"", "\"a\"", "\"A b\"", "\"\\\"]) and\"", "\"\\\\\"",
                           "\"\\u00E4\"", "\"\xc3\xa4\"", "\"\\ud83d\\ude00\"",
                           "\"\\u0001\\t/\\/\""));
    }
    if (strcmp(type, "number") == 0) {
        return any_of(LIST("0", "-0", "1", "-1.5", "1e2", "0.1", "3E-7", "9223372036854775807",
                           "9223372036854775808", "1.7976931348623157e308"));
    }
    if (strcmp(type, "date") == 0) {
        return any_of(LIST("\"2011-05-13T04:42:34Z\"", "\"2011-05-13T04:42:34.5+02:00\""));
    }
    return any_of(LIST("true", "false"));
}

/* One comparison of a sub-attribute of `parts`, or in `rows`, or of a device. */
static const char *any_comparison(const char *where)
{
    static const char *const rows[][3] = {
        {"device", "label", "text"},
        {"device", "SERIAL", "text"},
        {"device", "on", "truth"},
        {"device", "weight", "number"},
        {"device", "ports", "number"},
        {"device", "bought", "date"},
        {"device", "tags", "text"},
        {"device", "manual", "text"},
        {"device", "place.room", "text"},
        {"device", "parts.count", "number"},
        {"device", "Sizes", "number"},
        {"device", "meta.created", "date"},
        {"device", SITE_URN ":label", "text"},
        {"device", SITE_URN ":rows", "text"},
        {"device", DEVICE_URN ":Label", "text"},
        {"device", "key", "truth text"},
        {"parts", "name", "text"},
        {"parts", "COUNT", "number"},
        {"rows", "value", "text"},
        {"rows", "primary", "truth"},
        {"tags", "value", "text"},
    };
    const char *const *row;

    do {
        row = rows[any(sizeof(rows) / sizeof(rows[0]))];
    } while (strcmp(row[0], where) != 0);
    switch (any(6)) {
    case 0:
        return apr_pstrcat(pool, row[1], " pr", NULL);
    case 1:
        return apr_pstrcat(pool, row[1], any(2) ? " eq  null" : " ne null", NULL);
    default:
        return apr_pstrcat(pool, row[1], " ", any_operator(row[2]), any(2) ? " " : "\t ",
                           any_literal(strcmp(row[2], "truth text") ? row[2] : "text"), NULL);
    }
}

static const char *any_filter(int depth, const char *where);

static const char *any_brackets(int depth)
{
    const char *where = any_of(LIST("parts", "rows", "tags"));
    const char *inner = any_filter(depth - 1, where);
    const char *name = strcmp(where, "rows") == 0 ? SITE_URN ":rows" : where;

    if (any(3) == 0) {
        return apr_pstrcat(pool, name, "[", inner, "].", any_comparison(where), NULL);
    }
    return apr_pstrcat(pool, name, "[ ", inner, "]", NULL);
}

static const char *any_operand(int depth, const char *where)
{
    switch (depth > 0 ? any(8) : 7) {
    case 0:
        return apr_pstrcat(pool, "(", any_filter(depth - 1, where), ")", NULL);
    case 1:
        return apr_pstrcat(pool, "not (", any_filter(depth - 1, where), " )", NULL);
    case 2:
        return apr_pstrcat(pool, "NOT ", any_comparison(where), NULL);
    case 3:
        return strcmp(where, "device") == 0 ? any_brackets(depth) : any_comparison(where);
    default:
        return any_comparison(where);
    }
}

static const char *any_filter(int depth, const char *where)
{
    const char *text = any_operand(depth, where);
    int more = any(4);

    while (more-- > 0) {
        text = apr_pstrcat(pool, text, any_of(LIST(" and ", " or ", " AND ", " Or ")),
                           any_operand(depth, where), NULL);
    }
    return text;
}

/* Chains are flat, and as the parser says they are. */
static int well_formed(const scim_filter_t *filter)
{
    int chain = filter->kind == SCIM_FILTER_AND || filter->kind == SCIM_FILTER_OR, i;

    if (chain ? filter->count < 2 : filter->count != (filter->kind != SCIM_FILTER_COMPARE)) {
        return 0;
    }
    for (i = 0; i < filter->count; i++) {
        if ((chain && filter->children[i]->kind == filter->kind)
            || !well_formed(filter->children[i])) {
            return 0;
        }
    }
    return 1;
}

static void round_trip(const char *text)
{
    scim_filter_t *filter, *again;
    const char *printed;
    scim_error_t *error = parse(&filter, text, "Device");

    if (error) {
        is_fine(error, shown(text));
        return;
    }
    printed = scim_filter_print(filter, pool);
    error = parse(&again, printed, "Device");
    if (error || !same(filter, again) || !well_formed(filter)
        || strcmp(scim_filter_print(again, pool), printed) != 0
        || scim_filter_terms(again) != scim_filter_terms(filter)) {
        ok(0, "%s", shown(text));
        printf("# printed %s\n", shown(printed));
    } else {
        ok(1, "%s", shown(printed));
    }
}

/* The parentheses of the grammar, and not one more. */
static void parentheses(void)
{
    reads_as("((on pr) and ((label pr) and (tags pr)))", "Device",
             "on pr and label pr and tags pr");
    reads_as("((on pr) or ((label pr) and (tags pr)))", "Device",
             "on pr or label pr and tags pr");
    reads_as("((on pr) and ((label pr) or (tags pr)))", "Device",
             "on pr and (label pr or tags pr)");
    reads_as("(not on pr) and not (label pr)", "Device", "not (on pr) and not (label pr)");
    reads_as("not ((on pr) or (label pr))", "Device", "not (on pr or label pr)");
    reads_as("parts[((name pr) or (count pr)) and (name pr)]", "Device",
             "parts[(name pr or count pr) and name pr]");
    reads_as("(parts[(name pr)])", "Device", "parts[name pr]");
}

/* What the service makes of `userName eq` is shown as that. */
static void local_name(void)
{
    scim_filter_t filter = {0};

    filter.kind = SCIM_FILTER_LOCAL_NAME;
    filter.value.type = JSON_STRING;
    filter.value.text = filter.value.folded = "ada\"";
    is(scim_filter_print(&filter, pool), "userName eq \"ada\\\"\"", "a local name");
    is_int(scim_filter_terms(&filter), 1, "is one comparison");
    filter.kind = SCIM_FILTER_HAS_MEMBER;
    is(scim_filter_print(&filter, pool), "members.value eq \"ada\\\"\"", "a member");
    is_int(scim_filter_terms(&filter), 1, "is one, too");
    filter.kind = SCIM_FILTER_MEMBER_OF;
    is(scim_filter_print(&filter, pool), "groups.value eq \"ada\\\"\"", "a group");
}

int main(void)
{
    int i;

    pool = tap_start();
    schemas = test_schemas(pool);
    parentheses();
    local_name();
    for (i = 0; i < FILTERS; i++) {
        round_trip(any_filter(i % 4, "device"));
    }
    return tap_done();
}
