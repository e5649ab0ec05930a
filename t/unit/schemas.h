/*
 * schemas.h - the schemas that unit tests and fuzz targets read text with: the built-in ones,
 * and a resource type "Device" with an attribute of every kind and an extension of its own.
 */
#ifndef TEST_SCHEMAS_H
#define TEST_SCHEMAS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/dialect.h"
#include "core/filter.h"
#include "core/reading.h"
#include "core/schema.h"

#define DEVICE_URN "urn:example:schemas:2.0:Device"
#define SITE_URN "urn:example:schemas:extension:2.1:Site"

static const char device_schema[] =
    "{\"id\":\"" DEVICE_URN "\",\"name\":\"Device\",\"description\":\"Every kind\","
    "\"attributes\":["
    "{\"name\":\"label\",\"type\":\"string\",\"multiValued\":false},"
    "{\"name\":\"serial\",\"type\":\"string\",\"multiValued\":false,\"caseExact\":true},"
    "{\"name\":\"on\",\"type\":\"boolean\",\"multiValued\":false},"
    "{\"name\":\"weight\",\"type\":\"decimal\",\"multiValued\":false},"
    "{\"name\":\"ports\",\"type\":\"integer\",\"multiValued\":false},"
    "{\"name\":\"bought\",\"type\":\"dateTime\",\"multiValued\":false},"
    "{\"name\":\"key\",\"type\":\"binary\",\"multiValued\":false,"
    "\"caseExact\":false},"
    "{\"name\":\"manual\",\"type\":\"reference\",\"multiValued\":false,"
    "\"caseExact\":false},"
    "{\"name\":\"pin\",\"type\":\"string\",\"multiValued\":false,\"returned\":\"never\"},"
    "{\"name\":\"tags\",\"type\":\"string\",\"multiValued\":true},"
    "{\"name\":\"sizes\",\"type\":\"integer\",\"multiValued\":true},"
    "{\"name\":\"place\",\"type\":\"complex\",\"multiValued\":false,\"subAttributes\":["
    "{\"name\":\"room\",\"type\":\"string\",\"multiValued\":false},"
    "{\"name\":\"floor\",\"type\":\"integer\",\"multiValued\":false},"
    "{\"name\":\"primary\",\"type\":\"boolean\",\"multiValued\":false}]},"
    "{\"name\":\"parts\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
    "{\"name\":\"name\",\"type\":\"string\",\"multiValued\":false},"
    "{\"name\":\"count\",\"type\":\"integer\",\"multiValued\":false},"
    "{\"name\":\"code\",\"type\":\"string\",\"multiValued\":false,\"returned\":\"never\"}]}]}";

static const char site_schema[] =
    "{\"id\":\"" SITE_URN "\",\"name\":\"Site\",\"description\":\"Where it stands\","
    "\"attributes\":["
    "{\"name\":\"label\",\"type\":\"string\",\"multiValued\":false},"
    "{\"name\":\"rows\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
    "{\"name\":\"value\",\"type\":\"string\",\"multiValued\":false},"
    "{\"name\":\"primary\",\"type\":\"boolean\",\"multiValued\":false}]}]}";

static const char device_type[] =
    "{\"name\":\"Device\",\"endpoint\":\"/Devices\",\"schema\":\"" DEVICE_URN "\","
    "\"schemaExtensions\":[{\"schema\":\"" SITE_URN "\",\"required\":false}]}";

static inline void test_schemas_need(const scim_error_t *error)
{
    if (error) {
        printf("Bail out! %s\n", error->detail);
        exit(1);
    }
}

static inline scim_schemas_t *test_schemas(apr_pool_t *pool)
{
    scim_schemas_t *schemas = NULL;

    test_schemas_need(scim_schemas_create(&schemas, pool));
    test_schemas_need(scim_schemas_add(schemas, device_schema, strlen(device_schema)));
    test_schemas_need(scim_schemas_add(schemas, site_schema, strlen(site_schema)));
    test_schemas_need(scim_schemas_add_type(schemas, device_type, strlen(device_type)));
    return schemas;
}

/* A reading for the type of this name, or for queries over all types (NULL). */
static inline scim_reading_t test_reading(const scim_schemas_t *schemas, const char *type,
                                          scim_leniency_t leniency)
{
    scim_reading_t reading = {0};

    reading.type = type ? scim_schemas_type(schemas, type) : NULL;
    reading.leniency = leniency;
    return reading;
}

#define TEST_LENIENT 0xffffffffu

#endif
