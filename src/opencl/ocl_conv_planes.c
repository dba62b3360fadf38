/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolutions with few channels to a group, depthwise ones above all, and their gradients for
 * GPU-class devices (cl/conv_planes.cl, cl/conv_planes_weight.cl). As products they have so few
 * rows that most of a tile of ocl_conv_tile.c would compute nothing. It must not know graphs or
 * compute units.
 */
#include "opencl/ocl_conv.h"

#include "cl/shape_planes.h"
#include "cl/shape_tile.h"

enum { COMPUTE, ADD }; /* kernels; ADD: of the gradient by the weights */
/* Channels and filters of a group at most; taps, by the weights each has a register of its own; the
 * local memory that every device has. */
enum { MOST_CHANNELS = 8, MOST_TAPS = 49, MOST_WEIGHT_TAPS = 25, LOCAL_BYTES = 32768 };
/* Work-items of a group; its columns; rows of one of them (SC_ROWS). */
enum { ITEMS = 128, LEAST_ITEMS = 32, MOST_COLUMNS = 32, ROWS = 4, ADD_ITEMS = 64 };
/* Positions of a partial sum, about. */
enum { CHUNK_POSITIONS = 2048 };

typedef struct planes {
    sc_ocl_frame frame;
    sc_op_desc desc; /* without expressions, which are borrowed */
    sc_ocl_tail tail;
    int items[3]; /* of a group, along x, y and planes */
} planes;

/* Positions of a plane, or of one phase of it, and the first one, along either axis. */
typedef struct positions {
    int height, width, first_y, first_x;
} positions;

static positions positions_of(sc_op op, const sc_shape_conv *s) {
    if (op != SC_OP_CONV2D_GRAD_INPUT)
        return (positions){.height = s->output_height, .width = s->output_width};
    const int y = s->pad_top / s->stride_y, x = s->pad_left / s->stride_x;
    return (positions){(s->pad_top + s->height - 1) / s->stride_y - y + 1,
                       (s->pad_left + s->width - 1) / s->stride_x - x + 1, y, x};
}

static int phases_of(sc_op op, const sc_shape_conv *s) {
    return op == SC_OP_CONV2D_GRAD_INPUT ? s->stride_y * s->stride_x : 1;
}

/* The least power of two that is not below `value`, but `most` at most. */
static int power_of_two(int value, int most) {
    int power = 1;
    while (power < value && 2 * power <= most) power *= 2;
    return power;
}

/* Small planes share a group. */
static void divide_items(int items[3], sc_op op, const sc_shape_conv *s, int all) {
    const positions p = positions_of(op, s);
    items[0] = power_of_two(p.width, MOST_COLUMNS < all ? MOST_COLUMNS : all);
    items[1] = power_of_two((p.height + ROWS - 1) / ROWS, all / items[0]);
    items[2] = all / items[0] / items[1];
}

static int64_t reach(int kernel, int dilation, int stride) {
    return ((int64_t)(kernel - 1) * dilation + stride - 1) / stride;
}

/* What the kernel keeps of the source, or of sums. */
static int64_t local_bytes(const int items[3], sc_op op, const sc_shape_conv *s) {
    const bool by_input = op == SC_OP_CONV2D_GRAD_INPUT;
    const int64_t step_y = by_input ? 1 : s->stride_y, step_x = by_input ? 1 : s->stride_x;
    const int64_t rows = (ROWS * items[1] - 1) * step_y + 1 +
                         reach(s->kernel_height, s->dilation_y, by_input ? s->stride_y : 1);
    const int64_t columns = (items[0] - 1) * step_x + 1 +
                            reach(s->kernel_width, s->dilation_x, by_input ? s->stride_x : 1);
    const int64_t sums = op == SC_OP_CONV2D_GRAD_WEIGHT
                             ? (int64_t)s->kernel_height * s->kernel_width * items[0] * items[1]
                             : 0;
    if (rows > LOCAL_BYTES || columns > LOCAL_BYTES) return INT64_MAX;
    return (int64_t)sizeof(float) * items[2] * (rows * columns > sums ? rows * columns : sums) +
           (int64_t)sizeof(unsigned) * items[2];
}

static sc_shape_planes shape_at(const planes *self, int64_t rows) {
    const sc_op op = self->desc.op;
    const bool by_input = op == SC_OP_CONV2D_GRAD_INPUT;
    const sc_shape_conv s = sc_conv_shape_at(&self->desc, rows);
    const positions p = positions_of(op, &s);
    const int64_t together = (int64_t)self->items[2] * s.output_height * s.output_width;
    const int64_t rounds = CHUNK_POSITIONS / together;
    return (sc_shape_planes){
        .samples = s.samples,
        .source_channels = by_input ? s.filters : s.channels,
        .source_group = (by_input ? s.filters : s.channels) / s.groups,
        .source_height = by_input ? s.output_height : s.height,
        .source_width = by_input ? s.output_width : s.width,
        .target_channels = by_input ? s.channels : s.filters,
        .target_group = (by_input ? s.channels : s.filters) / s.groups,
        .target_height = by_input ? s.height : s.output_height,
        .target_width = by_input ? s.width : s.output_width,
        .pad_top = s.pad_top,
        .pad_left = s.pad_left,
        .first_y = p.first_y,
        .first_x = p.first_x,
        .tiles_y = (int)sc_ceil_div(p.height, ROWS * self->items[1]),
        .tiles_x = (int)sc_ceil_div(p.width, self->items[0]),
        .chunk = self->items[2] * (int)(rounds > 1 ? rounds : 1),
    };
}

/* By the weights: partial sums of each weight; one where there are no samples, which is zero. */
static int chunks_of(const sc_shape_planes *shape) {
    return shape->samples > 0 ? (int)sc_ceil_div(shape->samples, shape->chunk) : 1;
}

static size_t weights_of(const planes *self) {
    return (size_t)sc_tensor_elements(&self->desc.tensor[self->desc.inputs]);
}

static size_t grid(const planes *self, const sc_shape_planes *shape) {
    const sc_shape_conv s = sc_conv_shape(&self->desc);
    const size_t items = (size_t)self->items[0] * (size_t)self->items[1] * (size_t)self->items[2];
    if (self->desc.op == SC_OP_CONV2D_GRAD_WEIGHT)
        return (size_t)chunks_of(shape) * (size_t)shape->target_channels *
               (size_t)shape->source_group * items;
    const int64_t count = (int64_t)shape->samples * shape->target_channels;
    return (size_t)sc_ceil_div(count, self->items[2]) * (size_t)phases_of(self->desc.op, &s) *
           (size_t)shape->tiles_y * (size_t)shape->tiles_x * items;
}

/* launch NULL: a warm-up. */
static void arguments(sc_ocl_call *call, const planes *self, const sc_operand *operands,
                      sc_operand result, const sc_shape_planes *shape, const sc_launch *launch) {
    sc_ocl_call_operand(call, operands[0], sizeof(float));
    sc_ocl_call_operand(call, operands[1], sizeof(float));
    sc_ocl_call_operand(call, result, sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
    sc_ocl_tail_arguments(call, &self->tail, launch ? operands + 2 : NULL, launch);
}

static void add_arguments(sc_ocl_call *call, sc_operand partial, sc_operand result,
                          const sc_shape_tile_add *shape) {
    sc_ocl_call_operand(call, partial, sizeof(float));
    sc_ocl_call_operand(call, result, sizeof(float));
    sc_ocl_call_value(call, shape, sizeof *shape);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    planes *self = (planes *)kernel;
    sc_ocl_device *device = sc_ocl_device_of(self->frame.base.device);
    const sc_shape_planes shape = shape_at(self, launch->rows);
    const int chunks = chunks_of(&shape);
    const bool adds = self->desc.op == SC_OP_CONV2D_GRAD_WEIGHT && chunks > 1;
    const sc_operand result = operands[self->desc.inputs];
    const size_t global = grid(self, &shape), weights = weights_of(self);
    sc_ocl_call call;
    sc_ocl_call_begin(&call, device, queue, &self->frame.kernel[COMPUTE]);
    arguments(&call, self, operands, adds ? workspace : result, &shape, launch);
    SC_TRY(sc_ocl_call_run(&call, &global));
    if (!adds) return SOCLE_OK;
    const sc_shape_tile_add add = {(int)weights, chunks, 1, 1};
    sc_ocl_call_begin(&call, device, queue, &self->frame.kernel[ADD]);
    add_arguments(&call, workspace, result, &add);
    return sc_ocl_call_run(&call, &weights);
}

static socle_status warm(planes *self, sc_ocl_device *device, const sc_shape_planes *capacity) {
    static const sc_shape_planes none = {
        .source_group = 1, .target_channels = 1, .target_group = 1, .tiles_y = 1, .tiles_x = 1};
    const sc_shape_tile_add none_added = {.rows = 1, .columns = 1};
    const sc_operand nothing[2] = {sc_ocl_nothing(device), sc_ocl_nothing(device)};
    const size_t largest = grid(self, capacity), weights = weights_of(self);
    sc_ocl_call call;
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[COMPUTE]);
    arguments(&call, self, nothing, nothing[0], &none, NULL);
    SC_TRY(sc_ocl_call_warm(&call, &largest));
    if (!self->frame.kernel[ADD].handle) return SOCLE_OK;
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[ADD]);
    add_arguments(&call, nothing[0], nothing[0], &none_added);
    return sc_ocl_call_warm(&call, &weights);
}

static socle_status get_program(const sc_ocl_program **out, const planes *self,
                                sc_ocl_device *device, const sc_op_desc *desc) {
    const sc_shape_conv s = sc_conv_shape(desc);
    sc_text prefix, defines;
    sc_text_init(&prefix, device->base.env);
    sc_text_init(&defines, device->base.env);
    sc_ocl_tail_text(&prefix, desc, &self->tail);
    sc_text_add(&defines,
                "-D SC_VECTOR_WIDTH=4 -D SC_KERNEL_Y=%d -D SC_KERNEL_X=%d -D SC_STRIDE_Y=%d"
                " -D SC_STRIDE_X=%d -D SC_DILATION_Y=%d -D SC_DILATION_X=%d -D SC_ITEMS_X=%d"
                " -D SC_ITEMS_Y=%d -D SC_ITEMS_Z=%d",
                s.kernel_height, s.kernel_width, s.stride_y, s.stride_x, s.dilation_y, s.dilation_x,
                self->items[0], self->items[1], self->items[2]);
    if (desc->op == SC_OP_CONV2D_GRAD_INPUT) sc_text_add(&defines, " -D SC_BY_INPUT");
    if (!(device->base.info.traits & SC_TRAIT_FAST_FMA)) sc_text_add(&defines, " -D SC_NO_FMA");
    return sc_ocl_frame_program(out, device, &prefix,
                                desc->op == SC_OP_CONV2D_GRAD_WEIGHT ? "conv_planes_weight.cl"
                                                                     : "conv_planes.cl",
                                &defines);
}

/* With groups of `items`. */
static socle_status create(planes *self, sc_ocl_device *device, const sc_op_desc *desc, int items) {
    const bool by_weight = desc->op == SC_OP_CONV2D_GRAD_WEIGHT;
    const sc_shape_conv s = sc_conv_shape(desc);
    const size_t local = (size_t)items, add_local = ADD_ITEMS;
    const sc_ocl_program *program, *adding = NULL;
    divide_items(self->items, desc->op, &s, items);
    SC_TRY(get_program(&program, self, device, desc));
    if (by_weight)
        SC_TRY(sc_ocl_program_get(&adding, device, NULL, "tile_add.cl", "-D SC_VECTOR_WIDTH=4"));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[COMPUTE], device, program,
                                by_weight ? "conv_planes_weight" : "conv_planes", 1, &local, true));
    if (!by_weight) return SOCLE_OK;
    return sc_ocl_kernel_create(&self->frame.kernel[ADD], device, adding, "tile_add", 1, &add_local,
                                false);
}

/* How many work-items a kernel may have is known when it is built. With ITEMS the shape alone
 * decides, and with it the order of the sums. */
static socle_status build(planes *self, sc_ocl_device *device, const sc_op_desc *desc) {
    int items = power_of_two((int)device->base.info.max_work_group, ITEMS);
    socle_status status = create(self, device, desc, items);
    while (status == SOCLE_STATUS_UNSUPPORTED && items > LEAST_ITEMS)
        status = create(self, device, desc, items /= 2);
    SC_TRY(status);
    const sc_shape_planes capacity = shape_at(self, sc_tensor_samples(&desc->tensor[0]));
    if (desc->op == SC_OP_CONV2D_GRAD_WEIGHT && chunks_of(&capacity) > 1)
        self->frame.base.workspace =
            weights_of(self) * (size_t)chunks_of(&capacity) * sizeof(float);
    return warm(self, device, &capacity);
}

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    const bool by_weight = desc->op == SC_OP_CONV2D_GRAD_WEIGHT;
    const sc_shape_conv s = sc_conv_shape(desc);
    const int64_t taps = (int64_t)s.kernel_height * s.kernel_width;
    int items[3];
    sc_ocl_tail tail;
    if (s.channels / s.groups > MOST_CHANNELS || s.filters / s.groups > MOST_CHANNELS ||
        taps > (by_weight ? MOST_WEIGHT_TAPS : MOST_TAPS))
        return false;
    divide_items(items, desc->op, &s, ITEMS);
    return local_bytes(items, desc->op, &s) <= LOCAL_BYTES &&
           device->info.local_memory >= LOCAL_BYTES && sc_ocl_conv_tail(&tail, desc);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    planes *self;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    self->desc = *desc;
    self->desc.expr = self->desc.tail = NULL;
    sc_ocl_conv_tail(&self->tail, desc);
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device), desc));
}

#define PLANES                                                                                     \
    .name = "planes", .needs = SC_TRAIT_MANY_ITEMS | SC_TRAIT_LOCAL_MEMORY, .accepts = accepts,    \
    .prepare = prepare
const sc_implementation sc_ocl_conv2d_planes = {.op = SC_OP_CONV2D, .fuses_tail = true, PLANES};
const sc_implementation sc_ocl_conv2d_grad_input_planes = {
    .op = SC_OP_CONV2D_GRAD_INPUT, .fuses_tail = true, PLANES};
const sc_implementation sc_ocl_conv2d_grad_weight_planes = {.op = SC_OP_CONV2D_GRAD_WEIGHT, PLANES};
