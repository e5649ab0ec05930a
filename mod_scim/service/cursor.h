/*
 * cursor.h - places in a list, as text that only the directory can read and make (RFC 9865).
 *
 * A cursor holds the position of a record in the order of its query, not a number of records to
 * skip, so that what others add and remove does not shift pages. It is encrypted and
 * authenticated (AES-256-GCM) under a key made of the directory's secret, so that it shows
 * nothing of anybody, and it is bound to the query that it was given out for.
 */
#ifndef SCIM_SERVICE_CURSOR_H
#define SCIM_SERVICE_CURSOR_H

#include "mod_scim.h"

/* Seconds that a cursor can be used: pagination.cursorTimeout. */
#define SCIM_CURSOR_TIMEOUT 3600

typedef struct scim_cursor_t {
    int backward;             /* the page in front of the position, not the one behind it */
    scim_position_t position; /* id NULL: before the beginning, or backward, behind the end */
    apr_int64_t count;        /* what the client asked for, -1: nothing */
} scim_cursor_t;

/* Bytes of a key. */
#define SCIM_CURSOR_KEY 32

/* The key of all cursors of a directory, made of its secret. */
scim_error_t *scim_cursor_key(unsigned char key[SCIM_CURSOR_KEY],
                              const unsigned char secret[32], apr_pool_t *pool);

/*
 * The cursor as text of letters, digits, '-' and '_' (RFC 9865 2 wants unreserved characters).
 * `query` is any text that tells the query from others, `now` when it is given out. 500 when
 * there are no random bytes.
 */
scim_error_t *scim_cursor_seal(const char **text, const scim_cursor_t *cursor,
                               const char *query, const unsigned char key[SCIM_CURSOR_KEY],
                               apr_time_t now, apr_pool_t *pool);

/*
 * Reads a cursor again. 400 invalidCursor for what was not sealed with this query and key,
 * 400 expiredCursor for what was, but longer ago than SCIM_CURSOR_TIMEOUT.
 */
scim_error_t *scim_cursor_open(scim_cursor_t *cursor, const char *text, const char *query,
                               const unsigned char secret[32], apr_time_t now,
                               apr_pool_t *pool);

#endif
