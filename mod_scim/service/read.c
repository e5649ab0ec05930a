#include "service/call.h"
#include "service/stored.h"
#include "service/unit.h"

typedef struct reading_t {
    const scim_call_t *call;
    const char *id;
    scim_record_t *record;
} reading_t;

static scim_error_t *fetch(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    reading_t *reading = baton;
    const scim_directory_provider_t *provider = reading->call->service->directory->provider;

    (void)pool;
    return provider->get(session, reading->call->type->name, reading->id, &reading->record,
                         reading->call->pool);
}

scim_error_t *scim_call_read(scim_reply_t *reply, scim_call_t *call, const char *id)
{
    reading_t reading = {.call = call, .id = id};
    scim_verdict_t verdict;

    SCIM_TRY(scim_unit_run(call, 0, fetch, &reading));
    if (reading.record == NULL || reading.record->deleted) {
        return scim_stored_unknown(call, id);
    }
    verdict = scim_precondition_judge(&call->precondition, reading.record->version, 1);
    if (verdict == SCIM_FAILED) {
        return scim_stored_expect(call, reading.record);
    }
    if (verdict == SCIM_NOT_MODIFIED) {
        reply->status = 304;
        reply->operation = "read";
        reply->id = reading.record->id;
        reply->etag = scim_etag(reading.record->version, call->pool);
        return NULL;
    }
    return scim_stored_reply(reply, 200, "read", reading.record, call);
}
