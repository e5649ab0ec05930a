#include "core/dialect.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#define ONELOGIN                                                                               \
    (SCIM_LENIENT_URN | SCIM_LENIENT_SCHEMAS | SCIM_LENIENT_SINGLE | SCIM_LENIENT_BOOLEAN      \
     | SCIM_LENIENT_NUMBER | SCIM_LENIENT_BLANK | SCIM_LENIENT_SCALAR | SCIM_LENIENT_ALIAS     \
     | SCIM_LENIENT_REMOVE_VALUE | SCIM_LENIENT_QUERY | SCIM_LENIENT_PRIMARY                   \
     | SCIM_LENIENT_STRANGERS | SCIM_LENIENT_MEMBERS)
#define OKTA (SCIM_LENIENT_SCHEMAS | SCIM_LENIENT_READ_ONLY | SCIM_LENIENT_STRANGERS)
#define ENTRA                                                                                  \
    (SCIM_LENIENT_SCHEMAS | SCIM_LENIENT_BOOLEAN | SCIM_LENIENT_BLANK | SCIM_LENIENT_SCALAR    \
     | SCIM_LENIENT_OPERATION | SCIM_LENIENT_KEYS | SCIM_LENIENT_REMOVE_VALUE                  \
     | SCIM_LENIENT_ADD_CREATES | SCIM_LENIENT_REPLACE_CREATES | SCIM_LENIENT_QUERY            \
     | SCIM_LENIENT_STRANGERS)
/* A replace that selects nothing is an error for everybody else (RFC 7644 3.5.2.3), so it takes
   more than a guess to be Entra. */
#define AUTO ((ONELOGIN | OKTA | ENTRA) & ~SCIM_LENIENT_REPLACE_CREATES)

const scim_leniency_row_t scim_leniencies[] = {
    {SCIM_LENIENT_URN, "urn", "OneLogin",
     "Obsolete core and enterprise URNs, with or without the type behind, mean today's."},
    {SCIM_LENIENT_SCHEMAS, "schemas", "OneLogin, Okta, Entra",
     "The member schemas may be missing or incomplete, or name schemas that nobody knows."},
    {SCIM_LENIENT_SINGLE, "single", "OneLogin",
     "One object or one plain value is taken where an array is due."},
    {SCIM_LENIENT_BOOLEAN, "boolean", "OneLogin, Entra",
     "Booleans may be given as text in any case, or as 1 and 0."},
    {SCIM_LENIENT_NUMBER, "number", "OneLogin",
     "Numbers may be given as text; a number or boolean is taken as text where that is due."},
    {SCIM_LENIENT_BLANK, "blank", "OneLogin, Entra",
     "Empty and blank text means that there is no value, and so does null in a replacement."},
    {SCIM_LENIENT_SCALAR, "scalar", "Entra, OneLogin",
     "A plain value is taken where an object with that value inside is due."},
    {SCIM_LENIENT_ALIAS, "alias", "OneLogin",
     "Attributes go by other names too: managerId is the value of manager."},
    {SCIM_LENIENT_OPERATION, "operation", "Entra",
     "The op of a PATCH operation may be in any case."},
    {SCIM_LENIENT_KEYS, "keys", "Entra",
     "The value of a PATCH operation without a path may have attribute paths as keys."},
    {SCIM_LENIENT_READ_ONLY, "read-only", "Okta",
     "Read-only attributes in the value of a PATCH operation without a path are ignored."},
    {SCIM_LENIENT_REMOVE_VALUE, "remove-value", "Entra, OneLogin",
     "A PATCH operation that removes and has a value removes that value alone."},
    {SCIM_LENIENT_ADD_CREATES, "add-creates", "Entra",
     "A PATCH operation that adds to a value path without a match creates the value."},
    {SCIM_LENIENT_REPLACE_CREATES, "replace-creates", "Entra",
     "A PATCH operation that replaces on a value path without a match creates the value."},
    {SCIM_LENIENT_QUERY, "query", "OneLogin, Entra",
     "Query strings may have empty parameters, a trailing & or ?, and unknown parameters."},
    {SCIM_LENIENT_PRIMARY, "primary", "OneLogin",
     "Of several values that all claim to be primary, the first is."},
    {SCIM_LENIENT_STRANGERS, "strangers", "OneLogin, Okta, Entra",
     "Members that are no user or group here are left out."},
    {SCIM_LENIENT_MEMBERS, "members", "OneLogin",
     "A PATCH of a group may be a list of members, each with an operation (SCIM 1.1)."},
    {0, NULL, NULL, NULL}};

static const scim_dialect_t dialects[] = {{"auto", AUTO, 0}, {"onelogin", ONELOGIN, 1},
                                          {"okta", OKTA, 0}, {"entra", ENTRA, 0},
                                          {"strict", 0, 0},  {NULL, 0, 0}};

/* What `auto` takes a client for. Headers are a hint, not a proof: every leniency stays. */
static const scim_dialect_t seems_onelogin = {"onelogin", AUTO, 1};
static const scim_dialect_t seems_okta = {"okta", AUTO, 0};

const scim_dialect_t *scim_dialect_find(const char *name)
{
    const scim_dialect_t *dialect;

    for (dialect = dialects; dialect->name; dialect++) {
        if (apr_cstr_casecmp(dialect->name, name) == 0) {
            return dialect;
        }
    }
    return NULL;
}

const char *scim_dialect_names(apr_pool_t *pool)
{
    const char *names = dialects[0].name;
    const scim_dialect_t *dialect;

    for (dialect = dialects + 1; dialect->name; dialect++) {
        names = apr_pstrcat(pool, names, ", ", dialect->name, NULL);
    }
    return names;
}

static int is_empty(const char *header)
{
    return header == NULL || *header == '\0';
}

const scim_dialect_t *scim_dialect_recognise(const scim_dialect_t *configured,
                                             const char *user_agent, const char *accept)
{
    if (strcmp(configured->name, "auto") != 0) {
        return configured;
    }
    if (is_empty(user_agent)) {
        return is_empty(accept) ? &seems_onelogin : configured;
    }
    return apr_cstr_casecmpn(user_agent, "Okta", 4) == 0 ? &seems_okta : configured;
}
