/*
 * clock.c - a clock that is ahead. t/api/bad_queries.t preloads it into httpd, so that it does
 * not have to wait for what expires.
 *
 *     SCIM_CLOCK_AHEAD   by how many seconds
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>

typedef int (*gettimeofday_fn)(struct timeval *tv, void *zone);

/* APR's clock, and so that of all of httpd. */
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    static gettimeofday_fn real;
    const char *ahead = getenv("SCIM_CLOCK_AHEAD");
    int status;

    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "gettimeofday");
    }
    status = real(tv, zone);
    if (status == 0 && ahead) {
        tv->tv_sec += atol(ahead);
    }
    return status;
}
