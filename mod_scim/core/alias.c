#include "core/alias.h"

#include <string.h>

#include "core/text.h"

static const struct {
    const char *schema;
    const char *parent;
    const char *alias;
    const char *name;
} aliases[] = {
    {SCIM_URN_ENTERPRISE_USER, "manager", "managerId", "value"},
};

const scim_attribute_t *scim_alias_find(const scim_attribute_t *parent, const char *name,
                                        apr_size_t length, scim_leniency_t leniency)
{
    apr_size_t i;

    if (!(leniency & SCIM_LENIENT_ALIAS) || parent == NULL || parent->schema == NULL) {
        return NULL;
    }
    for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (scim_text_is_name(name, length, aliases[i].alias)
            && strcmp(parent->name, aliases[i].parent) == 0
            && strcmp(parent->schema->id, aliases[i].schema) == 0) {
            return scim_attributes_find(&parent->attributes, aliases[i].name,
                                        strlen(aliases[i].name));
        }
    }
    return NULL;
}
