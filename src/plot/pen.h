/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing in a picture by cairo: lines, texts and grids of colours at places of the page. */
#ifndef SC_PLOT_PEN_H
#define SC_PLOT_PEN_H

#include "plot/axis.h"
#include "plot/cairo_api.h"
#include "plot/colour.h"

/* Sizes on a page that is PAGE wide. A telephone shows it at half its size or more, so that the
 * smallest texts are still of 8 points. */
enum { SC_PAGE = 640, SC_SIZE_TITLE = 21, SC_SIZE_TEXT = 18, SC_SIZE_SMALL = 16 };

typedef struct sc_pen {
    sc_env *env;
    cairo_t *cairo;
    socle_status status; /* the first failure that is not cairo's own */
} sc_pen;

typedef enum sc_align { SC_LEFT, SC_CENTRE, SC_RIGHT } sc_align;

void sc_pen_colour(sc_pen *pen, sc_rgb colour);
double sc_pen_width(sc_pen *pen, const char *text, double size, bool bold);
/* One line of text whose middle of the small letters is at height y. */
void sc_pen_text(sc_pen *pen, double x, double y, sc_align align, const char *text, double size,
                 bool bold);
/* The same from bottom to top. */
void sc_pen_upward(sc_pen *pen, double x, double y, sc_align align, const char *text, double size);
/* A text over as many lines as its width needs; \n ends one. Returns its height. */
double sc_pen_paragraph(sc_pen *pen, double x, double y, double width, sc_align align,
                        const char *text, double size, bool bold);
/* Of the lines of a text, the width of the widest. */
double sc_pen_widest(sc_pen *pen, const char *text, double size);
/* The height that it would have. */
double sc_pen_height(sc_pen *pen, double width, const char *text, double size, bool bold);
void sc_pen_segment(sc_pen *pen, double x0, double y0, double x1, double y1, double width);
void sc_pen_symbol(sc_pen *pen, double x, double y, int symbol, double diameter);
void sc_pen_dash(sc_pen *pen, int dash);
/* Tile `tile` of a grid over a rectangle, each cell one colour. */
void sc_pen_grid(sc_pen *pen, const sc_grid *grid, int tile, double x, double y, double width,
                 double height);

#endif
