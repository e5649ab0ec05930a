/*
 * resource.h - reading a client's resource into its canonical form, and the rules every
 * resource must keep (RFC 7643 2, 3; RFC 7644 3.3, 3.5.1).
 *
 * Canonical form: attribute names as the schema spells them and in the schema's order,
 * `schemas` first and computed from what is there, extensions under their URN behind the core
 * attributes, multi-valued attributes as arrays, values of the right JSON type, unassigned
 * attributes left out, read-only attributes left out, at most one primary value per attribute,
 * no duplicate (type, value) pairs in a multi-valued attribute. Text is kept as sent. Two equal
 * resources have equal canonical text.
 */
#ifndef SCIM_CORE_RESOURCE_H
#define SCIM_CORE_RESOURCE_H

#include "core/reading.h"

/*
 * Reads a resource that a client sent for create or replace. Attributes that a client may not
 * set (readOnly) are ignored as RFC 7644 3.3 and 3.5.1 say; unknown ones and unknown extensions
 * are noted and skipped, or 400 invalidSyntax with reading->reject_unknown. 400 invalidValue,
 * naming the attribute in full notation, what was found and what is due, for a value of the
 * wrong type. With `nulls`, an attribute that was sent as null or [] stays in the
 * result as JSON null, so that scim_resource_replace can tell "clear" from "absent" (and with
 * SCIM_LENIENT_BLANK does not: null is absent there); without, it is left out.
 * Required attributes are not asked for here.
 */
scim_error_t *scim_resource_read(json_t **resource, const json_t *sent, int nulls,
                                 const scim_reading_t *reading, apr_pool_t *pool);

/*
 * One value for `attribute` (or, with `element`, one element of it when it is multi-valued) in
 * canonical form: what scim_resource_read does for each attribute, and PATCH for each
 * operation's value. *value is NULL when it comes out unassigned.
 */
scim_error_t *scim_resource_coerce(json_t **value, const json_t *sent,
                                   const scim_attribute_t *attribute, int element,
                                   const scim_reading_t *reading, apr_pool_t *pool);

/*
 * What PUT makes of `stored` and `sent` (both canonical, `sent` read with nulls): sent
 * attributes replace, omitted ones are cleared (RFC 7644 3.5.1), except `active`, `password`
 * and `externalId`, which stay when omitted. Immutable attributes that would change: 400
 * mutability. The result has values of both: none of the three is to be changed any more.
 */
scim_error_t *scim_resource_replace(json_t **result, const json_t *stored, const json_t *sent,
                                    const scim_reading_t *reading, apr_pool_t *pool);

/*
 * Puts a resource into canonical form again after it was changed in place (by PATCH or policy):
 * order, `schemas`, nothing unassigned. It is owned by `pool`, and may be the same resource or
 * have values of it: neither is to be changed any more.
 */
json_t *scim_resource_canonical(const json_t *resource, const scim_resource_type_t *type,
                                apr_pool_t *pool);

/*
 * The rules of a whole resource: required attributes present (sub-attributes too where their
 * parent is), required extensions present. 400 invalidValue naming the first that is missing.
 */
scim_error_t *scim_resource_check(const json_t *resource, const scim_resource_type_t *type,
                                  apr_pool_t *pool);

/*
 * Makes `keep` the only element of `values` with primary true (RFC 7644 3.5.2); NULL: the first
 * one that says so stays.
 */
void scim_resource_demote(json_t *values, const json_t *keep);

#endif
