/* SPDX-License-Identifier: Apache-2.0 */
/* The reference matrix product: three loops, one thread, sums in double precision. */
#include "cpu/cpu_matmul.h"
#include "cpu/cpu_plain.h"

void sc_cpu_plain_matmul(const sc_op_desc *desc, const sc_operand *operands,
                         const sc_launch *launch) {
    sc_matmul_shape s = sc_matmul_shape_make(desc, launch->rows);
    for (int64_t p = 0; p < s.batch; p++) {
        int64_t at_a, at_b, at_c;
        sc_matmul_offsets(&s, p, &at_a, &at_b, &at_c);
        const float *a = (const float *)sc_cpu_memory(operands[0]) + at_a;
        const float *b = (const float *)sc_cpu_memory(operands[1]) + at_b;
        float *c = (float *)sc_cpu_memory(operands[desc->inputs]) + at_c;
        for (int64_t i = 0; i < s.m; i++) {
            for (int64_t j = 0; j < s.n; j++) {
                double sum = 0.0;
                for (int64_t k = 0; k < s.k; k++)
                    sum += (double)a[s.transpose_a ? k * s.lda + i : i * s.lda + k] *
                           (double)b[s.transpose_b ? j * s.ldb + k : k * s.ldb + j];
                c[i * s.n + j] = (float)sum;
            }
        }
    }
}
