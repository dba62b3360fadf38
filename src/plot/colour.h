/* SPDX-License-Identifier: Apache-2.0 */
/* Colours: of series, and of numbers. All can be told apart by people with any kind of colour
 * vision, and by their lightness where a page is printed in grey. */
#ifndef SC_PLOT_COLOUR_H
#define SC_PLOT_COLOUR_H

#include "plot/figure.h"

typedef struct sc_rgb {
    double red, green, blue; /* 0 to 1, sRGB */
} sc_rgb;

sc_rgb sc_colour_of_series(int colour);
/* share: 0 (low) to 1 (high); beyond it ends there. NaN: a light grey. */
sc_rgb sc_colour_of_number(sc_colours colours, double share);
/* A cell of a grid, `tile` of TILES. */
sc_rgb sc_grid_colour(const sc_grid *grid, int tile, int row, int column);
/* The mean of its channels between low and high, as a share. */
double sc_grid_share(const sc_grid *grid, int tile, int row, int column);
/* 0 (black) to 1: the relative luminance of WCAG 2. */
double sc_luminance(sc_rgb colour);

#endif
