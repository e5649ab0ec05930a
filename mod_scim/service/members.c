#include "service/members.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/match.h"
#include "service/member_step.h"
#include "service/membership.h"
#include "service/stored.h"

/* Members that are looked at at a time where a filter or a replacement has to look. */
#define BATCH 500

/* Ids that an error or a note names. */
#define NAMED 5

/* The steps while they run. */
typedef struct run_t {
    const scim_members_t *members;
    scim_session_t *session;
    const char *group;
    const scim_call_t *call;
    const scim_directory_provider_t *provider;
    apr_int64_t added;
    apr_int64_t removed;
    apr_int64_t *work; /* members x comparisons that filters may still take */
    apr_pool_t *pool;  /* of the step */
} run_t;

static const char *id_at(const apr_array_header_t *ids, int i)
{
    return APR_ARRAY_IDX(ids, i, const char *);
}

/* ---- adding and removing rows ---------------------------------------------- */

static const char *name_some(const apr_array_header_t *ids, apr_pool_t *pool)
{
    const char *names = "";
    int i;

    for (i = 0; i < ids->nelts && i < NAMED; i++) {
        names = apr_pstrcat(pool, names, i ? ", " : "", scim_error_quotes(pool, id_at(ids, i)),
                            NULL);
    }
    return ids->nelts > NAMED ? apr_psprintf(pool, "%s and %d more", names, ids->nelts - NAMED)
                              : names;
}

static scim_error_t *judge_unknown(const apr_array_header_t *unknown, const run_t *run)
{
    scim_reading_t reading = scim_stored_reading(run->call);
    apr_pool_t *pool = run->call->pool;

    if (unknown->nelts == 0) {
        return NULL;
    }
    if (run->members->leniency & SCIM_LENIENT_STRANGERS) {
        scim_reading_note(&reading, "No user or group has the id %s, which was not added.",
                          name_some(unknown, pool));
        return NULL;
    }
    return scim_error_bad(pool, SCIM_INVALID_VALUE,
                          "No user or group has the id %s, so it cannot be a member.",
                          name_some(unknown, pool));
}

/* RFC 7643 4.2: members are users and groups, of whatever type has the schema of one. */
static const char *const *types_of(const run_t *run)
{
    const apr_array_header_t *types = run->call->service->schemas->resource_types;
    apr_array_header_t *names = apr_array_make(run->pool, 4, sizeof(const char *));
    int i;

    for (i = 0; i < types->nelts; i++) {
        const scim_resource_type_t *type =
            APR_ARRAY_IDX(types, i, const scim_resource_type_t *);

        if (type->kind == SCIM_KIND_USER || type->kind == SCIM_KIND_GROUP) {
            APR_ARRAY_PUSH(names, const char *) = type->name;
        }
    }
    APR_ARRAY_PUSH(names, const char *) = NULL;
    return (const char *const *)names->elts;
}

static scim_error_t *add(run_t *run, const apr_array_header_t *ids)
{
    apr_array_header_t *unknown = apr_array_make(run->pool, 4, sizeof(const char *));
    apr_int64_t changed = 0;
    int i;

    for (i = 0; i < ids->nelts; i++) {
        if (strcmp(id_at(ids, i), run->group) == 0) {
            return scim_error_bad(run->call->pool, SCIM_INVALID_VALUE,
                                  "A group cannot be a member of itself.");
        }
    }
    if (ids->nelts == 0) {
        return NULL;
    }
    SCIM_TRY(run->provider->add_members(run->session, run->group,
                                        (const char *const *)ids->elts, ids->nelts,
                                        types_of(run), &changed, unknown, run->pool));
    run->added += changed;
    return judge_unknown(unknown, run);
}

scim_error_t *scim_members_prepare(const scim_members_t *members, scim_session_t *session,
                                   const char *group, const scim_call_t *call, apr_pool_t *pool)
{
    const scim_directory_provider_t *provider = call->service->directory->provider;
    apr_array_header_t *all = apr_array_make(pool, 16, sizeof(const char *));
    int i, j;

    for (i = 0; i < members->steps->nelts; i++) {
        const scim_member_step_t *step = &APR_ARRAY_IDX(members->steps, i, scim_member_step_t);

        for (j = 0; step->verb != SCIM_PATCH_REMOVE && step->ids && j < step->ids->nelts; j++) {
            if (strcmp(id_at(step->ids, j), group) != 0) {
                APR_ARRAY_PUSH(all, const char *) = id_at(step->ids, j);
            }
        }
    }
    return provider->hold_members && all->nelts ? provider->hold_members(
               session, (const char *const *)all->elts, all->nelts, pool)
                                                : NULL;
}

static scim_error_t *remove_ids(run_t *run, const apr_array_header_t *ids)
{
    apr_int64_t changed = 0;

    if (ids->nelts == 0) {
        return NULL;
    }
    SCIM_TRY(run->provider->remove_members(run->session, run->group,
                                           (const char *const *)ids->elts, ids->nelts, &changed,
                                           run->pool));
    run->removed += changed;
    return NULL;
}

static scim_error_t *remove_all(run_t *run)
{
    apr_int64_t changed = 0;

    SCIM_TRY(
        run->provider->remove_members(run->session, run->group, NULL, 0, &changed, run->pool));
    run->removed += changed;
    return NULL;
}

/* ---- walking through members ----------------------------------------------- */

/* Says whether a member is one of those that a walk looks for. */
typedef int (*wanted_fn)(void *baton, const scim_member_t *member, apr_pool_t *scratch);

/* One batch of a walk. */
typedef struct batch_t {
    wanted_fn wanted;
    void *baton;
    apr_array_header_t *found; /* of const char *: ids */
    const char *last;
    int count;
    apr_pool_t *pool;
} batch_t;

static scim_error_t *look_at(void *baton, const scim_member_t *member, apr_pool_t *scratch)
{
    batch_t *batch = baton;
    const char *id = apr_pstrdup(batch->pool, member->id);

    batch->last = id;
    batch->count++;
    if (batch->wanted(batch->baton, member, scratch)) {
        APR_ARRAY_PUSH(batch->found, const char *) = id;
    }
    return NULL;
}

/* Other writers wait meanwhile, so there is an end to what one request may look at. */
static scim_error_t *spend(run_t *run, apr_int64_t work)
{
    *run->work -= work;
    return *run->work < 0
               ? scim_error_bad(run->call->pool, SCIM_TOO_MANY,
                                "The operations have to look at too many members; name members "
                                "by their ids, or send the operations in several requests.")
               : NULL;
}

/*
 * Hands those of all members that are wanted to `then`, batch by batch; that may remove them.
 * `cost` is what it takes to look at one.
 */
static scim_error_t *walk(run_t *run, wanted_fn wanted, void *baton, int cost,
                          scim_error_t *(*then)(run_t *run, const apr_array_header_t *ids))
{
    char after[SCIM_ID_LENGTH + 1] = "";
    batch_t batch = {.wanted = wanted, .baton = baton, .count = BATCH};
    apr_pool_t *whole = run->pool;
    scim_error_t *error = NULL;

    apr_pool_create(&run->pool, whole);
    while (error == NULL && batch.count == BATCH) {
        apr_pool_clear(run->pool);
        batch.pool = run->pool;
        batch.found = apr_array_make(run->pool, 16, sizeof(const char *));
        batch.count = 0;
        error = run->provider->members(run->session, run->group, *after ? after : NULL, BATCH,
                                       look_at, &batch, run->pool);
        if (error == NULL) {
            error = spend(run, (apr_int64_t)cost * batch.count);
        }
        if (error == NULL && batch.count) {
            apr_cpystrn(after, batch.last, sizeof(after));
            error = then(run, batch.found);
        }
    }
    if (error == NULL) {
        apr_pool_destroy(run->pool);
    }
    run->pool = whole;
    return error;
}

/* ---- members that a filter selects ----------------------------------------- */

/* The id that a term asks for, or NULL. */
static const char *sought_id(const scim_filter_t *term)
{
    return term->kind == SCIM_FILTER_COMPARE && term->op == SCIM_EQ
                   && term->value.type == JSON_STRING && term->path.sub
                   && strcmp(term->path.sub->name, "value") == 0
               ? term->value.folded
               : NULL;
}

/* The ids that a filter selects, if it names them: value eq "x" or value eq "y". */
static const apr_array_header_t *sought_ids(const scim_filter_t *filter, apr_pool_t *pool)
{
    apr_array_header_t *ids = apr_array_make(pool, 4, sizeof(const char *));
    int many = filter->kind == SCIM_FILTER_OR, i;

    for (i = 0; i < (many ? filter->count : 1); i++) {
        const char *id = sought_id(many ? filter->children[i] : filter);

        if (id == NULL) {
            return NULL;
        }
        APR_ARRAY_PUSH(ids, const char *) = id;
    }
    return ids;
}

/* A set of ids, with which to tell members. */
static apr_hash_t *set_of(const apr_array_header_t *ids, apr_pool_t *pool)
{
    apr_hash_t *set = apr_hash_make(pool);
    int i;

    for (i = 0; i < ids->nelts; i++) {
        apr_hash_set(set, id_at(ids, i), APR_HASH_KEY_STRING, "");
    }
    return set;
}

/* What selects members. */
typedef struct selection_t {
    const scim_filter_t *filter;
    const apr_hash_t *among; /* only these; NULL: all */
    const run_t *run;
    const char *must_be; /* the value that those selected are to have, or NULL */
    int any;
    int other; /* one has another value */
} selection_t;

static int is_selected(void *baton, const scim_member_t *member, apr_pool_t *scratch)
{
    selection_t *selection = baton;
    const run_t *run = selection->run;

    if (selection->among
        && !apr_hash_get((apr_hash_t *)selection->among, member->id, APR_HASH_KEY_STRING)) {
        return 0;
    }
    if (!scim_match_element(
            selection->filter,
            scim_membership_element(member, run->members->attribute, run->call, scratch),
            scratch)) {
        return 0;
    }
    selection->any = 1;
    selection->other |= selection->must_be && strcmp(selection->must_be, member->id) != 0;
    return 1;
}

static scim_error_t *keep(run_t *run, const apr_array_header_t *ids)
{
    (void)run, (void)ids;
    return NULL;
}

/* Looks whether members are selected, and whether they have the value that they must. */
static scim_error_t *select_members(selection_t *selection, run_t *run,
                                    const apr_array_header_t *named)
{
    int i, yes;

    if (named == NULL) {
        return walk(run, is_selected, selection, scim_filter_terms(selection->filter), keep);
    }
    for (i = 0; i < named->nelts; i++) {
        SCIM_TRY(run->provider->is_member(&yes, run->session, run->group, id_at(named, i),
                                          run->pool));
        selection->any |= yes;
        selection->other |=
            yes && selection->must_be && strcmp(selection->must_be, id_at(named, i)) != 0;
    }
    return NULL;
}

static scim_error_t *remove_selected(run_t *run, const scim_member_step_t *step)
{
    const apr_array_header_t *named = sought_ids(step->filter, run->pool);
    selection_t selection = {.filter = step->filter, .run = run};

    if (named && step->ids == NULL) {
        return remove_ids(run, named);
    }
    if (step->ids) {
        selection.among = set_of(step->ids, run->pool);
    }
    return walk(run, is_selected, &selection, scim_filter_terms(step->filter), remove_ids);
}

/* ---- steps ----------------------------------------------------------------- */

/* The id of a member that a filter without a match asks for, if it names just one. */
static const char *id_to_create(const scim_filter_t *filter)
{
    const char *id = NULL, *next;
    int i;

    if (filter->kind != SCIM_FILTER_AND) {
        return sought_id(filter);
    }
    for (i = 0; i < filter->count; i++) {
        const scim_filter_t *term = filter->children[i];

        if (term->kind != SCIM_FILTER_COMPARE || term->op != SCIM_EQ) {
            return NULL;
        }
        next = sought_id(term);
        id = next ? next : id;
    }
    return id;
}

/* A path that selects nothing: some clients mean to add what it asks for. */
static scim_error_t *create_selected(run_t *run, const scim_member_step_t *step,
                                     const char *value)
{
    scim_leniency_t needed =
        step->verb == SCIM_PATCH_ADD ? SCIM_LENIENT_ADD_CREATES : SCIM_LENIENT_REPLACE_CREATES;
    const char *id = run->members->leniency & needed ? id_to_create(step->filter) : NULL, *path;
    apr_array_header_t *ids;

    if (id == NULL || (value && strcmp(value, id) != 0)) {
        path = apr_pstrcat(run->pool, "members[",
                           scim_filter_print_value(step->filter, run->pool), "]", NULL);
        return scim_error_bad(run->call->pool, SCIM_NO_TARGET, "The path %s selects no member.",
                              scim_error_quotes(run->pool, path));
    }
    if (step->ids == NULL) {
        return NULL; /* nothing is to be created */
    }
    ids = apr_array_make(run->pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(ids, const char *) = id;
    return add(run, ids);
}

/*
 * Adding to selected members, or replacing them: what they are is immutable, and how they are
 * shown follows from it, so that nothing is left to do but find fault.
 */
static scim_error_t *change_selected(run_t *run, const scim_member_step_t *step)
{
    selection_t selection = {.filter = step->filter, .run = run};

    selection.must_be = step->ids && step->ids->nelts ? id_at(step->ids, 0) : NULL;
    SCIM_TRY(select_members(&selection, run, sought_ids(step->filter, run->pool)));
    if (selection.other) {
        return scim_error_bad(run->call->pool, SCIM_MUTABILITY,
                              "The attribute members.value is immutable and has another value "
                              "already; remove the member and add the other one.");
    }
    if (!selection.any) {
        return create_selected(run, step, selection.must_be);
    }
    return step->ids || step->verb == SCIM_PATCH_ADD ? NULL : remove_selected(run, step);
}

static int is_not_among(void *baton, const scim_member_t *member, apr_pool_t *scratch)
{
    (void)scratch;
    return apr_hash_get(baton, member->id, APR_HASH_KEY_STRING) == NULL;
}

static scim_error_t *replace_all(run_t *run, const scim_member_step_t *step)
{
    if (step->ids == NULL || step->ids->nelts == 0) {
        return remove_all(run);
    }
    SCIM_TRY(walk(run, is_not_among, set_of(step->ids, run->pool), 0, remove_ids));
    return add(run, step->ids);
}

static scim_error_t *run_step(run_t *run, const scim_member_step_t *step)
{
    if (step->filter) {
        return step->verb == SCIM_PATCH_REMOVE ? remove_selected(run, step)
                                               : change_selected(run, step);
    }
    switch (step->verb) {
    case SCIM_PATCH_ADD:
        return step->ids ? add(run, step->ids) : NULL;
    case SCIM_PATCH_REMOVE:
        return step->ids ? remove_ids(run, step->ids) : remove_all(run);
    case SCIM_PATCH_REPLACE:
        return replace_all(run, step);
    }
    return NULL;
}

/* ---- what the steps come to ------------------------------------------------ */

/* Ids that are looked up to know whether who was removed is back. */
#define WATCHED 1000

/* Those that steps may add, and which of them were members before. */
typedef struct watch_t {
    apr_array_header_t *ids; /* of const char * */
    char *were;
} watch_t;

/* 1 when steps may end a membership and begin it, or the other way round. */
static int may_revert(const apr_array_header_t *steps)
{
    int i, adding = 0, removing = 0;

    for (i = 0; i < steps->nelts; i++) {
        const scim_member_step_t *step = &APR_ARRAY_IDX(steps, i, scim_member_step_t);

        adding |= step->verb != SCIM_PATCH_REMOVE;
        removing |= step->verb != SCIM_PATCH_ADD;
    }
    return steps->nelts > 1 && adding && removing;
}

static apr_array_header_t *addable_ids(const run_t *run)
{
    const apr_array_header_t *steps = run->members->steps;
    apr_array_header_t *all = apr_array_make(run->pool, 16, sizeof(const char *));
    apr_hash_t *seen = apr_hash_make(run->pool);
    int i, j;

    for (i = 0; i < steps->nelts; i++) {
        const scim_member_step_t *step = &APR_ARRAY_IDX(steps, i, scim_member_step_t);
        const char *created = step->filter ? id_to_create(step->filter) : NULL;

        if (step->verb == SCIM_PATCH_REMOVE) {
            continue;
        }
        for (j = created ? -1 : 0; j < (step->ids ? step->ids->nelts : 0); j++) {
            const char *id = j < 0 ? created : id_at(step->ids, j);

            if (apr_hash_get(seen, id, APR_HASH_KEY_STRING) == NULL) {
                apr_hash_set(seen, id, APR_HASH_KEY_STRING, "");
                APR_ARRAY_PUSH(all, const char *) = id;
            }
        }
    }
    return all;
}

static scim_error_t *watch(watch_t *watch, run_t *run)
{
    int i, yes;

    watch->ids = may_revert(run->members->steps) ? addable_ids(run) : NULL;
    if (watch->ids == NULL || watch->ids->nelts > WATCHED) {
        watch->ids = NULL;
        return NULL;
    }
    watch->were = apr_pcalloc(run->pool, (apr_size_t)watch->ids->nelts + 1);
    for (i = 0; i < watch->ids->nelts; i++) {
        SCIM_TRY(run->provider->is_member(&yes, run->session, run->group, id_at(watch->ids, i),
                                          run->pool));
        watch->were[i] = (char)yes;
    }
    return NULL;
}

/*
 * Who was added is among those watched. Of the rows removed and added again nothing is left in
 * the balance but the members removed that nothing added.
 */
static scim_error_t *count_changes(apr_int64_t *changed, const watch_t *watch, run_t *run)
{
    apr_int64_t balance = run->removed - run->added;
    int i, yes;

    *changed = run->added + run->removed;
    if (watch->ids == NULL || run->added == 0 || run->removed == 0) {
        return NULL;
    }
    *changed = 0;
    for (i = 0; i < watch->ids->nelts; i++) {
        SCIM_TRY(run->provider->is_member(&yes, run->session, run->group, id_at(watch->ids, i),
                                          run->pool));
        *changed += yes != watch->were[i];
        balance += yes - watch->were[i];
    }
    *changed += balance;
    return NULL;
}

scim_error_t *scim_members_apply(apr_int64_t *changed, const scim_members_t *members,
                                 scim_session_t *session, const char *group,
                                 const scim_call_t *call, apr_pool_t *pool)
{
    apr_int64_t work = SCIM_MAX_PATCH_WORK;
    run_t run = {.members = members,
                 .session = session,
                 .group = group,
                 .call = call,
                 .provider = call->service->directory->provider,
                 .work = call->budget ? &call->budget->work : &work,
                 .pool = pool};
    watch_t watched = {0};
    int i;

    SCIM_TRY(watch(&watched, &run));
    for (i = 0; i < members->steps->nelts; i++) {
        const scim_member_step_t *step = &APR_ARRAY_IDX(members->steps, i, scim_member_step_t);
        scim_error_t *error = run_step(&run, step);

        if (error) {
            if (step->number) {
                error->detail =
                    apr_psprintf(call->pool, "Operation %d: %s", step->number, error->detail);
            }
            return error;
        }
    }
    return count_changes(changed, &watched, &run);
}
