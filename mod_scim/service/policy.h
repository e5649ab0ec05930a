/*
 * policy.h - what a client may change, as the administrator of an endpoint decided.
 *
 * Each change in a write is classified against the stored resource: `active` true to false is a
 * disable, false to true an enable, anything else an update. The toggle of its class says what
 * becomes of it.
 */
#ifndef SCIM_SERVICE_POLICY_H
#define SCIM_SERVICE_POLICY_H

#include "core/reading.h"

typedef enum scim_toggle_t {
    SCIM_TOGGLE_ON,     /* apply it */
    SCIM_TOGGLE_OFF,    /* refuse the whole request: 403 naming the directive */
    SCIM_TOGGLE_IGNORE, /* keep what is stored, answer success, log it */
    SCIM_TOGGLE_DISABLE /* deletion only: deactivate and hide instead */
} scim_toggle_t;

typedef enum scim_change_t {
    SCIM_CHANGE_CREATE,
    SCIM_CHANGE_UPDATE,
    SCIM_CHANGE_ENABLE,
    SCIM_CHANGE_DISABLE,
    SCIM_CHANGE_DELETE,
    SCIM_CHANGES /* how many there are */
} scim_change_t;

/* The directive that decides about a change; NULL: there is none, the change is allowed. */
extern const char *const scim_toggle_directives[SCIM_KINDS][SCIM_CHANGES];

/* One rule of ScimUserNameRewrite; see username.h. */
typedef struct scim_rewrite_t scim_rewrite_t;

typedef struct scim_policy_t {
    scim_toggle_t toggles[SCIM_KINDS][SCIM_CHANGES];
    const apr_array_header_t *rewrites; /* of const scim_rewrite_t *; may be NULL */
    const char *default_role;           /* given when none is sent, or NULL */
    const apr_array_header_t *roles;    /* of const char *: those allowed; NULL: all */
    int keep_passwords;                 /* store a hash of each; 0: they are ignored */
    int password_cost;                  /* of bcrypt: 2^cost rounds */
} scim_policy_t;

/* What a toggle makes of a change. */
typedef enum scim_permission_t { SCIM_APPLY, SCIM_SKIP, SCIM_DEACTIVATE } scim_permission_t;

/*
 * Asks the policy about a change to a resource of reading->type. With `off` the error is 403
 * and names the directive; `ignore` is SCIM_SKIP and noted in `reading`.
 */
scim_error_t *scim_policy_ask(scim_permission_t *permission, const scim_policy_t *policy,
                              scim_change_t change, const scim_reading_t *reading,
                              apr_pool_t *pool);

/*
 * Applies the update, enable and disable toggles to a write: `wanted` (canonical) is what the
 * client asked the `stored` resource (canonical) to become; *result is what it may become.
 * Equal to `stored` when every change was ignored. It may be one of the two.
 */
scim_error_t *scim_policy_filter(const json_t **result, const json_t *stored,
                                 const json_t *wanted, const scim_policy_t *policy,
                                 const scim_reading_t *reading, apr_pool_t *pool);

/*
 * Roles: the default role when `resource` has none, and 400 invalidValue naming the role and
 * those allowed when it has one that may not be assigned. Roles equal to those of `stored`
 * (NULL for a new user) are left alone, so that a change of ScimRoles does not make people
 * unchangeable. *resource becomes another one when it gets the default role.
 */
scim_error_t *scim_policy_roles(json_t **resource, const json_t *stored,
                                const scim_policy_t *policy, apr_pool_t *pool);

#endif
