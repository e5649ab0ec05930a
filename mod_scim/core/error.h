/*
 * error.h - making errors, and the SCIM Error message (RFC 7644 3.12).
 *
 * scim_error_t and SCIM_TRY are in mod_scim.h.
 */
#ifndef SCIM_CORE_ERROR_H
#define SCIM_CORE_ERROR_H

#include "mod_scim.h"

/* The scimType keywords of RFC 7644 table 9. */
#define SCIM_INVALID_FILTER "invalidFilter"
#define SCIM_TOO_MANY "tooMany"
#define SCIM_UNIQUENESS "uniqueness"
#define SCIM_MUTABILITY "mutability"
#define SCIM_INVALID_SYNTAX "invalidSyntax"
#define SCIM_INVALID_PATH "invalidPath"
#define SCIM_NO_TARGET "noTarget"
#define SCIM_INVALID_VALUE "invalidValue"
#define SCIM_INVALID_VERS "invalidVers"
#define SCIM_SENSITIVE "sensitive"

/* Those of RFC 9865 2.1. */
#define SCIM_INVALID_CURSOR "invalidCursor"
#define SCIM_EXPIRED_CURSOR "expiredCursor"
#define SCIM_INVALID_COUNT "invalidCount"

/*
 * An error in `pool` with HTTP `status`, scimType `type` (or NULL) and a detail
 * for the client. Text from the client goes in through scim_error_quote().
 */
scim_error_t *scim_error_create(apr_pool_t *pool, int status, const char *type,
                                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A 400 with this type: the commonest error. */
scim_error_t *scim_error_bad(apr_pool_t *pool, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets what the error log is told beyond the detail. Returns `error`. */
scim_error_t *scim_error_because(scim_error_t *error, apr_pool_t *pool, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * `length` bytes of client text as they may stand in a detail or a log line: in
 * single quotes, cut to 64 characters with "..." behind, control characters and
 * broken UTF-8 replaced by '?'.
 */
const char *scim_error_quote(apr_pool_t *pool, const char *text, apr_size_t length);

/* The same for a NUL-terminated string; NULL is written as (none). */
const char *scim_error_quotes(apr_pool_t *pool, const char *text);

/* The error as the JSON text of a SCIM Error message; status is a string there. */
const char *scim_error_message(const scim_error_t *error, apr_pool_t *pool);

#endif
