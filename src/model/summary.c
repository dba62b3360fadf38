/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the summary table, from the network description alone. */
#include "model/summary.h"

#include <stdio.h>
#include <string.h>

size_t sc_net_summary_rows(const sc_net *net) {
    return (size_t)net->inputs + net->layers;
}

static void write_shape(char *out, size_t size, const sc_tensor_desc *desc) {
    size_t used = (size_t)snprintf(out, size, "[");
    for (int d = 1; d < desc->rank; d++)
        used += (size_t)snprintf(out + used, size - used, "%s%lld", d > 1 ? ", " : "",
                                 (long long)desc->dim[d]);
    snprintf(out + used, size - used, "]");
}

static const char *node_name(const sc_net *net, int node) {
    return node < net->inputs ? net->input[node].name : net->layer[node - net->inputs].name;
}

static void write_from(char *out, size_t size, const sc_net *net, const sc_layer *layer,
                       int above) {
    static const char more[] = ", ...";
    size_t used = 0;
    out[0] = '\0';
    if (layer->inputs == 1 && layer->input[0] == above) return;
    for (int i = 0; i < layer->inputs; i++) {
        const char *name = node_name(net, layer->input[i]);
        if (used + strlen(name) + 2 * sizeof more > size) {
            snprintf(out + used, size - used, "%s", more);
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", name);
    }
}

/* Places of a sample at which the same weights are used: pixels, rows of features. Each gives as
 * many results as the weights have rows, of which one element of the output takes `uses`. */
static int64_t positions(const sc_tensor_desc *output, const sc_tensor_desc *weight, int64_t uses) {
    return sc_tensor_elements_at(output, 1) * uses / weight->dim[0];
}

sc_summary_row sc_net_summary(const sc_net *net, size_t row) {
    sc_summary_row out = {0};
    const sc_tensor_desc *output = sc_net_desc(net, (int)row);
    write_shape(out.shape, sizeof out.shape, output);
    out.bytes = sc_tensor_elements_at(output, 1) * (int64_t)sc_dtype_size(output->dtype);
    if (row < (size_t)net->inputs) {
        out.name = net->input[row].name;
        out.kind = "input";
        return out;
    }
    const sc_layer *layer = &net->layer[row - (size_t)net->inputs];
    out.name = layer->name;
    out.kind = sc_layer_word(layer->kind, &layer->options);
    const sc_tensor_desc *input = sc_net_desc(net, layer->input[0]);
    int64_t uses = layer->kind->uses ? layer->kind->uses(layer, input) : 1;
    int64_t (*products)(const sc_net *, const sc_layer *) = layer->kind->products;
    if (products) out.multiply_adds = products(net, layer);
    write_from(out.from, sizeof out.from, net, layer, (int)row - 1);
    for (int p = layer->first_parameter; p < layer->first_parameter + layer->parameters; p++) {
        const sc_parameter *parameter = &net->parameter[p];
        int64_t *sum =
            parameter->role == SC_PARAMETER_STATISTIC ? &out.statistics : &out.parameters;
        if (!layer->borrows) *sum += sc_tensor_elements(&parameter->desc);
        bool looked_up = layer->kind->integers;
        if (parameter->role == SC_PARAMETER_WEIGHT && parameter->desc.rank > 1 && !looked_up &&
            !products)
            out.multiply_adds +=
                sc_tensor_elements(&parameter->desc) * positions(output, &parameter->desc, uses);
    }
    return out;
}
