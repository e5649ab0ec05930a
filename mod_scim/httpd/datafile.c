#include "httpd/datafile.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <unixd.h>

/* What SQLite keeps beside the database is often root's, who looked at it while httpd was down.
 */
static const char *const suffixes[] = {"", "-wal", "-shm"};

enum { DIRECTORY = sizeof(suffixes) / sizeof(suffixes[0]), FINE };

static const char *name_of(const char *file, int which, apr_pool_t *pool)
{
    if (which == DIRECTORY) {
        return apr_pstrndup(pool, file, (apr_size_t)(strrchr(file, '/') + 1 - file));
    }
    return apr_pstrcat(pool, file, suffixes[which], NULL);
}

/* The first that the user of this process may not use. */
static int first_forbidden(const char *const *names)
{
    int i;

    if (access(names[DIRECTORY], W_OK | X_OK) != 0) {
        return DIRECTORY;
    }
    for (i = 0; i < DIRECTORY; i++) {
        if (access(names[i], R_OK | W_OK) != 0 && errno != ENOENT) {
            return i;
        }
    }
    return FINE;
}

/* Asked in a process of its own, since only the system knows what lists of access control say.
 */
static int first_forbidden_to_children(const char *const *names)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        const unixd_config_rec *user = &ap_unixd_config;

        if (setgid(user->group_id) != 0 || initgroups(user->user_name, user->group_id) != 0
            || setuid(user->user_id) != 0) {
            _exit(FINE);
        }
        _exit(first_forbidden(names));
    }
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return FINE;
        }
    }
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : FINE;
}

static const char *forbidden(const char *const *names, apr_pool_t *pool)
{
    int is_root = geteuid() == 0, which;
    const char *who = "the user that httpd runs as";

    if (is_root && (ap_unixd_config.user_name == NULL || ap_unixd_config.user_id == 0)) {
        return NULL;
    }
    which = is_root ? first_forbidden_to_children(names) : first_forbidden(names);
    if (which < 0 || which > DIRECTORY) {
        return NULL;
    }
    if (is_root) {
        who =
            apr_psprintf(pool, "the user '%s' of httpd's children", ap_unixd_config.user_name);
    }
    return apr_psprintf(pool, "%s may not %s '%s'", who,
                        which == DIRECTORY ? "write in the directory" : "write the file",
                        names[which]);
}

const char *scim_datafile_complaint(const char *file, int exists_only, apr_pool_t *pool)
{
    const char *names[FINE];
    struct stat status;
    int i;

    if (file == NULL || *file == '\0' || *file == ':') {
        return "it has to name a file for SQLite, which keeps no directory in memory";
    }
    if (*file != '/') {
        /* Not quoted: it may be the parameters of another driver, with a password. */
        return "it does not begin with a slash; SQLite needs the path of a file";
    }
    for (i = 0; i < FINE; i++) {
        names[i] = name_of(file, i, pool);
    }
    if (stat(names[DIRECTORY], &status) != 0) {
        return errno == ENOENT || errno == ENOTDIR
                   ? apr_psprintf(pool, "there is no directory '%s'", names[DIRECTORY])
                   : NULL;
    }
    if (stat(file, &status) == 0 && !S_ISREG(status.st_mode)) {
        return apr_psprintf(pool, "'%s' is not a file", file);
    }
    return exists_only ? NULL : forbidden(names, pool);
}
