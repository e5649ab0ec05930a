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

/* ---- groups of people ------------------------------------------------------ */

/* Groups of some people, as they are read: those of one at a time. */
typedef struct gathering_t {
    const scim_shown_t *shown;
    const int *asked; /* the places of those whose groups are read */
    int at;           /* whose turn it is */
    int enough;
    listing_t listing; /* of their groups */
    scim_groups_fn each;
    void *baton;
    apr_pool_t *text; /* both cleared for each of them */
    apr_pool_t *scratch;
} gathering_t;

int scim_membership_shows_groups(const scim_shown_t *shown)
{
    const scim_attribute_t *attribute;

    if (shown->call->type->kind != SCIM_KIND_USER || !shown->record->grouped) {
        return 0;
    }
    attribute = scim_membership_attribute(shown->call->type);
    return attribute && scim_projection_wants(shown->projection, attribute);
}

static void begin_groups(gathering_t *gathering, int at)
{
    const scim_shown_t *shown = &gathering->shown[at];
    listing_t *listing = &gathering->listing;

    if (listing->call != shown->call) {
        listing->call = shown->call;
        listing->view =
            view_of(scim_membership_attribute(shown->call->type), shown->projection);
    }
    apr_pool_clear(gathering->text);
    listing->out = scim_buffer_create(gathering->text);
    listing->any = 0;
    gathering->at = at;
}

static scim_error_t *end_groups(gathering_t *gathering)
{
    const scim_buffer_t *out = gathering->listing.out;
    const scim_groups_t groups = {out ? scim_buffer_text(out, gathering->text) : "",
                                  out ? out->length : 0};

    apr_pool_clear(gathering->scratch);
    gathering->listing.out = NULL;
    return gathering->each(gathering->baton, gathering->at++, &groups, &gathering->enough,
                           gathering->scratch);
}

/* Up to the one at this place. */
static scim_error_t *move_on(gathering_t *gathering, int place)
{
    while (gathering->at < place && !gathering->enough) {
        SCIM_TRY(end_groups(gathering));
    }
    return NULL;
}

static scim_error_t *add_group(void *baton, const scim_member_t *group, apr_pool_t *scratch)
{
    gathering_t *gathering = baton;
    int place = gathering->asked[group->person];

    SCIM_TRY(move_on(gathering, place));
    if (gathering->enough) {
        return NULL;
    }
    if (gathering->listing.out == NULL) {
        begin_groups(gathering, place);
    }
    return add_element(&gathering->listing, group, scratch);
}

scim_error_t *scim_membership_groups(scim_session_t *session, const scim_shown_t *shown,
                                     int count, scim_groups_fn each, void *baton,
                                     apr_pool_t *pool)
{
    apr_int64_t *members = apr_palloc(pool, sizeof(*members) * (apr_size_t)(count + 1));
    int *asked = apr_palloc(pool, sizeof(*asked) * (apr_size_t)(count + 1)), some = 0, i;
    gathering_t gathering = {.shown = shown, .asked = asked, .each = each, .baton = baton};

    for (i = 0; i < count; i++) {
        if (scim_membership_shows_groups(&shown[i])) {
            members[some] = shown[i].record->grouped;
            asked[some++] = i;
        }
    }
    apr_pool_create(&gathering.text, pool);
    apr_pool_create(&gathering.scratch, pool);
    if (some) {
        SCIM_TRY(shown->call->service->directory->provider->groups_of(
            session, members, some, add_group, &gathering, pool));
    }
    SCIM_TRY(move_on(&gathering, count));
    apr_pool_destroy(gathering.scratch);
    apr_pool_destroy(gathering.text);
    return NULL;
}

/* What a view has of them. */
typedef struct insertion_t {
    scim_buffer_t *out;
    char *digest;
} insertion_t;

static void insert_groups(scim_buffer_t *out, char digest[SCIM_ETAG_DIGEST],
                          const scim_groups_t *groups)
{
    if (groups->length) {
        scim_etag_digest(digest, groups->text, groups->length);
        scim_buffer_puts(out, ",\"groups\":[");
        scim_buffer_copy(out, groups->text, groups->length);
        scim_buffer_puts(out, "]");
    }
}

/* scim_groups_fn */
static scim_error_t *insert(void *baton, int place, const scim_groups_t *groups, int *enough,
                            apr_pool_t *scratch)
{
    const insertion_t *insertion = baton;

    (void)place, (void)enough, (void)scratch;
    insert_groups(insertion->out, insertion->digest, groups);
    return NULL;
}

/* ---- views of a record ------------------------------------------------------ */

scim_error_t *scim_membership_write(scim_buffer_t *out, char digest[SCIM_ETAG_DIGEST],
                                    scim_session_t *session, const scim_shown_t *shown,
                                    const scim_groups_t *groups, apr_pool_t *pool)
{
    const scim_call_t *call = shown->call;
    const scim_attribute_t *attribute;
    insertion_t insertion = {out, digest};
    view_t view;

    *digest = '\0';
    if (groups && call->type->kind == SCIM_KIND_USER) {
        insert_groups(out, digest, groups);
        return NULL;
    }
    if (session == NULL) {
        return NULL;
    }
    if (call->type->kind == SCIM_KIND_USER) {
        return scim_membership_shows_groups(shown)
                   ? scim_membership_groups(session, shown, 1, insert, &insertion, pool)
                   : NULL;
    }
    attribute = scim_membership_attribute(call->type);
    if (attribute == NULL || !scim_projection_wants(shown->projection, attribute)) {
        return NULL;
    }
    view = view_of(attribute, shown->projection);
    return write_members(out, session, shown->record, &view, call, pool);
}

scim_error_t *scim_membership_digest(char digest[SCIM_ETAG_DIGEST], scim_session_t *session,
                                     const scim_shown_t *shown, apr_pool_t *pool)
{
    *digest = '\0';
    if (shown->call->type->kind == SCIM_KIND_GROUP) {
        return NULL;
    }
    return scim_membership_write(scim_buffer_create(pool), digest, session, shown, NULL, pool);
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
        SCIM_TRY(provider->groups_of(session, &record->grouped, 1, load_one, &loading, pool));
    }
    if (loading.count) {
        json_object_set(resource, loading.attribute->name, loading.values);
    }
    *count = loading.count;
    return NULL;
}
