/*
 * file.h - is the database still the file that a connection has open?
 *
 * A process that has a file open does not notice when the file is deleted, or replaced by
 * another one of the same name: it goes on reading and writing what nobody will ever see again.
 * So a file's identity is noted when it is opened, and looked at again before each use.
 *
 * Never open a database's file to look at it: closing it would drop the locks that SQLite
 * holds.
 */
#ifndef SCIM_DBD_FILE_H
#define SCIM_DBD_FILE_H

#include <apr_file_info.h>

#include "mod_scim.h"

/* Which file it is; inode 0: none. */
typedef struct scim_inode_t {
    apr_dev_t device;
    apr_ino_t inode;
} scim_inode_t;

/* The companions of an SQLite database: PATH-wal and PATH-shm. */
#define SCIM_FILE_SIDES 2

typedef struct scim_file_t {
    const char *path;
    scim_inode_t main;
    scim_inode_t sides[SCIM_FILE_SIDES];
} scim_file_t;

/*
 * Notes which file is there now. 503 when there is none, it cannot be reached, or, with `used`,
 * it is empty: SQLite deletes the log of a file that was there before when it meets an empty
 * one.
 */
scim_error_t *scim_file_note(scim_file_t *file, int used, apr_pool_t *scratch);

/* Notes the companions of the file. */
void scim_file_note_sides(scim_file_t *file, apr_pool_t *scratch);

/* 1 when the file at the path is still the one that was noted. */
int scim_file_same(const scim_file_t *file, apr_pool_t *scratch);

/* 1 when two files were noted as the same. */
int scim_file_equal(const scim_file_t *a, const scim_file_t *b);

/*
 * The companions belong to the file that was noted, not to another one that was put in its
 * place: opened together with that they would corrupt it. 1 when one of them is still there.
 */
int scim_file_left_sides(const scim_file_t *file, apr_pool_t *scratch);

/*
 * Removes those companions; the caller has seen to it that the log is empty and that no other
 * process does the same. 503 when they cannot be removed.
 */
scim_error_t *scim_file_drop_sides(const scim_file_t *file, apr_pool_t *pool);

/*
 * SQLite gives the companions the permissions of the file when it makes them. Made when the
 * file was read-only, they stay so and keep the file from being written once it may be; this
 * gives them the permissions that the file has now, as far as they can be changed.
 */
void scim_file_match_sides(const scim_file_t *file, apr_pool_t *scratch);

#endif
