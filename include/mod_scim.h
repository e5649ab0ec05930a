/*
 * mod_scim.h - the public header of mod_scim.
 *
 * A module that wants to keep SCIM resources in a store of its own needs this
 * header alone. It fills in a scim_directory_provider_t and registers it:
 *
 *     ap_register_provider(pool, SCIM_PROVIDER_GROUP, "mystore",
 *                          SCIM_PROVIDER_VERSION, &my_provider);
 *
 * from then on `ScimDirectory staff mystore` selects it. mod_scim does all that
 * SCIM asks for (validation, PATCH, projection, policy); a provider only keeps
 * records, finds them again, and decides conflicts.
 *
 * The header sits below every layer of the module: it includes APR and nothing
 * of ours, so the core's error type and the store's record have one definition.
 */
#ifndef MOD_SCIM_H
#define MOD_SCIM_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ------------------------------------------------------------ */

/*
 * Why something could not be done. Functions that can fail return a
 * scim_error_t *, NULL being success; results come by out-parameter and are
 * set only on success. An error lives in the pool of the call that made it.
 */
typedef struct scim_error_t {
    int status;         /* the HTTP status to answer with (RFC 7644 3.12) */
    const char *type;   /* a scimType keyword of RFC 7644 table 9, or NULL */
    const char *detail; /* for the client: no SQL, no file names, no secrets */
    const char *cause;  /* for the error log alone, or NULL */
} scim_error_t;

/* Returns from the calling function with the error of `call`, if it has one. */
#define SCIM_TRY(call)                                                                         \
    do {                                                                                       \
        scim_error_t *scim_try_ = (call);                                                      \
        if (scim_try_) {                                                                       \
            return scim_try_;                                                                  \
        }                                                                                      \
    } while (0)

/* ---- records ----------------------------------------------------------- */

/* The length of a resource id: a UUID in its lower-case text form. */
#define SCIM_ID_LENGTH 36

/*
 * One value of an indexed attribute. Keys compare byte by byte as the attribute's values do:
 * text that is not caseExact is folded, dateTimes and numbers are written so that their order
 * is that of their text. Longer ones are cut behind a character, which leaves SCIM_MAX_KEY - 3
 * to SCIM_MAX_KEY bytes, so equal keys of that length do not prove equal values.
 */
typedef struct scim_term_t {
    const char *attribute; /* in full notation: "emails.value" */
    const char *key;
} scim_term_t;

/* The longest key of a term, of a sort order, of a name. */
#define SCIM_MAX_KEY 512

/* An attribute that is indexed: all records of the type are written with its terms. */
typedef struct scim_indexed_attribute_t {
    const char *type;      /* a resource type's name */
    const char *attribute; /* in full notation, as in the terms */
    int single;            /* a record has one term of it at most, and that is its key in an
                              order by the attribute */
} scim_indexed_attribute_t;

/*
 * A resource as a store sees it. The columns exist so that a store can index
 * them; `document` is opaque to it. All strings are UTF-8 and NUL-terminated.
 * Keys ending in `_key` are folded already (Unicode NFKC case folding): a store
 * compares them byte by byte and never folds, trims or collates.
 */
typedef struct scim_record_t {
    const char *type;        /* the resource type's name: "User", "Group" */
    const char *id;          /* SCIM_ID_LENGTH characters, unique over all */
    const char *local_name;  /* User: the name access control compares with; else NULL */
    const char *local_key;   /* folded local_name, or a group's folded displayName;
                                NULL for resources without a name. Unique in (directory,
                                type) */
    const char *wire_key;    /* User: the folded userName as the client sent it */
    const char *external_id; /* externalId, or NULL; compared exactly, not unique. This and the
                                keys are SCIM_MAX_KEY bytes at most */
    int active;              /* 0 or 1; 1 for types without the attribute */
    int deleted;             /* 1: deleted by deactivation, hidden from SCIM clients
                                but still holding its name (ScimDeleteUsers disable) */
    apr_int64_t version;     /* 1 when created, one more with each change */
    apr_time_t created;      /* microseconds since the epoch */
    apr_time_t modified;
    const char *password;  /* a hash that apr_password_validate() reads, or NULL */
    apr_int64_t grouped;   /* in what is read: what groups_of calls it when it may be a member
                              of some group; 0: it is not */
    const char *display;   /* how members of a group are shown: displayName, or userName */
    apr_time_t not_before; /* when it last became active again, or was no longer deleted; 0:
                              never. A store sees to it with each update, by `modified`, and
                              keeps what it is given with an insert */
    const scim_term_t *terms; /* what may be found by an index: set for insert and update, which
                                 replaces all terms of the record; not set in what is read */
    int term_count;
    const char *document; /* canonical JSON object without id, meta, groups,
                             members and password; at most SCIM_MAX_DOCUMENT bytes */
    apr_size_t document_length;
} scim_record_t;

/* The longest document a provider has to keep, in bytes: MariaDB's driver brings no longer text
   back. */
#define SCIM_MAX_DOCUMENT (1024 * 1024 - 2)

/* A provider's connection inside one unit of work; each provider defines its own. */
typedef struct scim_session_t scim_session_t;

/* ---- queries ----------------------------------------------------------- */

/* A parsed filter (RFC 7644 3.4.2.2). Opaque here; mod_scim/core/filter.h. */
typedef struct scim_filter_t scim_filter_t;

/* The records of one type that a query asks for: all of them, or those that match. */
typedef struct scim_query_part_t {
    const char *type;
    const scim_filter_t *filter; /* NULL: every record of the type */
} scim_query_part_t;

/*
 * The order of a list. `key` says what a record is sorted by, in the form of a term's key;
 * NULL: the record has no value, and comes last when ascending, first when descending (RFC
 * 7644 3.4.2.3). Equal keys are ordered by id, in the same direction.
 *
 * What has a column is sorted by that in a store, so `key` has to say the same: externalId is
 * external_id, userName of a User wire_key, displayName of a Group local_key, and meta.created
 * and meta.lastModified are `created` and `modified` to the microsecond, as the key of a
 * dateTime.
 */
typedef struct scim_order_t {
    const char *attribute; /* in full notation, for a store that has an index for it */
    int descending;
    scim_error_t *(*key)(const char **key, void *baton, const scim_record_t *record,
                         apr_pool_t *scratch);
} scim_order_t;

/* A place between records, for walking through a list that changes (RFC 9865). */
typedef struct scim_position_t {
    const char *key; /* the record's key in the query's order; NULL without order or value */
    const char *id;
} scim_position_t;

/*
 * A question for a list of records. The records that answer it are those of one of the parts,
 * not `deleted`, for which `matches` says yes. A provider may use the parts' filters to find
 * candidates sooner, but `matches` is the meaning of the filter; for a part without filter it
 * need not be called. Results come in the given order, by id (which is by creation) when there
 * is none. No two parts have the same type.
 */
typedef struct scim_query_t {
    const scim_query_part_t *parts;
    int part_count;
    const scim_order_t *order; /* NULL: by id, ascending */
    scim_error_t *(*matches)(int *yes, void *baton, scim_session_t *session,
                             const scim_record_t *record, apr_pool_t *scratch);
    /*
     * Says before a record is copied or asked about whether it matches: 1 yes, 0 no, -1 that is
     * for `matches` to say. Looks at type, id, local_key, version, created, modified and the
     * document; no more than these need be set. NULL: it would never know.
     */
    scim_error_t *(*sift)(int *verdict, void *baton, const scim_record_t *record,
                          apr_pool_t *scratch);
    void *baton;                  /* for `matches`, `sift` and order->key */
    apr_int64_t offset;           /* how many matching records to skip, >= 0: of those behind
                                     `after`, or, from the end, of those in front of `before` */
    const scim_position_t *after; /* only records behind this place; or NULL */
    const scim_position_t
        *before;          /* only those in front of it, the last `count` of them; or NULL */
    apr_int64_t count;    /* how many to hand out at most; 0: only the total is wanted */
    apr_int64_t max_scan; /* how many records `matches`, `sift` and `key` may be asked about;
                             past that the answer is 400 tooMany */
    int with_deleted;     /* 1: those that are `deleted` answer it, too */
    int brief; /* 1: what is handed out may lack what clients do not see: it has type, id,
           version, created, modified, grouped, document and document_length */
} scim_query_t;

/*
 * Receives one record of a list. The record lives in `scratch`, which is
 * cleared before the next one: copy what is to be kept.
 */
typedef scim_error_t *(*scim_record_fn)(void *baton, const scim_record_t *record,
                                        apr_pool_t *scratch);

/* ---- membership -------------------------------------------------------- */

/*
 * A member of a group, or a group that somebody is in. Membership is kept apart from documents,
 * as pairs of ids; it ends for good when either of the two records is removed or hidden
 * (`deleted`): who comes back is a member of nothing. A group has another version after one of
 * its members was removed or hidden, or has another `display`.
 */
typedef struct scim_member_t {
    const char *id;
    const char *type;    /* "User", "Group" */
    const char *display; /* scim_record_t.display, or NULL */
    int indirect;        /* of groups_of: the person is in it by way of another group */
    int person;          /* ... and is the one at this place of those that were asked about */
} scim_member_t;

/* Receives one of them; it lives in `scratch`, which is cleared before the next one. */
typedef scim_error_t *(*scim_member_fn)(void *baton, const scim_member_t *member,
                                        apr_pool_t *scratch);

/* ---- providers --------------------------------------------------------- */

#define SCIM_PROVIDER_GROUP "scim-directory"
#define SCIM_PROVIDER_VERSION "0"

/*
 * What a unit of work does. It may run a second time from its beginning when
 * the first run was rolled back (a connection was lost, a lock was not to be
 * had), so it must not have effects outside of the session and its own results.
 */
typedef scim_error_t *(*scim_work_fn)(scim_session_t *session, void *baton, apr_pool_t *pool);

/* How a write ended; anything else is an error. */
typedef enum scim_outcome_t {
    SCIM_STORED, /* done */
    SCIM_TAKEN,  /* not done: another record has the unique key or the id */
    SCIM_STALE,  /* not done: the record's version is not the expected one */
    SCIM_ABSENT  /* not done: there is no such record */
} scim_outcome_t;

/* Which unique or indexed key scim_directory_provider_t.find looks under. */
typedef enum scim_key_t {
    SCIM_KEY_LOCAL,      /* local_key */
    SCIM_KEY_EXTERNAL_ID /* external_id; the oldest record when several have it */
} scim_key_t;

/*
 * A store. All functions may be called from many threads and processes at once.
 * `directory` is what `open` returned. Nothing of one directory is ever visible
 * in another, whatever ids are asked for.
 *
 * Errors: a store that cannot be reached, is full, read-only or locked for too
 * long answers 503 and says why in `cause`; it recovers without a restart.
 */
typedef struct scim_directory_provider_t {
    /*
     * Opens directory `name`. Called once for each directory and server while
     * httpd starts, before it forks and while it may still be root, so it must
     * not create files or connect; `server` is the server_rec. `pool` lives until
     * the next restart, and so do the `count` attributes of `indexed`; terms of others
     * are not kept.
     */
    scim_error_t *(*open)(void **directory, const char *name,
                          const scim_indexed_attribute_t *indexed, int count, void *server,
                          apr_pool_t *pool);

    /*
     * Runs `work` as one unit: everything it wrote is durable when this returns
     * NULL, nothing of it is kept when this returns an error (its own or one of
     * `work`). `writes` is 0 for work that only reads and sees one consistent state, and
     * otherwise about how many resources it writes.
     */
    scim_error_t *(*transact)(void *directory, int writes, scim_work_fn work, void *baton,
                              apr_pool_t *pool);

    /*
     * The record with this type and id, deleted ones included; *record is NULL when
     * there is none. The record lives in `pool`.
     */
    scim_error_t *(*get)(scim_session_t *session, const char *type, const char *id,
                         scim_record_t **record, apr_pool_t *pool);

    /* As get, by a key. */
    scim_error_t *(*find)(scim_session_t *session, const char *type, scim_key_t key,
                          const char *value, scim_record_t **record, apr_pool_t *pool);

    /*
     * Hands the records of the page to `each` and sets *total to the number of all
     * records that answer the query, whatever the page.
     */
    scim_error_t *(*list)(scim_session_t *session, const scim_query_t *query,
                          scim_record_fn each, void *baton, apr_int64_t *total,
                          apr_pool_t *pool);

    /* Stores a new record. SCIM_STORED or SCIM_TAKEN. */
    scim_error_t *(*insert)(scim_session_t *session, const scim_record_t *record,
                            scim_outcome_t *outcome, apr_pool_t *pool);

    /*
     * Replaces the record of the same type and id, if its version still is
     * `expected`. `created` is not changed. Any outcome.
     */
    scim_error_t *(*update)(scim_session_t *session, const scim_record_t *record,
                            apr_int64_t expected, scim_outcome_t *outcome, apr_pool_t *pool);

    /* Removes a record, if its version still is `expected`. STORED, STALE or ABSENT. */
    scim_error_t *(*remove)(scim_session_t *session, const char *type, const char *id,
                            apr_int64_t expected, scim_outcome_t *outcome, apr_pool_t *pool);

    /*
     * Runs `work` inside the session's unit of work so that, when it returns an error, what it
     * wrote is undone and the rest of the unit is not (a savepoint). Returns the error of
     * `work`; an error of the store itself makes the whole unit fail.
     */
    scim_error_t *(*nest)(scim_session_t *session, scim_work_fn work, void *baton,
                          apr_pool_t *pool);

    /*
     * Makes records with these ids members of a group, if they are of one of `types` (names,
     * the last one NULL; NULL: of any). Ids that are members already change nothing; ids that
     * no such record of the directory has (or a deleted one, or the group itself) are pushed on
     * `unknown` (of const char *), if it is not NULL, and skipped. *changed: how
     * many were added. The group's own row is not touched and its other members are not looked
     * at.
     */
    scim_error_t *(*add_members)(scim_session_t *session, const char *group,
                                 const char *const *ids, int count, const char *const *types,
                                 apr_int64_t *changed, apr_array_header_t *unknown,
                                 apr_pool_t *pool);

    /*
     * Before a group that gets members is read in a unit that writes: whoever changes one of
     * these records lets its groups follow, and would wait for the group while the group waits
     * for the record. NULL for a store whose writers queue.
     */
    scim_error_t *(*hold_members)(scim_session_t *session, const char *const *ids, int count,
                                  apr_pool_t *pool);

    /* Ends memberships; ids NULL ends all of the group. *changed: how many were members. */
    scim_error_t *(*remove_members)(scim_session_t *session, const char *group,
                                    const char *const *ids, int count, apr_int64_t *changed,
                                    apr_pool_t *pool);

    /*
     * Hands out the direct members of a group in the order of their ids: those behind the id
     * `after` (NULL: from the first), `count` at most.
     */
    scim_error_t *(*members)(scim_session_t *session, const char *group, const char *after,
                             apr_int64_t count, scim_member_fn each, void *baton,
                             apr_pool_t *pool);

    /*
     * The groups that have these members (scim_record_t.grouped), directly or through other
     * groups. One member's come after the other's, as they are in `members`; each once, in the
     * order of their ids; direct membership wins. A group that is inside of itself is not told
     * so. `each` may ask for other things meanwhile.
     */
    scim_error_t *(*groups_of)(scim_session_t *session, const apr_int64_t *members, int count,
                               scim_member_fn each, void *baton, apr_pool_t *pool);

    /* 1 in *yes when `member` is a direct member of `group`, and not hidden: one look-up. */
    scim_error_t *(*is_member)(int *yes, scim_session_t *session, const char *group,
                               const char *member, apr_pool_t *pool);

    /*
     * A new version and modification time for a record whose members changed, without writing
     * the rest; *version: the new one. Outcome STORED or ABSENT.
     */
    scim_error_t *(*touch)(scim_session_t *session, const char *type, const char *id,
                           apr_time_t modified, apr_int64_t *version, scim_outcome_t *outcome,
                           apr_pool_t *pool);

    /*
     * The directory's own random bytes, the same for all servers that share it: made once, kept
     * with the data. For signing cursors.
     */
    scim_error_t *(*secret)(scim_session_t *session, unsigned char bytes[32], apr_pool_t *pool);
} scim_directory_provider_t;

#ifdef __cplusplus
}
#endif

#endif
