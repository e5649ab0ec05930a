/*
 * etag.h - versions as weak entity-tags, and If-Match / If-None-Match (RFC 7644 3.14, RFC 7232
 * 3).
 *
 * A version is a number; its tag is W/"number". SCIM's tags are weak and clients send them in
 * If-Match, where RFC 7232 compares strongly and would never match; so tags are compared by
 * their opaque part alone. The suffixes that compression adds inside the quotes (-gzip, -br,
 * -deflate, -zstd) are not part of it.
 *
 * A view may show what the resource's version does not cover: the groups that a person is in.
 * Its tag is W/"number-digest" then, with a digest of that as 16 hexadecimal digits. Whether a
 * client has the view already (If-None-Match of a read) is asked of the whole tag; everything
 * else is about the version, so there a tag names it with any digest and with none.
 */
#ifndef SCIM_CORE_ETAG_H
#define SCIM_CORE_ETAG_H

#include "mod_scim.h"

typedef struct scim_etags_t {
    int sent; /* the header was there */
    int any;  /* it was "*" */
    int count;
    const char **tags; /* opaque parts without quotes */
} scim_etags_t;

typedef struct scim_precondition_t {
    scim_etags_t match;      /* If-Match */
    scim_etags_t none_match; /* If-None-Match */
} scim_precondition_t;

typedef enum scim_verdict_t {
    SCIM_PROCEED,
    SCIM_NOT_MODIFIED, /* a read, and If-None-Match names the version: 304 if it names the view
                          too, as scim_etags_name() says */
    SCIM_FAILED        /* 412 */
} scim_verdict_t;

/* The digest that a tag has of what a view shows beside the resource, with its NUL. */
#define SCIM_ETAG_DIGEST 17

/* The digest of some text. */
void scim_etag_digest(char digest[SCIM_ETAG_DIGEST], const char *text, apr_size_t length);

/* The tag of a version, with W/ and quotes; `digest` of a view; "" or NULL: there is
   nothing to be told of. */
const char *scim_etag(apr_int64_t version, const char *digest, apr_pool_t *pool);

/*
 * Parses a header's value; NULL means not sent. 400 invalidSyntax naming the header for
 * anything that is not "*" or a list of entity-tags (a bare unquoted word is taken as a tag:
 * some clients send meta.version so), or for more than SCIM_MAX_ETAGS.
 */
scim_error_t *scim_etags_parse(scim_etags_t *etags, const char *header, const char *value,
                               apr_pool_t *pool);

/*
 * What the preconditions say of a resource of this version (0: there is none), whatever views
 * their tags are of. `reading`: the request is GET or HEAD, so a match of If-None-Match is 304
 * rather than 412.
 */
scim_verdict_t scim_precondition_judge(const scim_precondition_t *precondition,
                                       apr_int64_t version, int reading);

/* 1 when one of the tags is that of the view, or "*" was sent. */
int scim_etags_name(const scim_etags_t *etags, apr_int64_t version, const char *digest);

#endif
