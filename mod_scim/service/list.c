#include <string.h>

#include <apr_strings.h>

#include "core/match.h"
#include "service/call.h"
#include "service/representation.h"
#include "service/stored.h"
#include "service/unit.h"
#include "service/username.h"

typedef struct listing_t {
    const scim_call_t *call;
    const scim_filter_t *filter;
    scim_projection_t *projection;
    scim_query_part_t part;
    scim_query_t query;
    scim_buffer_t *rows;
    apr_int64_t count;
    apr_int64_t total;
} listing_t;

static scim_error_t *matches(int *yes, void *baton, scim_session_t *session,
                             const scim_record_t *record, apr_pool_t *scratch)
{
    const listing_t *listing = baton;
    scim_facts_t facts = {0};
    json_t *resource;

    (void)session;
    SCIM_TRY(scim_representation_whole(&resource, record, listing->call, scratch));
    facts.local_key = record->local_key;
    *yes = scim_match(listing->filter, resource, &facts, scratch);
    return NULL;
}

static scim_error_t *add_row(void *baton, const scim_record_t *record, apr_pool_t *scratch)
{
    listing_t *listing = baton;
    scim_record_t kept = *record;

    kept.document = apr_pmemdup(listing->call->pool, record->document, record->document_length);
    if (listing->count++ > 0) {
        scim_buffer_puts(listing->rows, ",");
    }
    return scim_representation_write(listing->rows, &kept, listing->projection, listing->call,
                                     scratch);
}

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    listing_t *listing = baton;

    listing->rows = scim_buffer_create(listing->call->pool);
    listing->count = 0;
    return listing->call->service->directory->provider->list(session, &listing->query, add_row,
                                                             listing, &listing->total, pool);
}

static scim_error_t *parse_filter(listing_t *listing)
{
    const scim_call_t *call = listing->call;
    scim_reading_t reading = scim_stored_reading(call);
    scim_filter_t *filter;

    if (call->search.filter == NULL) {
        return NULL;
    }
    SCIM_TRY(scim_filter_parse(&filter, call->search.filter, strlen(call->search.filter),
                               &reading, call->pool));
    listing->filter = scim_username_filter(filter, &call->service->policy, call->pool);
    return NULL;
}

static apr_int64_t page_size(const scim_call_t *call)
{
    apr_int64_t most = call->service->limits.max_results;

    return call->search.count < 0 || call->search.count > most ? most : call->search.count;
}

scim_error_t *scim_call_list(scim_reply_t *reply, scim_call_t *call)
{
    listing_t listing = {.call = call};

    SCIM_TRY(parse_filter(&listing));
    SCIM_TRY(scim_stored_projection(&listing.projection, call));
    listing.part.type = call->type->name;
    listing.part.filter = listing.filter;
    listing.query.parts = &listing.part;
    listing.query.part_count = 1;
    listing.query.matches = matches;
    listing.query.baton = &listing;
    listing.query.offset = call->search.start_index - 1;
    listing.query.count = page_size(call);
    listing.query.max_scan = call->service->limits.max_scan;
    SCIM_TRY(scim_unit_run(call, 0, run, &listing));

    reply->status = 200;
    reply->operation = "list";
    reply->body = scim_buffer_create(call->pool);
    scim_buffer_printf(reply->body,
                       "{\"schemas\":[\"" SCIM_URN_LIST_RESPONSE
                       "\"],\"totalResults\":%" APR_INT64_T_FMT
                       ",\"startIndex\":%" APR_INT64_T_FMT ",\"itemsPerPage\":%" APR_INT64_T_FMT
                       ",\"Resources\":[",
                       listing.total, call->search.start_index, listing.count);
    scim_buffer_splice(reply->body, listing.rows);
    scim_buffer_puts(reply->body, "]}");
    return NULL;
}
