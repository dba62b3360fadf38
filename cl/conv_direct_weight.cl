/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gradient of the convolution weights for CPU-class devices, on plain NCHW tensors. One work-item
 * takes a block of filters, a group of input channels and a chunk of samples: it copies bands of
 * the input into a zero-padded patch, turns the gradients of its filters so that filters lie in
 * lanes, and keeps SC_ROWS (channel, kernel row) pairs x SC_KERNEL_WIDTH taps x SC_BLOCKS vectors
 * of sums in registers while it walks over the pixels. Chunks are a fixed partition of the sample
 * capacity; a second kernel adds their partial sums in rising order. It must not know how many
 * compute units there are.
 *
 * Partial sums (floats):
 *   [chunk][filter block][channel][kernel row][kernel column][SC_BLOCKS * SC_VECTOR_WIDTH]
 *
 * Local size (1, 1, 1). Global sizes:
 *   conv_direct_weight         (filter blocks, channel groups, chunks)
 *   conv_direct_weight_reduce  (channels, filter blocks, 1)
 * Local memory, floats:
 *   patch   channel_group * patch_rows * row_pitch + SC_VECTOR_WIDTH
 *   turned  (band_rows * output_width + SC_VECTOR_WIDTH) * SC_BLOCKS * SC_VECTOR_WIDTH
 *
 * -D list: SC_VECTOR_WIDTH (16, 8, 4), SC_ROWS, SC_BLOCKS, SC_KERNEL_WIDTH, SC_DILATION_X;
 * SC_NO_FMA.
 *
 * Accuracy: one chain of fused multiply-adds per band, plus one addition per band and per chunk.
 */
#include "patch.h"
#include "shape_conv.h"
#include "vector.h"

#pragma OPENCL FP_CONTRACT OFF

#ifndef SC_ROWS
#define SC_ROWS 9
#endif
#ifndef SC_BLOCKS
#define SC_BLOCKS 1
#endif
#ifndef SC_KERNEL_WIDTH
#define SC_KERNEL_WIDTH 3
#endif
#ifndef SC_DILATION_X
#define SC_DILATION_X 1
#endif
#define SC_LANES (SC_BLOCKS * SC_VECTOR_WIDTH)

static void sc_load_patch(local float *patch, const sc_shape_conv_weight *s,
                          global const float *input, int channels, int first_row) {
    const sc_shape_conv *conv = &s->conv;
    const size_t plane = (size_t)conv->height * (size_t)conv->width;
    global const float *end = input + (size_t)channels * plane;
    for (int c = 0; c < channels; ++c, input += plane) {
        for (int i = 0; i < s->patch_rows; ++i, patch += s->row_pitch) {
            const int y = first_row + i;
            if (y < 0 || y >= conv->height)
                sc_patch_zero(patch, s->row_pitch);
            else
                sc_patch_row(patch, s->row_pitch, input + (size_t)y * (size_t)conv->width,
                             conv->width, -conv->pad_left, end);
        }
    }
}

/* Lines of a square at its border: filters from `filters` on and pixels from `pixels` on are 0. */
static inline void sc_load_border(sc_vector *square, global const float *gradient, size_t plane,
                                  int filters, int pixels) {
    for (int i = 0; i < SC_VECTOR_WIDTH; ++i) {
        float line[SC_VECTOR_WIDTH];
        for (int j = 0; j < SC_VECTOR_WIDTH; ++j)
            line[j] = i < filters && j < pixels ? gradient[(size_t)i * plane + (size_t)j] : 0.0f;
        square[i] = SC_LOAD(line);
    }
}

/* turned[pixel][lane] = gradient[lane][pixel] for `pixels` neighbours; lanes past the last filter
 * become zero. */
static void sc_load_turned(local float *turned, global const float *gradient, size_t plane,
                           int filters, int pixels) {
    for (int b = 0; b < SC_BLOCKS; ++b, turned += SC_VECTOR_WIDTH, filters -= SC_VECTOR_WIDTH) {
        for (int step = 0; step < pixels; step += SC_VECTOR_WIDTH) {
            /* The last square overlaps its neighbour rather than pass the end; a band below one
             * square is padded. */
            const int first = max(0, min(step, pixels - SC_VECTOR_WIDTH));
            global const float *line = gradient + (size_t)b * SC_VECTOR_WIDTH * plane + first;
            sc_vector square[SC_VECTOR_WIDTH];
            if (filters >= SC_VECTOR_WIDTH && pixels >= SC_VECTOR_WIDTH) {
#pragma unroll
                for (int i = 0; i < SC_VECTOR_WIDTH; ++i)
                    square[i] = SC_LOAD(line + (size_t)i * plane);
            } else {
                sc_load_border(square, line, plane, filters, pixels);
            }
            sc_transpose(square);
#pragma unroll
            for (int i = 0; i < SC_VECTOR_WIDTH; ++i)
                SC_STORE(square[i], turned + (first + i) * SC_LANES);
        }
    }
}

/* Adds one band's products for SC_ROWS (channel, kernel row) pairs from `first` on; pairs past
 * `pairs` are left out. */
static inline void sc_add_rows(global float *partial, const local float *patch,
                               const local float *turned, const sc_shape_conv_weight *s, int first,
                               int pairs, int band_rows) {
    const sc_shape_conv *conv = &s->conv;
    sc_vector sum[SC_ROWS][SC_KERNEL_WIDTH][SC_BLOCKS];
    int offset[SC_ROWS];
#pragma unroll
    for (int r = 0; r < SC_ROWS; ++r) {
        const int pair = min(first + r, pairs - 1);
        offset[r] = (pair / conv->kernel_height * s->patch_rows +
                     pair % conv->kernel_height * conv->dilation_y) *
                    s->row_pitch;
#pragma unroll
        for (int k = 0; k < SC_KERNEL_WIDTH; ++k)
#pragma unroll
            for (int b = 0; b < SC_BLOCKS; ++b) sum[r][k][b] = (sc_vector)(0.0f);
    }

    /* One flat loop over the band's pixels: a nest would spill the sums at every row. */
    const int row_step = conv->stride_y * s->row_pitch - (conv->output_width - 1) * conv->stride_x;
    const int pixels = band_rows * conv->output_width;
    for (int i = 0, x = 1; i < pixels; ++i, ++x, turned += SC_LANES) {
        sc_vector lanes[SC_BLOCKS];
#pragma unroll
        for (int b = 0; b < SC_BLOCKS; ++b) lanes[b] = SC_LOAD(turned + b * SC_VECTOR_WIDTH);
#pragma unroll
        for (int r = 0; r < SC_ROWS; ++r)
#pragma unroll
            for (int k = 0; k < SC_KERNEL_WIDTH; ++k)
#pragma unroll
                for (int b = 0; b < SC_BLOCKS; ++b)
                    sum[r][k][b] = SC_FMA((sc_vector)(patch[offset[r] + k * SC_DILATION_X]),
                                          lanes[b], sum[r][k][b]);
        patch += x == conv->output_width ? row_step : conv->stride_x;
        x = x == conv->output_width ? 0 : x;
    }

    partial += (size_t)first * SC_KERNEL_WIDTH * SC_LANES;
#pragma unroll
    for (int r = 0; r < SC_ROWS; ++r) {
        if (first + r < pairs) {
#pragma unroll
            for (int k = 0; k < SC_KERNEL_WIDTH; ++k)
#pragma unroll
                for (int b = 0; b < SC_BLOCKS; ++b) {
                    global float *place =
                        partial + (r * SC_KERNEL_WIDTH + k) * SC_LANES + b * SC_VECTOR_WIDTH;
                    SC_STORE(SC_LOAD(place) + sum[r][k][b], place);
                }
        }
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_direct_weight(global const float *input, ulong input_offset,
                   global const float *output_gradient, ulong output_gradient_offset,
                   global float *partial, ulong partial_offset, local float *patch,
                   local float *turned, sc_shape_conv_weight s) {
    const int filter = (int)get_global_id(0) * SC_LANES;
    const int channel = (int)get_global_id(1) * s.channel_group;
    const size_t chunk = get_global_id(2);
    if (filter >= s.conv.filters || channel >= s.conv.channels || chunk >= (size_t)s.chunks) return;

    const size_t filter_blocks = ((size_t)s.conv.filters + SC_LANES - 1) / SC_LANES;
    const size_t taps = (size_t)s.conv.kernel_height * SC_KERNEL_WIDTH;
    const size_t input_plane = (size_t)s.conv.height * (size_t)s.conv.width;
    const size_t output_plane = (size_t)s.conv.output_height * (size_t)s.conv.output_width;
    const int channels = min(s.channel_group, s.conv.channels - channel);
    const int pairs = channels * s.conv.kernel_height;
    const int first_sample = (int)chunk * s.chunk_samples;
    const int last_sample = min(s.conv.samples, first_sample + s.chunk_samples);
    partial +=
        partial_offset +
        ((chunk * filter_blocks + get_global_id(0)) * (size_t)s.conv.channels + (size_t)channel) *
            taps * SC_LANES;
    for (size_t i = 0; i < (size_t)channels * taps * SC_LANES; i += SC_VECTOR_WIDTH)
        SC_STORE((sc_vector)(0.0f), partial + i);

    for (int n = first_sample; n < last_sample; ++n) {
        global const float *in =
            input + input_offset +
            ((size_t)n * (size_t)s.conv.channels + (size_t)channel) * input_plane;
        global const float *gradient =
            output_gradient + output_gradient_offset +
            ((size_t)n * (size_t)s.conv.filters + (size_t)filter) * output_plane;
        for (int band = 0; band < s.conv.output_height; band += s.band_rows) {
            const int rows = min(s.band_rows, s.conv.output_height - band);
            sc_load_patch(patch, &s, in, channels, band * s.conv.stride_y - s.conv.pad_top);
            sc_load_turned(turned, gradient + (size_t)band * (size_t)s.conv.output_width,
                           output_plane, s.conv.filters - filter, rows * s.conv.output_width);
            for (int first = 0; first < pairs; first += SC_ROWS)
                sc_add_rows(partial, patch, turned, &s, first, pairs, rows);
        }
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_direct_weight_reduce(global const float *partial, ulong partial_offset,
                          global float *weight_gradient, ulong weight_gradient_offset,
                          sc_shape_conv_weight s) {
    const size_t channel = get_global_id(0);
    const size_t block = get_global_id(1);
    const size_t filter_blocks = ((size_t)s.conv.filters + SC_LANES - 1) / SC_LANES;
    if (channel >= (size_t)s.conv.channels || block >= filter_blocks) return;

    const size_t taps = (size_t)s.conv.kernel_height * SC_KERNEL_WIDTH;
    const size_t filter = block * SC_LANES;
    const size_t filter_step = (size_t)s.conv.channels * taps;
    const size_t chunk_step = filter_blocks * filter_step * SC_LANES;
    const int count = min(SC_LANES, s.conv.filters - (int)filter);
    partial += partial_offset + (block * (size_t)s.conv.channels + channel) * taps * SC_LANES;
    weight_gradient += weight_gradient_offset + filter * filter_step + channel * taps;
    for (size_t tap = 0; tap < taps; ++tap, partial += SC_LANES) {
        for (int b = 0; b < SC_BLOCKS; ++b) {
            float line[SC_VECTOR_WIDTH];
            sc_vector sum = SC_LOAD(partial + b * SC_VECTOR_WIDTH);
            for (int chunk = 1; chunk < s.chunks; ++chunk)
                sum += SC_LOAD(partial + (size_t)chunk * chunk_step + b * SC_VECTOR_WIDTH);
            SC_STORE(sum, line);
            for (int i = 0; i < SC_VECTOR_WIDTH && b * SC_VECTOR_WIDTH + i < count; ++i)
                weight_gradient[(size_t)(b * SC_VECTOR_WIDTH + i) * filter_step + tap] = line[i];
        }
    }
}
