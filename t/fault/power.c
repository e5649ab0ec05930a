/*
 * power.c - what a disk has after the power failed: what was synced, and nothing else for sure.
 * t/fault/power.t preloads it into httpd.
 *
 *     SCIM_POWER_FILES    files whose path starts with this are on the disk
 *     SCIM_POWER_SYNCED   a directory; whenever a file was synced, and before whoever asked for
 *                         that hears of it, a copy of the file is there, by the same name
 *
 * A copy may hold more than was there when the sync began, as a disk may.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The path of a file on the disk, or 0. */
static int find(int fd, char *path, size_t size)
{
    const char *files = getenv("SCIM_POWER_FILES");
    char link[64];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, size - 1);
    if (!files || length < 0) {
        return 0;
    }
    path[length] = '\0';
    return strncmp(path, files, strlen(files)) == 0;
}

static void give_up(const char *what)
{
    perror(what);
    abort();
}

/* By another descriptor, which is never closed: closing one would drop the locks that SQLite
 * has on the file. Inside of the mutex.
 */
static int reader_of(const char *path)
{
    static struct reader_t {
        char path[512];
        struct stat which;
        int fd;
    } readers[16];
    struct stat now;
    int i;

    if (stat(path, &now) < 0) {
        return -1;
    }
    for (i = 0; i < 16 && readers[i].path[0]; i++) {
        if (strcmp(readers[i].path, path) == 0 && readers[i].which.st_ino == now.st_ino) {
            return readers[i].fd;
        }
    }
    if (i == 16 || strlen(path) >= sizeof(readers[i].path)) {
        give_up("power: too many files");
    }
    strcpy(readers[i].path, path);
    readers[i].which = now;
    readers[i].fd = open(path, O_RDONLY | O_CLOEXEC);
    return readers[i].fd;
}

static void copy(int from, const char *to)
{
    struct stat size;
    off_t at = 0;
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (out < 0 || fstat(from, &size) < 0) {
        give_up(to);
    }
    while (at < size.st_size) {
        ssize_t done = sendfile(out, from, &at, (size_t)(size.st_size - at));

        if (done < 0) {
            give_up(to);
        }
        if (done == 0) {
            break; /* it became shorter */
        }
    }
    close(out);
}

/* A copy that takes its name when it is whole; one after the other, in all processes. */
static void keep(const char *path)
{
    static int lock = -1;
    static pid_t owner; /* one that was inherited would lock nobody out */
    const char *synced = getenv("SCIM_POWER_SYNCED");
    char part[4096], whole[4096];
    int from;

    snprintf(part, sizeof(part), "%s/part", synced);
    snprintf(whole, sizeof(whole), "%s/%s", synced, strrchr(path, '/') + 1);
    pthread_mutex_lock(&mutex);
    if (owner != getpid()) {
        owner = getpid();
        lock = open(synced, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (lock < 0 || flock(lock, LOCK_EX) < 0) {
        give_up(synced);
    }
    from = reader_of(path);
    if (from >= 0) {
        copy(from, part);
        if (rename(part, whole) < 0) {
            give_up(whole);
        }
    }
    flock(lock, LOCK_UN);
    pthread_mutex_unlock(&mutex);
}

/* The disk itself need not be asked: it is not to fail. */
static int sync_file(int fd, const char *name)
{
    int (*real)(int);
    char path[4096];

    if (!find(fd, path, sizeof(path))) {
        *(void **)&real = dlsym(RTLD_NEXT, name);
        return real(fd);
    }
    keep(path);
    return 0;
}

int fsync(int fd)
{
    return sync_file(fd, "fsync");
}

int fdatasync(int fd)
{
    return sync_file(fd, "fdatasync");
}
