#include "access/condition.h"

#include <string.h>

#include <ap_expr.h>

#include "access/pending.h"
#include "core/error.h"
#include "core/json.h"
#include "core/text.h"

/* A part of the text: as it stands, or a text in quotes that is different for each request. */
typedef struct piece_t {
    const char *text;
    const ap_expr_info_t *expression;
} piece_t;

struct scim_condition_t {
    const char *text;
    apr_array_header_t *pieces;  /* of piece_t; empty: it is the same for all requests */
    const scim_filter_t *filter; /* of the text; NULL until all schemas are known */
};

/* Behind the text in quotes that begins here; NULL: it has no end. */
static const char *behind(const char *quote)
{
    const char *at = quote + 1;

    while (*at && *at != '"') {
        at += *at == '\\' && at[1] ? 2 : 1;
    }
    return *at ? at + 1 : NULL;
}

static const char *decoded(const char *quote, const char *end, apr_pool_t *pool)
{
    json_t *value = json_loadb(quote, (size_t)(end - quote), JSON_DECODE_ANY, NULL);

    return value ? json_string_value(scim_json_own(pool, value)) : NULL;
}

static void add_text(scim_condition_t *condition, const char *from, const char *to)
{
    apr_pool_t *pool = condition->pieces->pool;
    piece_t *piece = apr_array_push(condition->pieces);

    piece->text = apr_pstrmemdup(pool, from, (apr_size_t)(to - from));
    piece->expression = NULL;
}

static const char *add_expression(scim_condition_t *condition, const char *text, cmd_parms *cmd)
{
    piece_t *piece = apr_array_push(condition->pieces);
    const char *wrong = NULL;

    piece->text = text;
    piece->expression = ap_expr_parse_cmd(cmd, text, AP_EXPR_FLAG_STRING_RESULT, &wrong, NULL);
    return wrong ? apr_psprintf(cmd->pool, "scim-filter: %s is not an expression: %s",
                                scim_error_quotes(cmd->temp_pool, text), wrong)
                 : NULL;
}

static const char *take_apart(scim_condition_t *condition, cmd_parms *cmd)
{
    const char *from = condition->text, *quote = strchr(from, '"');

    while (quote) {
        const char *end = behind(quote);
        const char *text = end ? decoded(quote, end, cmd->pool) : NULL;

        if (text && strstr(text, "%{")) {
            const char *wrong;

            add_text(condition, from, quote);
            wrong = add_expression(condition, text, cmd);
            if (wrong) {
                return wrong;
            }
            from = end;
        }
        quote = end ? strchr(end, '"') : NULL;
    }
    if (condition->pieces->nelts) {
        add_text(condition, from, from + strlen(from));
    }
    return NULL;
}

static scim_error_t *parse(const scim_filter_t **filter, const char *text,
                           const scim_resource_type_t *type, apr_pool_t *pool)
{
    const scim_reading_t reading = {.type = type};
    scim_filter_t *parsed;

    SCIM_TRY(scim_filter_parse(&parsed, text, strlen(text), &reading, pool));
    *filter = parsed;
    return NULL;
}

/* scim_pending_fn */
static const char *look(void *baton, const scim_server_config_t *server, apr_pool_t *pool)
{
    scim_condition_t *condition = baton;
    scim_error_t *error = parse(&condition->filter, condition->text,
                                scim_schemas_type(server->schemas, "User"), pool);

    return error ? apr_pstrcat(pool, "scim-filter: ", error->detail, NULL) : NULL;
}

const char *scim_condition_read(scim_condition_t **condition, const char *text, cmd_parms *cmd)
{
    scim_condition_t *made = apr_pcalloc(cmd->pool, sizeof(*made));
    const char *wrong;

    made->text = apr_pstrdup(cmd->pool, text);
    made->pieces = apr_array_make(cmd->pool, 1, sizeof(piece_t));
    wrong = take_apart(made, cmd);
    *condition = made;
    return wrong ? wrong : scim_pending_look(cmd, look, made);
}

scim_error_t *scim_condition_filter(const scim_filter_t **filter,
                                    const scim_condition_t *condition,
                                    const scim_resource_type_t *type, request_rec *r)
{
    const char *text = "";
    int i;

    if (condition->pieces->nelts == 0) {
        *filter = condition->filter;
        return NULL;
    }
    for (i = 0; i < condition->pieces->nelts; i++) {
        const piece_t *piece = &APR_ARRAY_IDX(condition->pieces, i, piece_t);
        const char *wrong = NULL, *part = piece->text;

        if (piece->expression) {
            part = ap_expr_str_exec(r, piece->expression, &wrong);
            if (!wrong && *part == '\0') {
                *filter = NULL;
                return NULL;
            }
            part = wrong || !scim_text_valid(part, strlen(part))
                       ? NULL
                       : scim_json_quote(part, r->pool);
        }
        if (part == NULL) {
            return scim_error_because(
                scim_error_create(r->pool, HTTP_INTERNAL_SERVER_ERROR, NULL, "No decision."),
                r->pool, "the expression in a scim-filter failed: %s",
                wrong ? wrong : "its value is no UTF-8");
        }
        text = apr_pstrcat(r->pool, text, part, NULL);
    }
    return parse(filter, text, type, r->pool);
}
