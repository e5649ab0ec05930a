#include "core/schema.h"

#include "core/limits.h"
#include "attributes.h"

static const char *sub_names(const char *urn, const char *name)
{
    const scim_attribute_t *attribute = find(urn, name, NULL);

    return attribute ? names(&attribute->attributes) : NULL;
}

static void attribute_lists(void)
{
    static const struct {
        const char *urn, *attribute, *expected, *section;
    } rows[] = {
        {NULL, "meta", "resourceType created lastModified location version", "3.1"},
        {SCIM_URN_USER, "name",
         "formatted familyName givenName middleName honorificPrefix honorificSuffix", "4.1.1"},
        {SCIM_URN_USER, "emails", "value display type primary", "4.1.2"},
        {SCIM_URN_USER, "phoneNumbers", "value display type primary", "4.1.2"},
        {SCIM_URN_USER, "ims", "value display type primary", "4.1.2"},
        {SCIM_URN_USER, "photos", "value display type primary", "4.1.2"},
        {SCIM_URN_USER, "addresses",
         "formatted streetAddress locality region postalCode country type primary", "4.1.2"},
        {SCIM_URN_USER, "groups", "value $ref display type", "4.1.2"},
        {SCIM_URN_USER, "entitlements", "value display type primary", "4.1.2"},
        {SCIM_URN_USER, "roles", "value display type primary", "4.1.2"},
        {SCIM_URN_USER, "x509Certificates", "value display type primary", "4.1.2"},
        {SCIM_URN_GROUP, "members", "value $ref display type", "4.2"},
        {SCIM_URN_ENTERPRISE_USER, "manager", "value $ref displayName", "4.3"},
        {SCIM_URN_CONFIG, "bulk", "supported maxOperations maxPayloadSize", "5"},
        {SCIM_URN_CONFIG, "filter", "supported maxResults", "5"},
        {SCIM_URN_CONFIG, "pagination",
         "cursor index defaultPaginationMethod defaultPageSize maxPageSize cursorTimeout",
         "5 and RFC 9865 4"},
        {SCIM_URN_CONFIG, "authenticationSchemes",
         "type name description specUri documentationUri primary", "5"},
        {SCIM_URN_RESOURCE_TYPE, "schemaExtensions", "schema required", "6"},
        {SCIM_URN_SCHEMA, "attributes",
         "name type multiValued description required canonicalValues caseExact mutability "
         "returned uniqueness referenceTypes subAttributes",
         "7"},
    };
    static const struct {
        const char *urn, *expected, *section;
    } schemas_of[] = {
        {SCIM_URN_USER,
         "userName name displayName nickName profileUrl title userType preferredLanguage "
         "locale "
         "timezone active password emails phoneNumbers ims photos addresses groups "
         "entitlements roles x509Certificates",
         "4.1"},
        {SCIM_URN_GROUP, "displayName members", "4.2"},
        {SCIM_URN_ENTERPRISE_USER,
         "employeeNumber costCenter organization division department manager", "4.3"},
        {SCIM_URN_CONFIG,
         "documentationUri patch bulk filter changePassword sort etag pagination "
         "authenticationSchemes",
         "5"},
        {SCIM_URN_RESOURCE_TYPE, "id name description endpoint schema schemaExtensions", "6"},
        {SCIM_URN_SCHEMA, "id name description attributes", "7"},
    };
    apr_size_t i;

    is(names(&schemas->common), "schemas id externalId meta", "RFC 7643 3.1: the attributes");
    for (i = 0; i < sizeof(schemas_of) / sizeof(schemas_of[0]); i++) {
        const scim_schema_t *schema = scim_schemas_find(schemas, schemas_of[i].urn);

        is(schema ? names(&schema->attributes) : NULL, schemas_of[i].expected,
           apr_psprintf(pool, "RFC 7643 %s: the attributes", schemas_of[i].section));
    }
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(sub_names(rows[i].urn, rows[i].attribute), rows[i].expected,
           apr_psprintf(pool, "RFC 7643 %s: the sub-attributes of %s", rows[i].section,
                        rows[i].attribute));
    }
}

static void attribute_characteristics(void)
{
    static const struct {
        const char *urn, *name, *sub, *expected, *section;
    } rows[] = {
        {NULL, "schemas", NULL, "string many required always", "3"},
        {NULL, "id", NULL, "string exact readOnly always server", "3.1"},
        {NULL, "externalId", NULL, "string exact", "3.1"},
        {NULL, "meta", NULL, "complex readOnly", "3.1"},
        {NULL, "meta", "resourceType", "string exact readOnly", "3.1"},
        {NULL, "meta", "created", "dateTime readOnly", "3.1"},
        {NULL, "meta", "location", "reference exact readOnly", "3.1"},
        {NULL, "meta", "version", "string exact readOnly", "3.1"},
        {SCIM_URN_USER, "userName", NULL, "string required server", "4.1.1"},
        {SCIM_URN_USER, "name", NULL, "complex", "4.1.1"},
        {SCIM_URN_USER, "profileUrl", NULL, "reference exact", "4.1.1"},
        {SCIM_URN_USER, "active", NULL, "boolean", "4.1.1"},
        {SCIM_URN_USER, "password", NULL, "string writeOnly never", "4.1.1"},
        {SCIM_URN_USER, "emails", NULL, "complex many", "4.1.2"},
        {SCIM_URN_USER, "emails", "primary", "boolean", "2.4"},
        {SCIM_URN_USER, "photos", "value", "reference exact", "4.1.2"},
        {SCIM_URN_USER, "addresses", "primary", "boolean", "2.4"},
        {SCIM_URN_USER, "groups", NULL, "complex many readOnly", "4.1.2"},
        {SCIM_URN_USER, "groups", "$ref", "reference exact readOnly", "4.1.2"},
        {SCIM_URN_USER, "x509Certificates", "value", "binary exact", "2.3.6"},
        {SCIM_URN_GROUP, "displayName", NULL, "string required", "4.2"},
        {SCIM_URN_GROUP, "members", NULL, "complex many", "4.2"},
        {SCIM_URN_GROUP, "members", "value", "string immutable", "4.2"},
        {SCIM_URN_GROUP, "members", "$ref", "reference exact immutable", "4.2"},
        {SCIM_URN_ENTERPRISE_USER, "manager", "value", "string", "4.3"},
        {SCIM_URN_ENTERPRISE_USER, "manager", "displayName", "string readOnly", "4.3"},
        {SCIM_URN_CONFIG, "patch", NULL, "complex required readOnly", "5"},
        {SCIM_URN_CONFIG, "bulk", "maxOperations", "integer required readOnly", "5"},
        {SCIM_URN_CONFIG, "authenticationSchemes", NULL, "complex many required readOnly", "5"},
        {SCIM_URN_CONFIG, "authenticationSchemes", "type", "string required readOnly", "5"},
        {SCIM_URN_RESOURCE_TYPE, "schemaExtensions", NULL, "complex many readOnly", "6"},
        {SCIM_URN_RESOURCE_TYPE, "schema", NULL, "reference required exact readOnly", "6"},
        {SCIM_URN_SCHEMA, "attributes", "subAttributes", "complex many readOnly", "7"},
        {SCIM_URN_SCHEMA, "attributes", "canonicalValues", "string many exact readOnly", "7"},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(characteristics(find(rows[i].urn, rows[i].name, rows[i].sub)), rows[i].expected,
           apr_psprintf(pool, "RFC 7643 %s: %s%s%s", rows[i].section, rows[i].name,
                        rows[i].sub ? "." : "", rows[i].sub ? rows[i].sub : ""));
    }
}

/* The first attribute of a served list that leaves a characteristic out, or has one it cannot
 * have. */
static const char *incomplete(const json_t *list)
{
    static const char *const due[] = {"name",        "type",     "multiValued",
                                      "description", "required", "caseExact",
                                      "mutability",  "returned", "uniqueness"};
    json_t *attribute;
    size_t i, j;

    json_array_foreach((json_t *)list, i, attribute)
    {
        const char *type = json_string_value(json_object_get(attribute, "type"));
        const char *below = incomplete(json_object_get(attribute, "subAttributes"));

        for (j = 0; j < sizeof(due) / sizeof(due[0]); j++) {
            if (json_object_get(attribute, due[j]) == NULL) {
                return json_string_value(json_object_get(attribute, "name"));
            }
        }
        if (below) {
            return below;
        }
        if ((strcmp(type, "reference") == 0)
            != (json_object_get(attribute, "referenceTypes") != NULL)) {
            return json_string_value(json_object_get(attribute, "name"));
        }
    }
    return NULL;
}

static void served_texts(void)
{
    int i;

    is_int(schemas->schemas->nelts, 6, "/Schemas lists six schemas");
    for (i = 0; i < schemas->schemas->nelts; i++) {
        const scim_schema_t *schema = APR_ARRAY_IDX(schemas->schemas, i, const scim_schema_t *);
        json_t *served = NULL;

        is_fine(scim_json_parse(&served, schema->text, strlen(schema->text), pool),
                apr_psprintf(pool, "%s: its text is JSON", schema->name));
        is(scim_json_text(json_object_get(served, "schemas"), NULL, pool),
           "[\"" SCIM_URN_SCHEMA "\"]", "RFC 7643 7: with the URN of schemas");
        is(json_string_value(json_object_get(served, "id")), schema->id, "with its own");
        is(incomplete(json_object_get(served, "attributes")), NULL,
           "every attribute has all its characteristics");
    }
    is(APR_ARRAY_IDX(schemas->resource_types, 0, const scim_resource_type_t *)->text,
       "{\"schemas\":[\"" SCIM_URN_RESOURCE_TYPE "\"],\"id\":\"User\",\"name\":\"User\","
       "\"endpoint\":\"/Users\",\"description\":\"People with an account.\","
       "\"schema\":\"" SCIM_URN_USER "\",\"schemaExtensions\":"
       "[{\"schema\":\"" SCIM_URN_ENTERPRISE_USER "\",\"required\":false}]}",
       "RFC 7643 6: the resource type User as it is served");
}

static void resource_types(void)
{
    const scim_resource_type_t *user = scim_schemas_type(schemas, "uSER");
    const scim_resource_type_t *group = scim_schemas_endpoint(schemas, "/Groups");

    is_int(schemas->resource_types->nelts, 2, "two resource types");
    ok(user && user->schema == scim_schemas_find(schemas, SCIM_URN_USER), "User, in any case");
    ok(group && group->schema == scim_schemas_find(schemas, SCIM_URN_GROUP),
       "Group, by endpoint");
    ok(scim_schemas_type(schemas, "Device") == NULL, "no Device");
    ok(scim_schemas_endpoint(schemas, "/groups") == NULL, "paths are case sensitive");
    ok(scim_schemas_endpoint(schemas, "Groups") == NULL, "and begin with a slash");
    is_int(user->extension_count, 1, "User has an extension");
    is(user->extensions[0].schema->id, SCIM_URN_ENTERPRISE_USER, "which is EnterpriseUser");
    ok(!user->extensions[0].required, "and not required");
    ok(user->extensions[0].schema->extension && !user->schema->extension,
       "extensions know that they are");
    ok(user->plain && group->plain, "both are plain: a password is not in a document");
    is(user->endpoint, "/Users", "its endpoint");
    is(user->id, "User", "its id");
}

static void finding(void)
{
    const scim_resource_type_t *user = scim_schemas_type(schemas, "User");
    const scim_attribute_t *manager = find(SCIM_URN_ENTERPRISE_USER, "manager", "value");
    char name[SCIM_MAX_NAME_LENGTH + 2];

    ok(scim_schemas_find(schemas, "URN:IETF:params:scim:SCHEMAS:core:2.0:user") == user->schema,
       "schemas by URN in any case");
    ok(scim_schemas_find(schemas, "urn:ietf:params:scim:schemas:core:2.0") == NULL,
       "no part of a URN");
    ok(find(SCIM_URN_USER, "USERNAME", NULL) == find(SCIM_URN_USER, "userName", NULL),
       "RFC 7643 2.1: attribute names in any case");
    ok(scim_attributes_find(&user->schema->attributes, exact("userNameX"), 8)
           == find(SCIM_URN_USER, "userName", NULL),
       "just so many bytes of a name");
    ok(find(SCIM_URN_USER, "user", NULL) == NULL, "no part of a name");
    ok(scim_attributes_find(&user->schema->attributes, exact(""), 0) == NULL, "no empty name");
    memset(name, 'a', sizeof(name));
    ok(scim_attributes_find(&user->schema->attributes, exact_bytes(name, sizeof(name)),
                            sizeof(name))
           == NULL,
       "no name beyond the limit");
    ok(scim_attributes_find(&find(SCIM_URN_USER, "title", NULL)->attributes, exact("a"), 1)
           == NULL,
       "nothing in a simple attribute");
    ok(scim_resource_type_attribute(user, exact("EXTERNALID"), 10)
           == find(NULL, "externalId", NULL),
       "common attributes of a type");
    ok(scim_resource_type_attribute(user, exact("title"), 5)
           == find(SCIM_URN_USER, "title", NULL),
       "core attributes of a type");
    ok(scim_resource_type_attribute(user, exact("department"), 10) == NULL,
       "not those of extensions");
    is(scim_attribute_path(find(SCIM_URN_USER, "name", "givenName"), pool), "name.givenName",
       "RFC 7644 3.10: the path of a core attribute");
    is(scim_attribute_path(manager, pool), SCIM_URN_ENTERPRISE_USER ":manager.value",
       "RFC 7644 3.10: the path of an extension's attribute");
    is(scim_attribute_path(find(NULL, "meta", "version"), pool), "meta.version",
       "the path of a common attribute");
    ok(manager->parent == find(SCIM_URN_ENTERPRISE_USER, "manager", NULL)
           && manager->schema == user->extensions[0].schema,
       "sub-attributes know where they belong");
    is(find(SCIM_URN_USER, "emails", "type")->canonical_values[2], "other",
       "canonical values, in order");
    ok(find(SCIM_URN_USER, "emails", "type")->canonical_values[3] == NULL, "and an end");
    ok(find(SCIM_URN_USER, "roles", "type")->canonical_values == NULL, "or none at all");
}

static const char *schema_of(const char *type, const char *urn, scim_leniency_t leniency)
{
    const scim_schema_t *schema = scim_resource_type_schema(scim_schemas_type(schemas, type),
                                                            exact(urn), strlen(urn), leniency);

    return schema ? schema->name : NULL;
}

static void urns(void)
{
    static const struct {
        const char *type, *urn, *strict, *lenient;
    } rows[] = {
        {"User", SCIM_URN_USER, "User", "User"},
        {"User", "URN:ietf:params:scim:schemas:CORE:2.0:user", "User", "User"},
        {"User", SCIM_URN_ENTERPRISE_USER, "EnterpriseUser", "EnterpriseUser"},
        {"User", SCIM_URN_GROUP, NULL, NULL},
        {"Group", SCIM_URN_GROUP, "Group", "Group"},
        {"Group", SCIM_URN_ENTERPRISE_USER, NULL, NULL},
        {"User", "urn:scim:schemas:core:1.0", NULL, "User"},
        {"Group", "urn:scim:schemas:core:1.0", NULL, "Group"},
        {"User", "urn:scim:schemas:core:2.0", NULL, "User"},
        {"User", "URN:SCIM:schemas:core:2.0:USER", NULL, "User"},
        {"User", "urn:scim:schemas:core:2.0:Group", NULL, NULL},
        {"User", "urn:ietf:params:scim:schemas:core:2.0", NULL, "User"},
        {"User", "urn:scim:schemas:extension:enterprise:1.0", NULL, "EnterpriseUser"},
        {"User", "urn:scim:schemas:extension:enterprise:2.0", NULL, "EnterpriseUser"},
        {"User", "urn:scim:schemas:extension:enterprise:2.0:User", NULL, "EnterpriseUser"},
        {"User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0", NULL,
         "EnterpriseUser"},
        {"Group", "urn:scim:schemas:extension:enterprise:1.0", NULL, NULL},
        {"User", "urn:scim:schemas:core:2.0:User:userName", NULL, NULL},
        {"User", "urn:scim:schemas:core:2.0:", NULL, NULL},
        {"User", "urn:scim:schemas:core:2", NULL, NULL},
        {"User", "urn:acme:2.0", NULL, NULL},
        {"User", "", NULL, NULL},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(schema_of(rows[i].type, rows[i].urn, 0), rows[i].strict,
           apr_psprintf(pool, "%s knows %s", rows[i].type, rows[i].urn));
        is(schema_of(rows[i].type, rows[i].urn, SCIM_LENIENT_URN), rows[i].lenient,
           "and if lenient");
    }
}

int main(void)
{
    pool = tap_start();
    if (!is_fine(scim_schemas_create(&schemas, pool), "the embedded schemas are valid")) {
        return tap_done();
    }
    attribute_lists();
    attribute_characteristics();
    served_texts();
    resource_types();
    finding();
    urns();
    return tap_done();
}
