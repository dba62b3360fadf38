/* SPDX-License-Identifier: Apache-2.0 */
/* The references of layer normalisation and its gradient: row by row in double precision, one
 * thread. */
#include "cpu/cpu_plain.h"

#include <math.h>

static void forward_row(const sc_op_desc *desc, const sc_operand *operands, int64_t row,
                        int64_t columns) {
    const float *x = (const float *)sc_cpu_memory(operands[0]) + row * columns;
    const float *scale = sc_cpu_memory(operands[1]), *shift = sc_cpu_memory(operands[2]);
    float *y = (float *)sc_cpu_memory(operands[3]) + row * columns;
    double sum = 0.0, squares = 0.0;
    for (int64_t c = 0; c < columns; c++) sum += (double)x[c];
    double mean = sum / (double)columns;
    for (int64_t c = 0; c < columns; c++) squares += ((double)x[c] - mean) * ((double)x[c] - mean);
    double inverse = 1.0 / sqrt(squares / (double)columns + (double)desc->attr.layer_norm.epsilon);
    for (int64_t c = 0; c < columns; c++)
        y[c] = (float)(((double)x[c] - mean) * inverse * (double)scale[c] + (double)shift[c]);
    ((float *)sc_cpu_memory(operands[4]))[row] = (float)mean;
    ((float *)sc_cpu_memory(operands[5]))[row] = (float)inverse;
}

static void gradient_row(const sc_operand *operands, int64_t row, int64_t columns) {
    const float *x = (const float *)sc_cpu_memory(operands[0]) + row * columns;
    const float *scale = sc_cpu_memory(operands[1]);
    const float *dy = (const float *)sc_cpu_memory(operands[2]) + row * columns;
    double mean = (double)((const float *)sc_cpu_memory(operands[3]))[row];
    double inverse = (double)((const float *)sc_cpu_memory(operands[4]))[row];
    float *dx = (float *)sc_cpu_memory(operands[5]) + row * columns;
    double sum = 0.0, dot = 0.0;
    for (int64_t c = 0; c < columns; c++) {
        double g = (double)dy[c] * (double)scale[c];
        sum += g;
        dot += g * (((double)x[c] - mean) * inverse);
    }
    for (int64_t c = 0; c < columns; c++) {
        double g = (double)dy[c] * (double)scale[c], h = ((double)x[c] - mean) * inverse;
        dx[c] = (float)(inverse * (g - (sum + h * dot) / (double)columns));
    }
}

void sc_cpu_plain_norm(const sc_op_desc *desc, const sc_operand *operands,
                       const sc_launch *launch) {
    int64_t columns = desc->tensor[0].dim[desc->tensor[0].rank - 1];
    int64_t rows = sc_tensor_elements_at(&desc->tensor[0], launch->rows) / columns;
    for (int64_t row = 0; row < rows; row++) {
        if (desc->op == SC_OP_LAYER_NORM)
            forward_row(desc, operands, row, columns);
        else
            gradient_row(operands, row, columns);
    }
}
