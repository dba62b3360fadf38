/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise operations: one generated kernel per expression and pattern of broadcasting; sizes
 * are arguments. Three forms. `wide`: a work-item runs a loop over thousands of neighbouring
 * elements, which the compiler of a CPU-class device turns into vector code. `quad`: four
 * neighbouring elements per work-item, which move in accesses of 16 bytes where all operands are
 * aligned for that, for GPUs. `thin`: one element per work-item, the reference. */
#include "opencl/ocl_elementwise.h"
#include "opencl/ocl_frame.h"

#include <string.h>

/* Elements of a loop, of a work-group. */
static const sc_tuning_parameter wide_parameters[] = {
    {"PIECE", 4096, {1024, 2048, 4096, 8192, 16384}}, {.name = NULL}};
static const sc_tuning_parameter group_parameters[] = {{"GROUP", 256, {64, 128, 256, 512}},
                                                       {.name = NULL}};

typedef struct elementwise {
    sc_ocl_frame frame;
    sc_ocl_space space;
    sc_ocl_elementwise_streams streams;
    enum { WIDE, QUAD, THIN } form;
    uint32_t tuned; /* PIECE or GROUP */
    int inputs, outputs;
    uint32_t used;
    size_t element[SC_MAX_OPERANDS];
} elementwise;

static void describe(elementwise *self, const sc_op_desc *desc) {
    sc_ocl_elementwise_streams *out = &self->streams;
    const sc_tensor_desc shape = sc_op_space(desc);
    sc_ocl_space_init(&self->space, &shape);
    for (int i = 0; i < desc->inputs && i < SC_EXPR_INPUTS; i++)
        if (self->used >> i & 1)
            out->operand[i] = sc_ocl_space_operand(&self->space, &shape, &desc->tensor[i]);
    out->output = sc_ocl_space_operand(&self->space, &shape, &desc->tensor[desc->inputs]);
    sc_ocl_space_places(&self->space, &out->places, desc->expr);
    sc_ocl_space_collapse(&self->space);
}

/* Sizes of a launch and its global size; 0 = nothing to do. */
static size_t arrange(const elementwise *self, sc_shape_space *shape, int64_t rows) {
    sc_ocl_space_shape(shape, &self->space, rows);
    shape->outer = 1;
    for (int g = 0; g + 1 < self->space.groups; g++) shape->outer *= shape->size[g];
    size_t elements = (size_t)shape->outer * shape->inner;
    if (elements == 0 || self->form == THIN) return elements;
    const uint32_t piece = self->form == WIDE ? self->tuned : SC_OCL_QUAD;
    shape->piece = piece;
    shape->pieces = (shape->inner + piece - 1) / piece;
    size_t total = (size_t)shape->outer * shape->pieces;
    if (self->form == QUAD) return total;
    shape->chunk = shape->inner < piece ? piece / shape->inner : 1;
    return (total + shape->chunk - 1) / shape->chunk;
}

/* Whether each operand that goes along the last group begins every row at a multiple of four
 * elements. */
static bool aligned(const elementwise *self, const sc_shape_space *shape,
                    const sc_operand *operands) {
    const sc_ocl_space *space = &self->space;
    int last = space->groups - 1;
    for (int i = 0; i < self->inputs + self->outputs; i++) {
        bool input = i < self->inputs;
        int stream = input ? self->streams.operand[i] : self->streams.output;
        if (input && !(self->used >> i & 1)) continue;
        if (input && sc_ocl_space_step(space, stream) != SC_OCL_STEP_ONE) continue;
        if (operands[i].offset % (SC_OCL_QUAD * self->element[i]) != 0) return false;
        for (int g = 0; g < last; g++)
            if (shape->size[g] > 1 && shape->stride[SC_SPACE_STRIDE(stream, g)] % SC_OCL_QUAD != 0)
                return false;
    }
    return true;
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
    if (self->form == QUAD) shape.together = aligned(self, &shape, operands);
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

static const struct {
    const char *name, *kernel;
    sc_ocl_elementwise_text *text;
} forms[] = {[WIDE] = {"wide", "elementwise_wide", sc_ocl_elementwise_wide_text},
             [QUAD] = {"quad", "elementwise_quad", sc_ocl_elementwise_quad_text},
             [THIN] = {"thin", "elementwise_thin", sc_ocl_elementwise_thin_text}};

/* Results that are whole numbers are comparisons mostly: four of them together make vectors of
 * truth values, of which Oclgrind 21.10 makes 255 where 1 is meant. They are rare; `thin` computes
 * them. */
static socle_status check_results(const elementwise *self, const sc_op_desc *desc, sc_env *env) {
    for (int k = 0; k < self->outputs && self->form == QUAD; k++)
        if (desc->tensor[self->inputs + k].dtype == SOCLE_U8 ||
            desc->tensor[self->inputs + k].dtype == SOCLE_I32)
            return sc_fail(env, SOCLE_STATUS_UNSUPPORTED, "elementwise: whole numbers as results");
    return SOCLE_OK;
}

static socle_status build(elementwise *self, sc_ocl_device *device, const sc_op_desc *desc) {
    sc_text text;
    const sc_ocl_program *program = NULL;
    const size_t local = self->form == WIDE ? 1 : self->tuned;
    SC_TRY(check_results(self, desc, device->base.env));
    describe(self, desc);
    sc_text_init(&text, device->base.env);
    sc_text_add(&text, "#include \"shape_space.h\"\n");
    sc_ocl_storage(&text, desc);
    sc_ocl_expr_functions(&text, desc->expr);
    forms[self->form].text(&text, &self->space, desc, &self->streams);
    SC_TRY(sc_ocl_frame_program(&program, device, &text, NULL, NULL));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[0], device, program, forms[self->form].kernel,
                                1, &local, false));
    return warm_up(self, device, sc_tensor_samples(&desc->tensor[desc->inputs]));
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    elementwise *self = NULL;
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, implementation, enqueue));
    while (strcmp(implementation->name, forms[self->form].name) != 0) self->form++;
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
                                                   .canonical = true,
                                                   .prepare = prepare};
const sc_implementation sc_ocl_elementwise_quad = {.op = SC_OP_ELEMENTWISE,
                                                   .name = "quad",
                                                   .needs = SC_TRAIT_MANY_ITEMS,
                                                   .storage = SC_STORAGE_ANY,
                                                   .parameter = group_parameters,
                                                   .canonical = true,
                                                   .prepare = prepare};
const sc_implementation sc_ocl_elementwise_thin = {.op = SC_OP_ELEMENTWISE,
                                                   .name = "thin",
                                                   .storage = SC_STORAGE_ANY,
                                                   .parameter = group_parameters,
                                                   .canonical = true,
                                                   .prepare = prepare};
