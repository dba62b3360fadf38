/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions: partial results over chunks that depend on the shape alone, then their combination
 * (cl/reduce.cl), so the bits never depend on compute units or on the plan's capacity. `group`
 * gives a work-group to each partial result (GPUs), `lanes` one work-item with sixteen accumulators
 * (CPU-class devices, and the reference). */
#include "opencl/ocl_frame.h"
#include "opencl/ocl_reduce_text.h"

#include <string.h>

enum {
    GROUP = 256,
    FINAL = 64,
    ROW_PIECE = 4096,
    COLUMN_PIECE = 512,
    PART_ELEMENTS = 8192,
    COLUMN_ELEMENTS = 16384,
    ITEM_ELEMENTS = 4, /* of a group, before items share a result */
    UNKNOWN_WIDTH = 64 /* results side by side where their number follows the samples */
};

enum { FIRST, LAST }; /* kernels: the sums of parts, and their sums where there are several */

typedef struct reduce {
    sc_ocl_frame frame;
    sc_ocl_space space;
    sc_ocl_reduce_streams streams;
    bool by_group;
    int inputs, outputs;
    uint32_t used;
    size_t element[SC_EXPR_INPUTS], result_element[SC_EXPR_OUTPUTS];
    int64_t capacity;
} reduce;

static void describe(reduce *self, const sc_op_desc *desc) {
    const sc_tensor_desc shape = sc_op_space(desc);
    sc_ocl_space *space = &self->space;
    sc_ocl_space_init(space, &shape);
    for (int d = 0; d < shape.rank; d++) space->reduced[d] = desc->attr.reduce.axes >> d & 1;
    for (int i = 0; i < desc->inputs && i < SC_EXPR_INPUTS; i++)
        if (self->used >> i & 1)
            self->streams.operand[i] = sc_ocl_space_operand(space, &shape, &desc->tensor[i]);
    sc_ocl_space_places(space, &self->streams.places, desc->expr);
    sc_ocl_space_collapse(space);
    sc_ocl_space_sort(space);
    for (int g = 0; g + 1 < space->groups; g++) self->streams.kept_groups += !space->reduced[g];
    self->capacity = sc_tensor_samples(&shape);
}

static unsigned at_least_one(unsigned value) {
    return value ? value : 1;
}

/* A power of two, at least 8 and at most a group: as many items as `elements` keep busy. */
static unsigned lanes_for(int64_t elements) {
    unsigned lanes = 8;
    while (lanes < GROUP && lanes < elements) lanes *= 2;
    return lanes;
}

/* How many results lie side by side in a group; no size that the rows change decides. */
static unsigned lanes_first(const reduce *self) {
    const sc_ocl_space *space = &self->space;
    int last = space->groups - 1;
    bool inside = space->batched && space->rows_group == last;
    int64_t elements = 1;
    if (!space->reduced[last])
        return GROUP / (inside ? UNKNOWN_WIDTH : lanes_for(space->size[last]));
    for (int g = 0; g <= last; g++) {
        if (!space->reduced[g]) continue;
        if (space->batched && space->rows_group == g) return GROUP;
        if (!sc_mul_i64(&elements, elements, space->size[g])) return GROUP;
    }
    return lanes_for(elements / ITEM_ELEMENTS);
}

static unsigned lanes_last(const reduce *self, const sc_shape_space *shape) {
    const sc_ocl_space *space = &self->space;
    bool fixed = !space->batched || space->reduced[space->rows_group];
    unsigned width = 1;
    if (!fixed) return GROUP / UNKNOWN_WIDTH;
    while (width < GROUP && width < shape->kept) width *= 2;
    return GROUP / width;
}

static unsigned parts_of(uint64_t elements, unsigned chunk) {
    return at_least_one((unsigned)((elements + chunk - 1) / chunk));
}

/* Rows inside: the inner size follows the samples, so no chunk may depend on it. */
static void arrange_rows(const reduce *self, sc_shape_space *shape, bool rows_inside) {
    const unsigned row =
        rows_inside || shape->inner > ROW_PIECE ? ROW_PIECE : at_least_one(shape->inner);
    shape->piece = ROW_PIECE;
    shape->pieces = (shape->inner + ROW_PIECE - 1) / ROW_PIECE;
    shape->chunk = self->by_group ? PART_ELEMENTS / row : SC_REDUCE_ROW_PART;
    shape->parts = parts_of(
        (uint64_t)shape->outer * (self->by_group ? shape->pieces : shape->inner), shape->chunk);
    shape->together =
        at_least_one(PART_ELEMENTS / 2 / at_least_one(shape->outer * shape->pieces * row));
}

static void arrange_columns(const reduce *self, sc_shape_space *shape, bool rows_inside) {
    const unsigned row =
        rows_inside || shape->inner > COLUMN_PIECE ? COLUMN_PIECE : at_least_one(shape->inner);
    shape->kept *= shape->inner;
    shape->piece = COLUMN_PIECE;
    shape->pieces = (shape->inner + COLUMN_PIECE - 1) / COLUMN_PIECE;
    shape->chunk = self->by_group ? COLUMN_ELEMENTS / row : SC_REDUCE_COLUMN_PART;
    shape->parts = parts_of(shape->outer, shape->chunk);
}

/* How the work of `rows` is divided. Chunks depend on sizes that the rows do not change. */
static void arrange(const reduce *self, sc_shape_space *shape, int64_t rows) {
    const sc_ocl_space *space = &self->space;
    int last = space->groups - 1;
    bool rows_inside = space->batched && space->rows_group == last;
    sc_ocl_space_shape(shape, space, rows);
    shape->lanes = lanes_first(self);
    shape->outer = shape->kept = 1;
    for (int g = 0; g < last; g++)
        *(space->reduced[g] ? &shape->outer : &shape->kept) *= shape->size[g];
    if (space->reduced[last])
        arrange_rows(self, shape, rows_inside);
    else
        arrange_columns(self, shape, rows_inside);
}

static size_t divide(size_t value, size_t by) {
    return (value + by - 1) / by;
}

static void first_global(const reduce *self, const sc_shape_space *shape, size_t global[2]) {
    bool columns = !self->space.reduced[self->space.groups - 1];
    size_t kept_rows = columns ? (shape->inner ? shape->kept / shape->inner : 0) : shape->kept;
    size_t width = GROUP / shape->lanes;
    global[1] = shape->parts;
    if (self->by_group)
        global[0] =
            GROUP * (columns ? kept_rows * divide(shape->inner, width) : divide(kept_rows, width));
    else
        global[0] = columns ? kept_rows * shape->pieces : divide(kept_rows, shape->together);
}

/* A group shares its results, a lone work-item has a block of them. */
static size_t final_global(const reduce *self, const sc_shape_space *shape) {
    return self->by_group ? GROUP * divide(shape->kept, GROUP / shape->lanes)
                          : divide(shape->kept, FINAL);
}

static size_t workspace_bytes(const reduce *self, const sc_shape_space *shape) {
    if (shape->parts == 1) return 0;
    return (size_t)self->outputs * shape->parts * shape->kept * sizeof(float);
}

static void add_results(sc_ocl_call *call, const reduce *self, const sc_operand *operands) {
    for (int k = 0; k < self->outputs; k++)
        sc_ocl_call_operand(call,
                            operands ? operands[self->inputs + k] : sc_ocl_nothing(call->device),
                            self->result_element[k]);
}

static void add_first(sc_ocl_call *call, const reduce *self, const sc_operand *operands,
                      sc_operand workspace, const sc_shape_space *shape) {
    for (int i = 0; i < self->inputs; i++)
        if (self->used >> i & 1)
            sc_ocl_call_operand(call, operands ? operands[i] : sc_ocl_nothing(call->device),
                                self->element[i]);
    sc_ocl_call_operand(call, workspace, sizeof(float));
    add_results(call, self, operands);
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static void add_final(sc_ocl_call *call, const reduce *self, const sc_operand *operands,
                      sc_operand workspace, const sc_shape_space *shape) {
    sc_ocl_call_operand(call, workspace, sizeof(float));
    add_results(call, self, operands);
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    reduce *self = (reduce *)kernel;
    sc_ocl_device *device = sc_ocl_device_of(kernel->device);
    sc_shape_space shape;
    sc_ocl_call call;
    size_t global[2];
    arrange(self, &shape, launch->rows);
    if (shape.kept == 0) return SOCLE_OK;
    sc_ocl_launch_values(&shape.launch, launch);
    first_global(self, &shape, global);
    sc_ocl_call_begin(&call, device, queue, &self->frame.kernel[FIRST]);
    /* With one part nothing is put there, but some drivers want a buffer. */
    add_first(&call, self, operands, workspace.buffer ? workspace : sc_ocl_nothing(device), &shape);
    SC_TRY(sc_ocl_call_run(&call, global));
    if (shape.parts == 1) return SOCLE_OK;
    shape.lanes = lanes_last(self, &shape);
    global[0] = final_global(self, &shape);
    sc_ocl_call_begin(&call, device, queue, &self->frame.kernel[LAST]);
    add_final(&call, self, operands, workspace, &shape);
    return sc_ocl_call_run(&call, global);
}

static socle_status warm_up(reduce *self, sc_ocl_device *device) {
    sc_shape_space shape,
        nothing = {.inner = 1, .pieces = 1, .parts = 0, .together = 1, .lanes = 1};
    sc_ocl_call call;
    size_t largest[2], final;
    arrange(self, &shape, self->capacity);
    self->frame.base.workspace = workspace_bytes(self, &shape);
    first_global(self, &shape, largest);
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[FIRST]);
    add_first(&call, self, NULL, sc_ocl_nothing(device), &nothing);
    SC_TRY(sc_ocl_call_warm(&call, largest));
    if (shape.parts == 1) return SOCLE_OK;
    shape.lanes = lanes_last(self, &shape);
    final = final_global(self, &shape);
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[LAST]);
    add_final(&call, self, NULL, sc_ocl_nothing(device), &nothing);
    return sc_ocl_call_warm(&call, &final);
}

/* Index arithmetic in the kernels has 32 bits; broadcast operands can span more. */
static socle_status check_size(const reduce *self, sc_env *env) {
    int64_t elements = self->outputs;
    for (int g = 0; g < self->space.groups; g++)
        if (!sc_mul_i64(&elements, elements, self->space.size[g]) || elements > INT32_MAX)
            return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                           "reduce: an index space of 2^31 elements or more");
    return SOCLE_OK;
}

static socle_status build(reduce *self, sc_ocl_device *device, const sc_op_desc *desc) {
    const size_t one[2] = {1, 1}, group[2] = {GROUP, 1};
    const sc_ocl_program *program = NULL;
    sc_text text, defines;
    describe(self, desc);
    SC_TRY(check_size(self, device->base.env));
    sc_text_init(&text, device->base.env);
    sc_ocl_reduce_text(&text, desc, &self->space, &self->streams);
    sc_text_init(&defines, device->base.env);
    if (self->by_group) sc_text_add(&defines, "-D SC_BY_GROUP");
    SC_TRY(sc_ocl_frame_program(&program, device, &text, "reduce.cl", &defines));
    sc_ocl_kernel *kernel = self->frame.kernel;
    if (self->by_group) {
        SC_TRY(
            sc_ocl_kernel_create(&kernel[FIRST], device, program, "reduce_group", 2, group, true));
        SC_TRY(sc_ocl_kernel_create(&kernel[LAST], device, program, "reduce_final_group", 1, group,
                                    true));
    } else {
        SC_TRY(sc_ocl_kernel_create(&kernel[FIRST], device, program, "reduce_lanes", 2, one, true));
        SC_TRY(sc_ocl_kernel_create(&kernel[LAST], device, program, "reduce_final", 1, one, true));
    }
    return warm_up(self, device);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    reduce *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    self->by_group = strcmp(implementation->name, "group") == 0;
    self->inputs = desc->inputs;
    self->outputs = desc->outputs;
    self->used = sc_expr_used_inputs(desc->expr);
    for (int i = 0; i < desc->inputs && i < SC_EXPR_INPUTS; i++)
        self->element[i] = sc_dtype_size(desc->tensor[i].dtype);
    for (int k = 0; k < desc->outputs; k++)
        self->result_element[k] = sc_dtype_size(desc->tensor[desc->inputs + k].dtype);
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device), desc));
}

const sc_implementation sc_ocl_reduce_group = {.op = SC_OP_REDUCE,
                                               .name = "group",
                                               .storage = SC_STORAGE_ANY,
                                               .needs = SC_TRAIT_MANY_ITEMS,
                                               .prepare = prepare};
const sc_implementation sc_ocl_reduce_lanes = {.op = SC_OP_REDUCE,
                                               .name = "lanes",
                                               .storage = SC_STORAGE_ANY,
                                               .canonical = true,
                                               .prepare = prepare};
