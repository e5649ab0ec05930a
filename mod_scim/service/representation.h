/*
 * representation.h - from a stored record to the resource a client sees.
 *
 * The default view of a plain type (scim_resource_type_t.plain) is put together from text: id,
 * the stored document as it is, meta. Nothing is parsed. Only a projection needs the document
 * as JSON, unless it leaves out memberships alone.
 */
#ifndef SCIM_SERVICE_REPRESENTATION_H
#define SCIM_SERVICE_REPRESENTATION_H

#include "service/membership.h"

/* The stored attributes of a record as a canonical resource, without id and meta. */
scim_error_t *scim_representation_load(json_t **resource, const scim_record_t *record,
                                       apr_pool_t *pool);

/* The same with id and meta: what filters see but for memberships, and so meta.version is that
   of the record alone. */
scim_error_t *scim_representation_whole(json_t **resource, const scim_record_t *record,
                                        const scim_call_t *call, apr_pool_t *pool);

/*
 * Appends a record's view to `out`, members and groups included; *etag is the view's, unless
 * that is NULL. `groups` are the person's; NULL: they are read now. A document of
 * SCIM_LONG_PIECE bytes or more that it borrows must live as long as `out`; `session` is of the
 * unit of work that read or wrote the record.
 */
scim_error_t *scim_representation_write(scim_buffer_t *out, const char **etag,
                                        scim_session_t *session, const scim_shown_t *shown,
                                        const scim_groups_t *groups, apr_pool_t *pool);

/* 1 when the view is put together from text, since the projection leaves out memberships at
   most, which no document has. */
int scim_representation_borrows(const scim_projection_t *projection, const scim_call_t *call);

/* What the views of many resources of the call's type have in common, for call->frame. */
const scim_frame_t *scim_representation_frame(const scim_call_t *call, apr_pool_t *pool);

/* The absolute URL of a resource: meta.location and Location. */
const char *scim_representation_location(const scim_call_t *call, const char *id);

#endif
