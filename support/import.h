/*
 * import.h - reading a line of an export.
 */
#ifndef SCIM_CTL_IMPORT_H
#define SCIM_CTL_IMPORT_H

#include "core/json.h"
#include "lines.h"

typedef struct ctl_import_line_t {
    scim_record_t record;  /* with `more`, type and id alone */
    const json_t *members; /* of a group; NULL: none */
    int more;              /* only more members of a group */
} ctl_import_line_t;

/* Reads a line, into `pool`. The error's detail says what is wrong with it. */
scim_error_t *ctl_import_read(ctl_import_line_t *line, const ctl_t *ctl, const char *text,
                              apr_size_t length, apr_pool_t *pool);

#endif
