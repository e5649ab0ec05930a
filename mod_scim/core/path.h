/*
 * path.h - attribute notation (RFC 7644 3.10) and PATCH paths (RFC 7644 3.5.2 figure 7).
 *
 *     attrPath  = [URI ":"] ATTRNAME ["." ATTRNAME]
 *     PATH      = attrPath / attrPath "[" valFilter "]" ["." ATTRNAME]
 *
 * A path is parsed and resolved against the reading's resource type in one go: afterwards
 * nobody compares names. All facets are case insensitive.
 */
#ifndef SCIM_CORE_PATH_H
#define SCIM_CORE_PATH_H

#include "core/reading.h"

typedef struct scim_path_t {
    const scim_schema_t *extension;    /* the extension schema the attribute is in; NULL for
                                          common and core attributes */
    const scim_attribute_t *attribute; /* top-level attribute; NULL: the whole extension
                                          object (a bare extension URN), or `name` is set */
    const scim_attribute_t *sub;       /* sub-attribute, or NULL */
    const scim_filter_t *filter;       /* value filter in brackets, or NULL */
    const char *name;                  /* in a query over all types, a name that the type has
                                          not got, as written; else NULL */
} scim_path_t;

/*
 * Parses exactly `length` bytes. 400 invalidPath for bad syntax, an unknown attribute, a
 * sub-attribute of something that is not complex, a value filter on something that is not
 * multi-valued and complex (simple multi-valued attributes take a filter on "value"), or a path
 * longer than SCIM_MAX_PATH_LENGTH. The detail names the path and the position.
 */
scim_error_t *scim_path_parse(scim_path_t **path, const char *text, apr_size_t length,
                              const scim_reading_t *reading, apr_pool_t *pool);

/*
 * 1 for a path that scim_path_parse() has refused, when all that is wrong with it are names
 * that the resource type has not got.
 */
int scim_path_unknown(const char *text, apr_size_t length, const scim_reading_t *reading,
                      apr_pool_t *pool);

/*
 * An attrPath, without brackets, at the start of the text: sets *used to the bytes taken, which
 * end before a blank, a double quote, a bracket or the end. For the filter parser. `parent` is
 * the attribute whose sub-attributes are meant, inside brackets, else NULL; then *path has the
 * parent as its attribute, and no sub-attribute where `value` means the element of a simple
 * one. Errors carry `type` as their scimType and name no position: only the caller knows it.
 */
scim_error_t *scim_path_parse_attribute(scim_path_t *path, apr_size_t *used, const char *text,
                                        apr_size_t length, const scim_attribute_t *parent,
                                        const scim_reading_t *reading, const char *type,
                                        apr_pool_t *pool);

/* The path in its canonical spelling; parsing that gives the same path. */
const char *scim_path_print(const scim_path_t *path, apr_pool_t *pool);

/* The most precise attribute of the path: sub, else attribute; NULL as in scim_path_t. */
const scim_attribute_t *scim_path_leaf(const scim_path_t *path);

#endif
