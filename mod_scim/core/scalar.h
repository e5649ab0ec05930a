/*
 * scalar.h - values of the simple attribute types (RFC 7643 2.3.1 to 2.3.7). For coerce.c.
 */
#ifndef SCIM_CORE_SCALAR_H
#define SCIM_CORE_SCALAR_H

#include "core/reading.h"

/*
 * A value of a simple attribute; *value is a reference of the caller's. 400 invalidValue when
 * `sent` is not of the attribute's type nor bent into it by a leniency.
 */
scim_error_t *scim_scalar_read(json_t **value, const json_t *sent,
                               const scim_attribute_t *attribute, const scim_reading_t *reading,
                               apr_pool_t *pool);

/* 400 invalidValue: `attribute` is due to be what `due` says, and was sent as `sent`. */
scim_error_t *scim_scalar_mismatch(const scim_attribute_t *attribute, const char *due,
                                   const json_t *sent, apr_pool_t *pool);

#endif
