/* SPDX-License-Identifier: Apache-2.0 */
/* The network description: inputs, layers, parameters. Shapes are inferred by building each
 * new layer on a throw-away graph of one row, so that there is one source of truth for what fits.
 */
#include "nn/net_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

socle_status sc_net_create(sc_net **out, sc_env *env) {
    *out = NULL;
    sc_net *net;
    SC_TRY(sc_allocate(env, &net, 1, sizeof *net));
    net->env = env;
    net->output = -1;
    socle_status status = sc_arena_create(&net->arena, env);
    if (status != SOCLE_OK) {
        sc_release(env, net);
        return status;
    }
    *out = net;
    return SOCLE_OK;
}

void sc_net_destroy(sc_net *net) {
    if (!net) return;
    sc_arena_destroy(net->arena);
    sc_release(net->env, net->layer);
    sc_release(net->env, net->parameter);
    sc_release(net->env, net->slot);
    sc_release(net->env, net);
}

socle_status sc_net_set_preparation(sc_net *net, const char *text) {
    return sc_arena_string(net->arena, &net->preparation, text);
}

int sc_net_fail(sc_net *net, socle_status status) {
    if (net->status == SOCLE_OK) net->status = status;
    return -1;
}

const sc_tensor_desc *sc_net_desc(const sc_net *net, int node) {
    return node < net->inputs ? &net->input[node].desc : &net->layer[node - net->inputs].output;
}

static socle_status check_sample(sc_env *env, const socle_shape *shape, int64_t dim[SC_MAX_RANK]) {
    int64_t elements = dim[0] = 1;
    if (shape->rank < 0 || shape->rank >= SC_MAX_RANK)
        return sc_fail(env, SOCLE_STATUS_SHAPE, "a sample has 0 to %d dimensions, not %d",
                       SC_MAX_RANK - 1, shape->rank);
    for (int d = 0; d < shape->rank; d++) {
        dim[d + 1] = shape->size[d];
        if (shape->size[d] < 1 || !sc_mul_i64(&elements, elements, shape->size[d]) ||
            elements >= INT32_MAX)
            return sc_fail(env, SOCLE_STATUS_SHAPE,
                           "dimension %d has size %lld; sizes are at least 1 and a sample has "
                           "fewer than 2^31 elements",
                           d, (long long)shape->size[d]);
    }
    return SOCLE_OK;
}

static socle_status add_input(sc_net *net, const char *name, int dtype, const socle_shape *shape,
                              float scale) {
    int64_t dim[SC_MAX_RANK];
    if (net->inputs == SC_NET_INPUTS || net->layers)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "a network has at most %d inputs, declared before its layers",
                       SC_NET_INPUTS);
    if (dtype != SOCLE_F32 && dtype != SOCLE_U8 && dtype != SOCLE_I32)
        return sc_fail(net->env, SOCLE_STATUS_INVALID_ARGUMENT, "there is no element type %d",
                       dtype);
    if (!isfinite(scale))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "the scale must be finite, not %g",
                       (double)scale);
    SC_TRY(check_sample(net->env, shape, dim));
    SC_TRY(sc_net_check_name(net, name));
    SC_TRY(sc_net_reserve_name(net));
    SC_TRY(sc_arena_string(net->arena, &net->input[net->inputs].name, name));
    net->input[net->inputs].desc = sc_tensor_make(dtype, 1, shape->rank + 1, dim);
    net->input[net->inputs].scale = scale;
    net->output = net->inputs++;
    sc_net_add_name(net, net->output);
    return SOCLE_OK;
}

int sc_net_input(sc_net *net, const char *name, int dtype, const socle_shape *shape, float scale) {
    if (net->status != SOCLE_OK) return -1;
    socle_status status = add_input(net, name, dtype, shape, scale);
    if (status == SOCLE_OK) return net->inputs - 1;
    return sc_net_fail(net, sc_fail_prefix(net->env, status, "input '%.*s'", SC_LAYER_NAME, name));
}

socle_status sc_layer_parameter(sc_net *net, sc_layer *layer, const char *leaf,
                                sc_parameter_role role, int rank, const int64_t *dim,
                                sc_initializer init, int64_t fan_in, int64_t fan_out) {
    int64_t elements = 1;
    for (int d = 0; d < rank; d++)
        if (dim[d] < 1 || !sc_mul_i64(&elements, elements, dim[d]) || elements >= INT32_MAX) {
            const sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, rank, dim);
            char text[96];
            sc_tensor_text(text, sizeof text, &desc);
            return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                           "the %s would be %s, of 2^31 elements or more: make the layer smaller",
                           leaf, text);
        }
    SC_TRY(sc_grow(net->env, &net->parameter, &net->parameter_capacity, net->parameters + 1,
                   sizeof *net->parameter));
    sc_parameter *parameter = &net->parameter[net->parameters];
    char name[256];
    snprintf(name, sizeof name, "%s.%s", layer->name, leaf);
    *parameter = (sc_parameter){.role = role,
                                .desc = sc_tensor_make(SOCLE_F32, 0, rank, dim),
                                .init = init,
                                .fan_in = fan_in,
                                .fan_out = fan_out};
    if (sc_initializer_check(net->env, &init, &parameter->desc) != SOCLE_OK)
        return sc_fail_prefix(net->env, SOCLE_STATUS_CONFIG, "%s", leaf);
    SC_TRY(sc_arena_string(net->arena, &parameter->name, name));
    parameter->index = role == SC_PARAMETER_STATISTIC ? net->statistics++ : net->trainable++;
    net->parameters++;
    layer->parameters++;
    return SOCLE_OK;
}

/* Failures of an operation begin with its word; the layer's name says as much. */
static void drop_operation_word(sc_env *env, const char *word) {
    size_t length = strlen(word);
    if (strncmp(env->text, word, length) == 0 && strncmp(env->text + length, ": ", 2) == 0)
        memmove(env->text, env->text + length + 2, strlen(env->text + length + 2) + 1);
}

/* Builds the layer on a graph of one row to learn its output shape. */
static socle_status infer_output(sc_net *net, sc_layer *layer) {
    sc_graph *graph;
    sc_value input[SC_LAYER_INPUTS];
    sc_build build = {.net = net, .mode = SC_BUILD_EVALUATE, .layer = layer};
    SC_TRY(sc_graph_create(&graph, net->env, 1));
    build.graph = graph;
    for (int i = 0; i < layer->inputs; i++) {
        sc_tensor_desc desc = *sc_net_desc(net, layer->input[i]);
        if (!layer->kind->integers) desc.dtype = SOCLE_F32; /* inputs are converted before */
        input[i] = sc_graph_external(graph, SC_LANE_INPUTS, i, &desc, NULL);
    }
    sc_value out = layer->kind->build(&build, layer, input);
    socle_status status = graph->status;
    if (status == SOCLE_OK)
        layer->output = *sc_graph_desc(graph, out);
    else
        drop_operation_word(net->env, layer->kind->record.word);
    sc_graph_destroy(graph);
    return status;
}

static socle_status check_inputs(sc_net *net, const sc_layer *layer) {
    const sc_record *kind = &layer->kind->record;
    const sc_option *from = sc_option_find(kind, sc_layer_family.common, "from");
    if (layer->kind->source && layer->inputs == 0) return SOCLE_OK;
    if (layer->kind->source)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s reads nothing: leave out 'from'",
                       kind->word);
    if (layer->inputs < from->least || layer->inputs > from->most) {
        if (from->most == 1)
            return sc_fail(net->env, SOCLE_STATUS_CONFIG, "has %d inputs; %s takes one",
                           layer->inputs, kind->word);
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "has %d input%s; %s takes %d to %d",
                       layer->inputs, layer->inputs == 1 ? "" : "s", kind->word, from->least,
                       from->most);
    }
    for (int i = 0; i < layer->inputs; i++)
        if (layer->input[i] < 0 || layer->input[i] >= net->inputs + (int)net->layers)
            return sc_fail(net->env, SOCLE_STATUS_CONFIG, "input %d is not a layer of this network",
                           i);
    return SOCLE_OK;
}

/* The parameters that the layer has just declared give way to those of another one, which must be
 * alike. */
static socle_status take_shared(sc_net *net, sc_layer *layer) {
    const sc_layer *owner = &net->layer[layer->options.share - 1];
    const sc_parameter *own = net->parameter + layer->first_parameter,
                       *theirs = net->parameter + owner->first_parameter;
    bool alike = layer->parameters == owner->parameters && layer->parameters > 0;
    for (int p = 0; alike && p < layer->parameters; p++)
        alike = own[p].role == theirs[p].role && sc_tensor_equal(&own[p].desc, &theirs[p].desc);
    if (!alike) {
        char a[96] = "none", b[96] = "none";
        if (layer->parameters) sc_tensor_text(a, sizeof a, &own->desc);
        if (owner->parameters) sc_tensor_text(b, sizeof b, &theirs->desc);
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "cannot share the parameters of %s: it has %d, first %s; %s has %d, first "
                       "%s (a dense layer without bias has one)",
                       owner->name, layer->parameters, a, owner->name, owner->parameters, b);
    }
    for (int p = 0; p < layer->parameters; p++)
        if (own[p].role == SC_PARAMETER_STATISTIC)
            net->statistics--;
        else
            net->trainable--;
    net->parameters = (size_t)layer->first_parameter;
    layer->first_parameter = owner->first_parameter;
    layer->borrows = true;
    return SOCLE_OK;
}

static socle_status settle_layer(sc_net *net, sc_layer *layer) {
    SC_TRY(check_inputs(net, layer));
    SC_TRY(sc_record_check(net->env, &layer->kind->record, &layer->options));
    if (layer->kind->declare) {
        sc_tensor_desc input[SC_LAYER_INPUTS];
        for (int i = 0; i < layer->inputs; i++) input[i] = *sc_net_desc(net, layer->input[i]);
        SC_TRY(layer->kind->declare(net, layer, input));
    }
    if (layer->options.share) SC_TRY(take_shared(net, layer));
    return infer_output(net, layer);
}

socle_status sc_net_append_layer(sc_net *net, const sc_layer *layer, bool named) {
    if (net->layers == SC_NET_LAYERS) /* what the canonical text of src/model can hold */
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "a network has at most %d layers",
                       SC_NET_LAYERS);
    SC_TRY(sc_net_reserve_name(net));
    SC_TRY(
        sc_grow(net->env, &net->layer, &net->layer_capacity, net->layers + 1, sizeof *net->layer));
    net->layer[net->layers++] = *layer;
    if (named) sc_net_add_name(net, net->inputs + (int)net->layers - 1);
    return SOCLE_OK;
}

static socle_status add_layer(sc_net *net, sc_layer *layer, const char *name) {
    SC_TRY(sc_net_name_layer(net, sc_layer_word(layer->kind, &layer->options), name, &layer->name));
    socle_status status = settle_layer(net, layer);
    if (status != SOCLE_OK) return sc_fail_prefix(net->env, status, "%s", layer->name);
    SC_TRY(sc_net_append_layer(net, layer, true));
    if (!net->losses) /* a loss stays with the node it was given */
        net->output = net->inputs + (int)net->layers - 1;
    return SOCLE_OK;
}

int sc_net_layer(sc_net *net, const sc_layer_kind *kind, const char *name, int inputs,
                 const int *input, const sc_layer_options *options) {
    if (net->status != SOCLE_OK) return -1;
    sc_layer layer = {.kind = kind,
                      .inputs = inputs,
                      .options = *options,
                      .first_parameter = (int)net->parameters};
    for (int i = 0; inputs <= SC_LAYER_INPUTS && i < inputs; i++) layer.input[i] = input[i];
    socle_status status = add_layer(net, &layer, name);
    return status == SOCLE_OK ? net->inputs + (int)net->layers - 1 : sc_net_fail(net, status);
}

int64_t sc_net_parameter_count(const sc_net *net) {
    int64_t count = 0;
    for (size_t p = 0; p < net->parameters; p++)
        if (net->parameter[p].role != SC_PARAMETER_STATISTIC)
            count += sc_tensor_elements(&net->parameter[p].desc);
    return count;
}

bool sc_net_has_batch_statistics(const sc_net *net) {
    return net->statistics > 0;
}

socle_status sc_net_statistics_group(const sc_net *net, int64_t *group) {
    *group = -1;
    for (size_t l = 0; l < net->layers; l++) {
        const sc_layer *layer = &net->layer[l];
        bool statistics = false;
        for (int p = 0; p < layer->parameters; p++)
            statistics |= net->parameter[layer->first_parameter + p].role == SC_PARAMETER_STATISTIC;
        if (!statistics) continue;
        if (*group >= 0 && *group != layer->options.group)
            return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                           "%s: a statistics group of %d beside one of %lld in an earlier layer; "
                           "all layers of a "
                           "network share one size (0: the whole batch)",
                           layer->name, layer->options.group, (long long)*group);
        *group = layer->options.group;
    }
    if (*group < 0) *group = 0;
    return SOCLE_OK;
}

socle_status sc_net_check_group(const sc_net *net, int64_t rows) {
    for (size_t l = 0; l < net->layers && rows == 1; l++) {
        const sc_layer *layer = &net->layer[l];
        bool statistics = layer->parameters &&
                          net->parameter[layer->first_parameter + layer->parameters - 1].role ==
                              SC_PARAMETER_STATISTIC;
        if (statistics && sc_tensor_elements_at(&layer->output, 1) == layer->output.dim[1])
            return sc_fail(
                net->env, SOCLE_STATUS_CONFIG,
                "%s: statistics over one sample, which has one value per channel, are none: "
                "give batches or groups of at least 2 samples",
                layer->name);
    }
    return SOCLE_OK;
}
