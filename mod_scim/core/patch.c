#include "core/patch.h"

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/patch_run.h"
#include "core/resource.h"

/* The sub-attribute of a single-valued complex attribute. */
static scim_error_t *change_sub(scim_patch_run_t *run, json_t *holder)
{
    const scim_path_t *path = run->path;

    if (run->verb == SCIM_PATCH_REMOVE
        && json_object_get(holder, path->attribute->name) == NULL) {
        return NULL;
    }
    return scim_patch_whole(run, scim_patch_object(holder, path->attribute->name), path->sub);
}

static scim_error_t *change(scim_patch_run_t *run, json_t *holder)
{
    const scim_path_t *path = run->path;

    if (path->attribute->multi_valued
        && (path->filter || path->sub || (run->verb == SCIM_PATCH_REMOVE && run->sent))) {
        return scim_patch_elements(run, holder);
    }
    return path->sub ? change_sub(run, holder) : scim_patch_whole(run, holder, path->attribute);
}

/* One operation on an attribute of `holder`, and what follows from it. */
static scim_error_t *change_attribute(scim_patch_run_t *run, json_t *holder)
{
    const scim_attribute_t *attribute = run->path->attribute;
    json_t *value = json_object_get(holder, attribute->name);
    json_t *before = attribute->mutability == SCIM_IMMUTABLE && value
                         ? scim_json_copy(value, run->scratch)
                         : NULL;
    int had = value != NULL;

    SCIM_TRY(change(run, holder));
    value = json_object_get(holder, attribute->name);
    if (value && scim_json_unassigned(value)) {
        if (had) {
            SCIM_TRY(scim_patch_unset(run, holder, attribute));
        }
        json_object_del(holder, attribute->name);
        value = NULL;
    }
    if (before && !json_equal(before, value)) {
        return scim_patch_immutable(run, attribute);
    }
    if (run->primary) {
        SCIM_TRY(scim_patch_spend(run, scim_patch_weigh(value)));
        scim_resource_demote(value, run->primary);
    }
    return NULL;
}

static scim_error_t *remove_extension(const scim_patch_run_t *run, json_t *resource)
{
    const scim_schema_t *schema = run->path->extension;
    const scim_resource_type_t *type = run->reading->type;
    int i;

    for (i = 0; i < type->extension_count; i++) {
        if (type->extensions[i].schema == schema && type->extensions[i].required) {
            return scim_error_bad(run->pool, SCIM_MUTABILITY,
                                  "The extension %s is required and cannot be removed.",
                                  schema->id);
        }
    }
    for (i = 0; i < schema->attributes.count; i++) {
        const scim_attribute_t *attribute = schema->attributes.list[i];

        if (attribute->mutability == SCIM_IMMUTABLE
            && json_object_get(json_object_get(resource, schema->id), attribute->name)) {
            return scim_patch_immutable(run, attribute);
        }
    }
    json_object_del(resource, schema->id);
    return NULL;
}

static scim_error_t *change_extension(scim_patch_run_t *run, json_t *resource)
{
    const char *urn = run->path->extension->id;
    json_t *extension = scim_patch_object(resource, urn);

    SCIM_TRY(change_attribute(run, extension));
    if (json_object_size(extension) == 0) {
        json_object_del(resource, urn);
    }
    return NULL;
}

/* A list of values, or one of them: RFC 7644 3.5.2.1 has it that a value is added. */
static scim_error_t *coerce_list(scim_patch_run_t *run, const scim_attribute_t *attribute)
{
    json_t *value;

    if (json_is_array(run->sent) || run->verb == SCIM_PATCH_REPLACE) {
        return scim_resource_coerce(&run->value, run->sent, attribute, 0, run->reading,
                                    run->pool);
    }
    SCIM_TRY(scim_resource_coerce(&value, run->sent, attribute, 1, run->reading, run->pool));
    if (value) {
        run->value = scim_json_own(run->scratch, json_array());
        json_array_append(run->value, value);
    }
    return NULL;
}

/* Sets run->value to the canonical form of run->sent. */
static scim_error_t *coerce(scim_patch_run_t *run)
{
    const scim_path_t *path = run->path;
    const scim_attribute_t *leaf = scim_path_leaf(path);
    int element = path->filter && path->sub == NULL;

    run->value = NULL;
    if (run->sent == NULL) {
        return NULL;
    }
    if (run->verb == SCIM_PATCH_REMOVE) {
        return path->attribute->multi_valued && path->sub == NULL
                   ? coerce_list(run, path->attribute)
                   : NULL;
    }
    if (leaf->multi_valued && !element) {
        return coerce_list(run, leaf);
    }
    if (element && (run->leniency & SCIM_LENIENT_SINGLE) && json_array_size(run->sent) == 1) {
        run->sent = json_array_get(run->sent, 0);
    }
    return scim_resource_coerce(&run->value, run->sent, leaf, element, run->reading, run->pool);
}

/* Makes a copy of the part of the resource that the operation is about, unless one is there. */
static void own_part(scim_patch_run_t *run, json_t *resource)
{
    const scim_path_t *path = run->path;
    const char *name = path->extension ? path->extension->id : path->attribute->name;
    json_t *part = json_object_get(resource, name);

    if ((json_is_object(part) || json_is_array(part))
        && apr_hash_get(run->owned, name, APR_HASH_KEY_STRING) == NULL) {
        json_object_set_new(resource, name, json_deep_copy(part));
    }
    apr_hash_set(run->owned, name, APR_HASH_KEY_STRING, name);
}

static scim_error_t *apply(scim_patch_run_t *run, json_t *resource,
                           const scim_patch_operation_t *operation)
{
    run->verb = operation->verb;
    run->path = operation->path;
    run->sent = operation->value;
    run->primary = NULL;
    if (run->path->attribute == NULL) {
        return remove_extension(run, resource);
    }
    SCIM_TRY(coerce(run));
    own_part(run, resource);
    return run->path->extension ? change_extension(run, resource)
                                : change_attribute(run, resource);
}

scim_error_t *scim_patch_apply(json_t **result, const json_t *resource,
                               const scim_patch_t *patch, const scim_reading_t *reading,
                               apr_pool_t *pool)
{
    scim_patch_run_t run = {.reading = reading,
                            .leniency = reading->leniency | patch->leniency,
                            .pool = pool,
                            .owned = apr_hash_make(pool),
                            .work = reading->work ? *reading->work : SCIM_MAX_PATCH_WORK};
    json_t *copy = scim_json_twin(resource, pool);
    scim_error_t *error = NULL;
    int i;

    apr_pool_create(&run.scratch, pool);
    for (i = 0; error == NULL && i < patch->count; i++) {
        apr_pool_clear(run.scratch);
        error = apply(&run, copy, &patch->operations[i]);
        if (error) {
            error->detail = apr_psprintf(pool, "Operation %d: %s", patch->operations[i].number,
                                         error->detail);
        }
    }
    apr_pool_destroy(run.scratch);
    if (reading->work) {
        *reading->work = run.work;
    }
    if (error == NULL) {
        scim_patch_clear_hollows(&run, copy);
        *result = scim_resource_canonical(copy, reading->type, pool);
    }
    return error;
}
