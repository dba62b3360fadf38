/* SPDX-License-Identifier: Apache-2.0 */
/* Reads losses from a configuration tree: the one of `loss`, or several that are added up. */
#include "model/net_config_private.h"

#include <math.h>
#include <string.h>

typedef struct loss_item {
    const char *of;
    double weight, target;
} loss_item;

static const sc_option options[] = {
    {"loss", SC_OPTION_KIND, SC_OPTION_ELSEWHERE, "which loss", .required = true,
     .family = &sc_loss_family, .example = "mean_squared_error"},
    {"of", SC_OPTION_TEXT, offsetof(loss_item, of),
     "what it is of: a layer, a network, or a network applied to something", .example = "relu1",
     .standard = "what the network gives"},
    {"weight", SC_OPTION_DOUBLE, offsetof(loss_item, weight), "its factor in the sum of losses", 0,
     1e6, .example = "0.3"},
    {"target", SC_OPTION_DOUBLE, offsetof(loss_item, target),
     "a number that everything is compared with", -1e30, 1e30,
     .standard = "the labels or targets of the data", .example = "1"},
};

const sc_record sc_loss_item_record = {
    .word = "losses",
    .help = "Losses that are added up, each times its weight. The loss of a sample is the sum over "
            "the losses of the mean over the sample's labels that count.",
    .options = options,
    .count = sizeof options / sizeof options[0],
    .standard = &(const loss_item){.weight = 1, .target = NAN},
    .size = sizeof(loss_item),
};

static socle_status read_lengths(sc_net *net, const char *name) {
    int input = sc_net_find(net, name);
    if (input >= 0 && input < net->inputs) return sc_net_loss_lengths(net, input);
    return sc_fail(net->env, SOCLE_STATUS_CONFIG, "lengths: there is no input '%.100s'", name);
}

/* A kind with the options that it was given. */
typedef struct given_loss {
    sc_kind kind;
    sc_loss_options options;
} given_loss;

static socle_status read_kind(given_loss *out, const sc_config *config, const json_t *holder) {
    SC_TRY(sc_config_require(config, holder, "loss"));
    SC_TRY(sc_kind_find(&out->kind, config, holder, "loss", 0, &sc_loss_family));
    return sc_kind_read(&out->options, config, &out->kind);
}

/* The options, once the loss is there. Failures that are the configuration's get their place. */
static socle_status finish(sc_net *net, const sc_config *config, const json_t *holder,
                           const given_loss *loss, socle_status status) {
    if (status == SOCLE_OK && loss->options.ignored != SC_NO_LABEL)
        status = sc_net_ignore(net, loss->options.ignored);
    if (status == SOCLE_OK && loss->options.lengths)
        status = read_lengths(net, loss->options.lengths);
    bool theirs = status == SOCLE_STATUS_CONFIG || status == SOCLE_STATUS_SHAPE;
    return theirs ? sc_config_fail(config, holder, "loss", "%s", net->env->text) : status;
}

socle_status sc_loss_read(sc_net *net, const sc_config *config, const json_t *root, int node) {
    given_loss loss;
    SC_TRY(read_kind(&loss, config, root));
    return finish(net, config, root, &loss,
                  sc_net_loss_with(net, loss.kind.record->word, &loss.options, node));
}

socle_status sc_loss_add(sc_net *net, const sc_config *config, const json_t *root, int node,
                         float weight, float target) {
    given_loss loss;
    SC_TRY(read_kind(&loss, config, root));
    return finish(
        net, config, root, &loss,
        sc_net_add_loss(net, loss.kind.record->word, &loss.options, node, weight, target));
}

const char *sc_loss_item_of(const json_t *item) {
    return json_string_value(json_object_get(item, "of"));
}

socle_status sc_loss_item_read(sc_net *net, const sc_config *config, const json_t *item, int of) {
    loss_item values;
    sc_record_defaults(&values, &sc_loss_item_record);
    SC_TRY(sc_record_read(&values, config, item, &sc_loss_item_record));
    return sc_loss_add(net, config, item, of < 0 ? net->output : of, (float)values.weight,
                       (float)values.target);
}

json_t *sc_loss_item_value(const sc_config *config, const json_t *item) {
    loss_item values;
    sc_record_defaults(&values, &sc_loss_item_record);
    if (sc_record_read(&values, config, item, &sc_loss_item_record) != SOCLE_OK) return NULL;
    json_t *out = json_pack("{s: o}", "loss", json_deep_copy(json_object_get(item, "loss"))),
           *rest = sc_record_value(&values, &sc_loss_item_record);
    if (out && rest && json_object_update(out, rest) == 0) {
        json_decref(rest);
        return out;
    }
    json_decref(out);
    json_decref(rest);
    return NULL;
}
