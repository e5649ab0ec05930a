/* Filters on records as they are stored: what a sieve knows, and what it does not. */
#include "core/sieve.h"

#include "core/limits.h"
#include "filters.h"

static apr_pool_t *pool;

static const char ada[] =
    "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER "\"],"
    "\"userName\":\"Ada@Example.com\",\"name\":{\"formatted\":\"\",\"familyName\":"
    "\"O'Malley\",\"givenName\":\"Ada \\\"the\\\" First\\u000a\"},\"displayName\":"
    "\"Stra\xc3\x9f\x65 \\u00c4rger {[\",\"active\":true,\"emails\":[{\"value\":"
    "\"ada@example.com\",\"type\":\"work\",\"primary\":true},{\"value\":\"babs\\\\@home\","
    "\"type\":\"home\"}],\"photos\":[],\"" SCIM_URN_ENTERPRISE_USER
    "\":{\"employeeNumber\":\"701984\",\"manager\":{\"value\":\"26118915\"}}}";

static scim_record_t record_of(const char *document)
{
    scim_record_t record = {.type = "User",
                            .id = "0197f1ab-0000-7000-8000-0123456789ab",
                            .local_key = "ada",
                            .version = 7,
                            .created = APR_INT64_C(1305261754000123),
                            .modified = APR_INT64_C(1305261755000999),
                            .document_length = strlen(document)};

    record.document = exact(document);
    return record;
}

/* What is hidden from documents in these tests: a user's groups. */
static int judged(const scim_filter_t *filter, const char *document)
{
    const scim_attribute_t *groups =
        scim_resource_type_attribute(scim_schemas_type(schemas, "User"), "groups", 6);
    const scim_sieve_t *sieve = scim_sieve_make(filter, groups, pool);
    scim_record_t record = record_of(document);

    return sieve ? scim_sieve_judge(sieve, &record, pool) : -2;
}

static void says_of(const char *document, const char *text, int answer, const char *name)
{
    scim_filter_t *filter;

    test_schemas_need(parse(&filter, text, "User"));
    is_int(judged(filter, document), answer, name);
}

static void says(const char *text, int answer)
{
    says_of(ada, text, answer, shown(text));
}

static void test_documents(void)
{
    says("userName eq \"ADA@example.com\"", 1);
    says("displayName eq \"STRASSE \xc3\xa4RGER {[\"", 1);
    says("name.givenName co \"\\\"THE\\\"\"", 1);
    says("name.givenName ew \"first\\n\"", 1);
    says("name.formatted pr", 0);
    says("name pr and photos eq null and emails pr", 1);
    says("emails.value ew \"\\\\@HOME\"", 1);
    says("emails[type eq \"work\" and value sw \"babs\"]", 0);
    says("emails[type eq \"home\" and primary eq false]", 1);
    says(SCIM_URN_ENTERPRISE_USER ":manager.value eq \"26118915\"", 1);
    says(SCIM_URN_ENTERPRISE_USER ":costCenter ne \"1\"", 1);
    says("active eq true and not (title pr)", 1);
}

static void test_records(void)
{
    says("id eq \"0197f1ab-0000-7000-8000-0123456789ab\"", 1);
    says("meta.created eq \"2011-05-13T04:42:34Z\"", 1);
    says("meta.lastModified gt \"2011-05-13T04:42:35Z\"", 0);
    says("meta.lastModified ge \"2011-05-13T06:42:35+02:00\"", 1);
    says("meta.resourceType eq \"User\" and meta.version eq \"W/\\\"7\\\"\" and meta pr", 1);
}

static void test_unknown(void)
{
    says("groups pr", -2);
    says("meta.location pr or not (groups.value sw \"x\")", -2);
    says("groups pr and title pr", 0);
    says("groups pr and userName pr", -1);
    says("groups pr or userName pr", 1);
    says("not (groups pr or title pr)", -1);
    says("not (groups pr) and not (userName pr)", 0);
    says("meta[version pr] or title pr", -1);
}

static void test_local_names(void)
{
    scim_filter_t filter = {.kind = SCIM_FILTER_LOCAL_NAME, .value = {.text = "ada"}};

    is_int(judged(&filter, ada), 1, "the record's local name");
    filter.value.text = "Ada@example.com";
    is_int(judged(&filter, ada), 0, "not that of the document");
    filter.kind = SCIM_FILTER_MEMBER_OF;
    is_int(judged(&filter, ada), -2, "nothing is known of memberships");
}

static void test_damage(void)
{
    size_t length;
    int wrong = 0;

    says_of("", "title pr", -1, "an empty document");
    says_of("[]", "title pr", -1, "a document that is no object");
    says_of("{\"title\":\"x", "title eq \"x\"", -1, "a string without an end");
    says_of("{\"t\\u0069tle\":\"x\"}", "title pr", -1, "an escape in a name");
    says_of("{\"name\":[", "name.givenName pr", -1, "an array without an end");
    says_of("{\"nickName\":\"\\u0000\"}", "nickName eq \"x\"", -1, "a NUL character");
    for (length = 0; length + 1 < sizeof(ada); length++) {
        scim_filter_t *filter;

        test_schemas_need(parse(&filter, "title pr or not (emails pr)", "User"));
        wrong += judged(filter, apr_pstrmemdup(pool, ada, length)) > 0;
    }
    is_int(wrong, 0, "no part of a document has what the whole has not");
}

static void test_limits(void)
{
    const char *text = "title pr";
    int i;

    for (i = 1; i < SCIM_MAX_SIEVE_TERMS; i++) {
        text = apr_pstrcat(pool, text, " or title pr", NULL);
    }
    says_of(ada, text, 0, "as many comparisons as there may be");
    says_of(ada, apr_pstrcat(pool, text, " or title pr", NULL), -2, "and one more");
}

int main(void)
{
    pool = tap_start();
    schemas = test_schemas(pool);
    test_documents();
    test_records();
    test_unknown();
    test_local_names();
    test_damage();
    test_limits();
    return tap_done();
}
