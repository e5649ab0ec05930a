#include "tap.h"

#include "core/buffer.h"
#include "core/datetime.h"
#include "core/error.h"
#include "core/json.h"
#include "core/json_print.h"
#include "core/json_scan.h"
#include "core/limits.h"
#include "core/reading.h"
#include "core/text.h"
#include "core/uuid.h"

static apr_pool_t *pool;

static const char *fold(const char *text)
{
    return scim_text_fold(pool, exact(text), strlen(text));
}

static void test_text(void)
{
    is(fold("ABC xyz"), "abc xyz", "fold: ASCII");
    is(fold("STRASSE"), fold("straße"), "fold: sharp s");
    is(fold("\xC3\x89ric"), fold("E\xCC\x81RIC"), "fold: composed and decomposed");
    is(fold("\xEF\xBC\xA1\xEF\xBC\xA4\xEF\xBC\xA1"), "ada", "fold: fullwidth letters");
    is(fold("a\xE2\x80\x8B"
            "da"),
       "ada", "fold: zero-width space");
    is(fold("a\xFF"
            "B"),
       "a\xFF"
       "b",
       "fold: broken UTF-8 still folds");
    ok(scim_text_valid(exact("gr\xC3\xBC\xC3\x9F"), 6), "valid: two-byte letters");
    ok(!scim_text_valid(exact("\xC3"), 1), "valid: cut sequence");
    ok(!scim_text_valid(exact("\xC0\x80"), 2), "valid: overlong");
    ok(!scim_text_valid(exact("\xED\xA0\x80"), 3), "valid: surrogate");
    ok(!scim_text_valid(exact_bytes("a\0b", 3), 3), "valid: NUL");
    ok(scim_text_valid(exact(""), 0), "valid: nothing");
    ok(scim_text_blank(" \t\n") && scim_text_blank("") && !scim_text_blank(" x"), "blank");
    ok(scim_text_same_name("userName", "USERNAME"), "names: case");
    ok(scim_text_is_name(exact("USERname"), 8, "userName"), "names: by length");
    ok(!scim_text_is_name(exact("user"), 4, "userName"), "names: prefix is another name");
    ok(!scim_text_is_name(exact("userNames"), 9, "userName"), "names: longer is another name");
}

static void test_datetime(void)
{
    static const struct {
        const char *text;
        const char *utc; /* NULL: not a dateTime */
    } cases[] = {
        {"2011-05-13T04:42:34Z", "2011-05-13T04:42:34.000Z"},
        {"2011-05-13T04:42:34", "2011-05-13T04:42:34.000Z"},
        {"2011-08-01T21:32:44.882Z", "2011-08-01T21:32:44.882Z"},
        {"2011-08-01T21:32:44.8829999999Z", "2011-08-01T21:32:44.882Z"},
        {"2011-08-01T00:30:00+01:30", "2011-07-31T23:00:00.000Z"},
        {"2011-12-31T23:30:00-00:30", "2012-01-01T00:00:00.000Z"},
        {"2012-02-29T24:00:00Z", "2012-03-01T00:00:00.000Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
        {"0001-01-01T00:00:00.0009Z", "0001-01-01T00:00:00.000Z"},
        {"1969-12-31T23:59:59.1234Z", "1969-12-31T23:59:59.123Z"},
        {"1970-01-01T00:00:00.999Z", "1970-01-01T00:00:00.999Z"},
        {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"},
        {"2011-02-29T00:00:00Z", NULL},
        {"2000-02-30T00:00:00Z", NULL},
        {"1900-02-29T00:00:00Z", NULL},
        {"2011-13-01T00:00:00Z", NULL},
        {"2011-00-01T00:00:00Z", NULL},
        {"2011-05-13", NULL},
        {"04:42:34Z", NULL},
        {"2011-05-13 04:42:34Z", NULL},
        {"2011-05-13T4:42:34Z", NULL},
        {"2011-05-13T04:60:34Z", NULL},
        {"2011-05-13T24:00:01Z", NULL},
        {"2011-05-13T25:00:00Z", NULL},
        {"2011-05-13T04:42:34.Z", NULL},
        {"2011-05-13T04:42:34+15:00", NULL},
        {"2011-05-13T04:42:34z", NULL},
        {"2011-05-13T04:42:34ZZ", NULL},
        {"0000-05-13T04:42:34Z", NULL},
        {"", NULL},
    };
    char out[SCIM_DATETIME_SIZE];
    apr_time_t when;
    size_t i, cut;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t length = strlen(cases[i].text);
        int read = scim_datetime_parse(&when, exact(cases[i].text), length);

        is(read ? scim_datetime_format(out, when) : NULL, cases[i].utc,
           apr_psprintf(pool, "dateTime (RFC 7643 2.3.5): '%s'", cases[i].text));
    }
    for (cut = 0; cut < 19; cut++) {
        ok(!scim_datetime_parse(&when, exact_bytes("2011-05-13T04:42:34Z", cut), cut),
           "dateTime: the first %d bytes are none", (int)cut);
    }
}

static void test_uuid(void)
{
    char first[SCIM_ID_LENGTH + 1], second[SCIM_ID_LENGTH + 1];
    apr_time_t now = APR_INT64_C(1700000000123456);

    is_fine(scim_uuid_create(first, now, pool), "uuid: made");
    is_fine(scim_uuid_create(second, now + 1, pool), "uuid: another");
    ok(scim_uuid_valid(first), "uuid: %s is one", first);
    ok(strncmp(first, "018bcfe5-687b-7", 15) == 0, "uuid: time and version (RFC 9562 5.7)");
    ok(strchr("89ab", first[19]) != NULL, "uuid: variant");
    ok(strcmp(first, second) < 0, "uuid: a microsecond later sorts behind");
    ok(!scim_uuid_valid("018BCFE5-687B-7000-8000-000000000000"), "uuid: capitals are not ours");
    ok(!scim_uuid_valid("018bcfe5-687b-7000-8000-00000000000"), "uuid: too short");
    ok(!scim_uuid_valid("018bcfe5-687b-7000-8000-0000000000000"), "uuid: too long");
    ok(!scim_uuid_valid(""), "uuid: empty");
}

static scim_error_t *parse(const char *text, size_t length)
{
    json_t *value;

    return scim_json_parse(&value, exact_bytes(text, length), length, pool);
}

static const char *nested(int depth)
{
    char *text = apr_palloc(pool, (apr_size_t)depth * 2 + 16), *to = text;
    int i;

    to += sprintf(to, "{\"a\":");
    for (i = 1; i < depth; i++) {
        *to++ = '[';
    }
    for (i = 1; i < depth; i++) {
        *to++ = ']';
    }
    *to++ = '}';
    *to = '\0';
    return text;
}

/* `count` times `value` in an array in an object. */
static scim_error_t *parse_many(const char *value, int count)
{
    apr_size_t size = strlen(value), i;
    char *text = apr_palloc(pool, 7 + (size + 1) * (apr_size_t)count), *to = text + 6;

    memcpy(text, "{\"a\":[", 6);
    for (i = 0; i < (apr_size_t)count; i++) {
        memcpy(to, value, size);
        to[size] = ',';
        to += size + 1;
    }
    memcpy(to - 1, "]}", 2);
    return parse(text, (apr_size_t)(to + 1 - text));
}

static void test_json_values(void)
{
    is_fine(parse_many("1", SCIM_MAX_JSON_VALUES - 7), "json: as many values as allowed");
    is_error(parse_many("1", SCIM_MAX_JSON_VALUES - 6), 400, "invalidSyntax", "values",
             "json: one more");
    is_fine(parse_many("{}", (SCIM_MAX_JSON_VALUES - 8) / 5), "json: as many objects");
    is_error(parse_many("{}", (SCIM_MAX_JSON_VALUES - 8) / 5 + 2), 400, "invalidSyntax",
             "values", "json: one more object");
    is_error(parse_many("[]", (SCIM_MAX_JSON_VALUES - 8) / 5 + 2), 400, "invalidSyntax",
             "values", "json: one more array");
    is_fine(parse_many("\",,,,,[[[{{{\"", SCIM_MAX_JSON_VALUES / 8),
            "json: text does not count");
}

/* What cannot be read may be a password, and is not repeated. */
static void test_json_secret(void)
{
    static const char *const broken[] = {
        "{\"password\":\"sesame",      "{\"password\":\"sesame\\q\"}", "{\"password\":sesame}",
        "{\"password\":\"a\" sesame}", "{\"password\":\"a\"}sesame",   "{\"password\":1sesame}",
        "{\"password\":\"sesame\n\"}",
    };
    scim_error_t *error;
    apr_size_t i;

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        error = parse(broken[i], strlen(broken[i]));
        is_error(error, 400, "invalidSyntax", "column", "json: broken behind a secret");
        ok(error && strstr(error->detail, "ses") == NULL,
           "json: which is not in the detail: %s", error ? error->detail : "");
    }
    is_error(parse("{\"ab\":\"sesame\",\"ab\":1}", 22), 400, "invalidSyntax", "\"ab\"",
             "json: the key that is there twice is named");
}

/* A member's name of so many letters. */
static const char *named(int length)
{
    return apr_psprintf(pool, "{\"%0*d\":1}", length, 7);
}

/* Equal to what jansson makes of the text, both as a value and written. */
static int is_as_jansson(json_t *value, json_t *theirs)
{
    char text[1024], ours[1024];
    size_t size = json_dumpb(theirs, text, sizeof(text), JSON_COMPACT | JSON_ENCODE_ANY);

    return json_equal(value, theirs) && size <= sizeof(text)
           && scim_json_print(value, ours, size) == size && memcmp(text, ours, size) == 0;
}

/* `usual` texts are read without jansson, which the others are left to: with the same result.
 */
static void test_json_scan(void)
{
    const struct {
        int usual;
        const char *text;
    } rows[] = {
        {1, "{}"},
        {1, " \t\r\n{ \"a\" : [ ] , \"b\" : [ 1 , { } ] } \n"},
        {1, "{\"a\":{\"b\":[true,false,null,\"\",\"\xC3\xA9\x7F\"]},\"\":\"'/\"}"},
        {1, "[0,-0,1,-1,10,999999999999999999,-999999999999999999]"},
        {1, "[\"\\u00e9\\n\\\\\\/\\\"\\b\\f\\r\\t\\u0001\\u001F\\ud83d\\ude00\",\"\\\"\"]"},
        {1, named(255)},
        {0, named(256)},
        {0, "[1234567890123456789,-9223372036854775808]"},
        {0, "[1.5,1e2,-0.0]"},
        {0, "{\"a\\u0062\":1}"},
        {0, "[9223372036854775808]"},
        {0, "[01]"},
        {0, "[-]"},
        {0, "[+1]"},
        {0, "[1a]"},
        {0, "[truex]"},
        {0, "[tru"},
        {0, "[nul]"},
        {0, "[1,]"},
        {0, "[,1]"},
        {0, "[1 2]"},
        {0, "[1"},
        {0, "{\"a\":1,}"},
        {0, "{\"a\" 1}"},
        {0, "{\"a\":}"},
        {0, "{\"a\""},
        {0, "{a:1}"},
        {0, "{1:1}"},
        {0, "{\"a\":1,\"a\":1}"},
        {0, "[1}"},
        {0, "{\"a\":1]"},
        {0, "[\"a]"},
        {0, "[\"a\\\"]"},
        {0, "[\"\\x\"]"},
        {0, "[\"\\ud83d\"]"},
        {0, "[\"a\tb\"]"},
        {0, "{} {}"},
        {0, "\xEF\xBB\xBF{}"},
        {0, ""},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_size_t length = strlen(rows[i].text);
        const char *text = exact_bytes(rows[i].text, length);
        json_t *value = scim_json_own(pool, scim_json_scan(text, length));
        json_t *theirs = scim_json_own(
            pool, json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL));

        is_int(value != NULL, rows[i].usual,
               apr_psprintf(pool, "json: usual, row %d: %s", (int)i,
                            scim_error_quotes(pool, rows[i].text)));
        ok(value == NULL || (theirs && is_as_jansson(value, theirs)),
           "json: as jansson reads and writes it, row %d", (int)i);
        ok(theirs == NULL || is_as_jansson(theirs, theirs),
           "json: as jansson writes it, row %d", (int)i);
    }
}

static void test_json(void)
{
    const char *deepest = nested(SCIM_MAX_JSON_DEPTH),
               *deeper = nested(SCIM_MAX_JSON_DEPTH + 1);
    const char *sample = "{\"B\":[1,\"x\"],\"a\":{\"c\":null}}";
    const char *brackets = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}";
    json_t *value;

    is_fine(parse("{\"a\":1}", 7), "json: an object");
    is_error(parse("", 0), 400, "invalidSyntax", "empty", "json: nothing");
    is_error(parse("{\"a\":1", 6), 400, "invalidSyntax", "line 1", "json: cut off");
    is_error(parse("{\"a\":1}x", 8), 400, "invalidSyntax", "line 1", "json: text behind");
    is_error(parse("[1]", 3), 400, "invalidSyntax", "an array", "json: an array");
    is_error(parse("1", 1), 400, "invalidSyntax", "a number", "json: a number");
    is_error(parse("{\"a\":1,\"a\":2}", 13), 400, "invalidSyntax", "duplicate", "json: twice");
    is_error(parse("{\"a\":\"\xFF\"}", 9), 400, "invalidSyntax", "UTF-8", "json: bad UTF-8");
    is_error(parse("{\"a\":\"\0\"}", 9), 400, "invalidSyntax", "NUL", "json: raw NUL");
    is_error(parse("{\"a\":\"\\u0000\"}", 14), 400, "invalidSyntax", NULL, "json: escaped NUL");
    is_error(parse("{\"a\":1e999}", 11), 400, "invalidSyntax", NULL, "json: huge number");
    is_fine(parse(deepest, strlen(deepest)), "json: as deep as allowed");
    is_error(parse(deeper, strlen(deeper)), 400, "invalidSyntax", "levels", "json: one deeper");
    is_fine(parse(brackets, strlen(brackets)), "json: brackets in a string are not depth");

    is_fine(scim_json_parse(&value, exact(sample), strlen(sample), pool), "json: sample");
    is(scim_json_text(value, NULL, pool), "{\"B\":[1,\"x\"],\"a\":{\"c\":null}}",
       "json: text keeps order");
    ok(scim_json_member(value, "b", NULL) == json_object_get(value, "B"),
       "json: member, any case");
    ok(scim_json_member(value, "bb", NULL) == NULL, "json: no such member");
    ok(scim_json_unassigned(NULL) && scim_json_unassigned(json_null()), "json: unassigned");
    ok(!scim_json_unassigned(json_object_get(value, "B")), "json: assigned");
    is(scim_json_quote("a\"\n", pool), "\"a\\\"\\n\"", "json: quote");
    ok(strlen(scim_json_text(scim_json_own(pool, json_string(apr_psprintf(pool, "%5000d", 1))),
                             NULL, pool))
           == 5002,
       "json: long text");
}

static void test_error(void)
{
    scim_error_t *error = scim_error_bad(pool, SCIM_INVALID_PATH, "no \"%s\"", "x");

    is(scim_error_message(error, pool),
       "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],\"status\":\"400\","
       "\"scimType\":\"invalidPath\",\"detail\":\"no \\\"x\\\"\"}",
       "error: message (RFC 7644 3.12)");
    is(scim_error_quote(pool, exact("a\nb\x7f\xFF"), 5),
       "'a?b?"
       "?'",
       "quote: controls");
    is(scim_error_quote(pool, exact("\xE2\x80\xAE"), 3), "'?'", "quote: direction override");
    is(scim_error_quote(pool, exact(""), 0), "''", "quote: nothing");
    is(scim_error_quotes(pool, NULL), "(none)", "quote: NULL");
    ok(strlen(scim_error_quotes(pool, apr_psprintf(pool, "%064d", 1))) == 66, "quote: 64 fit");
    ok(strlen(scim_error_quotes(pool, apr_psprintf(pool, "%065d", 1))) == 69,
       "quote: 65 are cut");
}

/* What is written beside a buffer, bit by bit, comes to few pieces. */
static void test_buffer_pieces(void)
{
    scim_buffer_t *whole = scim_buffer_create(pool), *rows[1000];
    static char large[SCIM_LONG_PIECE];
    const scim_piece_t *piece;
    int i, pieces = 0;

    for (i = 0; i < 1000; i++) {
        rows[i] = scim_buffer_beside(whole);
        scim_buffer_printf(rows[i], "%03d", i);
        scim_buffer_puts(rows[i], i % 2 ? "odd" : "even");
        if (i == 500) {
            scim_buffer_add(rows[i], large, sizeof(large));
        }
    }
    for (i = 0; i < 1000; i++) {
        if (i != 7) {
            scim_buffer_splice(whole, rows[i]);
        }
    }
    for (piece = whole->first; piece; piece = piece->next) {
        pieces++;
    }
    ok(pieces < 10, "buffer: %d pieces of a thousand rows", pieces);
    memset(large, 'x', sizeof(large));
    is_int((long long)whole->length, 999 * 3 + 500 * 4 + 499 * 3 + (int)sizeof(large),
           "buffer: length of all rows");
    is_int((long long)strlen(scim_buffer_text(whole, pool)), (long long)whole->length,
           "buffer: a long piece is borrowed");
    ok(strncmp(scim_buffer_text(whole, pool), "000even001odd", 13) == 0
           && strstr(scim_buffer_text(whole, pool), "006even008even009odd"),
       "buffer: rows in order, without the one that was dropped");
}

static void test_buffer(void)
{
    scim_buffer_t *buffer = scim_buffer_create(pool), *tail = scim_buffer_create(pool);

    is(scim_buffer_text(buffer, pool), "", "buffer: empty");
    scim_buffer_splice(buffer, tail);
    scim_buffer_puts(tail, "c");
    scim_buffer_copy(tail, "dx", 1);
    scim_buffer_printf(buffer, "%s%d", "a", 1);
    scim_buffer_add(buffer, "b", 1);
    scim_buffer_splice(buffer, tail);
    scim_buffer_puts(buffer, "e");
    is(scim_buffer_text(buffer, pool), "a1bcde", "buffer: pieces in order");
    is_int((long long)buffer->length, 6, "buffer: length");
    is_int((long long)tail->length, 0, "buffer: spliced tail is empty");
    scim_buffer_skip(buffer, 2);
    is(scim_buffer_text(buffer, pool), "bcde", "buffer: without its first bytes");
    is_int((long long)buffer->length, 4, "buffer: and shorter by them");
}

static void test_notes(void)
{
    scim_reading_t reading = {.notes = apr_array_make(pool, 4, sizeof(const char *))};
    int i;

    for (i = 0; i < SCIM_MAX_NOTES + 10; i++) {
        scim_reading_note(&reading, "note %d", i);
    }
    is_int(reading.notes->nelts, SCIM_MAX_NOTES + 1,
           "notes: no more than the limit and a last one");
    is(APR_ARRAY_IDX(reading.notes, SCIM_MAX_NOTES - 1, const char *),
       apr_psprintf(pool, "note %d", SCIM_MAX_NOTES - 1), "notes: in order");
    is(APR_ARRAY_IDX(reading.notes, SCIM_MAX_NOTES, const char *), "and more of the kind.",
       "notes: the last one says that there were more");
    reading.notes = NULL;
    scim_reading_note(&reading, "nobody listens");
}

int main(void)
{
    pool = tap_start();
    test_text();
    test_datetime();
    test_uuid();
    test_json();
    test_json_scan();
    test_json_secret();
    test_json_values();
    test_error();
    test_buffer();
    test_buffer_pieces();
    test_notes();
    return tap_done();
}
