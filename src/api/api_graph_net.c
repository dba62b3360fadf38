/* SPDX-License-Identifier: Apache-2.0 */
/* Networks inside public graphs: a network's layers are appended as operations, and its parameters
 * are tensors that the graph reads. */
#include "api/api_graph.h"

#include "graph/formula.h"

#include <string.h>

static socle_status check_net(const socle_graph *graph, socle_net *net, const char *function) {
    sc_env *env = &graph->context->env;
    if (!net) return sc_api_missing(graph->context, function, "net");
    if (net->context != graph->context)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: the network was made in another context than the graph", function);
    SC_TRY(sc_api_net_check(net));
    if (!net->net->layers)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "%s: the network has no layers",
                       function);
    return SOCLE_OK;
}

static void free_net(sc_env *env, sc_api_graph_net *n) {
    sc_release(env, n->parameter);
    sc_release(env, n->changed);
    sc_release(env, n);
}

static socle_status add_net(sc_api_graph_net **out, socle_graph *graph, socle_net *net) {
    sc_env *env = &graph->context->env;
    size_t count = net->net->parameters;
    sc_api_graph_net *n;
    SC_TRY(sc_api_need_tensors(net));
    SC_TRY(sc_allocate(env, &n, 1, sizeof *n));
    socle_status status = sc_allocate(env, &n->parameter, count, sizeof *n->parameter);
    if (status == SOCLE_OK) status = sc_allocate(env, &n->changed, count, sizeof *n->changed);
    for (size_t p = 0; p < count && status == SOCLE_OK; p++) {
        n->parameter[p] = socle_op_tensor(graph, net->tensor[p]);
        n->changed[p] = SC_NO_VALUE;
        status = graph->graph->status;
    }
    if (status != SOCLE_OK) {
        free_net(env, n);
        return status;
    }
    n->net = net;
    net->users++;
    n->next = graph->nets;
    *out = graph->nets = n;
    return SOCLE_OK;
}

sc_api_graph_net *sc_api_graph_net_of(socle_graph *graph, socle_net *net, const char *function) {
    socle_status status = check_net(graph, net, function);
    sc_api_graph_net *n = graph->nets;
    while (status == SOCLE_OK && n && n->net != net) n = n->next;
    if (status == SOCLE_OK && !n) status = add_net(&n, graph, net);
    if (status == SOCLE_OK) return n;
    sc_api_graph_fail(graph, status);
    return NULL;
}

/* Samples of the value number `input`; 0: it does not suit that input of the network. */
static int64_t samples_of(const sc_graph *g, const sc_net *net, int input, socle_value x) {
    if (x < 0 || (size_t)x >= g->values) return 0;
    const sc_tensor_desc *value = sc_graph_desc(g, x), *wanted = &net->input[input].desc;
    if (value->rank != wanted->rank) return 0;
    for (int d = 1; d < wanted->rank; d++)
        if (value->dim[d] != wanted->dim[d]) return 0;
    return value->dim[0];
}

static socle_status check_inputs(const sc_graph *g, const sc_net *net, int count,
                                 const socle_value *x) {
    if (count != net->inputs)
        return sc_fail(g->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_graph_net: %d values; the network's inputs are %d", count,
                       net->inputs);
    for (int i = 0; i < count; i++) {
        int64_t samples = samples_of(g, net, i, x[i]);
        if (samples && samples == samples_of(g, net, 0, x[0])) continue;
        char given[96] = "no value of this graph", wanted[96];
        if (x[i] >= 0 && (size_t)x[i] < g->values)
            sc_tensor_text(given, sizeof given, sc_graph_desc(g, x[i]));
        sc_tensor_text(wanted, sizeof wanted, &net->input[i].desc);
        return sc_fail(
            g->env, SOCLE_STATUS_SHAPE,
            "socle_graph_net: x[%d] is %s; the network's input '%s' is %s, and all inputs "
            "have as many samples",
            i, given, net->input[i].name, wanted);
    }
    return SOCLE_OK;
}

static float momentum_of(const sc_net *net, size_t p) {
    for (size_t l = 0; l < net->layers; l++) {
        size_t first = (size_t)net->layer[l].first_parameter;
        if (p >= first && p < first + (size_t)net->layer[l].parameters)
            return net->layer[l].options.momentum;
    }
    return 0.0f;
}

/* Running statistics go on from what an earlier use of the network in this graph has left. */
static void follow_statistics(sc_api_graph_net *n, sc_graph *g, const sc_build *build) {
    for (size_t p = 0; p < n->net->net->parameters; p++) {
        if (build->statistic[p] == SC_NO_VALUE) continue;
        sc_formula f;
        sc_formula_begin(&f, g);
        sc_formula_input(&f, "running",
                         n->changed[p] == SC_NO_VALUE ? n->parameter[p] : n->changed[p]);
        sc_formula_input(&f, "batch", build->statistic[p]);
        sc_scope_number(&f.scope, "momentum", momentum_of(n->net->net, p));
        sc_expr_output(&f.expr, sc_formula_read(&f, "momentum * running + (1 - momentum) * batch"));
        sc_formula_build(&f, &n->changed[p]);
    }
}

socle_value socle_graph_net(socle_graph *graph, socle_net *net, int count, const socle_value *x,
                            int training) {
    sc_graph *g = sc_api_graph(graph);
    sc_build build;
    if (!g) return SC_NO_VALUE;
    if (!x) return sc_api_graph_missing(graph, __func__, "x");
    sc_api_graph_net *n = sc_api_graph_net_of(graph, net, __func__);
    if (!n) return SC_NO_VALUE;
    socle_status status = check_inputs(g, net->net, count, x);
    if (status != SOCLE_OK) return sc_api_graph_fail(graph, status);
    status = sc_net_build_with(&build, net->net, g, training ? SC_BUILD_TRAIN : SC_BUILD_EVALUATE,
                               x, n->parameter);
    sc_value out = SC_NO_VALUE;
    if (status == SOCLE_OK) {
        out = build.node[net->net->output];
        if (training) follow_statistics(n, g, &build);
        sc_build_free(&build);
    }
    sc_graph_scope(g, NULL);
    sc_graph_fail(g, status);
    return sc_api_built(graph, g->status == SOCLE_OK ? out : SC_NO_VALUE);
}

socle_value socle_graph_parameter(socle_graph *graph, socle_net *net, const char *name) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!name) return sc_api_graph_missing(graph, __func__, "name");
    const sc_api_graph_net *n = sc_api_graph_net_of(graph, net, __func__);
    if (!n) return SC_NO_VALUE;
    for (size_t p = 0; p < net->net->parameters; p++)
        if (strcmp(net->net->parameter[p].name, name) == 0) return n->parameter[p];
    return sc_api_graph_fail(graph, sc_fail(g->env, SOCLE_STATUS_NOT_FOUND,
                                            "this network has no parameter \"%.120s\"", name));
}

static bool changes(const sc_api_graph_net *n) {
    for (size_t p = 0; p < n->net->net->parameters; p++)
        if (n->changed[p] != SC_NO_VALUE) return true;
    return false;
}

void sc_api_graph_nets_store(socle_graph *graph) {
    for (sc_api_graph_net *n = graph->nets; n; n = n->next)
        for (size_t p = 0; p < n->net->net->parameters; p++)
            if (n->changed[p] != SC_NO_VALUE)
                socle_op_store(graph, n->changed[p], n->net->tensor[p]);
}

socle_status sc_api_graph_nets_push(socle_graph *graph) {
    for (sc_api_graph_net *n = graph->nets; n; n = n->next) SC_TRY(sc_api_push_tensors(n->net));
    return SOCLE_OK;
}

void sc_api_graph_nets_ran(socle_graph *graph) {
    for (sc_api_graph_net *n = graph->nets; n; n = n->next) n->net->newer |= changes(n);
}

void sc_api_graph_nets_free(socle_graph *graph) {
    for (sc_api_graph_net *n; (n = graph->nets);) {
        graph->nets = n->next;
        socle_net_destroy(n->net);
        free_net(&graph->context->env, n);
    }
}
