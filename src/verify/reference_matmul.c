/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of matmul: three loops per matrix of the batch. */
#include "verify/reference.h"

#include <math.h>

typedef struct matrix {
    const double *value;
    int64_t row_step, column_step;
} matrix;

/* The matrix of an operand that belongs to batch number `batch` of C (leading dims of C,
 * row-major). */
static matrix matrix_at(const sc_reference_array *operand, const sc_tensor_desc *c, int64_t rows,
                        int64_t batch, bool transposed) {
    const sc_tensor_desc *tensor = &operand->tensor;
    int rank = tensor->rank;
    int64_t coordinate[SC_MAX_RANK], offset = 0;
    for (int d = rank - 3; d >= 0; d--) {
        int64_t size = sc_tensor_dim_at(c, d, rows);
        coordinate[d] = batch % size;
        batch /= size;
    }
    for (int d = 0; d < rank - 2; d++) {
        bool spread = tensor->dim[d] == 1 && !(d == 0 && tensor->rows_per_sample);
        offset = offset * sc_tensor_dim_at(tensor, d, rows) + (spread ? 0 : coordinate[d]);
    }
    int64_t height = sc_tensor_dim_at(tensor, rank - 2, rows),
            width = sc_tensor_dim_at(tensor, rank - 1, rows);
    matrix m = {operand->value + offset * height * width, width, 1};
    if (transposed) m = (matrix){m.value, 1, width};
    return m;
}

static void multiply(const sc_reference_job *job, matrix a, matrix b, int64_t inner, int64_t height,
                     int64_t width, int64_t at) {
    const sc_reference_array *c = &job->operand[job->desc->inputs];
    for (int64_t m = 0; m < height; m++)
        for (int64_t n = 0; n < width; n++) {
            double sum = 0, magnitude = 0;
            for (int64_t k = 0; k < inner; k++) {
                double product = a.value[m * a.row_step + k * a.column_step] *
                                 b.value[k * b.row_step + n * b.column_step];
                sum += product;
                magnitude += fabs(product);
            }
            c->value[at + m * width + n] = sum;
            c->bound[at + m * width + n] = sc_reference_sum_bound(job, inner, magnitude);
        }
}

void sc_reference_matmul(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    const sc_reference_array *a = &job->operand[0], *b = &job->operand[1],
                             *c = &job->operand[desc->inputs];
    int rank = c->tensor.rank;
    int64_t rows = job->launch->rows;
    bool ta = desc->attr.matmul.transpose_a, tb = desc->attr.matmul.transpose_b;
    int64_t height = sc_tensor_dim_at(&c->tensor, rank - 2, rows),
            width = sc_tensor_dim_at(&c->tensor, rank - 1, rows);
    int64_t inner = sc_tensor_dim_at(&a->tensor, ta ? rank - 2 : rank - 1, rows);
    int64_t batches = height > 0 && width > 0 ? c->count / (height * width) : 0;
    for (int64_t i = 0; i < batches; i++)
        multiply(job, matrix_at(a, &c->tensor, rows, i, ta), matrix_at(b, &c->tensor, rows, i, tb),
                 inner, height, width, i * height * width);
}
