/*
 * resource_type.h - building resource types (RFC 7643 6). For schema.c.
 */
#ifndef SCIM_CORE_RESOURCE_TYPE_H
#define SCIM_CORE_RESOURCE_TYPE_H

#include "core/schema.h"

/* Adds the resource type of a parsed definition; see scim_schemas_add_type(). */
scim_error_t *scim_resource_type_add(scim_schemas_t *schemas, const json_t *definition);

#endif
