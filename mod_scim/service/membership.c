#include "service/membership.h"

#include <string.h>

#include <apr_strings.h>

#include "service/unit.h"

/* Members that a reply carries itself, and those of each batch that follows them. */
#define FIRST_BATCH 100
#define BATCH 500

/* How memberships of one record are shown. */
typedef struct view_t {
    const scim_attribute_t *attribute;
    int value, ref, display, type; /* sub-attributes that are shown */
} view_t;

/* A list of members that is being written. */
typedef struct listing_t {
    view_t view;
    const scim_call_t *call;
    const char *group;
    char after[SCIM_ID_LENGTH + 1]; /* the last one written; "" before the first */
    int any;                        /* there is an element in the list */
    apr_int64_t batch;              /* how many to read */
    apr_int64_t count;              /* how many were read */
    scim_buffer_t *out;
    apr_pool_t *pool;
} listing_t;

const scim_attribute_t *scim_membership_attribute(const scim_resource_type_t *type)
{
    const char *name = type->kind == SCIM_KIND_GROUP  ? "members"
                       : type->kind == SCIM_KIND_USER ? "groups"
                                                      : NULL;

    return name ? scim_attributes_find(&type->schema->attributes, name, strlen(name)) : NULL;
}

static int shows(const scim_projection_t *projection, const scim_attribute_t *attribute,
                 const char *name)
{
    const scim_attribute_t *sub =
        scim_attributes_find(&attribute->attributes, name, strlen(name));

    return sub && scim_projection_wants_sub(projection, attribute, sub);
}

static view_t view_of(const scim_attribute_t *attribute, const scim_projection_t *projection)
{
    view_t view = {
        attribute, shows(projection, attribute, "value"), shows(projection, attribute, "$ref"),
        shows(projection, attribute, "display"), shows(projection, attribute, "type")};

    return view;
}

/* ---- one of them ----------------------------------------------------------- */

static int is_of_group(const scim_attribute_t *attribute)
{
    return strcmp(attribute->name, "members") == 0;
}

static const char *location(const scim_member_t *member, const scim_call_t *call,
                            apr_pool_t *pool)
{
    const scim_resource_type_t *type = scim_schemas_type(call->service->schemas, member->type);

    return type ? apr_pstrcat(pool, call->base_url, type->endpoint, "/", member->id, NULL)
                : NULL;
}

static const char *kind_of(const scim_member_t *member, const scim_attribute_t *attribute)
{
    return is_of_group(attribute) ? member->type : member->indirect ? "indirect" : "direct";
}

static const char *add_pair(const char *text, const char *name, const char *value, int wanted,
                            apr_pool_t *pool)
{
    if (!wanted || value == NULL) {
        return text;
    }
    return apr_pstrcat(pool, text, *text ? ",\"" : "\"", name,
                       "\":", scim_json_quote(value, pool), NULL);
}

/* The members of the object that shows it; "" when the view leaves none. */
static const char *text_of(const scim_member_t *member, const view_t *view,
                           const scim_call_t *call, apr_pool_t *pool)
{
    const char *text = add_pair("", "value", member->id, view->value, pool);

    text = add_pair(text, "$ref", view->ref ? location(member, call, pool) : NULL, view->ref,
                    pool);
    text = add_pair(text, "display", member->display, view->display, pool);
    return add_pair(text, "type", kind_of(member, view->attribute), view->type, pool);
}

static void set_text(json_t *object, const char *name, const char *value)
{
    if (value) {
        json_object_set_new(object, name, json_string(value));
    }
}

json_t *scim_membership_element(const scim_member_t *member, const scim_attribute_t *attribute,
                                const scim_call_t *call, apr_pool_t *pool)
{
    json_t *element = scim_json_own(pool, json_object());

    set_text(element, "value", member->id);
    set_text(element, "$ref", location(member, call, pool));
    set_text(element, "display", member->display);
    set_text(element, "type", kind_of(member, attribute));
    return element;
}

/* ---- views ----------------------------------------------------------------- */

static scim_error_t *add_element(void *baton, const scim_member_t *member, apr_pool_t *scratch)
{
    listing_t *listing = baton;
    const char *text = text_of(member, &listing->view, listing->call, scratch);

    listing->count++;
    apr_cpystrn(listing->after, member->id, sizeof(listing->after));
    if (*text) {
        scim_buffer_printf(listing->out, "%s{%s}", listing->any ? "," : "", text);
        listing->any = 1;
    }
    return NULL;
}

static scim_error_t *read_batch(scim_session_t *session, listing_t *listing, apr_pool_t *pool)
{
    const char *after = *listing->after ? apr_pstrdup(pool, listing->after) : NULL;

    listing->count = 0;
    return listing->call->service->directory->provider->members(
        session, listing->group, after, listing->batch, add_element, listing, pool);
}

/* One more batch, from where `baton` stands: nothing of that changes unless the batch is whole.
 */
typedef struct continuation_t {
    const listing_t *from;
    listing_t to;
    apr_pool_t *pool;
} continuation_t;

static scim_error_t *read_next(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    continuation_t *next = baton;

    next->to = *next->from;
    next->to.out = scim_buffer_create(next->pool);
    return read_batch(session, &next->to, pool);
}

/* scim_produce_fn */
static scim_error_t *produce(scim_buffer_t *out, int *done, void *baton, apr_pool_t *scratch)
{
    listing_t *listing = baton;
    scim_call_t call = *listing->call;
    continuation_t next = {.from = listing, .pool = scratch};

    call.pool = scratch;
    SCIM_TRY(scim_unit_run(&call, 0, read_next, &next));
    scim_buffer_splice(out, next.to.out);
    next.to.out = NULL;
    *listing = next.to;
    *done = listing->count < listing->batch;
    return NULL;
}

static scim_error_t *write_members(scim_buffer_t *out, scim_session_t *session,
                                   const scim_record_t *record, const view_t *view,
                                   const scim_call_t *call, apr_pool_t *pool)
{
    listing_t *listing = apr_pcalloc(call->pool, sizeof(*listing));

    listing->view = *view;
    listing->call = apr_pmemdup(call->pool, call, sizeof(*call));
    listing->group = apr_pstrdup(call->pool, record->id);
    listing->batch = FIRST_BATCH;
    listing->out = scim_buffer_create(out->pool);
    SCIM_TRY(read_batch(session, listing, pool));
    if (!listing->any && listing->count < listing->batch) {
        return NULL;
    }
    scim_buffer_puts(out, ",\"members\":[");
    scim_buffer_splice(out, listing->out);
    if (listing->count == listing->batch) {
        listing->batch = BATCH;
        scim_buffer_defer(out, produce, listing);
    }
    scim_buffer_puts(out, "]");
    return NULL;
}

static scim_error_t *write_groups(scim_buffer_t *out, char digest[SCIM_ETAG_DIGEST],
                                  scim_session_t *session, const scim_record_t *record,
                                  const view_t *view, const scim_call_t *call, apr_pool_t *pool)
{
    listing_t listing = {.view = *view, .call = call, .out = scim_buffer_create(pool)};
    const char *text;

    SCIM_TRY(call->service->directory->provider->groups_of(session, record->id, add_element,
                                                           &listing, pool));
    if (listing.any) {
        text = scim_buffer_text(listing.out, pool);
        scim_etag_digest(digest, text, listing.out->length);
        scim_buffer_puts(out, ",\"groups\":[");
        scim_buffer_copy(out, text, listing.out->length);
        scim_buffer_puts(out, "]");
    }
    return NULL;
}

scim_error_t *scim_membership_write(scim_buffer_t *out, char digest[SCIM_ETAG_DIGEST],
                                    scim_session_t *session, const scim_record_t *record,
                                    const scim_projection_t *projection,
                                    const scim_call_t *call, apr_pool_t *pool)
{
    const scim_attribute_t *attribute;
    view_t view;

    *digest = '\0';
    if (call->type->kind == SCIM_KIND_USER && !record->grouped) {
        return NULL;
    }
    attribute = scim_membership_attribute(call->type);
    if (attribute == NULL || session == NULL || !scim_projection_wants(projection, attribute)) {
        return NULL;
    }
    view = view_of(attribute, projection);
    return is_of_group(attribute)
               ? write_members(out, session, record, &view, call, pool)
               : write_groups(out, digest, session, record, &view, call, pool);
}

scim_error_t *scim_membership_digest(char digest[SCIM_ETAG_DIGEST], scim_session_t *session,
                                     const scim_record_t *record,
                                     const scim_projection_t *projection,
                                     const scim_call_t *call, apr_pool_t *pool)
{
    *digest = '\0';
    if (call->type->kind == SCIM_KIND_GROUP) {
        return NULL;
    }
    return scim_membership_write(scim_buffer_create(pool), digest, session, record, projection,
                                 call, pool);
}

/* ---- JSON ------------------------------------------------------------------ */

typedef struct loading_t {
    json_t *values;
    const scim_attribute_t *attribute;
    const scim_call_t *call;
    apr_int64_t count;
} loading_t;

static scim_error_t *load_one(void *baton, const scim_member_t *member, apr_pool_t *scratch)
{
    loading_t *loading = baton;

    loading->count++;
    json_array_append(loading->values, scim_membership_element(member, loading->attribute,
                                                               loading->call, scratch));
    return NULL;
}

scim_error_t *scim_membership_load(json_t *resource, apr_int64_t *count,
                                   scim_session_t *session, const scim_record_t *record,
                                   const scim_resource_type_t *type, apr_int64_t most,
                                   const scim_call_t *call, apr_pool_t *pool)
{
    const scim_directory_provider_t *provider = call->service->directory->provider;
    loading_t loading = {.values = scim_json_own(pool, json_array()),
                         .attribute = scim_membership_attribute(type),
                         .call = call};

    if (loading.attribute && is_of_group(loading.attribute)) {
        SCIM_TRY(provider->members(session, record->id, NULL, most, load_one, &loading, pool));
    } else if (loading.attribute && record->grouped) {
        SCIM_TRY(provider->groups_of(session, record->id, load_one, &loading, pool));
    }
    if (loading.count) {
        json_object_set(resource, loading.attribute->name, loading.values);
    }
    *count = loading.count;
    return NULL;
}
