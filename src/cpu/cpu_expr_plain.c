/* SPDX-License-Identifier: Apache-2.0 */
/* The reference implementations of ELEMENTWISE and REDUCE: one element after the other, one thread.
 */
#include "cpu/cpu_eval.h"
#include "cpu/cpu_plain.h"
#include "cpu/cpu_scalar.h"
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

/* What one element of the output is made of: the reduced dims at full size, the others 1. */
typedef struct portion {
    const sc_op_desc *desc;
    const sc_cpu_eval *eval;
    const sc_operand *operands;
    const sc_launch *launch;
    int output;
    const int64_t *target; /* coordinates of that element */
    sc_tensor_desc part;
} portion;

static portion portion_of(const sc_op_desc *desc, const sc_cpu_eval *eval,
                          const sc_operand *operands, const sc_launch *launch, int output,
                          const int64_t *target) {
    portion p = {desc, eval, operands, launch, output, target, eval->space};
    for (int d = 0; d < p.part.rank; d++)
        p.part.dim[d] =
            desc->attr.reduce.axes >> d & 1 ? sc_tensor_dim_at(&p.part, d, launch->rows) : 1;
    p.part.rows_per_sample = 0;
    return p;
}

static float element(const portion *p, int64_t number) {
    int64_t coordinate[SC_MAX_RANK];
    sc_scalar value[SC_EXPR_NODES] = {{0}};
    sc_cpu_coordinates(&p->part, number, coordinate);
    for (int d = 0; d < p->part.rank; d++)
        if (!(p->desc->attr.reduce.axes >> d & 1)) coordinate[d] = p->target[d];
    sc_cpu_eval_element(p->eval, p->operands, p->launch, coordinate, value);
    return value[p->eval->expr.output[p->output]].f;
}

static double nothing(int kind) {
    return kind == SC_REDUCE_SUM ? 0.0 : kind == SC_REDUCE_MAX ? -INFINITY : INFINITY;
}

static double fold(const portion *p) {
    int kind = p->desc->attr.reduce.kind[p->output];
    double sum = nothing(kind);
    int64_t elements = sc_tensor_elements(&p->part);
    for (int64_t e = 0; e < elements; e++) {
        double next = (double)element(p, e);
        if (kind == SC_REDUCE_SUM)
            sum += next;
        else if (isnan(next) || isnan(sum))
            sum = NAN;
        else if (kind == SC_REDUCE_MAX ? next > sum : next < sum)
            sum = next;
    }
    return sum;
}

static float combine(int kind, float a, float b) {
    if (kind == SC_REDUCE_SUM) return a + b;
    return kind == SC_REDUCE_MAX ? sc_max(a, b) : sc_min(a, b);
}

/* The canonical order (op/op.h). lanes: 16 where the last dimension is reduced, else 1. */
static float fold_part(const portion *p, int lanes, int64_t begin, int64_t end) {
    int kind = p->desc->attr.reduce.kind[p->output];
    float sum[SC_REDUCE_LANES];
    for (int l = 0; l < lanes; l++) sum[l] = (float)nothing(kind);
    for (int64_t e = begin; e < end; e++)
        sum[e % lanes] = combine(kind, sum[e % lanes], element(p, e));
    for (int step = lanes / 2; step > 0; step /= 2)
        for (int l = 0; l < step; l++) sum[l] = combine(kind, sum[l], sum[l + step]);
    return sum[0];
}

static bool last_is_reduced(const sc_op_desc *desc, const sc_tensor_desc *space) {
    int last = space->rank - 1;
    while (last > 0 && space->dim[last] == 1) last--;
    return desc->attr.reduce.axes >> last & 1;
}

static float fold_in_order(const portion *p) {
    bool rows = last_is_reduced(p->desc, &p->eval->space);
    int64_t size = rows ? SC_REDUCE_ROW_PART : SC_REDUCE_COLUMN_PART,
            elements = sc_tensor_elements(&p->part);
    int kind = p->desc->attr.reduce.kind[p->output], lanes = rows ? SC_REDUCE_LANES : 1;
    if (elements > 0 && elements <= size) return fold_part(p, lanes, 0, elements);
    float sum = (float)nothing(kind);
    for (int64_t at = 0; at < elements; at += size)
        sum = combine(kind, sum,
                      fold_part(p, lanes, at, at + size < elements ? at + size : elements));
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
            const portion p = portion_of(desc, &eval, operands, launch, o, target);
            float sum = desc->portable ? fold_in_order(&p) : (float)fold(&p);
            sc_number_store(out, result->dtype, e, (sc_scalar){.f = sum});
        }
    }
}
