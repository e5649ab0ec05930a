/* Keys of values: their order is what filters say of the values themselves. */
#include "core/term.h"

#include "core/json.h"
#include "core/match.h"
#include "core/text.h"
#include "schemas.h"
#include "tap.h"

static apr_pool_t *pool;
static scim_schemas_t *schemas;

static unsigned long long state = 88172645463325252ULL;

static unsigned long long random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static const scim_path_t *path_of(const char *text, const char *type)
{
    scim_reading_t reading = test_reading(schemas, type, 0);
    scim_path_t *path = NULL;

    test_schemas_need(scim_path_parse(&path, text, strlen(text), &reading, pool));
    return path;
}

static const scim_attribute_t *attribute_of(const char *text)
{
    return scim_path_leaf(path_of(text, "Device"));
}

/* ---- order ------------------------------------------------------------------ */

/* A value as JSON text, made from two numbers. */
typedef const char *(*make_fn)(unsigned long long which, apr_pool_t *scratch);

static const char *make_text(unsigned long long which, apr_pool_t *scratch)
{
    static const char *const parts[] = {"a",
                                        "A",
                                        "b",
                                        "Z",
                                        "z",
                                        "\xc3\x9f",
                                        "ss",
                                        "\xc3\x84",
                                        "\xc3\xa4",
                                        "0",
                                        " ",
                                        "~",
                                        "\xe2\x84\xaa",
                                        "k",
                                        "\xf0\x9f\x98\x80",
                                        "\xef\xac\x81",
                                        "fi",
                                        "\xc4\xb0"};
    const char *text = "";
    int length = (int)(which % 5);

    for (; length > 0; length--) {
        which = which / 7 + random_bits() % 5;
        text =
            apr_pstrcat(scratch, text, parts[which % (sizeof(parts) / sizeof(parts[0]))], NULL);
    }
    return scim_json_quote(text, scratch);
}

static const char *make_integer(unsigned long long which, apr_pool_t *scratch)
{
    static const char *const edges[] = {"0",
                                        "-1",
                                        "1",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "9007199254740993",
                                        "9007199254740992"};

    if (which % 3 == 0) {
        return edges[which / 3 % 7];
    }
    return apr_psprintf(scratch, "%" APR_INT64_T_FMT,
                        (apr_int64_t)(random_bits() >> (which % 63)) * (which & 64 ? -1 : 1));
}

static const char *make_decimal(unsigned long long which, apr_pool_t *scratch)
{
    static const char *const edges[] = {"0.0",
                                        "-0.0",
                                        "1.5",
                                        "-1.5",
                                        "1e308",
                                        "-1e308",
                                        "5e-324",
                                        "-5e-324",
                                        "2.0",
                                        "2",
                                        "9007199254740993",
                                        "9007199254740992"};

    if (which % 3 == 0) {
        return edges[which / 3 % 12];
    }
    return apr_psprintf(scratch, "%s%d.%de%d", which & 64 ? "-" : "", (int)(which % 1000),
                        (int)(random_bits() % 1000), (int)(random_bits() % 40) - 20);
}

static const char *make_datetime(unsigned long long which, apr_pool_t *scratch)
{
    static const char *const edges[] = {
        "0001-01-01T00:00:00+14:00", "9999-12-31T24:00:00-14:00", "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00Z",      "1970-01-01T01:00:00+01:00", "0999-12-31T23:59:59Z",
        "1000-01-01T00:00:00Z"};

    if (which % 3 == 0) {
        return scim_json_quote(edges[which / 3 % 7], scratch);
    }
    return apr_psprintf(scratch, "\"%04d-%02d-%02dT%02d:00:00.%03dZ\"", 1 + (int)(which % 9999),
                        1 + (int)(random_bits() % 12), 1 + (int)(random_bits() % 28),
                        (int)(random_bits() % 24), (int)(random_bits() % 1000));
}

static const char *make_boolean(unsigned long long which, apr_pool_t *scratch)
{
    (void)scratch;
    return which % 2 ? "true" : "false";
}

static json_t *value_of(const char *text, apr_pool_t *scratch)
{
    return scim_json_own(scratch, json_loads(text, JSON_DECODE_ANY, NULL));
}

/* What the filter says of a resource whose attribute is `value`. */
static int holds(const scim_attribute_t *attribute, json_t *value, const char *op,
                 const char *literal, apr_pool_t *scratch, const char **key)
{
    scim_reading_t reading = test_reading(schemas, "Device", 0);
    json_t *resource = scim_json_own(scratch, json_object());
    const char *text = apr_pstrcat(scratch, attribute->name, " ", op, " ", literal, NULL);
    scim_filter_t *filter;

    json_object_set(resource, attribute->name, value);
    test_schemas_need(scim_filter_parse(&filter, text, strlen(text), &reading, scratch));
    *key = scim_term_literal(attribute, &filter->value, scratch);
    return scim_match(filter, resource, NULL, scratch);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static int agrees(const scim_attribute_t *attribute, const char *left, const char *right,
                  apr_pool_t *scratch)
{
    json_t *a = value_of(left, scratch), *b = value_of(right, scratch);
    const char *key_a = scim_term_key(attribute, a, scratch), *literal;
    const char *key_b = scim_term_key(attribute, b, scratch);
    int order, expected;

    if (key_a == NULL || key_b == NULL) {
        printf("# %s: no key of %s\n", attribute->name, key_a ? right : left);
        return 0;
    }
    order = sign(strcmp(key_a, key_b));
    expected = holds(attribute, a, "eq", right, scratch, &literal) ? 0 : order ? order : 2;
    if (expected && attribute->type != SCIM_TYPE_BOOLEAN
        && attribute->type != SCIM_TYPE_BINARY) {
        expected = holds(attribute, a, "gt", right, scratch, &literal)   ? 1
                   : holds(attribute, a, "lt", right, scratch, &literal) ? -1
                                                                         : 2;
    }
    if (order == expected && literal && strcmp(literal, key_b) == 0) {
        return 1;
    }
    printf("# %s: %s against %s: keys %s and %s, literal %s\n", attribute->name, left, right,
           key_a, key_b, literal ? literal : "(null)");
    return 0;
}

static void order_of_keys(void)
{
    static const struct {
        const char *attribute;
        make_fn make;
    } rows[] = {{"label", make_text},      {"serial", make_text},   {"manual", make_text},
                {"key", make_text},        {"ports", make_integer}, {"weight", make_decimal},
                {"bought", make_datetime}, {"on", make_boolean}};
    unsigned int row;

    for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        const scim_attribute_t *attribute = attribute_of(rows[row].attribute);
        int i, bad = 0;
        apr_pool_t *scratch;

        apr_pool_create(&scratch, pool);
        for (i = 0; i < 4000 && bad < 5; i++) {
            const char *left = rows[row].make(random_bits() >> 7, scratch);
            const char *right = rows[row].make(random_bits() >> 7, scratch);

            bad += !agrees(attribute, left, right, scratch);
            apr_pool_clear(scratch);
        }
        is_int(bad, 0, rows[row].attribute);
        apr_pool_destroy(scratch);
    }
}

/* ---- single keys -------------------------------------------------------------- */

static const char *key_of(const char *attribute, const char *value)
{
    return scim_term_key(attribute_of(attribute), value_of(value, pool), pool);
}

static void keys(void)
{
    is(key_of("label", "\"STRA\xc3\x9f\x45\""), "strasse", "text is folded");
    is(key_of("serial", "\"aB\""), "aB", "but where it is caseExact");
    is(key_of("manual", "\"https://e/M\""), "https://e/M", "and references, whatever is said");
    is(key_of("key", "\"YQ==\""), "YQ==", "and binaries");
    is(key_of("label", "\"\""), "", "an empty text is a value");
    is(key_of("on", "true"), "1", "true");
    is(key_of("on", "false"), "0", "false");
    is(key_of("weight", "2"), key_of("weight", "2.0"), "one number, written in two ways");
    is(key_of("weight", "0.0"), key_of("weight", "-0.0"), "there is one zero");
    is(key_of("ports", "0"), "8000000000000000", "integers");
    is(key_of("label", "null"), NULL, "null has no key");
    is(key_of("label", "1"), NULL, "nor has a number for text");
    is(key_of("ports", "\"1\""), NULL, "text for a number");
    is(key_of("ports", "1.5"), NULL, "a fraction for an integer");
    is(key_of("bought", "\"yesterday\""), NULL, "text that is no date");
    is(key_of("place", "{\"room\":\"x\"}"), NULL, "an object");
    is(key_of("tags", "[\"x\"]"), NULL, "an array");
    is(scim_term_key(attribute_of("label"), NULL, pool), NULL, "nothing");
}

static void literals(void)
{
    static const struct {
        const char *attribute, *filter, *expected;
    } rows[] = {{"label", "label eq \"ABC\"", "abc"},
                {"on", "on eq true", "1"},
                {"on", "on eq null", NULL},
                {"ports", "ports eq 1.5", NULL},
                {"ports", "ports eq 99999999999999999999", NULL},
                {"label", "label eq null", NULL},
                {"weight", "weight eq null", NULL},
                {"bought", "bought eq null", NULL}};
    scim_reading_t reading = test_reading(schemas, "Device", 0);
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scim_filter_t *filter;

        test_schemas_need(
            scim_filter_parse(&filter, rows[i].filter, strlen(rows[i].filter), &reading, pool));
        is(scim_term_literal(attribute_of(rows[i].attribute), &filter->value, pool),
           rows[i].expected, rows[i].filter);
    }
}

/* ---- cutting -------------------------------------------------------------------- */

static const char *repeat(const char *text, int times, const char *tail)
{
    apr_array_header_t *parts = apr_array_make(pool, times + 1, sizeof(char *));

    while (times-- > 0) {
        APR_ARRAY_PUSH(parts, const char *) = text;
    }
    APR_ARRAY_PUSH(parts, const char *) = tail;
    return apr_array_pstrcat(pool, parts, 0);
}

static const char *text_key(const char *text)
{
    return scim_term_key(attribute_of("serial"), scim_json_own(pool, json_string(text)), pool);
}

static void cutting(void)
{
    static const char *const characters[] = {"z", "\xc3\xa9", "\xe2\x82\xac",
                                             "\xf0\x9f\x98\x80"};
    int length, i, j, bad = 0, invalid = 0, unmarked = 0;

    is(text_key(repeat("x", 508, "")), repeat("x", 508, ""), "508 bytes are whole");
    is_int(scim_term_is_cut(text_key(repeat("x", 508, ""))), 0, "and known to be");
    is_int((long long)strlen(text_key(repeat("x", 9000, ""))), 509, "a long text is cut");
    is_int(scim_term_is_cut(text_key(repeat("x", 9000, ""))), 1, "and known to be");
    for (length = 500; length < 516; length++) {
        for (i = 0; i < 4; i++) {
            const char *a = text_key(repeat("x", length, characters[i]));
            const char *longer = text_key(repeat("x", length, repeat(characters[i], 200, "")));

            invalid += strlen(longer) > SCIM_MAX_KEY;
            invalid += !scim_text_valid(longer, strlen(longer));
            unmarked += !scim_term_is_cut(longer);
            bad += strcmp(a, longer) > 0;
            for (j = i; j < 4; j++) {
                bad +=
                    strcmp(longer, text_key(repeat("x", length, characters[j]))) > 0 && j > i;
            }
        }
    }
    is_int(bad, 0, "the order stays, whatever is cut where");
    is_int(invalid, 0, "no key is too long or breaks a character");
    is_int(unmarked, 0, "each is known to be cut");
    is(text_key(repeat("x", 507, "\xf0\x9f\x98\x80z")), repeat("x", 507, "\xf0\x9f\x98\x80"),
       "a character is kept whole");
    is(text_key(repeat("\xe2\x82\xac", 400, "")), repeat("\xe2\x82\xac", 170, ""),
       "510 bytes of long characters");
}

/* ---- sort keys -------------------------------------------------------------------- */

static void orders(void)
{
    static const struct {
        const char *type, *path, *resource, *expected, *name;
    } rows[] = {
        {"User", "userName", "{\"userName\":\"Ada\"}", "ada", "a single value"},
        {"User", "title", "{\"userName\":\"Ada\"}", NULL, "no value"},
        {"User", "name.familyName", "{\"name\":{\"familyName\":\"L\"}}", "l", "within another"},
        {"User", "name.familyName", "{\"name\":{\"givenName\":\"L\"}}", NULL, "not there"},
        {"User", "emails",
         "{\"emails\":[{\"value\":\"b\"},{\"value\":\"a\",\"primary\":true}]}", "a",
         "the primary value"},
        {"User", "emails.value",
         "{\"emails\":[{\"value\":\"b\"},{\"value\":\"a\",\"primary\":true}]}", "a",
         "the same by name"},
        {"User", "emails.type",
         "{\"emails\":[{\"type\":\"home\"},{\"type\":\"work\",\"primary\":true}]}", "work",
         "another part of the primary one"},
        {"User", "emails", "{\"emails\":[{\"value\":\"b\"},{\"value\":\"a\"}]}", "b",
         "without primary, the first"},
        {"User", "emails",
         "{\"emails\":[{\"value\":\"b\",\"primary\":false},{\"value\":\"a\"}]}", "b",
         "primary false is none"},
        {"User", "emails", "{\"emails\":[{\"value\":\"b\"},{\"type\":\"x\",\"primary\":true}]}",
         NULL, "the primary one has no value"},
        {"User", "emails", "{\"emails\":[]}", NULL, "no values at all"},
        {"Device", "tags", "{\"tags\":[\"Red\",\"blue\"]}", "red",
         "the first of simple values"},
        {"Device", "sizes", "{\"sizes\":[3,7]}", "8000000000000003", "a number of several"},
        {"Device", SITE_URN ":label", "{\"" SITE_URN "\":{\"label\":\"North\"}}", "north",
         "of an extension"},
        {"Device", SITE_URN ":label", "{\"label\":\"South\"}", NULL, "not of the core"},
        {"Device", SITE_URN ":rows",
         "{\"" SITE_URN "\":{\"rows\":[{\"value\":\"b\"},{\"value\":\"A\",\"primary\":true}]}}",
         "a", "the primary one of an extension"},
        {"Device", "parts.count", "{\"parts\":[{\"name\":\"n\",\"count\":2}]}",
         "8000000000000002", "without a value of its own"},
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(scim_term_order(path_of(rows[i].path, rows[i].type),
                           value_of(rows[i].resource, pool), pool),
           rows[i].expected, rows[i].name);
    }
}

/* ---- all terms ---------------------------------------------------------------------- */

static void add(apr_array_header_t *indexed, const char *type, const char *attribute)
{
    scim_indexed_t *one = apr_array_push(indexed);

    one->type = type;
    one->attribute = attribute;
    one->path = path_of(attribute, type);
}

static const char *terms_of(const apr_array_header_t *indexed, const char *type,
                            const char *resource)
{
    const char *text = "";
    const scim_term_t *terms;
    int count, i;

    terms = scim_term_all(&count, indexed, type, value_of(resource, pool), pool);
    for (i = 0; i < count; i++) {
        text =
            apr_pstrcat(pool, text, i ? " " : "", terms[i].attribute, "=", terms[i].key, NULL);
    }
    return text;
}

static void all_terms(void)
{
    apr_array_header_t *indexed = apr_array_make(pool, 8, sizeof(scim_indexed_t));

    add(indexed, "User", "emails.value");
    add(indexed, "User", "name.familyName");
    add(indexed, "Device", "tags");
    add(indexed, "Device", SITE_URN ":label");
    is(terms_of(indexed, "User",
                "{\"emails\":[{\"value\":\"A@x\"},{\"value\":\"b@x\"},{\"value\":\"a@X\"},"
                "{\"type\":\"work\"}],\"name\":{\"familyName\":\"L\"},\"tags\":[\"no\"]}"),
       "emails.value=a@x emails.value=b@x name.familyName=l", "each value once");
    is(terms_of(indexed, "Device",
                "{\"tags\":[\"red\",\"blue\"],\"" SITE_URN "\":{\"label\":\"N\"}}"),
       "tags=red tags=blue " SITE_URN ":label=n", "simple values, and those of extensions");
    is(terms_of(indexed, "User", "{\"userName\":\"ada\"}"), "", "nothing to index");
    is(terms_of(indexed, "Group", "{\"emails\":[{\"value\":\"a\"}]}"), "", "another type");
    is(terms_of(NULL, "User", "{\"emails\":[{\"value\":\"a\"}]}"), "", "no index");
}

int main(void)
{
    pool = tap_start();
    schemas = test_schemas(pool);
    keys();
    literals();
    cutting();
    orders();
    all_terms();
    order_of_keys();
    return tap_done();
}
