#include "access/export.h"

#include <string.h>

#include <apr_lib.h>
#include <ap_expr.h>

#include "access/pending.h"
#include "access/visitor.h"
#include "core/error.h"
#include "core/text.h"

#define SEPARATOR ';'

const char *const scim_export_names[] = {
    "SCIM_ID",   "SCIM_EXTERNAL_ID", "SCIM_USER_NAME", "SCIM_NAME",
    "SCIM_MAIL", "SCIM_GROUPS",      "SCIM_ROLES",     NULL};

static const char *const attributes[] = {"id",          "externalId",   "userName",
                                         "displayName", "emails.value", "groups.display",
                                         "roles.value"};

const char *scim_export_default(const char *name)
{
    int i;

    for (i = 0; scim_export_names[i]; i++) {
        if (strcmp(scim_export_names[i], name) == 0) {
            return attributes[i];
        }
    }
    return NULL;
}

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

/* NULL: there is no value, or it cannot be had. */
static const char *value_of(scim_visitor_t *visitor, const scim_path_t *path, request_rec *r)
{
    scim_buffer_t *out = scim_buffer_create(r->pool);
    apr_array_header_t *values;
    scim_error_t *error = scim_person_values(&values, &visitor->person, path, &visitor->call);
    int i;

    if (error) {
        scim_visitor_report(error, r);
        return NULL;
    }
    for (i = 0; i < values->nelts; i++) {
        if (i) {
            scim_buffer_puts(out, ";");
        }
        append(out, APR_ARRAY_IDX(values, i, const char *));
    }
    return values->nelts ? scim_buffer_text(out, r->pool) : NULL;
}

/* Somebody of whom there is something to say, or NULL. */
static scim_visitor_t *known(request_rec *r)
{
    scim_visitor_t *visitor = r->user ? scim_visitor_of(r) : NULL;

    return visitor && !visitor->error && visitor->person.standing == SCIM_STANDING_ACTIVE
               ? visitor
               : NULL;
}

/* ---- variables ------------------------------------------------------------- */

/* What CGI makes of a header's name. */
static int is_header_of(const char *header, const char *name)
{
    for (; *header && *name; header++, name++) {
        char a = apr_isalnum(*header) ? (char)apr_tolower(*header) : '_';

        if (a != (char)apr_tolower(*name)) {
            return 0;
        }
    }
    return *header == *name;
}

typedef struct scrub_t {
    const char *name;
    apr_array_header_t *found; /* of const char * */
} scrub_t;

static int note_header(void *baton, const char *key, const char *value)
{
    scrub_t *scrub = baton;

    (void)value;
    if (is_header_of(key, scrub->name)) {
        APR_ARRAY_PUSH(scrub->found, const char *) = key;
    }
    return 1;
}

static void scrub(const char *name, request_rec *r)
{
    scrub_t scrub = {name, apr_array_make(r->pool, 1, sizeof(const char *))};
    int i;

    apr_table_do(note_header, &scrub, r->headers_in, NULL);
    for (i = 0; i < scrub.found->nelts; i++) {
        apr_table_unset(r->headers_in, APR_ARRAY_IDX(scrub.found, i, const char *));
    }
}

int scim_export_fixup(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const apr_array_header_t *exports = config->access.exports;
    scim_visitor_t *visitor;
    int i;

    if (exports == NULL || exports->nelts == 0) {
        return DECLINED;
    }
    visitor = known(r);
    for (i = 0; i < exports->nelts; i++) {
        const scim_export_t *export = APR_ARRAY_IDX(exports, i, const scim_export_t *);
        const char *value = visitor ? value_of(visitor, export->path, r) : NULL;

        scrub(export->name, r);
        if (value) {
            apr_table_setn(r->subprocess_env, export->name, value);
        } else {
            apr_table_unset(r->subprocess_env, export->name);
        }
    }
    return DECLINED;
}

/* ---- expressions ----------------------------------------------------------- */

static const char *call_function(ap_expr_eval_ctx_t *context, const void *data,
                                 const char *attribute)
{
    scim_visitor_t *visitor = context->r ? known(context->r) : NULL;
    scim_reading_t reading = {0};
    scim_path_t *path;
    const char *value;

    (void)data;
    if (visitor == NULL) {
        return "";
    }
    reading.type = visitor->call.type;
    if (scim_path_parse(&path, attribute, strlen(attribute), &reading, context->p)) {
        *context->err = apr_psprintf(context->p, "%s is no attribute of users",
                                     scim_error_quotes(context->p, attribute));
        return "";
    }
    value = value_of(visitor, path, context->r);
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
