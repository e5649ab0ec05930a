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

#include "core/text.h"
#include "mod_scim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, as a finding, when it does not hold. */
#define FUZZ_CHECK(holds)                                                                      \
    do {                                                                                       \
        if (!(holds)) {                                                                        \
            fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #holds);    \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

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

/* What every refusal is: a 400 of this scimType with a detail that can be shown. */
static inline void fuzz_check_error(const scim_error_t *error, const char *type)
{
    FUZZ_CHECK(error->status == 400);
    FUZZ_CHECK(error->type && strcmp(error->type, type) == 0);
    FUZZ_CHECK(error->detail && error->detail[0]);
    FUZZ_CHECK(scim_text_valid(error->detail, strlen(error->detail)));
}

#endif
