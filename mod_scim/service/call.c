#include "service/call.h"

#include <string.h>

int scim_call_serves(const scim_resource_type_t *type)
{
    return strcmp(type->schema->id, SCIM_URN_USER) == 0;
}
