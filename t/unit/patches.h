/*
 * patches.h - what the unit tests of PATCH share: JSON in single quotes, a resource type
 * "Thing" with every mutability, and one call from a message to its result.
 */
#ifndef TEST_PATCHES_H
#define TEST_PATCHES_H

#include "core/patch.h"
#include "core/resource.h"
#include "tap.h"

#define THING_URN "urn:example:schemas:2.0:Thing"
#define NEEDED_URN "urn:example:schemas:extension:2.0:Needed"
#define OTHER_URN "urn:example:schemas:extension:2.0:Other"
#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

static const char thing_schema[] =
    "{'id':'" THING_URN "','name':'Thing','attributes':["
    "{'name':'label','required':true},"
    "{'name':'serial','mutability':'immutable'},"
    "{'name':'state','mutability':'readOnly'},"
    "{'name':'marks','multiValued':true,'mutability':'immutable'},"
    "{'name':'tags','multiValued':true},"
    "{'name':'codes','multiValued':true,'caseExact':true},"
    "{'name':'origin','type':'complex','mutability':'immutable','subAttributes':["
    "{'name':'country'},{'name':'city'}]},"
    "{'name':'spec','type':'complex','subAttributes':["
    "{'name':'code','required':true},{'name':'text'},{'name':'lot','mutability':'immutable'},"
    "{'name':'seen','mutability':'readOnly'},{'name':'words','multiValued':true}]},"
    "{'name':'owners','type':'complex','multiValued':true,'required':true,'subAttributes':["
    "{'name':'value'},{'name':'type'}]},"
    "{'name':'seals','type':'complex','multiValued':true,'mutability':'immutable',"
    "'subAttributes':[{'name':'value'},{'name':'note'}]},"
    "{'name':'parts','type':'complex','multiValued':true,'subAttributes':["
    "{'name':'value','required':true},{'name':'type'},{'name':'primary','type':'boolean'},"
    "{'name':'count','type':'integer'},{'name':'weight','type':'decimal'},"
    "{'name':'maker','mutability':'immutable'},{'name':'seen','mutability':'readOnly'},"
    "{'name':'marks','multiValued':true,'mutability':'immutable'},"
    "{'name':'notes','multiValued':true}]}]}";

static const char needed_schema[] = "{'id':'" NEEDED_URN "','name':'Needed','attributes':["
                                    "{'name':'site'},{'name':'room','required':true}]}";

static const char other_schema[] =
    "{'id':'" OTHER_URN "','name':'Other','attributes':["
    "{'name':'lot','mutability':'immutable'},{'name':'note'},{'name':'notes','multiValued':"
    "true},"
    "{'name':'lines','type':'complex','multiValued':true,'subAttributes':["
    "{'name':'value'},{'name':'type'},{'name':'primary','type':'boolean'}]}]}";

static const char thing_type[] =
    "{'name':'Thing','endpoint':'/Things','schema':'" THING_URN "',"
    "'schemaExtensions':[{'schema':'" NEEDED_URN "','required':true},"
    "{'schema':'" OTHER_URN "','required':false}]}";

static apr_pool_t *pool;
static scim_schemas_t *schemas;

/* The text with double quotes. */
static inline const char *quoted(const char *text)
{
    char *copy = apr_pstrdup(pool, text), *at;

    for (at = copy; *at; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    return copy;
}

static inline void need(const scim_error_t *error)
{
    if (error) {
        printf("Bail out! %s\n", error->detail);
        exit(1);
    }
}

static inline json_t *parse_json(const char *text)
{
    json_t *value = NULL;
    const char *json = quoted(text);

    need(scim_json_parse(&value, json, strlen(json), pool));
    return value;
}

static inline void patches_start(void)
{
    const char *const added[] = {thing_schema, needed_schema, other_schema};
    const char *text = quoted(thing_type);
    unsigned int i;

    need(scim_schemas_create(&schemas, pool));
    for (i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
        const char *schema = quoted(added[i]);

        need(scim_schemas_add(schemas, schema, strlen(schema)));
    }
    need(scim_schemas_add_type(schemas, text, strlen(text)));
}

static inline scim_reading_t reading_of(const char *type, scim_leniency_t leniency)
{
    scim_reading_t reading = {.type = scim_schemas_type(schemas, type), .leniency = leniency};

    return reading;
}

/* A resource as it would be stored. */
static inline json_t *stored(const char *text, const scim_resource_type_t *type)
{
    return scim_resource_canonical(parse_json(text), type, pool);
}

/* Reads and applies a whole message. */
static inline scim_error_t *patch_message(json_t **result, const json_t *resource,
                                          const json_t *message, const scim_reading_t *reading)
{
    scim_patch_t *patch;

    SCIM_TRY(scim_patch_read(&patch, message, reading, pool));
    return scim_patch_apply(result, resource, patch, reading, pool);
}

static inline json_t *message_of(const char *operations)
{
    return parse_json(apr_psprintf(
        pool, "{'schemas':['" SCIM_URN_PATCH_OP "'],'Operations':[%s]}", operations));
}

/*
 * One check: what the operations make of a resource of `type` ("User"). `expected` is a
 * resource, `schemas` left out, or an error: "400 noTarget". A resource that comes out has to
 * be canonical, and what went in untouched.
 */
static inline void is_patched(const char *type, scim_leniency_t leniency, const char *before,
                              const char *operations, const char *expected, const char *name)
{
    scim_reading_t reading = reading_of(type, leniency);
    json_t *resource = stored(before, reading.type), *result = NULL;
    const char *text = scim_json_text(resource, NULL, pool), *got;
    scim_error_t *error = patch_message(&result, resource, message_of(operations), &reading);

    if (error) {
        got = apr_psprintf(pool, "%d %s", error->status, error->type);
        if (!is(got, expected, name)) {
            printf("# %s\n", error->detail);
        }
        if (strncmp(error->detail, "Operation ", 10) != 0) {
            ok(0, "%s: the operation is named", name);
        }
    } else {
        got = scim_json_text(result, NULL, pool);
        is(got,
           *expected == '{' ? scim_json_text(stored(expected, reading.type), NULL, pool)
                            : expected,
           name);
        if (strcmp(got, scim_json_text(scim_resource_canonical(result, reading.type, pool),
                                       NULL, pool))
            != 0) {
            ok(0, "%s: the result is canonical", name);
        }
    }
    if (strcmp(text, scim_json_text(resource, NULL, pool)) != 0) {
        ok(0, "%s: the resource is untouched", name);
    }
}

typedef struct patch_row_t {
    const char *name;
    const char *before;
    const char *operations;
    const char *expected;
    scim_leniency_t leniency;
} patch_row_t;

/* Ends with a row without a name. */
static inline void check_rows(const char *type, const patch_row_t *rows)
{
    for (; rows->name; rows++) {
        is_patched(type, rows->leniency, rows->before, rows->operations, rows->expected,
                   rows->name);
    }
}

#endif
