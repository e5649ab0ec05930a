#include "service/cursor.h"

#include <pthread.h>
#include <string.h>

#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "core/error.h"
#include "core/limits.h"

#define NONCE 12
#define TAG 16
#define OVERHEAD (NONCE + TAG)

/* What the key is for; another form of cursor would have another. */
#define PURPOSE "mod_scim cursor 1"

static scim_error_t *invalid(apr_pool_t *pool)
{
    return scim_error_bad(pool, SCIM_INVALID_CURSOR,
                          "The cursor is none that was given out for this query; an empty one "
                          "begins with the first page.");
}

/* ---- letters -------------------------------------------------------------- */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* Base64 with the alphabet of RFC 4648 5, without padding. */
static const char *encode(const unsigned char *bytes, int length, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, (apr_size_t)(length + 2) / 3 * 4 + 1), *at;

    EVP_EncodeBlock((unsigned char *)text, bytes, length);
    for (at = text; *at && *at != '='; at++) {
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    }
    *at = '\0';
    return text;
}

/* NULL for what encode() does not make. *length: of the bytes. */
static const unsigned char *decode(const char *text, int *length, apr_pool_t *pool)
{
    apr_size_t given = strlen(text), padded = (given + 3) / 4 * 4, i;
    char *padding = apr_palloc(pool, padded + 1);
    unsigned char *bytes = apr_palloc(pool, padded / 4 * 3 + 1);

    if (strspn(text, LETTERS) != given || given % 4 == 1) {
        return NULL;
    }
    for (i = 0; i < padded; i++) {
        char c = i < given ? text[i] : '=';

        padding[i] = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
    }
    padding[padded] = '\0';
    if (EVP_DecodeBlock(bytes, (const unsigned char *)padding, (int)padded) < 0) {
        return NULL;
    }
    *length = (int)(given * 3 / 4);
    /* The last letter may have bits of no meaning, which EVP_DecodeBlock() does not look at. */
    return strcmp(encode(bytes, *length, pool), text) == 0 ? bytes : NULL;
}

/* ---- sealing -------------------------------------------------------------- */

/* OpenSSL looks a cipher up, among the providers that are loaded, each time that it is asked
   for one by its old name. */
static const EVP_CIPHER *cipher;

static void find_cipher(void)
{
    cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static const EVP_CIPHER *aes_256_gcm(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, find_cipher);
    return cipher ? cipher : EVP_aes_256_gcm();
}

/* One direction of AES-256-GCM, `tag` being made or compared. 0 when it fails. */
static int transform(int sealing, unsigned char *out, const unsigned char *in, int length,
                     unsigned char *tag, const unsigned char *nonce, const char *query,
                     const unsigned char key[SCIM_CURSOR_KEY])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0, fine;

    fine = context && EVP_CipherInit_ex(context, aes_256_gcm(), NULL, key, nonce, sealing)
           && EVP_CipherUpdate(context, NULL, &done, (const unsigned char *)query,
                               (int)strlen(query))
           && EVP_CipherUpdate(context, out, &done, in, length)
           && (sealing || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, tag))
           && EVP_CipherFinal_ex(context, out + done, &done)
           && (!sealing || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, tag));
    EVP_CIPHER_CTX_free(context);
    return fine;
}

scim_error_t *scim_cursor_key(unsigned char key[SCIM_CURSOR_KEY],
                              const unsigned char secret[32], apr_pool_t *pool)
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (!HMAC(EVP_sha256(), secret, 32, (const unsigned char *)PURPOSE, strlen(PURPOSE), digest,
              NULL)) {
        return scim_error_because(scim_error_create(pool, 500, NULL, "Cursors cannot be used."),
                                  pool, "OpenSSL has no HMAC with SHA-256");
    }
    memcpy(key, digest, SCIM_CURSOR_KEY);
    OPENSSL_cleanse(digest, sizeof(digest));
    return NULL;
}

scim_error_t *scim_cursor_seal(const char **text, const scim_cursor_t *cursor,
                               const char *query, const unsigned char key[SCIM_CURSOR_KEY],
                               apr_time_t now, apr_pool_t *pool)
{
    const scim_position_t *position = &cursor->position;
    const char *plain = apr_psprintf(
        pool, "%c%" APR_TIME_T_FMT ":%" APR_INT64_T_FMT ":%s%s%s", cursor->backward ? 'b' : 'f',
        now + apr_time_from_sec(SCIM_CURSOR_TIMEOUT), cursor->count,
        position->id ? position->id : "", position->id && position->key ? ":" : "",
        position->id && position->key ? position->key : "");
    int length = (int)strlen(plain);
    unsigned char *sealed = apr_palloc(pool, (apr_size_t)length + OVERHEAD);

    if (RAND_bytes(sealed, NONCE) != 1
        || !transform(1, sealed + NONCE, (const unsigned char *)plain, length,
                      sealed + NONCE + length, sealed, query, key)) {
        return scim_error_because(
            scim_error_create(pool, 500, NULL, "The cursor could not be made."), pool,
            "OpenSSL has no random bytes or no AES-256-GCM");
    }
    *text = encode(sealed, length + OVERHEAD, pool);
    return NULL;
}

/* What was sealed, understood: "f1763760000000000:10:id:key". 0 when it is something else. */
static int parse(scim_cursor_t *cursor, apr_time_t *expires, char *plain)
{
    char *end, *key;

    memset(cursor, 0, sizeof(*cursor));
    cursor->backward = *plain == 'b';
    *expires = apr_strtoi64(plain + 1, &end, 10);
    if (*end != ':') {
        return 0;
    }
    cursor->count = apr_strtoi64(end + 1, &end, 10);
    if (*end != ':') {
        return 0;
    }
    end++;
    if (*end == '\0') {
        return 1;
    }
    cursor->position.id = end;
    key = strchr(end, ':');
    if (key) {
        *key = '\0';
        cursor->position.key = key + 1;
    }
    return 1;
}

scim_error_t *scim_cursor_open(scim_cursor_t *cursor, const char *text, const char *query,
                               const unsigned char key[SCIM_CURSOR_KEY], apr_time_t now,
                               apr_pool_t *pool)
{
    const unsigned char *sealed = NULL;
    unsigned char tag[TAG];
    scim_cursor_t read;
    apr_time_t expires;
    char *plain;
    int length;

    if (strlen(text) <= SCIM_MAX_CURSOR) {
        sealed = decode(text, &length, pool);
    }
    if (sealed == NULL || length <= OVERHEAD) {
        return invalid(pool);
    }
    length -= OVERHEAD;
    plain = apr_pcalloc(pool, (apr_size_t)length + 1);
    memcpy(tag, sealed + NONCE + length, TAG);
    if (!transform(0, (unsigned char *)plain, sealed + NONCE, length, tag, sealed, query, key)
        || !parse(&read, &expires, plain)) {
        return invalid(pool);
    }
    if (now > expires) {
        return scim_error_bad(pool, SCIM_EXPIRED_CURSOR,
                              "The cursor was given out more than %d seconds ago; an empty one "
                              "begins with the first page.",
                              SCIM_CURSOR_TIMEOUT);
    }
    *cursor = read;
    return NULL;
}
