/* SPDX-License-Identifier: Apache-2.0 */
/* See word.h. Ours first, then what Socle does not have. */
#include "nn/word.h"

#include <stddef.h>
#include <string.h>

static const sc_word_alias aliases[] = {
    {SC_WORD_LAYER, "swish", "silu"},
    {SC_WORD_LAYER, "linear", "dense"},
    {SC_WORD_LAYER, "fc", "dense"},
    {SC_WORD_LAYER, "fully_connected", "dense"},
    {SC_WORD_LAYER, "conv", "conv2d"},
    {SC_WORD_LAYER, "convolution", "conv2d"},
    {SC_WORD_LAYER, "maxpool", "maxpool2d"},
    {SC_WORD_LAYER, "max_pool2d", "maxpool2d"},
    {SC_WORD_LAYER, "max_pooling2d", "maxpool2d"},
    {SC_WORD_LAYER, "avgpool", "avgpool2d"},
    {SC_WORD_LAYER, "avg_pool2d", "avgpool2d"},
    {SC_WORD_LAYER, "average_pooling2d", "avgpool2d"},
    {SC_WORD_LAYER, "global_average_pooling2d", "global_avgpool"},
    {SC_WORD_LAYER, "batchnorm1d", "batchnorm"},
    {SC_WORD_LAYER, "batchnorm2d", "batchnorm"},
    {SC_WORD_LAYER, "batch_norm", "batchnorm"},
    {SC_WORD_LAYER, "batch_normalization", "batchnorm"},
    {SC_WORD_LAYER, "concatenate", "concat"},
    {SC_WORD_LAYER, "cat", "concat"},

    {SC_WORD_LOSS, "mse", "mean_squared_error"},
    {SC_WORD_LOSS, "bce", "binary_cross_entropy"},
    {SC_WORD_LOSS, "bce_with_logits", "binary_cross_entropy"},
    {SC_WORD_LOSS, "binary_crossentropy", "binary_cross_entropy"},
    {SC_WORD_LOSS, "cross_entropy", "softmax_cross_entropy"},
    {SC_WORD_LOSS, "crossentropy", "softmax_cross_entropy"},
    {SC_WORD_LOSS, "categorical_crossentropy", "softmax_cross_entropy"},
    {SC_WORD_LOSS, "sparse_categorical_crossentropy", "softmax_cross_entropy"},

    {SC_WORD_INITIALIZER, "xavier_uniform", "glorot_uniform"},
    {SC_WORD_INITIALIZER, "xavier_normal", "glorot_normal"},
    {SC_WORD_INITIALIZER, "kaiming_uniform", "he_uniform"},
    {SC_WORD_INITIALIZER, "kaiming_normal", "he_normal"},
    {SC_WORD_INITIALIZER, "zero", "zeros"},
    {SC_WORD_INITIALIZER, "one", "ones"},

    {SC_WORD_OPTION, "learning_rate", "lr"},
    {SC_WORD_OPTION, "beta_1", "beta1"},
    {SC_WORD_OPTION, "beta_2", "beta2"},
    {SC_WORD_OPTION, "eps", "epsilon"},
    {SC_WORD_OPTION, "out_features", "units"},
    {SC_WORD_OPTION, "out_channels", "filters"},
    {SC_WORD_OPTION, "kernel_size", "kernel"},
    {SC_WORD_OPTION, "pool_size", "kernel"},
    {SC_WORD_OPTION, "strides", "stride"},
    {SC_WORD_OPTION, "dilation_rate", "dilation"},
    {SC_WORD_OPTION, "use_bias", "bias"},
    {SC_WORD_OPTION, "kernel_initializer", "weight_init"},
    {SC_WORD_OPTION, "bias_initializer", "bias_init"},
    {SC_WORD_OPTION, "count_include_pad", "count_padding"},

    {SC_WORD_KEY, "batch_size", "batch"},
    {SC_WORD_KEY, "micro_batch_size", "micro_batch"},
    {SC_WORD_KEY, "num_epochs", "epochs"},
    {SC_WORD_KEY, "max_epochs", "epochs"},
    {SC_WORD_KEY, "max_steps", "steps"},
    {SC_WORD_KEY, "random_seed", "seed"},
    {SC_WORD_KEY, "validation_split", "validation"},
    {SC_WORD_KEY, "drop_last", "drop_short"},
    {SC_WORD_KEY, "class_weight", "class_weights"},

    {SC_WORD_LAYER, "elu", NULL},
    {SC_WORD_LAYER, "selu", NULL},
    {SC_WORD_LAYER, "celu", NULL},
    {SC_WORD_LAYER, "glu", NULL},
    {SC_WORD_LAYER, "geglu", NULL},
    {SC_WORD_LAYER, "swiglu", NULL},
    {SC_WORD_LAYER, "relu6", NULL},
    {SC_WORD_LAYER, "prelu", NULL},
    {SC_WORD_LAYER, "rrelu", NULL},
    {SC_WORD_LAYER, "crelu", NULL},
    {SC_WORD_LAYER, "leaky_relu", NULL},
    {SC_WORD_LAYER, "leakyrelu", NULL},
    {SC_WORD_LAYER, "hardswish", NULL},
    {SC_WORD_LAYER, "hard_swish", NULL},
    {SC_WORD_LAYER, "hardtanh", NULL},
    {SC_WORD_LAYER, "hardsigmoid", NULL},
    {SC_WORD_LAYER, "hard_sigmoid", NULL},
    {SC_WORD_LAYER, "logsigmoid", NULL},
    {SC_WORD_LAYER, "log_sigmoid", NULL},
    {SC_WORD_LAYER, "logsoftmax", NULL},
    {SC_WORD_LAYER, "log_softmax", NULL},
    {SC_WORD_LAYER, "softmin", NULL},
    {SC_WORD_LAYER, "softsign", NULL},
    {SC_WORD_LAYER, "tanhshrink", NULL},
    {SC_WORD_LAYER, "identity", NULL},
    {SC_WORD_LAYER, "conv1d", NULL},
    {SC_WORD_LAYER, "conv3d", NULL},
    {SC_WORD_LAYER, "convtranspose2d", NULL},
    {SC_WORD_LAYER, "conv2d_transpose", NULL},
    {SC_WORD_LAYER, "depthwise_conv2d", NULL},
    {SC_WORD_LAYER, "maxpool1d", NULL},
    {SC_WORD_LAYER, "maxpool3d", NULL},
    {SC_WORD_LAYER, "avgpool1d", NULL},
    {SC_WORD_LAYER, "avgpool3d", NULL},
    {SC_WORD_LAYER, "global_maxpool", NULL},
    {SC_WORD_LAYER, "batchnorm3d", NULL},
    {SC_WORD_LAYER, "layernorm", NULL},
    {SC_WORD_LAYER, "groupnorm", NULL},
    {SC_WORD_LAYER, "instancenorm", NULL},
    {SC_WORD_LAYER, "dropout2d", NULL},
    {SC_WORD_LAYER, "unflatten", NULL},
    {SC_WORD_LAYER, "rnn", NULL},
    {SC_WORD_LAYER, "gru", NULL},
    {SC_WORD_LAYER, "lstm", NULL},
    {SC_WORD_LAYER, "mul", NULL},
    {SC_WORD_LAYER, "sub", NULL},

    {SC_WORD_LOSS, "mae", NULL},
    {SC_WORD_LOSS, "l1", NULL},
    {SC_WORD_LOSS, "mean_absolute_error", NULL},
    {SC_WORD_LOSS, "mean_squared_logarithmic_error", NULL},
    {SC_WORD_LOSS, "huber", NULL},
    {SC_WORD_LOSS, "smooth_l1", NULL},
    {SC_WORD_LOSS, "hinge", NULL},
    {SC_WORD_LOSS, "nll", NULL},
    {SC_WORD_LOSS, "kl_div", NULL},

    {SC_WORD_OPTIMIZER, "adamw", NULL},
    {SC_WORD_OPTIMIZER, "adamax", NULL},
    {SC_WORD_OPTIMIZER, "nadam", NULL},
    {SC_WORD_OPTIMIZER, "radam", NULL},
    {SC_WORD_OPTIMIZER, "adagrad", NULL},
    {SC_WORD_OPTIMIZER, "adadelta", NULL},
    {SC_WORD_OPTIMIZER, "asgd", NULL},
    {SC_WORD_OPTIMIZER, "rmsprop", NULL},
    {SC_WORD_OPTIMIZER, "lbfgs", NULL},
    {SC_WORD_OPTIMIZER, "lion", NULL},
    {SC_WORD_OPTIMIZER, "lamb", NULL},

    {SC_WORD_INITIALIZER, "lecun_uniform", NULL},
    {SC_WORD_INITIALIZER, "lecun_normal", NULL},
    {SC_WORD_INITIALIZER, "truncated_normal", NULL},
    {SC_WORD_INITIALIZER, "trunc_normal", NULL},
    {SC_WORD_INITIALIZER, "orthogonal", NULL},
    {SC_WORD_INITIALIZER, "constant", NULL},
    {SC_WORD_INITIALIZER, "eye", NULL},
    {SC_WORD_NAME, NULL, NULL},
};

const sc_word_alias *sc_word_aliases(void) {
    return aliases;
}

static const sc_word_alias *find(sc_word_group group, const char *word) {
    for (const sc_word_alias *row = aliases; word && row->alias; row++)
        if (row->group == group && strcmp(row->alias, word) == 0) return row;
    return NULL;
}

const char *sc_word_meant(sc_word_group group, const char *word) {
    const sc_word_alias *row = find(group, word);
    return row && row->word ? row->word : word;
}

bool sc_word_is_foreign(sc_word_group group, const char *word) {
    const sc_word_alias *row = find(group, word);
    return row && !row->word;
}
