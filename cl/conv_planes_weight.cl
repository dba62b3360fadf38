/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gradient of the weights of a convolution with few channels to a group, for GPUs: a group of
 * work-items has one filter, one of its channels and `chunk` samples, SC_ITEMS_Z of them at a time,
 * and leaves a partial sum of each tap. tile_add.cl adds them up. conv_planes.h says what a group
 * takes.
 *
 * conv_planes_weight  x [samples][channels].. , gradient [samples][filters].. ->
 *                     partial [chunks][filters][channels of a group][taps]
 *                     global (chunks * filters * channels of a group * items), local the items
 *
 * -D list: of conv_planes.h, SC_VECTOR_WIDTH; SC_NO_FMA.
 *
 * Accuracy: a chain of fused multiply-adds per item and tap, then pairwise over the items. Chunks
 * and items follow from the shape.
 */
#include "conv_planes.h"

#pragma OPENCL FP_CONTRACT OFF

#if SC_TAPS * SC_ITEMS > SC_ITEMS_Z * SC_PATCH
#define SC_ROOM (SC_TAPS * SC_ITEMS)
#else
#define SC_ROOM (SC_ITEMS_Z * SC_PATCH)
#endif

kernel void conv_planes_weight(global const float *source, ulong source_offset,
                               global const float *gradient, ulong gradient_offset,
                               global float *partial, ulong partial_offset, sc_shape_planes shape) {
    local float room[SC_ROOM]; /* patches, then the sums of all items */
    local uint base[SC_ITEMS_Z];
    const uint me = (uint)get_local_id(0);
    const int ix = (int)(me % SC_ITEMS_X), iy = (int)(me / SC_ITEMS_X % SC_ITEMS_Y);
    const int iz = (int)(me / (SC_ITEMS_X * SC_ITEMS_Y));
    const uint pairs = (uint)(shape.target_channels * shape.source_group);
    const uint chunk = (uint)get_group_id(0) / pairs, pair = (uint)get_group_id(0) - chunk * pairs;
    const uint filter = pair / (uint)shape.source_group;
    const uint channel = filter / (uint)shape.target_group * (uint)shape.source_group +
                         (pair - filter * (uint)shape.source_group);
    const int begin = (int)chunk * shape.chunk;
    const int end = min(begin + shape.chunk, shape.samples);
    const uint target_plane = (uint)(shape.target_height * shape.target_width);
    local const float *mine =
        room + iz * SC_PATCH + iy * (SC_ROWS * SC_STEP_Y * SC_PATCH_COLUMNS) + ix * SC_STEP_X;
    float sum[SC_TAPS];
#pragma unroll
    for (int t = 0; t < SC_TAPS; ++t) sum[t] = 0.0f;
    source += source_offset;
    gradient += gradient_offset;

    for (int first = begin; first < end; first += SC_ITEMS_Z) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (me < SC_ITEMS_Z)
            base[me] = first + (int)me < end
                           ? ((uint)(first + (int)me) * (uint)shape.source_channels + channel) *
                                 (uint)(shape.source_height * shape.source_width)
                           : SC_NO_PLANE;
        const bool known = first + iz < end;
        const uint plane =
            ((uint)(known ? first + iz : first) * (uint)shape.target_channels + filter) *
            target_plane;
        for (int tile = 0; tile < shape.tiles_y * shape.tiles_x; ++tile) {
            const int tile_y = tile / shape.tiles_x;
            const int begin_x = (tile - tile_y * shape.tiles_x) * SC_ITEMS_X;
            const int begin_y = tile_y * SC_ROWS * SC_ITEMS_Y;
            barrier(CLK_LOCAL_MEM_FENCE);
            sc_load_patches(room, source, base, begin_y * SC_STEP_Y - shape.pad_top,
                            begin_x * SC_STEP_X - shape.pad_left, &shape);
            barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
            for (int q = 0; q < SC_ROWS; ++q) {
                const int y = begin_y + iy * SC_ROWS + q, x = begin_x + ix;
                const bool inside = known && y < shape.target_height && x < shape.target_width;
                const float g =
                    inside ? gradient[plane + (uint)(y * shape.target_width + x)] : 0.0f;
#pragma unroll
                for (int t = 0; t < SC_TAPS; ++t)
                    sum[t] = SC_FMA(
                        mine[(q * SC_STEP_Y + t / SC_KERNEL_X * SC_DILATION_Y) * SC_PATCH_COLUMNS +
                             t % SC_KERNEL_X * SC_DILATION_X],
                        g, sum[t]);
            }
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
    for (int t = 0; t < SC_TAPS; ++t) room[t * SC_ITEMS + me] = sum[t];
    for (uint step = SC_ITEMS / 2; step > 0; step /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (me < step)
            for (int t = 0; t < SC_TAPS; ++t)
                room[t * SC_ITEMS + me] += room[t * SC_ITEMS + me + step];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (shape.chunk)
        for (uint t = me; t < SC_TAPS; t += SC_ITEMS)
            partial[partial_offset + (size_t)get_group_id(0) * SC_TAPS + t] = room[t * SC_ITEMS];
}
