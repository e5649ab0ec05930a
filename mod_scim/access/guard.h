/*
 * guard.h - ScimGuard: whoever is logged in and not active is refused, whatever the Require
 * lines say.
 */
#ifndef SCIM_ACCESS_GUARD_H
#define SCIM_ACCESS_GUARD_H

#include "httpd/module.h"

/*
 * A hook of fixups, the first of them: somebody inactive is answered 403, somebody unknown too
 * with `ScimGuardUnknown deny`; when the directory cannot be asked 503, unless
 * `ScimGuardUnavailable allow`. A request without a user passes.
 */
int scim_guard_check(request_rec *r);

#endif
