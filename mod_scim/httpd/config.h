/*
 * config.h - what the directives of an endpoint come to.
 *
 * create leaves every member unset (-1 or NULL), merge lets the inner section win, the defaults
 * come in at the very end, in scim_config_service(). Nothing here changes after httpd has
 * started.
 *
 * Lists (tokens, rewrites, roles) follow one rule: lines of one section add up, and a section
 * with lines of its own replaces what it would inherit.
 */
#ifndef SCIM_HTTPD_CONFIG_H
#define SCIM_HTTPD_CONFIG_H

#include "access/rules.h"
#include "httpd/module.h"
#include "service/call.h"
#include "service/indexed.h"

/* The default of each limit. */
#define SCIM_DEFAULT_MAX_RESULTS 200
#define SCIM_DEFAULT_MAX_SCAN 10000
#define SCIM_DEFAULT_MAX_PAYLOAD (1024 * 1024)
#define SCIM_DEFAULT_MAX_OPERATIONS 1000
#define SCIM_DEFAULT_PASSWORD_COST 10

/* What an endpoint without a ScimDirectory line uses. */
#define SCIM_DEFAULT_DIRECTORY "default"
#define SCIM_DEFAULT_PROVIDER "dbd"

/* What a token may do; a set. */
#define SCIM_SCOPE_READ (1u << 0)
#define SCIM_SCOPE_WRITE (1u << 1)
#define SCIM_SCOPE_USERS (1u << 2)
#define SCIM_SCOPE_GROUPS (1u << 3)
#define SCIM_SCOPE_ALL 0xfu

typedef struct scim_bearer_token_t {
    const char *label;        /* the client's name in logs and policy */
    unsigned char digest[32]; /* SHA-256 of the token */
    unsigned scope;           /* SCIM_SCOPE_* */
    apr_time_t expires;       /* refused from this moment on; 0: never */
} scim_bearer_token_t;

/* Per directory (Location). */
typedef struct scim_dir_config_t {
    const char *defn_name; /* file and line of the section, or of our first line at server */
    int defn_line;         /* level; for messages */
    const char *base_path; /* path of the outermost Location that holds a ScimDirectory or
                              ScimBearerToken, no slash at the end; NULL: no endpoint; of
                              <Location "/"> it is "" */
    const char *directory; /* name; set together with provider */
    const char *provider;  /* its provider's name */
    apr_array_header_t *tokens;            /* of scim_bearer_token_t */
    int toggles[SCIM_KINDS][SCIM_CHANGES]; /* scim_toggle_t or -1 */
    apr_array_header_t *rewrites; /* of const scim_rewrite_t *; empty, not NULL, after `none` */
    const char *default_role;     /* "" after `none` */
    apr_array_header_t *roles;    /* of const char *; empty after `any` */
    const scim_dialect_t *dialect;
    int reject_unknown;   /* -1, 0, 1 */
    const char *base_url; /* of the endpoint, its path included, no slash at the end */
    apr_int64_t max_results, max_scan, max_payload, max_operations; /* -1 unset */
    int me;                                                         /* scim_me_t or -1 */
    int keep_passwords;                                             /* -1, 0, 1 */
    apr_int64_t password_cost;                                      /* -1 unset */
    scim_access_rules_t access;
} scim_dir_config_t;

/* The lines that scim_extension_apply() is to look at; see extension.h. */
typedef struct scim_extension_lines_t scim_extension_lines_t;

/* Per server. */
typedef struct scim_server_config_t {
    scim_schemas_t *schemas;       /* shared by all servers; complete after the checks */
    scim_extension_lines_t *lines; /* ScimSchema and ScimIndex, of the main server */
    scim_indexed_list_t *indexed;  /* shared; filled by the checks */
    apr_hash_t *wanted;            /* "provider name" -> scim_directory_t *: what the server's
                                      endpoints use. Each server has its own, filled by
                                      scim_config_check(), opened in post_config; `state` stays
                                      NULL when that fails */
    apr_hash_t *named;             /* "provider name" -> const scim_dir_config_t *: what
                                      ScimAccessDirectory lines name */
    apr_hash_t *asked;             /* the same -> scim_directory_t *, maybe of another server;
                                      filled by the checks */
    scim_directory_t *only;        /* what is asked where no line says which; or NULL */
    apr_array_header_t *matched; /* of const scim_path_t *: the attributes that ScimMatch lines
                                    name; shared, filled by the checks */
    apr_int64_t password_cost;   /* the highest ScimPasswordCost of all endpoints that keep
                                    passwords, whatever server has them; -1: none does; filled
                                    by the checks */
    apr_hash_t *told;            /* base path -> what remark.c knows of the endpoint; as
                                    with `wanted` */
} scim_server_config_t;

extern const command_rec scim_directives[];

void *scim_config_create_dir(apr_pool_t *pool, char *dir);
void *scim_config_merge_dir(apr_pool_t *pool, void *base, void *add);
void *scim_config_create_server(apr_pool_t *pool, server_rec *server);
void *scim_config_merge_server(apr_pool_t *pool, void *base, void *add);

/* The name of the directory that an endpoint uses, and of its provider, defaults applied. */
const char *scim_config_directory(const scim_dir_config_t *config);
const char *scim_config_provider(const scim_dir_config_t *config);

/* ScimPasswordCost, default applied. */
int scim_config_password_cost(const scim_dir_config_t *config);

/* What messages call a server: "the main server", or file and line of the virtual host. */
const char *scim_config_server_name(const server_rec *server, apr_pool_t *pool);

/* The endpoint's directory among those the server wants, or NULL. */
scim_directory_t *scim_config_wanted(const scim_server_config_t *server,
                                     const scim_dir_config_t *config, apr_pool_t *pool);

/* Adds the endpoint's directory to those the server wants. */
void scim_config_want(scim_server_config_t *server, const scim_dir_config_t *config,
                      apr_pool_t *pool);

/*
 * A hook of check_config: rules across directives, so that `httpd -t` reports them, and the
 * directories that each server wants.
 */
int scim_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *server);

/*
 * The endpoint of a request as the service sees it, in r->pool, with every default applied.
 * NULL when the request's directory was not opened at start (answer 503; it was logged then).
 */
const scim_service_t *scim_config_service(request_rec *r);

/* The configured dialect, default `auto`. */
const scim_dialect_t *scim_config_dialect(const scim_dir_config_t *config);

#endif
