#include "directory/dbd/gather.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What is gathered at most: the log of a person is half of it. */
#define ROOM 131072

/* SQLite's file format, 4.1: what is in front of each page, and where it says that the
   transaction ends with that. The log's own header is longer. */
#define HEADER 24
#define END_AT 4
#define END_LENGTH 4

/* Smaller pages there are none. */
#define SMALLEST_PAGE 512

typedef struct gather_t {
    sqlite3_io_methods methods; /* ours; the first, so that it leads here */
    const sqlite3_io_methods *below;
    char *bytes; /* what waits, or NULL */
    int length;
    sqlite3_int64 offset;
    int awaits_page; /* it ends with the header of a frame ... */
    int ends;        /* ... that ends the transaction */
    int on;          /* a commit runs */
    sqlite3_int64 read_at;
} gather_t;

static gather_t *gather_of(sqlite3_file *file)
{
    return (gather_t *)file->pMethods;
}

/* ---- room ------------------------------------------------------------------ */

/* One for all connections: those of a process seldom write at the same time. */
static char *spare;
static pthread_mutex_t spare_mutex = PTHREAD_MUTEX_INITIALIZER;

static char *exchange(char *bytes)
{
    char *there;

    pthread_mutex_lock(&spare_mutex);
    there = spare;
    spare = bytes;
    pthread_mutex_unlock(&spare_mutex);
    return there;
}

static char *take_room(void)
{
    char *bytes = exchange(NULL);

    return bytes ? bytes : malloc(ROOM);
}

static void drop(gather_t *gather)
{
    if (gather->bytes) {
        free(exchange(gather->bytes));
    }
    gather->bytes = NULL;
    gather->length = gather->awaits_page = 0;
}

/* ---- writing --------------------------------------------------------------- */

static int flush(sqlite3_file *file)
{
    gather_t *gather = gather_of(file);
    int code = SQLITE_OK;

    if (gather->length) {
        code = gather->below->xWrite(file, gather->bytes, gather->length, gather->offset);
    }
    drop(gather);
    return code;
}

static void append(gather_t *gather, const void *bytes, int length)
{
    memcpy(gather->bytes + gather->length, bytes, (size_t)length);
    gather->length += length;
}

static int follows(const gather_t *gather, sqlite3_int64 offset)
{
    return offset == gather->offset + gather->length;
}

/* A header that is written where one was read belongs to a page that is there already: SQLite
   writes no page after it. */
static int begins_frame(const gather_t *gather, int length, sqlite3_int64 offset)
{
    return gather->on && length == HEADER && offset != gather->read_at && !gather->awaits_page
           && (gather->length == 0 || follows(gather, offset));
}

static int add_header(sqlite3_file *file, const void *bytes, sqlite3_int64 offset)
{
    static const char no_end[END_LENGTH];
    gather_t *gather = gather_of(file);

    if (gather->length == 0) {
        gather->bytes = take_room();
        gather->offset = offset;
    }
    if (gather->bytes == NULL) {
        return gather->below->xWrite(file, bytes, HEADER, offset);
    }
    append(gather, bytes, HEADER);
    gather->awaits_page = 1;
    gather->ends = memcmp((const char *)bytes + END_AT, no_end, END_LENGTH) != 0;
    return SQLITE_OK;
}

static int add_page(sqlite3_file *file, const void *bytes, int length)
{
    gather_t *gather = gather_of(file);

    append(gather, bytes, length);
    gather->awaits_page = 0;
    if (gather->ends) {
        gather->on = 0; /* what follows fills up a sector */
    }
    /* there is room for another frame of the size */
    return gather->ends || gather->length + HEADER + length > ROOM ? flush(file) : SQLITE_OK;
}

static int write_log(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    gather_t *gather = gather_of(file);
    int code;

    if (begins_frame(gather, length, offset)) {
        return add_header(file, bytes, offset);
    }
    if (gather->awaits_page && follows(gather, offset) && length >= SMALLEST_PAGE
        && gather->length + length <= ROOM) {
        return add_page(file, bytes, length);
    }
    code = flush(file);
    return code == SQLITE_OK ? gather->below->xWrite(file, bytes, length, offset) : code;
}

/* ---- the other functions ---------------------------------------------------- */

static int read_log(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset)
{
    gather_t *gather = gather_of(file);
    int code = flush(file);

    gather->read_at = offset;
    return code == SQLITE_OK ? gather->below->xRead(file, bytes, length, offset) : code;
}

static int truncate_log(sqlite3_file *file, sqlite3_int64 size)
{
    int code = flush(file);

    return code == SQLITE_OK ? gather_of(file)->below->xTruncate(file, size) : code;
}

static int sync_log(sqlite3_file *file, int flags)
{
    int code = flush(file);

    return code == SQLITE_OK ? gather_of(file)->below->xSync(file, flags) : code;
}

static int size_of_log(sqlite3_file *file, sqlite3_int64 *size)
{
    int code = flush(file);

    return code == SQLITE_OK ? gather_of(file)->below->xFileSize(file, size) : code;
}

static int close_log(sqlite3_file *file)
{
    gather_t *gather = gather_of(file);

    drop(gather);
    file->pMethods = gather->below;
    free(gather);
    return file->pMethods->xClose(file);
}

/* ---- ours in place of SQLite's ------------------------------------------------ */

/* Of an older version there is less. */
static size_t size_of(const sqlite3_io_methods *methods)
{
    return methods->iVersion < 2   ? offsetof(sqlite3_io_methods, xShmMap)
           : methods->iVersion < 3 ? offsetof(sqlite3_io_methods, xFetch)
                                   : sizeof(*methods);
}

static sqlite3_file *log_of(sqlite3 *connection)
{
    sqlite3_file *log = NULL;

    return sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)
                       == SQLITE_OK
                   && log && log->pMethods
               ? log
               : NULL;
}

static int is_ours(const sqlite3_file *log)
{
    return log && log->pMethods->xWrite == write_log;
}

void scim_gather_prepare(sqlite3 *connection)
{
    sqlite3_file *log = log_of(connection);
    gather_t *gather;

    if (log == NULL || is_ours(log)) {
        return;
    }
    gather = calloc(1, sizeof(*gather));
    if (gather == NULL) {
        return;
    }
    memcpy(&gather->methods, log->pMethods, size_of(log->pMethods));
    gather->methods.iVersion = log->pMethods->iVersion < 3 ? log->pMethods->iVersion : 3;
    gather->methods.xWrite = write_log;
    gather->methods.xRead = read_log;
    gather->methods.xTruncate = truncate_log;
    gather->methods.xSync = sync_log;
    gather->methods.xFileSize = size_of_log;
    gather->methods.xClose = close_log;
    gather->below = log->pMethods;
    log->pMethods = &gather->methods;
}

void scim_gather_begin(sqlite3 *connection)
{
    sqlite3_file *log = log_of(connection);

    if (is_ours(log)) {
        gather_of(log)->on = 1;
        gather_of(log)->read_at = -1;
    }
}

/* What still waits is of a commit that has failed. */
void scim_gather_end(sqlite3 *connection)
{
    sqlite3_file *log = log_of(connection);

    if (is_ours(log)) {
        drop(gather_of(log));
        gather_of(log)->on = 0;
    }
}
