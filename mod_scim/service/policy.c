#include "service/policy.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"

const char *const scim_toggle_directives[SCIM_KINDS][SCIM_CHANGES] = {
    [SCIM_KIND_USER] = {"ScimCreateUsers", "ScimUpdateUsers", "ScimEnableUsers",
                        "ScimDisableUsers", "ScimDeleteUsers"},
    [SCIM_KIND_GROUP] = {[SCIM_CHANGE_CREATE] = "ScimCreateGroups",
                         [SCIM_CHANGE_UPDATE] = "ScimUpdateGroups",
                         [SCIM_CHANGE_DELETE] = "ScimDeleteGroups"},
};

static const char *const deeds[SCIM_CHANGES] = {"Creating", "Changing", "Enabling", "Disabling",
                                                "Deleting"};

scim_error_t *scim_policy_ask(scim_permission_t *permission, const scim_policy_t *policy,
                              scim_change_t change, const scim_reading_t *reading,
                              apr_pool_t *pool)
{
    const scim_resource_type_t *type = reading->type;
    const char *directive = scim_toggle_directives[type->kind][change];

    *permission = SCIM_APPLY;
    switch (directive ? policy->toggles[type->kind][change] : SCIM_TOGGLE_ON) {
    case SCIM_TOGGLE_ON:
        break;
    case SCIM_TOGGLE_OFF:
        return scim_error_create(pool, 403, NULL, "%s a %s is not allowed here: %s is off.",
                                 deeds[change], type->name, directive);
    case SCIM_TOGGLE_IGNORE:
        scim_reading_note(reading, "%s a %s was ignored: %s is ignore.", deeds[change],
                          type->name, directive);
        *permission = SCIM_SKIP;
        break;
    case SCIM_TOGGLE_DISABLE:
        *permission = SCIM_DEACTIVATE;
        break;
    }
    return NULL;
}

static int is_active(const json_t *resource)
{
    return !json_is_false(json_object_get(resource, "active"));
}

/* The resource with `active` set, or as it is when it has no such thing. */
static const json_t *with_active(const json_t *resource, int active,
                                 const scim_reading_t *reading, apr_pool_t *pool)
{
    json_t *value = json_boolean(active), *changed;

    if (reading->type->kind != SCIM_KIND_USER || json_object_get(resource, "active") == value) {
        return resource;
    }
    changed = scim_json_twin(resource, pool);
    json_object_set(changed, "active", value);
    return changed;
}

static size_t others(const json_t *resource)
{
    return json_object_size(resource) - (json_object_get(resource, "active") != NULL);
}

/* 1 when the resources differ in `active` at most. */
static int same_attributes(const json_t *a, const json_t *b)
{
    const char *name;
    json_t *value;

    if (others(a) != others(b)) {
        return 0;
    }
    json_object_foreach((json_t *)a, name, value)
    {
        if (strcmp(name, "active") != 0 && !json_equal(value, json_object_get(b, name))) {
            return 0;
        }
    }
    return 1;
}

scim_error_t *scim_policy_filter(const json_t **result, const json_t *stored,
                                 const json_t *wanted, const scim_policy_t *policy,
                                 const scim_reading_t *reading, apr_pool_t *pool)
{
    int was = is_active(stored), active = is_active(wanted);
    const json_t *attributes = wanted;
    scim_permission_t permission;

    if (reading->type->kind == SCIM_KIND_USER && active != was) {
        SCIM_TRY(scim_policy_ask(&permission, policy,
                                 active ? SCIM_CHANGE_ENABLE : SCIM_CHANGE_DISABLE, reading,
                                 pool));
        active = permission == SCIM_SKIP ? was : active;
    }
    if (reading->type->kind == SCIM_KIND_USER ? !same_attributes(stored, wanted)
                                              : !json_equal(stored, wanted)) {
        SCIM_TRY(scim_policy_ask(&permission, policy, SCIM_CHANGE_UPDATE, reading, pool));
        attributes = permission == SCIM_SKIP ? stored : wanted;
    }
    *result = with_active(attributes, active, reading, pool);
    return NULL;
}

static int is_allowed(const char *role, const apr_array_header_t *roles)
{
    int i;

    for (i = 0; i < roles->nelts; i++) {
        if (role && strcmp(role, APR_ARRAY_IDX(roles, i, const char *)) == 0) {
            return 1;
        }
    }
    return 0;
}

static scim_error_t *check_roles(const json_t *assigned, const apr_array_header_t *roles,
                                 apr_pool_t *pool)
{
    size_t i;
    json_t *each;

    json_array_foreach(assigned, i, each)
    {
        const char *role = json_string_value(json_object_get(each, "value"));

        if (!is_allowed(role, roles)) {
            return scim_error_bad(pool, SCIM_INVALID_VALUE,
                                  "The role %s may not be assigned here; allowed: %s.",
                                  scim_error_quotes(pool, role),
                                  roles->nelts ? apr_array_pstrcat(pool, roles, ',') : "none");
        }
    }
    return NULL;
}

scim_error_t *scim_policy_roles(json_t **resource, const json_t *stored,
                                const scim_policy_t *policy, apr_pool_t *pool)
{
    json_t *roles = json_object_get(*resource, "roles");

    if (scim_json_unassigned(roles) && policy->default_role) {
        *resource = scim_json_twin(*resource, pool);
        json_object_set_new(*resource, "roles",
                            json_pack("[{s:s}]", "value", policy->default_role));
        return NULL;
    }
    if (policy->roles == NULL || roles == NULL
        || (stored && json_equal(roles, json_object_get(stored, "roles")))) {
        return NULL;
    }
    return check_roles(roles, policy->roles, pool);
}
