#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"

volatile sig_atomic_t ctl_stopped;

void ctl_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

int ctl_fail(int status, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("scimctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return status;
}

int ctl_fail_with(const scim_error_t *error)
{
    return ctl_fail(CTL_FAILED, "%s", error->cause ? error->cause : error->detail);
}

static void stop(int signal)
{
    (void)signal;
    ctl_stopped = 1;
}

/* A second one ends the program at once. */
void ctl_watch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    unsigned i;

    memset(&action, 0, sizeof(action));
    action.sa_handler = stop;
    action.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &action, NULL);
    }
}
