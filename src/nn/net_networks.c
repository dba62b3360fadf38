/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of a net: named runs of layers that may be applied to several things, and the phases
 * in which a step trains them. A network that is applied once more is its layers once more, with
 * the parameters of the first ones; so building, gradients and plans need not know of it. */
#include "nn/net_private.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

int sc_net_find_network(const sc_net *net, const char *name) {
    for (int i = 0; i < net->networks; i++)
        if (strcmp(net->network[i].name, name) == 0) return i;
    return -1;
}

static socle_status begin_network(sc_net *net, const char *name, int argument) {
    if (net->networks == SC_NET_NETWORKS)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "there are at most %d networks",
                       SC_NET_NETWORKS);
    if (net->open || (net->layers && !net->networks))
        return sc_fail(net->env, SOCLE_STATUS_STATE,
                       "a network begins inside another one, or behind layers of none");
    SC_TRY(sc_name_check(net->env, name));
    if (sc_net_find_network(net, name) >= 0 || sc_net_find(net, name) >= 0)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "the name '%s' is used twice", name);
    sc_network *network = &net->network[net->networks];
    *network = (sc_network){.argument = argument, .first = net->layers};
    SC_TRY(sc_arena_string(net->arena, &network->name, name));
    memset(net->used, 0, sizeof net->used); /* automatic names count anew */
    net->networks++;
    net->open = true;
    return SOCLE_OK;
}

socle_status sc_net_begin_network(sc_net *net, const char *name, int argument) {
    if (net->status == SOCLE_OK) net->status = begin_network(net, name, argument);
    return net->status;
}

static bool reads(const sc_net *net, const sc_network *network, int node) {
    for (size_t l = network->first; l < network->first + network->layers; l++)
        for (int i = 0; i < net->layer[l].inputs; i++)
            if (net->layer[l].input[i] == node) return true;
    return false;
}

static socle_status note_application(sc_net *net, int network, int argument, int output) {
    if (net->applications == SC_NET_APPLICATIONS)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "networks are applied at most %d times",
                       SC_NET_APPLICATIONS);
    net->application[net->applications++] = (sc_application){network, argument, output};
    return SOCLE_OK;
}

static socle_status end_network(sc_net *net) {
    int number = net->networks - 1;
    sc_network *network = &net->network[number];
    net->open = false;
    network->layers = net->layers - network->first;
    if (!network->layers)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "the network '%s' has no layers",
                       network->name);
    if (!reads(net, network, network->argument)) network->argument = -1;
    return note_application(net, number, network->argument, net->inputs + (int)net->layers - 1);
}

socle_status sc_net_end_network(sc_net *net) {
    if (net->status == SOCLE_OK) net->status = end_network(net);
    return net->status;
}

/* As a layer sees them: what is no float becomes one, unless the layer wants whole numbers. */
static bool same_shape(const sc_tensor_desc *a, const sc_tensor_desc *b) {
    bool equal = a->rank == b->rank;
    for (int d = 1; equal && d < a->rank; d++) equal = a->dim[d] == b->dim[d];
    return equal;
}

static bool wants_integers(const sc_net *net, const sc_network *network) {
    bool any = false;
    for (size_t l = network->first; l < network->first + network->layers; l++)
        for (int i = 0; i < net->layer[l].inputs; i++)
            any |= net->layer[l].input[i] == network->argument && net->layer[l].kind->integers;
    return any;
}

static socle_status check_argument(const sc_net *net, const sc_network *network, int argument) {
    if (network->argument < 0)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "the network '%s' reads nothing it could be applied to", network->name);
    const sc_tensor_desc *first = sc_net_desc(net, network->argument),
                         *other = sc_net_desc(net, argument);
    char a[96], b[96];
    sc_tensor_text(a, sizeof a, first);
    sc_tensor_text(b, sizeof b, other);
    if (wants_integers(net, network) && first->dtype != other->dtype)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "the network '%s' reads whole numbers, %s, and is applied to %s",
                       network->name, a, b);
    if (same_shape(first, other)) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "the network '%s' is applied to %s and to %s; its weights fit samples of one "
                   "shape",
                   network->name, a, b);
}

/* What gives the value of a node: an input, a network, a layer. */
static const char *node_name(const sc_net *net, int node) {
    for (int i = 0; i < net->applications; i++)
        if (net->application[i].output == node)
            return net->network[net->application[i].network].name;
    return node < net->inputs ? net->input[node].name : net->layer[node - net->inputs].name;
}

/* "discriminator(generator).conv2d1": no name that could be given by hand. */
static socle_status name_again(sc_net *net, sc_layer *layer, const sc_network *network,
                               int argument) {
    sc_text name;
    sc_text_init(&name, net->env);
    sc_text_add(&name, "%s(%s)%s", network->name, node_name(net, argument),
                layer->name + strlen(network->name));
    socle_status status = name.status == SOCLE_OK
                              ? sc_arena_string(net->arena, &layer->name, name.data)
                              : name.status;
    sc_text_free(&name);
    return status;
}

static socle_status apply_again(sc_net *net, int number, int argument) {
    const sc_network *network = &net->network[number];
    SC_TRY(check_argument(net, network, argument));
    const int first = net->inputs + (int)network->first, last = first + (int)network->layers,
              moved = (int)(net->layers - network->first);
    for (int node = first; node < last; node++) {
        sc_layer layer = net->layer[node - net->inputs];
        for (int i = 0; i < layer.inputs; i++) {
            int *from = &layer.input[i];
            *from = *from == network->argument       ? argument
                    : *from >= first && *from < last ? *from + moved
                                                     : *from;
        }
        layer.again = layer.borrows = true;
        SC_TRY(name_again(net, &layer, network, argument));
        SC_TRY(sc_net_append_layer(net, &layer, false));
    }
    return note_application(net, number, argument, net->inputs + (int)net->layers - 1);
}

int sc_net_apply(sc_net *net, int network, int argument) {
    if (net->status != SOCLE_OK) return -1;
    for (int i = 0; i < net->applications; i++)
        if (net->application[i].network == network && net->application[i].argument == argument)
            return net->application[i].output;
    socle_status status = apply_again(net, network, argument);
    return status == SOCLE_OK ? net->application[net->applications - 1].output
                              : sc_net_fail(net, status);
}

int sc_net_first_result(const sc_net *net, int network) {
    const sc_network *made = &net->network[network];
    return net->inputs + (int)(made->first + made->layers) - 1;
}

/* --- Phases --- */

static socle_status add_phase(sc_net *net, const char *name, uint32_t trains) {
    if (net->phases == SC_NET_PHASES)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "a step has at most %d phases",
                       SC_NET_PHASES);
    SC_TRY(sc_name_check(net->env, name));
    if (strcmp(name, "val") == 0 || strcmp(name, "test") == 0 || strncmp(name, "val_", 4) == 0 ||
        strncmp(name, "test_", 5) == 0)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "'%s_loss' is what the loss on other data is called: name the phase", name);
    for (int i = 0; i < net->phases; i++) {
        if (strcmp(net->phase[i].name, name) == 0)
            return sc_fail(net->env, SOCLE_STATUS_CONFIG, "two phases are called '%s'", name);
        for (int n = 0; n < net->networks; n++)
            if (net->phase[i].trains & trains & 1u << n)
                return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                               "the network '%s' is trained by the phase '%s' already; a parameter "
                               "is trained by one phase",
                               net->network[n].name, net->phase[i].name);
    }
    sc_phase *phase = &net->phase[net->phases];
    phase->trains = trains;
    SC_TRY(sc_arena_string(net->arena, &phase->name, name));
    SC_TRY(sc_net_phase_metric(net, phase, net->phases + 1));
    net->phases++;
    return SOCLE_OK;
}

socle_status sc_net_add_phase(sc_net *net, const char *name, uint32_t trains) {
    if (net->status == SOCLE_OK) net->status = add_phase(net, name, trains);
    return net->status;
}

int sc_net_phases(const sc_net *net) {
    return net->phases ? net->phases : 1;
}

/* The network that owns a parameter, -1: none. */
static int network_of(const sc_net *net, size_t parameter) {
    for (int n = 0; n < net->networks; n++) {
        const sc_network *network = &net->network[n];
        const sc_layer *last = &net->layer[network->first + network->layers - 1];
        if (parameter >= (size_t)net->layer[network->first].first_parameter &&
            parameter < (size_t)(last->first_parameter + last->parameters))
            return n;
    }
    return -1;
}

int sc_net_phase_of(const sc_net *net, size_t parameter) {
    if (net->parameter[parameter].role == SC_PARAMETER_STATISTIC) return -1;
    if (!net->phases) return 0;
    int network = network_of(net, parameter);
    for (int i = 0; network >= 0 && i < net->phases; i++)
        if (net->phase[i].trains & 1u << network) return i;
    return -1;
}

/* Which nodes the result of `node` depends on: marks them, so that each is looked at once. Layers
 * read what is before them. */
static socle_status mark_dependencies(const sc_net *net, int node, bool **out) {
    SC_TRY(sc_allocate(net->env, out, (size_t)net->inputs + net->layers, sizeof **out));
    (*out)[node] = true;
    for (; node >= net->inputs; node--) {
        const sc_layer *layer = &net->layer[node - net->inputs];
        for (int i = 0; (*out)[node] && i < layer->inputs; i++) (*out)[layer->input[i]] = true;
    }
    return SOCLE_OK;
}

bool sc_net_reads_inputs(const sc_net *net, int node) {
    bool *marked, any = false;
    if (mark_dependencies(net, node, &marked) != SOCLE_OK) return true;
    for (int i = 0; i < net->inputs; i++) any |= marked[i];
    sc_release(net->env, marked);
    return any;
}

/* Which networks that its phase trains have parameters on the way to the loss: bits. */
static socle_status reaches(uint32_t *out, const sc_net *net, const sc_loss_term *term) {
    bool *marked;
    *out = 0;
    SC_TRY(mark_dependencies(net, term->output, &marked));
    for (size_t l = 0; l < net->layers; l++) {
        const sc_layer *layer = &net->layer[l];
        for (int i = 0; marked[(size_t)net->inputs + l] && i < layer->parameters; i++) {
            const size_t p = (size_t)(layer->first_parameter + i);
            if (sc_net_phase_of(net, p) == term->phase) *out |= 1u << network_of(net, p);
        }
    }
    sc_release(net->env, marked);
    return SOCLE_OK;
}

/* It has weights, and no phase moves them. */
static bool is_left_out(const sc_net *net, int network) {
    bool trained = false, weights = false;
    for (int i = 0; i < net->phases; i++) trained |= (net->phase[i].trains >> network & 1u) != 0;
    for (size_t p = 0; p < net->parameters; p++) weights |= network_of(net, p) == network;
    return weights && !trained;
}

socle_status sc_net_check_phases(const sc_net *net, int *loss) {
    uint32_t all[SC_NET_PHASES] = {0}, reached;
    for (*loss = 0; net->phases && *loss < net->losses; (*loss)++) {
        const sc_loss_term *term = &net->loss[*loss];
        SC_TRY(reaches(&reached, net, term));
        all[term->phase] |= reached;
        if (!reached)
            return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                           "this loss reaches no parameter that the phase '%s' trains",
                           net->phase[term->phase].name);
    }
    for (*loss = 0; net->phases && *loss < net->losses; (*loss)++) {
        const sc_phase *phase = &net->phase[net->loss[*loss].phase];
        for (int n = 0; n < net->networks; n++)
            if (phase->trains & ~all[net->loss[*loss].phase] & 1u << n)
                return sc_fail(
                    net->env, SOCLE_STATUS_CONFIG,
                    "no loss of the phase '%s' reaches the network '%s', which it trains",
                    phase->name, net->network[n].name);
    }
    for (int n = 0; net->phases && n < net->networks; n++)
        if (is_left_out(net, n))
            sc_log_line(net->env, SOCLE_LOG_WARNING,
                        "no phase trains the network '%s': its weights stay as they begin",
                        net->network[n].name);
    return SOCLE_OK;
}
