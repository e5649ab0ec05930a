/*
 * provider.h - what the directory providers have in common.
 */
#ifndef SCIM_DIRECTORY_PROVIDER_H
#define SCIM_DIRECTORY_PROVIDER_H

#include "mod_scim.h"

/* The part that asks for records of this type, or NULL. */
const scim_query_part_t *scim_provider_part(const scim_query_t *query, const char *type);

/* The 400 for a query that has more candidates than may be looked at. */
scim_error_t *scim_provider_too_many(const scim_query_t *query, apr_pool_t *pool);

/* How long a directory's secret is. */
#define SCIM_SECRET_LENGTH 32

/* A new secret. 503 when the system has none to give. */
scim_error_t *scim_provider_random(unsigned char secret[SCIM_SECRET_LENGTH], apr_pool_t *pool);

/*
 * Before a write, of `record` or of none (NULL): 500 when the unit of work is not to write, 413
 * for a document that is too long.
 */
scim_error_t *scim_provider_check_write(int writes, const scim_record_t *record,
                                        apr_pool_t *pool);

/*
 * 1 when the groups that have the record as a member show something else after an update: it is
 * hidden, or is called otherwise. `deleted` and `display` are what it had before.
 */
int scim_provider_shown_anew(int deleted, const char *display, const scim_record_t *record);

/*
 * 1 when an update hides the record or brings it back: with the one its memberships end, and
 * with the other any that somebody has added who did not see the first.
 */
int scim_provider_leaves_groups(int deleted, const scim_record_t *record);

/* 1 when an update lets somebody in again who was inactive or deleted: scim_record_t.not_before
   becomes `modified`. `active` and `deleted` are those of before. */
int scim_provider_comes_back(int active, int deleted, const scim_record_t *record);

#endif
