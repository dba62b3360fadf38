/* SPDX-License-Identifier: Apache-2.0 */
/* Networks, losses and optimizers from a configuration, and round trips through the canonical text.
 */
#include "layer_samples.h"
#include "net_text.h"

static const socle_shape image = {3, {3, 16, 16}};

static sc_net *read_net(sc_env *env, const char *yaml) {
    sc_net *net;
    sc_env_init(env, NULL, NULL);
    SC_OK(env, net_from_yaml(&net, env, &image, yaml));
    return net;
}

static const sc_layer *layer(const sc_net *net, const char *name) {
    int node = sc_net_find(net, name);
    if (node < net->inputs) SC_TEST_FAIL("there is no layer %s", name);
    return &net->layer[node - net->inputs];
}

/* Writes, reads, writes again: both texts must be equal, and the shapes too. */
static void check_round_trip(sc_env *env, sc_net *net) {
    char *first, *second;
    sc_net *again;
    SC_OK(env, sc_net_text(&first, net));
    SC_OK(env, net_from_text(&again, env, first));
    SC_OK(env, sc_net_text(&second, again));
    SC_EQ_STR(second, first);
    SC_EQ(again->layers, net->layers);
    SC_EQ(again->output, net->output);
    SC_EQ(again->parameters, net->parameters);
    SC_EQ(again->losses, net->losses);
    for (int i = 0; i < net->losses; i++)
        SC_EQ_STR(again->loss[i].kind->record.word, net->loss[i].kind->record.word);
    for (size_t l = 0; l < net->layers; l++) {
        SC_TRUE(again->layer[l].kind == net->layer[l].kind);
        SC_TRUE(sc_tensor_equal(&again->layer[l].output, &net->layer[l].output));
        SC_EQ_MEMORY(again->layer[l].input, net->layer[l].input, sizeof net->layer[l].input);
    }
    for (size_t p = 0; p < net->parameters; p++) {
        SC_EQ_STR(again->parameter[p].name, net->parameter[p].name);
        SC_EQ_STR(again->parameter[p].init.kind, net->parameter[p].init.kind);
        SC_EQ_FLOAT_BITS(again->parameter[p].init.scale, net->parameter[p].init.scale);
        SC_EQ(again->parameter[p].init.values.count, net->parameter[p].init.values.count);
        SC_EQ_MEMORY(again->parameter[p].init.values.value, net->parameter[p].init.values.value,
                     sizeof net->parameter[p].init.values.value);
        SC_TRUE(sc_tensor_equal(&again->parameter[p].desc, &net->parameter[p].desc));
    }
    sc_net_destroy(again);
    sc_release(env, first);
    sc_release(env, second);
}

Test(net_config, forms_of_a_layer) {
    sc_env env;
    sc_net *net = read_net(
        &env, "network:\n"
              "  - conv2d: {filters: 8, kernel: [3, 5], padding: [1, 2], name: stem, bias: false}\n"
              "  - relu\n"
              "  - relu:\n"
              "  - tanh: {name: t, from: stem}\n"
              "  - activation: gelu\n"
              "  - maxpool: 2\n"
              "  - avgpool2d: {kernel: [2, 1], stride: [1, 2], count_padding: true, padding: [1, "
              "0, 0, 0]}\n"
              "  - add: {from: [stem, t], name: sum}\n"
              "  - concat: [stem, t, sum]\n"
              "  - flatten: {from: maxpool2d1}\n"
              "  - dropout: 0.25\n"
              "  - dense: {units: 7, weight_init: {normal: 0.1}, bias_init: ones}\n"
              "loss: mean_squared_error\n");
    const sc_layer *stem = layer(net, "stem");
    SC_EQ(stem->options.kernel[0], 3);
    SC_EQ(stem->options.kernel[1], 5);
    SC_EQ(stem->options.padding.size[0], 1);
    SC_EQ(stem->options.padding.size[1], 1);
    SC_EQ(stem->options.padding.size[2], 2);
    SC_EQ(stem->options.padding.size[3], 2);
    SC_EQ(stem->parameters, 1);
    SC_EQ(layer(net, "relu2")->input[0], sc_net_find(net, "relu1"));
    SC_EQ(layer(net, "t")->input[0], sc_net_find(net, "stem"));
    SC_EQ_STR(layer(net, "gelu1")->options.function, "gelu");
    SC_EQ(layer(net, "maxpool2d1")->options.stride[1], 2);
    SC_EQ(layer(net, "avgpool2d1")->options.stride[0], 1);
    SC_TRUE(layer(net, "avgpool2d1")->options.count_padding);
    SC_EQ(layer(net, "concat1")->inputs, 3);
    SC_EQ(layer(net, "concat1")->output.dim[1], 24);
    SC_EQ(layer(net, "flatten1")->output.dim[1], 8 * 8 * 8);
    SC_NEAR(layer(net, "dropout1")->options.rate, 0.25, 0);
    SC_EQ_STR(net->parameter[1].name, "dense1.weight");
    SC_EQ_STR(net->parameter[1].init.kind, "normal");
    SC_NEAR(net->parameter[1].init.scale, 0.1f, 0);
    SC_EQ_STR(net->loss[0].kind->record.word, "mean_squared_error");
    check_round_trip(&env, net);
    sc_net_destroy(net);
}

static void check_kind(const sc_record *kind, const char *yaml) {
    sc_env env;
    SC_REPRO("%s", yaml);
    sc_net *net = read_net(&env, yaml);
    bool used = false;
    for (size_t l = 0; l < net->layers; l++) used |= &net->layer[l].kind->record == kind;
    SC_TRUE(used);
    check_round_trip(&env, net);
    sc_net_destroy(net);
}

/* A function with options: each of them is its example. */
static bool check_function(const sc_record *kind) {
    sc_layer_options unused;
    const sc_layer_kind *activation = sc_layer_kind_find("activation", &unused);
    char yaml[256];
    if (!sc_option_word(sc_option_naming(&activation->record), kind->word)) return false;
    int used = snprintf(yaml, sizeof yaml, "network: [{%s: {", kind->word);
    for (int i = 0; i < kind->count; i++)
        used += snprintf(yaml + used, sizeof yaml - (size_t)used, "%s: %s, ", kind->options[i].key,
                         kind->options[i].example);
    snprintf(yaml + used, sizeof yaml - (size_t)used, "name: a}}]");
    check_kind(kind, yaml);
    return true;
}

Test(net_config, every_kind_makes_the_round_trip) {
    for (const sc_record *const *kind = sc_layer_family.record; *kind; kind++) {
        bool found = false;
        for (size_t s = 0; s < sizeof layer_samples / sizeof layer_samples[0]; s++) {
            if (strcmp(layer_samples[s].word, (*kind)->word) != 0) continue;
            check_kind(*kind, layer_samples[s].yaml);
            found = true;
        }
        if (!found && !check_function(*kind))
            SC_TEST_FAIL("the kind %s has no sample here", (*kind)->word);
    }
}

Test(net_config, programs_make_the_round_trip) {
    static const char *const texts[] = {
        "network: [flatten, {dense: 4}, {dense: 2}]\n"
        "losses: [{loss: {softmax_cross_entropy: {ignore: 1}}, weight: 0.25}, {loss: mse, of: "
        "dense1, target: 0.5}]\n",
        "networks:\n"
        "  d: [flatten, {dense: {units: 3, name: last}}, {add: [last, last]}]\n"
        "  g: [{noise: 2}, {dense: 768}, {reshape: [3, 16, 16]}]\n"
        "phases:\n"
        "  - {trains: d, losses: [{loss: bce, of: d(input), target: 1}, {loss: bce, of: d(g), "
        "target: 0, weight: 2}]}\n"
        "  - {trains: [g], name: maker, losses: [{loss: {expr: target * prediction}, of: d(g), "
        "target: -1}]}\n",
        "networks:\n"
        "  b: [{dense: {units: 768, from: a}}, {reshape: [3, 16, 16]}]\n"
        "  a: [flatten, {dense: 3}]\n"
        "losses: [{loss: mse, of: a(b), target: 0}]\n",
        "networks:\n"
        "  b: [{expr: {formula: x1 - x2, from: [input, a.dense1]}}]\n"
        "  a: [flatten, {dense: 3}, {expr: x + 1}]\n"
        "losses: [{loss: mse, of: b(a), target: 0}]\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        sc_env env;
        sc_net *net = read_net(&env, texts[i]);
        check_round_trip(&env, net);
        sc_net_destroy(net);
    }
}

Test(net_config, a_loss_that_is_a_formula_makes_the_round_trip) {
    sc_env env;
    sc_net *net = read_net(&env, "network: [flatten]\nloss: {expr: \"abs(prediction - target)\"}");
    SC_EQ_STR(net->loss[0].kind->record.word, "expr");
    SC_EQ_STR(net->loss[0].kind->formula, "abs(prediction - target)");
    check_round_trip(&env, net);
    sc_net_destroy(net);
}

Test(net_config, every_activation_makes_the_round_trip) {
    sc_layer_options unused;
    const sc_record *activation = &sc_layer_kind_find("activation", &unused)->record;
    for (const sc_word *row = sc_option_naming(activation)->words; row->word; row++) {
        const char *const *word = &row->word;
        char yaml[64];
        sc_env env;
        snprintf(yaml, sizeof yaml, "network: [%s]", *word);
        SC_REPRO("%s", yaml);
        sc_net *net = read_net(&env, yaml);
        SC_EQ_STR(net->layer[0].options.function, *word);
        check_round_trip(&env, net);
        sc_net_destroy(net);
    }
}

/* The words of other systems give the same network, and the model file knows ours alone. */
Test(net_config, other_words_for_the_same) {
    static const char theirs[] =
        "network: [{conv: {out_channels: 4, kernel_size: 3, strides: 2}}, swish, {max_pool2d: "
        "{pool_size: 2}}, {batch_norm: {eps: 0.001}}, flatten, {activation: swish},"
        " {linear: {out_features: 10, kernel_initializer: xavier_uniform}}]\nloss: cross_entropy";
    static const char ours[] =
        "network: [{conv2d: {filters: 4, kernel: 3, stride: 2}}, silu, {maxpool2d: {kernel: 2}},"
        " {batchnorm: {epsilon: 0.001}}, flatten, {activation: silu},"
        " {dense: {units: 10, weight_init: glorot_uniform}}]\nloss: softmax_cross_entropy";
    sc_env env[2];
    sc_net *a = read_net(&env[0], theirs), *b = read_net(&env[1], ours);
    char *text_a, *text_b;
    SC_OK(&env[0], sc_net_text(&text_a, a));
    SC_OK(&env[1], sc_net_text(&text_b, b));
    SC_EQ_STR(text_a, text_b);
    sc_release(&env[0], text_a);
    sc_release(&env[1], text_b);
    sc_net_destroy(a);
    sc_net_destroy(b);
}

Test(net_config, every_initialiser_makes_the_round_trip) {
    for (const sc_record *const *kind = sc_initializer_family.record; *kind; kind++) {
        const sc_option *main = (*kind)->count ? &(*kind)->options[0] : NULL;
        /* A list has as many numbers as there are biases. */
        const bool biases = main && main->type == SC_OPTION_NUMBERS;
        char yaml[128], init[64];
        sc_env env;
        snprintf(init, sizeof init, main ? "{%s: %s}" : "%s%s", (*kind)->word,
                 main ? main->example : "");
        snprintf(yaml, sizeof yaml, "network: [flatten, {dense: {units: 2, %s_init: %s}}]",
                 biases ? "bias" : "weight", init);
        SC_REPRO("%s", yaml);
        sc_net *net = read_net(&env, yaml);
        SC_EQ_STR(net->parameter[biases].init.kind, (*kind)->word);
        SC_EQ(net->parameter[biases].init.values.count, biases ? 2 : 0);
        check_round_trip(&env, net);
        sc_net_destroy(net);
    }
}

Test(net_config, canonical_text) {
    sc_env env;
    char *text;
    sc_net *net = read_net(
        &env,
        "network: [{conv2d: {filters: 4, kernel: 3, padding: same}}, relu, flatten, {dense: 10}]\n"
        "loss: softmax_cross_entropy\n");
    SC_OK(&env, sc_net_text(&text, net));
    SC_EQ_STR(
        text,
        "{\"inputs\": [{\"name\": \"input\", \"shape\": [3, 16, 16], \"dtype\": \"u8\", \"scale\": "
        "0.003921569}], "
        "\"layers\": [{\"conv2d\": {\"name\": \"conv2d1\", \"filters\": 4, \"kernel\": [3, 3], "
        "\"stride\": [1, 1], "
        "\"dilation\": [1, 1], \"padding\": \"same\", \"groups\": 1, \"bias\": true, "
        "\"weight_init\": \"he_normal\", "
        "\"bias_init\": \"zeros\", \"from\": [\"input\"]}}, "
        "{\"activation\": {\"name\": \"relu1\", \"function\": \"relu\", \"from\": [\"conv2d1\"]}}, "
        "{\"flatten\": {\"name\": \"flatten1\", \"from\": [\"relu1\"]}}, "
        "{\"dense\": {\"name\": \"dense1\", \"units\": 10, \"bias\": true, \"weight_init\": "
        "\"he_normal\", "
        "\"bias_init\": \"zeros\", \"from\": [\"flatten1\"]}}], "
        "\"output\": \"dense1\", \"loss\": \"softmax_cross_entropy\"}");
    sc_release(&env, text);
    sc_net_destroy(net);
}

Test(net_config, several_inputs) {
    static const char yaml[] = "inputs:\n"
                               "  - {name: left, shape: [4], dtype: i32}\n"
                               "  - {name: right, shape: [4], scale: 0.1}\n"
                               "  - {name: weight, shape: []}\n"
                               "network:\n"
                               "  - relu: {from: left}\n"
                               "  - add: [relu1, right]\n"
                               "  - dense: 1\n"
                               "  - flatten: {from: weight}\n";
    sc_env env;
    sc_config *config;
    sc_net *net;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_config_parse(&config, &env, "net.yaml", yaml, sizeof yaml - 1));
    SC_OK(&env, sc_net_create(&net, &env));
    SC_OK(&env, sc_net_read_inputs(net, config, sc_config_root(config)));
    SC_EQ(net->inputs, 3);
    SC_EQ(net->input[0].desc.dtype, SOCLE_I32);
    SC_NEAR(net->input[0].scale, 1, 0);
    SC_NEAR(net->input[1].scale, 0.1f, 0);
    SC_EQ(net->input[2].desc.rank, 1);
    SC_OK(&env, sc_net_read(net, config, sc_config_find(config, "network")));
    SC_OK(&env, sc_net_loss(net, "mean_squared_error", sc_net_find(net, "dense1")));
    SC_EQ(net->output, sc_net_find(net, "dense1"));
    check_round_trip(&env, net);
    sc_net_destroy(net);
    sc_config_destroy(config);
}

/* The layer with the longest text, as often as a network allows: what can be saved can be loaded.
 */
Test(net_config, largest_network) {
    sc_env env;
    sc_layer_options options;
    sc_net *net = read_net(&env, "network: [relu]");
    const sc_layer_kind *conv = sc_layer_kind_find("conv2d", &options);
    options.filters = 3;
    options.kernel[0] = options.kernel[1] = 1;
    options.padding.way = SC_PADDING_EXPLICIT;
    options.weight_init = options.bias_init = (sc_initializer){.kind = "normal", .scale = 0.1f};
    for (int node = 1; node < SC_NET_LAYERS; node++)
        SC_EQ(sc_net_layer(net, conv, NULL, 1, &node, &options), node + 1);
    check_round_trip(&env, net);
    SC_EQ(sc_net_layer(net, conv, NULL, 1, &(int){1}, &options), -1);
    SC_EQ_STR(env.text, "a network has at most 10000 layers");
    sc_net_destroy(net);
}

static sc_optimizer read_optimizer(const char *yaml) {
    sc_env env;
    sc_config *config;
    sc_env_init(&env, NULL, NULL);
    sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find("sgd"));
    SC_OK(&env, sc_config_parse(&config, &env, "net.yaml", yaml, strlen(yaml)));
    SC_OK(&env, sc_optimizer_read(&optimizer, config, sc_config_root(config)));
    sc_config_destroy(config);
    return optimizer;
}

Test(net_config, optimizers) {
    sc_optimizer optimizer = read_optimizer("train: {}");
    SC_EQ_STR(optimizer.kind->record.word, "sgd");
    optimizer = read_optimizer("optimizer: adam");
    SC_EQ_STR(optimizer.kind->record.word, "adam");
    SC_NEAR(optimizer.value[0], 0.001f, 0);
    optimizer = read_optimizer("optimizer: {adam: {lr: 0.1, beta2: 0.5}}");
    SC_NEAR(optimizer.value[0], 0.1f, 0);
    SC_NEAR(optimizer.value[1], 0.9f, 0);
    SC_NEAR(optimizer.value[2], 0.5f, 0);
    optimizer = read_optimizer("optimizer: {sgd: 0.3}");
    SC_EQ_STR(optimizer.kind->record.word, "sgd");
    SC_NEAR(optimizer.value[0], 0.3f, 0);
    optimizer = read_optimizer("optimizer: {sgd: }");
    SC_NEAR(optimizer.value[0], 0.01f, 0);
    optimizer = read_optimizer("optimizer: {sgd: {momentum: 0.9999}}"); /* the bound itself,
                                                                           whatever its float */
    SC_NEAR(optimizer.value[1], 0.9999f, 0);
}

static socle_status round_trip_body(sc_env *env, void *argument) {
    sc_net *net, *again;
    char *text;
    SC_TRY(net_from_yaml(&net, env, &image, argument));
    socle_status status = sc_net_text(&text, net);
    sc_net_destroy(net);
    SC_TRY(status);
    status = net_from_text(&again, env, text);
    sc_release(env, text);
    SC_TRY(status);
    sc_net_destroy(again);
    return SOCLE_OK;
}

Test(net_config, memory_refused) {
    sc_test_each_allocation(
        round_trip_body,
        "network: [{conv2d: {filters: 4, kernel: 3}}, batchnorm, relu, {maxpool: 2}, "
        "global_avgpool,"
        " {dense: 10}, {add: [dense1, dense1]}, {dropout: 0.5}]\nloss: softmax_cross_entropy\n");
}
