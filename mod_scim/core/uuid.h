/*
 * uuid.h - resource ids: UUID version 7 (RFC 9562 5.7), lower case.
 */
#ifndef SCIM_CORE_UUID_H
#define SCIM_CORE_UUID_H

#include "mod_scim.h"

/*
 * Writes a new id into `out`. Ids sort by time of creation, to the microsecond over
 * processes; 62 of their bits are from the system's random source.
 * 500 when there is no randomness.
 */
scim_error_t *scim_uuid_create(char out[SCIM_ID_LENGTH + 1], apr_time_t now, apr_pool_t *pool);

/* 1 when `text` has the form of a UUID in lower case: what an id of ours looks like. */
int scim_uuid_valid(const char *text);

/* A copy of an id, cut if it is longer. */
void scim_uuid_copy(char copy[SCIM_ID_LENGTH + 1], const char *id);

#endif
