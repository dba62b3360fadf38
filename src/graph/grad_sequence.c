/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient rules of layer normalisation and attention. What sums over all rows is a reduction
 * like any other, so its order is that of every sum. */
#include "graph/build.h"
#include "graph/formula.h"
#include "graph/grad.h"

/* A second result that means something to the gradient alone has none itself. */
static bool refuse(sc_graph *graph, const char *op, const sc_value *dy, int outputs) {
    for (int k = 1; k < outputs; k++)
        if (dy[k] != SC_NO_VALUE) {
            sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_UNSUPPORTED,
                                         "the gradient of %s's statistics is not defined", op));
            return true;
        }
    return dy[0] == SC_NO_VALUE;
}

/* The sums of x [.., C] over all rows, [C]. */
static sc_value sum_of_rows(sc_graph *graph, sc_value x) {
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    int last = desc.rank - 1;
    if (last > 0) x = sc_build_reduce(graph, SC_REDUCE_SUM, x, (1u << last) - 1);
    return x == SC_NO_VALUE ? x : sc_build_reshape(graph, x, 1, &desc.dim[last]);
}

void sc_grad_layer_norm(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_value x = node.input[0], scale = node.input[1], shift = node.input[2], dx;
    sc_value mean = node.output[1], inverse = node.output[2];
    if (refuse(graph, "layer_norm", dy, node.outputs)) return;
    if (sc_grad_wanted(grad, x)) {
        sc_graph_append(graph, SC_OP_LAYER_NORM_GRAD, &node.attr, NULL, 5,
                        (sc_value[]){x, scale, dy[0], mean, inverse}, 1, &dx);
        sc_grad_add(grad, x, dx);
    }
    if (sc_grad_wanted(grad, scale)) {
        sc_value product =
            sc_build_formula(graph, "dy * ((x - mean) * inverse)", "dy x mean inverse",
                             (sc_value[]){dy[0], x, mean, inverse});
        sc_grad_add(grad, scale, sum_of_rows(graph, product));
    }
    if (sc_grad_wanted(grad, shift)) sc_grad_add(grad, shift, sum_of_rows(graph, dy[0]));
}

/* The sum over each head of dy * y: [N,T,heads]. */
static sc_value products_of_heads(sc_graph *graph, sc_value dy, sc_value y, int heads) {
    const sc_tensor_desc desc = *sc_graph_desc(graph, y);
    const int64_t apart[4] = {desc.dim[0], desc.dim[1], heads, desc.dim[2] / heads};
    sc_value a = sc_build_reshape(graph, dy, 4, apart), b = sc_build_reshape(graph, y, 4, apart);
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    sc_value sum =
        sc_build_reduce(graph, SC_REDUCE_SUM, sc_build_binary(graph, SC_EXPR_MUL, a, b), 1u << 3);
    return graph->status == SOCLE_OK ? sc_build_reshape(graph, sum, 3, apart) : SC_NO_VALUE;
}

void sc_grad_attention(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_value q = node.input[0], k = node.input[1], v = node.input[2], dq, by_key[2];
    if (refuse(graph, "attention", dy, node.outputs)) return;
    sc_value delta = products_of_heads(graph, dy[0], node.output[0], node.attr.attention.heads);
    if (graph->status != SOCLE_OK) return;
    sc_value input[7] = {q, k, v, dy[0], node.output[1], delta};
    if (node.inputs > 3) input[6] = node.input[3];
    if (sc_grad_wanted(grad, q)) {
        sc_graph_append(graph, SC_OP_ATTENTION_GRAD_QUERY, &node.attr, NULL, node.inputs + 3, input,
                        1, &dq);
        sc_grad_add(grad, q, dq);
    }
    if (!sc_grad_wanted(grad, k) && !sc_grad_wanted(grad, v)) return;
    sc_graph_append(graph, SC_OP_ATTENTION_GRAD_KEY, &node.attr, NULL, node.inputs + 3, input, 2,
                    by_key);
    sc_grad_add(grad, k, by_key[0]);
    sc_grad_add(grad, v, by_key[1]);
}
