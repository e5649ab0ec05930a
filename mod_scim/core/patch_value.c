#include "core/patch_run.h"

#include <string.h>

#include <apr_hash.h>

#include "core/alias.h"
#include "core/coerce.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/multivalue.h"

/* Recursion is bounded: canonical values nest four levels. */
apr_int64_t scim_patch_weigh(const json_t *value)
{
    apr_int64_t weight = 1;
    const json_t *part;
    const char *key;
    size_t i;

    if (json_is_string(value)) {
        return 1 + (apr_int64_t)json_string_length(value) / 32;
    }
    json_array_foreach(value, i, part)
    {
        weight += scim_patch_weigh(part);
    }
    json_object_foreach((json_t *)value, key, part)
    {
        weight += (scim_patch_weigh(part) - 1);
    }
    return weight;
}

scim_error_t *scim_patch_spend(scim_patch_run_t *run, apr_int64_t work)
{
    run->work -= work;
    if (run->work < 0) {
        return scim_error_bad(run->pool, SCIM_TOO_MANY,
                              "The operations have to look at too many values; send them in "
                              "several requests.");
    }
    return NULL;
}

scim_error_t *scim_patch_push(scim_patch_run_t *run, json_t *values, json_t *value,
                              const scim_attribute_t *attribute)
{
    if (json_array_size(values) >= SCIM_MAX_VALUES) {
        json_decref(value);
        return scim_error_bad(run->pool, SCIM_TOO_MANY,
                              "The attribute %s has %lu values; at most %d are kept.",
                              scim_attribute_path(attribute, run->pool),
                              (unsigned long)json_array_size(values), SCIM_MAX_VALUES);
    }
    json_array_append_new(values, value);
    return NULL;
}

scim_error_t *scim_patch_immutable(const scim_patch_run_t *run,
                                   const scim_attribute_t *attribute)
{
    return scim_error_bad(run->pool, SCIM_MUTABILITY,
                          "%s is immutable and has a value already.",
                          scim_attribute_path(attribute, run->pool));
}

static scim_error_t *set(const scim_patch_run_t *run, json_t *holder,
                         const scim_attribute_t *attribute, const json_t *value)
{
    const json_t *current = json_object_get(holder, attribute->name);

    if (current && json_equal(current, value)) {
        return NULL;
    }
    if (current && attribute->mutability == SCIM_IMMUTABLE) {
        return scim_patch_immutable(run, attribute);
    }
    json_object_set_new(holder, attribute->name, json_deep_copy(value));
    return NULL;
}

scim_error_t *scim_patch_unset(const scim_patch_run_t *run, json_t *holder,
                               const scim_attribute_t *attribute)
{
    if (json_object_get(holder, attribute->name) == NULL) {
        return NULL;
    }
    if (attribute->required) {
        return scim_error_bad(run->pool, SCIM_MUTABILITY,
                              "%s is required and cannot be removed.",
                              scim_attribute_path(attribute, run->pool));
    }
    if (attribute->mutability == SCIM_IMMUTABLE) {
        return scim_patch_immutable(run, attribute);
    }
    json_object_del(holder, attribute->name);
    return NULL;
}

/* 1 for what two elements that are the same value agree in, but for their case. */
static int is_key(const scim_attribute_t *sub)
{
    return strcmp(sub->name, "value") == 0 || strcmp(sub->name, "type") == 0;
}

/* Gives an element what one that is the same value has more. */
static void enrich(json_t *element, const json_t *more, const scim_attribute_t *attribute)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)more, key, value)
    {
        const scim_attribute_t *sub =
            scim_attributes_find(&attribute->attributes, key, strlen(key));

        int has = json_object_get(element, key) != NULL;

        /* Clients add members again with another $ref or display: no attempt to change it. */
        if (!(has && (sub->mutability == SCIM_IMMUTABLE || is_key(sub)))) {
            json_object_set_new(element, key, json_deep_copy(value));
        }
    }
}

static scim_error_t *index_values(apr_hash_t **found, scim_patch_run_t *run,
                                  const json_t *values, const scim_attribute_t *attribute)
{
    apr_hash_t *index = apr_hash_make(run->scratch);
    json_t *element;
    size_t i;

    json_array_foreach(values, i, element)
    {
        SCIM_TRY(scim_patch_spend(run, scim_patch_weigh(element)));
        apr_hash_set(index, scim_multivalue_key(element, attribute, run->scratch),
                     APR_HASH_KEY_STRING, element);
    }
    *found = index;
    return NULL;
}

/* Adds the values that are not there yet. */
static scim_error_t *append(scim_patch_run_t *run, json_t *holder,
                            const scim_attribute_t *attribute, const json_t *added)
{
    json_t *values = json_object_get(holder, attribute->name), *element, *each;
    apr_hash_t *index;
    size_t i, count;

    if (values == NULL) {
        values = json_array();
        json_object_set_new(holder, attribute->name, values);
    }
    count = json_array_size(values);
    SCIM_TRY(index_values(&index, run, values, attribute));
    json_array_foreach(added, i, each)
    {
        element = apr_hash_get(index, scim_multivalue_key(each, attribute, run->scratch),
                               APR_HASH_KEY_STRING);
        SCIM_TRY(scim_patch_spend(run, scim_patch_weigh(each)));
        if (element == NULL && count && attribute->mutability == SCIM_IMMUTABLE) {
            return scim_patch_immutable(run, attribute);
        }
        if (element == NULL) {
            element = json_deep_copy(each);
            SCIM_TRY(scim_patch_push(run, values, element, attribute));
        } else {
            enrich(element, each, attribute);
        }
        if (json_is_true(json_object_get(each, "primary"))) {
            run->primary = element;
        }
    }
    return NULL;
}

static scim_error_t *assign(scim_patch_run_t *run, json_t *holder,
                            const scim_attribute_t *attribute, const json_t *value)
{
    return attribute->multi_valued && run->verb == SCIM_PATCH_ADD
               ? append(run, holder, attribute, value)
               : set(run, holder, attribute, value);
}

/*
 * RFC 7644 3.5.2.3: the sub-attributes that are given replace, those that are not stay; one
 * that is given without a value becomes unassigned (RFC 7643 2.5).
 */
scim_error_t *scim_patch_merge(scim_patch_run_t *run, json_t *object,
                               const scim_attribute_t *attribute)
{
    const scim_attributes_t *subs = &attribute->attributes;
    const scim_attribute_t *sub;
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)run->sent, key, value)
    {
        sub = scim_attributes_find(subs, key, strlen(key));
        if (sub == NULL) {
            sub = scim_alias_find(attribute, key, strlen(key), run->leniency);
        }
        if (sub && sub->mutability != SCIM_READ_ONLY
            && json_object_get(run->value, sub->name) == NULL
            && (run->value || scim_coerce_nothing(value, run->leniency))) {
            SCIM_TRY(scim_patch_unset(run, object, sub));
        }
    }
    json_object_foreach(run->value, key, value)
    {
        sub = scim_attributes_find(subs, key, strlen(key));
        SCIM_TRY(assign(run, object, sub, value));
    }
    return NULL;
}

json_t *scim_patch_object(json_t *holder, const char *name)
{
    json_t *object = json_object_get(holder, name);

    if (object == NULL) {
        object = json_object();
        json_object_set_new(holder, name, object);
    }
    return object;
}

/* Adds or replaces the whole of an attribute or sub-attribute. */
static scim_error_t *assign_whole(scim_patch_run_t *run, json_t *holder,
                                  const scim_attribute_t *attribute)
{
    if (attribute->type == SCIM_TYPE_COMPLEX && !attribute->multi_valued
        && json_is_object(run->sent)) {
        return scim_patch_merge(run, scim_patch_object(holder, attribute->name), attribute);
    }
    if (run->value) {
        return assign(run, holder, attribute, run->value);
    }
    return attribute->multi_valued && run->verb == SCIM_PATCH_ADD
               ? NULL
               : scim_patch_unset(run, holder, attribute);
}

scim_error_t *scim_patch_whole(scim_patch_run_t *run, json_t *holder,
                               const scim_attribute_t *attribute)
{
    return run->verb == SCIM_PATCH_REMOVE ? scim_patch_unset(run, holder, attribute)
                                          : assign_whole(run, holder, attribute);
}
