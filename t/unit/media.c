#include "httpd/media.h"

#include "tap.h"

static apr_pool_t *pool;

static const struct {
    const char *accept;
    const char *lenient, *plain; /* 's': application/scim+json, 'j': application/json */
} choices[] = {
    {"application/scim+json", "s", "s"},
    {"application/json", "j", "j"},
    {"APPLICATION/JSON", "j", "j"},
    {"*/*", "s", "j"},
    {"*", "s", "j"},
    {"application/*", "s", "j"},
    {"application/json, application/scim+json", "s", "j"},
    {"application/json;q=0.9, application/scim+json", "s", "s"},
    {"application/scim+json;q=0.5, application/json;q=0.6", "j", "j"},
    {"application/scim+json;q=0.5,application/*", "j", "j"},
    {"application/json;q=0,*/*", "s", "s"},
    {"application/scim+json;q=0, */*;q=0.1", "j", "j"},
    {"application/json;charset=utf-8", "j", "j"},
    {"application/json; charset=\"utf-8, or so\" ;q=0.1, application/scim+json;q=0.2", "s",
     "s"},
    {"application/json; Q=0.001, text/html", "j", "j"},
    {"application/json;q=0.001, application/scim+json;q=0.002", "s", "s"},
    {"application/json;q=1.000, application/scim+json;q=0.999", "j", "j"},
    {"text/html", "s", "j"},
    {"", "s", "j"},
    {" , ,", "s", "j"},
    {"application/json;q=word", "j", "j"},
    {"application/json;q=", "j", "j"},
    {"application/json;q", "j", "j"},
    {"application/json;q=9", "j", "j"},
    {"application/json;q=0.00000000000000000000000000001", "j", "j"},
    {"application/json;x=\"\\\"", "j", "j"},
    {"application/json;x=\"\\", "j", "j"},
    {"=;=,application/json", "j", "j"},
    {"application/jsonx, application/scim+jso", "s", "j"},
};

static const struct {
    const char *type;
    const char *refused; /* a part of the detail, or NULL */
} types[] = {
    {"application/scim+json", NULL},
    {"application/json", NULL},
    {"Application/JSON", NULL},
    {" application/json ; charset=utf-8", NULL},
    {"application/scim+json;charset=\"UTF-8\"", NULL},
    {"application/json; version=2; charset=utf8", NULL},
    {"application/json;", NULL},
    {"", NULL},
    {"  ", NULL},
    {"text/json", "'text/json'"},
    {"application/x-www-form-urlencoded", "'application/x-www-form-urlencoded'"},
    {"application/jsonp", "'application/jsonp'"},
    {"application", "'application'"},
    {";charset=utf-8", "''"},
    {"application/json; charset=iso-8859-1", "'iso-8859-1'"},
    {"application/json; version=2 ;CHARSET = \"utf-16\"", "'utf-16'"},
    {"application/json; charset", "''"},
};

static void test_choose(void)
{
    size_t i;

    for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        apr_size_t length = strlen(choices[i].accept);
        const char *accept = exact(choices[i].accept);

        is(scim_media_choose(accept, length, 0),
           *choices[i].lenient == 's' ? SCIM_MEDIA_SCIM : SCIM_MEDIA_JSON,
           apr_pstrcat(pool, "Accept: ", choices[i].accept, NULL));
        is(scim_media_choose(accept, length, 1),
           *choices[i].plain == 's' ? SCIM_MEDIA_SCIM : SCIM_MEDIA_JSON,
           apr_pstrcat(pool, "plain, Accept: ", choices[i].accept, NULL));
    }
    is(scim_media_choose(NULL, 0, 0), SCIM_MEDIA_SCIM, "no Accept");
    is(scim_media_choose(NULL, 0, 1), SCIM_MEDIA_JSON, "plain, no Accept");
}

static void test_check(void)
{
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        apr_size_t length = strlen(types[i].type);
        const char *type = exact(types[i].type);

        if (types[i].refused) {
            is_error(scim_media_check(type, length, pool), 415, NULL, types[i].refused,
                     types[i].type);
        } else {
            ok(!scim_media_check(type, length, pool), "fine: '%s'", types[i].type);
        }
    }
    ok(!scim_media_check(NULL, 0, pool), "no Content-Type");
}

int main(void)
{
    pool = tap_start();
    test_choose();
    test_check();
    return tap_done();
}
