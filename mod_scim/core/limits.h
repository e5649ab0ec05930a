/*
 * limits.h - the bounds of every parser and walk of the core, in one place.
 *
 * They are generous for every known client and small enough that one request
 * cannot keep a server busy. A test stands at each limit and one past it.
 */
#ifndef SCIM_CORE_LIMITS_H
#define SCIM_CORE_LIMITS_H

#define SCIM_MAX_JSON_DEPTH 32         /* nested arrays and objects in a document */
#define SCIM_MAX_JSON_VALUES 600000    /* in a document; no canonical one has so many */
#define SCIM_MAX_FILTER_LENGTH 8192    /* bytes of a filter */
#define SCIM_MAX_FILTER_DEPTH 32       /* nested groups and brackets in a filter */
#define SCIM_MAX_FILTER_TERMS 256      /* comparisons in a filter */
#define SCIM_MAX_SIEVE_TERMS 32        /* comparisons that documents are walked through for */
#define SCIM_MAX_PATH_LENGTH 2048      /* bytes of an attribute path, its filter included */
#define SCIM_MAX_PATCH_OPERATIONS 1000 /* operations in one PATCH */
#define SCIM_MAX_PATCH_WORK                                                                    \
    1000000                          /* elements x terms looked at by all PATCHes of a request \
                                      */
#define SCIM_MAX_BULK_ROUNDS 1048576 /* of bcrypt for the passwords of a bulk request */
#define SCIM_MAX_VALUES 1000         /* values of one multi-valued attribute */
#define SCIM_MAX_CURSOR 65536        /* bytes of a cursor */
#define SCIM_MAX_PROJECTION 256      /* attributes named in attributes/excludedAttributes */
#define SCIM_MAX_ETAGS 64            /* entity-tags in If-Match and If-None-Match */
#define SCIM_MAX_PARAMETERS 64       /* parameters in a query string */
#define SCIM_MAX_ATTRIBUTES 500      /* attributes of one schema, sub-attributes included */
#define SCIM_MAX_NAME_LENGTH 128     /* bytes of an attribute's name */
#define SCIM_MAX_URN_LENGTH 512      /* bytes of a schema's URN */
#define SCIM_MAX_NOTES 32            /* log lines on what was ignored, for one request */
#define SCIM_SCAN_BYTES 16384        /* of documents, for each record a search may look at */
#define SCIM_SCAN_TERMS 16           /* of people whose terms are read, for each such record */
#define SCIM_SCAN_GROUPS 16          /* of groups, for each record a search may look at */
#define SCIM_MAX_PAGE_READ 33554432  /* of the documents that one list is made of */
#define SCIM_MAX_PAGE_BYTES 16777216 /* of resources in one list, with members and groups */

#endif
