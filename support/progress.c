#include <stdio.h>
#include <unistd.h>

#include "ctl.h"

#define BAR_INTERVAL apr_time_from_msec(100)
#define LINE_INTERVAL apr_time_from_sec(10)
#define WIDTH 40

void ctl_progress_start(ctl_progress_t *progress, const ctl_t *ctl, const char *what,
                        apr_int64_t total)
{
    progress->what = what;
    progress->total = total;
    progress->done = 0;
    progress->bar = isatty(STDERR_FILENO);
    progress->quiet = ctl->options.quiet;
    progress->told = apr_time_now();
}

static void draw(const ctl_progress_t *progress)
{
    apr_int64_t part = progress->total > 0 ? progress->done * WIDTH / progress->total : 0;
    int i;

    fprintf(stderr, "\r%s ", progress->what);
    if (progress->total > 0) {
        fputc('[', stderr);
        for (i = 0; i < WIDTH; i++) {
            fputc(i < part ? '#' : '.', stderr);
        }
        fputs("] ", stderr);
    }
    fprintf(stderr, "%" APR_INT64_T_FMT, progress->done);
    if (progress->total > 0) {
        fprintf(stderr, " of %" APR_INT64_T_FMT, progress->total);
    }
    fputs("\033[K", stderr);
    fflush(stderr);
}

static void tell(const ctl_progress_t *progress)
{
    if (progress->total > 0) {
        fprintf(stderr, "%s: %" APR_INT64_T_FMT " of %" APR_INT64_T_FMT "\n", progress->what,
                progress->done, progress->total);
    } else {
        fprintf(stderr, "%s: %" APR_INT64_T_FMT "\n", progress->what, progress->done);
    }
}

void ctl_progress_move(ctl_progress_t *progress, apr_int64_t done)
{
    apr_time_t now = apr_time_now();

    progress->done = done;
    if (progress->total > 0 && done > progress->total) {
        progress->total = done; /* others were added meanwhile */
    }
    if (progress->quiet
        || now - progress->told < (progress->bar ? BAR_INTERVAL : LINE_INTERVAL)) {
        return;
    }
    progress->told = now;
    if (progress->bar) {
        draw(progress);
    } else {
        tell(progress);
    }
}

void ctl_progress_end(ctl_progress_t *progress)
{
    if (progress->bar && !progress->quiet) {
        draw(progress);
        fputc('\n', stderr);
    }
}
