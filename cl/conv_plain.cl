/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain reference convolution and its two gradients: one work-item per element written, any
 * stride, padding, dilation, groups and size, any device. It exists to be obviously right and to
 * end every list of implementations.
 *
 * Local size: any. Global size, each rounded up to the local size:
 *   conv_plain_forward          (output_height * output_width, filters, samples)
 *   conv_plain_gradient_input   (height * width, channels, samples)
 *   conv_plain_gradient_weight  (kernel_height * kernel_width, channels / groups, filters)
 *
 * -D list: none needed; SC_NO_FMA and the tail of tail.h (not for the gradient of the weights).
 *
 * Accuracy: one chain of fused multiply-adds per element, in the order of the loops.
 */
#include "shape_conv.h"
#include "tail.h"
#include "vector.h"

#pragma OPENCL FP_CONTRACT OFF

kernel void conv_plain_forward(global const float *input, ulong input_offset,
                               global const float *weight, ulong weight_offset,
                               global float *output, ulong output_offset,
                               sc_shape_conv s SC_TAIL_PARAMETERS) {
    const size_t pixel = get_global_id(0);
    const size_t filter = get_global_id(1);
    const size_t sample = get_global_id(2);
    const size_t pixels = (size_t)s.output_height * (size_t)s.output_width;
    if (pixel >= pixels || filter >= (size_t)s.filters || sample >= (size_t)s.samples) return;

    const int channels = s.channels / s.groups;
    const size_t first_channel = filter / (size_t)(s.filters / s.groups) * (size_t)channels;
    const int y0 = (int)(pixel / (size_t)s.output_width) * s.stride_y - s.pad_top;
    const int x0 = (int)(pixel % (size_t)s.output_width) * s.stride_x - s.pad_left;
    const size_t plane = (size_t)s.height * (size_t)s.width;
    global const float *w = weight + weight_offset +
                            filter * (size_t)channels * (size_t)(s.kernel_height * s.kernel_width);
    input += input_offset + (sample * (size_t)s.channels + first_channel) * plane;

    float sum = 0.0f;
    for (int c = 0; c < channels; ++c) {
        for (int ky = 0; ky < s.kernel_height; ++ky) {
            const int y = y0 + ky * s.dilation_y;
            for (int kx = 0; kx < s.kernel_width; ++kx, ++w) {
                const int x = x0 + kx * s.dilation_x;
                if (y >= 0 && y < s.height && x >= 0 && x < s.width)
                    sum = SC_FMA(input[(size_t)c * plane + (size_t)y * (size_t)s.width + (size_t)x],
                                 *w, sum);
            }
        }
    }
    output[output_offset + (sample * (size_t)s.filters + filter) * pixels + pixel] =
        SC_TAIL(sum, (uint)sample, (uint)filter, (uint)pixel);
}

kernel void conv_plain_gradient_input(global const float *output_gradient,
                                      ulong output_gradient_offset, global const float *weight,
                                      ulong weight_offset, global float *input_gradient,
                                      ulong input_gradient_offset,
                                      sc_shape_conv s SC_TAIL_PARAMETERS) {
    const size_t pixel = get_global_id(0);
    const size_t channel = get_global_id(1);
    const size_t sample = get_global_id(2);
    const size_t pixels = (size_t)s.height * (size_t)s.width;
    if (pixel >= pixels || channel >= (size_t)s.channels || sample >= (size_t)s.samples) return;

    const int y = (int)(pixel / (size_t)s.width) + s.pad_top;
    const int x = (int)(pixel % (size_t)s.width) + s.pad_left;
    const size_t channels = (size_t)(s.channels / s.groups);
    const int filters = s.filters / s.groups;
    const size_t first_filter = channel / channels * (size_t)filters;
    const size_t plane = (size_t)s.output_height * (size_t)s.output_width;
    const size_t taps = (size_t)s.kernel_height * (size_t)s.kernel_width;
    output_gradient += output_gradient_offset + (sample * (size_t)s.filters + first_filter) * plane;
    weight += weight_offset + (first_filter * channels + channel % channels) * taps;

    float sum = 0.0f;
    for (int f = 0; f < filters; ++f) {
        for (int ky = 0; ky < s.kernel_height; ++ky) {
            const int oy = y - ky * s.dilation_y;
            if (oy < 0 || oy % s.stride_y != 0 || oy / s.stride_y >= s.output_height) continue;
            for (int kx = 0; kx < s.kernel_width; ++kx) {
                const int ox = x - kx * s.dilation_x;
                if (ox < 0 || ox % s.stride_x != 0 || ox / s.stride_x >= s.output_width) continue;
                sum = SC_FMA(
                    output_gradient[(size_t)f * plane +
                                    (size_t)(oy / s.stride_y) * (size_t)s.output_width +
                                    (size_t)(ox / s.stride_x)],
                    weight[(size_t)f * channels * taps + (size_t)(ky * s.kernel_width + kx)], sum);
            }
        }
    }
    input_gradient[input_gradient_offset + (sample * (size_t)s.channels + channel) * pixels +
                   pixel] = SC_TAIL(sum, (uint)sample, (uint)channel, (uint)pixel);
}

kernel void conv_plain_gradient_weight(global const float *input, ulong input_offset,
                                       global const float *output_gradient,
                                       ulong output_gradient_offset, global float *weight_gradient,
                                       ulong weight_gradient_offset, sc_shape_conv s) {
    const size_t tap = get_global_id(0);
    const size_t channel = get_global_id(1);
    const size_t filter = get_global_id(2);
    const size_t taps = (size_t)s.kernel_height * (size_t)s.kernel_width;
    const size_t channels = (size_t)(s.channels / s.groups);
    if (tap >= taps || channel >= channels || filter >= (size_t)s.filters) return;

    const int y0 = (int)(tap / (size_t)s.kernel_width) * s.dilation_y - s.pad_top;
    const int x0 = (int)(tap % (size_t)s.kernel_width) * s.dilation_x - s.pad_left;
    const size_t input_channel = filter / (size_t)(s.filters / s.groups) * channels + channel;
    const size_t input_plane = (size_t)s.height * (size_t)s.width;
    const size_t output_plane = (size_t)s.output_height * (size_t)s.output_width;

    float sum = 0.0f;
    for (int n = 0; n < s.samples; ++n) {
        global const float *in =
            input + input_offset + ((size_t)n * (size_t)s.channels + input_channel) * input_plane;
        global const float *out = output_gradient + output_gradient_offset +
                                  ((size_t)n * (size_t)s.filters + filter) * output_plane;
        for (int oy = 0; oy < s.output_height; ++oy) {
            const int y = y0 + oy * s.stride_y;
            for (int ox = 0; ox < s.output_width; ++ox, ++out) {
                const int x = x0 + ox * s.stride_x;
                if (y >= 0 && y < s.height && x >= 0 && x < s.width)
                    sum = SC_FMA(in[(size_t)y * (size_t)s.width + (size_t)x], *out, sum);
            }
        }
    }
    weight_gradient[weight_gradient_offset + (filter * channels + channel) * taps + tap] = sum;
}
