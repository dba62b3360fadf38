/* SPDX-License-Identifier: Apache-2.0 */
/* Shape inference: the entry point, the choice of rule by operation, and the small conditions the
 * rules share. The rules are in op_shape_<family>.c. */
#include "op/op_shape.h"

#include <stdio.h>
#include <string.h>

static sc_shape_rule *const rules[SC_OP_COUNT] = {
#define SC_OP(NAME, word, inputs, outputs) sc_shape_##word,
#include "op/op_list.def"
#undef SC_OP
};

socle_status sc_shape_apply(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    return rules[desc->op](env, desc, out);
}

socle_status sc_shape_fail(sc_env *env, const sc_op_desc *desc, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    socle_status status = sc_fail_v(env, SOCLE_STATUS_SHAPE, format, arguments);
    va_end(arguments);
    return sc_fail_prefix(env, status, "%s", sc_op_word(desc->op));
}

socle_status sc_shape_dtype(sc_env *env, const sc_op_desc *desc, int index, socle_dtype dtype) {
    const socle_dtype given = (socle_dtype)desc->tensor[index].dtype;
    if (given == dtype || (sc_dtype_is_float(dtype) && sc_dtype_is_float(given))) return SOCLE_OK;
    return sc_shape_fail(env, desc, "operand %d is %s, must be %s", index,
                         sc_dtype_word(desc->tensor[index].dtype), sc_dtype_word(dtype));
}

bool sc_shape_place_fits(const sc_op_desc *desc) {
    const sc_window *window = &desc->attr.pool.window;
    return (int64_t)window->kernel[0] * window->kernel[1] <= UINT8_MAX + 1;
}

bool sc_shape_stores(const sc_op_desc *desc, int output, int computed, int dtype) {
    if (desc->op == SC_OP_PUT_ROWS) return computed == dtype;
    if (sc_dtype_is_float(computed)) return sc_dtype_is_float(dtype);
    bool place = desc->op == SC_OP_MAXPOOL2D && output == 1;
    return computed == dtype || (place && dtype == SOCLE_U8 && sc_shape_place_fits(desc));
}

socle_status sc_shape_rank(sc_env *env, const sc_op_desc *desc, int index, int rank) {
    if (desc->tensor[index].rank == rank) return SOCLE_OK;
    char text[128];
    sc_tensor_text(text, sizeof text, &desc->tensor[index]);
    return sc_shape_fail(env, desc, "operand %d is %s with %d dimensions, must have %d", index,
                         text, desc->tensor[index].rank, rank);
}

socle_status sc_shape_not_batched(sc_env *env, const sc_op_desc *desc, int index) {
    if (!desc->tensor[index].rows_per_sample) return SOCLE_OK;
    char text[128];
    sc_tensor_text(text, sizeof text, &desc->tensor[index]);
    return sc_shape_fail(env, desc, "operand %d is %s: it must not be batched", index, text);
}

static const char *rows_text(char out[40], const sc_tensor_desc *tensor) {
    if (tensor->rows_per_sample > 1)
        snprintf(out, 40, "%lld per sample", (long long)tensor->rows_per_sample);
    return tensor->rows_per_sample > 1 ? out : tensor->rows_per_sample ? "batched" : "not batched";
}

socle_status sc_shape_same_rows(sc_env *env, const sc_op_desc *desc, int a, int b) {
    const sc_tensor_desc *x = &desc->tensor[a], *y = &desc->tensor[b];
    if (x->rows_per_sample == y->rows_per_sample && x->dim[0] == y->dim[0]) return SOCLE_OK;
    char of_a[40], of_b[40];
    return sc_shape_fail(env, desc, "operand %d has %lld rows (%s), operand %d has %lld (%s)", a,
                         (long long)x->dim[0], rows_text(of_a, x), b, (long long)y->dim[0],
                         rows_text(of_b, y));
}

socle_status sc_shape_broadcasts(sc_env *env, const sc_op_desc *desc, int index,
                                 const sc_tensor_desc *space) {
    const sc_tensor_desc *input = &desc->tensor[index];
    bool fits = input->rank == space->rank;
    for (int d = 0; fits && d < space->rank; d++)
        fits = input->dim[d] == space->dim[d] ||
               (input->dim[d] == 1 && !(d == 0 && input->rows_per_sample));
    if (fits && space->rank > 0)
        fits = input->rows_per_sample == space->rows_per_sample ||
               (!input->rows_per_sample && input->dim[0] == 1);
    if (fits) return SOCLE_OK;
    char text[128], wanted[128];
    sc_tensor_text(text, sizeof text, input);
    sc_tensor_text(wanted, sizeof wanted, space);
    bool one = !input->rows_per_sample != !space->rows_per_sample;
    return sc_shape_fail(
        env, desc, "operand %d is %s and does not broadcast against %s (each size equal or 1%s)",
        index, text, wanted, one ? "; only one of them is batched" : "");
}

/* True when some window holds padding alone. Only windows that start before or after the data can.
 */
static bool has_empty_window(const sc_window *window, int64_t size, int axis) {
    int64_t outputs = sc_window_output(size, window, axis);
    int64_t stride = window->stride[axis], dilation = window->dilation[axis],
            before = window->pad_before[axis];
    if (outputs > 0 && (outputs - 1) * stride - before >= size) return true;
    for (int64_t o = 0; o < outputs && o * stride < before; o++) {
        int64_t start = o * stride - before;
        int64_t first = sc_ceil_div(-start, dilation);
        if (first >= window->kernel[axis] || start + first * dilation >= size) return true;
    }
    return false;
}

socle_status sc_shape_window(sc_env *env, const sc_op_desc *desc, const sc_window *window,
                             const int64_t size[2], bool pooling) {
    enum { LIMIT = 32767 };
    for (int axis = 0; axis < 2; axis++) {
        const char *side = axis ? "width" : "height";
        const int fields[5] = {window->kernel[axis], window->stride[axis], window->dilation[axis],
                               window->pad_before[axis], window->pad_after[axis]};
        static const char *const words[5] = {"kernel", "stride", "dilation", "padding before",
                                             "padding after"};
        for (int f = 0; f < 5; f++)
            if (fields[f] < (f < 3 ? 1 : 0) || fields[f] > LIMIT)
                return sc_shape_fail(env, desc, "%s along the %s is %d, must be %d to %d", words[f],
                                     side, fields[f], f < 3 ? 1 : 0, LIMIT);
        if (sc_window_output(size[axis], window, axis) <= 0)
            return sc_shape_fail(
                env, desc,
                "a kernel of %d (dilation %d) does not fit a %s of %lld with padding %d + %d",
                fields[0], fields[2], side, (long long)size[axis], fields[3], fields[4]);
        if (pooling && has_empty_window(window, size[axis], axis))
            return sc_shape_fail(env, desc,
                                 "padding %d + %d along the %s of %lld leaves windows of kernel "
                                 "%d, stride %d with no data",
                                 fields[3], fields[4], side, (long long)size[axis], fields[0],
                                 fields[1]);
    }
    return SOCLE_OK;
}

static socle_status check_inputs(sc_env *env, const sc_op_desc *desc) {
    if (desc->op < 0 || desc->op >= SC_OP_COUNT)
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "unknown operation %d", (int)desc->op);
    if (desc->inputs < 0 || desc->outputs < 1 || desc->outputs > SC_EXPR_OUTPUTS ||
        desc->inputs > SC_MAX_OPERANDS - desc->outputs)
        return sc_fail(env, SOCLE_STATUS_INTERNAL,
                       "%s: %d inputs and %d outputs, limit %d together", sc_op_word(desc->op),
                       desc->inputs, desc->outputs, SC_MAX_OPERANDS);
    for (int i = 0; i < desc->inputs; i++) {
        const sc_tensor_desc *tensor = &desc->tensor[i];
        if (tensor->rank < 0 || tensor->rank > SC_MAX_RANK)
            return sc_shape_fail(env, desc, "operand %d has %d dimensions, limit %d", i,
                                 tensor->rank, SC_MAX_RANK);
        for (int d = 0; d < tensor->rank; d++)
            if (tensor->dim[d] < 1)
                return sc_shape_fail(
                    env, desc, "operand %d has size %lld along dimension %d, must be at least 1", i,
                    (long long)tensor->dim[d], d);
    }
    return SOCLE_OK;
}

socle_status sc_op_infer(sc_env *env, sc_op_desc *desc) {
    SC_TRY(check_inputs(env, desc));
    int base = sc_op_base_inputs(desc);
    if (desc->inputs < base)
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "%s: %d inputs, needs %d", sc_op_word(desc->op),
                       desc->inputs, base);
    sc_tensor_desc out[SC_EXPR_OUTPUTS];
    memcpy(out, &desc->tensor[desc->inputs], (size_t)desc->outputs * sizeof out[0]);
    SC_TRY(sc_shape_apply(env, desc, out));
    for (int k = 0; k < desc->outputs; k++) { /* 0, f32, is also: not said */
        int given = desc->tensor[desc->inputs + k].dtype;
        if (given && sc_shape_stores(desc, k, out[k].dtype, given)) out[k].dtype = (uint8_t)given;
    }
    memcpy(&desc->tensor[desc->inputs], out, (size_t)desc->outputs * sizeof out[0]);
    return SOCLE_OK;
}
