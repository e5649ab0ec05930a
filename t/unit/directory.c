/* The contract of scim_directory_provider_t, kept by every provider. */
#include "core/filter.h"
#include "directories.h"

static apr_pool_t *pool;

/* Two directories of one database, and the name of the provider. */
static place_t here, there;
static const char *kind;

#define NAME(text) apr_psprintf(pool, "%s: %s", kind, text)

static int is_stored(const scim_record_t *record)
{
    return same_record(place_get(&here, record->type, record->id), record);
}

static void test_one(void)
{
    scim_record_t *record = place_record("User", 1), *changed;

    record->external_id = "ext-1";
    record->password = "$2y$10$abc";
    is_int(place_insert(&here, record), SCIM_STORED, NAME("insert"));
    ok(is_stored(record), "%s: get gives back every member", kind);
    ok(place_get(&here, "Group", record->id) == NULL, "%s: ... not under another type", kind);
    ok(place_get(&here, "User", place_id(2)) == NULL, "%s: ... nor under another id", kind);
    ok(place_get(&here, "User", "' OR '1'='1") == NULL, "%s: ... nor under a strange one",
       kind);

    changed = apr_pmemdup(pool, record, sizeof(*record));
    changed->version = 2;
    changed->modified += 5;
    changed->active = 0;
    changed->deleted = 1;
    changed->external_id = changed->password = NULL;
    changed->local_name = "Other";
    changed->local_key = "other";
    changed->document = "{}";
    changed->document_length = 2;
    is_int(place_update(&here, changed, 1), SCIM_STORED, NAME("update"));
    ok(is_stored(changed), "%s: ... of every member", kind);
    changed->created += 77;
    changed->version = 3;
    is_int(place_update(&here, changed, 2), SCIM_STORED, NAME("update with another created"));
    changed->created -= 77;
    ok(is_stored(changed), "%s: ... which stays as it was", kind);
    is_int(place_remove(&here, "User", record->id, 3), SCIM_STORED, NAME("remove"));
    ok(place_get(&here, "User", record->id) == NULL, "%s: ... and it is gone", kind);
}

static void test_outcomes(void)
{
    scim_record_t *first = place_record("User", 11), *second = place_record("User", 12);
    scim_record_t *twin = place_record("User", 13);
    scim_record_t *group = place_record("Group", 14), *same = place_record("Group", 15);

    is_int(place_insert(&here, first), SCIM_STORED, NAME("a first user"));
    is_int(place_insert(&here, first), SCIM_TAKEN, NAME("insert: the id is taken"));
    twin->local_key = first->local_key;
    is_int(place_insert(&here, twin), SCIM_TAKEN, NAME("insert: the name is taken"));
    ok(place_get(&here, "User", twin->id) == NULL, "%s: ... and nothing was stored", kind);
    is_int(place_insert(&here, second), SCIM_STORED, NAME("a second user"));

    second->version = 2;
    is_int(place_update(&here, second, 7), SCIM_STALE, NAME("update: another version"));
    is_int(place_update(&here, twin, 1), SCIM_ABSENT, NAME("update: no such id"));
    second->local_key = first->local_key;
    is_int(place_update(&here, second, 1), SCIM_TAKEN, NAME("update: the name is taken"));
    is_int(place_update(&here, second, 7), SCIM_STALE,
           NAME("... which a stale one is not told"));
    second->local_key = "name12";
    second->version = 1;
    ok(is_stored(second), "%s: ... and it stayed as it was", kind);
    second->version = 2;
    is_int(place_update(&here, second, 1), SCIM_STORED, NAME("update: its own name"));

    is_int(place_remove(&here, "User", second->id, 1), SCIM_STALE, NAME("remove: stale"));
    is_int(place_remove(&here, "User", twin->id, 1), SCIM_ABSENT, NAME("remove: no such id"));
    is_int(place_remove(&here, "Group", second->id, 2), SCIM_ABSENT,
           NAME("remove: other type"));
    ok(is_stored(second), "%s: ... and it is still there", kind);

    group->local_key = same->local_key = first->local_key;
    is_int(place_insert(&here, group), SCIM_STORED, NAME("a group with a user's name"));
    is_int(place_insert(&here, same), SCIM_TAKEN, NAME("another group with that name"));
    same->local_key = NULL;
    is_int(place_insert(&here, same), SCIM_STORED, NAME("a group without a name"));
    is_int(place_remove(&here, "Group", same->id, 1), SCIM_STORED, NAME("... and away"));
    same->id = first->id;
    is_int(place_insert(&here, same), SCIM_TAKEN, NAME("a group with a user's id"));

    second->version = 3;
    second->deleted = 1;
    is_int(place_update(&here, second, 2), SCIM_STORED, NAME("a user is deleted"));
    twin->local_key = second->local_key;
    is_int(place_insert(&here, twin), SCIM_TAKEN, NAME("... and still holds the name"));
    is_int(place_remove(&here, "User", second->id, 3), SCIM_STORED, NAME("it is removed"));
    is_int(place_insert(&here, twin), SCIM_STORED, NAME("... and the name is free"));
}

static void test_find(void)
{
    scim_record_t *old = place_record("User", 21), *young = place_record("User", 22);
    scim_record_t *group = place_record("Group", 23);
    const scim_record_t *found;

    old->external_id = young->external_id = group->external_id = "E-21";
    old->deleted = 1;
    is_int(place_insert(&here, young), SCIM_STORED, NAME("the younger one first"));
    is_int(place_insert(&here, old), SCIM_STORED, NAME("then the older one"));
    is_int(place_insert(&here, group), SCIM_STORED, NAME("and a group"));
    found = place_find(&here, "User", SCIM_KEY_EXTERNAL_ID, "E-21");
    ok(same_record(found, old), "%s: find gives the oldest, though deleted", kind);
    found = place_find(&here, "Group", SCIM_KEY_EXTERNAL_ID, "E-21");
    ok(same_record(found, group), "%s: ... and of the type", kind);
    ok(place_find(&here, "User", SCIM_KEY_EXTERNAL_ID, "e-21") == NULL,
       "%s: externalId is compared exactly", kind);
    found = place_find(&here, "User", SCIM_KEY_LOCAL, "name22");
    ok(same_record(found, young), "%s: find by local name", kind);
    ok(place_find(&here, "Group", SCIM_KEY_LOCAL, "name22") == NULL, "%s: ... of the type",
       kind);
    ok(place_find(&here, "User", SCIM_KEY_LOCAL, "name2") == NULL, "%s: ... all of it", kind);
    ok(place_find(&here, "User", SCIM_KEY_LOCAL, "") == NULL, "%s: ... none is empty", kind);
}

static void test_hostile(void)
{
    static const char *const texts[] = {
        "o'hara",
        "\"quoted\"",
        "50%",
        "%s%d%n",
        "a_b%c",
        "back\\slash",
        "\\'; DROP TABLE x; --",
        "space ",
        " space",
        "space",
        "tab\t",
        "line\nbreak",
        "\xF0\x9F\x98\x80 smile",
        "\xF0\x9F\x98\x81",
        "e\xCC\x81",
        "\xC3\xA9",
        "?1",
        ":name",
        "@p",
        "$1",
        "NULL",
        "0123",
        "123",
        "1e3",
        "0x10",
        "ALICE",
        "alice",
        "",
    };
    int n = sizeof(texts) / sizeof(texts[0]), i, good = 1, found = 1;

    for (i = 0; i < n; i++) {
        scim_record_t *record = place_record("User", 100 + i);

        record->local_name = record->local_key = record->wire_key = record->external_id =
            texts[i];
        record->password = texts[i];
        record->document = apr_psprintf(pool, "{\"x\":\"%s\"}", texts[i]);
        record->document_length = strlen(record->document);
        good &= place_insert(&here, record) == SCIM_STORED && is_stored(record);
        found &= same_record(place_find(&here, "User", SCIM_KEY_LOCAL, texts[i]), record);
        found &= same_record(place_find(&here, "User", SCIM_KEY_EXTERNAL_ID, texts[i]), record);
    }
    ok(good, "%s: strange texts are stored as they are, all different", kind);
    ok(found, "%s: ... and found again, each by itself", kind);
}

static void test_large(void)
{
    scim_record_t *record = place_record("User", 31);
    char *document = apr_palloc(pool, SCIM_MAX_DOCUMENT + 2);
    apr_size_t i;

    for (i = 0; i < SCIM_MAX_DOCUMENT + 1; i++) {
        document[i] = (char)(1 + i % 127);
    }
    document[SCIM_MAX_DOCUMENT] = '\0';
    record->document = document;
    record->document_length = SCIM_MAX_DOCUMENT;
    is_int(place_insert(&here, record), SCIM_STORED, NAME("the longest document"));
    ok(is_stored(record), "%s: ... is what it was", kind);
    document[SCIM_MAX_DOCUMENT] = 'x';
    document[SCIM_MAX_DOCUMENT + 1] = '\0';
    record->document_length++;
    record->version = 2;
    is_int(place_update(&here, record, 1), 413, NAME("a byte more is refused"));
    is_int(place_remove(&here, "User", record->id, 1), SCIM_STORED, NAME("it is removed"));
    is_int(place_insert(&here, record), 413, NAME("... and not taken as a new one"));
}

/* ---- units of work ---------------------------------------------------------- */

/* Changes this and that, looks whether it shows, and fails. */
static scim_error_t *fail_late(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    const scim_directory_provider_t *p = here.provider;
    scim_record_t *old = place_record("User", 41), *new = place_record("User", 43), *seen;
    scim_outcome_t outcome;
    int *as_expected = baton;

    old->version = 2;
    old->local_key = "renamed";
    SCIM_TRY(p->update(session, old, 1, &outcome, work_pool));
    *as_expected = outcome == SCIM_STORED;
    SCIM_TRY(p->insert(session, new, &outcome, work_pool));
    *as_expected &= outcome == SCIM_STORED;
    new->version = 2;
    SCIM_TRY(p->update(session, new, 1, &outcome, work_pool));
    *as_expected &= outcome == SCIM_STORED;
    SCIM_TRY(p->remove(session, "User", place_id(42), 1, &outcome, work_pool));
    *as_expected &= outcome == SCIM_STORED;
    SCIM_TRY(p->get(session, "User", new->id, &seen, work_pool));
    *as_expected &= same_record(seen, new);
    SCIM_TRY(p->get(session, "User", place_id(42), &seen, work_pool));
    *as_expected &= seen == NULL;
    SCIM_TRY(p->find(session, "User", SCIM_KEY_LOCAL, "name41", &seen, work_pool));
    *as_expected &= seen == NULL;
    SCIM_TRY(p->insert(session, old, &outcome, work_pool));
    *as_expected &= outcome == SCIM_TAKEN;
    seen = apr_pcalloc(work_pool, sizeof(*seen));
    return apr_pmemdup(work_pool, &(scim_error_t){418, "teapot", "as it were", NULL},
                       sizeof(scim_error_t));
}

static void test_rollback(void)
{
    int as_expected = 0;
    const scim_error_t *error;

    place_insert(&here, place_record("User", 41));
    place_insert(&here, place_record("User", 42));
    error = here.provider->transact(here.directory, 1, fail_late, &as_expected, pool);
    is_error(error, 418, "teapot", "as it were", NAME("the error of work comes back"));
    ok(as_expected, "%s: a unit of work sees its own changes", kind);
    ok(is_stored(place_record("User", 41)), "%s: what it changed is as before", kind);
    ok(is_stored(place_record("User", 42)), "%s: what it removed is back", kind);
    ok(place_get(&here, "User", place_id(43)) == NULL, "%s: what it made is gone", kind);
    ok(place_find(&here, "User", SCIM_KEY_LOCAL, "renamed") == NULL, "%s: so is the name",
       kind);
    is_int(place_insert(&here, place_record("User", 43)), SCIM_STORED, NAME("life goes on"));
}

static scim_error_t *write_without_leave(scim_session_t *session, void *baton,
                                         apr_pool_t *work_pool)
{
    scim_outcome_t outcome;

    (void)baton;
    return here.provider->insert(session, place_record("User", 51), &outcome, work_pool);
}

static void test_read_only_unit(void)
{
    const scim_error_t *error =
        here.provider->transact(here.directory, 0, write_without_leave, NULL, pool);

    is_error(error, 500, NULL, NULL, NAME("a unit that was to read must not write"));
    ok(place_get(&here, "User", place_id(51)) == NULL, "%s: ... and has not", kind);
}

static void test_isolation(void)
{
    scim_record_t *mine = place_record("User", 61), *theirs = place_record("User", 62);
    listing_t listing = {.part = {"User", NULL}, .query = {.count = 100}};

    mine->external_id = theirs->external_id = "same";
    theirs->local_key = mine->local_key;
    is_int(place_insert(&here, mine), SCIM_STORED, NAME("a user here"));
    is_int(place_insert(&there, theirs), SCIM_STORED, NAME("the same name there"));
    ok(place_get(&there, "User", mine->id) == NULL, "%s: an id from here is unknown there",
       kind);
    ok(same_record(place_find(&there, "User", SCIM_KEY_LOCAL, mine->local_key), theirs),
       "%s: the name is another person there", kind);
    ok(same_record(place_find(&there, "User", SCIM_KEY_EXTERNAL_ID, "same"), theirs),
       "%s: so is the externalId", kind);
    is_int(place_update(&there, mine, 1), SCIM_ABSENT, NAME("nor can it be changed there"));
    is_int(place_remove(&there, "User", mine->id, 1), SCIM_ABSENT, NAME("... or removed"));
    is_int(place_insert(&there, mine), SCIM_TAKEN, NAME("an id is unique over all"));
    is_fine(place_list(&there, &listing, pool), NAME("a list there"));
    is_int(listing.total, 1, NAME("... has what is there alone"));
    ok(is_stored(mine), "%s: nothing has changed here", kind);
}

/* ---- lists -------------------------------------------------------------------- */

/* Matches documents with an even number; counts how often it was asked. */
static scim_error_t *is_even(int *yes, void *baton, scim_session_t *session,
                             const scim_record_t *record, apr_pool_t *scratch)
{
    int *asked = baton;

    (void)session;
    (void)scratch;
    (*asked)++;
    *yes = atoi(record->document + 5) % 2 == 0;
    return NULL;
}

static scim_error_t *is_broken(int *yes, void *baton, scim_session_t *session,
                               const scim_record_t *record, apr_pool_t *scratch)
{
    (void)yes;
    (void)baton;
    (void)session;
    (void)record;
    return apr_pmemdup(scratch, &(scim_error_t){418, NULL, "broken", NULL},
                       sizeof(scim_error_t));
}

/* What a page should hold: `count` ids of every `step`-th person, beginning with the first-th.
 */
static int holds(const listing_t *listing, int first, int step, int count)
{
    int i, same = listing->ids->nelts == count;

    for (i = 0; same && i < count; i++) {
        same = strcmp(APR_ARRAY_IDX(listing->ids, i, const char *), place_id(first + i * step))
               == 0;
    }
    return same;
}

#define PEOPLE 700

/* People 1000 to 1699, put in in no order, with a deleted one and a group among them. */
static void fill(void)
{
    scim_record_t *record;
    int i, good = place_remove(&there, "User", place_id(62), 1) == SCIM_STORED;

    for (i = 0; i < PEOPLE; i++) {
        good &=
            place_insert(&there, place_record("User", 1000 + i * 333 % PEOPLE)) == SCIM_STORED;
    }
    record = place_record("User", 999);
    record->deleted = 1;
    good &= place_insert(&there, record) == SCIM_STORED
            && place_insert(&there, place_record("Group", 998)) == SCIM_STORED;
    ok(good, "%s: %d people", kind, PEOPLE);
}

static void test_pages(void)
{
    static const struct {
        apr_int64_t offset, count;
        int first, given;
    } pages[] = {
        {0, 10, 1000, 10},
        {0, PEOPLE, 1000, PEOPLE},
        {0, PEOPLE + 1, 1000, PEOPLE},
        {0, INT64_MAX, 1000, PEOPLE},
        {0, 0, 0, 0},
        {PEOPLE - 3, 10, 1000 + PEOPLE - 3, 3},
        {PEOPLE - 1, 1, 1000 + PEOPLE - 1, 1},
        {PEOPLE, 10, 0, 0},
        {PEOPLE + 5, 10, 0, 0},
        {INT64_MAX, INT64_MAX, 0, 0},
        {5, 0, 0, 0},
        {16, 16, 1016, 16},
        {3, 500, 1003, 500},
    };
    apr_pool_t *page;
    size_t i;

    apr_pool_create(&page, pool);
    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        listing_t listing = {.part = {"User", NULL}};

        apr_pool_clear(page);
        listing.query.offset = pages[i].offset;
        listing.query.count = pages[i].count;
        ok(place_list(&there, &listing, page) == NULL && listing.total == PEOPLE
               && holds(&listing, pages[i].first, 1, pages[i].given),
           "%s: page %" APR_INT64_T_FMT " + %" APR_INT64_T_FMT, kind, pages[i].offset,
           pages[i].count);
    }
}

/* A filter that no index helps with. */
static const scim_filter_t opaque = {.kind = SCIM_FILTER_COMPARE, .op = SCIM_CO};

static void test_scans(void)
{
    int asked = 0;
    listing_t listing = {
        .part = {"User", &opaque},
        .query = {
            .matches = is_even, .baton = &asked, .offset = 2, .count = 20, .max_scan = PEOPLE}};

    is_fine(place_list(&there, &listing, pool), NAME("as many to look at as allowed"));
    is_int(listing.total, PEOPLE / 2, NAME("... the total is of those that match"));
    ok(holds(&listing, 1004, 2, 20), "%s: ... so is the page", kind);
    is_int(asked, PEOPLE, NAME("... each was asked about once"));
    listing.query.offset = PEOPLE / 2 - 5;
    is_fine(place_list(&there, &listing, pool), NAME("the last page"));
    ok(holds(&listing, 1000 + PEOPLE - 10, 2, 5), "%s: ... is not full", kind);
    listing.query.count = 0;
    is_fine(place_list(&there, &listing, pool), NAME("no page"));
    is_int(listing.ids->nelts + listing.total, PEOPLE / 2, NAME("... but a total"));

    asked = 0;
    listing.query.max_scan = PEOPLE - 1;
    is_error(place_list(&there, &listing, pool), 400, "tooMany", "699", NAME("one too many"));
    ok(asked <= PEOPLE - 1, "%s: ... which was not asked about", kind);
    listing.query.max_scan = 0;
    is_error(place_list(&there, &listing, pool), 400, "tooMany", "0",
             NAME("none may be asked"));
    listing.part.type = "Device";
    is_fine(place_list(&there, &listing, pool), NAME("... unless there is none"));
    is_int(listing.total, 0, NAME("... of that type"));
    listing.part.type = "User";
    listing.query.max_scan = INT64_MAX;
    is_fine(place_list(&there, &listing, pool), NAME("no limit to speak of"));
    listing.query.matches = is_broken;
    is_error(place_list(&there, &listing, pool), 418, NULL, "broken", NAME("matches may fail"));
}

static scim_error_t *take_three(void *baton, const scim_record_t *record, apr_pool_t *scratch)
{
    int *taken = baton;

    (void)record;
    return ++*taken < 3 ? NULL
                        : apr_pmemdup(scratch, &(scim_error_t){418, NULL, "enough", NULL},
                                      sizeof(scim_error_t));
}

static scim_error_t *list_three(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    static const scim_query_part_t part = {"User", NULL};
    scim_query_t query = {.parts = &part, .part_count = 1, .count = 100};
    apr_int64_t total;

    return there.provider->list(session, &query, take_three, baton, &total, work_pool);
}

static void test_each_fails(void)
{
    int taken = 0;
    const scim_error_t *error =
        there.provider->transact(there.directory, 0, list_three, &taken, pool);

    is_error(error, 418, NULL, "enough", NAME("each may fail"));
    is_int(taken, 3, NAME("... and is not called again"));
}

static scim_error_t *is_longest(int *yes, void *baton, scim_session_t *session,
                                const scim_record_t *record, apr_pool_t *scratch)
{
    (void)baton;
    (void)session;
    (void)scratch;
    *yes = strlen(record->document) == SCIM_MAX_DOCUMENT;
    return NULL;
}

/* Pages of the longest documents, among which there are short ones. */
static void test_large_list(void)
{
    listing_t listing = {.part = {"Large", NULL}, .query = {.count = 100}};
    listing_t scan = {.part = {"Large", &opaque},
                      .query = {.matches = is_longest, .count = 100, .max_scan = 100}};
    char *document = apr_palloc(pool, SCIM_MAX_DOCUMENT + 1);
    int i, good = 1;

    memset(document, ' ', SCIM_MAX_DOCUMENT);
    document[SCIM_MAX_DOCUMENT] = '\0';
    for (i = 0; i < 20; i++) {
        scim_record_t *record = place_record("Large", 5000 + i);

        if (i % 2 == 0) {
            record->document = document;
            record->document_length = SCIM_MAX_DOCUMENT;
        }
        good &= place_insert(&here, record) == SCIM_STORED;
    }
    ok(good && place_list(&here, &listing, pool) == NULL && holds(&listing, 5000, 1, 20),
       "%s: a page of the longest documents", kind);
    is_int(listing.bytes, 10 * (SCIM_MAX_DOCUMENT + strlen("{\"n\":5001}")),
           NAME("... all of them"));
    ok(place_list(&here, &scan, pool) == NULL && holds(&scan, 5000, 2, 10)
           && scan.bytes == 10 * (apr_size_t)SCIM_MAX_DOCUMENT,
       "%s: ... which can be looked at", kind);
}

/* After all that: the number of people and of groups is what a list has of them. */
static void test_totals(void)
{
    static const char *const types[] = {"User", "Group", "Large", "Device"};
    const place_t *places[] = {&here, &there};
    int i, good = 1;

    for (i = 0; i < 8; i++) {
        listing_t all = {.part = {types[i / 2], NULL}, .query = {.count = INT64_MAX}};
        listing_t none = {.part = {types[i / 2], NULL}};

        good &= place_list(places[i % 2], &all, pool) == NULL
                && place_list(places[i % 2], &none, pool) == NULL && all.total == all.ids->nelts
                && none.total == all.total;
    }
    ok(good, "%s: totals are of what is there", kind);
}

static void test_provider(void)
{
    test_one();
    test_outcomes();
    test_find();
    test_hostile();
    test_large();
    test_rollback();
    test_read_only_unit();
    test_isolation();
    fill();
    test_pages();
    test_scans();
    test_each_fails();
    test_large_list();
    test_totals();
}

int main(void)
{
    const scim_source_t *source;

    pool = tap_start();
    kind = "memory";
    here = place_memory("here", pool);
    there = place_memory("there", pool);
    test_provider();

    kind = place_driver();
    source = place_source(place_file("contract.db"), pool);
    here = place_on(source, "here", pool);
    there = place_on(source, "there", pool);
    test_provider();
    is_int(place_reports, 0, NAME("nothing to report"));
    return tap_done();
}
