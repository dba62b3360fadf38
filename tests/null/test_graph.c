/* SPDX-License-Identifier: Apache-2.0 */
/* The graph container: values and their homes, and that a bad request is refused with its values,
 * once, and remembered. */
#include "graph/build.h"
#include "graph/fuse.h"
#include "graph/grad.h"
#include "graph/live.h"
#include "graph/precision.h"
#include "graph/repeat.h"
#include "nn/lanes.h"

#include "sc_test.h"

typedef struct fixture {
    sc_env env;
    sc_graph *graph;
    sc_value x, w;
} fixture;

static void setup(fixture *f) {
    sc_env_init(&f->env, NULL, NULL);
    SC_OK(&f->env, sc_graph_create(&f->graph, &f->env, 8));
    sc_tensor_desc batch = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){8, 6});
    sc_tensor_desc weight = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){4, 6});
    f->x = sc_graph_external(f->graph, SC_LANE_INPUTS, 0, &batch, "images");
    f->w = sc_graph_external(f->graph, SC_LANE_PARAMETERS, 3, &weight, "weight");
    SC_OK(&f->env, f->graph->status);
}

static void finish(fixture *f) {
    sc_graph_destroy(f->graph);
}

Test(graph, capacity_is_checked) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_graph *graph;
    SC_FAILS(&env, sc_graph_create(&graph, &env, 0), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(graph == NULL);
    SC_FAILS(&env, sc_graph_create(&graph, &env, INT64_C(1) << 40), SOCLE_STATUS_INVALID_ARGUMENT);
    sc_graph_destroy(NULL);
}

Test(graph, nodes_get_shapes_names_and_producers) {
    fixture f;
    setup(&f);
    sc_graph_scope(f.graph, "dense1");
    sc_value y = sc_build_matmul(f.graph, f.x, f.w, false, true);
    sc_graph_scope(f.graph, NULL);
    sc_value z = sc_build_unary(f.graph, SC_EXPR_TANH, y);
    SC_OK(&f.env, f.graph->status);
    const sc_tensor_desc *desc = sc_graph_desc(f.graph, y);
    SC_EQ(desc->rows_per_sample, 1);
    SC_EQ(desc->rank, 2);
    SC_EQ(desc->dim[0], 8);
    SC_EQ(desc->dim[1], 4);
    SC_EQ(f.graph->nodes, 2);
    SC_EQ_STR(f.graph->node[0].name, "dense1");
    SC_TRUE(f.graph->node[1].name == NULL);
    SC_EQ(f.graph->value[y].node, 0);
    SC_EQ(f.graph->value[z].node, 1);
    SC_EQ(f.graph->value[f.x].node, -1);
    sc_op_desc op;
    sc_graph_node_desc(f.graph, &f.graph->node[0], &op);
    SC_OK(&f.env, sc_op_check(&f.env, &op));
    SC_EQ(op.op, SC_OP_MATMUL);
    SC_TRUE(op.attr.matmul.transpose_b);
    finish(&f);
}

/* [8,6] as two rows of 3 or six of 1 per sample, and back: views, whose elements stay; functions of
 * single elements are computed where the bytes are. */
Test(graph, rows_of_a_sample_are_views) {
    fixture f;
    setup(&f);
    sc_value y = sc_build_matmul(f.graph, f.x, f.w, false, true); /* [8,4] */
    sc_value pairs = sc_build_reshape(f.graph, y, 2, (const int64_t[]){16, 2});
    sc_value each = sc_build_reshape(f.graph, pairs, 1, (const int64_t[]){32});
    SC_OK(&f.env, f.graph->status);
    SC_EQ(sc_graph_desc(f.graph, pairs)->rows_per_sample, 2);
    SC_EQ(sc_graph_desc(f.graph, each)->rows_per_sample, 4);
    SC_EQ(f.graph->nodes, 1);
    sc_value z = sc_build_unary(f.graph, SC_EXPR_TANH, pairs);
    SC_EQ(f.graph->nodes, 2);
    SC_TRUE(sc_tensor_equal(sc_graph_desc(f.graph, z), sc_graph_desc(f.graph, pairs)));
    SC_TRUE(sc_tensor_equal(sc_graph_desc(f.graph, sc_graph_root(f.graph, z)),
                            sc_graph_desc(f.graph, y)));
    sc_value back = sc_build_reshape(f.graph, z, 2, (const int64_t[]){8, 4});
    SC_EQ(sc_graph_desc(f.graph, back)->rows_per_sample, 1);
    char text[64];
    sc_tensor_text(text, sizeof text, sc_graph_desc(f.graph, pairs));
    SC_EQ_STR(text, "f32[N*2,2]");
    finish(&f);
}

Test(graph, first_error_is_kept_and_silences_the_rest) {
    fixture f;
    setup(&f);
    sc_graph_scope(f.graph, "dense2");
    SC_EQ(sc_build_matmul(f.graph, f.x, f.w, false, false), SC_NO_VALUE);
    SC_EQ(f.graph->status, SOCLE_STATUS_SHAPE);
    SC_CONTAINS(f.env.text, "dense2");
    char first[SC_ERROR_TEXT];
    snprintf(first, sizeof first, "%s", f.env.text);
    size_t nodes = f.graph->nodes, values = f.graph->values;
    SC_EQ(sc_build_unary(f.graph, SC_EXPR_EXP, f.x), SC_NO_VALUE);
    SC_EQ(sc_build_reshape(f.graph, f.x, 1, (const int64_t[]){7}), SC_NO_VALUE);
    SC_EQ(sc_build_dropout(f.graph, SC_NO_VALUE, 0.5f), SC_NO_VALUE);
    SC_EQ(sc_build_maxpool2d(f.graph, SC_NO_VALUE, &(sc_window){0}), SC_NO_VALUE);
    SC_EQ(sc_graph_output(f.graph, f.x, SC_LANE_OUTPUTS, 0), SC_NO_VALUE);
    SC_EQ(sc_graph_detach(f.graph, f.x), SC_NO_VALUE);
    SC_EQ(f.graph->nodes, nodes);
    SC_EQ(f.graph->values, values);
    SC_EQ(f.graph->status, SOCLE_STATUS_SHAPE);
    SC_EQ_STR(f.env.text, first);
    finish(&f);
}

Test(graph, bad_requests_are_refused) {
    const struct {
        const char *what;
        socle_status status;
    } expected[] = {
        {"value", SOCLE_STATUS_INVALID_ARGUMENT}, {"operands", SOCLE_STATUS_INVALID_ARGUMENT},
        {"reshape", SOCLE_STATUS_SHAPE},          {"rows", SOCLE_STATUS_SHAPE},
        {"capacity", SOCLE_STATUS_SHAPE},         {"slice", SOCLE_STATUS_SHAPE}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        fixture f;
        setup(&f);
        SC_REPRO("%s", expected[i].what);
        sc_value many[SC_MAX_OPERANDS + 4], result = 0;
        for (int k = 0; k < SC_MAX_OPERANDS + 4; k++) many[k] = f.x;
        sc_tensor_desc other = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){9, 6});
        switch (i) {
        case 0:
            result = sc_build_matmul(f.graph, f.x, 99, false, false);
            break;
        case 1:
            result = sc_build_concat(f.graph, SC_MAX_OPERANDS + 4, many, 1);
            break;
        case 2:
            result = sc_build_reshape(f.graph, f.x, 2, (const int64_t[]){8, 5});
            break;
        case 3:
            result = sc_build_reshape(f.graph, f.x, 2, (const int64_t[]){12, 4});
            break;
        case 4:
            result = sc_graph_external(f.graph, SC_LANE_INPUTS, 1, &other, "labels");
            break;
        default:
            result = sc_build_slice(f.graph, f.x, (const int64_t[]){0, 4}, (const int64_t[]){8, 3});
            break;
        }
        SC_EQ(result, SC_NO_VALUE);
        SC_EQ(f.graph->status, expected[i].status);
        SC_TRUE(f.env.text[0] != '\0');
        SC_EQ(f.graph->nodes, 0);
        finish(&f);
    }
}

Test(graph, aliases_have_one_root) {
    fixture f;
    setup(&f);
    sc_value a = sc_build_reshape(f.graph, f.x, 3, (const int64_t[]){8, 2, 3});
    sc_value b = sc_build_reshape(f.graph, a, 2, (const int64_t[]){8, 6});
    SC_EQ(sc_graph_root(f.graph, b), f.x);
    SC_EQ(f.graph->nodes, 0);
    SC_TRUE(sc_tensor_equal(sc_graph_desc(f.graph, b), sc_graph_desc(f.graph, f.x)));
    finish(&f);
}

Test(graph, outputs_get_a_home) {
    fixture f;
    setup(&f);
    sc_value y = sc_build_unary(f.graph, SC_EXPR_EXP, f.x);
    sc_value view = sc_build_reshape(f.graph, y, 1, (const int64_t[]){8});
    SC_EQ(view, SC_NO_VALUE);
    finish(&f);
    setup(&f);
    y = sc_build_unary(f.graph, SC_EXPR_EXP, f.x);
    view = sc_build_reshape(f.graph, y, 3, (const int64_t[]){8, 3, 2});
    SC_EQ(sc_graph_output(f.graph, view, SC_LANE_OUTPUTS, 4), view);
    SC_EQ(f.graph->value[y].lane, SC_LANE_OUTPUTS);
    SC_EQ(f.graph->value[y].index, 4);
    SC_TRUE(f.graph->value[y].is_output);
    SC_EQ(f.graph->nodes, 1);
    /* A second home for the same value, and a home for an external, need copies. */
    sc_value again = sc_graph_output(f.graph, y, SC_LANE_OUTPUTS, 5);
    sc_value copy = sc_graph_output(f.graph, f.x, SC_LANE_OUTPUTS, 6);
    SC_TRUE(again != y && copy != f.x);
    SC_EQ(f.graph->nodes, 3);
    SC_EQ(f.graph->value[again].index, 5);
    SC_TRUE(!f.graph->value[f.x].is_output);
    finish(&f);
}

Test(graph, copies_keep_their_type) {
    fixture f;
    setup(&f);
    for (int dtype = SOCLE_F32; dtype <= SOCLE_I32; dtype++) {
        sc_tensor_desc desc = sc_tensor_make(dtype, 1, 2, (const int64_t[]){8, 6});
        sc_value in = sc_graph_external(f.graph, SC_LANE_INPUTS, 10 + dtype, &desc, NULL);
        sc_value out = sc_graph_output(f.graph, in, SC_LANE_OUTPUTS, dtype);
        SC_OK(&f.env, f.graph->status);
        SC_TRUE(out != in && sc_tensor_equal(sc_graph_desc(f.graph, out), &desc));
    }
    finish(&f);
}

Test(graph, updates_share_the_home_of_their_target) {
    fixture f;
    setup(&f);
    sc_value next = sc_graph_update(f.graph, sc_build_scale(f.graph, f.w, 0.5f, 0.0f), f.w);
    SC_TRUE(next != f.w);
    SC_EQ(f.graph->value[next].lane, SC_LANE_PARAMETERS);
    SC_EQ(f.graph->value[next].index, 3);
    SC_TRUE(f.graph->value[next].is_output && !f.graph->value[f.w].is_output);
    finish(&f);
}

Test(graph, random_nodes_get_their_own_ordinals) {
    fixture f;
    setup(&f);
    sc_build_dropout(f.graph, f.x, 0.5f);
    sc_build_dropout(f.graph, f.x, 0.5f);
    SC_EQ(sc_build_dropout(f.graph, f.x, 0.0f), f.x);
    SC_EQ(f.graph->random_ordinal, 2);
    int32_t ordinal[2] = {-1, -1};
    for (int n = 0; n < 2; n++)
        for (int k = 0; k < f.graph->node[n].expr->nodes; k++)
            if (f.graph->node[n].expr->node[k].op == SC_EXPR_UNIFORM)
                ordinal[n] = f.graph->node[n].expr->node[k].imm.i;
    SC_EQ(ordinal[0], 0);
    SC_EQ(ordinal[1], 1);
    finish(&f);
}

static socle_status build_some(sc_env *env, void *argument) {
    (void)argument;
    sc_graph *graph;
    SC_TRY(sc_graph_create(&graph, env, 8));
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 4, (const int64_t[]){8, 3, 4, 4});
    sc_tensor_desc vector = sc_tensor_make(SOCLE_F32, 0, 1, (const int64_t[]){3});
    sc_graph_scope(graph, "norm1");
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &desc, "x");
    sc_value gamma = sc_graph_external(graph, SC_LANE_PARAMETERS, 0, &vector, "gamma");
    sc_value y = sc_build_batchnorm(graph, x, gamma, gamma, 1e-3f, NULL, NULL);
    sc_graph_output(graph, sc_build_dropout(graph, y, 0.5f), SC_LANE_OUTPUTS, 0);
    socle_status status = graph->status;
    sc_graph_destroy(graph);
    return status;
}

/* A repeated region with its gradient, and how long its values live. */
static socle_status build_repeated(sc_env *env, void *argument) {
    (void)argument;
    sc_graph *graph, *copy = NULL;
    SC_TRY(sc_graph_create(&graph, env, 2));
    const int64_t dim[3] = {5, 2, 3};
    sc_tensor_desc whole = sc_tensor_make(SOCLE_F32, 0, 3, dim),
                   state = sc_tensor_make(SOCLE_F32, 1, 2, dim + 1),
                   square = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){3, 3});
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &whole, "x"), gradient;
    sc_value w = sc_graph_external(graph, SC_LANE_PARAMETERS, 0, &square, "w");
    sc_repeat_begin(graph, 5, true);
    sc_value h = sc_repeat_carry(graph, SC_NO_VALUE, &state);
    sc_value next = sc_build_binary(graph, SC_EXPR_ADD, sc_repeat_read(graph, x, 1),
                                    sc_build_matmul(graph, h, w, false, false));
    sc_repeat_next(graph, h, next);
    sc_value all = sc_repeat_collect(graph, next);
    sc_repeat_end(graph);
    sc_value loss = sc_build_binary(graph, SC_EXPR_MUL, all, all);
    socle_status status = sc_graph_gradient(graph, loss, SC_NO_VALUE, 1, &w, &gradient, NULL);
    sc_graph_output(graph, gradient, SC_LANE_GRADIENTS, 0);
    if (status == SOCLE_OK) status = sc_graph_copy(&copy, graph);
    if (status == SOCLE_OK) status = sc_graph_fuse(copy, NULL);
    sc_live live = {0};
    if (status == SOCLE_OK) status = sc_live_intervals(&live, copy);
    sc_live_free(&live);
    sc_graph_destroy(copy);
    sc_graph_destroy(graph);
    return status;
}

/* Which lane has the weights is the builder's to say; another number would do as well. */
Test(graph, weights_are_what_the_builder_says) {
    enum { MINE = SC_LANES - 1, OTHER = 0 };
    sc_env env;
    sc_graph *graph, *copy;
    const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, false, 1, (int64_t[]){8});
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_graph_create(&graph, &env, 1));
    sc_value mine = sc_graph_external(graph, MINE, 0, &desc, NULL),
             other = sc_graph_external(graph, OTHER, 0, &desc, NULL),
             between = sc_build_binary(graph, SC_EXPR_ADD, mine, other);
    SC_TRUE(!sc_graph_is_parameter(graph, mine) && !sc_graph_is_parameter(graph, between));
    sc_graph_weights(graph, MINE);
    SC_TRUE(sc_graph_is_parameter(graph, mine) && !sc_graph_is_parameter(graph, other));
    SC_TRUE(!sc_graph_is_parameter(graph, between));
    SC_OK(&env, sc_graph_copy(&copy, graph));
    SC_TRUE(sc_graph_is_parameter(copy, mine));
    sc_graph_update(graph, between, mine); /* what is written there is none */
    SC_TRUE(!sc_graph_is_parameter(graph, between));
    sc_graph_destroy(copy);
    sc_graph_destroy(graph);
}

static int stored_as(const fixture *f, sc_value value) {
    return sc_graph_desc(f->graph, value)->dtype;
}

/* What only the gradient reads of a normalisation and of attention keeps its digits. */
Test(graph, statistics_are_not_stored_in_half) {
    fixture f;
    setup(&f);
    const sc_tensor_desc six = sc_tensor_make(SOCLE_F32, 0, 1, (const int64_t[]){6});
    sc_value scale = sc_graph_external(f.graph, SC_LANE_PARAMETERS, 4, &six, "scale");
    sc_value y = sc_build_layer_norm(f.graph, f.x, scale, scale, 1e-5f);
    sc_value steps = sc_build_reshape(f.graph, y, 3, (const int64_t[]){8, 3, 2});
    sc_value z = sc_build_attention(f.graph, steps, steps, steps, SC_NO_VALUE, 2, 1.0f, true);
    SC_OK(&f.env, f.graph->status);
    SC_EQ(f.graph->nodes, 2);
    const sc_node *norm = &f.graph->node[0], *attention = &f.graph->node[1];
    sc_graph_store_half(f.graph, SOCLE_F16);
    SC_EQ(stored_as(&f, y), SOCLE_F16);
    SC_EQ(stored_as(&f, z), SOCLE_F16);
    SC_EQ(stored_as(&f, norm->output[1]), SOCLE_F32);
    SC_EQ(stored_as(&f, norm->output[2]), SOCLE_F32);
    SC_EQ(stored_as(&f, attention->output[1]), SOCLE_F32);
    finish(&f);
}

Test(graph, survives_refused_allocations) {
    sc_test_each_allocation(build_some, NULL);
    sc_test_each_allocation(build_repeated, NULL);
}
