/*
 * company.h - units of work that write go into one transaction together, where there is one
 * writer at a time.
 *
 * Waiting for the disk is most of what a small write takes, and those that come meanwhile wait
 * for the one that is on its way. So the first of them, the leader, does the work of the others
 * too, one unit after the other on its own connection, and the commit is one for all: nobody
 * is answered before it has succeeded, and it writes a page that several have changed once.
 *
 * What holds for a unit is what holds for one alone:
 *
 * - Units run one after the other, and each sees what those before it have written.
 * - Each but the first has a savepoint: one that ends with an error leaves nothing behind, and
 *   the others stay. The first ends with an error before others join it.
 * - Not even an error is given back before the commit: it may be due to what another unit of
 *   the same transaction has written.
 * - When a statement fails because of the database, the transaction is rolled back, and each of
 *   its units runs again by itself, so that a failure stays with the one that meets it. When
 *   the commit fails, all fail.
 *
 * A company is a directory in a process: units share what the leader's connection knows of it.
 * Processes, and directories in the same file, wait for each other in the lender's queue, where
 * only leaders stand.
 */
#ifndef SCIM_DBD_COMPANY_H
#define SCIM_DBD_COMPANY_H

#include "directory/dbd/connection.h"

/* A company without anybody. 503 when the system has no locks left. */
scim_error_t *scim_company_create(scim_company_t **company, apr_pool_t *pool);

/* The database is found to be one with a single writer; until then everybody goes alone. */
void scim_company_open(scim_company_t *company);
int scim_company_is_open(const scim_company_t *company);

/*
 * Waits until the caller is the leader (*done is 0; scim_company_leave has to follow) or its
 * unit was done by one (*done is 1, and *result is how it ended). 503 when neither happens for
 * long.
 */
scim_error_t *scim_company_enter(int *done, scim_error_t **result, scim_company_t *company,
                                 const scim_unit_t *unit, apr_pool_t *pool);

/* How many wait for a leader at this moment. */
int scim_company_waiting(scim_company_t *company);

/* The leader is through: the next one that waits takes over. */
void scim_company_leave(scim_company_t *company);

/*
 * In the leader's transaction, after its own unit: runs those that wait. 503 when that has to
 * be rolled back; the connection has failed then.
 */
scim_error_t *scim_company_join(scim_company_t *company, scim_connection_t *connection,
                                apr_pool_t *pool);

/* The end of the transaction, for those who have joined: the commit, and its error or NULL; or
   it was rolled back. */
void scim_company_committed(scim_company_t *company, const scim_error_t *error);
void scim_company_rolled_back(scim_company_t *company);

#endif
