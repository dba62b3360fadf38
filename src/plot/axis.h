/* SPDX-License-Identifier: Apache-2.0 */
/* What an axis shows: its range, and where its ticks stand with which texts. */
#ifndef SC_PLOT_AXIS_H
#define SC_PLOT_AXIS_H

#include "plot/figure.h"

enum { SC_TICKS = 64, SC_TICK_TEXT = 24 };

typedef struct sc_range {
    double low, high; /* low < high */
    bool logarithmic;
} sc_range;

typedef struct sc_ticks {
    int count;
    double at[SC_TICKS];
    const char *text[SC_TICKS]; /* in `number`, or a word of the axis */
    char number[SC_TICKS][SC_TICK_TEXT];
} sc_ticks;

/* Of what the panel's marks need, with a margin, or as the axis says. */
sc_range sc_panel_x_range(const sc_panel *panel);
sc_range sc_panel_y_range(const sc_panel *panel);
/* Where a value is, from 0 (low) to 1 (high); NaN: nowhere. */
double sc_range_place(const sc_range *range, double value);
/* About `most` ticks or fewer, but two of numbers where that can be, at 1, 2 or 5 times a power of
 * ten; of words each, or each n-th. `ticks` must stay where it is. */
void sc_axis_ticks(sc_ticks *ticks, const sc_axis *axis, const sc_range *range, int most);
/* A number as people write it: 0.05, 12,000, 1e-6; `step`: the distance of its neighbours. */
void sc_tick_text(char out[SC_TICK_TEXT], double value, double step);

/* "1,199,882" */
const char *sc_count_text(char out[SC_TICK_TEXT], int64_t value);

#endif
