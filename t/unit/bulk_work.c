/* Passwords in bulk requests, and how much all operations of one may do together. */
#include "bulks.h"
#include "hashes.h"

#include "service/password.h"

static void test_passwords(void)
{
    const char *ada, *bob;

    start("passwords");
    service.policy.keep_passwords = 1;
    bulk("{'method':'POST','path':'/Users','bulkId':'a','data':{" USER
         ",'userName':'ada','password':'one'}},"
         "{'method':'POST','path':'/Users','bulkId':'b','data':{" USER
         ",'userName':'bob','password':'two'}},"
         "{'method':'PATCH','path':'/Users/bulkId:b','data':{" PATCH
         ",'Operations':[{'op':'replace','path':'password','value':'three'}]}},"
         "{'method':'POST','path':'/Users','bulkId':'c','data':{" USER
         ",'userName':'eve','password':'0123456789012345678901234567890123456789012345678901234"
         "5678901234567890123456789'}}");
    is(statuses(), "201 201 200 400", "set");
    ada = id_of(0), bob = id_of(1);
    ok(scim_password_matches("one", stored_hash(service.directory, ada), pool), "in a POST");
    ok(scim_password_matches("three", stored_hash(service.directory, bob), pool), "in a PATCH");
    is(text_of(result(2), "version"), "W/\"2\"", "a new password is a new version");
    bulk(apr_psprintf(pool,
                      "{'method':'PUT','path':'/Users/%s','data':{" USER
                      ",'userName':'ada','password':'one'}},"
                      "{'method':'PATCH','path':'/Users/%s','data':{" PATCH
                      ",'Operations':[{'op':'remove','path':'password'}]}}",
                      ada, bob));
    is(statuses(), "200 200", "changed");
    is(text_of(result(0), "version"), "W/\"1\"", "the same password is no change");
    is(text_of(result(1), "version"), "W/\"3\"", "clearing is one");
    ok(stored_hash(service.directory, bob) == NULL, "cleared");
    is_int(units, 2, "units of work that write");
    bulk(apr_psprintf(pool,
                      "{'method':'PATCH','path':'/Users/%s','data':{" PATCH
                      ",'Operations':[{'op':'replace','path':'password','value':'four'}]}},"
                      "{'method':'PATCH','path':'/Users/%s','data':{" PATCH
                      ",'Operations':[{'op':'replace','path':'password','value':'one'}]}}",
                      ada, ada));
    ok(scim_password_matches("one", stored_hash(service.directory, ada), pool),
       "back to what it was: the last counts");
}

/* ---- what all operations may do together ---- */

/* As many times the text, with commas. */
static const char *repeated(const char *text, int count)
{
    apr_size_t length = strlen(text);
    char *all = apr_palloc(pool, (length + 1) * (apr_size_t)count + 1), *at = all;
    int i;

    for (i = 0; i < count; i++) {
        at = apr_cpystrn(at, text, length + 1);
        *at++ = i + 1 < count ? ',' : '\0';
    }
    return all;
}

/* A PATCH of `count` times the operation. */
static const char *patch_of(const char *path, const char *operation, int count)
{
    return apr_psprintf(pool,
                        "{'method':'PATCH','path':'%s','data':{" PATCH ",'Operations':[%s]}}",
                        path, repeated(operation, count));
}

#define TEN(attribute, sub)                                                                    \
    "{'op':'remove','path':'" attribute "[" sub " eq \\'0\\' or " sub " eq \\'1\\' or " sub    \
    " eq \\'2\\' or " sub " eq \\'3\\' or " sub " eq \\'4\\' or " sub " eq \\'5\\' or " sub    \
    " eq \\'6\\' or " sub " eq \\'7\\' or " sub " eq \\'8\\' or " sub " eq \\'9\\']'}"

static void test_patch_work(void)
{
    const char *emails = "", *crowd = "", *ada, *team, *large, *many;
    int i;

    start("patches");
    emails = repeated("{'value':'m','type':'work'}", 1);
    for (i = 1; i < 1000; i++) {
        emails = apr_psprintf(pool, "{'value':'m%d'},%s", i, emails);
    }
    bulk(apr_psprintf(pool,
                      "{'method':'POST','path':'/Users','bulkId':'a','data':{" USER
                      ",'userName':'ada','emails':[%s]}}",
                      emails));
    ada = apr_pstrcat(pool, "/Users/", id_of(0), NULL);
    large = patch_of(ada, TEN("emails", "display"), 60);
    bulk(large);
    is(statuses(), "200", "1000 values x 10 terms x 60 operations");
    bulk(apr_pstrcat(pool, large, ",", large, NULL));
    is(statuses(), "200 400", "twice that is too much for one request");
    is(text_of(json_object_get(result(1), "response"), "scimType"), "tooMany",
       "... and said so");
    twice = 1;
    bulk(large);
    is(statuses(), "200", "a unit of work that is done again begins anew");
    twice = 0;

    for (i = 0; i < 200; i++) {
        crowd = apr_psprintf(pool,
                             "%s%s{'method':'POST','path':'/Users','bulkId':'u%d',"
                             "'data':{" USER ",'userName':'u%d'}}",
                             crowd, i ? "," : "", i, i);
    }
    bulk(crowd);
    for (many = "", i = 0; i < 200; i++) {
        many = apr_psprintf(pool, "%s%s{'value':'%s'}", many, i ? "," : "", id_of((size_t)i));
    }
    bulk(apr_psprintf(pool,
                      "{'method':'POST','path':'/Groups','bulkId':'g','data':{" GROUP
                      ",'displayName':'team','members':[%s]}}",
                      many));
    team = apr_pstrcat(pool, "/Groups/", id_of(0), NULL);
    many = patch_of(team, TEN("members", "display"), 300);
    bulk(many);
    is(statuses(), "204", "200 members x 10 terms x 300 operations");
    bulk(apr_pstrcat(pool, many, ",", many, NULL));
    is(statuses(), "204 400", "twice that is too much");
    bulk(apr_pstrcat(pool, large, ",", many, NULL));
    is(statuses(), "200 400", "values and members count together");
}

/* Who checks a password that is stored needs as long as to make it: here half as long as a
   whole request may take, and it is not it. */
static void test_password_work(void)
{
    const char *same, *too;

    start("slow passwords");
    service.policy.keep_passwords = 1;
    bulk("{'method':'POST','path':'/Users','bulkId':'a','data':{" USER
         ",'userName':'ada','password':'one'}},"
         "{'method':'POST','path':'/Users','bulkId':'b','data':{" USER
         ",'userName':'bob','password':'one'}}");
    too = patch_of(apr_pstrcat(pool, "/Users/", id_of(1), NULL),
                   "{'op':'replace','path':'password','value':'one'}", 1);
    same = patch_of(apr_pstrcat(pool, "/Users/", id_of(0), NULL),
                    "{'op':'replace','path':'password','value':'one'}", 1);
    bulk(repeated(same, 1000));
    has(statuses(), "200 200", "those that cost little");
    ok(strstr(statuses(), "413") == NULL, "are all checked");
    hash = "$2y$19$none";
    bulk(same);
    is(statuses(), "200", "half of the rounds that a request has");
    bulk(apr_pstrcat(pool, same, ",", too, NULL));
    is(statuses(), "200 413", "all of them, and one hash more");
    has(detail_of(1), "another request", "says what to do");
    hash = "none";
    bulk(same);
    is(statuses(), "200", "a hash of unknown cost");
    hash = NULL;
    service.policy.password_cost = 20;
    bulk("{'method':'POST','path':'/Users','bulkId':'b','data':{" USER ",'userName':'zoe'}}");
    is(statuses(), "201", "others need none");
    service.policy.password_cost = 21;
    bulk("{'method':'POST','path':'/Users','bulkId':'c','data':{" USER
         ",'userName':'eve','password':'one'}}");
    is(statuses(), "413", "a hash that is made counts, too");
}

int main(void)
{
    pool = tap_start();
    test_passwords();
    test_patch_work();
    test_password_work();
    return tap_done();
}
