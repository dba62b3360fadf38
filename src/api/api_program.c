/* SPDX-License-Identifier: Apache-2.0 */
/* Public programs: networks by name in one net, the phases of a step, losses that are added up, and
 * groups of parameters. What they mean is the affair of src/nn and src/train. */
#include "api/api_net.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

static bool is_node(const sc_net *net, socle_node node) {
    return node >= 0 && node < net->inputs + (int)net->layers;
}

/* Remembers a failure of the net, and keeps its text. */
static socle_status failed(socle_net *net, socle_status status) {
    sc_net_fail(net->net, status);
    sc_api_added(net, -1);
    return status;
}

static socle_status begin(sc_net *net, const char *name, socle_node argument) {
    if (!name)
        return sc_fail(net->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_network_begin: name is NULL");
    if (argument != -1 && !is_node(net, argument))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "the network '%.100s' reads no node of this net", name);
    return sc_net_begin_network(net, name, argument);
}

socle_status socle_network_begin(socle_net *net, const char *name, socle_node argument) {
    sc_net *n;
    SC_TRY(sc_api_change_net(&n, net));
    socle_status status = begin(n, name, argument);
    return status == SOCLE_OK ? status : failed(net, status);
}

static socle_status end(sc_net *net) {
    if (!net->open)
        return sc_fail(net->env, SOCLE_STATUS_STATE, "socle_network_end: no network was begun");
    return sc_net_end_network(net);
}

socle_node socle_network_end(socle_net *net) {
    sc_net *n = sc_api_net(net);
    if (!n) return -1;
    socle_status status = end(n);
    if (status == SOCLE_OK) return sc_net_first_result(n, n->networks - 1);
    failed(net, status);
    return -1;
}

static socle_status fail_unknown(const sc_net *net, const char *function, const char *name) {
    sc_text known;
    sc_text_init(&known, net->env);
    for (int i = 0; i < net->networks; i++)
        sc_text_add(&known, "%s%s", i ? ", " : "; known: ", net->network[i].name);
    socle_status status =
        known.status == SOCLE_OK
            ? sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: there is no network '%.100s'%s", function,
                      name ? name : "(NULL)", net->networks ? known.data : "")
            : known.status;
    sc_text_free(&known);
    return status;
}

static socle_status find(int *out, const sc_net *net, const char *function, const char *name) {
    *out = name ? sc_net_find_network(net, name) : -1;
    return *out < 0 ? fail_unknown(net, function, name) : SOCLE_OK;
}

static socle_status apply(socle_node *out, sc_net *net, const char *name, socle_node argument) {
    int network;
    SC_TRY(find(&network, net, "socle_network_apply", name));
    if (net->open)
        return sc_fail(net->env, SOCLE_STATUS_STATE,
                       "socle_network_apply: '%.100s' is applied before another network begins, or "
                       "behind its end",
                       name);
    if (!is_node(net, argument))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "socle_network_apply: '%.100s' is applied to no node of this net", name);
    *out = sc_net_apply(net, network, argument);
    return net->status;
}

socle_node socle_network_apply(socle_net *net, const char *name, socle_node argument) {
    socle_node node = -1;
    sc_net *n = sc_api_net(net);
    if (!n) return -1;
    socle_status status = apply(&node, n, name, argument);
    if (status == SOCLE_OK) return node;
    failed(net, status);
    return -1;
}

socle_status socle_net_output(socle_net *net, socle_node x) {
    sc_net *n;
    SC_TRY(sc_api_change_net(&n, net));
    if (!is_node(n, x))
        return failed(
            net, sc_fail(n->env, SOCLE_STATUS_CONFIG, "socle_net_output: there is no such node"));
    n->output = x;
    return SOCLE_OK;
}

static socle_status add_phase(sc_net *net, const char *name, int count, const char *const *trains) {
    uint32_t bits = 0;
    if (count < 1 || !trains)
        return sc_fail(net->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_phase: a phase trains at least one network");
    if (net->losses && !net->phases)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "socle_phase: there is a loss before the first phase, which is of none");
    for (int i = 0; i < count; i++) {
        int network;
        SC_TRY(find(&network, net, "socle_phase", trains[i]));
        bits |= 1u << network;
    }
    return sc_net_add_phase(net, name ? name : trains[0], bits);
}

socle_status socle_phase(socle_net *net, const char *name, int count, const char *const *trains) {
    sc_net *n;
    SC_TRY(sc_api_change_net(&n, net));
    socle_status status = add_phase(n, name, count, trains);
    return status == SOCLE_OK ? status : failed(net, status);
}

socle_status sc_api_check_training(socle_net *net, const char *function) {
    sc_env *env = &net->context->env;
    int loss;
    SC_TRY(sc_api_net_check(net));
    const sc_net *n = net->net;
    if (n->output < 0)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: the network is empty", function);
    if (n->open)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: the network '%s' was begun and not ended",
                       function, n->network[n->networks - 1].name);
    if (!n->losses)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%s: the network has no loss: choose one by socle_loss_...", function);
    socle_status status = sc_net_check_phases(n, &loss);
    return status == SOCLE_OK ? status : sc_fail_prefix(env, status, "%s", function);
}

static double own(const float *value) {
    return value ? (double)*value : NAN;
}

static bool in_range(const float *value, double most) {
    return !value || ((double)*value >= 0 && (double)*value <= most);
}

static socle_status read_group(sc_parameter_group *out, const socle_net *net,
                               const socle_parameter_group *group) {
    sc_env *env = &net->context->env;
    if (group->count < 1 || !group->parameters)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "it names no parameters");
    for (int i = 0; i < group->count; i++)
        if (!group->parameters[i])
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "parameters[%d] is NULL", i);
    if (!(group->rate >= 0 && group->rate <= 1e6f))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "rate must be 0 to 1e6, not %g",
                       (double)group->rate);
    if (!in_range(group->weight_decay, 1e6) || !in_range(group->penalty_l1, 1e6) ||
        !in_range(group->penalty_l2, 1e6))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "weight_decay, penalty_l1 and penalty_l2 must be 0 to 1e6");
    *out = (sc_parameter_group){
        .pattern = (const char **)group->parameters,
        .patterns = group->count,
        .rate = group->rate == 0 ? 1 : group->rate,
        .decay = own(group->weight_decay),
        .penalty = {.l1 = own(group->penalty_l1), .l2 = own(group->penalty_l2)},
        .frozen = group->frozen != 0};
    return group->optimizer.kind ? sc_api_optimizer(net, &group->optimizer, &out->optimizer)
                                 : SOCLE_OK;
}

socle_status sc_api_groups(sc_fit_options *out, const socle_net *net, const socle_fit_opts *opts) {
    sc_env *env = &net->context->env;
    sc_parameter_group *group;
    if (opts->group_count < 0 || (opts->group_count && !opts->groups))
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%d groups of parameters, and groups is %s", opts->group_count,
                       opts->groups ? "there" : "NULL");
    if (!opts->group_count) return SOCLE_OK;
    SC_TRY(sc_arena_allocate(net->net->arena, &group, (size_t)opts->group_count, sizeof *group));
    for (int g = 0; g < opts->group_count; g++) {
        socle_status status = read_group(&group[g], net, &opts->groups[g]);
        if (status != SOCLE_OK) return sc_fail_prefix(env, status, "groups[%d]", g);
    }
    out->group = group;
    out->groups = opts->group_count;
    return SOCLE_OK;
}
