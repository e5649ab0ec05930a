#include "directory/dbd/filling.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "directory/dbd/terms.h"

typedef struct answer_t {
    const char *text;
    apr_pool_t *pool;
} answer_t;

static scim_error_t *take(void *baton, const char *const *values)
{
    answer_t *answer = baton;

    answer->text = apr_pstrdup(answer->pool, values[0]);
    return NULL;
}

static scim_error_t *ask(const char **text, scim_session_t *session, const char *sql,
                         const char *argument, apr_pool_t *pool)
{
    answer_t answer = {NULL, pool};

    SCIM_TRY(
        scim_connection_select(session->connection, sql, &argument, 1, take, &answer, pool));
    *text = answer.text;
    return NULL;
}

/* How far it is stands in scim_meta, under this name. */
static const char *name_of(const char *index, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "filled ", index, NULL);
}

static scim_error_t *set_progress(scim_session_t *session, const char *index,
                                  const char *number, apr_pool_t *pool)
{
    const char *args[] = {name_of(index, pool), number}, *same[] = {number, args[0]};
    const char *insert = apr_pstrcat(
        pool, "INSERT INTO scim_meta (name, value) VALUES (%s, %s)",
        scim_sql_or_nothing(session->connection->sql, "scim_meta", "value", pool), NULL);

    SCIM_TRY(scim_connection_change(NULL, session->connection, insert, args, 2, pool));
    return scim_connection_change(NULL, session->connection,
                                  "UPDATE scim_meta SET value = %s WHERE name = %s", same, 2,
                                  pool);
}

static scim_error_t *state_of(int *state, scim_session_t *session, const char *index,
                              apr_pool_t *pool)
{
    const char *text;

    SCIM_TRY(ask(&text, session, "SELECT complete FROM scim_indexes WHERE number = %s", index,
                 pool));
    *state = text ? atoi(text) : SCIM_TERMS_PARTIAL;
    return NULL;
}

static scim_error_t *begin_one(const char **after, scim_session_t *session, const char *index,
                               apr_pool_t *pool)
{
    int state;

    *after = NULL;
    SCIM_TRY(state_of(&state, session, index, pool));
    if (state == SCIM_TERMS_FILLING) {
        SCIM_TRY(ask(after, session, "SELECT value FROM scim_meta WHERE name = %s",
                     name_of(index, pool), pool));
    }
    if (*after) {
        return NULL;
    }
    *after = "-1";
    SCIM_TRY(set_progress(session, index, *after, pool));
    return scim_connection_change(NULL, session->connection,
                                  "UPDATE scim_indexes SET complete = 2 WHERE number = %s",
                                  &index, 1, pool);
}

scim_error_t *scim_filling_begin(scim_filling_t *filling, scim_session_t *session,
                                 apr_pool_t *pool)
{
    const char *after;
    int i;

    filling->after = NULL;
    for (i = 0; i < filling->numbers->nelts; i++) {
        SCIM_TRY(
            begin_one(&after, session, APR_ARRAY_IDX(filling->numbers, i, const char *), pool));
        if (filling->after == NULL
            || scim_sql_number(after) < scim_sql_number(filling->after)) {
            filling->after = apr_pstrdup(filling->numbers->pool, after);
        }
    }
    return NULL;
}

scim_error_t *scim_filling_wait(scim_session_t *session, apr_pool_t *pool)
{
    const char *const *statement = session->connection->sql->await_writers;

    for (; statement && *statement; statement++) {
        SCIM_TRY(scim_connection_execute(session->connection, *statement, pool));
    }
    return NULL;
}

scim_error_t *scim_filling_note(int *going, const scim_filling_t *filling,
                                scim_session_t *session, const char *number, apr_pool_t *pool)
{
    int i, state;

    *going = 1;
    for (i = 0; i < filling->numbers->nelts && *going; i++) {
        const char *index = APR_ARRAY_IDX(filling->numbers, i, const char *);

        SCIM_TRY(state_of(&state, session, index, pool));
        *going = state != SCIM_TERMS_PARTIAL;
        if (state == SCIM_TERMS_FILLING) {
            SCIM_TRY(set_progress(session, index, number, pool));
        }
    }
    return NULL;
}

/* Another one that did the same may have ended it already. */
static scim_error_t *end_one(int *going, scim_session_t *session, const char *index,
                             apr_pool_t *pool)
{
    const char *name = name_of(index, pool);
    int state;

    SCIM_TRY(scim_connection_change(
        NULL, session->connection,
        "UPDATE scim_indexes SET complete = 1 WHERE number = %s AND complete = 2", &index, 1,
        pool));
    SCIM_TRY(state_of(&state, session, index, pool));
    *going = state == SCIM_TERMS_COMPLETE;
    return scim_connection_change(NULL, session->connection,
                                  "DELETE FROM scim_meta WHERE name = %s", &name, 1, pool);
}

scim_error_t *scim_filling_end(int *going, const scim_filling_t *filling,
                               scim_session_t *session, apr_pool_t *pool)
{
    int i, one;

    *going = 1;
    for (i = 0; i < filling->numbers->nelts; i++) {
        SCIM_TRY(
            end_one(&one, session, APR_ARRAY_IDX(filling->numbers, i, const char *), pool));
        *going &= one;
    }
    return NULL;
}
