/*
 * literal.h - the JSON literals that a filter compares attributes with (RFC 7644 3.4.2.2
 * compValue).
 */
#ifndef SCIM_CORE_LITERAL_H
#define SCIM_CORE_LITERAL_H

#include "core/schema.h"
#include "core/token.h"

/* A JSON literal, prepared for comparing with an attribute of the path's type. */
typedef struct scim_value_t {
    json_type type;      /* JSON_STRING, _INTEGER, _REAL, _TRUE, _FALSE or _NULL */
    const char *text;    /* of a string, as written */
    const char *folded;  /* of a string compared without regard to case, else == text */
    double number;       /* of a number */
    apr_int64_t integer; /* of an integer */
    apr_time_t when;     /* of a string compared with a dateTime */
} scim_value_t;

/*
 * Reads the scanner's token as a value for `attribute`, or for an unknown one (NULL). Errors,
 * of the scanner's type: no literal of JSON ("True" is named as such), a number out of range, a
 * literal that the attribute's type cannot be compared with. With SCIM_LENIENT_BOOLEAN and
 * SCIM_LENIENT_NUMBER literals are converted as values in resources are.
 */
scim_error_t *scim_literal_read(scim_value_t *value, const scim_scanner_t *scanner,
                                const scim_attribute_t *attribute, scim_leniency_t leniency);

/* The value as a JSON literal; reading that gives the same value. */
const char *scim_literal_print(const scim_value_t *value, apr_pool_t *pool);

/*
 * 1 when text of the attribute compares byte by byte: caseExact, and for references and
 * binaries whatever their schema says (RFC 7643 2.3.6 and 2.3.7).
 */
int scim_attribute_is_exact(const scim_attribute_t *attribute);

#endif
