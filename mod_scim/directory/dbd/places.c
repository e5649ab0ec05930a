#include "directory/dbd/places.h"

#include <string.h>

#include <apr_atomic.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <openssl/evp.h>

#define SLOTS 4096
#define PLACE_LIFETIME apr_time_from_sec(300)
#define KEY "mod_scim:places"

/*
 * A slot is written by whoever makes `turn` odd, and read by those who find it even and the
 * same before and after. Nobody waits: a place that cannot be noted or read is one that is not
 * known.
 */
typedef struct slot_t {
    volatile apr_uint32_t turn;
    scim_walk_key_t key;
    apr_int64_t offset;
    apr_int64_t total;
    apr_time_t when;
    char id[SCIM_ID_LENGTH + 1];
} slot_t;

struct scim_places_t {
    slot_t slots[SLOTS];
};

scim_places_t *scim_places_open(apr_pool_t *pool)
{
    scim_places_t *places;
    apr_shm_t *shared;
    void *there = NULL;

    apr_pool_userdata_get(&there, KEY, pool);
    if (there) {
        return there;
    }
    if (apr_shm_create(&shared, sizeof(*places), NULL, pool) == APR_SUCCESS) {
        places = apr_shm_baseaddr_get(shared);
        memset(places, 0, sizeof(*places));
    } else {
        places = apr_pcalloc(pool, sizeof(*places));
    }
    apr_pool_userdata_setn(places, KEY, NULL, pool);
    return places;
}

void scim_places_key(scim_walk_key_t *key, const char *database, const char *sql,
                     const char *const *args, int count)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int i;

    memset(hash, 0, sizeof(hash));
    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    EVP_DigestUpdate(context, database, strlen(database) + 1);
    EVP_DigestUpdate(context, sql, strlen(sql) + 1);
    for (i = 0; i < count; i++) {
        const char *arg = args[i] ? args[i] : "";

        EVP_DigestUpdate(context, arg, strlen(arg) + 1);
    }
    EVP_DigestFinal_ex(context, hash, NULL);
    EVP_MD_CTX_free(context);
    memcpy(key->bytes, hash, sizeof(key->bytes));
}

static apr_size_t slot_number(const scim_walk_key_t *key, apr_int64_t offset)
{
    apr_uint64_t number;

    memcpy(&number, key->bytes, sizeof(number));
    return (apr_size_t)((number ^ (apr_uint64_t)offset * 0x9e3779b97f4a7c15u) >> 32) % SLOTS;
}

void scim_places_note(scim_places_t *places, const scim_walk_key_t *key, apr_int64_t offset,
                      apr_int64_t total, const char *id)
{
    slot_t *slot = &places->slots[slot_number(key, offset)];
    apr_uint32_t turn = apr_atomic_read32(&slot->turn);

    if (turn % 2 || apr_atomic_cas32(&slot->turn, turn + 1, turn) != turn) {
        return;
    }
    slot->key = *key;
    slot->offset = offset;
    slot->total = total;
    slot->when = apr_time_now();
    apr_cpystrn(slot->id, id, sizeof(slot->id));
    apr_atomic_set32(&slot->turn, turn + 2);
}

int scim_places_find(const scim_places_t *places, const scim_walk_key_t *key,
                     apr_int64_t offset, apr_int64_t total, char id[SCIM_ID_LENGTH + 1])
{
    slot_t *slot = (slot_t *)&places->slots[slot_number(key, offset)];
    apr_uint32_t turn = apr_atomic_read32(&slot->turn);
    slot_t copy = *slot;

    /* a read that changes nothing, but is in order with what was read before */
    if (turn % 2 || apr_atomic_add32(&slot->turn, 0) != turn
        || memcmp(&copy.key, key, sizeof(*key)) != 0 || copy.offset != offset
        || copy.total > total || apr_time_now() - copy.when > PLACE_LIFETIME) {
        return 0;
    }
    memcpy(id, copy.id, sizeof(copy.id));
    return 1;
}
