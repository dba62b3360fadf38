/* SPDX-License-Identifier: Apache-2.0 */
/* A drawing of characters: a field of rows and columns over a range of numbers. Knows no function
 * and no command. */
#ifndef SC_CLI_SKETCH_H
#define SC_CLI_SKETCH_H

#include <stdio.h>

enum { SC_SKETCH_ROWS = 20, SC_SKETCH_COLUMNS = 64 };

typedef struct sc_sketch {
    double left, right, bottom, top;
    char cell[SC_SKETCH_ROWS][SC_SKETCH_COLUMNS + 1];
} sc_sketch;

/* Blank, over a range; a range of one number gets a width. */
void sc_sketch_begin(sc_sketch *sketch, double left, double right, double bottom, double top);
/* What a column or a row stands for, and where a number lies; numbers outside have no place. */
double sc_sketch_x(const sc_sketch *sketch, int column);
double sc_sketch_y(const sc_sketch *sketch, int row);
void sc_sketch_put(sc_sketch *sketch, double x, double y, char mark);
void sc_sketch_print(const sc_sketch *sketch, FILE *stream);

#endif
