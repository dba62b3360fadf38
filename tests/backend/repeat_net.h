/* SPDX-License-Identifier: Apache-2.0 */
/* A small recurrent network of two carried values, once as a repeated region and once written out
 * step by step, with its gradient. Both do the same additions in the same order, so they give the
 * same bits. */
#ifndef SC_TEST_REPEAT_NET_H
#define SC_TEST_REPEAT_NET_H

#include "graph/repeat.h"
#include "nn/lanes.h"
#include "plan_fixture.h"

enum { NET_INPUTS = 3, NET_UNITS = 5, NET_WRT = 6, NET_MOST = 8 * 6 * NET_UNITS };

typedef struct repeat_net {
    int64_t steps, capacity;
    bool unrolled, gradient;
    bool outside; /* sequence and weights are read outside of the steps too, and a value of each
                     step that is not carried */
    float dropout;
} repeat_net;

typedef struct repeat_result {
    size_t count[2 + NET_WRT];
    float data[2 + NET_WRT][NET_MOST]; /* sequence, total, gradients */
} repeat_result;

/* next h and c of h and c, what comes in, and a value that every step reads. */
static void net_step(sc_graph *graph, sc_value x, sc_value context, const sc_value weight[2],
                     float dropout, sc_value h, sc_value c, sc_value next[3]) {
    sc_value gate =
        sc_build_unary(graph, SC_EXPR_SIGMOID,
                       sc_build_binary(graph, SC_EXPR_ADD,
                                       sc_build_matmul(graph, h, weight[0], false, true), context));
    next[1] = sc_build_binary(graph, SC_EXPR_ADD, sc_build_binary(graph, SC_EXPR_MUL, c, gate), x);
    sc_value y = sc_build_binary(graph, SC_EXPR_ADD,
                                 sc_build_matmul(graph, next[1], weight[1], false, true), x);
    next[0] = sc_build_dropout(graph, sc_build_unary(graph, SC_EXPR_TANH, y), dropout);
    next[2] = sc_build_unary(graph, SC_EXPR_SIN, y);
}

/* [T,N,H] as [N,T,H], batched. */
static sc_value net_by_sample(sc_graph *graph, sc_value sequence) {
    sc_value turned = sc_build_permute(graph, sequence, (const int[]){1, 0, 2});
    if (turned == SC_NO_VALUE) return turned;
    sc_tensor_desc desc = *sc_graph_desc(graph, turned);
    desc.rows_per_sample = 1;
    return sc_graph_alias(graph, turned, &desc);
}

static void net_unrolled(sc_graph *graph, const repeat_net *net, sc_value sequence, sc_value h,
                         sc_value context, const sc_value weight[2], sc_value out[3]) {
    const int64_t rows = net->capacity, slice[3] = {1, rows, NET_UNITS};
    sc_value state[2] = {h, sc_build_zeros_like(graph, h)}, part[SC_MAX_OPERANDS],
             beside[SC_MAX_OPERANDS];
    sc_tensor_desc step = sc_tensor_make(SOCLE_F32, 1, 2, slice + 1);
    sc_tensor_desc flat = sc_tensor_make(SOCLE_F32, 0, 3, slice);
    for (int64_t t = 0; t < net->steps; t++) {
        sc_value next[3];
        sc_value x = sc_build_slice(graph, sequence, (const int64_t[]){t, 0, 0}, slice);
        net_step(graph, sc_graph_alias(graph, x, &step), context, weight, 0, state[0], state[1],
                 next);
        memcpy(state, next, sizeof state);
        part[t] = sc_graph_alias(graph, state[0], &flat);
        beside[t] = sc_graph_alias(graph, next[2], &flat);
    }
    if (net->outside) out[2] = sc_build_concat(graph, (int)net->steps, beside, 0);
    out[0] = sc_build_concat(graph, (int)net->steps, part, 0);
    out[1] = state[1];
}

static void net_repeated(sc_graph *graph, const repeat_net *net, sc_value sequence, sc_value h,
                         sc_value context, const sc_value weight[2], sc_value out[3]) {
    sc_value next[3];
    const sc_tensor_desc desc = *sc_graph_desc(graph, h);
    sc_repeat_begin(graph, net->steps, true);
    h = sc_repeat_carry(graph, h, NULL);
    sc_value c = sc_repeat_carry(graph, SC_NO_VALUE, &desc);
    sc_value x = sc_repeat_read(graph, sequence, 1);
    net_step(graph, x, context, weight, net->dropout, h, c, next);
    sc_repeat_next(graph, h, next[0]);
    sc_repeat_next(graph, c, next[1]);
    out[0] = sc_repeat_collect(graph, next[0]);
    if (net->outside) out[2] = sc_repeat_collect(graph, next[2]);
    sc_repeat_end(graph);
    out[1] = sc_repeat_last(graph, c);
}

/* The loss, and squares of what comes in, of a value beside and of a product with a weight. */
static sc_value net_outside(sc_graph *graph, sc_value loss, sc_value x, sc_value beside, sc_value h,
                            sc_value weight) {
    const int64_t rows = graph->capacity;
    sc_value more[3] = {net_by_sample(graph, x), net_by_sample(graph, beside),
                        sc_build_matmul(graph, h, weight, false, true)};
    for (int i = 0; i < 3; i++) {
        sc_value sum = sc_build_reduce(
            graph, SC_REDUCE_SUM, sc_build_unary(graph, SC_EXPR_SQUARE, more[i]), i < 2 ? 6 : 2);
        loss = sc_build_binary(graph, SC_EXPR_ADD, loss, sc_build_reshape(graph, sum, 1, &rows));
    }
    return loss;
}

/* Inputs: x [N,T,D], h [N,H], context [N,H]. Parameters: [H,D], [H,H], [H,H]. Outputs: the sequence
 * [N,T,H]; the sum of the loss; the gradients of all six. */
static SC_UNUSED void net_build(plan_fixture *p, device_fixture *f, const repeat_net *net) {
    const int64_t rows = net->capacity, steps = net->steps;
    plan_begin(p, f, rows);
    sc_graph *graph = p->graph;
    sc_graph_scope(graph, "recurrent");
    sc_value wrt[NET_WRT], gradient[NET_WRT], out[3] = {SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE};
    wrt[0] = plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 3,
                           (const int64_t[]){rows, steps, NET_INPUTS});
    for (int i = 1; i < 3; i++)
        wrt[i] = plan_external(p, SC_LANE_INPUTS, SOCLE_F32, true, 2,
                               (const int64_t[]){rows, NET_UNITS});
    for (int i = 3; i < 6; i++)
        wrt[i] = plan_external(p, SC_LANE_PARAMETERS, SOCLE_F32, false, 2,
                               (const int64_t[]){NET_UNITS, i == 3 ? NET_INPUTS : NET_UNITS});
    sc_value x = sc_build_reshape(graph, wrt[0], 2, (const int64_t[]){rows * steps, NET_INPUTS});
    x = sc_build_matmul(graph, x, wrt[3], false, true);
    const sc_tensor_desc plain =
        sc_tensor_make(SOCLE_F32, 0, 3, (const int64_t[]){rows, steps, NET_UNITS});
    x = sc_build_permute(graph, sc_graph_alias(graph, x, &plain), (const int[]){1, 0, 2});
    (net->unrolled ? net_unrolled : net_repeated)(graph, net, x, wrt[1], wrt[2], wrt + 4, out);
    sc_value y = net_by_sample(graph, out[0]);
    SC_OK(&f->env, graph->status);
    sc_value loss =
        sc_build_reduce(graph, SC_REDUCE_SUM, sc_build_unary(graph, SC_EXPR_SQUARE, y), 6);
    loss = sc_build_reshape(graph, loss, 1, &rows);
    sc_value last =
        sc_build_reduce(graph, SC_REDUCE_SUM, sc_build_unary(graph, SC_EXPR_SIN, out[1]), 2);
    loss = sc_build_binary(graph, SC_EXPR_ADD, loss, sc_build_reshape(graph, last, 1, &rows));
    if (net->outside) loss = net_outside(graph, loss, x, out[2], wrt[1], wrt[4]);
    if (net->gradient)
        SC_OK(&f->env, sc_graph_gradient(graph, loss, SC_NO_VALUE, NET_WRT, wrt, gradient, NULL));
    plan_output(p, y, SC_LANE_OUTPUTS);
    plan_output(p, sc_build_reduce(graph, SC_REDUCE_SUM, loss, 1), SC_LANE_SUMS);
    for (int i = 0; net->gradient && i < NET_WRT; i++)
        plan_output(p, gradient[i], SC_LANE_GRADIENTS);
}

static SC_UNUSED void net_write(plan_fixture *p) {
    float data[NET_MOST];
    for (int lane = 0; lane < SC_LANE_COUNT; lane++)
        for (int i = 0; i < p->tensors[lane]; i++) {
            if (lane != SC_LANE_INPUTS && lane != SC_LANE_PARAMETERS) continue;
            device_fill(data, NET_MOST, 7u * (uint32_t)i + (uint32_t)lane + 1);
            plan_write(p, (sc_lane)lane, i, data, p->bytes[lane][i]);
        }
}

static SC_UNUSED void net_read(plan_fixture *p, repeat_result *out) {
    int next = 0;
    static const sc_lane lanes[] = {SC_LANE_OUTPUTS, SC_LANE_SUMS, SC_LANE_GRADIENTS};
    memset(out, 0, sizeof *out);
    for (int l = 0; l < 3; l++)
        for (int i = 0; i < p->tensors[lanes[l]]; i++, next++) {
            size_t bytes = p->bytes[lanes[l]][i];
            SC_TRUE(bytes <= sizeof out->data[0]);
            out->count[next] = bytes / sizeof(float);
            plan_read(p, lanes[l], i, out->data[next], bytes);
        }
}

#endif
