/* SPDX-License-Identifier: Apache-2.0 */
/* The network description: names, shapes, errors kept and placed, hostile options, size. */
#include "net_eval.h"

#include "base/text.h"
#include "nn/lanes.h"

#include <time.h>

static const int64_t image[] = {3, 8, 8}, row[] = {12};

Test(net, names_and_shapes) {
    static const char *const words[] = {"conv2d", "batchnorm", "relu",    "maxpool", "conv2d",
                                        "relu",   "gelu",      "flatten", "dense",   "dense"};
    static const char *const names[] = {"conv2d1", "batchnorm1", "relu1", "maxpool2d1",
                                        "conv2d2", "relu2",      "gelu1", "flatten1",
                                        "dense1",  "dense2"};
    static const int64_t size[][4] = {{5, 6, 6}, {5, 6, 6}, {5, 6, 6}, {5, 3, 3}, {5, 1, 1},
                                      {5, 1, 1}, {5, 1, 1}, {5},       {7},       {7}};
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_U8, 3, image, 1.0f / 255.0f);
    for (size_t l = 0; l < 10; l++) {
        sc_layer_options options = options_of(words[l]);
        options.units = 7;
        options.filters = 5;
        options.kernel[0] = options.kernel[1] = strcmp(words[l], "maxpool") ? 3 : 2;
        int node = net_add(net, words[l], -1, &options);
        SC_EQ_STR(net->layer[l].name, names[l]);
        SC_EQ(sc_net_find(net, names[l]), node);
        const sc_tensor_desc *desc = sc_net_desc(net, node);
        SC_TRUE(desc->rows_per_sample == 1 && desc->dim[0] == 1 && desc->dtype == SOCLE_F32);
        for (int d = 1; d < desc->rank; d++) SC_EQ(desc->dim[d], size[l][d - 1]);
    }
    SC_EQ(net->parameters, 12);
    SC_EQ(net->trainable, 10);
    SC_EQ(net->statistics, 2);
    SC_EQ(sc_net_parameter_count(net), 5 * 27 + 5 + 10 + 5 * 45 + 5 + 35 + 7 + 49 + 7);
    SC_TRUE(sc_net_has_batch_statistics(net));
    SC_EQ_STR(net->parameter[4].name, "batchnorm1.running_mean");
    SC_EQ(net->parameter[4].index, 0);
    SC_EQ(net->parameter[6].index, 4);
    SC_EQ(sc_net_find(net, "dense3"), -1);
    SC_EQ(sc_net_find(net, "input"), 0);
    sc_net_destroy(net);
    sc_net_destroy(NULL);
}

Test(net, automatic_names_count_named_layers_and_pass_over_taken_names) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
    sc_layer_options options;
    const sc_layer_kind *relu = sc_layer_kind_find("relu", &options);
    const char *const given[] = {"first", NULL, "relu3", NULL, "relu5", NULL, NULL};
    const char *const names[] = {"first", "relu2", "relu3", "relu4", "relu5", "relu6", "relu7"};
    for (int l = 0; l < 7; l++) {
        SC_EQ(sc_net_layer(net, relu, given[l], 1, &l, &options), l + 1);
        SC_EQ_STR(net->layer[l].name, names[l]);
    }
    const sc_layer_kind *tanh = sc_layer_kind_find("tanh", &options);
    SC_EQ(sc_net_layer(net, tanh, "sigmoid1", 1, (int[]){0}, &options), 8);
    const sc_layer_kind *sigmoid = sc_layer_kind_find("sigmoid", &options);
    SC_EQ(sc_net_layer(net, sigmoid, NULL, 1, (int[]){0}, &options), 9);
    SC_EQ_STR(net->layer[8].name, "sigmoid2");
    sc_net_destroy(net);
}

Test(net, ten_thousand_layers) {
    enum { LAYERS = 10000 };
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
    clock_t start = clock();
    sc_layer_options options = options_of("dense");
    options.units = 12;
    for (int l = 0; l < LAYERS; l++)
        net_add(net, l % 2 ? "relu" : "dense", -1, l % 2 ? NULL : &options);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    SC_EQ(net->layers, LAYERS);
    SC_EQ_STR(net->layer[LAYERS - 1].name, "relu5000");
    SC_EQ(sc_net_find(net, "dense2500"), 4999);
    if (seconds > 5) SC_TEST_FAIL("%d layers took %.1f s", LAYERS, seconds);
    sc_net_destroy(net);
}

/* A layer that must be refused with `status` and exactly this text. */
static void check_refused(const char *word, const sc_layer_options *options, socle_status status,
                          const char *text) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 3, image, 1);
    sc_layer_options standard;
    const sc_layer_kind *kind = sc_layer_kind_find(word, &standard);
    SC_REPRO("%s, expecting: %s", word, text);
    SC_EQ(sc_net_layer(net, kind, NULL, 1, (int[]){0}, options), -1);
    SC_EQ(net->status, status);
    SC_EQ_STR(env.text, text);
    SC_EQ(net->layers, 0);
    sc_net_destroy(net);
}

Test(net, hostile_options) {
    sc_layer_options conv = options_of("conv2d"), options;
    conv.filters = 4;
    conv.kernel[0] = conv.kernel[1] = 3;
#define CONV(field, value, status, text)                                                           \
    do {                                                                                           \
        options = conv;                                                                            \
        options.field = (value);                                                                   \
        check_refused("conv2d", &options, SOCLE_STATUS_##status, "conv2d1: " text);                \
    } while (0)
    CONV(filters, 0, CONFIG, "filters: must be 1 to 16777216, not 0");
    CONV(filters, -4, CONFIG, "filters: must be 1 to 16777216, not -4");
    CONV(filters, 1000000000, CONFIG, "filters: must be 1 to 16777216, not 1000000000");
    CONV(kernel[1], 0, CONFIG, "kernel: must be 1 to 32767, not 0");
    CONV(stride[0], 0, CONFIG, "stride: must be 1 to 32767, not 0");
    CONV(stride[1], -1, CONFIG, "stride: must be 1 to 32767, not -1");
    CONV(dilation[0], 0, CONFIG, "dilation: must be 1 to 32767, not 0");
    CONV(groups, 0, CONFIG, "groups: must be 1 to 16777216, not 0");
    CONV(groups, 2, SHAPE, "groups 2 must divide the 3 input channels and the 4 filters");
    CONV(padding.size[2], -1, CONFIG, "padding: must be 0 to 32767, not -1");
    CONV(padding.way, (sc_padding_way)7, CONFIG, "padding: there is no way 7 of padding");
    CONV(weight_init.kind, "xavier", CONFIG, "weight_init: there is no initialiser 'xavier'");
    CONV(weight_init.kind, NULL, CONFIG, "weight_init: there is no initialiser ''");
    CONV(bias_init, ((sc_initializer){.kind = "normal", .scale = NAN}), CONFIG,
         "bias_init: normal: scale: must be 0 to 1e+06, not nan");
    CONV(kernel[0], 9, SHAPE,
         "the kernel covers 9 along the height, more than the padded input of 8; use a smaller "
         "kernel, padding, or fewer "
         "layers that shrink the image");
    options = conv;
    options.stride[0] = options.stride[1] = 0; /* open in a pooling layer, wrong here */
    check_refused("conv2d", &options, SOCLE_STATUS_CONFIG,
                  "conv2d1: stride: must be 1 to 32767, not 0");
}

Test(net, hostile_numbers_and_words) {
    sc_layer_options options = options_of("dropout");
    static const float rates[] = {1, 1.5f, -0.1f, INFINITY};
    static const char *const texts[] = {"1", "1.5", "-0.1", "inf"};
    char text[128];
    for (int i = 0; i < 4; i++) {
        options.rate = rates[i];
        snprintf(text, sizeof text, "dropout1: rate: must be 0 to 0.999, not %s", texts[i]);
        check_refused("dropout", &options, SOCLE_STATUS_CONFIG, text);
    }
    options.rate = NAN;
    check_refused("dropout", &options, SOCLE_STATUS_CONFIG,
                  "dropout1: rate: must be 0 to 0.999, not nan");
    options = options_of("batchnorm");
    options.epsilon = 0;
    check_refused("batchnorm", &options, SOCLE_STATUS_CONFIG,
                  "batchnorm1: epsilon: must be 1e-12 to 1, not 0");
    options = options_of("activation");
    check_refused("activation", &options, SOCLE_STATUS_CONFIG, "activation1: function: is missing");
    options.function = "add"; /* an expression word, but no activation */
    check_refused("activation", &options, SOCLE_STATUS_CONFIG,
                  "activation1: function: there is no 'add'");
    options = options_of("dense");
    options.units = 1000000000;
    check_refused(
        "dense", &options, SOCLE_STATUS_SHAPE,
        "dense1: the weight would be f32[1000000000,8], of 2^31 elements or more: make the layer "
        "smaller");
}

Test(net, bounds_themselves_are_allowed) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 3, image, 1);
    sc_layer_options options = options_of("dropout");
    options.rate = 0.999f;
    net_add(net, "dropout", -1, &options);
    options = options_of("batchnorm");
    options.epsilon = 1e-12f;
    options.momentum = 1;
    net_add(net, "batchnorm", -1, &options);
    sc_net_destroy(net);
}

Test(net, inputs_of_layers) {
    sc_env env;
    sc_layer_options options;
    const sc_layer_kind *add = sc_layer_kind_find("add", &options);
    static const struct {
        int count, input[2];
        const char *text;
    } rows[] = {
        {0, {0, 0}, "add1: has 0 inputs; add takes 2 to 64"},
        {1, {0, 0}, "add1: has 1 input; add takes 2 to 64"},
        {2, {0, 1}, "add1: input 1 is not a layer of this network"},
        {2, {-1, 0}, "add1: input 0 is not a layer of this network"},
        {2, {0, 2147483647}, "add1: input 1 is not a layer of this network"},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
        SC_EQ(sc_net_layer(net, add, NULL, rows[r].count, rows[r].input, &options), -1);
        SC_EQ_STR(env.text, rows[r].text);
        sc_net_destroy(net);
    }
    sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
    SC_EQ(sc_net_layer(net, add, NULL, 1000000, (int[SC_LAYER_INPUTS]){0}, &options), -1);
    SC_EQ_STR(env.text, "add1: has 1000000 inputs; add takes 2 to 64");
    sc_net_destroy(net);
}

Test(net, first_error_is_kept) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
    sc_layer_options options = options_of("dense");
    const sc_layer_kind *dense = sc_layer_kind_find("dense", &options), *relu;
    int node = sc_net_layer(net, dense, NULL, 1, (int[]){0}, &options); /* 0 units */
    SC_EQ(node, -1);
    SC_EQ_STR(env.text, "dense1: units: must be 1 to 1073741824, not 0");
    relu = sc_layer_kind_find("relu", &options);
    SC_EQ(sc_net_layer(net, relu, NULL, 1, &node, &options), -1);
    SC_EQ(sc_net_loss(net, "mean_squared_error", node), SOCLE_STATUS_CONFIG);
    SC_EQ(sc_net_input(net, "late", SOCLE_F32, &(socle_shape){0}, 1), -1);
    SC_EQ_STR(env.text, "dense1: units: must be 1 to 1073741824, not 0");
    SC_EQ(net->status, SOCLE_STATUS_CONFIG);
    sc_net_destroy(net);
}

Test(net, words_are_copied) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
    char function[] = "tanh", init[] = "he_normal", name[] = "mine";
    sc_layer_options options = options_of("activation");
    options.function = function;
    SC_EQ(sc_net_layer(net, sc_layer_kind_find("activation", &(sc_layer_options){0}), name, 1,
                       (int[]){0}, &options),
          1);
    options = options_of("dense");
    options.units = 2;
    options.weight_init.kind = init;
    net_add(net, "dense", -1, &options);
    memset(function, 'x', 4);
    memset(init, 'x', 4);
    memset(name, 'x', 4);
    SC_EQ_STR(net->layer[0].options.function, "tanh");
    SC_EQ_STR(net->layer[0].name, "mine");
    SC_EQ_STR(net->parameter[0].init.kind, "he_normal");
    sc_net_destroy(net);
}

Test(net, names_that_are_refused) {
    static const struct {
        const char *name, *part;
    } rows[] = {
        {"", "a name has 1 to 100 characters, not 0"},
        {"a b", "character 2 of a name is not allowed"},
        {"a\nb", "character 2"},
        {"\xc3\xa9", "character 1"},
        {"input", "the name 'input' is used twice"},
    };
    sc_layer_options options;
    const sc_layer_kind *relu = sc_layer_kind_find("relu", &options);
    char longest[102];
    for (size_t r = 0; r <= sizeof rows / sizeof rows[0]; r++) {
        sc_env env;
        sc_net *net = net_create(&env, SOCLE_F32, 1, row, 1);
        bool last = r == sizeof rows / sizeof rows[0];
        memset(longest, 'n', sizeof longest);
        longest[101] = '\0';
        SC_EQ(sc_net_layer(net, relu, last ? longest : rows[r].name, 1, (int[]){0}, &options), -1);
        SC_CONTAINS(env.text, last ? "a name has 1 to 100 characters, not 101" : rows[r].part);
        sc_net_destroy(net);
        if (!last) continue;
        net = net_create(&env, SOCLE_F32, 1, row, 1);
        longest[100] = '\0';
        SC_EQ(sc_net_layer(net, relu, longest, 1, (int[]){0}, &options), 1);
        sc_net_destroy(net);
    }
}

Test(net, inputs) {
    sc_env env;
    sc_net *net;
    static const struct {
        int dtype;
        socle_shape shape;
        float scale;
        const char *text;
    } rows[] = {
        {9, {1, {2}}, 1, "input 'x': there is no element type 9"},
        {SOCLE_F32, {6, {1, 1, 1, 1, 1, 1}}, 1, "input 'x': a sample has 0 to 5 dimensions, not 6"},
        {SOCLE_F32, {-1, {0}}, 1, "input 'x': a sample has 0 to 5 dimensions, not -1"},
        {SOCLE_F32, {2, {3, 0}}, 1, "input 'x': dimension 1 has size 0"},
        {SOCLE_F32,
         {3, {INT64_MAX, INT64_MAX, 4}},
         1,
         "input 'x': dimension 0 has size 9223372036854775807"},
        {SOCLE_U8, {1, {2}}, NAN, "input 'x': the scale must be finite, not nan"},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        sc_env_init(&env, NULL, NULL);
        SC_OK(&env, sc_net_create(&net, &env));
        SC_EQ(sc_net_input(net, "x", rows[r].dtype, &rows[r].shape, rows[r].scale), -1);
        SC_CONTAINS(env.text, rows[r].text);
        sc_net_destroy(net);
    }
    net = net_create(&env, SOCLE_F32, 1, row, 1);
    net_add(net, "relu", -1, NULL);
    SC_EQ(sc_net_input(net, "late", SOCLE_F32, &(socle_shape){0}, 1), -1);
    SC_CONTAINS(env.text, "declared before its layers");
    sc_net_destroy(net);
}

Test(net, every_word_is_known_and_listed_once) {
    size_t count = 0;
    sc_layer_options options;
    const char *words[SC_FAMILY_MOST_WORDS];
    count = sc_family_words(&sc_layer_family, words);
    for (size_t i = 0; i < count; i++) SC_TRUE(sc_layer_kind_find(words[i], &options) != NULL);
    SC_TRUE(count <= SC_NET_WORDS);
    const sc_record *activation = &sc_layer_kind_find("activation", &options)->record;
    for (const sc_word *function = sc_option_naming(activation)->words; function->word;
         function++) {
        sc_layer_kind_find(function->word, &options);
        SC_EQ_STR(options.function, function->word);
    }
    SC_TRUE(sc_layer_kind_find("", &options) == NULL);
    SC_TRUE(sc_layer_kind_find("Relu", &options) == NULL);
}

static socle_status build_body(sc_env *env, void *argument) {
    (void)argument;
    static const char *const words[] = {"conv2d",         "batchnorm", "relu",
                                        "maxpool2d",      "avgpool2d", "dropout",
                                        "global_avgpool", "dense",     "softmax"};
    static const socle_shape shape = {3, {3, 8, 8}};
    sc_net *net;
    sc_graph *graph;
    sc_build build = {0};
    SC_TRY(sc_net_create(&net, env));
    int node = sc_net_input(net, "input", SOCLE_U8, &shape, 0.5f);
    for (size_t l = 0; l < sizeof words / sizeof words[0]; l++) {
        sc_layer_options options;
        const sc_layer_kind *kind = sc_layer_kind_find(words[l], &options);
        options.filters = options.units = 4;
        options.kernel[0] = options.kernel[1] = 2;
        options.rate = 0.5f;
        node = sc_net_layer(net, kind, NULL, 1, &node, &options);
    }
    for (int join = 0; join < 2; join++) {
        sc_layer_options options;
        const sc_layer_kind *kind = sc_layer_kind_find(join ? "concat" : "add", &options);
        node = sc_net_layer(net, kind, NULL, 2, (int[]){node, node}, &options);
    }
    sc_net_loss(net, "softmax_cross_entropy", node);
    socle_status status = net->status;
    for (int mode = 0; mode < 2 && status == SOCLE_OK; mode++) {
        status = sc_graph_create(&graph, env, 3);
        if (status != SOCLE_OK) break;
        sc_tensor_desc desc = net->input[0].desc;
        desc.dim[0] = 3;
        sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &desc, NULL);
        status = graph->status == SOCLE_OK
                     ? sc_net_build(&build, net, graph, (sc_build_mode)mode, &x)
                     : graph->status;
        sc_graph_destroy(graph);
        sc_build_free(&build);
    }
    sc_net_destroy(net);
    return status;
}

Test(net, memory_refused) {
    sc_test_each_allocation(build_body, NULL);
}
