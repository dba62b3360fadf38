/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of layers over sequences (cases.h). */
#include "bench/cases_private.h"

/* ---- Attention: {batch, tokens, heads, width of a head}, causal ---- */

/* Products along half of all pairs of tokens, each with one multiply-add per column. */
static void attention(sc_bench_case *out, const int64_t *s, sc_op op, int outputs, int products) {
    sc_bench_begin(out, op, op == SC_OP_ATTENTION ? 3 : 6, outputs);
    for (int i = 0; i < out->desc.inputs; i++)
        out->desc.tensor[i] = i < 4 ? SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[2] * s[3])
                                    : SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1], s[2]);
    out->desc.attr.attention.heads = (int)s[2];
    out->desc.attr.attention.scale = 0.125f;
    out->desc.attr.attention.causal = true;
    out->flops = 2.0 * products * (double)(s[0] * s[2] * s[3]) * (double)(s[1] * (s[1] + 1) / 2);
}

static void attention_forward(sc_bench_case *out, const int64_t *s) {
    attention(out, s, SC_OP_ATTENTION, 2, 2);
}

static void attention_grad_query(sc_bench_case *out, const int64_t *s) {
    attention(out, s, SC_OP_ATTENTION_GRAD_QUERY, 1, 3);
}

static void attention_grad_key(sc_bench_case *out, const int64_t *s) {
    attention(out, s, SC_OP_ATTENTION_GRAD_KEY, 2, 4);
}

/* ---- Layer normalisation: {rows, columns} ---- */

static void layer_norm(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_LAYER_NORM, 3, 3);
    out->desc.tensor[0] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1]);
    out->desc.tensor[1] = out->desc.tensor[2] = SC_BENCH_TENSOR(SOCLE_F32, 0, s[1]);
    out->desc.attr.layer_norm.epsilon = 1e-5f;
    out->flops = 8.0 * (double)(s[0] * s[1]);
}

static void layer_norm_grad(sc_bench_case *out, const int64_t *s) {
    sc_bench_begin(out, SC_OP_LAYER_NORM_GRAD, 5, 1);
    out->desc.tensor[0] = out->desc.tensor[2] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], s[1]);
    out->desc.tensor[1] = SC_BENCH_TENSOR(SOCLE_F32, 0, s[1]);
    out->desc.tensor[3] = out->desc.tensor[4] = SC_BENCH_TENSOR(SOCLE_F32, 1, s[0], 1);
    out->desc.attr.layer_norm.epsilon = 1e-5f;
    out->flops = 11.0 * (double)(s[0] * s[1]);
}

sc_bench_builder *const sc_bench_attentions[] = {attention_forward, attention_grad_query,
                                                 attention_grad_key, NULL};
sc_bench_builder *const sc_bench_layer_norms[] = {layer_norm, layer_norm_grad, NULL};
