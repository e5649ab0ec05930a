/*
 * Runs a fuzz target over files, without libFuzzer:
 *
 *     replay_NAME DIRECTORY...
 *
 * Every file of the directories is one input, in a block of exactly its size. Fails when a
 * directory cannot be read or has no files.
 */
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "fuzz.h"

static int complain(const char *path, apr_status_t status)
{
    char reason[256];

    fprintf(stderr, "%s: %s\n", path, apr_strerror(status, reason, sizeof(reason)));
    return 0;
}

/* Runs one file. */
static int replay_file(const char *path, apr_pool_t *pool)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_status_t status;
    uint8_t *data;
    size_t size;

    if ((status = apr_file_open(&file, path, APR_FOPEN_READ, APR_OS_DEFAULT, pool))
        || (status = apr_file_info_get(&info, APR_FINFO_SIZE, file))) {
        return complain(path, status);
    }
    size = (size_t)info.size;
    data = malloc(size ? size : 1);
    if (data == NULL) {
        return complain(path, APR_ENOMEM);
    }
    if (size && (status = apr_file_read_full(file, data, size, NULL))) {
        free(data);
        return complain(path, status);
    }
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

/* Runs all files of a directory; the number of them, or 0 for an error. */
static int replay_directory(const char *path, apr_pool_t *pool)
{
    apr_dir_t *directory;
    apr_finfo_t info;
    apr_status_t status = apr_dir_open(&directory, path, pool);
    int count = 0;

    if (status) {
        return complain(path, status);
    }
    while (apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE, directory) == APR_SUCCESS) {
        if (info.filetype == APR_REG) {
            if (!replay_file(apr_pstrcat(pool, path, "/", info.name, NULL), pool)) {
                return 0;
            }
            count++;
        }
    }
    if (count == 0) {
        fprintf(stderr, "%s: there is no input\n", path);
    }
    return count;
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    int i, total = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY...\n", argv[0]);
        return 2;
    }
    apr_pool_create(&pool, fuzz_root());
    for (i = 1; i < argc; i++) {
        int count = replay_directory(argv[i], pool);

        if (count == 0) {
            return 1;
        }
        total += count;
    }
    printf("%d inputs\n", total);
    return 0;
}
