#include "access/presence.h"

#include <pthread.h>
#include <signal.h>

#include <apr_hash.h>
#include <apr_ring.h>
#include <apr_thread_cond.h>
#include <apr_thread_proc.h>
#include <ap_mpm.h>

#include "core/error.h"

/* A request that is being served. */
typedef struct guest_t {
    APR_RING_ENTRY(guest_t) link;
    apr_uint64_t number; /* no other guest of this process has had it */
    apr_time_t since;
    const char *user;
    scim_service_t service;
    const scim_login_t *login;
    apr_time_t not_before; /* of the person, when the request began */
    conn_rec *connection;
} guest_t;

APR_RING_HEAD(guests_t, guest_t);

typedef struct presence_t {
    apr_thread_mutex_t *mutex; /* for all that follows */
    apr_thread_cond_t *woken;  /* by the first guest, and at the end */
    struct guests_t guests;
    apr_uint64_t count; /* of all that ever were */
    int ending;
    apr_thread_t *thread;
    server_rec *server;
    int failing; /* the directory could not be asked at the last look */
} presence_t;

/* Of this process; NULL where nobody is looked after. */
static presence_t *presence;

/* ---- requests -------------------------------------------------------------- */

static apr_status_t leave(void *data)
{
    guest_t *guest = data;

    if (presence == NULL) {
        return APR_SUCCESS; /* the child ends, and this request with it */
    }
    apr_thread_mutex_lock(presence->mutex);
    APR_RING_REMOVE(guest, link);
    apr_thread_mutex_unlock(presence->mutex);
    return APR_SUCCESS;
}

void scim_presence_note(request_rec *r, const scim_visitor_t *visitor)
{
    static const char key[] = "scim-presence";
    guest_t *guest;

    if (presence == NULL || r->main || apr_pool_userdata_get((void **)&guest, key, r->pool)
        || guest) {
        return;
    }
    guest = apr_pcalloc(r->pool, sizeof(*guest));
    guest->since = r->request_time;
    guest->user = visitor->call.self;
    guest->service = *visitor->call.service;
    guest->login = visitor->login;
    guest->not_before = visitor->person.record->not_before;
    guest->connection = r->connection->master ? r->connection->master : r->connection;
    apr_pool_userdata_setn(guest, key, NULL, r->pool);
    apr_thread_mutex_lock(presence->mutex);
    guest->number = ++presence->count;
    if (APR_RING_EMPTY(&presence->guests, guest_t, link)) {
        apr_thread_cond_signal(presence->woken);
    }
    APR_RING_INSERT_TAIL(&presence->guests, guest, guest_t, link);
    apr_thread_mutex_unlock(presence->mutex);
    apr_pool_cleanup_register(r->pool, guest, leave, apr_pool_cleanup_null);
}

/* ---- looking after them ---------------------------------------------------- */

/* Those who have been here for a while, as copies: their requests may end meanwhile. */
static apr_array_header_t *stayed(apr_pool_t *pool)
{
    apr_array_header_t *all = apr_array_make(pool, 16, sizeof(guest_t));
    apr_time_t before = apr_time_now() - SCIM_PRESENCE_INTERVAL / 2;
    guest_t *guest;

    apr_thread_mutex_lock(presence->mutex);
    APR_RING_FOREACH(guest, &presence->guests, guest_t, link)
    {
        if (guest->since <= before) {
            guest_t *copy = apr_array_push(all);

            *copy = *guest;
            copy->user = apr_pstrdup(pool, guest->user);
        }
    }
    apr_thread_mutex_unlock(presence->mutex);
    return all;
}

static void tell_failure(const scim_error_t *error)
{
    if (!presence->failing) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, presence->server,
                     "SCIM0066: the directory cannot be asked whether those whose requests are "
                     "being served may stay, so they do: %s",
                     error->cause ? error->cause : error->detail);
    }
    presence->failing = 1;
}

/* What is known of somebody, for all of their requests. */
typedef struct known_t {
    scim_standing_t standing;
    apr_time_t not_before;
    int asked; /* 0: the directory could not be */
} known_t;

static void ask(known_t *known, const guest_t *guest, apr_pool_t *pool)
{
    scim_call_t call = {.service = &guest->service,
                        .type = scim_schemas_type(guest->service.schemas, "User"),
                        .dialect = scim_dialect_find("strict"),
                        .base_url = "",
                        .client = guest->user,
                        .self = guest->user,
                        .notes = apr_array_make(pool, 1, sizeof(const char *)),
                        .pool = pool};
    scim_person_t person;
    scim_error_t *error = scim_person_find(&person, guest->login, &call);

    if (error) {
        tell_failure(error);
        return;
    }
    presence->failing = 0;
    known->asked = 1;
    known->standing = person.standing;
    known->not_before = person.record ? person.record->not_before : 0;
}

static const known_t *know(apr_hash_t *all, const guest_t *guest, apr_pool_t *scratch)
{
    apr_pool_t *pool = apr_hash_pool_get(all);
    const char *key =
        apr_psprintf(pool, "%pp %pp %s", guest->service.directory, guest->login, guest->user);
    known_t *known = apr_hash_get(all, key, APR_HASH_KEY_STRING);

    if (known == NULL) {
        known = apr_pcalloc(pool, sizeof(*known));
        ask(known, guest, scratch);
        apr_hash_set(all, key, APR_HASH_KEY_STRING, known);
    }
    return known;
}

static scim_standing_t standing_of(const guest_t *guest, const known_t *known)
{
    if (!known->asked) {
        return SCIM_STANDING_ACTIVE;
    }
    return known->standing == SCIM_STANDING_ACTIVE && known->not_before != guest->not_before
               ? SCIM_STANDING_EARLIER
               : known->standing;
}

/* Whoever serves the connection sees that the client is gone. */
static void send_away(const guest_t *guest, scim_standing_t standing, apr_pool_t *pool)
{
    guest_t *at;

    apr_thread_mutex_lock(presence->mutex);
    APR_RING_FOREACH(at, &presence->guests, guest_t, link)
    {
        if (at->number == guest->number) {
            apr_socket_shutdown(ap_get_conn_socket(at->connection), APR_SHUTDOWN_READWRITE);
            ap_log_cerror(APLOG_MARK, APLOG_INFO, 0, at->connection,
                          "SCIM0065: %s is %s; the connection is closed",
                          scim_error_quotes(pool, at->user), scim_standing_name(standing));
            break;
        }
    }
    apr_thread_mutex_unlock(presence->mutex);
}

static void look(apr_pool_t *pool)
{
    const apr_array_header_t *guests = stayed(pool);
    apr_hash_t *people = apr_hash_make(pool);
    apr_pool_t *scratch;
    int i;

    apr_pool_create(&scratch, pool);
    for (i = 0; i < guests->nelts; i++) {
        const guest_t *guest = &APR_ARRAY_IDX(guests, i, guest_t);
        scim_standing_t standing;

        apr_pool_clear(scratch);
        standing = standing_of(guest, know(people, guest, scratch));
        if (standing != SCIM_STANDING_ACTIVE) {
            send_away(guest, standing, scratch);
        }
    }
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    apr_pool_t *pool;

    (void)data;
    apr_pool_create(&pool, apr_thread_pool_get(thread));
    apr_thread_mutex_lock(presence->mutex);
    while (!presence->ending) {
        if (APR_RING_EMPTY(&presence->guests, guest_t, link)) {
            apr_thread_cond_wait(presence->woken, presence->mutex);
            continue;
        }
        apr_thread_cond_timedwait(presence->woken, presence->mutex, SCIM_PRESENCE_INTERVAL);
        if (!presence->ending) {
            apr_thread_mutex_unlock(presence->mutex);
            apr_pool_clear(pool);
            look(pool);
            apr_thread_mutex_lock(presence->mutex);
        }
    }
    apr_thread_mutex_unlock(presence->mutex);
    return NULL;
}

static apr_status_t end(void *data)
{
    apr_status_t rv;

    (void)data;
    apr_thread_mutex_lock(presence->mutex);
    presence->ending = 1;
    apr_thread_cond_signal(presence->woken);
    apr_thread_mutex_unlock(presence->mutex);
    apr_thread_join(&rv, presence->thread);
    presence = NULL;
    return APR_SUCCESS;
}

/* Signals are for the threads that httpd has for them. */
static apr_status_t start(presence_t *made, apr_pool_t *pool)
{
    sigset_t all, before;
    apr_status_t rv;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rv = apr_thread_create(&made->thread, NULL, run, NULL, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rv;
}

void scim_presence_child_init(apr_pool_t *pchild, server_rec *server)
{
    presence_t *made = apr_pcalloc(pchild, sizeof(*made));
    int threaded = 0;
    apr_status_t rv;

    presence = NULL;
    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    if (!threaded) {
        return;
    }
    made->server = server;
    APR_RING_INIT(&made->guests, guest_t, link);
    rv = apr_thread_mutex_create(&made->mutex, APR_THREAD_MUTEX_DEFAULT, pchild);
    rv = rv ? rv : apr_thread_cond_create(&made->woken, pchild);
    presence = made;
    rv = rv ? rv : start(made, pchild);
    if (rv != APR_SUCCESS) {
        presence = NULL;
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server,
                     "SCIM0067: this child cannot look after long requests; those of people "
                     "who are disabled end by themselves only");
        return;
    }
    /* before the connections to the database are closed */
    apr_pool_pre_cleanup_register(pchild, NULL, end);
}
