/*
 * alias.h - what clients call attributes otherwise (SCIM_LENIENT_ALIAS).
 */
#ifndef SCIM_CORE_ALIAS_H
#define SCIM_CORE_ALIAS_H

#include "core/schema.h"

/*
 * The sub-attribute of the complex `parent` that a client means by this name, in any case,
 * which is not its own; NULL when there is none. `parent` may be NULL.
 */
const scim_attribute_t *scim_alias_find(const scim_attribute_t *parent, const char *name,
                                        apr_size_t length, scim_leniency_t leniency);

#endif
