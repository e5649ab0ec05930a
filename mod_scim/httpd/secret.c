#include "httpd/secret.h"

#include <signal.h>

#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_thread_proc.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/error.h"
#include "httpd/argument.h"

#define DIGEST_LENGTH 32
#define SHA256 "sha256:"
#define MIN_TOKEN 16
#define MAX_TOKEN 1024

/* How long a command may take for its line. */
#define COMMAND_TIMEOUT apr_time_from_sec(30)

/* How much more than its line a command may print, in bytes. */
#define MAX_REST 65536

/* A line and its line ending; one byte more shows that it is too long. */
typedef struct line_t {
    char text[MAX_TOKEN + 3];
    apr_size_t length;
} line_t;

typedef struct form_t {
    const char *prefix;
    const char *(*digest)(unsigned char digest[DIGEST_LENGTH], const char *rest,
                          cmd_parms *cmd);
} form_t;

static const char *digest_hex(unsigned char digest[DIGEST_LENGTH], const char *hex,
                              apr_size_t length, cmd_parms *cmd)
{
    static const char digits[] = "0123456789abcdef";
    apr_size_t i;

    for (i = 0; i < length && apr_isxdigit(hex[i]); i++) {
        int value = (int)(strchr(digits, apr_tolower(hex[i])) - digits);

        if (i < 2 * DIGEST_LENGTH) {
            digest[i / 2] = (unsigned char)(i % 2 ? digest[i / 2] | value : value << 4);
        }
    }
    if (i != length || length != 2 * DIGEST_LENGTH) {
        return scim_argument_wrong(cmd, "what follows sha256: is not 64 hexadecimal digits");
    }
    return NULL;
}

/* RFC 6750 2.1: b64token. */
static int is_b64token(const char *text, apr_size_t length)
{
    apr_size_t i = 0;

    while (i < length && (apr_isalnum(text[i]) || (text[i] && strchr("-._~+/", text[i])))) {
        i++;
    }
    while (i > 0 && i < length && text[i] == '=') {
        i++;
    }
    return i == length;
}

/* The digest of a token. `source` says in sentences where it comes from. */
static const char *digest_token(unsigned char digest[DIGEST_LENGTH], const char *token,
                                apr_size_t length, const char *source, cmd_parms *cmd)
{
    if (length < MIN_TOKEN || length > MAX_TOKEN) {
        return scim_argument_wrong(
            cmd, "the token in %s is %s, allowed are %d to %d characters", source,
            length < MIN_TOKEN ? "too short" : "too long", MIN_TOKEN, MAX_TOKEN);
    }
    if (!is_b64token(token, length)) {
        return scim_argument_wrong(
            cmd,
            "the token in %s has characters that a bearer token cannot have, allowed are "
            "letters, digits and -._~+/ with = at the end",
            source);
    }
    if (!EVP_Digest(token, length, digest, NULL, EVP_sha256(), NULL)) {
        return scim_argument_wrong(cmd, "SHA-256 is not to be had from OpenSSL");
    }
    return NULL;
}

/* The digest that a file, a variable or a command holds or holds the token of. */
static const char *digest_text(unsigned char digest[DIGEST_LENGTH], const char *text,
                               apr_size_t length, const char *source, cmd_parms *cmd)
{
    const apr_size_t skip = strlen(SHA256);

    if (length < skip || memcmp(text, SHA256, skip) != 0) {
        return digest_token(digest, text, length, source, cmd);
    }
    return digest_hex(digest, text + skip, length - skip, cmd);
}

/* Reads up to the first line ending, the end of the file, or more than a token can be long. */
static apr_status_t read_line(line_t *line, apr_file_t *file)
{
    apr_status_t status = APR_SUCCESS;
    char *end;

    line->length = 0;
    while (status == APR_SUCCESS && line->length < sizeof(line->text)
           && !memchr(line->text, '\n', line->length)) {
        apr_size_t got = sizeof(line->text) - line->length;

        status = apr_file_read(file, line->text + line->length, &got);
        line->length += status == APR_SUCCESS ? got : 0;
    }
    if ((end = memchr(line->text, '\n', line->length)) != NULL) {
        line->length = end - line->text;
        line->length -= line->length && end[-1] == '\r';
    }
    return APR_STATUS_IS_EOF(status) ? APR_SUCCESS : status;
}

static const char *reason(apr_status_t status, cmd_parms *cmd)
{
    char *text = apr_palloc(cmd->temp_pool, 128);

    return apr_strerror(status, text, 128);
}

static void warn_if_readable(const apr_finfo_t *info, const char *path, cmd_parms *cmd)
{
    if (info->protection & APR_FPROT_WREAD) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, cmd->server,
                     "SCIM0039: %s:%d: %s: everybody on this machine may read the secret in "
                     "'%s'; run chmod o-r on it",
                     cmd->directive->filename, cmd->directive->line_num, cmd->cmd->name, path);
    }
}

static const char *read_file(line_t *line, const char *path, cmd_parms *cmd)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_status_t status;

    /* Opening a pipe would wait for its writer. */
    status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_PROT, cmd->temp_pool);
    if (status == APR_SUCCESS && info.filetype != APR_REG) {
        return scim_argument_wrong(cmd, "'%s' is not a file", path);
    }
    status = apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, cmd->temp_pool);
    if (status != APR_SUCCESS) {
        return scim_argument_wrong(cmd, "the file '%s' cannot be read: %s", path,
                                   reason(status, cmd));
    }
    status = apr_file_info_get(&info, APR_FINFO_PROT, file);
    if (status == APR_SUCCESS && info.protection & APR_FPROT_WWRITE) {
        apr_file_close(file);
        return scim_argument_wrong(
            cmd, "everybody on this machine may write '%s'; run chmod o-rw on it", path);
    }
    if (status == APR_SUCCESS) {
        warn_if_readable(&info, path, cmd);
        status = read_line(line, file);
    }
    apr_file_close(file);
    if (status != APR_SUCCESS) {
        return scim_argument_wrong(cmd, "the file '%s' cannot be read: %s", path,
                                   reason(status, cmd));
    }
    return NULL;
}

static const char *digest_given(unsigned char digest[DIGEST_LENGTH], const char *hex,
                                cmd_parms *cmd)
{
    return digest_hex(digest, hex, strlen(hex), cmd);
}

static const char *digest_file(unsigned char digest[DIGEST_LENGTH], const char *name,
                               cmd_parms *cmd)
{
    const char *path = *name ? ap_server_root_relative(cmd->temp_pool, name) : NULL;
    const char *wrong;
    line_t line;

    if (path == NULL) {
        return scim_argument_wrong(cmd, "%s after file: is not the path of a file",
                                   scim_error_quotes(cmd->pool, name));
    }
    wrong = read_file(&line, path, cmd);
    if (wrong == NULL) {
        wrong = digest_text(digest, line.text, line.length,
                            apr_psprintf(cmd->temp_pool, "the file '%s'", path), cmd);
    }
    OPENSSL_cleanse(&line, sizeof(line));
    return wrong;
}

static const char *digest_variable(unsigned char digest[DIGEST_LENGTH], const char *name,
                                   cmd_parms *cmd)
{
    char *value;
    const char *quoted = scim_error_quotes(cmd->pool, name);

    if (*name == '\0' || strchr(name, '=')) {
        return scim_argument_wrong(
            cmd, "%s after env: is not the name of an environment variable", quoted);
    }
    if (apr_env_get(&value, name, cmd->temp_pool) != APR_SUCCESS) {
        return scim_argument_wrong(cmd, "the environment variable %s is not set", quoted);
    }
    return digest_text(digest, value, strlen(value),
                       apr_pstrcat(cmd->temp_pool, "the environment variable ", quoted, NULL),
                       cmd);
}

/* Starts a command without a shell, in its own folder, with httpd's environment. */
static apr_status_t start_command(apr_proc_t *process, const char *const *argv, cmd_parms *cmd)
{
    apr_pool_t *pool = cmd->temp_pool;
    apr_procattr_t *attributes;
    apr_status_t status;

    if ((status = apr_procattr_create(&attributes, pool)) != APR_SUCCESS
        || (status = apr_procattr_io_set(attributes, APR_NO_PIPE, APR_FULL_BLOCK, APR_NO_PIPE))
               != APR_SUCCESS
        || (status = apr_procattr_dir_set(attributes, ap_make_dirstr_parent(pool, argv[0])))
               != APR_SUCCESS
        || (status = apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV)) != APR_SUCCESS
        || (status = apr_procattr_error_check_set(attributes, 1)) != APR_SUCCESS) {
        return status;
    }
    return apr_proc_create(process, argv[0], argv, NULL, attributes, pool);
}

/* Reads on, so that a command which prints more than a line does not fail for want of a reader.
 */
static void drain(apr_file_t *file)
{
    char scrap[512];
    apr_size_t total = 0, got = sizeof(scrap);

    while (total < MAX_REST && apr_file_read(file, scrap, &got) == APR_SUCCESS) {
        total += got;
        got = sizeof(scrap);
    }
    OPENSSL_cleanse(scrap, sizeof(scrap));
}

static const char *run_command(line_t *line, const char *const *argv, cmd_parms *cmd)
{
    apr_proc_t process;
    apr_exit_why_e why;
    apr_status_t status;
    int code;

    status = start_command(&process, argv, cmd);
    if (status != APR_SUCCESS) {
        return scim_argument_wrong(cmd, "the command '%s' cannot be run: %s", argv[0],
                                   reason(status, cmd));
    }
    apr_file_pipe_timeout_set(process.out, COMMAND_TIMEOUT);
    status = read_line(line, process.out);
    if (status == APR_SUCCESS) {
        drain(process.out);
    }
    apr_file_close(process.out);
    if (status != APR_SUCCESS) {
        apr_proc_kill(&process, SIGKILL);
    }
    apr_proc_wait(&process, &code, &why, APR_WAIT);
    if (status != APR_SUCCESS) {
        return scim_argument_wrong(cmd, "the command '%s' gave no line: %s", argv[0],
                                   reason(status, cmd));
    }
    if (!APR_PROC_CHECK_EXIT(why) || code != 0) {
        return scim_argument_wrong(cmd, "the command '%s' failed with %s %d", argv[0],
                                   APR_PROC_CHECK_EXIT(why) ? "exit status" : "signal", code);
    }
    return NULL;
}

static const char *digest_command(unsigned char digest[DIGEST_LENGTH], const char *command,
                                  cmd_parms *cmd)
{
    char **argv;
    const char *wrong;
    line_t line;

    if (apr_tokenize_to_argv(command, &argv, cmd->temp_pool) != APR_SUCCESS || argv[0] == NULL
        || (argv[0] = ap_server_root_relative(cmd->temp_pool, argv[0])) == NULL) {
        return scim_argument_wrong(cmd, "there is no command after exec:");
    }
    wrong = run_command(&line, (const char *const *)argv, cmd);
    if (wrong == NULL) {
        wrong = digest_text(digest, line.text, line.length,
                            apr_psprintf(cmd->temp_pool, "the output of '%s'", argv[0]), cmd);
    }
    OPENSSL_cleanse(&line, sizeof(line));
    return wrong;
}

const char *scim_secret_digest(unsigned char digest[DIGEST_LENGTH], const char *secret,
                               cmd_parms *cmd)
{
    static const form_t forms[] = {{SHA256, digest_given},
                                   {"file:", digest_file},
                                   {"env:", digest_variable},
                                   {"exec:", digest_command},
                                   {NULL, NULL}};
    const form_t *form;

    for (form = forms; form->prefix; form++) {
        apr_size_t length = strlen(form->prefix);

        if (strncmp(secret, form->prefix, length) == 0) {
            return form->digest(digest, secret + length, cmd);
        }
    }
    return scim_argument_wrong(
        cmd, "the second argument is not a secret in one of the forms sha256:HEX, file:PATH, "
             "env:NAME and exec:COMMAND; a token itself may not stand in the configuration, "
             "write sha256: and what `printf %%s TOKEN | sha256sum` prints, or put it into a "
             "file that only root may read and write file: and its path");
}
