#include "core/dialect.h"

#include "tap.h"

static apr_pool_t *pool;

static void table(void)
{
    scim_leniency_t all = 0;
    int i;

    for (i = 0; scim_leniencies[i].bit; i++) {
        const scim_leniency_row_t *row = &scim_leniencies[i];
        size_t length = strlen(row->what);

        ok(row->bit == 1u << i, "%s: in bit order", row->name);
        ok(*row->clients && length && row->what[length - 1] == '.',
           "%s: says who needs it, in a sentence", row->name);
        all |= row->bit;
    }
    is_int(i, 18, "a row for each bit of the header");
    ok(scim_leniencies[i].name == NULL, "and an end");
    ok(scim_dialect_find("auto")->leniency == (all & ~SCIM_LENIENT_REPLACE_CREATES),
       "auto is lenient with all but what only Entra needs");
    ok((scim_dialect_find("onelogin")->leniency | scim_dialect_find("okta")->leniency
        | scim_dialect_find("entra")->leniency)
           == all,
       "every leniency has a dialect that needs it");
}

/* The clients that a row names have a dialect with its bit, the others have not. */
static void clients(void)
{
    static const struct {
        const char *dialect, *client;
    } rows[] = {{"onelogin", "OneLogin"}, {"okta", "Okta"}, {"entra", "Entra"}};
    apr_size_t i;
    int j;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scim_leniency_t leniency = scim_dialect_find(rows[i].dialect)->leniency;

        for (j = 0; scim_leniencies[j].bit; j++) {
            ok((strstr(scim_leniencies[j].clients, rows[i].client) != NULL)
                   == ((leniency & scim_leniencies[j].bit) != 0),
               "%s and %s", rows[i].dialect, scim_leniencies[j].name);
        }
    }
}

static void dialects(void)
{
    is(scim_dialect_names(pool), "auto, onelogin, okta, entra, strict", "all names");
    is(scim_dialect_find("OneLogin")->name, "onelogin", "names in any case");
    ok(scim_dialect_find("azure") == NULL, "no other names");
    ok(scim_dialect_find("") == NULL, "no empty name");
    is_int(scim_dialect_find("strict")->leniency, 0, "strict has no leniency");
    ok(scim_dialect_find("onelogin")->plain_json, "OneLogin is answered in application/json");
    ok(!scim_dialect_find("auto")->plain_json && !scim_dialect_find("entra")->plain_json
           && !scim_dialect_find("okta")->plain_json
           && !scim_dialect_find("strict")->plain_json,
       "nobody else is");
}

static void recognition(void)
{
    static const struct {
        const char *configured, *user_agent, *accept, *expected, *name;
    } rows[] = {
        {"auto", NULL, NULL, "onelogin", "neither header is OneLogin"},
        {"auto", "", NULL, "onelogin", "so is an empty User-Agent"},
        {"auto", "", "", "onelogin", "and an empty Accept"},
        {"auto", "", "application/json", "auto", "an Accept is not"},
        {"auto", "curl/8.0", NULL, "auto", "a User-Agent is not"},
        {"auto", "Okta SCIM Client 1.0.0", "application/scim+json", "okta",
         "Okta names itself"},
        {"auto", "okta scim client", NULL, "okta", "in any case"},
        {"auto", "NotOkta", NULL, "auto", "at the beginning"},
        {"auto", "Oktopus", NULL, "auto", "in full"},
        {"entra", NULL, NULL, "entra", "what is configured stays"},
        {"strict", "Okta SCIM Client 1.0.0", NULL, "strict", "strict too"},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const scim_dialect_t *configured = scim_dialect_find(rows[i].configured);
        const scim_dialect_t *dialect =
            scim_dialect_recognise(configured, rows[i].user_agent, rows[i].accept);

        is(dialect->name, rows[i].expected, rows[i].name);
        ok(dialect->leniency == configured->leniency, "%s: nothing becomes stricter",
           rows[i].name);
    }
    ok(scim_dialect_recognise(scim_dialect_find("auto"), NULL, NULL)->plain_json,
       "a recognised OneLogin is answered in application/json");
}

int main(void)
{
    pool = tap_start();
    table();
    clients();
    dialects();
    recognition();
    return tap_done();
}
