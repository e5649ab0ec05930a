/*
 * fuzz.h - what fuzz targets have in common.
 *
 * A target is one file, t/fuzz/NAME.c, with LLVMFuzzerTestOneInput() in it; its seeds are the
 * files of t/corpus/NAME/. libFuzzer drives it (t/fuzz/run NAME), and so does replay.c in `make
 * check`, where t/fuzz/replay_NAME, built from NAME.c and replay.c, runs over the seeds.
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *     {
 *         apr_pool_t *pool = fuzz_pool();
 *
 *         ... parse exactly `size` bytes; FUZZ_CHECK(what must hold whatever they are) ...
 *         return 0;
 *     }
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, as a finding, when it does not hold. */
#define FUZZ_CHECK(holds)                                                                      \
    do {                                                                                       \
        if (!(holds)) {                                                                        \
            fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #holds);    \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

static inline apr_status_t fuzz_free(void *block)
{
    free(block);
    return APR_SUCCESS;
}

/* A pool that lives as long as the process. */
static inline apr_pool_t *fuzz_root(void)
{
    static apr_pool_t *root;

    if (root == NULL) {
        apr_initialize();
        atexit(apr_terminate);
        apr_pool_create(&root, NULL);
    }
    return root;
}

/* The pool of one input: empty at each call. */
static inline apr_pool_t *fuzz_pool(void)
{
    static apr_pool_t *pool;

    if (pool == NULL) {
        apr_pool_create(&pool, fuzz_root());
    }
    apr_pool_clear(pool);
    return pool;
}

/* The bytes before the first NUL, if there is one, as a string in a block of exactly its size:
   unlike a pool's, the sanitizers guard it. */
static inline const char *fuzz_string(const uint8_t *data, size_t size, apr_pool_t *pool)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t length = end ? (size_t)(end - data) : size;
    char *text = calloc(1, length + 1);

    if (text == NULL) {
        abort();
    }
    apr_pool_cleanup_register(pool, text, fuzz_free, apr_pool_cleanup_null);
    return length ? memcpy(text, data, length) : text;
}

/* An error's detail can be shown, and its message sent. */
static inline void fuzz_check_detail(const scim_error_t *error)
{
    apr_pool_t *pool;
    const char *message;
    json_t *value;

    FUZZ_CHECK(error->detail && error->detail[0]);
    FUZZ_CHECK(scim_text_valid(error->detail, strlen(error->detail)));
    FUZZ_CHECK(strlen(error->detail) < 2048);
    apr_pool_create(&pool, fuzz_root());
    message = scim_error_message(error, pool);
    FUZZ_CHECK(scim_json_parse(&value, message, strlen(message), pool) == NULL);
    apr_pool_destroy(pool);
}

/* What a refusal is: a 400 with one of these scimTypes, given with blanks between them. */
static inline void fuzz_check_error(const scim_error_t *error, const char *types)
{
    FUZZ_CHECK(error->status == 400);
    FUZZ_CHECK(error->type && strstr(types, error->type));
    fuzz_check_detail(error);
}

#endif
