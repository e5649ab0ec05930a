/*
 * htfile.h - people and groups of httpd's own files (htpasswd, AuthGroupFile), as lines of an
 * export.
 */
#ifndef SCIM_CTL_HTFILE_H
#define SCIM_CTL_HTFILE_H

#include "ctl.h"

/*
 * Makes a line of an export of a line of such a file, in `pool`; *line is NULL for one that
 * says nothing (empty, a comment). *remark is what the administrator should know of it, or
 * NULL. The error's detail says what is wrong with it; it is 503 when the directory cannot be
 * asked who is there.
 */
typedef scim_error_t *(*ctl_htfile_fn)(const char **line, const char **remark, ctl_t *ctl,
                                       const char *text, apr_pool_t *pool);

/* The reader of a format, "htpasswd" or "htgroup"; NULL for others. */
ctl_htfile_fn ctl_htfile_find(const char *format);

#endif
