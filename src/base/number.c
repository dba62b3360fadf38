/* SPDX-License-Identifier: Apache-2.0 */
/* See number.h. Text and double are converted in the C locale of the calling thread only, so that a
 * program with a comma locale writes and reads the same files. */
#include "base/number.h"
#include "base/shown.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_WHOLE 1e15

static locale_t enter_c_locale(locale_t *previous) {
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    *previous = c ? uselocale(c) : (locale_t)0;
    return c;
}

static void leave_c_locale(locale_t c, locale_t previous) {
    if (!c) return;
    uselocale(previous);
    freelocale(c);
}

static void shortest(char out[SC_NUMBER_TEXT], double value) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, SC_NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) == value) break;
    }
    /* 3e+05 is a whole number: 300000 reads better and is as exact. */
    if (strstr(out, "e+") && fabs(value) < LARGEST_WHOLE)
        snprintf(out, SC_NUMBER_TEXT, "%.0f", value);
}

void sc_number_text(char out[SC_NUMBER_TEXT], double value) {
    if (!isfinite(value)) {
        memcpy(out, "null", 5);
        return;
    }
    locale_t previous, c = enter_c_locale(&previous);
    shortest(out, value);
    leave_c_locale(c, previous);
    if (!strpbrk(out, ".e")) strcat(out, ".0");
}

double sc_number_of_float(float value) {
    char text[SC_NUMBER_TEXT];
    double number = (double)value;
    locale_t previous, c = enter_c_locale(&previous);
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        number = strtod(text, NULL);
        if ((float)number == value) break;
    }
    leave_c_locale(c, previous);
    return number;
}

double sc_shown(double value) {
    return isnan(value) ? (double)NAN : value;
}

bool sc_number_parse(double *out, const char *text) {
    size_t first = strspn(text, "+-");
    if (first > 1 || text[first] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    char *end;
    locale_t previous, c = enter_c_locale(&previous);
    double value = strtod(text, &end);
    leave_c_locale(c, previous);
    if (*end != '\0') return false;
    *out = value;
    return true;
}

float sc_number_of_half(uint16_t bits) {
    enum { BIAS_STEP = 127 - 15, FRACTION_STEP = 13 };
    uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, exponent = bits >> 10 & 0x1fu,
             fraction = bits & 0x3ffu, wide;
    if (exponent == 0) { /* fraction * 2^-24: 0 or subnormal */
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    exponent = exponent == 0x1f ? 0xff : exponent + BIAS_STEP;
    wide = sign | exponent << 23 | fraction << FRACTION_STEP;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}
