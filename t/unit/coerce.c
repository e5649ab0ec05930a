#include "core/resource.h"

#include "core/error.h"
#include "core/limits.h"
#include "resources.h"

static void strings(void)
{
    static const row_t rows[] = {
        {"\"label\":\"\"", 0, "\"label\":\"\"", NULL, "RFC 7643 2.3.1: an empty string"},
        {"\"label\":\" \\u00e9\\t\"", 0, "\"label\":\" \xc3\xa9\\t\"", NULL,
         "RFC 7643 2.3.1: text is kept as it is"},
        {"\"label\":42", SCIM_LENIENT_NUMBER, "\"label\":\"42\"",
         "invalidValue: The attribute label has to be a string, not the number '42'.",
         "a number for a string"},
        {"\"label\":-1.5", SCIM_LENIENT_NUMBER, "\"label\":\"-1.5\"", "not the number '-1.5'",
         "a fraction for a string"},
        {"\"label\":0.1", SCIM_LENIENT_NUMBER, "\"label\":\"0.1\"", "not the number '0.1'.",
         "a fraction that has no end in binary"},
        {"\"label\":0.30000000000000004", SCIM_LENIENT_NUMBER,
         "\"label\":\"0.30000000000000004\"", NULL, "all the digits that it takes"},
        {"\"label\":1e300", SCIM_LENIENT_NUMBER, "\"label\":\"1e300\"", NULL,
         "a number with an exponent"},
        {"\"label\":true", SCIM_LENIENT_NUMBER, "\"label\":\"true\"", "not a boolean",
         "a boolean for a string"},
        {"\"label\":[\"a\"]", 0, NULL, "not an array", "RFC 7643 2.3.1: an array"},
        {"\"label\":{\"value\":\"a\"}", 0, NULL, "not an object", "RFC 7643 2.3.1: an object"},
        {"\"label\":\"\"", SCIM_LENIENT_BLANK, "", NULL, "an empty string is nothing"},
        {"\"label\":\" \\t\\r\\n\"", SCIM_LENIENT_BLANK, "", NULL, "so are blanks"},
        {"\"place\":{\"room\":\"\",\"site\":\" \"}", SCIM_LENIENT_BLANK, "", NULL,
         "and what is made of them"},
        {"\"tags\":[\"a\",\"\",\"b\"]", SCIM_LENIENT_BLANK, "\"tags\":[\"a\",\"b\"]", NULL,
         "blank elements"},
        {"\"tags\":[\"a\",\"\",\"b\"]", 0, "\"tags\":[\"a\",\"\",\"b\"]", NULL,
         "are kept without the leniency"},
        {"\"place\":{\"room\":\"\",\"site\":\" \"}", 0,
         "\"place\":{\"room\":\"\",\"site\":\" \"}", NULL, "in complex values too"},
    };

    check_rows("Thing", rows, COUNT(rows));
}

static void booleans(void)
{
    static const row_t rows[] = {
        {"\"on\":true", 0, "\"on\":true", NULL, "RFC 7643 2.3.2: true"},
        {"\"on\":false", 0, "\"on\":false", NULL, "RFC 7643 2.3.2: false"},
        {"\"on\":\"True\"", SCIM_LENIENT_BOOLEAN, "\"on\":true",
         "invalidValue: The attribute on has to be true or false, not the text 'True'.",
         "\"True\" for true"},
        {"\"on\":\"false\"", SCIM_LENIENT_BOOLEAN, "\"on\":false", "not the text 'false'",
         "\"false\" for false"},
        {"\"on\":\"1\"", SCIM_LENIENT_BOOLEAN, "\"on\":true", "not the text '1'",
         "\"1\" for true"},
        {"\"on\":\"0\"", SCIM_LENIENT_BOOLEAN, "\"on\":false", "not the text '0'",
         "\"0\" for false"},
        {"\"on\":1", SCIM_LENIENT_BOOLEAN, "\"on\":true", "not the number '1'", "1 for true"},
        {"\"on\":0", SCIM_LENIENT_BOOLEAN, "\"on\":false", "not the number '0'", "0 for false"},
        {"\"on\":2", 0, NULL, "not the number '2'", "RFC 7643 2.3.2: other numbers"},
        {"\"on\":1.0", 0, NULL, "not the number '1.0'", "RFC 7643 2.3.2: fractions"},
        {"\"on\":\"yes\"", 0, NULL, "not the text 'yes'", "RFC 7643 2.3.2: other words"},
        {"\"on\":[true]", 0, NULL, "not an array", "RFC 7643 2.3.2: an array"},
        {"\"on\":\"\"", SCIM_LENIENT_BLANK, "", "not the text ''", "a blank boolean is none"},
        {"\"parts\":[{\"value\":\"a\",\"primary\":\"TRUE\"}]", SCIM_LENIENT_BOOLEAN,
         "\"parts\":[{\"value\":\"a\",\"primary\":true}]",
         "The attribute parts.primary has to be", "in elements too"},
    };

    check_rows("Thing", rows, COUNT(rows));
}

/* 0.00...01 as text of so many characters. */
static const char *text_number(int length)
{
    char *digits = apr_pcalloc(pool, (apr_size_t)length + 1);

    memset(digits, '0', (apr_size_t)length);
    digits[1] = '.';
    digits[length - 1] = '1';
    return of_type("Thing", apr_psprintf(pool, "\"weight\":\"%s\"", digits));
}

static void numbers(void)
{
    static const row_t rows[] = {
        {"\"weight\":1.5,\"count\":-3", 0, "\"weight\":1.5,\"count\":-3", NULL,
         "RFC 7643 2.3.3 and 2.3.4: numbers"},
        {"\"weight\":2", 0, "\"weight\":2", NULL, "RFC 7643 2.3.3: a whole decimal"},
        {"\"count\":1.0", 0, NULL,
         "invalidValue: The attribute count has to be a whole number, not the number '1.0'.",
         "RFC 7643 2.3.4: no fraction"},
        {"\"count\":1e3", 0, NULL, "a whole number", "RFC 7643 2.3.4: no exponent"},
        {"\"count\":true", 0, NULL, "not a boolean", "RFC 7643 2.3.4: a boolean"},
        {"\"count\":\"42\"", SCIM_LENIENT_NUMBER, "\"count\":42", "not the text '42'",
         "an integer as text"},
        {"\"weight\":\" -1.5 \"", SCIM_LENIENT_NUMBER, "\"weight\":-1.5",
         "not the text ' -1.5 '", "a decimal as text"},
        {"\"count\":\"1.5\"", 0, NULL, "a whole number, not the text '1.5'",
         "RFC 7643 2.3.4: a fraction as text"},
        {"\"weight\":\"1,5\"", 0, NULL, "a number, not the text '1,5'",
         "RFC 7643 2.3.3: no number as text"},
        {"\"weight\":\"1 2\"", 0, NULL, "a number", "RFC 7643 2.3.3: two numbers as text"},
        {"\"weight\":\"[1]\"", 0, NULL, "a number", "RFC 7643 2.3.3: JSON as text"},
        {"\"weight\":\"1e999\"", 0, NULL, "a number", "RFC 7643 2.3.3: a number too large"},
        {"\"count\":\"99999999999999999999\"", 0, NULL, "a whole number",
         "RFC 7643 2.3.4: an integer too large"},
        {"\"weight\":\"\"", SCIM_LENIENT_BLANK, "", "a number", "a blank number is none"},
        {"\"sizes\":[1,\"2\"]", SCIM_LENIENT_NUMBER, "\"sizes\":[1,2]",
         "The attribute sizes has to be a whole number", "in arrays too"},
    };

    check_rows("Thing", rows, COUNT(rows));
    is(read_as("Thing", LENIENT, 0, text_number(64)), of_type("Thing", "\"weight\":1e-62"),
       "a number of 64 characters");
    ok(strstr(read_as("Thing", LENIENT, 0, text_number(65)), "has to be a number") != NULL,
       "and no longer");
}

static void other_types(void)
{
    static const row_t rows[] = {
        {"\"bought\":\"2008-01-23T04:56:22Z\"", 0, "\"bought\":\"2008-01-23T04:56:22Z\"", NULL,
         "RFC 7643 2.3.5: a dateTime"},
        {"\"bought\":\"2008-01-23T04:56:22.5+02:00\"", 0,
         "\"bought\":\"2008-01-23T04:56:22.5+02:00\"", NULL,
         "RFC 7643 2.3.5: is kept as it was sent"},
        {"\"bought\":\"2008-01-23\"", 0, NULL,
         "invalidValue: The attribute bought has to be a date and time such as "
         "2011-08-01T21:32:44Z, not the text '2008-01-23'.",
         "RFC 7643 2.3.5: both a date and a time"},
        {"\"bought\":\"2008-02-30T00:00:00Z\"", 0, NULL, "a date and time",
         "RFC 7643 2.3.5: a day that there is"},
        {"\"bought\":1201064182", 0, NULL, "not the number '1201064182'",
         "RFC 7643 2.3.5: no number"},
        {"\"bought\":\" \"", SCIM_LENIENT_BLANK, "", "a date and time",
         "a blank dateTime is none"},
        {"\"key\":\"YWJjZA==\"", 0, "\"key\":\"YWJjZA==\"", NULL, "RFC 7643 2.3.6: base64"},
        {"\"key\":\"YWJjZA\"", 0, "\"key\":\"YWJjZA\"", NULL,
         "RFC 7643 2.3.6: padding may be omitted"},
        {"\"key\":\"+/+/\"", 0, "\"key\":\"+/+/\"", NULL, "RFC 7643 2.3.6: the alphabet"},
        {"\"key\":\"-_-_\"", 0, "\"key\":\"-_-_\"", NULL, "RFC 7643 2.3.6: that of URLs"},
        {"\"key\":\"+_+_\"", 0, NULL,
         "invalidValue: The attribute key has to be base64 text, not the text '+_+_'.",
         "RFC 7643 2.3.6: not both"},
        {"\"key\":\"YWJjZ\"", 0, NULL, "base64", "RFC 7643 2.3.6: a length that cannot be"},
        {"\"key\":\"YWJjZA=\"", 0, NULL, "base64", "RFC 7643 2.3.6: half the padding"},
        {"\"key\":\"YWJj====\"", 0, NULL, "base64", "RFC 7643 2.3.6: too much padding"},
        {"\"key\":\"YW=jZA==\"", 0, NULL, "base64", "RFC 7643 2.3.6: padding in the middle"},
        {"\"key\":\"YW\\njZA==\"", 0, NULL, "base64", "RFC 7643 2.3.6: a line break"},
        {"\"key\":7", 0, NULL, "not the number '7'", "RFC 7643 2.3.6: no number"},
        {"\"link\":\"https://example.net/\xc3\xa9?x=1#y\"", 0,
         "\"link\":\"https://example.net/\xc3\xa9?x=1#y\"", NULL, "RFC 7643 2.3.7: a URI"},
        {"\"link\":\"../Users/1\"", 0, "\"link\":\"../Users/1\"", NULL,
         "RFC 7643 2.3.7: a relative one"},
        {"\"link\":\"\"", SCIM_LENIENT_BLANK, "",
         "invalidValue: The attribute link has to be a URI, not the text ''.",
         "RFC 7643 2.3.7: an empty reference"},
        {"\"link\":\"a\\nb\"", 0, NULL, "has to be a URI, not the text 'a?b'",
         "RFC 7643 2.3.7: a control character"},
        {"\"link\":{\"value\":\"x\"}", 0, NULL, "not an object", "RFC 7643 2.3.7: no object"},
        {"\"pin\":1234", SCIM_LENIENT_NUMBER, "\"pin\":\"1234\"",
         "The attribute pin has to be a string, not a number.", "no secret in a message"},
    };

    check_rows("Thing", rows, COUNT(rows));
}

static void complex_values(void)
{
    static const row_t rows[] = {
        {"\"place\":{\"floor\":3,\"room\":\"r\"}", 0, "\"place\":{\"room\":\"r\",\"floor\":3}",
         NULL, "RFC 7643 2.3.8: sub-attributes in the order of the schema"},
        {"\"place\":\"r\"", 0, NULL,
         "invalidValue: The attribute place has to be an object, not the text 'r'.",
         "RFC 7643 2.3.8: no bare value where there is no sub-attribute for it"},
        {"\"place\":[{\"room\":\"r\"}]", 0, NULL, "an object, not an array",
         "RFC 7643 2.3.8: no array"},
        {"\"place\":{\"keys\":[\"a\",\"b\"]}", 0, "\"place\":{\"keys\":[\"a\",\"b\"]}", NULL,
         "RFC 7643 2.3.8: a multi-valued sub-attribute"},
        {"\"place\":{\"keys\":\"a\"}", SCIM_LENIENT_SINGLE, "\"place\":{\"keys\":[\"a\"]}",
         "The attribute place.keys has to be an array", "a single one"},
        {"\"place\":{\"room\":null,\"floor\":null}", 0, "", NULL,
         "RFC 7643 2.5: nothing in a complex value is nothing"},
        {"\"place\":{}", 0, "", NULL, "an empty object is nothing"},
        {"\"place\":{\"floor\":{\"value\":3}}", 0, NULL,
         "The attribute place.floor has to be a whole number, not an object",
         "RFC 7643 2.3.8: no complex sub-attribute"},
    };

    check_rows("Thing", rows, COUNT(rows));
}

static void multi_valued(void)
{
    static const row_t rows[] = {
        {"\"tags\":[\"b\",\"a\"]", 0, "\"tags\":[\"b\",\"a\"]", NULL,
         "RFC 7643 2.4: simple values in their order"},
        {"\"tags\":\"a\"", SCIM_LENIENT_SINGLE, "\"tags\":[\"a\"]",
         "invalidValue: The attribute tags has to be an array, not the text 'a'.",
         "one simple value for an array"},
        {"\"parts\":{\"value\":\"a\"}", SCIM_LENIENT_SINGLE, "\"parts\":[{\"value\":\"a\"}]",
         "The attribute parts has to be an array, not an object.", "one object for an array"},
        {"\"parts\":[\"a\",{\"value\":\"b\"}]", SCIM_LENIENT_SCALAR,
         "\"parts\":[{\"value\":\"a\"},{\"value\":\"b\"}]",
         "The attribute parts has to be an object, not the text 'a'.",
         "a bare value for an element"},
        {"\"parts\":\"a\"", SCIM_LENIENT_SINGLE | SCIM_LENIENT_SCALAR,
         "\"parts\":[{\"value\":\"a\"}]", "has to be an array", "a bare value for all"},
        {"\"parts\":[7]", SCIM_LENIENT_SCALAR | SCIM_LENIENT_NUMBER,
         "\"parts\":[{\"value\":\"7\"}]", "has to be an object, not the number '7'",
         "a bare number for an element"},
        {"\"parts\":[[{\"value\":\"a\"}]]", 0, NULL, "an object, not an array",
         "RFC 7643 2.4: no array in an array"},
        {"\"tags\":[\"a\",{\"value\":\"b\"}]", 0, NULL,
         "The attribute tags has to be a string, not an object",
         "RFC 7643 2.4: no object for a simple value"},
        {"\"tags\":[]", 0, "", NULL, "RFC 7643 2.5: an empty array is nothing"},
        {"\"tags\":null", 0, "", NULL, "RFC 7643 2.5: null is nothing"},
        {"\"tags\":[null]", 0, "", NULL, "RFC 7643 2.5: nor are elements that are null"},
        {"\"parts\":[{},null,{\"value\":null}]", 0, "", NULL, "or have nothing in them"},
        {"\"parts\":\"\"", SCIM_LENIENT_BLANK, "", NULL, "a blank is nothing"},
        {"\"parts\":[{\"value\":\"\",\"type\":\"work\",\"primary\":true}]", SCIM_LENIENT_BLANK,
         "", NULL, "labels on nothing are nothing"},
        {"\"parts\":[{\"value\":\"\",\"type\":\"work\"}]", 0,
         "\"parts\":[{\"value\":\"\",\"type\":\"work\"}]", NULL,
         "but are kept without the leniency"},
        {"\"parts\":[{\"type\":\"work\"}]", SCIM_LENIENT_BLANK,
         "\"parts\":[{\"type\":\"work\"}]", NULL, "and when they are all that was sent"},
        {"\"parts\":[{\"value\":\"\",\"type\":\"a\",\"made\":\"m\"}]", SCIM_LENIENT_BLANK,
         "\"parts\":[{\"type\":\"a\",\"made\":\"m\"}]", NULL, "or not all there is"},
    };

    check_rows("Thing", rows, COUNT(rows));
}

static void duplicates(void)
{
    static const row_t rows[] = {
        {"\"parts\":[{\"value\":\"a\",\"type\":\"x\"},{\"value\":\"a\",\"type\":\"y\"},"
         "{\"value\":\"a\",\"type\":\"X\",\"made\":\"m\"},{\"value\":\"A\",\"type\":\"x\"}]",
         0,
         "\"parts\":[{\"value\":\"a\",\"type\":\"x\"},{\"value\":\"a\",\"type\":\"y\"},"
         "{\"value\":\"A\",\"type\":\"x\"}]",
         NULL, "RFC 7643 2.4: a type and value once, by their caseExact"},
        {"\"parts\":[{\"value\":\"a\"},{\"value\":\"a\"},{\"value\":\"a\",\"type\":\"x\"}]", 0,
         "\"parts\":[{\"value\":\"a\"},{\"value\":\"a\",\"type\":\"x\"}]", NULL,
         "RFC 7643 2.4: no type is a type too"},
        {"\"parts\":[{\"type\":\"x\",\"made\":\"1\"},{\"type\":\"x\",\"made\":\"2\"},"
         "{\"made\":\"1\",\"type\":\"x\"}]",
         0, "\"parts\":[{\"type\":\"x\",\"made\":\"1\"},{\"type\":\"x\",\"made\":\"2\"}]", NULL,
         "without a value only the very same is"},
        {"\"tags\":[\"a\",\"b\",\"A\",\"a\"]", 0, "\"tags\":[\"a\",\"b\"]", NULL,
         "simple values once"},
        {"\"sizes\":[1,2,1]", 0, "\"sizes\":[1,2]", NULL, "numbers too"},
        {"\"parts\":[{\"value\":\"1:a:\"},{\"value\":\"1\",\"type\":\"a:\"}]", 0,
         "\"parts\":[{\"value\":\"1:a:\"},{\"value\":\"1\",\"type\":\"a:\"}]", NULL,
         "colons in values do not confuse"},
    };

    check_rows("Thing", rows, COUNT(rows));
}

static void primaries(void)
{
    static const row_t rows[] = {
        {"\"parts\":[{\"value\":\"a\",\"primary\":false},{\"value\":\"b\",\"primary\":true}]",
         0,
         "\"parts\":[{\"value\":\"a\",\"primary\":false},{\"value\":\"b\",\"primary\":true}]",
         NULL, "RFC 7643 2.4: primary once"},
        {"\"parts\":[{\"value\":\"a\"},{\"value\":\"b\",\"primary\":true},"
         "{\"value\":\"c\",\"primary\":true}]",
         SCIM_LENIENT_PRIMARY,
         "\"parts\":[{\"value\":\"a\"},{\"value\":\"b\",\"primary\":true},"
         "{\"value\":\"c\",\"primary\":false}]",
         "invalidValue: The attribute parts has 2 primary values; one is allowed.",
         "RFC 7643 2.4: primary more than once"},
        {"\"parts\":[{\"value\":\"a\",\"primary\":\"true\"},{\"value\":\"b\",\"primary\":1}]",
         SCIM_LENIENT_PRIMARY | SCIM_LENIENT_BOOLEAN,
         "\"parts\":[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\",\"primary\":false}]",
         "parts.primary has to be", "RFC 7643 2.4: after all coercion"},
        {"\"parts\":[{\"type\":\"a\",\"primary\":true},{\"type\":\"b\",\"primary\":true},"
         "{\"type\":\"b\",\"primary\":false}]",
         SCIM_LENIENT_PRIMARY,
         "\"parts\":[{\"type\":\"a\",\"primary\":true},{\"type\":\"b\",\"primary\":false}]",
         "2 primary values", "RFC 7643 2.4: what is the same without primary is one value"},
    };

    check_rows("Thing", rows, COUNT(rows));
}

static const char *many(int count)
{
    const char *text = "\"tags\":[\"0\"";
    int i;

    for (i = 1; i < count; i++) {
        text = apr_psprintf(pool, "%s,\"%d\"", text, i);
    }
    return apr_pstrcat(pool, text, "]", NULL);
}

static void value_limit(void)
{
    const char *most = of_type("Thing", many(SCIM_MAX_VALUES));

    is(read_as("Thing", 0, 0, most), most, "as many values as allowed");
    is(read_as("Thing", LENIENT, 0, of_type("Thing", many(SCIM_MAX_VALUES + 1))),
       "400 invalidValue: The attribute tags has 1001 values; 1000 are allowed in one request.",
       "one more");
}

static const char *coerce(const char *type, const char *name, const char *value, int element,
                          scim_leniency_t leniency)
{
    scim_reading_t reading = reading_of(type, leniency);
    const json_t *sent = json_object_get(json(apr_psprintf(pool, "{\"v\":%s}", value)), "v");
    const scim_attribute_t *attribute =
        scim_resource_type_attribute(reading.type, name, strlen(name));
    json_t *result;
    scim_error_t *error =
        scim_resource_coerce(&result, sent, attribute, element, &reading, pool);

    return error ? error->detail : result ? scim_json_text(result, NULL, pool) : "(nothing)";
}

static void coercion(void)
{
    is(coerce("User", "emails", "{\"VALUE\":\"a@b\"}", 1, 0), "{\"value\":\"a@b\"}",
       "an element of a multi-valued attribute");
    is(coerce("User", "emails", "[{\"VALUE\":\"a@b\"}]", 0, 0), "[{\"value\":\"a@b\"}]",
       "all of it");
    is(coerce("User", "emails", "{\"value\":\"a@b\"}", 0, 0),
       "The attribute emails has to be an array, not an object.", "not an element for all");
    is(coerce("User", "emails", "[{\"value\":\"a@b\"}]", 1, LENIENT),
       "The attribute emails has to be an object, not an array.", "not all for an element");
    is(coerce("User", "emails", "\"a@b\"", 1, SCIM_LENIENT_SCALAR), "{\"value\":\"a@b\"}",
       "a bare value for an element");
    is(coerce("User", "active", "\"False\"", 0, SCIM_LENIENT_BOOLEAN), "false", "a boolean");
    is(coerce("User", "title", "\"\"", 0, LENIENT), "(nothing)", "nothing for a blank");
    is(coerce("User", "title", "null", 0, 0), "(nothing)", "nothing for null");
    is(coerce("User", "emails", "[]", 0, 0), "(nothing)", "nothing for an empty array");
    is(coerce("User", "emails", "{}", 1, 0), "(nothing)", "nothing for an empty element");
    is(coerce("User", "name", "{\"x\":1}", 0, 0), "(nothing)", "nothing for what is unknown");
    is(coerce("Thing", "tags", "\"a\"", 1, 0), "\"a\"", "a simple element");
    is(coerce("Group", "members", "[{\"$ref\":null,\"value\":\"1\"}]", 0, 0),
       "[{\"value\":\"1\"}]", "what Entra sends for a member");
}

static void demotion(void)
{
    json_t *values = json_object_get(json("{\"v\":[{\"value\":\"a\",\"primary\":true},"
                                          "{\"value\":\"b\"},{\"value\":\"c\","
                                          "\"primary\":true}]}"),
                                     "v");

    scim_resource_demote(values, json_array_get(values, 1));
    is(scim_json_text(values, NULL, pool),
       "[{\"value\":\"a\",\"primary\":false},{\"value\":\"b\",\"primary\":true},"
       "{\"value\":\"c\",\"primary\":false}]",
       "RFC 7644 3.5.2: one element becomes the primary");
    json_object_set_new(json_array_get(values, 2), "primary", json_true());
    scim_resource_demote(values, NULL);
    is(scim_json_text(values, NULL, pool),
       "[{\"value\":\"a\",\"primary\":false},{\"value\":\"b\",\"primary\":true},"
       "{\"value\":\"c\",\"primary\":false}]",
       "or the first one stays");
}

int main(void)
{
    prepare();
    strings();
    booleans();
    numbers();
    other_types();
    complex_values();
    multi_valued();
    duplicates();
    primaries();
    value_limit();
    coercion();
    demotion();
    return tap_done();
}
