/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products by a CBLAS library, called on tiles of C whose places depend on the shape alone,
 * each by one of our threads. */
#include "cpu/cpu_blas.h"
#include "cpu/cpu_impls.h"
#include "cpu/cpu_matmul.h"

#include <cblas.h>
#include <string.h>

enum { TILE_ROWS = 256, TILE_COLUMNS = 256 };

typedef struct openblas {
    sc_cpu_kernel base;
    sc_op_desc desc;
} openblas;

typedef struct job {
    sc_matmul_shape shape;
    int64_t tiles_down, tiles_across;
    const float *a, *b;
    float *c;
} job;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const sc_matmul_shape *s = &work->shape;
    int64_t at_a, at_b, at_c;
    int64_t column = index % work->tiles_across * TILE_COLUMNS;
    int64_t row = index / work->tiles_across % work->tiles_down * TILE_ROWS;
    int64_t m = smaller(TILE_ROWS, s->m - row), n = smaller(TILE_COLUMNS, s->n - column);
    (void)worker;
    sc_matmul_offsets(s, index / (work->tiles_across * work->tiles_down), &at_a, &at_b, &at_c);
    const float *a = work->a + at_a + (s->transpose_a ? row : row * s->lda);
    const float *b = work->b + at_b + (s->transpose_b ? column * s->ldb : column);
    float *c = work->c + at_c + row * s->n + column;
    if (s->k == 0) {
        for (int64_t i = 0; i < m; i++) memset(c + i * s->n, 0, (size_t)n * sizeof *c);
        return;
    }
    cblas_sgemm(CblasRowMajor, s->transpose_a ? CblasTrans : CblasNoTrans,
                s->transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)s->k, 1.0f, a,
                (int)s->lda, b, (int)s->ldb, 0.0f, c, (int)s->n);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const openblas *self = (const openblas *)kernel;
    (void)queue;
    (void)workspace;
    job work = {.shape = sc_matmul_shape_make(&self->desc, launch->rows),
                .a = sc_cpu_memory(operands[0]),
                .b = sc_cpu_memory(operands[1]),
                .c = sc_cpu_memory(operands[self->desc.inputs])};
    work.tiles_down = sc_ceil_div(work.shape.m, TILE_ROWS);
    work.tiles_across = sc_ceil_div(work.shape.n, TILE_COLUMNS);
    sc_cpu_run(kernel->device, work.shape.batch * work.tiles_down * work.tiles_across, run_task,
               &work);
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const char *tuning) {
    openblas *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    sc_cpu_blas_single_thread();
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_matmul_openblas = {
    .op = SC_OP_MATMUL,
    .name = "openblas",
    .needs = SC_TRAIT_BLAS,
    .prepare = prepare,
};
