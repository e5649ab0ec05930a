/*
 * gather.h - the log of an SQLite file, written in one piece.
 *
 * SQLite writes each page of a commit to its log in two calls, the frame's header and the page.
 * A small change of a directory has a dozen pages and more, since each index has another one,
 * and the calls are a good part of what it costs besides the wait for the disk. Here they are
 * gathered while a commit runs, and written with one call when the frame that ends the
 * transaction is whole: before SQLite syncs the log, and before it tells others of the frames,
 * whatever `PRAGMA synchronous` says. Whatever else is done with the log writes what was
 * gathered first. So nobody else can tell.
 *
 * Nothing waits beyond the commit: frames that SQLite writes ahead of it, and does not want any
 * more when the transaction is rolled back, would be written over those of others.
 *
 * It belongs to one connection, in place of the functions that SQLite calls for the log's file;
 * no other connection, of whatever module, is touched.
 */
#ifndef SCIM_DBD_GATHER_H
#define SCIM_DBD_GATHER_H

#include <sqlite3.h>

/* For a connection whose database is in WAL mode and has been read, so that its log is open; it
   ends when SQLite closes that. Nothing happens when there is no memory. */
void scim_gather_prepare(sqlite3 *connection);

/* Before and after COMMIT; for any connection. */
void scim_gather_begin(sqlite3 *connection);
void scim_gather_end(sqlite3 *connection);

#endif
