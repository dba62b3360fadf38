/* SPDX-License-Identifier: Apache-2.0 */
/* Tails as text for the hook of cl/tail.h: a function of the raw result and its place (batch, row,
 * column) that loads the tail's operands and evaluates the expression, per element and, for plain
 * float expressions, per vector of neighbours in a row. It must not know whether a matmul or a
 * convolution carries it. */
#include "opencl/ocl.h"

#include <string.h>

/* The one stride of the dims [first, last), if there is one. */
static bool group_stride(int *out, const sc_tensor_desc *result, const int64_t *stride, int first,
                         int last) {
    int64_t step = 0, size = 0; /* of the dims so far, innermost first; size 0: none yet */
    for (int d = last - 1; d >= first; d--) {
        if (result->dim[d] == 1 && !(d == 0 && result->rows_per_sample)) continue;
        if (size == 0) {
            step = stride[d];
            size = result->dim[d];
        } else if (stride[d] == step * size) {
            size *= result->dim[d];
        } else {
            return false;
        }
    }
    *out = (int)step;
    return true;
}

static bool operand_strides(int out[3], const sc_tensor_desc *result, const sc_tensor_desc *operand,
                            int row, int column) {
    int64_t stride[SC_MAX_RANK] = {0}, step = 1;
    for (int d = result->rank - 1; d >= 0; d--) {
        bool same = operand->dim[d] == result->dim[d] &&
                    (d > 0 || operand->rows_per_sample == result->rows_per_sample);
        stride[d] = same ? step : 0;
        step *= operand->dim[d];
    }
    return group_stride(&out[0], result, stride, 0, row) &&
           group_stride(&out[1], result, stride, row, column) &&
           group_stride(&out[2], result, stride, column, result->rank);
}

bool sc_ocl_tail_describe(sc_ocl_tail *out, const sc_op_desc *desc, int row, int column) {
    memset(out, 0, sizeof *out);
    if (!desc->tail) return true;
    int base = sc_op_base_inputs(desc);
    const sc_tensor_desc *result = &desc->tensor[desc->inputs];
    out->operands = desc->tail->inputs - 1;
    if (out->operands > SC_TAIL_OPERANDS) return false;
    out->shape.rank = result->rank;
    out->shape.rows = out->shape.columns = 1;
    out->shape.batched = result->rows_per_sample > 0;
    for (int d = 0; d < result->rank; d++) {
        out->shape.dim[d] = (int)result->dim[d];
        if (d >= row && d < column) out->shape.rows *= (int)result->dim[d];
        if (d >= column) out->shape.columns *= (int)result->dim[d];
    }
    out->shape.per_sample = (unsigned)sc_tensor_elements_at(result, 1);
    for (int k = 0; k < out->operands; k++) {
        out->dtype[k] = desc->tensor[base + k].dtype;
        if (!operand_strides(&out->shape.stride[3 * k], result, &desc->tensor[base + k], row,
                             column))
            return false;
    }
    return true;
}

static const char *type_word(int dtype) {
    return dtype == SOCLE_F32 ? "float" : dtype == SOCLE_U8 ? "uchar" : "int";
}

static bool reads(const sc_expr *tail, int operand) {
    return sc_expr_used_inputs(tail) >> (operand + 1) & 1;
}

static void add_interface(sc_text *text, const sc_op_desc *desc) {
    int base = sc_op_base_inputs(desc);
    sc_text_add(text, "#define SC_TAIL_PARAMETERS");
    for (int k = 0; k + 1 < desc->tail->inputs; k++)
        sc_text_add(text, ", global const %s *t%d, ulong t%d_offset",
                    type_word(desc->tensor[base + k].dtype), k, k);
    sc_text_add(text, ", sc_shape_tail tail\n#define SC_TAIL_ARGUMENTS");
    for (int k = 0; k + 1 < desc->tail->inputs; k++) sc_text_add(text, ", t%d, t%d_offset", k, k);
    sc_text_add(text, ", tail\n");
}

/* Coordinates and the like from the element's number in the result. */
static void add_places(sc_text *text, const sc_op_desc *desc) {
    const sc_expr *tail = desc->tail;
    int rank = desc->tensor[desc->inputs].rank;
    sc_text_add(
        text,
        "    const uint linear = (batch * (uint)tail.rows + row) * (uint)tail.columns + column;\n"
        "    const uint element = tail.batched ? linear %% tail.per_sample : linear;\n"
        "    const int sample = tail.batched ? (int)(linear / tail.per_sample) + "
        "launch.sample_offset : 0;\n");
    if (!sc_expr_uses(tail, SC_EXPR_COORD)) return;
    sc_text_add(text, "    uint rest = linear;\n");
    for (int d = rank - 1; d > 0; d--)
        sc_text_add(text,
                    "    const int coord%d = (int)(rest %% (uint)tail.dim[%d]);\n    rest /= "
                    "(uint)tail.dim[%d];\n",
                    d, d, d);
    sc_text_add(text, "    const int coord0 = (int)rest;\n");
}

static bool needs_places(const sc_expr *tail) {
    return sc_expr_uses(tail, SC_EXPR_COORD) || sc_expr_uses(tail, SC_EXPR_SAMPLE) ||
           sc_expr_uses(tail, SC_EXPR_UNIFORM) || sc_expr_uses(tail, SC_EXPR_NORMAL);
}

static void add_scalar_form(sc_text *text, const sc_op_desc *desc) {
    char result[16];
    int base = sc_op_base_inputs(desc);
    sc_text_add(text, "static inline float sc_tail(float x0, uint batch, uint row, uint column "
                      "SC_TAIL_PARAMETERS)\n{\n"
                      "    const sc_launch_values launch = tail.launch;\n");
    for (int k = 0; k + 1 < desc->tail->inputs; k++)
        if (reads(desc->tail, k))
            sc_text_add(
                text,
                "    const %s x%d = t%d[t%d_offset + (batch * (uint)tail.stride[%d] + row * "
                "(uint)tail.stride[%d] + column * (uint)tail.stride[%d])];\n",
                desc->tensor[base + k].dtype == SOCLE_F32 ? "float" : "int", k + 1, k, k, 3 * k,
                3 * k + 1, 3 * k + 2);
    if (needs_places(desc->tail)) add_places(text, desc);
    sc_ocl_expr_draw_one(text, desc->tail, 1);
    sc_ocl_expr_body(text, desc->tail, 1);
    sc_ocl_expr_output(result, desc->tail, 0);
    sc_text_add(
        text,
        "    return %s;\n}\n"
        "#define SC_TAIL(v, batch, row, column) sc_tail(v, batch, row, column SC_TAIL_ARGUMENTS)\n",
        result);
}

/* Along a row an operand stands still, or goes with the elements, or neither. */
static void add_vector_load(sc_text *text, const sc_op_desc *desc, const sc_ocl_tail *tail, int k) {
    const char *const form[] = {"(SC_REAL)(*from%d)", "sc_load_part(from%d, count)",
                                "sc_load_apart(from%d, tail.stride[%d], count)"};
    int step = tail->shape.stride[3 * k + 2];
    if (!reads(desc->tail, k)) return;
    sc_text_add(
        text,
        "    global const float *from%d = t%d + t%d_offset + (batch * (uint)tail.stride[%d] + "
        "row * (uint)tail.stride[%d] + column * (uint)tail.stride[%d]);\n    const SC_REAL "
        "x%d = ",
        k, k, k, 3 * k, 3 * k + 1, 3 * k + 2, k + 1);
    sc_text_add(text, form[step == 0 ? 0 : step == 1 ? 1 : 2], k, 3 * k + 2);
    sc_text_add(text, ";\n");
}

static void add_vector_form(sc_text *text, const sc_op_desc *desc, const sc_ocl_tail *tail) {
    char result[16];
    sc_ocl_expr_vector_functions(text, desc->tail);
    sc_text_add(text, "static inline SC_REAL sc_tail_vector(SC_REAL x0, uint batch, uint row, uint "
                      "column, int count "
                      "SC_TAIL_PARAMETERS)\n{\n    const sc_launch_values launch = tail.launch;\n");
    for (int k = 0; k < tail->operands; k++) add_vector_load(text, desc, tail, k);
    if (sc_ocl_expr_draws(desc->tail)) {
        add_places(text, desc);
        sc_ocl_expr_draw_vector(text, desc->tail, 1);
    }
    sc_ocl_expr_vector_body(text, desc->tail, 1);
    sc_ocl_expr_output(result, desc->tail, 0);
    sc_text_add(text,
                "    return %s;\n}\n"
                "#define SC_TAIL_VECTOR(v, batch, row, column, count) \\\n"
                "    sc_tail_vector(v, batch, row, column, count SC_TAIL_ARGUMENTS)\n",
                result);
}

void sc_ocl_tail_text(sc_text *text, const sc_op_desc *desc, const sc_ocl_tail *tail) {
    if (!desc->tail) return;
    sc_text_add(text, "#include \"vector.h\"\n#include \"shape_tail.h\"\n");
    add_interface(text, desc);
    sc_ocl_expr_functions(text, desc->tail);
    add_scalar_form(text, desc);
    if (sc_ocl_expr_has_vector_form(desc->tail)) add_vector_form(text, desc, tail);
}

void sc_ocl_tail_arguments(sc_ocl_call *call, const sc_ocl_tail *tail, const sc_operand *operands,
                           const sc_launch *launch) {
    if (tail->shape.columns == 0) return; /* no tail was described */
    sc_shape_tail shape = tail->shape;
    for (int k = 0; k < tail->operands; k++)
        sc_ocl_call_operand(call, call->queue ? operands[k] : sc_ocl_nothing(call->device),
                            sc_dtype_size(tail->dtype[k]));
    if (call->queue) sc_ocl_launch_values(&shape.launch, launch);
    sc_ocl_call_value(call, &shape, sizeof shape);
}
