/*
 * randoms.h - records and filters at random, of all kinds of attributes, with values that are
 * close to each other.
 */
#ifndef TEST_RANDOMS_H
#define TEST_RANDOMS_H

#include "directories.h"
#include "filters.h"

#include "core/datetime.h"
#include "core/json.h"
#include "core/term.h"
#include "core/text.h"

/* Cleared now and then: for what is not kept. */
static apr_pool_t *pool;

/* ---- values ------------------------------------------------------------------- */

static unsigned seed = 20260;

static inline int dice(int sides)
{
    seed = seed * 1103515245u + 12345u;
    return (int)(seed >> 8 & 0xffffff) % sides;
}

/* Longer than keys are. */
#define FIFTY "xyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxy"
#define LONG FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "xyzxyzxy\xC3\xA9xyz"

static const char *const texts[] = {
    "a",
    "A",
    "ab",
    "Ab",
    "AB",
    "abc",
    "b",
    "\xC3\x9F",
    "ss",
    "SS",
    "\xC3\xA9",
    "e\xCC\x81",
    "E",
    "\x7f",
    "a\x7f",
    "a\xC2\x80",
    "\xE2\x80\x8B",
    "a\xE2\x80\x8B",
    "\xF0\x9F\x98\x80",
    "\xF0\x9F\x98\x81",
    "\xF4\x8F\xBF\xBF",
    "\xF4\x8F\xBF\xBFz",
    "\xED\x9F\xBF",
    "\xEE\x80\x80",
    "a'b",
    "a%",
    "a_",
    "a\\",
    "a ",
    " a",
    "%s",
    "123",
    "0123",
    "true",
    "\xEF\xBC\xA1",
    "",
    LONG "a",
    LONG "ab",
    LONG "B",
};

#define TEXTS ((int)(sizeof(texts) / sizeof(texts[0])))

/* The last ones are too long to be an externalId that lists are sorted by. */
static inline const char *any_text(void)
{
    return texts[dice(TEXTS)];
}

static inline const char *short_text(void)
{
    return texts[dice(TEXTS - 4)];
}

/* Times that are close to each other, to the microsecond. */
static inline apr_time_t any_time(void)
{
    return apr_time_from_sec(1600000000) + dice(6) * 1000 + (dice(2) ? 0 : dice(1000));
}

static inline const char *time_text(apr_time_t when)
{
    char text[SCIM_DATETIME_SIZE];

    scim_datetime_format(text, when);
    return apr_psprintf(pool, "%.19s.%06d%s", text, (int)(when % 1000000), dice(2) ? "Z" : "");
}

static inline const char *number_text(void)
{
    static const char *const numbers[] = {"0",    "1",
                                          "-1",   "2",
                                          "1.5",  "-0.0",
                                          "1e3",  "9007199254740993",
                                          "1000", "9007199254740992"};

    return numbers[dice(10)];
}

static inline const char *folded(const char *text)
{
    return scim_text_fold(pool, text, strlen(text));
}

/* ---- attributes --------------------------------------------------------------- */

typedef enum value_kind_t { A_TEXT, A_NUMBER, AN_INTEGER, A_TIME, A_FLAG } value_kind_t;

/* What documents have and filters ask for. */
typedef struct named_t {
    const char *type;
    const char *name;
    value_kind_t kind;
    int indexed;
} named_t;

static const named_t names[] = {
    {"User", "userName", A_TEXT, 0},
    {"User", "externalId", A_TEXT, 0},
    {"User", "id", A_TEXT, 0},
    {"User", "meta.created", A_TIME, 0},
    {"User", "meta.lastModified", A_TIME, 0},
    {"User", "active", A_FLAG, 0},
    {"User", "displayName", A_TEXT, 1},
    {"User", "nickName", A_TEXT, 1},
    {"User", "title", A_TEXT, 0},
    {"User", "profileUrl", A_TEXT, 1},
    {"User", "name.familyName", A_TEXT, 1},
    {"User", "emails.value", A_TEXT, 1},
    {"User", "emails.type", A_TEXT, 1},
    {"User", "emails.primary", A_FLAG, 1},
    {"User", "emails", A_TEXT, 0},
    {"User", SCIM_URN_ENTERPRISE_USER ":employeeNumber", A_TEXT, 1},
    {"Group", "displayName", A_TEXT, 0},
    {"Group", "externalId", A_TEXT, 0},
    {"Group", "id", A_TEXT, 0},
    {"Group", "meta.created", A_TIME, 0},
    {"Group", "meta.lastModified", A_TIME, 0},
    {"Device", "label", A_TEXT, 1},
    {"Device", "serial", A_TEXT, 1},
    {"Device", "on", A_FLAG, 1},
    {"Device", "weight", A_NUMBER, 1},
    {"Device", "ports", AN_INTEGER, 1},
    {"Device", "bought", A_TIME, 1},
    {"Device", "tags", A_TEXT, 1},
    {"Device", "sizes", AN_INTEGER, 1},
    {"Device", "place.room", A_TEXT, 1},
    {"Device", "place.floor", AN_INTEGER, 0},
    {"Device", "parts.name", A_TEXT, 1},
    {"Device", "parts.count", AN_INTEGER, 1},
    {"Device", "externalId", A_TEXT, 0},
    {"Device", SITE_URN ":label", A_TEXT, 1},
    {"Device", SITE_URN ":rows.value", A_TEXT, 1},
};

#define NAMES ((int)(sizeof(names) / sizeof(names[0])))

static const char *const types[] = {"User", "Group", "Device"};

static inline const named_t *any_name(const char *type)
{
    const named_t *name;

    do {
        name = &names[dice(NAMES)];
    } while (strcmp(name->type, type) != 0);
    return name;
}

static inline scim_path_t *path_of(const char *type, const char *name)
{
    scim_reading_t reading = test_reading(schemas, type, 0);
    scim_path_t *path = NULL;

    test_schemas_need(scim_path_parse(&path, name, strlen(name), &reading, tap_pool));
    return path;
}

/* What is indexed, for the core and for the store. */
static apr_array_header_t *indexed, *kept;

static inline void make_indexes(void)
{
    int i;

    indexed = apr_array_make(tap_pool, NAMES, sizeof(scim_indexed_t));
    kept = apr_array_make(tap_pool, NAMES, sizeof(scim_indexed_attribute_t));
    for (i = 0; i < NAMES; i++) {
        const scim_path_t *path = path_of(names[i].type, names[i].name);

        if (names[i].indexed) {
            scim_indexed_t *one = apr_array_push(indexed);
            scim_indexed_attribute_t *other = apr_array_push(kept);

            one->type = other->type = names[i].type;
            one->attribute = other->attribute = scim_path_print(path, tap_pool);
            one->path = path;
            other->single = !path->attribute->multi_valued;
        }
    }
}

/* ---- records ------------------------------------------------------------------ */

static inline json_t *any_value(value_kind_t kind)
{
    switch (kind) {
    case A_NUMBER:
        return json_loads(number_text(), JSON_DECODE_ANY, NULL);
    case AN_INTEGER:
        return json_integer(dice(7) - 3);
    case A_TIME:
        return json_string(time_text(any_time()));
    case A_FLAG:
        return json_boolean(dice(2));
    default:
        return json_string(any_text());
    }
}

/* Puts a value where the path leads; several into what is multi-valued. */
static inline void put_value(json_t *document, const scim_path_t *path, value_kind_t kind)
{
    json_t *object = document, *element, *list;
    int i;

    if (path->extension) {
        object = json_object_get(document, path->extension->id);
        if (object == NULL) {
            object = json_object();
            json_object_set_new(document, path->extension->id, object);
        }
    }
    if (!path->attribute->multi_valued) {
        if (path->sub) {
            element = json_object_get(object, path->attribute->name);
            if (element == NULL) {
                element = json_object();
                json_object_set_new(object, path->attribute->name, element);
            }
            json_object_set_new(element, path->sub->name, any_value(kind));
        } else {
            json_object_set_new(object, path->attribute->name, any_value(kind));
        }
        return;
    }
    list = json_object_get(object, path->attribute->name);
    if (list == NULL) {
        list = json_array();
        json_object_set_new(object, path->attribute->name, list);
    }
    for (i = 1 + dice(2); i > 0; i--) {
        if (path->sub == NULL) {
            json_array_append_new(list, any_value(kind));
            continue;
        }
        element = dice(2) ? json_array_get(list, 0) : NULL;
        if (element == NULL) {
            element = json_object();
            json_array_append_new(list, element);
        }
        json_object_set_new(element, path->sub->name, any_value(kind));
    }
}

static inline int is_column(const char *name)
{
    static const char *const columns[] = {"userName",         "externalId",   "id",
                                          "active",           "meta.created", "emails",
                                          "meta.lastModified"};
    size_t i;

    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (strcmp(columns[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

static inline void set_text(json_t *document, const char *name, const char *text)
{
    json_object_set_new(document, name, json_string(text));
}

static inline void fill_columns(scim_record_t *record, json_t *document)
{
    const char *name = short_text();

    if (strcmp(record->type, "User") == 0) {
        set_text(document, "userName", name);
        record->wire_key = folded(name);
        record->active = dice(4) != 0;
        json_object_set_new(document, "active", json_boolean(record->active));
    } else if (strcmp(record->type, "Group") == 0) {
        name = apr_psprintf(pool, "%s%d", name, dice(3) ? 0 : dice(30));
        set_text(document, "displayName", name);
        record->local_key = folded(name);
    } else {
        record->local_key = NULL;
    }
    if (dice(3)) {
        record->external_id = short_text();
        set_text(document, "externalId", record->external_id);
    }
    record->deleted = dice(10) == 0;
    record->created = any_time();
    record->modified = any_time();
}

static inline scim_record_t *any_record(const char *type, int n)
{
    scim_record_t *record = place_record(type, n);
    json_t *document = scim_json_own(pool, json_object());
    int i;

    fill_columns(record, document);
    for (i = 0; i < NAMES; i++) {
        if (strcmp(names[i].type, type) == 0 && !is_column(names[i].name) && dice(2)
            && strcmp(type, "Group") != 0) {
            put_value(document, path_of(type, names[i].name), names[i].kind);
        }
    }
    record->document = scim_json_text(document, &record->document_length, pool);
    record->terms = scim_term_all(&record->term_count, indexed, type, document, pool);
    return record;
}

/* ---- filters ------------------------------------------------------------------ */

#define RECORDS 300

static inline const char *any_id(void)
{
    return place_id(dice(RECORDS));
}

static inline const char *any_literal(const named_t *name)
{
    switch (name->kind) {
    case A_NUMBER:
    case AN_INTEGER:
        return number_text();
    case A_TIME:
        return apr_psprintf(pool, "\"%s\"", time_text(any_time()));
    case A_FLAG:
        return dice(2) ? "true" : "false";
    default:
        return scim_json_quote(strcmp(name->name, "id") == 0 ? any_id() : any_text(), pool);
    }
}

static inline const char *any_operator(value_kind_t kind)
{
    static const char *const ops[] = {"eq", "ne", "eq", "gt", "ge", "lt",
                                      "le", "co", "sw", "ew", "sw"};

    return ops[dice(kind == A_TEXT ? 11 : kind == A_FLAG ? 2 : 7)];
}

/* A comparison; of the attribute's last name alone when it is to stand in brackets. */
static inline const char *any_term(const named_t *name, const char *shown)
{
    switch (dice(10)) {
    case 0:
        return apr_psprintf(pool, "%s pr", shown);
    case 1:
        return apr_psprintf(pool, "%s %s null", shown, dice(2) ? "eq" : "ne");
    default:
        return apr_psprintf(pool, "%s %s %s", shown, any_operator(name->kind),
                            any_literal(name));
    }
}

static inline const char *any_element(const char *type, const char *parent)
{
    const char *dot, *term;
    const named_t *name;

    do {
        name = any_name(type);
        dot = strrchr(name->name, '.');
    } while (dot == NULL || strncmp(name->name, parent, strlen(parent)) != 0);
    term = any_term(name, dot + 1);
    switch (dice(6)) {
    case 0:
        return apr_psprintf(pool, "%s and %s", term, any_element(type, parent));
    case 1:
        return apr_psprintf(pool, "(%s or %s)", term, any_element(type, parent));
    case 2:
        return apr_psprintf(pool, "not (%s)", term);
    default:
        return term;
    }
}

static inline const char *any_text_filter(const char *type)
{
    const char *parent = strcmp(type, "User") == 0     ? "emails"
                         : strcmp(type, "Device") == 0 ? "parts"
                                                       : NULL;
    const named_t *name = any_name(type);

    if (parent && dice(5) == 0) {
        return apr_psprintf(pool, "%s[%s]", parent, any_element(type, parent));
    }
    return any_term(name, name->name);
}

static inline scim_filter_t *any_fact(const char *type)
{
    scim_filter_t *filter = apr_pcalloc(pool, sizeof(*filter));

    filter->kind = strcmp(type, "Group") == 0 && dice(3)  ? SCIM_FILTER_HAS_MEMBER
                   : strcmp(type, "User") == 0 && dice(2) ? SCIM_FILTER_LOCAL_NAME
                                                          : SCIM_FILTER_MEMBER_OF;
    filter->value.type = JSON_STRING;
    filter->value.text = filter->kind == SCIM_FILTER_LOCAL_NAME
                             ? apr_psprintf(pool, "name%d", dice(RECORDS))
                             : any_id();
    return filter;
}

static inline const scim_filter_t *any_filter(const char *type, int depth)
{
    static const scim_filter_kind_t kinds[] = {SCIM_FILTER_AND, SCIM_FILTER_AND, SCIM_FILTER_OR,
                                               SCIM_FILTER_NOT};
    scim_filter_t *filter = apr_pcalloc(pool, sizeof(*filter));
    const scim_filter_t **children;
    int i;

    if (depth == 0 || dice(3) == 0) {
        if (dice(7) == 0) {
            return any_fact(type);
        }
        /* Some literals do not go with the attribute. */
        while (parse(&filter, any_text_filter(type), type)) {
        }
        return filter;
    }
    filter->kind = kinds[dice(4)];
    filter->count = filter->kind == SCIM_FILTER_NOT ? 1 : 2 + dice(2);
    children = apr_pcalloc(pool, sizeof(*children) * (apr_size_t)filter->count);
    for (i = 0; i < filter->count; i++) {
        children[i] = any_filter(type, depth - 1);
    }
    filter->children = children;
    return filter;
}

#endif
