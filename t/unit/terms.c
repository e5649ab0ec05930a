/* Terms in the database: which are written, and which indexes queries may use. */
#include "databases.h"

#include "directory/dbd/terms.h"

static apr_pool_t *pool;
static const char *file;

static const scim_indexed_attribute_t attributes[] = {
    {"User", "nickName", 1},
    {"User", "emails.value", 0},
    {"Group", "nickName", 1},
};

static place_t open_place(const char *name, int count)
{
    place_t place = {&scim_store_provider, NULL, pool};

    scim_store_open(&place.directory, name, place_source(file, pool), attributes, count, pool);
    return place;
}

static const char *ask(const char *sql)
{
    return raw_ask_on(file, sql);
}

static const char terms_sql[] =
    "SELECT i.attribute || '=' || term FROM scim_terms JOIN scim_indexes i ON i.number = "
    "index_number JOIN scim_resources r ON r.number = resource ORDER BY 1, r.id";

static const char complete_sql[] =
    "SELECT d.name || ' ' || type || ' ' || attribute || ' ' || complete FROM scim_indexes i "
    "JOIN scim_directories d ON d.number = directory ORDER BY 1";

/* ---- writing -------------------------------------------------------------------------- */

/* A write, and what it took. */
typedef struct cost_t {
    const place_t *place;
    const scim_record_t *record;
    apr_int64_t expected; /* 0: an insert */
    scim_outcome_t outcome;
    int statements;
} cost_t;

static scim_error_t *write_work(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    cost_t *cost = baton;
    const scim_directory_provider_t *provider = cost->place->provider;
    apr_uint32_t before = session->connection->count;

    SCIM_TRY(
        cost->expected
            ? provider->update(session, cost->record, cost->expected, &cost->outcome, work_pool)
            : provider->insert(session, cost->record, &cost->outcome, work_pool));
    cost->statements = (int)(session->connection->count - before);
    return NULL;
}

/* How many statements it took; -1 when it was not stored. */
static int statements_of(const place_t *place, const scim_record_t *record,
                         apr_int64_t expected)
{
    cost_t cost = {.place = place, .record = record, .expected = expected};
    scim_error_t *error =
        place->provider->transact(place->directory, 1, write_work, &cost, pool);

    return error || cost.outcome != SCIM_STORED ? -1 : cost.statements;
}

static scim_record_t *with_terms(int n, const scim_term_t *terms, int count)
{
    scim_record_t *record = place_record("User", n);

    record->terms = terms;
    record->term_count = count;
    return record;
}

static void test_writing(const place_t *place)
{
    scim_term_t terms[] = {{"emails.value", "a@x"},
                           {"emails.value", "b@x"},
                           {"nickName", "ada"},
                           {"title", "dr"},
                           {"emails.value", "c@x"}};
    scim_record_t *record = with_terms(1, terms, 4);

    is_int(statements_of(place, record, 0), 2, "an insert with three terms");
    is(ask(terms_sql), "emails.value=a@x\nemails.value=b@x\nnickName=ada",
       "... which are stored, and no other");
    record->version = 2;
    is_int(statements_of(place, record, 1), 2, "an update that changes none of them");
    record->version = 3;
    terms[1].key = "d@x";
    is_int(statements_of(place, record, 2), 4, "an update that changes one");
    is(ask(terms_sql), "emails.value=a@x\nemails.value=d@x\nnickName=ada", "... is stored");
    record->version = 4;
    record->term_count = 5;
    is_int(statements_of(place, record, 3), 3, "an update that adds one");
    record->version = 5;
    record->term_count = 0;
    is_int(statements_of(place, record, 4), 7, "an update that leaves none");
    is(ask(terms_sql), "", "... of them");
    is(ask("SELECT term FROM scim_terms JOIN scim_indexes ON index_number = -number"),
       record->id, "... but a note of what has no value");
    record->version = 6;
    record->term_count = 3;
    is_int(statements_of(place, record, 5), 4, "and back again");
    is_int(place_remove(place, "User", record->id, 6), SCIM_STORED, "a removed record");
    is(ask("SELECT COUNT(*) FROM scim_terms"), "0", "... leaves nothing behind");
}

static void test_many_terms(const place_t *place)
{
    scim_term_t terms[21];
    int i;

    for (i = 0; i < 21; i++) {
        terms[i].attribute = "emails.value";
        terms[i].key = apr_psprintf(pool, "%d", 100 + i / 2);
    }
    is_int(statements_of(place, with_terms(2, terms, 21), 0), 4, "many terms, some together");
    is(ask("SELECT COUNT(*) FROM scim_terms WHERE index_number > 0"), "11",
       "... each of them once");
    is_int(place_remove(place, "User", place_id(2), 1), SCIM_STORED, "... and away");
}

/* ---- indexes -------------------------------------------------------------------------- */

/* What queries may use, one letter for each attribute. */
static scim_error_t *look_work(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    char *found = baton;
    const char *index;
    int i;

    for (i = 0; i < 3; i++) {
        SCIM_TRY(scim_terms_index(&index, session, attributes[i].type, attributes[i].attribute,
                                  work_pool));
        found[i] = index ? 'y' : 'n';
    }
    return NULL;
}

static const char *usable(const place_t *place)
{
    char found[] = "???";

    is_fine(place->provider->transact(place->directory, 0, look_work, found, pool), "look");
    return apr_pstrdup(pool, found);
}

static scim_error_t *complete_work(scim_session_t *session, void *baton, apr_pool_t *work_pool)
{
    scim_record_t *record;
    scim_outcome_t outcome;
    scim_term_t term = {"emails.value", "late@x"};

    (void)baton;
    SCIM_TRY(scim_store_provider.get(session, "User", place_id(3), &record, work_pool));
    record->terms = &term;
    record->term_count = 1;
    SCIM_TRY(scim_store_provider.update(session, record, record->version, &outcome, work_pool));
    return scim_terms_complete(session, "User", "emails.value", work_pool);
}

static void test_completeness(void)
{
    place_t one = open_place("indexes", 1), two, none, other;

    is_int(place_insert(&one, place_record("User", 3)), SCIM_STORED, "one index");
    is(usable(&one), "ynn", "... can be used");
    two = open_place("indexes", 2);
    is(usable(&two), "ynn", "one more has to be filled");
    is(ask(complete_sql),
       "indexes User nickName 1\nterms User emails.value 1\nterms User "
       "nickName 1",
       "... reading does not even note it");
    is_int(place_insert(&two, place_record("User", 4)), SCIM_STORED, "a record is written");
    is(usable(&two), "ynn", "... it still has to be filled");
    is_fine(two.provider->transact(two.directory, 1, complete_work, NULL, pool),
            "it is filled");
    is(usable(&two), "yyn", "... and can be used");
    is(usable(&one), "ynn", "... by who knows it");
    is(ask(terms_sql), "emails.value=late@x", "... with its terms");

    other = open_place("later", 3);
    is(usable(&other), "yyy", "a directory that is made later has all");

    none = open_place("indexes", 0);
    is(usable(&none), "nnn", "who reads without indexes");
    is(usable(&two), "yyn", "... does no harm");
    is_int(place_insert(&none, place_record("User", 5)), SCIM_STORED, "who writes without");
    is(usable(&two), "nnn", "... ends what was complete");
    is_int(place_insert(&two, place_record("User", 6)), SCIM_STORED, "what comes later");
    is(usable(&two), "nnn", "... does not mend that");
    is(usable(&other), "yyy", "other directories are not affected");
}

#define MANY 40

/* An index that is completed behind the back of a writer who does not know it, but many others.
 */
static void test_surplus(void)
{
    static scim_indexed_attribute_t many[MANY];
    place_t knows = {&scim_store_provider, NULL, pool}, all = knows;
    int i;

    for (i = 0; i < MANY; i++) {
        many[i].type = "User";
        many[i].attribute = apr_psprintf(pool, "attribute%d", i);
    }
    scim_store_open(&knows.directory, "surplus", place_source(file, pool), many, MANY - 1,
                    pool);
    scim_store_open(&all.directory, "surplus", place_source(file, pool), many, MANY, pool);
    is_int(place_insert(&knows, place_record("User", 20)), SCIM_STORED, "many indexes");
    is_int(place_insert(&all, place_record("User", 21)), SCIM_STORED, "one more");
    raw_run_on(file, "UPDATE scim_indexes SET complete = 1 WHERE attribute = 'attribute39'");
    is_int(place_insert(&all, place_record("User", 22)), SCIM_STORED, "who knows all of them");
    is(ask("SELECT attribute FROM scim_indexes WHERE attribute LIKE 'attribute%' AND complete "
           "= 0"),
       "", "... leaves them complete");
    is_int(place_insert(&knows, place_record("User", 23)), SCIM_STORED, "who lacks one");
    is(ask("SELECT attribute FROM scim_indexes WHERE attribute LIKE 'attribute%' AND complete "
           "= 0"),
       "attribute39", "... ends that one alone");
}

int main(void)
{
    place_t place;

    pool = tap_start();
    file = place_file("terms.db");
    place = open_place("terms", 2);
    /* The first write is preceded by a look at the indexes. */
    place_insert(&place, place_record("Device", 9));
    test_writing(&place);
    test_many_terms(&place);
    test_completeness();
    test_surplus();
    return tap_done();
}
