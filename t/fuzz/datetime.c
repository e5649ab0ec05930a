/*
 * Any bytes are a date or are refused; a date is written as one that is the same to the
 * millisecond.
 */
#include "core/datetime.h"

#include "fuzz.h"

#define FIRST APR_INT64_C(-62135596800000000) /* 0001-01-01T00:00:00Z */
#define LAST APR_INT64_C(253402300799999999)  /* 9999-12-31T23:59:59.999999Z */

/* A zone is so many minutes ahead of UTC, or behind. */
static void check_zone(apr_time_t when, const char *text, size_t size)
{
    const char *zone = text + size - strlen("+00:00");
    int minutes =
        ((zone[1] - '0') * 10 + zone[2] - '0') * 60 + (zone[4] - '0') * 10 + zone[5] - '0';
    apr_time_t local;

    FUZZ_CHECK(scim_datetime_parse(&local, text, (size_t)(zone - text)));
    FUZZ_CHECK(local - when == (*zone == '+' ? minutes : -minutes) * APR_INT64_C(60000000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[SCIM_DATETIME_SIZE];
    const char *text = (const char *)data;
    apr_time_t when = 0, again;

    fuzz_pool();
    if (!scim_datetime_parse(&when, text, size)) {
        return 0;
    }
    FUZZ_CHECK(size >= strlen("2011-08-01T21:32:44"));
    if (text[size - 3] == ':' && strchr("+-", text[size - 6])) {
        check_zone(when, text, size);
    }
    /* A zone, or 24:00, may lead out of the years that can be written. */
    if (when < FIRST || when > LAST) {
        FUZZ_CHECK(strncmp(text, "0001-01-01", 10) == 0
                   || strncmp(text, "9999-12-31", 10) == 0);
        return 0;
    }
    FUZZ_CHECK(scim_datetime_format(out, when) == out);
    FUZZ_CHECK(strlen(out) == strlen("2011-08-01T21:32:44.882Z"));
    FUZZ_CHECK(scim_datetime_parse(&again, out, strlen(out)));
    FUZZ_CHECK(again <= when && when - again < 1000);
    if (text[size - 1] == 'Z' && memcmp(text + 11, "24", 2) != 0) {
        FUZZ_CHECK(memcmp(text, out, strlen("2011-08-01T21:32:44")) == 0);
    }
    return 0;
}
