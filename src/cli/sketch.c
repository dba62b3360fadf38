/* SPDX-License-Identifier: Apache-2.0 */
/* See sketch.h. The first row is the top. */
#include "cli/sketch.h"

#include <math.h>
#include <string.h>

/* Room at both ends, so that no mark lies on the rim. */
static void widen(double *low, double *high) {
    double room = 0.05 * (*high - *low);
    if (!(room > 0)) room = 0.5 * fabs(*low) + 0.5;
    *low -= room;
    *high += room;
}

void sc_sketch_begin(sc_sketch *sketch, double left, double right, double bottom, double top) {
    *sketch = (sc_sketch){.left = left, .right = right, .bottom = bottom, .top = top};
    widen(&sketch->left, &sketch->right);
    widen(&sketch->bottom, &sketch->top);
    for (int r = 0; r < SC_SKETCH_ROWS; r++) memset(sketch->cell[r], ' ', SC_SKETCH_COLUMNS);
}

double sc_sketch_x(const sc_sketch *sketch, int column) {
    return sketch->left + (sketch->right - sketch->left) * (column + 0.5) / SC_SKETCH_COLUMNS;
}

double sc_sketch_y(const sc_sketch *sketch, int row) {
    return sketch->top - (sketch->top - sketch->bottom) * (row + 0.5) / SC_SKETCH_ROWS;
}

void sc_sketch_put(sc_sketch *sketch, double x, double y, char mark) {
    double column = (x - sketch->left) / (sketch->right - sketch->left) * SC_SKETCH_COLUMNS;
    double row = (sketch->top - y) / (sketch->top - sketch->bottom) * SC_SKETCH_ROWS;
    if (column >= 0 && column < SC_SKETCH_COLUMNS && row >= 0 && row < SC_SKETCH_ROWS)
        sketch->cell[(int)row][(int)column] = mark;
}

static int length_without_blanks(const char *row) {
    int length = (int)strlen(row);
    while (length && row[length - 1] == ' ') length--;
    return length;
}

void sc_sketch_print(const sc_sketch *sketch, FILE *stream) {
    for (int r = 0; r < SC_SKETCH_ROWS; r++) {
        char label[16] = "";
        if (r == 0) snprintf(label, sizeof label, "%.3g", sc_sketch_y(sketch, r));
        if (r == SC_SKETCH_ROWS - 1) snprintf(label, sizeof label, "%.3g", sc_sketch_y(sketch, r));
        fprintf(stream, "%9s |%.*s\n", label, length_without_blanks(sketch->cell[r]),
                sketch->cell[r]);
    }
    char first[16], last[16];
    snprintf(first, sizeof first, "%.3g", sc_sketch_x(sketch, 0));
    snprintf(last, sizeof last, "%.3g", sc_sketch_x(sketch, SC_SKETCH_COLUMNS - 1));
    fprintf(stream, "%9s +", "");
    for (int c = 0; c < SC_SKETCH_COLUMNS; c++) fputc('-', stream);
    fprintf(stream, "\n%9s  %-*s%s\n", "", SC_SKETCH_COLUMNS - (int)strlen(last), first, last);
}
