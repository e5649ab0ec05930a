/*
 * examples.h - one resource for each kind that RFC 7643 shows in section 8, with the same
 * attributes.
 */
#ifndef TEST_EXAMPLES_H
#define TEST_EXAMPLES_H

#include "core/schema.h"

#define EXAMPLE_META(type, place)                                                              \
    "\"meta\":{\"resourceType\":\"" type "\",\"created\":\"2020-02-29T10:11:12Z\","            \
    "\"lastModified\":\"2021-03-01T01:02:03.456Z\",\"version\":\"W\\/\\\"7\\\"\","             \
    "\"location\":\"https://scim.example.net/v2/" place "\"}"

/* RFC 7643 8.1 */
static const char example_minimal_user[] =
    "{\"schemas\":[\"" SCIM_URN_USER "\"],\"id\":\"018f3a00-0000-7000-8000-000000000001\","
    "\"userName\":\"ada@example.net\"," EXAMPLE_META(
        "User", "Users/018f3a00-0000-7000-8000-000000000001") "}";

#define EXAMPLE_PERSON                                                                         \
    "\"id\":\"018f3a00-0000-7000-8000-000000000001\",\"externalId\":\"4711\","                 \
    "\"userName\":\"ada@example.net\",\"name\":{\"formatted\":\"Dr. Ada B. Lovelace, FRS\","   \
    "\"familyName\":\"Lovelace\",\"givenName\":\"Ada\",\"middleName\":\"Byron\","              \
    "\"honorificPrefix\":\"Dr.\",\"honorificSuffix\":\"FRS\"},"                                \
    "\"displayName\":\"Ada Lovelace\",\"nickName\":\"Ada\","                                   \
    "\"profileUrl\":\"https://people.example.net/ada\","                                       \
    "\"emails\":[{\"value\":\"ada@example.net\",\"type\":\"work\",\"primary\":true},"          \
    "{\"value\":\"ada@home.example\",\"type\":\"home\"}],"                                     \
    "\"addresses\":[{\"type\":\"work\",\"streetAddress\":\"12 St James's Square\","            \
    "\"locality\":\"London\",\"region\":\"Westminster\",\"postalCode\":\"SW1Y 4JH\","          \
    "\"country\":\"GB\",\"formatted\":\"12 St James's Square\\nLondon SW1Y 4JH\","             \
    "\"primary\":true},{\"type\":\"home\",\"streetAddress\":\"Ockham Park\","                  \
    "\"locality\":\"Ockham\",\"region\":\"Surrey\",\"postalCode\":\"GU23 6NG\","               \
    "\"country\":\"GB\",\"formatted\":\"Ockham Park\\nOckham\"}],"                             \
    "\"phoneNumbers\":[{\"value\":\"555-0101\",\"type\":\"work\"},"                            \
    "{\"value\":\"555-0102\",\"type\":\"mobile\"}],"                                           \
    "\"ims\":[{\"value\":\"ada.l\",\"type\":\"xmpp\"}],"                                       \
    "\"photos\":[{\"value\":\"https://people.example.net/ada.jpg\",\"type\":\"photo\"},"       \
    "{\"value\":\"https://people.example.net/ada.png\",\"type\":\"thumbnail\"}],"              \
    "\"userType\":\"Employee\",\"title\":\"Analyst\",\"preferredLanguage\":\"en-GB\","         \
    "\"locale\":\"en-GB\",\"timezone\":\"Europe/London\",\"active\":true,"                     \
    "\"password\":\"Bernoulli#7\","                                                            \
    "\"groups\":[{\"value\":\"018f3a00-0000-7000-8000-00000000000a\","                         \
    "\"$ref\":\"../Groups/018f3a00-0000-7000-8000-00000000000a\",\"display\":\"Analysts\"},"   \
    "{\"value\":\"018f3a00-0000-7000-8000-00000000000b\","                                     \
    "\"$ref\":\"https://scim.example.net/v2/Groups/018f3a00-0000-7000-8000-00000000000b\","    \
    "\"display\":\"Everybody\"}],"                                                             \
    "\"x509Certificates\":[{\"value\":\"MIICMDCCAZmgAwIBAgIBATANBgkqhkiG9w0BAQsFADA+\"}]"

/* RFC 7643 8.2 */
static const char example_full_user[] = "{\"schemas\":[\"" SCIM_URN_USER "\"]," EXAMPLE_PERSON
                                        "," EXAMPLE_META("User", "Users/1") "}";

/* RFC 7643 8.3 */
static const char example_enterprise_user[] =
    "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER "\"]," EXAMPLE_PERSON
    ",\"" SCIM_URN_ENTERPRISE_USER "\":{\"employeeNumber\":\"4711\",\"costCenter\":\"1843\","
    "\"organization\":\"Analytical Engines\",\"division\":\"Notes\",\"department\":\"G\","
    "\"manager\":{\"value\":\"018f3a00-0000-7000-8000-000000000002\","
    "\"$ref\":\"../Users/018f3a00-0000-7000-8000-000000000002\","
    "\"displayName\":\"Charles Babbage\"}}," EXAMPLE_META("User", "Users/1") "}";

/* RFC 7643 8.4 */
static const char example_group[] =
    "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"id\":\"018f3a00-0000-7000-8000-00000000000a\","
    "\"displayName\":\"Analysts\",\"members\":["
    "{\"value\":\"018f3a00-0000-7000-8000-000000000001\","
    "\"$ref\":\"https://scim.example.net/v2/Users/018f3a00-0000-7000-8000-000000000001\","
    "\"display\":\"Ada Lovelace\"},"
    "{\"value\":\"018f3a00-0000-7000-8000-000000000002\","
    "\"$ref\":\"https://scim.example.net/v2/Users/018f3a00-0000-7000-8000-000000000002\","
    "\"display\":\"Charles Babbage\"}]," EXAMPLE_META("Group", "Groups/a") "}";

#endif
