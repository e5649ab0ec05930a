/*
 * patch_model.c - what resources become by PATCH according to the core alone, in memory:
 * members of groups are an attribute as any other here. For t/api/patch_random.t.
 *
 * Reads a line {"type", "dialect", "resource", "patch", "known"} of JSON and answers with one:
 * {"status", "resource"} or {"status", "detail"}. Without `patch` the resource is one to
 * create. `known` has the members that there can be by their ids, as they are shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/dialect.h"
#include "core/error.h"
#include "core/patch.h"
#include "core/resource.h"

#define LINE 1000000

static scim_reading_t reading;
static apr_pool_t *pool;

/* ---- members -------------------------------------------------------------------- */

static const char *id_of(const json_t *member)
{
    const char *value = json_string_value(json_object_get(member, "value"));
    char *id = apr_pstrdup(pool, value), *at;

    for (at = id; at && *at; at++) {
        *at = apr_tolower(*at);
    }
    return id;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Members as the service shows them, by id. */
static scim_error_t *settle_members(json_t *group, const json_t *known)
{
    json_t *members = json_object_get(group, "members"), *each, *settled;
    apr_array_header_t *ids = apr_array_make(pool, 8, sizeof(const char *));
    int strict = !(reading.leniency & SCIM_LENIENT_STRANGERS), n;
    size_t i;

    json_array_foreach(members, i, each)
    {
        const char *id = id_of(each);

        if (id && json_object_get(known, id)) {
            APR_ARRAY_PUSH(ids, const char *) = id;
        } else if (strict) {
            return scim_error_bad(pool, SCIM_INVALID_VALUE, "No member has this id.");
        }
    }
    qsort(ids->elts, (size_t)ids->nelts, sizeof(const char *), by_id);
    settled = json_array();
    for (n = 0; n < ids->nelts; n++) {
        json_array_append(settled, json_object_get(known, APR_ARRAY_IDX(ids, n, char *)));
    }
    json_object_set_new(group, "members", settled);
    return NULL;
}

/* ---- changes -------------------------------------------------------------------- */

/* The rules of whole resources, and what only users have. */
static scim_error_t *settle(json_t **resource, int active, const json_t *known)
{
    json_t *changed = scim_json_copy(*resource, pool);

    if (reading.type->kind == SCIM_KIND_USER) {
        json_object_del(changed, "password");
        if (!json_is_boolean(json_object_get(changed, "active"))) {
            json_object_set_new(changed, "active", json_boolean(active));
        }
    } else {
        SCIM_TRY(settle_members(changed, known));
    }
    *resource = scim_resource_canonical(changed, reading.type, pool);
    return scim_resource_check(*resource, reading.type, pool);
}

/* A group's operations one by one: what has no member's id is no member for the next one. */
static scim_error_t *change(json_t **resource, const json_t *message, const json_t *known)
{
    int active = !json_is_false(json_object_get(*resource, "active")), i;
    scim_patch_t *patch, step;

    SCIM_TRY(scim_patch_read(&patch, message, &reading, pool));
    if (reading.type->kind == SCIM_KIND_USER) {
        SCIM_TRY(scim_patch_apply(resource, *resource, patch, &reading, pool));
        return settle(resource, active, known);
    }
    for (i = 0; i < patch->count; i++) {
        step = *patch;
        step.operations = &patch->operations[i];
        step.count = 1;
        SCIM_TRY(scim_patch_apply(resource, *resource, &step, &reading, pool));
        SCIM_TRY(settle(resource, active, known));
    }
    return NULL;
}

static scim_error_t *answer(json_t **resource, const json_t *question)
{
    const json_t *sent = json_object_get(question, "resource");
    const json_t *patch = json_object_get(question, "patch");
    const json_t *known = json_object_get(question, "known");

    if (patch == NULL) {
        SCIM_TRY(scim_resource_read(resource, sent, 0, &reading, pool));
        return settle(resource, 1, known);
    }
    *resource = scim_json_copy(sent, pool);
    return change(resource, patch, known);
}

static scim_error_t *handle(const scim_schemas_t *schemas, const char *line)
{
    json_t *question, *resource = NULL, *reply = scim_json_own(pool, json_object());
    scim_error_t *error;

    SCIM_TRY(scim_json_parse(&question, line, strlen(line), pool));
    reading.type =
        scim_schemas_type(schemas, json_string_value(json_object_get(question, "type")));
    reading.leniency =
        scim_dialect_find(json_string_value(json_object_get(question, "dialect")))->leniency;
    error = answer(&resource, question);
    json_object_set_new(reply, "status", json_integer(error ? error->status : 200));
    if (error) {
        json_object_set_new(reply, "detail", json_string(error->detail));
    } else {
        json_object_set(reply, "resource", resource);
    }
    printf("%s\n", scim_json_text(reply, NULL, pool));
    fflush(stdout);
    return NULL;
}

int main(void)
{
    scim_schemas_t *schemas;
    scim_error_t *error;
    apr_pool_t *all;
    char *line;

    apr_initialize();
    apr_pool_create(&all, NULL);
    apr_pool_create(&pool, all);
    line = apr_palloc(all, LINE);
    error = scim_schemas_create(&schemas, all);
    while (error == NULL && fgets(line, LINE, stdin)) {
        apr_pool_clear(pool);
        error = handle(schemas, line);
    }
    if (error) {
        fprintf(stderr, "%s\n", error->detail);
    }
    apr_pool_destroy(all);
    apr_terminate();
    return error != NULL;
}
