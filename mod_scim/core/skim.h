/*
 * skim.h - walking through JSON text without reading it into memory.
 *
 * For documents of our own, which are well-formed. Of other text nothing is said but that no
 * byte past its end is read, that a walk comes to an end, and that most of what is wrong makes
 * the walk `broken`; what it has told is worth nothing then.
 *
 *     scim_skim_t skim = {text, text + length, 0};
 *
 *     for (more = scim_skim_enter(&skim, '{'); more && scim_skim_member(&skim, &name);) {
 *         ... look at the value at skim.at; then, always: ...
 *         scim_skim_over(&skim);
 *     }
 */
#ifndef SCIM_CORE_SKIM_H
#define SCIM_CORE_SKIM_H

#include "mod_scim.h"

typedef struct scim_skim_t {
    const char *at;
    const char *end;
    int broken;
} scim_skim_t;

/* What stands between the quotes of a string. */
typedef struct scim_skim_text_t {
    const char *at;
    apr_size_t length;
    int escaped; /* there is a backslash in it */
} scim_skim_text_t;

/* The first byte of the value that comes; 0 at the end. */
char scim_skim_first(scim_skim_t *skim);

/* Into an object or array: 1 when the value begins with this bracket. Otherwise it stays. */
int scim_skim_enter(scim_skim_t *skim, char bracket);

/* To the value of the next member of an object; 0: there is none, and the object is left. */
int scim_skim_member(scim_skim_t *skim, scim_skim_text_t *name);

/* To the next value of an array; 0: there is none, and the array is left. */
int scim_skim_element(scim_skim_t *skim);

/* Over the value that comes. */
void scim_skim_over(scim_skim_t *skim);

/* Over a string. */
void scim_skim_text(scim_skim_t *skim, scim_skim_text_t *text);

/*
 * 1 when there is something in the value that is not empty, as `pr` has it: a string of at
 * least one character, a number or a boolean, at any level.
 */
int scim_skim_present(scim_skim_t *skim);

#endif
