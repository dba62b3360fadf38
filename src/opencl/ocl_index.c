/* SPDX-License-Identifier: Apache-2.0 */
/* Gather, scatter-add, put-rows and argmax (cl/index.cl). One kernel each; `wide` gives a work-item
 * many columns (CPU-class devices), `thin` one (GPUs, and the reference; but see ocl_scatter.c). A
 * table that put-rows may not write over is copied first. */
#include "opencl/ocl_frame.h"

#include "cl/shape_rows.h"

#include <string.h>

enum { WIDE_PIECE = 1024, WIDE_ELEMENTS = 4096, LOCAL = 64, OPERANDS = 4 };
/* Scatter-add reads all indices once per range of the table: so many times at most, however long
 * the table is. Beside that its work is that of the rows it adds, and of writing the table. */
enum { TABLE_CHUNK = 256, TABLE_RANGES = 64 };

typedef struct rows_kernel {
    sc_ocl_frame frame;
    sc_op op;
    bool wide;
    sc_tensor_desc tensor[OPERANDS];
    size_t element[OPERANDS];
    int operands;
} rows_kernel;

/* Takes its index second, and writes or reads as many rows as there are numbers. */
static bool moves(sc_op op) {
    return op == SC_OP_GATHER || op == SC_OP_PUT_ROWS;
}

static size_t divide(size_t value, size_t by) {
    return (value + by - 1) / by;
}

/* Elements per entry of the first dimension. */
static unsigned row_size(const sc_tensor_desc *tensor) {
    return (unsigned)(sc_tensor_elements(tensor) / tensor->dim[0]);
}

static void arrange(const void *frame, void *sizes, size_t *global, int64_t rows) {
    const rows_kernel *self = frame;
    sc_shape_rows *shape = sizes;
    const sc_tensor_desc *tensor = self->tensor;
    *shape = (sc_shape_rows){0};
    if (self->op == SC_OP_ARGMAX) {
        shape->columns = (unsigned)tensor[0].dim[tensor[0].rank - 1];
        shape->rows = (unsigned)(sc_tensor_elements_at(&tensor[0], rows) / shape->columns);
        shape->chunk =
            self->wide && shape->columns < WIDE_ELEMENTS ? WIDE_ELEMENTS / shape->columns : 1;
        *global = divide(shape->rows, shape->chunk);
        return;
    }
    bool by_index = moves(self->op);
    const sc_tensor_desc *table = &tensor[by_index ? 0 : 2];
    shape->rows = (unsigned)sc_tensor_dim_at(&tensor[by_index ? 1 : 0], 0, rows);
    shape->columns = row_size(table);
    shape->table = (unsigned)table->dim[0];
    shape->piece = self->wide ? WIDE_PIECE : 1;
    size_t taken = shape->columns < shape->piece ? shape->columns : shape->piece;
    shape->chunk = by_index && self->wide ? (unsigned)(WIDE_ELEMENTS / taken) : 1;
    if (!by_index) {
        shape->chunk = (unsigned)divide(shape->table, TABLE_RANGES);
        if (shape->chunk < TABLE_CHUNK) shape->chunk = TABLE_CHUNK;
    }
    shape->pieces = (unsigned)divide(shape->columns, shape->piece);
    *global = shape->pieces * divide(by_index ? shape->rows : shape->table, shape->chunk);
}

static void add_arguments(sc_ocl_call *call, const void *frame, const sc_operand *operands,
                          const void *shape, const sc_launch *launch) {
    const rows_kernel *self = frame;
    const int first = self->op == SC_OP_PUT_ROWS; /* the table lies where the result does */
    (void)launch;
    sc_ocl_frame_operands(call, operands ? operands + first : NULL, self->operands - first,
                          self->element + first);
    sc_ocl_call_value(call, shape, sizeof(sc_shape_rows));
}

static const sc_shape_rows nothing = {.chunk = 1, .piece = 1, .pieces = 1};
static const sc_ocl_single single = {sizeof(sc_shape_rows), &nothing, arrange, add_arguments};

static socle_status build(rows_kernel *self, sc_ocl_device *device) {
    const char *name = self->op == SC_OP_ARGMAX ? "argmax_rows" : sc_op_word(self->op);
    const size_t local = self->wide ? 1 : LOCAL;
    const sc_ocl_program *program = NULL;
    SC_TRY(sc_ocl_program_get(&program, device, NULL, "index.cl",
                              moves(self->op) ? sc_ocl_element_option(self->element[0]) : NULL));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[0], device, program, name, 1, &local, false));
    int64_t capacity = sc_tensor_samples(&self->tensor[moves(self->op)]);
    return sc_ocl_single_warm(&self->frame, capacity);
}

static socle_status put_rows(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                             sc_operand workspace, const sc_launch *launch) {
    const rows_kernel *self = (const rows_kernel *)kernel;
    const bool in_place =
        operands[0].buffer == operands[3].buffer && operands[0].offset == operands[3].offset;
    if (!in_place)
        SC_TRY(sc_queue_copy(queue, operands[3], operands[0], sc_tensor_bytes(&self->tensor[0])));
    return sc_ocl_single_enqueue(kernel, queue, operands, workspace, launch);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    rows_kernel *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation,
                               desc->op == SC_OP_PUT_ROWS ? put_rows : sc_ocl_single_enqueue));
    self->frame.single = &single;
    self->op = desc->op;
    self->wide = strcmp(implementation->name, "wide") == 0;
    self->operands = desc->inputs + desc->outputs;
    for (int i = 0; i < self->operands; i++) {
        self->tensor[i] = desc->tensor[i];
        self->element[i] = sc_dtype_size(desc->tensor[i].dtype);
    }
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device)));
}

const sc_implementation sc_ocl_gather_wide = {.op = SC_OP_GATHER,
                                              .name = "wide",
                                              .needs = SC_TRAIT_WIDE_ITEMS,
                                              .storage = SC_STORAGE_MOVED,
                                              .canonical = true,
                                              .prepare = prepare};
const sc_implementation sc_ocl_gather_thin = {.op = SC_OP_GATHER,
                                              .name = "thin",
                                              .storage = SC_STORAGE_MOVED,
                                              .canonical = true,
                                              .prepare = prepare};
const sc_implementation sc_ocl_scatter_add_wide = {.op = SC_OP_SCATTER_ADD,
                                                   .name = "wide",
                                                   .needs = SC_TRAIT_WIDE_ITEMS,
                                                   .canonical = true,
                                                   .prepare = prepare};
const sc_implementation sc_ocl_scatter_add_thin = {
    .op = SC_OP_SCATTER_ADD, .name = "thin", .canonical = true, .prepare = prepare};
const sc_implementation sc_ocl_put_rows_wide = {.op = SC_OP_PUT_ROWS,
                                                .name = "wide",
                                                .needs = SC_TRAIT_WIDE_ITEMS,
                                                .storage = SC_STORAGE_MOVED,
                                                .canonical = true,
                                                .prepare = prepare};
const sc_implementation sc_ocl_put_rows_thin = {.op = SC_OP_PUT_ROWS,
                                                .name = "thin",
                                                .storage = SC_STORAGE_MOVED,
                                                .canonical = true,
                                                .prepare = prepare};
const sc_implementation sc_ocl_argmax_wide = {.op = SC_OP_ARGMAX,
                                              .name = "wide",
                                              .needs = SC_TRAIT_WIDE_ITEMS,
                                              .canonical = true,
                                              .prepare = prepare};
const sc_implementation sc_ocl_argmax_thin = {
    .op = SC_OP_ARGMAX, .name = "thin", .canonical = true, .prepare = prepare};
