/*
 * token.h - the words, strings and brackets that filters and paths are made of.
 *
 * A scanner stands on one token; scim_scanner_next() moves to the next one. Blanks (space, tab,
 * CR, LF) separate tokens and mean nothing else. A word is everything up to a blank, a double
 * quote or a bracket: attribute names with URN and dots, operators, numbers, true, ".value"
 * behind "]".
 */
#ifndef SCIM_CORE_TOKEN_H
#define SCIM_CORE_TOKEN_H

#include "core/error.h"

/* The kind of a bracket token is the bracket itself: '(' ')' '[' ']'. */
enum { SCIM_TOKEN_END, SCIM_TOKEN_WORD, SCIM_TOKEN_STRING };

typedef struct scim_token_t {
    int kind;
    const char *text; /* as it stands, a string with its quotes */
    apr_size_t length;
    const char *string; /* what a string token says, its escapes resolved */
} scim_token_t;

typedef struct scim_scanner_t {
    const char *start; /* positions in error texts count from here */
    const char *at;    /* the first byte behind the token */
    const char *end;
    const char *type; /* the scimType of errors */
    apr_pool_t *pool;
    scim_token_t token; /* the current one; valid after the first scim_scanner_next() */
} scim_scanner_t;

/* The number of bytes at the start of the text that belong to one word; may be 0. */
apr_size_t scim_word_length(const char *text, apr_size_t length);

/*
 * Moves to the next token; at the end of the text it stays on SCIM_TOKEN_END. Errors: a string
 * that is not one of JSON (no closing quote, a control character, an unknown escape, half of a
 * surrogate pair), is no UTF-8, or contains U+0000.
 */
scim_error_t *scim_scanner_next(scim_scanner_t *scanner);

/* 1 when the token is this word, in any case. */
int scim_scanner_is_word(const scim_scanner_t *scanner, const char *word);

/* What the token is, for error texts: "the end", "'foo'". */
const char *scim_scanner_found(const scim_scanner_t *scanner);

/*
 * A 400 of the scanner's type. The format makes a sentence without its full stop; the character
 * that the token starts at is added.
 */
scim_error_t *scim_scanner_fail(const scim_scanner_t *scanner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds the character that the token starts at to an error made elsewhere. NULL stays NULL. */
scim_error_t *scim_scanner_locate(const scim_scanner_t *scanner, scim_error_t *error);

#endif
