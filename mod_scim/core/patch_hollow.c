#include "core/patch_run.h"

#include "core/multivalue.h"

/*
 * They are taken away when all operations are done, since a later one may fill them again:
 * clients remove an address and add another one, and its label "primary" is to stay.
 */
struct scim_patch_hollows_t {
    apr_array_header_t *paths; /* of const scim_path_t *, whose attributes have some */
    apr_hash_t *elements;      /* json_t * -> the same */
};

static void remember_path(struct scim_patch_hollows_t *hollows, const scim_path_t *path)
{
    int i;

    for (i = 0; i < hollows->paths->nelts; i++) {
        if (APR_ARRAY_IDX(hollows->paths, i, const scim_path_t *)->attribute
            == path->attribute) {
            return;
        }
    }
    APR_ARRAY_PUSH(hollows->paths, const scim_path_t *) = path;
}

void scim_patch_hollow(scim_patch_run_t *run, json_t *element, int before)
{
    struct scim_patch_hollows_t *hollows = run->hollows;
    json_t **key;

    if (!(run->leniency & SCIM_LENIENT_HOLLOW) || before || !scim_multivalue_hollow(element)) {
        return;
    }
    if (hollows == NULL) {
        hollows = run->hollows = apr_palloc(run->pool, sizeof(*hollows));
        hollows->paths = apr_array_make(run->pool, 2, sizeof(const scim_path_t *));
        hollows->elements = apr_hash_make(run->pool);
    }
    remember_path(hollows, run->path);
    if (apr_hash_get(hollows->elements, &element, sizeof(element)) == NULL) {
        key = apr_palloc(run->pool, sizeof(*key));
        *key = scim_json_own(run->pool, json_incref(element));
        apr_hash_set(hollows->elements, key, sizeof(*key), element);
    }
}

/* The values without those that are still hollow. */
static json_t *without(const json_t *values, apr_hash_t *elements)
{
    json_t *rest = json_array(), *element;
    size_t i;

    json_array_foreach((json_t *)values, i, element)
    {
        if (!scim_multivalue_hollow(element)
            || apr_hash_get(elements, &element, sizeof(element)) == NULL) {
            json_array_append(rest, element);
        }
    }
    return rest;
}

void scim_patch_clear_hollows(const scim_patch_run_t *run, json_t *resource)
{
    const struct scim_patch_hollows_t *hollows = run->hollows;
    int i;

    for (i = 0; hollows && i < hollows->paths->nelts; i++) {
        const scim_path_t *path = APR_ARRAY_IDX(hollows->paths, i, const scim_path_t *);
        const char *name = path->attribute->name;
        json_t *holder =
            path->extension ? json_object_get(resource, path->extension->id) : resource;
        json_t *values = json_object_get(holder, name), *rest;

        if (!json_is_array(values)) {
            continue;
        }
        rest = without(values, hollows->elements);
        /* what has to be there stays, if only its labels do */
        if (json_array_size(rest) || !path->attribute->required) {
            json_object_set(holder, name, rest);
        }
        json_decref(rest);
    }
}
