/*
 * coerce.h - from a value as a client sent it to the canonical form of its attribute. For
 * resource.c, which reads whole resources; everybody else calls scim_resource_coerce().
 *
 * What comes out of these functions by `json_t **` is a reference of the caller's, or NULL for
 * an unassigned value; on an error there is nothing to release.
 */
#ifndef SCIM_CORE_COERCE_H
#define SCIM_CORE_COERCE_H

#include "core/reading.h"

/* What was sent for one attribute. */
typedef struct scim_slot_t {
    const json_t *value; /* NULL: nothing */
    const char *key;     /* the name as the client spelt it */
    const char *alias;   /* the other name that it was sent by as well, or NULL */
} scim_slot_t;

/* scim_resource_coerce(), but for who owns the result. */
scim_error_t *scim_coerce(json_t **value, const json_t *sent, const scim_attribute_t *attribute,
                          int element, const scim_reading_t *reading, apr_pool_t *pool);

/*
 * The object with the attributes of an extension. Anything but an object is 400 invalidValue.
 * With `nulls`, attributes that were sent without a value are set to null.
 */
scim_error_t *scim_coerce_extension(json_t **value, const json_t *sent,
                                    const scim_schema_t *schema, int nulls,
                                    const scim_reading_t *reading, apr_pool_t *pool);

/* One slot for each attribute, in their order. */
scim_slot_t *scim_slots_create(const scim_attributes_t *attributes, apr_pool_t *pool);

/* Files a value. 400 invalidSyntax when the attribute was sent before, in another case. */
scim_error_t *scim_slots_put(scim_slot_t *slots, const scim_attributes_t *attributes,
                             const scim_attribute_t *attribute, const char *key,
                             const json_t *value, apr_pool_t *pool);

/*
 * Coerces what is in the slots and sets it in `into`, in order, read-only attributes left out.
 * With `nulls`, attributes that were sent without a value are set to null.
 */
scim_error_t *scim_slots_take(json_t *into, const scim_slot_t *slots,
                              const scim_attributes_t *attributes, int nulls,
                              const scim_reading_t *reading, apr_pool_t *pool);

/*
 * A name that no schema has, in a resource (both NULL), an extension or a complex attribute:
 * noted, or 400 invalidSyntax with reading->reject_unknown.
 */
scim_error_t *scim_coerce_unknown(const char *name, const scim_schema_t *schema,
                                  const scim_attribute_t *parent, const scim_reading_t *reading,
                                  apr_pool_t *pool);

/* 1 when `value` means that there is no value: RFC 7643 2.5, and SCIM_LENIENT_BLANK. */
int scim_coerce_nothing(const json_t *value, scim_leniency_t leniency);

#endif
