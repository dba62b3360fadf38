/* SPDX-License-Identifier: Apache-2.0 */
/* A network for every kind of layer, for tests that walk all of them. */
#ifndef SC_TESTS_LAYER_SAMPLES_H
#define SC_TESTS_LAYER_SAMPLES_H

/* What each kind of layer needs, with options off their defaults. A kind without a row fails the
 * test, but for activations with options, which are written from their examples. */
static const struct {
    const char *word, *yaml;
} layer_samples[] = {
    {"dense", "network: [flatten, {dense: {units: 768, name: one}}, {dense: {units: 768, share: "
              "one}}, {dense: {units: 3, bias: false, weight_init: {uniform: 0.3}, "
              "name: d-1.x_2}}]"},
    {"embedding", "network: [{embedding: {vocabulary: 9, units: 2, weight_init: {uniform: "
                  "0.5}}}]"},
    {"conv2d", "network: [{conv2d: {filters: 6, kernel: [3, 2], stride: [2, 1], dilation: [1, 2], "
               "padding: [1, 0, 2, 1],"
               " groups: 3, weight_init: glorot_normal, bias_init: {normal: 0.001}}}]"},
    {"rnn", "network: [{conv2d: {filters: 1, kernel: 1}}, {rnn: {units: 3, activation: relu, "
            "return: sequence, bias: false, weight_init: {uniform: 0.1}, recurrent_init: "
            "glorot_normal, name: r}}]"},
    {"gru", "network: [{reshape: [3, 256]}, {gru: {units: 3, layers: 2, bidirectional: true, "
            "dropout: 0.25}}]"},
    {"lstm", "network: [{reshape: [3, 256]}, {lstm: {units: 3, return: sequence, bias: false}}, "
             "{lstm: 2}]"},
    {"maxpool2d", "network: [{maxpool2d: {kernel: 3, stride: 1, padding: same}}]"},
    {"avgpool2d", "network: [{avgpool: {kernel: [2, 3], padding: valid, count_padding: true}}]"},
    {"global_avgpool", "network: [global_avgpool, {dense: 2}]"},
    {"batchnorm", "network: [{batchnorm: {epsilon: 0.001, momentum: 0.99}}]"},
    {"flatten", "network: [flatten]"},
    {"add", "network: [relu, {add: [relu1, input, relu1]}]"},
    {"concat", "network: [relu, {concat: {axis: 2, from: [input, relu1]}}]"},
    {"activation", "network: [mish, {activation: {function: softmax}}]"},
    {"expr", "network: [{expr: 'x * tanh(log(1 + exp(x)))'}, {expr: {formula: x1 - x2 / 2, from: "
             "[input, expr1]}}]"},
    {"dropout", "network: [{dropout: {rate: 0.999}}, {dropout: 0}]"},
    {"reshape", "network: [flatten, {reshape: [3, 16, 16]}, {reshape: 768}]"},
    {"upsample", "network: [{upsample: [2, 3]}, {upsample: 2}]"},
    {"noise", "network: [{noise: {units: 4, distribution: uniform}}, {noise: 3}, {concat: "
              "[noise1, noise2]}]"},
    {"gaussian_noise", "network: [{gaussian_noise: 0.25}, {gaussian_noise: {deviation: 1}}]"},
    {"prelu", "network: [prelu, {prelu: {per_channel: true, weight_init: {constant: -0.5}}}]"},
    {"resize", "network: [{resize: [7, 5]}, {resize: {size: 9, method: nearest}}]"},
    {"grey", "network: [grey]"},
    {"standardise", "network: [standardise, {standardise: channel}]"},
    {"blur", "network: [{blur: 1.5}, {blur: {sigma: 0}}]"},
    {"maxout", "network: [flatten, {maxout: 4}, {maxout: {units: 3, pieces: 5, bias: false}}]"},
    {"layer_norm", "network: [flatten, layer_norm, {layer_norm: {epsilon: 0.01}}]"},
    {"rms_norm", "network: [rms_norm, {rms_norm: {epsilon: 0.01, name: r}}]"},
    {"attention", "network: [{reshape: [3, 256]}, {attention: {heads: 4, causal: true, rotary: "
                  "true, theta: 500, bias: false, weight_init: he_normal}}, {attention: {heads: 2, "
                  "from: [reshape1, attention1]}}]"},
    {"position", "network: [{reshape: [3, 256]}, {position: {weight_init: zeros}}, {position: "
                 "sinusoidal}]"},
    {"conv1d", "network: [{reshape: [4, 192]}, {conv1d: {filters: 6, kernel: 3, stride: 2, "
               "dilation: 3, padding: [0, 0, 2, 1], groups: 2}}]"},
    {"conv2d_transpose",
     "network: [{conv2d_transpose: {filters: 6, kernel: [2, 3], stride: 2, output_padding: [1, 0], "
     "padding: [1, 0, 1, 1], groups: 3, bias: false}}]"},
    {"global_maxpool", "network: [global_maxpool]"},
    {"adaptive_avgpool2d", "network: [{adaptive_avgpool2d: [3, 5]}, {adaptive_avgpool: 2}]"},
    {"group_norm", "network: [{group_norm: {groups: 3, epsilon: 0.1}}, {group_norm: 1}]"},
    {"instance_norm", "network: [{instance_norm: {epsilon: 0.1}}]"},
    {"local_response_norm",
     "network: [lrn, {local_response_norm: {size: 3, alpha: 0.1, beta: 0.5, k: 2}}]"},
    {"permute", "network: [{permute: [2, 0, 1]}]"},
    {"slice", "network: [{slice: {axis: 1, begin: 2, size: 3}}, {slice: {begin: 1}}]"},
    {"pad", "network: [{pad: 1}, {pad: [1, 2, 0, 3]}]"},
    {"stop_gradient", "network: [stop_gradient]"},
    {"reverse_gradient", "network: [reverse_gradient, {reverse_gradient: 0.25}]"},
    {"distances", "network: [{distances: 5}, {distances: {units: 2, weight_init: ones}}]"},
};

#endif
