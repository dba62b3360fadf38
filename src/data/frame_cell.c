/* SPDX-License-Identifier: Apache-2.0 */
/* See frame.h: what a single cell can be. */
#include "base/number.h"
#include "data/frame.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

bool sc_cell_is_missing(const char *cell) {
    static const char *const words[] = {"",     "NA",   "N/A",  "NaN",  "nan", "NAN",
                                        "NULL", "null", "None", "none", "?"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(cell, words[i]) == 0) return true;
    return false;
}

/* Up to 15 digits and no exponent: whole number and power of ten are exact, so their quotient is
 * rounded once (Clinger 1990). */
static bool read_short(double *out, const char *cell) {
    enum { MOST = 15 };
    bool minus = *cell == '-';
    double whole = 0, power = 1;
    int digits = 0, points = 0;
    for (cell += minus; isdigit((unsigned char)*cell) || *cell == '.'; cell++) {
        if (*cell == '.') {
            points++;
            continue;
        }
        whole = whole * 10 + (*cell - '0');
        if (points) power *= 10;
        digits++;
    }
    *out = (minus ? -whole : whole) / power;
    return !*cell && points <= 1 && digits >= 1 && digits <= MOST;
}

bool sc_cell_number(double *out, const char *cell, char decimal) {
    char copy[64];
    double value;
    if (decimal == ',' && strchr(cell, ',')) {
        size_t length = strlen(cell);
        if (length >= sizeof copy || strchr(cell, '.')) return false;
        memcpy(copy, cell, length + 1);
        *strchr(copy, ',') = '.';
        cell = copy;
    }
    if (read_short(out, cell)) return true;
    if (!sc_number_parse(&value, cell) || !isfinite(value)) return false;
    *out = value;
    return true;
}

/* Up to `digits` digits; 0: there are none. */
static int read_digits(int *out, const char **at, int digits) {
    int count = 0;
    *out = 0;
    while (count < digits && isdigit((unsigned char)**at)) {
        *out = *out * 10 + (*(*at)++ - '0');
        count++;
    }
    return count;
}

static bool read_sign(const char **at, char sign) {
    if (**at != sign) return false;
    (*at)++;
    return true;
}

/* Year, month and day in either order. */
static bool read_day(int day[3], const char **at) {
    const char *from = *at;
    if (read_digits(&day[0], at, 4) == 4 && (**at == '-' || **at == '/')) {
        char sign = *(*at)++;
        return read_digits(&day[1], at, 2) && read_sign(at, sign) && read_digits(&day[2], at, 2);
    }
    *at = from;
    return read_digits(&day[2], at, 2) && read_sign(at, '.') && read_digits(&day[1], at, 2) &&
           read_sign(at, '.') && read_digits(&day[0], at, 4) == 4;
}

static bool read_time(double *out, const char **at) {
    int hours, minutes, seconds = 0;
    if (!read_digits(&hours, at, 2) || !read_sign(at, ':') || read_digits(&minutes, at, 2) != 2)
        return false;
    if (read_sign(at, ':') && read_digits(&seconds, at, 2) != 2) return false;
    read_sign(at, 'Z');
    if (hours > 23 || minutes > 59 || seconds > 59) return false;
    *out = (hours * 3600 + minutes * 60 + seconds) / 86400.0;
    return true;
}

static bool is_leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_day(const int day[3]) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (day[1] < 1 || day[1] > 12 || day[2] < 1) return false;
    return day[2] <= days[day[1] - 1] + (day[1] == 2 && is_leap(day[0]));
}

/* Days from 1970-01-01 in the Gregorian calendar, with years that begin in March. */
static int64_t days_since_1970(const int day[3]) {
    int64_t year = day[0] - (day[1] <= 2), month = (day[1] + 9) % 12;
    int64_t leaps = year / 4 - year / 100 + year / 400;
    return 365 * year + leaps + (153 * month + 2) / 5 + day[2] - 1 - 719468;
}

bool sc_cell_date(double *out, const char *cell) {
    int day[3];
    double time = 0;
    if (!read_day(day, &cell) || !is_day(day)) return false;
    if (*cell == 'T' || *cell == ' ') {
        cell++;
        if (!read_time(&time, &cell)) return false;
    }
    if (*cell != '\0') return false;
    *out = (double)days_since_1970(day) + time;
    return true;
}

int sc_cell_compare(const char *a, const char *b) {
    double x, y;
    bool number = sc_cell_number(&x, a, '.'), other = sc_cell_number(&y, b, '.');
    if (number && other) return x < y ? -1 : x > y;
    if (number != other) return number ? -1 : 1;
    return strcmp(a, b);
}
