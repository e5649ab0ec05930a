#include "patches.h"

#define WORK "{'value':'a@x','type':'work','primary':true}"
#define HOME "{'value':'b@x','type':'home'}"
#define OFFICE "{'streetAddress':'1 Main','locality':'Oslo','type':'work'}"

/* The examples of RFC 7644 3.5.2, on users and groups. */
static const patch_row_t example_users[] = {
    {"RFC 7644 3.5.2.1: add attributes without a path", "{'userName':'b'}",
     "{'op':'add','value':{'emails':[{'value':'babs@jensen.org','type':'home'}],"
     "'nickname':'Babs'}}",
     "{'userName':'b','nickName':'Babs','emails':[{'value':'babs@jensen.org','type':'home'}]}",
     0},
    {"the same where both have values", "{'userName':'b','nickName':'Old','emails':[" WORK "]}",
     "{'op':'add','value':{'emails':[{'value':'babs@jensen.org','type':'home'}],"
     "'nickname':'Babs'}}",
     "{'userName':'b','nickName':'Babs','emails':[" WORK
     ",{'value':'babs@jensen.org','type':'home'}]}",
     0},
    {"RFC 7644 3.5.2.2: remove with a complex filter",
     "{'userName':'b','emails':[{'value':'b@example.com','type':'work'},"
     "{'value':'b@other.com','type':'work'},{'value':'c@example.com','type':'home'}]}",
     "{'op':'remove','path':'emails[type eq \\'work\\' and value ew \\'example.com\\']'}",
     "{'userName':'b','emails':[{'value':'b@other.com','type':'work'},"
     "{'value':'c@example.com','type':'home'}]}",
     0},
    {"RFC 7644 3.5.2.3: replace a whole element, primary demotes the others",
     "{'userName':'b','addresses':[{'type':'home','locality':'Oslo','primary':true},"
     "{'type':'work','locality':'Rome','postalCode':'1'}]}",
     "{'op':'replace','path':'addresses[type eq \\'work\\']','value':{'type':'work',"
     "'streetAddress':'911 Universal City Plaza','locality':'Hollywood','region':'CA',"
     "'postalCode':'91608','country':'US','formatted':'911 Universal City Plaza\\nHollywood',"
     "'primary':true}}",
     "{'userName':'b','addresses':[{'type':'home','locality':'Oslo','primary':false},"
     "{'type':'work','streetAddress':'911 Universal City Plaza','locality':'Hollywood',"
     "'region':'CA','postalCode':'91608','country':'US',"
     "'formatted':'911 Universal City Plaza\\nHollywood','primary':true}]}",
     0},
    {"RFC 7644 3.5.2.3: replace a sub-attribute of an element",
     "{'userName':'b','addresses':[" OFFICE ",{'type':'home','streetAddress':'2 Side'}]}",
     "{'op':'replace','path':'addresses[type eq \\'work\\'].streetAddress',"
     "'value':'1010 Broadway Ave'}",
     "{'userName':'b','addresses':[{'type':'work','streetAddress':'1010 Broadway Ave',"
     "'locality':'Oslo'},{'type':'home','streetAddress':'2 Side'}]}",
     0},
    {"RFC 7644 3.5.2.3: replace attributes without a path",
     "{'userName':'b','title':'T','nickName':'N','emails':[{'value':'z@x'}]}",
     "{'op':'replace','value':{'emails':[{'value':'bjensen@example.com','type':'work',"
     "'primary':true},{'value':'babs@jensen.org','type':'home'}],'nickname':'Babs'}}",
     "{'userName':'b','title':'T','nickName':'Babs','emails':[{'value':'bjensen@example.com',"
     "'type':'work','primary':true},{'value':'babs@jensen.org','type':'home'}]}",
     0},
    {NULL, NULL, NULL, NULL, 0},
};

#define BABS "{'value':'28','$ref':'https://example.com/v2/Users/28','display':'Babs Jensen'}"
#define JAMES "{'value':'08','$ref':'https://example.com/v2/Users/08','display':'James Smith'}"

static const patch_row_t example_groups[] = {
    {"RFC 7644 3.5.2.1: add a member", "{'displayName':'g'}",
     "{'op':'add','path':'members','value':[" BABS "]}",
     "{'displayName':'g','members':[" BABS "]}", 0},
    {"RFC 7644 3.5.2.1: a member who is there already",
     "{'displayName':'g','members':[" BABS "]}",
     "{'op':'add','path':'members','value':[" BABS "]}",
     "{'displayName':'g','members':[" BABS "]}", 0},
    {"RFC 7644 3.5.2.2: remove one member",
     "{'displayName':'g','members':[" BABS "," JAMES "]}",
     "{'op':'remove','path':'members[value eq \\'28\\']'}",
     "{'displayName':'g','members':[" JAMES "]}", 0},
    {"RFC 7644 3.5.2.2: remove somebody who is no member",
     "{'displayName':'g','members':[" JAMES "]}",
     "{'op':'remove','path':'members[value eq \\'28\\']'}",
     "{'displayName':'g','members':[" JAMES "]}", 0},
    {"RFC 7644 3.5.2.2: remove all members",
     "{'displayName':'g','members':[" BABS "," JAMES "]}", "{'op':'remove','path':'members'}",
     "{'displayName':'g'}", 0},
    {"RFC 7644 3.5.2.2: remove and add; no blank before the quote",
     "{'displayName':'g','members':[" BABS "]}",
     "{'op':'remove','path':'members[value eq\\'28\\']'},"
     "{'op':'add','path':'members','value':[" JAMES "]}",
     "{'displayName':'g','members':[" JAMES "]}", 0},
    {"RFC 7644 3.5.2.2: remove all and add", "{'displayName':'g','members':[{'value':'1'}]}",
     "{'op':'remove','path':'members'},{'op':'add','path':'members','value':[" BABS "," JAMES
     "]}",
     "{'displayName':'g','members':[" BABS "," JAMES "]}", 0},
    {"RFC 7644 3.5.2.3: replace all members", "{'displayName':'g','members':[{'value':'1'}]}",
     "{'op':'replace','path':'members','value':[" BABS "," JAMES "]}",
     "{'displayName':'g','members':[" BABS "," JAMES "]}", 0},
    {NULL, NULL, NULL, NULL, 0},
};

/* RFC 7644 3.5.2.1, each rule. */
static const patch_row_t add[] = {
    {"add: an attribute without a value", "{'userName':'b'}",
     "{'op':'add','path':'title','value':'T'}", "{'userName':'b','title':'T'}", 0},
    {"add: a single value is replaced", "{'userName':'b','title':'S'}",
     "{'op':'add','path':'title','value':'T'}", "{'userName':'b','title':'T'}", 0},
    {"add: sub-attributes of a complex attribute", "{'userName':'b','name':{'givenName':'B'}}",
     "{'op':'add','path':'name','value':{'familyName':'J','givenName':'C'}}",
     "{'userName':'b','name':{'familyName':'J','givenName':'C'}}", 0},
    {"add: a complex attribute without a value", "{'userName':'b'}",
     "{'op':'add','path':'name','value':{'familyName':'J'}}",
     "{'userName':'b','name':{'familyName':'J'}}", 0},
    {"add: one sub-attribute", "{'userName':'b'}",
     "{'op':'add','path':'name.familyName','value':'J'}",
     "{'userName':'b','name':{'familyName':'J'}}", 0},
    {"add: a value to a multi-valued attribute", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'add','path':'emails','value':[" HOME "]}",
     "{'userName':'b','emails':[" WORK "," HOME "]}", 0},
    {"add: one value without an array", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'add','path':'emails','value':" HOME "}",
     "{'userName':'b','emails':[" WORK "," HOME "]}", 0},
    {"add: what is there already", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'add','path':'emails','value':[" HOME "," WORK "]}",
     "{'userName':'b','emails':[" WORK "," HOME "]}", 0},
    {"add: what is there but for its case", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'add','path':'emails','value':{'value':'A@X','type':'WORK'}}",
     "{'userName':'b','emails':[" WORK "]}", 0},
    {"add: the same value with more to it", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'add','path':'emails','value':{'value':'b@x','type':'home','display':'B',"
     "'primary':true}}",
     "{'userName':'b','emails':[{'value':'a@x','type':'work','primary':false},"
     "{'value':'b@x','type':'home','display':'B','primary':true}]}",
     0},
    {"add: the same value of another type", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'add','path':'emails','value':{'value':'a@x','type':'home'}}",
     "{'userName':'b','emails':[" WORK ",{'value':'a@x','type':'home'}]}", 0},
    {"add: the same address", "{'userName':'b','addresses':[" OFFICE "]}",
     "{'op':'add','path':'addresses','value':[" OFFICE "]}",
     "{'userName':'b','addresses':[" OFFICE "]}", 0},
    {"add: a primary value demotes (3.5.2)", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'add','path':'emails','value':{'value':'c@x','primary':true}}",
     "{'userName':'b','emails':[{'value':'a@x','type':'work','primary':false},"
     "{'value':'c@x','primary':true}]}",
     0},
    {"add: a value that is not primary demotes nobody", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'add','path':'emails','value':{'value':'c@x','primary':false}}",
     "{'userName':'b','emails':[" WORK ",{'value':'c@x','primary':false}]}", 0},
    {"add: on a value path merges", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'add','path':'emails[type eq \\'home\\']','value':{'display':'B'}}",
     "{'userName':'b','emails':[" WORK ",{'value':'b@x','type':'home','display':'B'}]}", 0},
    {"add: a sub-attribute on a value path", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'add','path':'emails[type eq \\'home\\'].display','value':'B'}",
     "{'userName':'b','emails':[" WORK ",{'value':'b@x','type':'home','display':'B'}]}", 0},
    {"add: primary on a value path demotes", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'add','path':'emails[type eq \\'home\\'].primary','value':true}",
     "{'userName':'b','emails':[{'value':'a@x','type':'work','primary':false},"
     "{'value':'b@x','type':'home','primary':true}]}",
     0},
    {"add: a sub-attribute to all values", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'add','path':'emails.display','value':'D'}",
     "{'userName':'b','emails':[{'value':'a@x','type':'work','primary':true,'display':'D'},"
     "{'value':'b@x','type':'home','display':'D'}]}",
     0},
    {"add: a sub-attribute where there are no values", "{'userName':'b'}",
     "{'op':'add','path':'emails.value','value':'a@x'}",
     "{'userName':'b','emails':[{'value':'a@x'}]}", 0},
    {"add: a value path without a match", "{'userName':'b','emails':[" HOME "]}",
     "{'op':'add','path':'emails[type eq \\'work\\'].value','value':'a@x'}", "400 noTarget", 0},
    {"add: null unassigns", "{'userName':'b','title':'T'}",
     "{'op':'add','path':'title','value':null}", "{'userName':'b'}", 0},
    {"add: null to a list", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'add','path':'emails','value':null}", "{'userName':'b','emails':[" WORK "]}", 0},
    {"add: an extension's attribute, and its URN in schemas (3.5.2)", "{'userName':'b'}",
     "{'op':'add','path':'" ENTERPRISE ":employeeNumber','value':'7'}",
     "{'userName':'b','" ENTERPRISE "':{'employeeNumber':'7'}}", 0},
    {"add: an extension", "{'userName':'b','" ENTERPRISE "':{'division':'D'}}",
     "{'op':'add','path':'" ENTERPRISE "','value':{'employeeNumber':'7'}}",
     "{'userName':'b','" ENTERPRISE "':{'employeeNumber':'7','division':'D'}}", 0},
    {"add: paths in any case (3.10)", "{'userName':'b'}",
     "{'op':'add','path':'NAME.FamilyName','value':'J'}",
     "{'userName':'b','name':{'familyName':'J'}}", 0},
    {"add: core attributes under their URN", "{'userName':'b'}",
     "{'op':'add','value':{'urn:ietf:params:scim:schemas:core:2.0:User':{'title':'T'}}}",
     "{'userName':'b','title':'T'}", 0},
    {"add: the core URN in the path", "{'userName':'b'}",
     "{'op':'add','path':'urn:ietf:params:scim:schemas:core:2.0:User:name.familyName',"
     "'value':'J'}",
     "{'userName':'b','name':{'familyName':'J'}}", 0},
    {"add: a value of the wrong type", "{'userName':'b'}",
     "{'op':'add','path':'active','value':'maybe'}", "400 invalidValue", 0},
    {"add: a scalar for a complex attribute", "{'userName':'b'}",
     "{'op':'add','path':'name','value':'Babs'}", "400 invalidValue", 0},
    {"add: two primary values at once", "{'userName':'b'}",
     "{'op':'add','path':'emails','value':[{'value':'1','primary':true},"
     "{'value':'2','primary':true}]}",
     "400 invalidValue", 0},
    {NULL, NULL, NULL, NULL, 0},
};

/* RFC 7644 3.5.2.2, each rule. */
static const patch_row_t removal[] = {
    {"remove: without a path", "{'userName':'b'}", "{'op':'remove'}", "400 noTarget", 0},
    {"remove: without a path, with a value", "{'userName':'b','title':'T'}",
     "{'op':'remove','value':{'title':'T'}}", "400 noTarget", ~0u},
    {"remove: a single value", "{'userName':'b','title':'T'}", "{'op':'remove','path':'title'}",
     "{'userName':'b'}", 0},
    {"remove: what is not there", "{'userName':'b'}", "{'op':'remove','path':'title'}",
     "{'userName':'b'}", 0},
    {"remove: a complex attribute", "{'userName':'b','name':{'givenName':'B'}}",
     "{'op':'remove','path':'name'}", "{'userName':'b'}", 0},
    {"remove: a sub-attribute", "{'userName':'b','name':{'givenName':'B','familyName':'J'}}",
     "{'op':'remove','path':'name.givenName'}", "{'userName':'b','name':{'familyName':'J'}}",
     0},
    {"remove: the last sub-attribute", "{'userName':'b','name':{'givenName':'B'}}",
     "{'op':'remove','path':'name.givenName'}", "{'userName':'b'}", 0},
    {"remove: a sub-attribute of what is not there", "{'userName':'b'}",
     "{'op':'remove','path':'name.givenName'}", "{'userName':'b'}", 0},
    {"remove: all values", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'remove','path':'emails'}", "{'userName':'b'}", 0},
    {"remove: a filter on the value", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'remove','path':'emails[value eq \\'b@x\\']'}",
     "{'userName':'b','emails':[" WORK "]}", 0},
    {"remove: the last value", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'remove','path':'emails[type eq \\'work\\']'}", "{'userName':'b'}", 0},
    {"remove: a filter that selects nothing", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'remove','path':'emails[type eq \\'other\\']'}",
     "{'userName':'b','emails':[" WORK "]}", 0},
    {"remove: a filter where there are no values", "{'userName':'b'}",
     "{'op':'remove','path':'emails[type eq \\'other\\']'}", "{'userName':'b'}", 0},
    {"remove: a sub-attribute of the selected", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'remove','path':'emails[type eq \\'work\\'].primary'}",
     "{'userName':'b','emails':[{'value':'a@x','type':'work'}," HOME "]}", 0},
    {"remove: a sub-attribute of all",
     "{'userName':'b','emails':[" WORK "," HOME ",{'type':'x'}]}",
     "{'op':'remove','path':'emails.type'}",
     "{'userName':'b','emails':[{'value':'a@x','primary':true},{'value':'b@x'}]}", 0},
    {"remove: an extension's attribute, the last",
     "{'userName':'b','" ENTERPRISE "':{'division':'D'}}",
     "{'op':'remove','path':'" ENTERPRISE ":division'}", "{'userName':'b'}", 0},
    {"remove: an extension's attribute that is not there", "{'userName':'b'}",
     "{'op':'remove','path':'" ENTERPRISE ":division'}", "{'userName':'b'}", 0},
    {"remove: an extension",
     "{'userName':'b','" ENTERPRISE "':{'division':'D','costCenter':'C'}}",
     "{'op':'remove','path':'" ENTERPRISE "'}", "{'userName':'b'}", 0},
    {"remove: an extension that is not there", "{'userName':'b'}",
     "{'op':'remove','path':'" ENTERPRISE "'}", "{'userName':'b'}", 0},
    {"remove: a required attribute", "{'userName':'b'}", "{'op':'remove','path':'userName'}",
     "400 mutability", 0},
    {"remove: a read-only attribute", "{'userName':'b'}", "{'op':'remove','path':'groups'}",
     "400 mutability", 0},
    {"remove: a value is no part of it", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'remove','path':'emails','value':[" WORK "]}", "400 invalidValue", 0},
    {"remove: a null value is none", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'remove','path':'emails','value':null}", "{'userName':'b'}", 0},
    {NULL, NULL, NULL, NULL, 0},
};

/* RFC 7644 3.5.2.3, each rule. */
static const patch_row_t replace[] = {
    {"replace: a single value", "{'userName':'b','title':'S'}",
     "{'op':'replace','path':'title','value':'T'}", "{'userName':'b','title':'T'}", 0},
    {"replace: what is not there is an add", "{'userName':'b'}",
     "{'op':'replace','path':'title','value':'T'},"
     "{'op':'replace','path':'emails','value':[" HOME "]}",
     "{'userName':'b','title':'T','emails':[" HOME "]}", 0},
    {"replace: all values", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'replace','path':'emails','value':[" HOME "]}",
     "{'userName':'b','emails':[" HOME "]}", 0},
    {"replace: all values with none", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'replace','path':'emails','value':[]}", "{'userName':'b'}", 0},
    {"replace: with null (RFC 7643 2.5)", "{'userName':'b','title':'T','emails':[" WORK "]}",
     "{'op':'replace','path':'title','value':null},{'op':'replace','value':{'emails':null}}",
     "{'userName':'b'}", 0},
    {"replace: an object where an array is due", "{'userName':'b'}",
     "{'op':'replace','path':'emails','value':" HOME "}", "400 invalidValue", 0},
    {"replace: sub-attributes, others stay",
     "{'userName':'b','name':{'givenName':'B','familyName':'J'}}",
     "{'op':'replace','path':'name','value':{'givenName':'C','middleName':'M'}}",
     "{'userName':'b','name':{'givenName':'C','familyName':'J','middleName':'M'}}", 0},
    {"replace: a sub-attribute with null inside an object",
     "{'userName':'b','name':{'givenName':'B','familyName':'J'}}",
     "{'op':'replace','path':'name','value':{'givenName':null}}",
     "{'userName':'b','name':{'familyName':'J'}}", 0},
    {"replace: an empty object changes nothing", "{'userName':'b','name':{'givenName':'B'}}",
     "{'op':'replace','path':'name','value':{}}", "{'userName':'b','name':{'givenName':'B'}}",
     0},
    {"replace: an empty object for what is not there", "{'userName':'b'}",
     "{'op':'replace','path':'name','value':{}}", "{'userName':'b'}", 0},
    {"replace: the selected element, not merged",
     "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'replace','path':'emails[type eq \\'work\\']','value':{'value':'c@x'}}",
     "{'userName':'b','emails':[{'value':'c@x'}," HOME "]}", 0},
    {"replace: all matching elements",
     "{'userName':'b','emails':[{'value':'1','type':'work'},"
     "{'value':'2','type':'work'}," HOME "]}",
     "{'op':'replace','path':'emails[type eq \\'work\\']','value':{'value':'c@x'}}",
     "{'userName':'b','emails':[{'value':'c@x'}," HOME "]}", 0},
    {"replace: a sub-attribute of all matching",
     "{'userName':'b','emails':[{'value':'1','type':'work'},{'value':'2','type':'work'}," HOME
     "]}",
     "{'op':'replace','path':'emails[type eq \\'work\\'].display','value':'D'}",
     "{'userName':'b','emails':[{'value':'1','type':'work','display':'D'},"
     "{'value':'2','type':'work','display':'D'}," HOME "]}",
     0},
    {"replace: a filter that selects nothing", "{'userName':'b','emails':[" WORK "]}",
     "{'op':'replace','path':'emails[type eq \\'home\\']','value':" HOME "}", "400 noTarget",
     0},
    {"replace: a filter where there are no values", "{'userName':'b'}",
     "{'op':'replace','path':'emails[type eq \\'home\\'].value','value':'x'}", "400 noTarget",
     0},
    {"replace: the selected element with null", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'replace','path':'emails[type eq \\'work\\']','value':null}",
     "{'userName':'b','emails':[" HOME "]}", 0},
    {"replace: primary with true demotes", "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'replace','path':'emails[type eq \\'home\\'].primary','value':true}",
     "{'userName':'b','emails':[{'value':'a@x','type':'work','primary':false},"
     "{'value':'b@x','type':'home','primary':true}]}",
     0},
    {"replace: primary with false demotes nobody",
     "{'userName':'b','emails':[" WORK "," HOME "]}",
     "{'op':'replace','path':'emails[type eq \\'home\\'].primary','value':false}",
     "{'userName':'b','emails':[" WORK ",{'value':'b@x','type':'home','primary':false}]}", 0},
    {"replace: primary of several makes the first so",
     "{'userName':'b','emails':[" HOME "," WORK "]}",
     "{'op':'replace','path':'emails.primary','value':true}",
     "{'userName':'b','emails':[{'value':'b@x','type':'home','primary':true},"
     "{'value':'a@x','type':'work','primary':false}]}",
     0},
    {"replace: an extension",
     "{'userName':'b','" ENTERPRISE "':{'division':'D','costCenter':'C'}}",
     "{'op':'replace','path':'" ENTERPRISE "','value':{'division':'E'}}",
     "{'userName':'b','" ENTERPRISE "':{'division':'E','costCenter':'C'}}", 0},
    {"replace: an extension with null", "{'userName':'b','" ENTERPRISE "':{'division':'D'}}",
     "{'op':'replace','path':'" ENTERPRISE "','value':null}", "{'userName':'b'}", 0},
    {"replace: an extension with null in a path-less value",
     "{'userName':'b','" ENTERPRISE "':{'division':'D'}}",
     "{'op':'replace','value':{'" ENTERPRISE "':null,'title':'T'}}",
     "{'userName':'b','title':'T'}", 0},
    {"replace: a required attribute with null", "{'userName':'b'}",
     "{'op':'replace','path':'userName','value':null}", "400 mutability", 0},
    {"replace: a password", "{'userName':'b'}",
     "{'op':'replace','path':'password','value':'secret'}",
     "{'userName':'b','password':'secret'}", 0},
    {NULL, NULL, NULL, NULL, 0},
};

/* RFC 7644 3.5.2: sequence and atomicity. */
static const patch_row_t sequence[] = {
    {"sequence: each operation sees what the one before it did", "{'userName':'b'}",
     "{'op':'add','path':'emails','value':" WORK "},"
     "{'op':'replace','path':'emails[type eq \\'work\\'].type','value':'home'},"
     "{'op':'remove','path':'emails[type eq \\'home\\'].primary'}",
     "{'userName':'b','emails':[{'value':'a@x','type':'home'}]}", 0},
    {"sequence: an extension comes and goes", "{'userName':'b'}",
     "{'op':'add','path':'" ENTERPRISE ":division','value':'D'},"
     "{'op':'remove','path':'" ENTERPRISE ":division'}",
     "{'userName':'b'}", 0},
    {"sequence: an error later on fails all", "{'userName':'b'}",
     "{'op':'add','path':'title','value':'T'},{'op':'remove','path':'userName'}",
     "400 mutability", 0},
    {"sequence: values that become the same are one",
     "{'userName':'b','emails':[{'value':'a@x','type':'work'},{'value':'a@x','type':'home'}]}",
     "{'op':'replace','path':'emails.type','value':'other'}",
     "{'userName':'b','emails':[{'value':'a@x','type':'other'}]}", 0},
    {NULL, NULL, NULL, NULL, 0},
};

/* RFC 7643 7, mutability and required, on both levels. */
#define THING "'label':'l','owners':[{'value':'o'}],'" NEEDED_URN "':{'site':'s','room':'r'}"
#define LIST(values) "{" THING ",'parts':[" values "]}"
static const patch_row_t mutability[] = {
    {"immutable: assigned first", "{" THING "}", "{'op':'add','path':'serial','value':'1'}",
     "{" THING ",'serial':'1'}", 0},
    {"immutable: assigned first by replace", "{" THING "}",
     "{'op':'replace','value':{'serial':'1'}}", "{" THING ",'serial':'1'}", 0},
    {"immutable: the same again", "{" THING ",'serial':'1'}",
     "{'op':'replace','path':'serial','value':'1'}", "{" THING ",'serial':'1'}", 0},
    {"immutable: another value", "{" THING ",'serial':'1'}",
     "{'op':'replace','path':'serial','value':'2'}", "400 mutability", 0},
    {"immutable: add another value", "{" THING ",'serial':'1'}",
     "{'op':'add','value':{'serial':'2'}}", "400 mutability", 0},
    {"immutable: removed", "{" THING ",'serial':'1'}", "{'op':'remove','path':'serial'}",
     "400 mutability", 0},
    {"immutable: removed by null", "{" THING ",'serial':'1'}",
     "{'op':'replace','path':'serial','value':null}", "400 mutability", 0},
    {"immutable: removed where there is nothing", "{" THING "}",
     "{'op':'remove','path':'serial'}", "{" THING "}", 0},
    {"immutable: set and changed in one request", "{" THING "}",
     "{'op':'add','path':'serial','value':'1'},{'op':'add','path':'serial','value':'2'}",
     "400 mutability", 0},
    {"immutable: a complex attribute assigned first", "{" THING "}",
     "{'op':'add','path':'origin','value':{'country':'NO'}}",
     "{" THING ",'origin':{'country':'NO'}}", 0},
    {"immutable: nothing for a complex attribute", "{" THING "}",
     "{'op':'add','path':'origin','value':{'country':null}}", "{" THING "}", 0},
    {"immutable: a sub-attribute more", "{" THING ",'origin':{'country':'NO'}}",
     "{'op':'add','path':'origin.city','value':'Oslo'}", "400 mutability", 0},
    {"immutable: a sub-attribute of an extension's", "{" THING ",'" OTHER_URN "':{'lot':'1'}}",
     "{'op':'replace','value':{'" OTHER_URN "':{'lot':'2'}}}", "400 mutability", 0},
    {"immutable: an extension with one removed", "{" THING ",'" OTHER_URN "':{'lot':'1'}}",
     "{'op':'remove','path':'" OTHER_URN "'}", "400 mutability", 0},
    {"immutable: an extension without one removed", "{" THING ",'" OTHER_URN "':{'note':'1'}}",
     "{'op':'remove','path':'" OTHER_URN "'}", "{" THING "}", 0},
    {"immutable: one more of a list", "{" THING ",'marks':['1']}",
     "{'op':'add','path':'marks','value':['2']}", "400 mutability", 0},
    {"immutable: what is in the list", "{" THING ",'marks':['1']}",
     "{'op':'add','path':'marks','value':['1']}", "{" THING ",'marks':['1']}", 0},
    {"immutable: one less of a list", "{" THING ",'marks':['1','2']}",
     "{'op':'remove','path':'marks[value eq \\'2\\']'}", "400 mutability", 0},
    {"immutable: a sub-attribute of a list's element", "{" THING ",'seals':[{'value':'1'}]}",
     "{'op':'add','path':'seals[value eq \\'1\\'].note','value':'n'}", "400 mutability", 0},
    {"immutable sub-attribute: assigned first", "{" THING ",'spec':{'code':'c'}}",
     "{'op':'add','path':'spec.lot','value':'1'}", "{" THING ",'spec':{'code':'c','lot':'1'}}",
     0},
    {"immutable sub-attribute: another value", "{" THING ",'spec':{'code':'c','lot':'1'}}",
     "{'op':'replace','path':'spec','value':{'lot':'2'}}", "400 mutability", 0},
    {"immutable sub-attribute: null", "{" THING ",'spec':{'code':'c','lot':'1'}}",
     "{'op':'replace','path':'spec','value':{'lot':null}}", "400 mutability", 0},
    {"immutable sub-attribute: others change beside it",
     "{" THING ",'spec':{'code':'c','lot':'1'}}",
     "{'op':'replace','path':'spec','value':{'lot':'1','text':'t'}}",
     "{" THING ",'spec':{'code':'c','text':'t','lot':'1'}}", 0},
    {"immutable sub-attribute: removed with all of it",
     "{" THING ",'spec':{'code':'c','lot':'1'}}", "{'op':'remove','path':'spec'}",
     "{" THING "}", 0},
    {"immutable sub-attribute of an element: assigned first", LIST("{'value':'1'}"),
     "{'op':'add','path':'parts[value eq \\'1\\'].maker','value':'m'}",
     LIST("{'value':'1','maker':'m'}"), 0},
    {"immutable sub-attribute of an element: another value", LIST("{'value':'1','maker':'m'}"),
     "{'op':'add','path':'parts[value eq \\'1\\'].maker','value':'n'}", "400 mutability", 0},
    {"immutable sub-attribute of an element: another value in an object",
     LIST("{'value':'1','maker':'m'}"),
     "{'op':'add','path':'parts[value eq \\'1\\']','value':{'maker':'n'}}", "400 mutability",
     0},
    {"immutable sub-attribute of an element: removed", LIST("{'value':'1','maker':'m'}"),
     "{'op':'remove','path':'parts.maker'}", "400 mutability", 0},
    {"immutable sub-attribute of an element: removed with the element",
     LIST("{'value':'1','maker':'m'},{'value':'2'}"),
     "{'op':'remove','path':'parts[maker eq \\'m\\']'}", LIST("{'value':'2'}"), 0},
    {"immutable sub-attribute of an element: kept when the element is replaced",
     LIST("{'value':'1','maker':'m'}"),
     "{'op':'replace','path':'parts[value eq \\'1\\']','value':{'value':'2'}}",
     LIST("{'value':'2','maker':'m'}"), 0},
    {"immutable sub-attribute of an element: not changed by replacing the element",
     LIST("{'value':'1','maker':'m'}"),
     "{'op':'replace','path':'parts[value eq \\'1\\']','value':{'value':'2','maker':'n'}}",
     "400 mutability", 0},
    {"immutable sub-attribute of an element: the whole list may be replaced",
     LIST("{'value':'1','maker':'m'}"),
     "{'op':'replace','path':'parts','value':[{'value':'1','maker':'n'}]}",
     LIST("{'value':'1','maker':'n'}"), 0},
    {"immutable sub-attribute of an element: adding the same value again",
     LIST("{'value':'1','maker':'m'}"),
     "{'op':'add','path':'parts','value':[{'value':'1','maker':'n','count':3}]}",
     LIST("{'value':'1','count':3,'maker':'m'}"), 0},
    {"an element that is there: what it has more replaces", LIST("{'value':'1','count':1}"),
     "{'op':'add','path':'parts','value':{'value':'1','count':3,'weight':2}}",
     LIST("{'value':'1','count':3,'weight':2}"), 0},
    {"immutable list in an element: one more", LIST("{'value':'1','marks':['1']}"),
     "{'op':'add','path':'parts[value eq \\'1\\'].marks','value':'2'}", "400 mutability", 0},
    {"immutable list in an element: assigned first", LIST("{'value':'1'}"),
     "{'op':'add','path':'parts[value eq \\'1\\'].marks','value':['1','2']}",
     LIST("{'value':'1','marks':['1','2']}"), 0},
    {"a list in an element: one more", LIST("{'value':'1','notes':['1']}"),
     "{'op':'add','path':'parts[value eq \\'1\\'].notes','value':['1','2']}",
     LIST("{'value':'1','notes':['1','2']}"), 0},
    {"a list in an element: replaced", LIST("{'value':'1','notes':['1']}"),
     "{'op':'replace','path':'parts[value eq \\'1\\'].notes','value':['2']}",
     LIST("{'value':'1','notes':['2']}"), 0},
    {"a list in an object: one more", "{" THING ",'spec':{'code':'c','words':['1']}}",
     "{'op':'add','path':'spec','value':{'words':['2']}}",
     "{" THING ",'spec':{'code':'c','words':['1','2']}}", 0},
    {"read-only: an attribute", "{" THING "}", "{'op':'add','path':'state','value':'x'}",
     "400 mutability", ~0u},
    {"read-only: a sub-attribute", "{" THING "}", "{'op':'add','path':'spec.seen','value':'x'}",
     "400 mutability", ~0u},
    {"read-only: a sub-attribute of an element", LIST("{'value':'1'}"),
     "{'op':'replace','path':'parts[value eq \\'1\\'].seen','value':'x'}", "400 mutability",
     ~0u},
    {"read-only: a sub-attribute inside a value is left out (RFC 7644 3.3)", "{" THING "}",
     "{'op':'add','path':'spec','value':{'code':'c','seen':'x'}}",
     "{" THING ",'spec':{'code':'c'}}", 0},
    {"required: a list without its last value", "{" THING "}",
     "{'op':'remove','path':'owners[value eq \\'o\\']'}", "400 mutability", 0},
    {"required: a list with none", "{" THING "}", "{'op':'replace','path':'owners','value':[]}",
     "400 mutability", 0},
    {"required: a sub-attribute", "{" THING ",'spec':{'code':'c','text':'t'}}",
     "{'op':'remove','path':'spec.code'}", "400 mutability", 0},
    {"required: a sub-attribute with null", "{" THING ",'spec':{'code':'c','text':'t'}}",
     "{'op':'replace','path':'spec','value':{'code':null}}", "400 mutability", 0},
    {"required: a sub-attribute goes with its parent", "{" THING ",'spec':{'code':'c'}}",
     "{'op':'remove','path':'spec'}", "{" THING "}", 0},
    {"required: a sub-attribute of an element", LIST("{'value':'1','count':1}"),
     "{'op':'remove','path':'parts[count eq 1].value'}", "400 mutability", 0},
    {"required: an extension's attribute", "{" THING "}",
     "{'op':'remove','path':'" NEEDED_URN ":room'}", "400 mutability", 0},
    {"required: an extension", "{" THING "}", "{'op':'remove','path':'" NEEDED_URN "'}",
     "400 mutability", 0},
    {"simple lists: add what is not there", "{" THING ",'tags':['a'],'codes':['a']}",
     "{'op':'add','path':'tags','value':['A','b']},{'op':'add','path':'codes','value':['A','a']"
     "}",
     "{" THING ",'tags':['a','b'],'codes':['a','A']}", 0},
    {"simple lists: add on a value path", "{" THING ",'tags':['a','b']}",
     "{'op':'add','path':'tags[value eq \\'a\\']','value':'c'}", "{" THING ",'tags':['c','b']}",
     0},
    {"simple lists: remove by a filter", "{" THING ",'tags':['a','b']}",
     "{'op':'remove','path':'tags[value sw \\'a\\']'}", "{" THING ",'tags':['b']}", 0},
    {"simple lists: replace by a filter", "{" THING ",'tags':['a','b']}",
     "{'op':'replace','path':'tags[value eq \\'a\\']','value':'c'}",
     "{" THING ",'tags':['c','b']}", 0},
    {"a list in an extension", "{" THING "}",
     "{'op':'add','path':'" OTHER_URN ":lines','value':[{'value':'1','primary':true}]},"
     "{'op':'add','path':'" OTHER_URN ":lines','value':[{'value':'2','primary':true}]}",
     "{" THING ",'" OTHER_URN "':{'lines':[{'value':'1','primary':false},"
     "{'value':'2','primary':true}]}}",
     0},
    {NULL, NULL, NULL, NULL, 0},
};

static void details(void)
{
    scim_reading_t reading = reading_of("User", 0);
    json_t *user = stored("{'userName':'b'}", reading.type), *result = NULL;

    is_error(patch_message(&result, user,
                           message_of("{'op':'add','path':'title','value':'T'},"
                                      "{'op':'replace','path':'emails[type eq \\'x\\']',"
                                      "'value':{'value':'y'}}"),
                           &reading),
             400, "noTarget", "Operation 2: The path 'emails[type eq \"x\"]' selects no value.",
             "an error names operation and path");
    ok(result == NULL, "no result with an error");
    is_error(
        patch_message(&result, user, message_of("{'op':'remove','path':'userName'}"), &reading),
        400, "mutability", "userName is required", "and the attribute");
}

/* RFC 7644 3.5.2.1: what changes nothing is equal afterwards, though the order differs. */
static void no_effect(void)
{
    scim_reading_t reading = reading_of("User", 0);
    json_t *user = stored("{'userName':'b','title':'T','emails':[" WORK "]}", reading.type);
    json_t *result = NULL;

    need(patch_message(&result, user,
                       message_of("{'op':'replace','value':{'emails':[{'type':'work',"
                                  "'primary':true,'value':'a@x'}],'title':'T'}},"
                                  "{'op':'remove','path':'nickName'},"
                                  "{'op':'add','path':'emails[type eq \\'work\\'].primary',"
                                  "'value':true}"),
                       &reading));
    ok(json_equal(user, result), "a patch without effect gives an equal resource");
    is(scim_json_text(result, NULL, pool), scim_json_text(user, NULL, pool),
       "in the same order");
}

int main(void)
{
    pool = tap_start();
    patches_start();
    check_rows("User", example_users);
    check_rows("Group", example_groups);
    check_rows("User", add);
    check_rows("User", removal);
    check_rows("User", replace);
    check_rows("User", sequence);
    check_rows("Thing", mutability);
    details();
    no_effect();
    return tap_done();
}
