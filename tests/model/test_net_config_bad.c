/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that are wrong: each must be refused with CONFIG, at its line and path, with a
 * text that helps; nothing leaks. */
#include "net_text.h"

static const socle_shape image = {3, {1, 8, 8}};

typedef struct bad {
    const char *yaml;
    const char *part[3];
} bad;

static void check(const bad *row) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env env;
    sc_net *net;
    sc_env_init(&env, &allocator, NULL);
    SC_REPRO("%s", row->yaml);
    SC_FAILS(&env, net_from_yaml(&net, &env, &image, row->yaml), SOCLE_STATUS_CONFIG);
    for (int i = 0; i < 3 && row->part[i]; i++) SC_CONTAINS(env.text, row->part[i]);
    SC_EQ(atomic_load(&state.live), 0);
}

#define CHECK_ALL(rows)                                                                            \
    for (size_t r = 0; r < sizeof(rows) / sizeof *(rows); r++) check(&(rows)[r])

Test(net_config_bad, entries) {
    static const bad rows[] = {
        {"network:\n- flatten\n- {dence: 10}",
         {"net.yaml:3: network[1].dence: unknown layer 'dence'; did you mean 'dense'?"}},
        {"network:\n- flatten\n- relo", {"net.yaml:3: network[1]: unknown layer 'relo'", "'relu'"}},
        {"network:\n- transformer", {"unknown layer 'transformer'; known: dense, conv2d"}},
        {"network:\n- 5", {"net.yaml:2: network[0]: must be a layer such as"}},
        {"network:\n- [relu]", {"network[0]: must be a layer"}},
        {"network:\n- null", {"network[0]: must be a layer"}},
        {"network:\n- {}", {"network[0]: a layer is one word", "0 keys"}},
        {"network:\n- conv2d:\n  filters: 32\n  kernel: 3",
         {"net.yaml:2: network[0]: a layer is one word", "3 keys"}},
        {"network: {relu: }", {"net.yaml:1: network: must be a list of layers"}},
        {"network: []", {"net.yaml:1: network: a network has at least one layer"}},
        {"loss: softmax_cross_entropy", {"net.yaml:1: network: must be a list of layers"}},
        {"network:\n- \"re\\x1blu\"", {"unknown layer 're?lu'"}},
    };
    CHECK_ALL(rows);
}

Test(net_config_bad, options) {
    static const bad rows[] = {
        {"network:\n- flatten\n- dense:\n    units: 10\n    bais: false",
         {"net.yaml:5: network[1].dense.bais: unknown key; did you mean 'bias'?"}},
        {"network: [{relu: {function: tanh}}]", {"network[0].relu.function: unknown key"}},
        {"network: [flatten, dense]",
         {"net.yaml:1: network[1]: 'units' (size of the last dimension of its output) is missing: "
          "write dense: "
          "{units: ..., ...}"}},
        {"network: [{conv2d: {filters: 8}}]", {"network[0].conv2d: 'kernel' (", ") is missing"}},
        {"network: [{conv2d: 8}]", {"network[0].conv2d: 'kernel'"}},
        {"network: [{dropout: }]", {"network[0].dropout: 'rate'"}},
        {"network: [activation]", {"network[0]: 'function'"}},
        {"network: [{flatten: 3}]", {"network[0].flatten: takes no value of its own"}},
        {"network: [{batchnorm: 0.9}]", {"network[0].batchnorm: options are given by name"}},
        {"network: [{relu: 1}]", {"network[0].relu: takes no value"}},
        {"network: [flatten, {dense: many}]",
         {"network[1].dense: must be a whole number from 1", "not \"many\""}},
        {"network: [flatten, {dense: 0}]",
         {"network[1].dense: must be a whole number from 1", "not 0"}},
        {"network: [flatten, {dense: -1}]", {"not -1"}},
        {"network: [flatten, {dense: 2.5}]", {"not 2.5"}},
        {"network: [flatten, {dense: 9999999999999}]", {"not 9999999999999"}},
        {"network: [flatten, {dense: [1, 2]}]", {"not a list"}},
        {"network: [flatten, {dense: {units: 4, bias: 1}}]",
         {"network[1].dense.bias: must be true or false, not 1"}},
        {"network: [{dropout: 1}]",
         {"network[0].dropout: must be a number from 0 to 0.999, not 1"}},
        {"network: [{dropout: {rate: -0.1}}]", {"network[0].dropout.rate: must be", "not -0.1"}},
        {"network: [{dropout: .nan}]", {"net.yaml:1"}},
        {"network: [{dropout: \"0.5\"}]", {"must be a number", "not \"0.5\""}},
        {"network: [{maxpool: [2, 2, 2]}]",
         {"network[0].maxpool: must have 1 to 2 elements, not 3"}},
        {"network: [{maxpool: {kernel: 2, stride: 0}}]",
         {"network[0].maxpool.stride: must be", "not 0"}},
        {"network: [{conv2d: {filters: 8, kernel: 3, stride: [1, 0]}}]",
         {"network[0].conv2d.stride[1]: must be", "not 0"}},
        {"network: [{conv2d: {filters: 8, kernel: 3, padding: sane}}]",
         {"network[0].conv2d.padding", "did you mean 'same'?"}},
        {"network: [{conv2d: {filters: 8, kernel: 3, padding: [1, 2, 3]}}]",
         {"conv2d.padding: must be same, valid, N"}},
        {"network: [{conv2d: {filters: 8, kernel: 3, padding: -1}}]",
         {"conv2d.padding: must be", "not -1"}},
        {"network: [{conv2d: {filters: 8, kernel: 3, padding: 1000000}}]",
         {"conv2d.padding: must be", "not 1000000"}},
        {"network: [{batchnorm: {epsilon: 0}}]", {"batchnorm.epsilon: must be", "not 0"}},
        {"network: [{batchnorm: {momentum: 1.5}}]", {"batchnorm.momentum: must be", "not 1.5"}},
        {"network: [{activation: rleu}]",
         {"network[0].activation: unknown function 'rleu'", "did you mean 'relu'?"}},
    };
    CHECK_ALL(rows);
}

Test(net_config_bad, initialisers) {
    static const bad rows[] = {
        {"network: [flatten, {dense: {units: 2, weight_init: he_norml}}]",
         {"dense.weight_init: unknown initialiser 'he_norml'; did you mean 'he_normal'?"}},
        {"network: [flatten, {dense: {units: 2, weight_init: normal}}]",
         {"dense.weight_init: 'scale' (that x) is missing: write {normal: 0.01}"}},
        {"network: [flatten, {dense: {units: 2, weight_init: {zeros: 1}}}]",
         {"weight_init.zeros: takes no value of its own"}},
        {"network: [flatten, {dense: {units: 2, weight_init: {normal: -1}}}]",
         {"weight_init.normal: must be", "not -1"}},
        {"network: [flatten, {dense: {units: 2, weight_init: {normal: wide}}}]",
         {"weight_init.normal: must be a number", "not \"wide\""}},
        {"network: [flatten, {dense: {units: 2, weight_init: 3}}]",
         {"weight_init: must be an initialiser"}},
        {"network: [flatten, {dense: {units: 2, bias_init: {normal: 1, uniform: 2}}}]",
         {"bias_init: must be an initialiser"}},
    };
    CHECK_ALL(rows);
}

#define EIGHT "input, input, input, input, input, input, input, input, "

Test(net_config_bad, names_and_sources) {
    static const bad rows[] = {
        {"network:\n- relu: {name: a}\n- tanh: {name: a}",
         {"net.yaml:3: network[1].tanh: the name 'a' is used twice"}},
        {"network: [{relu: {name: input}}]", {"the name 'input' is used twice"}},
        {"network: [relu, {tanh: {name: relu1}}]",
         {"network[1].tanh: the name 'relu1' is used twice"}},
        {"network: [{relu: {name: ''}}]",
         {"network[0].relu.name: a name has 1 to 100 characters, not 0"}},
        {"network: [{relu: {name: a/b}}]", {"character 2 of a name is not allowed"}},
        {"network: [{relu: {name: ../x}}]", {"character 3 of a name"}},
        {"network: [{relu: {name: 5}}]", {"network[0].relu.name: must be text"}},
        {"network: [{relu: {from: inputs}}]",
         {"network[0].relu.from: unknown layer or input 'inputs'; did you mean 'input'?"}},
        {"network: [{relu: {from: tanh1}}, tanh]",
         {"network[0].relu.from: unknown layer or input 'tanh1'; known: input"}},
        {"network: [{relu: {name: a, from: a}}]", {"unknown layer or input 'a'"}},
        {"network: [relu, {add: [relu1, rely1]}]",
         {"network[1].add[1]: unknown layer or input 'rely1'; did you mean 'relu1'?"}},
        {"network: [relu, {add: [relu1, 4]}]", {"network[1].add[1]: must be a name"}},
        {"network: [relu, {add: {from: {a: b}}}]", {"network[1].add.from: must be a name"}},
        {"network: [relu, {tanh: {from: []}}]", {"network[1].tanh.from: must be one name, not 0"}},
        {"network: [relu, {tanh: {from: [input, relu1]}}]",
         {"network[1].tanh.from: must be one name, not 2"}},
        {"network: [relu, add]",
         {"network[1]: 'from' (the layers above, or inputs, that it reads) is missing: write {add: "
          "[a, a]}"}},
        {"network: [relu, {add: [" EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT "input]}]",
         {"network[1].add: must be 2 to 64 names, not 65"}},
    };
    CHECK_ALL(rows);
}

Test(net_config_bad, shapes) {
    static const bad rows[] = {
        {"network:\n- flatten\n- conv2d: {filters: 4, kernel: 3}",
         {"net.yaml:3: network[1].conv2d: conv2d1: expects images [N,C,H,W], the input is "
          "f32[N,64]"}},
        {"network: [{conv2d: {filters: 4, kernel: 9}}]",
         {"network[0].conv2d: conv2d1: the kernel covers 9 along the height, more than the padded "
          "input of 8"}},
        {"network: [{conv2d: {filters: 4, kernel: [1, 5], dilation: 2, padding: 0, name: far}}]",
         {"far: the kernel covers 9 along the width"}},
        {"network: [{maxpool: 4}, {maxpool: 3}]",
         {"network[1].maxpool: maxpool2d2: the kernel covers 3"}},
        {"network: [{maxpool: {kernel: 2, padding: 2}}]",
         {"network[0].maxpool: maxpool2d1", "no data"}},
        {"network: [{conv2d: {filters: 4, kernel: 3, groups: 2}}]",
         {"conv2d1: groups 2 must divide the 1 input channels and the 4 filters"}},
        {"network: [{conv2d: {filters: 4, kernel: 3}}, {add: [input, conv2d1]}]",
         {"add1: its inputs must have one shape; input 0 is u8[N,1,8,8], input 1 is f32[N,4,6,6]"}},
        {"network: [{conv2d: {filters: 4, kernel: 3}}, {concat: [input, conv2d1]}]",
         {"concat1: its inputs must have one shape but for axis 0"}},
        {"network: [relu, {concat: {from: [input, relu1], axis: 3}}]",
         {"concat1: axis 3 of a sample that has only 3 dimensions"}},
        {"network: [flatten, global_avgpool]", {"global_avgpool1: expects images"}},
        {"network: [flatten, {dense: 1000000000}]",
         {"dense1: the weight would be f32[1000000000,64], of 2^31 elements or more"}},
        {"network: [{conv2d: {filters: 16777216, kernel: 1}}, {conv2d: {filters: 16777216, kernel: "
         "1}}]",
         {"conv2d2: the weight would be"}},
        {"network: [{conv2d: {filters: 16777216, kernel: 1, padding: 100}}]",
         {"network[0].conv2d: conv2d1: operand 2, f32[N,16777216,208,208], has 2^31 elements or "
          "more"}},
        {"network: [{conv2d: {filters: 1, kernel: 32767, dilation: 32767, padding: same}}]",
         {"conv2d1: padding before along the height is 536821761"}},
    };
    CHECK_ALL(rows);
}

Test(net_config_bad, losses) {
    static const bad rows[] = {
        {"network: [flatten]\nloss: softmax_crossentropy",
         {"net.yaml:2: loss: unknown loss", "did you mean 'softmax_cross_entropy'?"}},
        {"network: [flatten]\nloss: [a]", {"net.yaml:2: loss: must be a loss such as"}},
        {"network: [relu]\nloss: softmax_cross_entropy",
         {"net.yaml:2: loss: softmax_cross_entropy: expects at least 2 class scores per label, "
          "along the "
          "channels of images and else the last dimension; the output is f32[N,1,8,8]"}},
        {"network: [flatten, {dense: 5}]\nloss: {softmax_cross_entropy: {ignored: 3}}",
         {"net.yaml:2: loss.softmax_cross_entropy.ignored: unknown", "did you mean 'ignore'?"}},
        {"network: [flatten, {dense: 5}]\nloss: {softmax_cross_entropy: {ignore: -2147483648}}",
         {"net.yaml:2: loss.softmax_cross_entropy.ignore: must be"}},
        {"network: [flatten, {dense: 5}]\nloss: {mean_squared_error: {ignore: 3}}",
         {"net.yaml:2: loss.mean_squared_error.ignore: unknown key"}},
        {"network: [flatten, {embedding: {vocabulary: 5, units: 3}}]",
         {"network[1].embedding: embedding1: expects whole numbers (u8 or i32) straight from an "
          "input"}},
        {"network: [{rnn: {units: 4, return: sequence}}]\nloss: {softmax_cross_entropy: {lengths: "
         "input}}",
         {"net.yaml:2: loss: softmax_cross_entropy: the length of each sample must be a whole"}},
        {"network: [{rnn: {units: 4, return: sequence}}]\nloss: {softmax_cross_entropy: {lengths: "
         "steps}}",
         {"net.yaml:2: loss: lengths: there is no input 'steps'"}},
        {"network: [flatten, {rnn: 4}]",
         {"network[1].rnn: rnn1: expects a sequence [N,T,D], or an image of one channel"}},
        {"network: [{rnn: {units: 4, return: all}}]",
         {"network[0].rnn.return: unknown return 'all'; known: last, sequence"}},
        {"network: [{rnn: {units: 4, from: [input, input]}}]",
         {"network[0].rnn: rnn1: the length of each sample must be a whole number"}},
        {"network: [flatten, {dense: 1}]\nloss: softmax_cross_entropy", {"the output is f32[N,1]"}},
    };
    CHECK_ALL(rows);
}

static void check_inputs(const char *yaml, const char *part) {
    sc_env env;
    sc_config *config;
    sc_net *net;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", yaml);
    SC_OK(&env, sc_config_parse(&config, &env, "net.yaml", yaml, strlen(yaml)));
    SC_OK(&env, sc_net_create(&net, &env));
    SC_FAILS(&env, sc_net_read_inputs(net, config, sc_config_root(config)), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, part);
    sc_net_destroy(net);
    sc_config_destroy(config);
}

Test(net_config_bad, programs) {
#define NETWORKS                                                                                   \
    "networks: {d: [flatten, {dense: 1}], g: [{noise: 2}, {dense: 64}, {reshape: [1, 8, 8]}]}\n"
    static const bad rows[] = {
        {"networks: 3\nlosses: []", {"net.yaml:1: networks: must be a mapping"}},
        {"networks: {a: 3}\nlosses: [{loss: mse, of: a}]", {"network: must be a list of layers"}},
        {"networks: {a: []}\nlosses: [{loss: mse, of: a}]", {"networks.a: a network has at"}},
        {"networks: {\"a b\": [relu]}\nlosses: [{loss: mse, of: input}]",
         {"no loss reads this network"}},
        {"networks: {input: [relu]}\nlosses: [{loss: mse, of: input}]",
         {"networks.input: the name 'input' is used twice"}},
        {NETWORKS "losses: 3", {"losses: must be a list"}},
        {NETWORKS "losses: [3]", {"losses[0]"}},
        {NETWORKS "losses: [{of: d}]", {"losses[0]: the key 'loss' is missing"}},
        {NETWORKS "losses: [{loss: mse}]", {"losses[0]: with several networks, a loss says"}},
        {NETWORKS "losses: [{loss: mse, of: d(g))}]", {"column 5 is neither"}},
        {NETWORKS "losses: [{loss: mse, of: d(d(d(d(d(d(d(d(d(g)))))))))}]", {"is neither"}},
        {NETWORKS "losses: [{loss: mse, of: g(d)}]",
         {"networks.g: the network 'g' reads nothing it could be applied to"}},
        {NETWORKS "losses: [{loss: mse, of: input(g)}]", {"unknown network, layer or input"}},
        {NETWORKS "phases: [3]", {"phases[0]"}},
        {NETWORKS "phases: [{trains: d}]", {"phases[0]: the key 'losses' is missing"}},
        {NETWORKS "phases: [{losses: [{loss: mse, of: d}]}]", {"the key 'trains' is missing"}},
        {NETWORKS "phases: [{trains: d, losses: [{loss: mse, of: g}]}]",
         {"phases[0].trains: no loss of this phase reaches the network 'd'"}},
        {NETWORKS "phases: [{trains: d, name: val, losses: [{loss: mse, of: d(g)}]}]",
         {"phases[0]: 'val_loss' is what the loss on other data is called"}},
        {NETWORKS "phases: [{trains: d, losses: [{loss: mse, of: d(g)}]}]\nlosses: []",
         {"losses: beside phases"}},
        {"network: [flatten]\nphases: [{trains: d, losses: [{loss: mse}]}]",
         {"phases: train networks, and there are no `networks`"}},
        {"network: [flatten, {dense: 2}]\nlosses: [{loss: softmax_cross_entropy}, {loss: mse}]",
         {"losses[1].loss: mean_squared_error: compares 2 values of the data for each sample, the "
          "loss softmax_cross_entropy before it 1"}},
        {"network: [flatten]\nlosses: [{loss: mse, of: nowhere}]",
         {"losses[0].of: unknown layer or input 'nowhere'"}},
        {"network: [flatten, {dense: 2}]\nlosses: [{loss: {expr: prediction}}]",
         {"the formula never uses target"}},
    };
    CHECK_ALL(rows);
}

Test(net_config_bad, inputs) {
    check_inputs("inputs: 3", "net.yaml:1: inputs: must be a list");
    check_inputs("inputs: [3]", "inputs[0]: must be an input such as");
    check_inputs("inputs: [{name: a}]", "inputs[0]: the key 'shape' is missing");
    check_inputs("inputs: [{shape: a}]", "inputs[0].shape: must be a list");
    check_inputs("inputs: [{shape: [0]}]", "inputs[0].shape[0]: must be");
    check_inputs("inputs: [{shape: [65536, 65536]}]",
                 "inputs[0]: input 'input': dimension 1 has size 65536");
    check_inputs("inputs: [{shape: [1, 1, 1, 1, 1, 1]}]",
                 "inputs[0].shape: must have 1 to 5 elements");
    check_inputs("inputs: [{shape: 4, dtype: f64}]", "inputs[0].dtype: unknown dtype");
    check_inputs("inputs: [{shape: 4, scale: 1e300}]", "inputs[0].scale: must be");
    check_inputs("inputs: [{shape: 4}, {shape: 4}]",
                 "inputs[1]: input 'input': the name 'input' is used twice");
    check_inputs("inputs: [{shape: 4, nme: a}]", "did you mean 'name'?");
    check_inputs("inputs: [{shape: 4, name: a}, {shape: 4, name: b}, {shape: 4, name: c}, {shape: "
                 "4, name: d},"
                 " {shape: 4, name: e}]",
                 "inputs[4]: input 'e': a network has at most 4 inputs");
}

Test(net_config_bad, first_layer_of_several_inputs_needs_from) {
    static const char yaml[] =
        "inputs: [{name: a, shape: 4}, {name: b, shape: 4}]\nnetwork: [relu]\n";
    sc_env env;
    sc_config *config;
    sc_net *net;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_config_parse(&config, &env, "net.yaml", yaml, strlen(yaml)));
    SC_OK(&env, sc_net_create(&net, &env));
    SC_OK(&env, sc_net_read_inputs(net, config, sc_config_root(config)));
    SC_FAILS(&env, sc_net_read(net, config, sc_config_find(config, "network")),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "net.yaml:2: network[0]: the network has several inputs");
    sc_net_destroy(net);
    sc_config_destroy(config);
}

/* A word that means another function gets no nearest one: elu is not relu. */
Test(net_config_bad, other_functions_are_not_hinted_at) {
    char words[1024];
    int count = 0;
    for (int layer = 0; layer < 2; layer++) {
        snprintf(words, sizeof words, "%s",
                 layer ? sc_layer_family.foreign : sc_loss_family.foreign);
        for (char *word = strtok(words, " "); word; word = strtok(NULL, " "), count++) {
            sc_env env;
            sc_net *net;
            char yaml[128];
            snprintf(yaml, sizeof yaml, "network: [%s]\nloss: %s", layer ? word : "flatten",
                     layer ? "mse" : word);
            sc_env_init(&env, NULL, NULL);
            SC_REPRO("%s", yaml);
            SC_FAILS(&env, net_from_yaml(&net, &env, &image, yaml), SOCLE_STATUS_CONFIG);
            SC_CONTAINS(env.text, layer ? "known: dense, conv2d" : "known: softmax_cross_entropy");
            SC_TRUE(strstr(env.text, "did you mean") == NULL);
        }
    }
    SC_TRUE(count > 15);
}

static void check_optimizer(const char *yaml, const char *part) {
    sc_env env;
    sc_config *config;
    sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find("adam")), before = optimizer;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", yaml);
    SC_OK(&env, sc_config_parse(&config, &env, "net.yaml", yaml, strlen(yaml)));
    SC_FAILS(&env, sc_optimizer_read(&optimizer, config, sc_config_root(config)),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, part);
    SC_TRUE(optimizer.kind == before.kind);
    SC_EQ_MEMORY(optimizer.value, before.value, sizeof before.value);
    sc_config_destroy(config);
}

Test(net_config_bad, optimizers) {
    check_optimizer("optimizer: adamm",
                    "net.yaml:1: optimizer: unknown optimizer 'adamm'; did you mean 'adam'?");
    check_optimizer("optimizer: {rmsprop9: {lr: 1}}",
                    "unknown optimizer 'rmsprop9'; did you mean 'rmsprop'?");
    check_optimizer("optimizer: radam", "unknown optimizer 'radam'; known: sgd, nesterov, adam");
    check_optimizer("optimizer: {adam: {lr: 1, learning_rate: 2}}",
                    "optimizer.adam.learning_rate: means the same as 'lr', which is there too");
    check_optimizer("optimizer: {adam: {learning_rate: fast}}",
                    "net.yaml:1: optimizer.adam.lr: must");
    check_optimizer("optimizer: 4", "optimizer: must be an optimizer such as");
    check_optimizer("optimizer: {adam: {}, sgd: {}}", "optimizer: must be an optimizer such as");
    check_optimizer("optimizer: {adam: {rate: 1}}", "optimizer.adam.rate: unknown key");
    check_optimizer("optimizer: {adam: {lr: -1}}", "optimizer.adam.lr: must be");
    check_optimizer("optimizer: {adam: {lr: fast}}", "not \"fast\"");
    check_optimizer("optimizer: {adam: {epsilon: 0}}", "optimizer.adam.epsilon: must be");
    check_optimizer("optimizer: {adam: {beta1: 1}}", "optimizer.adam.beta1: must be");
    check_optimizer("optimizer: {sgd: [1]}",
                    "optimizer.sgd: must be a number from 0 to 1000000, not a list");
    check_optimizer("optimizer: {sgd: -0.5}", "optimizer.sgd: must be");
}
