#include "core/path.h"

#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"
#include "schemas.h"
#include "tap.h"

static apr_pool_t *pool;
static scim_schemas_t *schemas;

static scim_error_t *parse(scim_path_t **path, const char *text, const char *type,
                           scim_leniency_t leniency)
{
    scim_reading_t reading = test_reading(schemas, type, leniency);

    return scim_path_parse(path, exact(text), strlen(text), &reading, pool);
}

/* The path printed, or the detail of the error. */
static const char *parsed(const char *text, const char *type, scim_leniency_t leniency)
{
    scim_path_t *path;
    scim_error_t *error = parse(&path, text, type, leniency);

    return error ? error->detail : scim_path_print(path, pool);
}

static void reads_as(const char *text, const char *type, const char *canonical)
{
    if (is(parsed(text, type, 0), canonical, text)) {
        is(parsed(canonical, type, 0), canonical, "... and that again");
    }
}

static void refuses(const char *text, const char *type, const char *part)
{
    scim_path_t *path = NULL;

    is_error(parse(&path, text, type, 0), 400, "invalidPath", part, text);
    if (path) {
        ok(0, "the result is set only on success");
    }
}

static const char *const rfc7644_figure_8[] = {
    "members",
    "name.familyName",
    "addresses[type eq \"work\"]",
    "members[value eq \"2819c223-7f76-453a-919d-413861904646\"]",
    "members[value eq \"2819c223-7f76-453a-919d-413861904646\"].displayName",
};

static void examples(void)
{
    scim_path_t *path;

    reads_as(rfc7644_figure_8[0], "Group", rfc7644_figure_8[0]);
    reads_as(rfc7644_figure_8[1], "User", rfc7644_figure_8[1]);
    reads_as(rfc7644_figure_8[2], "User", rfc7644_figure_8[2]);
    reads_as(rfc7644_figure_8[3], "Group", rfc7644_figure_8[3]);
    refuses(rfc7644_figure_8[4], "Group",
            "members has no sub-attribute 'displayName' (character 57).");
    reads_as("addresses[type eq \"work\"].streetAddress", "User",
             "addresses[type eq \"work\"].streetAddress");
    reads_as("emails[type eq \"work\" and value ew \"example.com\"]", "User",
             "emails[type eq \"work\" and value ew \"example.com\"]");
    reads_as("members[value eq\"2819c223...919d-413861904646\"]", "Group",
             "members[value eq \"2819c223...919d-413861904646\"]");
    reads_as("members [ value\teq   \"2819c223\" ] ", "Group",
             "members[value eq \"2819c223\"]");

    if (is_fine(parse(&path, "addresses[type eq \"work\"].region", "User", 0), "its parts")) {
        is(path->attribute->name, "addresses", "the attribute");
        is(path->sub->name, "region", "the sub-attribute");
        ok(path->extension == NULL && path->name == NULL, "no extension, nothing unknown");
        is(scim_filter_print_value(path->filter, pool), "type eq \"work\"", "the filter");
        is(scim_path_leaf(path)->name, "region", "the leaf");
    }
    if (is_fine(parse(&path, "emails", "User", 0), "a plain attribute")) {
        ok(path->sub == NULL && path->filter == NULL, "has neither sub-attribute nor filter");
        is(scim_path_leaf(path)->name, "emails", "and is its own leaf");
    }
}

/* RFC 7644 3.10. */
static void notation(void)
{
    scim_path_t *path;

    reads_as("urn:ietf:params:scim:schemas:core:2.0:User:userName", "User", "userName");
    reads_as("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", "User",
             "name.givenName");
    reads_as("URN:IETF:params:scim:schemas:CORE:2.0:user:NAME.GIVENNAME", "User",
             "name.givenName");
    reads_as("username", "User", "userName");
    reads_as("urn:ietf:params:scim:schemas:core:2.0:User:emails[TYPE eq \"work\"].VALUE",
             "User", "emails[type eq \"work\"].value");
    reads_as("urn:ietf:params:scim:schemas:core:2.0:Group:members", "Group", "members");
    reads_as("urn:ietf:params:scim:schemas:core:2.0:User:externalId", "User", "externalId");
    reads_as("members.$ref", "Group", "members.$ref");
    reads_as("meta.lastModified", "User", "meta.lastModified");
    reads_as(SCIM_URN_ENTERPRISE_USER ":department", "User",
             SCIM_URN_ENTERPRISE_USER ":department");
    reads_as(SCIM_URN_ENTERPRISE_USER ":MANAGER.value", "User",
             SCIM_URN_ENTERPRISE_USER ":manager.value");
    reads_as(SCIM_URN_ENTERPRISE_USER, "User", SCIM_URN_ENTERPRISE_USER);
    reads_as("urn:example:SCHEMAS:extension:2.1:site:Rows[value eq \"a\"].primary", "Device",
             SITE_URN ":rows[value eq \"a\"].primary");
    reads_as("label", "Device", "label");
    reads_as(SITE_URN ":label", "Device", SITE_URN ":label");
    reads_as(" emails ", "User", "emails");

    if (is_fine(parse(&path, SCIM_URN_ENTERPRISE_USER, "User", 0), "a whole extension")) {
        is(path->extension->id, SCIM_URN_ENTERPRISE_USER, "has the schema");
        ok(path->attribute == NULL && scim_path_leaf(path) == NULL, "and no attribute");
    }
    if (is_fine(parse(&path, SITE_URN ":label", "Device", 0), "a name of two schemas")) {
        is(path->extension->id, SITE_URN, "with the URN is the extension's");
    }
    if (is_fine(parse(&path, "label", "Device", 0), "the same name")) {
        ok(path->extension == NULL, "without one is the core schema's");
    }
}

static void obsolete_urns(void)
{
    const char *old = "urn:scim:schemas:extension:enterprise:1.0:department";

    is(parsed(old, "User", SCIM_LENIENT_URN), SCIM_URN_ENTERPRISE_USER ":department", old);
    is(parsed("urn:scim:schemas:core:1.0:userName", "User", SCIM_LENIENT_URN), "userName",
       "core 1.0");
    is(parsed("urn:scim:schemas:extension:enterprise:2.0:User:manager.value", "User",
              SCIM_LENIENT_URN),
       SCIM_URN_ENTERPRISE_USER ":manager.value", "enterprise 2.0 with :User");
    is(parsed("urn:scim:schemas:extension:enterprise:2.0:manager", "User", SCIM_LENIENT_URN),
       SCIM_URN_ENTERPRISE_USER ":manager", "enterprise 2.0 without");
    refuses(old, "User", "User has no schema 'urn:scim:schemas:extension:enterprise:1.0'");
}

static void simple_values(void)
{
    scim_path_t *path;

    reads_as("tags[value eq \"red\"]", "Device", "tags[value eq \"red\"]");
    is(parsed("tags[VALUE eq \"red\"].value", "Device", 0), "tags[value eq \"red\"]",
       "the value of a simple attribute is the element");
    if (is_fine(parse(&path, "tags[value sw \"r\"]", "Device", 0), "in its filter")) {
        is(path->filter->path.attribute->name, "tags", "the attribute is the one outside");
        ok(path->filter->path.sub == NULL, "and there is no sub-attribute");
    }
    refuses("tags[type eq \"red\"]", "Device", "tags has no sub-attributes (character 6).");
    refuses("tags.value", "Device", "tags has no sub-attributes (character 1).");
}

static void errors(void)
{
    refuses("", "User", "Path '': Expected an attribute, found the end (character 1).");
    refuses("  ", "User", "found the end (character 3).");
    refuses("foo", "User", "Path 'foo': User has no attribute 'foo' (character 1).");
    refuses(
        "department", "User",
        "User has no attribute 'department' without a schema; write " SCIM_URN_ENTERPRISE_USER
        ":department (character 1).");
    refuses("name.foo", "User", "name has no sub-attribute 'foo'");
    refuses("userName.foo", "User", "userName has no sub-attributes");
    refuses("name.givenName.x", "User", "'givenName.x' is no attribute name");
    refuses("name.", "User", "An attribute name is missing");
    refuses(".name", "User", "An attribute name is missing");
    refuses("1name", "User", "'1name' is no attribute name: names start with a letter");
    refuses("na!me", "User", "'na!me' is no attribute name");
    refuses("na\xc3\xa4me", "User", "is no attribute name");
    refuses("na\001me", "User", "'na?me' is no attribute name");
    refuses("-name", "User", "'-name' is no attribute name");
    refuses(SCIM_URN_USER, "User",
            "'" SCIM_URN_USER "' is the schema of User; an attribute of it is missing");
    refuses(SCIM_URN_USER ":", "User", "An attribute name is missing");
    refuses(SCIM_URN_USER ":foo", "User", "User has no attribute 'foo'");
    refuses(SCIM_URN_ENTERPRISE_USER ":foo", "User",
            "The schema " SCIM_URN_ENTERPRISE_USER " has no attribute 'foo'");
    refuses(SCIM_URN_ENTERPRISE_USER ":userName", "User", "has no attribute 'userName'");
    refuses(SCIM_URN_USER ":userName", "Group", "Group has no schema '" SCIM_URN_USER "'");
    refuses("urn:unknown:1.0:name", "User", "User has no schema 'urn:unknown:1.0'");
    refuses(":userName", "User", "User has no schema ''");
    refuses("userName[value eq \"x\"]", "User",
            "Only a multi-valued attribute can have a filter in brackets; userName is none "
            "(character 9).");
    refuses("name[givenName eq \"x\"]", "User", "name is none");
    refuses("emails.value[value eq \"x\"]", "User", "emails.value is none");
    refuses(SCIM_URN_ENTERPRISE_USER "[manager pr]", "User",
            SCIM_URN_ENTERPRISE_USER " is none");
    refuses("emails[", "User", "Expected an attribute, 'not' or '(', found the end");
    refuses("emails[]", "User", "Expected an attribute, 'not' or '(', found ']' (character 8)");
    refuses("emails[type]", "User", "Expected an operator, found ']'");
    refuses("emails[type eq \"work\"", "User",
            "Expected 'and', 'or' or ']', found the end (character 22).");
    refuses("emails[type eq \"work\")", "User", "Expected 'and', 'or' or ']', found ')'");
    refuses("emails[typ eq \"work\"]", "User",
            "Path 'emails[typ eq \"work\"]': emails has no sub-attribute 'typ' (character 8).");
    refuses("emails[type xx \"work\"]", "User", "The operator 'xx' is not supported");
    refuses("emails[type eq \"work\"]x", "User", "Expected the end, found 'x' (character 23).");
    refuses("emails[type eq \"work\"].", "User", "An attribute name is missing");
    refuses("emails[type eq \"work\"].foo", "User", "emails has no sub-attribute 'foo'");
    refuses("emails[type eq \"work\"].value.x", "User", "'value.x' is no attribute name");
    refuses("emails[type eq \"work\"].value x", "User", "Expected the end, found 'x'");
    refuses("emails[emails[type pr]]", "User", "emails has no sub-attribute 'emails'");
    refuses("emails[type[value pr]]", "User", "Brackets cannot stand within brackets");
    refuses("emails value", "User", "Expected the end, found 'value' (character 8).");
    refuses("(emails)", "User", "Expected an attribute, found '('");
    refuses("\"emails\"", "User", "Expected an attribute, found '\"emails\"'");
    refuses("emails[type eq \"w\\x\"]", "User", "This escape is none of JSON");
    refuses("parts[code eq \"x\"]", "Device", "parts.code cannot be used in a filter");
}

/* A path on `emails` of exactly this length, made longer by a string. */
static char *long_path(apr_size_t length)
{
    char *text = apr_palloc(pool, length + 1);
    apr_size_t head = strlen("emails[value eq \"");

    memset(text, 'x', length);
    memcpy(text, "emails[value eq \"", head);
    memcpy(text + length - 2, "\"]", 3);
    return text;
}

static char *nested_path(int depth)
{
    char *text = apr_pstrdup(pool, "type pr");
    int i;

    for (i = 1; i < depth; i++) {
        text = apr_pstrcat(pool, "(", text, ")", NULL);
    }
    return apr_pstrcat(pool, "emails[", text, "]", NULL);
}

static void limits(void)
{
    scim_path_t *path;
    char colons[SCIM_MAX_PATH_LENGTH + 1];

    is_fine(parse(&path, long_path(SCIM_MAX_PATH_LENGTH), "User", 0), "the longest path");
    is_error(parse(&path, long_path(SCIM_MAX_PATH_LENGTH + 1), "User", 0), 400, "invalidPath",
             "has 2049 bytes; at most 2048 are allowed.", "one byte more");
    is_fine(parse(&path, nested_path(SCIM_MAX_FILTER_DEPTH), "User", 0), "the deepest path");
    is_error(parse(&path, nested_path(SCIM_MAX_FILTER_DEPTH + 1), "User", 0), 400,
             "invalidPath", "nested more than 32 levels", "one level more");
    memset(colons, ':', sizeof(colons) - 1);
    colons[sizeof(colons) - 1] = '\0';
    is_error(parse(&path, colons, "User", TEST_LENIENT), 400, "invalidPath",
             "User has no schema ':::::", "nothing but colons");
}

/* RFC 7644 3.4.2.1: names in a query over all types need not be known. */
static void all_types(void)
{
    scim_path_t *path;

    if (is_fine(parse(&path, "Foo.bar", NULL, 0), "an unknown name")) {
        ok(path->attribute == NULL && path->extension == NULL, "is nothing");
        is(path->name, "Foo.bar", "but its name");
    }
    reads_as("urn:unknown:1.0:Foo.bar", NULL, "urn:unknown:1.0:Foo.bar");
    refuses("foo..bar", NULL, "'.bar' is no attribute name");
    refuses(":foo", NULL, "'' is no URN of a schema (character 1).");
    refuses("urn:\xc3\xa4:foo", NULL, "'urn:\xc3\xa4' is no URN of a schema");
    refuses("urn:\xa0:foo", NULL, "'urn:?' is no URN of a schema");
    refuses("urn:\001:foo", NULL, "'urn:?' is no URN of a schema");
    refuses("urn:unknown:", NULL, "An attribute name is missing");
    refuses("urn:unknown:1x", NULL, "'1x' is no attribute name");
    refuses("foo[bar pr]", NULL, "foo is none");
}

/* What is wrong with a path that was refused. */
static void unknown_names(void)
{
    static const struct {
        const char *text;
        int unknown;
    } rows[] = {
        {"nickNames2", 1},
        {"foo.bar", 1},
        {"name.foo", 1},
        {"userName.foo", 1},
        {"urn:okta:app:1.0:user:custom:foo", 1},
        {"urn:okta:app:1.0:user:custom", 1},
        {"urn:ietf:params:scim:schemas:core:2.0:User:foo", 1},
        {"foo[type eq \"work\"]", 1},
        {"foo[type eq \"work\"].value", 1},
        {"foo[type eq \"work\" and (a.b pr or not (c eq 1))].value", 1},
        {"emails[foo eq \"work\"].value", 1},
        {"emails[type eq \"work\"].foo", 1},
        {"", 0},
        {"1x", 0},
        {"foo bar", 0},
        {"foo[", 0},
        {"foo[]", 0},
        {"foo[type eq]", 0},
        {"foo[type zz \"x\"]", 0},
        {"foo[type eq \"work\"", 0},
        {"foo[type eq \"work\"].", 0},
        {"foo[type eq \"work\"].a.b", 0},
        {"foo[type eq \"work\"] x", 0},
        {"foo[a[b pr] pr]", 0},
        {"foo..bar", 0},
        {"urn:", 0},
        {"name[type eq \"work\"]", 0},
        {"emails[primary gt true]", 0},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scim_reading_t reading = {.type = scim_schemas_type(schemas, "User")};
        apr_size_t length = strlen(rows[i].text);
        const char *text = exact(rows[i].text);
        scim_path_t *path;

        ok(scim_path_parse(&path, text, length, &reading, pool) != NULL, "refused: %s",
           rows[i].text);
        is_int(scim_path_unknown(text, length, &reading, pool), rows[i].unknown,
               apr_psprintf(pool, "known or not: %s", rows[i].text));
    }
}

static void aliases(void)
{
    static const char path[] = SCIM_URN_ENTERPRISE_USER ":manager.managerId";

    is(parsed(path, "User", SCIM_LENIENT_ALIAS), SCIM_URN_ENTERPRISE_USER ":manager.value",
       "managerId is the value of a manager");
    refuses(path, "User", "has no sub-attribute 'managerId'");
}

static void only_attributes(void)
{
    scim_reading_t reading = test_reading(schemas, "User", 0);
    const scim_attribute_t *emails = scim_resource_type_attribute(reading.type, "emails", 6);
    scim_path_t path;
    apr_size_t used = 0;
    const char *text = exact("name.givenName\"x\"");

    is_fine(scim_path_parse_attribute(&path, &used, text, 17, NULL, &reading, "invalidFilter",
                                      pool),
            "an attribute before a quote");
    is_int((long long)used, 14, "takes its bytes");
    is_fine(scim_path_parse_attribute(&path, &used, exact("Type]"), 5, emails, &reading,
                                      "invalidFilter", pool),
            "a sub-attribute");
    is_int((long long)used, 4, "takes its bytes");
    ok(path.attribute == emails && strcmp(path.sub->name, "type") == 0, "and has its parent");
    is_error(
        scim_path_parse_attribute(&path, &used, text, 0, NULL, &reading, "invalidFilter", pool),
        400, "invalidFilter", "An attribute name is missing.", "nothing");
}

/* Every start of every text is an error or a path, and reads nothing behind its end. */
static void prefixes(void)
{
    static const char *const more[] = {
        SCIM_URN_ENTERPRISE_USER ":manager.value",
        "emails[not (type eq \"w\\u00e4\\ud83d\\ude00\\n\") or primary eq true].value",
        "urn:scim:schemas:core:1.0:emails[value co \"\xc3\xa4\xf0\x9f\x98\x80\"]",
    };
    apr_size_t count = sizeof(rfc7644_figure_8) / sizeof(rfc7644_figure_8[0]), i, n;
    scim_reading_t reading = test_reading(schemas, "User", TEST_LENIENT);
    int bad = 0;

    for (i = 0; i < count + sizeof(more) / sizeof(more[0]); i++) {
        const char *text = i < count ? rfc7644_figure_8[i] : more[i - count];

        for (n = 0; n <= strlen(text); n++) {
            scim_path_t *path = NULL;
            scim_error_t *error =
                scim_path_parse(&path, exact_bytes(text, n), n, &reading, pool);

            bad += (error == NULL) != (path != NULL);
            bad += error
                   && (error->status != 400 || strcmp(error->type, "invalidPath") != 0
                       || !scim_text_valid(error->detail, strlen(error->detail)));
        }
    }
    is_int(bad, 0, "all prefixes");
}

int main(void)
{
    pool = tap_start();
    schemas = test_schemas(pool);
    examples();
    notation();
    obsolete_urns();
    simple_values();
    errors();
    limits();
    all_types();
    unknown_names();
    aliases();
    only_attributes();
    prefixes();
    return tap_done();
}
