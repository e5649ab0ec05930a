#include "core/projection.h"

#include "core/limits.h"
#include "tap.h"

/* An extension with every value of `returned`, on both levels. */
#define URN "urn:example:params:scim:schemas:extension:shown:2.0:User"

static const char shown_schema[] =
    "{\"id\":\"" URN "\",\"name\":\"Shown\",\"attributes\":["
    "{\"name\":\"tag\",\"returned\":\"always\"},"
    "{\"name\":\"note\",\"returned\":\"default\"},"
    "{\"name\":\"costly\",\"returned\":\"request\"},"
    "{\"name\":\"hash\",\"returned\":\"never\"},"
    "{\"name\":\"keys\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
    "{\"name\":\"value\",\"returned\":\"default\"},"
    "{\"name\":\"serial\",\"returned\":\"always\"},"
    "{\"name\":\"raw\",\"returned\":\"request\"},"
    "{\"name\":\"secret\",\"returned\":\"never\"}]},"
    "{\"name\":\"badge\",\"type\":\"complex\",\"returned\":\"always\",\"subAttributes\":["
    "{\"name\":\"number\"},{\"name\":\"photo\",\"returned\":\"request\"}]}]}";

static const char shown_type[] =
    "{\"id\":\"Shown\",\"name\":\"Shown\",\"endpoint\":\"/Shown\","
    "\"schema\":\"urn:ietf:params:scim:schemas:core:2.0:User\",\"schemaExtensions\":["
    "{\"schema\":\"" URN "\",\"required\":false}]}";

static const char user[] =
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\","
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"],"
    "\"id\":\"2819c223\",\"externalId\":\"bj\",\"userName\":\"bjensen\","
    "\"name\":{\"familyName\":\"Jensen\",\"givenName\":\"Barbara\"},"
    "\"active\":true,\"password\":\"t1meMa$heen\","
    "\"emails\":[{\"value\":\"b@example.com\",\"type\":\"work\",\"primary\":true},"
    "{\"type\":\"home\"}],"
    "\"groups\":[{\"value\":\"e9e30dba\",\"display\":\"Tour Guides\"}],"
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":"
    "{\"employeeNumber\":\"701984\",\"manager\":{\"value\":\"26118915\","
    "\"displayName\":\"John Smith\"}},"
    "\"meta\":{\"resourceType\":\"User\",\"version\":\"W/\\\"1\\\"\"}}";

static const char shown[] =
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\",\"" URN "\"],"
    "\"id\":\"1\",\"userName\":\"x\",\"" URN "\":{\"tag\":\"t\",\"note\":\"n\","
    "\"costly\":\"c\",\"hash\":\"h\",\"keys\":[{\"value\":\"v\","
    "\"serial\":\"s\",\"raw\":\"r\",\"secret\":\"x\"},{\"value\":\"w\"}],"
    "\"badge\":{\"number\":\"1\",\"photo\":\"f\"}}}";

#define CORE                                                                                   \
    "\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\","                             \
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"]"
#define MINIMUM CORE ",\"id\":\"2819c223\""
#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

static apr_pool_t *pool;
static scim_schemas_t *schemas;
static const scim_resource_type_t *user_type, *other_type;

static json_t *parse(const char *text)
{
    json_t *value = NULL;

    if (scim_json_parse(&value, text, strlen(text), pool)) {
        abort();
    }
    return value;
}

/* The view as text, or the error. */
static const char *view(const char *text, const scim_resource_type_t *type,
                        const char *attributes, const char *excluded)
{
    scim_reading_t reading = {.type = type, .leniency = SCIM_LENIENT_URN};
    json_t *resource = parse(text);
    scim_projection_t *projection;
    scim_error_t *error =
        scim_projection_parse(&projection, attributes, excluded, &reading, pool);
    const char *result;

    if (error) {
        return apr_psprintf(pool, "%d %s", error->status, error->type);
    }
    result =
        scim_json_text(scim_projection_apply(projection, resource, type, pool), NULL, pool);
    if (!json_equal(resource, parse(text))) {
        return "the resource was changed";
    }
    return result;
}

/* Without the members that are in every view. */
static const char *rest(const char *attributes, const char *excluded)
{
    const char *text = view(user, user_type, attributes, excluded);
    apr_size_t length = strlen("{" MINIMUM);

    if (strncmp(text, "{" MINIMUM, length) != 0) {
        return text;
    }
    return text[length] == ',' ? text + length + 1 : text + length;
}

static void defaults(void)
{
    is(rest(NULL, NULL),
       "\"externalId\":\"bj\",\"userName\":\"bjensen\","
       "\"name\":{\"familyName\":\"Jensen\",\"givenName\":\"Barbara\"},\"active\":true,"
       "\"emails\":[{\"value\":\"b@example.com\",\"type\":\"work\",\"primary\":true},"
       "{\"type\":\"home\"}],\"groups\":[{\"value\":\"e9e30dba\",\"display\":\"Tour Guides\"}],"
       "\"" ENTERPRISE "\":{\"employeeNumber\":\"701984\",\"manager\":{\"value\":\"26118915\","
       "\"displayName\":\"John Smith\"}},\"meta\":{\"resourceType\":\"User\","
       "\"version\":\"W/\\\"1\\\"\"}}",
       "the default view has all but the password");
}

static void attributes(void)
{
    static const struct {
        const char *list, *expected, *name;
    } rows[] = {
        {"userName", "\"userName\":\"bjensen\"}", "RFC 7644 3.9, the example"},
        {"USERNAME", "\"userName\":\"bjensen\"}", "RFC 7644 3.10: names in any case"},
        {" userName , active ", "\"userName\":\"bjensen\",\"active\":true}", "blanks"},
        {"active,userName", "\"userName\":\"bjensen\",\"active\":true}",
         "the order is the resource's"},
        {"userName,userName", "\"userName\":\"bjensen\"}", "a name twice"},
        {"name", "\"name\":{\"familyName\":\"Jensen\",\"givenName\":\"Barbara\"}}",
         "a complex attribute"},
        {"name.givenName", "\"name\":{\"givenName\":\"Barbara\"}}",
         "a sub-attribute brings its parent"},
        {"name.givenName,name.familyName",
         "\"name\":{\"familyName\":\"Jensen\",\"givenName\":\"Barbara\"}}",
         "two sub-attributes"},
        {"name.givenName,name",
         "\"name\":{\"familyName\":\"Jensen\",\"givenName\":\"Barbara\"}}",
         "a sub-attribute and its parent"},
        {"emails.value", "\"emails\":[{\"value\":\"b@example.com\"}]}",
         "a sub-attribute of a multi-valued attribute; elements without it are left out"},
        {"name.middleName", "}", "a sub-attribute that is unassigned"},
        {"emails.display", "}", "no element has it"},
        {"title", "}", "an attribute that is unassigned"},
        {"password", "}", "RFC 7643 7: never is never, even when asked for"},
        {"nonsense", "}", "an unknown attribute"},
        {"nonsense.value,emails.nonsense,urn:no:such:1.0:thing,userName.x", "}",
         "unknown in all notations"},
        {"meta.version", "\"meta\":{\"version\":\"W/\\\"1\\\"\"}}", "meta"},
        {"groups", "\"groups\":[{\"value\":\"e9e30dba\",\"display\":\"Tour Guides\"}]}",
         "a read-only attribute"},
        {ENTERPRISE ":employeeNumber", "\"" ENTERPRISE "\":{\"employeeNumber\":\"701984\"}}",
         "an attribute of an extension"},
        {ENTERPRISE ":manager.value",
         "\"" ENTERPRISE "\":{\"manager\":{\"value\":\"26118915\"}}}",
         "a sub-attribute in an extension"},
        {ENTERPRISE,
         "\"" ENTERPRISE "\":{\"employeeNumber\":\"701984\",\"manager\":{\"value\":"
         "\"26118915\",\"displayName\":\"John Smith\"}}}",
         "all of an extension"},
        {"urn:scim:schemas:extension:enterprise:1.0:employeeNumber",
         "\"" ENTERPRISE "\":{\"employeeNumber\":\"701984\"}}", "an obsolete URN"},
        {"employeeNumber", "}", "an extension's attribute needs its URN"},
        {"urn:ietf:params:scim:schemas:core:2.0:User:userName", "\"userName\":\"bjensen\"}",
         "a core attribute with its URN"},
        {"urn:ietf:params:scim:schemas:core:2.0:User:name.givenName",
         "\"name\":{\"givenName\":\"Barbara\"}}", "RFC 7644 3.10: fully qualified"},
        {"urn:ietf:params:scim:schemas:core:2.0:User",
         "\"userName\":\"bjensen\",\"name\":{\"familyName\":\"Jensen\",\"givenName\":"
         "\"Barbara\"},\"active\":true,\"emails\":[{\"value\":\"b@example.com\",\"type\":"
         "\"work\",\"primary\":true},{\"type\":\"home\"}],\"groups\":[{\"value\":\"e9e30dba\","
         "\"display\":\"Tour Guides\"}]}",
         "all of the core schema"},
        {"id", "}", "id is there anyhow"},
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(rest(rows[i].list, NULL), rows[i].expected, rows[i].name);
    }
}

static void excluded(void)
{
    static const struct {
        const char *list, *expected, *name;
    } rows[] = {
        {"externalId,name,active,emails,groups,meta," ENTERPRISE, "\"userName\":\"bjensen\"}",
         "attributes and an extension"},
        {"id,schemas,externalId,userName,name,active,emails,groups,meta," ENTERPRISE, "}",
         "RFC 7644 3.4.2.5: no effect on what is always returned"},
        {"externalId,name.givenName,active,emails.value,emails.primary,groups,meta," ENTERPRISE
         ":manager",
         "\"userName\":\"bjensen\",\"name\":{\"familyName\":\"Jensen\"},"
         "\"emails\":[{\"type\":\"work\"},{\"type\":\"home\"}],"
         "\"" ENTERPRISE "\":{\"employeeNumber\":\"701984\"}}",
         "sub-attributes and an extension's attribute"},
        {"externalId,name.givenName,name.familyName,active,emails,groups,meta," ENTERPRISE
         ":manager," ENTERPRISE ":employeeNumber",
         "\"userName\":\"bjensen\"}", "nothing is left of a parent and an extension"},
        {"urn:ietf:params:scim:schemas:core:2.0:User,externalId," ENTERPRISE,
         "\"meta\":{\"resourceType\":\"User\",\"version\":\"W/\\\"1\\\"\"}}",
         "the core schema"},
        {"nonsense,externalId,name,active,emails,groups,meta," ENTERPRISE,
         "\"userName\":\"bjensen\"}", "an unknown attribute"},
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(rest(NULL, rows[i].list), rows[i].expected, rows[i].name);
    }
}

#define ALL                                                                                    \
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\",\"" URN "\"],\"id\":\"1\""
#define BADGE "\"badge\":{\"number\":\"1\"}"

/* RFC 7643 7, `returned`: each keyword with each way of asking. */
static void returned(void)
{
    static const struct {
        const char *attributes, *excluded, *expected, *name;
    } rows[] = {
        {NULL, NULL,
         ALL ",\"userName\":\"x\",\"" URN "\":{\"tag\":\"t\",\"note\":\"n\",\"keys\":"
             "[{\"value\":\"v\",\"serial\":\"s\"},{\"value\":\"w\"}]," BADGE "}}",
         "by default: always and default"},
        {"userName", NULL, ALL ",\"userName\":\"x\",\"" URN "\":{\"tag\":\"t\"," BADGE "}}",
         "always, though something else is asked for"},
        {URN ":costly", NULL, ALL ",\"" URN "\":{\"tag\":\"t\",\"costly\":\"c\"," BADGE "}}",
         "request, when asked for"},
        {URN, NULL,
         ALL ",\"" URN "\":{\"tag\":\"t\",\"note\":\"n\",\"keys\":"
             "[{\"value\":\"v\",\"serial\":\"s\"},{\"value\":\"w\"}]," BADGE "}}",
         "request, though its extension is asked for"},
        {URN ":hash," URN ":keys.secret", NULL,
         ALL ",\"" URN "\":{\"tag\":\"t\",\"keys\":[{\"serial\":\"s\"}]," BADGE "}}",
         "never, though asked for"},
        {URN ":keys.value", NULL,
         ALL ",\"" URN "\":{\"tag\":\"t\",\"keys\":[{\"value\":\"v\",\"serial\":\"s\"},"
             "{\"value\":\"w\"}]," BADGE "}}",
         "a sub-attribute, and the one beside it that is always returned"},
        {URN ":keys.raw", NULL,
         ALL ",\"" URN "\":{\"tag\":\"t\",\"keys\":[{\"serial\":\"s\",\"raw\":\"r\"}]," BADGE
             "}}",
         "a sub-attribute on request"},
        {URN ":badge.photo", NULL,
         ALL ",\"" URN "\":{\"tag\":\"t\",\"badge\":{\"number\":\"1\",\"photo\":\"f\"}}}",
         "a sub-attribute on request of a parent that is always returned"},
        {NULL, URN ":tag," URN ":badge," URN ":badge.number," URN ":keys.serial",
         ALL ",\"userName\":\"x\",\"" URN "\":{\"tag\":\"t\",\"note\":\"n\",\"keys\":"
             "[{\"value\":\"v\",\"serial\":\"s\"},{\"value\":\"w\"}]}}",
         "always, though excluded; a sub-attribute of it may go"},
        {NULL, URN, ALL ",\"userName\":\"x\",\"" URN "\":{\"tag\":\"t\"," BADGE "}}",
         "always, though its extension is excluded"},
        {NULL, "userName",
         ALL ",\"" URN "\":{\"tag\":\"t\",\"note\":\"n\",\"keys\":"
             "[{\"value\":\"v\",\"serial\":\"s\"},{\"value\":\"w\"}]," BADGE "}}",
         "request is not brought by excluding something else"},
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(view(shown, other_type, rows[i].attributes, rows[i].excluded), rows[i].expected,
           rows[i].name);
    }
}

static const char *many(int count)
{
    const char *list = "userName";

    while (--count) {
        list = apr_pstrcat(pool, list, ",x", NULL);
    }
    return list;
}

static void errors(void)
{
    static const char *const malformed[] = {
        "",
        ",",
        "userName,",
        ",userName",
        "userName,,active",
        "user name",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails.",
        ".value",
        "emails..value",
        "emails.value.x",
        "\"userName\"",
        "1name",
        "urn:a b:x",
        "urn:x:",
        "name/x",
    };
    scim_reading_t reading = {.type = user_type};
    scim_projection_t *projection = (scim_projection_t *)&reading;
    unsigned int i;

    is_error(scim_projection_parse(&projection, "id", "id", &reading, pool), 400,
             "invalidValue", "exclude each other", "RFC 7644 3.9: mutually exclusive");
    for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        is_error(scim_projection_parse(&projection, malformed[i], NULL, &reading, pool), 400,
                 "invalidPath", NULL, apr_psprintf(pool, "malformed: %s", malformed[i]));
    }
    is_error(scim_projection_parse(&projection, NULL, "emails[value pr]", &reading, pool), 400,
             "invalidPath", "excludedAttributes", "the parameter is named");
    is_error(scim_projection_parse(&projection,
                                   memset(apr_pcalloc(pool, SCIM_MAX_PATH_LENGTH + 2), 'x',
                                          SCIM_MAX_PATH_LENGTH + 1),
                                   NULL, &reading, pool),
             400, "invalidPath", "2049 bytes", "a name longer than a path may be");
    is_fine(scim_projection_parse(&projection, many(SCIM_MAX_PROJECTION), NULL, &reading, pool),
            "as many names as allowed");
    is_error(
        scim_projection_parse(&projection, many(SCIM_MAX_PROJECTION + 1), NULL, &reading, pool),
        400, "invalidValue", "more than 256", "one more");
    reading.leniency = SCIM_LENIENT_QUERY;
    is_fine(scim_projection_parse(&projection, "userName,,active,", NULL, &reading, pool),
            "empty names with a leniency");
}

static const scim_attribute_t *find(const char *name)
{
    return scim_resource_type_attribute(user_type, name, strlen(name));
}

static void wants(void)
{
    scim_reading_t reading = {.type = user_type,
                              .notes = apr_array_make(pool, 1, sizeof(char *))};
    scim_projection_t *projection = NULL;

    ok(scim_projection_wants(NULL, find("groups")), "the default view wants groups");
    ok(!scim_projection_wants(NULL, find("password")), "but not the password");
    (void)scim_projection_parse(&projection, "groups.value,nonsense", NULL, &reading, pool);
    ok(scim_projection_wants(projection, find("groups")), "asked for by a sub-attribute");
    ok(!scim_projection_wants(projection, find("emails")), "not asked for");
    ok(scim_projection_wants(projection, find("id")), "always wanted");
    is_int(reading.notes->nelts, 1, "the unknown attribute is noted");
    (void)scim_projection_parse(&projection, NULL, "groups,emails.value", &reading, pool);
    ok(!scim_projection_wants(projection, find("groups")), "excluded");
    ok(scim_projection_wants(projection, find("emails")), "excluded in part");
    ok(scim_projection_wants(projection, find("name")), "not excluded");
}

static int leaves_out(const char *attributes, const char *excluded,
                      const scim_resource_type_t *type)
{
    scim_reading_t reading = {.type = type};
    scim_projection_t *projection = NULL;

    reading.notes = apr_array_make(pool, 4, sizeof(const char *));
    (void)scim_projection_parse(&projection, attributes, excluded, &reading, pool);
    return scim_projection_leaves_out(projection, find("groups"), user_type);
}

/* Views that are the default one but for an attribute that no document has. */
static void all_but_one(void)
{
    ok(leaves_out(NULL, "groups", user_type), "only groups are left out");
    ok(leaves_out(NULL, "groups.display,nonsense,groups", user_type), "parts of them");
    ok(leaves_out(NULL, "nonsense", user_type), "nothing is left out");
    ok(!leaves_out(NULL, "groups,name", user_type), "something else is, too");
    ok(!leaves_out(NULL, "name.givenName", user_type), "a part of something else");
    ok(!leaves_out(NULL, ENTERPRISE, user_type), "an extension");
    ok(!leaves_out("groups", NULL, user_type), "the opposite");
    ok(!leaves_out(NULL, "groups", NULL), "names that were not looked up in this type");
}

/* A query over all types looks its names up for each resource. */
static void all_types(void)
{
    scim_reading_t reading = {.type = NULL};
    const scim_resource_type_t *group = scim_schemas_type(schemas, "Group");
    scim_projection_t *projection = NULL;
    json_t *resource =
        parse("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],"
              "\"id\":\"1\",\"displayName\":\"a\",\"members\":[{\"value\":\"2\"}]}");

    is_fine(scim_projection_parse(&projection, "userName,displayName,x", NULL, &reading, pool),
            "names of several types");
    is(scim_json_text(scim_projection_apply(projection, parse(user), user_type, pool), NULL,
                      pool),
       "{" MINIMUM ",\"userName\":\"bjensen\"}", "a user");
    is(scim_json_text(scim_projection_apply(projection, resource, group, pool), NULL, pool),
       "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"id\":\"1\","
       "\"displayName\":\"a\"}",
       "a group");
    ok(scim_projection_wants(projection, find("groups")), "any attribute may be wanted");
    ok(!scim_projection_wants(projection, find("password")), "but for those never returned");
    is_error(scim_projection_parse(&projection, "user name", NULL, &reading, pool), 400,
             "invalidPath", "attributes", "malformed, without a type");
}

/* What a store has of an extension that is configured no more. */
static void forgotten(void)
{
    is(view("{\"schemas\":[\"urn:x\"],\"id\":\"1\",\"userName\":\"x\",\"urn:gone:1.0\":{\"a\":"
            "1},\"b\":"
            "2}",
            user_type, NULL, NULL),
       "{\"schemas\":[\"urn:x\"],\"id\":\"1\",\"userName\":\"x\"}",
       "what no schema has is not shown");
}

int main(void)
{
    pool = tap_start();
    if (!is_fine(scim_schemas_create(&schemas, pool), "the schemas")
        || !is_fine(scim_schemas_add(schemas, shown_schema, strlen(shown_schema)),
                    "one more schema")
        || !is_fine(scim_schemas_add_type(schemas, shown_type, strlen(shown_type)),
                    "one more type")) {
        return 1;
    }
    user_type = scim_schemas_type(schemas, "User");
    other_type = scim_schemas_type(schemas, "Shown");
    defaults();
    attributes();
    excluded();
    returned();
    errors();
    wants();
    all_but_one();
    all_types();
    forgotten();
    return tap_done();
}
