#include "core/dialect.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "core/text.h"

/* What any client may send: accepting it can be taken for nothing else. */
#define COMMON                                                                                 \
    (SCIM_LENIENT_SCHEMAS | SCIM_LENIENT_SINGLE | SCIM_LENIENT_BLANK | SCIM_LENIENT_SCALAR     \
     | SCIM_LENIENT_OPERATION | SCIM_LENIENT_KEYS | SCIM_LENIENT_REMOVE_VALUE                  \
     | SCIM_LENIENT_ADD_CREATES | SCIM_LENIENT_QUERY | SCIM_LENIENT_PRIMARY                    \
     | SCIM_LENIENT_STRANGERS | SCIM_LENIENT_PATHS | SCIM_LENIENT_HOLLOW)
#define ONELOGIN                                                                               \
    (COMMON | SCIM_LENIENT_URN | SCIM_LENIENT_BOOLEAN | SCIM_LENIENT_NUMBER                    \
     | SCIM_LENIENT_ALIAS | SCIM_LENIENT_MEMBERS)
#define OKTA (COMMON | SCIM_LENIENT_READ_ONLY)
#define ENTRA (COMMON | SCIM_LENIENT_BOOLEAN | SCIM_LENIENT_REPLACE_CREATES)
/* A replace that selects nothing is an error for everybody else (RFC 7644 3.5.2.3), so it takes
   more than a guess to be Entra. */
#define AUTO ((ONELOGIN | OKTA | ENTRA) & ~SCIM_LENIENT_REPLACE_CREATES)

const scim_leniency_row_t scim_leniencies[] = {
    {SCIM_LENIENT_URN, "urn", "OneLogin",
     "Obsolete core and enterprise URNs, with or without the type behind, mean today's."},
    {SCIM_LENIENT_SCHEMAS, "schemas", "all",
     "The member schemas may be missing or incomplete, or name schemas that nobody knows."},
    {SCIM_LENIENT_SINGLE, "single", "all",
     "One object or one plain value is taken where an array is due."},
    {SCIM_LENIENT_BOOLEAN, "boolean", "OneLogin, Entra",
     "Booleans may be given as text in any case, or as 1 and 0."},
    {SCIM_LENIENT_NUMBER, "number", "OneLogin",
     "Numbers may be given as text; a number or boolean is taken as text where that is due."},
    {SCIM_LENIENT_BLANK, "blank", "all",
     "Empty and blank text means that there is no value, and so does null in a replacement."},
    {SCIM_LENIENT_SCALAR, "scalar", "all",
     "A plain value is taken where an object with that value inside is due."},
    {SCIM_LENIENT_ALIAS, "alias", "OneLogin",
     "Attributes go by other names too: managerId is the value of manager."},
    {SCIM_LENIENT_OPERATION, "operation", "all",
     "The op of a PATCH operation may be in any case."},
    {SCIM_LENIENT_KEYS, "keys", "all",
     "The value of a PATCH operation without a path may have attribute paths as keys."},
    {SCIM_LENIENT_READ_ONLY, "read-only", "Okta",
     "Read-only attributes in the value of a PATCH operation without a path are ignored."},
    {SCIM_LENIENT_REMOVE_VALUE, "remove-value", "all",
     "A PATCH operation that removes and has a value removes that value alone."},
    {SCIM_LENIENT_ADD_CREATES, "add-creates", "all",
     "A PATCH operation that adds to a value path without a match creates the value."},
    {SCIM_LENIENT_REPLACE_CREATES, "replace-creates", "Entra",
     "A PATCH operation that replaces on a value path without a match creates the value."},
    {SCIM_LENIENT_QUERY, "query", "all",
     "Query strings may have empty parameters, a trailing & or ?, and unknown parameters."},
    {SCIM_LENIENT_PRIMARY, "primary", "all",
     "Of several values that all claim to be primary, the first is."},
    {SCIM_LENIENT_STRANGERS, "strangers", "all",
     "Members that are no user or group here are left out."},
    {SCIM_LENIENT_MEMBERS, "members", "OneLogin",
     "A PATCH of a group may be a list of members, each with an operation (SCIM 1.1)."},
    {SCIM_LENIENT_PATHS, "paths", "all",
     "A PATCH operation whose path names an attribute that nobody knows is left out."},
    {SCIM_LENIENT_HOLLOW, "hollow", "all",
     "A value of which a PATCH leaves but type, primary and display is taken away."},
    {0, NULL, NULL, NULL}};

static const scim_dialect_t dialects[] = {{"auto", AUTO, 0}, {"onelogin", ONELOGIN, 1},
                                          {"okta", OKTA, 0}, {"entra", ENTRA, 0},
                                          {"strict", 0, 0},  {NULL, 0, 0}};

/* What `auto` takes a client for. Headers are a hint, not a proof: every leniency stays. */
static const scim_dialect_t seems_onelogin = {"onelogin", AUTO, 1};
static const scim_dialect_t seems_okta = {"okta", AUTO, 0};
static const scim_dialect_t seems_entra = {"entra", AUTO | ENTRA, 0};

#define ENTRA_GROUP "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
#define ENTRA_FLAG "aadOptscim062020"

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

static int is_automatic(const scim_dialect_t *configured)
{
    return strcmp(configured->name, "auto") == 0;
}

/* 1 when the flag is one of the parameters, with a value or without. */
static int has_flag(const char *query)
{
    const size_t length = strlen(ENTRA_FLAG);

    while (query) {
        if (apr_cstr_casecmpn(query, ENTRA_FLAG, length) == 0
            && (query[length] == '\0' || strchr("=&?", query[length]))) {
            return 1;
        }
        query = strpbrk(query, "&?");
        query = query ? query + 1 : NULL;
    }
    return 0;
}

const scim_dialect_t *scim_dialect_recognise(const scim_dialect_t *configured,
                                             const scim_traits_t *traits)
{
    if (!is_automatic(configured)) {
        return configured;
    }
    if (has_flag(traits->query)) {
        return &seems_entra;
    }
    if (is_empty(traits->user_agent)) {
        return is_empty(traits->accept) ? &seems_onelogin : configured;
    }
    return apr_cstr_casecmpn(traits->user_agent, "Okta", 4) == 0 ? &seems_okta : configured;
}

int scim_dialect_capitalised(const char *op)
{
    return strcmp(op, "Add") == 0 || strcmp(op, "Remove") == 0 || strcmp(op, "Replace") == 0;
}

static int is_of_entra(const json_t *body)
{
    const json_t *schemas = scim_json_member(body, "schemas", NULL);
    const json_t *operations = scim_json_member(body, "Operations", NULL);
    const char *text;
    json_t *each;
    size_t i;

    json_array_foreach(schemas, i, each)
    {
        text = json_string_value(each);
        if (text && scim_text_same_name(text, ENTRA_GROUP)) {
            return 1;
        }
    }
    json_array_foreach(operations, i, each)
    {
        text = json_string_value(scim_json_member(each, "op", NULL));
        if (text && scim_dialect_capitalised(text)) {
            return 1;
        }
    }
    return 0;
}

const scim_dialect_t *scim_dialect_hear(const scim_dialect_t *configured,
                                        const scim_dialect_t *recognised, const json_t *body)
{
    return is_automatic(configured) && is_of_entra(body) ? &seems_entra : recognised;
}
