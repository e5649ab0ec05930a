#include "core/uuid.h"

#include <string.h>

#include <apr_general.h>

#include "core/error.h"

/* RFC 9562 5.7: 48 bits of milliseconds, version, 12 bits (here the microseconds in the
   millisecond, scaled, RFC 9562 6.2 method 3), variant, 62 random bits. */
static void compose(unsigned char bytes[16], apr_time_t now)
{
    apr_uint64_t millis = (apr_uint64_t)(now / 1000);
    unsigned fine = (unsigned)(now % 1000) * 4096 / 1000;
    int i;

    for (i = 0; i < 6; i++) {
        bytes[i] = (unsigned char)(millis >> (40 - 8 * i));
    }
    bytes[6] = (unsigned char)(0x70 | (fine >> 8));
    bytes[7] = (unsigned char)(fine & 0xff);
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f));
}

scim_error_t *scim_uuid_create(char out[SCIM_ID_LENGTH + 1], apr_time_t now, apr_pool_t *pool)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[16];
    char *to = out;
    int i;

    /* An id is to be unique and no secret, so the random source of the system will do. */
    if (apr_generate_random_bytes(bytes + 8, 8) != APR_SUCCESS) {
        return scim_error_because(
            scim_error_create(pool, 500, NULL, "No id could be made for the resource."), pool,
            "the system's random source failed");
    }
    compose(bytes, now);
    for (i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *to++ = '-';
        }
        *to++ = hex[bytes[i] >> 4];
        *to++ = hex[bytes[i] & 15];
    }
    *to = '\0';
    return NULL;
}

int scim_uuid_valid(const char *text)
{
    int i;

    for (i = 0; i < SCIM_ID_LENGTH; i++) {
        char c = text[i];

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') {
                return 0;
            }
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return 0;
        }
    }
    return text[SCIM_ID_LENGTH] == '\0';
}

void scim_uuid_copy(char copy[SCIM_ID_LENGTH + 1], const char *id)
{
    apr_size_t length = strnlen(id, SCIM_ID_LENGTH);

    memcpy(copy, id, length);
    copy[length] = '\0';
}
