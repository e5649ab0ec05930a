#include "service/me.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/values.h"
#include "service/person.h"
#include "service/representation.h"

/* What access control, other clients and the administrator go by. `groups` is readOnly for
   everybody. */
static const char *const fixed[] = {"userName",     "active",     "roles",
                                    "entitlements", "externalId", NULL};

static scim_error_t *find(const char **id, scim_reply_t *reply, scim_call_t *call)
{
    static const scim_login_t login = {SCIM_LOGIN_LOCAL_NAME, NULL};
    scim_person_t person;

    SCIM_TRY(scim_person_find(&person, &login, call));
    if (person.record == NULL || person.record->deleted
        || person.standing == SCIM_STANDING_DOUBTFUL) {
        return scim_error_create(call->pool, 404, NULL,
                                 "Nobody with the name %s, as which you have logged in, is in "
                                 "this directory.",
                                 scim_error_quotes(call->pool, call->self));
    }
    reply->location = scim_representation_location(call, person.record->id);
    if (person.standing != SCIM_STANDING_ACTIVE) {
        return scim_error_create(call->pool, 403, NULL, "Your account is not active.");
    }
    *id = person.record->id;
    return NULL;
}

void scim_me_locate(scim_reply_t *reply, scim_call_t *call)
{
    const char *id;

    (void)find(&id, reply, call);
}

scim_error_t *scim_me_read(scim_reply_t *reply, scim_call_t *call)
{
    const char *id;

    SCIM_TRY(find(&id, reply, call));
    return scim_call_read(reply, call, id);
}

scim_error_t *scim_me_replace(scim_reply_t *reply, scim_call_t *call, const json_t *body)
{
    const char *id;

    SCIM_TRY(find(&id, reply, call));
    return scim_call_replace(reply, call, id, body);
}

scim_error_t *scim_me_patch(scim_reply_t *reply, scim_call_t *call, const json_t *body)
{
    const char *id;

    SCIM_TRY(find(&id, reply, call));
    return scim_call_patch(reply, call, id, body);
}

static scim_error_t *refuse(const char *attribute, apr_pool_t *pool)
{
    return scim_error_create(pool, 403, NULL,
                             "You may not change '%s' of yourself; an administrator may.",
                             attribute);
}

/* Members of `a` with a colon in their name are extensions. */
static scim_error_t *check_extensions(const json_t *a, const json_t *b, apr_pool_t *pool)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)a, name, value)
    {
        if (strchr(name, ':') && !json_equal(value, json_object_get(b, name))) {
            return refuse(name, pool);
        }
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static apr_array_header_t *sorted_values(const json_t *resource, const scim_path_t *path,
                                         apr_pool_t *pool)
{
    apr_array_header_t *values = scim_values_of(resource, path, pool);

    qsort(values->elts, (size_t)values->nelts, sizeof(const char *), compare);
    return values;
}

static int is_same_there(const json_t *stored, const json_t *wanted, const scim_path_t *path,
                         apr_pool_t *pool)
{
    const apr_array_header_t *before = sorted_values(stored, path, pool),
                             *after = sorted_values(wanted, path, pool);
    int i;

    if (before->nelts != after->nelts) {
        return 0;
    }
    for (i = 0; i < before->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(before, i, const char *),
                   APR_ARRAY_IDX(after, i, const char *))
            != 0) {
            return 0;
        }
    }
    return 1;
}

static scim_error_t *check_matched(const json_t *stored, const json_t *wanted,
                                   const apr_array_header_t *matched, apr_pool_t *pool)
{
    int i;

    for (i = 0; matched && i < matched->nelts; i++) {
        const scim_path_t *path = APR_ARRAY_IDX(matched, i, const scim_path_t *);

        if (!is_same_there(stored, wanted, path, pool)) {
            return refuse(scim_path_print(path, pool), pool);
        }
    }
    return NULL;
}

scim_error_t *scim_me_check(const json_t *stored, const json_t *wanted,
                            const apr_array_header_t *matched, apr_pool_t *pool)
{
    int i;

    for (i = 0; fixed[i]; i++) {
        const json_t *before = json_object_get(stored, fixed[i]);
        const json_t *after = json_object_get(wanted, fixed[i]);

        if (before != after && !json_equal(before, after)) {
            return refuse(fixed[i], pool);
        }
    }
    SCIM_TRY(check_matched(stored, wanted, matched, pool));
    SCIM_TRY(check_extensions(stored, wanted, pool));
    return check_extensions(wanted, stored, pool);
}
