#include "core/coerce.h"

#include <string.h>

#include "core/alias.h"
#include "core/canonical.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/resource.h"
#include "core/scalar.h"
#include "core/text.h"
#include "core/multivalue.h"

int scim_coerce_nothing(const json_t *value, scim_leniency_t leniency)
{
    return scim_json_unassigned(value)
           || ((leniency & SCIM_LENIENT_BLANK) && json_is_string(value)
               && scim_text_blank(json_string_value(value)));
}

scim_error_t *scim_coerce_unknown(const char *name, const scim_schema_t *schema,
                                  const scim_attribute_t *parent, const scim_reading_t *reading,
                                  apr_pool_t *pool)
{
    const char *in = parent ? scim_attribute_path(parent, pool) : schema ? schema->id : NULL;

    if (reading->reject_unknown) {
        return scim_error_bad(pool, SCIM_INVALID_SYNTAX, "The attribute %s%s%s is not known.",
                              scim_error_quotes(pool, name), in ? " of " : "", in ? in : "");
    }
    scim_reading_note(reading, "The attribute %s%s%s is not known and was ignored.",
                      scim_error_quotes(pool, name), in ? " of " : "", in ? in : "");
    return NULL;
}

scim_slot_t *scim_slots_create(const scim_attributes_t *attributes, apr_pool_t *pool)
{
    return apr_pcalloc(pool, (apr_size_t)attributes->count * sizeof(scim_slot_t));
}

static scim_slot_t *slot_of(scim_slot_t *slots, const scim_attributes_t *attributes,
                            const scim_attribute_t *attribute)
{
    int i = 0;

    while (attributes->list[i] != attribute) {
        i++;
    }
    return &slots[i];
}

static scim_error_t *sent_twice(const scim_attribute_t *attribute, const char *name,
                                const char *other, apr_pool_t *pool)
{
    return scim_error_bad(pool, SCIM_INVALID_SYNTAX,
                          "The attribute %s was sent twice, as %s and as %s.",
                          scim_attribute_path(attribute, pool), scim_error_quotes(pool, name),
                          scim_error_quotes(pool, other));
}

scim_error_t *scim_slots_put(scim_slot_t *slots, const scim_attributes_t *attributes,
                             const scim_attribute_t *attribute, const char *key,
                             const json_t *value, apr_pool_t *pool)
{
    scim_slot_t *slot = slot_of(slots, attributes, attribute);

    if (slot->value && slot->key == slot->alias) {
        return NULL;
    }
    if (slot->value) {
        return sent_twice(attribute, slot->key, key, pool);
    }
    slot->value = value;
    slot->key = key;
    return NULL;
}

scim_error_t *scim_slots_take(json_t *into, const scim_slot_t *slots,
                              const scim_attributes_t *attributes, int nulls,
                              const scim_reading_t *reading, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        json_t *value;

        if (slots[i].value == NULL || !scim_canonical_has(attribute)) {
            continue;
        }
        SCIM_TRY(scim_coerce(&value, slots[i].value, attribute, 0, reading, pool));
        if (value == NULL && nulls) {
            value = json_null();
        }
        if (value) {
            json_object_set_new_nocheck(into, attribute->name, value);
        }
    }
    return NULL;
}

/* Files a value that came by another name, unless the attribute's own has one. */
static scim_error_t *put_alias(scim_slot_t *slots, const scim_attributes_t *attributes,
                               const scim_attribute_t *attribute, const char *key,
                               const json_t *sent, const scim_reading_t *reading,
                               apr_pool_t *pool)
{
    scim_slot_t *slot = slot_of(slots, attributes, attribute);

    if (slot->alias) {
        return sent_twice(attribute, slot->alias, key, pool);
    }
    slot->alias = key;
    if (scim_coerce_nothing(scim_json_member(sent, attribute->name, NULL), reading->leniency)) {
        slot->value = json_object_get(sent, key);
        slot->key = key;
    }
    return NULL;
}

/* An object's members into `into`: the sub-attributes of `parent`, or else the attributes of
   `schema`. */
static scim_error_t *read_members(json_t *into, const json_t *sent, const scim_schema_t *schema,
                                  const scim_attribute_t *parent, int nulls,
                                  const scim_reading_t *reading, apr_pool_t *pool)
{
    const scim_attributes_t *attributes = parent ? &parent->attributes : &schema->attributes;
    scim_slot_t *slots = scim_slots_create(attributes, pool);
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)sent, key, value)
    {
        const scim_attribute_t *attribute = scim_attributes_find(attributes, key, strlen(key));
        const scim_attribute_t *meant =
            attribute ? NULL : scim_alias_find(parent, key, strlen(key), reading->leniency);

        if (attribute) {
            SCIM_TRY(scim_slots_put(slots, attributes, attribute, key, value, pool));
        } else if (meant) {
            SCIM_TRY(put_alias(slots, attributes, meant, key, sent, reading, pool));
        } else {
            SCIM_TRY(scim_coerce_unknown(key, schema, parent, reading, pool));
        }
    }
    return scim_slots_take(into, slots, attributes, nulls, reading, pool);
}

/* The object that a complex attribute's bare value stands for. */
static scim_error_t *read_bare(json_t *into, const json_t *sent,
                               const scim_attribute_t *attribute, const scim_reading_t *reading,
                               apr_pool_t *pool)
{
    const scim_attribute_t *sub = scim_attributes_find(&attribute->attributes, "value", 5);
    json_t *value;

    if (sub == NULL || json_is_array(sent) || !(reading->leniency & SCIM_LENIENT_SCALAR)) {
        return scim_scalar_mismatch(attribute, "an object", sent, pool);
    }
    SCIM_TRY(scim_coerce(&value, sent, sub, 0, reading, pool));
    if (value) {
        json_object_set_new_nocheck(into, sub->name, value);
    }
    return NULL;
}

/* With SCIM_LENIENT_BLANK, an element of which but its labels came to nothing: a template that
   was filled in from an empty field. */
static int is_hollow(const json_t *element, const json_t *sent,
                     const scim_attribute_t *attribute, scim_leniency_t leniency)
{
    return attribute->multi_valued && (leniency & SCIM_LENIENT_BLANK)
           && scim_multivalue_hollow(element)
           && json_object_size(sent) > json_object_size(element);
}

static scim_error_t *read_complex(json_t **value, const json_t *sent,
                                  const scim_attribute_t *attribute,
                                  const scim_reading_t *reading, apr_pool_t *pool)
{
    json_t *object = json_object();
    scim_error_t *error = json_is_object(sent)
                              ? read_members(object, sent, NULL, attribute, 0, reading, pool)
                              : read_bare(object, sent, attribute, reading, pool);

    if (error || json_object_size(object) == 0
        || is_hollow(object, sent, attribute, reading->leniency)) {
        json_decref(object);
        object = NULL;
    }
    *value = object;
    return error;
}

static scim_error_t *read_one(json_t **value, const json_t *sent,
                              const scim_attribute_t *attribute, const scim_reading_t *reading,
                              apr_pool_t *pool)
{
    if (scim_coerce_nothing(sent, reading->leniency)) {
        *value = NULL;
        return NULL;
    }
    return attribute->type == SCIM_TYPE_COMPLEX
               ? read_complex(value, sent, attribute, reading, pool)
               : scim_scalar_read(value, sent, attribute, reading, pool);
}

static scim_error_t *read_elements(json_t *into, const json_t *sent,
                                   const scim_attribute_t *attribute,
                                   const scim_reading_t *reading, apr_pool_t *pool)
{
    size_t count = json_is_array(sent) ? json_array_size(sent) : 1, i;

    if (!json_is_array(sent) && !(reading->leniency & SCIM_LENIENT_SINGLE)) {
        return scim_scalar_mismatch(attribute, "an array", sent, pool);
    }
    if (count > SCIM_MAX_VALUES) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The attribute %s has %lu values; %d are allowed in one request.",
                              scim_attribute_path(attribute, pool), (unsigned long)count,
                              SCIM_MAX_VALUES);
    }
    for (i = 0; i < count; i++) {
        json_t *element;

        SCIM_TRY(read_one(&element, json_is_array(sent) ? json_array_get(sent, i) : sent,
                          attribute, reading, pool));
        if (element) {
            json_array_append_new(into, element);
        }
    }
    return NULL;
}

/* RFC 7643 2.4: primary is true once at most. */
static scim_error_t *check_primary(json_t *values, const scim_attribute_t *attribute,
                                   const scim_reading_t *reading, apr_pool_t *pool)
{
    int primaries = scim_multivalue_primaries(values);

    if (primaries < 2) {
        return NULL;
    }
    if (!(reading->leniency & SCIM_LENIENT_PRIMARY)) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The attribute %s has %d primary values; one is allowed.",
                              scim_attribute_path(attribute, pool), primaries);
    }
    scim_resource_demote(values, NULL);
    /* Values without "value" that differed in this alone are the same now. */
    scim_multivalue_unique(values, attribute, pool);
    return NULL;
}

static scim_error_t *read_values(json_t **value, const json_t *sent,
                                 const scim_attribute_t *attribute,
                                 const scim_reading_t *reading, apr_pool_t *pool)
{
    json_t *values = json_array();
    scim_error_t *error = read_elements(values, sent, attribute, reading, pool);

    if (error == NULL) {
        scim_multivalue_unique(values, attribute, pool);
        error = check_primary(values, attribute, reading, pool);
    }
    if (error || json_array_size(values) == 0) {
        json_decref(values);
        values = NULL;
    }
    *value = values;
    return error;
}

scim_error_t *scim_coerce(json_t **value, const json_t *sent, const scim_attribute_t *attribute,
                          int element, const scim_reading_t *reading, apr_pool_t *pool)
{
    if (scim_coerce_nothing(sent, reading->leniency)) {
        *value = NULL;
        return NULL;
    }
    return attribute->multi_valued && !element
               ? read_values(value, sent, attribute, reading, pool)
               : read_one(value, sent, attribute, reading, pool);
}

scim_error_t *scim_coerce_extension(json_t **value, const json_t *sent,
                                    const scim_schema_t *schema, int nulls,
                                    const scim_reading_t *reading, apr_pool_t *pool)
{
    json_t *object;
    scim_error_t *error;

    *value = NULL;
    if (scim_coerce_nothing(sent, reading->leniency)) {
        return NULL;
    }
    if (!json_is_object(sent)) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The extension %s has to be an object, not %s.", schema->id,
                              scim_json_kind(sent));
    }
    object = json_object();
    error = read_members(object, sent, schema, NULL, nulls, reading, pool);
    if (error || json_object_size(object) == 0) {
        json_decref(object);
        return error;
    }
    *value = object;
    return NULL;
}
