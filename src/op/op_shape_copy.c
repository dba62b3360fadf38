/* SPDX-License-Identifier: Apache-2.0 */
/* Shape rules of the copy family: permute, slice, concat, pad, crop2d, reorder. Slice and pad take
 * their sizes from the output, crop2d its height and width, reorder its layout; a batched dim 0
 * stays where it is and whole. */
#include "op/op_shape.h"

socle_status sc_shape_permute(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *x = &desc->tensor[0];
    const int *order = desc->attr.permute.order;
    unsigned seen = 0;
    uint8_t layout = out[0].layout;
    out[0] = *x;
    out[0].layout = layout;
    for (int d = 0; d < x->rank; d++) {
        if (order[d] < 0 || order[d] >= x->rank || seen >> order[d] & 1u)
            return sc_shape_fail(env, desc,
                                 "order[%d] is %d; the order must name each of %d dimensions once",
                                 d, order[d], x->rank);
        seen |= 1u << order[d];
        out[0].dim[d] = x->dim[order[d]];
    }
    if (x->rows_per_sample && order[0] != 0)
        return sc_shape_fail(env, desc, "order[0] is %d; the batched dimension 0 must stay first",
                             order[0]);
    return SOCLE_OK;
}

/* An output set by the caller, of the input's rank; its other fields follow the input. */
static socle_status given_output(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *x = &desc->tensor[0];
    if (out->rank != x->rank)
        return sc_shape_fail(env, desc,
                             "the output's sizes must be set: it has %d dimensions, the input %d",
                             out->rank, x->rank);
    for (int d = 0; d < x->rank; d++)
        if (out->dim[d] < 1)
            return sc_shape_fail(env, desc, "the output has size %lld along dimension %d",
                                 (long long)out->dim[d], d);
    if (x->rows_per_sample && out->dim[0] != x->dim[0])
        return sc_shape_fail(env, desc,
                             "the batched dimension 0 must stay whole: %lld becomes %lld",
                             (long long)x->dim[0], (long long)out->dim[0]);
    out->dtype = x->dtype;
    out->rows_per_sample = x->rows_per_sample;
    return SOCLE_OK;
}

socle_status sc_shape_slice(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *x = &desc->tensor[0];
    SC_TRY(given_output(env, desc, &out[0]));
    for (int d = 0; d < x->rank; d++) {
        int64_t begin = desc->attr.slice.begin[d];
        if (begin < 0 || out[0].dim[d] > x->dim[d] || begin > x->dim[d] - out[0].dim[d])
            return sc_shape_fail(env, desc,
                                 "dimension %d: %lld elements from %lld on, the input has %lld", d,
                                 (long long)out[0].dim[d], (long long)begin, (long long)x->dim[d]);
    }
    return SOCLE_OK;
}

socle_status sc_shape_pad(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *x = &desc->tensor[0];
    SC_TRY(given_output(env, desc, &out[0]));
    for (int d = 0; d < x->rank; d++) {
        int64_t before = desc->attr.pad.before[d];
        if (before < 0 || x->dim[d] > out[0].dim[d] || before > out[0].dim[d] - x->dim[d])
            return sc_shape_fail(
                env, desc, "dimension %d: %lld elements after %lld of padding do not fit %lld", d,
                (long long)x->dim[d], (long long)before, (long long)out[0].dim[d]);
    }
    return SOCLE_OK;
}

socle_status sc_shape_concat(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    int axis = desc->attr.concat.axis;
    if (desc->inputs < 1) return sc_shape_fail(env, desc, "nothing to join");
    const sc_tensor_desc *first = &desc->tensor[0];
    if (axis < 0 || axis >= first->rank || (axis == 0 && first->rows_per_sample))
        return sc_shape_fail(env, desc, "axis %d of %d dimensions%s", axis, first->rank,
                             first->rows_per_sample ? "; dimension 0 is batched" : "");
    int64_t total = 0;
    for (int i = 0; i < desc->inputs; i++) {
        const sc_tensor_desc *x = &desc->tensor[i];
        SC_TRY(sc_shape_rank(env, desc, i, first->rank));
        SC_TRY(sc_shape_dtype(env, desc, i, (socle_dtype)first->dtype));
        if (!x->rows_per_sample != !first->rows_per_sample)
            return sc_shape_fail(env, desc, "operand %d is %s, operand 0 is not", i,
                                 x->rows_per_sample ? "batched" : "unbatched");
        if (x->rows_per_sample != first->rows_per_sample)
            return sc_shape_fail(env, desc,
                                 "operand %d has %lld rows per sample, operand 0 has %lld", i,
                                 (long long)x->rows_per_sample, (long long)first->rows_per_sample);
        for (int d = 0; d < first->rank; d++)
            if (d != axis && x->dim[d] != first->dim[d])
                return sc_shape_fail(
                    env, desc, "operand %d has size %lld along dimension %d, operand 0 has %lld", i,
                    (long long)x->dim[d], d, (long long)first->dim[d]);
        if (!sc_add_i64(&total, total, x->dim[axis]))
            return sc_shape_fail(env, desc, "the sum of sizes along axis %d overflows", axis);
    }
    uint8_t layout = out[0].layout;
    out[0] = *first;
    out[0].layout = layout;
    out[0].dim[axis] = total;
    return SOCLE_OK;
}

socle_status sc_shape_crop2d(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *x = &desc->tensor[0], *origin = &desc->tensor[1];
    SC_TRY(sc_shape_rank(env, desc, 0, 4));
    SC_TRY(sc_shape_dtype(env, desc, 1, SOCLE_I32));
    SC_TRY(sc_shape_rank(env, desc, 1, 2));
    SC_TRY(sc_shape_same_rows(env, desc, 0, 1));
    if (origin->dim[1] != 3)
        return sc_shape_fail(env, desc,
                             "operand 1 has %lld numbers per sample, must have 3: row, column, "
                             "mirror",
                             (long long)origin->dim[1]);
    if (out[0].rank != 4 || out[0].dim[2] < 1 || out[0].dim[3] < 1)
        return sc_shape_fail(
            env, desc, "the output's height and width must be set; the input's are %lld and %lld",
            (long long)x->dim[2], (long long)x->dim[3]);
    out[0].dtype = x->dtype;
    out[0].rows_per_sample = x->rows_per_sample;
    out[0].dim[0] = x->dim[0];
    out[0].dim[1] = x->dim[1];
    return SOCLE_OK;
}

socle_status sc_shape_reorder(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(sc_shape_rank(env, desc, 0, 4));
    uint8_t layout = out[0].layout;
    out[0] = desc->tensor[0];
    out[0].layout = layout;
    return SOCLE_OK;
}
