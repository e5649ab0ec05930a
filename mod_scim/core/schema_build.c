#include "core/schema_build.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"

/* Keywords in the order of their enumerations. */
static const char *const type_words[] = {"string",    "boolean",  "decimal",
                                         "integer",   "dateTime", "binary",
                                         "reference", "complex",  NULL};
static const char *const mutability_words[] = {"readWrite", "readOnly", "immutable",
                                               "writeOnly", NULL};
static const char *const returned_words[] = {"default", "always", "never", "request", NULL};
static const char *const uniqueness_words[] = {"none", "server", "global", NULL};

static const char *const attribute_members[] = {
    "name",        "type",           "multiValued",
    "description", "required",       "canonicalValues",
    "caseExact",   "mutability",     "returned",
    "uniqueness",  "referenceTypes", "subAttributes",
    NULL};
static const char *const schema_members[] = {"schemas",    "id",   "name", "description",
                                             "attributes", "meta", NULL};
static const char *const served_members[] = {"id", "name", "description", "attributes", NULL};

typedef struct builder_t {
    apr_pool_t *pool;
    const scim_schema_t *schema; /* NULL: common attributes */
    int levels;                  /* of attributes that may be nested */
    int total;                   /* attributes built so far */
} builder_t;

const char *scim_type_name(scim_type_t type)
{
    return type_words[type];
}

static const char *owner(const builder_t *builder)
{
    return builder->schema
               ? apr_pstrcat(builder->pool, "The schema ",
                             scim_error_quotes(builder->pool, builder->schema->id), NULL)
               : "The common schema";
}

/* A sentence about one attribute: who has what, in which the format begins behind "attribute
 * x". */
__attribute__((format(printf, 3, 4))) static scim_error_t *
refuse(const builder_t *builder, const scim_attribute_t *attribute, const char *format, ...)
{
    const char *what;
    va_list args;

    va_start(args, format);
    what = apr_pvsprintf(builder->pool, format, args);
    va_end(args);
    return scim_error_bad(
        builder->pool, SCIM_INVALID_VALUE, "%s: the attribute %s %s", owner(builder),
        scim_error_quotes(builder->pool, scim_attribute_path(attribute, builder->pool)), what);
}

static int is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (scim_text_same_name(word, *words)) {
            return 1;
        }
    }
    return 0;
}

static const char *unknown_member(const json_t *definition, const char *const *members)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)definition, key, value)
    {
        if (!is_one_of(key, members)) {
            return key;
        }
    }
    return NULL;
}

static const char *listed(const char *const *words, apr_pool_t *pool)
{
    const char *text = *words++;

    for (; *words; words++) {
        text = apr_pstrcat(pool, text, ", ", *words, NULL);
    }
    return text;
}

/* A member whose value is one of `words`; *value is its place among them and stays when it is
   not given. */
static scim_error_t *read_word(int *value, const json_t *definition, const char *member,
                               const char *const *words, const builder_t *builder,
                               const scim_attribute_t *attribute)
{
    const json_t *given = scim_json_member(definition, member, NULL);
    const char *word = json_string_value(given);
    int i;

    if (given == NULL) {
        return NULL;
    }
    for (i = 0; word && words[i]; i++) {
        if (strcmp(word, words[i]) == 0) {
            *value = i;
            return NULL;
        }
    }
    return refuse(builder, attribute, "has %s for '%s'; one of %s is due.",
                  word ? scim_error_quotes(builder->pool, word) : scim_json_kind(given), member,
                  listed(words, builder->pool));
}

static scim_error_t *read_flag(int *value, const json_t *definition, const char *member,
                               const builder_t *builder, const scim_attribute_t *attribute)
{
    const json_t *given = scim_json_member(definition, member, NULL);

    if (given && !json_is_boolean(given)) {
        return refuse(builder, attribute, "has %s for '%s'; true or false is due.",
                      scim_json_kind(given), member);
    }
    *value = given ? json_is_true(given) : *value;
    return NULL;
}

/* A member that is an array of strings; *values is NULL without it. */
static scim_error_t *read_words(const char *const **values, const json_t *definition,
                                const char *member, const builder_t *builder,
                                const scim_attribute_t *attribute)
{
    const json_t *given = scim_json_member(definition, member, NULL);
    size_t count = json_array_size(given), i;
    const char **words;

    *values = NULL;
    if (given && !json_is_array(given)) {
        return refuse(builder, attribute, "has %s for '%s'; an array of strings is due.",
                      scim_json_kind(given), member);
    }
    if (count == 0) {
        return NULL;
    }
    words = apr_pcalloc(builder->pool, (count + 1) * sizeof(*words));
    for (i = 0; i < count; i++) {
        words[i] = apr_pstrdup(builder->pool, json_string_value(json_array_get(given, i)));
        if (words[i] == NULL) {
            return refuse(builder, attribute, "has %s in '%s'; strings are due.",
                          scim_json_kind(json_array_get(given, i)), member);
        }
    }
    *values = words;
    return NULL;
}

/* RFC 7643 figure 1; "$ref" is the one name outside of it. */
static int is_attribute_name(const char *name)
{
    const char *c;

    if (strcmp(name, "$ref") == 0) {
        return 1;
    }
    if (!apr_isalpha(*name)) {
        return 0;
    }
    for (c = name; *c; c++) {
        if ((unsigned char)*c >= 0x80 || (!apr_isalnum(*c) && strchr("$-_", *c) == NULL)) {
            return 0;
        }
    }
    return c - name <= SCIM_MAX_NAME_LENGTH;
}

static scim_error_t *read_name(scim_attribute_t *attribute, const json_t *definition,
                               const builder_t *builder)
{
    const char *name = json_string_value(scim_json_member(definition, "name", NULL));

    if (name == NULL) {
        return scim_error_bad(
            builder->pool, SCIM_INVALID_VALUE, "%s has an attribute without a 'name'%s%s.",
            owner(builder), attribute->parent ? " in " : "",
            attribute->parent ? scim_attribute_path(attribute->parent, builder->pool) : "");
    }
    attribute->name = apr_pstrdup(builder->pool, name);
    if (!is_attribute_name(name)) {
        return refuse(
            builder, attribute,
            "has a bad 'name'; a letter and then letters, digits, '$', '-' and '_' are "
            "due, %d characters at most.",
            SCIM_MAX_NAME_LENGTH);
    }
    return NULL;
}

/* RFC 7643 2.2, 2.3.6 and 2.3.7 for what is left out. */
static scim_error_t *read_characteristics(scim_attribute_t *attribute, const json_t *definition,
                                          const builder_t *builder)
{
    int type = SCIM_TYPE_STRING, mutability = SCIM_READ_WRITE, uniqueness = SCIM_UNIQUE_NONE;
    int returned;

    SCIM_TRY(read_word(&type, definition, "type", type_words, builder, attribute));
    attribute->type = (scim_type_t)type;
    attribute->case_exact = type == SCIM_TYPE_BINARY || type == SCIM_TYPE_REFERENCE;
    SCIM_TRY(
        read_word(&mutability, definition, "mutability", mutability_words, builder, attribute));
    attribute->mutability = (scim_mutability_t)mutability;
    returned = mutability == SCIM_WRITE_ONLY ? SCIM_RETURNED_NEVER : SCIM_RETURNED_DEFAULT;
    SCIM_TRY(read_word(&returned, definition, "returned", returned_words, builder, attribute));
    attribute->returned = (scim_returned_t)returned;
    SCIM_TRY(
        read_word(&uniqueness, definition, "uniqueness", uniqueness_words, builder, attribute));
    attribute->uniqueness = (scim_uniqueness_t)uniqueness;
    SCIM_TRY(
        read_flag(&attribute->multi_valued, definition, "multiValued", builder, attribute));
    SCIM_TRY(read_flag(&attribute->required, definition, "required", builder, attribute));
    SCIM_TRY(read_flag(&attribute->case_exact, definition, "caseExact", builder, attribute));
    return read_words(&attribute->canonical_values, definition, "canonicalValues", builder,
                      attribute);
}

/* What the characteristics say together. */
static scim_error_t *check_characteristics(const scim_attribute_t *attribute,
                                           const json_t *definition, const builder_t *builder)
{
    const json_t *description = scim_json_member(definition, "description", NULL);
    const char *const *references;

    SCIM_TRY(read_words(&references, definition, "referenceTypes", builder, attribute));
    if (references && attribute->type != SCIM_TYPE_REFERENCE) {
        return refuse(builder, attribute, "has 'referenceTypes' but is of type %s.",
                      scim_type_name(attribute->type));
    }
    if (description && !json_is_string(description)) {
        return refuse(builder, attribute, "has %s for 'description'; a string is due.",
                      scim_json_kind(description));
    }
    if (attribute->mutability == SCIM_WRITE_ONLY
        && attribute->returned != SCIM_RETURNED_NEVER) {
        return refuse(builder, attribute,
                      "has 'mutability' writeOnly, so 'returned' has to be never.");
    }
    return NULL;
}

static scim_error_t *build_list(scim_attributes_t *attributes, const json_t *list,
                                const scim_attribute_t *parent, int level, builder_t *builder);

static scim_error_t *build_sub_attributes(scim_attribute_t *attribute, const json_t *definition,
                                          int level, builder_t *builder)
{
    const json_t *list = scim_json_member(definition, "subAttributes", NULL);

    if (attribute->type != SCIM_TYPE_COMPLEX) {
        return list == NULL
                   ? NULL
                   : refuse(builder, attribute, "has 'subAttributes' but is of type %s.",
                            scim_type_name(attribute->type));
    }
    if (level >= builder->levels) {
        return refuse(builder, attribute,
                      "is complex below a complex attribute, which RFC 7643 2.3.8 forbids.");
    }
    if (!json_is_array(list) || json_array_size(list) == 0) {
        return refuse(
            builder, attribute,
            "is complex and has %s for 'subAttributes'; an array of attributes is due.",
            json_is_array(list) ? "an empty array" : scim_json_kind(list));
    }
    return build_list(&attribute->attributes, list, attribute, level + 1, builder);
}

static scim_error_t *build_attribute(scim_attribute_t *attribute, const json_t *definition,
                                     int level, builder_t *builder)
{
    const char *unknown;

    if (!json_is_object(definition)) {
        return scim_error_bad(builder->pool, SCIM_INVALID_VALUE,
                              "%s has %s among its attributes; objects are due.",
                              owner(builder), scim_json_kind(definition));
    }
    SCIM_TRY(read_name(attribute, definition, builder));
    unknown = unknown_member(definition, attribute_members);
    if (unknown) {
        return refuse(builder, attribute,
                      "has the unknown member %s; those of RFC 7643 7 are %s.",
                      scim_error_quotes(builder->pool, unknown),
                      listed(attribute_members, builder->pool));
    }
    SCIM_TRY(read_characteristics(attribute, definition, builder));
    SCIM_TRY(check_characteristics(attribute, definition, builder));
    return build_sub_attributes(attribute, definition, level, builder);
}

static const char *lower(const char *name, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, name), *c;

    for (c = copy; *c; c++) {
        *c = scim_name_lower(*c);
    }
    return copy;
}

void scim_attributes_set(scim_attributes_t *attributes, const scim_attribute_t *const *list,
                         int count, apr_pool_t *pool)
{
    int i;

    attributes->list = list;
    attributes->count = count;
    attributes->by_name = apr_hash_make(pool);
    attributes->required = attributes->immutable = 0;
    for (i = 0; i < count; i++) {
        const scim_attribute_t *each = list[i];

        apr_hash_set(attributes->by_name, lower(each->name, pool), APR_HASH_KEY_STRING, each);
        attributes->required |= each->required || each->attributes.required;
        attributes->immutable |=
            each->mutability == SCIM_IMMUTABLE || each->attributes.immutable;
    }
}

static scim_error_t *build_list(scim_attributes_t *attributes, const json_t *list,
                                const scim_attribute_t *parent, int level, builder_t *builder)
{
    int count = (int)json_array_size(list), i;
    scim_attribute_t *built;
    const scim_attribute_t **pointers;

    builder->total += count;
    if (builder->total > SCIM_MAX_ATTRIBUTES) {
        return scim_error_bad(builder->pool, SCIM_INVALID_VALUE,
                              "%s has too many attributes; %d are allowed, sub-attributes "
                              "included.",
                              owner(builder), SCIM_MAX_ATTRIBUTES);
    }
    built = apr_pcalloc(builder->pool, (apr_size_t)count * sizeof(*built));
    pointers = apr_palloc(builder->pool, (apr_size_t)count * sizeof(*pointers));
    for (i = 0; i < count; i++) {
        built[i].schema = builder->schema;
        built[i].parent = parent;
        SCIM_TRY(build_attribute(&built[i], json_array_get(list, (size_t)i), level, builder));
        pointers[i] = &built[i];
    }
    scim_attributes_set(attributes, pointers, count, builder->pool);
    for (i = 0; i < count; i++) {
        if (scim_attributes_find(attributes, built[i].name, strlen(built[i].name))
            != &built[i]) {
            return refuse(builder, &built[i], "is defined twice.");
        }
    }
    return NULL;
}

static scim_error_t *build_attributes(scim_attributes_t *attributes, const json_t *definition,
                                      builder_t *builder)
{
    const json_t *list = scim_json_member(definition, "attributes", NULL);

    if (!json_is_array(list) || json_array_size(list) == 0) {
        return scim_error_bad(builder->pool, SCIM_INVALID_VALUE,
                              "%s has %s for 'attributes'; an array of attributes is due.",
                              owner(builder),
                              json_is_array(list) ? "an empty array" : scim_json_kind(list));
    }
    return build_list(attributes, list, NULL, 1, builder);
}

scim_error_t *scim_attributes_build(scim_attributes_t *attributes, const json_t *definition,
                                    apr_pool_t *pool)
{
    builder_t builder = {.pool = pool, .levels = 2};

    return build_attributes(attributes, definition, &builder);
}

/* NULL when `urn` can be a schema's URN, else what is wrong with it. */
static const char *urn_fault(const char *urn)
{
    const char *c;

    if (strchr(urn, ':') == NULL) {
        return "a URN is due";
    }
    for (c = urn; *c; c++) {
        /* A URI may have commas and parentheses; lists of names and filters end at them. */
        if (!apr_isgraph(*c) || (unsigned char)*c >= 0x7f || strchr(",()\"'<>[]{}\\^`|", *c)) {
            return "a URN has no blanks, commas, quotes, brackets and letters outside of ASCII";
        }
    }
    return c - urn > SCIM_MAX_URN_LENGTH ? "it is too long" : NULL;
}

const char *scim_definition_string(const json_t *definition, const char *name, apr_pool_t *pool)
{
    return apr_pstrdup(pool, json_string_value(scim_json_member(definition, name, NULL)));
}

const char *scim_definition_text(const json_t *definition, const char *urn,
                                 const char *const *members, apr_pool_t *pool)
{
    json_t *served = json_object();
    const char *text;

    json_object_set_new(served, "schemas", json_pack("[s]", urn));
    for (; *members; members++) {
        json_t *value = scim_json_member(definition, *members, NULL);

        if (!scim_json_unassigned(value)) {
            json_object_set(served, *members, value);
        }
    }
    text = scim_json_text(served, NULL, pool);
    json_decref(served);
    return text;
}

static scim_error_t *read_head(scim_schema_t *schema, const json_t *definition,
                               apr_pool_t *pool)
{
    static const char *const strings[] = {"name", "description"};
    const char *fault, *unknown = unknown_member(definition, schema_members);
    apr_size_t i;

    schema->id = scim_definition_string(definition, "id", pool);
    if (schema->id == NULL) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "A schema needs its URN as a string in the member 'id'.");
    }
    fault = urn_fault(schema->id);
    if (fault) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE, "A schema has the 'id' %s, but %s.",
                              scim_error_quotes(pool, schema->id), fault);
    }
    if (unknown) {
        return scim_error_bad(pool, SCIM_INVALID_VALUE,
                              "The schema '%s' has the unknown member %s.", schema->id,
                              scim_error_quotes(pool, unknown));
    }
    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        const json_t *given = scim_json_member(definition, strings[i], NULL);

        if (given && !json_is_string(given)) {
            return scim_error_bad(pool, SCIM_INVALID_VALUE,
                                  "The schema '%s' has %s for '%s'; a string is due.",
                                  schema->id, scim_json_kind(given), strings[i]);
        }
    }
    return NULL;
}

scim_error_t *scim_schema_build(scim_schema_t **schema, const json_t *definition,
                                apr_pool_t *pool)
{
    scim_schema_t *built = apr_pcalloc(pool, sizeof(*built));
    builder_t builder = {.pool = pool, .schema = built, .levels = 2};

    SCIM_TRY(read_head(built, definition, pool));
    /* RFC 7643 7: the schema of schemas alone may nest one level more. */
    if (scim_text_same_name(built->id, SCIM_URN_SCHEMA)) {
        builder.levels = 3;
    }
    SCIM_TRY(build_attributes(&built->attributes, definition, &builder));
    built->name = scim_definition_string(definition, "name", pool);
    if (built->name == NULL) {
        built->name = built->id;
    }
    built->description = scim_definition_string(definition, "description", pool);
    built->text = scim_definition_text(definition, SCIM_URN_SCHEMA, served_members, pool);
    *schema = built;
    return NULL;
}
