/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape arguments of the convolution kernels, shared by C and OpenCL C so that both sides agree
 * on their layout. They are passed to kernels by value. This file must not know about buffers or
 * devices.
 */
#ifndef SC_SHAPE_CONV_H
#define SC_SHAPE_CONV_H

#include "argument.h"

/*
 * Input [samples][channels][height][width], weights [filters][channels /
 * groups][kernel_height][kernel_width], output [samples][filters][output_height][output_width], all
 * dense and row-major. Padding below and to the right is whatever the output size implies.
 * `samples` is the number of samples of this launch, not the capacity.
 */
typedef struct sc_shape_conv {
    int samples;
    int channels;
    int height;
    int width;
    int filters;
    int output_height;
    int output_width;
    int kernel_height;
    int kernel_width;
    int stride_y;
    int stride_x;
    int dilation_y;
    int dilation_x;
    int pad_top;
    int pad_left;
    int groups;
} sc_shape_conv;
SC_ARGUMENT(sc_shape_conv, 16);

/*
 * One direct pass, forward or gradient of the input: it reads `source`, writes `target`. Along
 * either axis, a target position t, a kernel position k and a source position s meet when
 *     target_step * s = source_step * t + tap_step * k + origin
 * forward: target_step 1, source_step stride, tap_step dilation, origin -padding;
 * gradient of the input: target_step stride, source_step 1, tap_step -dilation, origin +padding.
 * A patch is the part of one sample's source that a band of target rows needs, with its zero halo;
 * its columns are split into source_step_x interleaved phases of phase_pitch floats. A band is
 * band_rows positions of target_step_y rows.
 */
typedef struct sc_shape_conv_pass {
    int samples;
    int source_channels;
    int source_height;
    int source_width;
    int target_channels;
    int target_height;
    int target_width;
    int kernel_height;
    int kernel_width;
    int source_step_y;
    int source_step_x;
    int target_step_y;
    int target_step_x;
    int tap_step_y;
    int tap_step_x;
    int origin_y;
    int origin_x;
    int first_y; /* source row of patch row 0 of the first band, and the same for columns */
    int first_x;
    int weight_source_stride; /* in the plain weights: distance of neighbours along source and
                                 target channels */
    int weight_target_stride;
    int band_rows;
    int patch_rows;
    int phase_pitch;
    int group_blocks; /* channel blocks of SC_BLOCKS * SC_WIDTH that one work-item computes */
} sc_shape_conv_pass;
SC_ARGUMENT(sc_shape_conv_pass, 25);

/*
 * The gradient of the weights: a fixed partition of the sample capacity into chunks of
 * chunk_samples, whose partial sums are added in rising order. The patch holds channel_group input
 * channels of band_rows output rows, not split in phases.
 */
typedef struct sc_shape_conv_weight {
    sc_shape_conv conv;
    int chunks;
    int chunk_samples;
    int channel_group;
    int band_rows;
    int patch_rows;
    int row_pitch;
} sc_shape_conv_weight;
SC_ARGUMENT(sc_shape_conv_weight, SC_WORDS(sc_shape_conv) + 6);

#endif
