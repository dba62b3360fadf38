/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling (cl/pool.cl) and its gradients (cl/pool_grad.cl), which carry tails. The window is
 * compiled in, sizes are arguments. `rows` gives a work-item whole rows or planes (CPU-class
 * devices), `each` one element (GPUs, and the reference). */
#include "opencl/ocl_frame.h"

#include "cl/shape_pool.h"

#include <string.h>

enum { ELEMENTS = 4096, LOCAL = 64 };

typedef struct pool {
    sc_ocl_frame frame;
    sc_ocl_tail tail;
    bool wide, gradient;
    sc_tensor_desc large, small; /* what the window runs over, and what it leaves */
    int inputs, outputs;         /* without the tail's, which stand between the two */
    int first_output;
} pool;

static const char *kernel_name(sc_op op, bool wide) {
    switch (op) {
    case SC_OP_MAXPOOL2D:
        return wide ? "maxpool_rows" : "maxpool_each";
    case SC_OP_MAXPOOL2D_GRAD:
        return wide ? "maxpool_grad_planes" : "maxpool_grad_each";
    case SC_OP_AVGPOOL2D:
        return wide ? "avgpool_rows" : "avgpool_each";
    default:
        return wide ? "avgpool_grad_planes" : "avgpool_grad_each";
    }
}

static void arrange(const void *frame, void *sizes, size_t *global, int64_t rows) {
    const pool *self = frame;
    sc_shape_pool *shape = sizes;
    const sc_tensor_desc *large = &self->large, *small = &self->small;
    *shape = (sc_shape_pool){.planes = (int)(sc_tensor_dim_at(large, 0, rows) * large->dim[1]),
                             .channels = (int)large->dim[1],
                             .height = (int)large->dim[2],
                             .width = (int)large->dim[3],
                             .out_height = (int)small->dim[2],
                             .out_width = (int)small->dim[3],
                             .chunk = 1};
    if (!self->wide) {
        const sc_tensor_desc *written = self->gradient ? large : small;
        shape->by_width = sc_divide_by((unsigned)written->dim[3]);
        shape->by_height = sc_divide_by((unsigned)written->dim[2]);
        *global = (size_t)sc_tensor_elements_at(written, rows);
        return;
    }
    int64_t unit = self->gradient ? large->dim[2] * large->dim[3] : large->dim[3];
    int64_t units = self->gradient ? shape->planes : (int64_t)shape->planes * shape->out_height;
    if (unit < ELEMENTS) shape->chunk = (int)(ELEMENTS / unit);
    *global = (size_t)sc_ceil_div(units, shape->chunk);
}

static void add_arguments(sc_ocl_call *call, const void *frame, const sc_operand *operands,
                          const void *shape, const sc_launch *launch) {
    const pool *self = frame;
    static const size_t element[SC_MAX_OPERANDS] = {sizeof(float), sizeof(float), sizeof(float)};
    sc_ocl_frame_operands(call, operands, self->inputs, element);
    sc_ocl_frame_operands(call, operands ? operands + self->first_output : NULL, self->outputs,
                          element);
    sc_ocl_call_value(call, shape, sizeof(sc_shape_pool));
    sc_ocl_tail_arguments(call, &self->tail, operands ? operands + self->inputs : NULL, launch);
}

static const sc_shape_pool nothing = {.chunk = 1, .out_height = 1, .channels = 1};
static const sc_ocl_single single = {sizeof(sc_shape_pool), &nothing, arrange, add_arguments};

static bool describe_tail(sc_ocl_tail *out, const sc_op_desc *desc) {
    return sc_ocl_tail_describe(out, desc, 1, 2);
}

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_ocl_tail tail;
    (void)device;
    return describe_tail(&tail, desc);
}

static void add_defines(sc_text *text, const sc_op_desc *desc) {
    static const char letters[] = "HW";
    const sc_window *window = &desc->attr.pool.window;
    const bool gradient = desc->op == SC_OP_MAXPOOL2D_GRAD || desc->op == SC_OP_AVGPOOL2D_GRAD;
    const sc_tensor_desc *large = &desc->tensor[gradient ? desc->inputs : 0];
    bool overhang = false;
    for (int axis = 0; axis < 2; axis++) {
        int64_t start =
            (sc_window_output(large->dim[2 + axis], window, axis) - 1) * window->stride[axis] -
            window->pad_before[axis];
        overhang |= start + (int64_t)(window->kernel[axis] - 1) * window->dilation[axis] >=
                    large->dim[2 + axis];
    }
    for (int axis = 0; axis < 2; axis++)
        sc_text_add(text,
                    "%s-D SC_KERNEL_%c=%d -D SC_STRIDE_%c=%d -D SC_DILATION_%c=%d -D SC_PAD_%c=%d",
                    axis ? " " : "", letters[axis], window->kernel[axis], letters[axis],
                    window->stride[axis], letters[axis], window->dilation[axis], letters[axis],
                    window->pad_before[axis]);
    sc_text_add(text, " -D SC_COUNT_PADDING=%d -D SC_OVERHANG=%d",
                desc->attr.pool.count_padding ? 1 : 0, overhang ? 1 : 0);
}

static socle_status get_program(const sc_ocl_program **out, const pool *self, sc_ocl_device *device,
                                const sc_op_desc *desc) {
    const int width = device->base.info.vector_width;
    sc_text prefix, defines;
    sc_text_init(&prefix, device->base.env);
    sc_text_init(&defines, device->base.env);
    add_defines(&defines, desc);
    if (self->gradient)
        sc_text_add(&defines, " -D SC_VECTOR_WIDTH=%d", width >= 16 ? 16 : width >= 8 ? 8 : 4);
    sc_ocl_tail_text(&prefix, desc, &self->tail);
    return sc_ocl_frame_program(out, device, &prefix, self->gradient ? "pool_grad.cl" : "pool.cl",
                                &defines);
}

static socle_status build(pool *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const size_t local = self->wide ? 1 : LOCAL;
    const sc_ocl_program *program = NULL;
    SC_TRY(get_program(&program, self, device, desc));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[0], device, program,
                                kernel_name(desc->op, self->wide), 1, &local, false));
    return sc_ocl_single_warm(&self->frame, sc_tensor_samples(&self->large));
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    pool *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, sc_ocl_single_enqueue));
    self->frame.single = &single;
    self->wide = strcmp(implementation->name, "rows") == 0;
    self->gradient = desc->op == SC_OP_MAXPOOL2D_GRAD || desc->op == SC_OP_AVGPOOL2D_GRAD;
    self->large = desc->tensor[self->gradient ? desc->inputs : 0];
    self->small = desc->tensor[self->gradient ? 0 : desc->inputs];
    self->inputs = sc_op_base_inputs(desc);
    self->outputs = desc->outputs;
    self->first_output = desc->inputs;
    socle_status status =
        describe_tail(&self->tail, desc)
            ? build(self, sc_ocl_device_of(device), desc)
            : sc_fail(
                  device->env, SOCLE_STATUS_UNSUPPORTED,
                  "pooling: the tail's broadcast pattern does not fit (sample, channel, pixel)");
    return sc_ocl_frame_finish(out, &self->frame, status);
}

#define WIDE .name = "rows", .needs = SC_TRAIT_WIDE_ITEMS, .canonical = true, .prepare = prepare
#define EACH .name = "each", .canonical = true, .prepare = prepare
#define TAIL .fuses_tail = true, .accepts = accepts
const sc_implementation sc_ocl_maxpool2d_rows = {.op = SC_OP_MAXPOOL2D, WIDE};
const sc_implementation sc_ocl_maxpool2d_each = {.op = SC_OP_MAXPOOL2D, EACH};
const sc_implementation sc_ocl_maxpool2d_grad_rows = {.op = SC_OP_MAXPOOL2D_GRAD, WIDE, TAIL};
const sc_implementation sc_ocl_maxpool2d_grad_each = {.op = SC_OP_MAXPOOL2D_GRAD, EACH, TAIL};
const sc_implementation sc_ocl_avgpool2d_rows = {.op = SC_OP_AVGPOOL2D, WIDE};
const sc_implementation sc_ocl_avgpool2d_each = {.op = SC_OP_AVGPOOL2D, EACH};
const sc_implementation sc_ocl_avgpool2d_grad_rows = {.op = SC_OP_AVGPOOL2D_GRAD, WIDE, TAIL};
const sc_implementation sc_ocl_avgpool2d_grad_each = {.op = SC_OP_AVGPOOL2D_GRAD, EACH, TAIL};
