/* SPDX-License-Identifier: Apache-2.0 */
/* The layout pass against pretended implementations: every operand ends in a layout that its node
 * takes, homes and aliases stay plain, and blocks appear only where they pay. */
#include "graph/build.h"
#include "graph/fuse.h"
#include "layout_policy.h"
#include "nn/lanes.h"

typedef struct fixture {
    sc_env env;
    sc_graph *graph;
    int externals;
    sc_layout_result result;
} fixture;

static void setup(fixture *f) {
    *f = (fixture){0};
    sc_env_init(&f->env, NULL, NULL);
    SC_OK(&f->env, sc_graph_create(&f->graph, &f->env, 4));
    sc_graph_weights(f->graph, SC_LANE_PARAMETERS);
}

static sc_value external(fixture *f, sc_lane lane, int64_t n, int64_t c, int64_t h, int64_t w) {
    sc_tensor_desc desc =
        sc_tensor_make(SOCLE_F32, lane == SC_LANE_INPUTS, 4, (const int64_t[]){n, c, h, w});
    return sc_graph_external(f->graph, lane, f->externals++, &desc, NULL);
}

static sc_value convolution(fixture *f, sc_value x, int64_t out) {
    const sc_window window = {{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
    sc_value weight =
        external(f, SC_LANE_PARAMETERS, out, sc_graph_desc(f->graph, x)->dim[1], 3, 3);
    return sc_build_conv2d(f->graph, x, weight, &window, 1);
}

static sc_value relu(fixture *f, sc_value x) {
    return sc_build_unary(f->graph, SC_EXPR_RELU, x);
}

static sc_value pool(fixture *f, sc_value x) {
    return sc_build_maxpool2d(f->graph, x, &(sc_window){{2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0}});
}

static sc_value output(fixture *f, sc_value x) {
    return sc_graph_output(f->graph, x, SC_LANE_OUTPUTS, f->externals++);
}

static int assign(fixture *f, const policy *p) {
    SC_OK(&f->env, f->graph->status);
    SC_OK(&f->env, sc_graph_assign_layouts(f->graph, accepts, NULL, (void *)p, &f->result));
    return check_graph(f->graph, p);
}

static void finish(fixture *f) {
    sc_graph_destroy(f->graph);
}

Test(layout, nobody_takes_blocks_nothing_changes) {
    fixture f;
    setup(&f);
    output(&f, relu(&f, convolution(&f, external(&f, SC_LANE_INPUTS, 4, 16, 6, 6), 16)));
    SC_EQ(assign(&f, &(policy){PLAIN, PLAIN, PLAIN, PLAIN}), 2);
    SC_EQ(f.result.blocked + f.result.reorders + f.result.packed, 0);
    finish(&f);
}

Test(layout, a_chain_is_blocked_between_its_ends) {
    fixture f;
    setup(&f);
    sc_value x = external(&f, SC_LANE_INPUTS, 4, 32, 8, 8);
    for (int i = 0; i < 3; i++) x = pool(&f, relu(&f, convolution(&f, x, 32)));
    sc_value flat = sc_build_reshape(f.graph, x, 2, (const int64_t[]){4, 32});
    sc_graph_output(f.graph, sc_build_softmax(f.graph, flat, false), SC_LANE_OUTPUTS, 0);
    SC_EQ(assign(&f, &EVERYTHING), 10 + 1 + 3); /* one reorder in, three weights packed; the last
                                                   pool writes plain */
    SC_EQ(f.result.reorders, 1);
    SC_EQ(f.result.packed, 3);
    SC_EQ(f.graph->node[0].op, SC_OP_REORDER);
    for (size_t n = 0; n < f.graph->nodes; n++)
        if (f.graph->node[n].hoistable) {
            SC_EQ(f.graph->node[n].op, SC_OP_REORDER);
            SC_EQ(f.graph->value[f.graph->node[n].input[0]].lane, SC_LANE_PARAMETERS);
        }
    finish(&f);
}

Test(layout, odd_channels_stay_plain) {
    fixture f;
    setup(&f);
    sc_value x = convolution(&f, external(&f, SC_LANE_INPUTS, 4, 3, 8, 8), 24);
    output(&f, relu(&f, convolution(&f, relu(&f, x), 20)));
    SC_EQ(assign(&f, &(policy){BLOCKED, PLAIN, PLAIN | BLOCKED, PLAIN}), 4);
    SC_EQ(f.result.blocked, 0);
    finish(&f);
}

Test(layout, an_output_is_made_plain_behind_its_node) {
    fixture f;
    setup(&f);
    sc_value x =
        convolution(&f, convolution(&f, external(&f, SC_LANE_INPUTS, 4, 32, 8, 8), 32), 32);
    output(&f, x);
    SC_EQ(assign(&f, &(policy){BLOCKED, PLAIN, PLAIN, PLAIN}), 2 + 2);
    SC_EQ(f.graph->node[f.graph->value[x].node].op, SC_OP_REORDER);
    finish(&f);
}

Test(layout, blocks_must_pay) {
    /* Three plain readers of full size around one small convolution: two reorders for little. */
    fixture f;
    setup(&f);
    const sc_window shrink = {{3, 3}, {8, 8}, {1, 1}, {1, 1}, {1, 1}};
    sc_value x = external(&f, SC_LANE_INPUTS, 4, 16, 32, 32),
             weight = external(&f, SC_LANE_PARAMETERS, 16, 16, 3, 3);
    policy dear = {PLAIN, PLAIN, PLAIN | BLOCKED, PLAIN | BLOCKED};
    output(&f, sc_build_conv2d(f.graph, relu(&f, x), weight, &shrink, 1));
    output(&f, pool(&f, relu(&f, pool(&f, x))));
    SC_EQ(assign(&f, &dear), 5); /* elementwise and pooling gain nothing of their own */
    SC_EQ(f.result.blocked, 0);
    finish(&f);
}

Test(layout, each_part_by_its_own_merit) {
    fixture f;
    setup(&f);
    const sc_window shrink = {{3, 3}, {8, 8}, {1, 1}, {1, 1}, {1, 1}};
    sc_value x = external(&f, SC_LANE_INPUTS, 4, 32, 8, 8),
             large = external(&f, SC_LANE_INPUTS, 4, 16, 64, 64);
    output(&f, convolution(&f, convolution(&f, x, 32), 32)); /* pays: two reorders, four operands */
    sc_value small = sc_build_slice(f.graph, pool(&f, relu(&f, large)),
                                    (const int64_t[]){0, 0, 0, 0}, (const int64_t[]){4, 16, 2, 2});
    sc_value weight = external(&f, SC_LANE_PARAMETERS, 16, 16, 3, 3);
    output(&f, sc_build_conv2d(f.graph, small, weight, &shrink, 1));
    assign(&f, &(policy){BLOCKED, PLAIN, BLOCKED, BLOCKED});
    for (size_t n = 0; n < f.graph->nodes; n++) {
        sc_op op = f.graph->node[n].op;
        if (op == SC_OP_ELEMENTWISE || op == SC_OP_MAXPOOL2D)
            SC_EQ(sc_graph_desc(f.graph, f.graph->node[n].output[0])->layout, SC_LAYOUT_PLAIN);
        if (op == SC_OP_CONV2D)
            SC_EQ(sc_graph_desc(f.graph, f.graph->node[n].input[0])->layout, SC_LAYOUT_C16);
    }
    finish(&f);
}

Test(layout, copies_are_shared) {
    fixture f;
    setup(&f);
    const sc_window same = {{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
    sc_value x = external(&f, SC_LANE_INPUTS, 4, 32, 8, 8),
             weight = external(&f, SC_LANE_PARAMETERS, 32, 32, 3, 3);
    sc_value y = sc_build_conv2d(f.graph, x, weight, &same, 1);
    output(&f, y);                                             /* plain at home */
    output(&f, sc_build_conv2d(f.graph, y, weight, &same, 1)); /* read blocked, from where it was
                                                                  written */
    output(&f, sc_build_conv2d(f.graph, x, weight, &same, 1));
    SC_EQ(assign(&f, &EVERYTHING), 3 + 1 + 3 + 1);
    SC_EQ(f.result.reorders, 4); /* x once; three outputs */
    SC_EQ(f.result.packed, 1);
    finish(&f);
}

Test(layout, flat_passes_only) {
    for (int kind = 0; kind < 4; kind++) {
        fixture f;
        setup(&f);
        SC_REPRO("kind %d", kind);
        sc_value x = convolution(&f, external(&f, SC_LANE_INPUTS, 4, 32, 8, 8), 32);
        sc_value number = external(&f, SC_LANE_PARAMETERS, 1, 1, 1, 1),
                 bias = external(&f, SC_LANE_PARAMETERS, 1, 32, 1, 1);
        if (kind == 0) x = sc_build_binary(f.graph, SC_EXPR_MUL, x, number);
        if (kind == 1)
            x = sc_build_binary(f.graph, SC_EXPR_MUL, x, bias); /* broadcast per channel */
        if (kind == 2) x = sc_build_dropout(f.graph, x, 0.5f);  /* random numbers by coordinate */
        if (kind == 3)
            x = sc_build_binary(f.graph, SC_EXPR_ADD, x, external(&f, SC_LANE_INPUTS, 4, 32, 8, 8));
        output(&f, convolution(&f, x, 32));
        assign(&f, &EVERYTHING);
        /* in, out; around a node that cannot be blocked two more; another plain operand one more */
        SC_EQ(f.result.reorders, kind == 0 ? 2 : kind == 3 ? 3 : 4);
        finish(&f);
    }
}

Test(layout, tails_follow_their_result) {
    fixture f;
    setup(&f);
    sc_value x = external(&f, SC_LANE_INPUTS, 4, 32, 8, 8), y = x;
    for (int i = 0; i < 2; i++) {
        sc_value bias = external(&f, SC_LANE_PARAMETERS, 1, 32, 1, 1);
        y = relu(&f, sc_build_binary(f.graph, SC_EXPR_ADD, convolution(&f, y, 32), bias));
        y = i ? sc_build_binary(f.graph, SC_EXPR_ADD, y, x) : y; /* residual: x is read blocked,
                                                                    from the same copy */
    }
    output(&f, y);
    SC_OK(&f.env, sc_graph_fuse(f.graph, NULL));
    SC_EQ(assign(&f, &EVERYTHING), 2 + 2 + 2);
    SC_EQ(f.result.reorders, 2);
    finish(&f);
}

/* Refusals of exact descriptors: packed weights; anything blocked; convolutions to 32 channels. */
static bool refuses_packs(void *payload, const sc_op_desc *desc) {
    (void)payload;
    return desc->op != SC_OP_CONV2D || desc->tensor[1].layout == SC_LAYOUT_PLAIN;
}

static bool refuses_blocks(void *payload, const sc_op_desc *desc) {
    (void)payload;
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (desc->tensor[i].layout != SC_LAYOUT_PLAIN) return false;
    return true;
}

static bool refuses_wide(void *payload, const sc_op_desc *desc) {
    return desc->tensor[desc->inputs].dim[1] != 32 || refuses_blocks(payload, desc);
}

static void refused(sc_layout_fits *fits, int nodes, int packed) {
    fixture f;
    setup(&f);
    sc_value x = external(&f, SC_LANE_INPUTS, 4, 16, 8, 8);
    const int64_t channels[] = {16, 16, 32, 32};
    for (int i = 0; i < 4; i++) x = relu(&f, convolution(&f, x, channels[i]));
    output(&f, x);
    SC_OK(&f.env, sc_graph_assign_layouts(f.graph, accepts, fits, (void *)&EVERYTHING, &f.result));
    SC_EQ(check_graph(f.graph, &EVERYTHING), nodes);
    SC_EQ(f.result.packed, packed);
    for (size_t n = 0; n < f.graph->nodes; n++) {
        sc_op_desc desc;
        sc_graph_node_desc(f.graph, &f.graph->node[n], &desc);
        if (fits && desc.op != SC_OP_REORDER && !f.graph->node[n].dead)
            SC_TRUE(fits((void *)&EVERYTHING, &desc));
    }
    finish(&f);
}

Test(layout, what_nothing_runs_is_taken_back) {
    refused(NULL, 8 + 2 + 4, 4); /* in, out, and four packs */
    refused(refuses_packs, 8 + 2, 0);
    refused(refuses_blocks, 8, 0);
    refused(refuses_wide, 8 + 2 + 2, 2); /* out of the blocks behind the second convolution */
}

static socle_status assign_in(sc_env *env, void *argument) {
    (void)argument;
    fixture f = {.env = *env};
    SC_TRY(sc_graph_create(&f.graph, env, 4));
    sc_value x = external(&f, SC_LANE_INPUTS, 4, 32, 4, 4);
    if (x != SC_NO_VALUE) {
        const sc_window window = {{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
        sc_value weight = external(&f, SC_LANE_PARAMETERS, 32, 32, 3, 3);
        x = sc_build_conv2d(f.graph, x, weight, &window, 1);
        sc_graph_output(f.graph, sc_build_conv2d(f.graph, x, weight, &window, 1), SC_LANE_OUTPUTS,
                        0);
    }
    socle_status status = f.graph->status;
    if (status == SOCLE_OK)
        status = sc_graph_assign_layouts(f.graph, accepts, NULL, (void *)&EVERYTHING, NULL);
    sc_graph_destroy(f.graph);
    return status;
}

Test(layout, survives_refused_allocations) {
    sc_test_each_allocation(assign_in, NULL);
}
