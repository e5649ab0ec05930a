/*
 * attributes.h - looking attributes up in unit tests of schemas.
 */
#ifndef TEST_ATTRIBUTES_H
#define TEST_ATTRIBUTES_H

#include "core/schema.h"
#include "tap.h"

static apr_pool_t *pool;
static scim_schemas_t *schemas;

/* NULL for `urn`: a common attribute; for `sub`: no sub-attribute. */
static inline const scim_attribute_t *find(const char *urn, const char *name, const char *sub)
{
    const scim_schema_t *schema = urn ? scim_schemas_find(schemas, urn) : NULL;
    const scim_attributes_t *in = schema ? &schema->attributes : &schemas->common;
    const scim_attribute_t *attribute = scim_attributes_find(in, exact(name), strlen(name));

    return sub && attribute
               ? scim_attributes_find(&attribute->attributes, exact(sub), strlen(sub))
               : attribute;
}

static inline const char *names(const scim_attributes_t *attributes)
{
    const char *text = "";
    int i;

    for (i = 0; i < attributes->count; i++) {
        text = apr_pstrcat(pool, text, i ? " " : "", attributes->list[i]->name, NULL);
    }
    return text;
}

/* The characteristics that differ from the defaults of RFC 7643 2.2. */
static inline const char *characteristics(const scim_attribute_t *attribute)
{
    static const char *const mutability[] = {"", " readOnly", " immutable", " writeOnly"};
    static const char *const returned[] = {"", " always", " never", " request"};
    static const char *const uniqueness[] = {"", " server", " global"};

    if (attribute == NULL) {
        return NULL;
    }
    return apr_pstrcat(pool, scim_type_name(attribute->type),
                       attribute->multi_valued ? " many" : "",
                       attribute->required ? " required" : "",
                       attribute->case_exact ? " exact" : "", mutability[attribute->mutability],
                       returned[attribute->returned], uniqueness[attribute->uniqueness], NULL);
}

#endif
