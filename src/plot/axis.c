/* SPDX-License-Identifier: Apache-2.0 */
/* See axis.h. */
#include "plot/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DECIMALS = 9 };

static void widen(sc_range *range, double value, bool logarithmic) {
    if (!isfinite(value) || (logarithmic && value <= 0)) return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

static void widen_by_mark(sc_range *range, const sc_mark *mark, bool y, bool logarithmic) {
    const double *value = y ? mark->y : mark->x;
    size_t count = mark->kind == SC_MARK_ARROWS ? 2 * mark->count : mark->count;
    if (mark->kind == SC_MARK_TILES) return;
    if (mark->kind == SC_MARK_HEAT) {
        widen(range, y ? mark->grid.bottom : mark->grid.left, logarithmic);
        widen(range, y ? mark->grid.top : mark->grid.right, logarithmic);
        return;
    }
    for (size_t i = 0; value && i < count; i++) {
        double half = mark->kind == SC_MARK_BOXES && !y ? mark->size[i] / 2 : 0;
        widen(range, value[i] - half, logarithmic);
        widen(range, value[i] + half, logarithmic);
        if (mark->kind == SC_MARK_BARS) widen(range, y ? 0 : value[i] + mark->size[i], logarithmic);
    }
}

/* Bars stand on their axis, heat fills it, words have half of one around them. */
static bool is_tight(const sc_panel *panel, const sc_axis *axis, bool low) {
    if (axis->whole || axis->words) return true;
    for (const sc_mark *mark = panel->first; mark; mark = mark->next) {
        if (mark->kind == SC_MARK_HEAT) return true;
        if (mark->kind == SC_MARK_BARS && (axis == &panel->x || low)) return true;
    }
    return false;
}

static void add_margin(sc_range *range, const sc_panel *panel, const sc_axis *axis) {
    static const double share = 0.04;
    if (range->logarithmic) {
        double by = pow(range->high / range->low, share);
        if (isnan(axis->low) && !is_tight(panel, axis, true)) range->low /= by;
        if (isnan(axis->high) && !is_tight(panel, axis, false)) range->high *= by;
        return;
    }
    double by = share * (range->high - range->low);
    if (isnan(axis->low) && !is_tight(panel, axis, true)) range->low -= by;
    if (isnan(axis->high) && !is_tight(panel, axis, false)) range->high += by;
}

static sc_range range_of(const sc_panel *panel, const sc_axis *axis) {
    const bool y = axis == &panel->y;
    sc_range range = {INFINITY, -INFINITY, axis->logarithmic};
    for (const sc_mark *mark = panel->first; mark; mark = mark->next)
        widen_by_mark(&range, mark, y, axis->logarithmic);
    if (axis->words) {
        widen(&range, -0.5, false);
        widen(&range, axis->words - 0.5, false);
    }
    if (!isnan(axis->low)) range.low = axis->low;
    if (!isnan(axis->high)) range.high = axis->high;
    if (!(range.low <= range.high))
        range = (sc_range){range.logarithmic ? 0.1 : 0, 1, range.logarithmic};
    if (range.low == range.high) { /* a single value, in the middle */
        double by = range.low != 0 ? fabs(range.low) / 2 : 1;
        if (axis->whole) by = 1;
        range.low -= by;
        range.high += by;
    }
    add_margin(&range, panel, axis);
    return range;
}

sc_range sc_panel_x_range(const sc_panel *panel) {
    return range_of(panel, &panel->x);
}

sc_range sc_panel_y_range(const sc_panel *panel) {
    return range_of(panel, &panel->y);
}

double sc_range_place(const sc_range *range, double value) {
    if (!isfinite(value) || (range->logarithmic && value <= 0)) return NAN;
    if (range->logarithmic) return log(value / range->low) / log(range->high / range->low);
    return (value - range->low) / (range->high - range->low);
}

/* Thousands of four digits and more are grouped, as the tool writes numbers elsewhere. */
static void group_thousands(char out[SC_TICK_TEXT], const char *digits) {
    size_t length = strlen(digits), used = 0;
    for (size_t i = 0; i < length && used + 2 < SC_TICK_TEXT; i++) {
        if (i && digits[i - 1] != '-' && (length - i) % 3 == 0) out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

const char *sc_count_text(char out[SC_TICK_TEXT], int64_t value) {
    char digits[SC_TICK_TEXT];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    group_thousands(out, digits);
    return out;
}

void sc_tick_text(char out[SC_TICK_TEXT], double value, double step) {
    char digits[SC_TICK_TEXT];
    if (fabs(value) < step * 1e-6) value = 0;
    if (fabs(value) >= 1e7 || step < 1e-4) {
        const double digits = value != 0 ? ceil(log10(fabs(value) / step)) + 1 : 1;
        snprintf(out, SC_TICK_TEXT, "%.*g", (int)fmin(fmax(digits, 3), 12), value);
        return;
    }
    int decimals = 0;
    double scaled = step;
    while (decimals < MOST_DECIMALS && fabs(scaled - round(scaled)) > 1e-6 * scaled)
        scaled *= 10, decimals++;
    if (decimals) {
        snprintf(out, SC_TICK_TEXT, "%.*f", decimals, value);
        return;
    }
    snprintf(digits, sizeof digits, "%.0f", value);
    group_thousands(out, digits);
}

/* 1, 2 or 5 times a power of ten, so that at most `most` of them fit. */
static double step_of(double length, int most) {
    double power = pow(10, floor(log10(length / most)));
    static const double factors[] = {1, 2, 5, 10};
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
        if (length / (factors[i] * power) <= most) return factors[i] * power;
    return 10 * power;
}

static void put(sc_ticks *ticks, double at, double step) {
    if (ticks->count == SC_TICKS) return;
    ticks->at[ticks->count] = at;
    sc_tick_text(ticks->number[ticks->count], at, step);
    ticks->text[ticks->count] = ticks->number[ticks->count];
    ticks->count++;
}

static void put_words(sc_ticks *ticks, const sc_axis *axis, int most) {
    int step = (axis->words + most - 1) / most;
    for (int i = 0; i < axis->words && ticks->count < SC_TICKS; i += step) {
        ticks->at[ticks->count] = i;
        ticks->text[ticks->count++] = axis->word[i];
    }
}

/* Powers of ten; where they are fewer than two, also 2 and 5 times of them. */
static void put_powers(sc_ticks *ticks, const sc_range *range, int most) {
    int first = (int)ceil(log10(range->low) - 1e-9), last = (int)floor(log10(range->high) + 1e-9);
    if (last - first < 1) {
        static const double factors[] = {1, 2, 5};
        for (int power = first - 1; power <= last + 1; power++)
            for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
                double at = factors[i] * pow(10, power);
                if (at >= range->low && at <= range->high) put(ticks, at, at);
            }
        return;
    }
    int step = (last - first) / most + 1;
    for (int power = first; power <= last; power += step)
        put(ticks, pow(10, power), pow(10, power));
}

static void put_steps(sc_ticks *ticks, const sc_axis *axis, const sc_range *range, int most) {
    double step = step_of(range->high - range->low, most);
    if (axis->whole && step < 1) step = 1;
    const double first = ceil(range->low / step - 1e-9);
    ticks->count = 0;
    for (int i = 0; i <= most; i++) { /* by count: a large double plus 1 is itself */
        const double at = (first + i) * step;
        if (at <= range->high + 1e-9 * step && (!ticks->count || at > ticks->at[ticks->count - 1]))
            put(ticks, at, step);
    }
}

/* One number alone does not say what an axis measures: one or two more are tried then. */
void sc_axis_ticks(sc_ticks *ticks, const sc_axis *axis, const sc_range *range, int most) {
    ticks->count = 0;
    if (most < 2) most = 2;
    if (most > SC_TICKS) most = SC_TICKS;
    if (axis->words) {
        put_words(ticks, axis, most);
        return;
    }
    if (range->logarithmic) {
        put_powers(ticks, range, most);
        return;
    }
    for (int more = 0; more <= 2 && ticks->count < 2 && most + more <= SC_TICKS; more++)
        put_steps(ticks, axis, range, most + more);
}
