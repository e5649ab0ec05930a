/*
 * person.h - people as access control sees them: who somebody is that has logged in, whether
 * they may still come in, and what they may do by their groups, roles and attributes.
 *
 * Everything is read when it is asked for. Nothing is kept beyond the call.
 */
#ifndef SCIM_SERVICE_PERSON_H
#define SCIM_SERVICE_PERSON_H

#include "service/call.h"

/* What people are known by where they log in. */
typedef enum scim_login_kind_t {
    SCIM_LOGIN_LOCAL_NAME,
    SCIM_LOGIN_ID,
    SCIM_LOGIN_ATTRIBUTE
} scim_login_kind_t;

typedef struct scim_login_t {
    scim_login_kind_t kind;
    const char *attribute; /* of SCIM_LOGIN_ATTRIBUTE: its path, in full notation */
} scim_login_t;

typedef enum scim_standing_t {
    SCIM_STANDING_UNKNOWN,  /* nobody has the name */
    SCIM_STANDING_DOUBTFUL, /* two have it, or one whose name looks like it and is another */
    SCIM_STANDING_INACTIVE, /* or deleted by deactivation */
    SCIM_STANDING_EARLIER,  /* active again, but logged in before that */
    SCIM_STANDING_ACTIVE,
    SCIM_STANDINGS /* how many there are */
} scim_standing_t;

typedef struct scim_person_t {
    scim_standing_t standing;
    const scim_record_t *record;      /* NULL when unknown, or when there are two */
    const apr_array_header_t *groups; /* of scim_member_t; NULL: not read yet */
    json_t *resource;                 /* without them; NULL: not read yet */
} scim_person_t;

/* What the standing is called, for logs: "active". */
const char *scim_standing_name(scim_standing_t standing);

/*
 * Who `call->self` is, in call->pool. Names are compared without regard to case, unless the
 * attribute is caseExact. A name of other letters that merely fold to the same (RFC 8265 calls
 * them confusable: a full-width "a"), or with blanks around it, is doubtful, since the module
 * that has let it in may take it for somebody else; one that is no UTF-8, or longer than
 * SCIM_MAX_KEY bytes, is nobody's.
 */
scim_error_t *scim_person_find(scim_person_t *person, const scim_login_t *login,
                               scim_call_t *call);

/* The groups of somebody who is known, directly or through other groups (RFC 7643 4.1.2); read
   once for each person. */
scim_error_t *scim_person_groups(const apr_array_header_t **groups, scim_person_t *person,
                                 scim_call_t *call);

/* 1 in *yes when they are in the group with this id or displayName, directly or through other
   groups. */
scim_error_t *scim_person_is_in(int *yes, scim_person_t *person, const char *group,
                                scim_call_t *call);

/* 1 in *yes when they match the filter, which scim_filter_parse() has made. */
scim_error_t *scim_person_matches(int *yes, scim_person_t *person, const scim_filter_t *filter,
                                  scim_call_t *call);

/* The values of an attribute, as text (const char *): of a complex one those of its "value".
   None when there are none. */
scim_error_t *scim_person_values(apr_array_header_t **values, scim_person_t *person,
                                 const scim_path_t *path, scim_call_t *call);

#endif
