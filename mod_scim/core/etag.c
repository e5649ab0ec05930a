#include "core/etag.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>
#include <openssl/sha.h>

#include "core/error.h"
#include "core/limits.h"

static const char *const suffixes[] = {"-gzip", "-br", "-deflate", "-zstd", NULL};

/* The longest opaque part that is ours: a number, a dash, a digest. */
#define OPAQUE_SIZE (20 + 1 + SCIM_ETAG_DIGEST)

void scim_etag_digest(char digest[SCIM_ETAG_DIGEST], const char *text, apr_size_t length)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)text, length, hash);
    apr_escape_hex(digest, hash, (SCIM_ETAG_DIGEST - 1) / 2, 0, NULL);
}

static void write_opaque(char text[OPAQUE_SIZE], apr_int64_t version, const char *digest)
{
    apr_snprintf(text, OPAQUE_SIZE, "%" APR_INT64_T_FMT "%s%s", version,
                 digest && *digest ? "-" : "", digest ? digest : "");
}

const char *scim_etag(apr_int64_t version, const char *digest, apr_pool_t *pool)
{
    char text[OPAQUE_SIZE];

    write_opaque(text, version, digest);
    return apr_psprintf(pool, "W/\"%s\"", text);
}

/* etagc of RFC 7232 2.3. */
static int is_tag_char(char c)
{
    unsigned char u = (unsigned char)c;

    return u == 0x21 || (u >= 0x23 && u != 0x7f);
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    return at;
}

/* The opaque part, without what mod_deflate and its like put behind it. */
static const char *opaque(const char *text, apr_size_t length, apr_pool_t *pool)
{
    int i;

    for (i = 0; suffixes[i]; i++) {
        apr_size_t size = strlen(suffixes[i]);

        if (length > size && memcmp(text + length - size, suffixes[i], size) == 0) {
            return apr_pstrmemdup(pool, text, length - size);
        }
    }
    return apr_pstrmemdup(pool, text, length);
}

/* One entity-tag at `at`. Returns what is behind it, or NULL when there is none. */
static const char *parse_tag(const char **tag, const char *at, apr_pool_t *pool)
{
    const char *start;
    int quoted;

    if (strncmp(at, "W/", 2) == 0) {
        at += 2;
    }
    quoted = *at == '"';
    start = at += quoted;
    while (is_tag_char(*at) && (quoted || (*at != ',' && *at != '*'))) {
        at++;
    }
    if (quoted ? *at != '"' : at == start) {
        return NULL;
    }
    *tag = opaque(start, (apr_size_t)(at - start), pool);
    return at + quoted;
}

static scim_error_t *malformed(const char *header, const char *value, apr_pool_t *pool)
{
    return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                          "The header %s is neither \"*\" nor a list of entity-tags such as "
                          "W/\"1\": %s.",
                          header, scim_error_quotes(pool, value));
}

static scim_error_t *parse_list(scim_etags_t *etags, const char *header, const char *value,
                                apr_pool_t *pool)
{
    const char *at = value;

    etags->tags = apr_palloc(pool, SCIM_MAX_ETAGS * sizeof(*etags->tags));
    for (;;) {
        /* RFC 7230 7: empty elements of a list are to be skipped. */
        while (*(at = skip_blanks(at)) == ',') {
            at++;
        }
        if (*at == '\0') {
            break;
        }
        if (etags->count == SCIM_MAX_ETAGS) {
            return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                                  "The header %s has more than %d entity-tags.", header,
                                  SCIM_MAX_ETAGS);
        }
        if ((at = parse_tag(&etags->tags[etags->count], at, pool)) == NULL) {
            return malformed(header, value, pool);
        }
        etags->count++;
        at = skip_blanks(at);
        if (*at != ',' && *at != '\0') {
            return malformed(header, value, pool);
        }
    }
    return etags->count ? NULL : malformed(header, value, pool);
}

scim_error_t *scim_etags_parse(scim_etags_t *etags, const char *header, const char *value,
                               apr_pool_t *pool)
{
    scim_etags_t parsed = {0};

    if (value) {
        const char *at = skip_blanks(value);

        parsed.sent = 1;
        if (*at == '*' && *skip_blanks(at + 1) == '\0') {
            parsed.any = 1;
        } else {
            SCIM_TRY(parse_list(&parsed, header, value, pool));
        }
    }
    *etags = parsed;
    return NULL;
}

static int is_digest(const char *text)
{
    apr_size_t length = strlen(text);

    return length == SCIM_ETAG_DIGEST - 1 && strspn(text, "0123456789abcdef") == length;
}

/* `tag` is that of the version, of any view of it. */
static int is_of_version(const char *tag, const char *version, apr_size_t length)
{
    return strncmp(tag, version, length) == 0
           && (tag[length] == '\0' || (tag[length] == '-' && is_digest(tag + length + 1)));
}

static int names(const scim_etags_t *etags, apr_int64_t version)
{
    char text[OPAQUE_SIZE];
    apr_size_t length;
    int i;

    if (version == 0) {
        return 0;
    }
    write_opaque(text, version, NULL);
    length = strlen(text);
    for (i = 0; i < etags->count && !is_of_version(etags->tags[i], text, length); i++) {
    }
    return etags->any || i < etags->count;
}

int scim_etags_name(const scim_etags_t *etags, apr_int64_t version, const char *digest)
{
    char text[OPAQUE_SIZE];
    int i;

    write_opaque(text, version, digest);
    for (i = 0; i < etags->count && strcmp(etags->tags[i], text) != 0; i++) {
    }
    return etags->any || i < etags->count;
}

scim_verdict_t scim_precondition_judge(const scim_precondition_t *precondition,
                                       apr_int64_t version, int reading)
{
    /* In this order: RFC 7232 6. */
    if (precondition->match.sent && !names(&precondition->match, version)) {
        return SCIM_FAILED;
    }
    if (precondition->none_match.sent && names(&precondition->none_match, version)) {
        return reading ? SCIM_NOT_MODIFIED : SCIM_FAILED;
    }
    return SCIM_PROCEED;
}
