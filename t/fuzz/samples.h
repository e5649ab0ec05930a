/*
 * samples.h - the schemas that fuzz targets read with, and a canonical resource of each type to
 * apply filters, paths and patches to.
 */
#ifndef FUZZ_SAMPLES_H
#define FUZZ_SAMPLES_H

#include "../unit/schemas.h"
#include "core/json.h"
#include "fuzz.h"

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
};

#define SAMPLES ((int)(sizeof(samples) / sizeof(samples[0])))

static inline const scim_schemas_t *sample_schemas(void)
{
    static const scim_schemas_t *schemas;

    if (schemas == NULL) {
        schemas = test_schemas(fuzz_root());
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

#endif
