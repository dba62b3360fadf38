/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise operations: one generated kernel per expression and pattern of broadcasting; sizes
 * are arguments. Two forms. `wide`: a work-item runs a loop over thousands of neighbouring
 * elements, which the compiler of a CPU-class device turns into vector code. `thin`: one element
 * per work-item, for GPUs and as the reference. */
#include "opencl/ocl_frame.h"
#include "opencl/ocl_space.h"

#include <stdio.h>
#include <string.h>

/* Elements of a loop, of a work-group. */
static const sc_tuning_parameter wide_parameters[] = {
    {"PIECE", 4096, {1024, 2048, 4096, 8192, 16384}}, {.name = NULL}};
static const sc_tuning_parameter thin_parameters[] = {{"GROUP", 256, {64, 128, 256, 512}},
                                                      {.name = NULL}};

typedef struct elementwise {
    sc_ocl_frame frame;
    sc_ocl_space space;
    bool wide;
    uint32_t tuned; /* PIECE or GROUP */
    int inputs, outputs;
    uint32_t used;
    size_t element[SC_MAX_OPERANDS];
} elementwise;

typedef struct streams {
    int operand[SC_EXPR_INPUTS], output;
    sc_ocl_places places;
} streams;

static void describe(elementwise *self, streams *out, const sc_op_desc *desc) {
    const sc_tensor_desc shape = sc_op_space(desc);
    sc_ocl_space_init(&self->space, &shape);
    for (int i = 0; i < desc->inputs && i < SC_EXPR_INPUTS; i++)
        if (self->used >> i & 1)
            out->operand[i] = sc_ocl_space_operand(&self->space, &shape, &desc->tensor[i]);
    out->output = sc_ocl_space_operand(&self->space, &shape, &desc->tensor[desc->inputs]);
    sc_ocl_space_places(&self->space, &out->places, desc->expr);
    sc_ocl_space_collapse(&self->space);
}

static void add_parameters(sc_text *text, const sc_op_desc *desc) {
    sc_ocl_space_parameters(text, desc);
    for (int k = 0; k < desc->outputs; k++)
        sc_text_add(text, "global %s *q%d, ulong q%d_offset, ",
                    sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype), k, k);
    sc_text_add(text, "sc_shape_space values)\n{\n"
                      "    const sc_shape_space *shape = &values;\n"
                      "    const sc_launch_values launch = values.launch;\n");
}

static void add_stores(sc_text *text, const sc_op_desc *desc, const char *index) {
    for (int k = 0; k < desc->outputs; k++) {
        char name[16], value[32];
        const int dtype = desc->tensor[desc->inputs + k].dtype;
        sc_ocl_expr_output(name, desc->expr, k);
        snprintf(value, sizeof value, "(%s)%s",
                 sc_dtype_is_float(dtype) ? "float" : sc_ocl_type_word(dtype), name);
        sc_text_add(text, "            ");
        sc_ocl_text_store(text, dtype, "b", k, index, value);
    }
}

/* Random numbers come in runs where the inner loop goes through neighbouring elements of one
 * sample. */
static bool draws_runs(const elementwise *self, const sc_op_desc *desc, const streams *streams) {
    return sc_ocl_expr_draws(desc->expr) &&
           sc_ocl_space_step(&self->space, streams->places.sample) == SC_OCL_STEP_ZERO &&
           sc_ocl_space_step(&self->space, streams->places.element) == SC_OCL_STEP_ONE;
}

static void add_run_loop(sc_text *text, const elementwise *self, const sc_op_desc *desc,
                         const streams *streams) {
    sc_text_add(text,
                "        for (uint block = begin; block < end; block += SC_RANDOM_BLOCK) {\n"
                "        const uint count = min((uint)SC_RANDOM_BLOCK, end - block);\n"
                "        const uint element_begin = base_element + block;\n"
                "        const int sample = (int)(base_sample%s);\n",
                streams->places.batched ? " + (uint)launch.sample_offset" : "");
    sc_ocl_expr_draw_run(text, desc->expr, 2);
    sc_text_add(text,
                SC_OCL_VECTOR_LOOP "        for (size_t j = block; j < block + count; ++j) {\n");
    sc_ocl_space_reads(text, &self->space, desc, streams->operand, &streams->places);
    sc_ocl_expr_draw_next(text, desc->expr, 3, "j - block");
    sc_ocl_expr_body(text, desc->expr, 3);
    add_stores(text, desc, "j");
    sc_text_add(text, "        }\n        }\n");
}

static void add_wide(sc_text *text, const elementwise *self, const sc_op_desc *desc,
                     const streams *streams) {
    int last = self->space.groups - 1;
    sc_text_add(text, "kernel void elementwise_wide(");
    add_parameters(text, desc);
    sc_text_add(text, "    const uint total = shape->outer * shape->pieces;\n"
                      "    const uint first = (uint)get_global_id(0) * shape->chunk;\n"
                      "    for (uint at = first; at < min(first + shape->chunk, total); ++at) {\n"
                      "        const uint row = at / shape->pieces;\n"
                      "        const uint begin = (at - row * shape->pieces) * shape->piece;\n"
                      "        const uint end = min(begin + shape->piece, shape->inner);\n");
    sc_ocl_space_coordinates(text, "row", 0, last);
    sc_ocl_space_bases(text, &self->space, desc, streams->operand, &streams->places, 0, last);
    for (int k = 0; k < desc->outputs; k++)
        sc_text_add(text,
                    "        global %s *b%d = q%d + q%d_offset + (size_t)row * shape->inner;\n",
                    sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype), k, k, k);
    if (draws_runs(self, desc, streams)) {
        add_run_loop(text, self, desc, streams);
    } else {
        sc_text_add(text, SC_OCL_VECTOR_LOOP "        for (size_t j = begin; j < end; ++j) {\n");
        sc_ocl_space_reads(text, &self->space, desc, streams->operand, &streams->places);
        sc_ocl_expr_draw_one(text, desc->expr, 3);
        sc_ocl_expr_body(text, desc->expr, 3);
        add_stores(text, desc, "j");
        sc_text_add(text, "        }\n");
    }
    sc_text_add(text, "    }\n}\n");
}

static void add_thin(sc_text *text, const elementwise *self, const sc_op_desc *desc,
                     const streams *streams) {
    int last = self->space.groups - 1;
    sc_text_add(text, "kernel void elementwise_thin(");
    add_parameters(text, desc);
    sc_text_add(text, "    const uint i = (uint)get_global_id(0);\n"
                      "    if (i < shape->outer * shape->inner) {\n");
    sc_text_add(text, last ? "        const uint row = i / shape->inner;\n        const uint j = i "
                             "- row * shape->inner;\n"
                           : "        const uint j = i;\n");
    sc_ocl_space_coordinates(text, "row", 0, last);
    sc_ocl_space_bases(text, &self->space, desc, streams->operand, &streams->places, 0, last);
    for (int k = 0; k < desc->outputs; k++)
        sc_text_add(text, "        global %s *b%d = q%d + q%d_offset;\n",
                    sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype), k, k, k);
    sc_ocl_space_reads(text, &self->space, desc, streams->operand, &streams->places);
    sc_ocl_expr_draw_one(text, desc->expr, 3);
    sc_ocl_expr_body(text, desc->expr, 3);
    add_stores(text, desc, "i");
    sc_text_add(text, "    }\n}\n");
}

/* Sizes of a launch and its global size; 0 = nothing to do. */
static size_t arrange(const elementwise *self, sc_shape_space *shape, int64_t rows) {
    sc_ocl_space_shape(shape, &self->space, rows);
    shape->outer = 1;
    for (int g = 0; g + 1 < self->space.groups; g++) shape->outer *= shape->size[g];
    size_t elements = (size_t)shape->outer * shape->inner;
    if (elements == 0 || !self->wide) return elements;
    const uint32_t piece = self->tuned;
    shape->piece = piece;
    shape->pieces = (shape->inner + piece - 1) / piece;
    shape->chunk = shape->inner < piece ? piece / shape->inner : 1;
    size_t total = (size_t)shape->outer * shape->pieces;
    return (total + shape->chunk - 1) / shape->chunk;
}

static void add_arguments(sc_ocl_call *call, const elementwise *self, const sc_operand *operands) {
    for (int i = 0; i < self->inputs + self->outputs; i++)
        if (i >= self->inputs || self->used >> i & 1)
            sc_ocl_frame_operands(call, operands ? operands + i : NULL, 1, &self->element[i]);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    elementwise *self = (elementwise *)kernel;
    sc_shape_space shape;
    sc_ocl_call call;
    (void)workspace;
    size_t global = arrange(self, &shape, launch->rows);
    sc_ocl_launch_values(&shape.launch, launch);
    sc_ocl_call_begin(&call, sc_ocl_device_of(kernel->device), queue, &self->frame.kernel[0]);
    add_arguments(&call, self, operands);
    sc_ocl_call_value(&call, &shape, sizeof shape);
    return sc_ocl_call_run(&call, &global);
}

static socle_status warm_up(elementwise *self, sc_ocl_device *device, int64_t capacity) {
    sc_shape_space shape, nothing = {.pieces = 1, .inner = 0};
    sc_ocl_call call;
    size_t largest = arrange(self, &shape, capacity);
    sc_ocl_call_begin(&call, device, NULL, &self->frame.kernel[0]);
    add_arguments(&call, self, NULL);
    sc_ocl_call_value(&call, &nothing, sizeof nothing);
    return sc_ocl_call_warm(&call, &largest);
}

static socle_status build(elementwise *self, sc_ocl_device *device, const sc_op_desc *desc) {
    streams streams;
    sc_text text;
    const sc_ocl_program *program = NULL;
    const size_t local = self->wide ? 1 : self->tuned;
    describe(self, &streams, desc);
    sc_text_init(&text, device->base.env);
    sc_text_add(&text, "#include \"shape_space.h\"\n");
    sc_ocl_storage(&text, desc);
    sc_ocl_expr_functions(&text, desc->expr);
    (self->wide ? add_wide : add_thin)(&text, self, desc, &streams);
    SC_TRY(sc_ocl_frame_program(&program, device, &text, NULL, NULL));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[0], device, program,
                                self->wide ? "elementwise_wide" : "elementwise_thin", 1, &local,
                                false));
    return warm_up(self, device, sc_tensor_samples(&desc->tensor[desc->inputs]));
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    elementwise *self = NULL;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    self->wide = strcmp(implementation->name, "wide") == 0;
    self->tuned = (uint32_t)tuning[0];
    self->inputs = desc->inputs;
    self->outputs = desc->outputs;
    self->used = sc_expr_used_inputs(desc->expr);
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        self->element[i] = sc_dtype_size(desc->tensor[i].dtype);
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device), desc));
}

const sc_implementation sc_ocl_elementwise_wide = {.op = SC_OP_ELEMENTWISE,
                                                   .name = "wide",
                                                   .needs = SC_TRAIT_WIDE_ITEMS,
                                                   .storage = SC_STORAGE_ANY,
                                                   .parameter = wide_parameters,
                                                   .prepare = prepare};
const sc_implementation sc_ocl_elementwise_thin = {.op = SC_OP_ELEMENTWISE,
                                                   .name = "thin",
                                                   .storage = SC_STORAGE_ANY,
                                                   .parameter = thin_parameters,
                                                   .prepare = prepare};
