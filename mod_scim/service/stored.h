/*
 * stored.h - from a canonical resource to the record that is stored, and the errors all
 * operations on stored resources share.
 */
#ifndef SCIM_SERVICE_STORED_H
#define SCIM_SERVICE_STORED_H

#include "service/call.h"

/* How the call's client is to be read. */
scim_reading_t scim_stored_reading(const scim_call_t *call);

/*
 * What every new or changed resource passes before it is stored. A user's password is taken
 * out, its `active` is there (true unless said otherwise), its roles follow the policy;
 * required attributes are present. `stored` is the resource it replaces, or NULL. *resource is
 * changed.
 */
scim_error_t *scim_stored_prepare(json_t **resource, const json_t *stored,
                                  const scim_call_t *call, apr_pool_t *pool);

/*
 * Fills in what `record` keeps of a prepared resource: names and keys, externalId, active,
 * terms, document. Identity, version and times are left alone. 400 when the name (userName,
 * displayName ...) is none that can be kept, or it or externalId is longer than SCIM_MAX_KEY;
 * 413 when the document is longer than SCIM_MAX_DOCUMENT.
 */
scim_error_t *scim_stored_record(scim_record_t *record, const json_t *resource,
                                 const scim_call_t *call, apr_pool_t *pool);

/*
 * For a local name that is taken. When it differs from that of `before` though the userName is
 * the same, the rules are new: gives the record the local name of before and returns 1.
 */
int scim_stored_keep_name(scim_record_t *record, const scim_record_t *before,
                          const scim_call_t *call);

/* 404 for an id that names nothing here. */
scim_error_t *scim_stored_unknown(const scim_call_t *call, const char *id);

/* 409 uniqueness: another resource has the record's name; says so when clients cannot see
 * which. */
scim_error_t *scim_stored_taken(const scim_call_t *call, scim_session_t *session,
                                const json_t *resource, const scim_record_t *record);

/* 412 unless the call's preconditions hold for the record. */
scim_error_t *scim_stored_expect(const scim_call_t *call, const scim_record_t *record);

/* The view that the call asked for: attributes and excludedAttributes. */
scim_error_t *scim_stored_projection(scim_projection_t **projection, const scim_call_t *call);

/*
 * Fills in a reply that shows a record, or with 204 just names it. The record must live as long
 * as the call; `session` is of the unit of work that read or wrote it, NULL when it was not
 * stored.
 */
scim_error_t *scim_stored_reply(scim_reply_t *reply, int status, const char *operation,
                                scim_session_t *session, const scim_record_t *record,
                                const scim_call_t *call);

#endif
