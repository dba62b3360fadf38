/* SPDX-License-Identifier: Apache-2.0 */
/* The shape rule of matmul: which of M, N, K and the batch dims may be the batched dim 0, and what
 * the result is. */
#include "op/op_shape.h"

/* Rank 2: the batched dim of A is M (then C is batched) or K (then B's K is batched too and C is
 * not). */
static socle_status rows_of_plain(sc_env *env, const sc_op_desc *desc, int64_t *rows) {
    bool ta = desc->attr.matmul.transpose_a, tb = desc->attr.matmul.transpose_b;
    int64_t a = desc->tensor[0].rows_per_sample, b = desc->tensor[1].rows_per_sample;
    if (b && tb)
        return sc_shape_fail(env, desc,
                             "B is batched along N; only M, K or a batch dimension may be batched");
    int64_t a_inner = ta ? a : 0;
    if (!a_inner != !b)
        return sc_shape_fail(env, desc, "the inner dimension K is batched in %s alone",
                             a_inner ? "A" : "B");
    if (a_inner != b)
        return sc_shape_fail(env, desc,
                             "the inner dimension K has %lld rows per sample in A and %lld in B",
                             (long long)a_inner, (long long)b);
    *rows = ta ? 0 : a;
    return SOCLE_OK;
}

static socle_status batch_dims(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *result) {
    const sc_tensor_desc *a = &desc->tensor[0], *b = &desc->tensor[1];
    for (int d = 0; d < a->rank - 2; d++) {
        int64_t x = a->dim[d], y = b->dim[d];
        bool fits = x == y || (x == 1 && !(d == 0 && a->rows_per_sample)) ||
                    (y == 1 && !(d == 0 && b->rows_per_sample));
        if (!fits)
            return sc_shape_fail(env, desc,
                                 "batch dimension %d is %lld in A and %lld in B (equal or 1)", d,
                                 (long long)x, (long long)y);
        result->dim[d] = x > y ? x : y;
    }
    int64_t of_a = a->rows_per_sample, of_b = b->rows_per_sample;
    result->rows_per_sample = of_a ? of_a : of_b;
    if (!of_a != !of_b && (of_a ? b : a)->dim[0] != 1)
        return sc_shape_fail(
            env, desc,
            "only %s is batched, the other one must have size 1 along dimension 0, has %lld",
            of_a ? "A" : "B", (long long)(of_a ? b : a)->dim[0]);
    if (of_a && of_b && of_a != of_b)
        return sc_shape_fail(env, desc, "dimension 0 has %lld rows per sample in A and %lld in B",
                             (long long)of_a, (long long)of_b);
    return SOCLE_OK;
}

socle_status sc_shape_matmul(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    const sc_tensor_desc *a = &desc->tensor[0], *b = &desc->tensor[1];
    bool ta = desc->attr.matmul.transpose_a, tb = desc->attr.matmul.transpose_b;
    SC_TRY(sc_shape_dtype(env, desc, 0, SOCLE_F32));
    SC_TRY(sc_shape_dtype(env, desc, 1, SOCLE_F32));
    if (a->rank < 2 || a->rank != b->rank)
        return sc_shape_fail(
            env, desc, "A has %d dimensions and B %d; both must have the same number, at least 2",
            a->rank, b->rank);
    int r = a->rank;
    int64_t inner_a = a->dim[ta ? r - 2 : r - 1], inner_b = b->dim[tb ? r - 1 : r - 2];
    if (inner_a != inner_b)
        return sc_shape_fail(env, desc, "A has K = %lld%s, B has K = %lld%s", (long long)inner_a,
                             ta ? " (transposed)" : "", (long long)inner_b,
                             tb ? " (transposed)" : "");
    uint8_t layout = out[0].layout;
    out[0] = sc_tensor_make(SOCLE_F32, 0, r, a->dim);
    out[0].layout = layout;
    if (r == 2)
        SC_TRY(rows_of_plain(env, desc, &out[0].rows_per_sample));
    else
        SC_TRY(batch_dims(env, desc, &out[0]));
    out[0].dim[r - 2] = a->dim[ta ? r - 1 : r - 2];
    out[0].dim[r - 1] = b->dim[tb ? r - 2 : r - 1];
    return sc_shape_tail(env, desc, &out[0]);
}
