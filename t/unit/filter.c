#include "core/filter.h"

#include "core/limits.h"
#include "core/text.h"
#include "filters.h"

static apr_pool_t *pool;

/* RFC 7644 3.4.2.2 figure 2 and the examples of the text; NULL: it stays as it is. */
static const struct {
    const char *text;
    const char *canonical;
} examples[] = {
    {"userName Eq \"john\"", "userName eq \"john\""},
    {"Username eq \"john\"", "userName eq \"john\""},
    {"userName eq \"bjensen\"", NULL},
    {"name.familyName co \"O'Malley\"", NULL},
    {"userName sw \"J\"", NULL},
    {"urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"", "userName sw \"J\""},
    {"title pr", NULL},
    {"meta.lastModified gt \"2011-05-13T04:42:34Z\"", NULL},
    {"meta.lastModified ge \"2011-05-13T04:42:34Z\"", NULL},
    {"meta.lastModified lt \"2011-05-13T04:42:34Z\"", NULL},
    {"meta.lastModified le \"2011-05-13T04:42:34Z\"", NULL},
    {"title pr and userType eq \"Employee\"", NULL},
    {"title pr or userType eq \"Intern\"", NULL},
    {"schemas eq \"" SCIM_URN_ENTERPRISE_USER "\"", NULL},
    {"userType eq \"Employee\" and (emails co \"example.com\" or\n"
     "  emails.value co \"example.org\")",
     "userType eq \"Employee\" and (emails.value co \"example.com\" or "
     "emails.value co \"example.org\")"},
    {"userType ne \"Employee\" and not (emails co \"example.com\" or\n"
     "  emails.value co \"example.org\")",
     "userType ne \"Employee\" and not (emails.value co \"example.com\" or "
     "emails.value co \"example.org\")"},
    {"userType eq \"Employee\" and (emails.type eq \"work\")",
     "userType eq \"Employee\" and emails.type eq \"work\""},
    {"userType eq \"Employee\" and emails[type eq \"work\" and\n  value co \"@example.com\"]",
     "userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]"},
    {"emails[type eq \"work\" and value co \"@example.com\"] or\n"
     "  ims[type eq \"xmpp\" and value co \"@foo.com\"]",
     "emails[type eq \"work\" and value co \"@example.com\"] or "
     "ims[type eq \"xmpp\" and value co \"@foo.com\"]"},
    {"displayName sw \"smith\"", NULL},
};

#define EXAMPLES (sizeof(examples) / sizeof(examples[0]))

static void rfc_examples(void)
{
    apr_size_t i;

    for (i = 0; i < EXAMPLES; i++) {
        is(parsed(examples[i].text, "User", 0),
           examples[i].canonical ? examples[i].canonical : examples[i].text,
           apr_psprintf(pool, "RFC 7644 3.4.2.2, example %d", (int)i + 1));
    }
    /* RFC 7644 3.4.2.1 has this one, which its own grammar refuses. */
    refuses(
        "(meta.resourceType eq User) or (meta.resourceType eq Group)", "User",
        "Expected a value, found 'User'; a value is a string in double quotes, a number, true, "
        "false or null (character 23).");
}

static void parsed_form(void)
{
    scim_filter_t *filter;

    if (is_fine(parse(&filter, "name.familyName CO \"O'Malley\"", "User"), "a comparison")) {
        is_int(filter->kind, SCIM_FILTER_COMPARE, "its kind");
        is_int(filter->op, SCIM_CO, "its operator");
        is(filter->path.attribute->name, "name", "its attribute");
        is(filter->path.sub->name, "familyName", "its sub-attribute");
        is_int(filter->value.type, JSON_STRING, "the type of its value");
        is(filter->value.text, "O'Malley", "its value");
        is(filter->value.folded, "o'malley", "its value folded");
        is_int(filter->count, 0, "no children");
    }
    if (is_fine(parse(&filter, "id eq \"A\xc3\x84\"", "User"), "a case-exact comparison")) {
        ok(filter->value.folded == filter->value.text, "is not folded");
    }
    if (is_fine(parse(&filter, "meta.created gt \"1970-01-01T00:00:01Z\"", "User"), "a date")) {
        is_int(filter->value.when, 1000000, "is read");
    }
    if (is_fine(parse(&filter, "title pr and userName pr and (id pr and active pr)", "User"),
                "a chain")) {
        is_int(filter->kind, SCIM_FILTER_AND, "is one node");
        is_int(filter->count, 4, "of all operands");
        is(filter->children[3]->path.attribute->name, "active", "in order");
        is_int(scim_filter_terms(filter), 4, "with so many comparisons");
    }
    if (is_fine(parse(&filter, "emails[type eq \"work\"].value eq \"x\"", "User"),
                "a value path with a comparison behind it")) {
        is_int(filter->kind, SCIM_FILTER_VALUE, "is a value filter");
        is(filter->path.attribute->name, "emails", "on its attribute");
        is_int(filter->count, 1, "with one child");
        is_int(filter->children[0]->kind, SCIM_FILTER_AND, "an and");
        is(filter->children[0]->children[1]->path.sub->name, "value", "with both terms");
        is(filter->children[0]->children[1]->path.attribute->name, "emails",
           "of the attribute");
        is_int(scim_filter_terms(filter), 2, "two of them");
    }
    is(scim_operator_name(SCIM_EQ), "eq", "the name of the first operator");
    is(scim_operator_name(SCIM_PR), "pr", "and of the last");
}

/* RFC 7644 3.4.2.2: grouping, then not, then and, then or. */
static void precedence(void)
{
    reads_as("title pr or userName pr and id pr", "User", "title pr or userName pr and id pr");
    reads_as("title pr or (userName pr and id pr)", "User",
             "title pr or userName pr and id pr");
    reads_as("(title pr or userName pr) and id pr", "User",
             "(title pr or userName pr) and id pr");
    reads_as("title pr and userName pr or id pr and active pr or locale pr", "User",
             "title pr and userName pr or id pr and active pr or locale pr");
    reads_as("not (title pr) and userName pr", "User", "not (title pr) and userName pr");
    reads_as("not (title pr and userName pr)", "User", "not (title pr and userName pr)");
    reads_as("not title pr and userName pr", "User", "not (title pr) and userName pr");
    reads_as("NOT emails[type eq \"work\"] AND title PR OR id pr", "User",
             "not (emails[type eq \"work\"]) and title pr or id pr");
    reads_as("not (not (title pr))", "User", "not (not (title pr))");
    reads_as("((((title pr))))", "User", "title pr");
    reads_as("title pr or (userName pr or (id pr or active pr))", "User",
             "title pr or userName pr or id pr or active pr");
    reads_as("emails[not (type eq \"work\") and (value pr or primary eq true)]", "User",
             "emails[not (type eq \"work\") and (value pr or primary eq true)]");
}

static void what_clients_send(void)
{
    reads_as("  userName\t eq \r\n  \"a\"  ", "User", "userName eq \"a\"");
    reads_as("userName eq\"a\"", "User", "userName eq \"a\"");
    reads_as("(title pr)and(userName pr)", "User", "title pr and userName pr");
    refuses("emails [ type eq \"work\" ] . value eq \"x\"", "User",
            "An attribute name is missing (character 27).");
    reads_as("emails [ type eq \"work\" ] .value eq \"x\"", "User",
             "emails[type eq \"work\" and value eq \"x\"]");
    reads_as("emails[type eq \"work\" and primary eq true].value eq \"x\"", "User",
             "emails[type eq \"work\" and primary eq true and value eq \"x\"]");
    reads_as("emails[type eq \"work\" or primary eq true].value pr", "User",
             "emails[(type eq \"work\" or primary eq true) and value pr]");
    reads_as("emails[type eq \"work\"].value eq \"x\" and title pr", "User",
             "emails[type eq \"work\" and value eq \"x\"] and title pr");
    reads_as("not emails[type eq \"work\"].value eq \"x\" or title pr", "User",
             "not (emails[type eq \"work\" and value eq \"x\"]) or title pr");
    reads_as("name[givenName eq \"a\" and familyName eq \"b\"]", "User",
             "name[givenName eq \"a\" and familyName eq \"b\"]");
    reads_as("tags[value eq \"red\" or VALUE sw \"b\"]", "Device",
             "tags[value eq \"red\" or value sw \"b\"]");
    reads_as("tags[value sw \"r\"].value ew \"d\"", "Device",
             "tags[value sw \"r\" and value ew \"d\"]");
    reads_as("tags eq \"red\"", "Device", "tags eq \"red\"");
    reads_as(SITE_URN ":rows[primary eq true].value eq \"a\"", "Device",
             SITE_URN ":rows[primary eq true and value eq \"a\"]");
    reads_as(SITE_URN ":rows co \"a\"", "Device", SITE_URN ":rows.value co \"a\"");
    reads_as(SCIM_URN_ENTERPRISE_USER ":manager eq \"26118915\"", "User",
             SCIM_URN_ENTERPRISE_USER ":manager.value eq \"26118915\"");
    reads_as(SCIM_URN_ENTERPRISE_USER " pr", "User", SCIM_URN_ENTERPRISE_USER " pr");
    reads_as("members eq \"2819c223\"", "Group", "members.value eq \"2819c223\"");
    reads_as("emails pr", "User", "emails pr");
    reads_as("name pr", "User", "name pr");
    reads_as("members.$ref sw \"https://\"", "Group", "members.$ref sw \"https://\"");
    reads_as("userName eq \"a b+c&d\"", "User", "userName eq \"a b+c&d\"");
}

/* RFC 7644 3.4.2.2 table 3, and what a type can be compared with. */
static void types(void)
{
    static const struct {
        const char *attribute;
        const char *literal;
        const char *operators;
        const char *bad[5];
    } rows[] = {
        {"label", "\"a\"", "eq ne co sw ew gt ge lt le pr", {"1", "true", "1.5"}},
        {"serial", "\"a\"", "eq ne co sw ew gt ge lt le pr", {"1", "false"}},
        {"manual", "\"a\"", "eq ne co sw ew gt ge lt le pr", {"1", "true"}},
        {"tags", "\"a\"", "eq ne co sw ew gt ge lt le pr", {"1", "true"}},
        {"parts.name", "\"a\"", "eq ne co sw ew gt ge lt le pr", {"1", "true"}},
        {"on", "true", "eq ne pr", {"\"true\"", "1", "\"\""}},
        {"key", "\"YQ==\"", "eq ne pr", {"1", "true"}},
        {"weight", "1.5", "eq ne gt ge lt le pr", {"\"1\"", "true"}},
        {"ports", "1", "eq ne gt ge lt le pr", {"\"1\"", "false"}},
        {"sizes", "1", "eq ne gt ge lt le pr", {"\"1\"", "false"}},
        {"bought",
         "\"2011-05-13T04:42:34Z\"",
         "eq ne gt ge lt le pr",
         {"\"yesterday\"", "\"2011-05-13\"", "1", "true"}},
    };
    apr_size_t i, j;
    int op;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (op = SCIM_EQ; op <= SCIM_PR; op++) {
            const char *name = scim_operator_name(op);
            const char *text = apr_pstrcat(pool, rows[i].attribute, " ", name, " ",
                                           op == SCIM_PR ? NULL : rows[i].literal, NULL);

            if (strstr(rows[i].operators, name)) {
                scim_filter_t *filter;

                is_fine(parse(&filter, text, "Device"), text);
            } else {
                refuses(text, "Device",
                        apr_psprintf(pool,
                                     "The operator '%s' cannot be used with %s, which is of",
                                     name, rows[i].attribute));
            }
        }
        for (j = 0; rows[i].bad[j]; j++) {
            refuses(apr_psprintf(pool, "%s eq %s", rows[i].attribute, rows[i].bad[j]), "Device",
                    apr_psprintf(pool, "and cannot be compared with '%s'; expected",
                                 rows[i].bad[j]));
        }
    }
    refuses(
        "active gt true", "User",
        "The operator 'gt' cannot be used with active, which is of type boolean; use eq, ne or "
        "pr (character 8).");
    refuses("x509Certificates gt \"a\"", "User",
            "cannot be used with x509Certificates.value, which is of type binary");
    refuses("meta.created gt \"yesterday\"", "User",
            "meta.created is of type dateTime and cannot be compared with '\"yesterday\"'; "
            "expected a dateTime such as \"2011-05-13T04:42:34Z\" (character 17).");
}

/* RFC 7644 3.4.2.2: "a fully qualified sub-attribute MUST be specified". */
static void complex_attributes(void)
{
    static const char whole[] = "cannot be compared as a whole; name an attribute within it";

    refuses("name eq \"x\"", "User", whole);
    refuses("name sw \"x\"", "User", whole);
    refuses("place eq 1", "Device", "place cannot be compared as a whole");
    refuses("parts co \"x\"", "Device", whole);
    refuses(SCIM_URN_ENTERPRISE_USER " eq \"x\"", "User", whole);
    refuses(SCIM_URN_ENTERPRISE_USER " co \"x\"", "User", whole);
    refuses(SCIM_URN_ENTERPRISE_USER "[manager pr]", "User",
            SCIM_URN_ENTERPRISE_USER " is none");
    refuses(
        "title[value eq \"x\"]", "User",
        "Only a complex or multi-valued attribute can have a filter in brackets; title is none "
        "(character 6).");
    refuses("emails.type[value eq \"x\"]", "User", "emails.type is none");
}

static void errors(void)
{
    refuses("", "User", "Expected an attribute, 'not' or '(', found the end (character 1).");
    refuses("   ", "User", "found the end (character 4).");
    refuses("userName", "User", "Expected an operator, found the end (character 9).");
    refuses("userName eq", "User", "Expected a value, found the end");
    refuses(
        "userName regex \"j.*\"", "User",
        "The operator 'regex' is not supported; use eq, ne, co, sw, ew, gt, ge, lt, le or pr "
        "(character 10).");
    refuses("userName and title pr", "User", "The operator 'and' is not supported");
    refuses("userName (eq) \"x\"", "User", "Expected an operator, found '('");
    refuses("userName \"x\"", "User", "Expected an operator, found '\"x\"'");
    refuses("userName = \"x\"", "User", "The operator '=' is not supported");
    refuses("userName eq 'x'", "User", "found ''x''; a value is a string in double quotes");
    refuses("userName eq x", "User",
            "Expected a value, found 'x'; a value is a string in double");
    refuses("userName eq (\"x\")", "User", "Expected a value, found '('");
    refuses("\"x\" eq userName", "User", "Expected an attribute, 'not' or '(', found '\"x\"'");
    refuses("eq \"x\"", "User", "User has no attribute 'eq' (character 1).");
    refuses("foo eq \"x\"", "User", "User has no attribute 'foo' (character 1).");
    refuses("title pr and name.foo pr", "User",
            "name has no sub-attribute 'foo' (character 14).");
    refuses("department eq \"x\"", "User", "write " SCIM_URN_ENTERPRISE_USER ":department");
    refuses("urn:foo:bar eq \"x\"", "User", "User has no schema 'urn:foo'");
    refuses("userName pr title pr", "User",
            "Expected 'and', 'or' or the end, found 'title' (character 13).");
    refuses("userName eq \"x\" \"y\"", "User",
            "Expected 'and', 'or' or the end, found '\"y\"'");
    refuses("userName pr)", "User",
            "Expected 'and', 'or' or the end, found ')' (character 12).");
    refuses("(userName pr", "User",
            "Expected 'and', 'or' or ')', found the end (character 13).");
    refuses("(userName pr]", "User", "Expected 'and', 'or' or ')', found ']'");
    refuses("()", "User", "Expected an attribute, 'not' or '(', found ')' (character 2).");
    refuses("userName pr and", "User", "Expected an attribute, 'not' or '(', found the end");
    refuses("userName pr or and title pr", "User", "User has no attribute 'and'");
    refuses("and userName pr", "User", "User has no attribute 'and'");
    refuses("not", "User", "Expected an attribute, 'not' or '(', found the end (character 4).");
    refuses("not not (title pr)", "User", "User has no attribute 'not' (character 5).");
    refuses("emails[type eq \"work\"", "User", "Expected 'and', 'or' or ']', found the end");
    refuses("emails[type eq \"work\")", "User", "Expected 'and', 'or' or ']', found ')'");
    refuses("emails[foo eq \"work\"]", "User",
            "emails has no sub-attribute 'foo' (character 8).");
    refuses("emails[emails.type eq \"work\"]", "User", "'emails.type' is no attribute name");
    refuses("emails[type[value pr]]", "User",
            "Brackets cannot stand within brackets (character 12).");
    refuses("emails[type eq \"work\"].foo pr", "User",
            "emails has no sub-attribute 'foo' (character 23).");
    refuses("emails[type eq \"work\"].value", "User", "Expected an operator, found the end");
    refuses("emails[type eq \"work\"].value[primary eq true]", "User",
            "Expected an operator, found '['");
    refuses("userName eq \"x\" \xff\xfe", "User", "found '?\?' (character 17).");
    refuses("title pr \001", "User", "found '?' (character 10).");
}

/* An answer to `password sw "a"` would be a guess confirmed. */
static void secrets(void)
{
    refuses("password eq \"x\"", "User", "password cannot be used in a filter (character 1).");
    refuses("password pr", "User", "password cannot be used in a filter");
    refuses("title pr or " SCIM_URN_USER ":PASSWORD sw \"a\"", "User",
            "password cannot be used in a filter (character 13).");
    refuses("parts.code eq \"x\"", "Device", "parts.code cannot be used in a filter");
    refuses("parts[code eq \"x\"]", "Device", "parts.code cannot be used in a filter");
    refuses("parts[count eq 1].code pr", "Device", "parts.code cannot be used in a filter");
    refuses("pin pr", "Device", "pin cannot be used in a filter");
}

/* `unit` so many times, with `between` in between. */
static char *repeat(const char *unit, int times, const char *between)
{
    apr_array_header_t *parts = apr_array_make(pool, times, sizeof(char *));
    int i;

    for (i = 0; i < times; i++) {
        if (i > 0) {
            APR_ARRAY_PUSH(parts, const char *) = between;
        }
        APR_ARRAY_PUSH(parts, const char *) = unit;
    }
    return apr_array_pstrcat(pool, parts, 0);
}

static void limits(void)
{
    char *text = repeat("x", SCIM_MAX_FILTER_LENGTH + 1, "");
    scim_filter_t *filter;
    int deep = SCIM_MAX_FILTER_DEPTH;

    memcpy(text, "title eq \"", 10);
    text[SCIM_MAX_FILTER_LENGTH] = '"';
    is_error(parse(&filter, text, "User"), 400, "invalidFilter",
             "The filter has 8193 bytes; at most 8192 are allowed.", "one byte too long");
    text[SCIM_MAX_FILTER_LENGTH - 1] = '"';
    is_fine(parse_bytes(&filter, text, SCIM_MAX_FILTER_LENGTH, "User", 0), "the longest");

    text = repeat("title pr", SCIM_MAX_FILTER_TERMS, " or ");
    if (is_fine(parse(&filter, text, "User"), "the most comparisons")) {
        is_int(scim_filter_terms(filter), SCIM_MAX_FILTER_TERMS, "are that many");
    }
    refuses(apr_pstrcat(pool, text, " and id pr", NULL), "User",
            "The filter has more than 256 comparisons");

    text = apr_pstrcat(pool, repeat("(", deep, ""), "title pr", repeat(")", deep, ""), NULL);
    is_fine(parse(&filter, text, "User"), "the deepest parentheses");
    refuses(apr_pstrcat(pool, "(", text, ")", NULL), "User",
            "The filter is nested more than 32 levels deep (character 33).");
    text =
        apr_pstrcat(pool, repeat("not (", deep, ""), "title pr", repeat(")", deep, ""), NULL);
    is(parsed(text, "User", 0), text, "the deepest negations");
    refuses(apr_pstrcat(pool, repeat("(", deep, ""), "emails[type pr]", NULL), "User",
            "more than 32 levels");
    refuses(apr_pstrcat(pool, repeat("(", deep, ""), "not title pr", NULL), "User",
            "more than 32 levels");
    refuses(repeat("(", SCIM_MAX_FILTER_LENGTH, ""), "User", "more than 32 levels");
    refuses(apr_pstrcat(pool, repeat("(", deep - 1, ""), "emails[type pr or value pr].value pr",
                        NULL),
            "User", "more than 32 levels");
    is_fine(parse(&filter,
                  apr_pstrcat(pool, repeat("(", deep - 1, ""), "emails[type pr].value pr",
                              repeat(")", deep - 1, ""), NULL),
                  "User"),
            "the deepest brackets");
}

/* What stands side by side is not deep. */
static void wide(void)
{
    static const char *const units[] = {"(title pr or id pr)", "not (title pr)", "not title pr",
                                        "emails[type pr]",
                                        "emails[type pr or value pr].value pr"};
    apr_size_t i;

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        scim_filter_t *filter;

        is_fine(parse(&filter, repeat(units[i], SCIM_MAX_FILTER_DEPTH + 9, " and "), "User"),
                units[i]);
    }
}

/* RFC 7644 3.4.2.1: names need not be known there. */
static void all_types(void)
{
    reads_as("Foo.bar eq 1 and not (urn:x:1.0:baz co \"a\")", NULL,
             "Foo.bar eq 1 and not (urn:x:1.0:baz co \"a\")");
    reads_as("foo[bar eq 1 or baz pr].qux gt true", NULL,
             "foo[(bar eq 1 or baz pr) and qux gt true]");
    refuses("fo!o eq 1", NULL, "'fo!o' is no attribute name");
    refuses("foo eq 1x", NULL, "Expected a value, found '1x'");
    refuses("foo gt null", NULL, "cannot be used with null");
    refuses("foo[bar[baz pr]]", NULL, "Brackets cannot stand within brackets");
}

static void inside_of_brackets(void)
{
    scim_reading_t reading = test_reading(schemas, "User", 0);
    const scim_attribute_t *emails = scim_resource_type_attribute(reading.type, "emails", 6);
    const char *text = exact("emails[type eq \"wo]rk\" ].value");
    scim_filter_t *filter;
    apr_size_t used = 0;

    if (is_fine(scim_filter_parse_value(&filter, &used, text + 7,
                                        strlen("type eq \"wo]rk\" ].value"), emails, &reading,
                                        text, "invalidPath", pool),
                "the inside of brackets")) {
        is_int((long long)used, 16, "ends before the bracket");
        is(scim_filter_print_value(filter, pool), "type eq \"wo]rk\"", "and is a filter");
    }
    is_error(scim_filter_parse_value(&filter, &used, text + 7, 8, emails, &reading, text,
                                     "invalidPath", pool),
             400, "invalidPath", "Expected a value, found the end;", "an end without bracket");
}

/* Every start of every text is an error or a filter, and reads nothing behind its end. */
static void prefixes(void)
{
    static const char *const more[] = {
        "NOT emails[type eq \"w\\u00e4\\ud83d\\ude00\\n\"].value "
        "co\"\xc3\xa4\xf0\x9f\x98\x80\" OR id eq null",
        "active eq \"True\" and " SCIM_URN_ENTERPRISE_USER ":employeeNumber eq -12.5E+3",
    };
    apr_size_t i, n;
    int bad = 0;

    for (i = 0; i < EXAMPLES + sizeof(more) / sizeof(more[0]); i++) {
        const char *text = i < EXAMPLES ? examples[i].text : more[i - EXAMPLES];

        for (n = 0; n <= strlen(text); n++) {
            scim_filter_t *filter = NULL;
            scim_error_t *error = parse_bytes(&filter, text, n, "User", TEST_LENIENT);

            bad += (error == NULL) != (filter != NULL);
            bad += error
                   && (error->status != 400 || strcmp(error->type, "invalidFilter") != 0
                       || !scim_text_valid(error->detail, strlen(error->detail)));
        }
    }
    is_int(bad, 0, "all prefixes");
}

int main(void)
{
    pool = tap_start();
    schemas = test_schemas(pool);
    rfc_examples();
    parsed_form();
    precedence();
    what_clients_send();
    types();
    complex_attributes();
    errors();
    secrets();
    limits();
    wide();
    all_types();
    inside_of_brackets();
    prefixes();
    return tap_done();
}
