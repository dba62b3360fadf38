/* SPDX-License-Identifier: Apache-2.0 */
/* The reference implementations of ELEMENTWISE and REDUCE: one element after the other, one thread.
 */
#include "cpu/cpu_eval.h"
#include "cpu/cpu_impls.h"

#include <math.h>
#include <string.h>

typedef struct plain {
    sc_cpu_kernel base;
    sc_cpu_eval eval;
    int inputs, outputs;
    sc_tensor_desc output[SC_EXPR_OUTPUTS];
    uint8_t kind[SC_EXPR_OUTPUTS];
    uint32_t axes;
} plain;

static void store(const sc_tensor_desc *tensor, sc_operand operand, int64_t element,
                  sc_cpu_value value) {
    void *memory = sc_cpu_memory(operand);
    if (tensor->dtype == SOCLE_F32)
        ((float *)memory)[element] = value.f;
    else if (tensor->dtype == SOCLE_I32)
        ((int32_t *)memory)[element] = value.i;
    else
        ((uint8_t *)memory)[element] = (uint8_t)value.i;
}

static socle_status enqueue_elementwise(sc_kernel *kernel, sc_queue *queue,
                                        const sc_operand *operands, sc_operand workspace,
                                        const sc_launch *launch) {
    const plain *self = (const plain *)kernel;
    (void)queue;
    (void)workspace;
    int64_t elements = sc_tensor_elements_at(&self->eval.space, launch->rows);
    for (int64_t e = 0; e < elements; e++) {
        int64_t coordinate[SC_MAX_RANK];
        sc_cpu_value value[SC_EXPR_NODES] = {{0}};
        sc_cpu_coordinates(&self->eval.space, e, coordinate);
        sc_cpu_eval_element(&self->eval, operands, launch, coordinate, value);
        for (int o = 0; o < self->outputs; o++)
            store(&self->output[o], operands[self->inputs + o], e,
                  value[self->eval.expr.output[o]]);
    }
    return SOCLE_OK;
}

/* Folds every element of the space that belongs to element `target` of the output. */
static double fold(const plain *self, const sc_operand *operands, const sc_launch *launch,
                   int output, const int64_t *target) {
    sc_tensor_desc part = self->eval.space; /* the reduced dims at full size, the others 1 */
    int kind = self->kind[output];
    double sum = kind == SC_REDUCE_SUM ? 0.0 : kind == SC_REDUCE_MAX ? -INFINITY : INFINITY;
    for (int d = 0; d < part.rank; d++) {
        bool reduced = self->axes >> d & 1;
        if (reduced && d == 0 && part.batched) part.dim[d] = launch->rows;
        if (!reduced) part.dim[d] = 1;
    }
    part.batched = false;
    int64_t elements = sc_tensor_elements(&part);
    for (int64_t e = 0; e < elements; e++) {
        int64_t coordinate[SC_MAX_RANK];
        sc_cpu_value value[SC_EXPR_NODES] = {{0}};
        sc_cpu_coordinates(&part, e, coordinate);
        for (int d = 0; d < part.rank; d++)
            if (!(self->axes >> d & 1)) coordinate[d] = target[d];
        sc_cpu_eval_element(&self->eval, operands, launch, coordinate, value);
        double next = (double)value[self->eval.expr.output[output]].f;
        if (kind == SC_REDUCE_SUM)
            sum += next;
        else if (isnan(next) || isnan(sum))
            sum = NAN;
        else if (kind == SC_REDUCE_MAX ? next > sum : next < sum)
            sum = next;
    }
    return sum;
}

static socle_status enqueue_reduce(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch) {
    const plain *self = (const plain *)kernel;
    (void)queue;
    (void)workspace;
    for (int o = 0; o < self->outputs; o++) {
        float *out = sc_cpu_memory(operands[self->inputs + o]);
        int64_t elements = sc_tensor_elements_at(&self->output[o], launch->rows);
        for (int64_t e = 0; e < elements; e++) {
            int64_t target[SC_MAX_RANK];
            sc_cpu_coordinates(&self->output[o], e, target);
            out[e] = (float)fold(self, operands, launch, o, target);
        }
    }
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const char *tuning) {
    plain *self;
    bool reduce = desc->op == SC_OP_REDUCE;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation,
                                reduce ? enqueue_reduce : enqueue_elementwise));
    self->eval.expr = *desc->expr;
    self->eval.space = sc_op_space(desc);
    self->inputs = desc->inputs;
    self->outputs = desc->outputs;
    for (int i = 0; i < desc->inputs && i < SC_EXPR_INPUTS; i++)
        self->eval.input[i] = desc->tensor[i];
    for (int o = 0; o < desc->outputs; o++) self->output[o] = desc->tensor[desc->inputs + o];
    if (reduce) {
        self->axes = desc->attr.reduce.axes;
        memcpy(self->kind, desc->attr.reduce.kind, sizeof self->kind);
    }
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_elementwise_plain = {
    .op = SC_OP_ELEMENTWISE,
    .name = "plain",
    .prepare = prepare,
};

const sc_implementation sc_cpu_reduce_plain = {
    .op = SC_OP_REDUCE,
    .name = "plain",
    .prepare = prepare,
};
