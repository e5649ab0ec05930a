/*
 * presence.h - whose requests are being served at this moment, so that long ones (tunnels of
 * WebSocket, streams of events, large files) end when the person may no longer be here.
 *
 * A thread of each child looks after them. prefork's children have one connection to the
 * database that no thread may share with the request, so there it does nothing.
 */
#ifndef SCIM_ACCESS_PRESENCE_H
#define SCIM_ACCESS_PRESENCE_H

#include "access/visitor.h"

/* A hook of child_init, behind that of the database: begins to look after them. */
void scim_presence_child_init(apr_pool_t *pchild, server_rec *server);

/*
 * The visitor of the request has been let in. From then on until its end the connection is
 * closed, about SCIM_PRESENCE_INTERVAL after the person has become inactive or was removed.
 * While the directory cannot be asked it stays.
 */
void scim_presence_note(request_rec *r, const scim_visitor_t *visitor);

/* Between two looks. */
#define SCIM_PRESENCE_INTERVAL apr_time_from_sec(2)

#endif
