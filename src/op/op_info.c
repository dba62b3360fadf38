/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about operations, element types and tensors: words, sizes, index spaces. Sizes that
 * overflow saturate, so that every later comparison with a limit refuses them; op_check.c is where
 * they are refused. */
#include "op/op.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    int inputs;
} operations[SC_OP_COUNT] = {
#define SC_OP(NAME, word, inputs, outputs) {#word, inputs},
#include "op/op_list.def"
#undef SC_OP
};

const char *sc_op_word(sc_op op) {
    return op >= 0 && op < SC_OP_COUNT ? operations[op].word : "unknown";
}

int sc_op_base_inputs(const sc_op_desc *desc) {
    int inputs = desc->op >= 0 && desc->op < SC_OP_COUNT ? operations[desc->op].inputs : -1;
    return inputs < 0 ? desc->inputs : inputs;
}

bool sc_op_takes_tail(sc_op op) {
    return op == SC_OP_MATMUL || op == SC_OP_CONV2D || op == SC_OP_CONV2D_GRAD_INPUT ||
           op == SC_OP_MAXPOOL2D_GRAD || op == SC_OP_AVGPOOL2D_GRAD;
}

size_t sc_dtype_size(int dtype) {
    return dtype == SOCLE_U8 ? 1 : dtype == SOCLE_F16 || dtype == SOCLE_BF16 ? 2 : 4;
}

const char *sc_dtype_word(int dtype) {
    switch (dtype) {
    case SOCLE_F32:
        return "f32";
    case SOCLE_U8:
        return "u8";
    case SOCLE_I32:
        return "i32";
    case SOCLE_F16:
        return "f16";
    case SOCLE_BF16:
        return "bf16";
    default:
        return "unknown";
    }
}

bool sc_dtype_is_float(int dtype) {
    return dtype == SOCLE_F32 || dtype == SOCLE_F16 || dtype == SOCLE_BF16;
}

int sc_op_computed_dtype(const sc_op_desc *desc, int index) {
    const int place = desc->op == SC_OP_MAXPOOL2D        ? desc->inputs + 1
                      : desc->op == SC_OP_MAXPOOL2D_GRAD ? 1
                                                         : -1;
    const int dtype = desc->tensor[index].dtype;
    return sc_dtype_is_float(dtype) ? SOCLE_F32 : index == place ? SOCLE_I32 : dtype;
}

sc_tensor_desc sc_tensor_make(int dtype, int64_t rows_per_sample, int rank, const int64_t *dim) {
    sc_tensor_desc tensor;
    memset(&tensor, 0, sizeof tensor);
    tensor.dtype = (uint8_t)dtype;
    tensor.rows_per_sample = rows_per_sample;
    tensor.rank = rank;
    for (int d = 0; d < rank && d < SC_MAX_RANK; d++) tensor.dim[d] = dim[d];
    return tensor;
}

static int64_t saturating_mul(int64_t a, int64_t b) {
    int64_t product;
    return sc_mul_i64(&product, a, b) ? product : INT64_MAX;
}

int64_t sc_tensor_samples(const sc_tensor_desc *tensor) {
    return tensor->rows_per_sample ? tensor->dim[0] / tensor->rows_per_sample : 1;
}

int64_t sc_tensor_dim_at(const sc_tensor_desc *tensor, int d, int64_t rows) {
    return d == 0 && tensor->rows_per_sample ? saturating_mul(rows, tensor->rows_per_sample)
                                             : tensor->dim[d];
}

int64_t sc_tensor_elements_at(const sc_tensor_desc *tensor, int64_t rows) {
    int64_t elements = 1;
    for (int d = 0; d < tensor->rank; d++) {
        int64_t size = sc_tensor_dim_at(tensor, d, rows);
        if (size == 0) return 0;
        elements = saturating_mul(elements, size);
    }
    return elements;
}

int64_t sc_tensor_elements(const sc_tensor_desc *tensor) {
    return sc_tensor_elements_at(tensor, sc_tensor_samples(tensor));
}

size_t sc_tensor_bytes(const sc_tensor_desc *tensor) {
    sc_tensor_desc stored = *tensor;
    if (tensor->layout == SC_LAYOUT_C16 && tensor->rank == 4 && tensor->dim[1] < INT64_MAX - 16)
        stored.dim[1] = sc_round_up(tensor->dim[1], 16);
    size_t bytes;
    if (!sc_mul_size(&bytes, (size_t)sc_tensor_elements(&stored), sc_dtype_size(tensor->dtype)))
        return SIZE_MAX;
    return bytes;
}

bool sc_tensor_equal(const sc_tensor_desc *a, const sc_tensor_desc *b) {
    if (a->dtype != b->dtype || a->layout != b->layout ||
        a->rows_per_sample != b->rows_per_sample || a->rank != b->rank)
        return false;
    for (int d = 0; d < a->rank; d++)
        if (a->dim[d] != b->dim[d]) return false;
    return true;
}

void sc_tensor_text(char *out, size_t size, const sc_tensor_desc *tensor) {
    int used = snprintf(out, size, "%s[", sc_dtype_word(tensor->dtype));
    for (int d = 0; d < tensor->rank && d < SC_MAX_RANK && used >= 0 && (size_t)used < size; d++) {
        const char *comma = d ? "," : "";
        if (d == 0 && tensor->rows_per_sample > 1)
            used += snprintf(out + used, size - (size_t)used, "N*%lld",
                             (long long)tensor->rows_per_sample);
        else if (d == 0 && tensor->rows_per_sample)
            used += snprintf(out + used, size - (size_t)used, "N");
        else
            used += snprintf(out + used, size - (size_t)used, "%s%lld", comma,
                             (long long)tensor->dim[d]);
    }
    if (used >= 0 && (size_t)used < size)
        snprintf(out + used, size - (size_t)used, "]%s",
                 tensor->layout == SC_LAYOUT_C16 ? ":c16" : "");
}

static sc_tensor_desc reduce_space(const sc_op_desc *desc) {
    sc_tensor_desc space = desc->tensor[0];
    space.dtype = SOCLE_F32;
    for (int i = 1; i < desc->inputs && i < SC_MAX_OPERANDS; i++) {
        const sc_tensor_desc *input = &desc->tensor[i];
        if (input->rows_per_sample) space.rows_per_sample = input->rows_per_sample;
        for (int d = 0; d < space.rank && d < input->rank; d++)
            if (input->dim[d] > space.dim[d]) space.dim[d] = input->dim[d];
    }
    return space;
}

sc_tensor_desc sc_op_space(const sc_op_desc *desc) {
    return desc->op == SC_OP_REDUCE ? reduce_space(desc) : desc->tensor[desc->inputs];
}

int64_t sc_window_output(int64_t size, const sc_window *window, int axis) {
    int64_t span = (int64_t)window->dilation[axis] * (window->kernel[axis] - 1) + 1;
    int64_t room = size + window->pad_before[axis] + window->pad_after[axis] - span;
    return room < 0 ? 0 : room / window->stride[axis] + 1;
}
