#include "core/multivalue.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/resource.h"
#include "core/text.h"

/* So many values are compared with each other rather than looked up. */
#define FEW 8

/* Equal for values that are the same by the attribute's rules. `attribute` may be NULL. */
static const char *key_of(const json_t *value, const scim_attribute_t *attribute,
                          apr_pool_t *pool)
{
    if (!json_is_string(value)) {
        return value ? scim_json_text(value, NULL, pool) : "";
    }
    if (attribute == NULL || attribute->case_exact) {
        return json_string_value(value);
    }
    return scim_text_fold(pool, json_string_value(value), json_string_length(value));
}

const char *scim_multivalue_key(const json_t *element, const scim_attribute_t *attribute,
                                apr_pool_t *pool)
{
    const json_t *significant = json_object_get(element, "value");
    const char *value;

    if (significant == NULL) {
        return key_of(element, attribute, pool);
    }
    value = key_of(significant, scim_attributes_find(&attribute->attributes, "value", 5), pool);
    return apr_psprintf(pool, "%" APR_SIZE_T_FMT ":%s:%s", strlen(value), value,
                        key_of(json_object_get(element, "type"),
                               scim_attributes_find(&attribute->attributes, "type", 4), pool));
}

/* The text of an ASCII "value", or NULL: what says at once that two elements differ. */
static const char *plain_value(const json_t *element)
{
    const char *text = json_string_value(json_object_get(element, "value")), *at;

    for (at = text; at && *at; at++) {
        if ((unsigned char)*at >= 0x80) {
            return NULL;
        }
    }
    return text;
}

int scim_multivalue_differ(const json_t *values)
{
    const char *texts[FEW];
    size_t count = json_array_size(values), i, j;

    for (i = 0; i < count && count > 1; i++) {
        if (count > FEW || (texts[i] = plain_value(json_array_get(values, i))) == NULL) {
            return 0;
        }
        for (j = 0; j < i; j++) {
            if (scim_text_same_name(texts[i], texts[j])) {
                return 0;
            }
        }
    }
    return 1;
}

void scim_multivalue_unique(json_t *values, const scim_attribute_t *attribute, apr_pool_t *pool)
{
    apr_hash_t *seen;
    size_t i = 0;

    if (scim_multivalue_differ(values)) {
        return;
    }
    seen = apr_hash_make(pool);
    while (i < json_array_size(values)) {
        const json_t *element = json_array_get(values, i);
        const char *key = scim_multivalue_key(element, attribute, pool);

        if (apr_hash_get(seen, key, APR_HASH_KEY_STRING)) {
            json_array_remove(values, i);
            continue;
        }
        apr_hash_set(seen, key, APR_HASH_KEY_STRING, element);
        i++;
    }
}

int scim_multivalue_hollow(const json_t *element)
{
    static const char *const labels[] = {"type", "primary", "display"};
    size_t count = 0, i;

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        count += json_object_get(element, labels[i]) != NULL;
    }
    return json_is_object(element) && json_object_size(element) == count;
}

int scim_multivalue_primaries(const json_t *values)
{
    const json_t *element;
    size_t i;
    int count = 0;

    json_array_foreach(values, i, element)
    {
        count += json_is_true(json_object_get(element, "primary"));
    }
    return count;
}

void scim_resource_demote(json_t *values, const json_t *keep)
{
    json_t *element;
    size_t i;

    json_array_foreach(values, i, element)
    {
        int primary = json_is_true(json_object_get(element, "primary"));

        if (keep == NULL && primary) {
            keep = element;
        }
        if (element == keep && !primary) {
            json_object_set_new(element, "primary", json_true());
        } else if (element != keep && primary) {
            json_object_set_new(element, "primary", json_false());
        }
    }
}
