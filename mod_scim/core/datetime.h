/*
 * datetime.h - xsd:dateTime (RFC 7643 2.3.5).
 */
#ifndef SCIM_CORE_DATETIME_H
#define SCIM_CORE_DATETIME_H

#include "mod_scim.h"

/* Room for scim_datetime_format(), its NUL included. */
#define SCIM_DATETIME_SIZE 28

/*
 * Reads YYYY-MM-DDThh:mm:ss[.fraction][Z|+hh:mm|-hh:mm] from exactly `length` bytes.
 * No zone means UTC; digits past the microsecond are cut; 24:00:00 is the next day.
 * Returns 0 when the text is not such a date with both a date and a time, or names a
 * day that does not exist; years 0001 to 9999.
 */
int scim_datetime_parse(apr_time_t *when, const char *text, apr_size_t length);

/* Writes UTC with milliseconds, 2011-08-01T21:32:44.882Z, into `out`. Returns `out`. */
const char *scim_datetime_format(char out[SCIM_DATETIME_SIZE], apr_time_t when);

/* The instant that the text of scim_datetime_format() stands for. */
apr_time_t scim_datetime_shown(apr_time_t when);

#endif
