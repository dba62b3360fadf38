/* SPDX-License-Identifier: Apache-2.0 */
/* Scatter-add for GPUs (cl/index_sort.cl): the numbers of the rows, sorted by the entries of the
 * table that they name, lie in the workspace; a last launch adds each entry's rows up. ocl_index.c
 * has the form that reads all indices once per range of the table. It must not know graphs. */
#include "opencl/ocl_frame.h"

#include "cl/shape_sort.h"

#include <stdio.h>

enum { COUNT, PLACE, BOUNDS, ADD }; /* kernels */
enum { LOCAL = 64, WORD = 4, KEY_BITS = 32 };
enum { MOST_BITS = 8, LEAST_BITS = 5 }; /* of a digit */
/* Each tile reads the counts of all others, so there are so many at most. */
enum { TILES = 128 };
enum { FROM, TO, COUNTS, BOUND, PARTS }; /* of the workspace */

typedef struct scatter {
    sc_ocl_frame frame;
    sc_tensor_desc index;
    sc_shape_sort shape; /* without what the rows of a launch say */
    unsigned bits;       /* of a digit: no sum depends on them */
    size_t part[PARTS];  /* where it begins, in bytes */
} scatter;

static size_t divide(size_t value, size_t by) {
    return (value + by - 1) / by;
}

/* And the work-items of a group that sorts. */
static unsigned digits(const scatter *self) {
    return 1u << self->bits;
}

static sc_shape_sort shape_at(const scatter *self, int64_t rows) {
    sc_shape_sort shape = self->shape;
    shape.rows = (unsigned)sc_tensor_dim_at(&self->index, 0, rows);
    shape.tile = (unsigned)divide(divide(shape.rows, TILES), digits(self)) * digits(self);
    shape.tiles = shape.rows ? (unsigned)divide(shape.rows, shape.tile) : 0;
    return shape;
}

/* queue NULL: a warm-up, with a shape that says no work. */
static socle_status launch(scatter *self, sc_queue *queue, int kernel, const sc_operand *operands,
                           int count, const sc_shape_sort *shape, size_t global) {
    sc_ocl_call call;
    sc_ocl_call_begin(&call, sc_ocl_device_of(self->frame.base.device), queue,
                      &self->frame.kernel[kernel]);
    for (int i = 0; i < count; i++) sc_ocl_call_operand(&call, operands[i], WORD);
    sc_ocl_call_value(&call, shape, sizeof *shape);
    return queue ? sc_ocl_call_run(&call, &global) : sc_ocl_call_warm(&call, &global);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *values) {
    scatter *self = (scatter *)kernel;
    sc_shape_sort shape = shape_at(self, values->rows);
    const size_t items = (size_t)shape.tiles * digits(self);
    sc_operand part[PARTS];
    for (int i = 0; i < PARTS; i++)
        part[i] = (sc_operand){workspace.buffer, workspace.offset + self->part[i]};
    for (; shape.shift < KEY_BITS && shape.table >> shape.shift; shape.shift += self->bits) {
        const sc_operand to = part[TO];
        const sc_operand pass[] = {operands[0], part[FROM], part[COUNTS], to};
        SC_TRY(launch(self, queue, COUNT, pass, 3, &shape, items));
        SC_TRY(launch(self, queue, PLACE, pass, 4, &shape, items));
        part[TO] = part[FROM];
        part[FROM] = to;
    }
    const sc_operand bounds[] = {operands[0], part[FROM], part[BOUND]};
    const sc_operand add[] = {operands[1], part[FROM], part[BOUND], operands[2]};
    SC_TRY(launch(self, queue, BOUNDS, bounds, 3, &shape, (size_t)shape.table + 1));
    return launch(self, queue, ADD, add, 4, &shape, (size_t)shape.table * shape.columns);
}

static socle_status warm(scatter *self, sc_ocl_device *device) {
    const sc_operand nothing = sc_ocl_nothing(device);
    const sc_operand none[] = {nothing, nothing, nothing, nothing};
    const sc_shape_sort work = shape_at(self, sc_tensor_samples(&self->index));
    const sc_shape_sort idle = {0};
    const size_t items = (size_t)work.tiles * digits(self);
    SC_TRY(launch(self, NULL, COUNT, none, 3, &idle, items));
    SC_TRY(launch(self, NULL, PLACE, none, 4, &idle, items));
    SC_TRY(launch(self, NULL, BOUNDS, none, 3, &idle, (size_t)work.table + 1));
    return launch(self, NULL, ADD, none, 4, &idle, (size_t)work.table * work.columns);
}

static void divide_workspace(scatter *self) {
    const sc_shape_sort shape = shape_at(self, sc_tensor_samples(&self->index));
    const size_t words[PARTS] = {shape.rows, shape.rows, (size_t)shape.tiles * digits(self),
                                 (size_t)shape.table + 1};
    size_t end = 0;
    for (int i = 0; i < PARTS; i++) {
        self->part[i] = end;
        end += words[i] * WORD;
    }
    self->frame.base.workspace = end;
}

static socle_status create(scatter *self, sc_ocl_device *device) {
    static const char *const name[] = {"sort_count", "sort_place", "sort_bounds", "sort_add"};
    const sc_ocl_program *program = NULL;
    char options[32];
    snprintf(options, sizeof options, "-D SC_SORT_BITS=%u", self->bits);
    SC_TRY(sc_ocl_program_get(&program, device, NULL, "index_sort.cl", options));
    for (int i = COUNT; i <= ADD; i++) {
        const bool sorts = i == COUNT || i == PLACE;
        const size_t local = sorts ? digits(self) : LOCAL;
        SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[i], device, program, name[i], 1, &local,
                                    sorts));
    }
    return SOCLE_OK;
}

/* How many work-items a kernel may have is known when it is built. */
static socle_status build(scatter *self, sc_ocl_device *device) {
    self->bits = MOST_BITS;
    while (self->bits > LEAST_BITS && digits(self) > device->base.info.max_work_group) self->bits--;
    socle_status status = create(self, device);
    while (status == SOCLE_STATUS_UNSUPPORTED && self->bits > LEAST_BITS) {
        for (int i = COUNT; i <= ADD; i++) sc_ocl_kernel_destroy(&self->frame.kernel[i]);
        self->bits--;
        status = create(self, device);
    }
    SC_TRY(status);
    divide_workspace(self);
    return warm(self, device);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    const sc_tensor_desc *table = &desc->tensor[2];
    scatter *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    self->index = desc->tensor[0];
    self->shape.table = (unsigned)table->dim[0];
    self->shape.columns = (unsigned)(sc_tensor_elements(table) / table->dim[0]);
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device)));
}

const sc_implementation sc_ocl_scatter_add_sorted = {.op = SC_OP_SCATTER_ADD,
                                                     .name = "sorted",
                                                     .needs = SC_TRAIT_MANY_ITEMS |
                                                              SC_TRAIT_LOCAL_MEMORY,
                                                     .canonical = true,
                                                     .prepare = prepare};
