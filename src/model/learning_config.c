/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the loss and the optimizer of a configuration, by the tables of nn/layer.h. */
#include "model/net_config.h"

#include "model/net_option.h"

#include <string.h>

enum { MOST_WORDS = 32 };

socle_status sc_loss_read(sc_net *net, const sc_config *config, const json_t *root) {
    const char *words[MOST_WORDS], *word = NULL;
    size_t count = 0;
    for (const sc_loss_kind *const *kind = sc_loss_kinds(); *kind && count < MOST_WORDS; kind++)
        words[count++] = (*kind)->word;
    SC_TRY(sc_config_require(config, root, "loss"));
    SC_TRY(sc_config_get_string(&word, config, root, "loss"));
    if (!sc_loss_find(word))
        return sc_fail_unknown(config, root, "loss", 0, SC_WORD_LOSS, word, words, count);
    socle_status status = sc_net_loss(net, word, net->output);
    bool theirs = status == SOCLE_STATUS_CONFIG || status == SOCLE_STATUS_SHAPE;
    return theirs ? sc_config_fail(config, root, "loss", "%s", net->env->text) : status;
}

/* {lr: 0.001, beta1: 0.9} */
static socle_status read_options(sc_optimizer *optimizer, const sc_config *config,
                                 const json_t *options) {
    const sc_optimizer_kind *kind = optimizer->kind;
    const char *keys[SC_OPTIMIZER_OPTIONS];
    for (int i = 0; i < kind->options; i++) keys[i] = kind->option[i].key;
    SC_TRY(sc_check_keys(config, options, SC_WORD_OPTION, keys, (size_t)kind->options));
    for (int i = 0; i < kind->options; i++) {
        double value = kind->option[i].standard;
        SC_TRY(sc_config_get_number(&value, config, options, keys[i], kind->option[i].minimum,
                                    kind->option[i].maximum));
        optimizer->value[i] = (float)value;
    }
    return SOCLE_OK;
}

socle_status sc_optimizer_read(sc_optimizer *out, const sc_config *config, const json_t *root) {
    const json_t *value = json_object_get(root, "optimizer");
    if (!value) return SOCLE_OK;
    const char *words[MOST_WORDS], *word = json_string_value(value);
    size_t count = 0;
    for (const sc_optimizer_kind *const *kind = sc_optimizer_kinds(); *kind && count < MOST_WORDS;
         kind++)
        words[count++] = (*kind)->word;
    if (json_is_object(value) && json_object_size(value) == 1)
        word = json_object_iter_key(json_object_iter((json_t *)value));
    if (!word)
        return sc_config_fail(config, root, "optimizer",
                              "must be an optimizer such as adam or {adam: {lr: 0.001}}");
    const sc_optimizer_kind *kind = sc_optimizer_find(word);
    if (!kind)
        return sc_fail_unknown(config, root, "optimizer", 0, SC_WORD_OPTIMIZER, word, words, count);
    sc_optimizer optimizer = sc_optimizer_default(kind);
    const json_t *options = json_object_get(value, word);
    if (json_is_number(options)) {
        double rate = 0;
        SC_TRY(sc_config_get_number(&rate, config, value, word, kind->option[0].minimum,
                                    kind->option[0].maximum));
        optimizer.value[0] = (float)rate;
    } else if (options && !json_is_null(options)) {
        SC_TRY(sc_config_get_object(&options, config, value, word));
        SC_TRY(read_options(&optimizer, config, options));
    }
    *out = optimizer;
    return SOCLE_OK;
}
