/*
 * password.h - passwords of users: accepted, kept as a hash, never shown (RFC 7643 4.1.1, 9.2).
 *
 * A password is decided on before the unit of work that stores it: making and checking a hash
 * is slow on purpose, and nobody should wait for it with the directory locked.
 */
#ifndef SCIM_SERVICE_PASSWORD_H
#define SCIM_SERVICE_PASSWORD_H

#include "core/patch.h"
#include "service/call.h"

/* bcrypt looks at no more bytes than these, so a longer password is not what it seems. */
#define SCIM_MAX_PASSWORD 72

typedef enum scim_password_change_t {
    SCIM_PASSWORD_KEEP, /* as it is */
    SCIM_PASSWORD_SET,  /* to `hash` */
    SCIM_PASSWORD_CLEAR
} scim_password_change_t;

struct scim_password_t {
    scim_password_change_t change;
    const char *hash;
};

/*
 * Takes `password` out of a resource as the client sent it (canonical, with nulls) and decides:
 * a new hash, cleared when it was sent as null, else kept; what call->password says when that
 * is there. With the policy to ignore passwords it is always kept, and remarked. `id`:
 * whose password it is; NULL for somebody new. A password that is the stored one already is
 * kept, so that the same PUT again changes nothing. 400 invalidValue for one that is longer
 * than SCIM_MAX_PASSWORD as it is kept, in the form of RFC 8265's OpaqueString.
 */
scim_error_t *scim_password_of_resource(scim_password_t *password, json_t *sent, const char *id,
                                        scim_call_t *call);

/* The same for a PATCH: its last operation on the password counts. */
scim_error_t *scim_password_of_patch(scim_password_t *password, const scim_patch_t *patch,
                                     const char *id, scim_call_t *call);

/* Makes the change to a record; 1 when it is one. */
int scim_password_apply(const scim_password_t *password, scim_record_t *record);

/* 1 when a password is the one that a record's hash is of. As slow as making the hash was. */
int scim_password_matches(const char *plain, const char *hash, apr_pool_t *pool);

#endif
