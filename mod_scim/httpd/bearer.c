#include "httpd/bearer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "core/error.h"
#include "httpd/authorization.h"

#define SCHEME "Bearer"

/* NULL: OpenSSL is asked each time. */
static EVP_MD *sha256;

static apr_status_t release(void *unused)
{
    (void)unused;
    EVP_MD_free(sha256);
    sha256 = NULL;
    return APR_SUCCESS;
}

void scim_bearer_child_init(apr_pool_t *pchild, server_rec *server)
{
    (void)server;
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    apr_pool_cleanup_register(pchild, NULL, release, apr_pool_cleanup_null);
}

/* Compares with every token, so that the time taken says nothing about any of them. */
static const scim_bearer_token_t *find_token(const apr_array_header_t *tokens,
                                             const unsigned char digest[32], apr_time_t now)
{
    const scim_bearer_token_t *found = NULL;
    int i;

    for (i = 0; i < tokens->nelts; i++) {
        const scim_bearer_token_t *token = &APR_ARRAY_IDX(tokens, i, scim_bearer_token_t);
        int equal = CRYPTO_memcmp(token->digest, digest, sizeof(token->digest)) == 0;

        if (equal && (!found || (found->expires && found->expires <= now))) {
            found = token;
        }
    }
    return found;
}

static void challenge(request_rec *r, const char *parameters)
{
    const char *realm = ap_auth_name(r);

    apr_table_setn(r->err_headers_out, "WWW-Authenticate",
                   apr_psprintf(r->pool, SCHEME " realm=\"%s\"%s",
                                ap_escape_quotes(r->pool, realm ? realm : "SCIM"), parameters));
}

static scim_error_t *refuse(request_rec *r, int token_sent, const char *detail)
{
    challenge(r, token_sent ? ", error=\"invalid_token\"" : "");
    return scim_error_create(r->pool, HTTP_UNAUTHORIZED, NULL, "%s", detail);
}

static void log_refusal(request_rec *r, const char *reason)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM0010: %s refused: %s", r->useragent_ip,
                  reason);
}

static scim_error_t *look_up(const scim_bearer_token_t **found, const char *token,
                             apr_size_t length, const apr_array_header_t *tokens,
                             request_rec *r)
{
    unsigned char digest[32];

    if (!EVP_Digest(token, length, digest, NULL, sha256 ? sha256 : EVP_sha256(), NULL)) {
        return scim_error_because(scim_error_create(r->pool, HTTP_INTERNAL_SERVER_ERROR, NULL,
                                                    "The access token could not be checked."),
                                  r->pool, "SHA-256 is not to be had from OpenSSL");
    }
    *found = find_token(tokens, digest, r->request_time);
    if (!*found) {
        log_refusal(r, "unknown bearer token");
        return refuse(r, 1, "The access token is not valid for this endpoint.");
    }
    if ((*found)->expires && (*found)->expires <= r->request_time) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "SCIM0011: %s refused: the token '%s' has expired", r->useragent_ip,
                      (*found)->label);
        return refuse(r, 1, "The access token has expired.");
    }
    return NULL;
}

scim_error_t *scim_bearer_check(const scim_bearer_token_t **token, request_rec *r)
{
    const scim_dir_config_t *config = ap_get_module_config(r->per_dir_config, &scim_module);
    const char *header = apr_table_get(r->headers_in, "Authorization"), *sent = NULL;
    apr_size_t length = 0;
    const scim_bearer_token_t *found = NULL;

    if (!config->tokens || config->tokens->nelts == 0) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "SCIM0012: %s refused: no ScimBearerToken is configured for this "
                      "endpoint, so nobody may use it",
                      r->useragent_ip);
        return refuse(r, 0, "No client may use this endpoint: it has no access token.");
    }
    switch (scim_authorization_read(&sent, &length, header, header ? strlen(header) : 0)) {
    case SCIM_AUTHORIZATION_NONE:
        log_refusal(r, "no bearer token");
        return refuse(r, 0, "This endpoint needs a bearer token in the Authorization header.");
    case SCIM_AUTHORIZATION_OTHER:
        log_refusal(r, "an Authorization header of another scheme");
        return refuse(r, 0,
                      "This endpoint needs a bearer token; the Authorization header has "
                      "something else.");
    case SCIM_AUTHORIZATION_MALFORMED:
        log_refusal(r, "malformed or repeated bearer token");
        return refuse(r, 1,
                      "The Authorization header must hold one bearer token and nothing "
                      "behind it.");
    case SCIM_AUTHORIZATION_TOKEN:
        break;
    }
    SCIM_TRY(look_up(&found, sent, length, config->tokens, r));
    r->user = apr_pstrdup(r->pool, found->label);
    r->ap_auth_type = apr_pstrdup(r->pool, SCHEME);
    *token = found;
    return NULL;
}

scim_error_t *scim_bearer_allow(const scim_bearer_token_t *token, unsigned needs,
                                request_rec *r)
{
    static const struct {
        unsigned bit;
        const char *name;
    } scopes[] = {{SCIM_SCOPE_READ, "read"},
                  {SCIM_SCOPE_WRITE, "write"},
                  {SCIM_SCOPE_USERS, "users"},
                  {SCIM_SCOPE_GROUPS, "groups"}};
    const char *names = "";
    size_t i;

    if ((token->scope & needs) == needs) {
        return NULL;
    }
    for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if (needs & scopes[i].bit) {
            names = apr_pstrcat(r->pool, names, *names ? " " : "", scopes[i].name, NULL);
        }
    }
    challenge(r, apr_psprintf(r->pool, ", error=\"insufficient_scope\", scope=\"%s\"", names));
    return scim_error_create(r->pool, HTTP_FORBIDDEN, NULL,
                             "The access token does not allow this: it needs the scope %s.",
                             names);
}
