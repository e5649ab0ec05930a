/*
 * plan.h - what of a filter SQL can decide.
 *
 * Filters mean what core/match.h says. A condition is made of a term only where the database
 * says exactly the same as the resource would. It knows, by its columns,
 *
 *   id, externalId
 *   meta.created, .lastModified   to the millisecond, which is what a client sees of them
 *   userName (User)           by wire_key, folded as the comparison folds
 *   the local name            by local_key
 *   active (User)             every user's document says whether it is
 *   displayName (Group)       by local_key
 *
 * memberships, and attributes that have a complete index, by their terms. `co` and `ew` have
 * all of these read, which are a lot less than the documents, and leave candidates; no column
 * helps with them. The rest is left to the core: the records that
 * the conditions let through are then candidates. So are those that have a term which was cut,
 * or terms that might be of different elements.
 */
#ifndef SCIM_DBD_PLAN_H
#define SCIM_DBD_PLAN_H

#include <apr_tables.h>

#include "core/filter.h"
#include "directory/dbd/sql.h"

typedef struct scim_plan_t {
    const char *where;        /* "" or " AND ...": true for every record that matches */
    apr_array_header_t *args; /* of const char *: the values in `where` */
    int exact;                /* true for no other record */
    scim_index_t index;       /* the index that leaves the fewest */
    int single;               /* it leaves those that have one key, in the order of their ids */
    /* Exact, of the records that do not match, when an index leaves few of those: they are
       quicker to count; or NULL. */
    const struct scim_plan_t *others;
} scim_plan_t;

/* What is indexed. */
typedef struct scim_plan_indexes_t {
    /* The number of the complete index for an attribute of a type, or NULL. */
    scim_error_t *(*find)(const char **index, void *baton, const char *type,
                          const char *attribute, apr_pool_t *pool);
    void *baton;
    /* How `co` and `ew` are said of terms, unless that is not to be done (NULL): there are too
       many records of the type. */
    scim_error_t *(*walk)(const scim_sql_t **sql, void *baton, const char *type,
                          apr_pool_t *pool);
} scim_plan_indexes_t;

/*
 * The plan for a filter (NULL: all records) on resources of a type. It borrows from the filter.
 * Without `indexes` (NULL) there are none. Fails as `find` does.
 */
scim_error_t *scim_plan_make(scim_plan_t *plan, const scim_filter_t *filter, const char *type,
                             const scim_plan_indexes_t *indexes, apr_pool_t *pool);

/*
 * The same, but of one comparison alone: the filter, or that operand of its `and` which leaves
 * the fewest rows, and no index of terms. However many filters are asked, there are few
 * different plans of this kind.
 */
scim_error_t *scim_plan_make_simple(scim_plan_t *plan, const scim_filter_t *filter,
                                    const char *type, apr_pool_t *pool);

#endif
