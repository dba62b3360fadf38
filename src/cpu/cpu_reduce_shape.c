/* SPDX-License-Identifier: Apache-2.0 */
/* Merges the dimensions of a reduction and cuts it into pieces. */
#include "cpu/cpu_reduce_shape.h"

enum { TASK_ELEMENTS = 16384, LEAST_ROWS = 16 };

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t at_least_one(int64_t a) {
    return a > 1 ? a : 1;
}

static void choose_pieces(sc_reduce_shape *shape) {
    const int64_t *size = shape->size;
    int64_t *piece = shape->piece;
    piece[SC_REDUCE_K1] = smaller(size[SC_REDUCE_K1], SC_REDUCE_SUMS);
    piece[SC_REDUCE_R1] = TASK_ELEMENTS / piece[SC_REDUCE_K1];
    if (piece[SC_REDUCE_R1] < LEAST_ROWS) piece[SC_REDUCE_R1] = LEAST_ROWS;
    /* Rows are in the outermost part that exists: where there is an outer part, R1 does not vary
     * with them. */
    int64_t inner = smaller(size[SC_REDUCE_R1], piece[SC_REDUCE_R1]) * piece[SC_REDUCE_K1];
    piece[SC_REDUCE_K0] = at_least_one(
        smaller(SC_REDUCE_SUMS / piece[SC_REDUCE_K1], TASK_ELEMENTS / at_least_one(inner)));
    piece[SC_REDUCE_R0] =
        at_least_one(2 * TASK_ELEMENTS / at_least_one(inner * piece[SC_REDUCE_K0]));
}

bool sc_reduce_shape_make(sc_reduce_shape *shape, const sc_tensor_desc *space, uint32_t axes) {
    int part = SC_REDUCE_K1;
    *shape = (sc_reduce_shape){.size = {1, 1, 1, 1}};
    for (int d = space->rank - 1; d >= 0; d--) {
        bool rows = d == 0 && space->rows_per_sample;
        bool kept = !(axes >> d & 1);
        if (space->dim[d] == 1 && !rows) continue;
        /* Parts alternate from the inside: K1, R1, K0, R0. */
        if ((part == SC_REDUCE_K1 || part == SC_REDUCE_K0) != kept && --part < 0) return false;
        shape->has_rows[part] |= rows;
        shape->size[part] *= rows ? space->rows_per_sample : space->dim[d];
    }
    choose_pieces(shape);
    return true;
}

sc_reduce_grid sc_reduce_grid_make(const sc_reduce_shape *shape, int64_t rows) {
    sc_reduce_grid grid;
    grid.tasks = 1;
    for (int p = 0; p < SC_REDUCE_PARTS; p++) {
        grid.size[p] = shape->size[p] * (shape->has_rows[p] ? rows : 1);
        grid.pieces[p] = sc_ceil_div(grid.size[p], shape->piece[p]);
        grid.tasks *= grid.pieces[p];
    }
    grid.kept = grid.size[SC_REDUCE_K0] * grid.size[SC_REDUCE_K1];
    grid.partials = grid.pieces[SC_REDUCE_R0] * grid.pieces[SC_REDUCE_R1];
    return grid;
}
