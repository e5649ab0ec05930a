#include "core/resource.h"

#include "core/error.h"
#include "examples.h"
#include "resources.h"

/* What a resource says that a client may set. */
static json_t *without_read_only(const char *text)
{
    json_t *resource = scim_json_copy(json(text), pool);
    json_t *extension = json_object_get(resource, SCIM_URN_ENTERPRISE_USER);

    json_object_del(resource, "id");
    json_object_del(resource, "meta");
    json_object_del(resource, "groups");
    json_object_del(json_object_get(extension, "manager"), "displayName");
    return resource;
}

static void examples(void)
{
    static const struct {
        const char *section, *type, *text;
    } rows[] = {{"8.1", "User", example_minimal_user},
                {"8.2", "User", example_full_user},
                {"8.3", "User", example_enterprise_user},
                {"8.4", "Group", example_group}};
    apr_size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        scim_reading_t reading = reading_of(rows[i].type, 0);
        const json_t *sent = json(rows[i].text);
        json_t *resource = NULL;
        const char *text;

        is_fine(scim_resource_read(&resource, sent, 0, &reading, pool),
                apr_psprintf(pool, "RFC 7643 %s: the example is read", rows[i].section));
        text = scim_json_text(resource, NULL, pool);
        ok(json_equal(resource, without_read_only(rows[i].text)), "without loss");
        is_int(notes->nelts, 0, "nothing is noted");
        is(read_as(rows[i].type, 0, 0, text), text, "once more gives the same text");
        is(read_as(rows[i].type, LENIENT, 0, text), text, "leniently too");
        is(scim_json_text(scim_resource_canonical(resource, reading.type, pool), NULL, pool),
           text, "it is canonical");
        is_fine(scim_resource_check(resource, reading.type, pool), "and complete");
    }
}

static void protocol_examples(void)
{
    static const row_t rows[] = {
        {"\"userName\":\"ada\",\"externalId\":\"ada\",\"name\":{\"formatted\":\"Ada Lovelace\","
         "\"familyName\":\"Lovelace\",\"givenName\":\"Ada\"}",
         0,
         "\"externalId\":\"ada\",\"userName\":\"ada\",\"name\":{\"formatted\":\"Ada Lovelace\","
         "\"familyName\":\"Lovelace\",\"givenName\":\"Ada\"}",
         NULL, "RFC 7644 3.3: the example of a POST"},
        {"\"id\":\"018f3a00-0000-7000-8000-000000000001\",\"userName\":\"ada\",\"roles\":[],"
         "\"emails\":[{\"value\":\"ada@example.net\"},{\"value\":\"ada@home.example\"}]",
         0,
         "\"userName\":\"ada\",\"emails\":[{\"value\":\"ada@example.net\"},"
         "{\"value\":\"ada@home.example\"}]",
         NULL, "RFC 7644 3.5.1: the example of a PUT"},
        {"{\"schemas\":[\"urn:scim:schemas:core:2.0\","
         "\"urn:scim:schemas:extension:enterprise:2.0\"],\"userName\":\"ada\","
         "\"name\":{\"familyName\":\" Lovelace\",\"givenName\":\"Ada\"},"
         "\"emails\":{\"value\":\"ada@example.net\",\"type\":\"work\",\"primary\":true},"
         "\"title\":\"\",\"urn:scim:schemas:extension:enterprise:2.0\":{"
         "\"department\":\"R&D\",\"manager\":{\"managerId\":\"\",\"displayName\":\" \"}}}",
         LENIENT,
         "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER "\"],"
         "\"userName\":\"ada\",\"name\":{\"familyName\":\" Lovelace\",\"givenName\":\"Ada\"},"
         "\"emails\":[{\"value\":\"ada@example.net\",\"type\":\"work\",\"primary\":true}],"
         "\"" SCIM_URN_ENTERPRISE_USER "\":{\"department\":\"R&D\"}}",
         "400 invalidSyntax", "what OneLogin's Enterprise template makes"},
    };

    check_rows("User", rows, COUNT(rows));
}

static void names(void)
{
    static const row_t rows[] = {
        {"\"USERNAME\":\"ada\",\"Name\":{\"GIVENNAME\":\"Ada\"}", 0,
         "\"userName\":\"ada\",\"name\":{\"givenName\":\"Ada\"}", NULL,
         "RFC 7643 2.1: names in any case"},
        {"{\"SCHEMAS\":[\"" SCIM_URN_USER "\"],\"userName\":\"ada\"}", 0,
         "\"userName\":\"ada\"", NULL, "RFC 7643 2.1: schemas too"},
        {"\"userName\":\"ada\",\"username\":\"eve\"", 0, NULL,
         "invalidSyntax: The attribute userName was sent twice, as 'userName' and as "
         "'username'.",
         "RFC 7643 2.1: one name in two cases"},
        {"\"userName\":null,\"username\":\"eve\"", 0, NULL, "sent twice",
         "RFC 7643 2.1: though one is null"},
        {"\"name\":{\"givenName\":\"Ada\",\"GivenName\":\"Eve\"}", 0, NULL,
         "invalidSyntax: The attribute name.givenName was sent twice",
         "RFC 7643 2.1: a sub-attribute in two cases"},
        {"\"externalId\":\"1\",\"externalID\":\"2\"", 0, NULL, "externalId was sent twice",
         "RFC 7643 2.1: a common attribute in two cases"},
        {"\"title\":\"x\",\"userName\":\"ada\",\"externalId\":\"e\"", 0,
         "\"externalId\":\"e\",\"userName\":\"ada\",\"title\":\"x\"", NULL,
         "RFC 7643 2.3.8: the order is not significant"},
        {"\"userName\":\"ada\",\"id\":7,\"meta\":\"x\",\"groups\":{\"a\":1}", 0,
         "\"userName\":\"ada\"", NULL,
         "RFC 7644 3.3 and 3.5.1: read-only attributes are ignored, whatever they are"},
        {"\"userName\":\"ada\",\"nickname\":\"A\",\"shoeSize\":41,\"name\":{\"nick\":\"A\"}", 0,
         "\"userName\":\"ada\",\"nickName\":\"A\"", NULL, "unknown attributes are skipped"},
        {"\"password\":\"s3cret\"", 0, "\"password\":\"s3cret\"", NULL,
         "RFC 7643 4.1.1: a password is read"},
        {"\"urn:acme:x\":{\"a\":1},\"" SCIM_URN_USER "\":{\"title\":\"x\"}", 0, "", NULL,
         "unknown extensions are skipped, and the base schema is none"},
    };

    check_rows("User", rows, COUNT(rows));
}

static void unknown_names(void)
{
    static const struct {
        const char *members, *said;
    } rows[] = {
        {"\"shoe size\":1", "The attribute 'shoe size' is not known"},
        {"\"name\":{\"nick\":\"A\"}", "The attribute 'nick' of name is not known"},
        {"\"emails\":[{\"value\":\"a@b\",\"proxy\":1}]",
         "The attribute 'proxy' of emails is not known"},
        {"\"urn:acme:x\":{}", "The attribute 'urn:acme:x' is not known"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"badge\":1}",
         "The attribute 'badge' of " SCIM_URN_ENTERPRISE_USER " is not known"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"phone\":1}}",
         "The attribute 'phone' of " SCIM_URN_ENTERPRISE_USER ":manager is not known"},
        {"\"" SCIM_URN_GROUP "\":{}", "The attribute '" SCIM_URN_GROUP "' is not known"},
    };
    apr_size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        scim_reading_t reading = reading_of("User", LENIENT);
        const json_t *sent = json(of_type("User", rows[i].members));
        json_t *resource;

        is_fine(scim_resource_read(&resource, sent, 0, &reading, pool), rows[i].members);
        is(notes->nelts == 1 ? APR_ARRAY_IDX(notes, 0, const char *) : "(no note)",
           apr_pstrcat(pool, rows[i].said, " and was ignored.", NULL), "it is noted");
        reading.reject_unknown = 1;
        is_error(scim_resource_read(&resource, sent, 0, &reading, pool), 400,
                 SCIM_INVALID_SYNTAX, rows[i].said, "or refused");
    }
}

static void schemas_member(void)
{
    static const row_t rows[] = {
        {"{\"userName\":\"ada\"}", SCIM_LENIENT_SCHEMAS, "\"userName\":\"ada\"",
         "invalidSyntax: The member 'schemas' is missing", "RFC 7643 3: schemas is REQUIRED"},
        {"{\"schemas\":[]}", SCIM_LENIENT_SCHEMAS, "", "'schemas' is empty",
         "RFC 7643 3: a non-empty array"},
        {"{\"schemas\":null}", SCIM_LENIENT_SCHEMAS, "", "'schemas' is null",
         "RFC 7643 3: null is empty too"},
        {"{\"schemas\":\"" SCIM_URN_USER "\"}", SCIM_LENIENT_SCHEMAS, "",
         "'schemas' is a string", "RFC 7643 3: an array"},
        {"{\"schemas\":{\"a\":1}}", SCIM_LENIENT_SCHEMAS, "", "'schemas' is an object",
         "RFC 7643 3: no object"},
        {"{\"schemas\":[\"" SCIM_URN_USER "\",7]}", SCIM_LENIENT_SCHEMAS, "",
         "'schemas' has a number in it", "RFC 7643 3: of strings"},
        {"{\"schemas\":[\"" SCIM_URN_ENTERPRISE_USER "\"]}", SCIM_LENIENT_SCHEMAS, "",
         "'schemas' does not name " SCIM_URN_USER, "RFC 7643 3.3: with the base schema"},
        {"{\"schemas\":[\"" SCIM_URN_USER "\",\"urn:acme:x\"]}", SCIM_LENIENT_SCHEMAS, "",
         "'schemas' names 'urn:acme:x', which is no schema of the resource type User.",
         "RFC 7643 3: only schemas of the resource type"},
        {"{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_GROUP "\"]}", SCIM_LENIENT_SCHEMAS,
         "", "which is no schema of the resource type User", "RFC 7643 3: not those of others"},
        {"{\"schemas\":[\"" SCIM_URN_USER "\",\"urn:IETF:params:scim:schemas:core:2.0:user\"]}",
         SCIM_LENIENT_SCHEMAS, "", "twice", "RFC 7643 3: no duplicates"},
        {"{\"schemas\":[\"" SCIM_URN_ENTERPRISE_USER "\",\"" SCIM_URN_USER
         "\"],\"userName\":\"ada\"}",
         0, "\"userName\":\"ada\"", NULL,
         "RFC 7643 3: in any order, and computed from what is there"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"division\":\"d\"}", 0,
         "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER
         "\"],\"" SCIM_URN_ENTERPRISE_USER "\":{\"division\":\"d\"}}",
         NULL, "RFC 7643 3: an extension that is there is named"},
        {"{\"schemas\":[\"urn:scim:schemas:core:1.0\"]}", SCIM_LENIENT_URN, "", NULL,
         "an obsolete URN"},
        {"{\"schemas\":[\"urn:scim:schemas:core:1.0\"]}", SCIM_LENIENT_SCHEMAS, "", NULL,
         "or any"},
    };
    scim_reading_t reading = reading_of("User", SCIM_LENIENT_SCHEMAS);
    json_t *resource;

    check_rows("User", rows, 10);
    check_rows("User", rows + 10, COUNT(rows) - 10);
    is(read_as("User", 0, 0, rows[12].sent),
       "400 invalidSyntax: The member 'schemas' names 'urn:scim:schemas:core:1.0', which is no "
       "schema of the resource type User.",
       "RFC 7643 3: an obsolete URN is none");
    is_fine(scim_resource_read(&resource, json("{}"), 0, &reading, pool), "nothing at all");
    is_int(notes->nelts, 1, "is noted");
    ok(strstr(APR_ARRAY_IDX(notes, 0, const char *), "'schemas' is missing") != NULL,
       "as what it is");
    is_error(scim_resource_read(&resource, json_object_get(json("{\"a\":[]}"), "a"), 0,
                                &reading, pool),
             400, SCIM_INVALID_SYNTAX, "has to be an object, not an array",
             "RFC 7643 3: a resource is an object");
}

static void extensions(void)
{
#define ENTERPRISE(object)                                                                     \
    "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER                          \
    "\"],\"" SCIM_URN_ENTERPRISE_USER "\":" object "}"
    static const row_t rows[] = {
        {"\"URN:IETF:params:scim:schemas:EXTENSION:enterprise:2.0:user\":{\"DEPARTMENT\":"
         "\"d\"}",
         0, ENTERPRISE("{\"department\":\"d\"}"), NULL, "RFC 7644 3.10: URNs in any case"},
        {"\"urn:scim:schemas:extension:enterprise:1.0\":{\"department\":\"d\"}",
         SCIM_LENIENT_URN, ENTERPRISE("{\"department\":\"d\"}"), NULL,
         "an obsolete URN of an extension"},
        {"\"urn:scim:schemas:extension:enterprise:2.0:User\":{\"department\":\"d\"}",
         SCIM_LENIENT_URN, ENTERPRISE("{\"department\":\"d\"}"), NULL, "and with the type"},
        {"\"urn:scim:schemas:extension:enterprise:1.0\":{\"department\":\"d\"}", 0, "", NULL,
         "which nobody knows without the leniency"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{}", 0, "", NULL, "an empty extension is none"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":null", 0, "", NULL, "RFC 7643 2.5: nor is null"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"displayName\":\"Charles\"}}", 0, "",
         NULL, "RFC 7643 4.3: manager.displayName is read-only"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":\"\"", SCIM_LENIENT_BLANK, "",
         "invalidValue: The extension " SCIM_URN_ENTERPRISE_USER
         " has to be an object, not a string.",
         "a blank extension is none"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":[{\"division\":\"d\"}]", 0, NULL,
         "has to be an object, not an array", "RFC 7643 3.3: an extension is an object"},
        {"\"department\":\"d\"", 0, "", NULL,
         "RFC 7643 3.3: attributes of extensions are in their own object"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"managerId\":\"m\"}}",
         SCIM_LENIENT_ALIAS, ENTERPRISE("{\"manager\":{\"value\":\"m\"}}"), NULL,
         "managerId is the value"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"managerId\":\"m\"}}", 0, "", NULL,
         "which nobody knows without the leniency"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"MANAGERID\":\"m\",\"value\":\"v\"}}",
         SCIM_LENIENT_ALIAS, ENTERPRISE("{\"manager\":{\"value\":\"v\"}}"), NULL,
         "an attribute's own name comes first"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"value\":\"v\",\"managerId\":\"m\"}}",
         SCIM_LENIENT_ALIAS, ENTERPRISE("{\"manager\":{\"value\":\"v\"}}"), NULL,
         "in either order"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"value\":\"\",\"managerId\":\"m\"}}",
         SCIM_LENIENT_ALIAS | SCIM_LENIENT_BLANK, ENTERPRISE("{\"manager\":{\"value\":\"m\"}}"),
         NULL, "unless it is blank"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"managerId\":\"m\",\"value\":\" \"}}",
         SCIM_LENIENT_ALIAS | SCIM_LENIENT_BLANK, ENTERPRISE("{\"manager\":{\"value\":\"m\"}}"),
         NULL, "in either order"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":\"m\"}", SCIM_LENIENT_SCALAR,
         ENTERPRISE("{\"manager\":{\"value\":\"m\"}}"),
         "invalidValue: The attribute " SCIM_URN_ENTERPRISE_USER
         ":manager has to be an object, not the text 'm'.",
         "a bare value for a manager"},
        {"\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":\" \"}",
         SCIM_LENIENT_SCALAR | SCIM_LENIENT_BLANK, "", "has to be an object",
         "a blank manager is none"},
        {"\"name\":{\"managerId\":\"m\"}", LENIENT, "", NULL, "an alias of nothing else"},
    };

    check_rows("User", rows, COUNT(rows));
    is(read_as("User", LENIENT, 0,
               of_type("User", "\"" SCIM_URN_ENTERPRISE_USER
                               "\":{},\"urn:scim:schemas:extension:enterprise:1.0\":{}")),
       "400 invalidSyntax: The extension " SCIM_URN_ENTERPRISE_USER
       " was sent twice, as '" SCIM_URN_ENTERPRISE_USER
       "' and as 'urn:scim:schemas:extension:enterprise:1.0'.",
       "an extension under two names");
    is(read_as("User", LENIENT, 0,
               of_type("User", "\"" SCIM_URN_ENTERPRISE_USER
                               "\":{\"manager\":{\"managerId\":\"m\",\"managerID\":\"n\"}}")),
       "400 invalidSyntax: The attribute " SCIM_URN_ENTERPRISE_USER
       ":manager.value was sent twice, as 'managerId' and as 'managerID'.",
       "an alias in two cases");
}

static const char *canonical(const char *type, const char *text)
{
    return scim_json_text(
        scim_resource_canonical(json(text), scim_schemas_type(schemas, type), pool), NULL,
        pool);
}

static void canonical_form(void)
{
    is(canonical("User", "{\"title\":\"t\",\"userName\":\"u\",\"externalId\":\"e\","
                         "\"schemas\":[\"urn:x\"],\"id\":\"1\",\"meta\":{\"version\":\"1\"},"
                         "\"name\":{\"givenName\":\"g\",\"formatted\":\"f\"}}"),
       of_type("User", "\"externalId\":\"e\",\"userName\":\"u\",\"name\":{\"formatted\":\"f\","
                       "\"givenName\":\"g\"},\"title\":\"t\""),
       "the order of the schema, schemas computed, nothing read-only");
    is(canonical("User", "{\"name\":{},\"emails\":[],\"roles\":[{}],\"title\":null,"
                         "\"" SCIM_URN_ENTERPRISE_USER "\":{\"manager\":{\"value\":null}}}"),
       of_type("User", ""), "nothing that is unassigned");
    is(canonical("User", "{\"" SCIM_URN_ENTERPRISE_USER "\":{\"division\":\"d\","
                         "\"costCenter\":\"c\"},\"userName\":\"u\"}"),
       "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER "\"],\"userName\":"
       "\"u\",\"" SCIM_URN_ENTERPRISE_USER "\":{\"costCenter\":\"c\",\"division\":\"d\"}}",
       "extensions behind, and named");
    is(canonical("User", "{\"emails\":[{\"type\":\"work\",\"value\":\"a@b\"},"
                         "{\"value\":\"A@B\",\"type\":\"work\"},{\"value\":\"c@d\"}]}"),
       of_type("User", "\"emails\":[{\"value\":\"a@b\",\"type\":\"work\"},"
                       "{\"value\":\"c@d\"}]"),
       "no element twice");
    is(canonical("User", "{\"unknown\":1}"), of_type("User", ""), "nothing unknown");
}

/* What a PUT of `sent` makes of `stored`, both members of a resource. */
static const char *replaced(const char *type, scim_leniency_t leniency, const char *stored,
                            const char *sent)
{
    scim_reading_t reading = reading_of(type, leniency | SCIM_LENIENT_SCHEMAS);
    json_t *now = NULL, *wanted = NULL, *result = NULL;
    scim_error_t *error;

    error = scim_resource_read(&now, json(of_type(type, stored)), 0, &reading, pool);
    if (error == NULL) {
        error = scim_resource_read(&wanted, json(of_type(type, sent)), 1, &reading, pool);
    }
    if (error == NULL) {
        error = scim_resource_replace(&result, now, wanted, &reading, pool);
    }
    if (error) {
        return apr_psprintf(pool, "%d %s: %s", error->status, error->type, error->detail);
    }
    is(scim_json_text(scim_resource_canonical(result, reading.type, pool), NULL, pool),
       scim_json_text(result, NULL, pool), "a replacement is canonical");
    return scim_json_text(result, NULL, pool);
}

static const struct {
    const char *type, *stored, *sent, *expected, *name;
} replacements[] = {
    {"User", "\"userName\":\"u\",\"title\":\"t\",\"name\":{\"givenName\":\"g\"}",
     "\"userName\":\"v\",\"name\":{\"familyName\":\"f\"}",
     "\"userName\":\"v\",\"name\":{\"familyName\":\"f\"}",
     "RFC 7644 3.5.1: what is sent replaces, what is not is cleared"},
    {"User", "\"externalId\":\"e\",\"userName\":\"u\",\"active\":false,\"password\":\"p\"",
     "\"userName\":\"u\"",
     "\"externalId\":\"e\",\"userName\":\"u\",\"active\":false,\"password\":\"p\"",
     "active, password and externalId stay"},
    {"User", "\"externalId\":\"e\",\"userName\":\"u\",\"active\":false",
     "\"externalId\":\"f\",\"userName\":\"u\",\"active\":true",
     "\"externalId\":\"f\",\"userName\":\"u\",\"active\":true", "unless they are sent"},
    {"User", "\"externalId\":\"e\",\"userName\":\"u\",\"active\":false",
     "\"externalId\":null,\"userName\":\"u\",\"active\":null", "\"userName\":\"u\"",
     "RFC 7644 3.5.1: null clears"},
    {"User", "\"emails\":[{\"value\":\"a@b\"},{\"value\":\"c@d\"}]",
     "\"emails\":[{\"value\":\"c@d\",\"type\":\"home\"}]",
     "\"emails\":[{\"value\":\"c@d\",\"type\":\"home\"}]", "values are replaced as a whole"},
    {"User", "\"emails\":[{\"value\":\"a@b\"}]", "\"emails\":[]", "",
     "RFC 7644 3.5.1: an empty array clears"},
    {"User", "\"" SCIM_URN_ENTERPRISE_USER "\":{\"division\":\"d\"}", "\"userName\":\"u\"",
     "\"userName\":\"u\"", "an extension that is not sent is cleared"},
    {"Thing", "\"" EXTRA_URN "\":{\"active\":true,\"owner\":\"o\"}",
     "\"" EXTRA_URN "\":{\"owner\":\"p\"}",
     "{\"schemas\":[\"" THING_URN "\",\"" EXTRA_URN "\"],\"" EXTRA_URN "\":{\"owner\":\"p\"}}",
     "active of an extension is another attribute"},
    {"Thing", "\"place\":{\"room\":\"r\",\"active\":true}", "\"place\":{\"room\":\"r\"}",
     "\"place\":{\"room\":\"r\"}", "so is a sub-attribute of that name"},
    {"Thing", "", "\"serial\":\"s\"", "\"serial\":\"s\"",
     "RFC 7644 3.5.1: an immutable attribute without value is set"},
    {"Thing", "\"serial\":\"s\"", "\"label\":\"l\"", "\"label\":\"l\",\"serial\":\"s\"",
     "RFC 7644 3.5.1: and stays when it is not sent"},
    {"Thing", "\"serial\":\"s\"", "\"serial\":\"S\"", "\"serial\":\"s\"",
     "RFC 7644 3.5.1: or when it matches"},
    {"Thing", "\"serial\":\"s\"", "\"serial\":\"t\"",
     "400 mutability: The attribute serial is immutable and has another value already.",
     "RFC 7644 3.5.1: another value is refused"},
    {"Thing", "\"serial\":\"s\"", "\"serial\":null",
     "400 mutability: The attribute serial is immutable and has another value already.",
     "RFC 7644 3.5.1: so is clearing it"},
    {"Thing", "\"code\":\"s\"", "\"code\":\"S\"",
     "400 mutability: The attribute code is immutable and has another value already.",
     "RFC 7643 2.2: a match is by caseExact"},
    {"Thing", "\"place\":{\"room\":\"r\",\"site\":\"s\"}", "\"place\":{\"floor\":1}",
     "\"place\":{\"floor\":1,\"site\":\"s\"}", "an immutable sub-attribute stays"},
    {"Thing", "\"place\":{\"room\":\"r\",\"site\":\"s\"}", "\"place\":{\"site\":\"x\"}",
     "400 mutability: The attribute place.site is immutable and has another value already.",
     "and is not changed"},
    {"Thing", "\"place\":{\"room\":\"r\",\"site\":\"s\"}", "\"label\":\"l\"", "\"label\":\"l\"",
     "but goes with what it is part of"},
    {"Thing", "\"" EXTRA_URN "\":{\"owner\":\"o\",\"origin\":\"x\"}", "\"label\":\"l\"",
     "{\"schemas\":[\"" THING_URN "\",\"" EXTRA_URN "\"],\"label\":\"l\",\"" EXTRA_URN
     "\":{\"origin\":\"x\"}}",
     "immutable attributes of extensions stay"},
    {"Thing", "\"" EXTRA_URN "\":{\"origin\":\"x\"}", "\"" EXTRA_URN "\":{\"origin\":\"y\"}",
     "400 mutability: The attribute " EXTRA_URN
     ":origin is immutable and has another value already.",
     "and are not changed"},
    {"Thing", "\"" EXTRA_URN "\":{\"origin\":\"x\"}", "\"" EXTRA_URN "\":{\"origin\":null}",
     "400 mutability: The attribute " EXTRA_URN
     ":origin is immutable and has another value already.",
     "nor cleared"},
    {"Thing", "\"" EXTRA_URN "\":{\"owner\":\"x\"}", "\"" EXTRA_URN "\":{\"owner\":null}", "",
     "which others are"},
    {"Thing", "\"parts\":[{\"value\":\"a\",\"made\":\"m\"}]",
     "\"parts\":[{\"value\":\"a\",\"made\":\"n\"}]",
     "\"parts\":[{\"value\":\"a\",\"made\":\"n\"}]",
     "RFC 7643 4.2: elements of many values may be exchanged"},
};

static void replacement(void)
{
    apr_size_t i;

    for (i = 0; i < COUNT(replacements); i++) {
        const char *expected = *replacements[i].expected == '4'
                                   ? replacements[i].expected
                                   : of_type(replacements[i].type, replacements[i].expected);

        is(replaced(replacements[i].type, 0, replacements[i].stored, replacements[i].sent),
           expected, replacements[i].name);
    }
    is(replaced("User", SCIM_LENIENT_BLANK, "\"externalId\":\"e\",\"userName\":\"u\"",
                "\"externalId\":null,\"userName\":\"u\",\"active\":\"\""),
       of_type("User", "\"externalId\":\"e\",\"userName\":\"u\""),
       "null and blanks are as good as not sent, for who sends them so");
}

static void nulls(void)
{
    static const char sent[] = "\"userName\":null,\"active\":null,\"emails\":[],\"roles\":[{}],"
                               "\"name\":{\"givenName\":null},\"title\":\"t\"";

    is(read_as("User", 0, 1, of_type("User", sent)),
       of_type("User", "\"userName\":null,\"name\":null,\"title\":\"t\",\"active\":null,"
                       "\"emails\":null,\"roles\":null"),
       "for a replacement, what was sent without a value stays as null");
    is(read_as("User", 0, 1,
               of_type("User", "\"" SCIM_URN_ENTERPRISE_USER "\":{\"division\":null}")),
       "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER
       "\"],\"" SCIM_URN_ENTERPRISE_USER "\":{\"division\":null}}",
       "in an extension, too");
    is(read_as("User", SCIM_LENIENT_BLANK, 1, of_type("User", sent)),
       of_type("User", "\"title\":\"t\""), "but not for who means nothing by it");
    is(read_as("User", 0, 0, of_type("User", sent)), of_type("User", "\"title\":\"t\""),
       "nor for a new resource");
}

static void replacement_changes_nothing(void)
{
    scim_reading_t reading = reading_of("User", 0);
    json_t *stored = json(of_type("User", "\"userName\":\"u\",\"active\":true,"
                                          "\"roles\":[{\"value\":\"q\"}]"));
    json_t *sent = json(of_type("User", "\"name\":{\"givenName\":null},"
                                        "\"roles\":[{\"value\":\"r\"},{\"value\":\"R\"}]"));
    const char *stored_text = scim_json_text(stored, NULL, pool);
    const char *sent_text = scim_json_text(sent, NULL, pool);
    json_t *result = NULL, *twin;

    is_fine(scim_resource_replace(&result, stored, sent, &reading, pool), "a replacement");
    twin = scim_json_twin(result, pool);
    json_object_del(twin, "active");
    json_object_set_new(twin, "title", json_string("t"));
    result = scim_resource_canonical(twin, reading.type, pool);
    is(scim_json_text(result, NULL, pool),
       of_type("User", "\"title\":\"t\",\"roles\":[{\"value\":\"r\"}]"),
       "another resource with the same values, put in order");
    is(scim_json_text(sent, NULL, pool), sent_text, "what was sent stays as it is");
    is(scim_json_text(stored, NULL, pool), stored_text, "and what is stored");
}

static void required(void)
{
    static const struct {
        const char *type, *members, *part, *name;
    } rows[] = {
        {"User", "\"userName\":\"u\"", NULL, "RFC 7643 4.1.1: a user with a userName"},
        {"User", "\"title\":\"t\"", "The attribute userName is required and has no value.",
         "RFC 7643 4.1.1: each User MUST include a userName"},
        {"User", "\"userName\":\"\"", "userName is required",
         "RFC 7643 4.1.1: a non-empty one"},
        {"User", "\"userName\":\" \"", "userName is required",
         "RFC 7643 4.1.1: blanks are none"},
        {"User", "\"userName\":null", "userName is required", "RFC 7643 4.1.1: nor is null"},
        {"Group", "\"members\":[]", "The attribute displayName is required",
         "RFC 7643 4.2: a group has a displayName"},
        {"Thing", "\"label\":\"l\",\"" EXTRA_URN "\":{\"owner\":\"o\"}", NULL,
         "RFC 7643 7: read-only attributes are not asked of a client"},
        {"Thing", "\"label\":\"l\"",
         "The extension " EXTRA_URN " is required and has no attributes.",
         "RFC 7643 6: a required extension"},
        {"Thing", "\"label\":\"l\",\"" EXTRA_URN "\":{\"active\":true}",
         "The attribute " EXTRA_URN ":owner is required",
         "RFC 7643 6: with its required attributes"},
        {"Thing", "\"label\":\"l\",\"" EXTRA_URN "\":{\"owner\":\"o\"},\"place\":{\"floor\":1}",
         "The attribute place.room is required", "a sub-attribute where its parent is there"},
        {"Thing",
         "\"label\":\"l\",\"" EXTRA_URN
         "\":{\"owner\":\"o\"},\"parts\":[{\"value\":\"v\"},{\"type\":\"x\"}]",
         "The attribute parts.value is required", "in every element"},
    };
    apr_size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        scim_error_t *error =
            scim_resource_check(json(of_type(rows[i].type, rows[i].members)),
                                scim_schemas_type(schemas, rows[i].type), pool);

        if (rows[i].part) {
            is_error(error, 400, SCIM_INVALID_VALUE, rows[i].part, rows[i].name);
        } else {
            is_fine(error, rows[i].name);
        }
    }
}

int main(void)
{
    prepare();
    examples();
    protocol_examples();
    names();
    unknown_names();
    schemas_member();
    extensions();
    canonical_form();
    nulls();
    replacement();
    replacement_changes_nothing();
    required();
    return tap_done();
}
