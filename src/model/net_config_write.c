/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the canonical JSON of a network: every option, keys in the order of the tables, the
 * shortest numbers that read back equal. Nothing in it depends on how the network came about. */
#include "io/json_text.h"
#include "model/net_config_private.h"

#include <math.h>
#include <string.h>

/* Takes over `value`; false when there is no memory. */
static bool add(json_t *object, const char *key, json_t *value) {
    return value && json_object_set_new(object, key, value) == 0;
}

static const char *node_name(const sc_net *net, int node) {
    return node < net->inputs ? net->input[node].name : net->layer[node - net->inputs].name;
}

static bool append_input(json_t *list, const sc_net *net, int number) {
    const sc_tensor_desc *desc = &net->input[number].desc;
    json_t *input = json_object(), *shape = json_array();
    bool done = input && shape;
    for (int d = 1; done && d < desc->rank; d++)
        done = json_array_append_new(shape, json_integer(desc->dim[d])) == 0;
    if (done) done = add(input, "name", json_string(net->input[number].name));
    if (done) done = json_object_set(input, "shape", shape) == 0;
    if (done) done = add(input, "dtype", json_string(sc_dtype_word(desc->dtype)));
    if (done) done = add(input, "scale", json_real(sc_number_of_float(net->input[number].scale)));
    if (done) done = json_array_append(list, input) == 0;
    json_decref(shape);
    json_decref(input);
    return done;
}

/* As the layers of a network name it: what it is applied to, its own layers by their short names,
 * other networks. */
static const char *source_name(const sc_net *net, const sc_network *network, int node) {
    if (network && node == network->argument) return SC_INPUT_NAME;
    size_t layer = (size_t)(node - net->inputs);
    bool own = network && node >= net->inputs && layer >= network->first &&
               layer < network->first + network->layers;
    if (own) return net->layer[layer].name + strlen(network->name) + 1;
    for (int n = 0; network && n < net->networks; n++)
        if (sc_net_first_result(net, n) == node) return net->network[n].name;
    return node_name(net, node);
}

/* {word: {name: ..., the options ..., from: [...]}} */
static bool append_layer(json_t *list, const sc_net *net, const sc_network *network, int node) {
    const sc_layer *layer = &net->layer[node - net->inputs];
    json_t *entry = json_object(), *options = json_object(), *from = json_array();
    json_t *values = sc_record_value(&layer->options, &layer->kind->record);
    bool done = entry && options && from && values &&
                add(options, "name",
                    json_string(network ? source_name(net, network, node) : layer->name)) &&
                json_object_update(options, values) == 0;
    if (done && layer->options.share)
        done = add(options, "share",
                   json_string(source_name(net, network, net->inputs + layer->options.share - 1)));
    for (int i = 0; done && i < layer->inputs; i++)
        done = json_array_append_new(from,
                                     json_string(source_name(net, network, layer->input[i]))) == 0;
    if (done && layer->inputs) done = json_object_set(options, "from", from) == 0;
    if (done) done = json_object_set(entry, layer->kind->record.word, options) == 0;
    if (done) done = json_array_append(list, entry) == 0;
    json_decref(values);
    json_decref(from);
    json_decref(options);
    json_decref(entry);
    return done;
}

/* What is not as by default; NULL: no memory. */
static json_t *given_options(const void *data, const sc_record *record) {
    json_t *given = sc_record_value(data, record),
           *usual = sc_record_value(record->standard, record);
    const char *key;
    json_t *value;
    json_object_foreach(usual, key, value) {
        if (json_equal(json_object_get(given, key), value)) json_object_del(given, key);
    }
    bool whole = given && usual;
    json_decref(usual);
    if (whole) return given;
    json_decref(given);
    return NULL;
}

/* Its word, or with what was given {"huber": 0.5}, {"softmax_cross_entropy": {"ignore": 255}}. */
json_t *sc_loss_value(const sc_net *net, const sc_loss_term *term) {
    const sc_record *record = &term->kind->record;
    const sc_loss_options options = {.formula = term->kind->expr ? term->kind->formula : NULL,
                                     .lengths =
                                         term->lengths < 0 ? NULL : net->input[term->lengths].name,
                                     .ignored = term->ignored,
                                     .settings = term->settings};
    json_t *given = given_options(&options, record);
    const sc_option *main = sc_option_main(record, NULL);
    json_t *only = main ? json_object_get(given, main->key) : NULL;
    if (given && json_object_size(given) == 0) {
        json_decref(given);
        return json_string(record->word);
    }
    if (!only || json_object_size(given) > 1) return json_pack("{s: o}", record->word, given);
    json_t *out = json_pack("{s: O}", record->word, only);
    json_decref(given);
    return out;
}

json_t *sc_layer_list(const sc_net *net, const sc_network *network) {
    json_t *list = json_array();
    bool done = list != NULL;
    const size_t first = network ? network->first : 0,
                 end = network ? first + network->layers : net->layers;
    for (size_t l = first; done && l < end; l++)
        done = append_layer(list, net, network, net->inputs + (int)l);
    if (done) return list;
    json_decref(list);
    return NULL;
}

json_t *sc_net_layers(const sc_net *net) {
    return net->networks ? sc_net_network_map(net) : sc_layer_list(net, NULL);
}

/* One loss on the net's result, which counts once and compares with the data, is `loss`. */
static bool is_plain(const sc_net *net) {
    const sc_loss_term *loss = &net->loss[0];
    return net->losses == 1 && !net->phases && loss->output == net->output && loss->weight == 1 &&
           isnan(loss->target);
}

static bool add_losses(json_t *root, const sc_net *net) {
    if (!net->losses) return true;
    if (net->phases) return add(root, "phases", sc_net_phase_list(net));
    if (!is_plain(net) || net->networks) return add(root, "losses", sc_net_losses(net));
    return add(root, "loss", sc_loss_value(net, &net->loss[0]));
}

static bool describe(json_t *root, const sc_net *net) {
    json_t *inputs = json_array(), *layers = sc_net_layers(net);
    bool done = inputs && layers;
    sc_text output;
    sc_text_init(&output, net->env);
    sc_node_text(&output, net, net->output);
    for (int i = 0; done && i < net->inputs; i++) done = append_input(inputs, net, i);
    if (done)
        done = json_object_set(root, "inputs", inputs) == 0 &&
               json_object_set(root, net->networks ? "networks" : "layers", layers) == 0;
    done = done && output.status == SOCLE_OK && add(root, "output", json_string(output.data)) &&
           add_losses(root, net);
    sc_text_free(&output);
    json_decref(inputs);
    json_decref(layers);
    return done;
}

socle_status sc_net_text(char **out, const sc_net *net) {
    *out = NULL;
    if (net->status != SOCLE_OK || net->layers == 0)
        return sc_fail(net->env, SOCLE_STATUS_STATE,
                       "a network that has failed or has no layers cannot be written");
    json_t *root = json_object();
    sc_text text;
    sc_text_init(&text, net->env);
    socle_status status = SOCLE_OK;
    if (root && describe(root, net)) {
        sc_json_text(&text, root, 0);
        status = text.status;
    } else {
        status = sc_fail(net->env, SOCLE_STATUS_OUT_OF_MEMORY,
                         "no memory for the description of the network");
    }
    if (status == SOCLE_OK) status = sc_copy_string(net->env, out, text.data);
    sc_text_free(&text);
    json_decref(root);
    return status;
}
