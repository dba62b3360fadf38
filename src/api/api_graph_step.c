/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of optimizers inside public graphs: the gradient of a loss by a network's parameters, and
 * the optimizer's formula over each of them. What the host computes for each step (the rate, terms
 * of the step alone) lies in a lane of its own. */
#include "api/api_graph.h"

#include "graph/build.h"
#include "graph/formula.h"
#include "graph/grad.h"

#include <string.h>

/* The update of one parameter. */
typedef struct update {
    sc_formula f;
    sc_optimizer_terms terms;
    size_t parameter;
    int result[1 + SC_OPTIMIZER_STATES];
    socle_tensor *state[SC_OPTIMIZER_STATES];
} update;

typedef struct step {
    socle_graph *graph;
    sc_api_graph_net *n;
    float decay;
    int count, states;
    sc_value *parameter, *gradient;
    update *update;
} step;

/* The launch scalar, or SC_API_STEP_SCALAR, that a node reads; -1: none. */
static int scalar_of(const sc_expr_node *node) {
    if (node->op == SC_EXPR_STEP) return SC_API_STEP_SCALAR;
    return node->op == SC_EXPR_SCALAR ? node->index : -1;
}

static uint32_t scalars_in(const sc_expr *expr) {
    uint32_t mask = 0;
    for (int k = 0; k < expr->nodes; k++)
        if (scalar_of(&expr->node[k]) >= 0) mask |= 1u << scalar_of(&expr->node[k]);
    return mask;
}

static int place_of(uint32_t mask, int scalar) {
    int place = 0;
    for (int s = 0; s < scalar; s++) place += mask >> s & 1;
    return place;
}

/* Launch scalars become inputs, from number `first` on: two networks' rates are two numbers. */
static void read_inputs(sc_expr *expr, uint32_t mask, int first) {
    for (int k = 0; k < expr->nodes; k++) {
        sc_expr_node *node = &expr->node[k];
        const int scalar = scalar_of(node);
        if (scalar < 0) continue;
        node->op = SC_EXPR_INPUT;
        node->index = (uint8_t)(first + place_of(mask, scalar));
        node->imm.i = 0;
    }
}

/* Which scalars the update reads, and what they are. */
static socle_status look_at(sc_api_graph_net *n, sc_env *env) {
    sc_expr expr;
    sc_optimizer_terms terms;
    int input[SC_UPDATE_INPUTS], parameter, state[SC_OPTIMIZER_STATES];
    sc_expr_init(&expr);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++) input[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    SC_TRY(sc_optimizer_update(env, &n->optimizer, &expr, input, &parameter, state, &terms));
    sc_expr_output(&expr, parameter);
    for (int s = 0; s < sc_optimizer_states(&n->optimizer); s++) sc_expr_output(&expr, state[s]);
    sc_expr_prune(&expr);
    n->scalars = scalars_in(&expr);
    for (int i = 0; i < terms.sums.count; i++) n->scalars |= scalars_in(&terms.sums.sum[i].expr);
    n->terms = terms.step;
    return SOCLE_OK;
}

/* One scalar of the network as a value that stretches over every value of this rank. */
static sc_value scalar_value(const step *s, int scalar, int rank) {
    const int64_t one[SC_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    sc_tensor_desc desc =
        sc_tensor_make(scalar == SC_API_STEP_SCALAR ? SOCLE_I32 : SOCLE_F32, 0, rank, one);
    return sc_graph_external(s->graph->graph, SC_LANE_COEFFICIENTS,
                             s->n->first_scalar + place_of(s->n->scalars, scalar), &desc, NULL);
}

/* A tensor of zeros like the parameter; the graph keeps it. */
static sc_value add_state(const step *s, update *u, int state) {
    socle_graph *graph = s->graph;
    const sc_tensor_desc *desc = &s->n->net->net->parameter[u->parameter].desc;
    socle_shape shape = {.rank = desc->rank};
    for (int d = 0; d < desc->rank; d++) shape.size[d] = desc->dim[d];
    socle_status status = socle_tensor_create(&u->state[state], graph->context, SOCLE_F32, shape);
    if (status != SOCLE_OK) return sc_api_graph_fail(graph, status);
    return socle_op_tensor(graph, u->state[state]);
}

static void begin(const step *s, int i) {
    update *u = &s->update[i];
    sc_formula *f = &u->f;
    sc_graph *g = s->graph->graph;
    const sc_parameter *parameter = &s->n->net->net->parameter[u->parameter];
    const bool decays = parameter->role == SC_PARAMETER_WEIGHT;
    int node[SC_UPDATE_INPUTS] = {0};
    sc_formula_begin(f, g);
    node[SC_UPDATE_PARAMETER] = sc_formula_value(f, s->parameter[i]);
    node[SC_UPDATE_GRADIENT] = sc_formula_value(f, s->gradient[i]);
    for (int k = 0; k < s->states; k++)
        node[SC_UPDATE_STATE_0 + k] = sc_formula_value(f, add_state(s, u, k));
    node[SC_UPDATE_RATE_SCALE] = sc_expr_const(&f->expr, 1.0f);
    node[SC_UPDATE_DECAY] = sc_expr_const(&f->expr, decays ? s->decay : 0.0f);
    node[SC_UPDATE_SIDE] = sc_expr_const(&f->expr, 0.0f);
    const int first = f->inputs;
    for (int scalar = 0; scalar < SC_API_SCALARS; scalar++)
        if (s->n->scalars >> scalar & 1)
            sc_formula_value(f, scalar_value(s, scalar, parameter->desc.rank));
    if (g->status != SOCLE_OK) return;
    sc_graph_fail(g, sc_optimizer_update(g->env, &s->n->optimizer, &f->expr, node, &u->result[0],
                                         &u->result[1], &u->terms));
    read_inputs(&f->expr, s->n->scalars, first);
    for (int k = 0; g->status == SOCLE_OK && k < u->terms.sums.count; k++)
        read_inputs(&u->terms.sums.sum[k].expr, s->n->scalars, first);
}

static sc_value reshape_one(sc_graph *g, sc_value value, int rank) {
    return sc_build_reshape(g, value, rank, (const int64_t[SC_MAX_RANK]){1, 1, 1, 1, 1, 1});
}

/* Sum number k over a parameter, of one element. */
static sc_value sum_one(const update *u, int k, int rank) {
    sc_formula g = u->f;
    sc_value out;
    sc_scope_init(&g.scope, &g.expr);
    g.expr = u->terms.sums.sum[k].expr;
    sc_formula_sum(&g, (1u << rank) - 1, &out);
    return out;
}

/* Sum number k becomes an input of each update. */
static void build_sum(const step *s, int k) {
    sc_graph *g = s->graph->graph;
    const sc_parameter *all = s->n->net->net->parameter;
    sc_value total = SC_NO_VALUE;
    for (int i = 0; i < s->count && s->update[0].terms.sums.sum[k].total; i++) {
        update *u = &s->update[i];
        sc_value one = reshape_one(g, sum_one(u, k, all[u->parameter].desc.rank), 1);
        total = i ? sc_build_binary(g, SC_EXPR_ADD, total, one) : one;
    }
    for (int i = 0; i < s->count; i++) {
        update *u = &s->update[i];
        int rank = all[u->parameter].desc.rank;
        sc_formula_value(&u->f,
                         total == SC_NO_VALUE ? sum_one(u, k, rank) : reshape_one(g, total, rank));
    }
}

static void finish(const step *s, update *u) {
    sc_value out[SC_EXPR_OUTPUTS];
    u->f.expr.outputs = 0;
    for (int i = 0; i <= s->states; i++) sc_expr_output(&u->f.expr, u->result[i]);
    sc_expr_prune(&u->f.expr);
    sc_formula_build(&u->f, out);
    s->n->changed[u->parameter] = out[0];
    for (int k = 0; k < s->states; k++) socle_op_store(s->graph, out[1 + k], u->state[k]);
}

static void append_updates(const step *s) {
    const sc_graph *g = s->graph->graph;
    for (int i = 0; i < s->count && g->status == SOCLE_OK; i++) begin(s, i);
    for (int k = 0; g->status == SOCLE_OK && k < s->update[0].terms.sums.count; k++)
        build_sum(s, k);
    for (int i = 0; i < s->count && g->status == SOCLE_OK; i++) finish(s, &s->update[i]);
    for (int i = 0; i < s->count; i++)
        for (int k = 0; k < s->states; k++) socle_tensor_destroy(s->update[i].state[k]);
}

/* The gradient of the mean of `loss` by the parameters. */
static socle_status differentiate(step *s, sc_value loss) {
    sc_graph *g = s->graph->graph;
    bool reached;
    const sc_net *net = s->n->net->net;
    for (size_t p = 0; p < net->parameters; p++)
        if (net->parameter[p].role != SC_PARAMETER_STATISTIC) {
            s->parameter[s->count] = s->n->parameter[p];
            s->update[s->count++].parameter = p;
        }
    SC_TRY(sc_graph_depends(&reached, g, loss, s->count, s->parameter));
    if (!reached)
        return sc_fail(g->env, SOCLE_STATUS_CONFIG,
                       "socle_graph_minimize: the loss does not depend on any parameter that is "
                       "trained of this network");
    const int64_t elements = sc_tensor_elements(sc_graph_desc(g, loss));
    sc_value mean = sc_build_scale(g, loss, 1.0f / (float)elements, 0.0f);
    SC_TRY(g->status);
    return sc_graph_gradient(g, mean, SC_NO_VALUE, s->count, s->parameter, s->gradient, NULL);
}

static socle_status allocate(step *s, size_t count) {
    sc_env *env = &s->graph->context->env;
    SC_TRY(sc_allocate(env, &s->parameter, count, sizeof *s->parameter));
    SC_TRY(sc_allocate(env, &s->gradient, count, sizeof *s->gradient));
    return sc_allocate(env, &s->update, count, sizeof *s->update);
}

static socle_status minimize(socle_graph *graph, sc_value loss, sc_api_graph_net *n, float decay) {
    sc_env *env = &graph->context->env;
    step s = {.graph = graph, .n = n, .decay = decay, .states = sc_optimizer_states(&n->optimizer)};
    n->first_scalar = graph->scalars;
    graph->scalars += place_of(n->scalars, SC_API_SCALARS);
    socle_status status = allocate(&s, n->net->net->parameters);
    if (status == SOCLE_OK) status = differentiate(&s, loss);
    if (status == SOCLE_OK) {
        append_updates(&s);
        status = graph->graph->status;
    }
    sc_release(env, s.parameter);
    sc_release(env, s.gradient);
    sc_release(env, s.update);
    n->minimized = true;
    return status;
}

static socle_status check(const socle_graph *graph, socle_value loss, const sc_api_graph_net *n,
                          float decay) {
    const sc_graph *g = graph->graph;
    if (loss < 0 || (size_t)loss >= g->values || sc_graph_desc(g, loss)->dtype != SOCLE_F32)
        return sc_fail(g->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_graph_minimize: the loss, %d, is not a value of f32 of this graph",
                       loss);
    if (n->minimized)
        return sc_fail(g->env, SOCLE_STATUS_STATE,
                       "socle_graph_minimize: this graph changes the network's parameters already: "
                       "add up what is to be minimized");
    if (!(decay >= 0.0f && decay <= 3.4e38f))
        return sc_fail(g->env, SOCLE_STATUS_CONFIG,
                       "weight_decay must be a finite number of at least 0, not %g", (double)decay);
    return SOCLE_OK;
}

socle_status socle_graph_minimize(socle_graph *graph, socle_value loss, socle_net *net,
                                  socle_optimizer optimizer, float weight_decay) {
    if (!graph) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_graph_check(graph));
    if (!sc_api_graph(graph)) return SOCLE_STATUS_STATE;
    sc_api_graph_net *n = sc_api_graph_net_of(graph, net, __func__);
    if (!n) return graph->graph->status;
    socle_status status = check(graph, loss, n, weight_decay);
    if (status == SOCLE_OK) status = sc_api_optimizer(net, &optimizer, &n->optimizer);
    if (status == SOCLE_OK) status = look_at(n, graph->graph->env);
    if (status == SOCLE_OK) status = minimize(graph, loss, n, weight_decay);
    if (status != SOCLE_OK) sc_api_graph_fail(graph, status);
    return status;
}

socle_status socle_graph_learning_rate(socle_graph *graph, socle_net *net, float learning_rate) {
    if (!graph) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_graph_check(graph));
    sc_env *env = &graph->context->env;
    SC_TRY(sc_api_rate(env, learning_rate));
    for (sc_api_graph_net *n = graph->nets; n; n = n->next)
        if (n->net == net && n->minimized) {
            n->optimizer.value[0] = learning_rate;
            return SOCLE_OK;
        }
    return sc_fail(env, SOCLE_STATUS_STATE,
                   "socle_graph_learning_rate: the graph minimizes nothing by this network");
}

static socle_status write_net(socle_graph *graph, sc_api_graph_net *n) {
    const size_t *offset = graph->map.lane[SC_LANE_COEFFICIENTS].offset;
    float scalar[SC_LAUNCH_SCALARS] = {[SC_SCALAR_LEARNING_RATE] = n->optimizer.value[0]};
    sc_optimizer_scalars(&n->terms, ++n->steps, scalar);
    int place = n->first_scalar;
    for (int k = 0; k < SC_API_SCALARS; k++) {
        if (!(n->scalars >> k & 1)) continue;
        if (k == SC_API_STEP_SCALAR)
            graph->scalar_bits[place] = (int32_t)n->steps;
        else
            memcpy(&graph->scalar_bits[place], &scalar[k], sizeof scalar[k]);
        SC_TRY(sc_queue_write(graph->queue, (sc_operand){graph->scalar, offset[place]},
                              &graph->scalar_bits[place], sizeof graph->scalar_bits[place]));
        place++;
    }
    return SOCLE_OK;
}

socle_status sc_api_graph_write_scalars(socle_graph *graph) {
    for (sc_api_graph_net *n = graph->nets; n; n = n->next)
        if (n->minimized) SC_TRY(write_net(graph, n));
    return SOCLE_OK;
}
