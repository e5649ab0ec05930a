/*
 * hashes.c - which hashes passwords are compared with. t/access/basic.t preloads it into httpd:
 * it shows what a clock would only guess.
 *
 *     SCIM_HASHES   a file; while it is there it gets a line for each: what the hash was made
 * with
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* "$2y$10$" */
#define SETTING 7

typedef int (*validate_fn)(const char *password, const char *hash);

int apr_password_validate(const char *password, const char *hash);

static void note(const char *hash)
{
    const char *name = getenv("SCIM_HASHES");
    int fd = name ? open(name, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    char line[SETTING + 2];
    int length = snprintf(line, sizeof(line), "%.*s\n", SETTING, hash);

    if (fd >= 0) {
        if (write(fd, line, (size_t)length) < 0) {
            abort();
        }
        close(fd);
    }
}

int apr_password_validate(const char *password, const char *hash)
{
    static validate_fn real;

    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "apr_password_validate");
    }
    note(hash);
    return real(password, hash);
}
