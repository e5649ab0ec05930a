/*
 * patch_run.h - applying one operation of a PATCH. For the patch_*.c files alone.
 *
 * All of this changes the copy of a resource that scim_patch_apply() made, in which what no
 * operation is about is the resource's own. An error leaves that copy half changed; the caller
 * drops it.
 */
#ifndef SCIM_CORE_PATCH_RUN_H
#define SCIM_CORE_PATCH_RUN_H

#include "core/patch.h"

/* One application of a patch, and its current operation. */
typedef struct scim_patch_run_t {
    const scim_reading_t *reading;
    scim_leniency_t leniency;
    apr_pool_t *pool;
    apr_pool_t *scratch; /* of the operation */
    apr_int64_t work;    /* that may still be done */
    apr_hash_t *owned;   /* names of attributes and extensions that are copies by now */
    scim_patch_verb_t verb;
    const scim_path_t *path;
    const json_t *sent; /* the operation's value as sent, or NULL */
    json_t *value;      /* and in canonical form; NULL when unassigned */
    json_t *primary;    /* the element that the operation made primary, or NULL */
    struct scim_patch_hollows_t *hollows; /* see scim_patch_hollow(); NULL: none */
} scim_patch_run_t;

/* What looking at a value costs: one for a plain value, more for long text and lists. */
apr_int64_t scim_patch_weigh(const json_t *value);

/* Takes from the work that may still be done. 400 tooMany when it is used up. */
scim_error_t *scim_patch_spend(scim_patch_run_t *run, apr_int64_t work);

/* Appends a value (the reference becomes the list's) to those of the attribute. 400 tooMany
   when it has SCIM_MAX_VALUES. */
scim_error_t *scim_patch_push(scim_patch_run_t *run, json_t *values, json_t *value,
                              const scim_attribute_t *attribute);

/* The 400 mutability for changing an immutable attribute that has a value. */
scim_error_t *scim_patch_immutable(const scim_patch_run_t *run,
                                   const scim_attribute_t *attribute);

/* The member of this name of an object, made when it is not there. */
json_t *scim_patch_object(json_t *holder, const char *name);

/* Removes an attribute of `holder`, if it is there. 400 mutability: required or immutable. */
scim_error_t *scim_patch_unset(const scim_patch_run_t *run, json_t *holder,
                               const scim_attribute_t *attribute);

/* Gives `object`, a value of the complex `attribute`, the sub-attributes of the operation's
 * value. */
scim_error_t *scim_patch_merge(scim_patch_run_t *run, json_t *object,
                               const scim_attribute_t *attribute);

/* The operation on the whole of an attribute or sub-attribute of `holder`. */
scim_error_t *scim_patch_whole(scim_patch_run_t *run, json_t *holder,
                               const scim_attribute_t *attribute);

/*
 * Remembers an element that the operation left but labels of: to be called for each element
 * that it changed, with whether it was so `before`. With SCIM_LENIENT_HOLLOW,
 * scim_patch_clear_hollows() takes away at the end what then is so still.
 */
void scim_patch_hollow(scim_patch_run_t *run, json_t *element, int before);
void scim_patch_clear_hollows(const scim_patch_run_t *run, json_t *resource);

/* The operation on those elements that the path selects of a multi-valued attribute of
 * `holder`. */
scim_error_t *scim_patch_elements(scim_patch_run_t *run, json_t *holder);

#endif
