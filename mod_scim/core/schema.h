/*
 * schema.h - schemas, resource types and attributes (RFC 7643 2, 6 and 7).
 *
 * Schemas are data: the JSON files of mod_scim/schemas/ are embedded in the module at
 * build time, and the same text is what /Schemas serves and what validation, PATCH,
 * filters and projection run on. No code outside names an attribute, but for the few
 * that SCIM gives a meaning to (userName, active, password, externalId, members ...).
 *
 * A scim_schemas_t is built once while httpd reads its configuration and never changes
 * afterwards; all threads read it. Everything in it lives in its pool.
 */
#ifndef SCIM_CORE_SCHEMA_H
#define SCIM_CORE_SCHEMA_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "core/dialect.h"
#include "core/json.h"

#define SCIM_URN_USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define SCIM_URN_GROUP "urn:ietf:params:scim:schemas:core:2.0:Group"
#define SCIM_URN_ENTERPRISE_USER "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define SCIM_URN_CONFIG "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
#define SCIM_URN_RESOURCE_TYPE "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
#define SCIM_URN_SCHEMA "urn:ietf:params:scim:schemas:core:2.0:Schema"
#define SCIM_URN_LIST_RESPONSE "urn:ietf:params:scim:api:messages:2.0:ListResponse"
#define SCIM_URN_PATCH_OP "urn:ietf:params:scim:api:messages:2.0:PatchOp"
#define SCIM_URN_ERROR "urn:ietf:params:scim:api:messages:2.0:Error"
#define SCIM_URN_BULK_REQUEST "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
#define SCIM_URN_BULK_RESPONSE "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
#define SCIM_URN_SEARCH_REQUEST "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

typedef enum scim_type_t {
    SCIM_TYPE_STRING,
    SCIM_TYPE_BOOLEAN,
    SCIM_TYPE_DECIMAL,
    SCIM_TYPE_INTEGER,
    SCIM_TYPE_DATETIME,
    SCIM_TYPE_BINARY,
    SCIM_TYPE_REFERENCE,
    SCIM_TYPE_COMPLEX
} scim_type_t;

typedef enum scim_mutability_t {
    SCIM_READ_WRITE,
    SCIM_READ_ONLY,
    SCIM_IMMUTABLE,
    SCIM_WRITE_ONLY
} scim_mutability_t;

typedef enum scim_returned_t {
    SCIM_RETURNED_DEFAULT,
    SCIM_RETURNED_ALWAYS,
    SCIM_RETURNED_NEVER,
    SCIM_RETURNED_REQUEST
} scim_returned_t;

typedef enum scim_uniqueness_t {
    SCIM_UNIQUE_NONE,
    SCIM_UNIQUE_SERVER,
    SCIM_UNIQUE_GLOBAL
} scim_uniqueness_t;

typedef struct scim_schema_t scim_schema_t;
typedef struct scim_attribute_t scim_attribute_t;

/* Attributes of one level, in the order of the schema. */
typedef struct scim_attributes_t {
    const scim_attribute_t *const *list;
    int count;
    apr_hash_t *by_name; /* lower-case name -> const scim_attribute_t * */
    int required;        /* 1: one of them, or a sub-attribute of theirs, is */
    int immutable;       /* the same */
} scim_attributes_t;

/* RFC 7643 7; defaults for what a schema leaves out are those of RFC 7643 2.2. */
struct scim_attribute_t {
    const char *name;               /* as the schema spells it */
    const scim_schema_t *schema;    /* NULL: a common attribute (RFC 7643 3.1) */
    const scim_attribute_t *parent; /* of a sub-attribute, else NULL */
    scim_type_t type;
    int multi_valued;
    int required;
    int case_exact;
    scim_mutability_t mutability;
    scim_returned_t returned;
    scim_uniqueness_t uniqueness;
    const char *const *canonical_values; /* NULL-terminated, or NULL */
    scim_attributes_t attributes;        /* sub-attributes of a complex one */
};

struct scim_schema_t {
    const char *id;               /* the URN */
    const char *name;             /* the URN when the schema gives none */
    const char *description;      /* or NULL */
    scim_attributes_t attributes; /* without common ones that a base schema lists too: RFC 7643
                                     3.1 has it that the common definitions take precedence */
    int extension;                /* 1: a resource type has it as an extension */
    const char *text;             /* the schema as JSON, without meta */
};

typedef struct scim_extension_t {
    const scim_schema_t *schema;
    int required;
} scim_extension_t;

/* What a resource type means beyond its schema. */
typedef enum scim_kind_t {
    SCIM_KIND_OTHER,
    SCIM_KIND_USER,  /* base schema User: has a wire and a local name, can be inactive, logs in
                      */
    SCIM_KIND_GROUP, /* base schema Group: has members, which are kept apart from its document
                      */
    SCIM_KINDS       /* how many there are */
} scim_kind_t;

/* RFC 7643 6. */
typedef struct scim_resource_type_t {
    const char *id;
    const char *name;        /* meta.resourceType */
    const char *endpoint;    /* "/Users" */
    const char *description; /* or NULL */
    const scim_schema_t *schema;
    const scim_extension_t *extensions;
    int extension_count;
    const scim_attributes_t *common; /* schemas, id, externalId, meta */
    int plain; /* 1: a stored document is the default view as it stands: no attribute in
                  it has returned `never` or `request` */
    scim_kind_t kind;
    const scim_attribute_t *naming; /* the core attribute whose folded value no two resources of
                  the type share: userName, a group's displayName, else the first single-valued
                  string with uniqueness `server` or `global`; NULL: there is none */
    const char *text;               /* the resource type as JSON, without meta */
} scim_resource_type_t;

/* All schemas and resource types of a server. */
typedef struct scim_schemas_t {
    apr_pool_t *pool;
    scim_attributes_t common;
    apr_array_header_t *schemas; /* of const scim_schema_t *, those that /Schemas lists */
    apr_array_header_t *resource_types; /* of const scim_resource_type_t * */
} scim_schemas_t;

/* The built-in schemas and the resource types User and Group, from the embedded files. */
scim_error_t *scim_schemas_create(scim_schemas_t **schemas, apr_pool_t *pool);

/*
 * Adds a schema given as the JSON that /Schemas serves. 400 with a sentence that names the
 * offending member when it is not a schema of RFC 7643 7, or its URN is there already. The text
 * is copied.
 */
scim_error_t *scim_schemas_add(scim_schemas_t *schemas, const char *text, apr_size_t length);

/*
 * Adds a resource type given as the JSON that /ResourceTypes serves; its schemas must be there.
 * Errors as above, also for an endpoint that is taken, and for a schema that would be the base
 * of one type and an extension of another. The name of a type that is there adds
 * the schemaExtensions to that: endpoint and schema must be left out or the same, and an
 * extension that the type has already only becomes required or not.
 */
scim_error_t *scim_schemas_add_type(scim_schemas_t *schemas, const char *text,
                                    apr_size_t length);

/* A file with definitions. */
typedef struct scim_schema_file_t {
    const char *name; /* for errors */
    const char *text;
    apr_size_t length;
} scim_schema_file_t;

/*
 * Adds the definitions in some files, of any order: each file is a schema, a resource type, an
 * array of them or a ListResponse. Errors as above, with the file's name in front.
 */
scim_error_t *scim_schemas_load(scim_schemas_t *schemas, const scim_schema_file_t *files,
                                int count);

/* By URN, any case; NULL when unknown. */
const scim_schema_t *scim_schemas_find(const scim_schemas_t *schemas, const char *urn);

/* By name ("User"), any case; NULL when unknown. */
const scim_resource_type_t *scim_schemas_type(const scim_schemas_t *schemas, const char *name);

/* By endpoint ("/Users"), exact; NULL when unknown. */
const scim_resource_type_t *scim_schemas_endpoint(const scim_schemas_t *schemas,
                                                  const char *endpoint);

/* The attribute of this name, `length` bytes in any case; NULL when there is none. */
const scim_attribute_t *scim_attributes_find(const scim_attributes_t *attributes,
                                             const char *name, apr_size_t length);

/*
 * The schema of `type`, core or extension, with this URN of `length` bytes in any case; with
 * SCIM_LENIENT_URN the obsolete spellings too (urn:scim:schemas:core:1.0, ...). NULL otherwise.
 */
const scim_schema_t *scim_resource_type_schema(const scim_resource_type_t *type,
                                               const char *urn, apr_size_t length,
                                               scim_leniency_t leniency);

/* A top-level attribute of the common and core attributes, any case; NULL when there is none.
 */
const scim_attribute_t *scim_resource_type_attribute(const scim_resource_type_t *type,
                                                     const char *name, apr_size_t length);

/* The attribute in full notation for messages: "name.givenName", URN-prefixed in extensions. */
const char *scim_attribute_path(const scim_attribute_t *attribute, apr_pool_t *pool);

/* The keyword of a characteristic, as schemas spell it. */
const char *scim_type_name(scim_type_t type);

#endif
