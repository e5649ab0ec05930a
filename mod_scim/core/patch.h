/*
 * patch.h - PATCH (RFC 7644 3.5.2): reading a PatchOp message, and applying it to a resource in
 * memory.
 *
 * Applying is atomic by construction: it works on a copy. The work is bounded by
 * SCIM_MAX_PATCH_OPERATIONS and by a budget of SCIM_MAX_PATCH_WORK elements looked at, so that
 * a small message cannot cost a large server: 400 tooMany beyond. So is an addition that would
 * leave an attribute with more than SCIM_MAX_VALUES. Where a request has many patches, they
 * share one budget: scim_reading_t.work.
 */
#ifndef SCIM_CORE_PATCH_H
#define SCIM_CORE_PATCH_H

#include "core/filter.h"

typedef enum scim_patch_verb_t {
    SCIM_PATCH_ADD,
    SCIM_PATCH_REMOVE,
    SCIM_PATCH_REPLACE
} scim_patch_verb_t;

/* One operation on one target. A path-less operation of the message is one of these for each
   attribute of its value. */
typedef struct scim_patch_operation_t {
    scim_patch_verb_t verb;
    const scim_path_t *path;
    const json_t *value; /* as sent; NULL: none was sent */
    int number;          /* of the operation in the message, from 1, for error texts */
} scim_patch_operation_t;

typedef struct scim_patch_t {
    const scim_patch_operation_t *operations;
    int count;
    scim_leniency_t leniency; /* beyond the reading's: a capitalised op that
                                 SCIM_LENIENT_OPERATION let pass marks Entra, which relies on
                                 SCIM_LENIENT_REPLACE_CREATES */
} scim_patch_t;

/*
 * Reads a PatchOp message, which has to live as long as the patch. Errors: 400 invalidSyntax
 * (no `Operations`, an empty or oversized one, an unknown op, wrong `schemas`), invalidPath (a
 * bad path), noTarget (remove without a path), invalidValue (add and replace without a value;
 * remove with one, but for SCIM_LENIENT_REMOVE_VALUE; a path-less value that is no object; an
 * unknown attribute in one with reject_unknown; an unknown URN in `schemas`), mutability (a
 * readOnly target; ignored in path-less values with SCIM_LENIENT_READ_ONLY). Those of one
 * operation start with "Operation 3: ". Operations on `schemas` are checked and left out: it is
 * computed. With SCIM_LENIENT_PATHS, an operation on an unknown attribute is noted and left
 * out, unless reject_unknown.
 */
scim_error_t *scim_patch_read(scim_patch_t **patch, const json_t *message,
                              const scim_reading_t *reading, apr_pool_t *pool);

/*
 * The PatchOp message that a PATCH of SCIM 1.1 comes to, with SCIM_LENIENT_MEMBERS: a group
 * whose members have an `operation`, "delete" to remove them, or none to add them; other
 * attributes replace. Without members it takes an obsolete core URN in `schemas`. Any other
 * message is handed back as it is. scim_patch_read() does this first.
 */
const json_t *scim_patch_translate(const json_t *message, const scim_reading_t *reading,
                                   apr_pool_t *pool);

/*
 * Applies a patch to a canonical resource. *result is a new resource in canonical form;
 * `resource` is not touched. Adding what is there already, removing what is not, changes
 * nothing and succeeds. Setting primary demotes the others. Errors: 400 noTarget (replace on a
 * value path that selects nothing, unless a leniency creates the element from a plain
 * conjunction of `eq`), invalidValue, mutability (immutable that has a value; a required
 * attribute removed), tooMany.
 */
scim_error_t *scim_patch_apply(json_t **result, const json_t *resource,
                               const scim_patch_t *patch, const scim_reading_t *reading,
                               apr_pool_t *pool);

#endif
