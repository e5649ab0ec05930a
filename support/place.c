#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "core/dialect.h"
#include "core/error.h"
#include "ctl.h"
#include "directory/dbd/plain.h"
#include "directory/dbd/sql.h"

/* The longest file of ScimSchema, in bytes. */
#define MAX_FILE (4 * 1024 * 1024)

/* How long to try for a turn among httpd's writers. */
#define PATIENCE apr_time_from_sec(60)

/* ---- the database ---- */

static int is_file(const ctl_t *ctl)
{
    return strcmp(ctl->options.driver, "sqlite3") == 0;
}

static int check_options(const ctl_t *ctl)
{
    const ctl_options_t *options = &ctl->options;

    if (options->driver == NULL || options->params == NULL) {
        return ctl_fail(
            CTL_USAGE, "say which database: with --config FILE, httpd's configuration, or with "
                       "--driver and --params, as in DBDriver and DBDParams");
    }
    if (scim_sql_find(options->driver) == NULL) {
        return ctl_fail(CTL_USAGE, "--driver: %s is none of %s",
                        scim_error_quotes(ctl->pool, options->driver),
                        scim_sql_names(ctl->pool));
    }
    return CTL_DONE;
}

/* A file that is not there would be made by looking at it. */
static int check_file(const ctl_t *ctl, ctl_need_t need)
{
    struct stat info;

    if (!is_file(ctl) || need == CTL_MAKES_DATABASE) {
        return CTL_DONE;
    }
    return stat(ctl->options.params, &info) == 0
               ? CTL_DONE
               : ctl_fail(CTL_FAILED, "the database file %s cannot be found: %s",
                          ctl->options.params, strerror(errno));
}

static int become(uid_t user, gid_t group)
{
    const struct passwd *entry = getpwuid(user);

    if ((entry ? initgroups(entry->pw_name, group) : setgroups(0, NULL)) != 0
        || setgid(group) != 0 || setuid(user) != 0 || geteuid() != user) {
        return ctl_fail(CTL_FAILED, "cannot become the user %lu, who owns the database",
                        (unsigned long)user);
    }
    return CTL_DONE;
}

/*
 * What root makes beside an SQLite file (its log, or the file itself) httpd's children could
 * not write. So root becomes the owner of the file, or of the folder where it is going to be.
 */
static int leave_root(const ctl_t *ctl)
{
    char *folder = apr_pstrdup(ctl->pool, ctl->options.params), *slash;
    struct stat info;

    if (geteuid() != 0 || !is_file(ctl)) {
        return CTL_DONE;
    }
    if (stat(ctl->options.params, &info) != 0) {
        slash = strrchr(folder, '/');
        if (slash == NULL) {
            folder = apr_pstrdup(ctl->pool, ".");
        } else {
            slash[slash == folder] = '\0';
        }
        if (stat(folder, &info) != 0) {
            return ctl_fail(CTL_FAILED, "the folder %s cannot be found: %s", folder,
                            strerror(errno));
        }
    }
    return info.st_uid == 0 ? CTL_DONE : become(info.st_uid, info.st_gid);
}

/* ---- schemas and indexes ---- */

static int read_file(scim_schema_file_t *read, const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_file_t *file;
    char *text;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_SIZE | APR_FINFO_TYPE, pool);

    if (status == APR_SUCCESS && (info.filetype != APR_REG || info.size > MAX_FILE)) {
        return ctl_fail(CTL_FAILED, "the schema %s is not a file of up to %d bytes", path,
                        MAX_FILE);
    }
    if (status == APR_SUCCESS) {
        status = apr_file_open(&file, path, APR_READ | APR_BINARY, APR_OS_DEFAULT, pool);
    }
    if (status == APR_SUCCESS) {
        text = apr_palloc(pool, (apr_size_t)info.size + 1);
        status = apr_file_read_full(file, text, (apr_size_t)info.size, &read->length);
        apr_file_close(file);
        read->text = text;
        read->name = path;
    }
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return ctl_fail(CTL_FAILED, "the schema %s cannot be read: %s", path,
                        apr_strerror(status, apr_palloc(pool, 128), 128));
    }
    return CTL_DONE;
}

static int read_schemas(ctl_t *ctl)
{
    const apr_array_header_t *paths = ctl->options.schemas;
    scim_schema_file_t *files =
        apr_pcalloc(ctl->pool, sizeof(*files) * (apr_size_t)(paths->nelts + 1));
    scim_error_t *error = scim_schemas_create(&ctl->schemas, ctl->pool);
    int i, status;

    for (i = 0; i < paths->nelts; i++) {
        status = read_file(&files[i], APR_ARRAY_IDX(paths, i, const char *), ctl->pool);
        if (status) {
            return status;
        }
    }
    if (error == NULL) {
        error = scim_schemas_load(ctl->schemas, files, paths->nelts);
    }
    return error ? ctl_fail_with(error) : CTL_DONE;
}

static int add_index(ctl_t *ctl, const char *text, const char *source)
{
    const char *wrong = scim_indexed_add(ctl->indexed, text, ctl->schemas, ctl->pool);

    return wrong ? ctl_fail(CTL_USAGE, "%s: %s", source, wrong) : CTL_DONE;
}

/*
 * What httpd keeps, since whoever writes without an index ends it: what its configuration says,
 * or else what the database has.
 */
static int add_kept_indexes(ctl_t *ctl)
{
    const apr_array_header_t *kept = ctl->survey.indexes;
    int i, status = CTL_DONE;

    for (i = 0; kept && i < kept->nelts && !ctl->configured && status == CTL_DONE; i++) {
        const scim_survey_index_t *index = &APR_ARRAY_IDX(kept, i, scim_survey_index_t);
        const char *name = apr_pstrcat(ctl->pool, index->type, ":", index->attribute, NULL);

        if (scim_schemas_type(ctl->schemas, index->type) == NULL) {
            return ctl_fail(CTL_USAGE,
                            "the directory has resources of the type %s: say where its schema "
                            "is with --schema, or use --config",
                            index->type);
        }
        status = add_index(ctl, name, "an index of the directory needs its --schema");
    }
    return status;
}

static int read_indexes(ctl_t *ctl)
{
    const apr_array_header_t *named = ctl->options.indexes;
    const char *wrong;
    int i, status = CTL_DONE;

    ctl->indexed = scim_indexed_create(ctl->pool);
    wrong = scim_indexed_defaults(ctl->indexed, ctl->schemas, ctl->pool);
    if (wrong) {
        return ctl_fail(CTL_FAILED, "%s", wrong);
    }
    for (i = 0; i < named->nelts && status == CTL_DONE; i++) {
        status = add_index(ctl, APR_ARRAY_IDX(named, i, const char *),
                           ctl->configured ? "ScimIndex" : "--index");
    }
    ctl->named = ctl->indexed->attributes->nelts;
    return status ? status : add_kept_indexes(ctl);
}

/* ---- the directory ---- */

static const char *list_of(const apr_array_header_t *names, apr_pool_t *pool)
{
    const char *list = names->nelts ? "" : "none";
    int i;

    for (i = 0; i < names->nelts; i++) {
        list =
            apr_pstrcat(pool, list, i ? ", " : "", APR_ARRAY_IDX(names, i, const char *), NULL);
    }
    return list;
}

static int check_survey(const ctl_t *ctl)
{
    const scim_survey_t *survey = &ctl->survey;

    if (!survey->tables) {
        return ctl_fail(CTL_FAILED, "there are no tables in %s; `scimctl init` makes them",
                        survey->database);
    }
    if (survey->version != SCIM_TABLES_VERSION) {
        return ctl_fail(CTL_FAILED,
                        "the tables in %s have version %d, and this scimctl works with version "
                        "%d%s",
                        survey->database, survey->version, SCIM_TABLES_VERSION,
                        survey->version > 0 && survey->version < SCIM_TABLES_VERSION
                            ? "; `scimctl migrate` brings them up to date"
                            : "");
    }
    if (survey->number == NULL) {
        return ctl_fail(CTL_FAILED,
                        "there is no directory %s in %s; those that there are: %s; `scimctl "
                        "init` makes a new one",
                        scim_error_quotes(ctl->pool, ctl->options.directory), survey->database,
                        list_of(survey->directories, ctl->pool));
    }
    return CTL_DONE;
}

/* The only one there is need not be named. */
static scim_error_t *survey(ctl_t *ctl)
{
    const scim_survey_t *found = &ctl->survey;

    SCIM_TRY(scim_survey_make(&ctl->survey, ctl->source, ctl->options.directory, ctl->pool));
    if (ctl->options.directory == NULL && found->directories->nelts == 1) {
        ctl->options.directory = APR_ARRAY_IDX(found->directories, 0, const char *);
        return scim_survey_make(&ctl->survey, ctl->source, ctl->options.directory, ctl->pool);
    }
    return NULL;
}

static scim_error_t *open_store(ctl_t *ctl)
{
    ctl->directory.name = ctl->options.directory;
    ctl->directory.provider = &scim_store_provider;
    ctl->service.schemas = ctl->schemas;
    ctl->service.directory = &ctl->directory;
    ctl->service.indexed = ctl->indexed->paths;
    ctl->service.reject_unknown = 1;
    return scim_store_open(&ctl->directory.state, ctl->options.directory, ctl->source,
                           (const scim_indexed_attribute_t *)ctl->indexed->attributes->elts,
                           ctl->indexed->attributes->nelts, ctl->pool);
}

static void report(void *listener, const char *level, const char *message)
{
    (void)listener;
    ctl_fail(CTL_FAILED, "%s: %s", level, message);
}

static int reach(ctl_t *ctl, ctl_need_t need)
{
    scim_error_t *error = scim_plain_open(&ctl->source, ctl->options.driver,
                                          ctl->options.params, report, NULL, ctl->pool);

    if (error == NULL) {
        ctl->source->lock = NULL; /* one thread: there is nobody to queue with */
        ctl->source->unlock = NULL;
        error = survey(ctl);
    }
    if (error) {
        return ctl_fail_with(error);
    }
    if (need == CTL_NEEDS_DIRECTORY && ctl->options.directory == NULL
        && ctl->survey.directories->nelts > 1) {
        return ctl_fail(CTL_USAGE, "say which directory with --directory: %s",
                        list_of(ctl->survey.directories, ctl->pool));
    }
    return need == CTL_NEEDS_DIRECTORY ? check_survey(ctl) : CTL_DONE;
}

int ctl_place_open(ctl_t *ctl, ctl_need_t need)
{
    scim_error_t *error;
    int status;

    if ((status = check_options(ctl)) || (status = check_file(ctl, need))
        || (status = read_schemas(ctl)) || (status = leave_root(ctl))
        || (status = reach(ctl, need)) || (status = read_indexes(ctl))) {
        return status;
    }
    if (ctl->options.directory == NULL) {
        return CTL_DONE;
    }
    error = open_store(ctl);
    return error ? ctl_fail_with(error) : CTL_DONE;
}

/* ---- work ---- */

scim_error_t *ctl_transact(ctl_t *ctl, int writes, scim_work_fn work, void *baton,
                           apr_pool_t *pool)
{
    apr_time_t since = apr_time_now();
    scim_error_t *error;

    for (;;) {
        error =
            ctl->directory.provider->transact(ctl->directory.state, writes, work, baton, pool);
        if (error == NULL || error->status != 503 || !is_file(ctl) || ctl_stopped
            || apr_time_now() - since > PATIENCE) {
            return error;
        }
        apr_sleep(apr_time_from_msec(50));
    }
}

scim_call_t ctl_call(const ctl_t *ctl, const scim_resource_type_t *type, apr_pool_t *pool)
{
    scim_call_t call = {.service = &ctl->service,
                        .type = type,
                        .dialect = scim_dialect_find("strict"),
                        .base_url = "",
                        .client = "scimctl",
                        .notes = apr_array_make(pool, 2, sizeof(const char *)),
                        .pool = pool};

    return call;
}
