/*
 * unit.h - the unit of work of a call.
 */
#ifndef SCIM_SERVICE_UNIT_H
#define SCIM_SERVICE_UNIT_H

#include "service/call.h"

/*
 * Runs `work` as a transaction of its own, or, when the call is part of a larger unit
 * (call->session), so that it is undone alone when it fails. In either case it may run twice:
 * see scim_work_fn. `writes` is about how many resources it writes, 0 when it only reads. The
 * notes of the call are set back to what they were before each run.
 */
scim_error_t *scim_unit_run(scim_call_t *call, int writes, scim_work_fn work, void *baton);

#endif
