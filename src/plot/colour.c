/* SPDX-License-Identifier: Apache-2.0 */
/* See colour.h. */
#include "plot/colour.h"

#include <math.h>

static sc_rgb of_hex(unsigned hex) {
    return (sc_rgb){(hex >> 16 & 255) / 255.0, (hex >> 8 & 255) / 255.0, (hex & 255) / 255.0};
}

sc_rgb sc_colour_of_series(int colour) {
    static const unsigned series[SC_COLOURS] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                                0xE69F00, 0x56B4E9, 0x000000};
    if (colour == SC_COLOUR_INK) return of_hex(0x222222);
    if (colour == SC_COLOUR_GREY) return of_hex(0x767676);
    if (colour == SC_COLOUR_PALE) return of_hex(0xEAF2F8);
    return of_hex(series[colour % SC_COLOURS]);
}

static sc_rgb between(const unsigned *stop, int stops, double share) {
    double at = share * (stops - 1);
    int first = (int)at;
    if (first > stops - 2) first = stops - 2;
    sc_rgb a = of_hex(stop[first]), b = of_hex(stop[first + 1]);
    double part = at - first;
    return (sc_rgb){a.red + part * (b.red - a.red), a.green + part * (b.green - a.green),
                    a.blue + part * (b.blue - a.blue)};
}

sc_rgb sc_colour_of_number(sc_colours colours, double share) {
    /* viridis (Smith and van der Walt, matplotlib 2, 2015), at eighths. */
    static const unsigned sequential[] = {0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C,
                                          0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725};
    /* From Okabe and Ito's blue to their vermilion. */
    static const unsigned diverging[] = {0x00497A, 0x0072B2, 0x8FC1E3, 0xF7F7F7,
                                         0xF3B184, 0xD55E00, 0x8C3D00};
    if (isnan(share)) return of_hex(0xD9D9D9);
    share = fmin(fmax(share, 0), 1);
    if (colours == SC_GREYS) return (sc_rgb){share, share, share};
    if (colours == SC_DIVERGING)
        return between(diverging, sizeof diverging / sizeof diverging[0], share);
    return between(sequential, sizeof sequential / sizeof sequential[0], share);
}

static double share_of(const sc_grid *grid, int tile, int channel, int row, int column) {
    const size_t plane = (size_t)grid->rows * (size_t)grid->columns;
    const double value =
        grid->value[((size_t)tile * (size_t)grid->channels + (size_t)channel) * plane +
                    (size_t)row * (size_t)grid->columns + (size_t)column];
    if (grid->high > grid->low) return (value - grid->low) / (grid->high - grid->low);
    return isnan(value) ? NAN : 0.5;
}

sc_rgb sc_grid_colour(const sc_grid *grid, int tile, int row, int column) {
    if (grid->channels == 1)
        return sc_colour_of_number(grid->colours, share_of(grid, tile, 0, row, column));
    double share[3];
    for (int c = 0; c < 3; c++) share[c] = fmin(fmax(share_of(grid, tile, c, row, column), 0), 1);
    return (sc_rgb){share[0], share[1], share[2]};
}

double sc_grid_share(const sc_grid *grid, int tile, int row, int column) {
    double sum = 0;
    for (int c = 0; c < grid->channels; c++) sum += share_of(grid, tile, c, row, column);
    return fmin(fmax(sum / grid->channels, 0), 1);
}

static double linear(double value) {
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

double sc_luminance(sc_rgb colour) {
    return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) +
           0.0722 * linear(colour.blue);
}
