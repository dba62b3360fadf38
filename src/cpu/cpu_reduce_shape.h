/* SPDX-License-Identifier: Apache-2.0 */
/* How a reduction is cut into tasks. Neighbouring dimensions that are all reduced or all kept are
 * merged; what is left is seen as [outer reduced][outer kept][inner reduced][inner kept], sizes 1
 * where there is none. Pieces have fixed sizes, so that neither threads nor rows change the order
 * of additions. Pure arithmetic. */
#ifndef SC_CPU_CPU_REDUCE_SHAPE_H
#define SC_CPU_CPU_REDUCE_SHAPE_H

#include "op/op.h"

enum { SC_REDUCE_R0, SC_REDUCE_K0, SC_REDUCE_R1, SC_REDUCE_K1, SC_REDUCE_PARTS };

typedef struct sc_reduce_shape {
    int64_t size[SC_REDUCE_PARTS]; /* at capacity, or of one row where has_rows */
    bool has_rows[SC_REDUCE_PARTS];
    int64_t piece[SC_REDUCE_PARTS]; /* the most of each part that one task takes */
} sc_reduce_shape;

/* Sizes and numbers of pieces of one launch. */
typedef struct sc_reduce_grid {
    int64_t size[SC_REDUCE_PARTS], pieces[SC_REDUCE_PARTS];
    int64_t kept;     /* output elements */
    int64_t partials; /* pieces of the reduced parts: one partial result each */
    int64_t tasks;
} sc_reduce_grid;

enum { SC_REDUCE_SUMS = 2048 }; /* most output elements of one task */

/* False: the dimensions alternate too often. */
bool sc_reduce_shape_make(sc_reduce_shape *shape, const sc_tensor_desc *space, uint32_t axes);
sc_reduce_grid sc_reduce_grid_make(const sc_reduce_shape *shape, int64_t rows);

#endif
