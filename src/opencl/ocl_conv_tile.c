/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The convolution and its gradients on the tile engine (cl/tile_conv.cl, cl/tile_conv_weight.cl),
 * for GPU-class devices: three products that are never written down. It must not know graphs or
 * compute units.
 */
#include "opencl/ocl_conv.h"
#include "opencl/ocl_tile.h"

static bool is_multiple_of_four(int64_t value) {
    return value % 4 == 0;
}

/* Every pixel of the input is one of the output and nothing else: images are matrices. */
static bool is_pointwise(const sc_shape_conv *s) {
    return s->kernel_height == 1 && s->kernel_width == 1 && s->stride_y == 1 && s->stride_x == 1 &&
           s->pad_top == 0 && s->pad_left == 0 && s->output_height == s->height &&
           s->output_width == s->width;
}

static int common_divisor(int a, int b) {
    while (b) {
        const int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The shape of a launch; of a warm-up without a descriptor. */
static sc_shape_conv shape_at(const sc_op_desc *desc, int64_t rows) {
    static const sc_shape_conv least = {.channels = 1,
                                        .height = 1,
                                        .width = 1,
                                        .filters = 1,
                                        .output_height = 1,
                                        .output_width = 1,
                                        .kernel_height = 1,
                                        .kernel_width = 1,
                                        .stride_y = 1,
                                        .stride_x = 1,
                                        .dilation_y = 1,
                                        .dilation_x = 1,
                                        .groups = 1};
    return desc ? sc_conv_shape_at(desc, rows) : least;
}

/* ---- Forward and by the input ---- */

/* Pointwise passes read quads of pixels. */
static bool reads_quads(const sc_shape_conv *s) {
    return is_pointwise(s) && is_multiple_of_four(s->height * s->width);
}

static void measure_forward(sc_shape_tile *out, const sc_op_desc *desc, int64_t rows) {
    const sc_shape_conv s = sc_conv_shape_at(desc, rows);
    const int positions = s.output_height * s.output_width;
    out->rows = s.filters / s.groups;
    out->columns = s.samples * positions;
    out->depth = s.channels / s.groups * s.kernel_height * s.kernel_width;
    out->products = s.groups;
    out->wide = SC_TILE_WIDE_RIGHT;
    if (is_multiple_of_four(out->depth)) out->wide |= SC_TILE_WIDE_LEFT;
    if (is_multiple_of_four(positions)) out->wide |= SC_TILE_WIDE_RESULT;
}

/* Of the largest phase. */
static void measure_by_input(sc_shape_tile *out, const sc_op_desc *desc, int64_t rows) {
    const sc_shape_conv s = sc_conv_shape_at(desc, rows);
    const int phases = s.stride_y * s.stride_x;
    const int64_t positions = sc_ceil_div(s.height, s.stride_y) * sc_ceil_div(s.width, s.stride_x);
    const int64_t taps =
        sc_ceil_div(s.kernel_height, s.stride_y / common_divisor(s.stride_y, s.dilation_y)) *
        sc_ceil_div(s.kernel_width, s.stride_x / common_divisor(s.stride_x, s.dilation_x));
    out->rows = s.channels / s.groups;
    out->columns = (int)(s.samples * positions);
    out->depth = (int)(s.filters / s.groups * taps);
    out->products = s.groups * phases;
    out->wide = SC_TILE_WIDE_RIGHT;
    if (is_multiple_of_four(out->rows)) out->wide |= SC_TILE_WIDE_LEFT;
    if (phases == 1 && is_multiple_of_four(positions)) out->wide |= SC_TILE_WIDE_RESULT;
}

static bool never(const sc_op_desc *desc) {
    (void)desc;
    return false;
}

static void defines_forward(sc_text *out, const sc_op_desc *desc) {
    const sc_shape_conv s = sc_conv_shape(desc);
    if (reads_quads(&s)) sc_text_add(out, " -D SC_POINTWISE");
}

static void defines_by_input(sc_text *out, const sc_op_desc *desc) {
    sc_text_add(out, " -D SC_BY_INPUT");
    defines_forward(out, desc);
}

static void shape_pass(sc_ocl_call *call, const sc_op_desc *desc, int64_t rows) {
    const sc_shape_conv s = shape_at(desc, rows);
    const sc_shape_tile_conv shape = {s, s.stride_y / common_divisor(s.stride_y, s.dilation_y),
                                      s.stride_x / common_divisor(s.stride_x, s.dilation_x)};
    sc_ocl_call_value(call, &shape, sizeof shape);
}

static const sc_ocl_tile_kind forward = {
    .file = "tile_conv.cl",
    .kernel = "tile_conv",
    .left = 1,
    .right = 0,
    .loaders = 28,
    .tail = sc_ocl_conv_tail,
    .measure = measure_forward,
    .splits = never,
    .defines = defines_forward,
    .shape = shape_pass,
};

static const sc_ocl_tile_kind by_input = {
    .file = "tile_conv.cl",
    .kernel = "tile_conv",
    .left = 1,
    .right = 0,
    .loaders = 28,
    .tail = sc_ocl_conv_tail,
    .measure = measure_by_input,
    .splits = never,
    .defines = defines_by_input,
    .shape = shape_pass,
};

/* ---- By the weights ---- */

static bool no_tail(sc_ocl_tail *out, const sc_op_desc *desc) {
    (void)desc;
    *out = (sc_ocl_tail){0};
    return true;
}

static void measure_by_weight(sc_shape_tile *out, const sc_op_desc *desc, int64_t rows) {
    const sc_shape_conv s = sc_conv_shape_at(desc, rows);
    const int positions = s.output_height * s.output_width;
    out->rows = s.filters / s.groups;
    out->columns = s.channels / s.groups * s.kernel_height * s.kernel_width;
    out->depth = s.samples * positions;
    out->products = s.groups;
    out->wide = 0;
    if (is_multiple_of_four(positions)) out->wide |= SC_TILE_WIDE_LEFT | SC_TILE_WIDE_RIGHT;
    if (is_multiple_of_four(out->columns)) out->wide |= SC_TILE_WIDE_RESULT;
}

static bool always(const sc_op_desc *desc) {
    (void)desc;
    return true;
}

static void defines_by_weight(sc_text *out, const sc_op_desc *desc) {
    const sc_shape_conv s = sc_conv_shape(desc);
    if (is_pointwise(&s)) sc_text_add(out, " -D SC_POINTWISE");
}

static void shape_by_weight(sc_ocl_call *call, const sc_op_desc *desc, int64_t rows) {
    const sc_shape_conv s = shape_at(desc, rows);
    sc_ocl_call_value(call, &s, sizeof s);
}

static const sc_ocl_tile_kind by_weight = {
    .file = "tile_conv_weight.cl",
    .kernel = "tile_conv_weight",
    .left = 1,
    .right = 0,
    .loaders = 36,
    .tail = no_tail,
    .measure = measure_by_weight,
    .splits = always,
    .defines = defines_by_weight,
    .shape = shape_by_weight,
};

/* ---- The implementations ---- */

static bool accepts(const sc_device *device, const sc_op_desc *desc) {
    sc_ocl_tail tail;
    (void)device;
    return sc_ocl_conv_tail(&tail, desc);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    const sc_ocl_tile_kind *kind = desc->op == SC_OP_CONV2D              ? &forward
                                   : desc->op == SC_OP_CONV2D_GRAD_INPUT ? &by_input
                                                                         : &by_weight;
    return sc_ocl_tile_prepare(out, device, implementation, desc, tuning, kind);
}

const sc_implementation sc_ocl_conv2d_tile = {
    .op = SC_OP_CONV2D,
    SC_OCL_TILE_IMPLEMENTATION,
    .fuses_tail = true,
    .accepts = accepts,
    .prepare = prepare,
};

const sc_implementation sc_ocl_conv2d_grad_input_tile = {
    .op = SC_OP_CONV2D_GRAD_INPUT,
    SC_OCL_TILE_IMPLEMENTATION,
    .fuses_tail = true,
    .accepts = accepts,
    .prepare = prepare,
};

const sc_implementation sc_ocl_conv2d_grad_weight_tile = {
    .op = SC_OP_CONV2D_GRAD_WEIGHT,
    SC_OCL_TILE_IMPLEMENTATION,
    .prepare = prepare,
};
