#include <string.h>

#include <apr_strings.h>

#include "ctl.h"
#include "directory/dbd/audit.h"
#include "directory/dbd/filling.h"
#include "directory/dbd/terms.h"
#include "service/representation.h"

/* Resources in one unit of work: others wait for no longer than that. */
#define BATCH 32

typedef struct reindex_t {
    ctl_t *ctl;
    scim_filling_t filling;
    char after[24];
    apr_array_header_t *batch; /* of scim_numbered_t */
    int going;                 /* nobody wrote without the indexes */
    apr_int64_t done;
    ctl_progress_t progress;
    apr_pool_t *pool; /* of the unit of work */
} reindex_t;

static scim_error_t *nothing(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    (void)session, (void)baton, (void)pool;
    return NULL;
}

static scim_error_t *begin(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    reindex_t *reindex = baton;

    return scim_filling_begin(&reindex->filling, session, pool);
}

static scim_error_t *await(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    (void)baton;
    return scim_filling_wait(session, pool);
}

static scim_error_t *write_terms(reindex_t *reindex, scim_session_t *session,
                                 const scim_numbered_t *numbered)
{
    scim_record_t *record = numbered->record;
    json_t *resource;

    SCIM_TRY(scim_representation_load(&resource, record, reindex->pool));
    record->terms = scim_term_all(&record->term_count, reindex->ctl->service.indexed,
                                  record->type, resource, reindex->pool);
    return scim_audit_index(session, numbered, reindex->pool);
}

static scim_error_t *write_batch(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    reindex_t *reindex = baton;
    const char *last = reindex->after;
    int i;

    SCIM_TRY(scim_audit_walk(&reindex->batch, session, reindex->filling.type, reindex->after,
                             BATCH, reindex->pool));
    for (i = 0; i < reindex->batch->nelts; i++) {
        const scim_numbered_t *numbered = &APR_ARRAY_IDX(reindex->batch, i, scim_numbered_t);

        SCIM_TRY(write_terms(reindex, session, numbered));
        last = numbered->number;
    }
    return scim_filling_note(&reindex->going, &reindex->filling, session, last, pool);
}

static scim_error_t *end(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    reindex_t *reindex = baton;

    return scim_filling_end(&reindex->going, &reindex->filling, session, pool);
}

static scim_error_t *walk(reindex_t *reindex)
{
    int read = BATCH;

    reindex->going = 1;
    while (read == BATCH && reindex->going && !ctl_stopped) {
        apr_pool_clear(reindex->pool);
        SCIM_TRY(ctl_transact(reindex->ctl, 1, write_batch, reindex, reindex->pool));
        read = reindex->batch->nelts;
        if (read) {
            apr_cpystrn(reindex->after,
                        APR_ARRAY_IDX(reindex->batch, read - 1, scim_numbered_t).number,
                        sizeof(reindex->after));
        }
        reindex->done += read;
        ctl_progress_move(&reindex->progress, reindex->done);
    }
    return NULL;
}

static scim_error_t *fill(reindex_t *reindex)
{
    ctl_t *ctl = reindex->ctl;

    SCIM_TRY(ctl_transact(ctl, 1, begin, reindex, reindex->pool));
    SCIM_TRY(ctl_transact(ctl, 1, await, reindex, reindex->pool));
    apr_cpystrn(reindex->after, reindex->filling.after, sizeof(reindex->after));
    SCIM_TRY(walk(reindex));
    return reindex->going && !ctl_stopped ? ctl_transact(ctl, 1, end, reindex, reindex->pool)
                                          : NULL;
}

/* ---- what is to be done ---- */

static int is_wanted(const ctl_t *ctl, const scim_survey_index_t *index)
{
    const apr_array_header_t *list = ctl->indexed->attributes;
    int i;

    for (i = 0; i < ctl->named && index->complete != SCIM_TERMS_COMPLETE; i++) {
        const scim_indexed_attribute_t *attribute =
            &APR_ARRAY_IDX(list, i, scim_indexed_attribute_t);

        if (strcmp(attribute->type, index->type) == 0
            && strcmp(attribute->attribute, index->attribute) == 0) {
            return 1;
        }
    }
    return 0;
}

static const char *names_of(const ctl_t *ctl, const char *type)
{
    const apr_array_header_t *indexes = ctl->survey.indexes;
    const char *names = "";
    int i;

    for (i = 0; i < indexes->nelts; i++) {
        const scim_survey_index_t *index = &APR_ARRAY_IDX(indexes, i, scim_survey_index_t);

        if (is_wanted(ctl, index) && strcmp(index->type, type) == 0) {
            names = apr_pstrcat(ctl->pool, names, *names ? ", " : "", type, ":",
                                index->attribute, NULL);
        }
    }
    return names;
}

/* The indexes of a type that are not complete. */
static void find_todo(reindex_t *reindex, const char *type)
{
    const apr_array_header_t *indexes = reindex->ctl->survey.indexes;
    int i;

    reindex->filling.type = type;
    reindex->filling.numbers = apr_array_make(reindex->ctl->pool, 4, sizeof(const char *));
    for (i = 0; i < indexes->nelts; i++) {
        const scim_survey_index_t *index = &APR_ARRAY_IDX(indexes, i, scim_survey_index_t);

        if (is_wanted(reindex->ctl, index) && strcmp(index->type, type) == 0) {
            APR_ARRAY_PUSH(reindex->filling.numbers, const char *) = index->number;
        }
    }
}

static int fill_type(ctl_t *ctl, const char *type, int *some)
{
    reindex_t reindex = {.ctl = ctl};
    scim_error_t *error;

    find_todo(&reindex, type);
    if (reindex.filling.numbers->nelts == 0) {
        return CTL_DONE;
    }
    *some = 1;
    apr_pool_create(&reindex.pool, ctl->pool);
    ctl_progress_start(&reindex.progress, ctl, apr_pstrcat(ctl->pool, "reindex ", type, NULL),
                       0);
    error = fill(&reindex);
    ctl_progress_end(&reindex.progress);
    if (error) {
        return ctl_fail_with(error);
    }
    if (!reindex.going) {
        return ctl_fail(CTL_FOUND,
                        "somebody wrote without %s: an httpd with the configuration of before "
                        "is still running; restart it, wait until its last requests are done, "
                        "and begin anew",
                        names_of(ctl, type));
    }
    if (ctl_stopped) {
        return ctl_fail(CTL_INTERRUPTED, "stopped; the same again goes on");
    }
    ctl_say("complete: %s (%" APR_INT64_T_FMT " resources written)", names_of(ctl, type),
            reindex.done);
    return CTL_DONE;
}

int ctl_reindex(ctl_t *ctl)
{
    const apr_array_header_t *types = ctl->schemas->resource_types;
    int i, some = 0, status = CTL_DONE;
    scim_error_t *error;

    if (!ctl->configured && ctl->options.indexes->nelts == 0) {
        return ctl_fail(CTL_USAGE, "say which indexes, with --config or --index");
    }
    /* A write, so that the list of indexes has them all. */
    error = ctl_transact(ctl, 1, nothing, NULL, ctl->pool);
    if (error == NULL) {
        error = scim_survey_make(&ctl->survey, ctl->source, ctl->options.directory, ctl->pool);
    }
    if (error) {
        return ctl_fail_with(error);
    }
    for (i = 0; i < types->nelts && status == CTL_DONE; i++) {
        status =
            fill_type(ctl, APR_ARRAY_IDX(types, i, const scim_resource_type_t *)->name, &some);
    }
    if (status == CTL_DONE && !some) {
        ctl_say("all indexes are complete");
    }
    return status;
}
