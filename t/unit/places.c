/* Where pages end: what is remembered of it, and that a walk by index is the same with it. */
#include "directories.h"
#include "directory/dbd/places.h"

static apr_pool_t *pool;

/* ---- the memory ------------------------------------------------------------------- */

static void test_memory(void)
{
    static const char *const one[] = {"1", "User"}, *const other[] = {"1User", ""};
    scim_places_t *places = scim_places_open(pool);
    scim_walk_key_t key, twin, stranger;
    char id[SCIM_ID_LENGTH + 1] = "";

    ok(scim_places_open(pool) == places, "one memory for a run of the server");
    scim_places_key(&key, "a.db", "SELECT", one, 2);
    scim_places_key(&twin, "a.db", "SELECT", one, 2);
    scim_places_key(&stranger, "a.db", "SELECT", other, 2);
    ok(memcmp(&key, &twin, sizeof(key)) == 0, "the same list has the same key");
    ok(memcmp(&key, &stranger, sizeof(key)) != 0, "... other values another one");
    scim_places_key(&stranger, "b.db", "SELECT", one, 2);
    ok(memcmp(&key, &stranger, sizeof(key)) != 0, "... and another database");

    ok(!scim_places_find(places, &key, 100, 500, id), "nothing is known at first");
    scim_places_note(places, &key, 100, 500, place_id(7));
    ok(scim_places_find(places, &key, 100, 500, id), "a place that was noted");
    is(id, place_id(7), "... is this one");
    ok(scim_places_find(places, &key, 100, 501, id), "... also when there are more records");
    ok(!scim_places_find(places, &key, 100, 499, id), "... not when there are fewer");
    ok(!scim_places_find(places, &key, 101, 500, id), "... nor elsewhere");
    ok(!scim_places_find(places, &stranger, 100, 500, id), "... nor in another list");
    scim_places_note(places, &key, 100, 400, place_id(8));
    ok(scim_places_find(places, &key, 100, 450, id), "what is noted later");
    is(id, place_id(8), "... counts");
}

/* ---- walks ------------------------------------------------------------------------ */

static place_t here;

/* The numbers of the records on a page of three, from `offset` on, and the total. */
static const char *page(apr_int64_t offset)
{
    listing_t listing = {.part = {"User", NULL}, .query = {.count = 3}};
    const char *numbers = "";
    int i;

    listing.query.offset = offset;
    if (place_list(&here, &listing, pool)) {
        return "error";
    }
    for (i = 0; i < listing.ids->nelts; i++) {
        long number = strtol(APR_ARRAY_IDX(listing.ids, i, const char *), NULL, 16);

        numbers = apr_psprintf(pool, "%s%ld ", numbers, number);
    }
    return apr_psprintf(pool, "%sof %" APR_INT64_T_FMT, numbers, listing.total);
}

static void test_walks(void)
{
    int i;

    here = place_sqlite(place_file("places.db"), "here", pool);
    for (i = 1; i <= 10; i++) {
        place_insert(&here, place_record("User", i));
    }
    is(page(3), "4 5 6 of 10", "a page whose place is not known");
    is(page(0), "1 2 3 of 10", "a walk");
    is(page(3), "4 5 6 of 10", "... goes on");
    is(page(6), "7 8 9 of 10", "... and on");
    is(page(9), "10 of 10", "... to the end");
    is(page(12), "of 10", "... and no further");
    is(page(1), "2 3 4 of 10", "a page between two");

    place_remove(&here, "User", place_id(1), 1);
    place_insert(&here, place_record("User", 11));
    is(page(3), "4 5 6 of 10", "nobody is left out when one goes and one comes");
    place_remove(&here, "User", place_id(2), 1);
    is(page(3), "6 7 8 of 9", "when there are fewer, it is counted again");
    is(page(6), "9 10 11 of 9", "... from there on");
    place_insert(&here, place_record("User", 12));
    is(page(9), "12 of 10", "whoever comes later is at the end");
}

int main(void)
{
    pool = tap_start();
    test_memory();
    test_walks();
    return tap_done();
}
