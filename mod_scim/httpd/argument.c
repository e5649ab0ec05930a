#include "httpd/argument.h"

#include <ap_provider.h>
#include <apr_lib.h>
#include <apr_uri.h>

#include "core/error.h"
#include "core/text.h"
#include "httpd/config.h"

#define MAX_DIRECTORY_NAME 64

const char *scim_argument_wrong(cmd_parms *cmd, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = apr_pvsprintf(cmd->pool, format, args);
    va_end(args);
    return apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", text, NULL);
}

static const char *list_of(const scim_choice_t *choices, apr_pool_t *pool)
{
    const char *list = choices->word;

    while ((++choices)->word) {
        list = apr_pstrcat(pool, list, ", ", choices->word, NULL);
    }
    return list;
}

const char *scim_argument_choice(int *value, const char *arg, const scim_choice_t *choices,
                                 cmd_parms *cmd)
{
    const scim_choice_t *choice;

    for (choice = choices; choice->word; choice++) {
        if (scim_text_same_name(choice->word, arg)) {
            *value = choice->value;
            return NULL;
        }
    }
    return scim_argument_wrong(cmd, "%s is not one of %s", scim_error_quotes(cmd->pool, arg),
                               list_of(choices, cmd->temp_pool));
}

const char *scim_argument_number(apr_int64_t *value, const char *arg, apr_int64_t min,
                                 apr_int64_t max, cmd_parms *cmd)
{
    apr_int64_t number = 0;
    const char *at = arg;

    while (apr_isdigit(*at) && number <= max) {
        number = number * 10 + (*at++ - '0');
    }
    if (at == arg || *at || number < min || number > max) {
        return scim_argument_wrong(
            cmd, "%s is not a number between %" APR_INT64_T_FMT " and %" APR_INT64_T_FMT,
            scim_error_quotes(cmd->pool, arg), min, max);
    }
    *value = number;
    return NULL;
}

/* apr_uri_parse() keeps the low 16 bits of any number. */
static int is_port(const char *text)
{
    apr_int64_t port = apr_atoi64(text);

    return strlen(text) <= 5 && port > 0 && port <= 65535;
}

static int is_url(const char *arg, apr_pool_t *pool)
{
    apr_uri_t uri;
    const char *at;

    for (at = arg; *at; at++) {
        if (!apr_isgraph(*at) || *at == '"' || *at == '<' || *at == '>' || *at == '\\') {
            return 0;
        }
    }
    return apr_uri_parse(pool, arg, &uri) == APR_SUCCESS && uri.scheme
           && (scim_text_same_name(uri.scheme, "https")
               || scim_text_same_name(uri.scheme, "http"))
           && uri.hostname && *uri.hostname && uri.user == NULL && uri.password == NULL
           && uri.query == NULL && uri.fragment == NULL
           && (uri.port_str == NULL || is_port(uri.port_str));
}

const char *scim_argument_url(const char **url, const char *arg, cmd_parms *cmd)
{
    apr_size_t length = strlen(arg);

    if (!is_url(arg, cmd->temp_pool)) {
        return scim_argument_wrong(
            cmd,
            "%s is not an http or https URL such as https://id.example.com/scim/v2, without "
            "user, query and fragment",
            scim_error_quotes(cmd->pool, arg));
    }
    while (length && arg[length - 1] == '/') {
        length--;
    }
    *url = apr_pstrmemdup(cmd->pool, arg, length);
    return NULL;
}

int scim_argument_is_name(const char *text, apr_size_t max)
{
    const char *at;

    for (at = text; *at; at++) {
        int alphanumeric = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z')
                           || (*at >= '0' && *at <= '9');

        if (!alphanumeric && (at == text || (*at != '.' && *at != '_' && *at != '-'))) {
            return 0;
        }
    }
    return at > text && (apr_size_t)(at - text) <= max;
}

int scim_argument_is_text(const char *text, apr_size_t max)
{
    apr_size_t length = strlen(text);
    const char *at;

    for (at = text; *at; at++) {
        if (apr_iscntrl(*at)) {
            return 0;
        }
    }
    return length && length <= max && scim_text_valid(text, length);
}

static const char *provider_names(apr_pool_t *pool)
{
    const apr_array_header_t *list =
        ap_list_provider_names(pool, SCIM_PROVIDER_GROUP, SCIM_PROVIDER_VERSION);
    const char *names = "";
    int i;

    for (i = 0; i < list->nelts; i++) {
        names =
            apr_pstrcat(pool, names, i ? ", " : "",
                        APR_ARRAY_IDX(list, i, ap_list_provider_names_t).provider_name, NULL);
    }
    return names;
}

const char *scim_argument_directory(const char *name, const char **provider, cmd_parms *cmd)
{
    if (!scim_argument_is_name(name, MAX_DIRECTORY_NAME)) {
        return scim_argument_wrong(cmd,
                                   "%s is not a name of 1 to %d letters, digits, '.', '_' and "
                                   "'-', a letter or digit first",
                                   scim_error_quotes(cmd->pool, name), MAX_DIRECTORY_NAME);
    }
    if (*provider == NULL) {
        *provider = SCIM_DEFAULT_PROVIDER;
    }
    if (ap_lookup_provider(SCIM_PROVIDER_GROUP, *provider, SCIM_PROVIDER_VERSION) == NULL) {
        return scim_argument_wrong(
            cmd, "%s is not one of the directory providers, which are %s",
            scim_error_quotes(cmd->pool, *provider), provider_names(cmd->temp_pool));
    }
    return NULL;
}

apr_array_header_t *scim_argument_words(const char *args, cmd_parms *cmd)
{
    apr_array_header_t *words = apr_array_make(cmd->pool, 4, sizeof(const char *));

    while (apr_isspace(*args)) {
        args++;
    }
    while (*args) {
        APR_ARRAY_PUSH(words, const char *) = ap_getword_conf(cmd->pool, &args);
    }
    return words;
}
