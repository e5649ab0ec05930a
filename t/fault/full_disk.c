/*
 * full_disk.c - a disk that fails when it is told to. t/fault/storage.t preloads it into httpd.
 *
 *     SCIM_DISK_FILES   files whose path starts with this are on the disk
 *     SCIM_DISK_ORDER   a file; while it is there, the disk does what it says: three words,
 *                       what fails: "write", "sync" or "read"; how: "full" or "broken"; and how
 *                       many calls of each process succeed before that
 *
 * A full disk is one where whatever may take room fails, as with a quota that shrank.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT, off64_t */
#endif
/* Where these functions are inline they cannot be defined. */
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct order_t {
    char what[16];
    char how[16];
    long after;
} order_t;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int on_disk(int fd)
{
    const char *files = getenv("SCIM_DISK_FILES");
    char link[64], path[4096];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof(path) - 1);
    if (!files || length < 0) {
        return 0;
    }
    path[length] = '\0';
    return strncmp(path, files, strlen(files)) == 0;
}

/* System calls as such: the functions of the C library are those below. */
static int read_order(order_t *order, struct stat *which)
{
    const char *name = getenv("SCIM_DISK_ORDER");
    char text[64];
    ssize_t length;
    int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0) {
        return 0;
    }
    fstat(fd, which);
    length = syscall(SYS_read, fd, text, sizeof(text) - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return sscanf(text, "%15s %15s %ld", order->what, order->how, &order->after) == 3;
}

/* Counts this call; 1 when the ones that succeed are used up. An order counts from its own
 * start.
 */
static int is_due(const order_t *order, const struct stat *which)
{
    static struct stat last;
    static long calls;
    int due;

    pthread_mutex_lock(&mutex);
    if (last.st_ino != which->st_ino || last.st_mtim.tv_sec != which->st_mtim.tv_sec
        || last.st_mtim.tv_nsec != which->st_mtim.tv_nsec) {
        last = *which;
        calls = 0;
    }
    due = calls++ >= order->after;
    pthread_mutex_unlock(&mutex);
    return due;
}

/* 1, and errno, when this call has to fail. */
static int fails(const char *what, int fd)
{
    int saved = errno;
    struct stat which;
    order_t order;

    if (read_order(&order, &which) && strcmp(order.what, what) == 0 && on_disk(fd)
        && is_due(&order, &which)) {
        errno = strcmp(order.how, "full") == 0 ? ENOSPC : EIO;
        return 1;
    }
    errno = saved;
    return 0;
}

/* type name(parameters), calling the C library's with (arguments) unless the disk fails. */
#define WRAP(kind, type, name, parameters, arguments)                                          \
    type name parameters;                                                                      \
    type name parameters                                                                       \
    {                                                                                          \
        static type(*real) parameters;                                                         \
                                                                                               \
        if (!real) {                                                                           \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                         \
        }                                                                                      \
        return fails(kind, fd) ? -1 : real arguments;                                          \
    }

WRAP("write", ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP("write", ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at),
     (fd, data, size, at))
WRAP("write", int, ftruncate, (int fd, off_t size), (fd, size))
WRAP("write", int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
WRAP("sync", int, fsync, (int fd), (fd))
WRAP("sync", int, fdatasync, (int fd), (fd))
WRAP("read", ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP("read", ssize_t, pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at))
#ifdef __GLIBC__
WRAP("write", ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at),
     (fd, data, size, at))
WRAP("write", int, ftruncate64, (int fd, off64_t size), (fd, size))
WRAP("write", int, fallocate64, (int fd, int mode, off64_t at, off64_t size),
     (fd, mode, at, size))
WRAP("read", ssize_t, pread64, (int fd, void *data, size_t size, off64_t at),
     (fd, data, size, at))
#endif
