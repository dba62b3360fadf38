/* SPDX-License-Identifier: Apache-2.0 */
/* Losses as a configuration has them, on two samples: values, slopes, what is right and shown. */
#ifndef SC_TESTS_LOSS_EVAL_H
#define SC_TESTS_LOSS_EVAL_H

#include "../model/net_text.h"
#include "net_eval.h"

#include "graph/build.h"
#include "graph/grad.h"
#include "nn/metric.h"

enum { ROWS = 2, MOST = 8 };

static SC_UNUSED sc_net *net_of(sc_env *env, const char *loss, int width) {
    char text[512];
    sc_net *net;
    sc_env_init(env, NULL, NULL);
    snprintf(text, sizeof text,
             "{inputs: [{name: x, shape: [%d]}], layers: [{identity: {name: y, from: x}}], output: "
             "y, loss: %s}",
             width, loss);
    SC_OK(env, net_from_text(&net, env, text));
    return net;
}

enum { LOSS, SLOPE, RIGHT, SHOWN };
typedef struct loss_eval {
    sc_graph *graph;
    graph_eval eval;
} loss_eval;

static SC_UNUSED void create(loss_eval *out, sc_net *net, int dtype) {
    sc_env *env = net->env;
    const sc_loss_term *term = &net->loss[0];
    sc_tensor_desc desc = *sc_net_desc(net, term->output), wanted;
    sc_value slope, right;
    SC_OK(env, sc_graph_create(&out->graph, env, ROWS));
    SC_OK(env, sc_loss_target(env, term->kind, &desc, &wanted));
    if (dtype >= 0) wanted.dtype = (uint8_t)dtype;
    desc.dim[0] = wanted.dim[0] = ROWS;
    sc_value x = sc_graph_external(out->graph, SC_LANE_INPUTS, 0, &desc, NULL),
             target = sc_graph_external(out->graph, SC_LANE_INPUTS, 1, &wanted, NULL);
    sc_loss_rows rows = sc_loss_build(out->graph, term, x, target);
    SC_OK(env, out->graph->status);
    SC_EQ(sc_graph_desc(out->graph, rows.loss)->rank, 1);
    SC_OK(env, sc_graph_gradient(out->graph, rows.loss, SC_NO_VALUE, 1, &x, &slope, NULL));
    sc_graph_output(out->graph, rows.loss, SC_LANE_OUTPUTS, LOSS);
    sc_graph_output(out->graph, slope, SC_LANE_OUTPUTS, SLOPE);
    if (net->metrics) {
        right = sc_metric_build(out->graph, net, net->metric[0], &rows);
        sc_graph_output(out->graph, right, SC_LANE_OUTPUTS, RIGHT);
    }
    sc_graph_output(out->graph, sc_loss_prediction(out->graph, term, x), SC_LANE_OUTPUTS, SHOWN);
    SC_OK(env, out->graph->status);
    eval_create(&out->eval, out->graph, false, ROWS, NULL, NULL);
}

static SC_UNUSED double *data(loss_eval *loss, int lane, int index) {
    return eval_home_data(&loss->eval, lane, index, 0);
}

static SC_UNUSED void run(loss_eval *loss, const double *x, int count, const double *target,
                          int targets) {
    memcpy(data(loss, SC_LANE_INPUTS, 0), x, (size_t)count * sizeof *x);
    memcpy(data(loss, SC_LANE_INPUTS, 1), target, (size_t)targets * sizeof *target);
    eval_run(&loss->eval);
}

static SC_UNUSED void destroy(loss_eval *loss, sc_net *net) {
    eval_destroy(&loss->eval);
    sc_graph_destroy(loss->graph);
    sc_net_destroy(net);
}

#endif
