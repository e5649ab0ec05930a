/*
 * schema_build.h - from the JSON of a schema (RFC 7643 7) to its structures. For schema.c.
 */
#ifndef SCIM_CORE_SCHEMA_BUILD_H
#define SCIM_CORE_SCHEMA_BUILD_H

#include "core/schema.h"

/* A schema in `pool`; nothing in it refers to `definition` afterwards. Errors as
 * scim_schemas_add(). */
scim_error_t *scim_schema_build(scim_schema_t **schema, const json_t *definition,
                                apr_pool_t *pool);

/* The attributes of a definition that belong to no schema: the common ones. */
scim_error_t *scim_attributes_build(scim_attributes_t *attributes, const json_t *definition,
                                    apr_pool_t *pool);

/* Attributes from their structures, in this order. */
void scim_attributes_set(scim_attributes_t *attributes, const scim_attribute_t *const *list,
                         int count, apr_pool_t *pool);

/* How names are folded for scim_attributes_t.by_name: ASCII only, whatever the locale. */
static inline char scim_name_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* The string member `name` of a definition, or NULL when it is missing or of another type. */
const char *scim_definition_string(const json_t *definition, const char *name,
                                   apr_pool_t *pool);

/*
 * The definition as the text that is served: `schemas` with `urn` first, then those of
 * `members` (NULL-terminated) that it has. What a definition says of itself elsewhere (meta) is
 * left out.
 */
const char *scim_definition_text(const json_t *definition, const char *urn,
                                 const char *const *members, apr_pool_t *pool);

#endif
