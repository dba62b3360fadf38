/* SPDX-License-Identifier: Apache-2.0 */
/* A panel's place in a picture: where values lie on the page, and the drawing of its parts. */
#ifndef SC_PLOT_FRAME_H
#define SC_PLOT_FRAME_H

#include "plot/pen.h"

typedef struct sc_frame {
    sc_pen *pen;
    const sc_panel *panel;
    sc_range x_range, y_range;
    double x, y, width, height; /* of the part with the marks */
} sc_frame;

/* NaN where a value is nowhere. */
double sc_frame_x(const sc_frame *frame, double value);
double sc_frame_y(const sc_frame *frame, double value);

/* marks_cairo.c: grids first, so that all else is over them, then the marks in their order. */
void sc_frame_grids(const sc_frame *frame);
void sc_frame_marks(const sc_frame *frame);
/* What the legend shows for a mark, in a place 30 wide around (x, y). */
void sc_mark_sample(sc_pen *pen, const sc_mark *mark, double x, double y);

/* panel_cairo.c: a panel whose left upper corner is at (x, y). Returns its height. */
double sc_panel_draw(sc_pen *pen, const sc_panel *panel, double x, double y, double width);

#endif
