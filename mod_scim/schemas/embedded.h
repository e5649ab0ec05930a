/*
 * embedded.h - the files of this folder, as they are, inside the module.
 */
#ifndef SCIM_SCHEMAS_EMBEDDED_H
#define SCIM_SCHEMAS_EMBEDDED_H

#include <stddef.h>

typedef struct scim_embedded_t {
    const char *name; /* "User.json" */
    const char *data; /* NUL-terminated */
    size_t length;    /* without the NUL */
} scim_embedded_t;

/* Ends with a NULL name. */
extern const scim_embedded_t scim_embedded[];

#endif
