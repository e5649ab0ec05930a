#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/text.h"
#include "ctl.h"
#include "directory/dbd/audit.h"
#include "directory/dbd/terms.h"
#include "service/representation.h"
#include "service/stored.h"

/* Records in one unit of work, and findings of one kind that are listed. */
#define BATCH 32
#define MAX_STRAYS 1000

typedef struct check_t {
    ctl_t *ctl;
    int found;      /* findings */
    int repaired;   /* of them */
    char after[24]; /* the number of the last record that was looked at */
    apr_int64_t walked;
    apr_array_header_t *batch; /* of scim_numbered_t: those of the unit of work */
    apr_array_header_t *lines; /* of the unit of work: it may run again */
    int line_repaired;
    apr_pool_t *pool; /* of the unit of work */
} check_t;

/* ---- findings ---- */

__attribute__((format(printf, 3, 4))) static void find(check_t *check, int repaired,
                                                       const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = apr_pvsprintf(check->pool, format, args);
    va_end(args);
    check->line_repaired += repaired;
    APR_ARRAY_PUSH(check->lines, const char *) =
        repaired ? apr_pstrcat(check->pool, text, "; repaired", NULL) : text;
}

static scim_error_t *run(check_t *check, scim_work_fn work, int writes)
{
    scim_error_t *error;
    int i;

    apr_pool_clear(check->pool);
    check->lines = apr_array_make(check->pool, 8, sizeof(const char *));
    error = ctl_transact(check->ctl, writes, work, check, check->pool);
    for (i = 0; error == NULL && i < check->lines->nelts; i++) {
        ctl_say("%s", APR_ARRAY_IDX(check->lines, i, const char *));
    }
    if (error == NULL) {
        check->found += check->lines->nelts;
        check->repaired += check->line_repaired;
    }
    return error;
}

static int repairs(const check_t *check)
{
    return check->ctl->options.repair;
}

static void begin(check_t *check)
{
    apr_array_clear(check->lines);
    check->line_repaired = 0;
}

/* ---- records ---- */

static int same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The columns that do not say what the document does; "" when all do. */
static const char *differences(const scim_record_t *is, const scim_record_t *should,
                               apr_pool_t *pool)
{
    const struct {
        const char *column;
        int same;
    } columns[] = {{"local_name", same(is->local_name, should->local_name)},
                   {"local_key", same(is->local_key, should->local_key)},
                   {"wire_key", same(is->wire_key, should->wire_key)},
                   {"external_id", same(is->external_id, should->external_id)},
                   {"active", is->active == should->active},
                   {"display", same(is->display, should->display)}};
    const char *list = "";
    size_t i;

    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (!columns[i].same) {
            list = apr_pstrcat(pool, list, *list ? ", " : "", columns[i].column, NULL);
        }
    }
    return list;
}

/* What the record should be by its document. The local name of a person may have come from a
   rule of ScimUserNameRewrite, and is believed. */
static scim_error_t *expect(scim_record_t *should, const scim_record_t *is,
                            const scim_call_t *call, apr_pool_t *pool)
{
    const char *local = call->type->kind == SCIM_KIND_USER ? is->local_name : NULL;
    json_t *resource;

    *should = *is;
    should->wire_key = NULL; /* so that the name is no old one, which would be kept */
    SCIM_TRY(scim_representation_load(&resource, is, pool));
    SCIM_TRY(scim_stored_record(should, resource, call, pool));
    if (local) {
        should->local_name = local;
        should->local_key = scim_text_fold(pool, local, strlen(local));
    }
    return NULL;
}

static scim_error_t *mend(int *mended, check_t *check, scim_session_t *session,
                          const scim_numbered_t *numbered)
{
    scim_outcome_t outcome = SCIM_TAKEN;

    *mended = 0;
    if (repairs(check)) {
        SCIM_TRY(scim_audit_mend(&outcome, session, numbered, check->pool));
        *mended = outcome == SCIM_STORED;
        if (!*mended) {
            find(check, 0, "%s %s: cannot be repaired, since another one has its local_key",
                 numbered->record->type, numbered->record->id);
        }
    }
    return NULL;
}

static scim_error_t *compare(check_t *check, scim_session_t *session,
                             const scim_numbered_t *numbered, const scim_record_t *should)
{
    const scim_record_t *is = numbered->record;
    scim_numbered_t right = {numbered->number, (scim_record_t *)should};
    const char *columns = differences(is, should, check->pool);
    int missing, surplus, mended;

    SCIM_TRY(scim_audit_terms(&missing, &surplus, session, &right, check->pool));
    if (*columns == '\0' && missing == 0 && surplus == 0) {
        return NULL;
    }
    SCIM_TRY(mend(&mended, check, session, &right));
    if (*columns) {
        find(check, mended, "%s %s: the document does not agree with: %s", is->type, is->id,
             columns);
    }
    if (missing || surplus) {
        find(check, mended, "%s %s: %d terms of its indexes are missing, %d are too many",
             is->type, is->id, missing, surplus);
    }
    return NULL;
}

static scim_error_t *check_record(check_t *check, scim_session_t *session,
                                  const scim_numbered_t *numbered)
{
    const scim_record_t *is = numbered->record;
    const scim_resource_type_t *type = scim_schemas_type(check->ctl->schemas, is->type);
    scim_call_t call = ctl_call(check->ctl, type, check->pool);
    scim_record_t should;
    scim_error_t *error;

    if (type == NULL) {
        find(check, 0,
             "%s %s: there is no such resource type; if it is one of ScimSchema, say so with "
             "--config or --schema",
             is->type, is->id);
        return NULL;
    }
    error = expect(&should, is, &call, check->pool);
    if (error) {
        find(check, 0, "%s %s: %s", is->type, is->id,
             error->cause ? error->cause : error->detail);
        return NULL;
    }
    return compare(check, session, numbered, &should);
}

static scim_error_t *check_batch(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    check_t *check = baton;
    int i;

    begin(check);
    SCIM_TRY(scim_audit_walk(&check->batch, session, NULL, check->after, BATCH, pool));
    for (i = 0; i < check->batch->nelts; i++) {
        SCIM_TRY(
            check_record(check, session, &APR_ARRAY_IDX(check->batch, i, scim_numbered_t)));
    }
    return NULL;
}

static scim_error_t *check_records(check_t *check)
{
    ctl_progress_t progress;
    scim_error_t *error = NULL;
    int read = BATCH;

    ctl_progress_start(&progress, check->ctl, "check", 0);
    apr_cpystrn(check->after, "-1", sizeof(check->after));
    while (read == BATCH && !ctl_stopped
           && (error = run(check, check_batch, repairs(check))) == NULL) {
        read = check->batch->nelts;
        if (read > 0) {
            apr_cpystrn(check->after,
                        APR_ARRAY_IDX(check->batch, read - 1, scim_numbered_t).number,
                        sizeof(check->after));
        }
        check->walked += read;
        ctl_progress_move(&progress, check->walked);
    }
    ctl_progress_end(&progress);
    return error;
}

/* ---- the rest ---- */

static scim_error_t *check_totals(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    check_t *check = baton;
    apr_array_header_t *totals;
    int i;

    begin(check);
    SCIM_TRY(scim_audit_totals(&totals, session, pool));
    for (i = 0; i < totals->nelts; i++) {
        const scim_total_t *total = &APR_ARRAY_IDX(totals, i, scim_total_t);

        if (total->counted == total->noted) {
            continue;
        }
        if (repairs(check)) {
            SCIM_TRY(scim_audit_recount(session, total->type, pool));
        }
        find(check, repairs(check),
             "total of %s: %" APR_INT64_T_FMT " is noted, there are %" APR_INT64_T_FMT,
             total->type, total->noted, total->counted);
    }
    return NULL;
}

static scim_error_t *check_members(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    check_t *check = baton;
    apr_array_header_t *strays;
    int i;

    begin(check);
    SCIM_TRY(scim_audit_members(&strays, session, MAX_STRAYS, pool));
    for (i = 0; i < strays->nelts; i++) {
        const scim_stray_t *stray = &APR_ARRAY_IDX(strays, i, scim_stray_t);

        if (stray->group) {
            find(check, repairs(check), "group %s: the member %s %s", stray->group,
                 stray->member, stray->wrong);
        } else {
            find(check, repairs(check), "a group that does not exist has the member %s",
                 stray->member);
        }
    }
    return strays->nelts && repairs(check) ? scim_audit_mend_members(session, pool) : NULL;
}

static scim_error_t *check_orphans(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    check_t *check = baton;
    apr_int64_t count = 0;

    begin(check);
    SCIM_TRY(scim_audit_orphans(&count, session, pool));
    if (count == 0) {
        return NULL;
    }
    find(check, repairs(check),
         "%" APR_INT64_T_FMT " terms are of resources or indexes that do not exist", count);
    return repairs(check) ? scim_audit_mend_orphans(session, pool) : NULL;
}

/* No damage: queries do without them. */
static void tell_indexes(const ctl_t *ctl)
{
    const apr_array_header_t *indexes = ctl->survey.indexes;
    int i;

    for (i = 0; i < indexes->nelts; i++) {
        const scim_survey_index_t *index = &APR_ARRAY_IDX(indexes, i, scim_survey_index_t);

        if (index->complete != SCIM_TERMS_COMPLETE && !ctl->options.quiet) {
            ctl_say("note: the index %s:%s is %s, so it is not used; see `scimctl reindex`",
                    index->type, index->attribute,
                    index->complete == SCIM_TERMS_FILLING ? "being filled" : "not complete");
        }
    }
}

int ctl_check(ctl_t *ctl)
{
    static const scim_work_fn parts[] = {check_totals, check_members, check_orphans};
    check_t check = {.ctl = ctl};
    scim_error_t *error;
    size_t i;

    apr_pool_create(&check.pool, ctl->pool);
    error = check_records(&check);
    for (i = 0; error == NULL && !ctl_stopped && i < sizeof(parts) / sizeof(parts[0]); i++) {
        error = run(&check, parts[i], repairs(&check));
    }
    if (error) {
        return ctl_fail_with(error);
    }
    if (ctl_stopped) {
        return ctl_fail(CTL_INTERRUPTED, "stopped before everything was looked at");
    }
    tell_indexes(ctl);
    if (check.found == 0) {
        ctl_say("%" APR_INT64_T_FMT " resources of the directory %s are in order", check.walked,
                ctl->options.directory);
    } else {
        ctl_say("%d findings, %d repaired", check.found, check.repaired);
    }
    return check.found == check.repaired ? CTL_DONE : CTL_FOUND;
}
