#include "core/datetime.h"

#include <apr_strings.h>

/* The number in `digits` bytes at *at; -1 when they are not all digits or not there. */
static int take_digits(const char **at, const char *end, int digits)
{
    int value = 0;

    if (end - *at < digits) {
        return -1;
    }
    for (; digits > 0; digits--, (*at)++) {
        if (**at < '0' || **at > '9') {
            return -1;
        }
        value = value * 10 + (**at - '0');
    }
    return value;
}

static int take_char(const char **at, const char *end, char c)
{
    if (*at < end && **at == c) {
        (*at)++;
        return 1;
    }
    return 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar. */
static apr_int64_t days_of(int year, int month, int day)
{
    apr_int64_t y = month > 2 ? year : year - 1;
    apr_int64_t era = (y >= 0 ? y : y - 399) / 400;
    apr_int64_t of_era = y - era * 400;
    apr_int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int take_date(apr_int64_t *days, const char **at, const char *end)
{
    int year, month, day;

    if ((year = take_digits(at, end, 4)) < 1 || !take_char(at, end, '-')
        || (month = take_digits(at, end, 2)) < 1 || month > 12 || !take_char(at, end, '-')
        || (day = take_digits(at, end, 2)) < 1 || day > days_in_month(year, month)) {
        return 0;
    }
    *days = days_of(year, month, day);
    return 1;
}

/* Microseconds of a fraction; at least one digit, those past the sixth are cut. */
static int take_fraction(apr_int64_t *micros, const char **at, const char *end)
{
    apr_int64_t value = 0, weight = 100000;
    const char *start = *at;

    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, weight /= 10) {
        value += (**at - '0') * weight;
    }
    *micros = value;
    return *at > start;
}

static int take_time(apr_int64_t *micros, const char **at, const char *end)
{
    int hour, minute, second;
    apr_int64_t fraction = 0;

    if ((hour = take_digits(at, end, 2)) < 0 || hour > 24 || !take_char(at, end, ':')
        || (minute = take_digits(at, end, 2)) < 0 || minute > 59 || !take_char(at, end, ':')
        || (second = take_digits(at, end, 2)) < 0 || second > 59
        || (take_char(at, end, '.') && !take_fraction(&fraction, at, end))
        || (hour == 24 && (minute || second || fraction))) {
        return 0;
    }
    *micros = ((hour * 60 + minute) * 60 + second) * APR_INT64_C(1000000) + fraction;
    return 1;
}

/* The zone's offset in microseconds; none is UTC. XML Schema 3.2.7.3: up to 14:00. */
static int take_zone(apr_int64_t *micros, const char **at, const char *end)
{
    int sign, hour, minute;

    *micros = 0;
    if (*at == end || take_char(at, end, 'Z')) {
        return 1;
    }
    sign = **at == '+' ? 1 : **at == '-' ? -1 : 0;
    (*at)++;
    if (sign == 0 || (hour = take_digits(at, end, 2)) < 0 || !take_char(at, end, ':')
        || (minute = take_digits(at, end, 2)) < 0 || minute > 59
        || hour * 60 + minute > 14 * 60) {
        return 0;
    }
    *micros = sign * (hour * 60 + minute) * APR_INT64_C(60000000);
    return 1;
}

int scim_datetime_parse(apr_time_t *when, const char *text, apr_size_t length)
{
    const char *at = text, *end = text + length;
    apr_int64_t days, micros, zone;

    if (!take_date(&days, &at, end) || !take_char(&at, end, 'T')
        || !take_time(&micros, &at, end) || !take_zone(&zone, &at, end) || at != end) {
        return 0;
    }
    *when = days * APR_INT64_C(86400000000) + micros - zone;
    return 1;
}

/* The date of a day since 1970-01-01: the reverse of days_of(). */
static void date_of(int *year, int *month, int *day, apr_int64_t days)
{
    apr_int64_t z = days + 719468;
    apr_int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int of_era = (int)(z - era * 146097);
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int from_march = (5 * of_year + 2) / 153;

    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int)(year_of_era + era * 400) + (*month <= 2);
}

/* Writes `width` digits and what separates them from the next ones. */
static char *put(char *to, int number, int width, char behind)
{
    int i;

    for (i = width; i > 0; i--, number /= 10) {
        to[i - 1] = (char)('0' + number % 10);
    }
    to[width] = behind;
    return to + width + 1;
}

/* Not by apr_time_exp_gmt(): a page of people has two hundred of them. */
const char *scim_datetime_format(char out[SCIM_DATETIME_SIZE], apr_time_t when)
{
    const apr_int64_t day_length = APR_INT64_C(86400000000);
    apr_int64_t days = (when >= 0 ? when : when - day_length + 1) / day_length;
    int millis = (int)((when - days * day_length) / 1000);
    int year, month, day;
    char *to = out;

    date_of(&year, &month, &day, days);
    to = put(to, year, 4, '-');
    to = put(to, month, 2, '-');
    to = put(to, day, 2, 'T');
    to = put(to, millis / 3600000, 2, ':');
    to = put(to, millis / 60000 % 60, 2, ':');
    to = put(to, millis / 1000 % 60, 2, '.');
    to = put(to, millis % 1000, 3, 'Z');
    *to = '\0';
    return out;
}

apr_time_t scim_datetime_shown(apr_time_t when)
{
    apr_time_t rest = when % 1000;

    return when - (rest < 0 ? rest + 1000 : rest);
}
