/*
 * sieve.h - filters on records as they are stored: on the text of the document and on what the
 * record says besides, without making a resource of it.
 *
 * match.h says what a filter means, and a sieve says the same or that it does not know. It does
 * not know
 * - of memberships, which are in no document, and of what is in them (`hidden`);
 * - of meta.location, and of filters in brackets on meta;
 * - of a document that is not well-formed, as far as it notices.
 * What it does not know in one part of a filter matters only where the other parts leave it
 * open.
 */
#ifndef SCIM_CORE_SIEVE_H
#define SCIM_CORE_SIEVE_H

#include "core/filter.h"

typedef struct scim_sieve_t scim_sieve_t;

/*
 * A sieve for a filter, which it borrows; `hidden` is an attribute that no document has though
 * resources have, or NULL. NULL when it would never know, or when the filter has more
 * than SCIM_MAX_SIEVE_TERMS comparisons: each of them may have to walk through a value, so that
 * reading the document once is no worse then.
 */
const scim_sieve_t *scim_sieve_make(const scim_filter_t *filter, const scim_attribute_t *hidden,
                                    apr_pool_t *pool);

/*
 * 1 when the record matches, 0 when it does not, -1 when that is not known. Of the record it
 * looks at type, id, local_key, version, created, modified and the document.
 */
int scim_sieve_judge(const scim_sieve_t *sieve, const scim_record_t *record,
                     apr_pool_t *scratch);

#endif
