/* SPDX-License-Identifier: Apache-2.0 */
/* Building a network onto a graph: inputs to float where a layer wants numbers, then each layer in
 * order, its parameters as external values. */
#include "nn/layer.h"

static sc_value external_parameter(sc_build *build, size_t number) {
    const sc_parameter *parameter = &build->net->parameter[number];
    bool statistic = parameter->role == SC_PARAMETER_STATISTIC;
    sc_graph_weights(build->graph, SC_LANE_PARAMETERS);
    return sc_graph_external(build->graph, statistic ? SC_LANE_STATISTICS : SC_LANE_PARAMETERS,
                             parameter->index, &parameter->desc, parameter->name);
}

sc_value sc_build_parameter(sc_build *build, int k) {
    size_t number = (size_t)(build->layer->first_parameter + k);
    if (!build->parameter)
        return external_parameter(build, number); /* shape inference of a layer being added */
    if (build->parameter[number] == SC_NO_VALUE)
        build->parameter[number] = external_parameter(build, number);
    return build->parameter[number];
}

sc_value sc_build_look_up(sc_build *build, sc_value index) {
    sc_value found = sc_build_gather(build->graph, sc_build_parameter(build, 0), index);
    if (build->lookup) build->lookup[build->layer - build->net->layer] = (sc_lookup){index, found};
    return found;
}

void sc_build_set_statistic(sc_build *build, int k, sc_value value) {
    if (!build->statistic) return;
    sc_value *statistic = &build->statistic[build->layer->first_parameter + k];
    if (*statistic == SC_NO_VALUE) *statistic = value; /* the first application's */
}

static socle_status allocate(sc_build *build) {
    const sc_net *net = build->net;
    sc_env *env = build->env;
    size_t nodes = (size_t)net->inputs + net->layers;
    SC_TRY(sc_allocate(env, &build->parameter, net->parameters, sizeof *build->parameter));
    SC_TRY(sc_allocate(env, &build->statistic, net->parameters, sizeof *build->statistic));
    SC_TRY(sc_allocate(env, &build->node, nodes, sizeof *build->node));
    SC_TRY(sc_allocate(env, &build->lookup, net->layers, sizeof *build->lookup));
    for (size_t p = 0; p < net->parameters; p++)
        build->parameter[p] = build->statistic[p] = SC_NO_VALUE;
    for (size_t n = 0; n < nodes; n++) build->node[n] = SC_NO_VALUE;
    for (size_t l = 0; l < net->layers; l++)
        build->lookup[l] = (sc_lookup){SC_NO_VALUE, SC_NO_VALUE};
    return SOCLE_OK;
}

/* Some layer reads the input as numbers, or none at all and the network gives it as its result. */
static bool wanted_as_float(const sc_net *net, int input) {
    bool read = false;
    for (size_t l = 0; l < net->layers; l++)
        for (int i = 0; i < net->layer[l].inputs; i++) {
            if (net->layer[l].input[i] != input) continue;
            if (!net->layer[l].kind->integers) return true;
            read = true;
        }
    return !read || net->output == input;
}

static void build_layers(sc_build *build, const sc_value *input) {
    const sc_net *net = build->net;
    for (int i = 0; i < net->inputs; i++) {
        if (!wanted_as_float(net, i)) continue;
        sc_graph_scope(build->graph, net->input[i].name);
        build->node[i] = sc_build_to_float(build->graph, input[i], net->input[i].scale);
    }
    for (size_t l = 0; l < net->layers && build->graph->status == SOCLE_OK; l++) {
        const sc_layer *layer = &net->layer[l];
        sc_value from[SC_LAYER_INPUTS];
        for (int i = 0; i < layer->inputs; i++) {
            bool raw = layer->kind->integers && layer->input[i] < net->inputs;
            from[i] = raw ? input[layer->input[i]] : build->node[layer->input[i]];
        }
        build->layer = layer;
        sc_graph_scope(build->graph, layer->name);
        build->node[(size_t)net->inputs + l] = layer->kind->build(build, layer, from);
    }
    build->layer = NULL;
}

socle_status sc_net_build(sc_build *out, sc_net *net, sc_graph *graph, sc_build_mode mode,
                          const sc_value *input) {
    return sc_net_build_with(out, net, graph, mode, input, NULL);
}

socle_status sc_net_build_with(sc_build *out, sc_net *net, sc_graph *graph, sc_build_mode mode,
                               const sc_value *input, const sc_value *parameter) {
    *out = (sc_build){.env = graph->env, .net = net, .graph = graph, .mode = mode};
    socle_status status = allocate(out);
    for (size_t p = 0; status == SOCLE_OK && parameter && p < net->parameters; p++)
        out->parameter[p] = parameter[p];
    if (status == SOCLE_OK) build_layers(out, input);
    if (status == SOCLE_OK) status = graph->status;
    if (status != SOCLE_OK) sc_build_free(out);
    return status;
}

void sc_build_free(sc_build *build) {
    if (!build->env) return;
    sc_release(build->env, build->parameter);
    sc_release(build->env, build->statistic);
    sc_release(build->env, build->node);
    sc_release(build->env, build->lookup);
    build->parameter = build->statistic = build->node = NULL;
    build->lookup = NULL;
}
