/* SPDX-License-Identifier: Apache-2.0 */
/* See updates.h. */
#include "train/updates.h"
#include "base/text.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 8 }; /* names in a message */

static bool is_trained(const sc_net *net, size_t p) {
    return sc_net_phase_of(net, p) >= 0;
}

static bool has(const sc_net *net, size_t first, size_t layers, size_t p) {
    for (size_t l = first; l < first + layers; l++) {
        const sc_layer *layer = &net->layer[l];
        if ((int)p >= layer->first_parameter && (int)p < layer->first_parameter + layer->parameters)
            return true;
    }
    return false;
}

/* The name of a network or a layer stands for all it has, and for nothing of another one whose name
 * begins so: gen, gen.x. Other beginnings stand for all that follows, and there are patterns as in
 * file names. */
static bool matches(const sc_net *net, const char *pattern, size_t p) {
    const char *name = net->parameter[p].name;
    const size_t length = strlen(pattern);
    const int network = sc_net_find_network(net, pattern), node = sc_net_find(net, pattern);
    if (network >= 0) return has(net, net->network[network].first, net->network[network].layers, p);
    if (node >= net->inputs) return has(net, (size_t)(node - net->inputs), 1, p);
    if (strncmp(pattern, name, length) == 0 && name[length] == '.') return true;
    return fnmatch(pattern, name, 0) == 0;
}

static socle_status fail_unmatched(const sc_updates *u, const sc_net *net, const char *pattern) {
    const char **name, *nearest = NULL;
    size_t names = 0;
    SC_TRY(sc_allocate(u->env, &name, 2 * net->parameters + 1, sizeof *name));
    for (size_t p = 0; p < net->parameters; p++)
        if (is_trained(net, p)) name[names++] = net->parameter[p].name;
    for (size_t l = 0; l < net->layers; l++)
        if (net->layer[l].parameters && names < 2 * net->parameters)
            name[names++] = net->layer[l].name;
    nearest = sc_nearest_word(pattern, name, names);
    sc_text hint;
    sc_text_init(&hint, u->env);
    sc_text_add(&hint, nearest ? "did you mean '%s'?" : "known: ", nearest);
    for (size_t i = 0; i < names && i <= SHOWN && !nearest; i++)
        sc_text_add(&hint, "%s%s", i ? ", " : "", i < SHOWN ? name[i] : "...");
    socle_status status = hint.status != SOCLE_OK
                              ? hint.status
                              : sc_fail(u->env, SOCLE_STATUS_CONFIG,
                                        "no parameter is called '%.80s'; %s", pattern, hint.data);
    sc_text_free(&hint);
    sc_release(u->env, name);
    return status;
}

/* The parameters of a group, which no group before it has. */
static socle_status claim(sc_updates *u, const sc_net *net, const sc_parameter_group *group,
                          int number, int *group_of) {
    for (int k = 0; k < group->patterns; k++) {
        bool any = false;
        u->pattern = k;
        for (size_t p = 0; p < net->parameters; p++) {
            if (!is_trained(net, p) || !matches(net, group->pattern[k], p)) continue;
            any = true;
            if (group_of[p] >= 0 && group_of[p] != number)
                return sc_fail(u->env, SOCLE_STATUS_CONFIG,
                               "%s is in train.groups[%d] already; a parameter has one optimizer",
                               net->parameter[p].name, group_of[p]);
            group_of[p] = number;
        }
        if (!any) return fail_unmatched(u, net, group->pattern[k]);
    }
    return SOCLE_OK;
}

static bool same(const sc_optimizer *a, const sc_optimizer *b) {
    if (a->kind != b->kind || memcmp(a->value, b->value, sizeof a->value) != 0) return false;
    return a->update == b->update || (a->update && b->update && !strcmp(a->update, b->update));
}

/* Its number; SC_OPTIMIZERS: there are too many. */
static int add_optimizer(sc_updates *u, const sc_optimizer *optimizer) {
    for (int o = 0; o < u->optimizers; o++)
        if (same(&u->optimizer[o], optimizer)) return o;
    if (u->optimizers == SC_OPTIMIZERS) return SC_OPTIMIZERS;
    u->optimizer[u->optimizers] = *optimizer;
    return u->optimizers++;
}

static double given(double value, double otherwise) {
    return isnan(value) ? otherwise : value;
}

/* Biases and scales are exempt unless the run or the group says otherwise. */
static void settle_penalty(sc_updates *u, size_t p, bool weight, const sc_fit_options *options,
                           const sc_parameter_group *group) {
    const sc_penalty *whole = &options->penalty, *own = group ? &group->penalty : whole;
    if (!weight && !whole->biases && !own->biases) return;
    u->l1[p] = (float)given(own->l1, whole->l1);
    u->l2[p] = (float)given(own->l2, whole->l2);
    u->penalised |= u->l1[p] != 0 || u->l2[p] != 0;
}

static socle_status settle(sc_updates *u, const sc_net *net, const sc_fit_options *options,
                           const int *group_of) {
    bool any = false;
    for (size_t p = 0; p < net->parameters; p++) {
        const sc_parameter_group *group = group_of[p] >= 0 ? &options->group[group_of[p]] : NULL;
        bool decays = net->parameter[p].role == SC_PARAMETER_WEIGHT;
        u->optimizer_of[p] = !is_trained(net, p) || (group && group->frozen) ? SC_FROZEN
                             : group && group->optimizer.kind ? add_optimizer(u, &group->optimizer)
                                                              : 0;
        if (u->optimizer_of[p] == SC_OPTIMIZERS)
            return sc_fail(u->env, SOCLE_STATUS_CONFIG, "a run has at most %d optimizers",
                           SC_OPTIMIZERS);
        u->rate_scale[p] = group ? group->rate : 1;
        if (u->optimizer_of[p] != SC_FROZEN) settle_penalty(u, p, decays, options, group);
        if (decays)
            u->decay[p] =
                group && !isnan(group->decay) ? (float)group->decay : options->weight_decay;
        any |= u->optimizer_of[p] != SC_FROZEN;
    }
    if (any || !options->groups) return SOCLE_OK;
    return sc_fail(u->env, SOCLE_STATUS_CONFIG,
                   "every parameter is frozen: there is nothing to train");
}

static socle_status allocate(sc_updates *u, size_t count) {
    SC_TRY(sc_allocate(u->env, &u->optimizer_of, count, sizeof *u->optimizer_of));
    SC_TRY(sc_allocate(u->env, &u->rate_scale, count, sizeof *u->rate_scale));
    SC_TRY(sc_allocate(u->env, &u->l1, count, sizeof *u->l1));
    SC_TRY(sc_allocate(u->env, &u->l2, count, sizeof *u->l2));
    return sc_allocate(u->env, &u->decay, count, sizeof *u->decay);
}

/* Optimizers of what has an L1 penalty leave zeros. */
static socle_status add_penalties(sc_updates *u, const sc_net *net) {
    for (size_t p = 0; u->penalised && p < net->parameters; p++) {
        const int o = u->optimizer_of[p];
        if (u->l1[p] == 0 || u->penalty[o]) continue;
        SC_TRY(sc_penalty_update(&u->penalty[o], u->env, &u->optimizer[o]));
        u->optimizer[o].update = u->penalty[o];
    }
    return SOCLE_OK;
}

/* Every optimizer keeps averages too. */
static socle_status add_averages(sc_updates *u, const sc_fit_options *options) {
    for (int o = 0; options->average > 0 && o < u->optimizers; o++) {
        SC_TRY(sc_average_update(&u->average[o], u->env, &u->optimizer[o], options->average));
        u->optimizer[o].update = u->average[o];
    }
    return SOCLE_OK;
}

socle_status sc_updates_create(sc_updates *out, const sc_net *net, const sc_fit_options *options) {
    *out = (sc_updates){.env = net->env, .optimizers = 1, .optimizer = {options->optimizer}};
    int *group_of = NULL;
    socle_status status = allocate(out, net->parameters + 1);
    if (status == SOCLE_OK)
        status = sc_allocate(out->env, &group_of, net->parameters + 1, sizeof *group_of);
    for (size_t p = 0; status == SOCLE_OK && p < net->parameters; p++) group_of[p] = -1;
    for (int g = 0; status == SOCLE_OK && g < options->groups; g++) {
        out->group = g;
        status = claim(out, net, &options->group[g], g, group_of);
    }
    if (status == SOCLE_OK) {
        out->group = out->pattern = -1;
        status = settle(out, net, options, group_of);
    }
    if (status == SOCLE_OK) status = add_penalties(out, net);
    if (status == SOCLE_OK) status = add_averages(out, options);
    sc_release(net->env, group_of);
    if (status == SOCLE_OK) return SOCLE_OK;
    const int group = out->group, pattern = out->pattern;
    sc_updates_free(out);
    out->group = group;
    out->pattern = pattern;
    return status;
}

void sc_updates_free(sc_updates *updates) {
    if (!updates->env) return;
    for (int o = 0; o < SC_OPTIMIZERS; o++) sc_release(updates->env, updates->average[o]);
    for (int o = 0; o < SC_OPTIMIZERS; o++) sc_release(updates->env, updates->penalty[o]);
    sc_release(updates->env, updates->l1);
    sc_release(updates->env, updates->l2);
    sc_release(updates->env, updates->optimizer_of);
    sc_release(updates->env, updates->rate_scale);
    sc_release(updates->env, updates->decay);
    *updates = (sc_updates){0};
}

const sc_optimizer *sc_updates_optimizer(const sc_updates *updates, size_t parameter) {
    int number = updates->optimizer_of[parameter];
    return number == SC_FROZEN ? NULL : &updates->optimizer[number];
}

void sc_updates_apply(const sc_updates *updates, sc_engine_options *options) {
    options->optimizer = updates->optimizer;
    options->optimizers = updates->optimizers;
    options->optimizer_of = updates->optimizer_of;
    options->rate_scale = updates->rate_scale;
    options->decay = updates->decay;
    options->l1 = updates->penalised ? updates->l1 : NULL;
    options->l2 = updates->penalised ? updates->l2 : NULL;
}
