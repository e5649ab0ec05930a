#define PCRE2_CODE_UNIT_WIDTH 8

#include "service/username.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <pcre2.h>
#include <utf8proc.h>

#include "core/error.h"
#include "core/filter.h"
#include "core/text.h"

#define MAX_CHARACTERS 255
#define MATCH_LIMIT 100000

struct scim_rewrite_t {
    pcre2_code *code;
    pcre2_match_context *context;
    const char *replacement;
};

static apr_status_t release(void *data)
{
    scim_rewrite_t *rewrite = data;

    pcre2_match_context_free(rewrite->context);
    pcre2_code_free(rewrite->code);
    return APR_SUCCESS;
}

static const char *check_replacement(const char *replacement, const pcre2_code *code,
                                     apr_pool_t *pool)
{
    const char *at;
    uint32_t groups = 0;

    for (at = strchr(replacement, '\\'); at; at = strchr(at + 1, '\\')) {
        if (apr_isdigit(at[1])) {
            return apr_psprintf(pool, "in the replacement '%s' write $%c for a group, not \\%c",
                                replacement, at[1], at[1]);
        }
    }
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    for (at = strchr(replacement, '$'); at; at = strchr(at, '$')) {
        if (at[1] != '$' && (!apr_isdigit(at[1]) || apr_isdigit(at[2]))) {
            return apr_psprintf(pool,
                                "in the replacement '%s' a $ must be followed by one digit, "
                                "or by $ for a dollar sign",
                                replacement);
        }
        if (at[1] != '$' && (uint32_t)(at[1] - '0') > groups) {
            return apr_psprintf(pool,
                                "the replacement '%s' uses $%c, but the groups in the "
                                "expression number %u",
                                replacement, at[1], groups);
        }
        at += 2;
    }
    return NULL;
}

const char *scim_rewrite_compile(const scim_rewrite_t **rewrite, const char *expression,
                                 const char *replacement, apr_pool_t *pool)
{
    scim_rewrite_t *made = apr_pcalloc(pool, sizeof(*made));
    PCRE2_UCHAR text[128];
    PCRE2_SIZE offset;
    const char *problem;
    int code;

    made->code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED,
                               PCRE2_UTF | PCRE2_CASELESS, &code, &offset, NULL);
    if (made->code == NULL) {
        pcre2_get_error_message(code, text, sizeof(text));
        return apr_psprintf(pool, "'%s' is not a regular expression: %s at character %d",
                            expression, text, (int)offset + 1);
    }
    made->context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(made->context, MATCH_LIMIT);
    pcre2_set_depth_limit(made->context, MATCH_LIMIT);
    apr_pool_cleanup_register(pool, made, release, apr_pool_cleanup_null);
    if ((problem = check_replacement(replacement, made->code, pool)) != NULL) {
        return problem;
    }
    made->replacement = apr_pstrdup(pool, replacement);
    *rewrite = made;
    return NULL;
}

static scim_error_t *apply(const char **name, const scim_rewrite_t *rewrite, apr_pool_t *pool)
{
    PCRE2_SIZE size = MAX_CHARACTERS * 4 + 1;
    PCRE2_UCHAR *out = apr_palloc(pool, size);
    int count =
        pcre2_substitute(rewrite->code, (PCRE2_SPTR)*name, PCRE2_ZERO_TERMINATED, 0,
                         PCRE2_SUBSTITUTE_UNSET_EMPTY, NULL, rewrite->context,
                         (PCRE2_SPTR)rewrite->replacement, PCRE2_ZERO_TERMINATED, out, &size);

    if (count < 0) {
        return scim_error_because(
            scim_error_bad(pool, SCIM_INVALID_VALUE,
                           "The userName %s cannot be turned into a local name.",
                           scim_error_quotes(pool, *name)),
            pool, "a rewrite rule failed with PCRE2 code %d", count);
    }
    if (count > 0) {
        *name = (const char *)out;
    }
    return NULL;
}

scim_error_t *scim_username_check(const char *what, const char *name, apr_pool_t *pool)
{
    const char *key = scim_text_fold(pool, name, strlen(name));

    if (scim_text_blank(key)) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE, "The %s %s is empty.", what,
                              scim_error_quotes(pool, name));
    }
    if (strlen(name) > MAX_CHARACTERS || strlen(key) > MAX_CHARACTERS * 2) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The %s %s is too long: at most %d bytes are allowed.", what,
                              scim_error_quotes(pool, name), MAX_CHARACTERS);
    }
    return NULL;
}

scim_error_t *scim_username_local(const char **local, const char *wire,
                                  const scim_policy_t *policy, apr_pool_t *pool)
{
    const char *name = wire;
    int i;

    SCIM_TRY(scim_username_check("userName", wire, pool));
    for (i = 0; policy->rewrites && i < policy->rewrites->nelts; i++) {
        SCIM_TRY(
            apply(&name, APR_ARRAY_IDX(policy->rewrites, i, const scim_rewrite_t *), pool));
    }
    SCIM_TRY(scim_username_check("local name", name, pool));
    *local = name;
    return NULL;
}

/* The local key that a wire name leads to; "", which nobody has, when it leads to none. */
static const char *key_of(const char *wire, const scim_policy_t *policy, apr_pool_t *pool)
{
    const char *local;

    if (scim_username_local(&local, wire, policy, pool)) {
        return "";
    }
    return scim_text_fold(pool, local, strlen(local));
}

static int names_user(const scim_filter_t *filter)
{
    const scim_attribute_t *attribute = filter->path.attribute;

    return filter->kind == SCIM_FILTER_COMPARE && attribute && attribute->schema
           && strcmp(attribute->schema->id, SCIM_URN_USER) == 0
           && strcmp(attribute->name, "userName") == 0 && filter->value.type == JSON_STRING
           && (filter->op == SCIM_EQ || filter->op == SCIM_NE);
}

static scim_filter_t *by_local_name(const scim_filter_t *filter, const scim_policy_t *policy,
                                    apr_pool_t *pool)
{
    scim_filter_t *equal = apr_pcalloc(pool, sizeof(*equal)), *negation;
    const scim_filter_t **child;

    equal->kind = SCIM_FILTER_LOCAL_NAME;
    equal->value.type = JSON_STRING;
    equal->value.text = equal->value.folded = key_of(filter->value.text, policy, pool);
    if (filter->op == SCIM_EQ) {
        return equal;
    }
    child = apr_palloc(pool, sizeof(*child));
    *child = equal;
    negation = apr_pcalloc(pool, sizeof(*negation));
    negation->kind = SCIM_FILTER_NOT;
    negation->children = child;
    negation->count = 1;
    return negation;
}

/* As deep as the filter, which the parser has bounded. */
const scim_filter_t *scim_username_filter(const scim_filter_t *filter,
                                          const scim_policy_t *policy, apr_pool_t *pool)
{
    const scim_filter_t **children;
    scim_filter_t *copy;
    int i;

    if (names_user(filter)) {
        return by_local_name(filter, policy, pool);
    }
    if (filter->count == 0 || filter->kind == SCIM_FILTER_VALUE) {
        return filter;
    }
    copy = apr_pmemdup(pool, filter, sizeof(*filter));
    children = apr_palloc(pool, sizeof(*children) * (apr_size_t)filter->count);
    for (i = 0; i < filter->count; i++) {
        children[i] = scim_username_filter(filter->children[i], policy, pool);
    }
    copy->children = children;
    return copy;
}
