/*
 * indexed.h - the attributes that are indexed, as an administrator names them.
 */
#ifndef SCIM_SERVICE_INDEXED_H
#define SCIM_SERVICE_INDEXED_H

#include "core/term.h"

/* The same attributes twice, in the same order: how terms are made of them, and what a store
   has to know of them. */
typedef struct scim_indexed_list_t {
    apr_array_header_t *paths;      /* of scim_indexed_t */
    apr_array_header_t *attributes; /* of scim_indexed_attribute_t */
} scim_indexed_list_t;

/* None. */
scim_indexed_list_t *scim_indexed_create(apr_pool_t *pool);

/* Adds what is indexed in any case, beside what the stores have columns for. Returns as below.
 */
const char *scim_indexed_defaults(scim_indexed_list_t *list, const scim_schemas_t *schemas,
                                  apr_pool_t *pool);

/*
 * Adds an attribute: "nickName" or a URN's of users, "Device:serial" of another type. One that
 * is there already is not added again. Returns NULL, or why it cannot be indexed, in a sentence
 * that begins with its name.
 */
const char *scim_indexed_add(scim_indexed_list_t *list, const char *text,
                             const scim_schemas_t *schemas, apr_pool_t *pool);

#endif
