/*
 * json_scan.h - the short way from text to JSON values, for what is usual; json.c alone uses
 * it.
 */
#ifndef SCIM_CORE_JSON_SCAN_H
#define SCIM_CORE_JSON_SCAN_H

#include <apr.h>
#include <jansson.h>

/*
 * What json_loadb() with JSON_REJECT_DUPLICATES and JSON_DECODE_ANY makes of the text, which is
 * UTF-8 without U+0000, in less time; a new reference. NULL for text that is not JSON or goes
 * beyond a limit, and for some that is JSON (a fraction, a long number, an escape in a name):
 * jansson is then to be asked, and says what is wrong.
 */
json_t *scim_json_scan(const char *text, apr_size_t length);

#endif
