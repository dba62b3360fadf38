/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The direct convolution and its gradient by the input for CPU-class devices (cl/conv_direct.cl):
 * packs the weights, into the workspace unless the result is kept, then one launch over bands and
 * samples. It must not know graphs or compute units.
 */
#include "opencl/ocl_conv.h"

#include <stdio.h>

enum { PACK, COMPUTE }; /* kernels */

typedef struct conv_direct {
    sc_ocl_frame frame;
    sc_op_desc desc; /* without expressions, which are borrowed */
    sc_ocl_tail tail;
    sc_conv_pass_geometry geometry;
} conv_direct;

static bool find_geometry(sc_conv_pass_geometry *out, const sc_device *device,
                          const sc_op_desc *desc) {
    const sc_conv_traits traits = sc_ocl_conv_traits(device);
    const sc_shape_conv shape = sc_conv_shape(desc);
    return desc->op == SC_OP_CONV2D ? sc_conv_forward_geometry(out, &shape, &traits)
                                    : sc_conv_gradient_input_geometry(out, &shape, &traits);
}

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_conv_pass_geometry geometry;
    sc_ocl_tail tail;
    return sc_ocl_conv_tail(&tail, desc) && find_geometry(&geometry, device, desc);
}

static void pack_arguments(sc_ocl_call *call, sc_operand weight, sc_operand packed,
                           const sc_shape_conv_pass *pass) {
    sc_ocl_call_operand(call, weight, sizeof(float));
    sc_ocl_call_operand(call, packed, sizeof(float));
    sc_ocl_call_value(call, pass, sizeof *pass);
}

static void compute_arguments(sc_ocl_call *call, const conv_direct *self, sc_operand source,
                              sc_operand packed, sc_operand target,
                              const sc_shape_conv_pass *pass) {
    sc_ocl_call_operand(call, source, sizeof(float));
    sc_ocl_call_operand(call, packed, sizeof(float));
    sc_ocl_call_operand(call, target, sizeof(float));
    sc_ocl_call_local(call, self->geometry.local_floats * sizeof(float));
    sc_ocl_call_value(call, pass, sizeof *pass);
}

static socle_status pack(sc_kernel *kernel, sc_queue *queue, sc_operand from, sc_operand to) {
    conv_direct *self = (conv_direct *)kernel;
    const sc_shape_conv_pass *pass = &self->geometry.pass;
    const size_t packs[3] = {self->geometry.target_blocks, (size_t)pass->source_channels, 1};
    sc_ocl_call call;
    sc_ocl_call_begin(&call, sc_ocl_device_of(self->frame.base.device), queue,
                      &self->frame.kernel[PACK]);
    pack_arguments(&call, from, to, pass);
    return sc_ocl_call_run(&call, packs);
}

/* kept: the weights lie packed already. */
static socle_status run(conv_direct *self, sc_queue *queue, const sc_operand *operands,
                        sc_operand workspace, const sc_launch *launch, bool kept) {
    sc_ocl_device *device = sc_ocl_device_of(self->frame.base.device);
    const sc_conv_pass_geometry *geometry = &self->geometry;
    sc_shape_conv_pass pass = geometry->pass;
    sc_ocl_call call;
    pass.samples = sc_conv_shape_at(&self->desc, launch->rows).samples;
    if (pass.samples == 0) return SOCLE_OK;

    if (!kept) SC_TRY(pack(&self->frame.base, queue, operands[1], workspace));
    const size_t bands[3] = {geometry->bands, geometry->groups, (size_t)pass.samples};
    sc_ocl_call_begin(&call, device, queue, &self->frame.kernel[COMPUTE]);
    compute_arguments(&call, self, operands[0], kept ? operands[1] : workspace,
                      operands[self->desc.inputs], &pass);
    sc_ocl_tail_arguments(&call, &self->tail, operands + 2, launch);
    return sc_ocl_call_run(&call, bands);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    return run((conv_direct *)kernel, queue, operands, workspace, launch, false);
}

static socle_status enqueue_kept(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                 sc_operand workspace, const sc_launch *launch) {
    return run((conv_direct *)kernel, queue, operands, workspace, launch, true);
}

static socle_status warm(conv_direct *self, sc_ocl_device *device) {
    const sc_conv_pass_geometry *geometry = &self->geometry;
    const sc_operand nothing = sc_ocl_nothing(device);
    sc_shape_conv_pass none = geometry->pass;
    const size_t packs[3] = {geometry->target_blocks, (size_t)none.source_channels, 1};
    const size_t bands[3] = {geometry->bands, geometry->groups,
                             (size_t)sc_conv_shape(&self->desc).samples};
    sc_ocl_call call;
    none.samples = 0;
    none.target_channels = 0;
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[PACK]);
    pack_arguments(&call, nothing, nothing, &none);
    SC_TRY(sc_ocl_call_warm(&call, packs));
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[COMPUTE]);
    compute_arguments(&call, self, nothing, nothing, nothing, &none);
    sc_ocl_tail_arguments(&call, &self->tail, NULL, NULL);
    return sc_ocl_call_warm(&call, bands);
}

static socle_status finish(conv_direct *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const size_t local[3] = {1, 1, 1};
    char defines[64];
    const sc_ocl_program *program;
    if (!sc_ocl_conv_tail(&self->tail, desc) ||
        !find_geometry(&self->geometry, &device->base, desc))
        return sc_fail(
            device->base.env, SOCLE_STATUS_UNSUPPORTED,
            "convolution: direct needs one group, at most 64 taps, and room for one row in "
            "local memory");
    self->frame.base.workspace = self->geometry.packed_floats * sizeof(float);
    if (!desc->tensor[1].rows_per_sample)
        self->frame.base.packing = (sc_packing){.bytes = self->frame.base.workspace,
                                                .operand = 1,
                                                .pack = pack,
                                                .enqueue = enqueue_kept};
    snprintf(defines, sizeof defines, " -D SC_PIXELS=%d -D SC_BLOCKS=%d", self->geometry.pixels,
             self->geometry.blocks);
    SC_TRY(sc_ocl_conv_build(&program, device, desc, "conv_direct.cl", defines));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[PACK], device, program,
                                "conv_direct_pack_weight", 3, local, true));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[COMPUTE], device, program, "conv_direct_pass",
                                3, local, true));
    return warm(self, device);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    conv_direct *self;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    return sc_ocl_frame_finish(out, &self->frame, finish(self, sc_ocl_device_of(device), desc));
}

const sc_implementation sc_ocl_conv2d_direct = {
    .op = SC_OP_CONV2D,
    .name = "direct",
    .needs = SC_TRAIT_WIDE_ITEMS,
    .fuses_tail = true,
    .accepts = accepts,
    .prepare = prepare,
};

const sc_implementation sc_ocl_conv2d_grad_input_direct = {
    .op = SC_OP_CONV2D_GRAD_INPUT,
    .name = "direct",
    .needs = SC_TRAIT_WIDE_ITEMS,
    .fuses_tail = true,
    .accepts = accepts,
    .prepare = prepare,
};
