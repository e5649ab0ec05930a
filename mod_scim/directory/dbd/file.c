#include "directory/dbd/file.h"

#include <pthread.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "core/error.h"

/* The log, and the index of the log, which is shared memory. */
static const char *const suffixes[SCIM_FILE_SIDES] = {"-wal", "-shm"};

static apr_status_t look(scim_inode_t *inode, const char *path, apr_pool_t *scratch)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_IDENT, scratch);

    inode->device = status == APR_SUCCESS ? info.device : 0;
    inode->inode = status == APR_SUCCESS ? info.inode : 0;
    return status;
}

static int same(const scim_inode_t *a, const scim_inode_t *b)
{
    return a->inode != 0 && a->inode == b->inode && a->device == b->device;
}

static scim_error_t *unavailable(apr_pool_t *pool)
{
    return scim_error_create(pool, 503, NULL, "The directory's database is not available.");
}

static scim_error_t *unreachable(const scim_file_t *file, apr_status_t status, apr_pool_t *pool)
{
    scim_error_t *error = unavailable(pool);
    char why[128];

    if (APR_STATUS_IS_ENOENT(status)) {
        return scim_error_because(error, pool,
                                  "the database file %s is gone; put it back, or restart the "
                                  "server to begin with an empty one",
                                  file->path);
    }
    return scim_error_because(error, pool, "the database file %s cannot be reached: %s",
                              file->path, apr_strerror(status, why, sizeof(why)));
}

scim_error_t *scim_file_note(scim_file_t *file, int used, apr_pool_t *scratch)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, file->path, APR_FINFO_SIZE, scratch);

    if (status == APR_SUCCESS && used && info.size == 0) {
        return scim_error_because(unavailable(scratch), scratch,
                                  "the database file %s is empty and was not before; put the "
                                  "right one back, or restart the server to begin with an "
                                  "empty one",
                                  file->path);
    }
    if (status == APR_SUCCESS) {
        status = look(&file->main, file->path, scratch);
    }
    return status == APR_SUCCESS ? NULL : unreachable(file, status, scratch);
}

int scim_file_same(const scim_file_t *file, apr_pool_t *scratch)
{
    scim_inode_t now;

    look(&now, file->path, scratch);
    return same(&file->main, &now);
}

int scim_file_equal(const scim_file_t *a, const scim_file_t *b)
{
    return same(&a->main, &b->main);
}

static const char *side_path(const scim_file_t *file, int side, apr_pool_t *pool)
{
    return apr_pstrcat(pool, file->path, suffixes[side], NULL);
}

void scim_file_note_sides(scim_file_t *file, apr_pool_t *scratch)
{
    int i;

    for (i = 0; i < SCIM_FILE_SIDES; i++) {
        look(&file->sides[i], side_path(file, i, scratch), scratch);
    }
}

/* 1 when the companion is the one that was noted. */
static int is_left(const scim_file_t *file, int side, apr_pool_t *scratch)
{
    scim_inode_t now;

    look(&now, side_path(file, side, scratch), scratch);
    return same(&file->sides[side], &now);
}

int scim_file_left_sides(const scim_file_t *file, apr_pool_t *scratch)
{
    int i;

    for (i = 0; i < SCIM_FILE_SIDES; i++) {
        if (is_left(file, i, scratch)) {
            return 1;
        }
    }
    return 0;
}

scim_error_t *scim_file_drop_sides(const scim_file_t *file, apr_pool_t *pool)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    apr_status_t status = APR_SUCCESS;
    char why[128];
    int i;

    pthread_mutex_lock(&mutex);
    for (i = 0; i < SCIM_FILE_SIDES && status == APR_SUCCESS; i++) {
        if (is_left(file, i, pool)) {
            status = apr_file_remove(side_path(file, i, pool), pool);
        }
    }
    pthread_mutex_unlock(&mutex);
    if (status == APR_SUCCESS) {
        return NULL;
    }
    return scim_error_because(unavailable(pool), pool,
                              "the database file %s was replaced, but the old one's %s cannot "
                              "be removed: %s",
                              file->path, side_path(file, i - 1, pool),
                              apr_strerror(status, why, sizeof(why)));
}

void scim_file_match_sides(const scim_file_t *file, apr_pool_t *scratch)
{
    apr_finfo_t main, side;
    int i;

    if (apr_stat(&main, file->path, APR_FINFO_PROT, scratch) != APR_SUCCESS) {
        return;
    }
    for (i = 0; i < SCIM_FILE_SIDES; i++) {
        const char *path = side_path(file, i, scratch);

        if (apr_stat(&side, path, APR_FINFO_PROT, scratch) == APR_SUCCESS
            && side.protection != main.protection) {
            apr_file_perms_set(path, main.protection);
        }
    }
}
