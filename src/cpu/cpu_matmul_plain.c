/* SPDX-License-Identifier: Apache-2.0 */
/* The reference matrix product: three loops, one thread, sums in double precision. */
#include "cpu/cpu_impls.h"
#include "cpu/cpu_matmul.h"

typedef struct plain {
    sc_cpu_kernel base;
    sc_op_desc desc;
} plain;

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const plain *self = (const plain *)kernel;
    sc_matmul_shape s = sc_matmul_shape_make(&self->desc, launch->rows);
    (void)queue;
    (void)workspace;
    for (int64_t p = 0; p < s.batch; p++) {
        int64_t at_a, at_b, at_c;
        sc_matmul_offsets(&s, p, &at_a, &at_b, &at_c);
        const float *a = (const float *)sc_cpu_memory(operands[0]) + at_a;
        const float *b = (const float *)sc_cpu_memory(operands[1]) + at_b;
        float *c = (float *)sc_cpu_memory(operands[self->desc.inputs]) + at_c;
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
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const char *tuning) {
    plain *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_matmul_plain = {
    .op = SC_OP_MATMUL,
    .name = "plain",
    .prepare = prepare,
};
