/*
 * tap.h - unit tests in C that print TAP.
 *
 *     int main(void)
 *     {
 *         apr_pool_t *pool = tap_start();
 *         ok(1 + 1 == 2, "sums");
 *         is(text, "abc", "spelling");
 *         is_error(call, 400, "invalidPath", "'x' is no attribute", "bad path");
 *         return tap_done();
 *     }
 */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "mod_scim.h"

static int tap_count, tap_failed;
static apr_pool_t *tap_pool;

/* A pool for the test; call first. */
static inline apr_pool_t *tap_start(void)
{
    apr_initialize();
    apr_pool_create(&tap_pool, NULL);
    return tap_pool;
}

/* One check; prints its name. Returns whether it held. */
__attribute__((format(printf, 2, 3))) static inline int ok(int holds, const char *format, ...)
{
    va_list args;

    tap_count++;
    tap_failed += !holds;
    printf("%sok %d - ", holds ? "" : "not ", tap_count);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
    return holds;
}

static inline int is(const char *got, const char *expected, const char *name)
{
    int same = got && expected ? strcmp(got, expected) == 0 : got == expected;

    ok(same, "%s", name);
    if (!same) {
        printf("# got      %s\n# expected %s\n", got ? got : "(null)",
               expected ? expected : "(null)");
    }
    return same;
}

static inline int is_int(long long got, long long expected, const char *name)
{
    ok(got == expected, "%s", name);
    if (got != expected) {
        printf("# got      %lld\n# expected %lld\n", got, expected);
    }
    return got == expected;
}

/* No error; shows it otherwise. */
static inline int is_fine(const scim_error_t *error, const char *name)
{
    ok(error == NULL, "%s", name);
    if (error) {
        printf("# error %d %s: %s\n", error->status, error->type ? error->type : "-",
               error->detail);
    }
    return error == NULL;
}

/* This status and scimType, and a detail that contains `part`; type and part may be NULL. */
static inline int is_error(const scim_error_t *error, int status, const char *type,
                           const char *part, const char *name)
{
    int same = error && error->status == status
               && (type ? error->type && strcmp(error->type, type) == 0 : 1)
               && (part ? error->detail && strstr(error->detail, part) != NULL : 1);

    ok(same, "%s", name);
    if (!same && error) {
        printf("# got      %d %s: %s\n", error->status, error->type ? error->type : "-",
               error->detail);
    }
    if (!same) {
        printf("# expected %d %s: ...%s...\n", status, type ? type : "-", part ? part : "");
    }
    return same;
}

static inline apr_status_t tap_free(void *block)
{
    free(block);
    return APR_SUCCESS;
}

/* The bytes in a block of exactly their size, without a NUL behind: reading past the end is
   seen by the sanitizers and by valgrind. Lives until tap_done(). */
static inline const char *exact_bytes(const char *text, size_t length)
{
    char *block = calloc(1, length ? length : 1);

    if (block == NULL) {
        abort();
    }
    apr_pool_cleanup_register(tap_pool, block, tap_free, apr_pool_cleanup_null);
    if (length) {
        memcpy(block, text, length);
    }
    return length ? block : block + 1;
}

static inline const char *exact(const char *text)
{
    return exact_bytes(text, strlen(text));
}

static inline int tap_done(void)
{
    printf("1..%d\n", tap_count);
    apr_terminate();
    return tap_failed ? 1 : 0;
}

#endif
