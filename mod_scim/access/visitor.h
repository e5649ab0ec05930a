/*
 * visitor.h - the person of a request: who the login module says that it is (r->user), as the
 * directory knows them at this moment.
 *
 * Each request asks the directory anew; what belongs to it (sub-requests, internal redirects)
 * uses what it has read.
 */
#ifndef SCIM_ACCESS_VISITOR_H
#define SCIM_ACCESS_VISITOR_H

#include "httpd/config.h"
#include "service/person.h"

typedef struct scim_visitor_t {
    scim_person_t person;
    const scim_login_t *login;
    scim_call_t call;    /* for further questions about the person */
    scim_error_t *error; /* the directory could not be asked; NULL: it was */
} scim_visitor_t;

/*
 * r->user, when it is proved; else NULL. Login modules set it before they look at the password,
 * and httpd hands it on to the ErrorDocument for the refusal that follows.
 */
const char *scim_visitor_name(request_rec *r);

/* A hook of check_authz, which comes when the login module is content: notes that r->user is
   proved. The guard calls it again, since some names need no login module. */
int scim_visitor_admit(request_rec *r);

/*
 * The visitor of the request, which has a user; with ScimLoginTime, whose session is asked
 * about, too. Never NULL: with an `error` nothing is known, and the log has been told why.
 */
scim_visitor_t *scim_visitor_of(request_rec *r);

/* The same for somebody who says that they are called so, who is not remembered. */
void scim_visitor_find(scim_visitor_t *visitor, const char *name, request_rec *r);

/* Tells the log that the directory could not be asked. */
void scim_visitor_report(const scim_error_t *error, request_rec *r);

#endif
