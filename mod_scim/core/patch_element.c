#include "core/patch_run.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/match.h"
#include "core/multivalue.h"
#include "core/resource.h"

/*
 * What an operation is to remove, under keys with a mark in front. Two elements with a "value"
 * are the same when that is, and the type where both have one; others when all of them is.
 */
enum { ALL = '=', VALUE_WITHOUT_TYPE = '-', VALUE = '+' };

static const char *marked(char mark, const json_t *element, const scim_patch_run_t *run)
{
    json_t *value = json_object_get(element, "value"), *alone = NULL;

    if (mark != ALL) {
        element = alone = scim_json_own(run->scratch, json_object());
        json_object_set(alone, "value", value);
    }
    return apr_psprintf(run->scratch, "%c%s", mark,
                        scim_multivalue_key(element, run->path->attribute, run->scratch));
}

static void list(apr_hash_t *listed, char mark, const json_t *element,
                 const scim_patch_run_t *run)
{
    apr_hash_set(listed, marked(mark, element, run), APR_HASH_KEY_STRING, "");
}

static int has(apr_hash_t *listed, char mark, const json_t *element,
               const scim_patch_run_t *run)
{
    return apr_hash_get(listed, marked(mark, element, run), APR_HASH_KEY_STRING) != NULL;
}

/* *listed is NULL when the operation does not list what it is to remove. */
static scim_error_t *list_values(apr_hash_t **listed, scim_patch_run_t *run)
{
    json_t *each;
    size_t i;

    *listed = NULL;
    if (run->verb != SCIM_PATCH_REMOVE || run->sent == NULL || run->path->sub) {
        return NULL;
    }
    *listed = apr_hash_make(run->scratch);
    json_array_foreach(run->value, i, each)
    {
        SCIM_TRY(scim_patch_spend(run, scim_patch_weigh(each)));
        list(*listed, ALL, each, run);
        if (json_object_get(each, "value")) {
            list(*listed, VALUE, each, run);
            if (json_object_get(each, "type") == NULL) {
                list(*listed, VALUE_WITHOUT_TYPE, each, run);
            }
        }
    }
    return NULL;
}

static int is_listed(apr_hash_t *listed, const json_t *element, const scim_patch_run_t *run)
{
    if (json_object_get(element, "value") == NULL) {
        return has(listed, ALL, element, run);
    }
    return json_object_get(element, "type") == NULL
               ? has(listed, VALUE, element, run)
               : has(listed, ALL, element, run)
                     || has(listed, VALUE_WITHOUT_TYPE, element, run);
}

/* The value in the element's place, with what the element has of immutable sub-attributes. */
static scim_error_t *substitute(json_t **result, scim_patch_run_t *run, const json_t *element)
{
    const scim_attributes_t *subs = &run->path->attribute->attributes;
    json_t *copy = scim_json_copy(run->value, run->scratch);
    int i;

    for (i = 0; i < subs->count; i++) {
        const scim_attribute_t *sub = subs->list[i];
        json_t *old = json_object_get(element, sub->name);

        if (old && sub->mutability == SCIM_IMMUTABLE) {
            if (json_object_get(copy, sub->name) == NULL) {
                json_object_set(copy, sub->name, old);
            } else if (!json_equal(json_object_get(copy, sub->name), old)) {
                return scim_patch_immutable(run, sub);
            }
        }
    }
    *result = copy;
    return NULL;
}

/* The operation on one element that the path selects. *result is what comes into its place, or
   NULL for nothing. `listed` is NULL where all that are selected are to be removed. */
static scim_error_t *change_element(json_t **result, scim_patch_run_t *run, json_t *element,
                                    apr_hash_t *listed)
{
    const scim_path_t *path = run->path;
    int hollow = scim_multivalue_hollow(element);

    *result = element;
    if (path->sub) {
        SCIM_TRY(scim_patch_whole(run, element, path->sub));
    } else if (run->verb == SCIM_PATCH_REMOVE) {
        *result = listed && !is_listed(listed, element, run) ? element : NULL;
    } else if (run->verb == SCIM_PATCH_REPLACE || !json_is_object(element)) {
        *result = NULL;
        if (run->value) {
            SCIM_TRY(substitute(result, run, element));
        }
    } else {
        SCIM_TRY(scim_patch_merge(run, element, path->attribute));
    }
    if (*result && json_is_object(*result) && json_object_size(*result) == 0) {
        *result = NULL;
    }
    if (*result == element) {
        scim_patch_hollow(run, element, hollow);
    }
    return NULL;
}

/* 1 when the operation sets `primary` to true in the elements that it changes. */
static int makes_primary(const scim_patch_run_t *run)
{
    const scim_attribute_t *sub = run->path->sub;

    if (run->verb == SCIM_PATCH_REMOVE) {
        return 0;
    }
    return sub ? strcmp(sub->name, "primary") == 0 && json_is_true(run->value)
               : json_is_true(json_object_get(run->value, "primary"));
}

/* A filter's comparison as the sub-attribute that it asks for. 0 when it is no plain eq. */
static int take_term(json_t *element, const scim_filter_t *term)
{
    const scim_value_t *value = &term->value;
    json_t *literal;

    if (term->kind != SCIM_FILTER_COMPARE || term->op != SCIM_EQ || term->path.sub == NULL) {
        return 0;
    }
    switch (value->type) {
    case JSON_STRING:
        literal = json_string(value->text);
        break;
    case JSON_INTEGER:
        literal = json_integer(value->integer);
        break;
    case JSON_REAL:
        literal = json_real(value->number);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        literal = json_boolean(value->type == JSON_TRUE);
        break;
    default:
        return 0;
    }
    json_object_set_new(element, term->path.sub->name, literal);
    return 1;
}

/*
 * An element that the path selects, when its filter is a plain conjunction of eq; without a
 * filter an empty one. NULL when there is none.
 */
static json_t *build_element(const scim_patch_run_t *run)
{
    const scim_filter_t *filter = run->path->filter;
    json_t *element = scim_json_own(run->scratch, json_object()), *canonical;
    int i;

    if (filter == NULL) {
        return element;
    }
    if (filter->kind == SCIM_FILTER_AND) {
        for (i = 0; i < filter->count; i++) {
            if (!take_term(element, filter->children[i])) {
                return NULL;
            }
        }
    } else if (!take_term(element, filter)) {
        return NULL;
    }
    if (scim_resource_coerce(&canonical, element, run->path->attribute, 1, run->reading,
                             run->scratch)
        || canonical == NULL || !scim_match_element(filter, canonical, run->scratch)) {
        return NULL;
    }
    return scim_json_copy(canonical, run->scratch);
}

/* The operation on a path that selects nothing: makes the element, or says so. */
static scim_error_t *create_element(scim_patch_run_t *run, json_t *values)
{
    const scim_attribute_t *attribute = run->path->attribute;
    scim_leniency_t needed =
        run->verb == SCIM_PATCH_ADD ? SCIM_LENIENT_ADD_CREATES : SCIM_LENIENT_REPLACE_CREATES;
    int may = run->path->filter == NULL || (run->leniency & needed);
    json_t *element = may ? build_element(run) : NULL;

    if (element == NULL) {
        return scim_error_bad(
            run->pool, SCIM_NO_TARGET, "The path %s selects no value.",
            scim_error_quotes(run->pool, scim_path_print(run->path, run->pool)));
    }
    if (run->value == NULL) {
        return NULL;
    }
    SCIM_TRY(run->path->sub ? scim_patch_whole(run, element, run->path->sub)
                            : scim_patch_merge(run, element, attribute));
    SCIM_TRY(scim_patch_push(run, values, json_incref(element), attribute));
    if (json_is_true(json_object_get(element, "primary"))) {
        run->primary = element;
    }
    return NULL;
}

static scim_error_t *selects(int *yes, scim_patch_run_t *run, const json_t *element, int terms)
{
    SCIM_TRY(scim_patch_spend(run, terms * scim_patch_weigh(element)));
    *yes = run->path->filter == NULL
           || scim_match_element(run->path->filter, element, run->scratch);
    return NULL;
}

scim_error_t *scim_patch_elements(scim_patch_run_t *run, json_t *holder)
{
    const scim_path_t *path = run->path;
    json_t *old = json_object_get(holder, path->attribute->name), *element;
    json_t *values = scim_json_own(run->scratch, json_array());
    int terms = path->filter ? scim_filter_terms(path->filter) : 1, selected, any = 0;
    apr_hash_t *listed;
    size_t i;

    SCIM_TRY(list_values(&listed, run));
    json_array_foreach(old, i, element)
    {
        SCIM_TRY(selects(&selected, run, element, terms));
        if (selected) {
            any = 1;
            SCIM_TRY(scim_patch_spend(run, listed ? 0 : scim_patch_weigh(run->value)));
            SCIM_TRY(change_element(&element, run, element, listed));
            if (element && run->primary == NULL && makes_primary(run)) {
                run->primary = element;
            }
        }
        if (element) {
            json_array_append(values, element);
        }
    }
    if (!any && run->verb != SCIM_PATCH_REMOVE) {
        SCIM_TRY(create_element(run, values));
    }
    if (old || json_array_size(values)) {
        json_object_set(holder, path->attribute->name, values);
    }
    return NULL;
}
