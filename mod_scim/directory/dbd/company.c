#include "directory/dbd/company.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include "core/error.h"

/* How long a unit waits for its turn. */
#define PATIENCE apr_time_from_sec(20)

/* When nobody joins any more, so that a short unit does not wait for many long ones. */
#define FULL_AFTER apr_time_from_msec(20)

typedef enum state_t {
    WAITING,
    LEADING, /* on its own, and perhaps for others */
    JOINED,  /* a leader works on it */
    AGAIN,   /* the leader's transaction was rolled back */
    DONE
} state_t;

/* Somebody who waits; on the stack of its thread. */
typedef struct member_t {
    const scim_unit_t *unit;
    apr_pool_t *pool;
    apr_thread_cond_t *turn; /* the state has changed */
    state_t state;
    int alone; /* does not join others */
    scim_error_t *error;
    struct member_t *next;
} member_t;

struct scim_company_t {
    volatile apr_uint32_t open;
    apr_thread_mutex_t *mutex; /* of all below but `joined`, which is the leader's */
    int led;
    member_t *first, **end; /* those that wait, in the order in which they came */
    member_t *joined;
};

scim_error_t *scim_company_create(scim_company_t **company, apr_pool_t *pool)
{
    scim_company_t *made = apr_pcalloc(pool, sizeof(*made));

    made->end = &made->first;
    if (apr_thread_mutex_create(&made->mutex, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS) {
        return scim_connection_unusable(pool, "there is no lock for those who write");
    }
    *company = made;
    return NULL;
}

void scim_company_open(scim_company_t *company)
{
    apr_atomic_set32(&company->open, 1);
}

int scim_company_is_open(const scim_company_t *company)
{
    return apr_atomic_read32((volatile apr_uint32_t *)&company->open) != 0;
}

/* ---- waiting -------------------------------------------------------------- */

static void append(scim_company_t *company, member_t *member)
{
    member->state = WAITING;
    member->next = NULL;
    *company->end = member;
    company->end = &member->next;
}

/* Takes the one that *at leads to out of the list. */
static member_t *take(scim_company_t *company, member_t **at)
{
    member_t *member = *at;

    *at = member->next;
    if (company->end == &member->next) {
        company->end = at;
    }
    return member;
}

static void give_up(scim_company_t *company, const member_t *member)
{
    member_t **at = &company->first;

    while (*at != member) {
        at = &(*at)->next;
    }
    take(company, at);
}

static scim_error_t *busy(apr_pool_t *pool)
{
    return scim_error_because(scim_error_create(pool, 503, NULL, "The directory is busy."),
                              pool,
                              "no turn among the writers of this process for %d seconds; one "
                              "that came before it does "
                              "not get through",
                              (int)apr_time_sec(PATIENCE));
}

/* With the mutex. Whoever was joined is not left alone with it. */
static scim_error_t *wait_for_turn(scim_company_t *company, member_t *member)
{
    const apr_time_t end = apr_time_now() + PATIENCE;

    append(company, member);
    while (member->state == WAITING || member->state == JOINED) {
        const apr_time_t left = end - apr_time_now();

        if (member->state == JOINED) {
            apr_thread_cond_wait(member->turn, company->mutex);
        } else if (left > 0) {
            apr_thread_cond_timedwait(member->turn, company->mutex, left);
        } else {
            give_up(company, member);
            return busy(member->pool);
        }
    }
    return NULL;
}

/* With the mutex. */
static scim_error_t *wait_for_end(scim_company_t *company, member_t *member)
{
    do {
        if (!company->led) {
            company->led = 1;
            member->state = LEADING;
            return NULL;
        }
        if (!member->turn
            && apr_thread_cond_create(&member->turn, member->pool) != APR_SUCCESS) {
            return scim_connection_unusable(member->pool,
                                            "there is no lock to wait for a turn");
        }
        SCIM_TRY(wait_for_turn(company, member));
        member->alone = 1;
    } while (member->state == AGAIN);
    return NULL;
}

scim_error_t *scim_company_enter(int *done, scim_error_t **result, scim_company_t *company,
                                 const scim_unit_t *unit, apr_pool_t *pool)
{
    member_t member = {.unit = unit, .pool = pool};
    scim_error_t *error;

    apr_thread_mutex_lock(company->mutex);
    error = wait_for_end(company, &member);
    apr_thread_mutex_unlock(company->mutex);
    *done = member.state == DONE;
    *result = member.error;
    return error;
}

int scim_company_waiting(scim_company_t *company)
{
    const member_t *member;
    int count = 0;

    apr_thread_mutex_lock(company->mutex);
    for (member = company->first; member; member = member->next) {
        count++;
    }
    apr_thread_mutex_unlock(company->mutex);
    return count;
}

/* With the mutex: the member's thread may be gone with it as soon as that is free. */
static void tell(member_t *member, state_t state)
{
    member->state = state;
    apr_thread_cond_signal(member->turn);
}

void scim_company_leave(scim_company_t *company)
{
    apr_thread_mutex_lock(company->mutex);
    if (company->first) {
        tell(take(company, &company->first), LEADING);
    } else {
        company->led = 0;
    }
    apr_thread_mutex_unlock(company->mutex);
}

/* ---- the leader ----------------------------------------------------------- */

/* The next one that may join, or NULL. */
static member_t *next_member(scim_company_t *company)
{
    member_t **at = &company->first, *member = NULL;

    apr_thread_mutex_lock(company->mutex);
    while (*at && (*at)->alone) {
        at = &(*at)->next;
    }
    if (*at) {
        member = take(company, at);
        member->state = JOINED;
        member->next = company->joined;
        company->joined = member;
    }
    apr_thread_mutex_unlock(company->mutex);
    return member;
}

/* Its error is its own, unless the connection has failed. */
static scim_error_t *work(scim_connection_t *c, member_t *member)
{
    const scim_unit_t *unit = member->unit;
    apr_pool_t *pool = member->pool;

    SCIM_TRY(scim_connection_execute(c, "SAVEPOINT scim_unit", pool));
    member->error = unit->ready(c, unit->baton, pool);
    if (!member->error) {
        member->error = unit->work(c, unit->baton, pool);
    }
    if (member->error) {
        SCIM_TRY(scim_connection_execute(c, "ROLLBACK TO SAVEPOINT scim_unit", pool));
    }
    return scim_connection_execute(c, "RELEASE SAVEPOINT scim_unit", pool);
}

/* The leader is not to blame if others have waited for a lock: it tries again. */
scim_error_t *scim_company_join(scim_company_t *company, scim_connection_t *c, apr_pool_t *pool)
{
    const apr_time_t end = apr_time_now() + FULL_AFTER;
    member_t *member;

    while (apr_time_now() < end && (member = next_member(company))) {
        const scim_error_t *error = work(c, member);

        if (error || c->failed) {
            c->failed = c->misled = 1;
            c->busy = 0;
            return scim_connection_unusable(
                pool, "a unit of work in the same transaction failed: %s",
                error && error->cause ? error->cause : "no reason given");
        }
    }
    return NULL;
}

static void dismiss(scim_company_t *company, state_t state)
{
    member_t *member, *next;

    apr_thread_mutex_lock(company->mutex);
    for (member = company->joined; member; member = next) {
        next = member->next;
        tell(member, state);
    }
    company->joined = NULL;
    apr_thread_mutex_unlock(company->mutex);
}

/* In the place of what the unit ended with: nothing of it is certain. */
static scim_error_t *copy(const scim_error_t *error, apr_pool_t *pool)
{
    scim_error_t *copied =
        scim_error_create(pool, error->status, error->type, "%s", error->detail);

    copied->cause = apr_pstrdup(pool, error->cause);
    return copied;
}

void scim_company_committed(scim_company_t *company, const scim_error_t *error)
{
    member_t *member;

    for (member = company->joined; error && member; member = member->next) {
        member->error = copy(error, member->pool);
    }
    dismiss(company, DONE);
}

void scim_company_rolled_back(scim_company_t *company)
{
    dismiss(company, AGAIN);
}
