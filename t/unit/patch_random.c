/*
 * patch_random.c - rules that hold whatever a patch says, tried on generated ones. The numbers
 * are the same in every run; a failure prints the message that led to it.
 */
#include "patches.h"

#define ROUNDS 6000

static apr_uint64_t state = 20110801;

static unsigned int below(unsigned int limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned int)(state >> 33) % limit;
}

#define PICK(list) list[below(sizeof(list) / sizeof(list[0]))]

static const char *const names[] = {
    "label",   "serial",  "state",  "marks",      "tags",     "codes",
    "origin",  "spec",    "owners", "seals",      "parts",    NEEDED_URN,
    OTHER_URN, "schemas", "id",     "externalId", "nonsense",
};

/* Paths, the last two of them no keys for an object, and values that go with them. */
static const struct {
    const char *path, *fitting[2];
} targets[] = {
    {"label", {"'m'", "'n'"}},
    {"serial", {"'1'", "'2'"}},
    {"LABEL", {"'L'", "'n'"}},
    {"externalId", {"'e'", "null"}},
    {"marks", {"['1','2']", "'2'"}},
    {"tags", {"['a','B','c']", "'d'"}},
    {"tags[value eq \\'a\\']", {"'z'", "'b'"}},
    {"codes", {"['a','A']", "['b']"}},
    {"codes[value ne \\'a\\']", {"'q'", "'a'"}},
    {"origin", {"{'city':'o'}", "{'country':'n','city':'o'}"}},
    {"origin.city", {"'o'", "'p'"}},
    {"spec", {"{'code':'c','text':'t'}", "{'text':null,'words':['w']}"}},
    {"spec.code", {"'c'", "'d'"}},
    {"spec.text", {"'t'", "null"}},
    {"spec.lot", {"'1'", "'2'"}},
    {"spec.words", {"['a','b']", "'c'"}},
    {"owners", {"[{'value':'a'}]", "[{'value':'a','type':'x'},{'value':'b'}]"}},
    {"owners[value eq \\'a\\']", {"{'value':'c'}", "{'type':'y'}"}},
    {"owners.type", {"'t'", "null"}},
    {"seals", {"[{'value':'1','note':'n'}]", "[{'value':'2'}]"}},
    {"seals[note pr]", {"{'value':'1','note':'n'}", "{'note':'m'}"}},
    {"seals.note", {"'n'", "'m'"}},
    {"parts",
     {"[{'value':'a','type':'a','primary':true}]",
      "[{'value':'b','type':'c','count':1,'weight':1.5},{'value':'a','primary':true}]"}},
    {"parts.primary", {"true", "false"}},
    {"parts.value", {"'v'", "'w'"}},
    {"parts.type", {"'a'", "'c'"}},
    {"parts.notes", {"['n']", "['m','n']"}},
    {"parts.marks", {"['m']", "['n']"}},
    {"parts[type eq \\'a\\']",
     {"{'value':'b','type':'b'}", "{'value':'a','primary':true,'maker':'m'}"}},
    {"parts[type eq \\'a\\'].value", {"'x'", "'y'"}},
    {"parts[type eq \\'b\\'].primary", {"true", "true"}},
    {"parts[primary eq true]", {"{'value':'p','primary':true}", "{'primary':false}"}},
    {"parts[primary eq true].type", {"'b'", "'a'"}},
    {"parts[type eq \\'c\\' and value eq \\'b\\']",
     {"{'count':2}", "{'value':'b','type':'c','maker':'k'}"}},
    {"parts[type eq \\'c\\' and count eq 1 and weight eq 1.5].maker", {"'m'", "'k'"}},
    {"parts[not (value pr) or count gt 0]", {"{'value':'g','count':0}", "{'value':'h'}"}},
    {"parts[value sw \\'a\\'].notes", {"['n']", "[]"}},
    {NEEDED_URN, {"{'site':'s','room':'q'}", "{'site':null}"}},
    {NEEDED_URN ":room", {"'q'", "'r'"}},
    {NEEDED_URN ":site", {"'s'", "null"}},
    {OTHER_URN, {"{'note':'n','lines':[{'value':'1','primary':true}]}", "{'lot':'1'}"}},
    {OTHER_URN ":lot", {"'1'", "'2'"}},
    {OTHER_URN ":notes", {"['a']", "'b'"}},
    {OTHER_URN ":lines",
     {"[{'value':'1','type':'a','primary':true}]", "{'value':'2','primary':true}"}},
    {OTHER_URN ":lines[type eq \\'a\\']", {"{'value':'3','type':'a'}", "{'primary':true}"}},
    {OTHER_URN ":lines[type eq \\'a\\'].primary", {"true", "false"}},
    {"schemas", {"['" OTHER_URN "']", "['" THING_URN "']"}},
    {"state", {"'s'", "'s'"}},
    {"parts[", {"'s'", "'s'"}},
    {"nonsense", {"'s'", "'s'"}},
};
#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static const char *const scalars[] = {"'a'",  "'A'",     "'b'",        "'c'",  "''",
                                      "' '",  "1",       "1.5",        "true", "false",
                                      "null", "'False'", "'\xc3\xa9'", "'7'"};

static const char *const members[] = {"value", "type",  "primary", "count", "weight", "maker",
                                      "seen",  "marks", "notes",   "note",  "code",   "text",
                                      "lot",   "words", "country", "city",  "x",      "TYPE"};

static const char *value(int depth);

static const char *list(int depth)
{
    const char *text = "";
    unsigned int count = below(4);

    while (count--) {
        text = apr_pstrcat(pool, text, *text ? "," : "", value(depth), NULL);
    }
    return apr_psprintf(pool, "[%s]", text);
}

/* An object; keys that come twice are left to the parser to refuse, so each comes once. */
static const char *object(const char *const *keys, unsigned int known, int depth)
{
    const char *text = "";
    unsigned int i;

    for (i = 0; i < known; i++) {
        if (below(known) < 3) {
            text =
                apr_pstrcat(pool, text, *text ? ",'" : "'", keys[i], "':", value(depth), NULL);
        }
    }
    return apr_psprintf(pool, "{%s}", text);
}

static const char *value(int depth)
{
    unsigned int kind = depth ? below(6) : 5;

    if (kind < 2) {
        return list(depth - 1);
    }
    return kind < 4 ? object(members, sizeof(members) / sizeof(members[0]), depth - 1)
                    : PICK(scalars);
}

/* A value for the target: mostly one that fits. */
static const char *value_of(unsigned int target, int depth)
{
    return below(4) ? targets[target].fitting[below(2)] : value(depth);
}

/* The value of a path-less operation. */
static const char *resource_part(void)
{
    const char *text = "";
    unsigned int i;

    if (below(3) == 0) {
        return object(names, sizeof(names) / sizeof(names[0]), 3);
    }
    for (i = 0; i < TARGETS - 2; i++) {
        if (below(TARGETS) < 4) {
            text = apr_pstrcat(pool, text, *text ? ",'" : "'", targets[i].path,
                               "':", value_of(i, 2), NULL);
        }
    }
    return apr_psprintf(pool, "{%s}", text);
}

static const char *operation(void)
{
    static const char *const ops[] = {"add", "add", "replace", "replace", "remove", "Replace"};
    const char *op = PICK(ops);
    unsigned int target = below(TARGETS);

    if (below(4) == 0) {
        return apr_psprintf(pool, "{'op':'%s','value':%s}", op, resource_part());
    }
    if (strcmp(op, "remove") == 0 && below(3)) {
        return apr_psprintf(pool, "{'op':'%s','path':'%s'}", op, targets[target].path);
    }
    return apr_psprintf(pool, "{'op':'%s','path':'%s','value':%s}", op, targets[target].path,
                        value_of(target, 2));
}

static const char *operations(void)
{
    const char *text = operation();
    unsigned int more = below(3);

    while (more--) {
        text = apr_pstrcat(pool, text, ",", operation(), NULL);
    }
    return text;
}

/* At most one primary value in each list of objects, at any level. */
static int primaries_hold(const json_t *object)
{
    json_t *member, *element;
    const char *key;
    size_t i;

    json_object_foreach((json_t *)object, key, member)
    {
        int count = 0;

        json_array_foreach(member, i, element)
        {
            count += json_is_true(json_object_get(element, "primary"));
        }
        if (count > 1 || (json_is_object(member) && !primaries_hold(member))) {
            return 0;
        }
    }
    return 1;
}

/* What was there of these, is still there as it was. */
static int kept(const json_t *before, const json_t *after)
{
    static const char *const immutable[] = {"serial", "marks", "origin", "seals"};
    const json_t *lot = json_object_get(json_object_get(before, OTHER_URN), "lot");
    unsigned int i;

    for (i = 0; i < sizeof(immutable) / sizeof(immutable[0]); i++) {
        const json_t *old = json_object_get(before, immutable[i]);

        if (old && !json_equal(old, json_object_get(after, immutable[i]))) {
            return 0;
        }
    }
    return json_object_get(after, "label") && json_object_get(after, "owners")
           && json_object_get(json_object_get(after, NEEDED_URN), "room")
           && (!lot
               || json_equal(lot, json_object_get(json_object_get(after, OTHER_URN), "lot")));
}

/* The first rule that the outcome breaks, or NULL. */
static const char *broken_rule(const json_t *before, const json_t *after, const char *text,
                               const scim_resource_type_t *type)
{
    const char *got = scim_json_text(after, NULL, pool);

    if (strcmp(scim_json_text(before, NULL, pool), text) != 0) {
        return "the resource was changed in place";
    }
    if (strcmp(scim_json_text(scim_resource_canonical(after, type, pool), NULL, pool), got)
        != 0) {
        return "the result is not canonical";
    }
    if (!primaries_hold(after)) {
        return "several values are primary";
    }
    if (!kept(before, after)) {
        return "a required or immutable value is gone";
    }
    return NULL;
}

/* One patch on `before`. Returns what comes of it: `before` when it fails. */
static json_t *round_of(const json_t *before, const char *message, int *applied)
{
    static const scim_leniency_t leniencies[] = {0, ~0u, ~0u, ~SCIM_LENIENT_BLANK,
                                                 SCIM_LENIENT_KEYS | SCIM_LENIENT_ADD_CREATES};
    scim_reading_t reading = reading_of("Thing", PICK(leniencies));
    const char *text = scim_json_text(before, NULL, pool), *rule;
    json_t *after = NULL;
    scim_error_t *error = patch_message(&after, before, message_of(message), &reading);

    if (error) {
        rule = after ? "a result beside an error"
               : error->status != 400 || error->type == NULL || error->detail == NULL
                   ? "an error without a type"
                   : broken_rule(before, before, text, reading.type);
        after = (json_t *)before;
    } else {
        rule = broken_rule(before, after, text, reading.type);
        ++*applied;
    }
    if (rule) {
        ok(0, "%s", rule);
        printf("# resource %s\n# patch    %s\n# result   %s\n", text, message,
               scim_json_text(after, NULL, pool));
    }
    return after;
}

int main(void)
{
    apr_pool_t *all = tap_start(), *first, *second;
    const char *text =
        "{\"label\":\"l\",\"owners\":[{\"value\":\"o\"}],\"" NEEDED_URN "\":{\"room\":\"r\"}}";
    json_t *resource;
    int i, applied = 0, resets = 0;

    pool = all;
    patches_start();
    apr_pool_create(&first, all);
    apr_pool_create(&second, all);
    resource = stored(text, scim_schemas_type(schemas, "Thing"));
    for (i = 0; i < ROUNDS; i++) {
        const char *kept_text;

        pool = first;
        kept_text = scim_json_text(round_of(resource, operations(), &applied), NULL, first);
        if (strlen(kept_text) > 3000 || below(40) == 0) {
            kept_text = text;
            resets++;
        }
        apr_pool_clear(second);
        pool = second;
        resource = stored(kept_text, scim_schemas_type(schemas, "Thing"));
        apr_pool_clear(first);
    }
    ok(applied > ROUNDS / 4, "%d of %d patches were applied, with %d new beginnings", applied,
       ROUNDS, resets);
    return tap_done();
}
