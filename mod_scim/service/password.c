#include "service/password.h"

#include <stdlib.h>
#include <string.h>

#include <apr_md5.h>
#include <openssl/rand.h>

#include "core/error.h"
#include "core/resource.h"
#include "core/text.h"
#include "service/stored.h"
#include "service/unit.h"

#define HASH_SIZE 128

typedef struct lookup_t {
    const scim_call_t *call;
    const char *id;
    const char *hash; /* the stored one, or NULL */
} lookup_t;

static scim_error_t *look_up(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    lookup_t *lookup = baton;
    const scim_call_t *call = lookup->call;
    scim_record_t *record;

    (void)pool;
    SCIM_TRY(call->service->directory->provider->get(session, call->type->name, lookup->id,
                                                     &record, call->pool));
    lookup->hash = record && !record->deleted ? record->password : NULL;
    return NULL;
}

static scim_error_t *make_hash(const char **hash, const char *plain, const scim_call_t *call)
{
    unsigned char salt[16];
    char *out = apr_palloc(call->pool, HASH_SIZE);

    if (RAND_bytes(salt, sizeof(salt)) != 1
        || apr_bcrypt_encode(plain, call->service->policy.password_cost, salt, sizeof(salt),
                             out, HASH_SIZE)
               != APR_SUCCESS) {
        return scim_error_because(
            scim_error_create(call->pool, 500, NULL, "The password could not be stored."),
            call->pool, "bcrypt or the system's random source failed");
    }
    *hash = out;
    return NULL;
}

/* RFC 7644 7.8: one password however it is typed. */
static const char *prepared(const char *plain, apr_pool_t *pool)
{
    return scim_text_opaque(pool, plain, strlen(plain));
}

int scim_password_matches(const char *plain, const char *hash, apr_pool_t *pool)
{
    const char *secret = prepared(plain, pool);

    return strlen(secret) <= SCIM_MAX_PASSWORD
           && apr_password_validate(secret, hash) == APR_SUCCESS;
}

static scim_error_t *check_length(const char *plain, const scim_call_t *call)
{
    if (strlen(plain) > SCIM_MAX_PASSWORD) {
        return scim_error_bad(call->pool, SCIM_INVALID_VALUE,
                              "The password is longer than %d bytes.", SCIM_MAX_PASSWORD);
    }
    return NULL;
}

/* What a hash was made with, "$2y$10$..."; today's cost, where it does not say. */
static int cost_of(const char *hash, const scim_call_t *call)
{
    int cost = strncmp(hash, "$2", 2) == 0 && strlen(hash) > 6 ? atoi(hash + 4) : 0;

    return cost > 0 && cost < 32 ? cost : call->service->policy.password_cost;
}

/* Each hash takes as long as it was made to; a request with many is to have an end. */
static scim_error_t *spend(scim_call_t *call, int cost)
{
    if (call->budget == NULL) {
        return NULL;
    }
    call->budget->rounds -= (apr_int64_t)1 << cost;
    return call->budget->rounds < 0
               ? scim_error_create(call->pool, 413, NULL,
                                   "The request has more passwords than are hashed for one; "
                                   "send the operation in another request.")
               : NULL;
}

static scim_error_t *set(scim_password_t *password, const char *plain, const char *id,
                         scim_call_t *call)
{
    lookup_t lookup = {call, id, NULL};

    plain = prepared(plain, call->pool);
    SCIM_TRY(check_length(plain, call));
    if (id) {
        SCIM_TRY(scim_unit_run(call, 0, look_up, &lookup));
    }
    if (lookup.hash) {
        SCIM_TRY(spend(call, cost_of(lookup.hash, call)));
    }
    if (lookup.hash && apr_password_validate(plain, lookup.hash) == APR_SUCCESS) {
        return NULL;
    }
    SCIM_TRY(spend(call, call->service->policy.password_cost));
    SCIM_TRY(make_hash(&password->hash, plain, call));
    password->change = SCIM_PASSWORD_SET;
    return NULL;
}

static int is_kept(const scim_call_t *call)
{
    if (!call->service->policy.keep_passwords && call->remarks) {
        *call->remarks |= SCIM_REMARK_PASSWORD;
    }
    return call->service->policy.keep_passwords;
}

/* `value`: as sent; NULL when it was not, JSON null to clear. */
static scim_error_t *decide(scim_password_t *password, const json_t *value, const char *id,
                            scim_call_t *call)
{
    if (value == NULL || !is_kept(call)) {
        return NULL;
    }
    if (json_is_string(value) && json_string_length(value) > 0) {
        return set(password, json_string_value(value), id, call);
    }
    password->change = SCIM_PASSWORD_CLEAR;
    return NULL;
}

scim_error_t *scim_password_of_resource(scim_password_t *password, json_t *sent, const char *id,
                                        scim_call_t *call)
{
    scim_error_t *error;

    *password = call->password ? *call->password : (scim_password_t){SCIM_PASSWORD_KEEP, NULL};
    if (call->type->kind != SCIM_KIND_USER) {
        return NULL;
    }
    error =
        call->password ? NULL : decide(password, json_object_get(sent, "password"), id, call);
    json_object_del(sent, "password");
    return error;
}

static int is_password(const scim_path_t *path)
{
    return path->attribute && path->extension == NULL
           && path->attribute->mutability == SCIM_WRITE_ONLY
           && strcmp(path->attribute->name, "password") == 0;
}

scim_error_t *scim_password_of_patch(scim_password_t *password, const scim_patch_t *patch,
                                     const char *id, scim_call_t *call)
{
    scim_reading_t reading = scim_stored_reading(call);
    json_t *value = NULL;
    int i, found = 0;

    *password = call->password ? *call->password : (scim_password_t){SCIM_PASSWORD_KEEP, NULL};
    if (call->password) {
        return NULL;
    }
    for (i = 0; i < patch->count && call->type->kind == SCIM_KIND_USER; i++) {
        const scim_patch_operation_t *operation = &patch->operations[i];

        if (is_password(operation->path)) {
            found = 1;
            value = NULL;
            if (operation->verb != SCIM_PATCH_REMOVE) {
                SCIM_TRY(scim_resource_coerce(&value, operation->value,
                                              operation->path->attribute, 0, &reading,
                                              call->pool));
            }
        }
    }
    return found ? decide(password, value ? value : json_null(), id, call) : NULL;
}

int scim_password_apply(const scim_password_t *password, scim_record_t *record)
{
    if (password->change == SCIM_PASSWORD_KEEP
        || (password->change == SCIM_PASSWORD_CLEAR && record->password == NULL)) {
        return 0;
    }
    record->password = password->change == SCIM_PASSWORD_SET ? password->hash : NULL;
    return 1;
}
