/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products by our own register tiles: B is packed into panels, then tasks of some rows and
 * columns of C read A where it lies. Every element of C is one chain of multiply-adds over K in
 * order, whatever the tiles, rows and threads; a tail is applied to each block of C while it is in
 * the cache.
 *
 *     B [K][N] -> panels [N / columns][K][columns]
 *
 * Where C is one block high, as in the prediction of a few samples, each panel is read by one task
 * alone: then the task packs it piece by piece beside itself, and B goes through memory once. */
#include "cpu/cpu_impls.h"
#include "cpu/cpu_matmul.h"
#include "cpu/cpu_program.h"

#include <string.h>

enum { TASK_ROWS = 48, TASK_COLUMNS = 256, DEPTH = 256, PACK_ELEMENTS = 65536 };

typedef struct packed {
    sc_cpu_kernel base;
    sc_op_desc desc;
    const sc_cpu_isa *isa;
    sc_cpu_tile_loop *rows_tile;
    bool has_tail;
    sc_cpu_program tail;
} packed;

typedef struct job {
    const packed *self;
    const sc_operand *operands;
    sc_operand workspace;
    const sc_launch *launch;
    sc_matmul_shape shape;
    int64_t products_b; /* distinct B matrices */
    int64_t panels, panel_floats, pack_panels;
    int64_t blocks_down, blocks_across;
    float *packed_b;
    bool beside; /* tasks pack what they read */
} job;

typedef struct range {
    int64_t begin, end;
} range;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* At the beginning of a worker's scratch memory: a piece of a panel. */
static size_t panel_bytes(const packed *self) {
    return (size_t)(DEPTH * *self->isa->tile_columns) * sizeof(float);
}

/* One panel from `column` on, at depths k0 .. k0 + depth. */
static void pack(const job *work, float *to, const float *b, int64_t column, int64_t k0,
                 int64_t depth) {
    const sc_matmul_shape *s = &work->shape;
    const sc_cpu_isa *isa = work->self->isa;
    int64_t columns = *isa->tile_columns, count = smaller(columns, s->n - column);
    if (s->transpose_b)
        isa->pack_panel(to, columns, b + column * s->ldb + k0, s->ldb, 1, count, depth);
    else
        isa->pack_panel(to, columns, b + column + k0 * s->ldb, 1, s->ldb, count, depth);
}

static void pack_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const sc_matmul_shape *s = &work->shape;
    int64_t columns = *work->self->isa->tile_columns;
    int64_t groups = sc_ceil_div(work->panels, work->pack_panels);
    int64_t product = index / groups, first = index % groups * work->pack_panels;
    int64_t last = smaller(work->panels, first + work->pack_panels);
    const float *b = (const float *)sc_cpu_memory(work->operands[1]) + product * s->k * s->n;
    (void)worker;
    for (int64_t panel = first; panel < last; panel++)
        pack(work, work->packed_b + (product * work->panels + panel) * work->panel_floats, b,
             panel * columns, 0, s->k);
}

/* One register tile at depth k0 .. k0 + depth, where `panel` begins; tiles that stick out of C are
 * computed beside it. */
static void tile_at(const job *work, const float *a, const float *panel, float *c, int rows,
                    int64_t k0, int64_t depth, int64_t width) {
    const sc_matmul_shape *s = &work->shape;
    const sc_cpu_isa *isa = work->self->isa;
    int64_t columns = *isa->tile_columns, row_step = s->transpose_a ? 1 : s->lda;
    float beside[SC_CPU_TILE_ROWS * 64];
    bool inside = width == columns;
    sc_cpu_tile tile = {
        .tile = inside ? c : beside,
        .pitch = inside ? s->n : columns,
        .rows = rows,
        .add = k0 > 0,
        .panel = panel,
        .value = a + k0 * (s->transpose_a ? s->lda : 1),
        .depth = depth,
        .step = s->transpose_a ? s->lda : 1,
        .lines = 1,
    };
    for (int i = 0; i < rows; i++) tile.row_offset[i] = i * row_step;
    for (int i = 0; !inside && tile.add && i < rows; i++)
        memcpy(beside + i * columns, c + i * s->n, (size_t)width * sizeof *c);
    work->self->rows_tile(&tile);
    for (int i = 0; !inside && i < rows; i++)
        memcpy(c + i * s->n, beside + i * columns, (size_t)width * sizeof *c);
}

static void apply_tail(const job *work, int64_t product, int64_t row, int64_t rows, int64_t column,
                       int64_t count, int worker) {
    const packed *self = work->self;
    const sc_matmul_shape *s = &work->shape;
    float *c = sc_cpu_memory(work->operands[self->desc.inputs]);
    sc_cpu_frame frame;
    frame.program = &self->tail;
    frame.launch = work->launch;
    char *scratch = sc_cpu_scratch(&self->base, work->workspace, worker);
    frame.scratch = scratch + panel_bytes(self);
    frame.input[0] = frame.output[0] = c;
    for (int i = 1; i < self->tail.inputs; i++)
        frame.input[i] = sc_cpu_memory(work->operands[1 + i]);
    sc_cpu_frame_begin(&frame, count);
    for (int64_t i = row; i < row + rows; i++)
        sc_cpu_frame_run(&frame, (product * s->m + i) * s->n + column, count);
}

/* Tiles of all rows over one range of depths and the panels of some columns. */
static void fill_tiles(const job *work, const float *a, float *c, const range *rows,
                       const range *across, const range *depths, const float *panel,
                       int64_t panel_step) {
    const sc_matmul_shape *s = &work->shape;
    const sc_cpu_isa *isa = work->self->isa;
    int64_t columns = *isa->tile_columns;
    for (int64_t i = rows->begin; i < rows->end; i += *isa->tile_rows) {
        int count = (int)smaller(*isa->tile_rows, rows->end - i);
        for (int64_t j = across->begin; j < across->end; j += columns)
            tile_at(work, a + (s->transpose_a ? i : i * s->lda),
                    panel + (j - across->begin) / columns * panel_step, c + i * s->n + j, count,
                    depths->begin, depths->end - depths->begin, smaller(columns, across->end - j));
    }
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const packed *self = work->self;
    const sc_matmul_shape *s = &work->shape;
    int64_t columns = *self->isa->tile_columns, at_a, at_b, at_c;
    int64_t column = index % work->blocks_across * TASK_COLUMNS;
    int64_t row = index / work->blocks_across % work->blocks_down * TASK_ROWS;
    int64_t product = index / (work->blocks_across * work->blocks_down);
    const range rows = {row, smaller(s->m, row + TASK_ROWS)};
    const range across = {column, smaller(s->n, column + TASK_COLUMNS)};
    sc_matmul_offsets(s, product, &at_a, &at_b, &at_c);
    const float *a = (const float *)sc_cpu_memory(work->operands[0]) + at_a;
    const float *b = (const float *)sc_cpu_memory(work->operands[1]) + at_b;
    float *c = (float *)sc_cpu_memory(work->operands[self->desc.inputs]) + at_c;
    float *beside = (float *)(void *)sc_cpu_scratch(&self->base, work->workspace, worker);
    for (int64_t k = 0; k < s->k || k == 0; k += DEPTH) {
        const range depths = {k, k + smaller(DEPTH, s->k - k)};
        if (!work->beside) {
            int64_t first = (s->k ? at_b / (s->k * s->n) : 0) * work->panels + column / columns;
            fill_tiles(work, a, c, &rows, &across, &depths,
                       work->packed_b + first * work->panel_floats + k * columns,
                       work->panel_floats);
            continue;
        }
        for (int64_t j = across.begin; j < across.end; j += columns) {
            const range panel = {j, smaller(across.end, j + columns)};
            pack(work, beside, b, j, k, depths.end - k);
            fill_tiles(work, a, c, &rows, &panel, &depths, beside, 0);
        }
    }
    if (self->has_tail)
        apply_tail(work, product, row, rows.end - row, column, across.end - column, worker);
}

/* Everything about B follows from its shape and the instruction set. */
static void measure_b(const packed *self, int64_t rows, job *work) {
    const sc_tensor_desc *b = &self->desc.tensor[1];
    work->shape = sc_matmul_shape_make(&self->desc, rows);
    work->products_b = 1;
    for (int d = 0; d < b->rank - 2; d++) work->products_b *= sc_tensor_dim_at(b, d, rows);
    work->panels = sc_ceil_div(work->shape.n, *self->isa->tile_columns);
    work->panel_floats = work->shape.k * *self->isa->tile_columns;
    int64_t wanted = work->panel_floats ? PACK_ELEMENTS / work->panel_floats : 1;
    work->pack_panels = wanted > 1 ? wanted : 1;
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const packed *self = (const packed *)kernel;
    job work = {.self = self,
                .operands = operands,
                .workspace = workspace,
                .launch = launch,
                .packed_b = sc_cpu_memory(workspace)};
    (void)queue;
    measure_b(self, launch->rows, &work);
    work.blocks_down = sc_ceil_div(work.shape.m, TASK_ROWS);
    work.blocks_across = sc_ceil_div(work.shape.n, TASK_COLUMNS);
    int64_t tasks = work.shape.batch * work.blocks_down * work.blocks_across;
    if (tasks == 0) return SOCLE_OK;
    work.beside = work.blocks_down == 1 && work.shape.batch == work.products_b;
    if (!work.beside)
        sc_cpu_run(kernel->device, work.products_b * sc_ceil_div(work.panels, work.pack_panels),
                   pack_task, &work);
    sc_cpu_run(kernel->device, tasks, run_task, &work);
    return SOCLE_OK;
}

static void prepare_tail(packed *self, sc_device *device, const sc_op_desc *desc) {
    sc_tensor_desc input[SC_EXPR_INPUTS];
    if (!desc->tail) return;
    self->has_tail = true;
    input[0] = desc->tensor[desc->inputs];
    for (int i = 1; i < desc->tail->inputs; i++) input[i] = desc->tensor[1 + i];
    sc_cpu_program_init(&self->tail, device, desc->tail, &input[0], input, &input[0]);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    packed *self;
    job work;
    size_t bytes = sizeof(float);
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    self->isa = sc_cpu_device_of(device)->isa;
    self->rows_tile = desc->portable ? self->isa->exact_rows_tile : self->isa->rows_tile;
    socle_status status = SOCLE_OK;
    prepare_tail(self, device, desc);
    const sc_tensor_desc *batched = &desc->tensor[desc->tensor[0].rows_per_sample ? 0 : 1];
    measure_b(self, sc_tensor_samples(batched), &work);
    if (status == SOCLE_OK && !(sc_mul_size(&bytes, bytes, (size_t)work.products_b) &&
                                sc_mul_size(&bytes, bytes, (size_t)work.panels) &&
                                sc_mul_size(&bytes, bytes, (size_t)work.panel_floats)))
        status = sc_fail(device->env, SOCLE_STATUS_OUT_OF_MEMORY,
                         "matmul: packed B exceeds the address space");
    self->base.base.workspace = bytes;
    if (status == SOCLE_OK)
        status = sc_cpu_scratch_plan(&self->base,
                                     panel_bytes(self) + sc_cpu_program_scratch(&self->tail));
    if (status != SOCLE_OK) {
        sc_kernel_release(&self->base.base);
        return status;
    }
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_matmul_packed = {
    .op = SC_OP_MATMUL,
    .name = "packed",
    .fuses_tail = true,
    .canonical = true,
    .prepare = prepare,
};
