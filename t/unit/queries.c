/* The meaning of queries: what SQL finds is what the core says, in the same order, for records,
   filters, orders and places at random. */
#include "randoms.h"

#include "core/match.h"
#include "directory/dbd/records.h"

/* ---- what the provider asks ----------------------------------------------------- */

/* A query, and what it takes to answer the provider's questions. */
typedef struct question_t {
    const place_t *place;
    scim_query_part_t parts[3];
    scim_order_t order;
    const scim_path_t
        *paths[3]; /* that the parts are sorted by; NULL: they have no such thing */
    scim_position_t after;
    scim_position_t before;
    scim_query_t query;
    scim_session_t *session;
    const char *id;      /* whose facts are asked for, and ... */
    apr_int64_t number;  /* ... what groups_of calls them */
    scim_error_t *error; /* of a question about them: the unit runs again, perhaps */
    int asked;
} question_t;

static int part_of(const question_t *q, const char *type)
{
    int i;

    for (i = 0; strcmp(q->parts[i].type, type) != 0; i++) {
    }
    return i;
}

static scim_error_t *take_group(void *baton, const scim_member_t *member, apr_pool_t *scratch)
{
    const char **sought = baton;

    (void)scratch;
    if (*sought && strcmp(*sought, member->id) == 0) {
        *sought = NULL;
    }
    return NULL;
}

static int relates(void *baton, scim_filter_kind_t kind, const char *id)
{
    question_t *q = baton;
    int yes = 0;

    if (kind == SCIM_FILTER_HAS_MEMBER) {
        q->error = q->place->provider->is_member(&yes, q->session, q->id, id, tap_pool);
        return yes;
    }
    q->error =
        q->place->provider->groups_of(q->session, &q->number, 1, take_group, &id, tap_pool);
    return id == NULL;
}

/* As the service does it: the document with id and meta. */
static scim_error_t *load(json_t **resource, const scim_record_t *record, apr_pool_t *scratch)
{
    char created[SCIM_DATETIME_SIZE], modified[SCIM_DATETIME_SIZE];

    SCIM_TRY(scim_json_parse(resource, record->document, record->document_length, scratch));
    json_object_set_new(*resource, "id", json_string(record->id));
    json_object_set_new(
        *resource, "meta",
        json_pack("{s:s,s:s}", "created", scim_datetime_format(created, record->created),
                  "lastModified", scim_datetime_format(modified, record->modified)));
    return NULL;
}

static scim_error_t *judge(int *yes, void *baton, scim_session_t *session,
                           const scim_record_t *record, apr_pool_t *scratch)
{
    question_t *q = baton;
    scim_facts_t facts = {record->local_key, relates, q};
    json_t *resource;

    q->asked++;
    q->session = session;
    q->id = record->id;
    q->error = NULL;
    q->number = record->grouped;
    SCIM_TRY(load(&resource, record, scratch));
    *yes = scim_match(q->parts[part_of(q, record->type)].filter, resource, &facts, scratch);
    return q->error;
}

static scim_error_t *sort_key(const char **key, void *baton, const scim_record_t *record,
                              apr_pool_t *scratch)
{
    question_t *q = baton;
    const scim_path_t *path = q->paths[part_of(q, record->type)];
    json_t *resource;

    q->asked++;
    if (strcmp(q->order.attribute, "meta.created") == 0) {
        *key = scim_term_instant(record->created, scratch);
        return NULL;
    }
    if (strcmp(q->order.attribute, "meta.lastModified") == 0) {
        *key = scim_term_instant(record->modified, scratch);
        return NULL;
    }
    SCIM_TRY(load(&resource, record, scratch));
    *key = path ? scim_term_order(path, resource, scratch) : NULL;
    return NULL;
}

/* ---- queries -------------------------------------------------------------------- */

static void any_parts(question_t *q)
{
    int first = dice(3), i;

    q->query.part_count = dice(3) ? 1 : 1 + dice(3);
    for (i = 0; i < q->query.part_count; i++) {
        q->parts[i].type = types[(first + i) % 3];
        q->parts[i].filter = dice(5) ? any_filter(q->parts[i].type, 3) : NULL;
    }
    q->query.parts = q->parts;
}

static void any_order(question_t *q)
{
    const char *name = any_name(q->parts[0].type)->name;
    scim_reading_t reading;
    scim_path_t *path;
    int i;

    for (i = 0; i < q->query.part_count; i++) {
        reading = test_reading(schemas, q->parts[i].type, 0);
        q->paths[i] = scim_path_parse(&path, name, strlen(name), &reading, pool) ? NULL : path;
    }
    q->order.attribute = scim_path_print(q->paths[0], pool);
    q->order.descending = dice(2);
    q->order.key = sort_key;
    q->query.order = &q->order;
}

/* The place of a record of the query's types, or one beside it. */
static const scim_position_t *any_position(question_t *q, scim_position_t *position,
                                           const place_t *memory)
{
    const char *type = q->parts[dice(q->query.part_count)].type;
    const scim_record_t *record;

    do {
        record = place_get(memory, type, any_id());
    } while (record == NULL);
    position->id = dice(4) ? record->id : any_id();
    if (q->query.order) {
        test_schemas_need(sort_key(&position->key, q, record, pool));
        if (strcmp(q->order.attribute, "id") == 0) {
            position->key = position->id;
        }
    }
    return position;
}

static void any_query(question_t *q, const place_t *memory)
{
    memset(q, 0, sizeof(*q));
    any_parts(q);
    if (dice(3)) {
        any_order(q);
    }
    if (dice(3) == 0) {
        q->query.after = any_position(q, &q->after, memory);
    }
    if (dice(4) == 0) {
        q->query.before = any_position(q, &q->before, memory);
    }
    q->query.matches = judge;
    q->query.baton = q;
    q->query.offset = dice(3) ? 0 : dice(30);
    q->query.count = dice(3) ? 1000 : dice(30);
    q->query.max_scan = 1000;
}

static int same_lists(const listing_t *a, const listing_t *b)
{
    int i, same = a->total == b->total && a->ids->nelts == b->ids->nelts;

    for (i = 0; same && i < a->ids->nelts; i++) {
        same = strcmp(APR_ARRAY_IDX(a->ids, i, const char *),
                      APR_ARRAY_IDX(b->ids, i, const char *))
               == 0;
    }
    return same;
}

static void tell(const question_t *q, const listing_t *expected, const listing_t *got,
                 const scim_error_t *error)
{
    const scim_query_t *query = &q->query;
    int i;

    for (i = 0; i < query->part_count; i++) {
        printf("# %s: %s\n", q->parts[i].type,
               q->parts[i].filter ? scim_filter_print(q->parts[i].filter, pool) : "all");
    }
    printf("# order %s %d, offset %d, count %d, after %s %s, before %s %s\n",
           query->order ? q->order.attribute : "none", q->order.descending, (int)query->offset,
           (int)query->count, query->after ? q->after.id : "-",
           query->after && q->after.key ? q->after.key : "-",
           query->before ? q->before.id : "-",
           query->before && q->before.key ? q->before.key : "-");
    printf("# expected %d of %d, got %d of %d %s\n", expected->ids->nelts, (int)expected->total,
           got->ids->nelts, (int)got->total,
           error ? error->cause ? error->cause : error->detail : "");
}

/* One query in both; how often SQL had to ask is set in *asked. */
static int compare(const place_t *memory, const place_t *sqlite, int *asked)
{
    listing_t expected = {0}, got = {0};
    scim_error_t *error;
    question_t q;

    any_query(&q, memory);
    expected.query = got.query = q.query;
    q.place = memory;
    error = place_list(memory, &expected, pool);
    q.place = sqlite;
    q.asked = 0;
    if (error == NULL) {
        error = place_list(sqlite, &got, pool);
    }
    *asked = q.asked;
    if (error == NULL && same_lists(&expected, &got)) {
        return 1;
    }
    tell(&q, &expected, &got, error);
    return 0;
}

/* ---- the two directories ---------------------------------------------------------- */

/* 1 when both providers say the same. */
static int in_both(const place_t *memory, const place_t *sqlite, scim_work_fn work,
                   deed_t *deed)
{
    deed_t again = *deed;
    int expected = place_write(memory, work, deed), got = place_write(sqlite, work, &again);

    return expected == got;
}

static scim_error_t *add_members(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    deed_t *deed = baton;
    apr_int64_t changed;

    SCIM_TRY(deed->place->provider->add_members(session, deed->id, &deed->value, 1, NULL,
                                                &changed, NULL, work_pool));
    deed->outcome = (scim_outcome_t)(100 + changed);
    return NULL;
}

/* Makes records, changes some of them, removes some, and makes members. */
static int stir(const place_t *memory, const place_t *sqlite, int first, int count)
{
    int i, same = 1;

    for (i = first; i < first + count; i++) {
        deed_t deed = {.record = any_record(types[i % 3], i)};

        same &= in_both(memory, sqlite, deed_insert, &deed);
    }
    for (i = first; i < first + count; i++) {
        scim_record_t *record = any_record(types[i % 3], i);
        deed_t change = {.record = record, .expected = 1};
        deed_t removal = {.type = types[i % 3], .id = place_id(i), .expected = 1};
        int die = dice(6);

        record->version = 2;
        same &= die > 1
                || in_both(memory, sqlite, die ? deed_update : deed_remove,
                           die ? &change : &removal);
    }
    for (i = 0; i < count * 2; i++) {
        deed_t deed = {.id = place_id(1 + 3 * dice(dice(2) ? 5 : RECORDS / 3)),
                       .value = dice(3) ? any_id() : place_id(1 + 3 * dice(5))};

        same &= in_both(memory, sqlite, add_members, &deed);
    }
    return same;
}

static place_t open_sqlite(const char *file, int attributes, apr_pool_t *place_pool)
{
    place_t place = {&scim_store_provider, NULL, place_pool};

    scim_store_open(&place.directory, "here", place_source(file, place_pool),
                    (const scim_indexed_attribute_t *)kept->elts, attributes, place_pool);
    return place;
}

#define PER_CONNECTION 30

/* Compares so many queries; a new connection now and then, since each has room for so many
   statements only. */
static void compare_all(const place_t *memory, const char *file, int attributes, int rounds,
                        const char *name)
{
    int i, asked, same = 0, exact = 0;
    apr_pool_t *round;
    place_t sqlite;

    apr_pool_create(&round, tap_pool);
    for (i = 0; i < rounds; i++) {
        apr_pool_clear(pool);
        if (i % PER_CONNECTION == 0) {
            apr_pool_clear(round);
            sqlite = open_sqlite(file, attributes, round);
        }
        same += compare(memory, &sqlite, &asked);
        exact += asked == 0;
    }
    is_int(same, rounds, name);
    ok(exact > rounds / 10, "... many of them without asking the core: %d", exact);
    apr_pool_destroy(round);
}

static scim_error_t *count_statements(scim_session_t *session, void *baton,
                                      apr_pool_t *work_pool)
{
    int *count = baton;

    (void)work_pool;
    *count = (int)apr_hash_count(session->connection->statements);
    return NULL;
}

/* More different statements than a connection keeps. */
static void test_many_shapes(const place_t *memory, const char *file, int attributes)
{
    place_t sqlite = open_sqlite(file, attributes, tap_pool);
    int i, asked, same = 0, count = 0;

    for (i = 0; i < 300; i++) {
        apr_pool_clear(pool);
        same += compare(memory, &sqlite, &asked);
    }
    is_int(same, 300, "queries of ever new shapes on one connection");
    test_schemas_need(
        sqlite.provider->transact(sqlite.directory, 0, count_statements, &count, tap_pool));
    ok(count > 90 && count < 130, "... which does not keep them all: %d", count);
}

/* `name eq ...`, as often as a filter may have it. */
static const scim_filter_t *long_filter(const char *type, const char *name)
{
    const char *text = apr_psprintf(pool, "%s eq \"a\"", name);
    scim_filter_t *filter;
    int i;

    for (i = 0; i < 250; i++) {
        text = apr_psprintf(pool, "%s or %s eq \"%d\"", text, name, i);
    }
    test_schemas_need(parse(&filter, text, type));
    return filter;
}

/* More values than some databases take. */
static void test_many_values(const place_t *memory, const char *file, int attributes)
{
    place_t sqlite = open_sqlite(file, attributes, tap_pool);
    question_t q = {.place = memory, .parts = {{"Device", NULL}, {"User", NULL}}};
    listing_t expected = {0}, got;

    q.parts[0].filter = long_filter("Device", "label");
    q.parts[1].filter = long_filter("User", "nickName");
    expected.query = (scim_query_t){.parts = q.parts,
                                    .part_count = 2,
                                    .matches = judge,
                                    .baton = &q,
                                    .count = 100,
                                    .max_scan = 1000};
    got = expected;
    is_fine(place_list(memory, &expected, pool), "long filters for two types");
    q.asked = 0;
    is_fine(place_list(&sqlite, &got, pool), "... in SQL");
    ok(same_lists(&expected, &got) && got.total > 0, "... find the same");
    ok(q.asked > 0, "... since they were not all handed to it");
}

int main(void)
{
    const char *file;
    place_t memory, sqlite;
    int all;

    tap_start();
    apr_pool_create(&pool, tap_pool);
    schemas = test_schemas(tap_pool);
    make_indexes();
    all = kept->nelts;
    file = place_file("queries.db");
    memory = place_memory("here", tap_pool);

    sqlite = open_sqlite(file, all - 4, tap_pool);
    ok(stir(&memory, &sqlite, 0, RECORDS / 2), "records at random");
    compare_all(&memory, file, all - 4, 1200, "queries find the same in SQL as in memory");

    test_many_shapes(&memory, file, all - 4);
    test_many_values(&memory, file, all - 4);

    sqlite = open_sqlite(file, all, tap_pool);
    ok(stir(&memory, &sqlite, RECORDS / 2, RECORDS / 2), "more records, and more indexes");
    compare_all(&memory, file, all, 1000, "an index that is not complete is not used");

    sqlite = open_sqlite(file, 4, tap_pool);
    ok(stir(&memory, &sqlite, 10000, 9), "a writer that keeps fewer indexes");
    compare_all(&memory, file, all, 600, "an index that was not kept is not used either");
    return tap_done();
}
