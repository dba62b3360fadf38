/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolution with few channels to a group (depthwise ones above all), and its gradient to the
 * input, for GPUs: products with so few rows leave a tile of tile_conv.cl empty. conv_planes.h says
 * what a group takes. By the input a target row y meets the tap ky where y + padding - ky *
 * dilation is a multiple of the stride; rows with the same remainder are a phase, which a group has
 * one of, so all its items meet the same taps.
 *
 * Global (groups of planes * phases * tiles * items), local the items.
 *
 * -D list: of conv_planes.h, SC_VECTOR_WIDTH; SC_NO_FMA and the tail of tail.h.
 *
 * Accuracy: one chain of fused multiply-adds per element, over the channels of the source and the
 * taps in rising order: the bits of conv_plain.cl for finite weights.
 */
#include "conv_planes.h"
#include "tail.h"

#pragma OPENCL FP_CONTRACT OFF

#ifdef SC_BY_INPUT
#define SC_PHASES_Y SC_STRIDE_Y
#define SC_PHASES_X SC_STRIDE_X
#else
#define SC_PHASES_Y 1
#define SC_PHASES_X 1
#endif

/* Which tile of which phase of which planes a group has. */
typedef struct sc_planes_place {
    int begin_y, begin_x; /* its first position */
    int phase_y, phase_x;
    uint first_plane;
} sc_planes_place;

static inline sc_planes_place sc_planes_find(const sc_shape_planes *shape) {
    const uint tiles_y = (uint)shape->tiles_y, tiles_x = (uint)shape->tiles_x;
    const uint group = (uint)get_group_id(0);
    const uint line = group / tiles_x, phases = line / tiles_y, row = phases / SC_PHASES_X;
    sc_planes_place place;
    place.begin_x = shape->first_x + (int)(group - line * tiles_x) * SC_ITEMS_X;
    place.begin_y = shape->first_y + (int)(line - phases * tiles_y) * SC_ROWS * SC_ITEMS_Y;
    place.phase_x = (int)(phases % SC_PHASES_X);
    place.phase_y = (int)(row % SC_PHASES_Y);
    place.first_plane = row / SC_PHASES_Y * SC_ITEMS_Z;
    return place;
}

kernel void conv_planes(global const float *source, ulong source_offset, global const float *weight,
                        ulong weight_offset, global float *target, ulong target_offset,
                        sc_shape_planes shape SC_TAIL_PARAMETERS) {
    local float patch[SC_ITEMS_Z * SC_PATCH];
    local uint base[SC_ITEMS_Z];
    const uint me = (uint)get_local_id(0);
    const uint ix = me % SC_ITEMS_X, iy = me / SC_ITEMS_X % SC_ITEMS_Y;
    const uint iz = me / (SC_ITEMS_X * SC_ITEMS_Y);
    const sc_planes_place place = sc_planes_find(&shape);
    const uint targets = (uint)shape.target_channels, planes = (uint)shape.samples * targets;
    const uint source_plane = (uint)(shape.source_height * shape.source_width);
    if (me < SC_ITEMS_Z) {
        const uint plane = place.first_plane + me, sample = plane / targets;
        const uint group = (plane - sample * targets) / (uint)shape.target_group;
        base[me] = plane < planes
                       ? (sample * (uint)shape.source_channels + group * (uint)shape.source_group) *
                             source_plane
                       : SC_NO_PLANE;
    }
    const uint plane = min(place.first_plane + iz, max(planes, 1u) - 1);
    const uint sample = plane / targets, channel = plane - sample * targets;
#ifdef SC_BY_INPUT
    const uint group = channel / (uint)shape.target_group;
    const uint weight_step = (uint)shape.target_group * SC_TAPS;
    weight += weight_offset + (group * (uint)shape.source_group * (uint)shape.target_group +
                               (channel - group * (uint)shape.target_group)) *
                                  SC_TAPS;
    const int source_y = place.begin_y - SC_REACH_Y, source_x = place.begin_x - SC_REACH_X;
#else
    const uint weight_step = SC_TAPS;
    weight += weight_offset + channel * (uint)shape.source_group * SC_TAPS;
    const int source_y = place.begin_y * SC_STEP_Y - shape.pad_top;
    const int source_x = place.begin_x * SC_STEP_X - shape.pad_left;
#endif
    local const float *mine =
        patch + iz * SC_PATCH + iy * (SC_ROWS * SC_STEP_Y * SC_PATCH_COLUMNS) + ix * SC_STEP_X;
    float sum[SC_ROWS] = {0.0f, 0.0f, 0.0f, 0.0f};
    source += source_offset;
    for (int c = 0; c < shape.source_group; ++c) {
        barrier(CLK_LOCAL_MEM_FENCE);
        sc_load_patches(patch, source, base, source_y, source_x, &shape);
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int ky = 0; ky < SC_KERNEL_Y; ++ky) {
#ifdef SC_BY_INPUT
            const int behind_y = ky * SC_DILATION_Y - place.phase_y;
            const int at_y = SC_REACH_Y - behind_y / SC_STRIDE_Y;
            if (behind_y % SC_STRIDE_Y != 0) continue;
#else
            const int at_y = ky * SC_DILATION_Y;
#endif
#pragma unroll
            for (int kx = 0; kx < SC_KERNEL_X; ++kx) {
#ifdef SC_BY_INPUT
                const int behind_x = kx * SC_DILATION_X - place.phase_x;
                const int at_x = SC_REACH_X - behind_x / SC_STRIDE_X;
                if (behind_x % SC_STRIDE_X != 0) continue;
#else
                const int at_x = kx * SC_DILATION_X;
#endif
                const float w = weight[ky * SC_KERNEL_X + kx];
#pragma unroll
                for (int q = 0; q < SC_ROWS; ++q)
                    sum[q] =
                        SC_FMA(mine[(q * SC_STEP_Y + at_y) * SC_PATCH_COLUMNS + at_x], w, sum[q]);
            }
        }
        weight += weight_step;
        source += source_plane;
    }
    const int position_x = place.begin_x + (int)ix;
    const int position_y = place.begin_y + (int)(iy * SC_ROWS);
#ifdef SC_BY_INPUT
    const int x = position_x * SC_STRIDE_X + place.phase_x - shape.pad_left;
#else
    const int x = position_x;
#endif
    target += target_offset;
#pragma unroll
    for (int q = 0; q < SC_ROWS; ++q) {
#ifdef SC_BY_INPUT
        const int y = (position_y + q) * SC_STRIDE_Y + place.phase_y - shape.pad_top;
#else
        const int y = position_y + q;
#endif
        if (place.first_plane + iz < planes && x >= 0 && x < shape.target_width && y >= 0 &&
            y < shape.target_height) {
            const uint pixel = (uint)(y * shape.target_width + x);
            target[plane * (uint)(shape.target_height * shape.target_width) + pixel] =
                SC_TAIL(sum[q], sample, channel, pixel);
        }
    }
}
