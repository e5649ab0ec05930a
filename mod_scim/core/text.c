#include "core/text.h"

#include <stdlib.h>
#include <string.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <utf8proc.h>

int scim_text_valid(const char *text, apr_size_t length)
{
    apr_size_t at = 0;

    while (at < length) {
        utf8proc_int32_t point;
        utf8proc_ssize_t used;

        if (text[at] != 0 && (unsigned char)text[at] < 0x80) {
            at++;
            continue;
        }
        used = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                (utf8proc_ssize_t)(length - at), &point);
        if (used <= 0 || point == 0) {
            return 0;
        }
        at += (apr_size_t)used;
    }
    return 1;
}

static int is_ascii(const char *text, apr_size_t length)
{
    apr_size_t i;

    for (i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return 0;
        }
    }
    return 1;
}

static const char *fold_ascii(apr_pool_t *pool, const char *text, apr_size_t length)
{
    char *folded = apr_palloc(pool, length + 1);
    apr_size_t i;

    for (i = 0; i < length; i++) {
        folded[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    }
    folded[length] = '\0';
    return folded;
}

/* NFKC case folding, once more on its own result: a single pass is not stable for some
   sequences (a composed letter may fold to one that decomposes). */
static char *fold_unicode(const char *text, apr_size_t length)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT
                                      | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    utf8proc_uint8_t *once = NULL, *twice = NULL;
    utf8proc_ssize_t size;

    size =
        utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &once, options);
    if (size < 0) {
        return NULL;
    }
    size = utf8proc_map(once, size, &twice, options);
    free(once);
    return size < 0 ? NULL : (char *)twice;
}

const char *scim_text_fold(apr_pool_t *pool, const char *text, apr_size_t length)
{
    char *folded;
    const char *copy;

    if (is_ascii(text, length) || (folded = fold_unicode(text, length)) == NULL) {
        return fold_ascii(pool, text, length);
    }
    copy = apr_pstrdup(pool, folded);
    free(folded);
    return copy;
}

/* What is written with a code point of its own and is another letter by NFC: the Kelvin sign.
 */
static int is_disguised(utf8proc_int32_t point)
{
    utf8proc_int32_t plain[4];
    int boundary = 0;

    return point >= 0x80
           && utf8proc_decompose_char(point, plain, 4, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE,
                                      &boundary)
                  == 1
           && plain[0] < 0x80;
}

/* The next code point; 0 at the end, and where there is no UTF-8. */
static utf8proc_int32_t next_point(const char **at)
{
    utf8proc_int32_t point = 0;
    utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &point);

    *at += used > 0 && point > 0 ? used : 0;
    return point > 0 ? point : 0;
}

static int has_disguise(const char *text)
{
    utf8proc_int32_t point;

    while ((point = next_point(&text))) {
        if (is_disguised(point)) {
            return 1;
        }
    }
    return 0;
}

/* The same letter but for its case; none of ASCII is one of the others. */
static int same_letter(utf8proc_int32_t a, utf8proc_int32_t b)
{
    return a == b || ((a < 0x80) == (b < 0x80) && utf8proc_tolower(a) == utf8proc_tolower(b));
}

int scim_text_alike(const char *a, const char *b, apr_pool_t *scratch)
{
    utf8proc_int32_t left, right;

    if (has_disguise(a) || has_disguise(b)) {
        return strcmp(a, b) == 0;
    }
    a = scim_text_opaque(scratch, a, strlen(a));
    b = scim_text_opaque(scratch, b, strlen(b));
    do {
        left = next_point(&a);
        right = next_point(&b);
    } while (left && same_letter(left, right));
    return left == 0 && right == 0;
}

static utf8proc_int32_t plain_space(utf8proc_int32_t point, void *unused)
{
    (void)unused;
    return utf8proc_category(point) == UTF8PROC_CATEGORY_ZS ? ' ' : point;
}

const char *scim_text_opaque(apr_pool_t *pool, const char *text, apr_size_t length)
{
    utf8proc_uint8_t *composed = NULL;
    const char *copy;

    if (is_ascii(text, length)
        || utf8proc_map_custom((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length,
                               &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE, plain_space, NULL)
               < 0) {
        return apr_pstrmemdup(pool, text, length);
    }
    copy = apr_pstrdup(pool, (const char *)composed);
    free(composed);
    return copy;
}

int scim_text_blank(const char *text)
{
    while (*text && apr_isspace(*text)) {
        text++;
    }
    return *text == '\0';
}

int scim_text_same_name(const char *a, const char *b)
{
    return apr_cstr_casecmp(a, b) == 0;
}

int scim_text_is_name(const char *a, apr_size_t length, const char *b)
{
    return apr_cstr_casecmpn(a, b, length) == 0 && strlen(b) == length;
}
