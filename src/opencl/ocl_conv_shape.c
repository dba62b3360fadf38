/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the shape of a convolution, or of one of its gradients, from its descriptor: the one place
 * that knows which operand is which. It must not know OpenCL.
 */
#include "opencl/ocl_conv_geometry.h"

sc_shape_conv sc_conv_shape_at(const sc_op_desc *desc, int64_t rows) {
    const sc_tensor_desc *result = &desc->tensor[desc->inputs];
    const bool forward = desc->op == SC_OP_CONV2D;
    const bool by_input = desc->op == SC_OP_CONV2D_GRAD_INPUT;
    const sc_tensor_desc *x = by_input ? result : &desc->tensor[0];
    const sc_tensor_desc *y = forward ? result : &desc->tensor[by_input ? 0 : 1];
    const sc_window *window = &desc->attr.conv.window;
    return (sc_shape_conv){
        .samples = (int)sc_tensor_dim_at(x, 0, rows),
        .channels = (int)x->dim[1],
        .height = (int)x->dim[2],
        .width = (int)x->dim[3],
        .filters = (int)y->dim[1],
        .output_height = (int)y->dim[2],
        .output_width = (int)y->dim[3],
        .kernel_height = window->kernel[0],
        .kernel_width = window->kernel[1],
        .stride_y = window->stride[0],
        .stride_x = window->stride[1],
        .dilation_y = window->dilation[0],
        .dilation_x = window->dilation[1],
        .pad_top = window->pad_before[0],
        .pad_left = window->pad_before[1],
        .groups = desc->attr.conv.groups,
    };
}

sc_shape_conv sc_conv_shape(const sc_op_desc *desc) {
    return sc_conv_shape_at(desc, sc_tensor_samples(&desc->tensor[0]));
}
