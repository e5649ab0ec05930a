/*
 * json_print.h - JSON values as compact text; json.c alone uses it.
 */
#ifndef SCIM_CORE_JSON_PRINT_H
#define SCIM_CORE_JSON_PRINT_H

#include <apr.h>
#include <jansson.h>

/*
 * Writes what json_dumpb() with JSON_COMPACT and JSON_ENCODE_ANY does, in less time: it does
 * not look for circles, so `value` must have none. Returns how long the text is; what is in
 * `buffer` is of use only if it has room for all of it. No NUL is put behind.
 */
apr_size_t scim_json_print(const json_t *value, char *buffer, apr_size_t room);

#endif
