/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that draw figures in characters share. */
#ifndef SC_PLOT_AXES_TEXT_H
#define SC_PLOT_AXES_TEXT_H

#include "plot/axis.h"

enum { SC_TEXT_LABEL = 16 /* characters of a name beside a row, at most */ };

/* The character of a share from 0 (dark, no ink) to 1. */
char sc_text_ink(double share);
/* Says which colours of a grid, if it has a scale, are which characters. */
void sc_text_scale(sc_text *out, const sc_grid *grid);
/* A panel with axes, and its legend. */
socle_status sc_text_axes(sc_text *out, const sc_panel *panel, int columns);

#endif
