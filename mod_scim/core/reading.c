#include "core/reading.h"

#include <stdarg.h>

#include <apr_strings.h>

void scim_reading_note(const scim_reading_t *reading, const char *format, ...)
{
    va_list args;

    if (reading->notes == NULL) {
        return;
    }
    va_start(args, format);
    APR_ARRAY_PUSH(reading->notes, const char *) =
        apr_pvsprintf(reading->notes->pool, format, args);
    va_end(args);
}
