/*
 * membership.h - what a resource shows of memberships: a group's `members`, a person's
 * `groups`.
 *
 * Both are kept apart from documents, as pairs of ids, and are read only when a view or a
 * filter wants them. A long list of members is never whole in memory: what does not fit into a
 * first batch is read while the reply is sent, batch by batch, each in a unit of work of its
 * own.
 */
#ifndef SCIM_SERVICE_MEMBERSHIP_H
#define SCIM_SERVICE_MEMBERSHIP_H

#include "service/call.h"

/* The attribute of the type that shows memberships; NULL: it has none. */
const scim_attribute_t *scim_membership_attribute(const scim_resource_type_t *type);

/* A record, and the view of it that is asked for. */
typedef struct scim_shown_t {
    const scim_record_t *record;
    const scim_projection_t *projection;
    const scim_call_t *call; /* about the record's type alone */
} scim_shown_t;

/* The groups of a person as a view shows them: the elements of the list; "" without any. */
typedef struct scim_groups_t {
    const char *text;
    apr_size_t length;
} scim_groups_t;

/* Receives those of the record at this place; `scratch` is cleared before the next. When
 *enough is set, no further ones come. */
typedef scim_error_t *(*scim_groups_fn)(void *baton, int place, const scim_groups_t *groups,
                                        int *enough, apr_pool_t *scratch);

/* 1 when the view has groups, so that they have to be read. */
int scim_membership_shows_groups(const scim_shown_t *shown);

/*
 * Reads the groups of all these people at once, and hands them out one after the other, as
 * they are in `shown`; of those that show none, too. What has the same call has the same
 * projection. `session` is of the unit of work that read or wrote the records.
 */
scim_error_t *scim_membership_groups(scim_session_t *session, const scim_shown_t *shown,
                                     int count, scim_groups_fn each, void *baton,
                                     apr_pool_t *pool);

/*
 * Appends ,"members":[...] or ,"groups":[...] to the text of an object, if the record has some
 * and the projection lets them through. `digest` becomes that of the groups that are shown, for
 * the view's entity-tag, since they change without the person; "" when there are none. A
 * group's members are not in it: they change the group. `groups` are the person's; NULL: they
 * are read now. `session` is of the unit of work that read or wrote the record; NULL: it is
 * stored nowhere and has none. `pool` is for the work.
 */
scim_error_t *scim_membership_write(scim_buffer_t *out, char digest[SCIM_ETAG_DIGEST],
                                    scim_session_t *session, const scim_shown_t *shown,
                                    const scim_groups_t *groups, apr_pool_t *pool);

/* The digest alone. */
scim_error_t *scim_membership_digest(char digest[SCIM_ETAG_DIGEST], scim_session_t *session,
                                     const scim_shown_t *shown, apr_pool_t *pool);

/*
 * Sets the attribute in `resource`, which is the record's, to the first memberships of the
 * record, `most` at most; *count is how many there were.
 */
scim_error_t *scim_membership_load(json_t *resource, apr_int64_t *count,
                                   scim_session_t *session, const scim_record_t *record,
                                   const scim_resource_type_t *type, apr_int64_t most,
                                   const scim_call_t *call, apr_pool_t *pool);

/* A member as an element of `members`, for filters; of a person's groups likewise. */
json_t *scim_membership_element(const scim_member_t *member, const scim_attribute_t *attribute,
                                const scim_call_t *call, apr_pool_t *pool);

#endif
