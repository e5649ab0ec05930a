/*
 * representation.h - from a stored record to the resource a client sees.
 *
 * The default view of a plain type (scim_resource_type_t.plain) is put together from text: id,
 * the stored document as it is, meta. Nothing is parsed. Only a projection needs the document
 * as JSON.
 */
#ifndef SCIM_SERVICE_REPRESENTATION_H
#define SCIM_SERVICE_REPRESENTATION_H

#include "service/call.h"

/* The stored attributes of a record as a canonical resource, without id and meta. */
scim_error_t *scim_representation_load(json_t **resource, const scim_record_t *record,
                                       apr_pool_t *pool);

/* The same with id and meta: what filters and projections see. */
scim_error_t *scim_representation_whole(json_t **resource, const scim_record_t *record,
                                        const scim_call_t *call, apr_pool_t *pool);

/* 1 when a record's view borrows the record's document. */
int scim_representation_borrows(const scim_projection_t *projection, const scim_call_t *call);

/* Appends a record's view to `out`. A document that is borrowed must live as long as `out`. */
scim_error_t *scim_representation_write(scim_buffer_t *out, const scim_record_t *record,
                                        const scim_projection_t *projection,
                                        const scim_call_t *call, apr_pool_t *pool);

/* The absolute URL of a resource: meta.location and Location. */
const char *scim_representation_location(const scim_call_t *call, const char *id);

#endif
