/*
 * text.h - comparing text: Unicode folding for values, ASCII folding for names.
 */
#ifndef SCIM_CORE_TEXT_H
#define SCIM_CORE_TEXT_H

#include "mod_scim.h"

/* 1 when the bytes are well-formed UTF-8 without U+0000, surrogates and overlongs. */
int scim_text_valid(const char *text, apr_size_t length);

/*
 * The Unicode NFKC case folding of valid UTF-8 (RFC 7644 5, RFC 7643 2.2 caseExact):
 * texts that differ only in case or compatibility form fold to the same bytes.
 * Invalid UTF-8 is folded byte by byte in ASCII, so that a result always exists.
 */
const char *scim_text_fold(apr_pool_t *pool, const char *text, apr_size_t length);

/*
 * 1 when two texts of valid UTF-8 have the same letters, but for their case. Of texts that fold
 * to the same some have not: a full-width "a" is another letter.
 */
int scim_text_alike(const char *a, const char *b, apr_pool_t *scratch);

/*
 * A password in the one form that it has however it was typed: the OpaqueString profile (RFC
 * 8265 4.2), which is NFC with every kind of space as a plain one. As it is when it is no UTF-8.
 */
const char *scim_text_opaque(apr_pool_t *pool, const char *text, apr_size_t length);

/* 1 when nothing but white space is in `text`. */
int scim_text_blank(const char *text);

/* 1 when two names (attributes, URNs, operators) are equal without regard to ASCII case. */
int scim_text_same_name(const char *a, const char *b);

/* The same for `length` bytes at `a` that need no NUL behind them. */
int scim_text_is_name(const char *a, apr_size_t length, const char *b);

#endif
