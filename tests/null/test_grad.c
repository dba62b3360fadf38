/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients of whole graphs against central differences, both in double, over networks that use
 * every rule. */
#include "graph_samples.h"

#include "sc_test.h"

/* Central differences with step 1e-5 in double: truncation near 1e-10 and cancellation near 1e-10
 * times the curvature; the float constants in derivatives (1/sqrt 2 ...) are good to 6e-8. */
static const double STEP = 1e-5, TOLERANCE = 2e-6;

static double summed_loss(graph_eval *eval) {
    eval_run(eval);
    return eval_home_data(eval, SC_LANE_SUMS, 0, 1)[0];
}

/* Every element of every parameter, or every third of large ones. */
static int compare_parameter(graph_eval *eval, const sample *s, int p, const double *gradient) {
    const sc_tensor_desc *desc = sc_graph_desc(s->graph, s->parameter[p]);
    int64_t elements = sc_tensor_elements(desc), step = elements > 60 ? 3 : 1;
    double *data = eval_home_data(eval, SC_LANE_PARAMETERS, p, elements);
    int moving = 0;
    for (int64_t i = 0; i < elements; i += step) {
        double before = data[i];
        data[i] = before + STEP;
        double above = summed_loss(eval);
        data[i] = before - STEP;
        double below = summed_loss(eval);
        data[i] = before;
        double expected = (above - below) / (2 * STEP);
        if (!(fabs(gradient[i] - expected) <= TOLERANCE * (1 + fabs(expected))))
            SC_TEST_FAIL("parameter %d element %d: gradient %.9g, differences give %.9g", p, (int)i,
                         gradient[i], expected);
        moving += fabs(expected) > 1e-4;
    }
    return moving;
}

static void check_net(const sample_net *net, int64_t rows) {
    sample s;
    sample_create(&s, net, true, false);
    SC_REPRO("net %s, %d rows", net->name, (int)rows);
    graph_eval eval;
    eval_create(&eval, s.graph, false, rows, NULL, NULL);
    sample_fill(&eval, 17);
    double loss = summed_loss(&eval);
    SC_TRUE(isfinite(loss));
    int moving = 0;
    for (int p = 0; p < s.parameters; p++) {
        int64_t elements = sc_tensor_elements(sc_graph_desc(s.graph, s.parameter[p]));
        SC_TRUE(sc_tensor_equal(sc_graph_desc(s.graph, s.gradient[p]),
                                sc_graph_desc(s.graph, s.parameter[p])));
        double *gradient = malloc((size_t)elements * sizeof *gradient);
        summed_loss(&eval);
        memcpy(gradient, eval_home_data(&eval, SC_LANE_GRADIENTS, p, elements),
               (size_t)elements * sizeof *gradient);
        moving += compare_parameter(&eval, &s, p, gradient);
        free(gradient);
    }
    SC_TRUE(moving >= 4); /* a loss that hardly depends on its parameters would prove nothing */
    eval_destroy(&eval);
    sample_destroy(&s);
}

Test(grad, nets_agree_with_differences) {
    for (int n = 0; n < sample_net_count; n++) check_net(&sample_nets[n], SAMPLE_CAPACITY);
}

Test(grad, nets_agree_with_fewer_rows) {
    for (int n = 0; n < sample_net_count; n++) check_net(&sample_nets[n], 2);
}

static sc_graph *new_graph(sc_env *env) {
    sc_graph *graph;
    sc_env_init(env, NULL, NULL);
    SC_OK(env, sc_graph_create(&graph, env, 4));
    return graph;
}

static sc_value parameter(sc_graph *graph, int index, int64_t size) {
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, 1, &size);
    return sc_graph_external(graph, SC_LANE_PARAMETERS, index, &desc, NULL);
}

Test(grad, seed_scales_the_gradient) {
    sc_env env;
    sc_graph *graph = new_graph(&env);
    sc_value x = parameter(graph, 0, 3), seed = parameter(graph, 1, 3), gradient;
    sc_value y = sc_build_unary(graph, SC_EXPR_SQUARE, x);
    SC_OK(&env, sc_graph_gradient(graph, y, seed, 1, &x, &gradient, NULL));
    sc_graph_output(graph, gradient, SC_LANE_GRADIENTS, 0);
    graph_eval eval;
    eval_create(&eval, graph, false, 4, NULL, NULL);
    sample_fill(&eval, 3);
    eval_run(&eval);
    for (int i = 0; i < 3; i++)
        SC_NEAR(eval_home_data(&eval, SC_LANE_GRADIENTS, 0, 3)[i],
                2 * eval_home_data(&eval, SC_LANE_PARAMETERS, 0, 3)[i] *
                    eval_home_data(&eval, SC_LANE_PARAMETERS, 1, 3)[i],
                1e-12);
    eval_destroy(&eval);
    sc_graph_destroy(graph);
}

Test(grad, independent_parameter_gets_zeros) {
    sc_env env;
    sc_graph *graph = new_graph(&env);
    sc_value wrt[2] = {parameter(graph, 0, 3), parameter(graph, 1, 2)}, gradient[2];
    sc_value y = sc_build_unary(graph, SC_EXPR_EXP, wrt[0]);
    SC_OK(&env, sc_graph_gradient(graph, y, SC_NO_VALUE, 2, wrt, gradient, NULL));
    for (int i = 0; i < 2; i++) sc_graph_output(graph, gradient[i], SC_LANE_GRADIENTS, i);
    graph_eval eval;
    eval_create(&eval, graph, false, 4, NULL, NULL);
    sample_fill(&eval, 3);
    eval_home_data(&eval, SC_LANE_PARAMETERS, 1, 2)[0] = NAN; /* its value must not matter */
    eval_run(&eval);
    SC_EQ_FLOAT_BITS((float)eval_home_data(&eval, SC_LANE_GRADIENTS, 1, 2)[0], 0.0f);
    SC_EQ_FLOAT_BITS((float)eval_home_data(&eval, SC_LANE_GRADIENTS, 1, 2)[1], 0.0f);
    eval_destroy(&eval);
    sc_graph_destroy(graph);
}

Test(grad, of_the_parameter_itself_is_the_seed) {
    sc_env env;
    sc_graph *graph = new_graph(&env);
    sc_value x = parameter(graph, 0, 3), gradient;
    SC_OK(&env, sc_graph_gradient(graph, x, SC_NO_VALUE, 1, &x, &gradient, NULL));
    sc_graph_output(graph, gradient, SC_LANE_GRADIENTS, 0);
    graph_eval eval;
    eval_create(&eval, graph, false, 4, NULL, NULL);
    eval_run(&eval);
    for (int i = 0; i < 3; i++) SC_EQ(eval_home_data(&eval, SC_LANE_GRADIENTS, 0, 3)[i], 1);
    eval_destroy(&eval);
    sc_graph_destroy(graph);
}

Test(grad, one_row_is_still_a_batch) {
    sc_env env;
    sc_graph *graph;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_graph_create(&graph, &env, 1));
    const int64_t dim[2] = {1, 3};
    sc_tensor_desc row = sc_tensor_make(SOCLE_F32, 1, 2, dim),
                   weight = sc_tensor_make(SOCLE_F32, 0, 2, dim);
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &row, NULL), gradient;
    sc_value w = sc_graph_external(graph, SC_LANE_PARAMETERS, 0, &weight, NULL);
    sc_value y = sc_build_binary(graph, SC_EXPR_MUL, x, w);
    SC_OK(&env, sc_graph_gradient(graph, y, SC_NO_VALUE, 1, &w, &gradient, NULL));
    SC_TRUE(sc_tensor_equal(sc_graph_desc(graph, gradient), &weight)); /* not batched: with no rows
                                                                          it is 0, not unwritten */
    sc_graph_destroy(graph);
}

Test(grad, a_seed_of_another_shape_is_refused) {
    sc_env env;
    sc_graph *graph = new_graph(&env);
    sc_value x = parameter(graph, 0, 3), seed = parameter(graph, 1, 1), gradient;
    sc_value y = sc_build_unary(graph, SC_EXPR_SQUARE, x);
    SC_FAILS(&env, sc_graph_gradient(graph, y, seed, 1, &x, &gradient, NULL), SOCLE_STATUS_SHAPE);
    sc_graph_destroy(graph);
}

Test(grad, nothing_flows_through_a_detached_value) {
    sc_env env;
    sc_graph *graph = new_graph(&env);
    sc_value x = parameter(graph, 0, 3), gradient;
    sc_value y = sc_build_binary(graph, SC_EXPR_MUL, x,
                                 sc_graph_detach(graph, sc_build_unary(graph, SC_EXPR_EXP, x)));
    SC_OK(&env, sc_graph_gradient(graph, y, SC_NO_VALUE, 1, &x, &gradient, NULL));
    sc_graph_output(graph, gradient, SC_LANE_GRADIENTS, 0);
    graph_eval eval;
    eval_create(&eval, graph, false, 4, NULL, NULL);
    sample_fill(&eval, 3);
    eval_run(&eval);
    for (int i = 0; i < 3; i++)
        SC_NEAR(eval_home_data(&eval, SC_LANE_GRADIENTS, 0, 3)[i],
                exp(eval_home_data(&eval, SC_LANE_PARAMETERS, 0, 3)[i]), 1e-12);
    eval_destroy(&eval);
    sc_graph_destroy(graph);
}

Test(grad, last_layer_completes_first) {
    sample s;
    sample_create(&s, &sample_nets[0], false, false);
    int completion[SAMPLE_PARAMETERS];
    sc_value gradient[SAMPLE_PARAMETERS];
    SC_OK(&s.env, sc_graph_gradient(s.graph, s.loss, SC_NO_VALUE, s.parameters, s.parameter,
                                    gradient, completion));
    SC_EQ(s.parameters, 4); /* weight, bias, weight, bias: the second layer's are 2 and 3 */
    SC_TRUE(completion[2] < 2 && completion[3] < 2);
    SC_TRUE(completion[0] >= 2 && completion[1] >= 2);
    SC_EQ(completion[0] + completion[1] + completion[2] + completion[3], 6);
    sample_destroy(&s);
}

Test(grad, refuses_what_has_no_gradient) {
    sc_env env;
    sc_graph *graph = new_graph(&env);
    const int64_t dim[2] = {4, 3};
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 1, 2, dim);
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &desc, "x"), gradient;
    sc_graph_scope(graph, "peak1");
    sc_value y = sc_build_reduce(graph, SC_REDUCE_MAX, x, 2);
    SC_FAILS(&env, sc_graph_gradient(graph, y, SC_NO_VALUE, 1, &x, &gradient, NULL),
             SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(env.text, "peak1");
    SC_EQ(graph->status, SOCLE_STATUS_UNSUPPORTED);
    SC_EQ(gradient, SC_NO_VALUE);
    sc_graph_destroy(graph);
}

static socle_status build_and_differentiate(sc_env *env, void *argument) {
    (void)argument;
    sc_graph *graph;
    SC_TRY(sc_graph_create(&graph, env, 4));
    sc_value x = parameter(graph, 0, 3), gradient;
    sc_value y = sc_build_unary(graph, SC_EXPR_EXP, x);
    for (int i = 0; i < 20; i++) y = sc_build_binary(graph, SC_EXPR_MUL, y, x);
    if (graph->status == SOCLE_OK) sc_graph_gradient(graph, y, SC_NO_VALUE, 1, &x, &gradient, NULL);
    socle_status status = graph->status;
    sc_graph_destroy(graph);
    return status;
}

Test(grad, survives_refused_allocations) {
    sc_test_each_allocation(build_and_differentiate, NULL);
}
