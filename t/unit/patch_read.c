/*
 * patch_read.c - the PatchOp message (RFC 7644 3.5.2), and the bounds of the work.
 */
#include "patches.h"

#include "core/limits.h"

#define SCHEMAS "'schemas':['" SCIM_URN_PATCH_OP "']"
#define ONE "{'op':'add','path':'title','value':'T'}"

/* The operations as read, "add title 1; remove emails 2", or the error. */
static const char *reads(const json_t *message, const scim_reading_t *reading)
{
    static const char *const verbs[] = {"add", "remove", "replace"};
    scim_patch_t *patch;
    scim_error_t *error = scim_patch_read(&patch, message, reading, pool);
    const char *text = "";
    int i;

    if (error) {
        return apr_psprintf(pool, "%d %s", error->status, error->type);
    }
    for (i = 0; i < patch->count; i++) {
        const scim_patch_operation_t *operation = &patch->operations[i];

        text =
            apr_psprintf(pool, "%s%s%s %s %s %d", text, i ? "; " : "", verbs[operation->verb],
                         scim_path_print(operation->path, pool),
                         operation->value ? scim_json_text(operation->value, NULL, pool) : "-",
                         operation->number);
    }
    return text;
}

static const struct {
    scim_leniency_t leniency;
    const char *message, *expected, *name;
} messages[] = {
    {0, "{" SCHEMAS ",'Operations':[" ONE "]}", "add title \"T\" 1", "a message"},
    {0,
     "{'SCHEMAS':['" SCIM_URN_PATCH_OP "'],'operations':[{'OP':'add','Path':'title',"
     "'VALUE':'T'}]}",
     "add title \"T\" 1", "member names in any case"},
    {0,
     "{'schemas':['x','URN:ietf:params:scim:api:messages:2.0:PatchOp'],'Operations':[" ONE "]}",
     "add title \"T\" 1", "the URN among others, in any case"},
    {0, "{'Operations':[" ONE "]}", "400 invalidSyntax", "schemas missing"},
    {0, "{'schemas':[],'Operations':[" ONE "]}", "400 invalidSyntax", "schemas empty"},
    {0, "{'schemas':'" SCIM_URN_PATCH_OP "','Operations':[" ONE "]}", "400 invalidSyntax",
     "schemas is no array"},
    {0, "{'schemas':[1],'Operations':[" ONE "]}", "400 invalidSyntax", "schemas of numbers"},
    {0, "{'schemas':['" SCIM_URN_USER "'],'Operations':[" ONE "]}", "400 invalidSyntax",
     "schemas of something else"},
    {SCIM_LENIENT_SCHEMAS, "{'Operations':[" ONE "]}", "add title \"T\" 1",
     "schemas missing (lenient)"},
    {0, "{" SCHEMAS "}", "400 invalidSyntax", "Operations missing"},
    {0, "{" SCHEMAS ",'Operations':[]}", "400 invalidSyntax", "Operations empty"},
    {0, "{" SCHEMAS ",'Operations':'x'}", "400 invalidSyntax", "Operations is text"},
    {0, "{" SCHEMAS ",'Operations':" ONE "}", "400 invalidSyntax", "Operations is an object"},
    {SCIM_LENIENT_SINGLE, "{" SCHEMAS ",'Operations':" ONE "}", "add title \"T\" 1",
     "Operations is an object (lenient)"},
    {0, "{" SCHEMAS ",'Operations':[1]}", "400 invalidSyntax", "an operation is a number"},
    {0, "{" SCHEMAS ",'Operations':[{'path':'title','value':'T'}]}", "400 invalidSyntax",
     "op missing"},
    {0, "{" SCHEMAS ",'Operations':[{'op':1,'path':'title','value':'T'}]}", "400 invalidSyntax",
     "op is a number"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'move','path':'title','value':'T'}]}",
     "400 invalidSyntax", "an unknown op"},
    {~0u, "{" SCHEMAS ",'Operations':[{'op':'move','path':'title','value':'T'}]}",
     "400 invalidSyntax", "an unknown op (lenient)"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','OP':'add','path':'title','value':'T'}]}",
     "400 invalidSyntax", "exactly one op"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','path':'title','x':1,'value':'T'}]}",
     "add title \"T\" 1", "an unknown member"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','path':'title'}]}", "400 invalidValue",
     "add without a value"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'replace','path':'title'}]}", "400 invalidValue",
     "replace without a value"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'remove'}]}", "400 noTarget",
     "remove without a path"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'remove','path':null}]}", "400 noTarget",
     "remove with a null path"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','path':null,'value':{'title':'T'}}]}",
     "add title \"T\" 1", "a null path is none"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','path':7,'value':'T'}]}", "400 invalidPath",
     "a path that is a number"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','path':'','value':'T'}]}", "400 invalidPath",
     "an empty path"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','path':'emails[','value':'T'}]}",
     "400 invalidPath", "a broken path"},
    {~SCIM_LENIENT_PATHS,
     "{" SCHEMAS ",'Operations':[{'op':'add','path':'nonsense','value':'T'}]}",
     "400 invalidPath", "an unknown path"},
    {SCIM_LENIENT_PATHS,
     "{" SCHEMAS ",'Operations':[{'op':'add','path':'nonsense','value':'T'}," ONE "]}",
     "add title \"T\" 2", "an unknown path (lenient)"},
    {SCIM_LENIENT_PATHS, "{" SCHEMAS ",'Operations':[{'op':'remove','path':'a[b pr].c'}]}", "",
     "and nothing else (lenient)"},
    {SCIM_LENIENT_PATHS,
     "{" SCHEMAS ",'Operations':[{'op':'remove','path':'" SCIM_URN_USER "'}]}",
     "400 invalidPath", "all of the core attributes (lenient)"},
    {~0u, "{" SCHEMAS ",'Operations':[{'op':'add','path':'nonsense['}]}", "400 invalidValue",
     "no value for an unknown path"},
    {~0u, "{" SCHEMAS ",'Operations':[{'op':'add','path':'nonsense[','value':1}]}",
     "400 invalidPath", "a broken unknown path"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','value':'T'}]}", "400 invalidValue",
     "a path-less value that is text"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'replace','value':[{'title':'T'}]}]}",
     "400 invalidValue", "a path-less value that is an array"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'replace','value':null}]}", "400 invalidValue",
     "a path-less value that is null"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'replace','value':{}}]}", "",
     "a path-less value without attributes"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'replace','path':'groups','value':[]}]}",
     "400 mutability", "a read-only path"},
    {~0u, "{" SCHEMAS ",'Operations':[{'op':'replace','path':'id','value':'1'}]}",
     "400 mutability", "a read-only path (lenient)"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'remove','path':'meta.version'}]}", "400 mutability",
     "remove something read-only"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','value':{'id':'1'}}]}", "400 mutability",
     "a read-only attribute in a value"},
    {SCIM_LENIENT_READ_ONLY,
     "{" SCHEMAS ",'Operations':[{'op':'add','value':{'id':'1','META':{},'Title':'T'}}]}",
     "add title \"T\" 1", "a read-only attribute in a value (lenient)"},
    {0,
     "{" SCHEMAS ",'Operations':[{'op':'add','value':{'title':'T','nonsense':1,"
     "'urn:x:y':{'a':1}}}]}",
     "add title \"T\" 1", "unknown attributes in a value"},
    {0,
     "{" SCHEMAS ",'Operations':[{'op':'add','value':{'name':{'givenName':'B'},'" ENTERPRISE
     "':{'division':'D','nonsense':1,'manager':{'value':'9'}}}}]}",
     "add name {\"givenName\":\"B\"} 1; add " ENTERPRISE ":division \"D\" 1; "
     "add " ENTERPRISE ":manager {\"value\":\"9\"} 1",
     "an extension in a value, attribute by attribute"},
    {0,
     "{" SCHEMAS ",'Operations':[{'op':'replace','value':{'" SCIM_URN_USER
     "':{'title':'T','groups':[]}}}]}",
     "400 mutability", "core attributes under their URN"},
    {SCIM_LENIENT_READ_ONLY,
     "{" SCHEMAS ",'Operations':[{'op':'replace','value':{'" SCIM_URN_USER
     "':{'title':'T','groups':[]}}}]}",
     "replace title \"T\" 1", "core attributes under their URN (lenient)"},
    {0,
     "{" SCHEMAS ",'Operations':[{'op':'add','path':'" SCIM_URN_USER
     "','value':{'title':'T'}}]}",
     "add title \"T\" 1", "the core URN as a path"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'remove','path':'" SCIM_URN_USER "'}]}",
     "400 invalidPath", "the core URN cannot be removed"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','path':'" ENTERPRISE "','value':'x'}]}",
     "400 invalidValue", "text for an extension"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','value':{'" ENTERPRISE "':['x']}}]}",
     "400 invalidValue", "an array for an extension in a value"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'add','value':{'" ENTERPRISE "':null}}]}", "",
     "add null to an extension"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'remove','path':'" ENTERPRISE "'}," ONE "]}",
     "remove " ENTERPRISE " - 1; add title \"T\" 2", "an extension removed"},
    {0,
     "{" SCHEMAS ",'Operations':[{'op':'add','path':'schemas','value':['" ENTERPRISE "']},"
     "{'op':'remove','path':'schemas[value eq \\'" ENTERPRISE "\\']'},"
     "{'op':'replace','value':{'schemas':['" SCIM_URN_USER "','" ENTERPRISE "']}},"
     "{'op':'add','path':'schemas','value':'" ENTERPRISE "'}," ONE "]}",
     "add title \"T\" 5", "known URNs in schemas come to nothing"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'replace','path':'schemas','value':['urn:x']}]}",
     "400 invalidValue", "unknown URNs in schemas"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'replace','path':'schemas','value':[7]}]}",
     "400 invalidValue", "numbers in schemas"},
    {0, "{" SCHEMAS ",'Operations':[{'op':'replace','path':'schemas','value':[]}]}",
     "400 mutability", "schemas emptied"},
};

static void all_messages(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        scim_reading_t reading = reading_of("User", messages[i].leniency);

        is(reads(parse_json(messages[i].message), &reading), messages[i].expected,
           messages[i].name);
    }
}

static void unknown_rejected(void)
{
    scim_reading_t reading = reading_of("User", ~0u);
    scim_patch_t *patch;

    reading.notes = apr_array_make(pool, 4, sizeof(const char *));
    need(scim_patch_read(&patch, message_of("{'op':'add','value':{'mobile':'1','id':'7'}}"),
                         &reading, pool));
    is_int(reading.notes->nelts, 2, "what is ignored is noted");
    need(scim_patch_read(&patch, message_of("{'op':'add','path':'mobile','value':'1'}"),
                         &reading, pool));
    is_int(patch->count, 0, "an operation on what is unknown is left out");
    is_int(reading.notes->nelts, 3, "which is noted too");
    reading.reject_unknown = 1;
    is_error(scim_patch_read(&patch, message_of("{'op':'add','path':'mobile','value':'1'}"),
                             &reading, pool),
             400, "invalidPath", "Operation 1: Path 'mobile': User has no attribute 'mobile'",
             "an unknown path is refused when unknown attributes are");
    is_error(scim_patch_read(&patch, message_of("{'op':'add','value':{'mobile':'1'}}"),
                             &reading, pool),
             400, "invalidValue", "Operation 1: User has no attribute 'mobile'",
             "an unknown attribute is refused when unknown ones are");
    is_error(scim_patch_read(&patch,
                             message_of("{'op':'add','value':{'" ENTERPRISE "':{'x':'1'}}}"),
                             &reading, pool),
             400, "invalidValue", ENTERPRISE " has no attribute 'x'", "in an extension too");
    is_error(scim_patch_read(&patch,
                             message_of(ONE ",{'op':'add','path':'title','x':1,"
                                            "'value':'T'}"),
                             &reading, pool),
             400, "invalidSyntax", "Operation 2: ", "and an unknown member of an operation");
}

/* `count` times the same operation. */
static const char *repeated(const char *operation, int count)
{
    const char *text = operation;
    int have = 1;

    while (have * 2 <= count) {
        text = apr_pstrcat(pool, text, ",", text, NULL);
        have *= 2;
    }
    return have < count ? apr_pstrcat(pool, text, ",", repeated(operation, count - have), NULL)
                        : text;
}

/* A list of the values from `first` on, before `end`. */
static const char *numbered(int first, int end)
{
    apr_array_header_t *list = apr_array_make(pool, 64, sizeof(const char *));
    int i;

    for (i = first; i < end; i++) {
        APR_ARRAY_PUSH(list, const char *) = apr_psprintf(pool, "{'value':'%d'}", i);
    }
    return apr_psprintf(pool, "[%s]", apr_array_pstrcat(pool, list, ','));
}

static void limits(void)
{
    scim_reading_t reading = reading_of("User", 0);
    scim_patch_t *patch;

    is_fine(scim_patch_read(&patch, message_of(repeated(ONE, SCIM_MAX_PATCH_OPERATIONS)),
                            &reading, pool),
            "as many operations as allowed");
    is_int(patch->count, SCIM_MAX_PATCH_OPERATIONS, "all of them");
    is_error(scim_patch_read(&patch, message_of(repeated(ONE, SCIM_MAX_PATCH_OPERATIONS + 1)),
                             &reading, pool),
             400, "invalidSyntax", "at most 1000", "one more");
}

static scim_error_t *apply(const char *before, const char *operations)
{
    scim_reading_t reading = reading_of("User", ~0u);
    json_t *result;

    return patch_message(&result, stored(before, reading.type), message_of(operations),
                         &reading);
}

/* A small message must not cost a large server: elements times terms times operations. */
static void work(void)
{
    const char *many = apr_psprintf(pool, "{'userName':'b','emails':%s}", numbered(0, 1000));
    const char *ten =
        "{'op':'remove','path':'emails[display eq \\'0\\' or display eq \\'1\\' or "
        "display eq \\'2\\' or display eq \\'3\\' or display eq \\'4\\' or "
        "display eq \\'5\\' or display eq \\'6\\' or display eq \\'7\\' or "
        "display eq \\'8\\' or display eq \\'9\\']'}";
    char *text = memset(apr_pcalloc(pool, 300001), 'x', 300000);
    const char *lengthy =
        apr_psprintf(pool, "{'userName':'b','emails':[{'value':'%s'}]}", text);
    const char *one = "{'op':'remove','path':'emails[value eq \\'0\\']'}";
    const char *hundred =
        apr_psprintf(pool, "{'op':'remove','path':'emails','value':%s}", numbered(1000, 1100));

    is_fine(apply(many, repeated(ten, 100)), "1000 elements x 10 terms x 100 operations");
    is_error(apply(many, repeated(ten, 101)), 400, "tooMany", "Operation 101: ", "one more");
    is_fine(apply(many, repeated("{'op':'add','path':'emails','value':{'value':'0'}}", 900)),
            "1000 elements x 900 additions");
    is_error(apply(many, repeated("{'op':'add','path':'emails','value':{'value':'0'}}", 1000)),
             400, "tooMany", NULL, "100 additions more");
    is_fine(apply(lengthy, repeated(one, 106)), "300000 bytes x 106 operations");
    is_error(apply(lengthy, repeated(one, 107)), 400, "tooMany", NULL,
             "one more: long text counts by its length");
    is_error(apply(many, apr_psprintf(pool,
                                      "{'op':'replace','path':'emails.display',"
                                      "'value':'%s'}",
                                      text)),
             400, "tooMany", NULL, "as it does when it is copied to many elements");
    is_error(apply(many, repeated("{'op':'replace','path':'emails[value eq \\'1\\'].primary',"
                                  "'value':true}",
                                  600)),
             400, "tooMany", NULL, "demoting counts");
    is_fine(apply(many, apr_psprintf(pool, "{'op':'remove','path':'emails','value':%s},%s",
                                     numbered(0, 1000), ONE)),
            "1000 values to remove of 1000 elements");
    is_fine(apply(many, repeated(hundred, 900)), "900 x 100 values of which none is there");
    is_error(apply(many, repeated(hundred, 1000)), 400, "tooMany", NULL, "100 times more");
}

/* What many patches leave in one attribute is bounded as what one message brings is. */
static void values(void)
{
    const char *full = apr_psprintf(pool, "{'userName':'b','emails':%s}", numbered(0, 1000));
    const char *over = apr_psprintf(pool, "{'userName':'b','emails':%s}", numbered(0, 1001));

    is_fine(apply(apr_psprintf(pool, "{'userName':'b','emails':%s}", numbered(1, 1000)),
                  "{'op':'add','path':'emails','value':{'value':'0'}}"),
            "the 1000th value");
    is_error(apply(full, "{'op':'add','path':'emails','value':{'value':'x'}}"), 400, "tooMany",
             "The attribute emails has 1000 values; at most 1000 are kept.", "the 1001st");
    is_error(apply(full, "{'op':'add','path':'emails[value eq \\'x\\'].display','value':'y'}"),
             400, "tooMany", "1000 values", "... which a value path would make");
    is_fine(apply(full, "{'op':'remove','path':'emails[value eq \\'1\\']'},"
                        "{'op':'add','path':'emails','value':{'value':'x'}}"),
            "one in the place of another");
    is_fine(apply(over, "{'op':'add','path':'emails','value':{'value':'1'}},"
                        "{'op':'remove','path':'emails[value eq \\'1\\']'}"),
            "what has more already can be changed");
}

int main(void)
{
    pool = tap_start();
    patches_start();
    all_messages();
    unknown_rejected();
    limits();
    work();
    values();
    return tap_done();
}
