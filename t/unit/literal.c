#include "core/literal.h"

#include "filters.h"

static apr_pool_t *pool;

static int says(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static void strings(void)
{
    scim_filter_t *filter;

    if (is_fine(parse(&filter, "title eq \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\u20AC\"",
                      "User"),
                "every escape")) {
        is(filter->value.text, "\"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac", "says so");
    }
    if (is_fine(parse(&filter, "title eq \"\\ud83d\\uDE00\\udbff\\udfff\"", "User"),
                "surrogate pairs")) {
        is(filter->value.text, "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf", "are one character each");
    }
    reads_as("title eq \"\"", "User", "title eq \"\"");
    reads_as("title eq \"\\u007f\xf0\x9f\x98\x80\"", "User",
             "title eq \"\x7f\xf0\x9f\x98\x80\"");
    refuses("title eq \"\\u0000\"", "User",
            "The character U+0000 is not allowed in a string "
            "(character 11).");
    refuses("title eq \"\\ud83d\"", "User", "one half of a surrogate pair without the other");
    refuses("title eq \"\\ud83d\\n\"", "User", "one half of a surrogate pair");
    refuses("title eq \"\\ud83d\\ud83d\"", "User", "one half of a surrogate pair");
    refuses("title eq \"\\ude00\\ud83d\"", "User", "one half of a surrogate pair");
    refuses("title eq \"\\ude00\\ude00\"", "User", "one half of a surrogate pair");
    refuses("title eq \"\\ud83d\\ue000\"", "User", "one half of a surrogate pair");
    refuses("title eq \"\\ude00\"", "User", "one half of a surrogate pair");
    refuses("title eq \"\\u12g4\"", "User", "must be followed by four hexadecimal digits");
    refuses("title eq \"\\u12\"", "User", "must be followed by four hexadecimal digits");
    refuses("title eq \"\\U0041\"", "User", "This escape is none of JSON; allowed are");
    refuses("title eq \"a\\'\"", "User", "This escape is none of JSON");
    refuses("title eq \"a\nb\"", "User",
            "A control character in a string must be escaped (character 12).");
    refuses("title eq \"a", "User",
            "The string that starts here has no closing quote (character 10).");
    refuses("title eq \"a\\\"", "User", "has no closing quote (character 10).");
    refuses("title eq \"a\\", "User", "has no closing quote");
    refuses("title eq \"", "User", "has no closing quote");
    refuses("title eq \"\xc3\"", "User", "is not valid UTF-8 text (character 10).");
    refuses("title eq \"\xed\xa0\x80\"", "User", "is not valid UTF-8 text");
    refuses("title eq \"\xc0\x80\"", "User", "is not valid UTF-8 text");
    refuses("title eq \"\xc3\xa4\xc3\xa4\" x", "User",
            "Expected 'and', 'or' or the end, found 'x' (character 15).");
    is_error(parse_bytes(&filter, "title eq \"a\0b\"", 14, "User", 0), 400, "invalidFilter",
             "A control character in a string must be escaped", "a NUL byte in a string");
    is_error(parse_bytes(&filter, "ti\0tle pr", 9, "User", 0), 400, "invalidFilter",
             "'ti?tle' is no attribute name", "a NUL byte in a name");
}

static void numbers(void)
{
    scim_filter_t *filter;

    reads_as("ports eq 0", "Device", "ports eq 0");
    reads_as("ports eq -17", "Device", "ports eq -17");
    reads_as("weight eq 1.50", "Device", "weight eq 1.5");
    reads_as("weight eq 1e3", "Device", "weight eq 1000.0");
    reads_as("weight eq -2.5E-1", "Device", "weight eq -0.25");
    reads_as("weight eq 1E+2", "Device", "weight eq 100.0");
    reads_as("ports eq 9223372036854775807", "Device", "ports eq 9223372036854775807");
    reads_as("ports eq -9223372036854775808", "Device", "ports eq -9223372036854775808");
    if (is_fine(parse(&filter, "ports lt 9223372036854775808", "Device"), "past 64 bits")) {
        is_int(filter->value.type, JSON_REAL, "is a real");
        ok(filter->value.number > 9.2e18, "of that size");
    }
    refuses("ports eq 007", "Device", "Expected a value, found '007'; a value is");
    refuses("ports eq +1", "Device", "found '+1'");
    refuses("ports eq .5", "Device", "found '.5'");
    refuses("ports eq 1.", "Device", "found '1.'");
    refuses("ports eq 1e", "Device", "found '1e'");
    refuses("ports eq 1e+", "Device", "found '1e+'");
    refuses("ports eq -", "Device", "found '-'");
    refuses("ports eq 0x10", "Device", "found '0x10'");
    refuses("ports eq 1,5", "Device", "found '1,5'");
    refuses("ports eq NaN", "Device", "found 'NaN'");
    refuses("ports eq 1e999", "Device", "The number '1e999' is out of range (character 10).");
}

static void nulls(void)
{
    reads_as("title eq null", "User", "title eq null");
    reads_as("title ne null", "User", "title ne null");
    reads_as("name eq null", "User", "name eq null");
    reads_as("emails ne null", "User", "emails ne null");
    reads_as("active eq null", "User", "active eq null");
    reads_as("meta.created eq null", "User", "meta.created eq null");
    reads_as("emails[type eq null]", "User", "emails[type eq null]");
    reads_as("tags[value eq null]", "Device", "tags[value eq null]");
    reads_as(SCIM_URN_ENTERPRISE_USER " eq null", "User", SCIM_URN_ENTERPRISE_USER " eq null");
    refuses("title gt null", "User",
            "The operator 'gt' cannot be used with null; use eq or ne (character 10).");
    refuses("title co null", "User", "cannot be used with null");
    refuses("emails sw null", "User", "cannot be used with null");
}

static void leniencies(void)
{
    static const scim_leniency_t boolean = SCIM_LENIENT_BOOLEAN, number = SCIM_LENIENT_NUMBER;

    is(parsed("active eq \"True\"", "User", boolean), "active eq true",
       "\"True\" as a boolean");
    is(parsed("active eq \"FALSE\"", "User", boolean), "active eq false", "\"FALSE\"");
    is(parsed("active eq \"0\"", "User", boolean), "active eq false", "\"0\" as a boolean");
    is(parsed("active eq 1", "User", boolean), "active eq true", "1 as a boolean");
    is(parsed("emails[primary eq \"true\"]", "User", boolean), "emails[primary eq true]",
       "in brackets");
    ok(says(parsed("active eq \"yes\"", "User", boolean), "expected true or false"),
       "but not \"yes\"");
    ok(says(parsed("active eq \"True\"", "User", (scim_leniency_t)~boolean), "expected true"),
       "not without the leniency");
    is(parsed("ports eq \"42\"", "Device", number), "ports eq 42", "\"42\" as a number");
    ok(says(parsed("ports eq \"4x\"", "Device", number), "expected a number"),
       "but not \"4x\"");
    is(parsed("label eq 42", "Device", number), "label eq \"42\"", "42 as text");
    is(parsed("label eq true", "Device", number), "label eq \"true\"", "true as text");
    is(parsed("label eq null", "Device", number), "label eq null", "but not null");
    is(parsed("urn:scim:schemas:core:1.0:userName eq \"a\"", "User", SCIM_LENIENT_URN),
       "userName eq \"a\"", "an obsolete URN");
    refuses("active eq True", "User",
            "'True' must be written in lower case: true (character 11).");
    refuses("active eq FALSE", "User", "'FALSE' must be written in lower case: false");
    refuses("title eq NULL", "User", "'NULL' must be written in lower case: null");
}

int main(void)
{
    pool = tap_start();
    schemas = test_schemas(pool);
    strings();
    numbers();
    nulls();
    leniencies();
    return tap_done();
}
