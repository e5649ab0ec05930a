#include "core/skim.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/limits.h"

/* Sixteen bytes at a time, where the processor can; what is left is looked at one by one. */
#define WIDTH 16

/* The next quote or backslash, or the end. */
static const char *find_quote(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');

    for (; end - at >= WIDTH; at += WIDTH) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        int found = _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));

        if (found) {
            return at + __builtin_ctz((unsigned)found);
        }
    }
#endif
    while (at < end && *at != '"' && *at != '\\') {
        at++;
    }
    return at;
}

static int is_mark(char c)
{
    return c == '"' || c == '{' || c == '}' || c == '[' || c == ']';
}

/* The next quote or bracket, or the end. Square brackets differ from curly ones in one bit. */
static const char *find_mark(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), open = _mm_set1_epi8('{');
    const __m128i close = _mm_set1_epi8('}'), bit = _mm_set1_epi8('{' ^ '[');

    for (; end - at >= WIDTH; at += WIDTH) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        const __m128i curly = _mm_or_si128(bytes, bit);
        int found = _mm_movemask_epi8(_mm_or_si128(
            _mm_cmpeq_epi8(bytes, quote),
            _mm_or_si128(_mm_cmpeq_epi8(curly, open), _mm_cmpeq_epi8(curly, close))));

        if (found) {
            return at + __builtin_ctz((unsigned)found);
        }
    }
#endif
    while (at < end && !is_mark(*at)) {
        at++;
    }
    return at;
}

static inline int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void give_up(scim_skim_t *skim)
{
    skim->broken = 1;
    skim->at = skim->end;
}

static inline char first(scim_skim_t *skim)
{
    while (skim->at < skim->end && is_blank(*skim->at)) {
        skim->at++;
    }
    return skim->at < skim->end ? *skim->at : '\0';
}

char scim_skim_first(scim_skim_t *skim)
{
    return first(skim);
}

static inline int take(scim_skim_t *skim, char c)
{
    if (first(skim) != c || skim->at == skim->end) {
        return 0;
    }
    skim->at++;
    return 1;
}

int scim_skim_enter(scim_skim_t *skim, char bracket)
{
    return take(skim, bracket);
}

void scim_skim_text(scim_skim_t *skim, scim_skim_text_t *text)
{
    const char *at;

    text->length = 0;
    text->escaped = 0;
    if (!take(skim, '"')) {
        text->at = skim->end;
        give_up(skim);
        return;
    }
    text->at = skim->at;
    for (at = find_quote(skim->at, skim->end); at < skim->end && *at == '\\';
         at = find_quote(at, skim->end)) {
        text->escaped = 1;
        at += skim->end - at > 1 ? 2 : 1;
    }
    if (at == skim->end) {
        give_up(skim);
        return;
    }
    text->length = (apr_size_t)(at - text->at);
    skim->at = at + 1;
}

int scim_skim_member(scim_skim_t *skim, scim_skim_text_t *name)
{
    take(skim, ',');
    if (take(skim, '}')) {
        return 0;
    }
    scim_skim_text(skim, name);
    if (!skim->broken && !take(skim, ':')) {
        give_up(skim);
    }
    return !skim->broken;
}

int scim_skim_element(scim_skim_t *skim)
{
    take(skim, ',');
    if (first(skim) == '\0') {
        give_up(skim);
    }
    return !skim->broken && !take(skim, ']');
}

/* Over all of an object or array. */
static void skip_nested(scim_skim_t *skim)
{
    scim_skim_text_t text;
    int depth = 0;

    do {
        skim->at = find_mark(skim->at, skim->end);
        if (skim->at == skim->end) {
            give_up(skim);
            return;
        }
        if (*skim->at == '"') {
            scim_skim_text(skim, &text);
        } else {
            depth += *skim->at == '{' || *skim->at == '[' ? 1 : -1;
            skim->at++;
        }
    } while (depth > 0 && depth <= SCIM_MAX_JSON_DEPTH && !skim->broken);
    if (depth > 0) {
        give_up(skim);
    }
}

/* Over a number, true, false or null. */
static void skip_word(scim_skim_t *skim)
{
    const char *start = skim->at;

    while (skim->at < skim->end && !is_blank(*skim->at) && *skim->at != ',' && *skim->at != '}'
           && *skim->at != ']') {
        skim->at++;
    }
    if (skim->at == start) {
        give_up(skim);
    }
}

void scim_skim_over(scim_skim_t *skim)
{
    scim_skim_text_t text;

    switch (first(skim)) {
    case '"':
        scim_skim_text(skim, &text);
        break;
    case '{':
    case '[':
        skip_nested(skim);
        break;
    default:
        skip_word(skim);
    }
}

/* One step into the value: *depth goes up and down with its brackets. 1 when a value that is
   not empty was passed. */
static int pass(scim_skim_t *skim, int *depth)
{
    scim_skim_text_t text;
    int special;

    switch (first(skim)) {
    case '{':
    case '[':
        ++*depth;
        skim->at++;
        return 0;
    case '}':
    case ']':
        --*depth;
        skim->at++;
        return 0;
    case ',':
        skim->at++;
        return 0;
    case '"':
        scim_skim_text(skim, &text);
        special = take(skim, ':');
        return !special && text.length > 0 && !skim->broken;
    case '\0':
        give_up(skim);
        return 0;
    default:
        special = *skim->at == 'n';
        skip_word(skim);
        return !special && !skim->broken;
    }
}

int scim_skim_present(scim_skim_t *skim)
{
    int depth = 0, found = 0;

    do {
        found = pass(skim, &depth);
    } while (!found && depth > 0 && !skim->broken);
    return found;
}
