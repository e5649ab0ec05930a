#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "core/error.h"
#include "core/json.h"
#include "ctl.h"

/* The longest answer of httpd, in bytes. */
#define MAX_DUMP (1024 * 1024)

/*
 * Only httpd understands its configuration: what is included, defined, expanded and loaded. So
 * it is asked; see mod_scim's dump.h. Where the distribution has a script that sets httpd's
 * environment up (apache2ctl), that is what is asked.
 */
static const char *find_httpd(const ctl_t *ctl)
{
    const char *script = apr_pstrcat(ctl->pool, SCIM_HTTPD, "ctl", NULL);
    apr_finfo_t info;

    if (ctl->options.httpd) {
        return ctl->options.httpd;
    }
    return apr_stat(&info, script, APR_FINFO_TYPE, ctl->pool) == APR_SUCCESS ? script
                                                                             : SCIM_HTTPD;
}

/* Before it comes "Syntax OK" of modules that print to it too. */
static const char *answer_of(apr_file_t *from, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, MAX_DUMP + 1);
    apr_size_t length = 0;
    apr_status_t status = apr_file_read_full(from, text, MAX_DUMP, &length);
    char *line;

    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return NULL;
    }
    text[length] = '\0';
    line = strstr(text, "{\"servers\"");
    if (line == NULL) {
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static int start(apr_proc_t *process, const char *const *argv, apr_pool_t *pool)
{
    apr_procattr_t *attributes;
    apr_file_t *nowhere;
    apr_status_t status = apr_procattr_create(&attributes, pool);

    if (status == APR_SUCCESS) {
        status = apr_file_open(&nowhere, "/dev/null", APR_FOPEN_WRITE, 0, pool);
    }
    if (status == APR_SUCCESS) {
        apr_procattr_io_set(attributes, APR_NO_PIPE, APR_FULL_BLOCK, APR_NO_PIPE);
        apr_procattr_child_err_set(attributes, nowhere, NULL);
        apr_procattr_cmdtype_set(attributes, APR_PROGRAM_PATH);
        apr_procattr_error_check_set(attributes, 1);
        status = apr_proc_create(process, argv[0], argv, NULL, attributes, pool);
    }
    return status == APR_SUCCESS ? CTL_DONE
                                 : ctl_fail(CTL_FAILED,
                                            "the httpd %s cannot be run; say which one with "
                                            "--httpd PATH",
                                            argv[0]);
}

static int ask_httpd(json_t **dump, ctl_t *ctl)
{
    const char *argv[] = {find_httpd(ctl),    "-t", "-D", "DUMP_SCIM", "-D",
                          "DUMP_SCIM_PARAMS", NULL, NULL, NULL};
    apr_exit_why_e why;
    apr_proc_t process;
    const char *text;
    int code;

    if (ctl->options.config && *ctl->options.config) {
        argv[6] = "-f";
        argv[7] = ctl->options.config;
    }
    code = start(&process, argv, ctl->pool);
    if (code) {
        return code;
    }
    text = answer_of(process.out, ctl->pool);
    apr_file_close(process.out);
    apr_proc_wait(&process, &code, &why, APR_WAIT);
    if (!APR_PROC_CHECK_EXIT(why) || code != 0) {
        return ctl_fail(CTL_FAILED, "httpd does not accept its configuration; `%s -t` says why",
                        argv[0]);
    }
    if (text == NULL || scim_json_parse(dump, text, strlen(text), ctl->pool)) {
        return ctl_fail(CTL_FAILED,
                        "httpd's configuration does not load mod_scim, or one that is older "
                        "than this scimctl");
    }
    return CTL_DONE;
}

/* ---- choosing ---- */

static const char *text_of(const json_t *object, const char *name, apr_pool_t *pool)
{
    return apr_pstrdup(pool, json_string_value(json_object_get(object, name)));
}

static void add_texts(apr_array_header_t *list, const json_t *array)
{
    const json_t *value;
    size_t i;

    json_array_foreach(array, i, value)
    {
        APR_ARRAY_PUSH(list, const char *) = apr_pstrdup(list->pool, json_string_value(value));
    }
}

static int has_directory(const json_t *server, const char *name)
{
    const json_t *list = json_object_get(server, "directories"), *value;
    size_t i;

    json_array_foreach(list, i, value)
    {
        if (name == NULL || strcmp(json_string_value(value), name) == 0) {
            return 1;
        }
    }
    return 0;
}

static int same_database(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "driver"), json_object_get(b, "driver"))
           && json_equal(json_object_get(a, "params"), json_object_get(b, "params"));
}

/* The server whose database it is about, which may be that of several. */
static int choose_server(const json_t **chosen, const json_t *dump, const char *directory)
{
    const json_t *servers = json_object_get(dump, "servers"), *server;
    size_t i;

    *chosen = NULL;
    json_array_foreach(servers, i, server)
    {
        if (!has_directory(server, directory)
            || !json_is_string(json_object_get(server, "driver"))) {
            continue;
        }
        if (*chosen && !same_database(*chosen, server)) {
            return ctl_fail(CTL_USAGE,
                            "the servers of the configuration have several databases with this "
                            "directory; say which with --driver and --params");
        }
        *chosen = *chosen ? *chosen : server;
    }
    if (*chosen == NULL && directory) {
        return ctl_fail(CTL_USAGE,
                        "the configuration has no endpoint with the directory %s in a database",
                        directory);
    }
    return *chosen
               ? CTL_DONE
               : ctl_fail(CTL_USAGE, "the configuration has no endpoint with a directory in a "
                                     "database: no ScimDirectory, or no DBDriver");
}

/* The names of all directories, each once. */
static apr_array_header_t *name_directories(const json_t *dump, apr_pool_t *pool)
{
    const json_t *servers = json_object_get(dump, "servers"), *server, *value;
    apr_array_header_t *names = apr_array_make(pool, 4, sizeof(const char *));
    apr_hash_t *seen = apr_hash_make(pool);
    size_t i, j;

    json_array_foreach(servers, i, server)
    {
        json_array_foreach(json_object_get(server, "directories"), j, value)
        {
            const char *name = apr_pstrdup(pool, json_string_value(value));

            if (!apr_hash_get(seen, name, APR_HASH_KEY_STRING)) {
                apr_hash_set(seen, name, APR_HASH_KEY_STRING, name);
                APR_ARRAY_PUSH(names, const char *) = name;
            }
        }
    }
    return names;
}

static int choose_directory(ctl_t *ctl, const json_t *dump)
{
    const apr_array_header_t *names = name_directories(dump, ctl->pool);
    const char *list = "";
    int i;

    if (ctl->options.directory || names->nelts == 0) {
        return CTL_DONE;
    }
    if (names->nelts == 1) {
        ctl->options.directory = APR_ARRAY_IDX(names, 0, const char *);
        return CTL_DONE;
    }
    for (i = 0; i < names->nelts; i++) {
        list = apr_pstrcat(ctl->pool, list, i ? ", " : "",
                           APR_ARRAY_IDX(names, i, const char *), NULL);
    }
    return ctl_fail(CTL_USAGE, "say which directory with --directory: %s", list);
}

int ctl_settings_read(ctl_t *ctl)
{
    ctl_options_t *options = &ctl->options;
    const json_t *server;
    json_t *dump;
    int status;

    if (options->config == NULL && options->httpd == NULL) {
        return CTL_DONE;
    }
    status = ask_httpd(&dump, ctl);
    if (status == CTL_DONE) {
        status = choose_directory(ctl, dump);
    }
    if (status == CTL_DONE && options->driver == NULL) {
        status = choose_server(&server, dump, options->directory);
        if (status == CTL_DONE) {
            options->driver = text_of(server, "driver", ctl->pool);
            options->params = text_of(server, "params", ctl->pool);
        }
    }
    if (status == CTL_DONE) {
        add_texts(options->schemas, json_object_get(dump, "schemas"));
        add_texts(options->indexes, json_object_get(dump, "indexes"));
        ctl->configured = 1;
    }
    return status;
}
