#include "core/sieve.h"

#include <string.h>

#include <apr_strings.h>

#include "core/comparison.h"
#include "core/datetime.h"
#include "core/etag.h"
#include "core/limits.h"
#include "core/sieve_run.h"

/* ---- the filter as it is used ---------------------------------------------- */

/* Where the value of a term comes from. */
typedef enum source_t {
    SETTLED, /* nowhere: the answer is always the same */
    RECORD,  /* the record */
    DOCUMENT,
    HIDDEN /* neither */
} source_t;

typedef struct node_t {
    const scim_filter_t *filter;
    source_t source; /* of a term; of others, the dearest of their terms */
    int slot;        /* of a term in the document: its attribute, or the extension it is in */
    struct node_t *const *children;
    int count;
} node_t;

/* A member of documents that some term asks for. */
typedef struct slot_t {
    const char *name;
    apr_size_t length;
} slot_t;

struct scim_sieve_t {
    const node_t *root;
    const slot_t *slots;
    int count;
};

/* ---- making it -------------------------------------------------------------- */

typedef struct maker_t {
    apr_array_header_t *slots; /* of slot_t */
    const scim_attribute_t *hidden;
    apr_pool_t *pool;
} maker_t;

static int find_slot(const maker_t *maker, const char *name)
{
    slot_t *slot;
    int i;

    for (i = 0; i < maker->slots->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(maker->slots, i, slot_t).name, name) == 0) {
            return i;
        }
    }
    slot = apr_array_push(maker->slots);
    slot->name = name;
    slot->length = strlen(name);
    return i;
}

static int is_common(const scim_path_t *path, const char *name)
{
    return path->attribute && path->attribute->schema == NULL
           && strcmp(path->attribute->name, name) == 0;
}

static source_t source_of(const scim_filter_t *filter, const scim_attribute_t *hidden)
{
    const scim_path_t *path = &filter->path;

    switch (filter->kind) {
    case SCIM_FILTER_LOCAL_NAME:
        return RECORD;
    case SCIM_FILTER_COMPARE:
    case SCIM_FILTER_VALUE:
        break;
    default:
        return HIDDEN;
    }
    if (path->name) {
        return SETTLED;
    }
    if (path->attribute && path->attribute == hidden) {
        return HIDDEN;
    }
    if (is_common(path, "meta")) {
        return filter->kind == SCIM_FILTER_VALUE
                       || (path->sub && strcmp(path->sub->name, "location") == 0)
                   ? HIDDEN
                   : RECORD;
    }
    return is_common(path, "id") ? RECORD : DOCUMENT;
}

static node_t *make_node(maker_t *maker, const scim_filter_t *filter);

/* Operands in the order of what they cost; as deep as the filter, which the parser has bounded.
 */
static void make_children(maker_t *maker, node_t *node)
{
    const scim_filter_t *filter = node->filter;
    node_t **children =
        apr_palloc(maker->pool, sizeof(*children) * (apr_size_t)(filter->count + 1));
    int i, at;

    for (i = 0; i < filter->count; i++) {
        node_t *child = make_node(maker, filter->children[i]);

        for (at = i; at > 0 && children[at - 1]->source > child->source; at--) {
            children[at] = children[at - 1];
        }
        children[at] = child;
        node->source = child->source > node->source ? child->source : node->source;
    }
    node->children = children;
    node->count = filter->count;
}

static node_t *make_node(maker_t *maker, const scim_filter_t *filter)
{
    const scim_path_t *path = &filter->path;
    node_t *node = apr_pcalloc(maker->pool, sizeof(*node));

    node->filter = filter;
    if (filter->kind == SCIM_FILTER_AND || filter->kind == SCIM_FILTER_OR
        || filter->kind == SCIM_FILTER_NOT) {
        make_children(maker, node);
        return node;
    }
    node->source = source_of(filter, maker->hidden);
    if (node->source == DOCUMENT) {
        node->slot =
            find_slot(maker, path->extension ? path->extension->id : path->attribute->name);
    }
    return node;
}

static int knows_something(const node_t *node)
{
    int i;

    for (i = 0; i < node->count && !knows_something(node->children[i]); i++) {
    }
    return node->count ? i < node->count : node->source != HIDDEN;
}

const scim_sieve_t *scim_sieve_make(const scim_filter_t *filter, const scim_attribute_t *hidden,
                                    apr_pool_t *pool)
{
    maker_t maker = {apr_array_make(pool, 4, sizeof(slot_t)), hidden, pool};
    scim_sieve_t *sieve = apr_pcalloc(pool, sizeof(*sieve));

    if (scim_filter_terms(filter) > SCIM_MAX_SIEVE_TERMS) {
        return NULL;
    }
    sieve->root = make_node(&maker, filter);
    sieve->slots = (const slot_t *)maker.slots->elts;
    sieve->count = maker.slots->nelts;
    return knows_something(sieve->root) ? sieve : NULL;
}

/* ---- terms --------------------------------------------------------------------- */

/* One walk over the document, up to the last of the members that are asked for. */
static void find_all(look_t *look)
{
    const scim_sieve_t *sieve = look->sieve;
    scim_skim_t skim = scim_sieve_walk(look, look->record->document);
    scim_skim_text_t name;
    int left = sieve->count, i;

    look->found = apr_pcalloc(look->scratch, sizeof(*look->found) * (apr_size_t)sieve->count);
    if (!scim_skim_enter(&skim, '{')) {
        look->broken = 1;
        return;
    }
    while (left > 0 && scim_skim_member(&skim, &name)) {
        for (i = 0; i < sieve->count; i++) {
            if (scim_sieve_is_name(look, &name, sieve->slots[i].name, sieve->slots[i].length)) {
                look->found[i] = skim.at;
                left--;
                break;
            }
        }
        scim_skim_over(&skim);
    }
    scim_sieve_note(look, &skim);
}

/* The value of a term's attribute, before the sub-attribute is taken. */
static const char *find_attribute(look_t *look, const node_t *node)
{
    const scim_path_t *path = &node->filter->path;
    const char *value;

    if (look->found == NULL) {
        find_all(look);
    }
    value = look->found[node->slot];
    return path->extension && path->attribute
               ? scim_sieve_member(look, value, path->attribute->name)
               : value;
}

/* What a term asks when its operator is neither ne nor its literal null. */
typedef struct question_t {
    scim_operator_t op;
    int negated;
} question_t;

static question_t question_of(const scim_filter_t *filter)
{
    int null = filter->value.type == JSON_NULL && filter->op != SCIM_PR;
    question_t question = {filter->op, filter->op == SCIM_NE};

    if (null) {
        question.op = SCIM_PR;
        question.negated = filter->op != SCIM_NE;
    } else if (filter->op == SCIM_NE) {
        question.op = SCIM_EQ;
    }
    return question;
}

/* Of what a resource has in its meta and its id. */
static int record_holds(const comparison_t *c, const scim_path_t *path)
{
    const scim_record_t *record = c->look->record;
    const char *name = path->sub ? path->sub->name : path->attribute->name;
    apr_time_t when = strcmp(name, "created") == 0 ? record->created : record->modified;
    scim_skim_text_t raw = {record->id, 0, 0};

    if (c->op == SCIM_PR) {
        return 1;
    }
    if (c->attribute->type == SCIM_TYPE_DATETIME) {
        return scim_comparison_time(c->op, scim_datetime_shown(when), c->value);
    }
    if (strcmp(name, "resourceType") == 0) {
        raw.at = record->type;
    } else if (strcmp(name, "version") == 0) {
        raw.at = scim_etag(record->version, NULL, c->look->scratch);
    }
    raw.length = strlen(raw.at);
    return scim_sieve_text_holds(c, &raw);
}

/* The answer to a term; `element` is one element of its attribute, in brackets, else NULL. */
static int judge_term(const node_t *node, const scim_filter_t *filter, const char *element,
                      look_t *look)
{
    const scim_path_t *path = &filter->path;
    question_t question = question_of(filter);
    comparison_t c = {scim_path_leaf(path), question.op, &filter->value, look};
    const char *value = element;
    int yes;

    if (path->name) {
        return question.negated;
    }
    if (node && node->source == RECORD) {
        return record_holds(&c, path) != question.negated;
    }
    if (element == NULL) {
        value = find_attribute(look, node);
    }
    yes = path->sub ? scim_sieve_any_member_holds(&c, value, path->sub->name)
                    : scim_sieve_any_holds(&c, value);
    return yes != question.negated;
}

/* What is in brackets, for one element. As deep as the filter. */
static int judge_element(const scim_filter_t *filter, const char *element, look_t *look)
{
    int i, all = filter->kind == SCIM_FILTER_AND;

    switch (filter->kind) {
    case SCIM_FILTER_COMPARE:
        return judge_term(NULL, filter, element, look);
    case SCIM_FILTER_NOT:
        return !judge_element(filter->children[0], element, look);
    case SCIM_FILTER_AND:
    case SCIM_FILTER_OR:
        for (i = 0; i < filter->count; i++) {
            if (judge_element(filter->children[i], element, look) != all) {
                return !all;
            }
        }
        return all;
    default:
        return 0;
    }
}

static int judge_elements(const node_t *node, look_t *look)
{
    const scim_filter_t *inside = node->filter->children[0];
    const char *value = find_attribute(look, node);
    scim_skim_t skim = scim_sieve_walk(look, value);
    int found = 0;

    if (value == NULL) {
        return 0;
    }
    if (!scim_skim_enter(&skim, '[')) {
        return judge_element(inside, value, look);
    }
    while (!found && scim_skim_element(&skim)) {
        found = judge_element(inside, skim.at, look);
        scim_skim_over(&skim);
    }
    scim_sieve_note(look, &skim);
    return found;
}

/* ---- all of it ----------------------------------------------------------------- */

enum { UNKNOWN = -1, NO, YES };

static int judge(const node_t *node, look_t *look);

/* `decisive` is what one operand decides all of them by. */
static int judge_chain(const node_t *node, int decisive, look_t *look)
{
    int result = !decisive, i;

    for (i = 0; i < node->count; i++) {
        int answer = judge(node->children[i], look);

        if (answer == decisive) {
            return answer;
        }
        if (answer == UNKNOWN) {
            result = UNKNOWN;
        }
    }
    return result;
}

static int judge(const node_t *node, look_t *look)
{
    int answer;

    if (node->count == 0 && node->source == HIDDEN) {
        return UNKNOWN;
    }
    switch (node->filter->kind) {
    case SCIM_FILTER_COMPARE:
        return judge_term(node, node->filter, NULL, look);
    case SCIM_FILTER_AND:
        return judge_chain(node, NO, look);
    case SCIM_FILTER_OR:
        return judge_chain(node, YES, look);
    case SCIM_FILTER_NOT:
        answer = judge(node->children[0], look);
        return answer == UNKNOWN ? UNKNOWN : !answer;
    case SCIM_FILTER_VALUE:
        return node->source == SETTLED ? NO : judge_elements(node, look);
    case SCIM_FILTER_LOCAL_NAME:
        return look->record->local_key
               && strcmp(look->record->local_key, node->filter->value.text) == 0;
    default:
        return UNKNOWN;
    }
}

int scim_sieve_judge(const scim_sieve_t *sieve, const scim_record_t *record,
                     apr_pool_t *scratch)
{
    look_t look = {.sieve = sieve,
                   .record = record,
                   .end = record->document + record->document_length,
                   .scratch = scratch};
    int answer = judge(sieve->root, &look);

    return look.broken ? UNKNOWN : answer;
}
