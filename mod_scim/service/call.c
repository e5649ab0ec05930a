#include "service/call.h"

int scim_call_serves(const scim_resource_type_t *type)
{
    return type->kind != SCIM_KIND_OTHER;
}
