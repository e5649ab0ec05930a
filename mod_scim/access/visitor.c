#include "access/visitor.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <ap_expr.h>

#include "access/directory.h"
#include "core/error.h"

/* The note of a request whose user is proved. */
#define ADMITTED "scim-admitted"

/* What a request remembers. */
typedef struct memory_t {
    const char *user;
    const scim_directory_t *directory;
    const scim_login_t *login;
    const ap_expr_info_t *login_time;
    scim_visitor_t visitor;
} memory_t;

/* ---- the name -------------------------------------------------------------- */

int scim_visitor_admit(request_rec *r)
{
    if (r->user) {
        apr_table_setn(r->notes, ADMITTED, "1");
    }
    return DECLINED;
}

/* The request for which the login module was asked: as httpd decides it, one of the same
   configuration takes over the name. */
static const request_rec *asked(const request_rec *r)
{
    for (;;) {
        if (r->prev && r->prev->per_dir_config == r->per_dir_config) {
            r = r->prev;
        } else if (r->main && r->main->per_dir_config == r->per_dir_config) {
            r = r->main;
        } else {
            return r;
        }
    }
}

/* Login modules answer 401, but 400 and 500, too. 403 is for those who have no need of one. */
const char *scim_visitor_name(request_rec *r)
{
    const request_rec *origin = asked(r);
    int refused = ap_is_HTTP_ERROR(origin->status) && origin->status != HTTP_FORBIDDEN;

    return refused && apr_table_get(origin->notes, ADMITTED) == NULL ? NULL : r->user;
}

/* ---- the person ------------------------------------------------------------ */

static const scim_login_t by_local_name = {SCIM_LOGIN_LOCAL_NAME, NULL};

static const scim_login_t *login_of(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);

    return config->access.login ? config->access.login : &by_local_name;
}

void scim_visitor_report(const scim_error_t *error, request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "SCIM0060: the directory cannot be asked about %s, so nothing is granted: %s",
                  r->user ? scim_error_quotes(r->pool, r->user) : "anybody",
                  error->cause ? error->cause : error->detail);
}

static scim_error_t *find(scim_visitor_t *visitor, const char *name, request_rec *r)
{
    scim_call_t *call = &visitor->call;

    call->pool = r->pool;
    call->service = scim_access_service(r);
    if (call->service == NULL) {
        return scim_error_because(
            scim_error_create(r->pool, HTTP_SERVICE_UNAVAILABLE, NULL,
                              "The directory is not available."),
            r->pool,
            "there is no directory for this place, or more than one (SCIM0045), or it could "
            "not "
            "be opened when httpd started (SCIM0051); ScimAccessDirectory names one");
    }
    call->type = scim_schemas_type(call->service->schemas, "User");
    call->dialect = scim_dialect_find("strict");
    call->notes = apr_array_make(r->pool, 1, sizeof(const char *));
    call->base_url = "";
    call->client = name;
    call->self = name;
    visitor->login = login_of(r);
    return scim_person_find(&visitor->person, visitor->login, call);
}

void scim_visitor_find(scim_visitor_t *visitor, const char *name, request_rec *r)
{
    memset(visitor, 0, sizeof(*visitor));
    visitor->error = find(visitor, name, r);
    if (visitor->error) {
        scim_visitor_report(visitor->error, r);
    }
}

/* Whole seconds since 1970; the one in which somebody came back counts as before that. */
static int is_behind(const char *seconds, apr_time_t moment)
{
    char *end;
    apr_int64_t value;

    if (!apr_isdigit(*seconds)) {
        return 0;
    }
    value = apr_strtoi64(seconds, &end, 10);
    return (*end == '\0' || *end == '.') && value > apr_time_sec(moment);
}

/* Where it is not known when somebody has logged in, it was before. */
static void look_at_session(scim_visitor_t *visitor, request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const ap_expr_info_t *login_time = config->access.login_time;
    scim_person_t *person = &visitor->person;
    const char *wrong = NULL, *seconds;

    if (login_time == NULL || visitor->error || person->standing != SCIM_STANDING_ACTIVE
        || person->record->not_before == 0) {
        return;
    }
    seconds = ap_expr_str_exec(r, login_time, &wrong);
    if (wrong || !is_behind(seconds, person->record->not_before)) {
        person->standing = SCIM_STANDING_EARLIER;
    }
}

static request_rec *outer(request_rec *r)
{
    return r->main ? r->main : r->prev;
}

/* What the request, or one that it is a part of, has read of this person. */
static memory_t *recall(request_rec *r, const scim_directory_t *directory)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const scim_login_t *login = login_of(r);
    request_rec *at;

    for (at = r; at; at = outer(at)) {
        memory_t *memory = ap_get_module_config(at->request_config, &scim_module);

        if (memory && memory->directory == directory && memory->login == login
            && memory->login_time == config->access.login_time
            && strcmp(memory->user, r->user) == 0) {
            return memory;
        }
    }
    return NULL;
}

scim_visitor_t *scim_visitor_of(request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const scim_service_t *service = scim_access_service(r);
    const scim_directory_t *directory = service ? service->directory : NULL;
    memory_t *memory = recall(r, directory);

    if (memory == NULL) {
        memory = apr_pcalloc(r->pool, sizeof(*memory));
        memory->user = apr_pstrdup(r->pool, r->user);
        memory->directory = directory;
        memory->login = login_of(r);
        memory->login_time = config->access.login_time;
        scim_visitor_find(&memory->visitor, memory->user, r);
        look_at_session(&memory->visitor, r);
        ap_set_module_config(r->request_config, &scim_module, memory);
    }
    return &memory->visitor;
}
