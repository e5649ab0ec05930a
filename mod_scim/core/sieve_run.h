/*
 * sieve_run.h - the insides of sieve.h: a document while it is looked at.
 *
 * A value is where it begins in the document; NULL is one that is not there.
 */
#ifndef SCIM_CORE_SIEVE_RUN_H
#define SCIM_CORE_SIEVE_RUN_H

#include <apr_hash.h>

#include "core/sieve.h"
#include "core/skim.h"

typedef struct look_t {
    const scim_sieve_t *sieve;
    const scim_record_t *record;
    const char *end;    /* of the document */
    const char **found; /* by slot, where its value begins, or NULL; NULL: not looked for yet */
    int broken;         /* the document is not well-formed */
    apr_hash_t *plain;  /* by const char *: the texts that had to be changed; NULL: none yet */
    apr_pool_t *scratch;
} look_t;

/* One comparison against one attribute. */
typedef struct comparison_t {
    const scim_attribute_t *attribute; /* what is compared; NULL: a whole extension */
    scim_operator_t op;
    const scim_value_t *value;
    look_t *look;
} comparison_t;

/* A walk that begins there. */
scim_skim_t scim_sieve_walk(const look_t *look, const char *value);

/* Keeps in mind how a walk went. */
void scim_sieve_note(look_t *look, const scim_skim_t *skim);

/* Whether the text is this name. Names of documents of our own have no escapes. */
int scim_sieve_is_name(look_t *look, const scim_skim_text_t *text, const char *name,
                       apr_size_t length);

/* The member of an object, or NULL: there is none, or it is no object. */
const char *scim_sieve_member(look_t *look, const char *object, const char *name);

/* A text that stands somewhere. */
int scim_sieve_text_holds(const comparison_t *c, const scim_skim_text_t *text);

/* 1 when the value, or any of its values, holds. */
int scim_sieve_any_holds(const comparison_t *c, const char *value);

/* The same for the member `name` of an object, or of any object of an array. */
int scim_sieve_any_member_holds(const comparison_t *c, const char *value, const char *name);

#endif
