/*
 * samples.h - the schemas that fuzz targets read with, the leniencies they read with, and a
 * resource of each type to apply filters, paths and patches to.
 */
#ifndef FUZZ_SAMPLES_H
#define FUZZ_SAMPLES_H

#include "../unit/schemas.h"
#include "core/resource.h"
#include "fuzz.h"

#define ASSET_URN "urn:example:schemas:2.0:Asset"
#define LEASE_URN "urn:example:schemas:extension:2.0:Lease"

/* A resource type with what Device has not: every mutability, what is required, and lists in
   complex attributes. */
static const char *const asset_schemas[] = {
    "{'id':'" ASSET_URN "','attributes':["
    "{'name':'label','required':true,'canonicalValues':['a','b']},"
    "{'name':'serial','mutability':'immutable'},"
    "{'name':'state','mutability':'readOnly'},"
    "{'name':'pin','mutability':'writeOnly'},"
    "{'name':'hint','returned':'request'},"
    "{'name':'mark','returned':'always'},"
    "{'name':'marks','multiValued':true,'mutability':'immutable'},"
    "{'name':'codes','multiValued':true,'caseExact':true},"
    "{'name':'origin','type':'complex','mutability':'immutable','subAttributes':["
    "{'name':'country'},{'name':'city'}]},"
    "{'name':'spec','type':'complex','subAttributes':["
    "{'name':'code','required':true},{'name':'lot','mutability':'immutable'},"
    "{'name':'seen','mutability':'readOnly'},{'name':'words','multiValued':true}]},"
    "{'name':'seals','type':'complex','multiValued':true,'mutability':'immutable',"
    "'subAttributes':[{'name':'value'},{'name':'note'}]},"
    "{'name':'owners','type':'complex','multiValued':true,'required':true,'subAttributes':["
    "{'name':'value','required':true},{'name':'type'},{'name':'primary','type':'boolean'},"
    "{'name':'since','type':'dateTime','mutability':'immutable'},"
    "{'name':'seen','mutability':'readOnly','returned':'always'},"
    "{'name':'share','type':'decimal'},{'name':'notes','multiValued':true}]}]}",
    "{'id':'" LEASE_URN "','attributes':["
    "{'name':'site','required':true},{'name':'lot','mutability':'immutable'},"
    "{'name':'lines','type':'complex','multiValued':true,'subAttributes':["
    "{'name':'value'},{'name':'type'},{'name':'primary','type':'boolean'}]}]}",
};

static const char asset_type[] =
    "{'name':'Asset','endpoint':'/Assets','schema':'" ASSET_URN "',"
    "'schemaExtensions':[{'schema':'" LEASE_URN "','required':true}]}";

typedef struct sample_t {
    const char *type;
    const char *resource;
} sample_t;

static const sample_t samples[] = {
    {"User",
     "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER
     "\"],\"id\":\"0197f1ab\","
     "\"externalId\":\"Ext\",\"userName\":\"bjensen@example.com\",\"name\":{\"familyName\":"
     "\"O'Malley\",\"givenName\":\"B\xc3\xa4rbara\"},\"title\":\"Tour Guide\",\"userType\":"
     "\"Employee\",\"active\":true,\"emails\":[{\"value\":\"bjensen@example.com\",\"type\":"
     "\"work\",\"primary\":true},{\"value\":\"babs@jensen.org\",\"type\":\"home\"}],"
     "\"addresses\":[{\"type\":\"work\",\"streetAddress\":\"100 Universal City Plaza\"}],"
     "\"meta\":{\"resourceType\":\"User\",\"created\":\"2010-01-23T04:56:22Z\","
     "\"lastModified\":"
     "\"2011-05-13T04:42:34Z\"},\"" SCIM_URN_ENTERPRISE_USER
     "\":{\"employeeNumber\":\"701984\",\"manager\":{\"value\":\"26118915\"}}}"},
    {"Group",
     "{\"schemas\":[\"" SCIM_URN_GROUP
     "\"],\"id\":\"0197f1ac\",\"displayName\":\"Tour Guides\","
     "\"members\":[{\"value\":\"2819c223\",\"display\":\"Babs\"},{\"value\":\"902c246b\"}],"
     "\"meta\":{\"resourceType\":\"Group\"}}"},
    {"Device",
     "{\"schemas\":[\"" DEVICE_URN "\"],\"id\":\"0197f1ad\",\"label\":\"Printer\",\"serial\":"
     "\"aB\",\"on\":false,\"weight\":1.5,\"ports\":3,\"bought\":\"2020-02-29T12:00:00Z\","
     "\"key\":"
     "\"YQ==\",\"manual\":\"https://e/"
     "M\",\"tags\":[\"red\",\"blue\"],\"sizes\":[3,7],\"place\":"
     "{\"room\":\"B1\",\"floor\":-1},\"parts\":[{\"name\":\"drum\",\"count\":1}],\"" SITE_URN
     "\":{\"label\":\"North\",\"rows\":[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\"}]}"
     "}"},
    {"Asset",
     "{\"schemas\":[\"" ASSET_URN "\",\"" LEASE_URN "\"],\"id\":\"0197f1ae\",\"label\":\"a\","
     "\"serial\":\"1\",\"state\":\"new\",\"pin\":\"0\",\"hint\":\"h\",\"mark\":\"m\",\"marks\":"
     "["
     "\"x\",\"y\"],\"codes\":[\"k\",\"K\"],\"origin\":{\"country\":\"SE\",\"city\":"
     "\"Ume\xc3\xa5\"},"
     "\"spec\":{\"code\":\"c\",\"lot\":\"l\",\"seen\":\"s\",\"words\":[\"one\",\"two\"]},"
     "\"seals\":[{\"value\":\"1\",\"note\":\"n\"}],\"owners\":[{\"value\":\"o\",\"type\":\"t\","
     "\"primary\":true,\"since\":\"2011-08-01T21:32:44Z\",\"share\":0.5,\"notes\":[\"n\"]},"
     "{\"value\":\"p\"}],\"" LEASE_URN "\":{\"site\":\"B\",\"lot\":\"7\",\"lines\":[{\"value\":"
     "\"1\",\"type\":\"t\",\"primary\":true},"
     "{\"value\":\"2\"}]}}"},
};

#define SAMPLES ((int)(sizeof(samples) / sizeof(samples[0])))

/* The text with double quotes. */
static inline const char *sample_quoted(const char *text)
{
    char *copy = apr_pstrdup(fuzz_root(), text), *at = copy;

    while ((at = strchr(at, '\'')) != NULL) {
        *at = '"';
    }
    return copy;
}

static inline void add_asset(scim_schemas_t *schemas)
{
    const char *text;
    size_t i;

    for (i = 0; i < sizeof(asset_schemas) / sizeof(asset_schemas[0]); i++) {
        text = sample_quoted(asset_schemas[i]);
        test_schemas_need(scim_schemas_add(schemas, text, strlen(text)));
    }
    text = sample_quoted(asset_type);
    test_schemas_need(scim_schemas_add_type(schemas, text, strlen(text)));
}

static inline const scim_schemas_t *sample_schemas(void)
{
    static scim_schemas_t *schemas;

    if (schemas == NULL) {
        schemas = test_schemas(fuzz_root());
        add_asset(schemas);
    }
    return schemas;
}

/* A reading for the type of a sample, or behind the last one, for queries over all types. */
static inline scim_reading_t sample_reading(int i, scim_leniency_t leniency)
{
    return test_reading(sample_schemas(), i < SAMPLES ? samples[i].type : NULL, leniency);
}

static inline const json_t *sample_resource(int i)
{
    static json_t *resources[SAMPLES];
    const char *text = samples[i].resource;

    if (resources[i] == NULL) {
        test_schemas_need(scim_json_parse(&resources[i], text, strlen(text), fuzz_root()));
    }
    return resources[i];
}

/* The same in canonical form: as it would be stored. */
static inline const json_t *sample_stored(int i)
{
    static json_t *stored[SAMPLES];

    if (stored[i] == NULL) {
        stored[i] =
            scim_resource_canonical(sample_resource(i), sample_reading(i, 0).type, fuzz_root());
    }
    return stored[i];
}

/* What only borrows samples leaves them as they are. */
static inline void sample_check_untouched(apr_pool_t *pool)
{
    static const char *texts[SAMPLES][2];
    int i;

    for (i = 0; i < SAMPLES; i++) {
        const char *resource = scim_json_text(sample_resource(i), NULL, pool);
        const char *stored = scim_json_text(sample_stored(i), NULL, pool);

        if (texts[i][0] == NULL) {
            texts[i][0] = samples[i].resource;
            texts[i][1] = scim_json_text(
                scim_resource_canonical(sample_resource(i), sample_reading(i, 0).type, pool),
                NULL, fuzz_root());
        }
        FUZZ_CHECK(strcmp(resource, texts[i][0]) == 0);
        FUZZ_CHECK(strcmp(stored, texts[i][1]) == 0);
    }
}

/* The leniencies to try: strict, those of each dialect, and all. */
#define SAMPLE_LENIENCIES 6

static inline scim_leniency_t sample_leniency(int i)
{
    static const char *const dialects[SAMPLE_LENIENCIES - 1] = {"strict", "auto", "onelogin",
                                                                "okta", "entra"};

    return i < SAMPLE_LENIENCIES - 1 ? scim_dialect_find(dialects[i])->leniency : TEST_LENIENT;
}

static inline int sample_same(const json_t *a, const json_t *b, apr_pool_t *pool)
{
    return strcmp(scim_json_text(a, NULL, pool), scim_json_text(b, NULL, pool)) == 0;
}

/* What every resource is that comes from a reader: in canonical form, and read by the strictest
   rules as what it is. */
static inline void sample_check_canonical(const json_t *resource, int i, apr_pool_t *pool)
{
    scim_reading_t strict = sample_reading(i, 0);
    json_t *again;
    scim_error_t *error;

    FUZZ_CHECK(
        sample_same(scim_resource_canonical(resource, strict.type, pool), resource, pool));
    strict.reject_unknown = 1;
    error = scim_resource_read(&again, resource, 0, &strict, pool);
    /* A resource may have more values than one request may bring. */
    if (error && strstr(error->detail, "are allowed in one request")) {
        return;
    }
    FUZZ_CHECK(error == NULL);
    FUZZ_CHECK(sample_same(again, resource, pool));
}

static inline void check_immutable(const json_t *before, const json_t *after,
                                   const scim_attributes_t *attributes)
{
    int i;

    for (i = 0; i < attributes->count; i++) {
        const json_t *old = json_object_get(before, attributes->list[i]->name);

        FUZZ_CHECK(old == NULL || attributes->list[i]->mutability != SCIM_IMMUTABLE
                   || json_equal(old, json_object_get(after, attributes->list[i]->name)));
    }
}

/* What is immutable stays with every change. Not so in a complex attribute: with all of it what
   is in it may go, and come back. */
static inline void sample_check_kept(const json_t *before, const json_t *after, int i)
{
    const scim_resource_type_t *type = sample_reading(i, 0).type;
    int j;

    check_immutable(before, after, &type->schema->attributes);
    for (j = 0; j < type->extension_count; j++) {
        const scim_schema_t *schema = type->extensions[j].schema;

        check_immutable(json_object_get(before, schema->id), json_object_get(after, schema->id),
                        &schema->attributes);
    }
}

#endif
