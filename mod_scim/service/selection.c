#include "service/selection.h"

#include <string.h>

#include <apr_strings.h>

#include "core/error.h"
#include "core/text.h"
#include "service/candidate.h"
#include "service/membership.h"
#include "service/representation.h"
#include "service/stored.h"

/* ---- types ---------------------------------------------------------------- */

/* What is known of a filter for a type, before any of its resources is looked at. */
typedef enum truth_t { NEVER, PERHAPS, ALWAYS } truth_t;

static truth_t opposite(truth_t truth)
{
    return truth == NEVER ? ALWAYS : truth == ALWAYS ? NEVER : PERHAPS;
}

/* `filter` was read for no type in particular. As deep as it is, which the parser has bounded.
 */
static truth_t judge(const scim_filter_t *filter, const char *type)
{
    truth_t truth;
    int i;

    switch (filter->kind) {
    case SCIM_FILTER_COMPARE:
        if (!scim_text_same_name(filter->path.name, "meta.resourceType")
            || filter->value.type != JSON_STRING
            || (filter->op != SCIM_EQ && filter->op != SCIM_NE)) {
            return PERHAPS;
        }
        truth = strcmp(filter->value.text, type) == 0 ? ALWAYS : NEVER;
        return filter->op == SCIM_EQ ? truth : opposite(truth);
    case SCIM_FILTER_NOT:
        return opposite(judge(filter->children[0], type));
    case SCIM_FILTER_AND:
    case SCIM_FILTER_OR:
        truth = judge(filter->children[0], type);
        for (i = 1; i < filter->count; i++) {
            truth_t other = judge(filter->children[i], type);

            if (filter->kind == SCIM_FILTER_AND ? other < truth : other > truth) {
                truth = other;
            }
        }
        return truth;
    default:
        return PERHAPS;
    }
}

static scim_error_t *read_filter(scim_filter_t **filter, const scim_call_t *call, int all_types)
{
    scim_reading_t reading = scim_stored_reading(call);

    reading.all_types = all_types;
    return scim_filter_parse(filter, call->search.filter, strlen(call->search.filter), &reading,
                             call->pool);
}

static void add_share(apr_array_header_t *shares, const scim_resource_type_t *type,
                      const scim_call_t *call)
{
    scim_call_t *own = apr_pmemdup(call->pool, call, sizeof(*call));
    scim_share_t *share = apr_array_push(shares);

    if (call->type == NULL) {
        own->notes = apr_array_make(call->pool, 4, sizeof(const char *)); /* of no use */
    }
    own->type = type;
    own->frame = scim_representation_frame(own, call->pool);
    share->call = own;
}

/* The types of a query over all of them that can answer it. */
static scim_error_t *add_types(apr_array_header_t *shares, const scim_call_t *call)
{
    const apr_array_header_t *types = call->service->schemas->resource_types;
    scim_filter_t *filter = NULL;
    int i;

    if (call->search.filter) {
        SCIM_TRY(read_filter(&filter, call, 1));
    }
    for (i = 0; i < types->nelts; i++) {
        const scim_resource_type_t *type =
            APR_ARRAY_IDX(types, i, const scim_resource_type_t *);

        if (!(call->hidden & (1u << type->kind))
            && (filter == NULL || judge(filter, type->name) != NEVER)) {
            add_share(shares, type, call);
        }
    }
    return NULL;
}

/* ---- orders --------------------------------------------------------------- */

static scim_error_t *unsortable(const char *why, const scim_call_t *call)
{
    return scim_error_bad(call->pool, SCIM_INVALID_VALUE, "The parameter sortBy is %s: %s",
                          scim_error_quotes(call->pool, call->search.sort_by), why);
}

/* RFC 7644 3.4.2.3 and 3.10: an attribute, or a sub-attribute of a complex one. */
static scim_error_t *check_order(const scim_path_t *path, const scim_call_t *call)
{
    const scim_attribute_t *leaf = scim_path_leaf(path), *value;

    if (leaf == NULL || path->filter) {
        return unsortable("the name of one attribute is due.", call);
    }
    if (path->attribute == scim_membership_attribute(call->type)) {
        return unsortable("nothing can be sorted by memberships.", call);
    }
    if (path->attribute->returned == SCIM_RETURNED_NEVER
        || leaf->returned == SCIM_RETURNED_NEVER) {
        return unsortable("it is never returned, so nothing can be sorted by it.", call);
    }
    value = scim_attributes_find(&leaf->attributes, "value", 5);
    if (leaf->type == SCIM_TYPE_COMPLEX
        && (value == NULL || path->sub || value->type == SCIM_TYPE_COMPLEX)) {
        return unsortable("it is complex; name an attribute within it.", call);
    }
    return NULL;
}

static scim_error_t *read_order(scim_share_t *share)
{
    const scim_call_t *call = share->call;
    scim_reading_t reading = scim_stored_reading(call);
    scim_path_t *path;
    scim_error_t *error = scim_path_parse(&path, call->search.sort_by,
                                          strlen(call->search.sort_by), &reading, call->pool);

    if (error) {
        return unsortable(error->detail, call);
    }
    SCIM_TRY(check_order(path, call));
    share->sorted_by = path;
    return NULL;
}

/* How the order is called in all shares, if it is the same in all; else "", which is no
   attribute's name. */
static const char *common_order(const scim_selection_t *selection, apr_pool_t *pool)
{
    const char *name = NULL;
    int i;

    for (i = 0; i < selection->count; i++) {
        const scim_path_t *path = selection->shares[i].sorted_by;
        const char *other = path ? scim_path_print(path, pool) : "";

        if (name && strcmp(name, other) != 0) {
            return "";
        }
        name = other;
    }
    return name ? name : "";
}

/* One type that has the attribute is enough. */
static scim_error_t *read_orders(scim_selection_t *selection, scim_share_t *shares,
                                 const scim_call_t *call)
{
    const char *order = call->search.sort_order;
    scim_error_t *error = NULL;
    int i, known = 0;

    if (order && !scim_text_same_name(order, "ascending")
        && !scim_text_same_name(order, "descending")) {
        return scim_error_bad(call->pool, SCIM_INVALID_VALUE,
                              "The parameter sortOrder is %s; allowed are ascending and "
                              "descending.",
                              scim_error_quotes(call->pool, order));
    }
    if (call->search.sort_by == NULL) {
        return NULL;
    }
    for (i = 0; i < selection->count; i++) {
        scim_error_t *problem = read_order(&shares[i]);

        error = error ? error : problem;
        known += problem == NULL;
    }
    if (error && !known) {
        return error;
    }
    selection->order = common_order(selection, call->pool);
    selection->descending = order && scim_text_same_name(order, "descending");
    return NULL;
}

/* ---- all of it ------------------------------------------------------------ */

static scim_error_t *read_share(scim_share_t *share, int all_types)
{
    const scim_call_t *call = share->call;
    scim_projection_t *projection;
    scim_filter_t *filter;

    SCIM_TRY(scim_stored_projection(&projection, call));
    share->projection = projection;
    if (call->search.filter) {
        SCIM_TRY(read_filter(&filter, call, all_types));
        share->filter = filter;
    }
    return NULL;
}

static const char *describe(const scim_selection_t *selection, const scim_call_t *call)
{
    const char *text = apr_pstrcat(call->pool, call->service->directory->name, "\n",
                                   call->type ? call->type->name : "*", NULL);
    int i;

    for (i = 0; i < selection->count; i++) {
        const scim_share_t *share = &selection->shares[i];

        text = apr_pstrcat(
            call->pool, text, "\n", share->call->type->name, "\n",
            share->filter ? scim_filter_print(share->filter, call->pool) : "", "\n",
            share->sorted_by ? scim_path_print(share->sorted_by, call->pool) : "", NULL);
    }
    return selection->order
               ? apr_pstrcat(call->pool, text, selection->descending ? "\nd" : "\na", NULL)
               : text;
}

/* What the provider is asked for. */
static const scim_query_part_t *make_parts(scim_share_t *shares, int count,
                                           const scim_call_t *call)
{
    scim_query_part_t *parts =
        apr_pcalloc(call->pool, sizeof(*parts) * (apr_size_t)(count + 1));
    int i;

    for (i = 0; i < count; i++) {
        if (shares[i].filter) {
            shares[i].filter =
                scim_candidate_filter(shares[i].filter, shares[i].call, call->pool);
            shares[i].sieve = scim_sieve_make(
                shares[i].filter, scim_membership_attribute(shares[i].call->type), call->pool);
        }
        parts[i].type = shares[i].call->type->name;
        parts[i].filter = shares[i].filter;
    }
    return parts;
}

static int can_sift(const scim_selection_t *selection)
{
    int i, sieves = 0;

    for (i = 0; i < selection->count; i++) {
        if (selection->shares[i].filter && selection->shares[i].sieve == NULL) {
            return 0;
        }
        sieves += selection->shares[i].sieve != NULL;
    }
    return sieves > 0;
}

scim_error_t *scim_selection_make(scim_selection_t *selection, const scim_call_t *call)
{
    apr_array_header_t *shares = apr_array_make(call->pool, 4, sizeof(scim_share_t));
    scim_share_t *list;
    int i;

    memset(selection, 0, sizeof(*selection));
    if (call->type) {
        add_share(shares, call->type, call);
    } else {
        SCIM_TRY(add_types(shares, call));
    }
    list = (scim_share_t *)shares->elts;
    selection->shares = list;
    selection->count = shares->nelts;
    for (i = 0; i < shares->nelts; i++) {
        SCIM_TRY(read_share(&list[i], call->type == NULL));
    }
    SCIM_TRY(read_orders(selection, list, call));
    selection->text = describe(selection, call);
    selection->parts = make_parts(list, shares->nelts, call);
    selection->sifted = can_sift(selection);
    return NULL;
}

const scim_share_t *scim_selection_share(const scim_selection_t *selection,
                                         const scim_record_t *record)
{
    int i;

    for (i = 0; i + 1 < selection->count; i++) {
        if (strcmp(selection->shares[i].call->type->name, record->type) == 0) {
            break;
        }
    }
    return &selection->shares[i];
}

/* ---- keys ----------------------------------------------------------------- */

/* 1 when the record's own columns say it. */
static int key_of_column(const char **key, const scim_share_t *share,
                         const scim_record_t *record, apr_pool_t *scratch)
{
    const scim_resource_type_t *type = share->call->type;
    const scim_attribute_t *attribute = share->sorted_by->attribute,
                           *sub = share->sorted_by->sub;

    if (attribute == type->naming && type->kind != SCIM_KIND_OTHER) {
        *key = type->kind == SCIM_KIND_USER ? record->wire_key : record->local_key;
        return 1;
    }
    if (attribute->schema) {
        return 0; /* only common attributes have one besides */
    }
    if (strcmp(attribute->name, "id") == 0) {
        *key = record->id;
    } else if (strcmp(attribute->name, "externalId") == 0) {
        *key = record->external_id;
    } else if (sub && strcmp(sub->name, "created") == 0) {
        *key = scim_term_instant(record->created, scratch);
    } else if (sub && strcmp(sub->name, "lastModified") == 0) {
        *key = scim_term_instant(record->modified, scratch);
    } else {
        return 0;
    }
    return 1;
}

scim_error_t *scim_selection_key(const char **key, const scim_share_t *share,
                                 const scim_record_t *record, apr_pool_t *scratch)
{
    json_t *resource;

    *key = NULL;
    if (share->sorted_by == NULL || key_of_column(key, share, record, scratch)) {
        return NULL;
    }
    SCIM_TRY(scim_representation_whole(&resource, record, share->call, scratch));
    *key = scim_term_order(share->sorted_by, resource, scratch);
    return NULL;
}
