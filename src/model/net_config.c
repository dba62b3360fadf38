/* SPDX-License-Identifier: Apache-2.0 */
/* Reads networks, losses, metrics and optimizers from a configuration tree. */
#include "model/net_config_private.h"
#include "nn/metric.h"

#include <stdio.h>
#include <string.h>

/* In a network: what it is applied to, its own layers; then inputs, and other networks. */
static int find_in_network(const sc_net *net, const char *name) {
    const sc_network *network = &net->network[net->networks - 1];
    char whole[2 * SC_NAME_MOST + 2];
    if (strcmp(name, SC_INPUT_NAME) == 0 && network->argument >= 0) return network->argument;
    snprintf(whole, sizeof whole, "%s.%.*s", network->name, SC_NAME_MOST, name);
    int node = sc_net_find(net, whole), other = sc_net_find_network(net, name);
    if (node < 0 && other >= 0 && other < net->networks - 1) node = sc_net_first_result(net, other);
    return node >= 0 ? node : sc_net_find(net, name);
}

/* A name in `from`: at a member of the options, or with key NULL at an element of a list. */
static socle_status find_node(int *out, const sc_net *net, const sc_config *config,
                              const json_t *container, const char *key, size_t index,
                              const char *name) {
    *out = net->open ? find_in_network(net, name) : sc_net_find(net, name);
    if (*out >= 0) return SOCLE_OK;
    size_t nodes = (size_t)net->inputs + net->layers;
    const char **names;
    SC_TRY(sc_allocate(net->env, &names, nodes, sizeof *names));
    for (size_t n = 0; n < nodes; n++)
        names[n] =
            n < (size_t)net->inputs ? net->input[n].name : net->layer[n - (size_t)net->inputs].name;
    socle_status status =
        sc_fail_unknown(config, container, key, index, "layer or input", NULL, name, names, nodes);
    sc_release(net->env, names);
    return status;
}

/* `from`, or a value in its place; NULL: it is not given. */
static const json_t *from_of(const sc_kind *kind, const json_t **holder, const char **key) {
    *holder = kind->options ? kind->options : kind->mapping;
    *key = kind->options ? "from" : kind->word;
    const sc_option *main = sc_option_main(kind->record, sc_layer_family.common);
    bool stands_for_it = main && strcmp(main->key, "from") == 0;
    return kind->options || stands_for_it ? json_object_get(*holder, *key) : NULL;
}

socle_status sc_layer_from(const json_t **out, const sc_config *config, const json_t *list,
                           size_t index) {
    sc_kind kind;
    const json_t *holder;
    const char *key;
    SC_TRY(sc_kind_find(&kind, config, list, NULL, index, &sc_layer_family));
    *out = from_of(&kind, &holder, &key);
    return SOCLE_OK;
}

/* What a layer reads that does not say it: the one before it, or what is given to the whole. */
static int standard_source(const sc_net *net) {
    const sc_network *network = net->open ? &net->network[net->networks - 1] : NULL;
    bool first = net->layers == (network ? network->first : 0);
    if (!first) return net->inputs + (int)net->layers - 1;
    return network ? network->argument : net->inputs == 1 ? 0 : -1;
}

/* What the layer reads, which the table has checked: `from`, or a value in its place. */
static socle_status read_from(int out[SC_LAYER_INPUTS], int *count, const sc_net *net,
                              const sc_config *config, const sc_kind *kind) {
    const json_t *holder, *item;
    const char *key;
    const json_t *from = from_of(kind, &holder, &key);
    size_t i;
    *count = from || !sc_layer_kind_of(kind->record)->source;
    if (json_is_string(from))
        return find_node(&out[0], net, config, holder, key, 0, json_string_value(from));
    json_array_foreach(from, i, item)
        SC_TRY(find_node(&out[i], net, config, from, NULL, i, json_string_value(item)));
    if (from) *count = (int)json_array_size(from);
    if (from || !*count) return SOCLE_OK;
    out[0] = standard_source(net);
    if (out[0] >= 0) return SOCLE_OK;
    return sc_kind_fail(config, kind, "the network has several inputs: say which one with from");
}

/* What was given in place of `from`. */
static socle_status take_from(int out[SC_LAYER_INPUTS], const sc_config *config,
                              const sc_kind *kind, int count, const int *nodes) {
    const json_t *holder;
    const char *key;
    if (from_of(kind, &holder, &key))
        return sc_kind_fail(config, kind,
                            "what the layer reads is given beside the text: leave "
                            "out from");
    for (int i = 0; i < count && i < SC_LAYER_INPUTS; i++) out[i] = nodes[i];
    return SOCLE_OK;
}

/* The layer that `share` names. */
static socle_status read_share(sc_layer_options *options, const sc_net *net,
                               const sc_config *config, const sc_kind *kind) {
    const json_t *name = json_object_get(kind->options, "share");
    int node;
    options->share = 0;
    if (!name) return SOCLE_OK;
    SC_TRY(find_node(&node, net, config, kind->options, "share", 0, json_string_value(name)));
    if (node < net->inputs)
        return sc_config_fail(config, kind->options, "share",
                              "'%s' is an input, which has no parameters", json_string_value(name));
    options->share = node - net->inputs + 1;
    return SOCLE_OK;
}

/* `nodes`: what it reads; NULL: what the text says. */
static socle_status read_layer(sc_net *net, const sc_config *config, const json_t *list,
                               size_t index, int count, const int *nodes) {
    sc_kind kind;
    sc_layer_options options;
    int from[SC_LAYER_INPUTS];
    SC_TRY(sc_kind_find(&kind, config, list, NULL, index, &sc_layer_family));
    SC_TRY(sc_kind_read(&options, config, &kind));
    SC_TRY(read_share(&options, net, config, &kind));
    SC_TRY(nodes ? take_from(from, config, &kind, count, nodes)
                 : read_from(from, &count, net, config, &kind));
    const char *name = json_string_value(json_object_get(kind.options, "name"));
    if (sc_net_layer(net, sc_layer_kind_of(kind.record), name, count, from, &options) >= 0)
        return SOCLE_OK;
    bool theirs = net->status == SOCLE_STATUS_CONFIG || net->status == SOCLE_STATUS_SHAPE;
    return theirs ? sc_kind_fail(config, &kind, "%s", net->env->text) : net->status;
}

socle_status sc_net_read(sc_net *net, const sc_config *config, const json_t *list) {
    size_t count = json_array_size(list);
    if (net->inputs < 1)
        return sc_fail(net->env, SOCLE_STATUS_STATE,
                       "the inputs of a network come before its layers");
    if (!json_is_array(list))
        return sc_config_fail(config, sc_config_root(config), "network",
                              "must be a list of layers");
    if (count == 0) return sc_config_fail(config, list, NULL, "a network has at least one layer");
    for (size_t i = 0; i < count; i++) SC_TRY(read_layer(net, config, list, i, 0, NULL));
    return SOCLE_OK;
}

socle_status sc_layer_read(sc_net *net, const sc_config *config, const json_t *list, int count,
                           const int *nodes) {
    if (json_array_size(list) != 1)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "the text is one layer, not %zu",
                       json_array_size(list));
    return read_layer(net, config, list, 0, count, nodes);
}

static const sc_word dtypes[] = {{.word = "f32", .help = "float"},
                                 {.word = "u8", .help = "byte"},
                                 {.word = "i32", .help = "int"},
                                 {0}};

typedef struct input {
    const char *name, *dtype;
    double scale;
} input;

static const sc_option input_options[] = {
    {"name", SC_OPTION_NAME, offsetof(input, name), "how data and layers name it",
     .example = "left"},
    {"shape", SC_OPTION_SHAPE, SC_OPTION_ELSEWHERE,
     "one sample: channels, height, width; or features; []: one number", 1, INT32_MAX,
     .required = true, .most = SC_MAX_RANK - 1, .example = "[1, 28, 28]"},
    {"dtype", SC_OPTION_WORD, offsetof(input, dtype), "the type of the data", .words = dtypes,
     .example = "u8"},
    {"scale", SC_OPTION_DOUBLE, offsetof(input, scale), "what values are multiplied by", -1e30,
     1e30, .example = "0.004"},
};

const sc_record sc_net_input_record = {
    .word = "inputs[]",
    .help = "An input of the network. With `inputs`, `socle summary` needs no data files.",
    .options = input_options,
    .count = sizeof input_options / sizeof input_options[0],
    .standard = &(const input){SC_INPUT_NAME, "f32", 1.0},
    .size = sizeof(input),
};

static socle_shape shape_of(const json_t *value) {
    socle_shape shape = {.rank = json_is_array(value) ? (int)json_array_size(value) : 1};
    for (int d = 0; d < shape.rank; d++)
        shape.size[d] = (int64_t)json_number_value(
            json_is_array(value) ? json_array_get(value, (size_t)d) : value);
    return shape;
}

static int dtype_of(const char *word) {
    int dtype = SOCLE_F32;
    while (strcmp(sc_dtype_word(dtype), word) != 0) dtype++;
    return dtype;
}

static socle_status read_input(sc_net *net, const sc_config *config, const json_t *list,
                               size_t index) {
    const json_t *object = json_array_get(list, index);
    input input;
    sc_record_defaults(&input, &sc_net_input_record);
    if (!json_is_object(object))
        return sc_config_fail_item(config, list, index,
                                   "must be an input such as {name: left, shape: [1, 28, 28]}");
    SC_TRY(sc_record_read(&input, config, object, &sc_net_input_record));
    const socle_shape shape = shape_of(json_object_get(object, "shape"));
    if (sc_net_input(net, input.name, dtype_of(input.dtype), &shape, (float)input.scale) >= 0)
        return SOCLE_OK;
    bool theirs = net->status == SOCLE_STATUS_CONFIG || net->status == SOCLE_STATUS_SHAPE;
    return theirs ? sc_config_fail_item(config, list, index, "%s", net->env->text) : net->status;
}

socle_status sc_net_read_inputs(sc_net *net, const sc_config *config, const json_t *root) {
    const json_t *list = NULL;
    SC_TRY(sc_config_get_array(&list, config, root, "inputs"));
    for (size_t i = 0; i < json_array_size(list); i++) SC_TRY(read_input(net, config, list, i));
    return SOCLE_OK;
}

static socle_status read_metric(sc_net *net, const sc_config *config, const json_t *container,
                                const char *key, size_t index) {
    sc_kind kind;
    SC_TRY(sc_kind_find(&kind, config, container, key, index, &sc_metric_family));
    sc_metric_options options = {.class_number = -1};
    SC_TRY(sc_kind_read(kind.record->size ? &options : NULL, config, &kind));
    if (sc_net_measure(net, kind.record->word, &options) == SOCLE_OK) return SOCLE_OK;
    return key ? sc_config_fail(config, container, key, "%s", net->env->text)
               : sc_config_fail_item(config, container, index, "%s", net->env->text);
}

/* One, or a list. */
socle_status sc_metrics_read(sc_net *net, const sc_config *config, const json_t *root) {
    const json_t *metrics = json_object_get(root, "metrics");
    if (!metrics) return SOCLE_OK;
    if (!json_is_array(metrics)) return read_metric(net, config, root, "metrics", 0);
    for (size_t i = 0; i < json_array_size(metrics); i++)
        SC_TRY(read_metric(net, config, metrics, NULL, i));
    return SOCLE_OK;
}

/* What is not given has the value that it has in the system of `defaults`. */
static void take_defaults(sc_optimizer *optimizer, const sc_record *record, const json_t *options) {
    const char *system = json_string_value(json_object_get(options, "defaults")), *key;
    bool given[SC_OPTIMIZER_OPTIONS] = {false};
    const json_t *unused;
    if (!system) return;
    const sc_optimizer other = sc_optimizer_default_of(optimizer->kind, system);
    json_object_foreach((json_t *)options, key, unused) {
        const sc_option *option = sc_option_find(record, NULL, key);
        size_t place = option ? (option->offset - offsetof(sc_optimizer, value)) / sizeof(float)
                              : SC_OPTIMIZER_OPTIONS;
        if (place < SC_OPTIMIZER_OPTIONS) given[place] = true;
    }
    for (int i = 0; i < SC_OPTIMIZER_OPTIONS; i++)
        if (!given[i]) optimizer->value[i] = other.value[i];
}

socle_status sc_optimizer_read(sc_optimizer *out, const sc_config *config, const json_t *root) {
    sc_kind kind;
    sc_optimizer optimizer;
    if (!json_object_get(root, "optimizer")) return SOCLE_OK;
    SC_TRY(sc_kind_find(&kind, config, root, "optimizer", 0, &sc_optimizer_family));
    SC_TRY(sc_kind_read(&optimizer, config, &kind));
    take_defaults(&optimizer, kind.record, kind.options);
    socle_status status = sc_optimizer_check(sc_config_env(config), &optimizer);
    if (status != SOCLE_OK && kind.options)
        return sc_config_fail(config, kind.options, "update", "%s", sc_config_env(config)->text);
    if (status != SOCLE_OK) return sc_kind_fail(config, &kind, "%s", sc_config_env(config)->text);
    *out = optimizer;
    return SOCLE_OK;
}

static socle_status read_output(sc_net *net, const sc_config *config, const json_t *root) {
    const char *name = NULL;
    SC_TRY(sc_config_require(config, root, "output"));
    SC_TRY(sc_config_get_string(&name, config, root, "output"));
    if (!net->networks) return find_node(&net->output, net, config, root, "output", 0, name);
    net->output = sc_node_of_text(net, name);
    if (net->output >= 0) return SOCLE_OK;
    return sc_config_fail(config, root, "output", "there is no network '%.100s'", name);
}

static socle_status read_parts(sc_net *net, const sc_config *config, const json_t *root) {
    const json_t *layers = NULL;
    if (!json_object_get(root, "networks")) {
        SC_TRY(sc_config_require(config, root, "layers"));
        SC_TRY(sc_config_get_array(&layers, config, root, "layers"));
        SC_TRY(sc_net_read(net, config, layers));
        SC_TRY(read_output(net, config, root));
    }
    if (json_object_get(root, "loss")) return sc_loss_read(net, config, root, net->output);
    SC_TRY(sc_program_read(net, config, root));
    return net->networks ? read_output(net, config, root) : SOCLE_OK;
}

socle_status sc_net_read_text(sc_net *net, const sc_config *config) {
    static const char *const keys[] = {"inputs",   "layers", "output", "loss",
                                       "networks", "losses", "phases"};
    const json_t *root = sc_config_root(config);
    SC_TRY(sc_config_check_keys(config, root, keys, sizeof keys / sizeof keys[0]));
    SC_TRY(sc_config_require(config, root, "inputs"));
    SC_TRY(sc_net_read_inputs(net, config, root));
    if (net->inputs < 1)
        return sc_config_fail(config, root, "inputs", "a network has at least one input");
    return read_parts(net, config, root);
}
