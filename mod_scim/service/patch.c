#include "core/patch.h"

#include "service/change.h"
#include "service/stored.h"

static scim_error_t *apply(json_t **wanted, const json_t *stored, void *baton,
                           const scim_call_t *call, apr_pool_t *pool)
{
    scim_reading_t reading = scim_stored_reading(call);

    return scim_patch_apply(wanted, stored, baton, &reading, pool);
}

scim_error_t *scim_call_patch(scim_reply_t *reply, scim_call_t *call, const char *id,
                              const json_t *body)
{
    scim_reading_t reading = scim_stored_reading(call);
    scim_edit_t edit = {.apply = apply, .brief = call->type->kind == SCIM_KIND_GROUP};
    scim_members_t *members;
    scim_password_t password;
    scim_patch_t *patch;

    SCIM_TRY(scim_patch_read(&patch, body, &reading, call->pool));
    SCIM_TRY(scim_members_split(&members, patch, call));
    SCIM_TRY(scim_password_of_patch(&password, patch, id, call));
    edit.baton = patch;
    edit.password = &password;
    edit.members = members;
    return scim_change_run(reply, call, id, &edit);
}
