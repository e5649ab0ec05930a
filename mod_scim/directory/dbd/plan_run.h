/*
 * plan_run.h - the insides of plan.h: conditions while they are written.
 */
#ifndef SCIM_DBD_PLAN_RUN_H
#define SCIM_DBD_PLAN_RUN_H

#include "directory/dbd/plan.h"

typedef struct planner_t {
    const char *type;
    const scim_plan_indexes_t *indexes; /* or NULL */
    const scim_sql_t *walk;             /* as indexes->walk has said ... */
    int walk_asked;                     /* ... when it was asked */
    scim_error_t *error;                /* of looking for an index */
    apr_array_header_t *pieces;         /* of const char *: the SQL */
    apr_array_header_t *args;           /* of const char * */
    apr_pool_t *pool;
} planner_t;

/* What a condition that was written says about the part of the filter it stands for. */
typedef enum grade_t {
    NOTHING, /* there is no condition */
    WIDER,   /* true for all that match and for others */
    EXACT    /* true for those that match alone */
} grade_t;

/* How few rows an index leaves: FEW and ONE are worth a search for each operand of `or`. A
   RANGE may be all of them, and for what is WALKED all of the index is read. */
typedef enum rank_t { ALL, FEWER, RANGE, WALKED, SOME, FEW, ONE } rank_t;

typedef struct part_t {
    grade_t grade;
    scim_index_t index;
    rank_t rank;
    int first; /* the pieces that make use of the index ... */
    int end;   /* ... are from `first` up to before `end` */
} part_t;

/* No condition. */
extern const part_t scim_plan_nothing;

/* A condition that is exact, and was written from piece `first` on. */
part_t scim_plan_exact(const planner_t *planner, int first, scim_index_t index, rank_t rank);

/* Appends SQL in which '@' stands for the column; %s is a value. */
void scim_plan_write(planner_t *planner, const char *sql, const char *column);

void scim_plan_value(planner_t *planner, const char *value);

/* A comparison of an attribute that has a column. */
part_t scim_plan_column(planner_t *planner, const scim_filter_t *term, int negated);

/* A local name. */
part_t scim_plan_local_name(planner_t *planner, const scim_filter_t *term, int negated);

/* A comparison of an attribute that is indexed. */
part_t scim_plan_indexed(planner_t *planner, const scim_filter_t *term, int negated);

/* A filter for the elements of an attribute. */
part_t scim_plan_value_path(planner_t *planner, const scim_filter_t *filter, int negated);

/* SCIM_FILTER_HAS_MEMBER and SCIM_FILTER_MEMBER_OF. */
part_t scim_plan_membership(planner_t *planner, const scim_filter_t *filter, int negated);

/* Of the terms that were written as this part: they are what rows are found by. */
void scim_plan_drive(planner_t *planner, const part_t *part);

/* A chain of operands by `plan`: one of `and` that SQL cannot decide is left out, one of `or`
   spoils all of it. */
part_t scim_plan_chain(planner_t *planner, const scim_filter_t *filter, int negated,
                       part_t (*plan)(planner_t *planner, const scim_filter_t *filter,
                                      int negated, int depth),
                       int depth);

#endif
