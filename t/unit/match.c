#include "core/match.h"

#include "core/json.h"
#include "filters.h"

static apr_pool_t *pool;

static const char ada[] =
    "{\"schemas\":[\"" SCIM_URN_USER "\",\"" SCIM_URN_ENTERPRISE_USER "\"],"
    "\"id\":\"0197F1aB\",\"externalId\":\"Ext-1\",\"userName\":\"Ada@Example.com\","
    "\"name\":{\"givenName\":\"Ada\",\"familyName\":\"O'Malley\",\"honorificPrefix\":\"\"},"
    "\"displayName\":\"Stra\xc3\x9f\x65 "
    "\xc3\x84rger\",\"nickName\":\"\",\"title\":\"Countess\","
    "\"userType\":\"Employee\",\"profileUrl\":\"https://example.com/Ada\",\"active\":true,"
    "\"emails\":[{\"value\":\"ada@example.com\",\"type\":\"work\",\"primary\":true},"
    "{\"value\":\"babs@home.example.org\",\"type\":\"home\"}],"
    "\"phoneNumbers\":[{\"type\":\"work\"}],\"photos\":[],\"ims\":[{\"value\":\"\"}],"
    "\"x509Certificates\":[{\"value\":\"TUlJRA==\"}],"
    "\"meta\":{\"resourceType\":\"User\",\"created\":\"2011-05-13T04:42:34Z\","
    "\"lastModified\":\"2011-05-13T06:42:34.5+02:00\",\"version\":\"W/\\\"1\\\"\"},"
    "\"" SCIM_URN_ENTERPRISE_USER "\":{\"employeeNumber\":\"701984\",\"department\":\"R&D\","
    "\"manager\":{\"value\":\"26118915\",\"displayName\":\"John\"}}}";

static const char bare[] =
    "{\"schemas\":[\"" SCIM_URN_USER "\"],\"id\":\"1\",\"userName\":\"bob\","
    "\"meta\":{\"resourceType\":\"User\"}}";

static const char device[] =
    "{\"schemas\":[\"" DEVICE_URN "\"],\"id\":\"d\",\"label\":\"Printer\",\"serial\":\"aB\","
    "\"on\":false,\"weight\":1.5,\"ports\":9007199254740993,\"bought\":\"2020-02-29T12:00:"
    "00Z\","
    "\"key\":\"YQ==\",\"manual\":\"https://e/M\",\"tags\":[\"Red\",\"blue\",\"\"],"
    "\"sizes\":[3,7],\"place\":{\"room\":\"B1\",\"floor\":-1},"
    "\"parts\":[{\"name\":\"drum\",\"count\":1},{\"name\":\"roll\",\"count\":4}],"
    "\"" SITE_URN "\":{\"label\":\"North\",\"rows\":[{\"value\":\"a\",\"primary\":true},"
    "{\"value\":\"b\",\"primary\":false},{\"value\":\"c\"}]}}";

static const json_t *read_json(const char *text)
{
    json_t *value = NULL;

    test_schemas_need(scim_json_parse(&value, text, strlen(text), pool));
    return value;
}

typedef struct row_t {
    const char *filter;
    int matches;
} row_t;

static void check(const row_t *rows, const char *type, const char *resource)
{
    const json_t *value = read_json(resource);
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    for (; rows->filter; rows++) {
        scim_filter_t *filter;
        scim_error_t *error = parse(&filter, rows->filter, type);

        if (error) {
            is_fine(error, rows->filter);
        } else {
            is_int(scim_match(filter, value, NULL, scratch), rows->matches,
                   shown(rows->filter));
        }
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
}

/* RFC 7644 3.4.2.2 figure 2. */
static void rfc_examples(void)
{
    static const row_t rows[] = {
        {"userName eq \"bjensen\"", 0},
        {"name.familyName co \"O'Malley\"", 1},
        {"userName sw \"J\"", 0},
        {"urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"A\"", 1},
        {"title pr", 1},
        {"meta.lastModified gt \"2011-05-13T04:42:34Z\"", 1},
        {"meta.lastModified ge \"2011-05-13T04:42:34Z\"", 1},
        {"meta.lastModified lt \"2011-05-13T04:42:34Z\"", 0},
        {"meta.lastModified le \"2011-05-13T04:42:34Z\"", 0},
        {"title pr and userType eq \"Employee\"", 1},
        {"title pr or userType eq \"Intern\"", 1},
        {"schemas eq \"" SCIM_URN_ENTERPRISE_USER "\"", 1},
        {"userType eq \"Employee\" and (emails co \"example.com\" or emails.value co "
         "\"example.org\")",
         1},
        {"userType ne \"Employee\" and not (emails co \"example.com\" or emails.value co "
         "\"example.org\")",
         0},
        {"userType eq \"Employee\" and (emails.type eq \"work\")", 1},
        {"userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]",
         1},
        {"emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and "
         "value "
         "co \"@foo.com\"]",
         1},
        {NULL, 0}};

    check(rows, "User", ada);
}

/* "... the case sensitivity ... SHALL be determined by ... caseExact" */
static void case_and_text(void)
{
    static const row_t rows[] = {
        {"userName eq \"ada@example.com\"", 1},
        {"userName eq \"ADA@EXAMPLE.COM\"", 1},
        {"userName eq \"ada@example.co\"", 0},
        {"userName eq \"ada@example.com \"", 0},
        {"id eq \"0197F1aB\"", 1},
        {"id eq \"0197f1ab\"", 0},
        {"externalId eq \"ext-1\"", 0},
        {"externalId sw \"Ext\"", 1},
        {"externalId sw \"ext\"", 0},
        {"externalId co \"xt-\"", 1},
        {"externalId ew \"-1\"", 1},
        {"profileUrl eq \"https://example.com/Ada\"", 1},
        {"profileUrl eq \"https://example.com/ada\"", 0},
        {"profileUrl co \"/Ada\"", 1},
        {"schemas eq \"URN:IETF:params:scim:schemas:core:2.0:user\"", 1},
        {"userName ne \"ADA@example.com\"", 0},
        {"userName ne \"bob\"", 1},
        {"userName co \"@EX\"", 1},
        {"userName co \"@EY\"", 0},
        {"userName co \"\"", 1},
        {"userName sw \"\"", 1},
        {"userName ew \"\"", 1},
        {"userName sw \"ADA\"", 1},
        {"userName sw \"da\"", 0},
        {"userName sw \"ada@example.com\"", 1},
        {"userName sw \"ada@example.com.au\"", 0},
        {"userName ew \".COM\"", 1},
        {"userName ew \".co\"", 0},
        {"userName ew \"xada@example.com\"", 0},
        {"userName ew \"ada@example.com\"", 1},
        {"displayName eq \"STRASSE \xc3\xa4RGER\"", 1},
        {"displayName eq \"strasse a\xcc\x88rger\"", 1},
        {"displayName sw \"strass\"", 1},
        {"displayName co \"\\u00c4RG\"", 1},
        {"displayName ew \"\xc3\x84RGER\"", 1},
        {"displayName eq \"strase arger\"", 0},
        {"title gt \"count\"", 1},
        {"title gt \"COUNTESS\"", 0},
        {"title ge \"COUNTESS\"", 1},
        {"title le \"countess\"", 1},
        {"title lt \"countess\"", 0},
        {"title lt \"D\"", 1},
        {"title lt \"\xc3\xa4\"", 1},
        {"displayName gt \"strassa\"", 1},
        {"externalId gt \"a\"", 0},
        {"externalId lt \"a\"", 1},
        {"x509Certificates.value eq \"TUlJRA==\"", 1},
        {"x509Certificates.value eq \"tuljra==\"", 0},
        {"name.givenName eq \"ADA\"", 1},
        {SCIM_URN_ENTERPRISE_USER ":department eq \"r&d\"", 1},
        {SCIM_URN_ENTERPRISE_USER ":manager.value eq \"26118915\"", 1},
        {SCIM_URN_ENTERPRISE_USER ":manager eq \"26118915\"", 1},
        {SCIM_URN_ENTERPRISE_USER ":manager[value eq \"26118915\" and displayName eq \"john\"]",
         1},
        {SCIM_URN_ENTERPRISE_USER ":manager[value eq \"26118915\" and displayName eq \"x\"]",
         0},
        {NULL, 0}};

    check(rows, "User", ada);
}

static void dates(void)
{
    static const row_t rows[] = {
        {"meta.created eq \"2011-05-13T04:42:34Z\"", 1},
        {"meta.created eq \"2011-05-13T06:42:34+02:00\"", 1},
        {"meta.created eq \"2011-05-13T04:42:34.000Z\"", 1},
        {"meta.created eq \"2011-05-13T04:42:34.001Z\"", 0},
        {"meta.created ne \"2011-05-13T04:42:34.001Z\"", 1},
        {"meta.created lt \"2011-05-13T04:42:34.001Z\"", 1},
        {"meta.created le \"2011-05-13T04:42:34Z\"", 1},
        {"meta.created ge \"2011-05-13T04:42:34Z\"", 1},
        {"meta.created gt \"2011-05-13T04:42:34Z\"", 0},
        {"meta.lastModified gt \"2011-05-13T06:00:00+02:00\"", 1},
        {"meta.created gt \"2010-12-31T23:59:59Z\"", 1},
        {"meta[created lt \"2012-01-01T00:00:00Z\" and version pr]", 1},
        {NULL, 0}};

    check(rows, "User", ada);
}

static void numbers_and_booleans(void)
{
    static const row_t rows[] = {{"ports eq 9007199254740993", 1},
                                 {"ports eq 9007199254740992", 0},
                                 {"ports gt 9007199254740992", 1},
                                 {"ports lt 9007199254740994", 1},
                                 {"ports ne 9007199254740992", 1},
                                 {"ports ge 9007199254740993", 1},
                                 {"ports le 9007199254740993", 1},
                                 {"ports gt 1e3", 1},
                                 {"weight eq 1.5", 1},
                                 {"weight eq 15e-1", 1},
                                 {"weight gt 1", 1},
                                 {"weight lt 2", 1},
                                 {"weight ge 1.5", 1},
                                 {"weight le 1.4999", 0},
                                 {"place.floor eq -1", 1},
                                 {"place.floor lt 0", 1},
                                 {"place.primary eq false", 0},
                                 {"place[primary eq false]", 0},
                                 {"place[floor lt 0 and room eq \"b1\"]", 1},
                                 {"place[floor gt 0 and room eq \"b1\"]", 0},
                                 {"on eq false", 1},
                                 {"on eq true", 0},
                                 {"on ne true", 1},
                                 {"on pr", 1},
                                 {"serial eq \"aB\"", 1},
                                 {"serial eq \"AB\"", 0},
                                 {"label eq \"printer\"", 1},
                                 {"manual ew \"/M\"", 1},
                                 {"manual ew \"/m\"", 0},
                                 {"key eq \"YQ==\"", 1},
                                 {"key ne \"yq==\"", 1},
                                 {"bought ge \"2020-02-29T12:00:00Z\"", 1},
                                 {"bought gt \"2020-02-29T12:00:00Z\"", 0},
                                 {SITE_URN ":label eq \"north\"", 1},
                                 {"label eq \"north\"", 0},
                                 {NULL, 0}};

    check(rows, "Device", device);
}

/* "... the filter matches if any of the values of the specified attribute match" */
static void multi_valued(void)
{
    static const row_t users[] = {{"emails.type eq \"home\"", 1},
                                  {"emails.type eq \"work\" and emails.type eq \"home\"", 1},
                                  {"emails.type eq \"other\"", 0},
                                  {"emails.type ne \"work\"", 0},
                                  {"emails.type ne \"other\"", 1},
                                  {"not (emails.type eq \"work\")", 0},
                                  {"emails.value ew \".org\"", 1},
                                  {"emails co \"BABS\"", 1},
                                  {"emails gt \"b\"", 1},
                                  {"emails[type eq \"home\" and value ew \".org\"]", 1},
                                  {"emails[type eq \"work\" and value ew \".org\"]", 0},
                                  {"emails[type eq \"home\"].value ew \".org\"", 1},
                                  {"emails[type eq \"work\"].value ew \".org\"", 0},
                                  {"emails[type ne \"work\"]", 1},
                                  {"emails[not (type eq \"work\" or type eq \"home\")]", 0},
                                  {"emails[type eq \"other\" or value sw \"babs\"]", 1},
                                  {"not (emails[type eq \"work\" and value ew \".org\"])", 1},
                                  {"addresses[type eq \"work\"]", 0},
                                  {"addresses[type ne \"work\"]", 0},
                                  {"not (addresses[type eq \"work\"])", 1},
                                  {"phoneNumbers[type eq \"work\" and not (value pr)]", 1},
                                  {"emails.primary eq true", 1},
                                  {NULL, 0}};
    static const row_t devices[] = {{"tags eq \"RED\"", 1},
                                    {"tags eq \"green\"", 0},
                                    {"tags ne \"red\"", 0},
                                    {"tags ne \"green\"", 1},
                                    {"tags eq \"\"", 1},
                                    {"tags[value sw \"b\" and value ew \"e\"]", 1},
                                    {"tags[value sw \"r\" and value ew \"e\"]", 0},
                                    {"tags sw \"r\" and tags ew \"e\"", 1},
                                    {"tags[not (value pr)]", 1},
                                    {"sizes gt 5", 1},
                                    {"sizes gt 7", 0},
                                    {"sizes[value gt 3 and value lt 7]", 0},
                                    {"sizes gt 3 and sizes lt 7", 1},
                                    {"parts[name eq \"roll\" and count gt 1]", 1},
                                    {"parts[name eq \"drum\" and count gt 1]", 0},
                                    {"parts.count gt 1 and parts.name eq \"drum\"", 1},
                                    {SITE_URN ":rows[value eq \"b\" and primary eq false]", 1},
                                    {SITE_URN ":rows co \"C\"", 1},
                                    {NULL, 0}};

    check(users, "User", ada);
    check(devices, "Device", device);
}

/* RFC 7643 2.5, and `primary` of RFC 7643 2.4. */
static void unassigned(void)
{
    static const row_t full[] = {{"nickName pr", 0},
                                 {"nickName eq \"\"", 1},
                                 {"nickName eq null", 1},
                                 {"nickName ne null", 0},
                                 {"title eq null", 0},
                                 {"title ne null", 1},
                                 {"locale pr", 0},
                                 {"locale eq null", 1},
                                 {"locale ne \"de\"", 1},
                                 {"locale eq \"de\"", 0},
                                 {"not (locale eq \"de\")", 1},
                                 {"locale gt \"a\"", 0},
                                 {"locale le \"a\"", 0},
                                 {"locale co \"\"", 0},
                                 {"name pr", 1},
                                 {"name eq null", 0},
                                 {"name.honorificPrefix pr", 0},
                                 {"name.middleName pr", 0},
                                 {"photos pr", 0},
                                 {"photos eq null", 1},
                                 {"photos.value pr", 0},
                                 {"ims pr", 0},
                                 {"ims.value eq null", 1},
                                 {"phoneNumbers pr", 1},
                                 {"phoneNumbers.value pr", 0},
                                 {"emails pr", 1},
                                 {"emails.value pr", 1},
                                 {"emails.display pr", 0},
                                 {"emails.display eq null", 1},
                                 {"emails[display eq null]", 1},
                                 {"emails[type eq null]", 0},
                                 {"active pr", 1},
                                 {"active eq false", 0},
                                 {SCIM_URN_ENTERPRISE_USER " pr", 1},
                                 {SCIM_URN_ENTERPRISE_USER " ne null", 1},
                                 {SCIM_URN_ENTERPRISE_USER ":division pr", 0},
                                 {"emails.primary eq false", 1},
                                 {"emails[type eq \"home\" and primary eq false]", 1},
                                 {"emails[type eq \"home\" and primary ne true]", 1},
                                 {"emails[type eq \"home\" and primary pr]", 0},
                                 {"emails[type eq \"work\" and primary eq false]", 0},
                                 {"addresses.primary eq false", 0},
                                 {NULL, 0}};
    static const row_t empty[] = {{"active eq true", 0},
                                  {"active eq false", 0},
                                  {"active ne true", 1},
                                  {"active eq null", 1},
                                  {"name pr", 0},
                                  {"name.givenName eq \"\"", 0},
                                  {"name.givenName eq null", 1},
                                  {"name.givenName ne \"Ada\"", 1},
                                  {"name[givenName eq null]", 0},
                                  {"emails pr", 0},
                                  {"emails.type ne \"work\"", 1},
                                  {"emails[type ne \"work\"]", 0},
                                  {"emails.primary eq false", 0},
                                  {"emails.primary ne false", 1},
                                  {"meta.created ne \"2011-05-13T04:42:34Z\"", 1},
                                  {"meta.created eq null", 1},
                                  {"meta.created le \"2011-05-13T04:42:34Z\"", 0},
                                  {SCIM_URN_ENTERPRISE_USER " pr", 0},
                                  {SCIM_URN_ENTERPRISE_USER " eq null", 1},
                                  {SCIM_URN_ENTERPRISE_USER ":department eq \"x\"", 0},
                                  {SCIM_URN_ENTERPRISE_USER ":manager.value ne \"x\"", 1},
                                  {"schemas eq \"" SCIM_URN_ENTERPRISE_USER "\"", 0},
                                  {NULL, 0}};

    check(full, "User", ada);
    check(empty, "User", bare);
}

static void logic(void)
{
    static const row_t rows[] = {{"title pr and locale pr", 0},
                                 {"title pr or locale pr", 1},
                                 {"locale pr or nickName pr or title pr", 1},
                                 {"title pr and userName pr and locale pr", 0},
                                 {"title pr or locale pr and nickName pr", 1},
                                 {"(title pr or locale pr) and nickName pr", 0},
                                 {"not (locale pr) and title pr", 1},
                                 {"not (locale pr or title pr)", 0},
                                 {"not locale pr or nickName pr", 1},
                                 {"not (not (title pr))", 1},
                                 {NULL, 0}};

    check(rows, "User", ada);
}

/* RFC 7644 3.4.2.1: an attribute that a type has not got is one without a value. */
static void all_types(void)
{
    static const row_t rows[] = {{"foo eq \"x\"", 0},
                                 {"foo pr", 0},
                                 {"foo.bar gt 1", 0},
                                 {"foo[bar pr]", 0},
                                 {"not (foo eq \"x\")", 1},
                                 {"not (foo[bar pr])", 1},
                                 {"foo pr or not foo pr", 1},
                                 {"foo ne \"x\"", 1},
                                 {"foo eq null", 1},
                                 {"foo ne null", 0},
                                 {"foo lt 3", 0},
                                 {NULL, 0}};

    check(rows, NULL, ada);
}

static int relates(void *baton, scim_filter_kind_t kind, const char *id)
{
    return kind == SCIM_FILTER_MEMBER_OF && strcmp(baton, id) == 0;
}

static void facts(void)
{
    char group[] = "g";
    scim_facts_t known = {.relates = relates, .baton = group};
    scim_filter_t filter = {.kind = SCIM_FILTER_MEMBER_OF, .value = {.text = "g"}};
    const json_t *user = read_json(ada);

    is_int(scim_match(&filter, user, &known, pool), 1, "a fact");
    filter.value.text = "h";
    is_int(scim_match(&filter, user, &known, pool), 0, "none");
    filter.value.text = "g";
    filter.kind = SCIM_FILTER_HAS_MEMBER;
    is_int(scim_match(&filter, user, &known, pool), 0, "of another kind");
    filter.kind = SCIM_FILTER_MEMBER_OF;
    is_int(scim_match(&filter, user, NULL, pool), 0, "nothing is known");
    known.relates = NULL;
    is_int(scim_match(&filter, user, &known, pool), 0, "nor of relations");
}

/* The same where the query is read for one of the types. */
static void one_of_all_types(void)
{
    static const row_t rows[] = {{"userName eq \"ada@example.com\"", 1},
                                 {"foo pr", 0},
                                 {"foo ne \"x\"", 1},
                                 {"foo[bar eq 1 or not (baz pr)]", 0},
                                 {"emails.foo pr", 0},
                                 {"emails.foo eq null", 1},
                                 {"emails[type eq \"work\" and foo ne 1]", 1},
                                 {"emails[type eq \"work\" and foo eq 1]", 0},
                                 {"userName.foo pr", 0},
                                 {SITE_URN ":label pr", 0},
                                 {SITE_URN ":rows[value pr] or title pr", 1},
                                 {DEVICE_URN ":label ne \"x\"", 1},
                                 {NULL, 0}};
    static const char *const refused[] = {"active eq \"x\"",
                                          "active gt true",
                                          "password eq \"x\"",
                                          "foo..bar pr",
                                          "emails[type eq \"work\" and 1foo pr]",
                                          "foo[bar pr",
                                          "name eq \"x\""};
    scim_reading_t reading = test_reading(schemas, "User", 0);
    const json_t *user = read_json(ada);
    scim_filter_t *filter;
    unsigned int i;

    reading.all_types = 1;
    for (i = 0; rows[i].filter; i++) {
        if (is_fine(scim_filter_parse(&filter, exact(rows[i].filter), strlen(rows[i].filter),
                                      &reading, pool),
                    rows[i].filter)) {
            is_int(scim_match(filter, user, NULL, pool), rows[i].matches, "is judged");
        }
    }
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        is_error(
            scim_filter_parse(&filter, exact(refused[i]), strlen(refused[i]), &reading, pool),
            400, "invalidFilter", NULL, refused[i]);
    }
}

static void local_name(void)
{
    scim_filter_t filter = {0};
    scim_facts_t ada_is = {.local_key = "ada"}, adam_is = {.local_key = "adam"};
    const json_t *user = read_json(ada);

    filter.kind = SCIM_FILTER_LOCAL_NAME;
    filter.value.type = JSON_STRING;
    filter.value.text = filter.value.folded = "ada";
    is_int(scim_match(&filter, user, &ada_is, pool), 1, "the local name");
    is_int(scim_match(&filter, user, &adam_is, pool), 0, "another one");
    is_int(scim_match(&filter, user, NULL, pool), 0, "none");
}

static int element_matches(const char *text, const char *type, const json_t *element)
{
    scim_reading_t reading = test_reading(schemas, type, 0);
    scim_path_t *path;

    test_schemas_need(scim_path_parse(&path, text, strlen(text), &reading, pool));
    return scim_match_element(path->filter, element, pool);
}

static void elements(void)
{
    const json_t *emails = json_object_get(read_json(ada), "emails");
    const json_t *tags = json_object_get(read_json(device), "tags");

    is_int(element_matches("emails[type eq \"WORK\" and primary eq true]", "User",
                           json_array_get(emails, 0)),
           1, "the first element");
    is_int(element_matches("emails[type eq \"WORK\" and primary eq true]", "User",
                           json_array_get(emails, 1)),
           0, "not the second one");
    is_int(element_matches("emails[not (primary eq true)]", "User", json_array_get(emails, 1)),
           1, "what is not primary");
    is_int(element_matches("tags[value eq \"red\"]", "Device", json_array_get(tags, 0)), 1,
           "a simple element");
    is_int(element_matches("tags[value eq \"red\"]", "Device", json_array_get(tags, 1)), 0,
           "another one");
}

/* What is not canonical, or of the wrong type, matches nothing and harms nothing. */
static void not_canonical(void)
{
    static const row_t empty[] = {
        {SITE_URN " pr", 0}, {SITE_URN " eq null", 1}, {SITE_URN ":rows pr", 0}, {NULL, 0}};
    static const row_t rows[] = {{"label eq \"1\"", 0},
                                 {"on eq true", 0},
                                 {"weight eq 1", 0},
                                 {"weight eq 0", 0},
                                 {"ports gt 0", 0},
                                 {"bought ge \"2011-05-13T04:42:34Z\"", 0},
                                 {"tags eq \"a\"", 1},
                                 {"tags pr", 1},
                                 {"place.room eq \"x\"", 0},
                                 {"place pr", 1},
                                 {"parts[name pr]", 0},
                                 {"parts.name pr", 0},
                                 {"parts pr", 1},
                                 {SITE_URN ":label pr", 0},
                                 {NULL, 0}};

    check(empty, "Device", "{\"" SITE_URN "\":{\"rows\":[{\"value\":\"\"},{}]}}");
    check(rows, "Device",
          "{\"label\":1,\"on\":\"true\",\"weight\":\"1\",\"ports\":true,\"bought\":\"soon\","
          "\"tags\":\"a\",\"place\":\"x\",\"parts\":[1,null,[],\"x\"],\"" SITE_URN "\":7}");
}

int main(void)
{
    pool = tap_start();
    schemas = test_schemas(pool);
    rfc_examples();
    case_and_text();
    dates();
    numbers_and_booleans();
    multi_valued();
    unassigned();
    logic();
    all_types();
    one_of_all_types();
    local_name();
    facts();
    elements();
    not_canonical();
    return tap_done();
}
