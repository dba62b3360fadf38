/* SPDX-License-Identifier: Apache-2.0 */
/* The losses of a network: choosing them, and what a run must know of them. What a loss computes is
 * in loss.c. */
#include "nn/net_formula.h"
#include "nn/net_private.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* Of activations, one of all. */
static bool hands_on(const sc_layer *layer) {
    return layer->kind->hands_on || (strcmp(layer->kind->record.word, "activation") == 0 &&
                                     strcmp(layer->options.function, "identity") == 0);
}

/* The layer that gives the values that a loss reads; NULL: an input does. */
static const sc_layer *source_of(const sc_net *net, int node) {
    while (node >= net->inputs) {
        const sc_layer *layer = &net->layer[node - net->inputs];
        if (!hands_on(layer)) return layer;
        node = layer->input[0];
    }
    return NULL;
}

/* A loss that applies softmax or sigmoid itself, to what has been through one of them: it sees
 * values of 0 to 1, whose softmax is nearly even, and hardly learns. */
static void warn_squashed(const sc_net *net, const sc_loss_kind *loss, const sc_layer *layer) {
    if (!loss->applies || strcmp(layer->kind->record.word, "activation") != 0) return;
    const char *function = layer->options.function;
    if (strcmp(function, "softmax") != 0 && strcmp(function, "sigmoid") != 0) return;
    sc_log_line(
        net->env, SOCLE_LOG_WARNING,
        "%s: the loss %s applies %s itself; behind a layer that applies %s before it the network "
        "hardly learns. Leave this layer out: predictions are %s all the same",
        layer->name, loss->record.word, loss->applies, function,
        strcmp(loss->applies, "softmax") == 0 ? "probabilities" : "of 0 to 1");
}

/* And one that reads probabilities, from a layer with weights, which gives any number: its
 * logarithm is none. */
static void warn_unsquashed(const sc_net *net, const sc_loss_kind *loss, const sc_layer *layer) {
    if (!loss->expects || !layer->parameters) return;
    sc_log_line(net->env, SOCLE_LOG_WARNING,
                "%s: the loss %s reads what %s gives, and this layer gives any number: put %s "
                "behind it",
                layer->name, loss->record.word, loss->expects, loss->expects);
}

static void warn(const sc_net *net, const sc_loss_term *term) {
    const sc_layer *layer = source_of(net, term->output);
    if (!layer) return;
    warn_squashed(net, term->kind, layer);
    warn_unsquashed(net, term->kind, layer);
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
    SC_TRY(sc_net_formula(&own->expr, net, formula, "prediction target", &own->record, NULL));
    *loss = own;
    return SOCLE_OK;
}

/* A number in the place of the labels suits losses of values, in their range. */
static socle_status check_target(const sc_net *net, const sc_loss_term *term) {
    const sc_loss_kind *loss = term->kind;
    if (isnan(term->target)) return SOCLE_OK;
    if (loss->classes || loss->shares)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "compares with the class%s of the data, and takes no target",
                       loss->classes ? " numbers" : "es");
    bool bounded = loss->least < loss->most;
    if (isfinite(term->target) &&
        (!bounded || (term->target >= loss->least && term->target <= loss->most)))
        return SOCLE_OK;
    if (!bounded)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "compares with finite numbers, and the target is %g", (double)term->target);
    return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                   "compares with numbers of %g to %g, and the target is %g", (double)loss->least,
                   (double)loss->most, (double)term->target);
}

/* The data have one column of labels or targets. */
static socle_status check_labels(const sc_net *net, const sc_loss_term *term) {
    const sc_loss_term *first = sc_net_labels(net);
    sc_tensor_desc theirs, ours;
    SC_TRY(sc_loss_target(net->env, term->kind, sc_net_desc(net, term->output), &ours));
    if (!isnan(term->target) || !first) return SOCLE_OK;
    SC_TRY(sc_loss_target(net->env, first->kind, sc_net_desc(net, first->output), &theirs));
    int64_t own = sc_tensor_elements_at(&ours, 1), other = sc_tensor_elements_at(&theirs, 1);
    if (own == other) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "compares %lld values of the data for each sample, the loss %s before it %lld; "
                   "the data have one column of labels or targets",
                   (long long)own, first->kind->record.word, (long long)other);
}

/* `term` says where it is and how much it counts. */
static socle_status make_term(sc_loss_term *term, sc_net *net, const char *word,
                              const sc_loss_options *options) {
    const sc_loss_kind *kind = sc_loss_find(word);
    const sc_loss_term place = *term;
    if (!kind) return fail_unknown_loss(net->env, word);
    if (place.output < 0 || place.output >= net->inputs + (int)net->layers)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: reads no layer of this network", word);
    *term = sc_loss_term_of(kind, options);
    term->output = place.output;
    term->weight = place.weight;
    term->target = place.target;
    term->phase = place.phase;
    if (!kind->formula && (!options || !options->formula))
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: the formula is missing", word);
    socle_status status = kind->formula ? SOCLE_OK : read_loss(&term->kind, net, options->formula);
    if (status == SOCLE_OK) status = check_target(net, term);
    if (status == SOCLE_OK) status = check_labels(net, term);
    if (status != SOCLE_OK) return sc_fail_prefix(net->env, status, "%s", word);
    warn(net, term);
    return SOCLE_OK;
}

static socle_status add_loss(sc_net *net, const char *word, const sc_loss_options *options,
                             sc_loss_term *term) {
    if (net->losses == SC_NET_LOSSES)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG, "%s: a network has at most %d losses", word,
                       SC_NET_LOSSES);
    SC_TRY(make_term(term, net, word, options));
    net->loss[net->losses++] = *term;
    sc_net_standard_metrics(net);
    return SOCLE_OK;
}

socle_status sc_net_add_loss(sc_net *net, const char *word, const sc_loss_options *options,
                             int node, float weight, float target) {
    sc_loss_term term = {.output = node,
                         .weight = weight,
                         .target = target,
                         .phase = net->phases ? net->phases - 1 : 0};
    if (net->status == SOCLE_OK) net->status = add_loss(net, word, options, &term);
    return net->status;
}

static socle_status choose_loss(sc_net *net, const char *word, const sc_loss_options *options,
                                int node) {
    sc_loss_term term = {.output = node, .weight = 1, .target = NAN};
    const int before = net->losses;
    if (net->phases)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "%s: phases have losses of their own, which are added to each", word);
    net->losses = 0;
    socle_status status = add_loss(net, word, options, &term);
    if (status == SOCLE_OK)
        net->output = node;
    else
        net->losses = before;
    return status;
}

socle_status sc_net_loss(sc_net *net, const char *word, int node) {
    return sc_net_loss_with(net, word, NULL, node);
}

socle_status sc_net_loss_formula(sc_net *net, const char *word, const char *formula, int node) {
    const sc_loss_kind *kind = sc_loss_find(word);
    if (!kind) return sc_net_loss(net, word, node);
    sc_loss_options options;
    sc_record_defaults(&options, &kind->record);
    options.formula = formula;
    return sc_net_loss_with(net, word, &options, node);
}

socle_status sc_net_loss_with(sc_net *net, const char *word, const sc_loss_options *options,
                              int node) {
    if (net->status == SOCLE_OK) net->status = choose_loss(net, word, options, node);
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
    for (int i = 0; i < net->losses; i++)
        if (isnan(net->loss[i].target)) return &net->loss[i];
    return NULL;
}

const sc_loss_term *sc_net_output_loss(const sc_net *net) {
    for (int i = 0; i < net->losses; i++)
        if (net->loss[i].output == net->output) return &net->loss[i];
    return NULL;
}

bool sc_net_is_signed(const sc_net *net) {
    bool any = false;
    for (int i = 0; i < net->losses; i++) any |= net->loss[i].kind->is_signed;
    return any;
}

int64_t sc_loss_term_rows(const sc_net *net, const sc_loss_term *term) {
    const sc_tensor_desc *output = sc_net_desc(net, term->output);
    if (!term->kind->classes) return 1;
    return sc_tensor_elements_at(output, 1) / output->dim[sc_class_axis(output)];
}

int64_t sc_net_label_rows(const sc_net *net) {
    const sc_loss_term *labels = sc_net_labels(net);
    return labels ? sc_loss_term_rows(net, labels) : 1;
}

int64_t sc_net_loss_rows(const sc_net *net) {
    return net->losses > 1 ? 1 : sc_net_label_rows(net);
}

bool sc_net_sums_weight(const sc_net *net) {
    const sc_loss_term *loss = sc_net_labels(net);
    return loss && net->losses == 1 && (loss->ignored != SC_NO_LABEL || sc_net_loss_rows(net) > 1);
}

int64_t sc_net_classes(const sc_net *net) {
    const sc_loss_term *loss = sc_net_labels(net);
    if (!loss || !loss->kind->classes) return 0;
    const sc_tensor_desc *output = sc_net_desc(net, loss->output);
    return output->dim[sc_class_axis(output)];
}
