/*
 * anything.h - resources of all types in a directory in SQLite, with all attributes that their
 * schemas have, and the text of filters on any of these.
 */
#ifndef TEST_ANYTHING_H
#define TEST_ANYTHING_H

#include "randoms.h"

#include "service/call.h"

static scim_service_t service;

/* ---- the resources ---------------------------------------------------------------- */

typedef struct thing_t {
    const char *type;
    const char *id;
    const json_t *whole; /* as a client reads it */
    const scim_record_t *record;
} thing_t;

#define THINGS 48

static thing_t things[THINGS];
static int made;

/* A third of each type; groups may have those made before them as members. */
static inline const char *type_of(int number)
{
    return types[number % 3];
}

static inline scim_call_t call_of(const char *type, apr_pool_t *call_pool)
{
    scim_call_t call = {.service = &service,
                        .type = scim_schemas_type(schemas, type),
                        .dialect = scim_dialect_find("strict"),
                        .base_url = "https://example.com/scim/v2",
                        .client = "test",
                        .notes = apr_array_make(call_pool, 4, sizeof(const char *)),
                        .pool = call_pool};

    call.search.start_index = 1;
    call.search.count = -1;
    return call;
}

static inline json_t *simple_value(const scim_attribute_t *attribute)
{
    static const char *const binaries[] = {"TUlJRA==", "tuljRA==", "AAAA", "aaaa"};

    switch (attribute->type) {
    case SCIM_TYPE_BOOLEAN:
        return json_boolean(strcmp(attribute->name, "primary") != 0 && dice(2));
    case SCIM_TYPE_INTEGER:
        return json_integer(dice(7) - 3);
    case SCIM_TYPE_DECIMAL:
        return json_loads(number_text(), JSON_DECODE_ANY, NULL);
    case SCIM_TYPE_DATETIME:
        return json_string(apr_psprintf(pool, "%.19sZ", time_text(any_time())));
    case SCIM_TYPE_BINARY:
        return json_string(binaries[dice(4)]);
    default:
        return json_string(any_text());
    }
}

static inline json_t *any_single(const scim_attribute_t *attribute);

static inline void fill(json_t *object, const scim_attributes_t *attributes)
{
    int i, j;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        json_t *list;

        if (attribute->mutability == SCIM_READ_ONLY
            || attribute->returned == SCIM_RETURNED_NEVER || dice(2)
            || strcmp(attribute->name, "members") == 0
            || strcmp(attribute->name, "schemas") == 0) {
            continue;
        }
        if (!attribute->multi_valued) {
            json_object_set_new(object, attribute->name, any_single(attribute));
            continue;
        }
        list = json_array();
        for (j = dice(3); j >= 0; j--) {
            json_array_append_new(list, any_single(attribute));
        }
        if (dice(2) && scim_attributes_find(&attribute->attributes, "primary", 7)) {
            json_object_set_new(json_array_get(list, 0), "primary", json_true());
        }
        json_object_set_new(object, attribute->name, list);
    }
}

static inline json_t *any_single(const scim_attribute_t *attribute)
{
    json_t *object;

    if (attribute->type != SCIM_TYPE_COMPLEX) {
        return simple_value(attribute);
    }
    object = json_object();
    fill(object, &attribute->attributes);
    return object;
}

static inline json_t *any_members(void)
{
    json_t *list = json_array();
    int i;

    for (i = dice(6); i > 0 && made > 2; i--) {
        const thing_t *thing = &things[dice(made)];

        if (strcmp(thing->type, "Device") != 0) {
            json_array_append_new(list, json_pack("{s:s}", "value", thing->id));
        }
    }
    return list;
}

static inline json_t *any_resource(const scim_resource_type_t *type)
{
    json_t *resource = scim_json_own(pool, json_object()), *urns = json_array(), *extension;
    const char *name = apr_psprintf(pool, "%s%d", dice(2) ? "Na" : "n\xC3\x84", made);
    int i;

    fill(resource, type->common);
    fill(resource, &type->schema->attributes);
    json_array_append_new(urns, json_string(type->schema->id));
    for (i = 0; i < type->extension_count; i++) {
        const scim_schema_t *schema = type->extensions[i].schema;

        if (dice(3)) {
            extension = json_object();
            fill(extension, &schema->attributes);
            json_object_set_new(resource, schema->id, extension);
            json_array_append_new(urns, json_string(schema->id));
        }
    }
    json_object_set_new(resource, "schemas", urns);
    if (type->kind == SCIM_KIND_USER) {
        set_text(resource, "userName", name);
    } else if (type->kind == SCIM_KIND_GROUP) {
        set_text(resource, "displayName", name);
        json_object_set_new(resource, "members", any_members());
    }
    return resource;
}

static inline void make_thing(const char *type)
{
    thing_t *thing = &things[made];
    scim_reply_t reply = {0};
    scim_call_t call = call_of(type, tap_pool);

    while (scim_call_create(&reply, &call, any_resource(call.type))) {
        apr_pool_clear(pool);
    }
    thing->type = type;
    thing->id = apr_pstrdup(tap_pool, reply.id);
    made++;
}

/* Filters look at the version alone, not at what follows it while groups are shown. */
static inline void cut_version(json_t *meta)
{
    char *text = apr_pstrdup(tap_pool, json_string_value(json_object_get(meta, "version")));
    char *dash = strchr(text, '-');

    if (dash) {
        memcpy(dash, "\"", 2);
        json_object_set_new(meta, "version", json_string(text));
    }
}

static inline scim_error_t *read_record(scim_session_t *session, void *baton,
                                        apr_pool_t *work_pool)
{
    thing_t *thing = baton;
    scim_record_t *record;

    (void)work_pool;
    SCIM_TRY(
        service.directory->provider->get(session, thing->type, thing->id, &record, tap_pool));
    thing->record = record;
    return NULL;
}

static inline void read_things(void)
{
    int i;

    for (i = 0; i < made; i++) {
        scim_call_t call = call_of(things[i].type, tap_pool);
        scim_reply_t reply = {0};
        json_t *whole = NULL;
        const char *text;

        test_schemas_need(scim_call_read(&reply, &call, things[i].id));
        text = scim_buffer_text(reply.body, tap_pool);
        test_schemas_need(scim_json_parse(&whole, text, strlen(text), tap_pool));
        cut_version(json_object_get(whole, "meta"));
        things[i].whole = whole;
        test_schemas_need(service.directory->provider->transact(
            service.directory->state, 0, read_record, &things[i], tap_pool));
    }
}

static inline void start(const char *file)
{
    scim_directory_t *directory = apr_pcalloc(tap_pool, sizeof(*directory));
    int i, j;

    directory->name = "here";
    directory->provider = &scim_store_provider;
    scim_store_open(&directory->state, "here", place_source(file, tap_pool),
                    (const scim_indexed_attribute_t *)kept->elts, kept->nelts, tap_pool);
    service.schemas = schemas;
    service.directory = directory;
    service.indexed = indexed;
    service.limits.max_results = THINGS;
    service.limits.max_scan = 100000;
    for (i = 0; i < SCIM_KINDS; i++) {
        for (j = 0; j < SCIM_CHANGES; j++) {
            service.policy.toggles[i][j] = SCIM_TOGGLE_ON;
        }
    }
    while (made < THINGS) {
        make_thing(type_of(made));
    }
    read_things();
}

/* ---- filters ---------------------------------------------------------------------- */

/* What a filter of a type may name. */
typedef struct name_t {
    const char *text; /* in full notation */
    const scim_attribute_t *attribute;
    const scim_attribute_t *leaf; /* whose literals go with it */
    const scim_schema_t *extension;
    int planned; /* SQL has a column, an index or another table for it */
} name_t;

static apr_array_header_t *names_of[3]; /* of name_t, as `types` */

static inline const scim_attribute_t *sub_of(const scim_attribute_t *attribute,
                                             const char *name)
{
    return scim_attributes_find(&attribute->attributes, name, strlen(name));
}

static inline int is_planned(const char *text, const char *type)
{
    int i;

    for (i = 0; i < NAMES; i++) {
        if (strcmp(names[i].type, type) == 0 && strcmp(names[i].name, text) == 0) {
            return 1;
        }
    }
    return strncmp(text, "members", 7) == 0 || strncmp(text, "groups", 6) == 0;
}

/* Mostly one that SQL knows of. */
static inline const name_t *pick_name(int type)
{
    const name_t *name;

    do {
        name = &APR_ARRAY_IDX(names_of[type], dice(names_of[type]->nelts), name_t);
    } while (!name->planned && dice(6));
    return name;
}

static inline void add_names(apr_array_header_t *list, const char *type,
                             const scim_attributes_t *attributes,
                             const scim_schema_t *extension)
{
    int i, j;

    for (i = 0; i < attributes->count; i++) {
        const scim_attribute_t *attribute = attributes->list[i];
        const scim_attribute_t *value = sub_of(attribute, "value");
        scim_path_t path = {.extension = extension, .attribute = attribute};
        name_t name = {scim_path_print(&path, tap_pool), attribute, value ? value : attribute,
                       extension, 0};

        if (attribute->returned == SCIM_RETURNED_NEVER) {
            continue;
        }
        name.planned = is_planned(name.text, type);
        APR_ARRAY_PUSH(list, name_t) = name;
        for (j = 0; j < attribute->attributes.count; j++) {
            path.sub = name.leaf = attribute->attributes.list[j];
            name.text = scim_path_print(&path, tap_pool);
            name.planned = is_planned(name.text, type);
            if (path.sub->returned != SCIM_RETURNED_NEVER) {
                APR_ARRAY_PUSH(list, name_t) = name;
            }
        }
    }
}

static inline void make_names(void)
{
    int i, j;

    for (i = 0; i < 3; i++) {
        const scim_resource_type_t *type = scim_schemas_type(schemas, types[i]);

        names_of[i] = apr_array_make(tap_pool, 100, sizeof(name_t));
        add_names(names_of[i], types[i], type->common, NULL);
        add_names(names_of[i], types[i], &type->schema->attributes, NULL);
        for (j = 0; j < type->extension_count; j++) {
            add_names(names_of[i], types[i], &type->extensions[j].schema->attributes,
                      type->extensions[j].schema);
        }
    }
}

/* What some resource has there, or NULL. */
static inline const json_t *some_value(const name_t *name)
{
    const json_t *value = things[dice(made)].whole;

    if (name->extension) {
        value = json_object_get(value, name->extension->id);
    }
    value = json_object_get(value, name->attribute->name);
    if (json_is_array(value)) {
        value = json_array_get(value, (size_t)dice(3));
    }
    return json_is_object(value) ? json_object_get(value, name->leaf->name) : value;
}

/* The text, a part of it, or in another case. */
static inline const char *like(const char *text)
{
    char *copy = apr_pstrdup(pool, text);
    size_t length = strlen(copy), i;

    switch (dice(5)) {
    case 0:
        for (i = 0; i < length; i++) {
            copy[i] ^= (copy[i] >= 'A' && copy[i] <= 'Z') || (copy[i] >= 'a' && copy[i] <= 'z')
                           ? 32
                           : 0;
        }
        return copy;
    case 1:
        i = length ? (size_t)dice((int)length) : 0;
        while (i && ((unsigned char)copy[i] & 0xc0) == 0x80) {
            i--;
        }
        copy[i] = '\0';
        return copy;
    case 2:
        i = length ? (size_t)dice((int)length) : 0;
        while (((unsigned char)copy[i] & 0xc0) == 0x80) {
            i++;
        }
        return copy + i;
    default:
        return copy;
    }
}

static inline const char *literal_for(const name_t *name)
{
    const json_t *value = dice(3) ? some_value(name) : NULL;
    char *text;

    if (json_is_string(value)) {
        return scim_json_quote(name->leaf->type == SCIM_TYPE_DATETIME
                                   ? json_string_value(value)
                                   : like(json_string_value(value)),
                               pool);
    }
    if (value && !json_is_object(value) && !json_is_array(value)) {
        text = json_dumps(value, JSON_ENCODE_ANY);
        apr_pool_cleanup_register(pool, text, tap_free, apr_pool_cleanup_null);
        return text;
    }
    switch (name->leaf->type) {
    case SCIM_TYPE_BOOLEAN:
        return dice(2) ? "true" : "false";
    case SCIM_TYPE_INTEGER:
    case SCIM_TYPE_DECIMAL:
        return number_text();
    case SCIM_TYPE_DATETIME:
        return apr_psprintf(pool, "\"%s\"", time_text(any_time()));
    default:
        return scim_json_quote(any_text(), pool);
    }
}

static inline const char *term_for(const name_t *name, const char *shown_name)
{
    static const char *const ops[] = {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"};

    switch (dice(8)) {
    case 0:
        return apr_psprintf(pool, "%s pr", shown_name);
    case 1:
        return apr_psprintf(pool, "%s %s null", shown_name, dice(2) ? "eq" : "ne");
    default:
        return apr_psprintf(pool, "%s %s %s", shown_name, ops[dice(dice(3) ? 9 : 2)],
                            literal_for(name));
    }
}

/* A term that the parser takes: not all operators and literals go with all attributes. */
static inline const char *good_term(const name_t *name, const char *shown_name,
                                    const char *around, const char *type)
{
    const char *term, *text;
    scim_filter_t *filter;

    do {
        term = term_for(name, shown_name);
        text = around ? apr_psprintf(pool, "%s[%s]", around, term) : term;
    } while (parse(&filter, text, type));
    return term;
}

static inline const char *in_brackets(const name_t *name, int depth, const char *type)
{
    const scim_attribute_t *attribute = name->attribute;
    scim_path_t path = {.extension = name->extension, .attribute = attribute};
    const char *around = scim_path_print(&path, pool), *sub = "value";
    name_t inner = *name;

    switch (depth ? dice(6) : 5) {
    case 0:
        return apr_psprintf(pool, "%s and %s", in_brackets(name, depth - 1, type),
                            in_brackets(name, depth - 1, type));
    case 1:
        return apr_psprintf(pool, "(%s or %s)", in_brackets(name, depth - 1, type),
                            in_brackets(name, depth - 1, type));
    case 2:
        return apr_psprintf(pool, "not (%s)", in_brackets(name, depth - 1, type));
    default:
        if (attribute->type == SCIM_TYPE_COMPLEX) {
            do {
                inner.leaf = attribute->attributes.list[dice(attribute->attributes.count)];
            } while (inner.leaf->returned == SCIM_RETURNED_NEVER);
            sub = inner.leaf->name;
        }
        return good_term(&inner, sub, around, type);
    }
}

static inline const char *filter_text(int type, int depth)
{
    const name_t *name = pick_name(type);
    scim_path_t path = {.extension = name->extension, .attribute = name->attribute};

    switch (depth ? dice(7) : 6) {
    case 0:
    case 1:
        return apr_psprintf(pool, "%s and %s", filter_text(type, depth - 1),
                            filter_text(type, depth - 1));
    case 2:
        return apr_psprintf(pool, "(%s or %s)", filter_text(type, depth - 1),
                            filter_text(type, depth - 1));
    case 3:
        return apr_psprintf(pool, "not (%s)", filter_text(type, depth - 1));
    default:
        if (name->attribute->multi_valued && dice(3) == 0) {
            return apr_psprintf(pool, "%s[%s]", scim_path_print(&path, pool),
                                in_brackets(name, 2, types[type]));
        }
        return good_term(name, name->text, NULL, types[type]);
    }
}

#endif
