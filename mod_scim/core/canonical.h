/*
 * canonical.h - what canonical resources are put together from; see resource.h for what that
 * means.
 */
#ifndef SCIM_CORE_CANONICAL_H
#define SCIM_CORE_CANONICAL_H

#include "core/schema.h"

/* A new resource: `schemas` with the base schema of the type. */
json_t *scim_canonical_create(const scim_resource_type_t *type, apr_pool_t *pool);

/*
 * Adds an extension and its URN in `schemas`. Takes the reference `object`; NULL or an empty
 * one is no extension at all.
 */
void scim_canonical_extend(json_t *resource, const scim_schema_t *schema, json_t *object);

/*
 * 1 when the attribute is part of canonical resources by its own: the read-only ones are not,
 * and `schemas` is computed.
 */
int scim_canonical_has(const scim_attribute_t *attribute);

#endif
