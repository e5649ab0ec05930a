#include "service/discovery.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/text.h"
#include "service/cursor.h"

/* One discovery document: JSON text that gets a meta member, at an URL below the base. */
typedef struct document_t {
    const char *text;
    const char *resource_type; /* meta.resourceType */
    const char *path;          /* "/Schemas/urn:..." */
} document_t;

static void write_document(scim_buffer_t *out, const document_t *document,
                           const scim_call_t *call)
{
    const char *location = apr_pstrcat(call->pool, call->base_url, document->path, NULL);
    apr_size_t length = strlen(document->text);

    while (document->text[length - 1] != '}') {
        length--;
    }
    scim_buffer_add(out, document->text, length - 1);
    scim_buffer_printf(out, ",\"meta\":{\"resourceType\":\"%s\",\"location\":%s}}",
                       document->resource_type, scim_json_quote(location, call->pool));
}

static scim_error_t *refuse_filter(const scim_call_t *call)
{
    if (call->search.filter == NULL) {
        return NULL;
    }
    return scim_error_create(call->pool, 403, NULL,
                             "Discovery documents cannot be filtered (RFC 7644, section 4).");
}

static scim_error_t *reply_one(scim_reply_t *reply, const document_t *document,
                               const scim_call_t *call)
{
    reply->status = 200;
    reply->operation = "discover";
    reply->location = apr_pstrcat(call->pool, call->base_url, document->path, NULL);
    reply->body = scim_buffer_create(call->pool);
    write_document(reply->body, document, call);
    return NULL;
}

/* All documents as a ListResponse, or the one called `name`; names run parallel to documents.
 */
static scim_error_t *reply_named(scim_reply_t *reply, const apr_array_header_t *documents,
                                 const char *folder, const char *name, const scim_call_t *call)
{
    scim_buffer_t *out = scim_buffer_create(call->pool);
    apr_size_t skip = strlen(folder);
    int i;

    scim_buffer_printf(out,
                       "{\"schemas\":[\"" SCIM_URN_LIST_RESPONSE "\"],\"totalResults\":%d,"
                       "\"startIndex\":1,\"itemsPerPage\":%d,\"Resources\":[",
                       documents->nelts, documents->nelts);
    for (i = 0; i < documents->nelts; i++) {
        const document_t *document = &APR_ARRAY_IDX(documents, i, document_t);

        if (name && scim_text_same_name(document->path + skip, name)) {
            return reply_one(reply, document, call);
        }
        scim_buffer_puts(out, i ? "," : "");
        write_document(out, document, call);
    }
    if (name) {
        return scim_error_create(call->pool, 404, NULL,
                                 "There is nothing called %s under %.*s.",
                                 scim_error_quotes(call->pool, name), (int)skip - 1, folder);
    }
    scim_buffer_puts(out, "]}");
    reply->status = 200;
    reply->operation = "discover";
    reply->body = out;
    return NULL;
}

scim_error_t *scim_discovery_config(scim_reply_t *reply, scim_call_t *call)
{
    const scim_service_limits_t *limits = &call->service->limits;
    document_t document = {.resource_type = "ServiceProviderConfig",
                           .path = "/ServiceProviderConfig"};

    SCIM_TRY(refuse_filter(call));
    document.text = apr_psprintf(
        call->pool,
        "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig\"],"
        "\"patch\":{\"supported\":true},"
        "\"bulk\":{\"supported\":true,\"maxOperations\":%" APR_INT64_T_FMT
        ",\"maxPayloadSize\":%" APR_INT64_T_FMT "},"
        "\"filter\":{\"supported\":true,\"maxResults\":%" APR_INT64_T_FMT "},"
        "\"changePassword\":{\"supported\":%s},"
        "\"sort\":{\"supported\":true},"
        "\"pagination\":{\"cursor\":true,\"index\":true,"
        "\"defaultPaginationMethod\":\"index\",\"defaultPageSize\":%" APR_INT64_T_FMT
        ",\"maxPageSize\":%" APR_INT64_T_FMT ",\"cursorTimeout\":%d},"
        "\"etag\":{\"supported\":true},"
        "\"authenticationSchemes\":[{\"type\":\"oauthbearertoken\",\"name\":\"Bearer token\","
        "\"description\":\"A token in the Authorization header (RFC 6750).\","
        "\"specUri\":\"https://www.rfc-editor.org/info/rfc6750\",\"primary\":true}]}",
        limits->max_operations, limits->max_payload, limits->max_results,
        call->service->policy.keep_passwords ? "true" : "false", limits->max_results,
        limits->max_results, SCIM_CURSOR_TIMEOUT);
    return reply_one(reply, &document, call);
}

scim_error_t *scim_discovery_types(scim_reply_t *reply, scim_call_t *call, const char *name)
{
    const apr_array_header_t *types = call->service->schemas->resource_types;
    apr_array_header_t *documents =
        apr_array_make(call->pool, types->nelts, sizeof(document_t));
    int i;

    SCIM_TRY(refuse_filter(call));
    for (i = 0; i < types->nelts; i++) {
        const scim_resource_type_t *type =
            APR_ARRAY_IDX(types, i, const scim_resource_type_t *);

        document_t *document = apr_array_push(documents);

        document->text = type->text;
        document->resource_type = "ResourceType";
        document->path = apr_pstrcat(call->pool, "/ResourceTypes/", type->id, NULL);
    }
    return reply_named(reply, documents, "/ResourceTypes/", name, call);
}

scim_error_t *scim_discovery_schemas(scim_reply_t *reply, scim_call_t *call, const char *name)
{
    const scim_schemas_t *schemas = call->service->schemas;
    apr_array_header_t *documents =
        apr_array_make(call->pool, schemas->schemas->nelts, sizeof(document_t));
    int i;

    SCIM_TRY(refuse_filter(call));
    for (i = 0; i < schemas->schemas->nelts; i++) {
        const scim_schema_t *schema = APR_ARRAY_IDX(schemas->schemas, i, const scim_schema_t *);

        document_t *document = apr_array_push(documents);

        document->text = schema->text;
        document->resource_type = "Schema";
        document->path = apr_pstrcat(call->pool, "/Schemas/", schema->id, NULL);
    }
    return reply_named(reply, documents, "/Schemas/", name, call);
}
