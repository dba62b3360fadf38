/* SPDX-License-Identifier: Apache-2.0 */
/* Shape rules of what works row by row: softmax and its gradient, cross-entropy, argmax, gather,
 * scatter-add and put-rows. */
#include "op/op_shape.h"

/* The last dimension is worked along, so it cannot be the one whose size varies. */
static socle_status has_rows(sc_env *env, const sc_op_desc *desc, int index) {
    const sc_tensor_desc *x = &desc->tensor[index];
    SC_TRY(sc_shape_dtype(env, desc, index, SOCLE_F32));
    int least = x->rows_per_sample ? 2 : 1;
    if (x->rank >= least) return SOCLE_OK;
    return sc_shape_fail(
        env, desc, "operand %d has %d dimensions, needs at least %d: the last one is worked along",
        index, x->rank, least);
}

socle_status sc_shape_softmax(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(has_rows(env, desc, 0));
    out[0] = desc->tensor[0];
    return SOCLE_OK;
}

socle_status sc_shape_softmax_grad(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(has_rows(env, desc, 0));
    SC_TRY(has_rows(env, desc, 1));
    sc_tensor_desc like_y = desc->tensor[1];
    like_y.dtype = desc->tensor[0].dtype;
    if (!sc_tensor_equal(&desc->tensor[0], &like_y)) {
        char y[128], dy[128];
        sc_tensor_text(y, sizeof y, &desc->tensor[0]);
        sc_tensor_text(dy, sizeof dy, &desc->tensor[1]);
        return sc_shape_fail(env, desc, "y is %s, dy is %s; they must be equal", y, dy);
    }
    out[0] = desc->tensor[0];
    return SOCLE_OK;
}

socle_status sc_shape_cross_entropy(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(sc_shape_dtype(env, desc, 0, SOCLE_F32));
    SC_TRY(sc_shape_rank(env, desc, 0, 2));
    SC_TRY(sc_shape_rank(env, desc, 1, 1));
    if (sc_dtype_is_float(desc->tensor[1].dtype))
        return sc_shape_fail(env, desc, "labels are %s, must be u8 or i32",
                             sc_dtype_word(desc->tensor[1].dtype));
    SC_TRY(sc_shape_same_rows(env, desc, 0, 1));
    out[0] = sc_tensor_make(SOCLE_F32, desc->tensor[0].rows_per_sample, 1, desc->tensor[0].dim);
    out[1] = desc->tensor[0];
    return SOCLE_OK;
}

socle_status sc_shape_argmax(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *x = &desc->tensor[0];
    SC_TRY(has_rows(env, desc, 0));
    out[0] = sc_tensor_make(SOCLE_I32, x->rows_per_sample, x->rank - 1, x->dim);
    return SOCLE_OK;
}

socle_status sc_shape_gather(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *table = &desc->tensor[0], *index = &desc->tensor[1];
    SC_TRY(sc_shape_not_batched(env, desc, 0));
    SC_TRY(sc_shape_dtype(env, desc, 1, SOCLE_I32));
    SC_TRY(sc_shape_rank(env, desc, 1, 1));
    if (table->rank < 1) return sc_shape_fail(env, desc, "the table has no dimension to index");
    out[0] = sc_tensor_make(table->dtype, index->rows_per_sample, table->rank, table->dim);
    out[0].dim[0] = index->dim[0];
    return SOCLE_OK;
}

socle_status sc_shape_scatter_add(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *index = &desc->tensor[0], *src = &desc->tensor[1];
    SC_TRY(sc_shape_dtype(env, desc, 0, SOCLE_I32));
    SC_TRY(sc_shape_dtype(env, desc, 1, SOCLE_F32));
    SC_TRY(sc_shape_rank(env, desc, 0, 1));
    if (src->rank < 1) return sc_shape_fail(env, desc, "src has no dimension for the rows");
    SC_TRY(sc_shape_same_rows(env, desc, 0, 1));
    if (out[0].rank < 1 || out[0].dim[0] < 1)
        return sc_shape_fail(
            env, desc,
            "the output's first size (rows of the table) must be set; index has %lld rows",
            (long long)index->dim[0]);
    int64_t rows = out[0].dim[0];
    out[0] = sc_tensor_make(SOCLE_F32, 0, src->rank, src->dim);
    out[0].dim[0] = rows;
    return SOCLE_OK;
}

socle_status sc_shape_put_rows(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *table = &desc->tensor[0], *rows = &desc->tensor[2];
    SC_TRY(sc_shape_not_batched(env, desc, 0));
    SC_TRY(sc_shape_dtype(env, desc, 1, SOCLE_I32));
    SC_TRY(sc_shape_rank(env, desc, 1, 1));
    if (table->rank < 1) return sc_shape_fail(env, desc, "the table has no dimension to index");
    SC_TRY(sc_shape_rank(env, desc, 2, table->rank));
    if (rows->dtype != table->dtype)
        return sc_shape_fail(env, desc, "the rows are %s, the table is %s; they must be equal",
                             sc_dtype_word(rows->dtype), sc_dtype_word(table->dtype));
    SC_TRY(sc_shape_same_rows(env, desc, 1, 2));
    for (int d = 1; d < table->rank; d++)
        if (rows->dim[d] != table->dim[d])
            return sc_shape_fail(env, desc, "dimension %d: a row has %lld elements, the table %lld",
                                 d, (long long)rows->dim[d], (long long)table->dim[d]);
    out[0] = *table;
    return SOCLE_OK;
}
