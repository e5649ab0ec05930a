#include "access/require.h"

#include <string.h>

#include <ap_provider.h>
#include <mod_auth.h>

#include "access/condition.h"
#include "access/presence.h"
#include "core/error.h"
#include "core/text.h"
#include "httpd/argument.h"

/* A Require line. */
typedef struct requirement_t {
    apr_array_header_t *words;   /* of const ap_expr_info_t * */
    scim_condition_t *condition; /* of scim-filter; else NULL */
    int negated;
} requirement_t;

/* Whether somebody who is known is, or has, one of these. */
typedef scim_error_t *(*ask_fn)(int *yes, scim_visitor_t *visitor, const char *word);

/* ---- reading a line -------------------------------------------------------- */

/* Behind `not`, or somewhere in <RequireNone>. */
static int is_negated(const cmd_parms *cmd)
{
    const ap_directive_t *at = cmd->directive;
    const char *args = at->args;

    if (scim_text_same_name(ap_getword_conf(cmd->temp_pool, &args), "not")) {
        return 1;
    }
    for (at = at->parent; at; at = at->parent) {
        if (scim_text_same_name(at->directive, "<RequireNone")) {
            return 1;
        }
    }
    return 0;
}

static const char *add_word(requirement_t *requirement, const char *word, cmd_parms *cmd)
{
    const char *wrong = NULL;
    ap_expr_info_t *expression =
        ap_expr_parse_cmd(cmd, word, AP_EXPR_FLAG_STRING_RESULT, &wrong, NULL);

    if (wrong) {
        return apr_psprintf(cmd->pool, "%s is not an expression: %s",
                            scim_error_quotes(cmd->temp_pool, word), wrong);
    }
    APR_ARRAY_PUSH(requirement->words, const ap_expr_info_t *) = expression;
    return NULL;
}

static requirement_t *make(cmd_parms *cmd)
{
    requirement_t *requirement = apr_pcalloc(cmd->pool, sizeof(*requirement));

    requirement->words = apr_array_make(cmd->pool, 2, sizeof(const ap_expr_info_t *));
    requirement->negated = is_negated(cmd);
    return requirement;
}

/* The lines that use an alias say whether it is negated, and are not known here. */
static const char *refuse_alias(const cmd_parms *cmd)
{
    const ap_directive_t *at;

    for (at = cmd->directive; at; at = at->parent) {
        if (scim_text_same_name(at->directive, "<AuthzProviderAlias")) {
            return "scim-... cannot stand in <AuthzProviderAlias>; write the Require lines "
                   "themselves";
        }
    }
    return NULL;
}

static const char *parse_words(cmd_parms *cmd, const char *line, const void **parsed)
{
    requirement_t *requirement = make(cmd);
    const apr_array_header_t *words = scim_argument_words(line, cmd);
    int i;

    SCIM_REFUSE(refuse_alias(cmd));
    for (i = 0; i < words->nelts; i++) {
        SCIM_REFUSE(add_word(requirement, APR_ARRAY_IDX(words, i, const char *), cmd));
    }
    *parsed = requirement;
    return NULL;
}

static const char *parse_some(cmd_parms *cmd, const char *line, const void **parsed)
{
    return *line == '\0' ? "nothing follows it; name one or more, in quotes if they have blanks"
                         : parse_words(cmd, line, parsed);
}

static const char *parse_none(cmd_parms *cmd, const char *line, const void **parsed)
{
    SCIM_REFUSE(refuse_alias(cmd));
    if (*line) {
        return apr_psprintf(cmd->pool, "Require scim-active: %s is too much; it stands alone",
                            scim_error_quotes(cmd->temp_pool, line));
    }
    *parsed = make(cmd);
    return NULL;
}

/* One word in quotes, or the line as it is. */
static const char *parse_filter(cmd_parms *cmd, const char *line, const void **parsed)
{
    requirement_t *requirement = make(cmd);
    const apr_array_header_t *words = scim_argument_words(line, cmd);

    SCIM_REFUSE(refuse_alias(cmd));
    *parsed = requirement;
    return scim_condition_read(&requirement->condition,
                               words->nelts == 1 ? APR_ARRAY_IDX(words, 0, const char *) : line,
                               cmd);
}

/* ---- deciding -------------------------------------------------------------- */

static scim_error_t *is_called(int *yes, scim_visitor_t *visitor, const char *word)
{
    const scim_record_t *record = visitor->person.record;

    *yes = scim_text_alike(record->local_name, word, visitor->call.pool);
    return NULL;
}

static scim_error_t *is_in(int *yes, scim_visitor_t *visitor, const char *word)
{
    return scim_person_is_in(yes, &visitor->person, word, &visitor->call);
}

static scim_error_t *has_role(int *yes, scim_visitor_t *visitor, const char *word)
{
    const scim_reading_t reading = {.type = visitor->call.type};
    apr_pool_t *pool = visitor->call.pool;
    const char *text = apr_pstrcat(pool, "roles.value eq ", scim_json_quote(word, pool), NULL);
    scim_filter_t *filter;

    SCIM_TRY(scim_filter_parse(&filter, text, strlen(text), &reading, pool));
    return scim_person_matches(yes, &visitor->person, filter, &visitor->call);
}

/* An error when an expression cannot be evaluated. */
static scim_error_t *ask_about(int *yes, scim_visitor_t *visitor, ask_fn ask,
                               const requirement_t *requirement, request_rec *r)
{
    int i;

    *yes = 0;
    for (i = 0; i < requirement->words->nelts && !*yes; i++) {
        const char *wrong = NULL,
                   *word = ap_expr_str_exec(
                       r, APR_ARRAY_IDX(requirement->words, i, const ap_expr_info_t *), &wrong);

        if (wrong) {
            return scim_error_because(
                scim_error_create(r->pool, HTTP_INTERNAL_SERVER_ERROR, NULL, "No decision."),
                r->pool, "the expression in the Require line failed: %s", wrong);
        }
        if (*word && scim_text_valid(word, strlen(word))) {
            SCIM_TRY(ask(yes, visitor, word));
        }
    }
    return NULL;
}

static scim_error_t *ask_filter(int *yes, scim_visitor_t *visitor,
                                const requirement_t *requirement, request_rec *r)
{
    const scim_filter_t *filter;

    SCIM_TRY(scim_condition_filter(&filter, requirement->condition, visitor->call.type, r));
    *yes = requirement->negated;
    if (filter == NULL) {
        return NULL;
    }
    return scim_person_matches(yes, &visitor->person, filter, &visitor->call);
}

/* What is asked of somebody who is known; no word and no filter: no more than that. */
static scim_error_t *ask_all(int *yes, scim_visitor_t *visitor, ask_fn ask,
                             const requirement_t *requirement, request_rec *r)
{
    if (requirement->condition) {
        return ask_filter(yes, visitor, requirement, r);
    }
    if (requirement->words && requirement->words->nelts) {
        return ask_about(yes, visitor, ask, requirement, r);
    }
    *yes = 1;
    return NULL;
}

static void tell(const scim_visitor_t *visitor, const char *what, request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM0061: %s is %s; %s",
                  scim_error_quotes(r->pool, r->user),
                  scim_standing_name(visitor->person.standing), what);
}

static authz_status decide(request_rec *r, const requirement_t *requirement, ask_fn ask)
{
    scim_visitor_t *visitor;
    scim_error_t *error;
    int yes;

    if (r->user == NULL) {
        return AUTHZ_DENIED_NO_USER;
    }
    visitor = scim_visitor_of(r);
    if (visitor->error) {
        return AUTHZ_GENERAL_ERROR;
    }
    if (visitor->person.standing != SCIM_STANDING_ACTIVE && !requirement->negated) {
        tell(visitor, "refused", r);
        return AUTHZ_DENIED;
    }
    if (visitor->person.record == NULL) {
        return visitor->person.standing == SCIM_STANDING_UNKNOWN ? AUTHZ_DENIED : AUTHZ_GRANTED;
    }
    error = ask_all(&yes, visitor, ask, requirement, r);
    if (error) {
        scim_visitor_report(error, r);
        return AUTHZ_GENERAL_ERROR;
    }
    if (yes && !requirement->negated) {
        scim_presence_note(r, visitor);
    }
    return yes ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

/* Negated, it is for those who are not. */
static authz_status check_active(request_rec *r, const char *line, const void *parsed)
{
    static const requirement_t positive = {0};

    (void)line, (void)parsed;
    return decide(r, &positive, NULL);
}

static authz_status check_user(request_rec *r, const char *line, const void *parsed)
{
    (void)line;
    return decide(r, parsed, is_called);
}

static authz_status check_group(request_rec *r, const char *line, const void *parsed)
{
    (void)line;
    return decide(r, parsed, is_in);
}

static authz_status check_role(request_rec *r, const char *line, const void *parsed)
{
    (void)line;
    return decide(r, parsed, has_role);
}

static authz_status check_filter(request_rec *r, const char *line, const void *parsed)
{
    (void)line;
    return decide(r, parsed, NULL);
}

static const struct {
    const char *name;
    authz_provider provider;
} providers[] = {
    {"scim-active", {check_active, parse_none}},   {"scim-user", {check_user, parse_words}},
    {"scim-group", {check_group, parse_some}},     {"scim-role", {check_role, parse_some}},
    {"scim-filter", {check_filter, parse_filter}},
};

void scim_require_register(apr_pool_t *pool)
{
    size_t i;

    for (i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
        ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, providers[i].name,
                                  AUTHZ_PROVIDER_VERSION, &providers[i].provider,
                                  AP_AUTH_INTERNAL_PER_CONF);
    }
}
