#include "directory/dbd/known.h"

#include <apr_atomic.h>
#include <apr_shm.h>
#include <apr_strings.h>

/* More are not noted; and a hash that two names have in common, once in four thousand million,
   makes a new directory wait for a restart. */
#define SLOTS 1024

struct scim_known_t {
    volatile apr_uint32_t slots[SLOTS]; /* hashes; 0: free */
};

#define KEY "mod_scim:known"

scim_known_t *scim_known_open(apr_pool_t *pool)
{
    scim_known_t *known;
    apr_shm_t *shared;
    void *there = NULL;
    int i;

    apr_pool_userdata_get(&there, KEY, pool);
    if (there) {
        return there;
    }
    if (apr_shm_create(&shared, sizeof(*known), NULL, pool) == APR_SUCCESS) {
        known = apr_shm_baseaddr_get(shared);
    } else {
        known = apr_palloc(pool, sizeof(*known));
    }
    for (i = 0; i < SLOTS; i++) {
        apr_atomic_set32(&known->slots[i], 0);
    }
    apr_pool_userdata_setn(known, KEY, NULL, pool);
    return known;
}

/* FNV-1a over both, with something between that is in neither. */
static apr_uint32_t hash(const char *path, const char *name)
{
    apr_uint32_t value = 2166136261u;

    for (; *path; path++) {
        value = (value ^ (unsigned char)*path) * 16777619u;
    }
    if (name) {
        value *= 16777619u;
        for (; *name; name++) {
            value = (value ^ (unsigned char)*name) * 16777619u;
        }
    }
    return value ? value : 1;
}

static void add(scim_known_t *known, apr_uint32_t value)
{
    int i;

    for (i = 0; i < SLOTS; i++) {
        apr_uint32_t before =
            apr_atomic_cas32(&known->slots[(value + (apr_uint32_t)i) % SLOTS], value, 0);

        if (before == 0 || before == value) {
            return;
        }
    }
}

void scim_known_add(scim_known_t *known, const char *path, const char *name)
{
    add(known, hash(path, NULL));
    if (name) {
        add(known, hash(path, name));
    }
}

int scim_known_has(const scim_known_t *known, const char *path, const char *name)
{
    apr_uint32_t value = hash(path, name), found;
    int i;

    for (i = 0; i < SLOTS; i++) {
        found = known->slots[(value + (apr_uint32_t)i) % SLOTS];
        if (found == value || found == 0) {
            return found == value;
        }
    }
    return 0;
}
