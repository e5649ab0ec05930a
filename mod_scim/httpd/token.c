#include "httpd/token.h"

#include "core/datetime.h"
#include "core/error.h"
#include "core/text.h"
#include "httpd/place.h"
#include "httpd/secret.h"
#include "httpd/argument.h"

#define MAX_LABEL 32

#define SCOPE_WHAT (SCIM_SCOPE_USERS | SCIM_SCOPE_GROUPS)
#define SCOPE_HOW (SCIM_SCOPE_READ | SCIM_SCOPE_WRITE)

/* scope= names what is granted; of a pair that it does not mention both are. */
static const char *set_scope(scim_bearer_token_t *token, const char *list, cmd_parms *cmd)
{
    static const scim_choice_t scopes[] = {{"read", SCIM_SCOPE_READ},
                                           {"write", SCIM_SCOPE_WRITE},
                                           {"users", SCIM_SCOPE_USERS},
                                           {"groups", SCIM_SCOPE_GROUPS},
                                           {NULL, 0}};
    const char *rest = list;
    int bit;

    token->scope = 0;
    do {
        const char *end = strchr(rest, ',');
        apr_size_t length = end ? (apr_size_t)(end - rest) : strlen(rest);

        SCIM_REFUSE(scim_argument_choice(&bit, apr_pstrmemdup(cmd->temp_pool, rest, length),
                                         scopes, cmd));
        token->scope |= bit;
        rest = end ? end + 1 : NULL;
    } while (rest);
    token->scope |= token->scope & SCOPE_WHAT ? 0 : SCOPE_WHAT;
    token->scope |= token->scope & SCOPE_HOW ? 0 : SCOPE_HOW;
    return NULL;
}

/* A day counts until its end in UTC. */
static const char *set_expires(scim_bearer_token_t *token, const char *text, cmd_parms *cmd)
{
    const char *whole = strlen(text) == strlen("YYYY-MM-DD")
                            ? apr_pstrcat(cmd->temp_pool, text, "T24:00:00Z", NULL)
                            : text;

    if (!scim_datetime_parse(&token->expires, whole, strlen(whole)) || token->expires <= 0) {
        return scim_argument_wrong(cmd,
                                   "%s after expires= is not a day such as 2031-12-31 or a "
                                   "time such as 2031-12-31T18:00:00Z",
                                   scim_error_quotes(cmd->pool, text));
    }
    return NULL;
}

typedef struct option_t {
    const char *prefix;
    const char *(*set)(scim_bearer_token_t *token, const char *rest, cmd_parms *cmd);
} option_t;

static const char *set_options(scim_bearer_token_t *token, const apr_array_header_t *words,
                               cmd_parms *cmd)
{
    static const option_t options[] = {{"scope=", set_scope}, {"expires=", set_expires}};
    int given[] = {0, 0};
    int i, which;

    for (i = 2; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        for (which = 0; which < 2; which++) {
            if (strncmp(word, options[which].prefix, strlen(options[which].prefix)) == 0) {
                break;
            }
        }
        if (which == 2 || given[which]++) {
            return scim_argument_wrong(cmd, "the arguments after the secret are not scope=LIST "
                                            "and expires=DATE, each at most once");
        }
        SCIM_REFUSE(options[which].set(token, word + strlen(options[which].prefix), cmd));
    }
    return NULL;
}

static void warn_if_expired(const scim_bearer_token_t *token, cmd_parms *cmd)
{
    char when[SCIM_DATETIME_SIZE];

    if (token->expires && token->expires <= apr_time_now()) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, cmd->server,
                     "SCIM0040: %s:%d: %s: this token of '%s' expired at %s and is refused",
                     cmd->directive->filename, cmd->directive->line_num, cmd->cmd->name,
                     token->label, scim_datetime_format(when, token->expires));
    }
}

const char *scim_bearer_token_set(cmd_parms *cmd, void *config, const char *args)
{
    scim_dir_config_t *dir = config;
    apr_array_header_t *words = scim_argument_words(args, cmd);
    scim_bearer_token_t token = {.scope = SCIM_SCOPE_ALL};

    SCIM_REFUSE(scim_place_endpoint(dir, cmd));
    if (words->nelts < 2) {
        return scim_argument_wrong(cmd, "%d arguments are not a label and a secret",
                                   words->nelts);
    }
    token.label = APR_ARRAY_IDX(words, 0, const char *);
    if (!scim_argument_is_name(token.label, MAX_LABEL)) {
        return scim_argument_wrong(
            cmd,
            "the first argument is not a label of 1 to %d letters, digits, '.', '_' and '-'",
            MAX_LABEL);
    }
    SCIM_REFUSE(scim_secret_digest(token.digest, APR_ARRAY_IDX(words, 1, const char *), cmd));
    SCIM_REFUSE(set_options(&token, words, cmd));
    warn_if_expired(&token, cmd);
    if (dir->tokens == NULL) {
        dir->tokens = apr_array_make(cmd->pool, 2, sizeof(scim_bearer_token_t));
    }
    APR_ARRAY_PUSH(dir->tokens, scim_bearer_token_t) = token;
    return NULL;
}
