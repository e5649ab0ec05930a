#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/text.h"
#include "htfile.h"
#include "import.h"
#include "service/stored.h"

/* Resources in one unit of work, and ids of members in one call. */
#define BATCH 32
#define IDS 500

typedef struct entry_t {
    apr_int64_t number; /* of the line */
    scim_record_t record;
    scim_outcome_t outcome;
    const char *holder; /* who has the name, when it is taken */
    int same;           /* the resource is there already */
} entry_t;

typedef struct import_t {
    ctl_t *ctl;
    ctl_lines_t lines;
    ctl_htfile_fn convert;     /* what the lines are is no export; NULL: it is */
    apr_array_header_t *batch; /* of entry_t */
    apr_file_t *spool;         /* memberships, for when all resources are there */
    apr_int64_t imported, skipped, refused;
    apr_int64_t joined;
    ctl_progress_t progress;
    apr_pool_t *pool; /* of the batch */
    const ctl_import_line_t *group;
    apr_array_header_t *unknown; /* of const char *: members of the group that are not there */
    apr_int64_t changed;
    int altered;                         /* the group is another by now ... */
    char altered_id[SCIM_ID_LENGTH + 1]; /* ... as this one is */
} import_t;

static void refuse(import_t *import, apr_int64_t line, const char *why)
{
    import->refused++;
    ctl_fail(CTL_FOUND, "line %" APR_INT64_T_FMT ": %s", line, why);
}

/* ---- resources ---- */

static scim_error_t *explain(scim_session_t *session, entry_t *entry, apr_pool_t *pool)
{
    const scim_record_t *record = &entry->record;
    scim_record_t *found;

    SCIM_TRY(scim_store_provider.get(session, record->type, record->id, &found, pool));
    entry->same = found != NULL;
    if (!entry->same && record->local_key) {
        SCIM_TRY(scim_store_provider.find(session, record->type, SCIM_KEY_LOCAL,
                                          record->local_key, &found, pool));
        entry->holder = found ? found->id : NULL;
    }
    return NULL;
}

static scim_error_t *store_batch(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    import_t *import = baton;
    int i;

    for (i = 0; i < import->batch->nelts; i++) {
        entry_t *entry = &APR_ARRAY_IDX(import->batch, i, entry_t);

        SCIM_TRY(scim_store_provider.insert(session, &entry->record, &entry->outcome, pool));
        if (entry->outcome != SCIM_STORED) {
            SCIM_TRY(explain(session, entry, import->pool));
        }
    }
    return NULL;
}

static void account(import_t *import, const entry_t *entry)
{
    if (entry->outcome == SCIM_STORED) {
        import->imported++;
    } else if (entry->same) {
        import->skipped++;
    } else if (entry->holder) {
        refuse(import, entry->number,
               apr_psprintf(import->pool, "the name of the %s %s is that of %s, who is there",
                            entry->record.type, entry->record.id, entry->holder));
    } else {
        refuse(import, entry->number,
               apr_psprintf(import->pool,
                            "the id %s belongs to a resource of another directory or type",
                            entry->record.id));
    }
}

static int flush(import_t *import)
{
    scim_error_t *error;
    int i;

    if (import->batch->nelts) {
        error = ctl_transact(import->ctl, 1, store_batch, import, import->pool);
        if (error) {
            return ctl_fail_with(error);
        }
    }
    for (i = 0; i < import->batch->nelts; i++) {
        account(import, &APR_ARRAY_IDX(import->batch, i, entry_t));
    }
    apr_pool_clear(import->pool);
    import->batch = apr_array_make(import->pool, BATCH, sizeof(entry_t));
    ctl_progress_move(&import->progress, import->imported + import->skipped);
    return CTL_DONE;
}

static int keep_members(import_t *import, const char *text)
{
    apr_status_t status;

    if (import->spool == NULL) {
        char *name;
        const char *folder;

        status = apr_temp_dir_get(&folder, import->ctl->pool);
        if (status == APR_SUCCESS) {
            name = apr_pstrcat(import->ctl->pool, folder, "/scimctl-XXXXXX", NULL);
            status = apr_file_mktemp(&import->spool, name, 0, import->ctl->pool);
        }
        if (status != APR_SUCCESS) {
            import->spool = NULL;
            return ctl_fail(CTL_FAILED, "there is no place for a temporary file");
        }
    }
    status = apr_file_write_full(import->spool, text, strlen(text), NULL);
    if (status == APR_SUCCESS) {
        status = apr_file_write_full(import->spool, "\n", 1, NULL);
    }
    return status == APR_SUCCESS ? CTL_DONE
                                 : ctl_fail(CTL_FAILED, "the temporary file is full");
}

/* The line as one of an export; NULL: it says nothing. */
static scim_error_t *convert(const char **text, import_t *import)
{
    const char *remark = NULL;

    *text = import->lines.text;
    if (import->convert == NULL) {
        return NULL;
    }
    SCIM_TRY(import->convert(text, &remark, import->ctl, import->lines.text, import->pool));
    if (remark) {
        refuse(import, import->lines.number, remark);
    }
    return NULL;
}

static int take_line(import_t *import)
{
    ctl_import_line_t line;
    const char *text;
    scim_error_t *error = convert(&text, import);
    int status = CTL_DONE;

    if (!error && text) {
        error = ctl_import_read(&line, import->ctl, text, strlen(text), import->pool);
    }
    if (error && error->status >= 500) {
        return ctl_fail_with(error);
    }
    if (error) {
        refuse(import, import->lines.number, error->detail);
    }
    if (error || !text) {
        return CTL_DONE;
    }
    if (!line.more) {
        entry_t *entry = apr_array_push(import->batch);

        memset(entry, 0, sizeof(*entry));
        entry->number = import->lines.number;
        entry->record = line.record;
    }
    if (json_array_size(line.members)) {
        status = keep_members(import, text);
    }
    return status == CTL_DONE && import->batch->nelts == BATCH ? flush(import) : status;
}

static int read_resources(import_t *import)
{
    ctl_line_t kind = CTL_LINE;
    int status = CTL_DONE;

    while (status == CTL_DONE && !ctl_stopped
           && (kind = ctl_lines_next(&import->lines)) != CTL_LINE_NONE) {
        if (kind == CTL_LINE_FAILED) {
            return ctl_fail(CTL_FAILED, "what is to be imported cannot be read");
        }
        if (kind == CTL_LINE_TOO_LONG) {
            refuse(import, import->lines.number,
                   apr_psprintf(import->pool, "it is longer than %d bytes", CTL_MAX_LINE));
        } else if (kind == CTL_LINE_CUT && !import->convert) {
            refuse(import, import->lines.number, "it has no end: the file was cut off");
        } else {
            status = take_line(import);
        }
    }
    return status ? status : flush(import);
}

/* ---- memberships ---- */

static scim_error_t *join(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    import_t *import = baton;
    const scim_record_t *record = &import->group->record;
    const char *ids[IDS];
    scim_record_t *group;
    apr_int64_t changed;
    size_t at, i, count = json_array_size(import->group->members);

    import->changed = 0;
    apr_array_clear(import->unknown);
    SCIM_TRY(scim_store_provider.get(session, record->type, record->id, &group, pool));
    import->altered = group == NULL || group->deleted
                      || (record->version && group->version != record->version);
    for (at = 0; at < count && !import->altered; at += i) {
        for (i = 0; i < IDS && at + i < count; i++) {
            ids[i] = json_string_value(
                json_object_get(json_array_get(import->group->members, at + i), "value"));
        }
        SCIM_TRY(scim_store_provider.add_members(session, record->id, ids, (int)i, NULL,
                                                 &changed, import->unknown, pool));
        import->changed += changed;
    }
    return NULL;
}

static int join_line(import_t *import)
{
    ctl_import_line_t line;
    scim_error_t *error = ctl_import_read(&line, import->ctl, import->lines.text,
                                          import->lines.length, import->pool);
    int i;

    if (error) {
        return CTL_DONE; /* which cannot be: it was read before */
    }
    if (line.more && strcmp(line.record.id, import->altered_id) == 0) {
        return CTL_DONE;
    }
    import->group = &line;
    import->unknown = apr_array_make(import->pool, 4, sizeof(const char *));
    error = ctl_transact(import->ctl, 1, join, import, import->pool);
    if (error) {
        return ctl_fail_with(error);
    }
    apr_cpystrn(import->altered_id, import->altered ? line.record.id : "",
                sizeof(import->altered_id));
    import->joined += import->changed;
    for (i = 0; i < import->unknown->nelts; i++) {
        import->refused++;
        ctl_fail(CTL_FOUND, "group %s: the member %s does not exist", line.record.id,
                 APR_ARRAY_IDX(import->unknown, i, const char *));
    }
    return CTL_DONE;
}

static int read_memberships(import_t *import)
{
    apr_off_t start = 0;
    int status = CTL_DONE;

    if (import->spool == NULL) {
        return CTL_DONE;
    }
    apr_file_seek(import->spool, APR_SET, &start);
    import->lines.file = import->spool;
    import->lines.at = import->lines.filled = 0;
    while (status == CTL_DONE && !ctl_stopped && ctl_lines_next(&import->lines) == CTL_LINE) {
        status = join_line(import);
        apr_pool_clear(import->pool);
    }
    return status;
}

/* ---- all of it ---- */

int ctl_import(ctl_t *ctl)
{
    import_t import = {.ctl = ctl};
    const char *format = ctl->options.format;
    int status;

    if (format && strcmp(format, "scim") != 0
        && (import.convert = ctl_htfile_find(format)) == NULL) {
        return ctl_fail(CTL_USAGE, "--format: '%s' is not one of scim, htpasswd, htgroup",
                        format);
    }

    apr_pool_create(&import.pool, ctl->pool);
    import.batch = apr_array_make(import.pool, BATCH, sizeof(entry_t));
    ctl_lines_open(&import.lines, ctl->file, ctl->pool);
    ctl_progress_start(&import.progress, ctl, "import", 0);
    status = read_resources(&import);
    if (status == CTL_DONE) {
        status = read_memberships(&import);
    }
    ctl_progress_end(&import.progress);
    if (status) {
        return status;
    }
    ctl_say("%" APR_INT64_T_FMT " resources imported, %" APR_INT64_T_FMT
            " were there, %" APR_INT64_T_FMT " findings, %" APR_INT64_T_FMT " new memberships",
            import.imported, import.skipped, import.refused, import.joined);
    if (ctl_stopped) {
        return ctl_fail(CTL_INTERRUPTED, "stopped; the same again goes on");
    }
    return import.refused ? CTL_FOUND : CTL_DONE;
}

int ctl_import_file(ctl_t *ctl)
{
    const char *path = ctl->options.file;
    apr_status_t status =
        path ? apr_file_open(&ctl->file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, ctl->pool)
             : apr_file_open_stdin(&ctl->file, ctl->pool);

    return status == APR_SUCCESS
               ? CTL_DONE
               : ctl_fail(CTL_FAILED, "%s cannot be read: %s", path ? path : "the input",
                          apr_strerror(status, apr_palloc(ctl->pool, 128), 128));
}
