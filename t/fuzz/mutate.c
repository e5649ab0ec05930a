/*
 * Changes JSON as JSON, so that fuzzing gets behind the parser. t/fuzz/run links it to the
 * targets that read JSON; libFuzzer calls it to make new inputs of old ones.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SLOTS 2000
#define MOST_TEXT 256
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size,
                                 unsigned int seed);

/* Where a value stands: under a key of an object, or in an array. */
typedef struct slot_t {
    json_t *holder;
    const char *key; /* NULL in an array */
    size_t index;
} slot_t;

typedef struct slots_t {
    slot_t list[MOST_SLOTS];
    size_t count;
} slots_t;

/* JSON with single quotes; ^ is a double quote inside of text. */
static const char names_text[] =
    "['schemas','id','externalId','userName','name','familyName','displayName','title',"
    "'active','password','emails','addresses','phoneNumbers','groups','roles','members',"
    "'x509Certificates','value','type','primary','display','$ref','operation','manager',"
    "'managerId','department','meta','op','path','Operations','label','serial','on','weight',"
    "'ports','bought','key','manual','tags','sizes','place','floor','parts','count','rows',"
    "'marks','codes','origin','city','spec','code','lot','seen','words','seals','note',"
    "'owners','since','share','notes','site','lines','attributes','subAttributes',"
    "'multiValued','required','caseExact','mutability','returned','canonicalValues','endpoint',"
    "'schema','schemaExtensions','urn:scim:schemas:core:1.0',"
    "'urn:ietf:params:scim:schemas:core:2.0:User','urn:example:schemas:2.0:Device',"
    "'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',"
    "'urn:example:schemas:extension:2.1:Site','urn:example:schemas:2.0:Asset',"
    "'urn:example:schemas:extension:2.0:Lease','method','bulkId','data','version',"
    "'failOnErrors']";

static const char values_text[] =
    "[null,true,false,0,1,-1,9223372036854775807,1.5,1e300,'',' ','a','A','b','\xc3\xa9',"
    "'E\xcc\x81','true','False','1','1.5',{},[],[[]],[{}],[null],{'value':'a'},"
    "{'value':'A','primary':true},{'value':'a','type':'b'},{'type':'b','primary':true},"
    "{'type':'work'},'add','remove','Replace','members','emails','owners','name.givenName',"
    "'emails[type eq ^work^]','emails[type eq ^x^ and primary eq true].value',"
    "'owners[value pr]','owners.primary','owners[primary eq true].notes','spec.words',"
    "'tags[value eq ^a^]','sizes[value gt 1]','parts.count','rows',"
    "'urn:example:schemas:extension:2.1:Site:rows[primary eq true].value',"
    "'urn:example:schemas:extension:2.0:Lease:lines[type eq ^t^]',"
    "'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager',"
    "'2011-08-01T21:32:44Z','YQ==','string','boolean','complex','integer','reference',"
    "'immutable','readOnly','writeOnly','never','always','request','POST','PUT','PATCH',"
    "'DELETE','/Users','/Groups','/Users/bulkId:a','bulkId:a','bulkId:b',"
    "{'value':'bulkId:a'},'W/^1^','0190b0e0-0000-7000-8000-000000000001',"
    "'/Groups/0190b0e0-0000-7000-8000-000000000002']";

static unsigned int state;

static unsigned int below(size_t limit)
{
    state = state * 1103515245u + 12345u;
    return (state >> 8) % (unsigned int)limit;
}

static json_t *read_list(const char *text)
{
    char json[4096], *to = json;

    for (; *text; text++) {
        if (*text == '^') {
            *to++ = '\\';
        }
        *to++ = *text == '^' || *text == '\'' ? '"' : *text;
    }
    return json_loadb(json, (size_t)(to - json), 0, NULL);
}

/* Any element of one of the lists above, which is read into *list first. */
static const json_t *any(json_t **list, const char *text)
{
    if (*list == NULL) {
        *list = read_list(text);
    }
    return json_array_get(*list, below(json_array_size(*list)));
}

static const char *known_name(void)
{
    static json_t *names;

    return json_string_value(any(&names, names_text));
}

static json_t *known_value(void)
{
    static json_t *values;

    return json_deep_copy(any(&values, values_text));
}

static void collect(slots_t *slots, json_t *value)
{
    const char *key;
    json_t *part;
    size_t i;

    json_object_foreach(value, key, part)
    {
        if (slots->count < MOST_SLOTS) {
            slots->list[slots->count++] = (slot_t){value, key, 0};
            collect(slots, part);
        }
    }
    json_array_foreach(value, i, part)
    {
        if (slots->count < MOST_SLOTS) {
            slots->list[slots->count++] = (slot_t){value, NULL, i};
            collect(slots, part);
        }
    }
}

/* Any value below `root`, or NULL when there is none. */
static slot_t *pick(slots_t *slots, json_t *root)
{
    slots->count = 0;
    collect(slots, root);
    return slots->count ? &slots->list[below(slots->count)] : NULL;
}

static json_t *value_of(const slot_t *slot)
{
    return slot->key ? json_object_get(slot->holder, slot->key)
                     : json_array_get(slot->holder, slot->index);
}

static void put(const slot_t *slot, json_t *value)
{
    if (slot->key) {
        json_object_set_new(slot->holder, slot->key, value);
    } else {
        json_array_set_new(slot->holder, slot->index, value);
    }
}

static void erase(const slot_t *slot)
{
    if (slot->key) {
        json_object_del(slot->holder, slot->key);
    } else {
        json_array_remove(slot->holder, slot->index);
    }
}

/* Once more behind itself, or under another name. */
static void repeat(const slot_t *slot)
{
    json_t *copy = json_deep_copy(value_of(slot));

    if (slot->key) {
        json_object_set_new(slot->holder, known_name(), copy);
    } else {
        json_array_insert_new(slot->holder, slot->index, copy);
    }
}

static void replace(const slot_t *slot)
{
    put(slot, known_value());
}

/* Something new into an object or array. */
static void extend(const slot_t *slot)
{
    json_t *value = value_of(slot);

    if (json_is_array(value)) {
        json_array_append_new(value, known_value());
    } else {
        json_object_set_new(json_is_object(value) ? value : slot->holder, known_name(),
                            known_value());
    }
}

static void wrap(const slot_t *slot)
{
    json_t *copy = json_deep_copy(value_of(slot));

    put(slot, below(2) ? json_pack("[o]", copy) : json_pack("{so}", "value", copy));
}

static void unwrap(const slot_t *slot)
{
    slots_t slots;
    slot_t *inner = pick(&slots, value_of(slot));

    if (inner) {
        put(slot, json_deep_copy(value_of(inner)));
    }
}

static void turn_case(char *text)
{
    for (; *text; text++) {
        if (below(2) && isascii(*text) && isalpha((unsigned char)*text)) {
            *text ^= 0x20;
        }
    }
}

static void rename_key(const slot_t *slot)
{
    char key[MOST_TEXT];
    json_t *copy = json_deep_copy(value_of(slot));

    if (slot->key) {
        snprintf(key, sizeof(key), "%s", below(2) ? known_name() : slot->key);
        if (below(2)) {
            turn_case(key);
        }
        erase(slot);
        json_object_set_new(slot->holder, key, copy);
    } else {
        json_array_insert_new(slot->holder, below(json_array_size(slot->holder) + 1), copy);
    }
}

/* Text is changed as bytes; what is no text then becomes null. */
static void change_text(const slot_t *slot)
{
    char text[MOST_TEXT];
    const json_t *value = value_of(slot);
    json_t *changed;
    size_t length = json_string_length(value);

    if (!json_is_string(value) || length >= sizeof(text)) {
        replace(slot);
        return;
    }
    memcpy(text, json_string_value(value), length + 1);
    if (below(3) == 0) {
        turn_case(text);
    } else {
        length = LLVMFuzzerMutate((uint8_t *)text, length, sizeof(text) - 1);
    }
    changed = json_stringn(text, length);
    put(slot, changed ? changed : json_null());
}

static void (*const changes[])(const slot_t *slot) = {
    erase, repeat, replace, extend, wrap, unwrap, rename_key, change_text, change_text,
};

static size_t print(const json_t *value, uint8_t *out, size_t max_size)
{
    size_t size = json_dumpb(value, (char *)out, max_size, JSON_COMPACT);

    return size <= max_size ? size : 0;
}

static json_t *load(const uint8_t *data, size_t size)
{
    return json_loadb((const char *)data, size, 0, NULL);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    static slots_t slots;
    json_t *value;
    size_t printed = 0;
    int turns;

    state = seed;
    value = below(8) ? load(data, size) : NULL;
    for (turns = 1 + (int)below(4); value && turns > 0; turns--) {
        const slot_t *slot = pick(&slots, value);

        if (slot) {
            changes[below(COUNT(changes))](slot);
        } else {
            json_object_set_new(value, known_name(), known_value());
        }
    }
    if (value) {
        uint8_t *copy = malloc(max_size ? max_size : 1);

        printed = print(value, copy, max_size);
        memcpy(data, copy, printed);
        free(copy);
        json_decref(value);
    }
    return printed ? printed : LLVMFuzzerMutate(data, size, max_size);
}

/* A part of one input in the place of a part of another. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned int seed)
{
    static slots_t slots;
    json_t *one = load(data1, size1), *other = load(data2, size2);
    size_t printed = 0;
    const slot_t *slot;
    json_t *part;

    state = seed;
    slot = other ? pick(&slots, other) : NULL;
    part = slot ? json_deep_copy(value_of(slot)) : NULL;
    slot = one && part ? pick(&slots, one) : NULL;
    if (slot) {
        if (slot->key == NULL && below(2)) {
            json_array_insert(slot->holder, slot->index, part);
        } else {
            put(slot, json_incref(part));
        }
        printed = print(one, out, max_size);
    }
    json_decref(part);
    json_decref(one);
    json_decref(other);
    return printed;
}
