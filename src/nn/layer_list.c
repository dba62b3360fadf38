/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of layer kinds, finding them by word, and checking options against their tables. */
#include "nn/layer.h"
#include "nn/word.h"

#include <string.h>

extern const sc_layer_kind sc_layer_dense, sc_layer_conv2d, sc_layer_maxpool2d, sc_layer_avgpool2d,
    sc_layer_global_avgpool, sc_layer_batchnorm, sc_layer_flatten, sc_layer_add, sc_layer_concat,
    sc_layer_activation, sc_layer_dropout;

static const sc_layer_kind *const kinds[] = {
    &sc_layer_dense,          &sc_layer_conv2d,     &sc_layer_maxpool2d, &sc_layer_avgpool2d,
    &sc_layer_global_avgpool, &sc_layer_batchnorm,  &sc_layer_flatten,   &sc_layer_add,
    &sc_layer_concat,         &sc_layer_activation, &sc_layer_dropout,   NULL};

/* Kinds and activations. */
static const char *const words[] = {
    "dense",   "conv2d",  "maxpool2d", "avgpool2d",  "global_avgpool", "batchnorm", "flatten",
    "add",     "concat",  "activation", "dropout",   "relu",           "sigmoid",   "tanh",
    "softmax", "silu",    "gelu",      "gelu_tanh",  "mish",           "softplus",  NULL};

const sc_layer_kind *const *sc_layer_kinds(void) {
    return kinds;
}

const char *const *sc_layer_words(void) {
    return words;
}

const sc_layer_kind *sc_layer_kind_find(const char *word, sc_layer_options *defaults) {
    word = sc_word_meant(SC_WORD_LAYER, word);
    for (int i = 0; kinds[i]; i++)
        if (strcmp(kinds[i]->word, word) == 0) {
            *defaults = kinds[i]->defaults;
            return kinds[i];
        }
    for (const char *const *function = sc_activation_words(); *function; function++)
        if (strcmp(*function, word) == 0) {
            *defaults = sc_layer_activation.defaults;
            defaults->function = *function;
            return &sc_layer_activation;
        }
    return NULL;
}

/* The list's own copy of a word, or NULL. */
static const char *known_word(const char *const *words, const char *word) {
    for (; word && words && *words; words++)
        if (strcmp(*words, word) == 0) return *words;
    return NULL;
}

const char *sc_layer_word(const sc_layer_kind *kind, const sc_layer_options *options) {
    const char *function = known_word(sc_activation_words(), options->function);
    return kind == &sc_layer_activation && function ? function : kind->word;
}

static socle_status check_number(sc_env *env, const sc_option *option, double value) {
    if (value >= option->minimum && value <= option->maximum) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: must be %.10g to %.10g, not %.10g", option->key,
                   option->minimum, option->maximum, value);
}

/* A float meets bounds that were rounded as it was: 0.999f is more than 0.999. */
static socle_status check_float(sc_env *env, const sc_option *option, float value) {
    if (value >= (float)option->minimum && value <= (float)option->maximum) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: must be %.6g to %.6g, not %.6g", option->key,
                   option->minimum, option->maximum, (double)value);
}

static socle_status check_word(sc_env *env, const sc_option *option, const char **word) {
    const char *known = known_word(option->words, *word);
    if (!known)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: %s%.60s%s", option->key,
                       *word ? "there is no '" : "is missing", *word ? *word : "",
                       *word ? "'" : "");
    *word = known;
    return SOCLE_OK;
}

/* A pair of zeros is open where it is so by default: the layer settles it. */
static socle_status check_pair(sc_env *env, const sc_option *option, const int pair[2],
                               const int standard[2]) {
    if (!pair[0] && !pair[1] && !standard[0] && !option->required) return SOCLE_OK;
    SC_TRY(check_number(env, option, pair[0]));
    return check_number(env, option, pair[1]);
}

static socle_status check_padding(sc_env *env, const sc_option *option,
                                  const sc_layer_options *options) {
    if (options->padding != SC_PADDING_VALID && options->padding != SC_PADDING_SAME &&
        options->padding != SC_PADDING_EXPLICIT)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: there is no way %d of padding", option->key,
                       (int)options->padding);
    for (int i = 0; i < 4; i++) SC_TRY(check_number(env, option, options->pad[i]));
    return SOCLE_OK;
}

static socle_status check_initializer(sc_env *env, const sc_option *option, sc_initializer *init) {
    socle_status status = sc_initializer_check(env, init);
    return status == SOCLE_OK ? status : sc_fail_prefix(env, status, "%s", option->key);
}

static socle_status check_option(sc_env *env, const sc_layer_kind *kind, const sc_option *option,
                                 sc_layer_options *options) {
    void *at = (char *)options + option->offset;
    const void *standard = (const char *)&kind->defaults + option->offset;
    switch (option->type) {
    case SC_OPTION_INT:
        return check_number(env, option, *(const int *)at);
    case SC_OPTION_NUMBER:
        return check_float(env, option, *(const float *)at);
    case SC_OPTION_PAIR:
        return check_pair(env, option, at, standard);
    case SC_OPTION_PADDING:
        return check_padding(env, option, options);
    case SC_OPTION_WORD:
        return check_word(env, option, at);
    case SC_OPTION_INITIALIZER:
        return check_initializer(env, option, at);
    case SC_OPTION_BOOL:
        return SOCLE_OK;
    }
    return SOCLE_OK;
}

socle_status sc_layer_check_options(sc_env *env, const sc_layer_kind *kind,
                                    sc_layer_options *options) {
    for (int i = 0; i < kind->option_count; i++)
        SC_TRY(check_option(env, kind, &kind->options[i], options));
    return SOCLE_OK;
}
