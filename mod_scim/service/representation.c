#include "service/representation.h"

#include <string.h>

#include <apr_strings.h>

#include "core/datetime.h"
#include "core/error.h"

static scim_error_t *damaged(const scim_record_t *record, const char *reason, apr_pool_t *pool)
{
    return scim_error_because(
        scim_error_create(pool, 500, NULL, "The stored %s cannot be read.", record->type), pool,
        "the document of %s is damaged: %s", record->id, reason);
}

scim_error_t *scim_representation_load(json_t **resource, const scim_record_t *record,
                                       apr_pool_t *pool)
{
    scim_error_t *error =
        scim_json_parse(resource, record->document, record->document_length, pool);

    return error ? damaged(record, error->detail, pool) : NULL;
}

const char *scim_representation_location(const scim_call_t *call, const char *id)
{
    return apr_pstrcat(call->pool, call->base_url, call->type->endpoint, "/", id, NULL);
}

/* ---- meta ------------------------------------------------------------------ */

struct scim_frame_t {
    const char *head; /* of meta, up to the time of creation */
    apr_size_t head_length;
    const char *place; /* what is between the times and the id */
    apr_size_t place_length;
    int placeless; /* 1: the location is no text that JSON can hold */
};

const scim_frame_t *scim_representation_frame(const scim_call_t *call, apr_pool_t *pool)
{
    scim_frame_t *frame = apr_palloc(pool, sizeof(*frame));
    const char *url = scim_json_quote(
        apr_pstrcat(pool, call->base_url, call->type->endpoint, "/", NULL), pool);
    apr_size_t length = strlen(url);

    frame->placeless = length == 2;
    frame->head =
        apr_pstrcat(pool, "{\"resourceType\":\"", call->type->name, "\",\"created\":\"", NULL);
    frame->head_length = strlen(frame->head);
    frame->place =
        apr_pstrcat(pool, "\",\"location\":", apr_pstrmemdup(pool, url, length - 1), NULL);
    frame->place_length = strlen(frame->place);
    return frame;
}

static char *put(char *to, const char *text, apr_size_t length)
{
    memcpy(to, text, length);
    return to + length;
}

#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

/* Most resources have not been changed since they were made. */
static char *put_times(char *to, const scim_record_t *record)
{
    const char *created = scim_datetime_format(to, record->created);
    apr_size_t length = strlen(created);

    to = PUT(to + length, "\",\"lastModified\":\"");
    if (record->modified == record->created) {
        return put(to, created, length);
    }
    return to + strlen(scim_datetime_format(to, record->modified));
}

static char *put_version(char *to, apr_int64_t version, const char *digest)
{
    char digits[20], *first = digits + sizeof(digits);
    apr_uint64_t rest = version < 0 ? 0 - (apr_uint64_t)version : (apr_uint64_t)version;

    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    to = version < 0 ? PUT(to, "-") : to;
    to = put(to, first, (apr_size_t)(digits + sizeof(digits) - first));
    to = *digest ? PUT(to, "-") : to;
    return put(to, digest, strlen(digest));
}

/* Not by formats: a page has a hundred of them. */
static void write_meta(scim_buffer_t *out, const scim_record_t *record, const char *digest,
                       const scim_call_t *call, apr_pool_t *pool)
{
    const scim_frame_t *frame =
        call->frame ? call->frame : scim_representation_frame(call, pool);
    apr_size_t id_length = strlen(record->id);
    apr_size_t size = frame->head_length + 2 * SCIM_DATETIME_SIZE + frame->place_length
                      + id_length + 20 + SCIM_ETAG_DIGEST + 64;
    char *room = scim_buffer_room(out, size), *to = room;

    to = put(to, frame->head, frame->head_length);
    to = put_times(to, record);
    to = put(to, frame->place, frame->place_length);
    to = frame->placeless ? to : put(to, record->id, id_length);
    to = PUT(to, "\",\"version\":\"W/\\\"");
    to = put_version(to, record->version, digest);
    to = PUT(to, "\\\"\"}");
    scim_buffer_take(out, (apr_size_t)(to - room));
}

/* ---- as JSON ---------------------------------------------------------------- */

static scim_error_t *make_whole(json_t **resource, const scim_record_t *record,
                                const char *digest, const scim_call_t *call, apr_pool_t *pool)
{
    json_t *whole = scim_json_own(pool, json_object()), *document, *meta, *value;
    scim_buffer_t *text = scim_buffer_create(pool);
    const char *name;

    write_meta(text, record, digest, call, pool);
    SCIM_TRY(scim_representation_load(&document, record, pool));
    SCIM_TRY(scim_json_parse(&meta, text->first->data, text->length, pool));
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
    return make_whole(resource, record, "", call, pool);
}

/* ---- views ------------------------------------------------------------------ */

/* A view that is being written. */
typedef struct view_t {
    scim_session_t *session;
    const scim_shown_t *shown;
    const scim_groups_t *groups;
    char digest[SCIM_ETAG_DIGEST];
} view_t;

static scim_error_t *write_memberships(scim_buffer_t *out, view_t *view, apr_pool_t *pool)
{
    return scim_membership_write(out, view->digest, view->session, view->shown, view->groups,
                                 pool);
}

static void write_front(scim_buffer_t *out, const scim_record_t *record)
{
    apr_size_t id_length = strlen(record->id), inside = record->document_length - 2;
    int whole = inside < SCIM_LONG_PIECE;
    char *room = scim_buffer_room(out, id_length + 16 + (whole ? inside : 0)), *to = room;

    to = PUT(to, "{\"id\":\"");
    to = put(to, record->id, id_length);
    to = PUT(to, "\",");
    to = whole ? put(to, record->document + 1, inside) : to;
    scim_buffer_take(out, (apr_size_t)(to - room));
    if (!whole) {
        scim_buffer_add(out, record->document + 1, inside);
    }
}

/* The stored document with id in front and meta behind, without looking inside. */
static scim_error_t *write_plain(scim_buffer_t *out, view_t *view, apr_pool_t *pool)
{
    const scim_record_t *record = view->shown->record;

    if (record->document_length <= 2 || record->document[0] != '{'
        || record->document[record->document_length - 1] != '}') {
        return damaged(record, "it is no object with members", pool);
    }
    write_front(out, record);
    SCIM_TRY(write_memberships(out, view, pool));
    scim_buffer_puts(out, ",\"meta\":");
    write_meta(out, record, view->digest, view->shown->call, pool);
    scim_buffer_puts(out, "}");
    return NULL;
}

static scim_error_t *write_projected(scim_buffer_t *out, view_t *view, apr_pool_t *pool)
{
    scim_buffer_t *memberships = scim_buffer_create(out->pool);
    apr_size_t length;
    const char *text;
    json_t *whole;

    SCIM_TRY(write_memberships(memberships, view, pool));
    SCIM_TRY(make_whole(&whole, view->shown->record, view->digest, view->shown->call, pool));
    text = scim_json_text(
        scim_projection_apply(view->shown->projection, whole, view->shown->call->type, pool),
        &length, pool);
    scim_buffer_copy(out, text, length - 1);
    scim_buffer_splice(out, memberships);
    scim_buffer_puts(out, "}");
    return NULL;
}

int scim_representation_borrows(const scim_projection_t *projection, const scim_call_t *call)
{
    const scim_attribute_t *attribute;

    if (projection == NULL || !call->type->plain) {
        return call->type->plain;
    }
    attribute = scim_membership_attribute(call->type);
    return attribute && scim_projection_leaves_out(projection, attribute, call->type);
}

scim_error_t *scim_representation_write(scim_buffer_t *out, const char **etag,
                                        scim_session_t *session, const scim_shown_t *shown,
                                        const scim_groups_t *groups, apr_pool_t *pool)
{
    view_t view = {.session = session, .shown = shown, .groups = groups};

    SCIM_TRY(scim_representation_borrows(shown->projection, shown->call)
                 ? write_plain(out, &view, pool)
                 : write_projected(out, &view, pool));
    if (etag) {
        *etag = scim_etag(shown->record->version, view.digest, pool);
    }
    return NULL;
}
