/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a network's nodes: which are allowed, which node a name stands for, and names for layers
 * that were given none. A hash index keeps a network of ten thousand layers as quick per layer as
 * one of ten. */
#include "nn/net_private.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum { LEAST_SLOTS = 64 };

static const char *node_name(const sc_net *net, int node) {
    return node < net->inputs ? net->input[node].name : net->layer[node - net->inputs].name;
}

/* The slot that holds `name`, or the free one where it belongs. The index is never full. */
static size_t find_slot(const sc_net *net, const char *name) {
    size_t at = (size_t)sc_hash_bytes(name, strlen(name), 0).low & (net->slots - 1);
    while (net->slot[at] && strcmp(node_name(net, net->slot[at] - 1), name) != 0)
        at = (at + 1) & (net->slots - 1);
    return at;
}

int sc_net_find(const sc_net *net, const char *name) {
    return net->slots ? net->slot[find_slot(net, name)] - 1 : -1;
}

void sc_net_add_name(sc_net *net, int node) {
    net->slot[find_slot(net, node_name(net, node))] = node + 1;
}

socle_status sc_net_reserve_name(sc_net *net) {
    size_t names = (size_t)net->inputs + net->layers, slots = net->slots ? net->slots : LEAST_SLOTS;
    while (slots / 2 < names + 1) slots *= 2;
    if (slots == net->slots) return SOCLE_OK;
    int *slot;
    SC_TRY(sc_allocate(net->env, &slot, slots, sizeof *slot));
    sc_release(net->env, net->slot);
    net->slot = slot;
    net->slots = slots;
    for (size_t node = 0; node < names; node++)
        if (node < (size_t)net->inputs || !net->layer[node - (size_t)net->inputs].again)
            sc_net_add_name(net, (int)node);
    return SOCLE_OK;
}

socle_status sc_net_check_name(sc_net *net, const char *name) {
    SC_TRY(sc_name_check(net->env, name));
    if (sc_net_find(net, name) >= 0)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "the name '%s' is used twice", name);
    return SOCLE_OK;
}

/* Where the last ordinal of a word is kept; the table has room for every kind and activation. */
static int *last_ordinal(sc_net *net, const char *word, int *none) {
    for (int i = 0; i < SC_NET_WORDS; i++) {
        if (!net->used[i].word) net->used[i].word = word;
        if (strcmp(net->used[i].word, word) == 0) return &net->used[i].last;
    }
    return none;
}

socle_status sc_net_name_layer(sc_net *net, const char *word, const char *given, const char **out) {
    char name[2 * SC_LAYER_NAME + 3], prefix[SC_LAYER_NAME + 2] = "";
    if (net->open) snprintf(prefix, sizeof prefix, "%s.", net->network[net->networks - 1].name);
    int none = 0, *last = last_ordinal(net, word, &none);
    if (given) {
        snprintf(name, sizeof name, "%s%.*s", prefix, SC_LAYER_NAME + 1, given);
        SC_TRY(sc_net_check_name(net, name));
        ++*last;
        return sc_arena_string(net->arena, out, name);
    }
    do snprintf(name, sizeof name, "%s%s%d", prefix, word, ++*last);
    while (sc_net_find(net, name) >= 0);
    return sc_arena_string(net->arena, out, name);
}
