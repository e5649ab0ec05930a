/*
 * json.h - JSON values that live in pools.
 *
 * A value is a jansson json_t. This file is the only one that ties values to
 * pools; other files borrow. Every function here that hands out a json_t has
 * given its reference to the pool: never json_decref() it, json_incref() only what
 * is to be stored in a container by a stealing call (the *_set_new family).
 * json_set_alloc_funcs() is never called: other modules in the process use jansson.
 */
#ifndef SCIM_CORE_JSON_H
#define SCIM_CORE_JSON_H

#include <jansson.h>

#include "mod_scim.h"

/* Gives the caller's reference of `value` to `pool`. Returns `value`. */
json_t *scim_json_own(apr_pool_t *pool, json_t *value);

/*
 * Parses a request body or a stored document: one JSON object in UTF-8.
 * 400 invalidSyntax, naming line and column, for anything else: malformed text,
 * broken UTF-8, a repeated key, U+0000 in a string, more than SCIM_MAX_JSON_DEPTH
 * levels or SCIM_MAX_JSON_VALUES values (decided before the parser runs), a top
 * level that is no object, an empty body, text behind the object.
 */
scim_error_t *scim_json_parse(json_t **value, const char *text, apr_size_t length,
                              apr_pool_t *pool);

/* Parses the text of a file: any JSON value; errors as above, but of "the file". */
scim_error_t *scim_json_parse_file(json_t **value, const char *text, apr_size_t length,
                                   apr_pool_t *pool);

/* The compact JSON text of a value; *length may be NULL. Key order is kept. */
const char *scim_json_text(const json_t *value, apr_size_t *length, apr_pool_t *pool);

/* A deep copy, owned by `pool`. */
json_t *scim_json_copy(const json_t *value, apr_pool_t *pool);

/* Another object or array with the same values in it, not copies of them. */
json_t *scim_json_twin(const json_t *value, apr_pool_t *pool);

/*
 * The member whose name equals `name` without regard to ASCII case, or NULL. *key
 * (may be NULL) gets the name as it stands. RFC 7643 2.1: names are case insensitive.
 */
json_t *scim_json_member(const json_t *object, const char *name, const char **key);

/* 400 invalidSyntax when two members have the same name but for its case, so that it would not
   be clear which of them counts. What is no object is fine. */
scim_error_t *scim_json_distinct(const json_t *object, apr_pool_t *pool);

/* RFC 7643 2.5: NULL, null, [] and {} are one state, unassigned. */
int scim_json_unassigned(const json_t *value);

/* What a value is, for error texts: "an object", "a string", "null" ... */
const char *scim_json_kind(const json_t *value);

/* `text` as a JSON string literal with its quotes. */
const char *scim_json_quote(const char *text, apr_pool_t *pool);

#endif
