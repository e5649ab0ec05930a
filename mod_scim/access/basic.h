/*
 * basic.h - AuthBasicProvider scim: log in with the password that was provisioned.
 *
 * Needs `ScimPasswords store` at the endpoint. Nothing is cached, and nothing is offered to
 * mod_authn_socache, which would let a disabled person in until its entry ends.
 */
#ifndef SCIM_ACCESS_BASIC_H
#define SCIM_ACCESS_BASIC_H

#include <apr_pools.h>

/* Registers the provider. In register_hooks. */
void scim_basic_register(apr_pool_t *pool);

#endif
