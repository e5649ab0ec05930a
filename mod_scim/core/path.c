#include "core/path.h"

#include <string.h>

#include <apr_strings.h>

#include "core/alias.h"
#include "core/filter.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/token.h"

/* A piece of the text, and what is needed to resolve it. */
typedef struct word_t {
    const char *text;
    apr_size_t length;
    const scim_reading_t *reading;
    const char *type; /* of errors */
    apr_pool_t *pool;
} word_t;

static const char *quote(const word_t *word)
{
    return scim_error_quote(word->pool, word->text, word->length);
}

/* The part of a word from `from` up to `to`. */
static word_t part(const word_t *word, apr_size_t from, apr_size_t to)
{
    word_t result = *word;

    result.text += from;
    result.length = to - from;
    return result;
}

/* ATTRNAME of RFC 7643 2.1; "$" may also come first, since "$ref" is one. */
static scim_error_t *check_name(const word_t *word)
{
    apr_size_t i;

    for (i = 0; i < word->length; i++) {
        char c = word->text[i];
        int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '$';
        int other = (c >= '0' && c <= '9') || c == '-' || c == '_';

        if (!letter && !(other && i > 0)) {
            return scim_error_bad(word->pool, word->type,
                                  "%s is no attribute name: names start with a letter and have "
                                  "letters, digits, '-', '_' and '$'.",
                                  quote(word));
        }
    }
    if (word->length == 0) {
        return scim_error_bad(word->pool, word->type, "An attribute name is missing.");
    }
    return NULL;
}

static apr_size_t last_colon(const char *text, apr_size_t length)
{
    while (length > 0 && text[length - 1] != ':') {
        length--;
    }
    return length > 0 ? length - 1 : 0;
}

/* The place of the dot between attribute and sub-attribute, or the length. */
static apr_size_t find_dot(const word_t *word)
{
    const char *dot = memchr(word->text, '.', word->length);

    return dot ? (apr_size_t)(dot - word->text) : word->length;
}

/*
 * The longest start of the word that is the URN of a schema of the type, and its length. A URN
 * has colons and dots of its own, so that only a known one tells where the name begins.
 */
static const scim_schema_t *find_schema(const word_t *word, apr_size_t *length)
{
    apr_size_t end;

    for (end = word->length; end > 0; end = last_colon(word->text, end)) {
        const scim_schema_t *schema = scim_resource_type_schema(word->reading->type, word->text,
                                                                end, word->reading->leniency);

        if (schema) {
            *length = end;
            return schema;
        }
    }
    return NULL;
}

/* Says so, and how an attribute of this name in an extension is written. */
static scim_error_t *unknown_attribute(const word_t *name, const scim_schema_t *schema)
{
    const scim_resource_type_t *type = name->reading->type;
    const scim_attribute_t *other;
    int i;

    if (schema) {
        return scim_error_bad(name->pool, name->type, "The schema %s has no attribute %s.",
                              schema->id, quote(name));
    }
    for (i = 0; i < type->extension_count; i++) {
        other = scim_attributes_find(&type->extensions[i].schema->attributes, name->text,
                                     name->length);
        if (other) {
            return scim_error_bad(
                name->pool, name->type, "%s has no attribute %s without a schema; write %s.",
                type->name, quote(name), scim_attribute_path(other, name->pool));
        }
    }
    return scim_error_bad(name->pool, name->type, "%s has no attribute %s.", type->name,
                          quote(name));
}

static void set_attribute(scim_path_t *path, const scim_attribute_t *attribute,
                          const scim_reading_t *reading)
{
    path->attribute = attribute;
    if (attribute->schema != reading->type->schema) {
        path->extension = attribute->schema;
    }
}

static scim_error_t *resolve_sub(scim_path_t *path, const word_t *name)
{
    const scim_attribute_t *parent = path->attribute;

    SCIM_TRY(check_name(name));
    if (parent->type != SCIM_TYPE_COMPLEX) {
        return scim_error_bad(name->pool, name->type, "%s has no sub-attributes.",
                              scim_attribute_path(parent, name->pool));
    }
    path->sub = scim_attributes_find(&parent->attributes, name->text, name->length);
    if (path->sub == NULL) {
        path->sub = scim_alias_find(parent, name->text, name->length, name->reading->leniency);
    }
    if (path->sub == NULL) {
        return scim_error_bad(name->pool, name->type, "%s has no sub-attribute %s.",
                              scim_attribute_path(parent, name->pool), quote(name));
    }
    return NULL;
}

/* "name" or "name.sub"; with `schema` an extension, of that. */
static scim_error_t *resolve_names(scim_path_t *path, const word_t *word,
                                   const scim_schema_t *extension)
{
    apr_size_t dot = find_dot(word);
    word_t name = part(word, 0, dot), sub;
    const scim_attribute_t *attribute;

    SCIM_TRY(check_name(&name));
    attribute = extension
                    ? scim_attributes_find(&extension->attributes, name.text, name.length)
                    : scim_resource_type_attribute(word->reading->type, name.text, name.length);
    if (attribute == NULL) {
        return unknown_attribute(&name, extension);
    }
    set_attribute(path, attribute, word->reading);
    if (dot == word->length) {
        return NULL;
    }
    sub = part(word, dot + 1, word->length);
    return resolve_sub(path, &sub);
}

/* A word with a colon: a URN, alone or with names behind it. */
static scim_error_t *resolve_urn(scim_path_t *path, const word_t *word)
{
    const scim_resource_type_t *type = word->reading->type;
    apr_size_t length = 0;
    const scim_schema_t *schema = find_schema(word, &length);
    word_t rest;

    if (schema == NULL) {
        rest = part(word, 0, last_colon(word->text, word->length));
        return scim_error_bad(word->pool, word->type, "%s has no schema %s.", type->name,
                              quote(&rest));
    }
    if (length < word->length) {
        rest = part(word, length + 1, word->length);
        return resolve_names(path, &rest, schema == type->schema ? NULL : schema);
    }
    if (schema == type->schema) {
        return scim_error_bad(word->pool, word->type,
                              "%s is the schema of %s; an attribute of it is missing.",
                              quote(word), type->name);
    }
    path->extension = schema;
    return NULL;
}

/* What a URI has at most (RFC 3986 2): visible ASCII characters. */
static scim_error_t *check_urn(const word_t *word)
{
    apr_size_t i;

    for (i = 0; i < word->length && word->text[i] > ' ' && word->text[i] < 0x7f; i++) {
    }
    if (i < word->length || word->length == 0) {
        return scim_error_bad(word->pool, word->type, "%s is no URN of a schema.", quote(word));
    }
    return NULL;
}

/* In a query over all types: checks the syntax of a name, and keeps it. */
static scim_error_t *resolve_nothing(scim_path_t *path, const word_t *word)
{
    word_t names = *word, name, sub;
    apr_size_t dot;

    if (memchr(word->text, ':', word->length)) {
        apr_size_t colon = last_colon(word->text, word->length);
        word_t urn = part(word, 0, colon);

        SCIM_TRY(check_urn(&urn));
        names = part(word, colon + 1, word->length);
    }
    dot = find_dot(&names);
    name = part(&names, 0, dot);
    SCIM_TRY(check_name(&name));
    if (dot < names.length) {
        sub = part(&names, dot + 1, names.length);
        SCIM_TRY(check_name(&sub));
    }
    path->name = apr_pstrmemdup(word->pool, word->text, word->length);
    return NULL;
}

/* With `parent`, a name inside its brackets. */
static scim_error_t *resolve(scim_path_t *path, const word_t *word,
                             const scim_attribute_t *parent)
{
    if (parent == NULL) {
        return memchr(word->text, ':', word->length) ? resolve_urn(path, word)
                                                     : resolve_names(path, word, NULL);
    }
    set_attribute(path, parent, word->reading);
    if (parent->type != SCIM_TYPE_COMPLEX
        && scim_text_is_name(word->text, word->length, "value")) {
        return NULL;
    }
    return resolve_sub(path, word);
}

scim_error_t *scim_path_parse_attribute(scim_path_t *path, apr_size_t *used, const char *text,
                                        apr_size_t length, const scim_attribute_t *parent,
                                        const scim_reading_t *reading, const char *type,
                                        apr_pool_t *pool)
{
    word_t word = {text, scim_word_length(text, length), reading, type, pool};
    scim_path_t found = {0};
    scim_error_t *error;

    if (reading->type == NULL) {
        SCIM_TRY(resolve_nothing(&found, &word));
    } else if ((error = resolve(&found, &word, parent))) {
        if (!reading->all_types) {
            return error;
        }
        memset(&found, 0, sizeof(found));
        SCIM_TRY(resolve_nothing(&found, &word));
    }
    *path = found;
    *used = word.length;
    return NULL;
}

/* The token, a word, as an attribute; moves on behind it. */
static scim_error_t *parse_word(scim_path_t *path, scim_scanner_t *scanner,
                                const scim_reading_t *reading)
{
    const scim_token_t *token = &scanner->token;
    apr_size_t used;

    if (token->kind != SCIM_TOKEN_WORD) {
        return scim_scanner_fail(scanner, "Expected an attribute, found %s",
                                 scim_scanner_found(scanner));
    }
    SCIM_TRY(scim_scanner_locate(
        scanner, scim_path_parse_attribute(path, &used, token->text, token->length, NULL,
                                           reading, scanner->type, scanner->pool)));
    return scim_scanner_next(scanner);
}

/* "[filter]", with "." and a sub-attribute behind it or not. `open`: also of a name that the
   type has not got. */
static scim_error_t *parse_selection(scim_path_t *path, scim_scanner_t *scanner, int open,
                                     const scim_reading_t *reading)
{
    const scim_token_t *token = &scanner->token;
    scim_reading_t nothing = *reading;
    scim_filter_t *filter;
    scim_path_t sub;
    apr_size_t used;

    if (open && path->name) {
        nothing.type = NULL;
        reading = &nothing;
    } else if (path->attribute == NULL || path->sub || !path->attribute->multi_valued) {
        return scim_scanner_fail(scanner,
                                 "Only a multi-valued attribute can have a filter in "
                                 "brackets; %s is none",
                                 scim_path_print(path, scanner->pool));
    }
    SCIM_TRY(scim_filter_parse_value(&filter, &used, scanner->at,
                                     (apr_size_t)(scanner->end - scanner->at), path->attribute,
                                     reading, scanner->start, scanner->type, scanner->pool));
    path->filter = filter;
    scanner->at += used + 1;
    SCIM_TRY(scim_scanner_next(scanner));
    if (token->kind != SCIM_TOKEN_WORD || token->text[0] != '.') {
        return NULL;
    }
    SCIM_TRY(scim_scanner_locate(
        scanner,
        scim_path_parse_attribute(&sub, &used, token->text + 1, token->length - 1,
                                  path->attribute, reading, scanner->type, scanner->pool)));
    if (sub.name && strpbrk(sub.name, ".:")) {
        return scim_scanner_fail(scanner, "Expected one sub-attribute, found %s",
                                 scim_scanner_found(scanner));
    }
    path->sub = sub.sub;
    return scim_scanner_next(scanner);
}

static scim_error_t *parse(scim_path_t *path, scim_scanner_t *scanner, int open,
                           const scim_reading_t *reading)
{
    SCIM_TRY(scim_scanner_next(scanner));
    SCIM_TRY(parse_word(path, scanner, reading));
    if (scanner->token.kind == '[') {
        SCIM_TRY(parse_selection(path, scanner, open, reading));
    }
    if (scanner->token.kind != SCIM_TOKEN_END) {
        return scim_scanner_fail(scanner, "Expected the end, found %s",
                                 scim_scanner_found(scanner));
    }
    return NULL;
}

scim_error_t *scim_path_parse(scim_path_t **path, const char *text, apr_size_t length,
                              const scim_reading_t *reading, apr_pool_t *pool)
{
    scim_scanner_t scanner = {text, text, text + length, SCIM_INVALID_PATH, pool, {0}};
    scim_path_t *found = apr_pcalloc(pool, sizeof(*found));
    scim_error_t *error;

    if (length > SCIM_MAX_PATH_LENGTH) {
        return scim_error_bad(
            pool, SCIM_INVALID_PATH,
            "The path %s has %" APR_SIZE_T_FMT " bytes; at most %d are allowed.",
            scim_error_quote(pool, text, length), length, SCIM_MAX_PATH_LENGTH);
    }
    error = parse(found, &scanner, 0, reading);
    if (error) {
        error->detail = apr_psprintf(pool, "Path %s: %s", scim_error_quote(pool, text, length),
                                     error->detail);
        return error;
    }
    *path = found;
    return NULL;
}

int scim_path_unknown(const char *text, apr_size_t length, const scim_reading_t *reading,
                      apr_pool_t *pool)
{
    scim_scanner_t scanner = {text, text, text + length, SCIM_INVALID_PATH, pool, {0}};
    scim_reading_t any = *reading;
    scim_path_t path = {0};

    any.all_types = 1;
    return length <= SCIM_MAX_PATH_LENGTH && parse(&path, &scanner, 1, &any) == NULL;
}

const char *scim_path_print(const scim_path_t *path, apr_pool_t *pool)
{
    if (path->name) {
        return path->name;
    }
    if (path->attribute == NULL) {
        return path->extension->id;
    }
    if (path->filter == NULL) {
        return scim_attribute_path(scim_path_leaf(path), pool);
    }
    return apr_pstrcat(pool, scim_attribute_path(path->attribute, pool), "[",
                       scim_filter_print_value(path->filter, pool), "]", path->sub ? "." : "",
                       path->sub ? path->sub->name : "", NULL);
}

const scim_attribute_t *scim_path_leaf(const scim_path_t *path)
{
    return path->sub ? path->sub : path->attribute;
}
