/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gradient of a convolution by its weights on the tile engine, for GPU-class devices, as
 * products that are never written down: any stride, padding, dilation and number of groups. It must
 * not know how many compute units there are.
 *
 * A group of filters is one product: filters x (sample, pixel) times (sample, pixel) x (channel,
 * tap). The depth is cut into the pieces of sc_shape_tile; with several of them the result has
 * [pieces][filters][channels / groups][taps], and tile_add.cl adds them up.
 *
 * Local size (SC_TILE_ITEMS, 1, 1). Global size: the items of the groups of sc_shape_tile, of which
 * a launch may have a part.
 *
 * -D list: that of tile.h; SC_POINTWISE where the kernel is 1x1 without stride and padding.
 *
 * Accuracy: for each piece one chain of fused multiply-adds in the order of conv_plain, which adds
 * zeros for the padding.
 */
#include "shape_tile.h"
#include "tile_load_conv.h"
#include "tile_matrix.h"

#pragma OPENCL FP_CONTRACT OFF

#define SC_LEFT sc_planes
#ifdef SC_POINTWISE
#define SC_RIGHT sc_planes
#else
#define SC_RIGHT sc_taps
#endif
#define SC_TARGET sc_matrix
#include "tile_store.h"

#ifndef SC_POINTWISE
/* first: column of the tile's first lane. */
static inline void sc_taps_begin(sc_taps *out, const sc_shape_conv *s, int first, int columns,
                                 int begin, int item) {
    const int depth = item % SC_TILE_DEPTH;
    out->stride_y = s->stride_y;
    out->stride_x = s->stride_x;
    out->rows = s->output_height;
    out->columns = s->output_width;
    out->depth = depth;
    out->at = sc_walk_at(begin + depth, s->output_height, s->output_width);
    out->step = sc_walk_at(SC_TILE_DEPTH, s->output_height, s->output_width);
#pragma unroll
    for (int i = 0; i < SC_TILE_SHARE(SC_TILE_COLUMNS); ++i) {
        const int4 column =
            first + item / SC_TILE_DEPTH +
            (4 * i + (int4)(0, 1, 2, 3)) * (SC_TILE_ITEMS / SC_TILE_DEPTH);
        const int4 line = column / s->kernel_width;
        const int4 y = line % s->kernel_height * s->dilation_y - s->pad_top;
        const int4 x = column % s->kernel_width * s->dilation_x - s->pad_left;
        out->y[i] = column < columns ? y : (int4)(SC_FAR);
        out->x[i] = x;
        out->offset[i] = (line / s->kernel_height * s->height + y) * s->width + x;
    }
}
#endif

kernel __attribute__((reqd_work_group_size(SC_TILE_ITEMS, 1, 1))) void
tile_conv_weight(global const float *input, ulong input_offset, global const float *gradient,
                 ulong gradient_offset, global float *result, ulong result_offset,
                 sc_shape_tile tile, sc_shape_conv s) {
    local sc_vector left_tile[SC_TILE_LOCAL(SC_TILE_ROWS)];
    local sc_vector right_tile[SC_TILE_LOCAL(SC_TILE_COLUMNS)];
    const int item = (int)get_local_id(0);
    const int channels = s.channels / s.groups;
    const int plane = s.height * s.width;
    const int positions = s.output_height * s.output_width;
    const sc_tile_place place = sc_tile_find(&tile);
    sc_tile_sums sum;

    gradient += gradient_offset + (size_t)place.product * (size_t)tile.rows * (size_t)positions;
    input += input_offset + (size_t)place.product * (size_t)channels * (size_t)plane;
    SC_LEFT left = sc_planes_begin(gradient, positions, s.filters * positions, place.begin,
                                   place.row, tile.rows, item, tile.wide & SC_TILE_WIDE_LEFT);
#ifdef SC_POINTWISE
    SC_RIGHT right = sc_planes_begin(input, plane, s.channels * plane, place.begin, place.column,
                                     tile.columns, item, tile.wide & SC_TILE_WIDE_RIGHT);
#else
    SC_RIGHT right;
    right.image = (sc_image){input, s.height, s.width, s.channels * plane, s.samples};
    sc_taps_begin(&right, &s, place.column, tile.columns, place.begin, item);
#endif
    sc_tile_sum(sum, left_tile, right_tile, &left, &right, place.begin, place.end);

    const size_t matrix = (size_t)place.piece * (size_t)tile.products + (size_t)place.product;
    const sc_matrix target = {
        result + result_offset + matrix * (size_t)tile.rows * (size_t)tile.columns, tile.columns, 0,
        tile.wide & SC_TILE_WIDE_RESULT};
    sc_tile_store(sum, &target, &place, tile.columns);
}
