/*
 * hashes.h - what is stored of somebody's password.
 */
#ifndef TEST_HASHES_H
#define TEST_HASHES_H

#include "tap.h"

#include "service/call.h"

typedef struct hash_lookup_t {
    const scim_directory_provider_t *provider;
    const char *id, *hash;
} hash_lookup_t;

static inline scim_error_t *look_for_hash(scim_session_t *session, void *baton,
                                          apr_pool_t *scratch)
{
    hash_lookup_t *lookup = baton;
    scim_record_t *record;

    (void)scratch;
    SCIM_TRY(lookup->provider->get(session, "User", lookup->id, &record, tap_pool));
    lookup->hash = record->password;
    return NULL;
}

/* NULL: they have none. */
static inline const char *stored_hash(const scim_directory_t *directory, const char *id)
{
    hash_lookup_t lookup = {directory->provider, id, NULL};

    is_fine(
        directory->provider->transact(directory->state, 0, look_for_hash, &lookup, tap_pool),
        "a look at the password");
    return lookup.hash;
}

#endif
