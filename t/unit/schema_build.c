#include "core/schema.h"

#include "core/limits.h"
#include "attributes.h"

static scim_error_t *add(const char *text)
{
    return scim_schemas_add(schemas, exact(text), strlen(text));
}

static scim_error_t *add_type(const char *text)
{
    return scim_schemas_add_type(schemas, exact(text), strlen(text));
}

#define ID "\"id\":\"urn:acme:bad\""
#define ATTRIBUTES(list) "{" ID ",\"attributes\":[" list "]}"

static const struct {
    const char *text, *part, *name;
} bad_schemas[] = {
    {"{", "is not valid JSON", "no JSON"},
    {"[]", "a JSON object is due", "no object"},
    {"{\"attributes\":[{\"name\":\"a\"}]}", "'id'", "no id"},
    {"{\"id\":7,\"attributes\":[{\"name\":\"a\"}]}", "'id'", "a number for an id"},
    {"{\"id\":\"acme\",\"attributes\":[{\"name\":\"a\"}]}", "a URN is due", "no URN"},
    {"{\"id\":\"urn:a b\",\"attributes\":[{\"name\":\"a\"}]}", "blanks", "a blank in a URN"},
    {"{\"id\":\"urn:a,b\",\"attributes\":[{\"name\":\"a\"}]}", "commas", "a comma in a URN"},
    {"{\"id\":\"urn:a(b\",\"attributes\":[{\"name\":\"a\"}]}", "brackets",
     "a parenthesis in a URN"},
    {"{\"id\":\"urn:a:b)\",\"attributes\":[{\"name\":\"a\"}]}", "brackets", "one at its end"},
    {"{\"id\":\"urn:\xc3\xa9\",\"attributes\":[{\"name\":\"a\"}]}", "ASCII",
     "a URN that is not ASCII"},
    {"{" ID ",\"name\":1,\"attributes\":[{\"name\":\"a\"}]}", "'name'", "a bad name"},
    {"{" ID ",\"description\":[],\"attributes\":[{\"name\":\"a\"}]}", "'description'",
     "a bad description"},
    {"{" ID ",\"attribute\":[{\"name\":\"a\"}]}", "'attribute'", "an unknown member"},
    {"{" ID "}", "'attributes'", "no attributes"},
    {"{" ID ",\"attributes\":{}}", "an object for 'attributes'", "attributes as an object"},
    {"{" ID ",\"attributes\":[]}", "an empty array for 'attributes'", "no attribute"},
    {ATTRIBUTES("\"a\""), "a string among its attributes", "an attribute that is a string"},
    {ATTRIBUTES("{\"type\":\"string\"}"), "without a 'name'", "an attribute without name"},
    {ATTRIBUTES("{\"name\":null}"), "without a 'name'", "null for a name"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":\"complex\",\"subAttributes\":[{}]}"),
     "without a 'name' in a", "a sub-attribute without name"},
    {ATTRIBUTES("{\"name\":\"\"}"), "bad 'name'", "RFC 7643 2.1: an empty name"},
    {ATTRIBUTES("{\"name\":\"1a\"}"), "'1a' has a bad 'name'",
     "RFC 7643 2.1: a digit in front"},
    {ATTRIBUTES("{\"name\":\"$a\"}"), "'$a' has a bad 'name'",
     "RFC 7643 2.1: only $ref begins with a dollar"},
    {ATTRIBUTES("{\"name\":\"a.b\"}"), "'a.b' has a bad 'name'", "RFC 7643 2.1: a dot"},
    {ATTRIBUTES("{\"name\":\"\xc3\xa9\"}"), "bad 'name'", "RFC 7643 2.1: not ASCII"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":\"strin\"}"),
     "'a' has 'strin' for 'type'; one of string, boolean", "a bad type"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":\"String\"}"), "'String' for 'type'",
     "keywords have one spelling"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":1}"), "a number for 'type'", "a number for a type"},
    {ATTRIBUTES("{\"name\":\"a\",\"mutability\":\"readwrite\"}"),
     "'readwrite' for 'mutability'; one of readWrite, readOnly, immutable, writeOnly",
     "a bad mutability"},
    {ATTRIBUTES("{\"name\":\"a\",\"returned\":\"often\"}"), "'often' for 'returned'",
     "a bad returned"},
    {ATTRIBUTES("{\"name\":\"a\",\"uniqueness\":\"yes\"}"), "'yes' for 'uniqueness'",
     "a bad uniqueness"},
    {ATTRIBUTES("{\"name\":\"a\",\"multiValued\":\"true\"}"), "a string for 'multiValued'",
     "a bad multiValued"},
    {ATTRIBUTES("{\"name\":\"a\",\"required\":1}"), "a number for 'required'",
     "a bad required"},
    {ATTRIBUTES("{\"name\":\"a\",\"caseExact\":null}"), "null for 'caseExact'",
     "a bad caseExact"},
    {ATTRIBUTES("{\"name\":\"a\",\"canonicalValues\":\"x\"}"), "a string for 'canonicalValues'",
     "bad canonicalValues"},
    {ATTRIBUTES("{\"name\":\"a\",\"canonicalValues\":[1]}"), "a number in 'canonicalValues'",
     "a canonical value that is a number"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":\"reference\",\"referenceTypes\":{}}"),
     "an object for 'referenceTypes'", "bad referenceTypes"},
    {ATTRIBUTES("{\"name\":\"a\",\"referenceTypes\":[\"User\"]}"),
     "has 'referenceTypes' but is of type string", "referenceTypes on a string"},
    {ATTRIBUTES("{\"name\":\"a\",\"description\":1}"), "a number for 'description'",
     "a bad description of an attribute"},
    {ATTRIBUTES("{\"name\":\"a\",\"mutable\":true}"), "'a' has the unknown member 'mutable'",
     "an unknown member of an attribute"},
    {ATTRIBUTES("{\"name\":\"a\",\"mutability\":\"writeOnly\",\"returned\":\"default\"}"),
     "'returned' has to be never", "RFC 7643 7: writeOnly is never returned"},
    {ATTRIBUTES("{\"name\":\"a\",\"subAttributes\":[{\"name\":\"b\"}]}"),
     "'a' has 'subAttributes' but is of type string",
     "RFC 7643 1.2: sub-attributes of a simple attribute"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":\"complex\"}"), "nothing for 'subAttributes'",
     "a complex attribute without sub-attributes"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":\"complex\",\"subAttributes\":[]}"),
     "an empty array for 'subAttributes'", "a complex attribute of nothing"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":\"complex\",\"subAttributes\":[{\"name\":\"b\","
                "\"type\":\"complex\",\"subAttributes\":[{\"name\":\"c\"}]}]}"),
     "'a.b' is complex below a complex", "RFC 7643 2.3.8: complex below complex"},
    {ATTRIBUTES("{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"A\"}"), "'a' is defined twice",
     "an attribute twice"},
    {ATTRIBUTES("{\"name\":\"a\",\"type\":\"complex\",\"subAttributes\":[{\"name\":\"b\"},"
                "{\"name\":\"b\"}]}"),
     "'a.b' is defined twice", "a sub-attribute twice"},
    {"{\"id\":\"urn:IETF:params:scim:schemas:core:2.0:User\",\"attributes\":[{\"name\":"
     "\"a\"}]}",
     "is there already", "a schema that is there already"},
};

static void malformed(void)
{
    apr_size_t i;

    for (i = 0; i < sizeof(bad_schemas) / sizeof(bad_schemas[0]); i++) {
        is_error(add(bad_schemas[i].text), 400, NULL, bad_schemas[i].part, bad_schemas[i].name);
    }
    ok(scim_schemas_find(schemas, "urn:acme:bad") == NULL, "none of them is there");
    is_int(schemas->schemas->nelts, 6, "the others are");
}

/* A schema with so many attributes, the first one complex with one sub-attribute. */
static const char *many(const char *urn, int count)
{
    const char *text = apr_psprintf(pool,
                                    "{\"id\":\"%s\",\"attributes\":[{\"name\":\"c\",\"type\":"
                                    "\"complex\",\"subAttributes\":[{\"name\":\"s\"}]}",
                                    urn);
    int i;

    for (i = 2; i < count; i++) {
        text = apr_psprintf(pool, "%s,{\"name\":\"a%d\"}", text, i);
    }
    return apr_pstrcat(pool, text, "]}", NULL);
}

static const char *named(const char *urn, const char *name)
{
    return apr_psprintf(pool, "{\"id\":\"%s\",\"attributes\":[{\"name\":\"%s\"}]}", urn, name);
}

static char *letters(int count)
{
    char *text = apr_pcalloc(pool, (apr_size_t)count + 1);

    memset(text, 'a', (apr_size_t)count);
    return text;
}

static void limits(void)
{
    is_fine(add(many("urn:acme:many", SCIM_MAX_ATTRIBUTES)), "as many attributes as allowed");
    is_error(add(many("urn:acme:more", SCIM_MAX_ATTRIBUTES + 1)), 400, NULL,
             "too many attributes", "one more");
    is_fine(add(named("urn:acme:long", letters(SCIM_MAX_NAME_LENGTH))), "the longest name");
    ok(find("urn:acme:long", letters(SCIM_MAX_NAME_LENGTH), NULL) != NULL, "and it is found");
    is_error(add(named("urn:acme:longer", letters(SCIM_MAX_NAME_LENGTH + 1))), 400, NULL,
             "bad 'name'", "one more letter");
    is_fine(add(named(apr_pstrcat(pool, "urn:", letters(SCIM_MAX_URN_LENGTH - 4), NULL), "a")),
            "the longest URN");
    is_error(add(named(apr_pstrcat(pool, "urn:", letters(SCIM_MAX_URN_LENGTH - 3), NULL), "a")),
             400, NULL, "too long", "one more letter");
}

static void defaults(void)
{
    const scim_schema_t *schema;

    is_fine(add("{\"id\":\"urn:acme:1.0:Device\",\"attributes\":[{\"name\":\"serial\"},"
                "{\"name\":\"link\",\"type\":\"reference\"},"
                "{\"name\":\"key\",\"type\":\"binary\"},"
                "{\"name\":\"loose\",\"type\":\"reference\",\"caseExact\":false},"
                "{\"name\":\"pin\",\"mutability\":\"writeOnly\"},"
                "{\"name\":\"a-b_c$d\"}],"
                "\"meta\":{\"resourceType\":\"Schema\"}}"),
            "a schema with the least that it needs");
    is(characteristics(find("urn:acme:1.0:Device", "serial", NULL)), "string",
       "RFC 7643 2.2: the defaults");
    is(characteristics(find("urn:acme:1.0:Device", "link", NULL)), "reference exact",
       "RFC 7643 2.3.7: a reference is case exact");
    is(characteristics(find("urn:acme:1.0:Device", "key", NULL)), "binary exact",
       "RFC 7643 2.3.6: binary is case exact");
    is(characteristics(find("urn:acme:1.0:Device", "loose", NULL)), "reference",
       "unless the schema says otherwise");
    is(characteristics(find("urn:acme:1.0:Device", "pin", NULL)), "string writeOnly never",
       "RFC 7643 7: what is writeOnly is never returned");
    ok(find("urn:acme:1.0:Device", "A-B_C$D", NULL) != NULL,
       "RFC 7643 2.1: all characters of names");
    schema = scim_schemas_find(schemas, "urn:acme:1.0:Device");
    is(schema->name, "urn:acme:1.0:Device", "the URN for a name");
    ok(schema->description == NULL, "no description");
    ok(strstr(schema->text, "\"id\":\"urn:acme:1.0:Device\",\"attributes\":[") != NULL,
       "its text is what was given");
    ok(strstr(schema->text, "meta") == NULL, "without meta");
}

#define TYPE(members) "{\"name\":\"Thing\",\"endpoint\":\"/Things\"" members "}"
#define DEVICE ",\"schema\":\"urn:acme:1.0:Device\""

static void malformed_types(void)
{
    static const struct {
        const char *text, *part, *name;
    } rows[] = {
        {"", "is empty", "nothing"},
        {"{\"endpoint\":\"/Things\"" DEVICE "}", "The resource type has nothing for 'name'",
         "no name"},
        {"{\"name\":\" \",\"endpoint\":\"/Things\"" DEVICE "}", "an empty string for 'name'",
         "a blank name"},
        {"{\"name\":\"A\\\"B\",\"endpoint\":\"/Things\"" DEVICE "}", "'A\"B' for 'name'",
         "a quote in a name"},
        {"{\"name\":\"A B\",\"endpoint\":\"/Things\"" DEVICE "}", "'A B' for 'name'",
         "a blank in a name"},
        {TYPE(DEVICE ",\"id\":\"a/b\""), "'a/b' for 'id'", "a slash in an id"},
        {"{\"name\":\"user\",\"endpoint\":\"/Things\"" DEVICE "}", "is there already",
         "a name that is taken"},
        {"{\"name\":\"Thing\"" DEVICE "}", "nothing for 'endpoint'", "no endpoint"},
        {"{\"name\":\"Thing\",\"endpoint\":\"Things\"" DEVICE "}", "'Things'; a slash",
         "an endpoint without slash"},
        {"{\"name\":\"Thing\",\"endpoint\":\"/\"" DEVICE "}", "'/'; a slash",
         "an endpoint that is a slash"},
        {"{\"name\":\"Thing\",\"endpoint\":\"/a/b\"" DEVICE "}", "'/a/b'",
         "an endpoint of two parts"},
        {"{\"name\":\"Thing\",\"endpoint\":\"/Users\"" DEVICE "}", "in use already",
         "an endpoint that is taken"},
        {"{\"name\":\"Thing\",\"endpoint\":\"/schemas\"" DEVICE "}", "in use already",
         "RFC 7644 3.2: an endpoint of SCIM itself"},
        {TYPE(""), "nothing for 'schema'", "no schema"},
        {TYPE(",\"schema\":\"urn:acme:none\""), "'urn:acme:none' in 'schema'",
         "a schema that nobody knows"},
        {TYPE(DEVICE ",\"id\":1"), "a number for 'id'", "a bad id"},
        {TYPE(DEVICE ",\"description\":1"), "a number for 'description'", "a bad description"},
        {TYPE(DEVICE ",\"schemaExtensions\":{}"), "an object for 'schemaExtensions'",
         "extensions as an object"},
        {TYPE(DEVICE ",\"schemaExtensions\":[\"urn:acme:1.0\"]"),
         "a string in 'schemaExtensions'", "an extension as a string"},
        {TYPE(DEVICE ",\"schemaExtensions\":[{\"required\":true}]"), "nothing for 'schema'",
         "an extension without schema"},
        {TYPE(DEVICE ",\"schemaExtensions\":[{\"schema\":\"urn:acme:none\"}]"),
         "'urn:acme:none' in 'schemaExtensions'", "an extension that nobody knows"},
        {TYPE(DEVICE ",\"schemaExtensions\":[{\"schema\":\"" SCIM_URN_GROUP
                     "\",\"required\":\"no\"}]"),
         "a string for 'required'", "a bad required"},
        {TYPE(DEVICE ",\"schemaExtensions\":[{\"schema\":\"urn:acme:1.0:device\"}]"), "twice",
         "the base schema as an extension"},
        {TYPE(DEVICE ",\"schemaExtensions\":[{\"schema\":\"" SCIM_URN_ENTERPRISE_USER
                     "\"},{\"schema\":\"" SCIM_URN_ENTERPRISE_USER "\"}]"),
         "twice", "an extension twice"},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_error(add_type(rows[i].text), 400, NULL, rows[i].part, rows[i].name);
    }
    is_int(schemas->resource_types->nelts, 2, "none of them is there");
    ok(!scim_schemas_find(schemas, SCIM_URN_GROUP)->extension, "nothing came of their schemas");
}

static void own_types(void)
{
    const scim_resource_type_t *type;

    is_fine(add("{\"id\":\"urn:acme:2.0:Printer\",\"attributes\":[{\"name\":\"ID\","
                "\"mutability\":\"readWrite\"},{\"name\":\"tray\"},{\"name\":\"meta\"}]}"),
            "a schema that lists common attributes");
    is_fine(add("{\"id\":\"urn:acme:2.0:Ink\",\"attributes\":[{\"name\":\"color\",\"returned\":"
                "\"request\"},{\"name\":\"id\"}]}"),
            "a schema with an attribute that has to be asked for");
    is_fine(add_type("{\"schemas\":[\"" SCIM_URN_RESOURCE_TYPE
                     "\"],\"id\":\"p\",\"name\":\"Printer\",\"endpoint\":\"/Printers\","
                     "\"schema\":\"URN:acme:2.0:printer\",\"meta\":{\"location\":\"x\"}}"),
            "a resource type of it");
    type = scim_schemas_endpoint(schemas, "/Printers");
    is(type ? type->id : NULL, "p", "its id");
    is(names(&type->schema->attributes), "tray",
       "RFC 7643 3.1: the common definitions take precedence");
    ok(scim_resource_type_attribute(type, exact("id"), 2)->mutability == SCIM_READ_ONLY,
       "so id stays read-only");
    ok(strstr(type->schema->text, "\"ID\"") != NULL, "the schema is served as it was given");
    ok(strstr(type->text, "meta") == NULL, "the type without meta");
    ok(type->plain, "nothing of it is hidden");
    is_fine(add_type("{\"name\":\"Jet\",\"endpoint\":\"/Jets\",\"schema\":"
                     "\"urn:acme:2.0:Printer\",\"schemaExtensions\":[{\"schema\":"
                     "\"urn:acme:2.0:Ink\",\"required\":true}]}"),
            "a resource type with an extension");
    type = scim_schemas_type(schemas, "Jet");
    is(type ? type->id : NULL, "Jet", "the name for an id");
    ok(type->extensions[0].required, "the extension is required");
    ok(!type->plain, "an attribute that has to be asked for makes it not plain");
    is(names(&type->extensions[0].schema->attributes), "color id",
       "an extension may have an id of its own");
}

static void similar_urns(void)
{
    static const char obsolete[] = "urn:scim:schemas:core:1.0";
    const scim_resource_type_t *type;

    is_fine(add("{\"id\":\"urn:ietf:params:scim:schemas:core:2.0.1:Odd\",\"attributes\":["
                "{\"name\":\"a\"}]}"),
            "a schema whose URN begins like a core one");
    is_fine(add_type("{\"name\":\"Odd\",\"endpoint\":\"/Odd\",\"schema\":"
                     "\"urn:ietf:params:scim:schemas:core:2.0.1:Odd\"}"),
            "a resource type of it");
    type = scim_schemas_type(schemas, "Odd");
    ok(scim_resource_type_schema(type, exact(obsolete), strlen(obsolete), SCIM_LENIENT_URN)
           == NULL,
       "is not meant by an obsolete URN");
}

int main(void)
{
    pool = tap_start();
    if (!is_fine(scim_schemas_create(&schemas, pool), "the embedded schemas are valid")) {
        return tap_done();
    }
    malformed();
    limits();
    defaults();
    malformed_types();
    own_types();
    similar_urns();
    return tap_done();
}
