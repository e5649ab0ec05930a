#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/json.h"
#include "core/uuid.h"
#include "directory/dbd/audit.h"
#include "lines.h"
#include "service/representation.h"

/* Resources in one unit of work. */
#define BATCH 32

/* A group that has more members than stand in its line. */
typedef struct remainder_t {
    const char *id;
    char after[SCIM_ID_LENGTH + 1];
} remainder_t;

typedef struct export_t {
    ctl_t *ctl;
    const scim_resource_type_t *type; /* what is being written */
    char after[24];                   /* the number of the last one that was */
    apr_array_header_t *batch;        /* of scim_numbered_t */
    apr_array_header_t *lines;        /* of json_t *, for each of them */
    remainder_t rest;                 /* of the last group that was read */
    ctl_progress_t progress;
    apr_int64_t done;
    apr_pool_t *pool; /* of the unit of work */
} export_t;

/* ---- a line ---- */

/* All digits that are stored: those of the answers of an endpoint end with milliseconds. */
static json_t *moment(apr_time_t when)
{
    apr_time_exp_t parts;
    char text[64];

    apr_time_exp_gmt(&parts, when);
    apr_snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                 parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                 parts.tm_min, parts.tm_sec, parts.tm_usec);
    return json_string(text);
}

static json_t *meta_of(const scim_record_t *record, apr_pool_t *pool)
{
    json_t *meta = json_object();

    json_object_set_new(meta, "resourceType", json_string(record->type));
    json_object_set_new(meta, "created", moment(record->created));
    json_object_set_new(meta, "lastModified", moment(record->modified));
    json_object_set_new(meta, "version", json_string(scim_etag(record->version, NULL, pool)));
    return meta;
}

/* What SCIM has no attribute for; NULL: nothing. */
static json_t *stored_of(const scim_record_t *record, const json_t *document, int passwords)
{
    const char *name = json_string_value(json_object_get(document, "userName"));
    json_t *stored = json_object();

    if (record->local_name && (name == NULL || strcmp(name, record->local_name) != 0)) {
        json_object_set_new(stored, "localName", json_string(record->local_name));
    }
    if (record->deleted) {
        json_object_set_new(stored, "deleted", json_true());
    }
    if (record->not_before) {
        json_object_set_new(stored, "notBefore", moment(record->not_before));
    }
    if (record->password && passwords) {
        json_object_set_new(stored, "passwordHash", json_string(record->password));
    }
    if (json_object_size(stored) == 0) {
        json_decref(stored);
        return NULL;
    }
    return stored;
}

/* Members while they are read. */
typedef struct members_t {
    json_t *list;
    char last[SCIM_ID_LENGTH + 1];
    int count;
} members_t;

static scim_error_t *add_member(void *baton, const scim_member_t *member, apr_pool_t *scratch)
{
    members_t *members = baton;
    json_t *element = json_object();

    (void)scratch;
    json_object_set_new(element, "value", json_string(member->id));
    if (member->display) {
        json_object_set_new(element, "display", json_string(member->display));
    }
    json_object_set_new(element, "type", json_string(member->type));
    json_array_append_new(members->list, element);
    apr_cpystrn(members->last, member->id, sizeof(members->last));
    members->count++;
    return NULL;
}

/* Adds the next members to the line of a group. */
static scim_error_t *add_members(json_t *line, export_t *export, scim_session_t *session,
                                 const char *group, const char *after)
{
    members_t members = {.list = scim_json_own(export->pool, json_array())};

    SCIM_TRY(scim_store_provider.members(session, group, after, CTL_MEMBERS, add_member,
                                         &members, export->pool));
    if (members.count) {
        json_object_set(line, "members", members.list);
    }
    export->rest.id = members.count == CTL_MEMBERS ? group : NULL;
    apr_cpystrn(export->rest.after, members.last, sizeof(export->rest.after));
    return NULL;
}

static scim_error_t *make_line(json_t **made, export_t *export, scim_session_t *session,
                               const scim_record_t *record)
{
    json_t *line = scim_json_own(export->pool, json_object()), *document, *value, *stored;
    const char *name;

    SCIM_TRY(scim_representation_load(&document, record, export->pool));
    json_object_set_new(line, "id", json_string(record->id));
    json_object_foreach(document, name, value)
    {
        json_object_set(line, name, value);
    }
    if (export->type->kind == SCIM_KIND_GROUP) {
        SCIM_TRY(add_members(line, export, session, record->id, NULL));
    }
    json_object_set_new(line, "meta", meta_of(record, export->pool));
    stored = stored_of(record, document, export->ctl->options.passwords);
    if (stored) {
        json_object_set_new(line, CTL_STORED, stored);
    }
    *made = line;
    return NULL;
}

/* ---- batches ---- */

/* A group with many members ends its batch: they follow before the next one. */
static scim_error_t *read_batch(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    export_t *export = baton;
    int i;

    export->lines = apr_array_make(export->pool, BATCH, sizeof(json_t *));
    export->rest.id = NULL;
    SCIM_TRY(scim_audit_walk(&export->batch, session, export->type->name, export->after, BATCH,
                             export->pool));
    for (i = 0; i < export->batch->nelts && export->rest.id == NULL; i++) {
        const scim_numbered_t *numbered = &APR_ARRAY_IDX(export->batch, i, scim_numbered_t);

        SCIM_TRY(make_line(apr_array_push(export->lines), export, session, numbered->record));
    }
    (void)pool;
    return NULL;
}

static scim_error_t *read_rest(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    export_t *export = baton;
    json_t *line = scim_json_own(export->pool, json_object());
    const char *group = apr_pstrdup(export->pool, export->rest.id);
    const char *after = apr_pstrdup(export->pool, export->rest.after);

    (void)pool;
    export->lines = apr_array_make(export->pool, 1, sizeof(json_t *));
    json_object_set_new(line, "id", json_string(group));
    SCIM_TRY(add_members(line, export, session, group, after));
    json_object_set_new(line, "meta", json_pack("{s:s}", "resourceType", export->type->name));
    json_object_set_new(line, CTL_STORED, json_pack("{s:b}", "more", 1));
    if (json_object_get(line, "members")) {
        APR_ARRAY_PUSH(export->lines, json_t *) = line;
    }
    return NULL;
}

static int write_lines(const export_t *export)
{
    apr_status_t status = APR_SUCCESS;
    apr_size_t length;
    int i;

    for (i = 0; i < export->lines->nelts && status == APR_SUCCESS; i++) {
        const char *text =
            scim_json_text(APR_ARRAY_IDX(export->lines, i, json_t *), &length, export->pool);

        status = apr_file_write_full(export->ctl->file, text, length, NULL);
        if (status == APR_SUCCESS) {
            status = apr_file_write_full(export->ctl->file, "\n", 1, NULL);
        }
    }
    return status == APR_SUCCESS
               ? CTL_DONE
               : ctl_fail(CTL_FAILED, "the export cannot be written: %s",
                          apr_strerror(status, apr_palloc(export->pool, 128), 128));
}

/* `rest` is repeated when the unit of work is. */
static int write_rest(export_t *export, apr_pool_t *kept)
{
    scim_error_t *error;
    int status = CTL_DONE;

    while (export->rest.id && status == CTL_DONE && !ctl_stopped) {
        remainder_t from = {apr_pstrdup(kept, export->rest.id), ""};

        apr_cpystrn(from.after, export->rest.after, sizeof(from.after));
        apr_pool_clear(export->pool);
        export->rest = from;
        error = ctl_transact(export->ctl, 0, read_rest, export, export->pool);
        status = error ? ctl_fail_with(error) : write_lines(export);
    }
    return status;
}

static int export_batch(export_t *export, int *more, apr_pool_t *kept)
{
    scim_error_t *error;
    int status;

    apr_pool_clear(kept);
    apr_pool_clear(export->pool);
    error = ctl_transact(export->ctl, 0, read_batch, export, export->pool);
    if (error) {
        return ctl_fail_with(error);
    }
    *more = export->lines->nelts == BATCH || export->rest.id;
    if (export->lines->nelts) {
        apr_cpystrn(
            export->after,
            APR_ARRAY_IDX(export->batch, export->lines->nelts - 1, scim_numbered_t).number,
            sizeof(export->after));
    }
    status = write_lines(export);
    export->done += export->lines->nelts;
    ctl_progress_move(&export->progress, export->done);
    return status ? status : write_rest(export, kept);
}

static int export_type(export_t *export)
{
    apr_pool_t *kept;
    int status = CTL_DONE, more = 1;

    apr_pool_create(&kept, export->ctl->pool);
    while (more && status == CTL_DONE && !ctl_stopped) {
        status = export_batch(export, &more, kept);
    }
    apr_pool_destroy(kept);
    apr_cpystrn(export->after, "-1", sizeof(export->after));
    return status;
}

/* ---- where to go on ---- */

/* The ids of the last two resources in the file, and where the last one begins. */
typedef struct tail_t {
    char id[SCIM_ID_LENGTH + 1], before[SCIM_ID_LENGTH + 1];
    const char *type; /* of the one before */
    apr_off_t start;
    scim_numbered_t found;
    export_t *export;
} tail_t;

/* An export's line begins with the id. */
static int id_of(char id[SCIM_ID_LENGTH + 1], const ctl_lines_t *lines)
{
    static const char begin[] = "{\"id\":\"";
    const apr_size_t skip = sizeof(begin) - 1;

    if (lines->length < skip + SCIM_ID_LENGTH || memcmp(lines->text, begin, skip) != 0) {
        return 0;
    }
    apr_cpystrn(id, lines->text + skip, SCIM_ID_LENGTH + 1);
    return scim_uuid_valid(id);
}

static int read_tail(tail_t *tail, ctl_t *ctl)
{
    char id[SCIM_ID_LENGTH + 1];
    ctl_lines_t lines;
    ctl_line_t kind;

    ctl_lines_open(&lines, ctl->file, ctl->pool);
    while ((kind = ctl_lines_next(&lines)) == CTL_LINE) {
        if (!id_of(id, &lines)) {
            return ctl_fail(CTL_FAILED, "%s is not an export: line %" APR_INT64_T_FMT,
                            ctl->options.file, lines.number);
        }
        if (strcmp(id, tail->id) != 0) {
            strcpy(tail->before, tail->id);
            strcpy(tail->id, id);
            tail->start = lines.start;
        }
    }
    if (kind == CTL_LINE_FAILED || kind == CTL_LINE_TOO_LONG) {
        return ctl_fail(CTL_FAILED, "%s is not an export, or cannot be read",
                        ctl->options.file);
    }
    return CTL_DONE;
}

static scim_error_t *find_record(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    tail_t *tail = baton;
    apr_array_header_t *types = tail->export->ctl->schemas->resource_types;
    int i;

    SCIM_TRY(
        scim_audit_number(&tail->found.number, session, tail->before, tail->export->ctl->pool));
    tail->found.record = NULL;
    for (i = 0; i < types->nelts && tail->found.record == NULL; i++) {
        tail->type = APR_ARRAY_IDX(types, i, const scim_resource_type_t *)->name;
        SCIM_TRY(scim_store_provider.get(session, tail->type, tail->before, &tail->found.record,
                                         pool));
    }
    return NULL;
}

/* The last resource is written again, since its members may not be complete. */
static int go_on(tail_t *tail, export_t *export)
{
    ctl_t *ctl = export->ctl;
    scim_error_t *error;
    apr_off_t start;
    int status = read_tail(tail, ctl);

    if (status) {
        return status;
    }
    tail->export = export;
    if (*tail->before) {
        error = ctl_transact(ctl, 0, find_record, tail, ctl->pool);
        if (error) {
            return ctl_fail_with(error);
        }
        if (tail->found.record == NULL) {
            return ctl_fail(
                CTL_FAILED,
                "%s cannot be gone on with, since its last resource %s is not there "
                "any more; begin anew",
                ctl->options.file, tail->before);
        }
        apr_cpystrn(export->after, tail->found.number, sizeof(export->after));
    }
    start = tail->start;
    if (apr_file_trunc(ctl->file, start) != APR_SUCCESS
        || apr_file_seek(ctl->file, APR_SET, &start) != APR_SUCCESS) {
        return ctl_fail(CTL_FAILED, "%s cannot be gone on with: it is no file",
                        ctl->options.file);
    }
    return CTL_DONE;
}

/* ---- all of it ---- */

/* Groups last: who imports them finds the people. */
static const scim_resource_type_t **order_types(const ctl_t *ctl)
{
    const apr_array_header_t *types = ctl->schemas->resource_types;
    const scim_resource_type_t **list =
        apr_pcalloc(ctl->pool, sizeof(*list) * (apr_size_t)(types->nelts + 1));
    int i, groups, count = 0;

    for (groups = 0; groups < 2; groups++) {
        for (i = 0; i < types->nelts; i++) {
            const scim_resource_type_t *type =
                APR_ARRAY_IDX(types, i, const scim_resource_type_t *);

            if ((type->kind == SCIM_KIND_GROUP) == groups) {
                list[count++] = type;
            }
        }
    }
    return list;
}

static scim_error_t *count(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    (void)pool;
    return scim_audit_totals(baton, session, session->pool);
}

/* How many there are; and whether all of them are of types that are known. */
static int count_all(apr_int64_t *total, ctl_t *ctl)
{
    apr_array_header_t *totals;
    scim_error_t *error = ctl_transact(ctl, 0, count, &totals, ctl->pool);
    int i;

    if (error) {
        return ctl_fail_with(error);
    }
    *total = 0;
    for (i = 0; i < totals->nelts; i++) {
        const scim_total_t *of = &APR_ARRAY_IDX(totals, i, scim_total_t);

        if (scim_schemas_type(ctl->schemas, of->type) == NULL) {
            return ctl_fail(CTL_USAGE,
                            "the directory has resources of the type %s: say where its schema "
                            "is with --schema, or use --config",
                            of->type);
        }
        *total += of->counted;
    }
    return CTL_DONE;
}

int ctl_export(ctl_t *ctl)
{
    export_t export = {.ctl = ctl, .after = "-1"};
    const scim_resource_type_t **types = order_types(ctl);
    tail_t tail = {.type = NULL};
    apr_int64_t total = 0;
    int status = count_all(&total, ctl);

    apr_pool_create(&export.pool, ctl->pool);
    if (status == CTL_DONE && ctl->options.proceed) {
        status = go_on(&tail, &export);
        while (tail.type && *types && strcmp((*types)->name, tail.type) != 0) {
            types++;
        }
    }
    ctl_progress_start(&export.progress, ctl, "export", total);
    for (; *types && status == CTL_DONE && !ctl_stopped; types++) {
        export.type = *types;
        status = export_type(&export);
    }
    ctl_progress_end(&export.progress);
    if (status == CTL_DONE && apr_file_close(ctl->file) != APR_SUCCESS) {
        status = ctl_fail(CTL_FAILED, "the export cannot be written");
    }
    if (status == CTL_DONE && ctl_stopped) {
        return ctl_fail(CTL_INTERRUPTED, "stopped; the same with --continue goes on");
    }
    return status;
}

/* While it is still who started the program: what is exported belongs to them. */
int ctl_export_file(ctl_t *ctl)
{
    const char *path = ctl->options.file;
    apr_int32_t how = APR_FOPEN_WRITE | APR_FOPEN_READ | APR_FOPEN_BINARY;
    apr_status_t status;

    if (path == NULL && ctl->options.proceed) {
        return ctl_fail(CTL_USAGE, "--continue needs the FILE to go on with");
    }
    if (path == NULL) {
        status = apr_file_open_stdout(&ctl->file, ctl->pool);
    } else {
        how |= ctl->options.proceed ? 0 : APR_FOPEN_CREATE | APR_FOPEN_EXCL;
        status =
            apr_file_open(&ctl->file, path, how, APR_FPROT_UREAD | APR_FPROT_UWRITE, ctl->pool);
    }
    if (APR_STATUS_IS_EEXIST(status)) {
        return ctl_fail(CTL_FAILED, "%s is there already; --continue goes on with it", path);
    }
    return status == APR_SUCCESS
               ? CTL_DONE
               : ctl_fail(CTL_FAILED, "%s cannot be written: %s", path ? path : "the output",
                          apr_strerror(status, apr_palloc(ctl->pool, 128), 128));
}
