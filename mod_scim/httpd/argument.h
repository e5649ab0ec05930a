/*
 * argument.h - reading the arguments of directives.
 *
 * All setters read with these, so that everything wrong is refused in one form: the directive,
 * the bad value, what is allowed. They return NULL or that sentence.
 */
#ifndef SCIM_HTTPD_ARGUMENT_H
#define SCIM_HTTPD_ARGUMENT_H

#include "httpd/module.h"

/* Returns from a setter with the sentence of `call`, if it has one. */
#define SCIM_REFUSE(call)                                                                      \
    do {                                                                                       \
        const char *refusal_ = (call);                                                         \
        if (refusal_) {                                                                        \
            return refusal_;                                                                   \
        }                                                                                      \
    } while (0)

/* A word and what it means; a table of them ends with a NULL word. */
typedef struct scim_choice_t {
    const char *word;
    int value;
} scim_choice_t;

/* "Directive: " and the formatted rest. */
const char *scim_argument_wrong(cmd_parms *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One of some words, in any case. */
const char *scim_argument_choice(int *value, const char *arg, const scim_choice_t *choices,
                                 cmd_parms *cmd);

/* A whole number in decimal digits, from `min` to `max`. */
const char *scim_argument_number(apr_int64_t *value, const char *arg, apr_int64_t min,
                                 apr_int64_t max, cmd_parms *cmd);

/* An absolute http or https URL; *url is it without slashes at its end. */
const char *scim_argument_url(const char **url, const char *arg, cmd_parms *cmd);

/*
 * 1 when `text` is 1 to `max` ASCII letters, digits, '.', '_' and '-', a letter or digit first.
 * Says nothing itself: a label may turn out to be a secret in the wrong place.
 */
int scim_argument_is_name(const char *text, apr_size_t max);

/* 1 when `text` is 1 to `max` bytes of UTF-8 without control characters. */
int scim_argument_is_text(const char *text, apr_size_t max);

/* The name of a directory, and of its provider; *provider may be NULL and becomes the default.
 */
const char *scim_argument_directory(const char *name, const char **provider, cmd_parms *cmd);

/*
 * The arguments of a RAW_ARGS directive, of const char *. Unlike httpd's own splitting it
 * neither drops "" at the end nor what follows the 64th argument.
 */
apr_array_header_t *scim_argument_words(const char *args, cmd_parms *cmd);

#endif
