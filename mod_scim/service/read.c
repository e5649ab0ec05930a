#include "service/call.h"
#include "service/stored.h"
#include "service/unit.h"

typedef struct reading_t {
    scim_reply_t *reply;
    const scim_call_t *call;
    const char *id;
} reading_t;

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    const reading_t *reading = baton;
    const scim_call_t *call = reading->call;
    scim_reply_t *reply = reading->reply;
    scim_verdict_t verdict;
    scim_record_t *record;

    (void)pool;
    SCIM_TRY(call->service->directory->provider->get(session, call->type->name, reading->id,
                                                     &record, call->pool));
    if (record == NULL || record->deleted) {
        return scim_stored_unknown(call, reading->id);
    }
    verdict = scim_precondition_judge(&call->precondition, record->version, 1);
    if (verdict == SCIM_FAILED) {
        return scim_stored_expect(call, record);
    }
    if (verdict == SCIM_NOT_MODIFIED) {
        reply->status = 304;
        reply->operation = "read";
        reply->id = record->id;
        reply->etag = scim_etag(record->version, call->pool);
        return NULL;
    }
    return scim_stored_reply(reply, 200, "read", session, record, call);
}

scim_error_t *scim_call_read(scim_reply_t *reply, scim_call_t *call, const char *id)
{
    reading_t reading = {reply, call, id};

    return scim_unit_run(call, 0, run, &reading);
}
