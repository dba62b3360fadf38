/* SPDX-License-Identifier: Apache-2.0 */
/* From a layer's options to the window of a convolution or pooling over an input. */
#ifndef SC_NN_WINDOW_H
#define SC_NN_WINDOW_H

#include "nn/net.h"

enum { SC_WINDOW_LIMIT = 32767 }; /* of kernels, strides, dilations and padding */

/* "same": output = ceil(input / stride); an odd total of padding has the extra row or column at the
 * end (TensorFlow's rule). */
static inline void sc_window_same(sc_window *window, int axis, int64_t size) {
    int64_t outputs = sc_ceil_div(size, window->stride[axis]);
    int64_t extent = (int64_t)(window->kernel[axis] - 1) * window->dilation[axis] + 1;
    int64_t total = (outputs - 1) * window->stride[axis] + extent - size;
    if (total < 0) total = 0;
    window->pad_before[axis] = (int)(total / 2);
    window->pad_after[axis] = (int)(total - total / 2);
}

static inline sc_window sc_window_from_options(const sc_layer_options *options,
                                               const sc_tensor_desc *input) {
    sc_window window = {0};
    for (int axis = 0; axis < 2; axis++) {
        window.kernel[axis] = options->kernel[axis];
        window.stride[axis] = options->stride[axis];
        window.dilation[axis] = options->dilation[axis] ? options->dilation[axis] : 1;
        if (options->padding.way == SC_PADDING_SAME)
            sc_window_same(&window, axis, input->dim[2 + axis]);
        if (options->padding.way == SC_PADDING_EXPLICIT) {
            window.pad_before[axis] = options->padding.size[2 * axis];
            window.pad_after[axis] = options->padding.size[2 * axis + 1];
        }
    }
    return window;
}

/* Images [N,C,H,W] and a kernel that fits; errors give the values. */
static inline socle_status sc_window_check(sc_env *env, const sc_window *window,
                                           const sc_tensor_desc *input) {
    if (input->rank != 4) {
        char text[96];
        sc_tensor_text(text, sizeof text, input);
        return sc_fail(env, SOCLE_STATUS_SHAPE, "expects images [N,C,H,W], the input is %s", text);
    }
    for (int axis = 0; axis < 2; axis++) {
        int64_t size = input->dim[2 + axis] + window->pad_before[axis] + window->pad_after[axis];
        int64_t extent = (int64_t)(window->kernel[axis] - 1) * window->dilation[axis] + 1;
        if (extent > size)
            return sc_fail(env, SOCLE_STATUS_SHAPE,
                           "the kernel covers %lld along the %s, more than the padded input of "
                           "%lld; use a smaller kernel, "
                           "padding, or fewer layers that shrink the image",
                           (long long)extent, axis ? "width" : "height", (long long)size);
    }
    return SOCLE_OK;
}

#endif
