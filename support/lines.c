#include "lines.h"

#include <string.h>

#define BUFFER 65536

void ctl_lines_open(ctl_lines_t *lines, apr_file_t *file, apr_pool_t *pool)
{
    memset(lines, 0, sizeof(*lines));
    lines->file = file;
    lines->text = apr_palloc(pool, CTL_MAX_LINE + 1);
    lines->buffer = apr_palloc(pool, BUFFER);
}

static int fill(ctl_lines_t *lines)
{
    apr_size_t got = BUFFER;

    if (lines->at < lines->filled) {
        return 1;
    }
    lines->status = apr_file_read(lines->file, lines->buffer, &got);
    lines->at = 0;
    lines->filled = lines->status == APR_SUCCESS ? got : 0;
    return lines->filled > 0;
}

/* What is beyond the longest line is dropped. */
static void take(ctl_lines_t *lines, apr_size_t length)
{
    apr_size_t room = CTL_MAX_LINE + 1 - lines->length;
    apr_size_t kept = length < room ? length : room;

    memcpy(lines->text + lines->length, lines->buffer + lines->at, kept);
    lines->length += kept;
    lines->at += length;
    lines->end += (apr_off_t)length;
}

ctl_line_t ctl_lines_next(ctl_lines_t *lines)
{
    const char *end = NULL;
    int any = 0;

    lines->start = lines->end;
    lines->length = 0;
    while (end == NULL && fill(lines)) {
        any = 1;
        end = memchr(lines->buffer + lines->at, '\n', lines->filled - lines->at);
        take(lines,
             end ? (apr_size_t)(end - lines->buffer) - lines->at : lines->filled - lines->at);
    }
    if (end) {
        lines->at++;
        lines->end++;
    } else if (lines->status != APR_SUCCESS && !APR_STATUS_IS_EOF(lines->status)) {
        return CTL_LINE_FAILED;
    }
    if (!any) {
        return CTL_LINE_NONE;
    }
    lines->number++;
    if (lines->length > CTL_MAX_LINE) {
        return CTL_LINE_TOO_LONG;
    }
    lines->text[lines->length] = '\0';
    return end ? CTL_LINE : CTL_LINE_CUT;
}
