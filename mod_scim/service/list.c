#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/uuid.h"
#include "service/call.h"
#include "service/candidate.h"
#include "service/cursor.h"
#include "service/representation.h"
#include "service/selection.h"
#include "service/unit.h"

/* A resource of the page, as it is shown. */
typedef struct row_t {
    char id[SCIM_ID_LENGTH + 1];
    const char *key;     /* in the order of the list, for cursors */
    scim_buffer_t *view; /* with a comma in front */
    apr_size_t read;     /* bytes of its document */
    apr_pool_t *own;     /* of a large one, which makes room when it is dropped; or NULL */
} row_t;

/* Smaller documents are not worth a pool; but the groups of a person, which may be many, are
   where rows are dropped one after the other. */
#define LARGE 16384

/* A record that waits for the groups of others, to be read together. */
typedef struct waiting_t {
    scim_record_t record;
    const char *key;
} waiting_t;

/* How many may wait, and with how many bytes of documents. */
#define MOST_WAITING 128
#define MOST_BYTES 1048576

typedef struct listing_t {
    scim_call_t *call;
    scim_selection_t selection;
    scim_order_t order;
    scim_query_t query;
    scim_cursor_t cursor;
    apr_int64_t size;            /* of the page, at most */
    scim_session_t *session;     /* of the unit of work */
    apr_array_header_t *rows;    /* of row_t: the page */
    scim_buffer_t *beside;       /* what small rows are written beside */
    apr_array_header_t *waiting; /* of waiting_t, in their order: the next rows */
    apr_size_t waiting_bytes;    /* of their documents */
    apr_pool_t *waiting_pool;    /* cleared when they are written */
    apr_int64_t total;
    scim_effort_t effort; /* of the filter, for memberships */
    apr_int64_t seen;     /* bytes of documents that the filter had to see */
    apr_int64_t read;     /* bytes of the page's documents */
    apr_int64_t held;     /* bytes of its rows */
    int more;             /* there are matching records beyond the page, in its direction */
    unsigned char cursor_key[SCIM_CURSOR_KEY];
    int keyed;        /* it is made */
    const char *next; /* cursors, or NULL */
    const char *previous;
} listing_t;

/* ---- what the provider asks ------------------------------------------------ */

/* Large records take as much time to look at as many small ones. */
static scim_error_t *look(listing_t *listing, const scim_record_t *record)
{
    const scim_call_t *call = listing->call;

    listing->seen += (apr_int64_t)record->document_length;
    if (listing->seen <= SCIM_MAX_DOCUMENT + call->service->limits.max_scan * SCIM_SCAN_BYTES) {
        return NULL;
    }
    return scim_error_bad(call->pool, SCIM_TOO_MANY,
                          "The filter cannot be answered by an index, and the resources that "
                          "would have to be looked at are too large; make it narrower.");
}

static scim_error_t *matches(int *yes, void *baton, scim_session_t *session,
                             const scim_record_t *record, apr_pool_t *scratch)
{
    listing_t *listing = baton;
    const scim_share_t *share = scim_selection_share(&listing->selection, record);

    SCIM_TRY(look(listing, record));
    return scim_candidate_matches(yes, share->filter, &listing->effort, session, record,
                                  share->call, scratch);
}

/* scim_query_t.sift */
static scim_error_t *sift(int *verdict, void *baton, const scim_record_t *record,
                          apr_pool_t *scratch)
{
    listing_t *listing = baton;
    const scim_share_t *share = scim_selection_share(&listing->selection, record);

    *verdict = scim_sieve_judge(share->sieve, record, scratch);
    return *verdict < 0 ? NULL : look(listing, record);
}

static scim_error_t *order_key(const char **key, void *baton, const scim_record_t *record,
                               apr_pool_t *scratch)
{
    const listing_t *listing = baton;

    return scim_selection_key(key, scim_selection_share(&listing->selection, record), record,
                              scratch);
}

/* ---- rows ------------------------------------------------------------------- */

/* Makes the page shorter, at the end that is away from where the client comes from. */
static void drop_row(listing_t *listing)
{
    apr_array_header_t *rows = listing->rows;
    int first = listing->cursor.backward ? 0 : rows->nelts - 1;
    const row_t *row = &APR_ARRAY_IDX(rows, first, row_t);

    listing->read -= (apr_int64_t)row->read;
    listing->held -= (apr_int64_t)row->view->length;
    if (row->own) {
        apr_pool_destroy(row->own);
    }
    rows->nelts--;
    if (first == 0) {
        memmove(rows->elts, rows->elts + rows->elt_size,
                (size_t)rows->nelts * (size_t)rows->elt_size);
    }
    listing->more = 1;
}

static int is_too_large(const listing_t *listing)
{
    return listing->rows->nelts > 1
           && (listing->held > SCIM_MAX_PAGE_BYTES || listing->read > SCIM_MAX_PAGE_READ);
}

/* The document for a view: what that copies anyway, or does not hold, need not stay. */
static const char *keep_document(const scim_record_t *record, const scim_share_t *share,
                                 apr_pool_t *pool)
{
    return record->document_length < SCIM_LONG_PIECE
                   || !scim_representation_borrows(share->projection, share->call)
               ? record->document
               : apr_pmemdup(pool, record->document, record->document_length);
}

static scim_shown_t shown_as(const scim_record_t *record, const listing_t *listing)
{
    const scim_share_t *share = scim_selection_share(&listing->selection, record);

    return (scim_shown_t){record, share->projection, share->call};
}

static scim_error_t *write_row(listing_t *listing, const waiting_t *from,
                               const scim_groups_t *groups, apr_pool_t *scratch)
{
    const scim_record_t *record = &from->record;
    const scim_share_t *share = scim_selection_share(&listing->selection, record);
    scim_record_t held = *record;
    scim_shown_t shown = {&held, share->projection, share->call};
    apr_pool_t *pool = listing->call->pool, *own = NULL;
    row_t *row;

    if (record->document_length > LARGE || (record->grouped && listing->cursor.backward)) {
        apr_pool_create(&own, pool);
        pool = own;
    }
    held.document = keep_document(record, share, pool);
    row = apr_array_push(listing->rows);
    scim_uuid_copy(row->id, record->id);
    row->key = apr_pstrdup(pool, from->key);
    row->view = own ? scim_buffer_create(own) : scim_buffer_beside(listing->beside);
    row->read = record->document_length;
    row->own = own;
    scim_buffer_puts(row->view, ",");
    SCIM_TRY(
        scim_representation_write(row->view, NULL, listing->session, &shown, groups, scratch));
    listing->read += (apr_int64_t)row->read;
    listing->held += (apr_int64_t)row->view->length;
    return NULL;
}

/* A page holds at least one row, and no more of further ones than the limits let it. */
static scim_error_t *add_row(listing_t *listing, const waiting_t *from,
                             const scim_groups_t *groups, apr_pool_t *scratch)
{
    SCIM_TRY(write_row(listing, from, groups, scratch));
    while (is_too_large(listing)) {
        drop_row(listing);
    }
    return NULL;
}

/* A row was left out, and so is what comes behind it. */
static int is_full(const listing_t *listing)
{
    return listing->more && !listing->cursor.backward;
}

/* scim_groups_fn */
static scim_error_t *take_groups(void *baton, int place, const scim_groups_t *groups,
                                 int *enough, apr_pool_t *scratch)
{
    listing_t *listing = baton;

    SCIM_TRY(
        add_row(listing, &APR_ARRAY_IDX(listing->waiting, place, waiting_t), groups, scratch));
    *enough = is_full(listing);
    return NULL;
}

static scim_error_t *write_waiting(listing_t *listing)
{
    int count = listing->waiting->nelts, i;
    apr_pool_t *pool = listing->waiting_pool;
    scim_shown_t *shown = apr_palloc(pool, sizeof(*shown) * (apr_size_t)(count + 1));

    for (i = 0; i < count; i++) {
        shown[i] = shown_as(&APR_ARRAY_IDX(listing->waiting, i, waiting_t).record, listing);
    }
    SCIM_TRY(
        scim_membership_groups(listing->session, shown, count, take_groups, listing, pool));
    apr_array_clear(listing->waiting);
    listing->waiting_bytes = 0;
    apr_pool_clear(pool);
    return NULL;
}

/* What a view needs of it. */
static scim_error_t *await(listing_t *listing, const waiting_t *from)
{
    waiting_t *waiting = apr_array_push(listing->waiting);
    const scim_record_t *record = &from->record;
    apr_pool_t *pool = listing->waiting_pool;

    waiting->key = apr_pstrdup(pool, from->key);
    waiting->record = (scim_record_t){
        .type = apr_pstrdup(pool, record->type),
        .id = apr_pstrdup(pool, record->id),
        .version = record->version,
        .created = record->created,
        .modified = record->modified,
        .grouped = record->grouped,
        .document = apr_pstrmemdup(pool, record->document, record->document_length),
        .document_length = record->document_length};
    listing->waiting_bytes += record->document_length;
    return listing->waiting->nelts == MOST_WAITING || listing->waiting_bytes > MOST_BYTES
               ? write_waiting(listing)
               : NULL;
}

static scim_error_t *keep_record(void *baton, const scim_record_t *record, apr_pool_t *scratch)
{
    listing_t *listing = baton;
    waiting_t from = {*record, NULL};
    scim_shown_t shown = shown_as(record, listing);

    if (is_full(listing)) {
        return NULL;
    }
    if (listing->query.order && listing->call->search.cursor) {
        SCIM_TRY(order_key(&from.key, listing, record, scratch));
    }
    return listing->waiting->nelts || scim_membership_shows_groups(&shown)
               ? await(listing, &from)
               : add_row(listing, &from, NULL, scratch);
}

/* ---- cursors ---------------------------------------------------------------- */

static scim_error_t *make_key(listing_t *listing)
{
    const scim_directory_t *directory = listing->call->service->directory;
    unsigned char secret[32];

    if (listing->keyed) {
        return NULL;
    }
    SCIM_TRY(directory->provider->secret(listing->session, secret, listing->call->pool));
    listing->keyed = 1;
    return scim_cursor_key(listing->cursor_key, secret, listing->call->pool);
}

static scim_error_t *open_cursor(listing_t *listing)
{
    const scim_search_t *search = &listing->call->search;

    if (search->cursor == NULL || *search->cursor == '\0') {
        return NULL;
    }
    SCIM_TRY(make_key(listing));
    SCIM_TRY(scim_cursor_open(&listing->cursor, search->cursor, listing->selection.text,
                              listing->cursor_key, apr_time_now(), listing->call->pool));
    if (search->count != listing->cursor.count) {
        return scim_error_bad(listing->call->pool, SCIM_INVALID_COUNT,
                              "The cursor was given out for another count, and count has to "
                              "stay the same from page to page.");
    }
    if (listing->cursor.position.id && listing->cursor.backward) {
        listing->query.before = &listing->cursor.position;
    } else if (listing->cursor.position.id) {
        listing->query.after = &listing->cursor.position;
    }
    return NULL;
}

static scim_error_t *make_cursor(const char **text, int backward, const row_t *row,
                                 listing_t *listing)
{
    scim_cursor_t cursor = {.backward = backward, .count = listing->call->search.count};
    apr_pool_t *pool = listing->call->pool;

    if (row) {
        cursor.position.id = row->id;
        cursor.position.key = row->key;
    }
    return scim_cursor_seal(text, &cursor, listing->selection.text, listing->cursor_key,
                            apr_time_now(), pool);
}

/* A cursor without a position stands before the beginning, or, backward, behind the end. */
static int is_from_end(const listing_t *listing)
{
    return listing->cursor.backward && listing->cursor.position.id == NULL;
}

/*
 * The cursors that lead away from the page. Where one was reached, there is another one on the
 * side that it was reached from; a page that turns out empty, since all that was there is gone,
 * leads to the beginning or the end.
 */
static scim_error_t *make_cursors(listing_t *listing)
{
    const apr_array_header_t *rows = listing->rows;
    const row_t *list = (const row_t *)rows->elts;
    int any = rows->nelts > 0, backward = listing->cursor.backward;
    int next = backward ? !is_from_end(listing) : any && listing->more;
    int previous = backward ? any && listing->more : listing->query.after != NULL;

    listing->next = listing->previous = NULL;
    if (listing->call->search.cursor == NULL || listing->size == 0 || !(next || previous)) {
        return NULL;
    }
    SCIM_TRY(make_key(listing));
    if (next) {
        SCIM_TRY(make_cursor(&listing->next, 0, any ? &list[rows->nelts - 1] : NULL, listing));
    }
    return previous ? make_cursor(&listing->previous, 1, any ? &list[0] : NULL, listing) : NULL;
}

/* ---- the page ---------------------------------------------------------------- */

static scim_error_t *ask(listing_t *listing, apr_int64_t count, apr_pool_t *pool)
{
    const scim_call_t *call = listing->call;

    listing->rows = apr_array_make(call->pool, 16, sizeof(row_t));
    listing->beside = scim_buffer_create(call->pool);
    listing->waiting = apr_array_make(pool, 16, sizeof(waiting_t));
    listing->waiting_bytes = 0;
    apr_pool_create(&listing->waiting_pool, pool);
    listing->effort = (scim_effort_t){0};
    listing->total = listing->seen = listing->read = listing->held = 0;
    listing->query.count = count;
    if (listing->selection.count == 0) {
        return NULL;
    }
    SCIM_TRY(call->service->directory->provider->list(
        listing->session, &listing->query, keep_record, listing, &listing->total, pool));
    return write_waiting(listing);
}

static scim_error_t *read_last_page(listing_t *listing, apr_pool_t *pool)
{
    SCIM_TRY(ask(listing, 0, pool));
    listing->more = listing->total > listing->size;
    listing->query.offset = listing->more ? listing->total - listing->size : 0;
    return ask(listing, listing->size, pool);
}

/* Reads one record more than the page has by cursor, to know whether there are any. */
static scim_error_t *read_page(listing_t *listing, apr_pool_t *pool)
{
    int probe = listing->call->search.cursor && listing->size > 0;

    listing->more = 0;
    if (is_from_end(listing)) {
        return read_last_page(listing, pool);
    }
    SCIM_TRY(ask(listing, listing->size + probe, pool));
    if (listing->rows->nelts > listing->size) {
        drop_row(listing);
    }
    return NULL;
}

static scim_error_t *run(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    listing_t *listing = baton;

    listing->session = session;
    listing->keyed = 0;
    SCIM_TRY(open_cursor(listing));
    SCIM_TRY(read_page(listing, pool));
    return make_cursors(listing);
}

/* ---- the operation ------------------------------------------------------------ */

static scim_error_t *prepare(listing_t *listing)
{
    const scim_call_t *call = listing->call;
    const scim_selection_t *selection = &listing->selection;
    scim_query_t *query = &listing->query;
    apr_int64_t most = call->service->limits.max_results;

    SCIM_TRY(scim_selection_make(&listing->selection, call));
    listing->size =
        call->search.count < 0 || call->search.count > most ? most : call->search.count;
    query->parts = selection->parts;
    query->part_count = selection->count;
    if (selection->order) {
        listing->order.attribute = selection->order;
        listing->order.descending = selection->descending;
        listing->order.key = order_key;
        query->order = &listing->order;
    }
    query->matches = matches;
    query->sift = selection->sifted ? sift : NULL;
    query->baton = listing;
    query->offset = call->search.cursor ? 0 : call->search.start_index - 1;
    query->max_scan = call->service->limits.max_scan;
    query->brief = !(selection->order && call->search.cursor);
    return NULL;
}

static void write_reply(scim_reply_t *reply, const listing_t *listing)
{
    const scim_search_t *search = &listing->call->search;
    scim_buffer_t *body = scim_buffer_create(listing->call->pool);
    int i;

    scim_buffer_printf(body,
                       "{\"schemas\":[\"" SCIM_URN_LIST_RESPONSE
                       "\"],\"totalResults\":%" APR_INT64_T_FMT,
                       listing->total);
    if (search->cursor == NULL) {
        scim_buffer_printf(body, ",\"startIndex\":%" APR_INT64_T_FMT, search->start_index);
    }
    scim_buffer_printf(body, ",\"itemsPerPage\":%d", listing->rows->nelts);
    if (listing->previous) {
        scim_buffer_printf(body, ",\"previousCursor\":\"%s\"", listing->previous);
    }
    if (listing->next) {
        scim_buffer_printf(body, ",\"nextCursor\":\"%s\"", listing->next);
    }
    scim_buffer_puts(body, ",\"Resources\":[");
    for (i = 0; i < listing->rows->nelts; i++) {
        scim_buffer_t *view = APR_ARRAY_IDX(listing->rows, i, row_t).view;

        scim_buffer_skip(view, i == 0);
        scim_buffer_splice(body, view);
    }
    scim_buffer_puts(body, "]}");
    reply->status = 200;
    reply->operation = "list";
    reply->body = body;
}

scim_error_t *scim_call_list(scim_reply_t *reply, scim_call_t *call)
{
    listing_t listing = {.call = call};

    SCIM_TRY(prepare(&listing));
    SCIM_TRY(scim_unit_run(call, 0, run, &listing));
    write_reply(reply, &listing);
    return NULL;
}

scim_error_t *scim_call_search(scim_reply_t *reply, scim_call_t *call, const json_t *body)
{
    SCIM_TRY(scim_search_read(&call->search, body, call->dialect->leniency, call->pool));
    SCIM_TRY(scim_call_list(reply, call));
    reply->operation = "search";
    return NULL;
}
