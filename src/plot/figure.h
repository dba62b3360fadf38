/* SPDX-License-Identifier: Apache-2.0 */
/* A figure as a description: panels with axes, and what is drawn in them, in the numbers of the
 * data. Everything given is copied. A figure remembers its first failure, so that code which makes
 * one checks once, at the end: functions that return a panel or a mark never return NULL. Three
 * backends show it: a picture, characters, JSON. It knows no network and no run. */
#ifndef SC_PLOT_FIGURE_H
#define SC_PLOT_FIGURE_H

#include "base/arena.h"
#include "base/text.h"

#include <jansson.h>

typedef struct sc_figure sc_figure;

typedef struct sc_axis {
    const char *label; /* with its unit: "time (s)"; NULL: none */
    double low, high;  /* NaN: as the marks are */
    bool logarithmic;  /* values from 0 down are left out */
    bool whole;        /* ticks at whole numbers alone, and no margin */
    bool hidden;       /* neither ticks nor frame */
    bool downward;     /* y: the least value is on top */
    int words;         /* categories: names of 0, 1, ... */
    const char *const *word;
} sc_axis;

/* Colours of a series: the eight of Okabe and Ito (Color Universal Design, 2008), which people
 * with any kind of colour vision tell apart, without their yellow; or of what is no series. */
enum { SC_COLOURS = 7, SC_COLOUR_INK = -1, SC_COLOUR_GREY = -2, SC_COLOUR_PALE = -3 };

typedef struct sc_style {
    int colour;  /* number of a series, taken modulo SC_COLOURS, or one of the above */
    int dash;    /* lines: 0 solid, 1 dashed, 2 dotted */
    int width;   /* lines: in hundredths of the standard one; 0: that */
    int symbol;  /* points: 0 disc, 1 square, 2 triangle, 3 diamond, 4 cross; 5 ring */
    bool backed; /* labels: on white, over lines that would cross them out */
} sc_style;

/* How numbers become colours: from dark to light, evenly to the eye (viridis); from one colour over
 * white to another, white being 0; or grey as it is. */
typedef enum sc_colours { SC_SEQUENTIAL, SC_DIVERGING, SC_GREYS } sc_colours;

typedef enum sc_mark_kind {
    SC_MARK_LINE,   /* through x, y; a NaN is a gap */
    SC_MARK_POINTS, /* at x, y; size: their diameters in hundredths of the standard one, or NULL */
    SC_MARK_BARS,   /* from 0 to y, x to x + size */
    SC_MARK_HEAT,   /* one grid of colours over a part of the axes */
    SC_MARK_TILES,  /* grids side by side, which take the panel alone */
    SC_MARK_LABELS, /* texts around x, y */
    SC_MARK_BOXES,  /* texts in boxes around x, y; size: their widths */
    SC_MARK_ARROWS  /* from x[2i], y[2i] to x[2i + 1], y[2i + 1] */
} sc_mark_kind;

/* Of HEAT, rows from the top; of TILES, `count` of them. */
typedef struct sc_grid {
    int count, rows, columns;
    int channels;            /* 1; 3: red, green and blue from low to high */
    const double *value;     /* count * channels * rows * columns */
    const char *const *text; /* HEAT: one per cell; TILES: one per tile, lines ended by \n; NULL */
    int across;              /* TILES: so many in a row */
    double left, right, bottom, top; /* HEAT: its outer edges */
    sc_colours colours;
    double low, high;  /* what the colours end at; NaN: as the values are */
    const char *scale; /* what the colours say, at their bar; NULL: no bar */
} sc_grid;

typedef struct sc_mark {
    sc_mark_kind kind;
    const char *name; /* in the legend; NULL: not there */
    sc_style style;
    size_t count;
    const double *x, *y, *size;
    const char *const *text;
    sc_grid grid;
    struct sc_mark *next;
} sc_mark;

typedef struct sc_panel {
    sc_figure *figure;
    const char *title; /* NULL: none */
    sc_axis x, y;
    double height;  /* of the part with the marks, in parts of its width; 0: the standard one */
    bool same_unit; /* one unit is as long on both axes */
    int lines;      /* in characters: of the part with the marks; 0: the standard number */
    sc_mark *first, *last;
    struct sc_panel *next;
} sc_panel;

struct sc_figure {
    sc_env *env;
    sc_arena *arena;
    const char *title, *note; /* note: a sentence below all panels; NULL: none */
    int across;               /* panels side by side; 1 */
    sc_panel *first, *last;
    sc_panel spare_panel; /* what the functions return after a failure */
    sc_mark spare_mark;
    socle_status status;
};

socle_status sc_figure_create(sc_figure **out, sc_env *env);
void sc_figure_destroy(sc_figure *figure); /* NULL is fine */
/* Texts: what is no UTF-8, and control characters but line ends, become '?'. */
void sc_figure_title(sc_figure *figure, const char *format, ...) SC_PRINTF(2, 3);
void sc_figure_note(sc_figure *figure, const char *format, ...) SC_PRINTF(2, 3);
/* A copy of a text for what is put into a panel by hand. */
const char *sc_figure_word(sc_figure *figure, const char *format, ...) SC_PRINTF(2, 3);

/* Appends a panel. */
sc_panel *sc_figure_panel(sc_figure *figure, const char *title, const char *x_label,
                          const char *y_label);
/* The names of 0, 1, ... on an axis of the panel. */
void sc_panel_words(sc_panel *panel, sc_axis *axis, const char *const *word, int count);
/* x NULL: 0, 1, 2, ... */
sc_mark *sc_panel_line(sc_panel *panel, const char *name, sc_style style, size_t count,
                       const double *x, const double *y);
sc_mark *sc_panel_points(sc_panel *panel, const char *name, sc_style style, size_t count,
                         const double *x, const double *y, const double *size);
/* count bars between count + 1 edges. */
sc_mark *sc_panel_bars(sc_panel *panel, const char *name, sc_style style, size_t count,
                       const double *edge, const double *y);
sc_mark *sc_panel_heat(sc_panel *panel, const sc_grid *grid);
sc_mark *sc_panel_tiles(sc_panel *panel, const sc_grid *grid);
sc_mark *sc_panel_label(sc_panel *panel, sc_style style, double x, double y, const char *text);
sc_mark *sc_panel_box(sc_panel *panel, sc_style style, double x, double y, double width,
                      const char *text);
sc_mark *sc_panel_arrow(sc_panel *panel, sc_style style, double x0, double y0, double x1,
                        double y1);

/* figure_text.c: characters, `columns` of them in a line (at least 40). */
socle_status sc_figure_text(sc_text *out, const sc_figure *figure, int columns);
/* figure_json.c: all that is drawn. *out is a new reference. */
socle_status sc_figure_json(json_t **out, const sc_figure *figure);

/* Whether a name says a kind of picture: .svg, .png. */
bool sc_figure_is_picture(const char *path);
/* figure_cairo.c; figure_plain.c where Socle was built without cairo. */
/* Pictures can be drawn here. Errors: UNSUPPORTED, with the package to install. */
socle_status sc_figure_can_draw(sc_env *env);
/* The file appears whole or not at all. Errors: UNSUPPORTED, IO, OUT_OF_MEMORY. */
socle_status sc_figure_write(const sc_figure *figure, const char *path);

#endif
