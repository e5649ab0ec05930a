#include "service/unit.h"

typedef struct unit_t {
    scim_call_t *call;
    int noted; /* notes of the call before the unit */
    scim_work_fn work;
    void *baton;
} unit_t;

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    unit_t *unit = baton;

    unit->call->notes->nelts = unit->noted;
    return unit->work(session, unit->baton, pool);
}

scim_error_t *scim_unit_run(scim_call_t *call, int writes, scim_work_fn work, void *baton)
{
    const scim_directory_t *directory = call->service->directory;
    unit_t unit = {call, call->notes->nelts, work, baton};

    if (call->session) {
        return directory->provider->nest(call->session, run, &unit, call->pool);
    }
    return directory->provider->transact(directory->state, writes, run, &unit, call->pool);
}
