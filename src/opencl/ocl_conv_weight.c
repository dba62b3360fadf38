/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gradient of the convolution weights for CPU-class devices (cl/conv_direct_weight.cl): partial
 * sums of fixed chunks of samples in the workspace, then one launch that adds them in order. It
 * must not know graphs or compute units.
 */
#include "opencl/ocl_conv.h"

#include <stdio.h>

enum { COMPUTE, REDUCE }; /* kernels */

typedef struct conv_weight {
    sc_ocl_frame frame;
    sc_op_desc desc; /* without expressions */
    sc_conv_weight_geometry geometry;
} conv_weight;

static bool find_geometry(sc_conv_weight_geometry *out, const sc_device *device,
                          const sc_op_desc *desc) {
    const sc_conv_traits traits = sc_ocl_conv_traits(device);
    const sc_shape_conv shape = sc_conv_shape(desc);
    return sc_conv_gradient_weight_geometry(out, &shape, &traits);
}

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_conv_weight_geometry geometry;
    return find_geometry(&geometry, device, desc);
}

static void compute_arguments(sc_ocl_call *call, const conv_weight *self, sc_operand input,
                              sc_operand gradient, sc_operand partial,
                              const sc_shape_conv_weight *shape) {
    sc_ocl_call_operand(call, input, sizeof(float));
    sc_ocl_call_operand(call, gradient, sizeof(float));
    sc_ocl_call_operand(call, partial, sizeof(float));
    sc_ocl_call_local(call, self->geometry.patch_floats * sizeof(float));
    sc_ocl_call_local(call, self->geometry.turned_floats * sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static void reduce_arguments(sc_ocl_call *call, sc_operand partial, sc_operand result,
                             const sc_shape_conv_weight *shape) {
    sc_ocl_call_operand(call, partial, sizeof(float));
    sc_ocl_call_operand(call, result, sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static void grids(size_t compute[3], size_t reduce[3], const sc_conv_weight_geometry *geometry) {
    compute[0] = geometry->filter_blocks;
    compute[1] = geometry->channel_groups;
    compute[2] = (size_t)geometry->weight.chunks;
    reduce[0] = (size_t)geometry->weight.conv.channels;
    reduce[1] = geometry->filter_blocks;
    reduce[2] = 1;
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    conv_weight *self = (conv_weight *)kernel;
    sc_ocl_device *device = sc_ocl_device_of(self->frame.base.device);
    sc_shape_conv_weight shape = self->geometry.weight;
    size_t compute[3], reduce[3];
    sc_ocl_call call;
    shape.conv.samples = sc_conv_shape_at(&self->desc, launch->rows).samples;
    grids(compute, reduce, &self->geometry);
    sc_ocl_call_begin(&call, device, queue, &self->frame.kernel[COMPUTE]);
    compute_arguments(&call, self, operands[0], operands[1], workspace, &shape);
    SC_TRY(sc_ocl_call_run(&call, compute));
    sc_ocl_call_begin(&call, device, queue, &self->frame.kernel[REDUCE]);
    reduce_arguments(&call, workspace, operands[2], &shape);
    return sc_ocl_call_run(&call, reduce);
}

static socle_status warm(conv_weight *self, sc_ocl_device *device) {
    const sc_operand nothing = sc_ocl_nothing(device);
    sc_shape_conv_weight none = self->geometry.weight;
    size_t compute[3], reduce[3];
    sc_ocl_call call;
    grids(compute, reduce, &self->geometry);
    none.chunks = 0;
    none.conv.channels = 0;
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[COMPUTE]);
    compute_arguments(&call, self, nothing, nothing, nothing, &none);
    SC_TRY(sc_ocl_call_warm(&call, compute));
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[REDUCE]);
    reduce_arguments(&call, nothing, nothing, &none);
    return sc_ocl_call_warm(&call, reduce);
}

static socle_status finish(conv_weight *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const size_t local[3] = {1, 1, 1};
    const sc_conv_weight_geometry *geometry = &self->geometry;
    char defines[128];
    const sc_ocl_program *program;
    if (!find_geometry(&self->geometry, &device->base, desc))
        return sc_fail(
            device->base.env, SOCLE_STATUS_UNSUPPORTED,
            "gradient of convolution weights: direct needs one group, a kernel no wider than "
            "the registers, and room for one row in local memory");
    self->frame.base.workspace = geometry->partial_floats * sizeof(float);
    snprintf(defines, sizeof defines,
             " -D SC_ROWS=%d -D SC_BLOCKS=%d -D SC_KERNEL_WIDTH=%d -D SC_DILATION_X=%d",
             geometry->rows, geometry->blocks, geometry->weight.conv.kernel_width,
             geometry->weight.conv.dilation_x);
    SC_TRY(sc_ocl_conv_build(&program, device, desc, "conv_direct_weight.cl", defines));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[COMPUTE], device, program, "conv_direct_weight",
                                3, local, true));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[REDUCE], device, program,
                                "conv_direct_weight_reduce", 3, local, true));
    return warm(self, device);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    conv_weight *self;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    return sc_ocl_frame_finish(out, &self->frame, finish(self, sc_ocl_device_of(device), desc));
}

const sc_implementation sc_ocl_conv2d_grad_weight_direct = {
    .op = SC_OP_CONV2D_GRAD_WEIGHT,
    .name = "direct",
    .needs = SC_TRAIT_WIDE_ITEMS,
    .accepts = accepts,
    .prepare = prepare,
};
