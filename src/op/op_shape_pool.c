/* SPDX-License-Identifier: Apache-2.0 */
/* Shape rules of pooling and its gradients. A gradient takes the input's height and width from its
 * output, which the caller sets (several sizes give the same dy). */
#include "op/op_shape.h"

static sc_tensor_desc pooled(const sc_tensor_desc *x, const sc_window *window, uint8_t dtype,
                             uint8_t layout) {
    sc_tensor_desc y = *x;
    y.dtype = dtype;
    y.layout = layout;
    for (int axis = 0; axis < 2; axis++)
        y.dim[2 + axis] = sc_window_output(x->dim[2 + axis], window, axis);
    return y;
}

static socle_status forward(sc_env *env, const sc_op_desc *desc) {
    SC_TRY(sc_shape_dtype(env, desc, 0, SOCLE_F32));
    SC_TRY(sc_shape_rank(env, desc, 0, 4));
    return sc_shape_window(env, desc, &desc->attr.pool.window, &desc->tensor[0].dim[2], true);
}

static socle_status backward(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *dy = &desc->tensor[0];
    SC_TRY(sc_shape_dtype(env, desc, 0, SOCLE_F32));
    SC_TRY(sc_shape_rank(env, desc, 0, 4));
    if (out[0].rank != 4 || out[0].dim[2] < 1 || out[0].dim[3] < 1)
        return sc_shape_fail(
            env, desc, "the output's height and width must be set: several sizes give the same dy");
    sc_tensor_desc dx = *dy;
    dx.layout = out[0].layout;
    for (int axis = 0; axis < 2; axis++) dx.dim[2 + axis] = out[0].dim[2 + axis];
    SC_TRY(sc_shape_window(env, desc, &desc->attr.pool.window, &dx.dim[2], true));
    for (int axis = 0; axis < 2; axis++) {
        int64_t wanted = sc_window_output(dx.dim[2 + axis], &desc->attr.pool.window, axis);
        if (dy->dim[2 + axis] != wanted)
            return sc_shape_fail(env, desc, "an input %s of %lld gives %lld, dy has %lld",
                                 axis ? "width" : "height", (long long)dx.dim[2 + axis],
                                 (long long)wanted, (long long)dy->dim[2 + axis]);
    }
    out[0] = dx;
    return sc_shape_tail(env, desc, &out[0]);
}

socle_status sc_shape_maxpool2d(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(forward(env, desc));
    out[0] = pooled(&desc->tensor[0], &desc->attr.pool.window, SOCLE_F32, out[0].layout);
    out[1] = pooled(&desc->tensor[0], &desc->attr.pool.window, SOCLE_I32, out[1].layout);
    return SOCLE_OK;
}

socle_status sc_shape_avgpool2d(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(forward(env, desc));
    out[0] = pooled(&desc->tensor[0], &desc->attr.pool.window, SOCLE_F32, out[0].layout);
    return SOCLE_OK;
}

socle_status sc_shape_maxpool2d_grad(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    if (desc->tensor[1].dtype != SOCLE_U8 || !sc_shape_place_fits(desc))
        SC_TRY(sc_shape_dtype(env, desc, 1, SOCLE_I32));
    SC_TRY(sc_shape_rank(env, desc, 1, 4));
    SC_TRY(sc_shape_same_rows(env, desc, 0, 1));
    for (int d = 1; d < 4; d++)
        if (desc->tensor[0].dim[d] != desc->tensor[1].dim[d])
            return sc_shape_fail(env, desc, "dy has size %lld along dimension %d, index has %lld",
                                 (long long)desc->tensor[0].dim[d], d,
                                 (long long)desc->tensor[1].dim[d]);
    return backward(env, desc, out);
}

socle_status sc_shape_avgpool2d_grad(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    return backward(env, desc, out);
}
