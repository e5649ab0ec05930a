/*
 * survey.h - what is in a database, found out without making anything; for programs that look
 * after it.
 */
#ifndef SCIM_DBD_SURVEY_H
#define SCIM_DBD_SURVEY_H

#include "directory/dbd/source.h"

typedef struct scim_survey_index_t {
    const char *number; /* as text */
    const char *type;
    const char *attribute;
    int complete; /* SCIM_TERMS_PARTIAL ... */
} scim_survey_index_t;

typedef struct scim_survey_t {
    const char *database;            /* what it is called, in messages */
    int tables;                      /* 1: there are tables */
    int version;                     /* of the tables; 0: they say nothing about it */
    apr_array_header_t *directories; /* of const char *: the names of those it holds */
    const char *number;          /* of the one in question, as text; NULL: it is not there */
    apr_array_header_t *indexes; /* of scim_survey_index_t: what is kept of that */
} scim_survey_t;

/* Looks at a database, and at the directory `name` in it, which may be NULL. Tables of another
   version than this code's are not looked into. */
scim_error_t *scim_survey_make(scim_survey_t *survey, const scim_source_t *source,
                               const char *name, apr_pool_t *pool);

/* Brings tables of an older version up to date. */
scim_error_t *scim_survey_upgrade(const scim_source_t *source, apr_pool_t *pool);

#endif
