/* SPDX-License-Identifier: Apache-2.0 */
/* Which inputs of a network are the lengths of its samples' sequences. */
#include "nn/layer.h"

int64_t sc_net_length_limit(const sc_net *net, int input, const sc_layer **reader) {
    int64_t limit = 0;
    for (size_t l = 0; l < net->layers; l++) {
        const sc_layer *layer = &net->layer[l];
        if (!layer->kind->lengths || layer->inputs < 2 || layer->input[1] != input) continue;
        const sc_tensor_desc *sequence = sc_net_desc(net, layer->input[0]);
        int64_t steps = sequence->dim[sequence->rank - 2];
        if (limit && limit <= steps) continue;
        limit = steps;
        if (reader) *reader = layer;
    }
    return limit;
}
