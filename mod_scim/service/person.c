#include "service/person.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/json.h"
#include "core/match.h"
#include "core/text.h"
#include "core/values.h"
#include "service/candidate.h"
#include "service/representation.h"
#include "service/unit.h"

const char *scim_standing_name(scim_standing_t standing)
{
    static const char *const names[SCIM_STANDINGS] = {
        [SCIM_STANDING_UNKNOWN] = "unknown",
        [SCIM_STANDING_DOUBTFUL] = "doubtful",
        [SCIM_STANDING_INACTIVE] = "inactive",
        [SCIM_STANDING_EARLIER] = "active again since they have logged in",
        [SCIM_STANDING_ACTIVE] = "active"};

    return names[standing];
}

/* ---- finding --------------------------------------------------------------- */

typedef struct finding_t {
    scim_call_t *call;
    const scim_login_t *login;
    const char *name;
    const scim_filter_t *filter; /* of SCIM_LOGIN_ATTRIBUTE */
    scim_record_t *record;
    int count;
    scim_effort_t effort;
} finding_t;

static scim_error_t *by_key(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    finding_t *finding = baton;
    scim_call_t *call = finding->call;
    const scim_directory_provider_t *provider = call->service->directory->provider;
    const char *type = call->type->name, *name = finding->name;

    (void)pool;
    finding->record = NULL;
    switch (finding->login->kind) {
    case SCIM_LOGIN_ID:
        name = scim_text_fold(call->pool, name, strlen(name));
        SCIM_TRY(provider->get(session, type, name, &finding->record, call->pool));
        break;
    default:
        if (!call->type->naming->case_exact) {
            name = scim_text_fold(call->pool, name, strlen(name));
        }
        SCIM_TRY(
            provider->find(session, type, SCIM_KEY_LOCAL, name, &finding->record, call->pool));
    }
    finding->count = finding->record != NULL;
    return NULL;
}

static scim_error_t *matches(int *yes, void *baton, scim_session_t *session,
                             const scim_record_t *record, apr_pool_t *scratch)
{
    finding_t *finding = baton;

    return scim_candidate_matches(yes, finding->filter, &finding->effort, session, record,
                                  finding->call, scratch);
}

static scim_error_t *take_id(void *baton, const scim_record_t *record, apr_pool_t *scratch)
{
    finding_t *finding = baton;

    (void)scratch;
    finding->count++;
    finding->record = apr_pmemdup(finding->call->pool, record, sizeof(*record));
    finding->record->id = apr_pstrdup(finding->call->pool, record->id);
    return NULL;
}

static scim_error_t *list_two(scim_session_t *session, finding_t *finding, int with_deleted,
                              apr_pool_t *pool)
{
    const scim_call_t *call = finding->call;
    const scim_query_part_t part = {call->type->name, finding->filter};
    const scim_query_t query = {.parts = &part,
                                .part_count = 1,
                                .matches = matches,
                                .baton = finding,
                                .count = 2,
                                .max_scan = call->service->limits.max_scan,
                                .with_deleted = with_deleted};
    apr_int64_t total;

    finding->count = 0;
    finding->effort = (scim_effort_t){0, 0};
    return call->service->directory->provider->list(session, &query, take_id, finding, &total,
                                                    pool);
}

/* A value of somebody who was deleted may be another's by now; when it is nobody's, it still is
   theirs. */
static scim_error_t *by_attribute(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    finding_t *finding = baton;
    const scim_call_t *call = finding->call;

    finding->record = NULL;
    SCIM_TRY(list_two(session, finding, 0, pool));
    if (finding->count == 0) {
        SCIM_TRY(list_two(session, finding, 1, pool));
        finding->count = finding->count > 0;
    }
    return finding->count == 1 ? call->service->directory->provider->get(
               session, call->type->name, finding->record->id, &finding->record, call->pool)
                               : NULL;
}

/* `attribute eq "name"`, in which a name can be nothing but a name. */
static scim_error_t *make_filter(finding_t *finding)
{
    scim_call_t *call = finding->call;
    const scim_reading_t reading = {.type = call->type};
    scim_filter_t *filter;
    const char *text = apr_pstrcat(call->pool, finding->login->attribute, " eq ",
                                   scim_json_quote(finding->name, call->pool), NULL);

    SCIM_TRY(scim_filter_parse(&filter, text, strlen(text), &reading, call->pool));
    finding->filter = filter;
    return NULL;
}

/* Nobody can be provisioned with it, so whoever else knows it by that knows another name. */
static int is_no_name(const char *name)
{
    apr_size_t length = strlen(name);

    return length > SCIM_MAX_KEY || !scim_text_valid(name, length);
}

static scim_error_t *search(finding_t *finding)
{
    int by_filter = finding->login->kind == SCIM_LOGIN_ATTRIBUTE;

    if (by_filter) {
        SCIM_TRY(make_filter(finding));
    }
    return scim_unit_run(finding->call, 0, by_filter ? by_attribute : by_key, finding);
}

/* 1 in *yes when the one who was found is called so in these letters. */
static scim_error_t *is_called_so(int *yes, const finding_t *finding, scim_person_t *person)
{
    scim_call_t *call = finding->call;
    apr_array_header_t *names;
    int i;

    *yes = 1;
    if (finding->login->kind == SCIM_LOGIN_LOCAL_NAME) {
        *yes = scim_text_alike(finding->record->local_name, finding->name, call->pool);
    } else if (finding->login->kind == SCIM_LOGIN_ATTRIBUTE) {
        SCIM_TRY(scim_person_values(&names, person, &finding->filter->path, call));
        for (i = 0, *yes = 0; i < names->nelts && !*yes; i++) {
            *yes = scim_text_alike(APR_ARRAY_IDX(names, i, const char *), finding->name,
                                   call->pool);
        }
    }
    return NULL;
}

static scim_error_t *judge_standing(scim_person_t *person, const finding_t *finding)
{
    const scim_record_t *record = finding->record;
    int yes;

    if (finding->count != 1) {
        person->standing = finding->count ? SCIM_STANDING_DOUBTFUL : SCIM_STANDING_UNKNOWN;
        return NULL;
    }
    person->record = record;
    if (!record->active || record->deleted) {
        person->standing = SCIM_STANDING_INACTIVE;
        return NULL;
    }
    SCIM_TRY(is_called_so(&yes, finding, person));
    person->standing = yes ? SCIM_STANDING_ACTIVE : SCIM_STANDING_DOUBTFUL;
    return NULL;
}

/*
 * The name without blanks around it, with one where there are several, and each a plain one; or
 * NULL if it is that already. LDAP and some databases take one for the other.
 */
static const char *trimmed(const char *name, apr_pool_t *pool)
{
    char *plain = apr_pstrdup(pool, scim_text_opaque(pool, name, strlen(name))), *to = plain;
    const char *at;

    for (at = plain; *at; at++) {
        int blank = apr_isspace(*at);

        if (!blank || (to > plain && to[-1] != ' ')) {
            *to++ = blank ? ' ' : *at;
        }
    }
    if (to > plain && to[-1] == ' ') {
        to--;
    }
    *to = '\0';
    return *plain && strcmp(plain, name) != 0 ? plain : NULL;
}

scim_error_t *scim_person_find(scim_person_t *person, const scim_login_t *login,
                               scim_call_t *call)
{
    finding_t finding = {.call = call, .login = login, .name = call->self};

    memset(person, 0, sizeof(*person));
    if (*call->self == '\0') {
        return NULL;
    }
    if (is_no_name(call->self)) {
        person->standing = SCIM_STANDING_DOUBTFUL;
        return NULL;
    }
    SCIM_TRY(search(&finding));
    SCIM_TRY(judge_standing(person, &finding));
    finding.name =
        person->standing == SCIM_STANDING_UNKNOWN ? trimmed(call->self, call->pool) : NULL;
    if (finding.name == NULL) {
        return NULL;
    }
    SCIM_TRY(search(&finding));
    SCIM_TRY(judge_standing(person, &finding));
    if (person->standing == SCIM_STANDING_ACTIVE) {
        person->standing = SCIM_STANDING_DOUBTFUL;
    }
    return NULL;
}

/* ---- asking ---------------------------------------------------------------- */

typedef struct question_t {
    scim_call_t *call;
    scim_person_t *person;
    const scim_filter_t *filter;
    apr_array_header_t *answers; /* of scim_member_t */
    int yes;
} question_t;

static scim_error_t *take_group(void *baton, const scim_member_t *group, apr_pool_t *scratch)
{
    apr_array_header_t *groups = baton;
    scim_member_t *copy = apr_array_push(groups);

    (void)scratch;
    *copy = *group;
    copy->id = apr_pstrdup(groups->pool, group->id);
    copy->display = apr_pstrdup(groups->pool, group->display);
    copy->type = "Group";
    return NULL;
}

static scim_error_t *read_groups(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    question_t *question = baton;
    const scim_call_t *call = question->call;

    question->answers = apr_array_make(call->pool, 8, sizeof(scim_member_t));
    return call->service->directory->provider->groups_of(
        session, &question->person->record->grouped, 1, take_group, question->answers, pool);
}

scim_error_t *scim_person_groups(const apr_array_header_t **groups, scim_person_t *person,
                                 scim_call_t *call)
{
    question_t question = {.call = call, .person = person};

    if (person->groups == NULL && person->record && person->record->grouped) {
        SCIM_TRY(scim_unit_run(call, 0, read_groups, &question));
        person->groups = question.answers;
    }
    if (person->groups == NULL) {
        person->groups = apr_array_make(call->pool, 1, sizeof(scim_member_t));
    }
    *groups = person->groups;
    return NULL;
}

scim_error_t *scim_person_is_in(int *yes, scim_person_t *person, const char *group,
                                scim_call_t *call)
{
    const char *key = scim_text_fold(call->pool, group, strlen(group));
    const apr_array_header_t *groups;
    int i;

    *yes = 0;
    SCIM_TRY(scim_person_groups(&groups, person, call));
    for (i = 0; i < groups->nelts && !*yes; i++) {
        const scim_member_t *one = &APR_ARRAY_IDX(groups, i, scim_member_t);
        const char *display = one->display ? one->display : "";

        *yes = strcmp(one->id, key) == 0
               || strcmp(scim_text_fold(call->pool, display, strlen(display)), key) == 0;
    }
    return NULL;
}

/* The person as filters see them, but for their groups. */
static scim_error_t *read_resource(const json_t **resource, scim_person_t *person,
                                   scim_call_t *call)
{
    if (person->resource == NULL) {
        SCIM_TRY(
            scim_representation_whole(&person->resource, person->record, call, call->pool));
    }
    *resource = person->resource;
    return NULL;
}

static int asks_for_groups(const scim_filter_t *filter, const scim_attribute_t *groups)
{
    int i;

    if (filter->kind == SCIM_FILTER_MEMBER_OF || filter->path.attribute == groups) {
        return 1;
    }
    for (i = 0; i < filter->count; i++) {
        if (asks_for_groups(filter->children[i], groups)) {
            return 1;
        }
    }
    return 0;
}

static scim_error_t *judge(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    question_t *question = baton;
    scim_effort_t effort = {0, 0};

    return scim_candidate_matches(&question->yes, question->filter, &effort, session,
                                  question->person->record, question->call, pool);
}

scim_error_t *scim_person_matches(int *yes, scim_person_t *person, const scim_filter_t *filter,
                                  scim_call_t *call)
{
    question_t question = {.call = call, .person = person};
    const scim_attribute_t *groups = scim_membership_attribute(call->type);
    const json_t *resource;

    *yes = 0;
    if (person->record == NULL) {
        return NULL;
    }
    question.filter = scim_candidate_memberships(filter, call->type, call->pool);
    if (asks_for_groups(question.filter, groups)) {
        SCIM_TRY(scim_unit_run(call, 0, judge, &question));
        *yes = question.yes;
        return NULL;
    }
    SCIM_TRY(read_resource(&resource, person, call));
    *yes = scim_match(question.filter, resource, NULL, call->pool);
    return NULL;
}

/* The groups as an attribute. */
static scim_error_t *groups_as_json(json_t **resource, scim_person_t *person, scim_call_t *call)
{
    const scim_attribute_t *attribute = scim_membership_attribute(call->type);
    json_t *list = scim_json_own(call->pool, json_array());
    const apr_array_header_t *groups;
    int i;

    SCIM_TRY(scim_person_groups(&groups, person, call));
    for (i = 0; i < groups->nelts; i++) {
        json_array_append(list,
                          scim_membership_element(&APR_ARRAY_IDX(groups, i, scim_member_t),
                                                  attribute, call, call->pool));
    }
    *resource = scim_json_own(call->pool, json_object());
    json_object_set(*resource, attribute->name, list);
    return NULL;
}

scim_error_t *scim_person_values(apr_array_header_t **values, scim_person_t *person,
                                 const scim_path_t *path, scim_call_t *call)
{
    const json_t *resource;
    json_t *groups;

    if (person->record == NULL) {
        *values = apr_array_make(call->pool, 1, sizeof(const char *));
        return NULL;
    }
    if (path->attribute && path->attribute == scim_membership_attribute(call->type)) {
        SCIM_TRY(groups_as_json(&groups, person, call));
        resource = groups;
    } else {
        SCIM_TRY(read_resource(&resource, person, call));
    }
    *values = scim_values_of(resource, path, call->pool);
    return NULL;
}
