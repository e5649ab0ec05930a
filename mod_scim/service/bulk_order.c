#include <stdlib.h>

#include "service/bulk_job.h"

/*
 * Tarjan's algorithm for strongly connected components. It hands them out with those that are
 * referred to first, which is the order wanted. It keeps a stack of its own: a chain of
 * references is as long as the client likes.
 */
typedef struct node_t {
    int index; /* in the order of discovery, from 1; 0: not seen yet */
    int low;   /* the lowest index that is reached from here */
    int open;  /* no component has it yet */
    int next;  /* of its needs to be looked at */
    int caller;
} node_t;

typedef struct search_t {
    const scim_bulk_job_t *job;
    node_t *nodes;
    int *open; /* a stack of nodes without a component */
    int open_count;
    int seen;
    int *members; /* of all groups, one behind the other */
    int member_count;
    apr_array_header_t *groups;
} search_t;

static int by_place(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int needs_itself(const search_t *search, int at)
{
    const scim_bulk_operation_t *operation = &search->job->operations[at];
    int i;

    for (i = 0; i < operation->need_count; i++) {
        if (operation->needs[i] == at) {
            return 1;
        }
    }
    return 0;
}

/* Everything on the stack down to `root` is a group. */
static void close_group(search_t *search, int root)
{
    scim_bulk_group_t *group = apr_array_push(search->groups);
    int *members = search->members + search->member_count;
    int at;

    group->members = members;
    group->count = 0;
    do {
        at = search->open[--search->open_count];
        search->nodes[at].open = 0;
        members[group->count++] = at;
    } while (at != root);
    search->member_count += group->count;
    qsort(members, (size_t)group->count, sizeof(*members), by_place);
    group->circular = group->count > 1 || needs_itself(search, root);
}

static void discover(search_t *search, int at, int caller)
{
    node_t *node = &search->nodes[at];

    node->index = node->low = ++search->seen;
    node->open = 1;
    node->caller = caller;
    search->open[search->open_count++] = at;
}

static void lower(node_t *node, int low)
{
    node->low = low < node->low ? low : node->low;
}

/* Looks at the next need of a node; returns the node to go on with, -1 at the end. */
static int step(search_t *search, int at)
{
    node_t *node = &search->nodes[at];
    const scim_bulk_operation_t *operation = &search->job->operations[at];

    if (node->next < operation->need_count) {
        int need = operation->needs[node->next++];
        const node_t *needed = &search->nodes[need];

        if (needed->index == 0) {
            discover(search, need, at);
            return need;
        }
        if (needed->open) {
            lower(node, needed->index);
        }
        return at;
    }
    if (node->low == node->index) {
        close_group(search, at);
    }
    if (node->caller >= 0) {
        lower(&search->nodes[node->caller], node->low);
    }
    return node->caller;
}

apr_array_header_t *scim_bulk_order(const scim_bulk_job_t *job, apr_pool_t *pool)
{
    apr_size_t count = (apr_size_t)job->count;
    search_t search = {.job = job,
                       .nodes = apr_pcalloc(pool, count * sizeof(node_t)),
                       .open = apr_palloc(pool, count * sizeof(int)),
                       .members = apr_palloc(pool, count * sizeof(int)),
                       .groups = apr_array_make(pool, job->count, sizeof(scim_bulk_group_t))};
    int i, at;

    for (i = 0; i < job->count; i++) {
        if (search.nodes[i].index == 0) {
            discover(&search, i, -1);
            for (at = i; at >= 0; at = step(&search, at)) {
            }
        }
    }
    return search.groups;
}
