/* SPDX-License-Identifier: Apache-2.0 */
/* The references of softmax, its gradient and cross-entropy: row by row in double precision, one
 * thread. */
#include "cpu/cpu_plain.h"

#include <math.h>

/* Maximum and sum of exp(x - maximum); NaN where the row holds one. */
static void measure(const float *x, int64_t columns, double *max, double *sum) {
    *max = -INFINITY;
    *sum = 0.0;
    for (int64_t c = 0; c < columns; c++)
        if (isnan(x[c]) || (double)x[c] > *max) *max = (double)x[c];
    for (int64_t c = 0; c < columns; c++) *sum += exp((double)x[c] - *max);
}

static void softmax_row(float *y, const float *x, int64_t columns, bool log_form) {
    double max, sum;
    measure(x, columns, &max, &sum);
    for (int64_t c = 0; c < columns; c++) {
        double shifted = (double)x[c] - max;
        y[c] = (float)(log_form ? shifted - log(sum) : exp(shifted) / sum);
    }
}

static void grad_row(float *dx, const float *y, const float *dy, int64_t columns, bool log_form) {
    double sum = 0.0;
    for (int64_t c = 0; c < columns; c++) sum += (double)dy[c] * (log_form ? 1.0 : (double)y[c]);
    for (int64_t c = 0; c < columns; c++)
        dx[c] = (float)(log_form ? (double)dy[c] - exp((double)y[c]) * sum
                                 : (double)y[c] * ((double)dy[c] - sum));
}

static void entropy_row(float *loss, float *dx, const float *x, int64_t label, int64_t columns) {
    double max, sum;
    bool valid = label >= 0 && label < columns;
    measure(x, columns, &max, &sum);
    *loss = valid ? (float)(log(sum) - ((double)x[label] - max)) : NAN;
    for (int64_t c = 0; c < columns; c++)
        dx[c] = valid ? (float)(exp((double)x[c] - max) / sum - (c == label ? 1.0 : 0.0)) : NAN;
}

static int64_t label_at(const sc_tensor_desc *labels, sc_operand operand, int64_t row) {
    const void *memory = sc_cpu_memory(operand);
    return labels->dtype == SOCLE_U8 ? ((const uint8_t *)memory)[row]
                                     : ((const int32_t *)memory)[row];
}

void sc_cpu_plain_softmax(const sc_op_desc *desc, const sc_operand *operands,
                          const sc_launch *launch) {
    int64_t columns = desc->tensor[0].dim[desc->tensor[0].rank - 1];
    int64_t rows = sc_tensor_elements_at(&desc->tensor[0], launch->rows) / columns;
    const float *first = sc_cpu_memory(operands[0]);
    for (int64_t r = 0; r < rows; r++) {
        int64_t at = r * columns;
        if (desc->op == SC_OP_SOFTMAX)
            softmax_row((float *)sc_cpu_memory(operands[1]) + at, first + at, columns,
                        desc->attr.softmax.log);
        else if (desc->op == SC_OP_SOFTMAX_GRAD)
            grad_row((float *)sc_cpu_memory(operands[2]) + at, first + at,
                     (const float *)sc_cpu_memory(operands[1]) + at, columns,
                     desc->attr.softmax.log);
        else
            entropy_row((float *)sc_cpu_memory(operands[2]) + r,
                        (float *)sc_cpu_memory(operands[3]) + at, first + at,
                        label_at(&desc->tensor[1], operands[1], r), columns);
    }
}
