#include "directory/finds.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

scim_finds_t *scim_finds_make(const scim_query_t *query, apr_pool_t *pool)
{
    scim_finds_t *finds = apr_palloc(pool, sizeof(*finds));

    finds->query = query;
    finds->list = apr_array_make(pool, 64, sizeof(scim_find_t));
    finds->pool = pool;
    return finds;
}

void scim_finds_add(scim_finds_t *finds, const char *key, const char *id)
{
    scim_find_t *find = apr_array_push(finds->list);

    find->key = apr_pstrdup(finds->pool, key);
    find->id = apr_pstrdup(finds->pool, id);
}

/* Ascending: without key comes last. */
static int compare(const char *key_a, const char *id_a, const char *key_b, const char *id_b)
{
    int order = 0;

    if (key_a && key_b) {
        order = strcmp(key_a, key_b);
    } else if (key_a || key_b) {
        order = key_a ? -1 : 1;
    }
    return order ? order : strcmp(id_a, id_b);
}

static int ascending(const void *a, const void *b)
{
    const scim_find_t *one = a, *other = b;

    return compare(one->key, one->id, other->key, other->id);
}

static int descending(const void *a, const void *b)
{
    return ascending(b, a);
}

static int is_descending(const scim_query_t *query)
{
    return query->order && query->order->descending;
}

int scim_finds_compare(const scim_query_t *query, const char *key, const char *id,
                       const scim_position_t *position)
{
    int order = compare(query->order ? key : NULL, id, query->order ? position->key : NULL,
                        position->id);

    return is_descending(query) ? -order : order;
}

/* The first of the sorted finds that is at the position or behind it; `past` it: behind it. */
static int find_place(const scim_finds_t *finds, const scim_position_t *position, int past)
{
    int low = 0, high = finds->list->nelts;

    while (low < high) {
        int middle = low + (high - low) / 2;
        const scim_find_t *find = &APR_ARRAY_IDX(finds->list, middle, scim_find_t);

        if (scim_finds_compare(finds->query, find->key, find->id, position) < past) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const scim_find_t *scim_finds_page(scim_finds_t *finds, int *count)
{
    const scim_query_t *query = finds->query;
    apr_int64_t first = 0, end = finds->list->nelts;

    if (end > 0) {
        qsort(finds->list->elts, (size_t)end, sizeof(scim_find_t),
              is_descending(query) ? descending : ascending);
    }
    if (query->after) {
        first = find_place(finds, query->after, 1);
    }
    if (query->before) {
        end = find_place(finds, query->before, 0);
        end -= query->offset < end ? query->offset : end;
        first = end > first && query->count < end - first ? end - query->count : first;
    } else {
        first += query->offset < end - first ? query->offset : end - first;
        end = query->count < end - first ? first + query->count : end;
    }
    *count = end > first ? (int)(end - first) : 0;
    return (const scim_find_t *)finds->list->elts + first;
}
