#include "core/etag.h"

#include "core/limits.h"
#include "tap.h"

static apr_pool_t *pool;

/* In a block of its own, so that reading past its end is seen. */
static scim_error_t *parse(scim_etags_t *etags, const char *value)
{
    char *copy = value ? strdup(value) : NULL;
    scim_error_t *error = scim_etags_parse(etags, "If-Match", copy, pool);

    free(copy);
    return error;
}

static const char *tags(const char *value)
{
    scim_etags_t etags;
    const char *all = "";
    int i;

    if (parse(&etags, value)) {
        return "error";
    }
    if (!etags.sent) {
        return "not sent";
    }
    if (etags.any) {
        return "any";
    }
    for (i = 0; i < etags.count; i++) {
        all = apr_pstrcat(pool, all, "<", etags.tags[i], ">", NULL);
    }
    return all;
}

static const char *many(int count)
{
    const char *all = "\"0\"";
    int i;

    for (i = 1; i < count; i++) {
        all = apr_psprintf(pool, "%s, \"%d\"", all, i);
    }
    return all;
}

static scim_verdict_t judge(const char *match, const char *none_match, apr_int64_t version,
                            int reading)
{
    scim_precondition_t precondition;

    if (scim_etags_parse(&precondition.match, "If-Match", match, pool)
        || scim_etags_parse(&precondition.none_match, "If-None-Match", none_match, pool)) {
        return (scim_verdict_t)-1;
    }
    return scim_precondition_judge(&precondition, version, reading);
}

static void parsing(void)
{
    static const struct {
        const char *value, *expected, *name;
    } rows[] = {
        {NULL, "not sent", "no header"},
        {"*", "any", "a star"},
        {" \t* ", "any", "a star between blanks"},
        {"W/\"e180ee84f0671b1\"", "<e180ee84f0671b1>", "RFC 7644 3.14: a weak tag"},
        {"\"7\"", "<7>", "a strong tag"},
        {"W/\"1\", \"2\",W/\"3\"", "<1><2><3>", "a list"},
        {", ,\"1\",, \"2\" ,", "<1><2>", "RFC 7230 7: empty elements"},
        {"\"\"", "<>", "an empty opaque part"},
        {"\"a,b\"", "<a,b>", "a comma inside the quotes"},
        {"\"*\"", "<*>", "a quoted star is a tag"},
        {"7", "<7>", "a bare word"},
        {"W/7", "<7>", "a bare word that is weak"},
        {"e180, f190", "<e180><f190>", "bare words"},
        {"W/\"5-gzip\"", "<5>", "mod_deflate's suffix"},
        {"W/\"5-br\"", "<5>", "mod_brotli's suffix"},
        {"W/\"5-deflate\"", "<5>", "the suffix -deflate"},
        {"W/\"5-zstd\"", "<5>", "the suffix -zstd"},
        {"\"-gzip\"", "<-gzip>", "nothing but a suffix is a tag"},
        {"5-gzip", "<5>", "a suffix of a bare word"},
        {"\"\xc3\xa9\"", "<\xc3\xa9>", "obs-text"},
        {"", "error", "an empty header"},
        {" , ", "error", "nothing but commas"},
        {"\"1", "error", "no closing quote"},
        {"W/", "error", "a W/ alone"},
        {"w/\"1\"", "error", "W is case sensitive"},
        {"W /\"1\"", "error", "a blank behind W"},
        {"\"1\"\"2\"", "error", "no comma between"},
        {"\"1\" \"2\"", "error", "a blank is no comma"},
        {"*, \"1\"", "error", "a star in a list"},
        {"\"1\", *", "error", "a star behind a tag"},
        {"\"a b\"", "error", "a blank in a tag"},
        {"\"a\x7f\"", "error", "a control character in a tag"},
        {"a\"b\"", "error", "a quote in a bare word"},
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is(tags(rows[i].value), rows[i].expected, rows[i].name);
    }
}

static void errors(void)
{
    scim_etags_t etags = {.sent = 42};

    is_error(scim_etags_parse(&etags, "If-None-Match", "\"1\n", pool), 400, "invalidSyntax",
             "If-None-Match", "the header is named");
    is_error(scim_etags_parse(&etags, "If-Match", "\"1\n", pool), 400, "invalidSyntax",
             "'\"1?'", "the value is quoted");
    is_int(etags.sent, 42, "the result is untouched on error");
    is_fine(scim_etags_parse(&etags, "If-Match", many(SCIM_MAX_ETAGS), pool),
            "as many tags as allowed");
    is_int(etags.count, SCIM_MAX_ETAGS, "all of them");
    is_error(scim_etags_parse(&etags, "If-Match", many(SCIM_MAX_ETAGS + 1), pool), 400,
             "invalidSyntax", "more than 64", "one more");
}

static void verdicts(void)
{
    is(scim_etag(12, NULL, pool), "W/\"12\"", "the tag of a version");
    is(scim_etag(APR_INT64_MAX, NULL, pool), "W/\"9223372036854775807\"", "of the greatest");

    is_int(judge(NULL, NULL, 3, 1), SCIM_PROCEED, "no preconditions");
    is_int(judge(scim_etag(3, NULL, pool), NULL, 3, 0), SCIM_PROCEED, "If-Match with the weak tag");
    is_int(judge("\"3\"", NULL, 3, 0), SCIM_PROCEED, "If-Match with a strong tag");
    is_int(judge("\"2\", \"3\"", NULL, 3, 0), SCIM_PROCEED, "If-Match with a list");
    is_int(judge("\"2\"", NULL, 3, 0), SCIM_FAILED, "If-Match with another version");
    is_int(judge("\"03\"", NULL, 3, 0), SCIM_FAILED, "tags are text, not numbers");
    is_int(judge("\"2\"", NULL, 3, 1), SCIM_FAILED, "If-Match of a read fails too");
    is_int(judge("*", NULL, 3, 0), SCIM_PROCEED, "If-Match: * with a resource");
    is_int(judge("*", NULL, 0, 0), SCIM_FAILED, "If-Match: * without");
    is_int(judge("\"0\"", NULL, 0, 0), SCIM_FAILED, "version 0 is no version");

    is_int(judge(NULL, "W/\"3\"", 3, 1), SCIM_NOT_MODIFIED, "If-None-Match of a read");
    is_int(judge(NULL, "\"3-gzip\"", 3, 1), SCIM_NOT_MODIFIED, "of a compressed answer");
    is_int(judge(NULL, "W/\"3\"", 3, 0), SCIM_FAILED, "If-None-Match of a write");
    is_int(judge(NULL, "W/\"2\"", 3, 1), SCIM_PROCEED, "If-None-Match, another version");
    is_int(judge(NULL, "*", 3, 1), SCIM_NOT_MODIFIED, "If-None-Match: * of a read");
    is_int(judge(NULL, "*", 3, 0), SCIM_FAILED, "If-None-Match: * of a write");
    is_int(judge(NULL, "*", 0, 0), SCIM_PROCEED, "If-None-Match: * without a resource");

    is_int(judge("\"3\"", "\"3\"", 3, 1), SCIM_NOT_MODIFIED, "both hold");
    is_int(judge("\"2\"", "\"3\"", 3, 1), SCIM_FAILED, "RFC 7232 6: If-Match goes first");
}

#define DIGEST "0123456789abcdef"

static int names(const char *tags, apr_int64_t version, const char *digest)
{
    scim_etags_t etags;

    return parse(&etags, tags) == NULL && scim_etags_name(&etags, version, digest);
}

static void views(void)
{
    char digest[SCIM_ETAG_DIGEST], other[SCIM_ETAG_DIGEST];

    scim_etag_digest(digest, "abc", 3);
    is(digest, "ba7816bf8f01cfea", "a digest is the beginning of SHA-256");
    scim_etag_digest(other, "abcd", 3);
    is(other, digest, "of no more than the text");
    is(scim_etag(12, DIGEST, pool), "W/\"12-" DIGEST "\"", "the tag of a view");
    is(scim_etag(12, "", pool), "W/\"12\"", "of one that shows nothing else");
    is(scim_etag(APR_INT64_MAX, DIGEST, pool), "W/\"9223372036854775807-" DIGEST "\"",
       "of the greatest version");

    ok(names("W/\"3-" DIGEST "\"", 3, DIGEST), "a view is named by its tag");
    ok(names("\"2\", \"3-" DIGEST "-gzip\"", 3, DIGEST), "in a list, compressed");
    ok(names("*", 3, DIGEST), "by the star");
    ok(!names("W/\"3\"", 3, DIGEST), "not by the version alone");
    ok(!names("W/\"3-" DIGEST "\"", 3, "0123456789abcdee"), "not by another digest");
    ok(!names("W/\"2-" DIGEST "\"", 3, DIGEST), "not by another version");
    ok(!names("W/\"3-" DIGEST "\"", 3, NULL), "one without digest is not named by one with");
    ok(names("W/\"3\"", 3, NULL), "but by the version");

    is_int(judge("\"3-" DIGEST "\"", NULL, 3, 0), SCIM_PROCEED, "If-Match of a view");
    is_int(judge("\"2-" DIGEST "\"", NULL, 3, 0), SCIM_FAILED, "of one of another version");
    is_int(judge("\"3-0123456789abcde\"", NULL, 3, 0), SCIM_FAILED, "of no digest: short");
    is_int(judge("\"3-" DIGEST "0\"", NULL, 3, 0), SCIM_FAILED, "of no digest: long");
    is_int(judge("\"3-0123456789ABCDEF\"", NULL, 3, 0), SCIM_FAILED, "of no digest: capitals");
    is_int(judge("\"3" DIGEST "\"", NULL, 3, 0), SCIM_FAILED, "of no digest: no dash");
    is_int(judge("\"33-" DIGEST "\"", NULL, 3, 0), SCIM_FAILED, "of a longer number");
    is_int(judge(NULL, "\"3-" DIGEST "\"", 3, 0), SCIM_FAILED, "If-None-Match of a view");
    is_int(judge(NULL, "\"3-" DIGEST "\"", 3, 1), SCIM_NOT_MODIFIED, "the same of a read");
}

int main(void)
{
    pool = tap_start();
    parsing();
    errors();
    verdicts();
    views();
    return tap_done();
}
