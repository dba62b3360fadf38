/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The convolution and its gradient by the input on the tile engine, for GPU-class devices, as
 * products that are never written down: any stride, padding, dilation and number of groups. It must
 * not know how many compute units there are.
 *
 * Forward, a group of filters is one product: filters x (channel, tap) times (channel, tap) x
 * (sample, pixel). The gradient gathers: pixels of the input that are a stride apart (a phase) meet
 * the same taps, so each phase of a group is one product, channels x (filter, tap) times (filter,
 * tap) x (sample, pixel). Products are numbered by group, then phase; tile.columns and tile.depth
 * are those of the largest.
 *
 * Local size (SC_TILE_ITEMS, 1, 1). Global size: the items of the groups of sc_shape_tile, of which
 * a launch may have a part.
 *
 * -D list: that of tile.h; SC_BY_INPUT for the gradient; SC_POINTWISE where the kernel is 1x1
 * without stride and padding and planes are multiples of four pixels; the tail of tail.h.
 *
 * Accuracy: one chain of fused multiply-adds per element in the order of conv_plain, which adds
 * zeros for the padding.
 */
#include "shape_tile.h"
#include "tile_load.h"
#include "tile_load_conv.h"
#include "tile_pixels.h"

#pragma OPENCL FP_CONTRACT OFF

#if !defined(SC_BY_INPUT)
#define SC_LEFT sc_lines_across
#elif defined(SC_POINTWISE)
#define SC_LEFT sc_lines_along
#else
#define SC_LEFT sc_filters
#endif
#ifdef SC_POINTWISE
#define SC_RIGHT sc_lines_along
#else
#define SC_RIGHT sc_windows
#endif
#define SC_TARGET sc_pixels
#include "tile_store.h"

/* Along one axis: positions of the result in a phase, the taps that they meet, and where in the
 * source tap 0 of position 0 lies. */
typedef struct sc_axis {
    int positions;
    int first, step; /* from position 0 on, in the result */
    int taps;
    int tap, tap_stride; /* taps in the filter */
    int origin;
    int position_step, tap_step; /* in the source */
} sc_axis;

static inline sc_axis sc_axis_forward(int outputs, int size, int stride, int dilation, int pad) {
    return (sc_axis){outputs, 0, 1, size, 0, 1, -pad, stride, dilation};
}

/* tap_stride: stride / gcd(stride, dilation). Position first + stride * i meets tap t where first +
 * pad - dilation * t is a multiple of the stride. */
static inline sc_axis sc_axis_by_input(int inputs, int size, int stride, int dilation, int pad,
                                       int phase, int tap_stride) {
    int tap = 0;
    while (tap < tap_stride && (phase + pad - dilation * tap) % stride != 0) ++tap;
    const int taps =
        tap < tap_stride && tap < size ? (size - tap + tap_stride - 1) / tap_stride : 0;
    const int positions = phase < inputs ? (inputs - phase + stride - 1) / stride : 0;
    return (sc_axis){positions,
                     phase,
                     stride,
                     taps,
                     taps ? tap : 0,
                     tap_stride,
                     taps ? (phase + pad - dilation * tap) / stride : 0,
                     1,
                     -(tap_stride * dilation / stride)};
}

kernel __attribute__((reqd_work_group_size(SC_TILE_ITEMS, 1, 1))) void
tile_conv(global const float *source, ulong source_offset, global const float *weight,
          ulong weight_offset, global float *result, ulong result_offset, sc_shape_tile tile,
          sc_shape_tile_conv shape SC_TAIL_PARAMETERS) {
    local sc_vector left_tile[SC_TILE_LOCAL(SC_TILE_ROWS)];
    local sc_vector right_tile[SC_TILE_LOCAL(SC_TILE_COLUMNS)];
#ifndef SC_POINTWISE
    local int4 taps_of_steps[SC_WINDOWS_LOCAL];
#endif
    const sc_shape_conv s = shape.conv;
    const int item = (int)get_local_id(0);
    const int channels = s.channels / s.groups;
    const int filters = s.filters / s.groups;
    const int taps = s.kernel_height * s.kernel_width;
    const sc_tile_place place = sc_tile_find(&tile);
    sc_tile_sums sum;

#ifdef SC_BY_INPUT
    const int phase = place.product % (s.stride_y * s.stride_x);
    const int group = place.product / (s.stride_y * s.stride_x);
    const sc_axis down = sc_axis_by_input(s.height, s.kernel_height, s.stride_y, s.dilation_y,
                                          s.pad_top, phase / s.stride_x, shape.tap_stride_y);
    const sc_axis across = sc_axis_by_input(s.width, s.kernel_width, s.stride_x, s.dilation_x,
                                            s.pad_left, phase % s.stride_x, shape.tap_stride_x);
    const sc_image image = {source + source_offset, s.output_height, s.output_width,
                            s.output_height * s.output_width, filters};
    const int source_channels = s.filters, result_channels = s.channels;
    const int result_width = s.width, result_plane = s.height * s.width;
#else
    const int group = place.product;
    const sc_axis down =
        sc_axis_forward(s.output_height, s.kernel_height, s.stride_y, s.dilation_y, s.pad_top);
    const sc_axis across =
        sc_axis_forward(s.output_width, s.kernel_width, s.stride_x, s.dilation_x, s.pad_left);
    const sc_image image = {source + source_offset, s.height, s.width, s.height * s.width,
                            channels};
    const int source_channels = s.channels, result_channels = s.filters;
    const int result_width = s.output_width, result_plane = s.output_height * s.output_width;
#endif
    const int positions = down.positions * across.positions;
    const int columns = s.samples * positions;
    const int depth =
        place.column < columns ? image.planes * down.taps * across.taps : 0;
    weight += weight_offset + (size_t)group * (size_t)filters * (size_t)channels * (size_t)taps;

#if !defined(SC_BY_INPUT)
    SC_LEFT left = sc_lines_across_begin(weight, image.planes * taps, place.row, tile.rows, item,
                                         tile.wide & SC_TILE_WIDE_LEFT);
#elif defined(SC_POINTWISE)
    SC_LEFT left = sc_lines_along_begin(weight, channels, SC_TILE_ROWS, place.row, tile.rows, item,
                                        tile.wide & SC_TILE_WIDE_LEFT);
#else
    SC_LEFT left = {weight + (down.tap * s.kernel_width + across.tap),
                    filters,
                    channels * taps,
                    taps,
                    down.tap_stride * s.kernel_width,
                    across.tap_stride,
                    down.taps,
                    across.taps,
                    place.row + item / SC_TILE_DEPTH,
                    max(tile.rows - 1, 0),
                    sc_walk_at(item % SC_TILE_DEPTH, down.taps, across.taps),
                    sc_walk_at(SC_TILE_DEPTH, down.taps, across.taps)};
#endif

#ifdef SC_POINTWISE
    const int quad = place.column + item % (SC_TILE_COLUMNS / 4) * 4;
    const int sample = quad < columns ? quad / positions : 0;
    const int pixel = quad < columns ? quad % positions : 0;
    SC_RIGHT right = sc_lines_along_of(
        image.source + ((sample * source_channels + group * image.planes) * image.pitch + pixel),
        image.pitch, SC_TILE_COLUMNS, quad < columns ? 4 : 0, item, tile.wide & SC_TILE_WIDE_RIGHT);
#else
    const int column = place.column + item % SC_TILE_COLUMNS;
    const sc_walk at = sc_walk_at(column, down.positions, across.positions);
    SC_RIGHT right;
    right.image = image;
    right.taps = taps_of_steps;
    right.y = column < columns ? down.origin + at.y * down.position_step : SC_FAR;
    right.x = across.origin + at.x * across.position_step;
    right.base = (at.plane * source_channels + group * image.planes) * image.pitch +
                 right.y * image.width + right.x;
    right.tap_y = down.tap_step;
    right.tap_x = across.tap_step;
    right.taps_y = down.taps;
    right.taps_x = across.taps;
    sc_windows_begin(&right);
#endif
    sc_tile_sum(sum, left_tile, right_tile, &left, &right, 0, depth);

    const sc_pixels target = {result + result_offset,
                              result_channels,
                              group * tile.rows,
                              result_plane,
                              down.positions,
                              across.positions,
                              down.step * result_width,
                              across.step,
                              down.first * result_width + across.first,
                              tile.wide & SC_TILE_WIDE_RESULT};
    sc_tile_store(sum, &target, &place, columns SC_TAIL_ARGUMENTS);
}
