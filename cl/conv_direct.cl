/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Direct convolution for CPU-class devices, forward and gradient of the input
 * (sc_shape_conv_pass), on plain NCHW tensors. One work-item takes a band of target rows of one
 * sample: it copies the source rows it needs into a zero-padded patch in local memory, computes
 * register tiles of SC_PIXELS neighbours x SC_BLOCKS vectors of target channels, and turns each
 * tile into rows on the way out. It handles one group only. It must not know how many compute
 * units there are.
 *
 * Packed weights (floats), zero beyond the last channel:
 *   [target block][source channel][tap][SC_BLOCKS * SC_VECTOR_WIDTH]
 *
 * Local size (1, 1, 1). Global sizes:
 *   conv_direct_pack_weight  (target blocks, source channels, 1)
 *   conv_direct_pass         (bands, groups of group_blocks target blocks, samples)
 * Local memory, floats:
 *   source_channels * patch_rows * source_step_x * phase_pitch + SC_VECTOR_WIDTH
 *
 * -D list: SC_VECTOR_WIDTH (16, 8, 4), SC_PIXELS, SC_BLOCKS; SC_NO_FMA; and the tail of tail.h.
 * Limit: kernel_height * kernel_width <= SC_MAX_TAPS.
 *
 * Accuracy: one chain of fused multiply-adds per element over (source channel, tap); the padding
 * adds products with zero, so an infinite weight at the border gives NaN here where plain skips
 * it.
 */
#include "patch.h"
#include "shape_conv.h"
#include "store.h"

#pragma OPENCL FP_CONTRACT OFF

#ifndef SC_PIXELS
#define SC_PIXELS 14
#endif
#ifndef SC_BLOCKS
#define SC_BLOCKS 1
#endif
#define SC_MAX_TAPS 64
#define SC_LANES (SC_BLOCKS * SC_VECTOR_WIDTH)
#define SC_SQUARES ((SC_PIXELS + SC_VECTOR_WIDTH - 1) / SC_VECTOR_WIDTH)

/* The taps that meet one phase of target positions: where in the patch, and where in the packed
 * weights. */
typedef struct sc_taps {
    int count;
    int patch_offset[SC_MAX_TAPS];
    int weight_offset[SC_MAX_TAPS];
} sc_taps;

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_direct_pack_weight(global const float *weight, ulong weight_offset, global float *packed,
                        ulong packed_offset, sc_shape_conv_pass s) {
    const int first = (int)get_global_id(0) * SC_LANES;
    const size_t source = get_global_id(1);
    if (first >= s.target_channels || source >= (size_t)s.source_channels) return;

    const int taps = s.kernel_height * s.kernel_width;
    const int count = min(SC_LANES, s.target_channels - first);
    weight += weight_offset + source * (size_t)s.weight_source_stride +
              (size_t)first * (size_t)s.weight_target_stride;
    packed += packed_offset +
              (get_global_id(0) * (size_t)s.source_channels + source) * (size_t)(taps * SC_LANES);
    for (int tap = 0; tap < taps; ++tap)
        for (int i = 0; i < SC_LANES; ++i)
            packed[tap * SC_LANES + i] =
                i < count ? weight[(size_t)i * (size_t)s.weight_target_stride + (size_t)tap] : 0.0f;
}

static void sc_find_taps(sc_taps *taps, const sc_shape_conv_pass *s, int phase_y, int phase_x) {
    taps->count = 0;
    for (int ky = 0; ky < s->kernel_height; ++ky) {
        const int y = s->source_step_y * phase_y + s->tap_step_y * ky + s->origin_y;
        if (y % s->target_step_y != 0) continue;
        const int row = y / s->target_step_y - s->first_y;
        for (int kx = 0; kx < s->kernel_width; ++kx) {
            const int x = s->source_step_x * phase_x + s->tap_step_x * kx + s->origin_x;
            if (x % s->target_step_x != 0) continue;
            const int column = x / s->target_step_x - s->first_x;
            taps->patch_offset[taps->count] =
                (row * s->source_step_x + column % s->source_step_x) * s->phase_pitch +
                column / s->source_step_x;
            taps->weight_offset[taps->count] = (ky * s->kernel_width + kx) * SC_LANES;
            ++taps->count;
        }
    }
}

static void sc_load_patch(local float *patch, const sc_shape_conv_pass *s,
                          global const float *source, int first_row) {
    const size_t plane = (size_t)s->source_height * (size_t)s->source_width;
    const int row_pitch = s->source_step_x * s->phase_pitch;
    global const float *end = source + (size_t)s->source_channels * plane;
    for (int c = 0; c < s->source_channels; ++c, source += plane) {
        for (int i = 0; i < s->patch_rows; ++i, patch += row_pitch) {
            const int y = first_row + i;
            global const float *row = source + (long)y * s->source_width;
            if (y < 0 || y >= s->source_height)
                sc_patch_zero(patch, row_pitch);
            else if (s->source_step_x == 1)
                sc_patch_row(patch, row_pitch, row, s->source_width, s->first_x, end);
            else
                sc_patch_row_phases(patch, s->source_step_x, s->phase_pitch, row, s->source_width,
                                    s->first_x);
        }
    }
}

/* One flat loop over (source channel, tap): a nest would spill the sums at every channel. */
static inline void sc_sum_tile(sc_vector sum[SC_BLOCKS][SC_PIXELS], const local float *patch,
                               int plane, global const float *weight, int channel_stride,
                               const sc_taps *taps, int channels) {
    const int products = channels * taps->count;
#pragma unroll
    for (int b = 0; b < SC_BLOCKS; ++b)
#pragma unroll
        for (int i = 0; i < SC_PIXELS; ++i) sum[b][i] = (sc_vector)(0.0f);

    for (int i = 0, t = 0; i < products; ++i) {
        const local float *value = patch + taps->patch_offset[t];
        sc_vector lanes[SC_BLOCKS];
#pragma unroll
        for (int b = 0; b < SC_BLOCKS; ++b)
            lanes[b] = SC_LOAD(weight + taps->weight_offset[t] + b * SC_VECTOR_WIDTH);
#pragma unroll
        for (int j = 0; j < SC_PIXELS; ++j)
#pragma unroll
            for (int b = 0; b < SC_BLOCKS; ++b)
                sum[b][j] = SC_FMA((sc_vector)(value[j]), lanes[b], sum[b][j]);
        if (++t == taps->count) {
            t = 0;
            patch += plane;
            weight += channel_stride;
        }
    }
}

/* Where a tile goes: `count` neighbours (target_step_x apart) of every channel from `channel` on.
 */
typedef struct sc_tile_place {
    int channel;
    int pixel;
    int count;
    int room; /* elements from `pixel` on that this work-item may write: what lies behind a tile, a
                 later tile writes again */
} sc_tile_place;

static inline void sc_store_square(const sc_vector *square, global float *target, size_t plane,
                                   int channels, int room) {
    if (room >= SC_VECTOR_WIDTH) {
#pragma unroll
        for (int i = 0; i < SC_VECTOR_WIDTH; ++i)
            if (i < channels) SC_STORE(square[i], target + (size_t)i * plane);
    } else {
#pragma unroll
        for (int i = 0; i < SC_VECTOR_WIDTH; ++i)
            if (i < channels) sc_store_part(square[i], target + (size_t)i * plane, room);
    }
}

static inline void sc_store_tile(sc_vector sum[SC_BLOCKS][SC_PIXELS], global float *target,
                                 const sc_shape_conv_pass *s, sc_tile_place at,
                                 uint sample SC_TAIL_PARAMETERS) {
    const size_t plane = (size_t)s->target_height * (size_t)s->target_width;
    const int channels = min(SC_LANES, s->target_channels - at.channel);
    float tile[SC_BLOCKS * SC_VECTOR_WIDTH * SC_SQUARES * SC_VECTOR_WIDTH];
#pragma unroll
    for (int b = 0; b < SC_BLOCKS; ++b) {
#pragma unroll
        for (int q = 0; q < SC_SQUARES; ++q) {
            sc_vector square[SC_VECTOR_WIDTH];
#pragma unroll
            for (int i = 0; i < SC_VECTOR_WIDTH; ++i)
                square[i] = q * SC_VECTOR_WIDTH + i < SC_PIXELS
                                ? sum[b][min(q * SC_VECTOR_WIDTH + i, SC_PIXELS - 1)]
                                : (sc_vector)(0.0f);
            sc_transpose(square);
            if (!SC_HAS_TAIL && s->target_step_x == 1) {
                if (q * SC_VECTOR_WIDTH < at.count)
                    sc_store_square(square,
                                    target + (size_t)(at.channel + b * SC_VECTOR_WIDTH) * plane +
                                        (size_t)(at.pixel + q * SC_VECTOR_WIDTH),
                                    plane, channels - b * SC_VECTOR_WIDTH,
                                    at.room - q * SC_VECTOR_WIDTH);
            } else {
#pragma unroll
                for (int i = 0; i < SC_VECTOR_WIDTH; ++i)
                    SC_STORE(square[i],
                             tile + ((b * SC_VECTOR_WIDTH + i) * SC_SQUARES + q) * SC_VECTOR_WIDTH);
            }
        }
    }
    if (!SC_HAS_TAIL && s->target_step_x == 1) return;
    for (int i = 0; i < channels; ++i) {
        for (int x = 0; x < at.count; x += SC_VECTOR_WIDTH) {
            const int first = at.pixel + x * s->target_step_x;
            const int count = s->target_step_x == 1 ? at.room - x : at.count - x;
            const size_t place = (size_t)(at.channel + i) * plane + (size_t)first;
            sc_store_row(SC_LOAD(tile + i * SC_SQUARES * SC_VECTOR_WIDTH + x),
                         min(SC_VECTOR_WIDTH, count), target + place, s->target_step_x, sample,
                         (uint)(at.channel + i), (uint)first SC_TAIL_ARGUMENTS);
        }
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_direct_pass(global const float *source, ulong source_offset, global const float *packed,
                 ulong packed_offset, global float *target, ulong target_offset, local float *patch,
                 sc_shape_conv_pass s SC_TAIL_PARAMETERS) {
    const int band = (int)get_global_id(0) * s.band_rows;
    const size_t sample = get_global_id(2);
    const int blocks = (s.target_channels + SC_LANES - 1) / SC_LANES;
    const int first_block = (int)get_global_id(1) * s.group_blocks;
    const int last_block = min(blocks, first_block + s.group_blocks);
    const int positions_y = (s.target_height + s.target_step_y - 1) / s.target_step_y;
    if (band >= positions_y || first_block >= blocks || sample >= (size_t)s.samples) return;

    const int row_pitch = s.source_step_x * s.phase_pitch;
    const int plane = s.patch_rows * row_pitch;
    const int channel_stride = s.kernel_height * s.kernel_width * SC_LANES;
    const int block_stride = s.source_channels * channel_stride;
    const int band_end = min(positions_y, band + s.band_rows);
    const bool whole_rows = s.target_step_y == 1 && s.target_step_x == 1;
    sc_taps taps;
    source += source_offset +
              sample * (size_t)s.source_channels * (size_t)s.source_height * (size_t)s.source_width;
    target += target_offset +
              sample * (size_t)s.target_channels * (size_t)s.target_height * (size_t)s.target_width;
    packed += packed_offset;
    sc_load_patch(patch, &s, source, s.source_step_y * band + s.first_y);

    for (int phase = 0; phase < s.target_step_y * s.target_step_x; ++phase) {
        const int phase_y = phase / s.target_step_x;
        const int phase_x = phase % s.target_step_x;
        const int positions_x = (s.target_width - phase_x + s.target_step_x - 1) / s.target_step_x;
        sc_find_taps(&taps, &s, phase_y, phase_x);
        for (int block = first_block; block < last_block; ++block) {
            for (int q = band; q < band_end && q * s.target_step_y + phase_y < s.target_height;
                 ++q) {
                for (int x = 0; x < positions_x; x += SC_PIXELS) {
                    global const float *w = packed + (size_t)block * (size_t)block_stride;
                    const local float *p = patch + (q - band) * s.source_step_y * row_pitch + x;
                    sc_vector sum[SC_BLOCKS][SC_PIXELS];
                    sc_sum_tile(sum, p, plane, w, channel_stride, &taps, s.source_channels);
                    sc_tile_place at = {
                        .channel = block * SC_LANES,
                        .pixel = (q * s.target_step_y + phase_y) * s.target_width +
                                 x * s.target_step_x + phase_x,
                        .count = min(SC_PIXELS, positions_x - x),
                    };
                    at.room = whole_rows ? band_end * s.target_width - at.pixel : at.count;
                    sc_store_tile(sum, target, &s, at, (uint)sample SC_TAIL_ARGUMENTS);
                }
            }
        }
    }
}
