/* SPDX-License-Identifier: Apache-2.0 */
/* The references of gather, scatter-add, put-rows and argmax: element by element, one thread. */
#include "cpu/cpu_plain.h"

#include <math.h>
#include <string.h>

static void gather(const sc_op_desc *desc, const sc_operand *operands, int64_t samples) {
    const sc_tensor_desc *table = &desc->tensor[0];
    int64_t row = sc_tensor_elements(table) / table->dim[0];
    size_t size = sc_dtype_size(table->dtype);
    const int32_t *index = sc_cpu_memory(operands[1]);
    for (int64_t e = 0; e < samples * row; e++) {
        char *to = (char *)sc_cpu_memory(operands[2]) + (size_t)e * size;
        int64_t at = index[e / row];
        if (at >= 0 && at < table->dim[0])
            memcpy(to,
                   (const char *)sc_cpu_memory(operands[0]) + (size_t)(at * row + e % row) * size,
                   size);
        else
            memset(to, 0, size);
    }
}

static void scatter_add(const sc_op_desc *desc, const sc_operand *operands, int64_t samples) {
    const sc_tensor_desc *table = &desc->tensor[2];
    int64_t row = sc_tensor_elements(table) / table->dim[0];
    const int32_t *index = sc_cpu_memory(operands[0]);
    const float *src = sc_cpu_memory(operands[1]);
    float *out = sc_cpu_memory(operands[2]);
    for (int64_t e = 0; e < table->dim[0] * row; e++) {
        out[e] = 0.0f;
        for (int64_t n = 0; n < samples; n++)
            if (index[n] == e / row) out[e] += src[n * row + e % row];
    }
}

static void put_rows(const sc_op_desc *desc, const sc_operand *operands, int64_t count) {
    const sc_tensor_desc *table = &desc->tensor[0];
    const size_t row = sc_tensor_bytes(table) / (size_t)table->dim[0];
    const int32_t *index = sc_cpu_memory(operands[1]);
    const char *from = sc_cpu_memory(operands[2]);
    char *out = sc_cpu_memory(operands[3]);
    memmove(out, sc_cpu_memory(operands[0]), sc_tensor_bytes(table));
    for (int64_t n = 0; n < count; n++)
        if (index[n] >= 0 && index[n] < table->dim[0])
            memcpy(out + (size_t)index[n] * row, from + (size_t)n * row, row);
}

static void argmax(const sc_op_desc *desc, const sc_operand *operands, int64_t rows) {
    const sc_tensor_desc *x = &desc->tensor[0];
    int64_t columns = x->dim[x->rank - 1];
    int32_t *out = sc_cpu_memory(operands[1]);
    for (int64_t n = 0; n < rows; n++) {
        const float *row = (const float *)sc_cpu_memory(operands[0]) + n * columns;
        out[n] = 0;
        for (int64_t c = 1; c < columns && !isnan(row[out[n]]); c++)
            if (isnan(row[c]) || row[c] > row[out[n]]) out[n] = (int32_t)c;
    }
}

void sc_cpu_plain_index(const sc_op_desc *desc, const sc_operand *operands,
                        const sc_launch *launch) {
    if (desc->op == SC_OP_GATHER)
        gather(desc, operands, sc_tensor_elements_at(&desc->tensor[1], launch->rows));
    else if (desc->op == SC_OP_SCATTER_ADD)
        scatter_add(desc, operands, sc_tensor_elements_at(&desc->tensor[0], launch->rows));
    else if (desc->op == SC_OP_PUT_ROWS)
        put_rows(desc, operands, sc_tensor_elements_at(&desc->tensor[1], launch->rows));
    else
        argmax(desc, operands, sc_tensor_elements_at(&desc->tensor[1], launch->rows));
}
