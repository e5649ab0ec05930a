/*
 * projection.h - which attributes an answer carries: `attributes`, `excludedAttributes` and the
 * `returned` characteristic (RFC 7644 3.4.2.5 and 3.9, RFC 7643 7).
 */
#ifndef SCIM_CORE_PROJECTION_H
#define SCIM_CORE_PROJECTION_H

#include "core/path.h"

typedef struct scim_projection_t scim_projection_t;

/*
 * From the two parameters, comma-separated lists of attribute notation or NULL (not sent). An
 * extension URN alone means all of the extension. Names that no schema of the type has are
 * ignored. Both at once: 400 invalidValue, they are mutually exclusive. Bad syntax: 400
 * invalidPath. *projection is NULL when neither was sent: the default view.
 */
scim_error_t *scim_projection_parse(scim_projection_t **projection, const char *attributes,
                                    const char *excluded, const scim_reading_t *reading,
                                    apr_pool_t *pool);

/*
 * The view of a whole resource (with id, meta ...): returned `always` whatever was asked,
 * `never` never, `default` unless left out, `request` when asked for. A sub-attribute asked for
 * brings its parent with it and that sub-attribute alone (plus `always` ones). `schemas` and
 * `id` are always there. A new value; containers of the original are not shared.
 */
json_t *scim_projection_apply(const scim_projection_t *projection, const json_t *resource,
                              const scim_resource_type_t *type, apr_pool_t *pool);

/* 1 when the projection can let this top-level attribute through: so that members are not read
   for an answer without them. */
int scim_projection_wants(const scim_projection_t *projection,
                          const scim_attribute_t *attribute);

/* The same for a sub-attribute of an attribute that it lets through. */
int scim_projection_wants_sub(const scim_projection_t *projection,
                              const scim_attribute_t *attribute, const scim_attribute_t *sub);

/* 1 when the default view of this type lacks nothing through the projection but what is left
   out of `attribute`. */
int scim_projection_leaves_out(const scim_projection_t *projection,
                               const scim_attribute_t *attribute,
                               const scim_resource_type_t *type);

#endif
