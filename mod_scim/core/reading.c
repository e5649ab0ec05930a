#include "core/reading.h"

#include <stdarg.h>

#include <apr_strings.h>

#include "core/limits.h"

void scim_reading_note(const scim_reading_t *reading, const char *format, ...)
{
    va_list args;

    if (reading->notes == NULL || reading->notes->nelts > SCIM_MAX_NOTES) {
        return;
    }
    if (reading->notes->nelts == SCIM_MAX_NOTES) {
        APR_ARRAY_PUSH(reading->notes, const char *) = "and more of the kind.";
        return;
    }
    va_start(args, format);
    APR_ARRAY_PUSH(reading->notes, const char *) =
        apr_pvsprintf(reading->notes->pool, format, args);
    va_end(args);
}
