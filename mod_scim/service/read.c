#include "service/call.h"
#include "service/membership.h"
#include "service/stored.h"
#include "service/unit.h"

typedef struct reading_t {
    scim_reply_t *reply;
    const scim_call_t *call;
    const char *id;
} reading_t;

/* A 304, if the client has the view that it asks for: the groups that it shows may be others.
 */
static scim_error_t *compare(scim_reply_t *reply, scim_session_t *session,
                             const scim_record_t *record, const scim_call_t *call)
{
    scim_projection_t *projection;
    char digest[SCIM_ETAG_DIGEST];
    scim_shown_t shown;

    SCIM_TRY(scim_stored_projection(&projection, call));
    shown = (scim_shown_t){record, projection, call};
    SCIM_TRY(scim_membership_digest(digest, session, &shown, call->pool));
    if (scim_etags_name(&call->precondition.none_match, record->version, digest)) {
        reply->status = 304;
        reply->operation = "read";
        reply->id = record->id;
        reply->etag = scim_etag(record->version, digest, call->pool);
    }
    return NULL;
}

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
    reply->status = 0;
    if (verdict == SCIM_NOT_MODIFIED) {
        SCIM_TRY(compare(reply, session, record, call));
    }
    return reply->status ? NULL : scim_stored_reply(reply, 200, "read", session, record, call);
}

scim_error_t *scim_call_read(scim_reply_t *reply, scim_call_t *call, const char *id)
{
    reading_t reading = {reply, call, id};

    return scim_unit_run(call, 0, run, &reading);
}
