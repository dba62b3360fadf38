/* SPDX-License-Identifier: Apache-2.0 */
/* Which inputs of a network are the lengths of its samples' sequences, and what reads them. */
#include "nn/layer.h"

socle_status sc_net_check_lengths(const sc_net *net, int node) {
    const sc_tensor_desc *desc = sc_net_desc(net, node);
    char text[96];
    sc_tensor_text(text, sizeof text, desc);
    if (node >= net->inputs || desc->dtype == SOCLE_F32 || sc_tensor_elements_at(desc, 1) != 1)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "the length of each sample must be a whole number (u8 or i32) straight from "
                       "an input of the network; it is %s",
                       text);
    float scale = net->input[node].scale;
    if (scale == 1.0f) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                   "the length of each sample must come as it is; input '%s' is multiplied by %g",
                   net->input[node].name, (double)scale);
}

int sc_layer_lengths(const sc_net *net, const sc_layer *layer) {
    const int last = layer->inputs - 1;
    if (!layer->kind->lengths || last < 1 || layer->input[last] >= net->inputs) return -1;
    const sc_tensor_desc *desc = sc_net_desc(net, layer->input[last]);
    return desc->dtype != SOCLE_F32 && sc_tensor_elements_at(desc, 1) == 1 ? last : -1;
}

static void take_least(int64_t *limit, const char **reader, int64_t steps, const char *name) {
    if (*limit && *limit <= steps) return;
    *limit = steps;
    if (reader) *reader = name;
}

int64_t sc_net_length_limit(const sc_net *net, int input, const char **reader) {
    int64_t limit = 0;
    for (size_t l = 0; l < net->layers; l++) {
        const sc_layer *layer = &net->layer[l];
        int lengths = sc_layer_lengths(net, layer);
        if (lengths < 0 || layer->input[lengths] != input) continue;
        const sc_tensor_desc *sequence = sc_net_desc(net, layer->input[lengths - 1]);
        take_least(&limit, reader, sequence->dim[sequence->rank - 2], layer->name);
    }
    for (const sc_loss_term *loss = net->loss; loss < net->loss + net->losses; loss++)
        if (loss->lengths == input)
            take_least(&limit, reader, sc_net_desc(net, loss->output)->dim[1],
                       loss->kind->record.word);
    return limit;
}

static socle_status set_lengths(sc_net *net, sc_loss_term *loss, int input) {
    bool steps = loss && loss->kind->classes && sc_net_desc(net, loss->output)->rank == 3;
    if (!steps)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "lengths count the labels of sequences, [T,classes] with labels [T]; this "
                       "loss has none");
    if (input < 0 || input >= net->inputs)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "lengths come from an input of the network");
    SC_TRY(sc_net_check_lengths(net, input));
    loss->lengths = input;
    return SOCLE_OK;
}

socle_status sc_net_loss_lengths(sc_net *net, int input) {
    if (net->status != SOCLE_OK) return net->status;
    sc_loss_term *loss = net->losses ? &net->loss[net->losses - 1] : NULL;
    if (loss) loss->lengths = -1;
    if (input == -1) return SOCLE_OK;
    net->status = set_lengths(net, loss, input);
    if (net->status != SOCLE_OK && loss)
        sc_fail_prefix(net->env, net->status, "%s", loss->kind->record.word);
    return net->status;
}
