#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif

#include "core/comparison.h"

#include <string.h>

#include "core/text.h"

int scim_comparison_order(scim_operator_t op, int difference)
{
    switch (op) {
    case SCIM_EQ:
        return difference == 0;
    case SCIM_GT:
        return difference > 0;
    case SCIM_GE:
        return difference >= 0;
    case SCIM_LT:
        return difference < 0;
    case SCIM_LE:
        return difference <= 0;
    default:
        return 0;
    }
}

/* As strcmp() has it. */
static int compare(const char *text, apr_size_t length, const char *sought,
                   apr_size_t sought_length)
{
    int difference = memcmp(text, sought, length < sought_length ? length : sought_length);

    return difference ? difference : (length > sought_length) - (length < sought_length);
}

int scim_comparison_text(scim_operator_t op, const char *text, apr_size_t length,
                         const scim_value_t *literal)
{
    const char *sought = literal->folded;
    apr_size_t sought_length = strlen(sought);
    int fits = length >= sought_length;

    switch (op) {
    case SCIM_EQ:
        return length == sought_length && memcmp(text, sought, length) == 0;
    case SCIM_CO:
        return fits && memmem(text, length, sought, sought_length) != NULL;
    case SCIM_SW:
        return fits && memcmp(text, sought, sought_length) == 0;
    case SCIM_EW:
        return fits && memcmp(text + length - sought_length, sought, sought_length) == 0;
    default:
        return scim_comparison_order(op, compare(text, length, sought, sought_length));
    }
}

int scim_comparison_number(scim_operator_t op, const json_t *number,
                           const scim_attribute_t *attribute, const scim_value_t *literal)
{
    double real;

    if (attribute->type == SCIM_TYPE_INTEGER && json_is_integer(number)
        && literal->type == JSON_INTEGER) {
        json_int_t integer = json_integer_value(number);

        return scim_comparison_order(op, (integer > literal->integer)
                                             - (integer < literal->integer));
    }
    real = json_number_value(number);
    return scim_comparison_order(op, (real > literal->number) - (real < literal->number));
}

int scim_comparison_time(scim_operator_t op, apr_time_t when, const scim_value_t *literal)
{
    return scim_comparison_order(op, (when > literal->when) - (when < literal->when));
}

int scim_comparison_absent(const scim_attribute_t *attribute, const scim_value_t *literal)
{
    return attribute->type == SCIM_TYPE_BOOLEAN && literal->type == JSON_FALSE
           && attribute->parent && attribute->parent->multi_valued
           && scim_text_same_name(attribute->name, "primary");
}
