/* SPDX-License-Identifier: Apache-2.0 */
/* The losses of a network: choosing them, and what a run must know of them. What a loss computes is
 * in loss.c. */
#include "nn/net_formula.h"
#include "nn/net_private.h"

#include "base/text.h"

#include <string.h>

/* A loss that applies softmax or sigmoid itself, to what has been through one of them: it sees
 * values of 0 to 1, whose softmax is nearly even, and hardly learns. */
static void warn_squashed(const sc_net *net, const sc_loss_kind *loss, int node) {
    const sc_layer *layer = NULL;
    for (; node >= net->inputs; node = layer->input[0]) {
        layer = &net->layer[node - net->inputs];
        if (strcmp(layer->kind->record.word, "flatten") != 0) break;
    }
    if (node < net->inputs || !loss->applies || strcmp(layer->kind->record.word, "activation") != 0)
        return;
    const char *function = layer->options.function;
    if (strcmp(function, "softmax") != 0 && strcmp(function, "sigmoid") != 0) return;
    sc_log_line(
        net->env, SOCLE_LOG_WARNING,
        "%s: the loss %s applies %s itself; behind a layer that applies %s before it the network "
        "hardly learns. Leave this layer out: predictions are %s all the same",
        layer->name, loss->record.word, loss->applies, function,
        strcmp(loss->applies, "softmax") == 0 ? "probabilities" : "of 0 to 1");
}

static socle_status fail_unknown_loss(sc_env *env, const char *word) {
    sc_text known;
    sc_text_init(&known, env);
    for (int i = 0; sc_loss_family.record[i]; i++)
        sc_text_add(&known, " %s", sc_loss_family.record[i]->word);
    sc_fail(env, SOCLE_STATUS_CONFIG, "there is no loss '%.60s'; known:%s", word, known.data);
    sc_text_free(&known);
    return SOCLE_STATUS_CONFIG;
}

/* The row of a loss with the user's formula in it. */
static socle_status read_loss(const sc_loss_kind **loss, sc_net *net, const char *formula) {
    sc_loss_kind *own;
    SC_TRY(sc_arena_allocate(net->arena, &own, 1, sizeof *own));
    *own = **loss;
    SC_TRY(sc_arena_string(net->arena, &own->formula, formula));
    SC_TRY(sc_net_formula(&own->expr, net, formula, "prediction target"));
    *loss = own;
    return SOCLE_OK;
}

static socle_status choose_loss(sc_net *net, const char *word, const char *formula, int node) {
    const sc_loss_kind *loss = sc_loss_find(word);
    sc_tensor_desc target;
    if (!loss) return fail_unknown_loss(net->env, word);
    if (node < 0 || node >= net->inputs + (int)net->layers)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: reads no layer of this network", word);
    bool own = !loss->classes && !loss->formula;
    if (own && !formula)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: the formula is missing", word);
    socle_status status = own ? read_loss(&loss, net, formula) : SOCLE_OK;
    if (status == SOCLE_OK)
        status = sc_loss_target(net->env, loss, sc_net_desc(net, node), &target);
    if (status != SOCLE_OK) return sc_fail_prefix(net->env, status, "%s", word);
    warn_squashed(net, loss, node);
    net->loss[0] =
        (sc_loss_term){.kind = loss, .output = node, .ignored = SC_NO_LABEL, .lengths = -1};
    net->losses = 1;
    net->output = node;
    sc_net_standard_metrics(net);
    return SOCLE_OK;
}

socle_status sc_net_loss(sc_net *net, const char *word, int node) {
    return sc_net_loss_formula(net, word, NULL, node);
}

socle_status sc_net_loss_formula(sc_net *net, const char *word, const char *formula, int node) {
    if (net->status == SOCLE_OK) net->status = choose_loss(net, word, formula, node);
    return net->status;
}

/* The one that was chosen last; NULL: none was. */
static sc_loss_term *last_loss(sc_net *net) {
    return net->losses ? &net->loss[net->losses - 1] : NULL;
}

socle_status sc_net_ignore(sc_net *net, int32_t ignored) {
    if (net->status != SOCLE_OK) return net->status;
    sc_loss_term *loss = last_loss(net);
    if (ignored != SC_NO_LABEL && (!loss || !loss->kind->classes))
        return net->status = sc_fail(net->env, SOCLE_STATUS_CONFIG,
                                     "%s: has no classes, of which one could be ignored",
                                     loss ? loss->kind->record.word : "a network without a loss");
    if (loss) loss->ignored = ignored;
    return SOCLE_OK;
}

const sc_loss_term *sc_net_labels(const sc_net *net) {
    return net->losses ? &net->loss[0] : NULL;
}

const sc_loss_term *sc_net_output_loss(const sc_net *net) {
    for (int i = 0; i < net->losses; i++)
        if (net->loss[i].output == net->output) return &net->loss[i];
    return NULL;
}

int64_t sc_net_loss_rows(const sc_net *net) {
    int64_t classes = sc_net_classes(net);
    if (!classes) return 1;
    return sc_tensor_elements_at(sc_net_desc(net, sc_net_labels(net)->output), 1) / classes;
}

bool sc_net_sums_weight(const sc_net *net) {
    const sc_loss_term *loss = sc_net_labels(net);
    return loss && (loss->ignored != SC_NO_LABEL || sc_net_loss_rows(net) > 1);
}

int64_t sc_net_classes(const sc_net *net) {
    const sc_loss_term *loss = sc_net_labels(net);
    if (!loss || !loss->kind->classes) return 0;
    const sc_tensor_desc *output = sc_net_desc(net, loss->output);
    return output->dim[sc_class_axis(output)];
}
