#include "core/dialect.h"

#include <apr_strings.h>

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
    is_int(i, 20, "a row for each bit of the header");
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
            ok((strcmp(scim_leniencies[j].clients, "all") == 0
                || strstr(scim_leniencies[j].clients, rows[i].client) != NULL)
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
        const char *configured;
        scim_traits_t traits;
        const char *expected, *name;
    } rows[] = {
        {"auto", {NULL, NULL, NULL}, "onelogin", "neither header is OneLogin"},
        {"auto", {"", NULL, NULL}, "onelogin", "so is an empty User-Agent"},
        {"auto", {"", "", "count=1"}, "onelogin", "and an empty Accept"},
        {"auto", {"", "application/json", NULL}, "auto", "an Accept is not"},
        {"auto", {"curl/8.0", NULL, NULL}, "auto", "a User-Agent is not"},
        {"auto",
         {"Okta SCIM Client 1.0.0", "application/scim+json", NULL},
         "okta",
         "Okta names itself"},
        {"auto", {"okta scim client", NULL, NULL}, "okta", "in any case"},
        {"auto", {"NotOkta", NULL, NULL}, "auto", "at the beginning"},
        {"auto", {"Oktopus", NULL, NULL}, "auto", "in full"},
        {"auto", {NULL, NULL, "aadOptscim062020"}, "entra", "Entra's flag"},
        {"auto", {"x", "y", "count=1&AADoptscim062020&x"}, "entra", "the flag among others"},
        {"auto", {"x", NULL, "?aadOptscim062020=1"}, "entra", "the flag behind a stray ?"},
        {"auto", {"x", NULL, "aadOptscim0620201"}, "auto", "no other flag"},
        {"auto", {"x", NULL, "a=aadOptscim062020"}, "auto", "no such value"},
        {"auto", {"x", NULL, ""}, "auto", "an empty query"},
        {"entra", {NULL, NULL, NULL}, "entra", "what is configured stays"},
        {"okta", {NULL, NULL, "aadOptscim062020"}, "okta", "whatever the query"},
        {"strict", {"Okta SCIM Client 1.0.0", NULL, NULL}, "strict", "strict too"},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const scim_dialect_t *configured = scim_dialect_find(rows[i].configured);
        const scim_dialect_t *dialect = scim_dialect_recognise(configured, &rows[i].traits);

        is(dialect->name, rows[i].expected, rows[i].name);
        ok((dialect->leniency & configured->leniency) == configured->leniency,
           "%s: nothing becomes stricter", rows[i].name);
    }
    ok(scim_dialect_recognise(scim_dialect_find("auto"), &rows[0].traits)->plain_json,
       "a recognised OneLogin is answered in application/json");
    ok(scim_dialect_recognise(scim_dialect_find("auto"), &rows[9].traits)->leniency
           & SCIM_LENIENT_REPLACE_CREATES,
       "a recognised Entra may replace what is not there");
}

#define ADSCIM "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"

static void bodies(void)
{
    static const struct {
        const char *configured, *body, *expected, *name;
    } rows[] = {
        {"auto", "{'Operations':[{'op':'Add'}]}", "entra", "a capitalised op"},
        {"auto", "{'operations':[{'op':'add'},{'OP':'Remove'}]}", "entra", "one of several"},
        {"auto", "{'Operations':[{'op':'replace'}]}", "auto", "not a small one"},
        {"auto", "{'Operations':[{'op':'ADD'}]}", "auto", "nor capitals alone"},
        {"auto", "{'Operations':[{'op':'Test'}]}", "auto", "nor another word"},
        {"auto", "{'Operations':[1,[],{'op':1},{}]}", "auto", "nor nonsense"},
        {"auto", "{'Operations':{'op':'Add'}}", "auto", "nor what is no list"},
        {"auto", "{'schemas':['urn:x','" ADSCIM "']}", "entra", "its schema of groups"},
        {"auto", "{'schemas':['urn:x',1]}", "auto", "not others"},
        {"auto", "{'displayName':'" ADSCIM "'}", "auto", "not elsewhere"},
        {"okta", "{'Operations':[{'op':'Add'}]}", "okta", "what is configured stays (body)"},
        {"strict", "{'schemas':['" ADSCIM "']}", "strict", "strict too (body)"},
    };
    const scim_dialect_t *okta;
    const scim_traits_t traits = {"Okta SCIM Client 1.0.0", NULL, NULL};
    json_t *body;
    char *text, *at;
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const scim_dialect_t *configured = scim_dialect_find(rows[i].configured);

        text = apr_pstrdup(pool, rows[i].body);
        for (at = text; *at; at++) {
            *at = *at == '\'' ? '"' : *at;
        }
        body = scim_json_own(pool, json_loads(text, 0, NULL));
        is(scim_dialect_hear(configured, configured, body)->name, rows[i].expected,
           rows[i].name);
    }
    okta = scim_dialect_recognise(scim_dialect_find("auto"), &traits);
    ok(scim_dialect_hear(scim_dialect_find("auto"), okta, NULL) == okta, "no body, no news");
}

int main(void)
{
    pool = tap_start();
    table();
    clients();
    dialects();
    recognition();
    bodies();
    return tap_done();
}
