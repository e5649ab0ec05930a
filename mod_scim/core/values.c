#include "core/values.h"

#include <apr_strings.h>

#include "core/json.h"
#include "core/match.h"

static void add_simple(apr_array_header_t *values, const json_t *value)
{
    if (json_is_string(value)) {
        APR_ARRAY_PUSH(values, const char *) =
            apr_pstrmemdup(values->pool, json_string_value(value), json_string_length(value));
    } else if (json_is_number(value) || json_is_boolean(value)) {
        APR_ARRAY_PUSH(values, const char *) = scim_json_text(value, NULL, values->pool);
    }
}

static void add_all(apr_array_header_t *values, const json_t *value)
{
    const json_t *element;
    size_t i;

    if (!json_is_array(value)) {
        add_simple(values, value);
        return;
    }
    json_array_foreach((json_t *)value, i, element)
    {
        add_simple(values, element);
    }
}

static void add_element(apr_array_header_t *values, const json_t *element,
                        const scim_path_t *path)
{
    if (path->filter && !scim_match_element(path->filter, element, values->pool)) {
        return;
    }
    add_all(values, json_is_object(element)
                        ? json_object_get(element, path->sub ? path->sub->name : "value")
                        : element);
}

apr_array_header_t *scim_values_of(const json_t *resource, const scim_path_t *path,
                                   apr_pool_t *pool)
{
    apr_array_header_t *values = apr_array_make(pool, 2, sizeof(const char *));
    const json_t *holder =
        path->extension ? json_object_get(resource, path->extension->id) : resource;
    const json_t *value =
        path->attribute ? json_object_get(holder, path->attribute->name) : NULL;
    const json_t *element;
    size_t i;

    if (!json_is_array(value)) {
        add_element(values, value, path);
        return values;
    }
    json_array_foreach((json_t *)value, i, element)
    {
        add_element(values, element, path);
    }
    return values;
}
