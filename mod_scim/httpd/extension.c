#include "httpd/extension.h"

#include <apr_file_io.h>
#include <string.h>

#include "core/error.h"
#include "httpd/argument.h"

/* The longest file of ScimSchema, in bytes. */
#define MAX_FILE (4 * 1024 * 1024)

typedef struct index_line_t {
    const char *where;
    const char *attribute;
} index_line_t;

struct scim_extension_lines_t {
    apr_array_header_t *files;   /* of scim_schema_file_t */
    apr_array_header_t *paths;   /* of const char *: theirs */
    apr_array_header_t *indexes; /* of index_line_t */
};

scim_extension_lines_t *scim_extension_lines(apr_pool_t *pool)
{
    scim_extension_lines_t *lines = apr_palloc(pool, sizeof(*lines));

    lines->files = apr_array_make(pool, 1, sizeof(scim_schema_file_t));
    lines->paths = apr_array_make(pool, 1, sizeof(const char *));
    lines->indexes = apr_array_make(pool, 1, sizeof(index_line_t));
    return lines;
}

/* ---- the directives ---- */

static scim_extension_lines_t *lines_of(const cmd_parms *cmd)
{
    const scim_server_config_t *config =
        ap_get_module_config(cmd->server->module_config, &scim_module);

    return config->lines;
}

static const char *place_of(const cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d: %s", cmd->directive->filename,
                        cmd->directive->line_num, cmd->cmd->name);
}

static const char *check_place(cmd_parms *cmd)
{
    return ap_check_cmd_context(cmd, GLOBAL_ONLY)
               ? scim_argument_wrong(cmd, "it belongs to the server's configuration, outside "
                                          "of all sections")
               : NULL;
}

/* The whole of a file. What it is is looked at first, since opening a FIFO would wait. */
static const char *read_file(scim_schema_file_t *read, const char *name, cmd_parms *cmd)
{
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv = apr_stat(&info, name, APR_FINFO_SIZE | APR_FINFO_TYPE, cmd->temp_pool);
    char *text;

    if (rv == APR_SUCCESS && (info.filetype != APR_REG || info.size > MAX_FILE)) {
        return scim_argument_wrong(cmd, "'%s' is not a file of up to %d bytes", name, MAX_FILE);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_file_open(&file, name, APR_READ | APR_BINARY, APR_OS_DEFAULT, cmd->temp_pool);
    }
    if (rv != APR_SUCCESS) {
        return scim_argument_wrong(cmd, "'%s' cannot be opened: %pm", name, &rv);
    }
    text = apr_palloc(cmd->pool, (apr_size_t)info.size + 1);
    rv = apr_file_read_full(file, text, (apr_size_t)info.size, &read->length);
    apr_file_close(file);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv)) {
        return scim_argument_wrong(cmd, "'%s' cannot be read: %pm", name, &rv);
    }
    read->text = text;
    return NULL;
}

const char *scim_extension_schema(cmd_parms *cmd, void *config, const char *file)
{
    const char *path = ap_server_root_relative(cmd->pool, file);
    scim_schema_file_t read = {NULL, NULL, 0};

    (void)config;
    SCIM_REFUSE(check_place(cmd));
    if (path == NULL) {
        return scim_argument_wrong(cmd, "%s is not a path", scim_error_quotes(cmd->pool, file));
    }
    SCIM_REFUSE(read_file(&read, path, cmd));
    read.name = apr_psprintf(cmd->pool, "%s: %s", place_of(cmd), path);
    APR_ARRAY_PUSH(lines_of(cmd)->files, scim_schema_file_t) = read;
    APR_ARRAY_PUSH(lines_of(cmd)->paths, const char *) = path;
    return NULL;
}

const char *scim_extension_index(cmd_parms *cmd, void *config, const char *attribute)
{
    index_line_t *line;

    (void)config;
    SCIM_REFUSE(check_place(cmd));
    line = apr_array_push(lines_of(cmd)->indexes);
    line->where = place_of(cmd);
    line->attribute = apr_pstrdup(cmd->pool, attribute);
    return NULL;
}

apr_array_header_t *scim_extension_files(const scim_extension_lines_t *lines, apr_pool_t *pool)
{
    return apr_array_copy(pool, lines->paths);
}

apr_array_header_t *scim_extension_indexes(const scim_extension_lines_t *lines,
                                           apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 4, sizeof(const char *));
    int i;

    for (i = 0; i < lines->indexes->nelts; i++) {
        APR_ARRAY_PUSH(list, const char *) =
            APR_ARRAY_IDX(lines->indexes, i, index_line_t).attribute;
    }
    return list;
}

/* ---- what they come to ---- */

const char *scim_extension_apply(scim_server_config_t *server, apr_pool_t *pool)
{
    const scim_extension_lines_t *lines = server->lines;
    scim_error_t *error = scim_schemas_load(
        server->schemas, (const scim_schema_file_t *)lines->files->elts, lines->files->nelts);
    const char *wrong;
    int i;

    if (error) {
        return error->detail;
    }
    wrong = scim_indexed_defaults(server->indexed, server->schemas, pool);
    for (i = 0; i < lines->indexes->nelts && !wrong; i++) {
        const index_line_t *line = &APR_ARRAY_IDX(lines->indexes, i, index_line_t);

        wrong = scim_indexed_add(server->indexed, line->attribute, server->schemas, pool);
        if (wrong) {
            wrong = apr_pstrcat(pool, line->where, ": ", wrong, NULL);
        }
    }
    return wrong;
}
