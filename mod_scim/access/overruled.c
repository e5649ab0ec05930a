#include "access/overruled.h"

#include <string.h>

#include <apr_strings.h>

#include "core/text.h"

#define MAX_DEPTH 32

static int decides(const ap_directive_t *node)
{
    return scim_text_same_name(node->directive, "AuthzSVNAccessFile")
           || scim_text_same_name(node->directive, "AuthzSVNReposRelativeAccessFile");
}

/* The word of a Require line of ours, or NULL. */
static const char *required(const ap_directive_t *node, apr_pool_t *pool)
{
    static const char ours[] = "scim-";
    const char *args = node->args, *word;

    if (!scim_text_same_name(node->directive, "Require")) {
        return NULL;
    }
    word = ap_getword_conf(pool, &args);
    if (scim_text_same_name(word, "not")) {
        word = ap_getword_conf(pool, &args);
    }
    return strncmp(word, ours, strlen(ours)) == 0 ? word : NULL;
}

/* In <Limit>, <RequireAll> and so on, too. */
static const ap_directive_t *find_required(const ap_directive_t *node, int depth,
                                           apr_pool_t *pool)
{
    for (; node && depth < MAX_DEPTH; node = node->next) {
        const ap_directive_t *inner =
            required(node, pool) ? node : find_required(node->first_child, depth + 1, pool);

        if (inner) {
            return inner;
        }
    }
    return NULL;
}

static const char *check_sections(const ap_directive_t *first, int depth, apr_pool_t *pool)
{
    const ap_directive_t *node, *require;
    const char *wrong = NULL;

    for (node = first; node && depth < MAX_DEPTH && !wrong; node = node->next) {
        require = decides(node) ? find_required(first, depth, pool) : NULL;
        wrong =
            require
                ? apr_psprintf(pool,
                               "%s:%d: Require %s: nobody would ask it, since mod_authz_svn "
                               "decides before it where there is %s; write Require "
                               "valid-user, and ScimGuard on, which is asked after it",
                               require->filename, require->line_num, required(require, pool),
                               node->directive)
                : check_sections(node->first_child, depth + 1, pool);
    }
    return wrong;
}

const char *scim_overruled_check(const ap_directive_t *tree, apr_pool_t *pool)
{
    return check_sections(tree, 0, pool);
}
