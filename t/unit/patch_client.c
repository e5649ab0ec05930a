/*
 * patch_client.c - what clients send beyond RFC 7644: each leniency with and without, and the
 * requests of Entra ID, Okta and OneLogin in their dialects.
 */
#include "patches.h"

#define USER "'userName':'b'"
#define WORK "{'value':'a@x','type':'work','primary':true}"
#define HOME "{'value':'b@x','type':'home'}"
#define CORE "urn:ietf:params:scim:schemas:core:2.0:User"

/* A leniency's effect: what strict reading answers, and what the leniency alone does. */
static const struct {
    scim_leniency_t bit;
    const char *before, *operations, *strict, *lenient, *name;
} leniencies[] = {
    {SCIM_LENIENT_OPERATION, "{" USER "}", "{'op':'Add','path':'title','value':'T'}",
     "400 invalidSyntax", "{" USER ",'title':'T'}", "op: Add"},
    {SCIM_LENIENT_OPERATION, "{" USER ",'title':'T'}", "{'op':'REMOVE','path':'title'}",
     "400 invalidSyntax", "{" USER "}", "op: REMOVE"},
    {SCIM_LENIENT_OPERATION, "{" USER "}",
     "{'op':'Replace','path':'emails[type eq \\'work\\']"
     ".value','value':'x'}",
     "400 invalidSyntax", "{" USER ",'emails':[{'value':'x','type':'work'}]}",
     "op: Replace, the mark of Entra, creates"},
    {SCIM_LENIENT_KEYS, "{" USER ",'name':{'familyName':'J'}}",
     "{'op':'replace','value':{'name.givenName':'B'}}", "{" USER ",'name':{'familyName':'J'}}",
     "{" USER ",'name':{'familyName':'J','givenName':'B'}}", "a dotted key"},
    {SCIM_LENIENT_KEYS, "{" USER "}",
     "{'op':'add','value':{'" ENTERPRISE ":employeeNumber':'7'}}", "{" USER "}",
     "{" USER ",'" ENTERPRISE "':{'employeeNumber':'7'}}", "a URN key"},
    {SCIM_LENIENT_KEYS, "{" USER "}", "{'op':'add','value':{'" CORE ":name.givenName':'B'}}",
     "{" USER "}", "{" USER ",'name':{'givenName':'B'}}", "a core URN key with a dot"},
    {SCIM_LENIENT_KEYS, "{" USER ",'emails':[" WORK "]}",
     "{'op':'replace','value':{'emails[type eq \\'work\\'].value':'c@x'}}",
     "{" USER ",'emails':[" WORK "]}",
     "{" USER ",'emails':[{'value':'c@x','type':'work','primary':true}]}", "a value path key"},
    {SCIM_LENIENT_KEYS, "{" USER "}",
     "{'op':'replace','value':{'" ENTERPRISE "':{'manager.value':'9'}}}", "{" USER "}",
     "{" USER ",'" ENTERPRISE "':{'manager':{'value':'9'}}}", "a dotted key in an extension"},
    {SCIM_LENIENT_READ_ONLY, "{" USER "}",
     "{'op':'replace','value':{'id':'1','title':'T','meta':{'version':'x'},'groups':[]}}",
     "400 mutability", "{" USER ",'title':'T'}", "id, meta and groups in a value"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'emails':[" WORK "," HOME "]}",
     "{'op':'remove','path':'emails','value':[{'value':'A@x'}]}", "400 invalidValue",
     "{" USER ",'emails':[" HOME "]}", "remove by value"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'emails':[" WORK "," HOME "]}",
     "{'op':'remove','path':'emails','value':{'value':'a@x','display':'other'}}",
     "400 invalidValue", "{" USER ",'emails':[" HOME "]}", "remove one object by its value"},
    {SCIM_LENIENT_REMOVE_VALUE,
     "{" USER ",'emails':[{'value':'a','type':'work'},{'value':'a','type':'home'}]}",
     "{'op':'remove','path':'emails','value':[{'value':'a','type':'home'}]}",
     "400 invalidValue", "{" USER ",'emails':[{'value':'a','type':'work'}]}",
     "remove by value and type"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'emails':[{'value':'a'},{'value':'b'}]}",
     "{'op':'remove','path':'emails','value':[{'value':'a','type':'home'}]}",
     "400 invalidValue", "{" USER ",'emails':[{'value':'b'}]}",
     "a type that the stored value lacks"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'emails':[" WORK "]}",
     "{'op':'remove','path':'emails','value':[{'value':'z'}]}", "400 invalidValue",
     "{" USER ",'emails':[" WORK "]}", "remove a value that is not there"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'emails':[" WORK "]}",
     "{'op':'remove','path':'emails','value':[]}", "400 invalidValue",
     "{" USER ",'emails':[" WORK "]}", "remove a list of nothing"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'emails':[" WORK "," HOME "]}",
     "{'op':'remove','path':'emails[type eq \\'home\\']','value':[{'value':'a@x'}]}",
     "400 invalidValue", "{" USER ",'emails':[" WORK "," HOME "]}",
     "remove by filter and value: both have to hold"},
    {SCIM_LENIENT_REMOVE_VALUE,
     "{" USER ",'addresses':[{'locality':'Oslo','type':'work'},{'locality':'Rome'}]}",
     "{'op':'remove','path':'addresses','value':[{'type':'work','locality':'Oslo'}]}",
     "400 invalidValue", "{" USER ",'addresses':[{'locality':'Rome'}]}",
     "without a value sub-attribute, by all of it"},
    {SCIM_LENIENT_REMOVE_VALUE,
     "{" USER ",'addresses':[{'locality':'Oslo','type':'work'},{'locality':'Rome'}]}",
     "{'op':'remove','path':'addresses','value':[{'type':'work'}]}", "400 invalidValue",
     "{" USER ",'addresses':[{'locality':'Oslo','type':'work'},{'locality':'Rome'}]}",
     "and not by part of it"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'title':'T'}",
     "{'op':'remove','path':'title','value':'T'}", "400 invalidValue", "{" USER "}",
     "a value beside a single-valued attribute"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'emails':[" WORK "," HOME "]}",
     "{'op':'remove','path':'emails','value':{'emails':[{'value':'a@x'}]}}", "400 invalidValue",
     "{" USER ",'emails':[" HOME "]}", "Salesforce: the list inside an object"},
    {SCIM_LENIENT_REMOVE_VALUE, "{" USER ",'" ENTERPRISE "':{'division':'D','costCenter':'C'}}",
     "{'op':'remove','path':'" ENTERPRISE "','value':{'division':'D'}}", "400 invalidValue",
     "{" USER ",'" ENTERPRISE "':{'costCenter':'C'}}", "an attribute of an extension"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER "}",
     "{'op':'add','path':'emails[type eq \\'work\\'].value','value':'a@x'}", "400 noTarget",
     "{" USER ",'emails':[{'value':'a@x','type':'work'}]}", "add creates"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER ",'emails':[" WORK "]}",
     "{'op':'add','path':'emails[type eq \\'home\\' and primary eq true]','value':"
     "{'value':'b@x','display':'B'}}",
     "400 noTarget",
     "{" USER ",'emails':[{'value':'a@x','type':'work','primary':false},{'value':'b@x',"
     "'type':'home','display':'B','primary':true}]}",
     "add creates from a conjunction, and demotes"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER "}",
     "{'op':'add','path':'emails[type eq \\'work\\' or type eq \\'home\\'].value','value':'a'}",
     "400 noTarget", "400 noTarget", "no creation from a disjunction"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER "}",
     "{'op':'add','path':'emails[type eq \\'work\\' and value pr].display','value':'a'}",
     "400 noTarget", "400 noTarget", "no creation from a conjunction with pr"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER "}",
     "{'op':'add','path':'emails[type ne \\'work\\'].value','value':'a'}", "400 noTarget",
     "400 noTarget", "no creation from ne"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER "}",
     "{'op':'add','path':'emails[not (type eq \\'work\\')].value','value':'a'}", "400 noTarget",
     "400 noTarget", "no creation from not"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER "}",
     "{'op':'add','path':'emails[type eq null].value','value':'a'}", "400 noTarget",
     "400 noTarget", "no creation from null"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER "}",
     "{'op':'add','path':'emails[type eq \\'a\\' and type eq \\'b\\'].value','value':'a'}",
     "400 noTarget", "400 noTarget", "no creation from a contradiction"},
    {SCIM_LENIENT_ADD_CREATES, "{" USER "}",
     "{'op':'replace','path':'emails[type eq \\'work\\'].value','value':'a@x'}", "400 noTarget",
     "400 noTarget", "add's leniency is not replace's"},
    {SCIM_LENIENT_REPLACE_CREATES, "{" USER "}",
     "{'op':'replace','path':'emails[type eq \\'work\\'].value','value':'a@x'}", "400 noTarget",
     "{" USER ",'emails':[{'value':'a@x','type':'work'}]}", "replace creates"},
    {SCIM_LENIENT_REPLACE_CREATES, "{" USER "}",
     "{'op':'replace','path':'emails[type eq \\'work\\']','value':{'value':'a@x'}}",
     "400 noTarget", "{" USER ",'emails':[{'value':'a@x','type':'work'}]}",
     "replace creates an element"},
    {SCIM_LENIENT_REPLACE_CREATES, "{" USER "}",
     "{'op':'replace','path':'emails[type eq \\'work\\'].value','value':null}", "400 noTarget",
     "{" USER "}", "replace with null creates nothing"},
    {SCIM_LENIENT_BOOLEAN, "{" USER ",'active':true}",
     "{'op':'replace','path':'active','value':'False'}", "400 invalidValue",
     "{" USER ",'active':false}", "a boolean as text"},
    {SCIM_LENIENT_BLANK, "{" USER ",'title':'T'}", "{'op':'replace','path':'title','value':''}",
     "{" USER ",'title':''}", "{" USER "}", "an empty text"},
    {SCIM_LENIENT_BLANK, "{" USER ",'title':'T'}", "{'op':'replace','value':{'title':' '}}",
     "{" USER ",'title':' '}", "{" USER "}", "a blank text in a value"},
    {SCIM_LENIENT_BLANK, "{" USER "}", "{'op':'replace','path':'userName','value':''}",
     "{'userName':''}", "400 mutability", "an empty text for a required attribute"},
    {SCIM_LENIENT_BLANK, "{" USER ",'name':{'familyName':'J','givenName':'B'}}",
     "{'op':'add','path':'name','value':{'givenName':''}}",
     "{" USER ",'name':{'familyName':'J','givenName':''}}",
     "{" USER ",'name':{'familyName':'J'}}", "an empty text in an object"},
    {SCIM_LENIENT_BLANK, "{" USER ",'emails':[{'value':'a','type':'work','display':'D'}]}",
     "{'op':'add','path':'emails[type eq \\'work\\']','value':{'type':'work','value':''}}",
     "{" USER ",'emails':[{'value':'','type':'work','display':'D'}]}",
     "{" USER ",'emails':[{'type':'work','display':'D'}]}",
     "an empty value beside the label of the element"},
    {SCIM_LENIENT_BLANK, "{" USER "}", "{'op':'add','path':'','value':{'title':'T'}}",
     "400 invalidPath", "{" USER ",'title':'T'}", "an empty path"},
    {SCIM_LENIENT_SCALAR, "{" USER ",'" ENTERPRISE "':{'manager':{'value':'1','$ref':'r'}}}",
     "{'op':'replace','path':'" ENTERPRISE ":manager','value':'9'}", "400 invalidValue",
     "{" USER ",'" ENTERPRISE "':{'manager':{'value':'9'}}}",
     "a bare value is all of a complex attribute"},
    {SCIM_LENIENT_SCALAR, "{" USER ",'emails':[" HOME "]}",
     "{'op':'add','path':'emails','value':'a@x'}", "400 invalidValue",
     "{" USER ",'emails':[" HOME ",{'value':'a@x'}]}", "a bare value of a list"},
    {SCIM_LENIENT_SINGLE, "{" USER "}", "{'op':'replace','path':'emails','value':" HOME "}",
     "400 invalidValue", "{" USER ",'emails':[" HOME "]}", "one object for a list"},
    {SCIM_LENIENT_SINGLE, "{" USER ",'emails':[" HOME "]}",
     "{'op':'replace','path':'emails[type eq \\'home\\']','value':[{'value':'c'}]}",
     "400 invalidValue", "{" USER ",'emails':[{'value':'c'}]}", "a list of one for an element"},
    {SCIM_LENIENT_PRIMARY, "{" USER "}",
     "{'op':'add','path':'emails','value':[" WORK ",{'value':'c','primary':true}]}",
     "400 invalidValue", "{" USER ",'emails':[" WORK ",{'value':'c','primary':false}]}",
     "two primary values: the first"},
    {SCIM_LENIENT_ALIAS, "{" USER "}",
     "{'op':'add','path':'" ENTERPRISE ":manager','value':{'managerId':'9'}}", "{" USER "}",
     "{" USER ",'" ENTERPRISE "':{'manager':{'value':'9'}}}", "managerId"},
    {SCIM_LENIENT_URN, "{" USER "}",
     "{'op':'add','path':'urn:scim:schemas:extension:enterprise:1.0:division','value':'D'}",
     "400 invalidPath", "{" USER ",'" ENTERPRISE "':{'division':'D'}}", "an obsolete URN"},
    {SCIM_LENIENT_SCHEMAS, "{" USER "}",
     "{'op':'add','path':'schemas','value':['urn:example:invented']}", "400 invalidValue",
     "{" USER "}", "an invented schema"},
    {SCIM_LENIENT_SCHEMAS, "{" USER "}", "{'op':'remove','path':'schemas'}", "400 mutability",
     "{" USER "}", "schemas removed"},
};

/* Requests as the clients send them, in the dialect that is theirs. */
static const struct {
    const char *dialect, *before, *operations, *expected, *name;
} clients[] = {
    {"entra", "{" USER ",'active':true}", "{'op':'Replace','path':'active','value':'False'}",
     "{" USER ",'active':false}", "Entra: disable"},
    {"entra", "{" USER ",'active':false}", "{'op':'replace','path':'active','value':true}",
     "{" USER ",'active':true}", "Entra with the flag: enable"},
    {"entra", "{" USER "}",
     "{'op':'Add','path':'emails[type eq \\'work\\'].value','value':'a@x'},"
     "{'op':'Add','path':'phoneNumbers[type eq \\'mobile\\'].value','value':'1'},"
     "{'op':'Add','path':'addresses[type eq \\'work\\'].locality','value':'Oslo'},"
     "{'op':'Replace','path':'addresses[type eq \\'work\\'].country','value':'NO'}",
     "{" USER ",'emails':[{'value':'a@x','type':'work'}],'phoneNumbers':[{'value':'1',"
     "'type':'mobile'}],'addresses':[{'locality':'Oslo','country':'NO','type':'work'}]}",
     "Entra: value paths on a user without such values"},
    {"entra", "{" USER ",'emails':[" WORK "]}",
     "{'op':'Replace','path':'emails[type eq \\'work\\'].value','value':'c@x'}",
     "{" USER ",'emails':[{'value':'c@x','type':'work','primary':true}]}",
     "Entra: a value path with a match"},
    {"entra", "{" USER "}",
     "{'op':'replace','value':{'displayName':'Ada','name.givenName':'Ada','" ENTERPRISE
     ":employeeNumber':'42'}}",
     "{" USER ",'name':{'givenName':'Ada'},'displayName':'Ada','" ENTERPRISE
     "':{'employeeNumber':'42'}}",
     "Entra with the flag: dotted paths and URNs as keys"},
    {"entra", "{" USER "}", "{'op':'Add','path':'" ENTERPRISE ":manager','value':'9'}",
     "{" USER ",'" ENTERPRISE "':{'manager':{'value':'9'}}}", "Entra: a manager"},
    {"entra", "{" USER ",'" ENTERPRISE "':{'manager':{'value':'9'},'division':'D'}}",
     "{'op':'Replace','path':'" ENTERPRISE ":manager','value':''}",
     "{" USER ",'" ENTERPRISE "':{'division':'D'}}", "Entra: a manager taken away with \"\""},
    {"entra", "{" USER ",'" ENTERPRISE "':{'manager':{'value':'9'}}}",
     "{'op':'Replace','path':'" ENTERPRISE ":manager','value':null}", "{" USER "}",
     "Entra: a manager taken away with null"},
    {"entra", "{" USER ",'" ENTERPRISE "':{'manager':{'value':'9'}}}",
     "{'op':'Replace','path':'" ENTERPRISE ":manager','value':{'value':''}}", "{" USER "}",
     "Entra: a manager taken away with \"\" inside"},
    {"entra", "{" USER ",'" ENTERPRISE "':{'manager':{'value':'9'}}}",
     "{'op':'Remove','path':'" ENTERPRISE ":manager'}", "{" USER "}",
     "Entra: a manager removed"},
    {"entra", "{" USER "}",
     "{'op':'Add','path':'roles','value':[{'value':'{\\'id\\':\\'1\\'}','primary':'True'}]}",
     "{" USER ",'roles':[{'value':'{\\'id\\':\\'1\\'}','primary':true}]}",
     "Entra: roles as JSON in text, primary as text"},
    {"okta", "{" USER ",'active':true}", "{'op':'replace','value':{'active':false}}",
     "{" USER ",'active':false}", "Okta: deactivate"},
    {"okta", "{" USER ",'active':false}", "{'op':'replace','value':{'active':true}}",
     "{" USER ",'active':true}", "Okta: activate"},
    {"okta", "{" USER "}", "{'op':'replace','value':{'password':'p'}}",
     "{" USER ",'password':'p'}", "Okta: a password"},
    {"okta", "{" USER "}", "{'op':'Replace','value':{'active':true}}", "400 invalidSyntax",
     "Okta: does not capitalise"},
    {"auto", "{" USER "}",
     "{'op':'replace','path':'emails[type eq \\'work\\'].value','value':'x'}", "400 noTarget",
     "unknown client: replace without a match"},
    {"auto", "{" USER "}",
     "{'op':'Replace','path':'emails[type eq \\'work\\'].value','value':'x'}",
     "{" USER ",'emails':[{'value':'x','type':'work'}]}",
     "unknown client that capitalises: it is Entra"},
    {"auto", "{" USER "}", "{'op':'add','path':'emails[type eq \\'work\\'].value','value':'x'}",
     "{" USER ",'emails':[{'value':'x','type':'work'}]}",
     "unknown client: add without a match"},
    {"strict", "{" USER "}", "{'op':'Replace','path':'title','value':'T'}", "400 invalidSyntax",
     "strict: op is case sensitive"},
};

static const struct {
    const char *before, *operations, *expected, *name;
} groups[] = {
    {"{'displayName':'g','members':[{'value':'1'},{'value':'2'}]}",
     "{'op':'Remove','path':'members','value':[{'value':'1'}]}",
     "{'displayName':'g','members':[{'value':'2'}]}", "Entra: remove a member with a value"},
    {"{'displayName':'g','members':[{'value':'1'},{'value':'2'}]}",
     "{'op':'remove','path':'members[value eq \\'1\\']'}",
     "{'displayName':'g','members':[{'value':'2'}]}", "Entra with the flag: remove a member"},
    {"{'displayName':'g','members':[{'value':'1'}]}",
     "{'op':'Add','path':'members','value':[{'$ref':null,'value':'1'},{'$ref':null,'value':'2'}"
     "]}",
     "{'displayName':'g','members':[{'value':'1'},{'value':'2'}]}",
     "Entra: add members, one of them again"},
    {"{'displayName':'g','members':[{'value':'1','$ref':'https://a/Users/1','display':'A'}]}",
     "{'op':'add','path':'members','value':[{'value':'1','$ref':'https://b/Users/1',"
     "'display':'B'}]}",
     "{'displayName':'g','members':[{'value':'1','$ref':'https://a/Users/1','display':'A'}]}",
     "a member again with another $ref and display"},
    {"{'displayName':'g'}", "{'op':'replace','value':{'id':'7','displayName':'h'}}",
     "{'displayName':'h'}", "Okta: rename, with the id"},
    {"{'displayName':'g','members':[{'value':'1'}]}",
     "{'op':'remove','path':'members[value eq \\'1\\']'},{'op':'add','path':'members','value':"
     "[{'value':'2','display':'B'}]}",
     "{'displayName':'g','members':[{'value':'2','display':'B'}]}", "Okta: remove and add"},
    {"{'displayName':'g'}", "{'value':[{'value':'u1'}],'op':'add','path':'members'}",
     "{'displayName':'g','members':[{'value':'u1'}]}", "OneLogin: add a member"},
    {"{'displayName':'g','members':[{'value':'1'},{'value':'2'}]}",
     "{'op':'remove','path':'members','value':{'members':[{'value':'1'}]}}",
     "{'displayName':'g','members':[{'value':'2'}]}", "Salesforce: remove a member"},
};

int main(void)
{
    unsigned int i;

    pool = tap_start();
    patches_start();
    for (i = 0; i < sizeof(leniencies) / sizeof(leniencies[0]); i++) {
        is_patched("User", 0, leniencies[i].before, leniencies[i].operations,
                   leniencies[i].strict,
                   apr_pstrcat(pool, leniencies[i].name, " (strict)", NULL));
        is_patched("User", leniencies[i].bit, leniencies[i].before, leniencies[i].operations,
                   leniencies[i].lenient,
                   apr_pstrcat(pool, leniencies[i].name, " (lenient)", NULL));
    }
    for (i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
        is_patched("User", scim_dialect_find(clients[i].dialect)->leniency, clients[i].before,
                   clients[i].operations, clients[i].expected, clients[i].name);
    }
    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        is_patched("Group", scim_dialect_find("auto")->leniency, groups[i].before,
                   groups[i].operations, groups[i].expected, groups[i].name);
    }
    return tap_done();
}
