/*
 * secret.h - secrets in directives: where they may come from, and that they do not stay.
 */
#ifndef SCIM_HTTPD_SECRET_H
#define SCIM_HTTPD_SECRET_H

#include "httpd/module.h"

/*
 * The SHA-256 of a secret given in one of these forms:
 *   sha256:HEX      the digest itself, 64 hexadecimal digits
 *   file:PATH       first line of a file, read as the user that starts httpd; the path is
 * relative to ServerRoot. Refused when others than its owner or group may write it; a warning
 *                   is logged when others may read it
 *   env:NAME        an environment variable of the httpd that reads its configuration
 *   exec:CMD ARGS   first line that a command prints; the path is relative to ServerRoot, no
 * shell is involved. Refused when the command does not end with status 0 What a file, variable
 * or command gives may be sha256:HEX too. Returns NULL, or a sentence that never holds the
 * secret itself. A token shorter than 16 or longer than 1024 characters, with characters a
 * bearer token cannot have (RFC 6750 2.1 b64token), or in no known form is refused. Copies in
 * memory are overwritten.
 */
const char *scim_secret_digest(unsigned char digest[32], const char *secret, cmd_parms *cmd);

#endif
