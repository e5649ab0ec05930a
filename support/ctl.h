/*
 * ctl.h - what the commands of scimctl have in common.
 */
#ifndef SCIM_CTL_H
#define SCIM_CTL_H

#include <signal.h>

#include <apr_file_io.h>

#include "directory/dbd/store.h"
#include "directory/dbd/survey.h"
#include "service/call.h"
#include "service/indexed.h"

/* How the program ends; documented in its manual. */
enum {
    CTL_DONE = 0,
    CTL_FOUND = 1,      /* done, and something was found wrong, or left out */
    CTL_USAGE = 2,      /* the command line is wrong */
    CTL_FAILED = 3,     /* it could not be done: the configuration, the database, a file */
    CTL_INTERRUPTED = 4 /* stopped by a signal; what was done until then is kept */
};

/* The command line. */
typedef struct ctl_options_t {
    const char *driver, *params, *config, *httpd, *directory, *file, *label, *format;
    apr_array_header_t *indexes; /* of const char *, as in ScimIndex */
    apr_array_header_t *schemas; /* of const char *: paths */
    int repair, passwords, proceed, quiet;
} ctl_options_t;

typedef struct ctl_t {
    ctl_options_t options;
    int configured; /* options.indexes are all that httpd keeps, beside the usual ones */
    scim_schemas_t *schemas;
    scim_indexed_list_t *indexed;
    int named; /* how many of them come first that are to be there; the others just are */
    scim_source_t *source;
    scim_survey_t survey;
    scim_directory_t directory; /* open */
    scim_service_t service;     /* of it */

    apr_file_t *file; /* of export and import */
    apr_pool_t *pool;
} ctl_t;

/* What a command has to find before it runs. */
typedef enum ctl_need_t {
    CTL_NEEDS_NOTHING,
    CTL_MAKES_DATABASE, /* it makes what is not there */
    CTL_NEEDS_DATABASE, /* it can be reached; nothing has to be in it */
    CTL_NEEDS_DIRECTORY /* the tables are of this version, and the directory is there */
} ctl_need_t;

/* A command: returns one of the above. */
typedef int (*ctl_command_fn)(ctl_t *ctl);

int ctl_init(ctl_t *ctl);
int ctl_migrate(ctl_t *ctl);
int ctl_check(ctl_t *ctl);
int ctl_reindex(ctl_t *ctl);
int ctl_export(ctl_t *ctl);
int ctl_export_file(ctl_t *ctl); /* opens its file */
int ctl_import(ctl_t *ctl);
int ctl_import_file(ctl_t *ctl);
int ctl_token(ctl_t *ctl);

/* ---- talking (talk.c) ---- */

/* One line for the administrator, on standard output; errors on standard error, with the
   program's name in front. */
void ctl_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an error of the layers below. Returns CTL_FAILED, or CTL_INTERRUPTED when that
   is what it comes of. */
int ctl_fail_with(const scim_error_t *error);

/* 1 after SIGINT, SIGTERM or SIGHUP: end between two units of work. */
extern volatile sig_atomic_t ctl_stopped;
void ctl_watch_signals(void);

/* ---- how far it is (progress.c) ---- */

typedef struct ctl_progress_t {
    const char *what;
    apr_int64_t total; /* 0: not known */
    apr_int64_t done;
    apr_time_t told;
    int bar; /* standard error is a terminal */
    int quiet;
} ctl_progress_t;

void ctl_progress_start(ctl_progress_t *progress, const ctl_t *ctl, const char *what,
                        apr_int64_t total);
void ctl_progress_move(ctl_progress_t *progress, apr_int64_t done);
void ctl_progress_end(ctl_progress_t *progress);

/* ---- where (settings.c, place.c) ---- */

/* Completes the options from httpd's configuration, when --config or --httpd was given. */
int ctl_settings_read(ctl_t *ctl);

/* Reads schemas and indexes, connects, and opens the directory as far as it is needed. */
int ctl_place_open(ctl_t *ctl, ctl_need_t need);

/*
 * A unit of work in the directory. Where writers do not queue with httpd's (SQLite), it is
 * tried again for a while when it was not this one's turn; so `work` may run again, as always.
 */
scim_error_t *ctl_transact(ctl_t *ctl, int writes, scim_work_fn work, void *baton,
                           apr_pool_t *pool);

/* A call on resources of a type, without a client. */
scim_call_t ctl_call(const ctl_t *ctl, const scim_resource_type_t *type, apr_pool_t *pool);

#endif
