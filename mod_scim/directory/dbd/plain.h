/*
 * plain.h - connections straight from apr_dbd, for programs without httpd.
 *
 * Connections are opened when one is asked for and none is free, and kept until the pool goes.
 * They may be lent to several threads at once, whose writes queue; between processes nothing
 * queues, and a writer waits in the driver while another one writes. Connections must not be
 * used on both sides of a fork: open a source of one's own in the child.
 */
#ifndef SCIM_DBD_PLAIN_H
#define SCIM_DBD_PLAIN_H

#include "directory/dbd/source.h"

/*
 * A source for the database that `driver` (of apr_dbd: "sqlite3") and `params` (for sqlite3 the
 * file's name) lead to. Does not connect. `report` may be NULL, or is what becomes the
 * source's; the others of the source get a baton of its own, `report` gets `listener`.
 */
scim_error_t *scim_plain_open(scim_source_t **source, const char *driver, const char *params,
                              void (*report)(void *listener, const char *level,
                                             const char *message),
                              void *listener, apr_pool_t *pool);

#endif
