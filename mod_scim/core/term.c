#include "core/term.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/datetime.h"
#include "core/text.h"

/* The longest key that nothing was cut from. */
#define WHOLE (SCIM_MAX_KEY - 4)

/*
 * All characters up to the first that ends behind WHOLE; four bytes is the longest one. Cutting
 * where the limit is would let a longer character go and keep a shorter one, whatever their
 * order is.
 */
static const char *cut(const char *text, apr_pool_t *pool)
{
    apr_size_t length = WHOLE + 1;

    if (strlen(text) <= length) {
        return text;
    }
    while (((unsigned char)text[length] & 0xc0) == 0x80) {
        length++;
    }
    return apr_pstrmemdup(pool, text, length);
}

int scim_term_is_cut(const char *key)
{
    return strlen(key) > WHOLE;
}

static const char *text_key(const scim_attribute_t *attribute, const char *text,
                            apr_pool_t *pool)
{
    if (!scim_attribute_is_exact(attribute)) {
        text = scim_text_fold(pool, text, strlen(text));
    }
    return cut(text, pool);
}

/* The bits of a double, changed so that their order as a number is the order of the doubles. */
static const char *number_key(double number, apr_pool_t *pool)
{
    apr_uint64_t bits;

    if (number == 0) {
        number = 0; /* -0.0 and 0.0 are equal */
    }
    memcpy(&bits, &number, sizeof(bits));
    bits = bits >> 63 ? ~bits : bits | (APR_UINT64_C(1) << 63);
    return apr_psprintf(pool, "%08x%08x", (unsigned)(bits >> 32), (unsigned)bits);
}

static const char *integer_key(apr_int64_t number, apr_pool_t *pool)
{
    apr_uint64_t bits = (apr_uint64_t)number ^ (APR_UINT64_C(1) << 63);

    return apr_psprintf(pool, "%08x%08x", (unsigned)(bits >> 32), (unsigned)bits);
}

/* Microseconds since the year 1, as digits of one width. */
const char *scim_term_instant(apr_time_t when, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%018" APR_INT64_T_FMT,
                        when + APR_INT64_C(62135596800) * APR_USEC_PER_SEC
                            + APR_USEC_PER_SEC * 86400);
}

const char *scim_term_key(const scim_attribute_t *attribute, const json_t *value,
                          apr_pool_t *pool)
{
    apr_time_t when;

    switch (attribute->type) {
    case SCIM_TYPE_STRING:
    case SCIM_TYPE_BINARY:
    case SCIM_TYPE_REFERENCE:
        return json_is_string(value) ? text_key(attribute, json_string_value(value), pool)
                                     : NULL;
    case SCIM_TYPE_DATETIME:
        return json_is_string(value)
                       && scim_datetime_parse(&when, json_string_value(value),
                                              json_string_length(value))
                   ? scim_term_instant(when, pool)
                   : NULL;
    case SCIM_TYPE_INTEGER:
        return json_is_integer(value) ? integer_key(json_integer_value(value), pool) : NULL;
    case SCIM_TYPE_DECIMAL:
        return json_is_number(value) ? number_key(json_number_value(value), pool) : NULL;
    case SCIM_TYPE_BOOLEAN:
        return json_is_boolean(value) ? (json_is_true(value) ? "1" : "0") : NULL;
    case SCIM_TYPE_COMPLEX:
        break;
    }
    return NULL;
}

const char *scim_term_literal(const scim_attribute_t *attribute, const scim_value_t *value,
                              apr_pool_t *pool)
{
    switch (attribute->type) {
    case SCIM_TYPE_STRING:
    case SCIM_TYPE_BINARY:
    case SCIM_TYPE_REFERENCE:
        return value->type == JSON_STRING ? cut(value->folded, pool) : NULL;
    case SCIM_TYPE_DATETIME:
        return value->type == JSON_STRING ? scim_term_instant(value->when, pool) : NULL;
    case SCIM_TYPE_INTEGER:
        return value->type == JSON_INTEGER ? integer_key(value->integer, pool) : NULL;
    case SCIM_TYPE_DECIMAL:
        return value->type == JSON_INTEGER || value->type == JSON_REAL
                   ? number_key(value->number, pool)
                   : NULL;
    case SCIM_TYPE_BOOLEAN:
        return value->type == JSON_TRUE ? "1" : value->type == JSON_FALSE ? "0" : NULL;
    case SCIM_TYPE_COMPLEX:
        break;
    }
    return NULL;
}

/* What a path names in a resource, before the sub-attribute is taken. */
static const json_t *top_value(const scim_path_t *path, const json_t *resource)
{
    if (path->attribute == NULL) {
        return NULL;
    }
    if (path->extension) {
        resource = json_object_get(resource, path->extension->id);
    }
    return json_object_get(resource, path->attribute->name);
}

/* The simple attribute that keys are made of: a complex one stands for its "value". */
static const scim_attribute_t *leaf_of(const scim_path_t *path)
{
    const scim_attribute_t *leaf = scim_path_leaf(path);

    return leaf && leaf->type == SCIM_TYPE_COMPLEX
               ? scim_attributes_find(&leaf->attributes, "value", 5)
               : leaf;
}

static const char *element_key(const scim_path_t *path, const json_t *element, apr_pool_t *pool)
{
    const scim_attribute_t *leaf = leaf_of(path);

    if (leaf && leaf != path->attribute) {
        element = json_object_get(element, leaf->name);
    }
    return leaf && element ? scim_term_key(leaf, element, pool) : NULL;
}

/* RFC 7644 3.4.2.3: the primary value, or else the first one. */
static const json_t *chosen_element(const json_t *values)
{
    const json_t *element;
    size_t i;

    json_array_foreach(values, i, element)
    {
        if (json_is_true(json_object_get(element, "primary"))) {
            return element;
        }
    }
    return json_array_get(values, 0);
}

const char *scim_term_order(const scim_path_t *path, const json_t *resource, apr_pool_t *pool)
{
    const json_t *value = top_value(path, resource);

    if (json_is_array(value)) {
        value = chosen_element(value);
        if (path->sub && json_is_array(json_object_get(value, path->sub->name))) {
            return NULL;
        }
    }
    return value ? element_key(path, value, pool) : NULL;
}

/* The terms of one resource while they are collected. */
typedef struct harvest_t {
    apr_array_header_t *terms; /* of scim_term_t */
    apr_hash_t *seen;
    apr_pool_t *pool;
} harvest_t;

static void gather(harvest_t *harvest, const scim_indexed_t *indexed, const json_t *element)
{
    const char *key = element_key(indexed->path, element, harvest->pool), *pair;
    scim_term_t *term;

    if (key == NULL) {
        return;
    }
    pair = apr_pstrcat(harvest->pool, indexed->attribute, "\n", key, NULL);
    if (apr_hash_get(harvest->seen, pair, APR_HASH_KEY_STRING)) {
        return;
    }
    apr_hash_set(harvest->seen, pair, APR_HASH_KEY_STRING, "");
    term = apr_array_push(harvest->terms);
    term->attribute = indexed->attribute;
    term->key = key;
}

static void gather_all(harvest_t *harvest, const scim_indexed_t *indexed,
                       const json_t *resource)
{
    const json_t *value = top_value(indexed->path, resource), *element;
    size_t i;

    if (!json_is_array(value)) {
        gather(harvest, indexed, value);
        return;
    }
    json_array_foreach(value, i, element)
    {
        gather(harvest, indexed, element);
    }
}

const scim_term_t *scim_term_all(int *count, const apr_array_header_t *indexed,
                                 const char *type, const json_t *resource, apr_pool_t *pool)
{
    harvest_t harvest = {apr_array_make(pool, 8, sizeof(scim_term_t)), apr_hash_make(pool),
                         pool};
    int i;

    for (i = 0; indexed && i < indexed->nelts; i++) {
        const scim_indexed_t *each = &APR_ARRAY_IDX(indexed, i, scim_indexed_t);

        if (strcmp(each->type, type) == 0) {
            gather_all(&harvest, each, resource);
        }
    }
    *count = harvest.terms->nelts;
    return (const scim_term_t *)harvest.terms->elts;
}
