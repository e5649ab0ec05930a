#include "service/cursor.h"

#include "core/limits.h"
#include "tap.h"

static apr_pool_t *pool;

static const unsigned char secret[32] = "of this directory, 32 bytes long";
static const unsigned char other_secret[32] = "of another directory; as long is";
static const apr_time_t now = APR_INT64_C(1763760000000000);
static const char query[] = "staff\nUser\nUser\nactive eq true\n";

#define ID "0190b0e0-0000-7000-8000-000000000000"

static const char *seal(const scim_cursor_t *cursor)
{
    const char *text = NULL;

    if (!is_fine(scim_cursor_seal(&text, cursor, query, secret, now, pool), "sealed")) {
        exit(1);
    }
    return text;
}

static scim_error_t *open_text(const char *text)
{
    scim_cursor_t cursor;

    return scim_cursor_open(&cursor, text, query, secret, now, pool);
}

static void goes_through(const scim_cursor_t *cursor, const char *name)
{
    const char *text = seal(cursor);
    scim_cursor_t read;
    apr_size_t length = strlen(text);

    ok(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
           == length,
       "%s: unreserved characters of RFC 3986", name);
    if (!is_fine(scim_cursor_open(&read, text, query, secret, now, pool), name)) {
        return;
    }
    is_int(read.backward, cursor->backward, "direction");
    is_int(read.count, cursor->count, "count");
    is(read.position.id, cursor->position.id, "id");
    is(read.position.key, cursor->position.key, "key");
}

static void round_trips(void)
{
    static const scim_cursor_t cursors[] = {
        {0, {NULL, ID}, 10},
        {1, {NULL, ID}, -1},
        {0, {"lovelace", ID}, 10},
        {0, {"", ID}, 10},
        {0, {":", ID}, 10},
        {1, {"a:b\nc \xc3\xa9", ID}, APR_INT64_C(9223372036854775807)},
        {0, {NULL, NULL}, 10},
        {1, {NULL, NULL}, 10},
    };
    scim_cursor_t longest = {0, {NULL, ID}, 10};
    char *key = apr_palloc(pool, SCIM_MAX_KEY + 1);
    unsigned int i;

    for (i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
        goes_through(&cursors[i], apr_psprintf(pool, "cursor %u", i));
    }
    memset(key, 'x', SCIM_MAX_KEY);
    key[SCIM_MAX_KEY] = '\0';
    longest.position.key = key;
    goes_through(&longest, "the longest key");
    ok(strlen(seal(&longest)) < 1000, "is a cursor that fits into a request line");
    for (i = 0; i < 40; i++) {
        key[i] = '\0';
        longest.position.key = key;
        is_fine(open_text(seal(&longest)), apr_psprintf(pool, "a key of %u bytes", i));
        key[i] = 'x';
    }
}

static void reveals_nothing(void)
{
    scim_cursor_t cursor = {0, {"lovelace", ID}, 10};
    const char *first = seal(&cursor), *second = seal(&cursor);

    ok(strcmp(first, second) != 0, "the same place twice gives two cursors");
    ok(strncmp(first, second, 12) != 0, "that have no start in common");
    ok(strstr(first, "bG92ZWxhY2") == NULL && strstr(first, "lovelace") == NULL,
       "the key is not to be seen");
}

static void forgeries(void)
{
    static const char *const nonsense[] = {
        "x",
        "1",
        "0",
        " ",
        "=",
        "null",
        "AAAA",
        "AAAAA",
        "..",
        "~~~~",
        "+/+/",
        "a b c d",
        "\xc3\xa9",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    scim_cursor_t cursor = {0, {"lovelace", ID}, 10}, read;
    const char *text = seal(&cursor);
    apr_size_t length = strlen(text), i, j;
    int accepted = 0;
    char *huge;

    for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        is_error(open_text(nonsense[i]), 400, "invalidCursor", "none that was given out",
                 nonsense[i]);
    }
    for (i = 0; i < length; i++) {
        accepted += open_text(apr_pstrmemdup(pool, text, i)) == NULL;
        accepted += open_text(text + i + 1) == NULL;
    }
    is_int(accepted, 0, "no cut cursor is taken");
    for (i = 0; i < length; i++) {
        char *changed = apr_pstrdup(pool, text);

        for (j = 0; letters[j]; j++) {
            changed[i] = letters[j];
            accepted += letters[j] != text[i] && open_text(changed) == NULL;
        }
    }
    is_int(accepted, 0, "no cursor with another letter is taken");
    is_error(open_text(apr_pstrcat(pool, text, "A", NULL)), 400, "invalidCursor", NULL,
             "one letter more");
    is_error(open_text(apr_pstrcat(pool, text, "=", NULL)), 400, "invalidCursor", NULL,
             "padding");
    is_error(open_text(apr_pstrcat(pool, " ", text, NULL)), 400, "invalidCursor", NULL,
             "a blank in front");
    is_error(open_text(apr_pstrcat(pool, text, "\n", NULL)), 400, "invalidCursor", NULL,
             "a line behind");
    is_error(scim_cursor_open(&read, text, "staff\nUser\nUser\nactive eq false\n", secret, now,
                              pool),
             400, "invalidCursor", NULL, "another query");
    is_error(scim_cursor_open(&read, text, "", secret, now, pool), 400, "invalidCursor", NULL,
             "no query");
    is_error(scim_cursor_open(&read, text, query, other_secret, now, pool), 400,
             "invalidCursor", NULL, "another directory's secret");
    huge = apr_palloc(pool, SCIM_MAX_CURSOR + 2);
    memset(huge, 'A', SCIM_MAX_CURSOR + 1);
    huge[SCIM_MAX_CURSOR + 1] = '\0';
    is_error(open_text(huge), 400, "invalidCursor", NULL, "too long");
}

static void expiry(void)
{
    const apr_time_t timeout = apr_time_from_sec(SCIM_CURSOR_TIMEOUT);
    scim_cursor_t cursor = {0, {"lovelace", ID}, 10}, read = {.count = 42};
    const char *text = seal(&cursor);

    is_fine(scim_cursor_open(&read, text, query, secret, now + timeout, pool),
            "until the last moment");
    read.count = 42;
    is_error(scim_cursor_open(&read, text, query, secret, now + timeout + 1, pool), 400,
             "expiredCursor", "more than 3600 seconds ago", "and no longer");
    is_int(read.count, 42, "the result is untouched");
    is_fine(scim_cursor_open(&read, text, query, secret, now - timeout, pool),
            "given out by a server whose clock is ahead");
    is_error(scim_cursor_open(&read, text, "another", secret, now + timeout + 1, pool), 400,
             "invalidCursor", NULL, "of another query it is not even known to have expired");
}

int main(void)
{
    pool = tap_start();
    round_trips();
    reveals_nothing();
    forgeries();
    expiry();
    return tap_done();
}
