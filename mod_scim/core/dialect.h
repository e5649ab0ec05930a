/*
 * dialect.h - what real clients send that the RFCs do not allow, and which client
 * needs it.
 *
 * Every leniency is one bit, one row of the table in dialect.c, and one test. A dialect
 * is a set of leniencies and habits of answering; `strict` has none. Code asks
 * `leniency & SCIM_LENIENT_X` where a rule is bent, nowhere for a client's name.
 */
#ifndef SCIM_CORE_DIALECT_H
#define SCIM_CORE_DIALECT_H

#include <apr_pools.h>

#include "core/json.h"

typedef apr_uint32_t scim_leniency_t;

#define SCIM_LENIENT_URN (1u << 0)        /* obsolete core and enterprise URNs mean today's */
#define SCIM_LENIENT_SCHEMAS (1u << 1)    /* `schemas` missing, incomplete or invented */
#define SCIM_LENIENT_SINGLE (1u << 2)     /* one object or scalar where an array is due */
#define SCIM_LENIENT_BOOLEAN (1u << 3)    /* "True", "false", "1", "0", 1, 0 as booleans */
#define SCIM_LENIENT_NUMBER (1u << 4)     /* "42" as a number; 42 or true as a string */
#define SCIM_LENIENT_BLANK (1u << 5)      /* "" and blanks mean absent; null in PUT too */
#define SCIM_LENIENT_SCALAR (1u << 6)     /* a bare scalar where {"value": ...} is due */
#define SCIM_LENIENT_ALIAS (1u << 7)      /* other names for attributes: managerId */
#define SCIM_LENIENT_OPERATION (1u << 8)  /* PATCH `op` in any case */
#define SCIM_LENIENT_KEYS (1u << 9)       /* dotted and URN keys in path-less PATCH values */
#define SCIM_LENIENT_READ_ONLY (1u << 10) /* id, meta ... in PATCH values are ignored */
#define SCIM_LENIENT_REMOVE_VALUE (1u << 11) /* PATCH remove with a value removes just that */
#define SCIM_LENIENT_ADD_CREATES (1u << 12)  /* PATCH add on an unmatched value path creates */
#define SCIM_LENIENT_REPLACE_CREATES (1u << 13) /* ... and replace does too */
#define SCIM_LENIENT_QUERY (1u << 14)           /* stray & and ?, unknown query parameters */
#define SCIM_LENIENT_PRIMARY (1u << 15)         /* several primary values: the first stays */
#define SCIM_LENIENT_STRANGERS (1u << 16)       /* members that nobody knows are left out */
#define SCIM_LENIENT_MEMBERS (1u << 17)         /* PATCH of a group in the form of SCIM 1.1 */
#define SCIM_LENIENT_PATHS (1u << 18)  /* PATCH paths of unknown attributes are left out */
#define SCIM_LENIENT_HOLLOW (1u << 19) /* PATCH takes away what is but labels afterwards */

typedef struct scim_leniency_row_t {
    scim_leniency_t bit;
    const char *name;    /* for the manual and the log */
    const char *clients; /* who needs it */
    const char *what;    /* a sentence */
} scim_leniency_row_t;

/* All leniencies, in bit order; ends with bit 0. */
extern const scim_leniency_row_t scim_leniencies[];

typedef struct scim_dialect_t {
    const char *name; /* as in ScimDialect */
    scim_leniency_t leniency;
    int plain_json; /* answers application/json when no Accept says otherwise */
} scim_dialect_t;

/*
 * The dialect of this name (any case), or NULL; `auto` is lenient with everything but
 * SCIM_LENIENT_REPLACE_CREATES, which is for a client that is known to be Entra. All but
 * `strict` have what any client may send; see docs/clients.md.
 */
const scim_dialect_t *scim_dialect_find(const char *name);

/* All names, for error texts: "auto, onelogin, okta, entra, strict". */
const char *scim_dialect_names(apr_pool_t *pool);

/* What a request says of its client before its body is read; NULL is what was not sent. */
typedef struct scim_traits_t {
    const char *user_agent;
    const char *accept;
    const char *query; /* the query string as sent */
} scim_traits_t;

/*
 * The dialect that `configured` comes to for one request: itself, or for `auto` the client
 * recognised by what it sent. OneLogin sends an empty or no User-Agent and no Accept; Okta
 * names itself; Entra may have its flag aadOptscim062020 in the query. Not recognised: `auto`.
 * A client recognised so has its own name and habits of answering, but all leniencies of
 * `auto` at least: this does not prove who it is.
 */
const scim_dialect_t *scim_dialect_recognise(const scim_dialect_t *configured,
                                             const scim_traits_t *traits);

/*
 * The same once there is a body: `recognised`, or Entra for what nobody else sends, its own
 * schema of groups and the op of a PATCH with a capital. `body` may be NULL.
 */
const scim_dialect_t *scim_dialect_hear(const scim_dialect_t *configured,
                                        const scim_dialect_t *recognised, const json_t *body);

/* 1 when an op is spelt as Entra does: Add, Remove, Replace. */
int scim_dialect_capitalised(const char *op);

#endif
