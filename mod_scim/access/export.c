#include "access/export.h"

#include <string.h>

#include <apr_lib.h>

#include "access/visitor.h"
#include "core/error.h"
#include "core/text.h"

#define SEPARATOR ';'

/* ---- values ---------------------------------------------------------------- */

static void append(scim_buffer_t *out, const char *value)
{
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if (c < 0x20 || c == 0x7f || c == '%' || c == SEPARATOR) {
            scim_buffer_printf(out, "%%%02X", c);
        } else {
            scim_buffer_printf(out, "%c", c);
        }
    }
}

/* NULL: there is no value. */
static scim_error_t *value_of(const char **value, scim_visitor_t *visitor,
                              const scim_path_t *path, request_rec *r)
{
    scim_buffer_t *out = scim_buffer_create(r->pool);
    apr_array_header_t *values;
    int i;

    *value = NULL;
    SCIM_TRY(scim_person_values(&values, &visitor->person, path, &visitor->call));
    for (i = 0; i < values->nelts; i++) {
        if (i) {
            scim_buffer_puts(out, ";");
        }
        append(out, APR_ARRAY_IDX(values, i, const char *));
    }
    if (values->nelts) {
        *value = scim_buffer_text(out, r->pool);
    }
    return NULL;
}

/* NULL: nobody has proved to be anybody. */
static scim_visitor_t *visitor_of(request_rec *r)
{
    return scim_visitor_name(r) ? scim_visitor_of(r) : NULL;
}

/* Somebody of whom there is something to say. */
static int is_known(const scim_visitor_t *visitor)
{
    return visitor && !visitor->error && visitor->person.standing == SCIM_STANDING_ACTIVE;
}

/* ---- what clients say ------------------------------------------------------ */

/* CGI and its like make one of all that is neither letter nor digit. */
static char plain(char c)
{
    return apr_isalnum(c) ? (char)apr_tolower(c) : '_';
}

static int is_same(const char *header, const char *name)
{
    for (; *header && *name; header++, name++) {
        if (plain(*header) != plain(*name)) {
            return 0;
        }
    }
    return *header == *name;
}

static int is_among(const char *header, const apr_array_header_t *exports)
{
    int i;

    for (i = 0; exports && i < exports->nelts; i++) {
        if (is_same(header, APR_ARRAY_IDX(exports, i, const scim_export_t *)->name)) {
            return 1;
        }
    }
    return 0;
}

static int is_ours(const char *header, const scim_access_rules_t *rules)
{
    return is_among(header, rules->exports) || is_among(header, rules->withdrawn);
}

typedef struct search_t {
    const scim_access_rules_t *rules;
    apr_array_header_t *found; /* of const char * */
} search_t;

static int note_header(void *baton, const char *key, const char *value)
{
    search_t *search = baton;

    (void)value;
    if (is_ours(key, search->rules)) {
        APR_ARRAY_PUSH(search->found, const char *) = key;
    }
    return 1;
}

/* Whatever Connection names, mod_proxy does not pass on. */
static void clean_connection(const char *field, const scim_access_rules_t *rules,
                             request_rec *r)
{
    const char *sent = apr_table_get(r->headers_in, field), *kept = NULL;
    char *state, *word;
    int dropped = 0;

    if (sent == NULL) {
        return;
    }
    for (word = apr_strtok(apr_pstrdup(r->pool, sent), ", \t", &state); word;
         word = apr_strtok(NULL, ", \t", &state)) {
        if (is_ours(word, rules)) {
            dropped = 1;
        } else {
            kept = kept ? apr_pstrcat(r->pool, kept, ", ", word, NULL) : word;
        }
    }
    if (dropped && kept) {
        apr_table_setn(r->headers_in, field, kept);
    } else if (dropped) {
        apr_table_unset(r->headers_in, field);
    }
}

static void clean(const scim_access_rules_t *rules, request_rec *r)
{
    search_t search = {rules, apr_array_make(r->pool, 1, sizeof(const char *))};
    int i;

    apr_table_do(note_header, &search, r->headers_in, NULL);
    for (i = 0; i < search.found->nelts; i++) {
        apr_table_unset(r->headers_in, APR_ARRAY_IDX(search.found, i, const char *));
    }
    clean_connection("Connection", rules, r);
    clean_connection("Proxy-Connection", rules, r);
}

/* ---- what is said instead -------------------------------------------------- */

static void tell(const scim_export_t *export, scim_visitor_t *visitor, request_rec *r)
{
    apr_table_t *table = export->kind == SCIM_EXPORT_HEADER ? r->headers_in : r->subprocess_env;
    const char *value = NULL;
    scim_error_t *error = visitor ? value_of(&value, visitor, export->path, r) : NULL;

    if (error) {
        scim_visitor_report(error, r);
    }
    if (value) {
        apr_table_setn(table, export->name, value);
    } else {
        apr_table_unset(table, export->name);
    }
}

int scim_export_fixup(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const scim_access_rules_t *rules = &config->access;
    scim_visitor_t *visitor;
    int i;

    if (rules->exports == NULL) {
        return DECLINED;
    }
    clean(rules, r);
    if (rules->exports->nelts == 0) {
        return DECLINED;
    }
    visitor = visitor_of(r);
    for (i = 0; i < rules->exports->nelts; i++) {
        tell(APR_ARRAY_IDX(rules->exports, i, const scim_export_t *),
             is_known(visitor) ? visitor : NULL, r);
    }
    return DECLINED;
}

/* ---- expressions ----------------------------------------------------------- */

static const char *fail(ap_expr_eval_ctx_t *context, const char *why)
{
    *context->err = why;
    return "";
}

static const char *call_function(ap_expr_eval_ctx_t *context, const void *data,
                                 const char *attribute)
{
    scim_visitor_t *visitor = context->r ? visitor_of(context->r) : NULL;
    scim_path_t *path;
    const char *wrong, *value;
    scim_error_t *error;

    (void)data;
    if (visitor == NULL) {
        return "";
    }
    if (visitor->error) {
        return fail(context, "the directory cannot be asked (SCIM0060)");
    }
    wrong = scim_export_path(&path, attribute, visitor->call.type, context->p);
    if (wrong) {
        return fail(context, apr_pstrcat(context->p, "SCIM: ", wrong, NULL));
    }
    if (!is_known(visitor)) {
        return "";
    }
    error = value_of(&value, visitor, path, context->r);
    if (error) {
        scim_visitor_report(error, context->r);
        return fail(context, "the directory cannot be asked (SCIM0060)");
    }
    return value ? value : "";
}

int scim_export_lookup(ap_expr_lookup_parms *parms)
{
    if (parms->type != AP_EXPR_FUNC_STRING || !scim_text_same_name(parms->name, "SCIM")) {
        return DECLINED;
    }
    *parms->func = call_function;
    *parms->data = NULL;
    return OK;
}
