/* SPDX-License-Identifier: Apache-2.0 */
/* Each fusion rule alone: what becomes one launch, and what must stay apart. Tails are in
 * test_fuse_tails.c. */
#include "fuse_fixture.h"

Test(fuse_rules, dead_nodes_go) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 3);
    unary(&f, SC_EXPR_EXP, unary(&f, SC_EXPR_TANH, x));
    output(&f, unary(&f, SC_EXPR_RELU, x));
    SC_EQ(fuse(&f, &(sc_fuse_options){.keep_dead = true, .no_merges = true}), 2); /* the unread
                                                                                     chain is one
                                                                                     node */
    SC_EQ(fuse(&f, NULL), 1);
    finish(&f);
}

static void two_sums(fixture *f, sc_value x, sc_value *out) {
    sc_op_attr attr = {.reduce = {.axes = 2, .kind = {SC_REDUCE_SUM, SC_REDUCE_MAX}}};
    sc_expr expr;
    sc_expr_init(&expr);
    int value = sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_EXP, value, 0, 0));
    sc_expr_output(&expr, value);
    sc_graph_append(f->graph, SC_OP_REDUCE, &attr, &expr, 1, &x, 2, out);
}

Test(fuse_rules, unread_outputs_go_with_their_kind) {
    fixture f;
    setup(&f);
    sc_value out[2];
    two_sums(&f, INPUT(&f, 2, 8, 3), out);
    output(&f, out[1]);
    SC_EQ(fuse(&f, NULL), 1);
    const sc_node *node = only(&f, SC_OP_REDUCE);
    SC_EQ(node->outputs, 1);
    SC_EQ(node->attr.reduce.kind[0], SC_REDUCE_MAX);
    SC_TRUE(!sc_expr_uses(node->expr, SC_EXPR_EXP));
    finish(&f);
}

Test(fuse_rules, chain_becomes_one) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 3), b = PARAMETER(&f, 2, 1, 3);
    sc_value y = unary(&f, SC_EXPR_TANH, binary(&f, SC_EXPR_ADD, x, b));
    y = binary(&f, SC_EXPR_MUL, unary(&f, SC_EXPR_SQUARE, y), binary(&f, SC_EXPR_ADD, y, b));
    output(&f, y);
    SC_EQ(fuse(&f, NULL), 1);
    SC_EQ(only(&f, SC_OP_ELEMENTWISE)->inputs, 2);
    finish(&f);
}

Test(fuse_rules, chain_enters_the_reduce) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 3);
    output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, unary(&f, SC_EXPR_SQUARE, x), 1));
    SC_EQ(fuse(&f, NULL), 1);
    SC_EQ(only(&f, SC_OP_REDUCE)->input[0], x);
    finish(&f);
}

Test(fuse_rules, options_switch_rules_off) {
    for (unsigned off = 0; off < 32; off++) {
        fixture f;
        setup(&f);
        sc_value x = INPUT(&f, 2, 8, 300), w = PARAMETER(&f, 2, 300, 300);
        sc_value y = unary(&f, SC_EXPR_EXP,
                           unary(&f, SC_EXPR_TANH, sc_build_matmul(f.graph, x, w, false, false)));
        output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, y, 2));
        output(&f, sc_build_reduce(f.graph, SC_REDUCE_MAX, y, 2));
        unary(&f, SC_EXPR_SIN, x);
        /* The matmul takes tanh and exp as its tail; without tails exp takes tanh, by chain or by
         * merge. */
        bool dead = !(off & 1), chains = !(off & 2), tails = !(off & 8), merges = !(off & 16);
        int expected = 6 - dead - merges - (tails ? 2 : chains || merges);
        SC_REPRO("off 0x%x", off);
        SC_EQ(fuse(&f, &(sc_fuse_options){off & 1, off & 2, off & 4, off & 8, off & 16, false}),
              expected);
        finish(&f);
    }
}

Test(fuse_rules, cheap_is_computed_twice_and_dear_is_not) {
    for (int dear = 0; dear < 2; dear++) {
        fixture f;
        setup(&f);
        sc_value x = INPUT(&f, 2, 8, 64);
        sc_value y = dear ? unary(&f, SC_EXPR_EXP, x) : sc_build_scale(f.graph, x, 0.5f, 1.0f);
        output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, y, 1));
        output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, y, 2));
        SC_EQ(fuse(&f, NULL), 2 + dear);
        finish(&f);
    }
}

Test(fuse_rules, cheap_stays_where_somebody_needs_it_stored) {
    fixture f;
    setup(&f);
    sc_value y = sc_build_scale(f.graph, INPUT(&f, 2, 8, 64), 0.5f, 1.0f);
    output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, y, 1));
    output(&f, sc_build_softmax(f.graph, y, false));
    SC_EQ(fuse(&f, NULL), 3);
    finish(&f);
}

Test(fuse_rules, copies_vanish) {
    fixture f;
    setup(&f);
    sc_value x = sc_build_softmax(f.graph, INPUT(&f, 2, 8, 3), false);
    sc_value y = sc_build_scale(f.graph, x, 1.0f, 0.0f); /* x * 1 is x */
    output(&f, sc_build_argmax(f.graph, y));
    output(&f, sc_build_softmax(f.graph, y, true));
    SC_EQ(fuse(&f, NULL), 3);
    SC_EQ(only(&f, SC_OP_ARGMAX)->input[0] == x ||
              sc_graph_root(f.graph, only(&f, SC_OP_ARGMAX)->input[0]) == x,
          1);
    finish(&f);
}

Test(fuse_rules, an_update_in_place_is_one_launch) {
    fixture f;
    setup(&f);
    sc_value p = PARAMETER(&f, 1, 32),
             g = external(&f, SC_LANE_GRADIENTS, 1, (const int64_t[]){32});
    sc_value decayed = binary(&f, SC_EXPR_ADD, g, sc_build_scale(f.graph, p, 0.01f, 0.0f));
    sc_graph_update(f.graph,
                    binary(&f, SC_EXPR_SUB, p, sc_build_scale(f.graph, decayed, 0.1f, 0.0f)), p);
    SC_EQ(fuse(&f, NULL), 1);
    finish(&f);
}

Test(fuse_rules, nothing_is_read_after_it_was_overwritten) {
    fixture f;
    setup(&f);
    sc_value p = PARAMETER(&f, 1, 32), q = PARAMETER(&f, 1, 32);
    sc_value old = unary(&f, SC_EXPR_TANH, p);
    sc_graph_update(f.graph, unary(&f, SC_EXPR_EXP, p), p);
    output(&f, binary(&f, SC_EXPR_ADD, old, q)); /* must see the tanh of the old value */
    sc_fuse_options options = {.no_merges = true};
    SC_EQ(fuse(&f, &options), 3);
    finish(&f);
}

Test(fuse_rules, a_copy_of_what_is_overwritten_stays) {
    fixture f;
    setup(&f);
    sc_value p = PARAMETER(&f, 2, 4, 8), copy = sc_build_scale(f.graph, p, 1.0f, 0.0f);
    sc_graph_update(f.graph, unary(&f, SC_EXPR_EXP, p), p);
    output(&f, sc_build_softmax(f.graph, copy, false));
    SC_EQ(fuse(&f, &(sc_fuse_options){.no_merges = true}), 3);
    finish(&f);
}

Test(fuse_rules, reshapes_keep_launches_apart_but_constants_pass) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 6);
    sc_value y =
        sc_build_reshape(f.graph, unary(&f, SC_EXPR_TANH, x), 3, (const int64_t[]){8, 2, 3});
    sc_value zero =
        sc_build_reshape(f.graph, sc_build_zeros_like(f.graph, x), 3, (const int64_t[]){8, 2, 3});
    output(&f, unary(&f, SC_EXPR_EXP, binary(&f, SC_EXPR_ADD, y, zero)));
    SC_EQ(fuse(&f, NULL), 2);
    finish(&f);
}

Test(fuse_rules, small_values_are_not_computed_per_element) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 6), b = PARAMETER(&f, 2, 1, 6);
    output(&f, binary(&f, SC_EXPR_MUL, x, unary(&f, SC_EXPR_RSQRT, b)));
    SC_EQ(fuse(&f, NULL), 2);
    finish(&f);
}

Test(fuse_rules, bytes_stay_bytes) {
    /* Storing as u8 cuts; a reader must see the cut value. */
    fixture f;
    setup(&f);
    sc_value cut = unary(&f, SC_EXPR_TO_INT, INPUT(&f, 2, 8, 6));
    f.graph->value[cut].desc.dtype = SOCLE_U8;
    output(&f, unary(&f, SC_EXPR_TO_FLOAT, cut));
    SC_EQ(fuse(&f, NULL), 2);
    finish(&f);
}

Test(fuse_rules, siblings_merge) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 64), y = INPUT(&f, 2, 8, 64);
    output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, x, 2));
    output(&f, sc_build_reduce(f.graph, SC_REDUCE_MAX, binary(&f, SC_EXPR_MUL, x, y), 2));
    output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, x, 1)); /* other axes */
    output(&f, unary(&f, SC_EXPR_EXP, x));
    output(&f, binary(&f, SC_EXPR_ADD, x, y));
    SC_EQ(fuse(&f, NULL), 3);
    SC_EQ(only(&f, SC_OP_ELEMENTWISE)->outputs, 2);
    finish(&f);
}

Test(fuse_rules, a_value_and_its_function_come_from_one_launch) {
    fixture f;
    setup(&f);
    sc_value x = unary(&f, SC_EXPR_TANH, INPUT(&f, 2, 8, 64));
    output(&f, x);
    output(&f, unary(&f, SC_EXPR_EXP, x));
    SC_EQ(fuse(&f, NULL), 1);
    const sc_node *node = only(&f, SC_OP_ELEMENTWISE);
    SC_EQ(node->outputs, 2);
    SC_EQ(node->expr->nodes, 3); /* tanh once */
    finish(&f);
}

Test(fuse_rules, strangers_do_not_merge) {
    fixture f;
    setup(&f);
    sc_value x = INPUT(&f, 2, 8, 1000), y = INPUT(&f, 2, 8, 1000);
    output(&f, unary(&f, SC_EXPR_EXP, x));
    output(&f, unary(&f, SC_EXPR_EXP, y)); /* shares no operand */
    output(&f, sc_build_softmax(f.graph, sc_build_reduce(f.graph, SC_REDUCE_SUM, x, 2), false));
    sc_value peak = sc_build_reduce(f.graph, SC_REDUCE_MAX, x, 2);
    output(&f,
           sc_build_reduce(f.graph, SC_REDUCE_SUM, binary(&f, SC_EXPR_SUB, x, peak), 2)); /* depends
                                                                                             on
                                                                                             the
                                                                                             maximum
                                                                                           */
    SC_EQ(fuse(&f, NULL), 5);
    finish(&f);
}

Test(fuse_rules, small_strangers_do) {
    fixture f;
    setup(&f);
    output(&f, unary(&f, SC_EXPR_EXP, PARAMETER(&f, 1, 64)));
    output(&f, unary(&f, SC_EXPR_TANH, PARAMETER(&f, 1, 64)));
    output(&f, unary(&f, SC_EXPR_TANH, PARAMETER(&f, 1, 65))); /* another index space */
    SC_EQ(fuse(&f, NULL), 2);
    finish(&f);
}

Test(fuse_rules, limits_hold) {
    fixture f;
    setup(&f);
    sc_value sum = INPUT(&f, 1, 8);
    for (int i = 0; i < 40; i++)
        sum = unary(&f, SC_EXPR_TANH, binary(&f, SC_EXPR_ADD, sum, INPUT(&f, 1, 8)));
    for (int i = 0; i < 300; i++) sum = unary(&f, i % 2 ? SC_EXPR_TANH : SC_EXPR_SIN, sum);
    output(&f, sum);
    int live = fuse(&f, NULL);
    SC_TRUE(live >= 6 && live <= 12);
    finish(&f);
}

Test(fuse_rules, nothing_is_kept_alive_for_long) {
    /* Moving the sum to its distant reader would keep two tensors instead of one. */
    for (int distant = 0; distant < 2; distant++) {
        fixture f;
        setup(&f);
        sc_value x = INPUT(&f, 2, 8, 64), y = INPUT(&f, 2, 8, 64);
        sc_value early = binary(&f, SC_EXPR_ADD, sc_build_softmax(f.graph, x, false),
                                sc_build_softmax(f.graph, y, false));
        sc_value chain = x;
        for (int i = 0; i < (distant ? 12 : 2); i++)
            chain = sc_build_softmax(f.graph, chain, false);
        output(&f, binary(&f, SC_EXPR_MUL, early, chain));
        SC_EQ(fuse(&f, NULL), distant ? 2 + 12 + 2 : 2 + 2 + 1);
        finish(&f);
    }
}

Test(fuse_rules, twice_is_as_good_as_once) {
    fixture f;
    setup(&f);
    sc_value y = convolution(&f, INPUT(&f, 4, 8, 2, 6, 6));
    y = unary(&f, SC_EXPR_RELU,
              binary(&f, SC_EXPR_ADD, y, sc_build_per_channel(f.graph, PARAMETER(&f, 1, 5), 4)));
    output(&f, sc_build_reduce(f.graph, SC_REDUCE_SUM, unary(&f, SC_EXPR_SQUARE, y), 13));
    int once = fuse(&f, NULL);
    SC_EQ(fuse(&f, NULL), once);
    finish(&f);
}
