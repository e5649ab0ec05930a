#include "htfile.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/datetime.h"
#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "core/uuid.h"
#include "lines.h"

/* Who has a name. */
typedef struct seek_t {
    const char *type;
    const char *key;
    scim_record_t *found;
    apr_pool_t *pool;
} seek_t;

static scim_error_t *seek(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    seek_t *seek = baton;

    (void)pool;
    return scim_store_provider.find(session, seek->type, SCIM_KEY_LOCAL, seek->key,
                                    &seek->found, seek->pool);
}

static scim_error_t *find(scim_record_t **record, const char *type, const char *name,
                          ctl_t *ctl, apr_pool_t *pool)
{
    seek_t sought = {type, scim_text_fold(pool, name, strlen(name)), NULL, pool};

    SCIM_TRY(ctl_transact(ctl, 0, seek, &sought, pool));
    *record = sought.found;
    return NULL;
}

/* The part in front of the colon, without blanks around it; NULL: there is none. *rest is what
   follows. */
static const char *take_name(const char **rest, const char *text, apr_pool_t *pool)
{
    const char *colon = strchr(text, ':'), *end = colon;

    while (apr_isspace(*text)) {
        text++;
    }
    if (colon == NULL || text >= colon) {
        return NULL;
    }
    *rest = colon + 1;
    while (apr_isspace(end[-1])) {
        end--;
    }
    return apr_pstrmemdup(pool, text, (apr_size_t)(end - text));
}

/* As httpd reads it: in quotes, where a backslash is for a quote, or up to a blank. NULL: no
 * more. */
static const char *next_word(const char **rest, apr_pool_t *pool)
{
    const char *at = *rest;
    char quote, *word, *to;

    while (apr_isspace(*at)) {
        at++;
    }
    if (*at == '\0') {
        return NULL;
    }
    quote = *at == '"' || *at == '\'' ? *at++ : '\0';
    to = word = apr_pstrdup(pool, at);
    while (*at && (quote ? *at != quote : !apr_isspace(*at))) {
        at += quote && *at == '\\' && at[1] == quote;
        *to++ = *at++;
    }
    *to = '\0';
    *rest = at + (*at != '\0');
    return word;
}

static int says_nothing(const char *text)
{
    while (apr_isspace(*text)) {
        text++;
    }
    return *text == '\0' || *text == '#';
}

/* ,"meta":{...} of something new, or with the version of something that is there. */
static const char *meta(const char *type, const scim_record_t *there, apr_pool_t *pool)
{
    char now[SCIM_DATETIME_SIZE];

    scim_datetime_format(now, apr_time_now());
    return apr_psprintf(pool,
                        ",\"meta\":{\"resourceType\":\"%s\",\"created\":\"%s\","
                        "\"lastModified\":\"%s\",\"version\":\"W/\\\"%" APR_INT64_T_FMT
                        "\\\"\"}",
                        type, now, now, there ? there->version : 1);
}

static scim_error_t *id_of(const char **id, const scim_record_t *there, apr_pool_t *pool)
{
    char made[SCIM_ID_LENGTH + 1];

    if (there) {
        *id = there->id;
        return NULL;
    }
    SCIM_TRY(scim_uuid_create(made, apr_time_now(), pool));
    *id = apr_pstrdup(pool, made);
    return NULL;
}

/* bcrypt, Apache's MD5 and those of crypt() that begin with $. The others are no protection. */
static int is_kept(const char *hash)
{
    return hash[0] == '$' && strlen(hash) >= 20;
}

/* name:hash */
static scim_error_t *read_password(const char **line, const char **remark, ctl_t *ctl,
                                   const char *text, apr_pool_t *pool)
{
    const char *hash, *id, *stored = "", *name;
    scim_record_t *there;

    if (says_nothing(text)) {
        *line = NULL;
        return NULL;
    }
    name = take_name(&hash, text, pool);
    if (name == NULL) {
        return scim_error_bad(pool, NULL, "There is no name and colon at its beginning.");
    }
    SCIM_TRY(find(&there, "User", name, ctl, pool));
    SCIM_TRY(id_of(&id, there, pool));
    if (is_kept(hash)) {
        stored = apr_pstrcat(
            pool, ",\"" CTL_STORED "\":{\"passwordHash\":",
            scim_json_quote(apr_pstrmemdup(pool, hash, strcspn(hash, ": \t\r\n")), pool), "}",
            NULL);
    } else if (there == NULL) {
        *remark = apr_psprintf(pool,
                               "%s gets no password: its hash is neither bcrypt nor another "
                               "that begins with $; make one with htpasswd -B",
                               scim_error_quotes(pool, name));
    }
    *line =
        apr_pstrcat(pool, "{\"id\":\"", id,
                    "\",\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],"
                    "\"userName\":",
                    scim_json_quote(name, pool), meta("User", there, pool), stored, "}", NULL);
    return NULL;
}

/* name: somebody "somebody else" */
static scim_error_t *read_group(const char **line, const char **remark, ctl_t *ctl,
                                const char *text, apr_pool_t *pool)
{
    const char *rest, *id, *members = "", *strangers = "", *name;
    scim_record_t *there, *member;
    const char *word;

    if (says_nothing(text)) {
        *line = NULL;
        return NULL;
    }
    name = take_name(&rest, text, pool);
    if (name == NULL) {
        return scim_error_bad(pool, NULL, "There is no name and colon at its beginning.");
    }
    SCIM_TRY(find(&there, "Group", name, ctl, pool));
    SCIM_TRY(id_of(&id, there, pool));
    while ((word = next_word(&rest, pool))) {
        SCIM_TRY(find(&member, "User", word, ctl, pool));
        if (member && !member->deleted) {
            members = apr_pstrcat(pool, members, *members ? "," : "", "{\"value\":\"",
                                  member->id, "\"}", NULL);
        } else {
            strangers = apr_pstrcat(pool, strangers, *strangers ? ", " : "",
                                    scim_error_quotes(pool, word), NULL);
        }
    }
    if (*strangers) {
        *remark = apr_psprintf(pool, "%s: not in the directory: %s",
                               scim_error_quotes(pool, name), strangers);
    }
    *line = apr_pstrcat(pool, "{\"id\":\"", id,
                        "\",\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],"
                        "\"displayName\":",
                        scim_json_quote(name, pool), ",\"members\":[", members, "]",
                        meta("Group", there, pool), "}", NULL);
    return NULL;
}

ctl_htfile_fn ctl_htfile_find(const char *format)
{
    return strcmp(format, "htpasswd") == 0  ? read_password
           : strcmp(format, "htgroup") == 0 ? read_group
                                            : NULL;
}
