/* SPDX-License-Identifier: Apache-2.0 */
/* The references of convolution and its gradients: loops over what meets what, sums in double
 * precision, one thread. */
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

typedef struct plain {
    sc_cpu_kernel base;
    sc_op op;
    int output;
    sc_window window;
    sc_tensor_desc x, w, y;
    int64_t source_channels, target_channels; /* per group */
} plain;

/* The input position that tap k of output position o reads; false in the padding. */
static bool meets(const plain *self, int axis, int64_t o, int64_t k, int64_t *at) {
    const sc_window *window = &self->window;
    *at = o * window->stride[axis] + k * window->dilation[axis] - window->pad_before[axis];
    return *at >= 0 && *at < self->x.dim[2 + axis];
}

static int64_t at4(const sc_tensor_desc *t, int64_t n, int64_t c, int64_t y, int64_t x) {
    return ((n * t->dim[1] + c) * t->dim[2] + y) * t->dim[3] + x;
}

static double forward_at(const plain *self, const float *x, const float *w, int64_t n, int64_t o,
                         int64_t oy, int64_t ox) {
    int64_t group = o / self->target_channels, iy, ix;
    double sum = 0.0;
    for (int64_t c = 0; c < self->source_channels; c++)
        for (int64_t ky = 0; ky < self->w.dim[2]; ky++)
            for (int64_t kx = 0; kx < self->w.dim[3]; kx++)
                if (meets(self, 0, oy, ky, &iy) && meets(self, 1, ox, kx, &ix))
                    sum += (double)x[at4(&self->x, n, group * self->source_channels + c, iy, ix)] *
                           (double)w[at4(&self->w, o, c, ky, kx)];
    return sum;
}

/* The output position whose tap k reads input position i; false when there is none. */
static bool read_by(const plain *self, int axis, int64_t i, int64_t k, int64_t *at) {
    const sc_window *window = &self->window;
    int64_t place = i + window->pad_before[axis] - k * window->dilation[axis];
    *at = place / window->stride[axis];
    return place >= 0 && place % window->stride[axis] == 0 && *at < self->y.dim[2 + axis];
}

static double grad_input_at(const plain *self, const float *dy, const float *w, int64_t n,
                            int64_t c, int64_t iy, int64_t ix) {
    int64_t group = c / self->source_channels, oy, ox;
    double sum = 0.0;
    for (int64_t f = 0; f < self->target_channels; f++) {
        int64_t o = group * self->target_channels + f;
        for (int64_t ky = 0; ky < self->w.dim[2]; ky++)
            for (int64_t kx = 0; kx < self->w.dim[3]; kx++)
                if (read_by(self, 0, iy, ky, &oy) && read_by(self, 1, ix, kx, &ox))
                    sum += (double)dy[at4(&self->y, n, o, oy, ox)] *
                           (double)w[at4(&self->w, o, c % self->source_channels, ky, kx)];
    }
    return sum;
}

static double grad_weight_at(const plain *self, const float *x, const float *dy, int64_t samples,
                             int64_t o, int64_t c, int64_t ky, int64_t kx) {
    int64_t channel = o / self->target_channels * self->source_channels + c, iy, ix;
    double sum = 0.0;
    for (int64_t n = 0; n < samples; n++)
        for (int64_t oy = 0; oy < self->y.dim[2]; oy++)
            for (int64_t ox = 0; ox < self->y.dim[3]; ox++)
                if (meets(self, 0, oy, ky, &iy) && meets(self, 1, ox, kx, &ix))
                    sum += (double)x[at4(&self->x, n, channel, iy, ix)] *
                           (double)dy[at4(&self->y, n, o, oy, ox)];
    return sum;
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const plain *self = (const plain *)kernel;
    const float *a = sc_cpu_memory(operands[0]), *b = sc_cpu_memory(operands[1]);
    float *out = sc_cpu_memory(operands[self->output]);
    const sc_tensor_desc *t = self->op == SC_OP_CONV2D              ? &self->y
                              : self->op == SC_OP_CONV2D_GRAD_INPUT ? &self->x
                                                                    : &self->w;
    int64_t first = sc_tensor_dim_at(t, 0, launch->rows),
            samples = sc_tensor_dim_at(&self->x, 0, launch->rows);
    (void)queue;
    (void)workspace;
    for (int64_t n = 0; n < first; n++)
        for (int64_t c = 0; c < t->dim[1]; c++)
            for (int64_t i = 0; i < t->dim[2]; i++)
                for (int64_t j = 0; j < t->dim[3]; j++) {
                    double value = self->op == SC_OP_CONV2D ? forward_at(self, a, b, n, c, i, j)
                                   : self->op == SC_OP_CONV2D_GRAD_INPUT
                                       ? grad_input_at(self, a, b, n, c, i, j)
                                       : grad_weight_at(self, a, b, samples, n, c, i, j);
                    out[at4(t, n, c, i, j)] = (float)value;
                }
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const char *tuning) {
    plain *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->op = desc->op;
    self->output = desc->inputs;
    self->window = desc->attr.conv.window;
    self->w = desc->op == SC_OP_CONV2D_GRAD_WEIGHT ? desc->tensor[2] : desc->tensor[1];
    self->x = desc->op == SC_OP_CONV2D_GRAD_INPUT ? desc->tensor[desc->inputs] : desc->tensor[0];
    self->y = desc->op == SC_OP_CONV2D              ? desc->tensor[desc->inputs]
              : desc->op == SC_OP_CONV2D_GRAD_INPUT ? desc->tensor[0]
                                                    : desc->tensor[1];
    self->source_channels = self->w.dim[1];
    self->target_channels = self->w.dim[0] / desc->attr.conv.groups;
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_conv_plain = {
    .op = SC_OP_CONV2D, .name = "plain", .prepare = prepare};
const sc_implementation sc_cpu_conv_grad_input_plain = {
    .op = SC_OP_CONV2D_GRAD_INPUT, .name = "plain", .prepare = prepare};
const sc_implementation sc_cpu_conv_grad_weight_plain = {
    .op = SC_OP_CONV2D_GRAD_WEIGHT, .name = "plain", .prepare = prepare};
