/* SPDX-License-Identifier: Apache-2.0 */
/* A rectangle of characters that are written in any order and printed at the end. */
#ifndef SC_PLOT_CANVAS_H
#define SC_PLOT_CANVAS_H

#include "base/text.h"

typedef struct sc_canvas {
    sc_env *env;
    uint32_t *cell; /* Unicode; 0: nothing yet */
    int width, height;
} sc_canvas;

socle_status sc_canvas_create(sc_canvas *out, sc_env *env, int width, int height);
void sc_canvas_free(sc_canvas *canvas);
/* What lies outside is left out. */
void sc_canvas_put(sc_canvas *canvas, int x, int y, uint32_t character);
/* At most `most` characters of one line, the last of them a '~' where it is cut. */
void sc_canvas_text(sc_canvas *canvas, int x, int y, const char *text, int most);
/* Whether cells x..x + width - 1 of a row hold nothing yet. */
bool sc_canvas_is_free(const sc_canvas *canvas, int x, int y, int width);
/* Lines without spaces at their ends. */
void sc_canvas_print(sc_text *out, const sc_canvas *canvas);

/* Characters of the first line of a text in UTF-8. */
int sc_text_width(const char *text);
/* The first line of a text, at most `most` characters of it. */
void sc_text_cut(sc_text *out, const char *text, int most);
/* A text over lines of at most `width` characters, broken at spaces, each behind `before`. */
void sc_text_wrap(sc_text *out, const char *text, int width, const char *before);

#endif
