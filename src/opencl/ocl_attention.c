/* SPDX-License-Identifier: Apache-2.0 */
/* Attention and its gradients. `group` gives a block of rows to a work-group, which works in tiles
 * (cl/attention_group.cl; GPUs), `lanes` 16 rows to a work-item (cl/attention_lanes.cl; CPU-class
 * devices), `rows` one (cl/attention_rows.cl; the reference). */
#include "opencl/ocl_frame.h"

#include "cl/shape_attention.h"

#include <string.h>

/* Of cl/attention_group.cl; the columns of a head are quads * 32 at most. */
enum { ITEMS = 128, LEAST_ITEMS = 64, ITEM_COLUMNS = 8, MOST_QUADS = 4, OPERANDS = 9, DIMS = 3 };
/* Of cl/attention_lanes.cl. */
enum { VECTOR_ROWS = 16, MOST_COLUMNS = 256 };
enum { QUERY, KEY };

typedef struct attention {
    sc_ocl_frame frame;
    sc_op op;
    sc_tensor_desc q;
    sc_shape_attention shape;
    int inputs, outputs; /* inputs without lengths */
    int own;             /* rows of a work-group; 1 of a work-item */
} attention;

/* A tile of `group`: its work-items, and the rows and columns of its scores that each has. */
typedef struct tile {
    int quads, rows, columns, items;
} tile;

static bool by_key(const attention *self) {
    return self->op == SC_OP_ATTENTION_GRAD_KEY;
}

static size_t own_rows(const tile *t) {
    return (size_t)(t->items / ITEM_COLUMNS * t->rows);
}

/* Bytes of local memory that a tile takes. */
static size_t tile_bytes(sc_op op, const tile *t) {
    const size_t own = own_rows(t), other = (size_t)(ITEM_COLUMNS * t->columns);
    const size_t pitch = (size_t)(32 * t->quads + 4), sides = op == SC_OP_ATTENTION ? 1 : 2;
    size_t factors = own * (other + 4) * (op == SC_OP_ATTENTION_GRAD_KEY ? 2 : 1);
    if (op == SC_OP_ATTENTION) factors += own * (ITEM_COLUMNS + 1);
    return sizeof(float) * (sides * (own + other) * pitch + factors);
}

/* What fits the registers of every vendor, and 48 KiB of local memory. */
static tile largest_tile(sc_op op, int depth) {
    const int quads = (depth + 31) / 32, at = quads < MOST_QUADS ? quads - 1 : MOST_QUADS - 1;
    static const int forward[][2] = {{4, 4}, {4, 4}, {2, 4}, {2, 2}};
    static const int by_query[][2] = {{2, 4}, {2, 4}, {1, 4}, {1, 2}};
    static const int by_keys[][2] = {{2, 4}, {2, 2}, {1, 4}, {1, 2}}; /* two sums */
    const int *size = op == SC_OP_ATTENTION              ? forward[at]
                      : op == SC_OP_ATTENTION_GRAD_QUERY ? by_query[at]
                                                         : by_keys[at];
    return (tile){quads, size[0], size[1], ITEMS};
}

/* The largest that the device has work-items and local memory for; false: it has not enough. */
static bool fit_tile(tile *t, const sc_device_info *info, sc_op op, int depth) {
    *t = largest_tile(op, depth);
    while ((size_t)t->items > info->max_work_group && t->items > LEAST_ITEMS) t->items /= 2;
    while (tile_bytes(op, t) > info->local_memory) {
        int *most = t->columns >= t->rows ? &t->columns : &t->rows;
        if (*most == 1) most = &t->items;
        if (most == &t->items && t->items <= LEAST_ITEMS) return false;
        *most /= 2;
    }
    return (size_t)t->items <= info->max_work_group;
}

static void arrange(const void *frame, void *sizes, size_t *global, int64_t rows) {
    const attention *self = frame;
    const size_t local = self->frame.kernel[0].local[0];
    sc_shape_attention *shape = sizes;
    *shape = self->shape;
    shape->samples = (int)sc_tensor_dim_at(&self->q, 0, rows);
    int lines = by_key(self) ? shape->keys : shape->queries;
    global[0] = (size_t)((lines + self->own - 1) / self->own) * local;
    global[1] = (size_t)shape->heads;
    global[2] = (size_t)shape->samples;
}

static void add_arguments(sc_ocl_call *call, const void *frame, const sc_operand *operands,
                          const void *shape, const sc_launch *launch) {
    static const size_t element[OPERANDS] = {4, 4, 4, 4, 4, 4, 4, 4, 4};
    const attention *self = frame;
    const int lengths = self->shape.has_lengths;
    (void)launch;
    sc_ocl_frame_operands(call, operands, self->inputs, element);
    sc_ocl_frame_operands(call, operands && lengths ? operands + self->inputs : NULL, 1, element);
    sc_ocl_frame_operands(call, operands ? operands + self->inputs + lengths : NULL, self->outputs,
                          element);
    sc_ocl_call_value(call, shape, sizeof(sc_shape_attention));
}

static const sc_shape_attention nothing = {0};
static const sc_ocl_single single = {sizeof(sc_shape_attention), &nothing, arrange, add_arguments};

typedef enum form { GROUP, LANES, ROWS, FORMS } form;
static const char *const words[FORMS] = {"group", "lanes", "rows"};

static const char *kernel_name(sc_op op, form of) {
    static const char *const names[][FORMS] = {
        {"attention_group", "attention_lanes", "attention_rows"},
        {"attention_grad_query_group", "attention_grad_query_lanes", "attention_grad_query_rows"},
        {"attention_grad_key_group", "attention_grad_key_lanes", "attention_grad_key_rows"}};
    return names[op == SC_OP_ATTENTION ? 0 : op == SC_OP_ATTENTION_GRAD_QUERY ? 1 : 2][of];
}

static socle_status get_program(const sc_ocl_program **out, attention *self, sc_ocl_device *device,
                                form of, const tile *t) {
    sc_text defines;
    self->own = of == GROUP ? (int)own_rows(t) : of == LANES ? VECTOR_ROWS : 1;
    if (of == ROWS) return sc_ocl_program_get(out, device, NULL, "attention_rows.cl", NULL);
    sc_text_init(&defines, device->base.env);
    if (of == GROUP)
        sc_text_add(&defines,
                    "-D SC_GRADIENT=%d -D SC_ITEMS=%d -D SC_QUADS=%d -D SC_R=%d -D SC_C=%d",
                    self->op != SC_OP_ATTENTION, t->items, t->quads, t->rows, t->columns);
    else
        sc_text_add(&defines, "-D SC_MOST=%d", 32 * ((self->shape.depth + 31) / 32));
    if (!(device->base.info.traits & SC_TRAIT_FAST_FMA)) sc_text_add(&defines, " -D SC_NO_FMA");
    return sc_ocl_frame_program(
        out, device, NULL, of == GROUP ? "attention_group.cl" : "attention_lanes.cl", &defines);
}

static socle_status create(attention *self, sc_ocl_device *device, form of, const tile *t) {
    const size_t local[DIMS] = {of == GROUP ? (size_t)t->items : 1, 1, 1};
    const sc_ocl_program *program = NULL;
    SC_TRY(get_program(&program, self, device, of, t));
    return sc_ocl_kernel_create(&self->frame.kernel[0], device, program, kernel_name(self->op, of),
                                DIMS, local, true);
}

/* How many work-items a kernel may have is known when it is built. */
static socle_status build(attention *self, sc_ocl_device *device, form of) {
    tile t = {0};
    if (of == GROUP) (void)fit_tile(&t, &device->base.info, self->op, self->shape.depth);
    socle_status status = create(self, device, of, &t);
    while (status == SOCLE_STATUS_UNSUPPORTED && t.items > LEAST_ITEMS) {
        t.items /= 2;
        status = create(self, device, of, &t);
    }
    SC_TRY(status);
    return sc_ocl_single_warm(&self->frame, sc_tensor_samples(&self->q));
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    attention *self = NULL;
    (void)tuning;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, sc_ocl_single_enqueue));
    self->frame.single = &single;
    self->op = desc->op;
    self->q = desc->tensor[QUERY];
    self->inputs = desc->op == SC_OP_ATTENTION ? 3 : 6;
    self->outputs = desc->outputs;
    self->shape = (sc_shape_attention){
        .queries = (int)desc->tensor[QUERY].dim[1],
        .keys = (int)desc->tensor[KEY].dim[1],
        .width = (int)desc->tensor[QUERY].dim[2],
        .heads = desc->attr.attention.heads,
        .depth = (int)desc->tensor[QUERY].dim[2] / desc->attr.attention.heads,
        .has_lengths = desc->inputs > self->inputs,
        .causal = desc->attr.attention.causal,
        .shift = (int)desc->attr.attention.shift,
        .scale = desc->attr.attention.scale,
    };
    form of = GROUP;
    while (of < ROWS && strcmp(implementation->name, words[of]) != 0) of++;
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device), of));
}

static int64_t depth_of(const sc_op_desc *desc) {
    return desc->tensor[QUERY].dim[2] / desc->attr.attention.heads;
}

static bool accepts_group(const sc_device *device, const sc_op_desc *desc) {
    tile t;
    return depth_of(desc) <= 32 * MOST_QUADS &&
           fit_tile(&t, &device->info, desc->op, (int)depth_of(desc));
}

/* A work-item has up to four arrays of 16 rows. */
static bool accepts_lanes(const sc_device *device, const sc_op_desc *desc) {
    (void)device;
    return depth_of(desc) <= MOST_COLUMNS;
}

#define IN_GROUPS                                                                                  \
    .name = "group", .needs = SC_TRAIT_MANY_ITEMS | SC_TRAIT_LOCAL_MEMORY,                         \
    .accepts = accepts_group, .prepare = prepare
#define IN_LANES                                                                                   \
    .name = "lanes", .needs = SC_TRAIT_WIDE_ITEMS, .accepts = accepts_lanes, .prepare = prepare
#define BY_ROW .name = "rows", .prepare = prepare
#define IMPLEMENTATIONS(word, OP)                                                                  \
    const sc_implementation sc_ocl_##word##_group = {.op = OP, IN_GROUPS};                         \
    const sc_implementation sc_ocl_##word##_lanes = {.op = OP, IN_LANES};                          \
    const sc_implementation sc_ocl_##word##_rows = {.op = OP, BY_ROW};
IMPLEMENTATIONS(attention, SC_OP_ATTENTION)
IMPLEMENTATIONS(attention_grad_query, SC_OP_ATTENTION_GRAD_QUERY)
IMPLEMENTATIONS(attention_grad_key, SC_OP_ATTENTION_GRAD_KEY)
