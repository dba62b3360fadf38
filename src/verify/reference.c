/* SPDX-License-Identifier: Apache-2.0 */
/* The entry of the reference: choice of function by operation, positions in index spaces,
 * broadcasting, and tails. */
#include "verify/reference.h"
#include "verify/storage.h"
#include "verify/tolerance.h"

#include <math.h>

static sc_reference_function *const functions[SC_OP_COUNT] = {
#define SC_OP(NAME, word, inputs, outputs) sc_reference_##word,
#include "op/op_list.def"
#undef SC_OP
};

/* A result is rounded once more where it is stored in fewer digits. A device's own may lie the
 * bound away before. */
static void store(sc_reference_array *out) {
    if (out->tensor.dtype != SOCLE_F16 && out->tensor.dtype != SOCLE_BF16) return;
    for (int64_t i = 0; i < out->count; i++) {
        double value = out->value[i], bound = out->bound[i];
        if (bound == 0)
            out->value[i] = sc_storage_round(out->tensor.dtype, value);
        else
            out->bound[i] += sc_storage_half_ulp(out->tensor.dtype, fabs(value) + bound);
    }
}

void sc_reference_run(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    functions[desc->op](job);
    if (desc->tail) sc_reference_tail(job);
    for (int k = 0; k < desc->outputs; k++) store(&job->operand[desc->inputs + k]);
}

void sc_reference_locate(sc_reference_point *point, const sc_tensor_desc *space, int64_t rows,
                         int64_t index) {
    int64_t rest = index, per_sample = 1;
    for (int d = space->rank - 1; d >= 0; d--) {
        int64_t size = sc_tensor_dim_at(space, d, rows);
        point->coordinate[d] = rest % size;
        rest /= size;
        if (d > 0) per_sample *= size;
    }
    bool batched = space->rows_per_sample > 0;
    per_sample *= batched ? space->rows_per_sample : 1;
    point->sample = batched ? (uint32_t)(index / per_sample) + point->launch->sample_offset : 0;
    point->element = (uint32_t)(batched ? index % per_sample : index);
}

int64_t sc_reference_broadcast(const sc_tensor_desc *tensor, int64_t rows,
                               const int64_t *coordinate) {
    int64_t index = 0;
    for (int d = 0; d < tensor->rank; d++) {
        int64_t size = sc_tensor_dim_at(tensor, d, rows);
        bool spread = tensor->dim[d] == 1 && !(d == 0 && tensor->rows_per_sample);
        index = index * size + (spread ? 0 : coordinate[d]);
    }
    return index;
}

double sc_reference_sum_bound(const sc_reference_job *job, int64_t length, double magnitude) {
    const double exact_below = 0x1p24;
    return job->whole && magnitude < exact_below ? 0 : sc_tolerance_sum(length, magnitude);
}

void sc_reference_tail(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    sc_reference_array *out = &job->operand[desc->inputs];
    int base = sc_op_base_inputs(desc), extra = desc->inputs - base;
    int64_t rows = job->launch->rows;
    const sc_reference_way usual = sc_reference_way_of(job, desc->tail);
    sc_reference_point point = {.launch = job->launch};
    for (int64_t i = 0; i < out->count; i++) {
        sc_reference_number in[SC_EXPR_INPUTS] = {{out->value[i], out->bound[i]}}, result;
        sc_reference_locate(&point, &out->tensor, rows, i);
        for (int k = 0; k < extra; k++) {
            const sc_reference_array *operand = &job->operand[base + k];
            in[1 + k].value =
                operand->value[sc_reference_broadcast(&operand->tensor, rows, point.coordinate)];
        }
        sc_reference_way way =
            usual == SC_REFERENCE_EXACT && out->bound[i] != 0 ? SC_REFERENCE_BOUNDED : usual;
        sc_reference_expr(desc->tail, &point, way, job->correct_divide, in, &result);
        out->value[i] = result.value;
        out->bound[i] = result.error;
    }
}
