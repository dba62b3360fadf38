/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain convolution and its gradients on OpenCL devices (cl/conv_plain.cl), which are the
 * references, and what all convolutions of this driver share. It must not know graphs or compute
 * units.
 */
#include "opencl/ocl_conv.h"

typedef struct conv_plain {
    sc_ocl_frame frame;
    sc_op_desc desc; /* without expressions, which are borrowed */
    sc_ocl_tail tail;
} conv_plain;

bool sc_ocl_conv_tail(sc_ocl_tail *out, const sc_op_desc *desc) {
    return sc_ocl_tail_describe(out, desc, 1, 2);
}

sc_conv_traits sc_ocl_conv_traits(const sc_device *device) {
    const int width = device->info.vector_width;
    return (sc_conv_traits){
        .width = width >= 16  ? 16
                 : width >= 8 ? 8
                              : 4,
        .accumulators = width >= 16 ? 28 : 12,
        .local_bytes = (size_t)device->info.local_memory,
    };
}

socle_status sc_ocl_conv_build(const sc_ocl_program **out, sc_ocl_device *device,
                               const sc_op_desc *desc, const char *file, const char *defines) {
    const sc_conv_traits traits = sc_ocl_conv_traits(&device->base);
    sc_ocl_tail tail;
    sc_text prefix, options;
    sc_text_init(&prefix, device->base.env);
    sc_text_init(&options, device->base.env);
    sc_ocl_conv_tail(&tail, desc);
    sc_ocl_tail_text(&prefix, desc, &tail);
    sc_text_add(&options, "-D SC_VECTOR_WIDTH=%d%s", traits.width, defines);
    if (!(device->base.info.traits & SC_TRAIT_FAST_FMA)) sc_text_add(&options, " -D SC_NO_FMA");
    return sc_ocl_frame_program(out, device, &prefix, file, &options);
}

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_ocl_tail tail;
    (void)device;
    return sc_ocl_conv_tail(&tail, desc);
}

static const char *kernel_name(sc_op op) {
    return op == SC_OP_CONV2D              ? "conv_plain_forward"
           : op == SC_OP_CONV2D_GRAD_INPUT ? "conv_plain_gradient_input"
                                           : "conv_plain_gradient_weight";
}

/* One work-item per element written. */
static void grid(size_t global[3], sc_op op, const sc_shape_conv *shape) {
    if (op == SC_OP_CONV2D) {
        global[0] = (size_t)shape->output_height * (size_t)shape->output_width;
        global[1] = (size_t)shape->filters;
        global[2] = (size_t)shape->samples;
    } else if (op == SC_OP_CONV2D_GRAD_INPUT) {
        global[0] = (size_t)shape->height * (size_t)shape->width;
        global[1] = (size_t)shape->channels;
        global[2] = (size_t)shape->samples;
    } else {
        global[0] = (size_t)shape->kernel_height * (size_t)shape->kernel_width;
        global[1] = (size_t)(shape->channels / shape->groups);
        global[2] = (size_t)shape->filters;
    }
}

static void arguments(sc_ocl_call *call, const conv_plain *self, const sc_operand *operands,
                      sc_operand result, const sc_shape_conv *shape, const sc_launch *launch) {
    sc_ocl_call_operand(call, operands[0], sizeof(float));
    sc_ocl_call_operand(call, operands[1], sizeof(float));
    sc_ocl_call_operand(call, result, sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
    sc_ocl_tail_arguments(call, &self->tail, launch ? operands + 2 : NULL, launch);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    conv_plain *self = (conv_plain *)kernel;
    const sc_shape_conv shape = sc_conv_shape_at(&self->desc, launch->rows);
    size_t global[3];
    sc_ocl_call call;
    (void)workspace;
    grid(global, self->desc.op, &shape);
    sc_ocl_call_begin(&call, sc_ocl_device_of(self->frame.base.device), queue,
                      &self->frame.kernel[0]);
    arguments(&call, self, operands, operands[self->desc.inputs], &shape, launch);
    return sc_ocl_call_run(&call, global);
}

static socle_status finish(conv_plain *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const bool by_weight = desc->op == SC_OP_CONV2D_GRAD_WEIGHT;
    const size_t local[3] = {by_weight ? 1 : 64, 1, 1};
    const sc_operand nothing[2] = {sc_ocl_nothing(device), sc_ocl_nothing(device)};
    const sc_shape_conv capacity = sc_conv_shape(desc);
    sc_shape_conv none = capacity;
    size_t largest[3];
    const sc_ocl_program *program;
    sc_ocl_call call;
    SC_TRY(sc_ocl_conv_build(&program, device, desc, "conv_plain.cl", ""));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[0], device, program, kernel_name(desc->op), 3,
                                local, false));
    none.samples = none.filters = none.channels = 0;
    grid(largest, desc->op, &capacity);
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[0]);
    arguments(&call, self, nothing, nothing[0], &none, NULL);
    return sc_ocl_call_warm(&call, largest);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    conv_plain *self;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    socle_status status = sc_ocl_conv_tail(&self->tail, desc)
                              ? finish(self, sc_ocl_device_of(device), desc)
                              : sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED,
                                        "convolution: the tail's broadcast pattern does not fit "
                                        "(sample, channel, pixel)");
    return sc_ocl_frame_finish(out, &self->frame, status);
}

const sc_implementation sc_ocl_conv2d_plain = {
    .op = SC_OP_CONV2D,
    .name = "plain",
    .fuses_tail = true,
    .accepts = accepts,
    .prepare = prepare,
};

const sc_implementation sc_ocl_conv2d_grad_input_plain = {
    .op = SC_OP_CONV2D_GRAD_INPUT,
    .name = "plain",
    .fuses_tail = true,
    .accepts = accepts,
    .prepare = prepare,
};

const sc_implementation sc_ocl_conv2d_grad_weight_plain = {
    .op = SC_OP_CONV2D_GRAD_WEIGHT,
    .name = "plain",
    .prepare = prepare,
};
