/* SPDX-License-Identifier: Apache-2.0 */
/* Shape rules of the 2-d convolution and its two gradients. The gradient by the input takes the
 * input's height and width from its output when the caller has set them (several sizes give the
 * same dy), else the smallest that fit. */
#include "op/op_shape.h"

/* Names of the input, weight and result among the operands of one of the three operations. */
typedef struct conv_parts {
    sc_tensor_desc x, w, y;
} conv_parts;

static socle_status check_weight(sc_env *env, const sc_op_desc *desc, const conv_parts *parts) {
    int64_t groups = desc->attr.conv.groups, channels = parts->x.dim[1], filters = parts->w.dim[0];
    if (groups < 1 || channels % groups != 0 || filters % groups != 0)
        return sc_shape_fail(env, desc,
                             "%lld groups do not divide %lld input channels and %lld filters",
                             (long long)groups, (long long)channels, (long long)filters);
    if (parts->w.dim[1] != channels / groups)
        return sc_shape_fail(
            env, desc, "input has %lld channels, weight expects %lld (groups %lld)",
            (long long)channels, (long long)(parts->w.dim[1] * groups), (long long)groups);
    const int *kernel = desc->attr.conv.window.kernel;
    if (parts->w.dim[2] != kernel[0] || parts->w.dim[3] != kernel[1])
        return sc_shape_fail(env, desc, "weight is %lldx%lld, the window's kernel %dx%d",
                             (long long)parts->w.dim[2], (long long)parts->w.dim[3], kernel[0],
                             kernel[1]);
    return SOCLE_OK;
}

static socle_status check_result(sc_env *env, const sc_op_desc *desc, const conv_parts *parts) {
    const sc_window *window = &desc->attr.conv.window;
    for (int axis = 0; axis < 2; axis++) {
        int64_t wanted = sc_window_output(parts->x.dim[2 + axis], window, axis);
        if (parts->y.dim[2 + axis] != wanted)
            return sc_shape_fail(env, desc, "an input %s of %lld gives %lld, dy has %lld",
                                 axis ? "width" : "height", (long long)parts->x.dim[2 + axis],
                                 (long long)wanted, (long long)parts->y.dim[2 + axis]);
    }
    if (parts->y.dim[1] != parts->w.dim[0])
        return sc_shape_fail(env, desc, "dy has %lld channels, weight has %lld filters",
                             (long long)parts->y.dim[1], (long long)parts->w.dim[0]);
    return SOCLE_OK;
}

static socle_status check_operands(sc_env *env, const sc_op_desc *desc) {
    for (int i = 0; i < 2; i++) {
        SC_TRY(sc_shape_dtype(env, desc, i, SOCLE_F32));
        SC_TRY(sc_shape_rank(env, desc, i, 4));
    }
    return SOCLE_OK;
}

static sc_tensor_desc like(const sc_tensor_desc *preset, int64_t rows_per_sample,
                           const int64_t dim[4]) {
    sc_tensor_desc tensor = sc_tensor_make(SOCLE_F32, rows_per_sample, 4, dim);
    tensor.layout = preset->layout;
    return tensor;
}

socle_status sc_shape_conv2d(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(check_operands(env, desc));
    SC_TRY(sc_shape_not_batched(env, desc, 1));
    conv_parts parts = {.x = desc->tensor[0], .w = desc->tensor[1]};
    SC_TRY(check_weight(env, desc, &parts));
    const sc_window *window = &desc->attr.conv.window;
    SC_TRY(sc_shape_window(env, desc, window, &parts.x.dim[2], false));
    const int64_t dim[4] = {parts.x.dim[0], parts.w.dim[0],
                            sc_window_output(parts.x.dim[2], window, 0),
                            sc_window_output(parts.x.dim[3], window, 1)};
    out[0] = like(&out[0], parts.x.rows_per_sample, dim);
    return sc_shape_tail(env, desc, &out[0]);
}

/* The smallest input from which a window of this geometry makes `outputs`; at least 1. */
static int64_t smallest_input(int64_t outputs, const sc_window *window, int axis) {
    int64_t span = (int64_t)window->dilation[axis] * (window->kernel[axis] - 1) + 1;
    int64_t size = (outputs - 1) * window->stride[axis] + span - window->pad_before[axis] -
                   window->pad_after[axis];
    return size < 1 ? 1 : size;
}

socle_status sc_shape_conv2d_grad_input(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(check_operands(env, desc));
    SC_TRY(sc_shape_not_batched(env, desc, 1));
    conv_parts parts = {.w = desc->tensor[1], .y = desc->tensor[0]};
    const sc_window *window = &desc->attr.conv.window;
    bool given = out[0].rank == 4 && out[0].dim[2] > 0 && out[0].dim[3] > 0;
    int64_t dim[4] = {parts.y.dim[0], parts.w.dim[1] * desc->attr.conv.groups, 0, 0};
    for (int axis = 0; axis < 2; axis++)
        dim[2 + axis] =
            given ? out[0].dim[2 + axis] : smallest_input(parts.y.dim[2 + axis], window, axis);
    parts.x = like(&out[0], parts.y.rows_per_sample, dim);
    SC_TRY(check_weight(env, desc, &parts));
    SC_TRY(sc_shape_window(env, desc, window, &dim[2], false));
    SC_TRY(check_result(env, desc, &parts));
    out[0] = parts.x;
    return sc_shape_tail(env, desc, &out[0]);
}

socle_status sc_shape_conv2d_grad_weight(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(check_operands(env, desc));
    SC_TRY(sc_shape_same_rows(env, desc, 0, 1));
    conv_parts parts = {.x = desc->tensor[0], .y = desc->tensor[1]};
    const sc_window *window = &desc->attr.conv.window;
    int64_t groups = desc->attr.conv.groups < 1 ? 1 : desc->attr.conv.groups;
    const int64_t dim[4] = {parts.y.dim[1], parts.x.dim[1] / groups, window->kernel[0],
                            window->kernel[1]};
    parts.w = like(&out[0], false, dim);
    SC_TRY(check_weight(env, desc, &parts));
    SC_TRY(sc_shape_window(env, desc, window, &parts.x.dim[2], false));
    SC_TRY(check_result(env, desc, &parts));
    out[0] = parts.w;
    return SOCLE_OK;
}
