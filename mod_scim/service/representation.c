#include "service/representation.h"

#include <string.h>

#include <apr_strings.h>

#include "core/datetime.h"
#include "core/error.h"
#include "service/membership.h"

scim_error_t *scim_representation_load(json_t **resource, const scim_record_t *record,
                                       apr_pool_t *pool)
{
    scim_error_t *error =
        scim_json_parse(resource, record->document, record->document_length, pool);

    if (error) {
        return scim_error_because(
            scim_error_create(pool, 500, NULL, "The stored %s cannot be read.", record->type),
            pool, "the document of %s is damaged: %s", record->id, error->detail);
    }
    return NULL;
}

const char *scim_representation_location(const scim_call_t *call, const char *id)
{
    return apr_pstrcat(call->pool, call->base_url, call->type->endpoint, "/", id, NULL);
}

static const char *meta_of(const scim_record_t *record, const char *etag,
                           const scim_call_t *call, apr_pool_t *pool)
{
    char created[SCIM_DATETIME_SIZE], modified[SCIM_DATETIME_SIZE];
    const char *location =
        apr_pstrcat(pool, call->base_url, call->type->endpoint, "/", record->id, NULL);

    return apr_psprintf(pool,
                        "{\"resourceType\":\"%s\",\"created\":\"%s\",\"lastModified\":\"%s\","
                        "\"location\":%s,\"version\":%s}",
                        call->type->name, scim_datetime_format(created, record->created),
                        scim_datetime_format(modified, record->modified),
                        scim_json_quote(location, pool), scim_json_quote(etag, pool));
}

static scim_error_t *make_whole(json_t **resource, const scim_record_t *record,
                                const char *etag, const scim_call_t *call, apr_pool_t *pool)
{
    json_t *whole = scim_json_own(pool, json_object()), *document, *meta, *value;
    const char *text = meta_of(record, etag, call, pool), *name;

    SCIM_TRY(scim_representation_load(&document, record, pool));
    SCIM_TRY(scim_json_parse(&meta, text, strlen(text), pool));
    json_object_set(whole, "schemas", json_object_get(document, "schemas"));
    json_object_set_new(whole, "id", json_string(record->id));
    json_object_foreach(document, name, value)
    {
        json_object_set(whole, name, value);
    }
    json_object_set(whole, "meta", meta);
    *resource = whole;
    return NULL;
}

scim_error_t *scim_representation_whole(json_t **resource, const scim_record_t *record,
                                        const scim_call_t *call, apr_pool_t *pool)
{
    return make_whole(resource, record, scim_etag(record->version, NULL, pool), call, pool);
}

/* A view that is being written. */
typedef struct view_t {
    scim_buffer_t *memberships;
    const char *etag;
} view_t;

/* The stored document with id in front and meta behind, without looking inside. */
static void write_plain(scim_buffer_t *out, const scim_record_t *record, const view_t *view,
                        const scim_call_t *call, apr_pool_t *pool)
{
    scim_buffer_printf(out, "{\"id\":\"%s\",", record->id);
    scim_buffer_add(out, record->document + 1, record->document_length - 2);
    scim_buffer_splice(out, view->memberships);
    scim_buffer_printf(out, ",\"meta\":%s}", meta_of(record, view->etag, call, pool));
}

static scim_error_t *write_projected(scim_buffer_t *out, const scim_record_t *record,
                                     const scim_projection_t *projection, const view_t *view,
                                     const scim_call_t *call, apr_pool_t *pool)
{
    apr_size_t length;
    const char *text;
    json_t *whole;

    SCIM_TRY(make_whole(&whole, record, view->etag, call, pool));
    text = scim_json_text(scim_projection_apply(projection, whole, call->type, pool), &length,
                          pool);
    scim_buffer_copy(out, text, length - 1);
    scim_buffer_splice(out, view->memberships);
    scim_buffer_puts(out, "}");
    return NULL;
}

scim_error_t *scim_representation_write(scim_buffer_t *out, const char **etag,
                                        scim_session_t *session, const scim_record_t *record,
                                        const scim_projection_t *projection,
                                        const scim_call_t *call, apr_pool_t *pool)
{
    view_t view = {.memberships = scim_buffer_create(out->pool)};
    char digest[SCIM_ETAG_DIGEST];

    SCIM_TRY(scim_membership_write(view.memberships, digest, session, record, projection, call,
                                   pool));
    view.etag = scim_etag(record->version, digest, pool);
    if (projection == NULL && call->type->plain) {
        write_plain(out, record, &view, call, pool);
    } else {
        SCIM_TRY(write_projected(out, record, projection, &view, call, pool));
    }
    if (etag) {
        *etag = view.etag;
    }
    return NULL;
}
