#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "directory/dbd/sql.h"

static scim_error_t *nothing(scim_session_t *session, void *baton, apr_pool_t *pool)
{
    (void)session, (void)baton, (void)pool;
    return NULL;
}

/* An SQLite file that root made, nobody else can write. */
static void warn_of_root(const ctl_t *ctl, int before)
{
    if (!before && geteuid() == 0 && strcmp(ctl->options.driver, "sqlite3") == 0) {
        ctl_say("warning: root owns %s now; give it to the user that httpd's children run as",
                ctl->options.params);
    }
}

int ctl_init(ctl_t *ctl)
{
    const scim_survey_t *before = &ctl->survey;
    const char *name = ctl->options.directory;
    scim_error_t *error;

    if (before->tables && before->version != SCIM_TABLES_VERSION) {
        return ctl_fail(CTL_FAILED,
                        "the tables in %s have version %d, and this scimctl works with version "
                        "%d; see `scimctl migrate`",
                        before->database, before->version, SCIM_TABLES_VERSION);
    }
    /* A write: so also the list of indexes is there. */
    error = ctl_transact(ctl, 1, nothing, NULL, ctl->pool);
    if (error) {
        return ctl_fail_with(error);
    }
    ctl_say(before->tables ? "the tables were there: %s" : "made the tables: %s",
            before->database);
    ctl_say(before->number ? "the directory was there: %s" : "made the directory: %s", name);
    warn_of_root(ctl, before->tables);
    return CTL_DONE;
}

int ctl_migrate(ctl_t *ctl)
{
    const scim_survey_t *survey = &ctl->survey;
    scim_error_t *error;

    if (!survey->tables) {
        return ctl_fail(CTL_FAILED, "there are no tables in %s; `scimctl init` makes them",
                        survey->database);
    }
    error = scim_survey_upgrade(ctl->source, ctl->pool);
    if (error) {
        return ctl_fail_with(error);
    }
    if (survey->version == SCIM_TABLES_VERSION) {
        ctl_say("the tables are of version %d, which is the newest: %s", survey->version,
                survey->database);
    } else {
        ctl_say("brought the tables from version %d to version %d: %s", survey->version,
                SCIM_TABLES_VERSION, survey->database);
    }
    return CTL_DONE;
}
