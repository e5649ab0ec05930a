#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <string.h>

#include <apr_escape.h>
#include <apr_lib.h>

#include "core/error.h"
#include "ctl.h"

#define BYTES 32
#define MAX_LABEL 32

/* As ScimBearerToken has it. */
static int is_label(const char *text)
{
    int i;

    for (i = 0; text[i]; i++) {
        if (!apr_isalnum(text[i]) && (i == 0 || !strchr("._-", text[i]))) {
            return 0;
        }
    }
    return i >= 1 && i <= MAX_LABEL;
}

static void explain(const ctl_t *ctl, const char *text)
{
    if (!ctl->options.quiet) {
        ctl_say("%s", text);
    }
}

int ctl_token(ctl_t *ctl)
{
    const char *label = ctl->options.label ? ctl->options.label : "client";
    unsigned char bytes[BYTES], digest[BYTES];
    char token[2 * BYTES + 1], hex[2 * BYTES + 1];
    int fine;

    if (!is_label(label)) {
        return ctl_fail(
            CTL_USAGE,
            "--label: %s is not 1 to %d letters, digits, '.', '_' and '-', a letter "
            "or digit first",
            scim_error_quotes(ctl->pool, label), MAX_LABEL);
    }
    fine = RAND_bytes(bytes, BYTES) == 1;
    apr_escape_hex(token, bytes, BYTES, 0, NULL);
    fine = fine && EVP_Digest(token, 2 * BYTES, digest, NULL, EVP_sha256(), NULL);
    if (!fine) {
        return ctl_fail(CTL_FAILED, "OpenSSL has no random bytes, or no SHA-256");
    }
    apr_escape_hex(hex, digest, BYTES, 0, NULL);
    explain(ctl, "The token, for the client; it is shown only now:");
    ctl_say("%s", token);
    explain(ctl, "The line for httpd's configuration, in the <Location> of the endpoint:");
    ctl_say("ScimBearerToken %s sha256:%s", label, hex);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    OPENSSL_cleanse(token, sizeof(token));
    return CTL_DONE;
}
