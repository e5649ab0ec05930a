/*
 * reading.h - how the text of one client is to be read.
 *
 * Passed to everything that reads client input: resources, paths, filters, patches.
 */
#ifndef SCIM_CORE_READING_H
#define SCIM_CORE_READING_H

#include "core/schema.h"

typedef struct scim_reading_t {
    const scim_resource_type_t *type; /* the resource type in question; NULL only in queries
                                         over all types, where unknown names match nothing */
    int all_types; /* the query is over other types too: names that this one has not got are no
                      error, but attributes without a value (RFC 7644 3.4.2.1) */
    scim_leniency_t leniency;
    int reject_unknown;        /* an unknown attribute is an error, not skipped */
    apr_array_header_t *notes; /* of const char *: sentences on what was ignored, for the
                                  log; NULL when nobody listens */
    apr_int64_t *work;         /* of PATCHes that may still be done, by all of a larger unit
                                  together; NULL: each may do SCIM_MAX_PATCH_WORK */
} scim_reading_t;

/* Notes a sentence (printf format) for the log, SCIM_MAX_NOTES at most; client text goes
   through scim_error_quote(). */
void scim_reading_note(const scim_reading_t *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
