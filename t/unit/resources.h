/*
 * resources.h - reading resources in unit tests, by tables of rows; with a resource type
 * "Thing" that has an attribute of every type, immutable and required ones, and a required
 * extension.
 */
#ifndef TEST_RESOURCES_H
#define TEST_RESOURCES_H

#include "core/resource.h"
#include "tap.h"

#define THING_URN "urn:acme:2.0:Thing"
#define EXTRA_URN "urn:acme:2.0:Extra"

static const char thing_schema[] =
    "{\"id\":\"" THING_URN "\",\"attributes\":["
    "{\"name\":\"label\",\"required\":true},"
    "{\"name\":\"on\",\"type\":\"boolean\"},"
    "{\"name\":\"weight\",\"type\":\"decimal\"},"
    "{\"name\":\"count\",\"type\":\"integer\"},"
    "{\"name\":\"bought\",\"type\":\"dateTime\"},"
    "{\"name\":\"key\",\"type\":\"binary\"},"
    "{\"name\":\"link\",\"type\":\"reference\"},"
    "{\"name\":\"tags\",\"multiValued\":true},"
    "{\"name\":\"sizes\",\"type\":\"integer\",\"multiValued\":true},"
    "{\"name\":\"serial\",\"mutability\":\"immutable\"},"
    "{\"name\":\"code\",\"mutability\":\"immutable\",\"caseExact\":true},"
    "{\"name\":\"place\",\"type\":\"complex\",\"subAttributes\":["
    "{\"name\":\"room\",\"required\":true},{\"name\":\"floor\",\"type\":\"integer\"},"
    "{\"name\":\"site\",\"mutability\":\"immutable\"},"
    "{\"name\":\"active\",\"type\":\"boolean\"},"
    "{\"name\":\"keys\",\"multiValued\":true}]},"
    "{\"name\":\"parts\",\"type\":\"complex\",\"multiValued\":true,\"subAttributes\":["
    "{\"name\":\"value\",\"caseExact\":true,\"required\":true},{\"name\":\"type\"},"
    "{\"name\":\"primary\",\"type\":\"boolean\"},"
    "{\"name\":\"made\",\"mutability\":\"immutable\"}]},"
    "{\"name\":\"state\",\"mutability\":\"readOnly\",\"required\":true},"
    "{\"name\":\"pin\",\"mutability\":\"writeOnly\"}]}";

static const char extra_schema[] = "{\"id\":\"" EXTRA_URN "\",\"attributes\":["
                                   "{\"name\":\"owner\",\"required\":true},"
                                   "{\"name\":\"active\",\"type\":\"boolean\"},"
                                   "{\"name\":\"origin\",\"mutability\":\"immutable\"}]}";

static const char thing_type[] =
    "{\"name\":\"Thing\",\"endpoint\":\"/Things\",\"schema\":\"" THING_URN "\","
    "\"schemaExtensions\":[{\"schema\":\"" EXTRA_URN "\",\"required\":true}]}";

#define LENIENT 0xffffffffu
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static apr_pool_t *pool;
static scim_schemas_t *schemas;
static apr_array_header_t *notes;

static inline scim_reading_t reading_of(const char *type, scim_leniency_t leniency)
{
    scim_reading_t reading = {
        .type = scim_schemas_type(schemas, type), .leniency = leniency, .notes = notes};

    apr_array_clear(notes);
    return reading;
}

static inline json_t *json(const char *text)
{
    json_t *value = NULL;
    scim_error_t *error = scim_json_parse(&value, exact(text), strlen(text), pool);

    if (error) {
        printf("Bail out! %s: %s\n", error->detail, text);
        exit(1);
    }
    return value;
}

/* A resource of the type with these members behind `schemas`. */
static inline const char *of_type(const char *type, const char *members)
{
    return *members == '{' ? members
                           : apr_psprintf(pool, "{\"schemas\":[\"%s\"]%s%s}",
                                          scim_schemas_type(schemas, type)->schema->id,
                                          *members ? "," : "", members);
}

/* What a resource is read as, or its error. */
static inline const char *read_as(const char *type, scim_leniency_t leniency, int nulls,
                                  const char *text)
{
    scim_reading_t reading = reading_of(type, leniency);
    json_t *resource;
    scim_error_t *error = scim_resource_read(&resource, json(text), nulls, &reading, pool);

    return error ? apr_psprintf(pool, "%d %s: %s", error->status,
                                error->type ? error->type : "-", error->detail)
                 : scim_json_text(resource, NULL, pool);
}

typedef struct row_t {
    const char *sent;     /* members behind `schemas`, or a whole object */
    scim_leniency_t need; /* what it takes to be read */
    const char *expected; /* likewise */
    const char *error;    /* part of what is said without, or NULL */
    const char *name;
} row_t;

static inline void refused(const char *type, scim_leniency_t leniency, const row_t *row)
{
    const char *got = read_as(type, leniency, 0, of_type(type, row->sent));

    if (!ok(strncmp(got, "400 ", 4) == 0 && strstr(got, row->error), "%s: refused",
            row->name)) {
        printf("# got      %s\n# expected ...%s...\n", got, row->error);
    }
}

/* Each row is read with just the leniency it needs, and refused with all the others. */
static inline void check_rows(const char *type, const row_t *rows, apr_size_t count)
{
    apr_size_t i;

    for (i = 0; i < count; i++) {
        if (rows[i].expected) {
            is(read_as(type, rows[i].need, 0, of_type(type, rows[i].sent)),
               of_type(type, rows[i].expected), rows[i].name);
        }
        if (rows[i].error) {
            refused(type, LENIENT & ~rows[i].need, &rows[i]);
        }
        if (rows[i].error && rows[i].need == 0) {
            refused(type, 0, &rows[i]);
        }
    }
}

/* Call first. */
static inline void prepare(void)
{
    scim_error_t *error;

    pool = tap_start();
    error = scim_schemas_create(&schemas, pool);
    error = error ? error : scim_schemas_add(schemas, thing_schema, sizeof(thing_schema) - 1);
    error = error ? error : scim_schemas_add(schemas, extra_schema, sizeof(extra_schema) - 1);
    error = error ? error : scim_schemas_add_type(schemas, thing_type, sizeof(thing_type) - 1);
    if (error) {
        printf("Bail out! %s\n", error->detail);
        exit(1);
    }
    notes = apr_array_make(pool, 8, sizeof(const char *));
}

#endif
