#include "core/match.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/comparison.h"
#include "core/datetime.h"
#include "core/text.h"

/* What a filter is applied to: a resource, or one element of a multi-valued attribute. */
typedef struct scope_t {
    const json_t *resource;
    const json_t *element; /* or NULL */
    const scim_facts_t *facts;
    apr_hash_t **folded; /* by json_t *: the values that were folded; NULL inside: none yet */
    apr_pool_t *scratch;
} scope_t;

/* One comparison against one attribute. */
typedef struct comparison_t {
    const scim_attribute_t *attribute; /* what is compared; NULL: a whole extension */
    scim_operator_t op;
    const scim_value_t *value;
    const scope_t *scope;
} comparison_t;

/* The text folded, once for all comparisons of a filter: that is what they spend most time on.
 */
static const char *fold_once(const json_t *value, const scope_t *scope)
{
    const char *folded;

    if (*scope->folded == NULL) {
        *scope->folded = apr_hash_make(scope->scratch);
    }
    folded = apr_hash_get(*scope->folded, &value, sizeof(value));
    if (folded == NULL) {
        folded =
            scim_text_fold(scope->scratch, json_string_value(value), json_string_length(value));
        apr_hash_set(*scope->folded, apr_pmemdup(scope->scratch, &value, sizeof(value)),
                     sizeof(value), folded);
    }
    return folded;
}

/* The text folded: ASCII that is short in `small`, anything else in the pool. */
static const char *fold(char *small, apr_size_t size, const json_t *value, const scope_t *scope)
{
    const char *text = json_string_value(value);
    apr_size_t length = json_string_length(value), i;

    if (length >= size) {
        return fold_once(value, scope);
    }
    for (i = 0; i < length; i++) {
        char c = text[i];

        if ((unsigned char)c >= 0x80) {
            return fold_once(value, scope);
        }
        small[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    small[length] = '\0';
    return small;
}

static int text_holds(const comparison_t *c, const json_t *value)
{
    const char *text = json_string_value(value);
    char small[256];

    if (!scim_attribute_is_exact(c->attribute)) {
        text = fold(small, sizeof(small), value, c->scope);
    }
    return scim_comparison_text(c->op, text, strlen(text), c->value);
}

static int datetime_holds(const comparison_t *c, const json_t *value)
{
    apr_time_t when;

    return scim_datetime_parse(&when, json_string_value(value), json_string_length(value))
           && scim_comparison_time(c->op, when, c->value);
}

/* One simple value, or NULL for one that is not there. */
static int value_holds(const comparison_t *c, const json_t *value)
{
    switch (c->attribute->type) {
    case SCIM_TYPE_STRING:
    case SCIM_TYPE_REFERENCE:
    case SCIM_TYPE_BINARY:
        return json_is_string(value) && text_holds(c, value);
    case SCIM_TYPE_BOOLEAN:
        return value ? json_typeof(value) == c->value->type
                     : scim_comparison_absent(c->attribute, c->value);
    case SCIM_TYPE_DECIMAL:
    case SCIM_TYPE_INTEGER:
        return json_is_number(value)
               && scim_comparison_number(c->op, value, c->attribute, c->value);
    case SCIM_TYPE_DATETIME:
        return json_is_string(value) && datetime_holds(c, value);
    default:
        return 0;
    }
}

/* `pr`: something that is not empty, at any level. */
static int is_present(const json_t *value)
{
    const json_t *child;
    size_t i;
    void *at;

    if (json_is_array(value)) {
        json_array_foreach(value, i, child)
        {
            if (is_present(child)) {
                return 1;
            }
        }
        return 0;
    }
    if (json_is_object(value)) {
        at = json_object_iter((json_t *)value);
        while (at && !is_present(json_object_iter_value(at))) {
            at = json_object_iter_next((json_t *)value, at);
        }
        return at != NULL;
    }
    return value && !json_is_null(value)
           && !(json_is_string(value) && json_string_length(value) == 0);
}

static int holds(const comparison_t *c, const json_t *value)
{
    return c->op == SCIM_PR ? is_present(value) : value_holds(c, value);
}

/* 1 when the value, or any of its values, holds. */
static int any_holds(const comparison_t *c, const json_t *value)
{
    const json_t *each;
    size_t i;

    if (!json_is_array(value)) {
        return holds(c, value);
    }
    json_array_foreach(value, i, each)
    {
        if (holds(c, each)) {
            return 1;
        }
    }
    return 0;
}

/* The same for the member `name` of an object, or of any object of an array. */
static int any_member_holds(const comparison_t *c, const json_t *value, const char *name)
{
    const json_t *each;
    size_t i;

    if (json_is_object(value)) {
        return any_holds(c, json_object_get(value, name));
    }
    json_array_foreach(value, i, each)
    {
        if (any_holds(c, json_object_get(each, name))) {
            return 1;
        }
    }
    return 0;
}

static const json_t *find_attribute(const scim_path_t *path, const json_t *resource)
{
    if (path->extension) {
        resource = json_object_get(resource, path->extension->id);
    }
    return path->attribute ? json_object_get(resource, path->attribute->name) : resource;
}

/* `op` is neither ne nor a comparison with null. */
static int compare(const scim_filter_t *filter, scim_operator_t op, const scope_t *scope)
{
    const scim_path_t *path = &filter->path;
    comparison_t c = {scim_path_leaf(path), op, &filter->value, scope};
    const json_t *value = scope->element;

    if (value == NULL) {
        value = find_attribute(path, scope->resource);
    }
    return path->sub ? any_member_holds(&c, value, path->sub->name) : any_holds(&c, value);
}

/* RFC 7643 2.5: null is the unassigned state, so comparing with it asks for presence. */
static int match_comparison(const scim_filter_t *filter, const scope_t *scope)
{
    int null = filter->value.type == JSON_NULL;

    if (filter->path.name) {
        return (filter->op == SCIM_NE && !null) || (filter->op == SCIM_EQ && null);
    }
    if (filter->op == SCIM_NE) {
        return null ? compare(filter, SCIM_PR, scope) : !compare(filter, SCIM_EQ, scope);
    }
    return null ? !compare(filter, SCIM_PR, scope) : compare(filter, filter->op, scope);
}

static int match(const scim_filter_t *filter, const scope_t *scope);

static int match_part(const scim_filter_t *filter, const json_t *element, const scope_t *scope)
{
    scope_t part = {NULL, element, NULL, scope->folded, scope->scratch};

    return match(filter, &part);
}

static int match_value(const scim_filter_t *filter, const scope_t *scope)
{
    const json_t *value, *each;
    size_t i;

    if (filter->path.name) {
        return 0;
    }
    value = find_attribute(&filter->path, scope->resource);
    if (!json_is_array(value)) {
        return value && match_part(filter->children[0], value, scope);
    }
    json_array_foreach(value, i, each)
    {
        if (match_part(filter->children[0], each, scope)) {
            return 1;
        }
    }
    return 0;
}

/* Filters that ask for a fact. */
static int match_fact(const scim_filter_t *filter, const scim_facts_t *facts)
{
    if (facts == NULL) {
        return 0;
    }
    if (filter->kind == SCIM_FILTER_LOCAL_NAME) {
        return facts->local_key && strcmp(facts->local_key, filter->value.text) == 0;
    }
    return facts->relates && facts->relates(facts->baton, filter->kind, filter->value.text);
}

static int match(const scim_filter_t *filter, const scope_t *scope)
{
    int i;

    switch (filter->kind) {
    case SCIM_FILTER_COMPARE:
        return match_comparison(filter, scope);
    case SCIM_FILTER_AND:
        for (i = 0; i < filter->count && match(filter->children[i], scope); i++) {
        }
        return i == filter->count;
    case SCIM_FILTER_OR:
        for (i = 0; i < filter->count && !match(filter->children[i], scope); i++) {
        }
        return i < filter->count;
    case SCIM_FILTER_NOT:
        return !match(filter->children[0], scope);
    case SCIM_FILTER_VALUE:
        return match_value(filter, scope);
    case SCIM_FILTER_LOCAL_NAME:
    case SCIM_FILTER_HAS_MEMBER:
    case SCIM_FILTER_MEMBER_OF:
        return match_fact(filter, scope->facts);
    }
    return 0;
}

int scim_match(const scim_filter_t *filter, const json_t *resource, const scim_facts_t *facts,
               apr_pool_t *scratch)
{
    apr_hash_t *folded = NULL;
    scope_t scope = {resource, NULL, facts, &folded, scratch};

    return match(filter, &scope);
}

int scim_match_element(const scim_filter_t *filter, const json_t *element, apr_pool_t *scratch)
{
    apr_hash_t *folded = NULL;
    scope_t scope = {NULL, element, NULL, &folded, scratch};

    return match(filter, &scope);
}
