/*
 * lines.h - reading a file line by line, with bounded memory; and how a resource stands in a
 * line of an export.
 *
 *     {"id":"...", all that is stored, "members":[...],
 *      "meta":{"resourceType":"Group","created":"...","lastModified":"...","version":"W/\"3\""},
 *      "urn:mod_scim:stored:1.0":{...}}
 *
 * Members beyond CTL_MEMBERS follow in lines of their own, with id, members and meta alone.
 */
#ifndef SCIM_CTL_LINES_H
#define SCIM_CTL_LINES_H

#include <apr_file_io.h>

#include "ctl.h"

/* What SCIM has no attribute for: localName, if it is not the userName; deleted; passwordHash;
   notBefore; more, in a line that continues another. */
#define CTL_STORED "urn:mod_scim:stored:1.0"

/* Members in one line. */
#define CTL_MEMBERS 1000

/* The longest line, in bytes: a document and its members. */
#define CTL_MAX_LINE (4 * 1024 * 1024)

typedef enum ctl_line_t {
    CTL_LINE,          /* there is one */
    CTL_LINE_TOO_LONG, /* there is one, but it is longer than CTL_MAX_LINE */
    CTL_LINE_CUT,      /* the last one, without its end: the file was cut off */
    CTL_LINE_NONE,     /* the end */
    CTL_LINE_FAILED    /* it cannot be read: `status` */
} ctl_line_t;

typedef struct ctl_lines_t {
    apr_file_t *file;
    char *text; /* of the line, NUL-terminated, without its end */
    apr_size_t length;
    apr_int64_t number; /* of the line, from 1 */
    apr_off_t start;    /* of the line */
    apr_off_t end;
    apr_status_t status;
    char *buffer; /* what was read and not yet handed out */
    apr_size_t at, filled;
} ctl_lines_t;

void ctl_lines_open(ctl_lines_t *lines, apr_file_t *file, apr_pool_t *pool);
ctl_line_t ctl_lines_next(ctl_lines_t *lines);

#endif
