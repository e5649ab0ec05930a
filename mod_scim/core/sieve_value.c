#include <string.h>

#include <apr_strings.h>

#include "core/comparison.h"
#include "core/datetime.h"
#include "core/sieve_run.h"
#include "core/text.h"

/* ---- walks --------------------------------------------------------------------- */

scim_skim_t scim_sieve_walk(const look_t *look, const char *at)
{
    scim_skim_t skim = {at, look->end, 0};

    return skim;
}

void scim_sieve_note(look_t *look, const scim_skim_t *skim)
{
    look->broken |= skim->broken;
}

int scim_sieve_is_name(look_t *look, const scim_skim_text_t *text, const char *name,
                       apr_size_t length)
{
    look->broken |= text->escaped;
    return text->length == length && memcmp(text->at, name, length) == 0;
}

const char *scim_sieve_member(look_t *look, const char *object, const char *member)
{
    scim_skim_t skim = scim_sieve_walk(look, object);
    apr_size_t length = strlen(member);
    scim_skim_text_t name;

    if (object == NULL || !scim_skim_enter(&skim, '{')) {
        return NULL;
    }
    while (scim_skim_member(&skim, &name)) {
        if (scim_sieve_is_name(look, &name, member, length)) {
            return skim.at;
        }
        scim_skim_over(&skim);
    }
    scim_sieve_note(look, &skim);
    return NULL;
}

static char first_of(const look_t *look, const char *value)
{
    scim_skim_t skim = scim_sieve_walk(look, value);

    return value ? scim_skim_first(&skim) : '\0';
}

/* ---- text -------------------------------------------------------------------- */

/* A text without its escapes, and folded. */
typedef struct plain_t {
    const char *text;
    apr_size_t length;
    const char *folded; /* NULL: not yet */
} plain_t;

/* `token` is a JSON literal. The caller lets go of what it is. */
static json_t *read_literal(look_t *look, const char *token, const char *end)
{
    json_t *value = json_loadb(token, (size_t)(end - token), JSON_DECODE_ANY, NULL);

    look->broken |= value == NULL;
    return value;
}

static void unescape(plain_t *plain, const scim_skim_text_t *raw, look_t *look)
{
    json_t *value;

    plain->text = raw->at;
    plain->length = raw->length;
    if (!raw->escaped) {
        return;
    }
    value = read_literal(look, raw->at - 1, raw->at + raw->length + 1);
    plain->length = json_string_length(value);
    plain->text =
        apr_pstrmemdup(look->scratch, value ? json_string_value(value) : "", plain->length);
    json_decref(value);
}

/* Once for all comparisons: that is what they spend most time on. */
static plain_t *plain_of(const scim_skim_text_t *raw, look_t *look)
{
    plain_t *plain;

    if (look->plain == NULL) {
        look->plain = apr_hash_make(look->scratch);
    }
    plain = apr_hash_get(look->plain, &raw->at, sizeof(raw->at));
    if (plain == NULL) {
        plain = apr_pcalloc(look->scratch, sizeof(*plain));
        unescape(plain, raw, look);
        apr_hash_set(look->plain, apr_pmemdup(look->scratch, &raw->at, sizeof(raw->at)),
                     sizeof(raw->at), plain);
    }
    return plain;
}

/* Folds ASCII; 0 when there is anything else in the text. */
static int fold_ascii(char *folded, const char *text, apr_size_t length)
{
    unsigned char all = 0;
    apr_size_t i;

    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        all |= c;
        folded[i] = (char)(c + (c >= 'A' && c <= 'Z' ? 32 : 0));
    }
    return all < 0x80;
}

int scim_sieve_text_holds(const comparison_t *c, const scim_skim_text_t *raw)
{
    int exact = scim_attribute_is_exact(c->attribute);
    char small[256];
    plain_t *plain;

    if (!raw->escaped && exact) {
        return scim_comparison_text(c->op, raw->at, raw->length, c->value);
    }
    if (!raw->escaped && raw->length <= sizeof(small)
        && fold_ascii(small, raw->at, raw->length)) {
        return scim_comparison_text(c->op, small, raw->length, c->value);
    }
    plain = plain_of(raw, c->look);
    if (exact) {
        return scim_comparison_text(c->op, plain->text, plain->length, c->value);
    }
    if (plain->folded == NULL) {
        plain->folded = scim_text_fold(c->look->scratch, plain->text, plain->length);
    }
    return scim_comparison_text(c->op, plain->folded, strlen(plain->folded), c->value);
}

static int time_holds(const comparison_t *c, const scim_skim_text_t *raw)
{
    const plain_t *plain;
    apr_time_t when;

    if (!raw->escaped) {
        return scim_datetime_parse(&when, raw->at, raw->length)
               && scim_comparison_time(c->op, when, c->value);
    }
    plain = plain_of(raw, c->look);
    return scim_datetime_parse(&when, plain->text, plain->length)
           && scim_comparison_time(c->op, when, c->value);
}

/* ---- values, as in match.c ----------------------------------------------------- */

static int string_holds(const comparison_t *c, const char *value)
{
    scim_skim_t skim = scim_sieve_walk(c->look, value);
    scim_skim_text_t text;

    if (first_of(c->look, value) != '"') {
        return 0;
    }
    scim_skim_text(&skim, &text);
    scim_sieve_note(c->look, &skim);
    if (skim.broken) {
        return 0;
    }
    return c->attribute->type == SCIM_TYPE_DATETIME ? time_holds(c, &text)
                                                    : scim_sieve_text_holds(c, &text);
}

static int number_holds(const comparison_t *c, const char *value)
{
    scim_skim_t skim = scim_sieve_walk(c->look, value);
    json_t *number;
    int holds;

    if (value == NULL || strchr("-0123456789", scim_skim_first(&skim)) == NULL
        || skim.at == skim.end) {
        return 0;
    }
    value = skim.at;
    scim_skim_over(&skim);
    number = read_literal(c->look, value, skim.at);
    holds =
        json_is_number(number) && scim_comparison_number(c->op, number, c->attribute, c->value);
    json_decref(number);
    return holds;
}

static int boolean_holds(const comparison_t *c, const char *value)
{
    if (value == NULL) {
        return scim_comparison_absent(c->attribute, c->value);
    }
    switch (first_of(c->look, value)) {
    case 't':
        return c->value->type == JSON_TRUE;
    case 'f':
        return c->value->type == JSON_FALSE;
    default:
        return 0;
    }
}

static int is_present(const comparison_t *c, const char *value)
{
    scim_skim_t skim = scim_sieve_walk(c->look, value);
    int present = value && scim_skim_present(&skim);

    scim_sieve_note(c->look, &skim);
    return present;
}

/* One simple value, or NULL for one that is not there. */
static int holds(const comparison_t *c, const char *value)
{
    if (c->op == SCIM_PR) {
        return is_present(c, value);
    }
    switch (c->attribute->type) {
    case SCIM_TYPE_STRING:
    case SCIM_TYPE_REFERENCE:
    case SCIM_TYPE_BINARY:
    case SCIM_TYPE_DATETIME:
        return string_holds(c, value);
    case SCIM_TYPE_BOOLEAN:
        return boolean_holds(c, value);
    case SCIM_TYPE_DECIMAL:
    case SCIM_TYPE_INTEGER:
        return number_holds(c, value);
    default:
        return 0;
    }
}

int scim_sieve_any_holds(const comparison_t *c, const char *value)
{
    scim_skim_t skim = scim_sieve_walk(c->look, value);
    int found = 0;

    if (first_of(c->look, value) != '[') {
        return holds(c, value);
    }
    scim_skim_enter(&skim, '[');
    while (!found && scim_skim_element(&skim)) {
        found = holds(c, skim.at);
        scim_skim_over(&skim);
    }
    scim_sieve_note(c->look, &skim);
    return found;
}

int scim_sieve_any_member_holds(const comparison_t *c, const char *value, const char *name)
{
    scim_skim_t skim = scim_sieve_walk(c->look, value);
    char first = first_of(c->look, value);
    int found = 0;

    if (first == '{') {
        return scim_sieve_any_holds(c, scim_sieve_member(c->look, value, name));
    }
    if (first != '[') {
        return 0;
    }
    scim_skim_enter(&skim, '[');
    while (!found && scim_skim_element(&skim)) {
        found = scim_sieve_any_holds(c, scim_sieve_member(c->look, skim.at, name));
        scim_skim_over(&skim);
    }
    scim_sieve_note(c->look, &skim);
    return found;
}
