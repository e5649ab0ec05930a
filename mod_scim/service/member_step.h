/*
 * member_step.h - one step of what is to become of a group's members. For members.c and
 * members_read.c alone.
 */
#ifndef SCIM_SERVICE_MEMBER_STEP_H
#define SCIM_SERVICE_MEMBER_STEP_H

#include "service/members.h"

/* One operation on members. */
typedef struct scim_member_step_t {
    scim_patch_verb_t verb;
    const scim_filter_t *filter;   /* which members are meant; NULL: all */
    const apr_array_header_t *ids; /* of const char *: the value; NULL: none was sent */
    int number;                    /* of the operation in a patch; 0: it is none */
} scim_member_step_t;

struct scim_members_t {
    const scim_attribute_t *attribute; /* `members` */
    scim_leniency_t leniency;
    apr_array_header_t *steps; /* of scim_member_step_t */
};

#endif
