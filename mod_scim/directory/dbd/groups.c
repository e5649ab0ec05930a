#include "directory/dbd/groups.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

/* Members in one statement; those that are left over are repeated. */
static const int sizes[] = {1, 16, 128};

#define LARGEST 128

/* Where people are in more groups than this, in all, fewer of them are read at a time. */
#define MOST "8192"

/* A member, or a group that was come upon. */
typedef struct node_t {
    apr_int64_t number;
    const char *id; /* NULL: it is not known to be a group that is shown */
    const char *type;
    const char *display;
    struct link_t *links; /* to the groups that it is in directly */
    int rank;             /* of the groups, in the order of their ids */
    int seen;             /* by whom last; see walk() */
    int direct;           /* ... who is in it directly */
} node_t;

typedef struct link_t {
    node_t *group;
    struct link_t *next;
} link_t;

/* What some members are in. */
typedef struct graph_t {
    apr_hash_t *nodes;         /* by number */
    apr_array_header_t *shown; /* of node_t *: the groups */
    int links;                 /* of the members that were asked about */
    int most;                  /* so many of them may be wanting some */
    apr_pool_t *pool;
} graph_t;

/* ---- the statement -------------------------------------------------------- */

/*
 * Each membership once, and each group once. UNION leaves out what is there already, and so a
 * circle of groups ends. What is one member's is not kept apart by the database: most are in
 * the same groups.
 */
static const char *select_sql(const scim_session_t *session, int size, apr_pool_t *pool)
{
    const scim_sql_t *dialect = session->connection->sql;
    char *values = apr_palloc(pool, (apr_size_t)size * 4), *at = values;
    int i;

    *at = '\0';
    for (i = 1; i < size; i++) {
        at = apr_cpystrn(at, ", %s", 5);
    }
    return apr_pstrcat(
        pool, "WITH RECURSIVE below (m, g) AS (SELECT member_number, group_number FROM ",
        dialect->of_members, " WHERE member_number IN (%s", values, ")",
        size > 1 ? " LIMIT " MOST : "",
        "), above (n) AS (SELECT g FROM below UNION SELECT group_number FROM ",
        dialect->members_above,
        ") SELECT 1, m, g, NULL, NULL, NULL FROM below UNION ALL SELECT 0, member_number, "
        "group_number, NULL, NULL, NULL FROM ",
        dialect->members_above, " UNION ALL SELECT 0, NULL, number, id, type, display FROM ",
        dialect->groups_above, " WHERE deleted = 0", NULL);
}

static node_t *node_of(graph_t *graph, apr_int64_t number)
{
    node_t *node = apr_hash_get(graph->nodes, &number, sizeof(number));

    if (node == NULL) {
        node = apr_pcalloc(graph->pool, sizeof(*node));
        node->number = number;
        apr_hash_set(graph->nodes, &node->number, sizeof(node->number), node);
    }
    return node;
}

static scim_error_t *take_row(void *baton, const char *const *values)
{
    graph_t *graph = baton;
    node_t *group = node_of(graph, scim_sql_number(values[2]));

    if (values[1]) {
        node_t *member = node_of(graph, scim_sql_number(values[1]));
        link_t *link = apr_palloc(graph->pool, sizeof(*link));

        link->group = group;
        link->next = member->links;
        member->links = link;
        graph->links += *values[0] == '1';
        return NULL;
    }
    group->id = apr_pstrdup(graph->pool, values[3]);
    group->type = apr_pstrdup(graph->pool, values[4]);
    group->display = apr_pstrdup(graph->pool, values[5]);
    APR_ARRAY_PUSH(graph->shown, node_t *) = group;
    return NULL;
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(node_t *const *)a)->id, (*(node_t *const *)b)->id);
}

static void rank(const graph_t *graph)
{
    node_t **shown = (node_t **)graph->shown->elts;
    int i;

    if (graph->shown->nelts > 0) {
        qsort(shown, (size_t)graph->shown->nelts, sizeof(*shown), by_id);
    }
    for (i = 0; i < graph->shown->nelts; i++) {
        shown[i]->rank = i;
    }
}

static int size_for(int count)
{
    int i;

    for (i = 0; sizes[i] < count && sizes[i] < LARGEST; i++) {
    }
    return sizes[i];
}

/* Reads what these are in, LARGEST at most. */
static scim_error_t *read_graph(graph_t *graph, scim_session_t *session,
                                const apr_int64_t *members, int count, apr_pool_t *pool)
{
    int size = size_for(count), i;
    const char *args[LARGEST];

    memset(graph, 0, sizeof(*graph));
    graph->nodes = apr_hash_make(pool);
    graph->shown = apr_array_make(pool, 16, sizeof(node_t *));
    graph->pool = pool;
    for (i = 0; i < size; i++) {
        args[i] = i < count ? apr_psprintf(pool, "%" APR_INT64_T_FMT, members[i]) : args[0];
    }
    SCIM_TRY(scim_connection_select(session->connection, select_sql(session, size, pool), args,
                                    size, take_row, graph, pool));
    graph->most = size > 1 && graph->links >= atoi(MOST);
    rank(graph);
    return NULL;
}

/* ---- what each is in ------------------------------------------------------ */

/* Adds the groups that the node is in, but for `start`. */
static void climb(apr_array_header_t *found, const node_t *node, const node_t *start, int round)
{
    const link_t *link;

    for (link = node->links; link; link = link->next) {
        node_t *group = link->group;

        if (group->id && group != start && group->seen != round) {
            group->seen = round;
            group->direct = node == start;
            APR_ARRAY_PUSH(found, node_t *) = group;
        }
    }
}

static int by_rank(const void *a, const void *b)
{
    int left = (*(node_t *const *)a)->rank, right = (*(node_t *const *)b)->rank;

    return left < right ? -1 : left > right;
}

/* The groups of one member: those nearest come first, and so it is seen which are direct.
   `round` is another one for each, and not 0. */
static void walk(apr_array_header_t *found, const graph_t *graph, apr_int64_t member, int round)
{
    const node_t *start = apr_hash_get(graph->nodes, &member, sizeof(member));
    int i;

    apr_array_clear(found);
    if (start) {
        climb(found, start, start, round);
    }
    for (i = 0; i < found->nelts; i++) {
        climb(found, APR_ARRAY_IDX(found, i, node_t *), start, round);
    }
    if (found->nelts > 1) {
        qsort(found->elts, (size_t)found->nelts, sizeof(node_t *), by_rank);
    }
}

/* Whoever is asked. */
typedef struct listener_t {
    scim_session_t *session;
    scim_member_fn each;
    void *baton;
    apr_pool_t *scratch; /* cleared for each group */
} listener_t;

static scim_error_t *tell(const listener_t *to, const apr_array_header_t *found, int person)
{
    int i;

    for (i = 0; i < found->nelts; i++) {
        const node_t *node = APR_ARRAY_IDX(found, i, node_t *);
        const scim_member_t member = {.id = node->id,
                                      .type = node->type,
                                      .display = node->display,
                                      .indirect = !node->direct,
                                      .person = person};

        apr_pool_clear(to->scratch);
        SCIM_TRY(to->each(to->baton, &member, to->scratch));
    }
    return NULL;
}

/* *done: how many of them were told of. */
static scim_error_t *tell_some(int *done, const listener_t *to, const apr_int64_t *members,
                               int first, int count, apr_pool_t *pool)
{
    apr_array_header_t *found;
    graph_t graph;
    int i;

    *done = 0;
    SCIM_TRY(read_graph(&graph, to->session, members + first, count, pool));
    if (graph.most) {
        return NULL;
    }
    found = apr_array_make(pool, 16, sizeof(node_t *));
    for (i = 0; i < count; i++) {
        walk(found, &graph, members[first + i], i + 1);
        SCIM_TRY(tell(to, found, first + i));
    }
    *done = count;
    return NULL;
}

scim_error_t *scim_groups_of(scim_session_t *session, const apr_int64_t *members, int count,
                             scim_member_fn each, void *baton, apr_pool_t *pool)
{
    listener_t to = {session, each, baton, NULL};
    int first, most = LARGEST, done;
    apr_pool_t *batch;

    apr_pool_create(&batch, pool);
    apr_pool_create(&to.scratch, pool);
    for (first = 0; first < count; first += done) {
        int some = count - first < most ? count - first : most;

        apr_pool_clear(batch);
        SCIM_TRY(tell_some(&done, &to, members, first, some, batch));
        most = done ? most : some / 4 + 1;
    }
    apr_pool_destroy(to.scratch);
    apr_pool_destroy(batch);
    return NULL;
}
