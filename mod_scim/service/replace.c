#include "core/resource.h"
#include "service/change.h"
#include "service/stored.h"

static scim_error_t *replace(json_t **wanted, const json_t *stored, void *baton,
                             const scim_call_t *call, apr_pool_t *pool)
{
    scim_reading_t reading = scim_stored_reading(call);

    return scim_resource_replace(wanted, stored, baton, &reading, pool);
}

scim_error_t *scim_call_replace(scim_reply_t *reply, scim_call_t *call, const char *id,
                                const json_t *body)
{
    scim_reading_t reading = scim_stored_reading(call);
    scim_edit_t edit = {.apply = replace};
    scim_members_t *members;
    scim_password_t password;
    json_t *sent;

    SCIM_TRY(scim_members_take(&members, &body, body, 1, call));
    SCIM_TRY(scim_resource_read(&sent, body, 1, &reading, call->pool));
    SCIM_TRY(scim_password_of_resource(&password, sent, id, call));
    edit.baton = sent;
    edit.password = &password;
    edit.members = members;
    return scim_change_run(reply, call, id, &edit);
}
