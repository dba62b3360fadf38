/* SPDX-License-Identifier: Apache-2.0 */
/* The reference implementations of ELEMENTWISE and REDUCE: one element after the other, one thread.
 */
#include "cpu/cpu_eval.h"
#include "cpu/cpu_plain.h"
#include "op/storage.h"

#include <math.h>
#include <string.h>

static sc_cpu_eval eval_of(const sc_op_desc *desc) {
    sc_cpu_eval eval = {.expr = *desc->expr, .space = sc_op_space(desc)};
    for (int i = 0; i < desc->inputs && i < SC_EXPR_INPUTS; i++) eval.input[i] = desc->tensor[i];
    return eval;
}

void sc_cpu_plain_elementwise(const sc_op_desc *desc, const sc_operand *operands,
                              const sc_launch *launch) {
    const sc_cpu_eval eval = eval_of(desc);
    int64_t elements = sc_tensor_elements_at(&eval.space, launch->rows);
    for (int64_t e = 0; e < elements; e++) {
        int64_t coordinate[SC_MAX_RANK];
        sc_scalar value[SC_EXPR_NODES] = {{0}};
        sc_cpu_coordinates(&eval.space, e, coordinate);
        sc_cpu_eval_element(&eval, operands, launch, coordinate, value);
        for (int o = 0; o < desc->outputs; o++)
            sc_number_store(sc_cpu_memory(operands[desc->inputs + o]),
                            desc->tensor[desc->inputs + o].dtype, e, value[eval.expr.output[o]]);
    }
}

/* Folds every element of the space that belongs to element `target` of the output. */
static double fold(const sc_op_desc *desc, const sc_cpu_eval *eval, const sc_operand *operands,
                   const sc_launch *launch, int output, const int64_t *target) {
    sc_tensor_desc part = eval->space; /* the reduced dims at full size, the others 1 */
    int kind = desc->attr.reduce.kind[output];
    double sum = kind == SC_REDUCE_SUM ? 0.0 : kind == SC_REDUCE_MAX ? -INFINITY : INFINITY;
    for (int d = 0; d < part.rank; d++) {
        bool reduced = desc->attr.reduce.axes >> d & 1;
        if (reduced) part.dim[d] = sc_tensor_dim_at(&part, d, launch->rows);
        if (!reduced) part.dim[d] = 1;
    }
    part.rows_per_sample = 0;
    int64_t elements = sc_tensor_elements(&part);
    for (int64_t e = 0; e < elements; e++) {
        int64_t coordinate[SC_MAX_RANK];
        sc_scalar value[SC_EXPR_NODES] = {{0}};
        sc_cpu_coordinates(&part, e, coordinate);
        for (int d = 0; d < part.rank; d++)
            if (!(desc->attr.reduce.axes >> d & 1)) coordinate[d] = target[d];
        sc_cpu_eval_element(eval, operands, launch, coordinate, value);
        double next = (double)value[eval->expr.output[output]].f;
        if (kind == SC_REDUCE_SUM)
            sum += next;
        else if (isnan(next) || isnan(sum))
            sum = NAN;
        else if (kind == SC_REDUCE_MAX ? next > sum : next < sum)
            sum = next;
    }
    return sum;
}

void sc_cpu_plain_reduce(const sc_op_desc *desc, const sc_operand *operands,
                         const sc_launch *launch) {
    const sc_cpu_eval eval = eval_of(desc);
    for (int o = 0; o < desc->outputs; o++) {
        const sc_tensor_desc *result = &desc->tensor[desc->inputs + o];
        void *out = sc_cpu_memory(operands[desc->inputs + o]);
        int64_t elements = sc_tensor_elements_at(result, launch->rows);
        for (int64_t e = 0; e < elements; e++) {
            int64_t target[SC_MAX_RANK];
            sc_cpu_coordinates(result, e, target);
            double sum = fold(desc, &eval, operands, launch, o, target);
            sc_number_store(out, result->dtype, e, (sc_scalar){.f = (float)sum});
        }
    }
}
