/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of layer kinds, and finding them by word. */
#include "nn/layer.h"

#include <string.h>

extern const sc_layer_kind sc_layer_dense, sc_layer_conv2d, sc_layer_maxpool2d, sc_layer_avgpool2d,
    sc_layer_global_avgpool, sc_layer_batchnorm, sc_layer_flatten, sc_layer_add, sc_layer_concat,
    sc_layer_activation, sc_layer_expr, sc_layer_dropout, sc_layer_embedding, sc_layer_rnn,
    sc_layer_noise, sc_layer_gaussian_noise, sc_layer_reshape, sc_layer_upsample, sc_layer_prelu,
    sc_layer_maxout, sc_layer_resize, sc_layer_grey, sc_layer_standardise, sc_layer_blur,
    sc_layer_distances, sc_layer_layer_norm, sc_layer_rms_norm, sc_layer_attention,
    sc_layer_position, sc_layer_gru, sc_layer_lstm, sc_layer_global_maxpool,
    sc_layer_adaptive_avgpool2d, sc_layer_group_norm, sc_layer_instance_norm,
    sc_layer_local_response_norm, sc_layer_permute, sc_layer_slice, sc_layer_pad,
    sc_layer_stop_gradient, sc_layer_reverse_gradient, sc_layer_conv1d, sc_layer_conv2d_transpose;

/* Activations with options of their own. */
#define SC_ACTIVATION(...)
#define SC_ACTIVATION_OPERATION(...)
#define SC_ACTIVATION_WITH(word, ...) extern const sc_layer_kind sc_activation_##word;
#include "nn/activation_list.def"
#undef SC_ACTIVATION_WITH

static const sc_record *const records[] = {&sc_layer_dense.record,
                                           &sc_layer_conv2d.record,
                                           &sc_layer_conv1d.record,
                                           &sc_layer_conv2d_transpose.record,
                                           &sc_layer_maxpool2d.record,
                                           &sc_layer_avgpool2d.record,
                                           &sc_layer_global_avgpool.record,
                                           &sc_layer_global_maxpool.record,
                                           &sc_layer_adaptive_avgpool2d.record,
                                           &sc_layer_batchnorm.record,
                                           &sc_layer_flatten.record,
                                           &sc_layer_add.record,
                                           &sc_layer_concat.record,
                                           &sc_layer_activation.record,
                                           &sc_layer_expr.record,
                                           &sc_layer_dropout.record,
                                           &sc_layer_embedding.record,
                                           &sc_layer_rnn.record,
                                           &sc_layer_gru.record,
                                           &sc_layer_lstm.record,
                                           &sc_layer_reshape.record,
                                           &sc_layer_permute.record,
                                           &sc_layer_slice.record,
                                           &sc_layer_pad.record,
                                           &sc_layer_stop_gradient.record,
                                           &sc_layer_reverse_gradient.record,
                                           &sc_layer_upsample.record,
                                           &sc_layer_noise.record,
                                           &sc_layer_gaussian_noise.record,
                                           &sc_layer_prelu.record,
                                           &sc_layer_maxout.record,
                                           &sc_layer_resize.record,
                                           &sc_layer_grey.record,
                                           &sc_layer_standardise.record,
                                           &sc_layer_blur.record,
                                           &sc_layer_distances.record,
                                           &sc_layer_layer_norm.record,
                                           &sc_layer_rms_norm.record,
                                           &sc_layer_group_norm.record,
                                           &sc_layer_instance_norm.record,
                                           &sc_layer_local_response_norm.record,
                                           &sc_layer_attention.record,
                                           &sc_layer_position.record,
#define SC_ACTIVATION_WITH(word, ...) &sc_activation_##word.record,
#include "nn/activation_list.def"
                                           NULL};

static const sc_option common_options[] = {
    {"name", SC_OPTION_NAME, SC_OPTION_ELSEWHERE, "what other layers and the model file call it",
     .standard = "the word and a number, as in relu1", .example = "trunk"},
    {"from", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE, "which layer above, or input, it reads",
     .standard = "the layer before", .least = 1, .most = 1, .example = "stem"},
    {"share", SC_OPTION_NAME, SC_OPTION_ELSEWHERE,
     "a layer above whose parameters it takes in place of its own; they must be alike",
     .standard = "its own parameters", .example = "stem"},
};
static const sc_record common = {.options = common_options,
                                 .count = sizeof common_options / sizeof common_options[0]};

const sc_family sc_layer_family = {
    .what = "layer",
    .example = "relu or {dense: 128}",
    .help = "A layer is a word (`relu`), a word and its main option (`dense: 128`), or a word and "
            "its options (`conv2d: {filters: 32, "
            "kernel: 3}`).",
    .foreign = "glu geglu swiglu rrelu crelu softmin "
               "conv3d depthwise_conv2d "
               "maxpool1d maxpool3d avgpool1d avgpool3d batchnorm3d "
               "dropout2d mul sub",
    .record = records,
    .common = &common,
};

const sc_layer_kind *sc_layer_kind_of(const sc_record *record) {
    return (const sc_layer_kind *)(const void *)record; /* its first member */
}

const sc_layer_kind *sc_layer_kind_find(const char *word, sc_layer_options *defaults) {
    const char *named;
    const sc_record *record = sc_family_find(&sc_layer_family, word, &named);
    if (!record) return NULL;
    sc_record_defaults(defaults, record);
    if (named) defaults->function = named;
    return sc_layer_kind_of(record);
}

const char *sc_layer_word(const sc_layer_kind *kind, const sc_layer_options *options) {
    const sc_option *naming = sc_option_naming(&kind->record);
    const sc_word *function = naming ? sc_option_word(naming, options->function) : NULL;
    return function ? function->word : kind->record.word;
}
