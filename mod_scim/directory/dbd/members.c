#include "directory/dbd/members.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "directory/provider.h"

/* Ids in one statement, when there are many; and members read at a time. */
#define CHUNK 64
#define BATCH 256

/* `before`, as many %s as there are ids, `after`. */
static const char *with_ids(const char *before, int count, const char *after, apr_pool_t *pool)
{
    char *list = apr_palloc(pool, (apr_size_t)count * 4 + 1), *at = list;
    int i;

    for (i = 0; i < count; i++) {
        at = apr_cpystrn(at, i > 0 ? ", %s" : "%s", 5);
    }
    *at = '\0';
    return apr_pstrcat(pool, before, "(", list, ")", after, NULL);
}

/* Ids that a statement is about: one, or CHUNK, of which the last may be NULL. */
typedef struct chunk_t {
    const char *ids[CHUNK];
    int count; /* of %s */
    int used;  /* of ids */
} chunk_t;

static void fill(chunk_t *chunk, const char *const *ids, int left)
{
    memset(chunk, 0, sizeof(*chunk));
    chunk->count = left == 1 ? 1 : CHUNK;
    chunk->used = left < chunk->count ? left : chunk->count;
    memcpy(chunk->ids, ids, sizeof(*ids) * (apr_size_t)chunk->used);
}

/* ---- changing ------------------------------------------------------------- */

/* An addition to a group. */
typedef struct addition_t {
    scim_session_t *session;
    const char *group;
    const char *const *types; /* of those who may be members; NULL: all */
    int type_count;
} addition_t;

/* A statement about resources `m` of the types, whose ids are those of the chunk; `args` has
   room for `count` that come first. */
static const char *about(const char ***args, int *count, const char *head, const char *tail,
                         const addition_t *addition, const chunk_t *chunk, apr_pool_t *pool)
{
    apr_size_t types = (apr_size_t)addition->type_count, ids = (apr_size_t)chunk->count;
    const char **all = apr_palloc(pool, (3 + types + ids) * sizeof(*all));

    memcpy(all + *count + types, chunk->ids, ids * sizeof(*all));
    *args = all;
    if (types) {
        memcpy(all + *count, addition->types, types * sizeof(*all));
        head = with_ids(apr_pstrcat(pool, head, "m.type IN ", NULL), (int)types, " AND ", pool);
    }
    *count += (int)(types + ids);
    return with_ids(apr_pstrcat(pool, head, "m.id IN ", NULL), chunk->count, tail, pool);
}

static scim_error_t *insert_chunk(int *rows, const addition_t *addition, const chunk_t *chunk,
                                  apr_pool_t *pool)
{
    static const char head[] =
        "INSERT INTO scim_members (group_number, member_id, member_number, nested) SELECT "
        "g.number, m.id, "
        "m.number, CASE WHEN m.type = 'User' THEN 0 ELSE 1 END FROM scim_resources g CROSS "
        "JOIN scim_resources m WHERE g.id = %s AND g.directory = %s AND m.directory = %s AND "
        "m.deleted = 0 AND m.number <> g.number AND ";
    scim_session_t *session = addition->session;
    const scim_sql_t *dialect = session->connection->sql;
    const char *tail =
        apr_pstrcat(pool, dialect->share_row,
                    scim_sql_or_nothing(dialect, "scim_members", "nested", pool), NULL);
    int count = 3;
    const char **args, *sql = about(&args, &count, head, tail, addition, chunk, pool);

    args[0] = addition->group;
    args[1] = args[2] = session->directory;
    return scim_connection_change(rows, session->connection, sql, args, count, pool);
}

static scim_error_t *take_id(void *baton, const char *const *values)
{
    apr_hash_t *ids = baton;
    const char *id = apr_pstrdup(apr_hash_pool_get(ids), values[0]);

    apr_hash_set(ids, id, APR_HASH_KEY_STRING, id);
    return NULL;
}

/* Which of the ids cannot be members? */
static scim_error_t *find_unknown(apr_array_header_t *unknown, const addition_t *addition,
                                  const chunk_t *chunk, apr_pool_t *pool)
{
    static const char head[] =
        "SELECT m.id FROM scim_resources m WHERE m.directory = %s AND m.deleted = 0 AND ";
    apr_hash_t *known = apr_hash_make(pool);
    int count = 1, i;
    const char **args, *sql = about(&args, &count, head, "", addition, chunk, pool);

    args[0] = addition->session->directory;
    SCIM_TRY(scim_connection_select(addition->session->connection, sql, args, count, take_id,
                                    known, pool));
    for (i = 0; i < chunk->used; i++) {
        if (strcmp(chunk->ids[i], addition->group) == 0
            || !apr_hash_get(known, chunk->ids[i], APR_HASH_KEY_STRING)) {
            APR_ARRAY_PUSH(unknown, const char *) = chunk->ids[i];
        }
    }
    return NULL;
}

scim_error_t *scim_members_add(scim_session_t *session, const char *group,
                               const char *const *ids, int count, const char *const *types,
                               apr_int64_t *changed, apr_array_header_t *unknown,
                               apr_pool_t *pool)
{
    addition_t addition = {session, group, types, 0};
    apr_pool_t *scratch;
    chunk_t chunk;
    int done, rows;

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    while (types && types[addition.type_count]) {
        addition.type_count++;
    }
    apr_pool_create(&scratch, pool);
    *changed = 0;
    for (done = 0; done < count; done += chunk.used) {
        apr_pool_clear(scratch);
        fill(&chunk, ids + done, count - done);
        SCIM_TRY(insert_chunk(&rows, &addition, &chunk, scratch));
        *changed += rows;
        if (rows < chunk.used && unknown) {
            SCIM_TRY(find_unknown(unknown, &addition, &chunk, scratch));
        }
    }
    apr_pool_destroy(scratch);
    return NULL;
}

static scim_error_t *take_nothing(void *baton, const char *const *values)
{
    (void)baton, (void)values;
    return NULL;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All in the same order, as the others do who hold some of them. */
scim_error_t *scim_members_hold(scim_session_t *session, const char *const *ids, int count,
                                apr_pool_t *pool)
{
    const char *share = session->connection->sql->share_row;
    const char **sorted = apr_pmemdup(pool, ids, sizeof(*ids) * (apr_size_t)count);
    const char *args[CHUNK + 1] = {session->directory};
    const char *tail = apr_pstrcat(pool, " ORDER BY m.id", share, NULL);
    chunk_t chunk;
    int done;

    if (*share == '\0') {
        return NULL;
    }
    qsort(sorted, (size_t)count, sizeof(*sorted), compare_ids);
    for (done = 0; done < count; done += chunk.used) {
        fill(&chunk, sorted + done, count - done);
        memcpy(args + 1, chunk.ids, sizeof(*args) * (apr_size_t)chunk.count);
        SCIM_TRY(scim_connection_select(
            session->connection,
            with_ids(
                "SELECT m.number FROM scim_resources m WHERE m.directory = %s AND m.id IN ",
                chunk.count, tail, pool),
            args, chunk.count + 1, take_nothing, NULL, pool));
    }
    return NULL;
}

#define OF_GROUP                                                                               \
    "scim_members WHERE group_number = (SELECT number FROM scim_resources WHERE id = %s AND "  \
    "directory = %s)"

static scim_error_t *remove_all(scim_session_t *session, const char *group,
                                apr_int64_t *changed, apr_pool_t *pool)
{
    const char *args[] = {group, session->directory};
    int rows;

    SCIM_TRY(scim_connection_change(&rows, session->connection, "DELETE FROM " OF_GROUP, args,
                                    2, pool));
    *changed = rows;
    return NULL;
}

scim_error_t *scim_members_remove(scim_session_t *session, const char *group,
                                  const char *const *ids, int count, apr_int64_t *changed,
                                  apr_pool_t *pool)
{
    const char *args[CHUNK + 2] = {group, session->directory};
    chunk_t chunk;
    int done, rows;

    SCIM_TRY(scim_provider_check_write(session->writes, NULL, pool));
    if (ids == NULL) {
        return remove_all(session, group, changed, pool);
    }
    *changed = 0;
    for (done = 0; done < count; done += chunk.used) {
        fill(&chunk, ids + done, count - done);
        memcpy(args + 2, chunk.ids, sizeof(*args) * (apr_size_t)chunk.count);
        SCIM_TRY(scim_connection_change(
            &rows, session->connection,
            with_ids("DELETE FROM " OF_GROUP " AND member_id IN ", chunk.count, "", pool), args,
            chunk.count + 2, pool));
        *changed += rows;
    }
    return NULL;
}

/* ---- reading -------------------------------------------------------------- */

/* Rows of members, which are handed on when the statement is through: whoever gets them may
   have statements of their own. */
typedef struct batch_t {
    apr_array_header_t *list; /* of scim_member_t */
    apr_pool_t *pool;
} batch_t;

static batch_t make_batch(apr_pool_t *pool)
{
    batch_t batch = {apr_array_make(pool, BATCH, sizeof(scim_member_t)), pool};

    return batch;
}

static scim_error_t *take_member(void *baton, const char *const *values)
{
    batch_t *batch = baton;
    scim_member_t *member = apr_array_push(batch->list);

    memset(member, 0, sizeof(*member));
    member->id = apr_pstrdup(batch->pool, values[0]);
    member->type = apr_pstrdup(batch->pool, values[1]);
    member->display = apr_pstrdup(batch->pool, values[2]);
    return NULL;
}

static scim_error_t *hand_on(const batch_t *batch, scim_member_fn each, void *baton)
{
    apr_pool_t *scratch;
    int i;

    apr_pool_create(&scratch, batch->pool);
    for (i = 0; i < batch->list->nelts; i++) {
        apr_pool_clear(scratch);
        SCIM_TRY(each(baton, &APR_ARRAY_IDX(batch->list, i, scim_member_t), scratch));
    }
    apr_pool_destroy(scratch);
    return NULL;
}

scim_error_t *scim_members_list(scim_session_t *session, const char *group, const char *after,
                                apr_int64_t count, scim_member_fn each, void *baton,
                                apr_pool_t *pool)
{
    static const char sql[] =
        "SELECT id, type, display FROM scim_members CROSS JOIN scim_resources WHERE "
        "group_number = (SELECT number FROM scim_resources WHERE id = %s AND directory = %s) "
        "AND member_id > %s AND number = member_number AND deleted = 0 ORDER BY member_id "
        "LIMIT "
        "%s";
    const char *args[] = {group, session->directory, after ? after : "", NULL};
    char last[SCIM_ID_LENGTH + 1];
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    while (count > 0) {
        int limit = count < BATCH ? (int)count : BATCH;
        batch_t batch;

        apr_pool_clear(scratch);
        batch = make_batch(scratch);
        args[3] = apr_itoa(scratch, limit);
        SCIM_TRY(scim_connection_select(session->connection, sql, args, 4, take_member, &batch,
                                        scratch));
        SCIM_TRY(hand_on(&batch, each, baton));
        count -= limit;
        if (batch.list->nelts < limit) {
            break;
        }
        apr_cpystrn(last, APR_ARRAY_IDX(batch.list, limit - 1, scim_member_t).id, sizeof(last));
        args[2] = last;
    }
    apr_pool_destroy(scratch);
    return NULL;
}

static scim_error_t *take_yes(void *baton, const char *const *values)
{
    int *yes = baton;

    (void)values;
    *yes = 1;
    return NULL;
}

scim_error_t *scim_members_is(int *yes, scim_session_t *session, const char *group,
                              const char *member, apr_pool_t *pool)
{
    const char *args[] = {group, session->directory, member};

    *yes = 0;
    return scim_connection_select(
        session->connection,
        "SELECT 1 FROM scim_members CROSS JOIN scim_resources WHERE group_number = (SELECT "
        "number FROM scim_resources WHERE id = %s AND directory = %s AND deleted = 0) AND "
        "member_id = %s AND number = member_number AND deleted = 0",
        args, 3, take_yes, yes, pool);
}
