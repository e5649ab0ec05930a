#include "service/indexed.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "service/membership.h"

static const char *const defaults[] = {"User:displayName", "User:emails.value",
                                       "User:name.familyName", "User:name.givenName", NULL};

scim_indexed_list_t *scim_indexed_create(apr_pool_t *pool)
{
    scim_indexed_list_t *list = apr_palloc(pool, sizeof(*list));

    list->paths = apr_array_make(pool, 8, sizeof(scim_indexed_t));
    list->attributes = apr_array_make(pool, 8, sizeof(scim_indexed_attribute_t));
    return list;
}

/* "Device:serial" is of devices; what has no type in front is of users, URNs included. */
static const scim_resource_type_t *split(const char **attribute, const char *text,
                                         const scim_schemas_t *schemas, apr_pool_t *pool)
{
    const char *colon = strchr(text, ':');
    const scim_resource_type_t *type =
        colon
            ? scim_schemas_type(schemas, apr_pstrmemdup(pool, text, (apr_size_t)(colon - text)))
            : NULL;

    *attribute = type ? colon + 1 : text;
    return type ? type : scim_schemas_type(schemas, "User");
}

/* Why the path cannot be indexed, or NULL. `leaf` is its last attribute. */
static const char *refusal(const scim_path_t *path, const scim_attribute_t *leaf,
                           const scim_resource_type_t *type)
{
    if (leaf == NULL) {
        return "names a whole extension, not an attribute";
    }
    if (path->filter) {
        return "has a filter, which an index cannot have";
    }
    if (path->attribute->schema == NULL || path->attribute == type->naming) {
        return "needs no index: it has one anyway";
    }
    if (path->attribute == scim_membership_attribute(type)) {
        return "needs no index: memberships have one anyway";
    }
    if (leaf->type == SCIM_TYPE_COMPLEX) {
        return "is complex: name one of its sub-attributes";
    }
    if (leaf->returned == SCIM_RETURNED_NEVER
        || path->attribute->returned == SCIM_RETURNED_NEVER) {
        return "is never returned, so it cannot be searched for either";
    }
    return NULL;
}

static int is_there(const scim_indexed_list_t *list, const scim_indexed_t *wanted)
{
    int i;

    for (i = 0; i < list->paths->nelts; i++) {
        const scim_indexed_t *indexed = &APR_ARRAY_IDX(list->paths, i, scim_indexed_t);

        if (strcmp(indexed->type, wanted->type) == 0
            && strcmp(indexed->attribute, wanted->attribute) == 0) {
            return 1;
        }
    }
    return 0;
}

static void add(scim_indexed_list_t *list, const scim_path_t *path,
                const scim_attribute_t *leaf, const scim_resource_type_t *type,
                apr_pool_t *pool)
{
    scim_indexed_t indexed = {type->name, scim_attribute_path(leaf, pool), path};
    scim_indexed_attribute_t too = {indexed.type, indexed.attribute,
                                    !path->attribute->multi_valued && !leaf->multi_valued};

    if (!is_there(list, &indexed)) {
        APR_ARRAY_PUSH(list->paths, scim_indexed_t) = indexed;
        APR_ARRAY_PUSH(list->attributes, scim_indexed_attribute_t) = too;
    }
}

const char *scim_indexed_add(scim_indexed_list_t *list, const char *text,
                             const scim_schemas_t *schemas, apr_pool_t *pool)
{
    const char *attribute, *wrong;
    const scim_resource_type_t *type = split(&attribute, text, schemas, pool);
    scim_reading_t reading = {.type = type};
    const scim_attribute_t *leaf;
    scim_path_t *path;
    scim_error_t *error = scim_path_parse(&path, attribute, strlen(attribute), &reading, pool);

    if (error) {
        return apr_psprintf(pool, "%s is not an attribute of %s: %s",
                            scim_error_quotes(pool, attribute), type->name, error->detail);
    }
    leaf = scim_path_leaf(path);
    if (leaf && leaf->type == SCIM_TYPE_COMPLEX && path->sub == NULL) {
        path->sub = scim_attributes_find(&leaf->attributes, "value", 5);
        leaf = scim_path_leaf(path);
    }
    wrong = refusal(path, leaf, type);
    if (wrong) {
        return apr_psprintf(pool, "%s %s", scim_error_quotes(pool, text), wrong);
    }
    add(list, path, leaf, type, pool);
    return NULL;
}

const char *scim_indexed_defaults(scim_indexed_list_t *list, const scim_schemas_t *schemas,
                                  apr_pool_t *pool)
{
    const char *wrong = NULL;
    int i;

    for (i = 0; defaults[i] && !wrong; i++) {
        wrong = scim_indexed_add(list, defaults[i], schemas, pool);
    }
    return wrong;
}
