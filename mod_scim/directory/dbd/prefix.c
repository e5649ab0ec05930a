#include "directory/dbd/prefix.h"

#include <string.h>

#include <apr_strings.h>

/* Takes the last character, of well-formed UTF-8, off the text; returns its code point. */
static apr_uint32_t take_last(const char *text, apr_size_t *length)
{
    apr_uint32_t code = 0;
    int shift = 0;
    unsigned char byte;

    while (((byte = (unsigned char)text[--*length]) & 0xc0) == 0x80) {
        code |= (apr_uint32_t)(byte & 0x3f) << shift;
        shift += 6;
    }
    return code | (apr_uint32_t)(shift == 0 ? byte : byte & (0x3f >> (shift / 6))) << shift;
}

static const char *encode(apr_uint32_t code, apr_pool_t *pool)
{
    if (code < 0x80) {
        return apr_psprintf(pool, "%c", (int)code);
    }
    if (code < 0x800) {
        return apr_psprintf(pool, "%c%c", (int)(0xc0 | code >> 6), (int)(0x80 | (code & 0x3f)));
    }
    if (code < 0x10000) {
        return apr_psprintf(pool, "%c%c%c", (int)(0xe0 | code >> 12),
                            (int)(0x80 | (code >> 6 & 0x3f)), (int)(0x80 | (code & 0x3f)));
    }
    return apr_psprintf(pool, "%c%c%c%c", (int)(0xf0 | code >> 18),
                        (int)(0x80 | (code >> 12 & 0x3f)), (int)(0x80 | (code >> 6 & 0x3f)),
                        (int)(0x80 | (code & 0x3f)));
}

/* It is text too: databases refuse what is no UTF-8. */
const char *scim_prefix_end(const char *prefix, apr_pool_t *pool)
{
    apr_size_t length = strlen(prefix);

    while (length > 0) {
        apr_uint32_t code = take_last(prefix, &length) + 1;

        if (code == 0xd800) {
            code = 0xe000;
        }
        if (code <= 0x10ffff) {
            return apr_pstrcat(pool, apr_pstrmemdup(pool, prefix, length), encode(code, pool),
                               NULL);
        }
    }
    return NULL;
}
