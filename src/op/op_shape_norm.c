/* SPDX-License-Identifier: Apache-2.0 */
/* Shape rules of layer normalisation and its gradient. */
#include "op/op_shape.h"

#include <math.h>

/* The last dimension is normalised along, so it cannot be the one whose size varies. */
static socle_status has_rows(sc_env *env, const sc_op_desc *desc) {
    const sc_tensor_desc *x = &desc->tensor[0];
    SC_TRY(sc_shape_dtype(env, desc, 0, SOCLE_F32));
    int least = x->rows_per_sample ? 2 : 1;
    if (x->rank >= least) return SOCLE_OK;
    return sc_shape_fail(env, desc,
                         "operand 0 has %d dimensions, needs at least %d: the last one is "
                         "normalised along",
                         x->rank, least);
}

/* Operand `index` has one value for each of the last dimension. */
static socle_status has_value_per_column(sc_env *env, const sc_op_desc *desc, int index) {
    const sc_tensor_desc *x = &desc->tensor[0], *vector = &desc->tensor[index];
    SC_TRY(sc_shape_dtype(env, desc, index, SOCLE_F32));
    SC_TRY(sc_shape_rank(env, desc, index, 1));
    SC_TRY(sc_shape_not_batched(env, desc, index));
    int64_t columns = x->dim[x->rank - 1];
    if (vector->dim[0] == columns) return SOCLE_OK;
    return sc_shape_fail(env, desc, "operand %d has %lld values, rows have %lld", index,
                         (long long)vector->dim[0], (long long)columns);
}

static sc_tensor_desc value_per_row(const sc_tensor_desc *x) {
    sc_tensor_desc value = sc_tensor_make(SOCLE_F32, x->rows_per_sample, x->rank, x->dim);
    value.dim[x->rank - 1] = 1;
    return value;
}

/* Operand `index` has this shape; floats of any type do. */
static socle_status is_shaped(sc_env *env, const sc_op_desc *desc, int index,
                              sc_tensor_desc shape) {
    char given[128], wanted[128];
    SC_TRY(sc_shape_dtype(env, desc, index, SOCLE_F32));
    shape.dtype = desc->tensor[index].dtype;
    if (sc_tensor_equal(&desc->tensor[index], &shape)) return SOCLE_OK;
    sc_tensor_text(given, sizeof given, &desc->tensor[index]);
    sc_tensor_text(wanted, sizeof wanted, &shape);
    return sc_shape_fail(env, desc, "operand %d is %s, must be %s", index, given, wanted);
}

socle_status sc_shape_layer_norm(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const float epsilon = desc->attr.layer_norm.epsilon;
    SC_TRY(has_rows(env, desc));
    for (int i = 1; i < 3; i++) SC_TRY(has_value_per_column(env, desc, i));
    if (!(epsilon > 0 && isfinite(epsilon)))
        return sc_shape_fail(env, desc, "epsilon is %g, must be finite and above 0",
                             (double)epsilon);
    out[0] = desc->tensor[0];
    out[1] = out[2] = value_per_row(&desc->tensor[0]);
    return SOCLE_OK;
}

socle_status sc_shape_layer_norm_grad(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(has_rows(env, desc));
    SC_TRY(has_value_per_column(env, desc, 1));
    SC_TRY(is_shaped(env, desc, 2, desc->tensor[0]));
    for (int i = 3; i < 5; i++) SC_TRY(is_shaped(env, desc, i, value_per_row(&desc->tensor[0])));
    out[0] = desc->tensor[0];
    return SOCLE_OK;
}
