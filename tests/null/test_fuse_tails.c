/* SPDX-License-Identifier: Apache-2.0 */
/* Tails: which elementwise nodes a matmul, convolution or gradient of pooling takes in, and which
 * it must not. */
#include "fuse_fixture.h"
#include "graph/grad.h"
#include "nn/lanes.h"

Test(fuse_tails, bias_activation_dropout_become_the_tail) {
    fixture f;
    setup(&f);
    sc_graph_scope(f.graph, "conv7");
    sc_value y = convolution(&f, INPUT(&f, 4, 8, 2, 6, 6));
    sc_graph_scope(f.graph, "relu8");
    y = binary(&f, SC_EXPR_ADD, y, sc_build_per_channel(f.graph, PARAMETER(&f, 1, 5), 4));
    y = sc_build_dropout(f.graph, unary(&f, SC_EXPR_RELU, y), 0.5f);
    output(&f, y);
    SC_EQ(fuse(&f, NULL), 1);
    const sc_node *node = only(&f, SC_OP_CONV2D);
    SC_EQ(node->inputs, 3);
    SC_EQ(node->output[0], y);
    SC_EQ_STR(node->name, "conv7");
    SC_TRUE(node->tail && sc_expr_uses(node->tail, SC_EXPR_UNIFORM) &&
            sc_expr_uses(node->tail, SC_EXPR_RELU));
    finish(&f);
}

Test(fuse_tails, a_tail_grows) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 3), w = PARAMETER(&f, 2, 3, 3), b = PARAMETER(&f, 2, 1, 3);
    sc_value y = binary(&f, SC_EXPR_ADD, sc_build_matmul(f.graph, x, w, false, false), b);
    y = binary(&f, SC_EXPR_ADD, unary(&f, SC_EXPR_TANH, y), x); /* residual: the operand is read
                                                                   again by the tail */
    output(&f, y);
    SC_EQ(fuse(&f, &(sc_fuse_options){.no_chains = true}), 1);
    SC_EQ(only(&f, SC_OP_MATMUL)->inputs, 4);
    finish(&f);
}

Test(fuse_tails, the_sum_of_two_products_is_the_tail_of_the_later) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 3), w = PARAMETER(&f, 2, 3, 3), u = PARAMETER(&f, 2, 3, 3);
    sc_value a = sc_build_matmul(f.graph, x, w, false, false),
             b = sc_build_matmul(f.graph, x, u, false, true);
    output(&f, unary(&f, SC_EXPR_TANH, binary(&f, SC_EXPR_ADD, a, b)));
    SC_EQ(fuse(&f, NULL), 2);
    int tails = 0;
    for (size_t n = 0; n < f.graph->nodes; n++)
        tails += !f.graph->node[n].dead && f.graph->node[n].tail;
    SC_EQ(tails, 1);
    finish(&f);
}

Test(fuse_tails, the_mask_of_relu_is_the_tail_of_the_pooling_gradient) {
    fixture f;
    setup(&f);
    const sc_window window = {{2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0}};
    sc_value x = unary(&f, SC_EXPR_RELU, INPUT(&f, 4, 8, 2, 6, 6)), dx;
    sc_value y = sc_build_maxpool2d(f.graph, x, &window);
    sc_value loss = sc_build_reduce(f.graph, SC_REDUCE_SUM, unary(&f, SC_EXPR_TANH, y), 14);
    sc_value source = f.graph->node[f.graph->value[x].node].input[0];
    SC_OK(&f.env, sc_graph_gradient(f.graph, loss, SC_NO_VALUE, 1, &source, &dx, NULL));
    output(&f, dx);
    fuse(&f, NULL);
    SC_EQ(only(&f, SC_OP_MAXPOOL2D_GRAD)->inputs, 3);
    SC_TRUE(only(&f, SC_OP_MAXPOOL2D_GRAD)->tail != NULL);
    finish(&f);
}

Test(fuse_tails, no_tail_where_the_raw_result_is_needed) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 3), w = PARAMETER(&f, 2, 3, 3);
    sc_value raw = sc_build_matmul(f.graph, x, w, false, false);
    output(&f, sc_build_softmax(f.graph, raw, false));
    output(&f, unary(&f, SC_EXPR_RELU, raw));
    SC_EQ(fuse(&f, NULL), 3);
    finish(&f);
}

Test(fuse_tails, no_tail_beyond_the_result_s_shape) {
    fixture f;
    setup(&f);
    sc_value w = PARAMETER(&f, 2, 1, 3), u = PARAMETER(&f, 2, 3, 3), x = INPUT(&f, 2, 8, 3);
    output(&f, binary(&f, SC_EXPR_ADD, x, sc_build_matmul(f.graph, w, u, false, false)));
    SC_EQ(fuse(&f, NULL), 2);
    finish(&f);
}

Test(fuse_tails, a_sum_in_place_is_no_tail) {
    /* gradient += product: an implementation without tails would store the product over the old
     * gradient first. */
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 3),
             sum = external(&f, SC_LANE_GRADIENTS, 2, (const int64_t[]){3, 3});
    sc_value next = binary(&f, SC_EXPR_ADD, sum, sc_build_matmul(f.graph, x, x, true, false));
    sc_graph_update(f.graph, next, sum);
    SC_EQ(fuse(&f, NULL), 2);
    finish(&f);
}
