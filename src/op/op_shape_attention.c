/* SPDX-License-Identifier: Apache-2.0 */
/* Shape rules of attention and its gradients. */
#include "op/op_shape.h"

#include <math.h>

enum { QUERY, KEY, VALUE };

static socle_status has_inputs(sc_env *env, const sc_op_desc *desc, int least) {
    if (desc->inputs == least || desc->inputs == least + 1) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_INTERNAL, "%s: %d inputs, needs %d, or %d with lengths",
                   sc_op_word(desc->op), desc->inputs, least, least + 1);
}

/* Operand `index` is of rank 3 and has the samples and the width of the queries. */
static socle_status is_sequence(sc_env *env, const sc_op_desc *desc, int index) {
    const sc_tensor_desc *q = &desc->tensor[QUERY], *x = &desc->tensor[index];
    SC_TRY(sc_shape_dtype(env, desc, index, SOCLE_F32));
    SC_TRY(sc_shape_rank(env, desc, index, 3));
    SC_TRY(sc_shape_same_rows(env, desc, QUERY, index));
    if (x->dim[1] > INT32_MAX / 2)
        return sc_shape_fail(env, desc, "operand %d has %lld steps, must have fewer than 2^30",
                             index, (long long)x->dim[1]);
    if (x->dim[2] == q->dim[2]) return SOCLE_OK;
    return sc_shape_fail(env, desc, "operand %d is %lld wide, the queries are %lld", index,
                         (long long)x->dim[2], (long long)q->dim[2]);
}

static socle_status check_attributes(sc_env *env, const sc_op_desc *desc) {
    const int64_t width = desc->tensor[QUERY].dim[2];
    const int heads = desc->attr.attention.heads;
    if (heads < 1 || width % heads)
        return sc_shape_fail(env, desc, "a width of %lld is not divided by %d heads",
                             (long long)width, heads);
    if (!isfinite(desc->attr.attention.scale))
        return sc_shape_fail(env, desc, "scale is %g, must be finite",
                             (double)desc->attr.attention.scale);
    const int64_t shift = desc->attr.attention.shift;
    if (desc->attr.attention.causal && (shift < -INT32_MAX / 2 || shift > INT32_MAX / 2))
        return sc_shape_fail(env, desc, "shift is %lld, must be within 2^30", (long long)shift);
    return SOCLE_OK;
}

/* Queries, keys, values; lengths, where they are there, as operand `lengths`. */
static socle_status check_sequences(sc_env *env, const sc_op_desc *desc, int lengths) {
    SC_TRY(has_inputs(env, desc, lengths));
    for (int i = QUERY; i <= VALUE; i++) SC_TRY(is_sequence(env, desc, i));
    if (desc->tensor[VALUE].dim[1] != desc->tensor[KEY].dim[1])
        return sc_shape_fail(env, desc, "there are %lld keys and %lld values",
                             (long long)desc->tensor[KEY].dim[1],
                             (long long)desc->tensor[VALUE].dim[1]);
    SC_TRY(check_attributes(env, desc));
    if (desc->inputs == lengths) return SOCLE_OK;
    SC_TRY(sc_shape_dtype(env, desc, lengths, SOCLE_I32));
    SC_TRY(sc_shape_rank(env, desc, lengths, 1));
    return sc_shape_same_rows(env, desc, QUERY, lengths);
}

/* A value per query and head. */
static sc_tensor_desc per_head(const sc_op_desc *desc) {
    const sc_tensor_desc *q = &desc->tensor[QUERY];
    sc_tensor_desc value = sc_tensor_make(SOCLE_F32, q->rows_per_sample, 3, q->dim);
    value.dim[2] = desc->attr.attention.heads;
    return value;
}

socle_status sc_shape_attention(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(check_sequences(env, desc, 3));
    out[0] = desc->tensor[QUERY];
    out[1] = per_head(desc);
    return SOCLE_OK;
}

static socle_status check_gradient(sc_env *env, const sc_op_desc *desc) {
    SC_TRY(check_sequences(env, desc, 6));
    for (int i = 3; i < 6; i++) {
        sc_tensor_desc wanted = i == 3 ? desc->tensor[QUERY] : per_head(desc);
        char given[128], text[128];
        SC_TRY(sc_shape_dtype(env, desc, i, SOCLE_F32));
        wanted.dtype = desc->tensor[i].dtype;
        if (sc_tensor_equal(&desc->tensor[i], &wanted)) continue;
        sc_tensor_text(given, sizeof given, &desc->tensor[i]);
        sc_tensor_text(text, sizeof text, &wanted);
        return sc_shape_fail(env, desc, "operand %d is %s, must be %s", i, given, text);
    }
    return SOCLE_OK;
}

socle_status sc_shape_attention_grad_query(sc_env *env, const sc_op_desc *desc,
                                           sc_tensor_desc *out) {
    SC_TRY(check_gradient(env, desc));
    out[0] = desc->tensor[QUERY];
    return SOCLE_OK;
}

socle_status sc_shape_attention_grad_key(sc_env *env, const sc_op_desc *desc, sc_tensor_desc *out) {
    SC_TRY(check_gradient(env, desc));
    out[0] = out[1] = desc->tensor[KEY];
    return SOCLE_OK;
}
