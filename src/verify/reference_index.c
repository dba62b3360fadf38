/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of gather, scatter-add, put-rows and argmax. Scatter-add is defined with its order
 * of summation, so its reference adds in float32 in that order and the result is demanded to the
 * bit.
 */
#include "verify/reference.h"

#include <math.h>
#include <string.h>

void sc_reference_gather(sc_reference_job *job) {
    const sc_reference_array *table = &job->operand[0], *index = &job->operand[1],
                             *out = &job->operand[2];
    int64_t rows = table->tensor.dim[0], width = sc_tensor_elements(&table->tensor) / rows;
    for (int64_t n = 0; n < index->count; n++) {
        double row = index->value[n];
        bool inside = row >= 0 && row < (double)rows;
        for (int64_t i = 0; i < width; i++) {
            out->value[n * width + i] = inside ? table->value[(int64_t)row * width + i] : 0;
            out->bound[n * width + i] = 0;
        }
    }
}

void sc_reference_scatter_add(sc_reference_job *job) {
    const sc_reference_array *index = &job->operand[0], *src = &job->operand[1],
                             *out = &job->operand[2];
    int64_t rows = out->tensor.dim[0], width = out->count / rows;
    memset(out->value, 0, (size_t)out->count * sizeof *out->value);
    memset(out->bound, 0, (size_t)out->count * sizeof *out->bound);
    for (int64_t n = 0; n < index->count; n++) {
        double row = index->value[n];
        if (row < 0 || row >= (double)rows) continue;
        for (int64_t i = 0; i < width; i++) {
            double *sum = &out->value[(int64_t)row * width + i];
            *sum = (double)(float)(*sum + src->value[n * width + i]);
        }
    }
}

void sc_reference_put_rows(sc_reference_job *job) {
    const sc_reference_array *table = &job->operand[0], *index = &job->operand[1],
                             *rows = &job->operand[2], *out = &job->operand[3];
    int64_t count = table->tensor.dim[0], width = table->count / count;
    memcpy(out->value, table->value, (size_t)out->count * sizeof *out->value);
    memset(out->bound, 0, (size_t)out->count * sizeof *out->bound);
    for (int64_t n = 0; n < index->count; n++)
        if (index->value[n] >= 0 && index->value[n] < (double)count)
            memcpy(out->value + (int64_t)index->value[n] * width, rows->value + n * width,
                   (size_t)width * sizeof *out->value);
}

void sc_reference_argmax(sc_reference_job *job) {
    const sc_reference_array *x = &job->operand[0], *out = &job->operand[1];
    int64_t n = x->tensor.dim[x->tensor.rank - 1];
    for (int64_t row = 0; row < out->count; row++) {
        const double *values = x->value + row * n;
        int64_t best = 0;
        for (int64_t i = 1; i < n; i++)
            if (!isnan(values[best]) && (values[i] > values[best] || isnan(values[i]))) best = i;
        out->value[row] = (double)best;
        out->bound[row] = 0;
    }
}
